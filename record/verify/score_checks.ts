/**
 * Checks of the scores in a trace: their counts add up, and their shares follow from the counts.
 *
 * @module
 */
import type { Confidence } from "../../learn/rules/confidence.ts";
import { type Scores, ScoresSchema, type Split } from "../../learn/score/scores.ts";
import type { KnownScores, Run } from "../schema.ts";

const FIELDS = Object.keys(ScoresSchema.shape) as (keyof Scores)[];

/** How far a recorded share may be from the quotient of the recorded counts. */
const GRAIN = 1e-9;

/** Tells why a run cannot say what margins mean; `undefined` if it can, or says nothing. */
export function findConfidenceProblem(
  confidence: Confidence | undefined,
  { dataset, split: { dev }, config }: Run,
): string | undefined {
  if (confidence === undefined) return undefined;
  if (dataset.task !== "classification" || config.decide === "first") {
    return "has a confidence, but its rules do not vote";
  }
  const { examples } = confidence;
  return examples > dev.length
    ? `has a confidence from ${examples} held-out examples, of ${dev.length}`
    : undefined;
}

/** Tells why a run cannot have scores; `undefined` if it can. */
export function findScoreProblem(scores: KnownScores, run: Run): string | undefined {
  const { dataset, split, origin } = run;
  const { train = NaN, dev } = split;
  if (!isWhole(scores)) {
    return origin === undefined ? "leaves scores unknown, but was not imported" : undefined;
  }
  const { on, examples, tp, fp, fn, precision, recall, f1, exact } = scores;
  const sizes = { train, dev: dev.length, all: train + dev.length };
  if (on !== "test" && origin === undefined && examples !== sizes[on]) {
    return `is scored on ${examples} examples of ${on}, which has ${sizes[on]}`;
  }
  const isClassification = dataset.task === "classification";
  // An example has one label: it is a true positive, or a false negative and at most one false positive.
  if (isClassification && (tp + fn !== examples || fp > fn)) {
    return `counts tp ${tp}, fp ${fp} and fn ${fn} on ${examples} examples`;
  }
  // A text may have any number of spans, and is correct if it has no false positive or negative.
  const correct = isClassification ? tp : Math.round(exact * examples);
  const wrong = examples - correct;
  if (wrong > fp + fn || (wrong === 0 && fp + fn > 0)) {
    return `counts fp ${fp} and fn ${fn}, but ${wrong} wrong examples`;
  }
  const shares = [
    ["precision", precision, tp, tp + fp],
    ["recall", recall, tp, tp + fn],
    ["f1", f1, 2 * tp, 2 * tp + fp + fn],
    ["exact", exact, correct, examples],
  ] as const;
  for (const [name, recorded, part, whole] of shares) {
    const expected = whole === 0 ? 0 : part / whole;
    if (Math.abs(recorded - expected) > GRAIN) {
      return `has ${name} ${recorded}, but its counts give ${expected}`;
    }
  }
}

/**
 * Tells why a run of `learnRules` cannot have scores that {@linkcode findScoreProblem} accepts; `undefined` if
 * it can.
 */
export function findProtocolScoreProblem(
  { on, tp, fp, fn, f1, macroF1 }: Scores,
  { dataset }: Run,
  config: { readonly default?: string },
): string | undefined {
  // The mean is over the labels that are gold or predicted; a test set may have more than the data set.
  const labels = Math.min(dataset.labels.length + (on === "test" ? fn : 0), tp + fp + fn);
  // The F1 of the labels add up to f1 at least, and what they lack of 1 adds up to 1 - f1 at least.
  const least = f1 === 1 || labels === 0 ? f1 : f1 / labels;
  const most = f1 === 0 ? 0 : 1 - (1 - f1) / labels;
  if (macroF1 < least - GRAIN || macroF1 > most + GRAIN) {
    return `has macroF1 ${macroF1}, expected ${least} to ${most} for ${labels} labels`;
  }
  if (fp + fn === 0 && macroF1 !== (tp > 0 ? 1 : 0)) {
    return `has macroF1 ${macroF1} without an error`;
  }
  if (config.default !== undefined && fp !== fn) {
    return `counts fp ${fp} and fn ${fn}, but with a default each wrong example is both`;
  }
}

function isWhole(scores: KnownScores): scores is Scores {
  return FIELDS.every((name) => scores[name] !== undefined);
}

/** Tells whether scores are the same, as far as they are known. */
export function sameScores(a: KnownScores | undefined, b: KnownScores | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return FIELDS.every((name) => agree(a[name], b[name]));
}

/** Tells whether two values are the same, or one of them is unknown. */
export function agree(a: Split | number | undefined, b: Split | number | undefined): boolean {
  return a === undefined || b === undefined || a === b;
}

/** Adds what is known of the same scores from another place. */
export function mergeScores(
  known: KnownScores | undefined,
  more: KnownScores,
): KnownScores | undefined {
  return known && { ...known, ...more };
}
