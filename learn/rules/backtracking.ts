/**
 * Bounds the time that V8 can take for a pattern, without running it.
 *
 * V8 matches by backtracking: before it gives up on a text it tries, from each character of the text,
 * every way in which the pattern can read what comes. The number of ways can grow exponentially with
 * the text, as for `(a+)+`; with the pattern, as for `.?.?.?.?`; or as a power of the text, as for
 * `.*,.*,.*,`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { boundBacktracking, checkBacktracking } from "./backtracking.ts";
 *
 * assertEquals(checkBacktracking(String.raw`(?:\w+\s+)*rates?\b`, "i"), undefined);
 * assertEquals(
 *   checkBacktracking(String.raw`(?:\w+\s?)*rates?\b`, "i"),
 *   String.raw`"(?:\w+\s?)*" can read the same text in exponentially many ways`,
 * );
 * const spaces = boundBacktracking(String.raw`\s+$`, "");
 * assertEquals([spaces.allows(1_000), spaces.allows(1_000_000)], [true, false]);
 * ```
 *
 * @module
 */
import type { AST } from "npm:@eslint-community/regexpp@^4";
import { cut } from "../text/quoting.ts";
import { type Automaton, createAutomaton } from "./backtracking/automaton.ts";
import { boundByLength } from "./backtracking/lengths.ts";
import { boundByLoops, evaluate, Exponential } from "./backtracking/loops.ts";
import { type Roughness, TooComplex } from "./backtracking/terms.ts";
import { boundByWalk, createWork, type Work } from "./backtracking/walks.ts";
import { MAX_PATTERN_LENGTH } from "./form.ts";
import { parsePattern } from "./syntax.ts";

/** The most steps of V8 for a pattern and a text; a tenth of a second to half a second. */
const MAX_STEPS = 100_000_000;

/** From this length on, V8 compiles a pattern before it first runs it, and takes a fourth of the time. */
const COMPILED_LENGTH = 1_000;
const MAX_COMPILED_STEPS = 300_000_000;

/** Tells whether a number of texts of a length, each searched from some starts, keep to the steps. */
function fits(steps: Steps, length: number, times: number, starts: number | undefined): boolean {
  return steps(length, starts) * times <=
    (length < COMPILED_LENGTH ? MAX_STEPS : MAX_COMPILED_STEPS);
}

/** V8 runs a pattern if it keeps to the steps on every text of this many characters. */
const MIN_LENGTH = 30;

/** Up to this many characters, texts are looked at length by length. */
const MAX_SHORT = 2_000;

/** What is known of the time that V8 takes for a pattern. */
export interface Backtracking {
  /** Why V8 must not run the pattern, in a few words; missing if it may. */
  readonly defect?: string;
  /**
   * Tells whether V8 may run the pattern on a text of `length` UTF-16 code units.
   *
   * @param times on how many such texts it is to run in the time of one; by default 1
   * @param starts from how many places of the text a match is tried; by default from all
   */
  allows(length: number, times?: number, starts?: number): boolean;
}

/** Kept, as a rule is checked, compiled and compiled again. */
const known = new Map<string, Backtracking>();
const MAX_KNOWN = 10_000;

/**
 * Bounds the steps that V8 takes for `pattern` on any text of a length: a step is a character compared,
 * or an assertion or a way to go on tried.
 *
 * V8 may take 100 million steps, or 300 million on a text of 1,000 characters or more. A pattern that
 * could take more on a text of 30 characters has a defect; others are allowed on texts up to the length
 * for which the bound holds. Nothing is run: the pattern becomes an automaton that counts ways, and the
 * first of these bounds that is low enough counts.
 *
 * - By its loops: none is exponentially ambiguous, and each raises the power of the length by one.
 * - By length, up to 2,000 characters: at each character those count that take the most steps.
 * - By the ways to come to each place, if they are bounded: from all starts, the steps are linear in the
 *   length; from one start, quadratic.
 *
 * A bound errs to one side: V8 does not take more steps. Lookarounds of more than one character count as
 * always true, and what they take is added for each time; a backreference as any text that its group can
 * match, or nothing; a count of over 64 characters (16 for the last bound) as a loop. As V8 does, a
 * loop gives up on a round that reads nothing. Patterns that take long to check, over about 100 ms, have
 * a defect: too complex.
 *
 * @param pattern a pattern that `new RegExp(pattern, flags)` accepts
 * @param flags any of `i`, `m`, `s`, `u`, `v`
 */
