/**
 * Regular expressions of JavaScript on an engine that takes time linear in the text, RE2.
 *
 * The two languages look alike and differ in meaning (`\s`, `$`, `.`, case, half surrogates). So a
 * pattern is not passed on as it is: it is parsed, and written again with what means the same in
 * both. Every character, class and `.` becomes a list of code point ranges, which V8 itself is asked
 * for. What has no exact equivalent is refused.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createLinear } from "./linear.ts";
 *
 * const linear = createLinear(String.raw`(\w+\s?)*!`, "i");
 * const next = linear.scan(`oh no! ${"a".repeat(1_000)}`, 0);
 * assertEquals(next(0), { start: 0, end: 6 });
 * assertEquals(next(6), undefined);
 * ```
 *
 * @module
 */
import { type AST, RegExpParser } from "npm:@eslint-community/regexpp@^4";
import { RE2JS } from "npm:re2js@^2";
import { hasStrings } from "npm:regexp-ast-analysis@^0.7";
import type { Span } from "../data/examples.ts";

/** A match: its offsets and, where a group was asked for and took part, those of the group. */
export interface ExpressionMatch extends Span {
  readonly group?: Span;
}

/** A pattern as an engine runs it. */
export interface Engine {
  /** Whether the pattern matches somewhere in `text`. */
  test(text: string): boolean;
  /**
   * A function that finds the first match beginning at `from` or after it. What is before `from` is
   * seen by `^`, `\b` and lookbehinds.
   *
   * @param group the group whose offsets are wanted, 0 for none
   */
  scan(text: string, group: number): (from: number) => ExpressionMatch | undefined;
}

/** The most copies of characters and classes that counts such as `{3,50}` may be written out to. */
const MAX_COPIES = 2_000;

/**
 * Makes a pattern ready to run on RE2.
 *
 * Refused are lookaheads, lookbehinds with groups in them, backreferences, classes that hold strings, `^` and `$` with flag `m`, `\b`
 * where case is ignored in a part of a Unicode pattern only, counts that multiply out to more than
 * 2,000 characters, optional or repeated parts that can match nothing (`(a*)*`), and groups that a
 * repetition may leave as an earlier round had them (`(?:(a)|b)*`): there the engines disagree.
 *
 * @param pattern a pattern that `new RegExp(pattern, flags)` accepts
 * @throws {SyntaxError} saying what the linear-time engine lacks
 */
export function createLinear(pattern: string, flags: string): Engine {
  const unicode = flags.includes("u");
  const unicodeSets = flags.includes("v");
  const parser = new RegExpParser({ ecmaVersion: 2025 });
  const ast = parser.parsePattern(pattern, 0, pattern.length, { unicode, unicodeSets });
  const byPoint = unicode || unicodeSets;
  const writer = createWriter(byPoint, flags);
  const source = writer.write(ast);
  const compiled = compile(source);
  const prepare = byPoint
    ? writer.foldsKelvin() ? foldKelvin : (text: string) => text
    : separateSurrogates;

  return {
    test: (text) => compiled.matcher(prepare(text)).find(),
    scan(text, group) {
      const prepared = prepare(text);
      const matcher = compiled.matcher(prepared);
      const { toPrepared, toOriginal } = createOffsets(text, prepared);
      return (from) => {
        if (!matcher.find(toPrepared(from))) return undefined;
        const span = { start: toOriginal(matcher.start()), end: toOriginal(matcher.end()) };
        if (group === 0 || matcher.start(group) === -1) return span;
        const start = toOriginal(matcher.start(group));
        return { ...span, group: { start, end: toOriginal(matcher.end(group)) } };
      };
    },
  };
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(source, RE2JS.LOOKBEHINDS);
  } catch (cause) {
    // Its errors are of a class of its own, and quote a pattern that nobody wrote.
    throw new SyntaxError("the linear-time engine does not take it", { cause });
  }
}

/** Flags that a group may change. */
interface FlagState {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
}

interface Writer {
  write(ast: AST.Pattern): string;
  /** Whether long s and kelvin are to be read as `s` and `k`. */
  foldsKelvin(): boolean;
}

