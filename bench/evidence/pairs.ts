/**
 * Measures whether pairs of replies agree with test examples: whether the chosen reply is the better one there.
 *
 * @module
 */
import { createClassifier } from "../../learn/rules/classifier.ts";
import { createExtractor } from "../../learn/rules/extractor.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import { spansOf } from "../../learn/data/examples.ts";
import { rulesAt } from "../../record/fold.ts";
import { rulesOfTrace } from "../../record/rule_set.ts";
import type { LineageSource, TrainingRow } from "../../review/dataset/format.ts";
import { makePreferenceRows } from "../../review/dataset/rows/preference.ts";
import type { JudgedSource, ReplyEvidence } from "../../review/evidence/format.ts";
import { judge } from "../../review/evidence/judging.ts";
import { type BenchResult, formatTable } from "../table.ts";
import type { TestedSource } from "./judge.ts";

/** Share of the pairs that agree with test examples, at least. */
const AGREEMENT = 0.95;
/** Pairs from which on that is checked. */
const LEAST_PAIRS = 100;

/** A pair, with F1 of both replies on test examples. */
interface TestedPair {
  readonly group: string;
  readonly chosen: number;
  readonly rejected: number;
}

/** Pairs replies to the same requests across runs, and measures both of each pair on test examples. */
export function benchPairs(sources: readonly TestedSource[]): BenchResult {
  const judged = sources.map((source): JudgedSource => ({ source, evidence: judge(source) }));
  const { rows, quarantined } = makePreferenceRows(judged);
  const byTrace = new Map(judged.map((one, place) => [one.source.trace.digest, {
    test: sources[place],
    evidence: new Map(one.evidence.map((piece) => [piece.id, piece])),
  }]));
  const measured = new Map<string, number>();
  const measure = ({ trace, evidence = "" }: LineageSource) => {
    const run = byTrace.get(trace)!;
    const reply = run.evidence.get(evidence) as ReplyEvidence;
    const known = measured.get(evidence) ?? measureReply(run.test, reply);
    measured.set(evidence, known);
    return known;
  };
  const pairs = rows.map((row: TrainingRow): TestedPair => {
    const [better, worse] = row.sources;
    const { test, evidence } = byTrace.get(better.trace)!;
    const { purpose } = evidence.get(better.evidence ?? "") as ReplyEvidence;
    const { dataset: { task } } = test.trace.run;
    const group = `${purpose}, ${task === "classification" ? "labels" : "spans"}`;
    return { group, chosen: measure(better), rejected: measure(worse) };
  });
  const groups = [
    ...[...Map.groupBy(pairs, ({ group }) => group)].sort(),
    ["all", pairs] as const,
  ];
  const table = groups.map(([group, members]) => {
    const count = (isSo: (pair: TestedPair) => boolean) => members.filter(isSo).length;
    const agree = count(({ chosen, rejected }) => chosen > rejected);
    const tied = count(({ chosen, rejected }) => chosen === rejected);
    const share = agree / members.length;
    return [
      ...[group, ...[members.length, agree, tied, members.length - agree - tied].map(String)],
      `${(100 * share).toFixed(1)} %`,
      group === "all" ? `≥ ${100 * AGREEMENT} %` : "",
    ];
  });
  const requests = new Set(rows.map(({ sources: [{ exchange }] }) => exchange)).size;
  const reasons = Map.groupBy(quarantined, ({ reason }) => reason);
  const left = [...reasons].map(([reason, { length }]) => `${reason} ${length}`).sort().join(", ");
  const headings = ["asked for", "pairs", "agree", "equal", "differ", "share", "held to"];
  const text = formatTable("evidence: pairs that agree with test", headings, table, [
    `${requests} requests; left out: ${left || "none"}`,
  ]);
  const share = pairs.filter(({ chosen, rejected }) => chosen > rejected).length / pairs.length;
  const problem = `pairs: ${(100 * share).toFixed(1)} % of ${pairs.length} agree with test`;
  // Of few, one more or less would decide.
  const isHeld = pairs.length >= LEAST_PAIRS;
  return { text, problems: isHeld && share < AGREEMENT ? [problem] : [] };
}

/** Counts what is right, too much, and missed. */
interface Tally {
  right: number;
  predicted: number;
  gold: number;
}

/**
 * Measures F1 on test examples as a user of the rules would see it, by running them on each text: of first rules, on the
 * labels that they were asked for; of a patch, with the rules before it.
 */
function measureReply({ trace, tape, test }: TestedSource, reply: ReplyEvidence): number {
  const { messages } = tape.find(({ id }) => id === reply.exchange)!;
  const data = JSON.parse(messages[messages.length - 1].content);
  const proposed = reply.rules.map((id) => trace.rules[id]);
  const rules = reply.purpose === "patch" ? applyPatch() : proposed;
  const asked = new Set<string>(data.wantedLabels ?? trace.run.dataset.labels);
  const { decision } = rulesOfTrace(trace);
  const tally: Tally = { right: 0, predicted: 0, gold: 0 };
  const classify = createClassifier(rules, decision);
  const extract = createExtractor(rules, decision);
  for (const example of test) {
    const [gold, predicted] = "label" in example
      ? [[example.label], [classify(example.text).label ?? []].flat()].map((labels) =>
        labels.filter((label) => asked.has(label))
      )
      : [spansOf(example), extract(example.text)].map((spans) =>
        spans.filter(({ label }) => asked.has(label))
          .map(({ start, end, label }) => `${start}-${end} ${label}`)
      );
    tally.gold += gold.length;
    tally.predicted += predicted.length;
    tally.right += predicted.filter((one) => gold.includes(one)).length;
  }
  return tally.right === 0 ? 0 : 2 * tally.right / (tally.predicted + tally.gold);

  function applyPatch(): Rule[] {
    const step = trace.steps[reply.step];
    if (step.type !== "iteration") throw new TypeError(`step ${reply.step} has no patch`);
    const gone = new Set([...step.patch.removed, ...step.patch.replaced.map(({ from }) => from)]);
    const stay = rulesAt(trace, reply.step - 1).filter(({ id }) => !gone.has(id));
    const ids = new Set(stay.map(({ id }) => id));
    return [...stay, ...proposed.filter(({ id }) => !ids.has(id))];
  }
}
