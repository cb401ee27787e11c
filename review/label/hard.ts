/**
 * Hard examples: those that a run had trouble with, the worst first. They are told by its best rules before the refit,
 * the last that did not learn from the examples held out; without a refit by those at the end.
 *
 * @module
 */
import { type Annotation, compareEntities } from "../../learn/data/examples.ts";
import type { DecisionOptions } from "../../learn/rules/decisions.ts";
import { keepSpans } from "../../learn/rules/overlaps.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import type { LabelMatches, SpanMatches } from "../../learn/score/matches.ts";
import { compareSpans, findOutcomes, predictSpans } from "../../learn/score/outcomes.ts";
import { digest } from "../../learn/text/digest.ts";
import type { Json } from "../../learn/text/schemas.ts";
import type { Trace } from "../../trace.ts";
import { findWrongSince, type TestedRun, testRun } from "../blame/tested.ts";
import type { LineageSource, QuarantinedRow, TrainingRow } from "../dataset/format.ts";
import type { EvidenceSource } from "../evidence/format.ts";

/** An example, and what is wrong with what is predicted for it. */
interface HardExample {
  /** Its position. */
  readonly position: number;
  /** How bad it is: the higher, the worse. */
  readonly rank: number;
  /** What the row says of the prediction. */
  readonly fields: Readonly<Record<string, Json>>;
}

/**
 * Makes rows of the kind `hard`: the failures of a run among its examples, train and dev. A labelled text is one if it
 * has another label, none, or its own by less than the run's margin; a text with spans, if one is missed, spurious, or
 * of a wrong type.
 *
 * A row has the `id`, the `text`, the gold `label`, `entities` or `spans`, what is `predicted`, and the `split`. Of
 * labels it has the `margin` of the predicted one if rules vote, and is ranked by it: a wrong label with the largest
 * margin first, a correct one with the largest last. Of spans it has how many are `wrong`, most first. `since`
 * is the step from which on it is wrong, `null` if it never was correct; missing if it is correct.
 *
 * Rows of held-out examples are tainted: who learns from them cannot be measured on them.
 *
 * @param tested the rules of the run on all of its examples, if they were run before
 * @throws what {@linkcode testRun} throws
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readDataset, readTrace } from "../../mod.ts";
 * import { makeHardRows } from "./hard.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * const data = await readDataset("examples/banking.jsonl");
 * const { rows: [worst] } = makeHardRows({ path: "", trace, data, tape: [] });
 * assertEquals(worst.kind === "hard" && Object.keys(worst.content), [
 *   "id", "text", "label", "predicted", "margin", "split", "since",
 * ]);
 * ```
 */
export function makeHardRows(
  { trace, data }: EvidenceSource,
  tested: TestedRun = testRun(trace, data),
): { readonly rows: readonly TrainingRow[]; readonly left: readonly QuarantinedRow[] } {
  const { run, steps } = trace;
  const source: LineageSource = { trace: trace.digest, dataset: run.dataset.digest! };
  if (run.status !== "completed") {
    const reason = "run-not-completed";
    return { rows: [], left: [{ kind: "hard", reason, sources: [source], shown: [] }] };
  }
  const refit = steps.findIndex(({ type }) => type === "refit");
  const states = refit === -1
    ? tested.states
    : tested.states.filter(({ step }) => step.index < refit);
  const last = states.at(-1);
  if (last === undefined) return { rows: [], left: [] };
  const sources = [{ ...source, step: last.step.index, stepDigest: last.step.digest }];
  const before = { ...tested, states };
  const sinceOf = followWrong(before);
  const dev = new Set(run.split.dev);
  const tainted = `dev ${digest(run.split.dev)}`;
  const rows = findHard(before, last.rules, marginOf(trace)).map(({ position, fields }) => {
    const { id, text, ...gold } = tested.matches.examples[position];
    const isHeldOut = dev.has(id);
    const since = sinceOf(position);
    const split = isHeldOut ? "dev" : "train";
    return {
      kind: "hard",
      content: {
        id,
        text,
        ...asJson(gold),
        ...fields,
        split,
        ...(since !== undefined && { since }),
      },
      sources,
      shown: [{ id, text }],
      ...(isHeldOut && { tainted }),
    } as const;
  });
  return { rows, left: [] };
}

/** Returns the votes by which a correct label must lead. Other learners may have no such setting. */
function marginOf({ run: { config: { margin } } }: Trace): number {
  return typeof margin === "number" && margin > 0 ? margin : 0;
}

/** Copies a gold label, or gold spans, without what else a span may have. */
function asJson(gold: Annotation): Readonly<Record<string, Json>> {
  if ("label" in gold) return { label: gold.label };
  if ("spans" in gold) return { spans: gold.spans.map(({ start, end }) => ({ start, end })) };
  return { entities: gold.entities.map(({ start, end, type }) => ({ start, end, type })) };
}

/** Finds the failures of rules, the worst first; of equally bad ones, the first of the data. */
function findHard(
  { matches, decision }: TestedRun,
  rules: readonly Rule[],
  margin: number,
): HardExample[] {
  const hard = matches.kind === "labels"
    ? findHardLabels(matches, rules, decision, margin)
    : findHardSpans(matches, rules, decision);
  return hard.sort((a, b) => b.rank - a.rank || a.position - b.position);
}

function findHardLabels(
  matches: LabelMatches,
  rules: readonly Rule[],
  decision: DecisionOptions,
  margin: number,
): HardExample[] {
  return findOutcomes(matches, rules, decision).flatMap((outcome) => {
    const isCorrect = outcome.gold === outcome.predicted;
    if (isCorrect && outcome.margin >= margin) return [];
    const predicted = outcome.isDecided ? matches.labels[outcome.predicted] : null;
    // Only votes have a margin: a first match leads by any number.
    const votes = Number.isFinite(outcome.margin) ? outcome.margin : 1;
    return [{
      position: outcome.example,
      rank: isCorrect ? -votes : votes,
      fields: { predicted, ...(decision.decide === "vote" && { margin: outcome.margin }) },
    }];
  });
}

function findHardSpans(
  matches: SpanMatches,
  rules: readonly Rule[],
  decision: DecisionOptions,
): HardExample[] {
  const spans = predictSpans(matches, rules);
  return spans.flatMap((found, position) => {
    const outcomes = compareSpans(matches, position, found, decision);
    const wrong = outcomes.filter(({ gold, predicted }) => gold !== predicted).length;
    if (wrong === 0) return [];
    const predicted = keepSpans(found, decision.overlaps ?? "drop")
      .map(({ start, end, label }) => ({ start, end, type: matches.labels[label] }))
      .sort(compareEntities)
      .map(({ type, ...span }) => "spans" in matches.examples[position] ? span : { ...span, type });
    return [{ position, rank: wrong, fields: { predicted, wrong } }];
  });
}

/** Returns a function that says since which step an example is wrong: see `findWrongSince`. */
function followWrong(tested: TestedRun): (position: number) => number | null | undefined {
  const { matches, decision, states } = tested;
  const wrong = [[], ...states.map(({ rules }) => rules)].map((rules) => {
    const outcomes = findOutcomes(matches, rules, decision);
    return new Set(
      outcomes.filter(({ gold, predicted }) => gold !== predicted).map(({ example }) => example),
    );
  });
  return (position) => findWrongSince(tested, wrong.map((one) => !one.has(position)));
}
