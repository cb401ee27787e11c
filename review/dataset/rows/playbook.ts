/**
 * Rows of what worked (`playbook`): a kind of failure, and the rules that mended it.
 *
 * @module
 */
import { labelsOf } from "../../../learn/data/examples.ts";
import type { Rule } from "../../../learn/rules/rule.ts";
import { countEach } from "../../../learn/text/maps.ts";
import type { Json } from "../../../learn/text/schemas.ts";
import { lastRules } from "../../../record/fold.ts";
import type { Step } from "../../../trace.ts";
import type { EvidenceSource, JudgedSource, RuleEvidence } from "../../evidence/format.ts";
import type { QuarantinedRow, TrainingRow } from "../format.ts";
import { isGood, leaveOut, type MadeRows, sourceOfStep, taintOf } from "./lineage.ts";

/** A kind of failure, and the rules that a step proposed for it. */
interface Kind {
  readonly expected: string | null;
  readonly predicted: string | null;
  readonly count: number;
  /** Ids. */
  readonly rules: readonly string[];
}

/**
 * Makes a row for each kind of failure for which a step brought rules: those of them that are in the set at the end
 * and accepted, at least partially, with the strengths that they have there; what F1 gained by the whole patch, the
 * support of the rules, and what they get right and wrong on the held-out examples. It shows no text.
 *
 * An accepted patch has a kind for each cluster of failures, any other step one for each label, of which nothing was
 * predicted: as many failures as the label has examples to learn from. Rules that the run began with are not
 * its own.
 */
export function makePlaybookRows({ source, evidence }: JudgedSource): MadeRows {
  const { trace } = source;
  const judged = new Map(
    evidence.flatMap((one): [string, RuleEvidence][] =>
      one.kind === "rule" && one.rule !== undefined ? [[`${one.step}:${one.rule}`, one]] : []
    ),
  );
  const last = new Map(lastRules(trace).map((rule) => [rule.id, rule]));
  const sizes = [countByLabel(source, false), countByLabel(source, true)] as const;
  const rows: TrainingRow[] = [];
  const quarantined: QuarantinedRow[] = [];
  for (const step of trace.steps) {
    const sources = [sourceOfStep(source, step)];
    const byLabel = sizes[step.type === "refit" ? 1 : 0];
    for (
      const { expected, predicted, count, rules: ids } of listKinds(step, trace.rules, byLabel)
    ) {
      if (trace.run.status !== "completed") {
        quarantined.push(leaveOut("playbook", "run-not-completed", sources));
        continue;
      }
      const good = ids.flatMap((id) => {
        const one = judged.get(`${step.index}:${id}`);
        const rule = last.get(id);
        return one === undefined || rule === undefined || !isGood(one) ? [] : [{ ...one, rule }];
      });
      if (good.length === 0) {
        quarantined.push(leaveOut("playbook", "category", sources, "no rule is accepted"));
        continue;
      }
      const sum = (field: "tp" | "fp") =>
        good.reduce((all, { dev }) => all + (dev?.[field] ?? 0), 0);
      rows.push({
        kind: "playbook",
        content: {
          task: trace.run.dataset.task,
          failure: { expected, predicted, count },
          rules: good.map(({ rule }) => describeRule(rule)),
          ...describeGain(step),
          support: good.reduce((all, { rule: { support = 0 } }) => all + support, 0),
          // A refit learns from the examples that were held out before.
          ...(step.type !== "refit" && good.some(({ dev }) => dev) && {
            heldOut: { tp: sum("tp"), fp: sum("fp") },
          }),
        },
        sources,
        shown: [],
        ...taintOf(source),
      });
    }
  }
  return { rows, quarantined };
}

/** Lists the kinds of failures for which a step brought rules; none if its rules did not come into the set. */
function listKinds(
  step: Step,
  rules: Readonly<Record<string, Rule>>,
  sizes: ReadonlyMap<string, number>,
): Kind[] {
  if (step.type === "iteration") {
    return step.verdict === "accepted"
      ? step.failures.clusters.filter(({ rules }) => rules.length > 0)
      : [];
  }
  const brought = step.type === "synthesis" || step.type === "refit"
    ? step.added
    : step.type === "audit" && step.verdict === "kept"
    ? step.actions.flatMap(({ to }) => to ?? [])
    : [];
  const byLabel = Map.groupBy(new Set(brought), (id) => rules[id].label);
  return [...byLabel].map(([label, rules]) => ({
    expected: label,
    predicted: null,
    count: sizes.get(label) ?? 0,
    rules,
  }));
}

/** Counts the examples, or spans, of each label: those that rules are learned from, or all. */
function countByLabel(
  { trace: { run: { split } }, data }: EvidenceSource,
  all: boolean,
): ReadonlyMap<string, number> {
  const dev = new Set(all ? [] : split.dev);
  return countEach(
    data.examples.flatMap((example) => dev.has(example.id) ? [] : [...labelsOf(example)]),
  );
}

/** Returns what F1 gained by the patch of a step, and why the patch was accepted. */
function describeGain(step: Step): Record<string, Json> {
  if (step.type !== "iteration") return {};
  const { before, after, clause } = step;
  const isKnown = before.f1 !== undefined && after.f1 !== undefined;
  return {
    ...(isKnown && { gain: round(after.f1! - before.f1!) }),
    ...(clause && { clause }),
  };
}

/** Rounds to a millionth: differences of shares have no more digits that mean anything. */
function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

/** Describes a rule as a file of rules has it, without its id. */
function describeRule(rule: Rule): Record<string, Json> {
  const { id: _, locked: __, ...rest } = rule;
  return rest as unknown as Record<string, Json>;
}
