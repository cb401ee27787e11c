/**
 * Coverage: how many answers stay if those are left to a fallback that cannot be trusted enough, and how many of
 * them are right.
 *
 * The trust of an answer is what is known before the answer is: how sure its label is (see `confidence.ts`) if rules
 * vote, else how often its rule was right, discounted by how few cases that was measured on.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createRule } from "../rules/rule.ts";
 * import { measureCoverage } from "./coverage.ts";
 * import { createMatches } from "./matches.ts";
 *
 * const examples = [
 *   { id: "a", text: "my card", label: "card" },
 *   { id: "b", text: "the rate", label: "rate" },
 * ];
 * const known = { precision: 1, support: 40 };
 * const rules = [
 *   createRule({ name: "card", label: "card", patterns: ["card"], ...known }),
 *   createRule({ name: "the", label: "card", patterns: ["the"] }),
 * ];
 * const matches = createMatches(examples, ["card", "rate"]);
 * const coverage = measureCoverage(matches, rules, { decide: "first", threshold: 0, trust: 0.9 })!;
 * const counts = coverage.points.filter(({ trust }) => trust === 0 || trust === 0.9)
 *   .map(({ routed, correct, deferred }) => [routed, correct, deferred]);
 * assertEquals(counts, [[2, 1, 0], [1, 1, 1]]);
 * ```
 *
 * @module
 */
import { type Confidence, confidenceAt } from "../rules/confidence.ts";
import type { DecisionOptions } from "../rules/decisions.ts";
import { keepSpans } from "../rules/overlaps.ts";
import type { Rule } from "../rules/rule.ts";
import { eachSliced, finish, type Sliced } from "../text/slices.ts";
import { rankAll } from "./deciding.ts";
import type { Matches } from "./matches.ts";
import { pairSpans, predictSpans } from "./outcomes.ts";
import { scoreRules } from "./scoring.ts";
import type { SpanMatches } from "./span_matches.ts";
import { normalQuantile, wilsonLowerBound } from "./wilson.ts";

/**
 * What the trust of an answer is:
 *
 * - `confidence`: of votes, how often labels with such a margin were right on held-out examples
 * - `rules`: the trust of the rule that decides, by the `precision` and `support` that it has; see
 *   {@linkcode trustOf}. A rule without them has none, and answers at 0 only
 * - `examples`: the same by the examples that are evaluated, as no rule has both; so it is too optimistic
 */
export type TrustBasis = "confidence" | "rules" | "examples";

/** What comes of it if answers with less trust are left to a fallback. */
export interface CoveragePoint {
  /** The least trust, 0 to 1; at 0 all answers of rules count. */
  readonly trust: number;
  /** How many answers have it: texts with a label from rules, or spans. A default is none. */
  readonly routed: number;
  /** How many of these are right. */
  readonly correct: number;
  /** How many texts are left to a fallback; for spans, how many of those found have less trust. */
  readonly deferred: number;
  /** The share of right ones of those routed; missing if there are none. */
  readonly precision?: number;
  /** The interval of the precision, with 95 % confidence (Wilson 1927). */
  readonly interval: readonly [low: number, high: number];
}

/** How many answers stay, and are right, by the trust that is asked for. */
export interface AnswerCoverage {
  /** What the trust is. */
  readonly basis: TrustBasis;
  /** How many texts there are, each with a label to find; or gold spans. */
  readonly gold: number;
  /** The trust of each rule, in the order given, `undefined` if it is not known; missing by vote. */
  readonly rules?: readonly (number | undefined)[];
  /** By trust, ascending. */
  readonly points: readonly CoveragePoint[];
}

/** What coverage depends on. */
export interface CoverageOptions extends DecisionOptions {
  /** What the margin of a label means; without it, votes have no coverage. */
  readonly confidence?: Confidence;
  /** Another trust to measure at, 0 to 1. */
  readonly trust?: number;
}

/** The trusts that are always measured at. */
const LEVELS = [0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];
/** The normal deviation of a two-sided interval of 95 %. */
const DEVIATION = normalQuantile(0.975);

/**
 * Returns how far a rule can be trusted: the lower end of the interval of its precision, with 95 % confidence
 * (Wilson 1927), if that was measured; `undefined` if the rule does not have both `precision` and `support`.
 * Of 5 matches without an error it is .57, of 50 it is .93.
 *
 * @returns 0 to 1, to six digits
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createRule } from "../rules/rule.ts";
 * import { trustOf } from "./coverage.ts";
 *
 * const [few, many, unknown] = [5, 50, undefined].map((support) =>
 *   trustOf(createRule({ name: "x", label: "y", patterns: ["x"], precision: 1, support }))
 * );
 * assertEquals([few?.toFixed(2), many?.toFixed(2), unknown], ["0.57", "0.93", undefined]);
 * ```
 */
export function trustOf({ precision, support }: Rule): number | undefined {
  if (precision === undefined || support === undefined) return undefined;
  return trustIn(Math.round(precision * support), support);
}

