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
import {
  createMatches,
  type LabelMatches,
  type Matches,
  type SpanMatches,
} from "../../learn/score/matches.ts";
import { compareSpans, findOutcomes, predictSpans } from "../../learn/score/outcomes.ts";
import type { Json } from "../../learn/text/schemas.ts";
import { rulesAt } from "../../record/fold.ts";
import { decisionOfTrace } from "../../record/rule_set.ts";
import { leaveOut, type MadeRows, sourceOfStep, taintOf } from "../dataset/rows/lineage.ts";
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
 * Makes rows of the kind `hard`: the examples of a run, train and dev, that its rules get wrong. A labelled text is one
 * if it has another label or none; a text with spans, if one is missed, spurious, or of a wrong type.
 *
 * A row has the `id`, the `text`, the gold `label`, `entities` or `spans`, and the `split`. Of labels it has the
 * `predicted` one, its `margin` if rules vote, and is ranked by that: the largest first. Of spans it has the
 * `predictedSpans`, and how many are `wrong`, most first. A name has one type, as readers of columns need.
 *
 * Rows of held-out examples are tainted: who learns from them cannot be measured on them.
 *
 * @throws {SyntaxError} if a rule cannot run
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
 *   "id", "text", "label", "predicted", "margin", "split",
 * ]);
 * ```
 */
export function makeHardRows(source: EvidenceSource): MadeRows {
  const { trace, data } = source;
  const { run, steps } = trace;
  if (run.status !== "completed") {
    return {
      rows: [],
      quarantined: [leaveOut("hard", "run-not-completed", [sourceOfStep(source)])],
    };
  }
  // A step before the refit, as its rules did not learn from the held-out examples.
  const refit = steps.findIndex(({ type }) => type === "refit");
  const last = steps[refit === -1 ? steps.length - 1 : refit - 1];
  const rules = rulesAt(trace, last.index);
  const { decision, match } = decisionOfTrace(trace);
  const labels = [...run.dataset.labels, ...rules.map(({ label }) => label)];
  const matches = createMatches(data.examples, labels, match);
  // As first proposed: they match the same with any strengths, and may have run before.
  matches.add(rules.map(({ id }) => trace.rules[id]));
  const taint = taintOf(source);
  const dev = new Set(run.split.dev);
  const rows = findHard(matches, rules, decision).map(({ position, fields }) => {
    const { id, text, ...gold } = matches.examples[position];
    const isHeldOut = dev.has(id);
    const split = isHeldOut ? "dev" : "train";
    return {
      kind: "hard",
      content: { id, text, ...asJson(gold), ...fields, split },
      sources: [sourceOfStep(source, last)],
      shown: [{ id, text }],
      ...(isHeldOut && taint),
    } as const;
  });
  return { rows, quarantined: [] };
}

/** Copies a gold label, or gold spans, without what else a span may have. */
function asJson(gold: Annotation): Readonly<Record<string, Json>> {
  if ("label" in gold) return { label: gold.label };
  if ("spans" in gold) return { spans: gold.spans.map(({ start, end }) => ({ start, end })) };
  return { entities: gold.entities.map(({ start, end, type }) => ({ start, end, type })) };
}

/** Finds the failures of rules, the worst first; of equally bad ones, the first of the data. */
function findHard(
  matches: Matches,
  rules: readonly Rule[],
  decision: DecisionOptions,
): HardExample[] {
  const hard = matches.kind === "labels"
    ? findHardLabels(matches, rules, decision)
    : findHardSpans(matches, rules, decision);
  return hard.sort((a, b) => b.rank - a.rank || a.position - b.position);
}

function findHardLabels(
  matches: LabelMatches,
  rules: readonly Rule[],
  decision: DecisionOptions,
): HardExample[] {
  return findOutcomes(matches, rules, decision).flatMap((outcome) => {
    if (outcome.gold === outcome.predicted) return [];
    const predicted = outcome.isDecided ? matches.labels[outcome.predicted] : null;
    const isVote = decision.decide === "vote";
    return [{
      position: outcome.example,
      // A first match leads by any number of votes.
      rank: isVote ? outcome.margin : 1,
      fields: { predicted, ...(isVote && { margin: outcome.margin }) },
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
    const predictedSpans = keepSpans(found, decision.overlaps ?? "drop")
      .map(({ start, end, label }) => ({ start, end, type: matches.labels[label] }))
      .sort(compareEntities)
      .map(({ type, ...span }) => "spans" in matches.examples[position] ? span : { ...span, type });
    return [{ position, rank: wrong, fields: { predictedSpans, wrong } }];
  });
}
