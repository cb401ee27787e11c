/**
 * Measures on test examples, which no run has seen, what the judge says of rules.
 *
 * @module
 */
import type { Example } from "../../learn/data/examples.ts";
import { createMatches } from "../../learn/score/matches.ts";
import { countMatches } from "../../learn/llm/failures.ts";
import { rulesOfTrace } from "../../record/rule_set.ts";
import type { EvidenceCounts, EvidenceSource, Judgement } from "../../review/evidence/format.ts";
import { judge } from "../../review/evidence/judging.ts";
import { readTape, readTrace } from "../../trace.ts";
import { type BenchResult, formatTable } from "../table.ts";
import type { MadeRun } from "./runs.ts";

/** A run with its test examples. */
export interface TestedSource extends EvidenceSource {
  readonly test: readonly Example[];
}

/** Reads the runs that were made, with all that they are judged by. */
export async function readMade(runs: readonly MadeRun[]): Promise<TestedSource[]> {
  return await Promise.all(runs.map(async ({ path, tape, sample: { train, test } }) => ({
    path,
    trace: await readTrace(path),
    data: train,
    tape: tape === undefined ? [] : await readTape(tape),
    test: test.examples,
  })));
}

const JUDGEMENTS: readonly Judgement[] = [
  "accepted",
  "partially_accepted",
  "rejected",
  "needs_human_review",
];

/**
 * What precision on test examples embedded label rules are held to, by how they are judged. Rejected ones are held to
 * nothing: a patch of hundreds of rules that is rejected, as they gain nothing together, says little of each.
 */
const HELD: Partial<Record<Judgement, { readonly least: number }>> = { accepted: { least: 0.85 } };

/** Rules from which on that is checked: of few, one would decide. */
const LEAST_RULES = 100;

/** A judged rule with what it does on test examples. */
interface TestedRule {
  readonly group: string;
  readonly judgement: Judgement;
  readonly test: EvidenceCounts;
}

/**
 * Measures the precision of rules on test examples by how they are judged: of all their matches together, and the
 * mean of the rules that match any.
 */
export function benchJudge(sources: readonly TestedSource[]): BenchResult {
  const all = sources.map((source) => ({ source, evidence: judge(source) }));
  const rules = all.flatMap(({ source, evidence }): TestedRule[] => {
    const counts = countOnTest(source);
    const { task } = source.trace.run.dataset;
    const group = [
      source.tape.length > 0 ? "simulated model" : "embedded",
      task === "classification" ? "labels" : "spans",
    ].join(", ");
    return evidence.flatMap((one) => {
      if (one.kind !== "rule" || one.rule === undefined) return [];
      return { group, judgement: one.judgement, test: counts.get(one.rule)! };
    });
  });
  const problems: string[] = [];
  const groups = [...Map.groupBy(rules, ({ group }) => group)].sort();
  const rows = groups.flatMap(([group, members]) =>
    JUDGEMENTS.map((judgement, place) => {
      const judged = members.filter((one) => one.judgement === judgement);
      const { pooled, mean } = describePrecision(judged.map(({ test }) => test));
      const held = group === "embedded, labels" ? HELD[judgement] : undefined;
      if (judged.length >= LEAST_RULES && held !== undefined && !(pooled >= held.least)) {
        const found = `${pooled.toFixed(3)}, expected at least ${held.least}`;
        problems.push(`judge: precision of ${judgement} is ${found}`);
      }
      return [
        place === 0 ? group : "",
        judgement,
        String(judged.length),
        `${(100 * judged.length / members.length).toFixed(1)} %`,
        formatShare(pooled),
        formatShare(mean),
        held === undefined ? "" : `≥ ${held.least}`,
      ];
    })
  );
  const replies = all.flatMap(({ evidence }) => evidence.filter(({ kind }) => kind === "reply"));
  const shares = JUDGEMENTS.map((judgement) => {
    const count = replies.filter((one) => one.judgement === judgement).length;
    return `${judgement} ${(100 * count / replies.length).toFixed(1)} %`;
  });
  const headings = ["rules of", "judgement", "rules", "share", "pooled", "mean", "held to"];
  const text = formatTable("evidence: precision on test by judgement", headings, rows, [
    "pooled: of all matches; mean: of the rules that match a test example",
    `${replies.length} replies: ${shares.join(", ")}`,
  ]);
  return { text, problems };
}

/** Counts what each rule of a trace gets right and wrong on test examples, alone. */
export function countOnTest({ trace, test }: TestedSource): Map<string, EvidenceCounts> {
  const rules = Object.values(trace.rules);
  const { match, labels } = rulesOfTrace(trace);
  const matches = createMatches(test, labels, match);
  matches.add(rules);
  return new Map(rules.map((rule) => [rule.id, countMatches(matches, rule)]));
}

/** Returns the precision of all matches together, and the mean of those of the rules that have any. */
export function describePrecision(
  counts: readonly EvidenceCounts[],
): { pooled: number; mean: number } {
  const tp = counts.reduce((sum, count) => sum + count.tp, 0);
  const support = counts.reduce((sum, count) => sum + count.tp + count.fp, 0);
  const matching = counts.filter(({ tp, fp }) => tp + fp > 0);
  const shares = matching.reduce((sum, { tp, fp }) => sum + tp / (tp + fp), 0);
  return { pooled: tp / support, mean: shares / matching.length };
}

function formatShare(share: number): string {
  return Number.isFinite(share) ? share.toFixed(3) : "";
}