export function boundBacktracking(pattern: string, flags: string): Backtracking {
  const key = `${flags}/${pattern}`;
  let bound = known.get(key);
  if (bound === undefined) {
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(key, bound = createBound(pattern, flags));
  }
  return bound;
}

/** Returns why V8 must not run `pattern`, or `undefined`; see {@linkcode boundBacktracking}. */
export function checkBacktracking(pattern: string, flags: string): string | undefined {
  return boundBacktracking(pattern, flags).defect;
}

function createBound(pattern: string, flags: string): Backtracking {
  const none = { allows: () => false };
  if (pattern.length > MAX_PATTERN_LENGTH) {
    return { defect: tooComplex(`over ${MAX_PATTERN_LENGTH} characters`), ...none };
  }
  let complex: string | undefined;
  let loop: string | undefined;
  const attempt = (bound: (pattern: string, flags: string) => Steps): Steps => {
    try {
      return bound(pattern, flags);
    } catch (error) {
      if (error instanceof Exponential) loop ??= error.loop;
      else if (error instanceof TooComplex) complex ??= error.message;
      // The parser does not know all that V8 does.
      else if (error instanceof SyntaxError) complex ??= "syntax that the check does not know";
      else throw error;
      return () => Infinity;
    }
  };
  const blind = attempt(boundBlindly);
  // These take longer to find, and are only needed for some patterns and texts.
  let rough: Steps | undefined;
  let exact: Steps | undefined;
  let short: Steps = () => Infinity;
  let shortLength = 0;
  const isShort = (length: number, times: number, starts?: number) => {
    if (length > shortLength) {
      shortLength = Math.max(64, 2 ** Math.ceil(Math.log2(length)));
      short = attempt((pattern, flags) => boundShort(pattern, flags, shortLength));
    }
    return fits(short, length, times, starts);
  };
  const allows = (length: number, times = 1, starts?: number) => {
    if (fits(blind, length, times, starts)) return true;
    if (rough === undefined) {
      loop = undefined;
      rough = attempt(boundRoughly);
    }
    if (fits(rough, length, times, starts)) return true;
    const canBeShort = loop === undefined && length <= MAX_SHORT;
    if (canBeShort && length <= MAX_SHORT / 4 && isShort(length, times, starts)) return true;
    exact ??= attempt(boundExactly);
    return fits(exact, length, times, starts) || canBeShort && isShort(length, times, starts);
  };
  if (allows(MIN_LENGTH)) return { allows: remember(allows) };
  if (loop !== undefined) {
    const source = cut(loop.toWellFormed(), 60);
    return { defect: `"${source}" can read the same text in exponentially many ways`, ...none };
  }
  if (complex !== undefined) return { defect: tooComplex(complex), ...none };
  const most = `${MAX_STEPS / 1e6} million steps`;
  return { defect: `can take over ${most} on a text of ${MIN_LENGTH} characters`, ...none };
}

/** Keeps up to which length texts are allowed: a bound is asked for with each text, and grows with its length. */
function remember(allows: Backtracking["allows"]): Backtracking["allows"] {
  let known = MIN_LENGTH;
  return (length, ...others) => {
    if (length <= known && others.length === 0) return true;
    const isAllowed = allows(length, ...others);
    // From there on, more steps are allowed.
    if (isAllowed && others.length === 0 && length < COMPILED_LENGTH) known = length;
    return isAllowed;
  };
}

function tooComplex(why: string): string {
  return `too complex to check for backtracking: ${why}`;
}

/**
 * Tells whether every match begins with `^`, so that V8 does not go on to search from other characters.
 */
function isAnchoredAtStart(alternatives: readonly AST.Alternative[]): boolean {
  return alternatives.every(({ elements: [first] }) => {
    if (first === undefined) return false;
    if (first.type === "Assertion") return first.kind === "start";
    if (first.type === "CapturingGroup") return isAnchoredAtStart(first.alternatives);
    return first.type === "Group" && !first.modifiers && isAnchoredAtStart(first.alternatives);
  });
}

