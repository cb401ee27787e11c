/**
 * Rows that teach a model what the embedded learner found (`teacher`): the request for first rules that a model would
 * get, answered with the rules that a run without a model ended with.
 *
 * @module
 */
import { renderCalls } from "../../../learn/llm/requests.ts";
import type { Rule } from "../../../learn/rules/rule.ts";
import type { SynthesisTask } from "../../../learn/synthesizer.ts";
import { lastRules } from "../../../record/fold.ts";
import { decisionOfTrace } from "../../../record/rule_set.ts";
import type { EvidenceSource, JudgedSource, RuleEvidence } from "../../evidence/format.ts";
import type { QuarantinedRow, TrainingRow } from "../format.ts";
import { readPrompt } from "../../evidence/forms.ts";
import { isTaught, leaveOut, type MadeRows, sourceOfStep, taintOf } from "./lineage.ts";

/**
 * Makes a row for each label of a run of the embedded learners, or one for all if there are two at most. The answer has
 * the rules at the end that may be taught, those first that are most often right on the held-out
 * examples, or else have the largest support; no more for a label than the request asks for.
 */
export function makeTeacherRows({ source, evidence }: JudgedSource): MadeRows {
  const { trace, data } = source;
  const { synthesizer, model } = trace.run.learner;
  if (model !== undefined || synthesizer !== "patterns" && synthesizer !== "spans") {
    return { rows: [], quarantined: [] };
  }
  const last = trace.steps.at(-1);
  const from = sourceOfStep(source, last);
  if (trace.run.status !== "completed") {
    return { rows: [], quarantined: [leaveOut("teacher", "run-not-completed", [from])] };
  }
  const dev = new Set(trace.run.split.dev);
  const train = data.examples.filter(({ id }) => !dev.has(id));
  const good = chooseRules(source, evidence.filter((one) => one.kind === "rule"));
  const findsSpans = trace.run.dataset.task !== "classification";
  const rows: TrainingRow[] = [];
  const quarantined: QuarantinedRow[] = [];
  for (const { labels, examples, messages } of renderCalls(describeTask(source), train)) {
    const most = Number(readPrompt(messages)?.rulesPerLabel);
    const rules = labels.flatMap((label) => (good.get(label) ?? []).slice(0, most));
    const shown = examples.map(({ id, text }) => ({ id, text }));
    if (rules.length === 0) {
      quarantined.push(leaveOut("teacher", "category", [from], "no rule is accepted", shown));
      continue;
    }
    const completion = JSON.stringify({
      rules: rules.map((rule) => describeRule(rule, findsSpans)),
    });
    rows.push({
      kind: "teacher",
      content: { prompt: messages, completion },
      ...{ sources: [from], shown },
      ...taintOf(source),
    });
  }
  return { rows, quarantined };
}

/** Returns the rules at the end that may be taught, by label, the best first. */
function chooseRules(
  { trace }: EvidenceSource,
  evidence: readonly RuleEvidence[],
): ReadonlyMap<string, readonly Rule[]> {
  // Of a rule that was proposed several times, the last proposal is the one that stayed.
  const judged = new Map(evidence.map((one) => [one.rule, one]));
  const good = lastRules(trace).flatMap((rule) => {
    const one = judged.get(rule.id);
    if (one === undefined || !isTaught(one)) return [];
    return [{ rule, lead: one.dev === undefined ? 0 : one.dev.tp - one.dev.fp }];
  });
  // Sorting is stable: equally good rules stay in their order in the set.
  const ranked = good.toSorted((a, b) =>
    b.lead - a.lead || (b.rule.support ?? 0) - (a.rule.support ?? 0)
  );
  return Map.groupBy(ranked.map(({ rule }) => rule), ({ label }) => label);
}

/** Describes what the run learned, as far as a request for first rules says it. */
function describeTask({ trace }: EvidenceSource): SynthesisTask {
  const { run } = trace;
  const { name, task, labels } = run.dataset;
  const { decision, match } = decisionOfTrace(trace);
  const { maxRules, margin } = run.config;
  return {
    ...{ name, task, labels, match },
    ...decision,
    margin: typeof margin === "number" ? margin : 0,
    seed: run.split.seed ?? 0,
    ...(typeof maxRules === "number" && { maxRules }),
  };
}

/** Describes a rule as replies have it, with the members in the order of the schema. */
function describeRule(
  { name, label, patterns, not = [], flags, group }: Rule,
  findsSpans: boolean,
): Record<string, unknown> {
  const rule = { name, label, patterns, not, flags };
  return findsSpans ? { ...rule, group: group ?? null } : rule;
}
