/**
 * Writing: terms as regular expressions of RE2, Java and Python, in the part of their syntax that means the
 * same everywhere: explicit sets, no flags, `\A` for the start of the text.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readTerms } from "./terms.ts";
 * import { writeTerm } from "./writing.ts";
 *
 * const { term } = readTerms(String.raw`^\W*pay(?!ments?\b)`, "i");
 * assertEquals(
 *   writeTerm(term, { syntax: "java", isFolded: true, needsUnits: true }),
 *   String.raw`\A[^0-9_a-z]*pay(?!ments?(?:(?<=[0-9_a-z])(?![0-9_a-z])|(?<![0-9_a-z])(?=[0-9_a-z])))`,
 * );
 * ```
 *
 * @module
 */
import type { Range } from "../learn/rules/character_sets.ts";
import { isReading, settleLookarounds } from "./lookarounds.ts";
import { Inexpressible, mapRanges, type PatternTerm, subtract } from "./terms.ts";

/** The expressions of an engine: RE2; those of `java.util.regex`; those of Trino; Python's `re`. */
export type EngineSyntax = "re2" | "java" | "joni" | "python";

/** Options of {@linkcode writeTerm}. */
export interface WritingOptions {
  readonly syntax: EngineSyntax;
  /** Whether the ASCII letters of the text are in lower case. */
  readonly isFolded: boolean;
  /** Whether the text has no character outside the basic plane; see `TermPattern`. */
  readonly needsUnits: boolean;
  /** Whether the engine is told to take `\b` for that of ASCII, as by `(?a)` of Python. */
  readonly hasAsciiEdges?: boolean;
  /** Writes a set that is long, and has characters of these ranges; by default as it is. */
  readonly writeLong?: (set: string, ranges: readonly Range[]) => string;
}

/** The length from which a set is long. */
const LONG = 100;
/** The largest number that RE2 takes as a count, nested counts multiplied. */
const MAX_RE2_COUNT = 1_000;
/** About how many instructions RE2 is given; it refuses several times as many. */
const MAX_RE2_SIZE = 100_000;

/**
 * Writes a term as a regular expression.
 *
 * RE2 has no lookarounds; see {@linkcode settleLookarounds}.
 *
 * @throws {Inexpressible} if the syntax cannot say the term
 */