/** Returns a bound of the steps for a text of `length` characters, from all places or fewer `starts`. */
type Steps = (length: number, starts?: number) => number;

/** Returns the steps from some starts, which are those from all unless there are fewer. */
function atMost(all: number, starts: number | undefined, once: number): number {
  return starts === undefined ? all : Math.min(all, starts * once);
}

const FINE: Roughness = { writtenOut: 64 };
const BLIND: Roughness = { ...FINE, isBlind: true };
/** For walks, which take long if a count is many positions. */
const COARSE: Roughness = { writtenOut: 16 };

/** Bounds the steps of a search by the loops alone, whatever the characters. */
function boundBlindly(pattern: string, flags: string): Steps {
  return boundRoughly(pattern, flags, BLIND);
}

/**
 * Bounds the steps of a search by the loops alone.
 *
 * @throws {Exponential} if a loop is exponential
 */
function boundRoughly(pattern: string, flags: string, rough = FINE): Steps {
  const ast = parsePattern(pattern, flags);
  const automaton = createAutomaton(ast, flags, rough);
  const { factor, degree } = boundByLoops(automaton);
  const inside = createInside(automaton);
  const isAnchored = !flags.includes("m") && isAnchoredAtStart(ast.alternatives);
  const once = { factor, degree };
  const search = { factor, degree: isAnchored ? degree : degree + 1 };
  return (length, starts) => {
    const all = length + evaluate(search, length);
    return atMost(all, starts, evaluate(once, length)) * (1 + inside(length));
  };
}

/** Bounds the steps of a search for texts up to a length, one length after the other. */
function boundShort(pattern: string, flags: string, most: number): Steps {
  const ast = parsePattern(pattern, flags);
  const once = createShort(createAutomaton(ast, flags, FINE), most);
  const all = once.slice();
  if (flags.includes("m") || !isAnchoredAtStart(ast.alternatives)) {
    // The search goes on from each character.
    for (let length = 1; length <= most; length++) all[length] += all[length - 1];
  } else once.forEach((steps, length) => all[length] = steps + length);
  for (let length = 1; length <= most; length++) {
    once[length] = Math.max(once[length], once[length - 1]);
  }
  return (length, starts) => atMost(all[length], starts, once[length]);
}

function createShort(automaton: Automaton, most: number): Float64Array {
  const insides = new Map(
    automaton.lookarounds.entries().map(([position, inside]) => [
      position,
      { steps: createShort(inside, most), isBackward: inside.isBackward },
    ]),
  );
  const inside = (position: number, length: number) => {
    const { steps, isBackward } = insides.get(position)!;
    // What looks the other way can see the whole text.
    return steps[isBackward === automaton.isBackward ? length : most];
  };
  return boundByLength(automaton, most, MAX_COMPILED_STEPS, inside) ??
    new Float64Array(most + 1).fill(Infinity);
}

/** Bounds the steps of a search by the ways to come to each position. */
function boundExactly(pattern: string, flags: string): Steps {
  const automaton = createAutomaton(parsePattern(pattern, flags), flags, COARSE);
  const search = boundByWalk(automaton, true, createWork());
  const rate = search ?? boundByWalk(automaton, false, createWork());
  if (rate === undefined) return () => Infinity;
  const inside = createInside(automaton, createWork());
  const steps = (degree: number, length: number) =>
    evaluate({ factor: rate.steps, degree }, length) +
    evaluate({ factor: rate.looks, degree }, length) * inside(length);
  // The steps from one start are linear in the length, those from all may be as well.
  return (length, starts) =>
    atMost(steps(search === undefined ? 2 : 1, length), starts, steps(1, length));
}

/**
 * Bounds the steps of the lookarounds of an automaton at one place.
 *
 * @param work what walks through them may take together; by default, they are bounded by their loops
 */
function createInside({ lookarounds }: Automaton, work?: Work): Steps {
  const all = Array.from(lookarounds.values(), (one): Steps => {
    const rate = work && boundByWalk(one, false, work);
    const once = rate === undefined ? boundByLoops(one) : { factor: rate.steps, degree: 1 };
    const inside = createInside(one, work);
    return (length) => evaluate(once, length) * (1 + inside(length));
  });
  return (length) => all.reduce((most, one) => Math.max(most, one(length)), 0);
}
