/**
 * Measures how long it takes to evaluate and rank RuleChef's rule sets: here, in a plain loop over
 * compiled expressions, and in RuleChef by its own figures.
 *
 *     deno run --allow-read bench/rulechef.ts [--quick]
 *
 * @module
 */
import type { LabelledExample } from "../learn/data/examples.ts";
import { compareRules } from "../learn/rules/decisions.ts";
import { parseRuleChef } from "../rulechef/rule_set.ts";
import type { Rule } from "../learn/rules/rule.ts";
import { type CompiledRule, compileRule } from "../learn/rules/running.ts";
import { createMatches, score, scoreRules } from "../learn/score/scoring.ts";
import {
  type BenchOptions,
  type BenchResult,
  formatTable,
  median,
  runBench,
  skipped,
  timeOf,
} from "./table.ts";

const FOLDER = new URL("../../shared/data/rulechef/", import.meta.url);
const SETS = [126, 108];
const RUNS = 15;
const first = { decide: "first", threshold: 0 } as const;

/** The fields that are needed of RuleChef's own account of an evaluation. */
interface Reference {
  readonly docs: readonly {
    readonly id: string;
    readonly input: { readonly text: string };
    readonly expected_output: { readonly label: string };
  }[];
  readonly evaluate_dataset: { readonly text: { readonly total_tp: number } };
  readonly timing: {
    readonly evaluate_dataset: { readonly ms_per_doc: number };
    readonly rank_rules_marginal: { readonly median_s: number };
  };
}

/** Times both rule sets on the documents that RuleChef was timed on. */
export function benchRuleChef({ quick }: BenchOptions): BenchResult {
  const runs = quick ? 3 : RUNS;
  const rows: string[][] = [];
  const problems: string[] = [];
  for (const size of SETS) {
    const set = readText(`rules_banking77_${size}.json`);
    const account = readText(`ref_banking77_${size}_test5.json`);
    if (set === undefined || account === undefined) return skipped("rulechef");
    const { rules } = parseRuleChef(set, `rules_banking77_${size}.json`);
    const reference = JSON.parse(account) as Reference;
    const examples = reference.docs.map(({ id, input, expected_output }): LabelledExample => ({
      id,
      text: input.text,
      label: expected_output.label,
    }));
    const labels = rules.map(({ label }) => label);
    const compiled = [...rules].sort(compareRules).map(compileRule);
    const { total_tp: tp } = reference.evaluate_dataset.text;

    const evaluate = () => score(createMatches(examples, labels), rules, first, "test").tp;
    const evaluatePlainly = () => scoreAnew(compiled, examples).tp;
    for (const found of [evaluate(), evaluatePlainly()]) {
      if (found === tp) continue;
      problems.push(`rulechef: ${size} rules are correct on ${found} texts, expected ${tp}`);
    }
    const rank = () => marginals(examples, labels, rules);
    const rankPlainly = () => {
      const { f1 } = scoreAnew(compiled, examples);
      const changes = compiled.map((_, place) =>
        scoreAnew(compiled.toSpliced(place, 1), examples).f1 - f1
      );
      return new Map(compiled.map(({ rule }, place) => [rule.id, changes[place]]));
    };
    const [ours, plain] = [rank(), rankPlainly()];
    for (const [id, change] of ours) {
      const isSame = Math.abs(change - plain.get(id)!) < 1e-9;
      if (!isSame) problems.push(`rulechef: the loop gives another marginal F1 for rule ${id}`);
    }

    const { evaluate_dataset, rank_rules_marginal } = reference.timing;
    const row = (what: string, ours: number, plain: number, theirs: number) => {
      const ratios = [plain / ours, theirs / ours].map((ratio) => ratio.toFixed(1));
      rows.push([String(rules.length), what, ...[ours, plain, theirs].map(format), ...ratios]);
    };
    const timeRuns = (run: () => void, times = runs) =>
      median(Array.from({ length: times }, () => timeOf(run)));
    const [evaluated, plainly] = [evaluate, evaluatePlainly]
      .map((run) => timeRuns(run) / examples.length);
    row("evaluate, a text", evaluated, plainly, evaluate_dataset.ms_per_doc);
    const slow = timeRuns(rankPlainly, Math.min(3, runs));
    row("rank by marginals", timeRuns(rank), slow, rank_rules_marginal.median_s * 1e3);
  }
  const headings = "rules,what,ours ms,loop ms,RuleChef ms,loop/ours,RuleChef/ours".split(",");
  const text = formatTable("RuleChef's rule sets on 200 texts", headings, rows, [
    `medians of ${runs} runs, each from texts and rules to scores (the loop's expressions are compiled before)`,
    "loop: each rule on each text until one matches; to rank, once for each set without one rule",
    "RuleChef: 0.2.2, from the reference file, not in this run",
  ]);
  return { text, problems };
}

function format(milliseconds: number): string {
  return milliseconds.toFixed(milliseconds < 1 ? 4 : 1);
}

function marginals(
  examples: readonly LabelledExample[],
  labels: readonly string[],
  rules: readonly Rule[],
): Map<string, number> {
  const scores = scoreRules(createMatches(examples, labels), rules, first);
  return new Map(scores.map(({ rule, marginal }) => [rule, marginal]));
}

/** Scores by running each rule on each text until one matches. */
function scoreAnew(
  ordered: readonly CompiledRule[],
  examples: readonly LabelledExample[],
): { tp: number; f1: number } {
  let [tp, predicted] = [0, 0];
  for (const { text, label } of examples) {
    const by = ordered.find((one) => one.test(text));
    if (by !== undefined) predicted++;
    if (by?.rule.label === label) tp++;
  }
  return { tp, f1: 2 * tp / (predicted + examples.length) };
}

function readText(name: string): string | undefined {
  try {
    return Deno.readTextFileSync(new URL(name, FOLDER));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

if (import.meta.main) await runBench(benchRuleChef);
