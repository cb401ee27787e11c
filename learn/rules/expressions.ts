/**
 * Regular expressions ready to run on texts of any length: on V8, or on an engine that takes linear time
 * if V8 could take long.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createExpression } from "./expressions.ts";
 *
 * const date = createExpression(String.raw`on (\d{1,2} \w+)`, "u");
 * assertEquals(date.engine, "v8");
 * assertEquals(date.findAll("on 1 May, on 2 June", 1), [
 *   { start: 0, end: 8, group: { start: 3, end: 8 } },
 *   { start: 10, end: 19, group: { start: 13, end: 19 } },
 * ]);
 *
 * const nested = createExpression("(a+)+!", "");
 * assertEquals(nested.engine, "linear");
 * assertEquals(nested.test("a".repeat(10_000)), false);
 * ```
 *
 * @module
 */
import { type Backtracking, boundBacktracking } from "./backtracking.ts";
import { checkSyntax, countGroups, hasModifiers } from "./form.ts";
import { createRegExp } from "./modifiers.ts";
import { createLinear, type Engine, type ExpressionMatch } from "./linear.ts";
import type { Budget } from "./linear/running.ts";

/** A regular expression ready to run, without state between calls. */
export interface Expression {
  /** The engine for short texts: V8, or one that takes time linear in the text. */
  readonly engine: "v8" | "linear";
  /**
   * Tells whether the expression matches somewhere in `text`.
   *
   * @param onUnfinished called once if the search was given up before the end of the text
   */
  test(text: string, onUnfinished?: () => void): boolean;
  /**
   * Returns all matches that do not overlap, from left to right, as `String.matchAll` does. Offsets
   * are in UTF-16 code units.
   *
   * @param group the capture group to locate as well; by default 0, for no group
   * @param onUnfinished called once if the search was given up before the end of the text
   * @param places all places at which a match can begin, and maybe others, ascending; by default all
   * @throws {RangeError} if the pattern does not have that group
   */
  findAll(
    text: string,
    group?: number,
    onUnfinished?: () => void,
    places?: readonly number[],
  ): ExpressionMatch[];
}

/** Sizes of the pieces that a long text is cut into, in UTF-16 code units. */
interface Sizes {
  /** Length of a piece; a shorter text is not cut. */
  readonly piece: number;
  /** How far a match sees before and after its piece. */
  readonly overlap: number;
}

const SIZES: Sizes = { piece: 100_000, overlap: 2_000 };

/** The most steps of the linear engine for a pattern and a text of up to a million code units. */
const MAX_LINEAR_STEPS = 20_000_000;
/** The most steps for each code unit of a longer text. */
const MAX_STEPS_EACH = 20;

/** V8 tries single places if there is at most one in so many code units: else a search is as fast. */
const CODE_UNITS_EACH = 16;

/**
 * Makes a pattern ready to run: on V8 if {@linkcode boundBacktracking} accepts it, else on an engine in
 * linear time. That one also takes the texts that are too long for V8 to be quick in any case. Both find
 * the same.
 *
 * No evaluation of a text of a million characters takes much over a second:
 *
 * - Texts over 100,000 code units are run in pieces. This changes nothing for matches of up to 2,000
 *   code units that look at most 2,000 before their start and after their piece; a longer one may be
 *   cut short, or not be found.
 * - A text ends, for the linear engine, where 20 million steps are done, or 20 for each of over a
 *   million code units: most patterns need under 5.
 * - A pattern that only V8 can run (it has a backreference) is run on a text that is too long for it in
 *   pieces so short that it ends, but not under {@linkcode MIN_PIECE} code units, and on so many of them.
 *
 * @param flags any of `i`, `m`, `s` and one of `u`, `v`
 * @throws {SyntaxError} if neither engine can run the pattern, with the reasons
 */
export function createExpression(pattern: string, flags: string): Expression {
  return createCutExpression(pattern, flags, SIZES);
}

