// deno-lint-ignore-file no-console
/**
 * Measures how long it takes to tell what each of 126 rules is worth to its set on 200 documents: from
 * kept matches, and by running each smaller set anew.
 *
 *     deno run --allow-read bench/removals.ts
 *
 * @module
 */
import type { Example } from "../learn/dataset.ts";
import { compareRules } from "../learn/decisions.ts";
import { type CompiledRule, compileRule, createRule, type Rule } from "../learn/rules.ts";
import { createMatches, scoreRules } from "../learn/scoring.ts";
import type { BenchOptions } from "./table.ts";

const RULES = "../../shared/data/rulechef/rules_banking77_126.json";
const DOCUMENTS = "../../shared/data/banking77/five_class.test.jsonl";
const RUNS = 15;

/**
 * Times all single-rule removals.
 *
 * @param options.quick whether to make do with few runs
 * @returns the table, or why there is none
 * @throws {Error} where both ways do not agree
 */
export function benchRemovals({ quick }: BenchOptions = { quick: false }): string {
  const runs = quick ? 3 : RUNS;
  const rulesText = readText(RULES);
  const documentsText = readText(DOCUMENTS);
  if (rulesText === undefined || documentsText === undefined) {
    return "removals: skipped, there is no data to read";
  }
  const rules = (JSON.parse(rulesText) as PublishedRule[]).map(readRule);
  const examples = documentsText.trim().split("\n").map((line, index): Example => {
    const { text, label } = JSON.parse(line) as { text: string; label: string };
    return { id: `e${index}`, text, label };
  });
  const labels = rules.map((rule) => rule.label);
  const options = { decide: "first", threshold: 0 } as const;

  const ours = () => {
    return scoreRules(createMatches(examples, labels), rules, options).map((one) => one.marginal);
  };
  const matches = createMatches(examples, labels);
  matches.add(rules);
  const kept = () => scoreRules(matches, rules, options).map((one) => one.marginal);
  const compiled = rules.map(compileRule);
  const anew = () => {
    const all = scoreAnew(compiled, examples);
    return compiled.map((_, index) => scoreAnew(compiled.toSpliced(index, 1), examples) - all);
  };
  const expected = anew().map((change) => change.toFixed(9)).join();
  for (const way of [ours, kept]) {
    if (way().map((change) => change.toFixed(9)).join() !== expected) {
      throw new Error("Kept matches and scoring anew do not agree");
    }
  }
  const row = (name: string, run: () => void, runs: number) => {
    return `  ${name.padEnd(30)} ${medianTime(run, runs).toFixed(2).padStart(8)} ms`;
  };
  return [
    `all ${rules.length} single-rule removals over ${examples.length} documents; medians of ${runs} runs`,
    row("from kept matches", kept, runs),
    row("matching included", ours, runs),
    row("each set run anew", anew, Math.min(3, runs)),
  ].join("\n");
}

/** Micro F1 with each rule run on each document until one matches. */
function scoreAnew(rules: readonly CompiledRule[], examples: readonly Example[]): number {
  const ordered = [...rules].sort((a, b) => compareRules(a.rule, b.rule));
  let right = 0;
  let given = 0;
  for (const { text, label } of examples) {
    const first = ordered.find((one) => one.test(text));
    if (first !== undefined) given++;
    if (first?.rule.label === label) right++;
  }
  return 2 * right / (given + examples.length);
}

/** A rule as RuleChef publishes it, with a Python regular expression. */
interface PublishedRule {
  readonly name: string;
  readonly content: string;
  readonly priority: number;
  readonly output_template: { readonly label: string };
}

function readRule(published: PublishedRule): Rule {
  return createRule({
    name: published.name,
    label: published.output_template.label,
    patterns: [published.content.replace(/^\(\?i\)/, "")],
    priority: published.priority,
  });
}

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(new URL(path, import.meta.url));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Milliseconds. */
function medianTime(run: () => void, runs: number): number {
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)];
}

if (import.meta.main) console.log(benchRemovals());