export function writeTerm(term: PatternTerm, options: WritingOptions): string {
  const { syntax, isFolded, needsUnits, hasAsciiEdges, writeLong = (set) => set } = options;
  const universe = subtract(
    [[0, 0xd7ff], [0xe000, needsUnits ? 0xffff : 0x10ffff]],
    isFolded ? [[0x41, 0x5a]] : [],
  );
  const within = (ranges: readonly Range[]) => subtract(ranges, subtract(ALL, universe));
  let shown = mapRanges(term, within);
  if (syntax === "re2") shown = settleLookarounds(shown, universe);
  // RE2 finds empty matches between the bytes of a character, and Java between its halves.
  const hasInside = syntax === "re2" || syntax !== "python" && !needsUnits;
  if (hasInside && !isReading(shown) && some(shown, isOpenInside)) {
    throw new Inexpressible("can match nothing, in the middle of a character too");
  }
  if (syntax === "re2" && sizeOf(shown) > MAX_RE2_SIZE) {
    throw new Inexpressible("too large for RE2");
  }
  // An edge asked for twice is asked for once: DuckDB finds `\z\z` nowhere.
  return write(shown).replace(
    /\\([AzZ])(?:\\\1)+|\\[^]/g,
    (part, edge) => edge ? `\\${edge}` : part,
  );

  function write(term: PatternTerm): string {
    switch (term.kind) {
      case "read":
        return writeSet(term.ranges);
      case "sequence":
        // Not left to engines: DuckDB takes `k\A` for `k`.
        if (isNever(term.terms)) return writeSet([]);
        return term.terms.map((one) => one.kind === "choice" ? `(?:${write(one)})` : write(one))
          .join("");
      case "choice":
        return term.terms.map(write).join("|");
      case "group":
        return `(${write(term.term)})`;
      case "repeat":
        return writeRepeat(term);
      case "start":
        return "\\A";
      case "end":
        return syntax === "python" ? "\\Z" : "\\z";
      case "word":
        return writeWord(term);
      case "look":
        return writeLook(term);
    }
  }

  function writeRepeat({ term, min, max, isGreedy }: PatternTerm & { kind: "repeat" }): string {
    if (max === 0) return "";
    // An assertion that holds once holds again.
    if (isZeroWidth(term)) return min === 0 ? "" : write(wrapChoice(term));
    if (min === 1 && max === 1) return write(wrapChoice(term));
    const isAtom = term.kind === "read" || term.kind === "group";
    const written = isAtom ? write(term) : `(?:${write(term)})`;
    return written + writeCount(min, max) + (isGreedy || min === max ? "" : "?");
  }

  /** `\b` is that of ASCII in RE2, and of all of Unicode elsewhere. */
  function writeWord({ ranges, negate }: PatternTerm & { kind: "word" }): string {
    const set = writeSet(ranges);
    if (syntax === "re2") {
      return negate ? "\\B" : "\\b";
    }
    // Python's `\B` is not that of other engines in an empty text.
    if (hasAsciiEdges && !negate && ranges.every(([, last]) => last < 0x80)) return "\\b";
    return negate
      ? `(?:(?<=${set})(?=${set})|(?<!${set})(?!${set}))`
      : `(?:(?<=${set})(?!${set})|(?<!${set})(?=${set}))`;
  }

  function writeLook(look: PatternTerm & { kind: "look" }): string {
    const { isBehind, negate, term } = look;
    if (syntax === "re2") {
      throw new Inexpressible(`looks ${isBehind ? "behind" : "ahead"} at more than one character`);
    }
    const sign = (isBehind ? "<" : "") + (negate ? "!" : "=");
    // Each alternative has its own length, which must be fixed.
    if (isBehind && term.kind === "choice" && syntax !== "java") {
      const parts = term.terms.map((one) => writeLook({ ...look, term: one }));
      return negate ? parts.join("") : `(?:${parts.join("|")})`;
    }
    if (isBehind) requireLength(term, syntax);
    return `(?${sign}${write(term)})`;
  }

  /** Writes a set, or what is not in it, whichever is shorter. */
  function writeSet(ranges: readonly Range[]): string {
    if (ranges.length === 1 && ranges[0][0] === ranges[0][1]) {
      return writeCharacter(ranges[0][0], /[\\^$.|?*+()[\]{}-]/);
    }
    const others = subtract(universe, ranges);
    if (others.length === 0) return "[\\x00-" + hex(0x10ffff) + "]";
    if (ranges.length === 0) return "[^\\x00-" + hex(0x10ffff) + "]";
    // Nothing between them occurs in the text.
    const shown = others.length < ranges.length ? `^${writeRanges(others)}` : writeRanges(ranges);
    return shown.length < LONG ? `[${shown}]` : writeLong(`[${shown}]`, ranges);
  }

  function writeRanges(ranges: readonly Range[]): string {
    return ranges.map(([first, last]) => {
      const [from, to] = [first, last].map((one) => writeCharacter(one, /[\\\]^[&~|-]/));
      return first === last ? from : last === first + 1 ? from + to : `${from}-${to}`;
    }).join("");
  }

  function writeCharacter(point: number, escaped: RegExp): string {
    if (point < 0x20 || point > 0x7e) return hex(point);
    const character = String.fromCharCode(point);
    return escaped.test(character) ? `\\${character}` : character;
  }

  function hex(point: number): string {
    const digits = point.toString(16);
    if (point < 0x100) return `\\x${digits.padStart(2, "0")}`;
    if (syntax !== "python") return `\\x{${digits}}`;
    return point > 0xffff ? `\\U${digits.padStart(8, "0")}` : `\\u${digits.padStart(4, "0")}`;
  }
}

const ALL: readonly Range[] = [[0, 0x10ffff]];

