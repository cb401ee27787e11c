/**
 * Runs regular expressions of JavaScript on RE2, an engine that takes time linear in the text.
 *
 * The two languages look alike and differ in meaning (`\s`, `$`, `.`, case, half surrogates). So a
 * pattern is parsed, and written again with what means the same in both. Every character, class and
 * `.` becomes the list of code point ranges that V8 finds it in. What has no exact equivalent is
 * refused.
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
import type { AST } from "npm:@eslint-community/regexpp@^4";
import { RE2JS } from "npm:re2js@^2";
import { hasStrings } from "npm:regexp-ast-analysis@^0.7";
import type { Span } from "../data/examples.ts";
import { cut } from "../text/quoting.ts";
import { parsePattern } from "./syntax.ts";

/** Offsets of a match, and of the requested group if it took part. */
export interface ExpressionMatch extends Span {
  readonly group?: Span;
}

/** A pattern as an engine runs it. */
export interface Engine {
  /** Tells whether the pattern matches somewhere in `text`. */
  test(text: string): boolean;
  /**
   * Returns a function that finds the first match that begins at `from` or after it. `^`, `\b` and
   * lookbehinds see what is before `from`.
   *
   * @param group the group to locate as well, or 0 for no group
   */
  scan(text: string, group: number): (from: number) => ExpressionMatch | undefined;
}

/** The most characters and classes of a pattern after counts such as `{3,50}` are written out. */
const MAX_COPIES = 2_000;

/**
 * Makes a pattern ready to run on RE2.
 *
 * Refuses lookaheads, lookbehinds with groups in them, backreferences, classes that hold strings, `^`
 * and `$` with flag `m`, `\b` if a part of a Unicode pattern changes flags, counts that multiply out to
 * more than 2,000 characters, and that on which the engines disagree: optional or repeated parts that can
 * match nothing (`(a*)*`), and groups that a repetition may leave as an earlier round had them
 * (`(?:(a)|b)*`).
 *
 * @param pattern a pattern that `new RegExp(pattern, flags)` accepts
 * @throws {SyntaxError} if the linear-time engine lacks something, which the message names
 */
export function createLinear(pattern: string, flags: string): Engine {
  const { source, prepare } = translate(pattern, flags);
  const compiled = compile(source);
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
    // RE2's message would quote the translated pattern.
    throw new SyntaxError("the linear-time engine does not take it", { cause });
  }
}

/** Flags that a group may change. */
type FlagState = Readonly<Record<"ignoreCase" | "multiline" | "dotAll", boolean>>;

/** Translates a pattern for RE2; `prepare` changes a text before it is matched. */
function translate(pattern: string, flags: string) {
  const mode = /[uv]/.exec(flags)?.[0] ?? "";
  const byPoint = mode !== "";
  const ignoreCase = flags.includes("i");
  let hasWordAssertion = false;
  let hasModifiers = false;
  let copies = 0;

  const state = { ignoreCase, multiline: flags.includes("m"), dotAll: flags.includes("s") };
  const source = writeAlternatives(parsePattern(pattern, flags).alternatives, state, 1);
  if (!byPoint) return { source, prepare: separateSurrogates };
  // V8 takes long s and kelvin for word characters if case is ignored, RE2 never does.
  if (hasWordAssertion && hasModifiers) throw lacks("\\b together with modifiers");
  return { source, prepare: ignoreCase && hasWordAssertion ? foldKelvin : (text: string) => text };

  function writeAlternatives(
    list: readonly AST.Alternative[],
    state: FlagState,
    times: number,
  ): string {
    return list.map(({ elements }) =>
      elements.map((element) => writeElement(element, state, times)).join("")
    ).join("|");
  }

  function writeElement(element: AST.Element, state: FlagState, times: number): string {
    switch (element.type) {
      case "Character":
      case "CharacterSet":
      case "CharacterClass":
      case "ExpressionCharacterClass":
        copies += times;
        if (copies > MAX_COPIES) throw lacks(`counts that multiply out to over ${MAX_COPIES}`);
        return writeSet(element, state);
      case "Group": {
        const { modifiers } = element;
        if (modifiers) hasModifiers = true;
        const inner = modifiers ? changeFlags(state, modifiers) : state;
        return `(?:${writeAlternatives(element.alternatives, inner, times)})`;
      }
      case "CapturingGroup":
        if (isUnsettled(element)) throw lacks(`exact offsets of the group ${shown(element)}`);
        return `(${writeAlternatives(element.alternatives, state, times)})`;
      case "Quantifier":
        return writeQuantifier(element, state, times);
      case "Assertion":
        return writeAssertion(element, state, times);
      case "Backreference":
        throw lacks("backreferences");
    }
  }

  function writeQuantifier(element: AST.Quantifier, state: FlagState, times: number): string {
    const { min, max, greedy } = element;
    // V8 gives up on an optional round that reads nothing, RE2 may take it.
    if (min !== max && canBeEmpty(element.element)) {
      throw lacks(`a repetition of what can match nothing, as in ${shown(element)}`);
    }
    if (max === 0) return "(?:)";
    const most = max === Infinity ? Math.max(min, 1) : max;
    const inner = writeElement(element.element, state, times * most);
    const count = max === Infinity ? `{${min},}` : `{${min},${max}}`;
    return `(?:${inner})${count}${greedy ? "" : "?"}`;
  }

  function writeAssertion(element: AST.Assertion, state: FlagState, times: number): string {
    switch (element.kind) {
      case "start":
      case "end":
        if (state.multiline) throw lacks("^ and $ with flag m");
        return element.kind === "start" ? "\\A" : "\\z";
      case "word":
        hasWordAssertion = true;
        return element.negate ? "\\B" : "\\b";
      case "lookahead":
        throw lacks("lookaheads");
      case "lookbehind":
        return writeLookbehind(element, state, times);
    }
  }

  /** RE2 runs lookbehinds in linear time if they hold no groups. */
  function writeLookbehind(
    element: AST.LookaroundAssertion,
    state: FlagState,
    times: number,
  ): string {
    if (element.raw.slice(1).includes("(")) throw lacks("lookbehinds with groups in them");
    const inner = writeAlternatives(element.alternatives, state, times);
    return `(?<${element.negate ? "!" : "="}${inner})`;
  }

  /** Writes the ranges of code points that the element matches in V8. */
  function writeSet(element: AST.CharacterClassElement | AST.Element, state: FlagState): string {
    if (mode === "v" && element.type !== "Character") {
      const isPlain = element.type === "CharacterSet" && element.kind !== "property";
      if (!isPlain && hasStrings(element as AST.CharacterClass, { unicodeSets: true })) {
        throw lacks("classes that hold strings");
      }
    }
    const isLiteral = element.type === "Character" && !state.ignoreCase;
    const ranges = isLiteral
      ? [[element.value, element.value] as const]
      : findRanges(element.raw, mode + (state.ignoreCase ? "i" : "") + (state.dotAll ? "s" : ""));
    if (ranges.length === 0) return NOTHING;
    return `[${ranges.map((range) => writeRange(range, byPoint)).join("")}]`;
  }
}