function createWriter(byPoint: boolean, flags: string): Writer {
  const mode = byPoint ? flags.includes("v") ? "v" : "u" : "";
  let hasWordAssertion = false;
  let hasModifiers = false;
  let copies = 0;

  return {
    write(ast) {
      const source = writeAlternatives(ast.alternatives, {
        ignoreCase: flags.includes("i"),
        multiline: flags.includes("m"),
        dotAll: flags.includes("s"),
      }, 1);
      // To V8, long s and kelvin are word characters where case is ignored, to RE2 they never are.
      if (byPoint && hasWordAssertion && hasModifiers) throw lacks("\\b together with modifiers");
      return source;
    },
    foldsKelvin: () => byPoint && flags.includes("i") && hasWordAssertion,
  };

  function writeAlternatives(
    list: readonly AST.Alternative[],
    at: FlagState,
    times: number,
  ): string {
    return list.map(({ elements }) => {
      return elements.map((element) => writeElement(element, at, times)).join("");
    }).join("|");
  }

  function writeElement(element: AST.Element, at: FlagState, times: number): string {
    switch (element.type) {
      case "Character":
      case "CharacterSet":
      case "CharacterClass":
      case "ExpressionCharacterClass":
        copies += times;
        if (copies > MAX_COPIES) throw lacks(`counts that multiply out to over ${MAX_COPIES}`);
        return writeSet(element, at);
      case "Group": {
        const { modifiers } = element;
        if (modifiers) hasModifiers = true;
        const inner = modifiers ? changeCase(at, modifiers) : at;
        return `(?:${writeAlternatives(element.alternatives, inner, times)})`;
      }
      case "CapturingGroup":
        if (isUnsettled(element)) throw lacks(`exact offsets of the group ${shorten(element.raw)}`);
        return `(${writeAlternatives(element.alternatives, at, times)})`;
      case "Quantifier":
        return writeQuantifier(element, at, times);
      case "Assertion":
        return writeAssertion(element, at, times);
      case "Backreference":
        throw lacks("backreferences");
    }
  }

  function writeQuantifier(element: AST.Quantifier, at: FlagState, times: number): string {
    const { min, max, greedy } = element;
    // V8 gives up on an optional round that reads nothing, RE2 may take it.
    if (min !== max && canBeEmpty(element.element)) {
      throw lacks(`a repetition of what can match nothing, as in ${shorten(element.raw)}`);
    }
    if (max === 0) return "(?:)";
    const inner = writeElement(element.element, at, times * Math.max(min, bounded(max), 1));
    const count = max === Infinity ? `{${min},}` : `{${min},${max}}`;
    return `(?:${inner})${count}${greedy ? "" : "?"}`;
  }

  function writeAssertion(element: AST.Assertion, at: FlagState, times: number): string {
    switch (element.kind) {
      case "start":
      case "end":
        if (at.multiline) throw lacks("^ and $ with flag m");
        return element.kind === "start" ? "\\A" : "\\z";
      case "word":
        hasWordAssertion = true;
        return element.negate ? "\\B" : "\\b";
      case "lookahead":
        throw lacks("lookaheads");
      case "lookbehind":
        return writeLookbehind(element, at, times);
    }
  }

  /** The engine has lookbehinds in linear time where they hold no groups. */
  function writeLookbehind(
    element: AST.LookaroundAssertion,
    at: FlagState,
    times: number,
  ): string {
    if (element.raw.slice(1).includes("(")) throw lacks("lookbehinds with groups in them");
    const inner = writeAlternatives(element.alternatives, at, times);
    return `(?<${element.negate ? "!" : "="}${inner})`;
  }

  /** What the element matches, as V8 knows it, in ranges of code points. */
  function writeSet(element: AST.CharacterClassElement | AST.Element, at: FlagState): string {
    if (mode === "v" && element.type !== "Character") {
      const isPlain = element.type === "CharacterSet" && element.kind !== "property";
      if (!isPlain && hasStrings(element as AST.CharacterClass, { unicodeSets: true })) {
        throw lacks("classes that hold strings");
      }
    }
    const isLiteral = element.type === "Character" && !at.ignoreCase;
    const ranges = isLiteral
      ? [[element.value, element.value] as const]
      : findRanges(element.raw, mode + (at.ignoreCase ? "i" : "") + (at.dotAll ? "s" : ""));
    if (ranges.length === 0) return NOTHING;
    return `[${ranges.map((range) => writeRange(range, byPoint)).join("")}]`;
  }
}

/** A class that no character is in. */
const NOTHING = "[^\\x{0}-\\x{10FFFF}]";

type Range = readonly [number, number];

function writeRange([first, last]: Range, byPoint: boolean): string {
  if (byPoint || last < 0xd800 || first > 0xdfff) return hex(first, last);
  // In the text, half surrogates stand for characters of their own.
  const parts: string[] = [];
  if (first < 0xd800) parts.push(hex(first, 0xd7ff));
  parts.push(hex(Math.max(first, 0xd800) + SHIFT, Math.min(last, 0xdfff) + SHIFT));
  if (last > 0xdfff) parts.push(hex(0xe000, last));
  return parts.join("");
}

function hex(first: number, last: number): string {
  return `\\x{${first.toString(16)}}-\\x{${last.toString(16)}}`;
}

function changeCase(at: FlagState, { add, remove }: AST.Modifiers): FlagState {
  const change = (flag: keyof FlagState) => add[flag] || at[flag] && !remove?.[flag];
  return {
    ignoreCase: change("ignoreCase"),
    multiline: change("multiline"),
    dotAll: change("dotAll"),
  };
}

/**
 * The ranges of code points (code units without `u` and `v`) that a class or character matches: those
 * in which V8 finds it, when it looks through all there are.
 */