function wrapChoice(term: PatternTerm): PatternTerm {
  return term.kind === "choice" ? { kind: "sequence", terms: [term] } : term;
}

function writeCount(min: number, max: number): string {
  if (max === Infinity) return min === 0 ? "*" : min === 1 ? "+" : `{${min},}`;
  if (min === 0 && max === 1) return "?";
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

function isZeroWidth(term: PatternTerm): boolean {
  switch (term.kind) {
    case "start":
    case "end":
    case "word":
    case "look":
      return true;
    case "sequence":
    case "choice":
      return term.terms.every(isZeroWidth);
    default:
      return false;
  }
}

/**
 * Throws unless the length of what a lookbehind reads is bounded, for Java, or fixed.
 *
 * @throws {Inexpressible} if so
 */
function requireLength(term: PatternTerm, syntax: EngineSyntax): void {
  const [least, most] = lengthOf(term);
  if (most === Infinity || syntax !== "java" && least !== most) {
    throw new Inexpressible("looks behind at a text of any length");
  }
  // Java goes back by halves of characters.
  if (syntax !== "python" && most > 1 && some(term, isWide)) {
    throw new Inexpressible(
      "looks behind at several characters, of which some are outside the basic plane",
    );
  }
}

function lengthOf(term: PatternTerm): readonly [least: number, most: number] {
  switch (term.kind) {
    case "read":
      return [1, 1];
    case "sequence": {
      const lengths = term.terms.map(lengthOf);
      return [sum(lengths.map(([least]) => least)), sum(lengths.map(([, most]) => most))];
    }
    case "choice": {
      const lengths = term.terms.map(lengthOf);
      return [
        Math.min(...lengths.map(([least]) => least)),
        Math.max(...lengths.map(([, most]) => most)),
      ];
    }
    case "group":
      return lengthOf(term.term);
    case "repeat": {
      const [least, most] = lengthOf(term.term);
      return [least * term.min, most === 0 ? 0 : most * term.max];
    }
    default:
      return [0, 0];
  }
}

/**
 * Estimates how many instructions RE2 makes of a term: each range of characters is several ranges of bytes.
 *
 * @throws {Inexpressible} if a count is too large for RE2
 */
function sizeOf(term: PatternTerm, count = 1): number {
  switch (term.kind) {
    case "read":
      return 1 + sum(term.ranges.map(([, last]) => last < 0x80 ? 1 : 4));
    case "sequence":
    case "choice":
      return 1 + sum(term.terms.map((one) => sizeOf(one, count)));
    case "group":
    case "look":
      return 2 + sizeOf(term.term, count);
    case "repeat": {
      const times = Math.max(1, term.max === Infinity ? term.min : term.max);
      if (count * times > MAX_RE2_COUNT) {
        throw new Inexpressible(`counts over ${MAX_RE2_COUNT}, nested ones multiplied`);
      }
      return times * (1 + sizeOf(term.term, count * times));
    }
    default:
      return 1;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Tells whether an assertion can hold in the middle of a character. */
function isOpenInside(term: PatternTerm): boolean {
  return term.kind === "look" || term.kind === "word" && term.negate;
}

/** Tells whether a term reads a character outside the basic plane. */
function isWide(term: PatternTerm): boolean {
  return term.kind === "read" && (term.ranges.at(-1)?.[1] ?? 0) > 0xffff;
}

/** Tells whether a term is such, or a part of it. */
function some(term: PatternTerm, isSuch: (part: PatternTerm) => boolean): boolean {
  if (isSuch(term)) return true;
  switch (term.kind) {
    case "sequence":
    case "choice":
      return term.terms.some((one) => some(one, isSuch));
    case "repeat":
    case "group":
    case "look":
      return some(term.term, isSuch);
    default:
      return false;
  }
}

/** Tells whether a sequence has the start of the text after a character, or the end before one. */
function isNever(terms: readonly PatternTerm[]): boolean {
  const [first, last] = [terms.findIndex(isReading), terms.findLastIndex(isReading)];
  return first >= 0 &&
    terms.some(({ kind }, at) => kind === "start" && at > first || kind === "end" && at < last);
}