/** A class without characters. */
const NOTHING = "[^\\x{0}-\\x{10FFFF}]";

type Range = readonly [number, number];

function writeRange([first, last]: Range, byPoint: boolean): string {
  // Without `u`, the prepared text has characters of plane 16 for half surrogates.
  const parts = byPoint ? [[first, last]] : [
    [first, Math.min(last, 0xd7ff)],
    [Math.max(first, 0xd800) + SHIFT, Math.min(last, 0xdfff) + SHIFT],
    [Math.max(first, 0xe000), last],
  ];
  return parts.filter(([from, to]) => from <= to)
    .map((part) => part.map((point) => `\\x{${point.toString(16)}}`).join("-")).join("");
}

function changeFlags(state: FlagState, { add, remove }: AST.Modifiers): FlagState {
  const change = (flag: keyof FlagState) => add[flag] || state[flag] && !remove?.[flag];
  return {
    ignoreCase: change("ignoreCase"),
    multiline: change("multiline"),
    dotAll: change("dotAll"),
  };
}

/**
 * Finds the ranges of code points (code units without `u` and `v`) that a class or character matches:
 * V8 searches all of them.
 */
function findRanges(raw: string, flags: string): readonly Range[] {
  const key = `${flags}/${raw}`;
  const known = knownRanges.get(key);
  if (known !== undefined) return known;
  const byPoint = /[uv]/.test(flags);
  const expression = new RegExp(`(?:${raw})+`, `g${flags}`);
  const ranges: [number, number][] = [];
  for (const block of byPoint ? POINT_BLOCKS : UNIT_BLOCKS) {
    const [first] = block;
    for (const match of writeBlock(block).matchAll(expression)) {
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

/** All code units; all code points but surrogates, in blocks so that no loop of V8 gets too long. */
const UNIT_BLOCKS: readonly Range[] = [[0, 0xffff]];
const POINT_BLOCKS: readonly Range[] = [
  [0, 0xd7ff],
  [0xe000, 0xffff],
  ...Array.from(
    { length: 16 },
    (_, at): Range => [(at + 1) * 0x10000, (at + 1) * 0x10000 + 0xffff],
  ),
];

/** Kept, as writing all blocks takes longer than searching them. */
const knownBlocks = new Map<Range, string>();

/** Writes all characters of a range. */
function writeBlock(range: Range): string {
  const [first, last] = range;
  let block = knownBlocks.get(range) ?? "";
  if (block !== "") return block;
  for (let point = first; point <= last; point++) block += String.fromCodePoint(point);
  knownBlocks.set(range, block);
  return block;
}

/** Tells whether an element can match without reading anything. */
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
 * Tells whether a round of a repetition around the group may leave it out: V8 then forgets what it held
 * in the round before, RE2 does not.
 */
function isUnsettled(group: AST.CapturingGroup): boolean {
  let isOptional = false;
  for (let node: AST.Node | null = group; node !== null; node = node.parent) {
    if (node.type === "Quantifier") {
      if (node.max > 1 && isOptional) return true;
      if (node.min === 0) isOptional = true;
    } else if (node.type === "Alternative" && node.parent.alternatives.length > 1) {
      isOptional = true;
    }
  }
  return false;
}

function lacks(what: string): SyntaxError {
  return new SyntaxError(`the linear-time engine has no ${what}`);
}

function shown({ raw }: AST.Element): string {
  return cut(raw.toWellFormed(), 40);
}

/** Replaces long s and kelvin: if case is ignored, only RE2's `\b` tells them from `s` and `k`. */
function foldKelvin(text: string): string {
  return text.replaceAll("\u017f", "s").replaceAll("\u212a", "k");
}

/** Distance from a half surrogate to its character of plane 16. */
const SHIFT = 0x100000 - 0xd800;

/** Writes each half surrogate as a character, as V8 takes it without `u`. */
function separateSurrogates(text: string): string {
  return text.replaceAll(
    /[\ud800-\udfff]/g,
    (unit) => String.fromCodePoint(unit.charCodeAt(0) + SHIFT),
  );
}

/** Maps offsets of a text to its prepared form, in which half surrogates are two units long, and back. */
function createOffsets(text: string, prepared: string) {
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
    toPrepared: (offset: number) => preparedAt[offset],
    toOriginal: (offset: number) => originalAt[offset],
  };
}