function findRanges(raw: string, flags: string): readonly Range[] {
  const key = `${flags}/${raw}`;
  const known = knownRanges.get(key);
  if (known !== undefined) return known;
  const byPoint = /[uv]/.test(flags);
  const expression = new RegExp(`(?:${raw})+`, `g${flags}`);
  const ranges: [number, number][] = [];
  for (const [first, last] of byPoint ? POINT_BLOCKS : UNIT_BLOCKS) {
    for (const match of createBlock(first, last).matchAll(expression)) {
      const width = first > 0xffff ? 2 : 1;
      const from = first + match.index / width;
      const to = from + match[0].length / width - 1;
      const previous = ranges.at(-1);
      if (previous !== undefined && previous[1] === from - 1) previous[1] = to;
      else ranges.push([from, to]);
    }
  }
  if (knownRanges.size >= MAX_KNOWN_RANGES) knownRanges.clear();
  knownRanges.set(key, ranges);
  return ranges;
}

const knownRanges = new Map<string, readonly Range[]>();
const MAX_KNOWN_RANGES = 500;

/** All code units; and all code points but surrogates, in parts so that no loop of V8 gets too long. */
const UNIT_BLOCKS: readonly Range[] = [[0, 0xffff]];
const POINT_BLOCKS: readonly Range[] = [
  [0, 0xd7ff],
  [0xe000, 0xffff],
  ...Array.from({ length: 16 }, (_, plane): Range => {
    return [(plane + 1) * 0x10000, (plane + 1) * 0x10000 + 0xffff];
  }),
];

/** Kept, as making all of them takes longer than looking through them. */
const knownBlocks = new Map<string, string>();

function createBlock(first: number, last: number): string {
  const known = knownBlocks.get(`${first}-${last}`);
  if (known !== undefined) return known;
  const parts: string[] = [];
  for (let start = first; start <= last; start += 0x1000) {
    const length = Math.min(0x1000, last - start + 1);
    const points = Array.from({ length }, (_, index) => start + index);
    parts.push(first > 0xffff ? String.fromCodePoint(...points) : String.fromCharCode(...points));
  }
  const block = parts.join("");
  knownBlocks.set(`${first}-${last}`, block);
  return block;
}

/** Whether an element can match without reading anything. */
function canBeEmpty(element: AST.Element): boolean {
  switch (element.type) {
    case "Group":
    case "CapturingGroup":
      return element.alternatives.some(({ elements }) => elements.every(canBeEmpty));
    case "Quantifier":
      return element.min === 0 || canBeEmpty(element.element);
    case "Assertion":
    case "Backreference":
      return true;
    default:
      return false;
  }
}

/**
 * Whether a round of a repetition around the group may leave it out: V8 then forgets what it held in
 * the round before, RE2 does not.
 */
function isUnsettled(group: AST.CapturingGroup): boolean {
  let isOptional = false;
  let node: AST.Node | null = group;
  while (node !== null) {
    if (node.type === "Quantifier") {
      if (node.max > 1 && isOptional) return true;
      if (node.min === 0) isOptional = true;
    } else if (node.type === "Alternative" && node.parent.alternatives.length > 1) {
      isOptional = true;
    }
    node = node.parent;
  }
  return false;
}

function bounded(max: number): number {
  return max === Infinity ? 0 : max;
}

function lacks(what: string): SyntaxError {
  return new SyntaxError(`the linear-time engine has no ${what}`);
}

function shorten(raw: string): string {
  const characters = [...raw.toWellFormed()];
  return characters.length <= 40 ? raw.toWellFormed() : `${characters.slice(0, 39).join("")}…`;
}

/** Where case is ignored, nothing but RE2's `\b` tells these from `s` and `k`. */
function foldKelvin(text: string): string {
  return text.replaceAll("\u017f", "s").replaceAll("\u212a", "k");
}

/** What moves a half surrogate to a character of plane 16. */
const SHIFT = 0x100000 - 0xd800;

/** The text with each half surrogate as a character of its own, as V8 takes them without `u`. */
function separateSurrogates(text: string): string {
  return text.replaceAll(/[\ud800-\udfff]/g, (unit) => {
    return String.fromCodePoint(unit.charCodeAt(0) + SHIFT);
  });
}

interface Offsets {
  toPrepared(offset: number): number;
  toOriginal(offset: number): number;
}

/** Offsets between a text and its prepared form, in which half surrogates are two units long. */
function createOffsets(text: string, prepared: string): Offsets {
  const same = (offset: number) => offset;
  if (text.length === prepared.length) return { toPrepared: same, toOriginal: same };
  const preparedAt = new Uint32Array(text.length + 1);
  const originalAt = new Uint32Array(prepared.length + 1);
  let at = 0;
  for (let offset = 0; offset < text.length; offset++) {
    preparedAt[offset] = at;
    originalAt[at] = offset;
    const unit = text.charCodeAt(offset);
    at += unit >= 0xd800 && unit <= 0xdfff ? 2 : 1;
  }
  preparedAt[text.length] = at;
  originalAt[at] = text.length;
  return {
    toPrepared: (offset) => preparedAt[offset],
    toOriginal: (offset) => originalAt[offset],
  };
}
