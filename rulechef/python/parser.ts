/**
 * Parses the syntax of Python's `re` as Python 3.11 does:
 * https://docs.python.org/3/library/re.html
 *
 * @module
 */
import { rangeOf, readClass, readEscape } from "./classes.ts";
import { type PatternNode, widthOf } from "./nodes.ts";
import { Scanner } from "./scanner.ts";

/** The deepest nesting of groups. */
const MAX_DEPTH = 50;

/** The letters of Python's flags that are in force: of `i`, `m`, `s`, `x` and `a`. */
type Flags = ReadonlySet<string>;

/** A parsed pattern. */
export interface ParsedPattern {
  readonly body: PatternNode;
  readonly flags: Flags;
  readonly groups: number;
}

/**
 * Parses a pattern. It may begin with global flags, as in `(?i)`.
 *
 * @param characters its code points
 * @throws {PythonSyntaxError} if Python does not compile it, with the place and the reason
 * @throws {SyntaxError} if Python does and JavaScript has no counterpart, with the same
 */
export function readPattern(characters: readonly string[]): ParsedPattern {
  const scanner = new Scanner(characters);
  let global: Flags = new Set();
  let groups = 0;
  let references = 0;
  /** The largest number of a group that a condition refers to. */
  let condition = 0;
  const names = new Map<string, number>();
  const open = new Set<number>();

  const body = readChoice(0);
  if (!scanner.isAtEnd) throw scanner.fail("there is a ) too many");
  if (condition > groups) {
    throw scanner.fail(`it refers to group ${condition}, which does not exist`);
  }
  if (scanner.unsupported !== undefined) throw scanner.unsupported;
  return { body, flags: global, groups };

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
    while (!scanner.isAtEnd && scanner.peek() !== "|" && scanner.peek() !== ")") {
      const flags = scoped ?? global;
      if (flags.has("x") && skipVerbose()) continue;
      const count = readCount();
      if (count !== undefined) {
        const last = nodes.at(-1);
        if (last?.type === "repeat") throw scanner.fail("there is a repetition of a repetition");
        if (last === undefined || !canRepeat) throw scanner.fail("there is nothing to repeat");
        nodes[nodes.length - 1] = { type: "repeat", body: last, ...count };
        continue;
      }
      if (scanner.peek() === "(") {
        const isStart = scoped === undefined && isFirst && nodes.length === 0;
        const group = readGroup(depth, flags, isStart);
        if (group === undefined) continue;
        nodes.push(group);
        canRepeat = true;
        continue;
      }
      const node = readAtom(flags);
      nodes.push(node);
      canRepeat = node.type !== "anchor" && node.type !== "boundary";
    }
    return nodes.length === 1 ? nodes[0] : { type: "sequence", nodes };
  }

  function skipVerbose(): boolean {
    if (scanner.takeWhile(/[ \t\n\r\v\f]/) !== "") return true;
    if (scanner.peek() !== "#") return false;
    scanner.takeWhile(/[^\n]/);
    return true;
  }

  /** Reads a count such as `*`, `+?` or `{2,3}`; a brace that does not begin one is a character. */
  function readCount(): { min: number; max: number; lazy: boolean } | undefined {
    const start = scanner.at;
    let [min, max] = [0, Infinity];
    if (scanner.take("?")) max = 1;
    else if (scanner.take("+")) min = 1;
    else if (scanner.take("{")) {
      const low = scanner.takeWhile(/[0-9]/);
      const hasComma = scanner.take(",");
      const high = hasComma ? scanner.takeWhile(/[0-9]/) : low;
      if (!scanner.take("}") || !hasComma && low === "") {
        scanner.at = start;
        return undefined;
      }
      if (low !== "") min = Number(low);
      if (high !== "") max = Number(high);
      const largest = Number.isFinite(max) ? Math.max(min, max) : min;
      const reason = "the count of a repetition is too large, or its bounds are reversed";
      if (max < min || largest > MAX_PYTHON_COUNT) throw scanner.fail(reason);
      if (largest > MAX_COUNT) scanner.note(reason);
    } else if (!scanner.take("*")) return undefined;
    const isPossessive = scanner.take("+");
    if (isPossessive) {
      scanner.note("there is a possessive repetition, which JavaScript does not have");
    }
    return { min, max, lazy: !isPossessive && scanner.take("?") };
  }

  /** Reads a group from its opening bracket on; undefined for a comment and for global flags. */
  function readGroup(depth: number, flags: Flags, isStart: boolean): PatternNode | undefined {
    scanner.take("(");
    if (!scanner.take("?")) return readCapture(depth, flags, undefined);
    if (scanner.take("#")) {
      scanner.takeUntil(")", "a comment");
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
    if (scanner.peek() === ">") {
      scanner.note("there is an atomic group, which JavaScript does not have");
      scanner.at++;
      return { type: "group", body: readBody(depth, flags) };
    }
    if (scanner.peek() === "(") {
      scanner.note("there is a condition, which JavaScript does not have");
      return readCondition(depth, flags);
    }
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
    if (body.type === "choice" && body.alternatives.length > 2) {
      throw scanner.fail("a condition has more than two branches");
    }
    return { type: "group", body };
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
    // Python compares in lower case, JavaScript folds: σ and ς, s and ſ differ.
    if (flags.has("i")) scanner.note("there is a reference to a group where case is ignored");
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
    if (changed.delete("u")) changed.delete("a");
    if (changed.has("a") && changed.has("i")) {
      scanner.note("case is ignored for ASCII only, which JavaScript cannot");
    }
    if (isGlobal) {
      if (!isStart) throw scanner.fail("there are global flags that are not at the beginning");
      global = changed;
      return undefined;
    }
    const body = readBody(depth, changed);
    if (changed.has("i") === flags.has("i")) return { type: "group", body };
    return { type: "group", modifiers: changed.has("i") ? "i" : "-i", body };
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
        return readClass(scanner, flags.has("a"));
      case "\\":
        return readEscapedAtom(flags);
      default:
        return createLiteral(character.codePointAt(0)!);
    }
  }

  function readEscapedAtom(flags: Flags): PatternNode {
    if (scanner.take("A")) return { type: "anchor", at: "start" };
    if (scanner.take("Z")) return { type: "anchor", at: "text-end" };
    if (scanner.take("b")) return { type: "boundary", negate: false, ascii: flags.has("a") };
    if (scanner.take("B")) return { type: "boundary", negate: true, ascii: flags.has("a") };
    if (!/^[1-9]/.test(scanner.peek() ?? "")) {
      return { type: "set", negate: false, items: [readEscape(scanner, flags.has("a"), false)] };
    }
    const digits = scanner.characters.slice(scanner.at, scanner.at + 3).join("");
    if (/^[1-7][0-7]{2}$/.test(digits)) {
      const value = parseInt(digits, 8);
      if (value > 0o377) throw scanner.fail("an octal escape is above 377");
      scanner.at += 3;
      return createLiteral(value);
    }
    const number = Number(scanner.takeWhile(/[0-9]/, 2));
    if (number > groups) throw scanner.fail(`it refers to group ${number}, which does not exist`);
    return createReference(number, flags);
  }
}

/** The largest count that JavaScript takes as well. */
const MAX_COUNT = 2 ** 31 - 1;
/** The largest count that Python takes. */
const MAX_PYTHON_COUNT = 2 ** 32 - 2;

const LOOKS = [
  ["=", false, false],
  ["!", false, true],
  ["<=", true, false],
  ["<!", true, true],
] as const;

function createLiteral(point: number): PatternNode {
  return { type: "set", negate: false, items: [rangeOf(point)] };
}

/** Returns the name if JavaScript takes it as well; other groups are known by their numbers. */
function writableName(name: string | undefined): { name?: string } {
  return name !== undefined && /^[A-Za-z_]\w*$/.test(name) ? { name } : {};
}
