/**
 * Parses the syntax of Python's `re` as Python 3.11 does, https://docs.python.org/3/library/re.html, or as
 * the package `regex` does what `re` compiles as well, https://pypi.org/project/regex/.
 *
 * `regex` reads some of it in its own way: constraints of fuzzy matches, POSIX classes, and white space in
 * verbose patterns.
 *
 * @module
 */
import { addToLetters, type CaseRule, ignoreCase, isLetterI } from "./cases.ts";
import { rangeOf, readClass, readEscape } from "./classes.ts";
import { readCount } from "./counts.ts";
import {
  captures,
  type CharacterSet,
  type ClassItem,
  hasNode,
  type PatternNode,
  type PythonEngine,
  type Scope,
  widthOf,
} from "./nodes.ts";
import { Scanner } from "./scanner.ts";

/** The deepest nesting of groups. */
const MAX_DEPTH = 50;

/** The letters of Python's flags that are in force: of `i`, `m`, `s`, `x` and `a`. */
type Flags = ReadonlySet<string>;

/** A parsed pattern. */
export interface ParsedPattern {
  readonly body: PatternNode;
  /** Whether it is to have flag `i` in JavaScript, and `s`. */
  readonly ignoresCase: boolean;
  readonly dotAll: boolean;
  readonly groups: number;
  /** The first part that Python takes and JavaScript has no counterpart for. */
  readonly unsupported?: SyntaxError;
}

/**
 * Parses a pattern. It may begin with global flags, as in `(?i)`.
 *
 * @param characters its code points
 * @throws {PythonSyntaxError} if the engine does not compile it, with the place and the reason
 * @throws {RegexError} if the engine is `regex`, which does not compile it, and `re` may do so
 * @throws {SyntaxError} if it is nested too deep
 */
