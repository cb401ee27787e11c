/**
 * Regular expressions of Python's `re` as regular expressions of JavaScript.
 *
 * The translation finds what `re` finds (in a `str`, with `finditer`), or there is none: what has no
 * exact counterpart is refused. Two things differ where case is ignored: `i` is not taken for the
 * dotless ı or the dotted İ, and the combining iota U+0345 counts as a word character. Characters that
 * the Unicode version of one side does not know yet may differ, and `\B` matches an empty text as from
 * Python 3.14.
 *
 * The syntax is that of the reference of `re`, https://docs.python.org/3/library/re.html, in details as
 * Python 3.11 reads it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { translatePython } from "./python.ts";
 *
 * const { pattern, flags } = translatePython(String.raw`(?i)\bno\.?(?P<number>\d+)$`);
 * assertEquals(flags, "iu");
 * assertEquals(pattern, String.raw`(?<![\p{L}\p{N}_])no\.?(?<number>\p{Nd}+)(?=\n?$)`);
 * ```
 *
 * @module
 */
import { checkSyntax } from "./expressions.ts";
import { findDifference, findUnsettled } from "./python_equivalence.ts";
import { type ClassItem, type Node, writePattern } from "./python_nodes.ts";

/** A pattern as JavaScript takes it. */
export interface Translation {
  readonly pattern: string;
  /** `u`, or `v` where a class holds the complement of another; `i` and `s` as given. */
  readonly flags: string;
  /** How many capture groups it has; they have the numbers that they have in Python. */
  readonly groups: number;
  /**
   * Numbers of the groups, ascending, that may hold something else than in Python where the whole
   * match is the same: a round of a repetition that leaves a group out clears it in JavaScript.
   */
  readonly unsettled: readonly number[];
}

/**
 * Translates a pattern. It may begin with global flags, as in `(?i)`.
 *
 * @throws {SyntaxError} with the reason, where Python or JavaScript cannot run it, or the two would
 * find different matches
 */
export function translatePython(pattern: string): Translation {
  if (pattern.length > MAX_LENGTH) {
    throw new SyntaxError(`it is over ${MAX_LENGTH} characters long`);
  }
  if (!pattern.isWellFormed()) throw new SyntaxError("it has a lone surrogate");
  const { body, flags, groups } = readPattern([...pattern]);
  const difference = findDifference(body);
  if (difference !== undefined) throw new SyntaxError(`JavaScript differs: ${difference}`);
  const { source, needsSets } = writePattern(body, flags.dotAll);
  const written = `${flags.ignoreCase ? "i" : ""}${flags.dotAll ? "s" : ""}${
    needsSets ? "v" : "u"
  }`;
  try {
    checkSyntax(source, written);
  } catch (cause) {
    throw new SyntaxError("JavaScript does not take it", { cause });
  }
  return { pattern: source, flags: written, groups, unsettled: findUnsettled(body) };
}

/** The longest pattern that is read, in UTF-16 code units. */
const MAX_LENGTH = 10_000;

/** The deepest nesting of groups. */
const MAX_DEPTH = 100;

/** Flags in force, each for a part of the pattern. */
interface Flags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly verbose: boolean;
  readonly ascii: boolean;
}

const NO_FLAGS: Flags = {
  ignoreCase: false,
  multiline: false,
  dotAll: false,
  verbose: false,
  ascii: false,
};
const FLAG_NAMES: ReadonlyMap<string, keyof Flags> = new Map([
  ["i", "ignoreCase"],
  ["m", "multiline"],
  ["s", "dotAll"],
  ["x", "verbose"],
  ["a", "ascii"],
]);

interface Read {
  readonly body: Node;
  readonly flags: Flags;
  readonly groups: number;
}