/** Does what {@linkcode createExpression} does, with other sizes; exported for tests. */
export function createCutExpression(pattern: string, flags: string, sizes: Sizes): Expression {
  if (!/^[imsuv]*$/.test(flags)) {
    throw new SyntaxError(`The flags are "${flags}", expected some of i, m, s, u, v`);
  }
  // V8's message names the error, and its parser knows more than that of the check.
  checkSyntax(pattern, flags);
  // This runtime may lack a way to write them out.
  if (hasModifiers(pattern)) createRegExp(pattern, flags);
  const bound = boundBacktracking(pattern, flags);
  const byPoint = /[uv]/.test(flags);
  const v8 = bound.defect === undefined ? createV8(pattern, flags) : undefined;
  /** Made when it is first needed; missing if only V8 can run the pattern. */
  let linear = bound.defect === undefined ? undefined : createSafe(pattern, flags, bound.defect);
  let groups: number | undefined;

  return {
    engine: v8 === undefined ? "linear" : "v8",
    test(text, onUnfinished) {
      if (v8 !== undefined && text.length <= sizes.piece && bound.allows(text.length)) {
        return v8.test(text);
      }
      return !find(text, 0, onUnfinished).next().done;
    },
    findAll(text, group = 0, onUnfinished, places) {
      if (group !== 0) {
        groups ??= countGroups(pattern, flags);
        if (!Number.isInteger(group) || group < 0 || group > groups) {
          throw new RangeError(`Cannot find group ${group}: the pattern has ${groups} groups`);
        }
      }
      if (places !== undefined && text.length <= sizes.piece) {
        return findAt(places, { text, group, byPoint, onUnfinished });
      }
      return [...find(text, group, onUnfinished)];
    },
  };

  function findAt(places: readonly number[], search: Search): ExpressionMatch[] {
    if (places.length === 0) return [];
    const { length } = search.text;
    const isFew = places.length * CODE_UNITS_EACH <= length;
    if (!isFew && v8 !== undefined && bound.allows(length)) return [...findIn(v8, search, sizes)];
    if (v8 !== undefined && bound.allows(length, 1, places.length)) {
      return findAmong(places, v8, search);
    }
    linear ??= createIfPossible(pattern, flags);
    if (linear !== undefined) return findAmong(places, linear, search);
    return [...find(search.text, search.group, search.onUnfinished)];
  }

  function find(
    text: string,
    group: number,
    onUnfinished?: () => void,
  ): Generator<ExpressionMatch> {
    const search = { text, group, byPoint, onUnfinished };
    if (v8 !== undefined && bound.allows(text.length)) return findIn(v8, search, sizes);
    linear ??= createIfPossible(pattern, flags);
    if (linear !== undefined) return findIn(linear, search, sizes);
    const { count, ...short } = shortPieces(bound, text.length);
    return findIn(v8!, search, short, count);
  }
}

/** The shortest pieces of a text for V8. */
const MIN_PIECE = 50;

/** Finds pieces of a text on which V8 keeps to its steps, and the number of them for which it does. */
function shortPieces(bound: Backtracking, length: number): Sizes & { readonly count: number } {
  let piece = Math.ceil(length / 2);
  let count = 2;
  // Each piece is seen with half of its length on both sides.
  while (piece > MIN_PIECE && !bound.allows(2 * piece, count)) {
    piece = Math.max(Math.ceil(piece / 2), MIN_PIECE);
    count = Math.ceil(length / piece);
  }
  while (count > 1 && !bound.allows(2 * piece, count)) count = Math.ceil(count / 2);
  return { piece, overlap: Math.floor(piece / 2), count };
}

function createSafe(pattern: string, flags: string, defect: string): Engine {
  try {
    return createLinear(pattern, flags);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new SyntaxError(`${defect}, and ${cause.message}`, { cause });
  }
}