export function readPattern(characters: readonly string[], engine: PythonEngine): ParsedPattern {
  const scanner = new Scanner(characters, engine);
  let global: Flags = new Set();
  /** The flags a and u of the whole pattern. */
  let kinds = "";
  let groups = 0;
  let references = 0;
  /** The largest number of a group that a condition refers to. */
  let condition = 0;
  const names = new Map<string, number>();
  const open = new Set<number>();

  // Python reads a character with the backslash before it, in a comment as well.
  const backslashes = characters.length - 1 - characters.findLastIndex((one) => one !== "\\");
  if (backslashes % 2 === 1) throw scanner.fail("there is a backslash at the end");
  const body = readChoice(0);
  if (!scanner.isAtEnd) throw scanner.fail("there is a ) too many");
  if (condition > groups) {
    throw scanner.fail(`it refers to group ${condition}, which does not exist`);
  }
  return {
    body,
    ignoresCase: isFolded(global),
    dotAll: global.has("s"),
    groups,
    unsupported: scanner.unsupported,
  };

  /** Tells whose characters categories and boundaries mean. */
  function scopeOf(flags: Flags): Scope {
    return flags.has("a") ? "ascii" : engine;
  }

  /** Tells whose case is ignored if it is: for `regex`, the flags of the whole pattern count. */
  function caseRuleOf(flags: Flags): CaseRule {
    return (engine === "regex" ? global : flags).has("a") ? "ascii" : engine;
  }

  /** Tells whether flag `i` of JavaScript is in force. */
  function isFolded(flags: Flags): boolean {
    return flags.has("i") && caseRuleOf(flags) !== "ascii";
  }

  function withCase(set: CharacterSet, flags: Flags): PatternNode {
    // Whether letters are added to an i depends on what is beside it.
    const isKept = !flags.has("i") || isFolded(flags) && isLetterI(set);
    return isKept ? set : ignoreCase(set, caseRuleOf(flags));
  }

  /** Reads alternatives. `flags` are undefined at the top, where the pattern may begin with global ones. */
  function readChoice(depth: number, flags?: Flags): PatternNode {
    if (depth > MAX_DEPTH) {
      throw new SyntaxError(scanner.locate(`groups are nested deeper than ${MAX_DEPTH} levels`));
    }
    const alternatives: PatternNode[] = [];
    do {
      alternatives.push(readSequence(depth, flags, alternatives.length === 0));
    } while (scanner.take("|"));
    return alternatives.length === 1 ? alternatives[0] : { type: "choice", alternatives };
  }

  function readSequence(depth: number, scoped: Flags | undefined, isFirst: boolean): PatternNode {
    const nodes: PatternNode[] = [];
    let canRepeat = false;
    let isRepeated = false;
    while (!scanner.isAtEnd && scanner.peek() !== "|" && scanner.peek() !== ")") {
      const flags = scoped ?? global;
      if (flags.has("x") && skipVerbose()) continue;
      const skip = () => {
        while (engine === "regex" && flags.has("x") && skipVerbose());
      };
      const count = readCount(scanner, skip);
      if (count !== undefined) {
        if (isRepeated) throw scanner.fail("there is a repetition of a repetition");
        const last = nodes.at(-1);
        if (last === undefined || !canRepeat) throw scanner.fail("there is nothing to repeat");
        const { mode, ...bounds } = count;
        if (engine === "re" && mode === "possessive" && captures(last)) {
          // Python 3.11 then misses matches.
          scanner.note("there is a possessive repetition of a group that captures");
        }
        const repeat = { type: "repeat", body: last, ...bounds, lazy: mode === "lazy" } as const;
        nodes[nodes.length - 1] = mode === "possessive" ? { type: "atomic", body: repeat } : repeat;
        isRepeated = true;
        continue;
      }
      if (scanner.peek() === "(") {
        const isStart = scoped === undefined && isFirst && nodes.length === 0;
        const group = readGroup(depth, flags, isStart);
        if (group === undefined) continue;
        nodes.push(group);
        canRepeat = true;
        isRepeated = false;
        continue;
      }
      const node = readAtom(flags);
      // There, `regex` keeps to flag a in some sets and not in others.
      const isOdd = isFolded(flags) && flags.has("a") && hasNode(node, hasCategory);
      if (isOdd) scanner.note("flag a is set only for a part, in which case is ignored");
      nodes.push(node);
      isRepeated = false;
      canRepeat = engine === "regex" || node.type !== "anchor" && node.type !== "boundary";
    }
    const flags = scoped ?? global;
    const all = isFolded(flags) ? addToLetters(nodes, caseRuleOf(flags)) : nodes;
    return all.length === 1 ? all[0] : { type: "sequence", nodes: all };
  }

  function skipVerbose(): boolean {
    if (scanner.takeWhile(SPACES[engine]) !== "") return true;
    if (scanner.peek() !== "#") return false;
    scanner.takeWhile(/[^\n]/);
    return true;
  }

  /** Reads a comment to its end: for `re`, a bracket after a backslash does not end it. */
  function skipComment(): void {
    while (engine === "re" && !scanner.isAtEnd && scanner.peek() !== ")") {
      if (scanner.next() === "\\" && !scanner.isAtEnd) scanner.next();
    }
    scanner.takeUntil(")", "a comment");
  }

  /** Reads a group from its opening bracket on; undefined for a comment and for global flags. */
  function readGroup(depth: number, flags: Flags, isStart: boolean): PatternNode | undefined {
    scanner.take("(");
    if (!scanner.take("?")) return readCapture(depth, flags, undefined);
    if (scanner.take("#")) {
      skipComment();
      return undefined;
    }
    if (scanner.take(":")) return { type: "group", body: readBody(depth, flags) };
    if (scanner.take("P<")) return readCapture(depth, flags, readName(">"));
    if (scanner.take("P=")) {
      const name = readName(")");
      const number = names.get(name);
      if (number === undefined) throw scanner.fail("it refers to a group that does not exist");
      return createReference(number, flags, name);
    }
    for (const [mark, behind, negate] of LOOKS) {
      if (!scanner.take(mark)) continue;
      const known = references;
      const body = readBody(depth, flags);
      const { min, max } = widthOf(body);
      if (behind && min !== max && references === known) {
        throw scanner.fail("a lookbehind must have a fixed width");
      }
      return { type: "look", behind, negate, body };
    }
    if (scanner.take(">")) {
      return { type: "atomic", body: { type: "group", body: readBody(depth, flags) } };
    }
    if (scanner.peek() === "(") return readCondition(depth, flags);
    return readFlags(depth, flags, isStart);
  }

  /** Reads a condition from its second bracket on. A group that it names by number may come later. */
  function readCondition(depth: number, flags: Flags): PatternNode {
    scanner.take("(");
    const name = scanner.takeUntil(")", "a condition");
    const number = names.get(name) ?? (/^[0-9]+$/.test(name) ? Number(name) : 0);
    if (number === 0) throw scanner.fail("it refers to a group that does not exist");
    condition = Math.max(condition, number);
    // As for a reference, its width depends on a group.
    references++;
    const body = readBody(depth, flags);
    const branches = body.type === "choice" ? body.alternatives : [body];
    if (branches.length > 2) throw scanner.fail("a condition has more than two branches");
    const [yes, no = { type: "sequence", nodes: [] }] = branches;
    return { type: "condition", number, yes, no };
  }

  function readBody(depth: number, flags: Flags): PatternNode {
    const body = readChoice(depth + 1, flags);
    if (!scanner.take(")")) throw scanner.fail("a group is not closed");
    return body;
  }

  function readCapture(depth: number, flags: Flags, name: string | undefined): PatternNode {
    const number = ++groups;
    if (name !== undefined) {
      if (names.has(name)) throw scanner.fail("there are two groups of one name");
      names.set(name, number);
    }
    open.add(number);
    const body = readBody(depth, flags);
    open.delete(number);
    return { type: "group", number, ...writableName(name), body };
  }

  function readName(end: string): string {
    const name = scanner.takeUntil(end, "the name of a group");
    if (!/^[\p{XIDS}_]\p{XIDC}*$/u.test(name)) throw scanner.fail("a group has an invalid name");
    return name;
  }

  function createReference(number: number, flags: Flags, name?: string): PatternNode {
    // These compare in lower case, JavaScript folds: σ and ς, s and ſ differ.
    if (flags.has("i") && caseRuleOf(flags) !== "regex") {
      scanner.note("there is a reference to a group where case is ignored");
    }
    if (open.has(number)) throw scanner.fail("a group refers to itself");
    references++;
    return { type: "reference", number, ...writableName(name) };
  }

  /** Reads flags for the rest of the pattern, `(?i)`, or for a part of it, `(?i-s:…)`. */
  function readFlags(depth: number, flags: Flags, isStart: boolean): PatternNode | undefined {
    const added = scanner.takeWhile(/[a-zA-Z]/);
    const removed = scanner.take("-") ? scanner.takeWhile(/[a-zA-Z]/) : undefined;
    const isGlobal = removed === undefined && scanner.take(")");
    if (!isGlobal && !scanner.take(":")) throw scanner.fail("there is a group of an unknown kind");
    if (added === "" && !removed) throw scanner.fail("flags are missing");
    const isKnown = /^[aimsux]*$/.test(added) && /^[imsx]*$/.test(removed ?? "");
    if (!isKnown) throw scanner.fail("there is an unknown flag, or one that cannot be set there");
    if (added.includes("a") && added.includes("u")) {
      throw scanner.fail("the flags a and u exclude each other");
    }
    if (removed === "" || [...removed ?? ""].some((letter) => added.includes(letter))) {
      throw scanner.fail("flags are missing, or both set and unset");
    }
    const changed = new Set([...flags, ...added].filter((letter) => !removed?.includes(letter)));
    if (changed.delete("u") && changed.delete("a") && engine === "re") {
      scanner.note("flag u where flag a is set means one thing here and another there");
    }
    if (isGlobal) {
      if (!isStart) throw scanner.fail("there are global flags that are not at the beginning");
      kinds += added.replaceAll(/[^au]/g, "");
      if (/a.*u|u.*a/.test(kinds)) throw scanner.fail("the flags a and u exclude each other");
      global = changed;
      return undefined;
    }
    const body = readBody(depth, changed);
    if (isFolded(changed) === isFolded(flags)) return { type: "group", body };
    return { type: "group", modifiers: isFolded(changed) ? "i" : "-i", body };
  }

  function readAtom(flags: Flags): PatternNode {
    const character = scanner.next();
    switch (character) {
      case ".":
        return {
          type: "set",
          negate: true,
          items: flags.has("s") ? [] : [{ first: 10, last: 10 }],
        };
      case "^":
        return { type: "anchor", at: flags.has("m") ? "line-start" : "start" };
      case "$":
        return { type: "anchor", at: flags.has("m") ? "line-end" : "end" };
      case "[":
        return withCase(readClass(scanner, scopeOf(flags)), flags);
      case "\\":
        return readEscapedAtom(flags);
      default:
        return withCase(createLiteral(character.codePointAt(0)!), flags);
    }
  }

  function readEscapedAtom(flags: Flags): PatternNode {
    const scope = scopeOf(flags);
    if (scanner.take("A")) return { type: "anchor", at: "start" };
    if (scanner.take("Z")) return { type: "anchor", at: "text-end" };
    if (scanner.take("b")) return { type: "boundary", negate: false, scope };
    if (scanner.take("B")) return { type: "boundary", negate: true, scope };
    if (/^[0-9]/.test(scanner.peek() ?? "")) return readNumber(flags);
    return withCase(createSet(readEscape(scanner, scope, false)), flags);
  }

  /** Reads a reference, or a character by its octal number. */
  function readNumber(flags: Flags): PatternNode {
    const digits = scanner.characters.slice(scanner.at, scanner.at + 3).join("");
    const isOctal = /^(?:0|[1-7][0-7]{2}$)/.test(digits);
    const node = isOctal
      ? withCase(createSet(readEscape(scanner, "ascii", false)), flags)
      : readReference(flags);
    const end = scanner.at;
    if (engine === "regex" && flags.has("x") && skipVerbose()) {
      while (skipVerbose());
      if (/^[0-9]/.test(scanner.peek() ?? "")) {
        scanner.note("regex reads a number on after white space");
      }
      scanner.at = end;
    }
    return node;
  }

  function readReference(flags: Flags): PatternNode {
    const number = Number(scanner.takeWhile(/[0-9]/, 2));
    if (number > groups) throw scanner.fail(`it refers to group ${number}, which does not exist`);
    return createReference(number, flags);
  }
}

const LOOKS = [
  ["=", false, false],
  ["!", false, true],
  ["<=", true, false],
  ["<!", true, true],
] as const;

/** What a verbose pattern ignores: for `regex`, all for which `isspace` is true. */
const SPACES: Readonly<Record<PythonEngine, RegExp>> = {
  // deno-lint-ignore no-control-regex
  regex: /[\p{White_Space}\x1c-\x1f]/u,
  re: /[ \t\n\r\v\f]/,
};

function createLiteral(point: number): CharacterSet {
  return createSet(rangeOf(point));
}

function createSet(item: ClassItem): CharacterSet {
  return { type: "set", negate: false, items: [item] };
}

function hasCategory(node: PatternNode): boolean {
  return node.type === "boundary" ||
    node.type === "set" && node.items.some((item) => "category" in item);
}

/** Returns the name if JavaScript takes it as well; other groups are known by their numbers. */
function writableName(name: string | undefined): { name?: string } {
  return name !== undefined && /^[A-Za-z_]\w*$/.test(name) ? { name } : {};
}
