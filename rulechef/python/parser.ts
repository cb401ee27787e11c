/**
 * The syntax of Python's `re`, parsed as Python 3.11 does:
 * https://docs.python.org/3/library/re.html
 *
 * @module
 */
import { type ClassItem, type Node, widthOf } from "./nodes.ts";

/** Where Python itself does not take a pattern. */
export class PythonSyntaxError extends SyntaxError {
  override readonly name = "PythonSyntaxError";
}

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

/** A pattern as read. */
export interface ParsedPattern {
  readonly body: Node;
  readonly flags: Flags;
  readonly groups: number;
}

/**
 * Parses a pattern. It may begin with global flags, as in `(?i)`.
 *
 * @param characters its code points
 * @throws {PythonSyntaxError} with the reason and the place, where Python does not take it
 * @throws {SyntaxError} likewise, where Python does and JavaScript has no counterpart
 */
export function readPattern(characters: readonly string[]): ParsedPattern {
  let at = 0;
  let global = NO_FLAGS;
  let groups = 0;
  let references = 0;
  /** The largest number of a group that a condition is on. */
  let condition = 0;
  const names = new Map<string, number>();
  const open = new Set<number>();
  /** What Python takes and JavaScript does not: told once it is known that Python takes all of it. */
  let lack: SyntaxError | undefined;

  const body = readChoice(0);
  if (at < characters.length) throw fail("there is a ) too many");
  if (condition > groups) throw fail(`it refers to group ${condition}, which there is not`);
  if (lack !== undefined) throw lack;
  return { body, flags: global, groups };

  function fail(reason: string): PythonSyntaxError {
    return new PythonSyntaxError(locate(reason));
  }

  function note(reason: string): void {
    lack ??= new SyntaxError(locate(reason));
  }

  function locate(reason: string): string {
    return `at character ${Math.min(at + 1, characters.length)} ${reason}`;
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
    if (depth > MAX_DEPTH) {
      throw new SyntaxError(locate(`groups are nested deeper than ${MAX_DEPTH} levels`));
    }
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
      const largest = Number.isFinite(max) ? Math.max(min, max) : min;
      const reason = "the count of a repetition is too large, or its bounds are reversed";
      if (max < min || largest > MAX_PYTHON_COUNT) throw fail(reason);
      if (largest > MAX_COUNT) note(reason);
    } else if (!take("*")) return undefined;
    const isPossessive = take("+");
    if (isPossessive) note("there is a possessive repetition, which JavaScript does not have");
    return { min, max, lazy: !isPossessive && take("?") };
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
      if (!take(mark)) continue;
      const known = references;
      const body = readBody(depth, flags);
      const { min, max } = widthOf(body);
      if (behind && min !== max && references === known) {
        throw fail("a lookbehind must have a fixed width");
      }
      return { type: "look", behind, negate, body };
    }
    if (characters[at] === ">") {
      note("there is an atomic group, which JavaScript does not have");
      at++;
      return { type: "group", body: readBody(depth, flags) };
    }
    if (characters[at] === "(") {
      note("there is a condition, which JavaScript does not have");
      return readCondition(depth, flags);
    }
    return readFlags(depth, flags, isStart);
  }

  /** A condition from its second bracket on: the group that it is on may come later, if it has no name. */
  function readCondition(depth: number, flags: Flags): Node {
    take("(");
    const name = takeUntil(")", "a condition");
    const number = names.get(name) ?? (/^[0-9]+$/.test(name) ? Number(name) : 0);
    if (number === 0) throw fail("it refers to a group that there is not");
    condition = Math.max(condition, number);
    // How wide it is depends on a group, as for a reference.
    references++;
    const body = readBody(depth, flags);
    if (body.type === "choice" && body.alternatives.length > 2) {
      throw fail("a condition has more than two branches");
    }
    return { type: "group", body };
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
    if (flags.ignoreCase) note("there is a reference to a group where case is ignored");
    if (open.has(number)) throw fail("a group refers to itself");
    references++;
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
      note("case is ignored for ASCII only, which JavaScript cannot");
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
      const reason = `\\${letter} is followed by no character's ${width} digits`;
      if (!isCharacter) throw fail(reason);
      if (value >= 0xd800 && value <= 0xdfff) note(reason);
      return { first: value, last: value };
    }
    const control = letter === "b" && !inClass ? undefined : CONTROLS.get(letter);
    if (control !== undefined) return { first: control, last: control };
    const unknown = `\\${letter} is an escape that is not known`;
    if (letter === "N" && characters[at] === "{") {
      // The names of all characters are not known here.
      note(unknown);
      takeUntil("}", "the name of a character");
    } else if (/[a-zA-Z0-9]/.test(letter)) throw fail(unknown);
    const point = letter.codePointAt(0)!;
    return { first: point, last: point };
  }
}

/** The largest count that both take. */
const MAX_COUNT = 2 ** 31 - 1;
/** The largest one that Python takes. */
const MAX_PYTHON_COUNT = 2 ** 32 - 2;

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