/** Returns a trust to six digits, as predictions tell it, so that what they tell can be asked for. */
function trustIn(tp: number, all: number): number {
  return Math.round(boundOf(tp, all) * 1e6) / 1e6;
}

function boundOf(tp: number, all: number): number {
  // Rounding may leave a little less than nothing.
  return Math.max(0, wilsonLowerBound(tp, all, DEVIATION));
}

/** How many answers have a trust, and how many of these are right. */
interface AnswerCount {
  readonly trust: number;
  routed: number;
  correct: number;
}

/** How far the answer on the text at a position can be trusted; `undefined` if rules do not decide. */
type TrustAt = (position: number) => number | undefined;

/**
 * Measures the coverage of rules on examples. Runs those rules first that were not run yet.
 *
 * @returns `undefined` if rules vote, and it is not known what a margin means
 * @throws {RangeError} if the label of a rule or the default is not in `matches`, or the threshold is below 0
 */
export function measureCoverage(
  matches: Matches,
  rules: readonly Rule[],
  options: CoverageOptions,
): AnswerCoverage | undefined {
  return finish(measuringCoverage(matches, rules, options));
}

/** Does what {@linkcode measureCoverage} does, with pauses. */
export function* measuringCoverage(
  matches: Matches,
  rules: readonly Rule[],
  options: CoverageOptions,
): Sliced<AnswerCoverage | undefined> {
  const { confidence, decide, trust = 0 } = options;
  const isVote = matches.kind === "labels" && decide === "vote";
  if (isVote && confidence === undefined) return undefined;
  const counts = [...new Set([...LEVELS, trust])].sort((a, b) => a - b)
    .map((trust): AnswerCount => ({ trust, routed: 0, correct: 0 }));
  const trusts = isVote ? [] : trustRules(matches, rules, options);
  const trustBy = new Map(rules.map(({ id }, place) => [id, trusts[place] ?? 0]));
  const known = rules.some((rule) => trustOf(rule) !== undefined);
  const described = isVote
    ? { basis: "confidence" as const }
    : { basis: known ? "rules" as const : "examples" as const, rules: trusts };
  if (matches.kind === "labels") {
    const { labels, margins, by } = rankAll(matches, rules, options);
    const trustAt: TrustAt = (position) =>
      labels[position] === -1
        ? undefined
        : by === undefined
        ? confidenceAt(confidence!, margins[position])
        : trustBy.get(by(position)!.id);
    labels.forEach((label, position) =>
      countAnswer(counts, trustAt(position), label === matches.gold[position])
    );
    const { length } = labels;
    return { ...described, gold: length, points: counts.map((one) => toPoint(one, length)) };
  }
  yield* countingSpans(counts, matches, rules, options, trustBy);
  const gold = matches.goldItems.reduce((sum, { length }) => sum + length, 0);
  return { ...described, gold, points: counts.map((one) => toPoint(one, counts[0].routed)) };
}

/** Returns the trust of each rule, if it is known; if it is of none, by what they get right on these examples. */
function trustRules(
  matches: Matches,
  rules: readonly Rule[],
  options: DecisionOptions,
): (number | undefined)[] {
  const known = rules.map(trustOf);
  if (known.some((trust) => trust !== undefined)) return known;
  return scoreRules(matches, rules, options).map(({ tp, matches }) => trustIn(tp, matches));
}

function countAnswer(
  counts: readonly AnswerCount[],
  trust: number | undefined,
  isCorrect: boolean,
): void {
  if (trust === undefined) return;
  for (const one of counts) {
    if (trust < one.trust) break;
    one.routed++;
    if (isCorrect) one.correct++;
  }
}

/** Texts between two pauses. */
const TEXTS = 256;

/** Counts spans: those of rules with less trust are left out after overlaps were settled, as in predictions. */
function* countingSpans(
  counts: readonly AnswerCount[],
  matches: SpanMatches,
  rules: readonly Rule[],
  options: DecisionOptions,
  trustBy: ReadonlyMap<string, number>,
): Sliced<void> {
  const { overlaps = "drop" } = options;
  yield* eachSliced(predictSpans(matches, rules), (found, example) => {
    let left = keepSpans(found, overlaps);
    let [counted, correct] = [-1, 0];
    for (const one of counts) {
      left = left.filter(({ by }) => trustBy.get(by.id)! >= one.trust);
      if (left.length !== counted) {
        const { gold } = pairSpans(matches, example, left, options);
        correct = gold.filter(({ item, predicted }) =>
          predicted?.label === matches.items[item].label
        ).length;
        counted = left.length;
      }
      one.routed += counted;
      one.correct += correct;
    }
  }, TEXTS);
}

function toPoint({ trust, routed, correct }: AnswerCount, all: number): CoveragePoint {
  return {
    trust,
    routed,
    correct,
    deferred: all - routed,
    ...(routed > 0 && { precision: correct / routed }),
    interval: [boundOf(correct, routed), 1 - boundOf(routed - correct, routed)],
  };
}