function createIfPossible(pattern: string, flags: string): Engine | undefined {
  try {
    return createLinear(pattern, flags);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function createV8(pattern: string, flags: string) {
  let tester: RegExp | undefined;
  let finder: RegExp | undefined;
  let groupFinder: RegExp | undefined;
  let exactFinder: RegExp | undefined;
  let exactGroupFinder: RegExp | undefined;
  const byPoint = /[uv]/.test(flags);
  const engine = {
    test(text: string): boolean {
      if (!(tester ??= createRegExp(pattern, flags)).test(text)) return false;
      return !byPoint || !SURROGATE_PAIR.test(text) || engine.scan(text, 0)(0) !== undefined;
    },
    scan(
      text: string,
      group: number,
    ): (from: number, isExact?: boolean) => ExpressionMatch | undefined {
      // V8 takes longer if it has to give the offsets of groups.
      const anywhere = () =>
        group === 0
          ? finder ??= createRegExp(pattern, `${flags}g`)
          : groupFinder ??= createRegExp(pattern, `${flags}gd`);
      const exactly = () =>
        group === 0
          ? exactFinder ??= createRegExp(pattern, `${flags}y`)
          : exactGroupFinder ??= createRegExp(pattern, `${flags}yd`);
      return (from, isExact = false) => {
        const expression = isExact ? exactly() : anywhere();
        expression.lastIndex = from;
        let match = expression.exec(text);
        // Against the standard, V8 finds lookbehinds and empty matches in the middle of a character.
        while (match !== null && byPoint && onCharacter(text, match.index) < match.index) {
          if (isExact) return undefined;
          expression.lastIndex = match.index + 1;
          match = expression.exec(text);
        }
        // In the middle of a character, it looks at the whole one.
        if (match === null || isExact && match.index !== from) return undefined;
        const span = { start: match.index, end: match.index + match[0].length };
        const indices = match.indices?.[group];
        if (group === 0 || indices === undefined) return span;
        return { ...span, group: { start: indices[0], end: indices[1] } };
      };
    },
  };
  return engine;
}

/** A character of two code units. */
const SURROGATE_PAIR = /[\ud800-\udbff][\udc00-\udfff]/;

/** What to find in which text. */
interface Search {
  readonly text: string;
  readonly group: number;
  readonly byPoint: boolean;
  readonly onUnfinished?: () => void;
}

/** Finds the matches of a text that begin at given places, each from the end of the match before. */
function findAmong(
  places: readonly number[],
  engine: Engine,
  { text, group, byPoint, onUnfinished }: Search,
): ExpressionMatch[] {
  const matches: ExpressionMatch[] = [];
  const budget: Budget = { left: MAX_LINEAR_STEPS };
  const find = engine.scan(text, group, budget);
  let from = 0;
  for (const place of places) {
    if (place < from || byPoint && onCharacter(text, place) < place) continue;
    const found = find(place, true);
    if (budget.left < 0) {
      onUnfinished?.();
      break;
    }
    if (found === undefined) continue;
    matches.push(found);
    from = found.end > place ? found.end : place + 1;
  }
  return matches;
}

/**
 * Finds the matches of a text piece by piece. A match belongs to the piece it begins in. The engine
 * sees `overlap` more on both sides of a piece, and searches from the end of the match before.
 *
 * @param count the most pieces to search
 */
function* findIn(
  engine: Engine,
  { text, group, byPoint, onUnfinished }: Search,
  { piece, overlap }: Sizes,
  count = Infinity,
): Generator<ExpressionMatch> {
  let from = 0;
  let next = 0;
  const budget: Budget = { left: Math.max(MAX_LINEAR_STEPS, MAX_STEPS_EACH * text.length) };
  for (let start = 0; start <= text.length; start = next, count--) {
    if (count === 0) return onUnfinished?.();
    const isLast = text.length - start <= piece;
    // A match at the very end of the text is empty, and belongs to the last piece.
    next = isLast ? text.length + 1 : onCharacter(text, start + piece);
    from = Math.max(from, start);
    if (from >= next) continue;
    const cut = onCharacter(text, Math.max(0, start - overlap));
    const find = engine.scan(text.slice(cut, onCharacter(text, next + overlap)), group, budget);
    while (from < next) {
      const found = find(from - cut);
      if (budget.left < 0) return onUnfinished?.();
      if (found === undefined || found.start + cut >= next) break;
      const end = found.end + cut;
      yield cut === 0 ? found : shift(found, cut);
      from = found.end > found.start ? end : advance(text, end, byPoint);
    }
  }
}

function shift({ start, end, group }: ExpressionMatch, by: number): ExpressionMatch {
  const moved = { start: start + by, end: end + by };
  return group === undefined ? moved : { ...moved, group: shift(group, by) };
}

/** Returns the position after an empty match at `at`: a character further, as `matchAll` goes on. */
function advance(text: string, at: number, byPoint: boolean): number {
  return at + (byPoint && (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
}

/** Returns `at`, or one less if it would split a surrogate pair; at most the end of the text. */
function onCharacter(text: string, at: number): number {
  if (at <= 0 || at >= text.length) return Math.min(at, text.length);
  return text.codePointAt(at - 1)! > 0xffff ? at - 1 : at;
}
