/**
 * Observes the rules of a run by a log of feedback.
 *
 * @module
 */
import type { Dataset } from "../../../learn/data/dataset.ts";
import { rulesOfTrace, type Trace } from "../../../trace.ts";
import { createAnswerer } from "./answers.ts";
import type { FeedbackCounts, FeedbackLine, Observation, UnreviewedText } from "./format.ts";
import { type AnsweredLine, groupMistakes } from "./mistakes.ts";
import { recommend } from "./recommending.ts";
import { recordRules } from "./records.ts";
import { chooseReviews, type PlacedText } from "./reviewing.ts";

/** Options of {@linkcode observe}. */
export interface ObserveOptions {
  /**
   * Texts to choose from what to review next.
   *
   * @default {those of the log that nobody reviewed}
   */
  readonly texts?: readonly UnreviewedText[];
  /** The examples that the rules were learned from, whose mix of labels that of the log is compared with. */
  readonly data?: Dataset;
  /**
   * How many texts to choose for a review.
   *
   * @default 10
   */
  readonly reviews?: number;
}

/** Texts that are chosen for a review, by default. */
const REVIEWS = 10;

/**
 * Observes the rules that a run ended with: their mistakes and which of them are repeats, how often each rule that fired
 * was right, what to review next, and whether to learn again. Nothing is changed.
 *
 * A line of the log is one of these rules if it names the digest of the trace as its `set`; or if it names none, and the
 * rules say what was `given`. Others give no credit.
 *
 * @param lines in the order of the log
 * @throws {RangeError} if the rules find spans, or the data do
 * @throws {SyntaxError} if a rule cannot run
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readTrace } from "../../../trace.ts";
 * import { parseFeedback } from "./log.ts";
 * import { observe } from "./observing.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * const log = `{"text": "Which rate do I get?", "given": "exchange_rate", "outcome": "accepted"}
 * {"text": "At what rate do I owe?", "given": "exchange_rate", "label": "pending_card_payment"}`;
 * const { mistakes, rules, recommendation } = observe(trace, parseFeedback(log, "the log"));
 * assertEquals(mistakes.map(({ wanted, rule }) => [wanted, rule?.name.split("/")[0]]), [
 *   ["pending_card_payment", "exchange_rate"],
 * ]);
 * assertEquals(rules.map(({ right, wrong, alarm }) => [right, wrong, alarm]), [[1, 1, false]]);
 * assertEquals([recommendation.learn, recommendation.corrections], [false, 1]);
 * ```
 */
export function observe(
  trace: Trace,
  lines: readonly FeedbackLine[],
  { texts, data, reviews = REVIEWS }: ObserveOptions = {},
): Observation {
  const { run, digest } = trace;
  requireLabelRules(trace);
  if (data !== undefined && data.task !== "classification") {
    throw new RangeError("The data have spans, and the rules are for labels");
  }
  const set = rulesOfTrace(trace);
  const answerOf = createAnswerer(set);
  const answered = lines.map((line): AnsweredLine => ({ line, answer: answerOf(line.text) }));
  const isOwn = ({ line, answer }: AnsweredLine) =>
    (line.set === undefined || line.set === digest) && answer.label === line.given;
  const own = answered.filter(isOwn);
  const ownLines = new Set(own.map(({ line }) => line));
  const rules = recordRules(own);
  return {
    run: { dataset: run.dataset.name, id: run.id, digest },
    lines: countLines(answered, own, digest),
    mistakes: groupMistakes(own),
    rules,
    review: chooseReviews(
      texts ? placeTexts(texts, lines) : findUnreviewed(lines),
      answerOf,
      rules,
      reviews,
    ),
    recommendation: recommend({
      lines,
      isOwn: (line) => ownLines.has(line),
      rules: set.rules,
      learned: run.split.corrections ?? [],
      ...(data && { examples: data.examples }),
    }),
  };
}

/**
 * Makes sure that rules give labels.
 *
 * @throws {RangeError} if they find spans
 */
export function requireLabelRules({ run }: Trace): void {
  if (run.dataset.task !== "classification") {
    throw new RangeError("The rules find spans, and only feedback on labels is read");
  }
}

function countLines(
  answered: readonly AnsweredLine[],
  own: readonly AnsweredLine[],
  digest: string,
): FeedbackCounts {
  const count = (outcome?: FeedbackLine["outcome"]) =>
    own.filter(({ line }) => line.outcome === outcome).length;
  const isOwn = new Set(own);
  const others = answered.filter((one) => !isOwn.has(one));
  const contradicting = others.filter(({ line }) => line.set === digest).length;
  const corrected = others.filter(({ line }) => line.outcome === "corrected");
  return {
    all: answered.length,
    own: own.length,
    accepted: count("accepted"),
    corrected: count("corrected"),
    rejected: count("rejected"),
    unreviewed: count(),
    others: others.length - contradicting,
    contradicting,
    otherCorrected: corrected.length,
    otherMended: corrected.filter(({ line, answer }) => answer.label === line.label).length,
  };
}

/** Returns the texts of a log that nobody reviewed. */
function findUnreviewed(lines: readonly FeedbackLine[]): PlacedText[] {
  return leaveReviewed(lines.map((line) => ({ ...line, place: line.line })), lines);
}

function placeTexts(
  texts: readonly UnreviewedText[],
  lines: readonly FeedbackLine[],
): PlacedText[] {
  return leaveReviewed(texts.map((one, index) => ({ ...one, place: index + 1 })), lines);
}

function leaveReviewed(
  texts: readonly PlacedText[],
  lines: readonly FeedbackLine[],
): PlacedText[] {
  const reviewed = new Set(
    lines.filter(({ outcome }) => outcome !== undefined).map(({ text }) => text),
  );
  return texts.filter(({ text }) => !reviewed.has(text));
}