function readPattern(characters: readonly string[]): Read {
  let at = 0;
  let global = NO_FLAGS;
  let groups = 0;
  const names = new Map<string, number>();
  const open = new Set<number>();

  const body = readChoice(0);
  if (at < characters.length) throw fail("there is a ) too many");
  return { body, flags: global, groups };

  function fail(reason: string): SyntaxError {
    return new SyntaxError(`at character ${Math.min(at + 1, characters.length)} ${reason}`);
  }

  function take(expected: string): boolean {
    if (!characters.slice(at, at + expected.length).join("").startsWith(expected)) return false;
    at += expected.length;
    return true;
  }

  function takeWhile(pattern: RegExp, most = Infinity): string {
    const start = at;
    while (at < characters.length && at - start < most && pattern.test(characters[at])) at++;
    return characters.slice(start, at).join("");
  }

  function takeUntil(end: string, what: string): string {
    const found = characters.indexOf(end, at);
    if (found === -1) throw fail(`${what} is not closed`);
    const text = characters.slice(at, found).join("");
    at = found + 1;
    return text;
  }

  /** `flags` are undefined at the top, where those at the very beginning become global. */
  function readChoice(depth: number, flags?: Flags): Node {
    if (depth > MAX_DEPTH) throw fail(`groups are nested deeper than ${MAX_DEPTH} levels`);
    const alternatives: Node[] = [];
    do alternatives.push(readSequence(depth, flags, alternatives.length === 0)); while (take("|"));
    return alternatives.length === 1 ? alternatives[0] : { type: "choice", alternatives };
  }

  function readSequence(depth: number, scoped: Flags | undefined, isFirst: boolean): Node {
    const nodes: Node[] = [];
    let canRepeat = false;
    while (at < characters.length && characters[at] !== "|" && characters[at] !== ")") {
      const flags = scoped ?? global;
      if (flags.verbose && skipVerbose()) continue;
      const count = readCount();
      if (count !== undefined) {
        const last = nodes.at(-1);
        if (last?.type === "repeat") throw fail("there is a repetition of a repetition");
        if (last === undefined || !canRepeat) throw fail("there is nothing to repeat");
        nodes[nodes.length - 1] = { type: "repeat", body: last, ...count };
        continue;
      }
      if (characters[at] === "(") {
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
    if (takeWhile(/[ \t\n\r\v\f]/) !== "") return true;
    if (characters[at] !== "#") return false;
    takeWhile(/[^\n]/);
    return true;
  }

  /** A count such as `*`, `+?` or `{2,3}`; a brace that begins none is a character. */
  function readCount(): { min: number; max: number; lazy: boolean } | undefined {
    const start = at;
    let [min, max] = [0, Infinity];
    if (take("?")) max = 1;
    else if (take("+")) min = 1;
    else if (take("{")) {
      const low = takeWhile(/[0-9]/);
      const hasComma = take(",");
      const high = hasComma ? takeWhile(/[0-9]/) : low;
      if (!take("}") || !hasComma && low === "") {
        at = start;
        return undefined;
      }
      if (low !== "") min = Number(low);
      if (high !== "") max = Number(high);
      if (max < min || min > MAX_COUNT || Number.isFinite(max) && max > MAX_COUNT) {
        throw fail("the count of a repetition is too large, or its bounds are reversed");
      }
    } else if (!take("*")) return undefined;
    if (take("+")) throw fail("there is a possessive repetition, which JavaScript does not have");
    return { min, max, lazy: take("?") };
  }

  /** What begins with `(`; undefined for a comment and for global flags. */
  function readGroup(depth: number, flags: Flags, isStart: boolean): Node | undefined {
    take("(");
    if (!take("?")) return readCapture(depth, flags, undefined);
    if (take("#")) {
      takeUntil(")", "a comment");
      return undefined;
    }
    if (take(":")) return { type: "group", body: readBody(depth, flags) };
    if (take("P<")) return readCapture(depth, flags, readName(">"));
    if (take("P=")) {
      const name = readName(")");
      const number = names.get(name);
      if (number === undefined) throw fail("it refers to a group that there is not");
      return createReference(number, flags, name);
    }
    for (const [mark, behind, negate] of LOOKS) {
      if (take(mark)) return { type: "look", behind, negate, body: readBody(depth, flags) };
    }
    if (characters[at] === ">") {
      throw fail("there is an atomic group, which JavaScript does not have");
    }
    if (characters[at] === "(") throw fail("there is a condition, which JavaScript does not have");
    return readFlags(depth, flags, isStart);
  }

  function readBody(depth: number, flags: Flags): Node {
    const body = readChoice(depth + 1, flags);
    if (!take(")")) throw fail("a group is not closed");
    return body;
  }

  function readCapture(depth: number, flags: Flags, name: string | undefined): Node {
    const number = ++groups;
    if (name !== undefined) {
      if (names.has(name)) throw fail("there are two groups of one name");
      names.set(name, number);
    }
    open.add(number);
    const body = readBody(depth, flags);
    open.delete(number);
    return { type: "group", number, ...writableName(name), body };
  }

  function readName(end: string): string {
    const name = takeUntil(end, "the name of a group");
    if (!/^[\p{XIDS}_]\p{XIDC}*$/u.test(name)) throw fail("the name of a group is not one");
    return name;
  }

  function createReference(number: number, flags: Flags, name?: string): Node {
    // Python compares lower case then, JavaScript folds: σ and ς, s and ſ differ.
    if (flags.ignoreCase) throw fail("there is a reference to a group where case is ignored");
    if (open.has(number)) throw fail("a group refers to itself");
    return { type: "reference", number, ...writableName(name) };
  }

  /** Flags for the rest of the pattern, `(?i)`, or for a part of it, `(?i-s:…)`. */
  function readFlags(depth: number, flags: Flags, isStart: boolean): Node | undefined {
    const added = takeWhile(/[a-zA-Z]/);
    const removed = take("-") ? takeWhile(/[a-zA-Z]/) : undefined;
    const isGlobal = removed === undefined && take(")");
    if (!isGlobal && !take(":")) throw fail("there is a group of an unknown kind");
    if (added === "" && !removed) throw fail("flags are missing");
    const letters = `${added}${removed ?? ""}`;
    const isKnown = /^[aimsux]*$/.test(added) && /^[imsx]*$/.test(removed ?? "");
    if (!isKnown) throw fail("there is an unknown flag, or one that cannot be set there");
    if (added.includes("a") && added.includes("u")) {
      throw fail("the flags a and u exclude each other");
    }
    if (removed === "" || [...removed ?? ""].some((letter) => added.includes(letter))) {
      throw fail("flags are missing, or both set and unset");
    }
    const changed: { -readonly [Name in keyof Flags]: Flags[Name] } = { ...flags };
    for (const letter of letters) {
      const name = FLAG_NAMES.get(letter);
      if (name !== undefined) changed[name] = !removed?.includes(letter);
      else changed.ascii = false;
    }
    if (changed.ascii && changed.ignoreCase) {
      throw fail("case is ignored for ASCII only, which JavaScript cannot");
    }
    if (isGlobal) {
      if (!isStart) throw fail("there are global flags that are not at the beginning");
      global = changed;
      return undefined;
    }
    const body = readBody(depth, changed);
    if (changed.ignoreCase === flags.ignoreCase) return { type: "group", body };
    return { type: "group", modifiers: changed.ignoreCase ? "i" : "-i", body };
  }

  function readAtom(flags: Flags): Node {
    const character = characters[at++];
    switch (character) {
      case ".":
        return { type: "set", negate: true, items: flags.dotAll ? [] : [{ first: 10, last: 10 }] };
      case "^":
        return { type: "anchor", at: flags.multiline ? "line-start" : "start" };
      case "$":
        return { type: "anchor", at: flags.multiline ? "line-end" : "end" };
      case "[":
        return readClass(flags);
      case "\\":
        return readEscape(flags);
      default:
        return createLiteral(character.codePointAt(0)!);
    }
  }

  function readEscape(flags: Flags): Node {
    const letter = characters[at];
    switch (letter) {
      case "A":
        at++;
        return { type: "anchor", at: "start" };
      case "Z":
        at++;
        return { type: "anchor", at: "text-end" };
      case "b":
      case "B":
        at++;
        return { type: "boundary", negate: letter === "B", ascii: flags.ascii };
    }
    const isNumber = letter !== undefined && /[1-9]/.test(letter);
    if (!isNumber) return { type: "set", negate: false, items: [readClassEscape(flags, false)] };
    const octal = /^[0-3][0-7]{2}$/.exec(characters.slice(at, at + 3).join(""));
    if (octal !== null) {
      at += 3;
      return createLiteral(parseInt(octal[0], 8));
    }
    if (/^[4-7][0-7]{2}$/.test(characters.slice(at, at + 3).join(""))) {
      throw fail("an octal escape is above 377");
    }
    const number = Number(takeWhile(/[0-9]/, 2));
    if (number > groups) throw fail(`it refers to group ${number}, which there is not`);
    return createReference(number, flags);
  }

  function readClass(flags: Flags): Node {
    const items: ClassItem[] = [];
    const negate = take("^");
    while (true) {
      if (at >= characters.length) throw fail("a class is not closed");
      if (items.length > 0 && take("]")) return { type: "set", negate, items };
      const item = readClassItem(flags);
      if (characters[at] !== "-" || at + 1 >= characters.length) {
        items.push(item);
        continue;
      }
      at++;
      if (take("]")) return { type: "set", negate, items: [...items, item, HYPHEN] };
      const last = readClassItem(flags);
      if (!("first" in item) || !("first" in last) || last.first < item.first) {
        throw fail("a range in a class is reversed, or has an end that is no character");
      }
      items.push({ first: item.first, last: last.first });
    }
  }

  function readClassItem(flags: Flags): ClassItem {
    const character = characters[at++];
    if (character === "\\") return readClassEscape(flags, true);
    const point = character.codePointAt(0)!;
    return { first: point, last: point };
  }

  /** An escape after its backslash, as in a class; outside of one `\b` does not come here. */
  function readClassEscape(flags: Flags, inClass: boolean): ClassItem {
    if (at >= characters.length) throw fail("there is a backslash at the end");
    const letter = characters[at++];
    if (/[dswDSW]/.test(letter)) {
      const category = letter.toLowerCase() as "d" | "s" | "w";
      return { category, negate: letter !== category, ascii: flags.ascii };
    }
    if (/[0-7]/.test(letter)) {
      const value = parseInt(letter + takeWhile(/[0-7]/, 2), 8);
      if (value > 0o377) throw fail("an octal escape is above 377");
      return { first: value, last: value };
    }
    const width = HEX_WIDTHS.get(letter);
    if (width !== undefined) {
      const digits = takeWhile(/[0-9a-fA-F]/, width);
      const value = parseInt(digits, 16);
      const isCharacter = digits.length === width && value <= 0x10ffff;
      if (!isCharacter || value >= 0xd800 && value <= 0xdfff) {
        throw fail(`\\${letter} is followed by no character's ${width} digits`);
      }
      return { first: value, last: value };
    }
    const control = letter === "b" && !inClass ? undefined : CONTROLS.get(letter);
    if (control !== undefined) return { first: control, last: control };
    if (/[a-zA-Z0-9]/.test(letter)) throw fail(`\\${letter} is an escape that is not known`);
    const point = letter.codePointAt(0)!;
    return { first: point, last: point };
  }
}

/** The largest count that both take. */
const MAX_COUNT = 2 ** 31 - 1;

const LOOKS = [
  ["=", false, false],
  ["!", false, true],
  ["<=", true, false],
  ["<!", true, true],
] as const;

const HYPHEN: ClassItem = { first: 0x2d, last: 0x2d };
const HEX_WIDTHS: ReadonlyMap<string, number> = new Map([["x", 2], ["u", 4], ["U", 8]]);
const CONTROLS: ReadonlyMap<string, number> = new Map([
  ["a", 7],
  ["b", 8],
  ["t", 9],
  ["n", 10],
  ["v", 11],
  ["f", 12],
  ["r", 13],
]);

function createLiteral(point: number): Node {
  return { type: "set", negate: false, items: [{ first: point, last: point }] };
}

/** Names that are written the same way in both; groups of others are known by their numbers. */
function writableName(name: string | undefined): { name?: string } {
  return name !== undefined && /^[A-Za-z_]\w*$/.test(name) ? { name } : {};
}
