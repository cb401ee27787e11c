/**
 * Measures how many texts a second DuckDB labels by rules, from Parquet to Parquet, and a standalone module
 * and our own matcher in the same run; and checks that all labels are equal.
 *
 *     deno run -A bench/engines.ts [--quick]
 *
 * @module
 */
import { join } from "jsr:@std/path@^1";
import { exportRules, type ModuleClassification } from "../engines/export.ts";
import type { LabelledExample } from "../learn/data/examples.ts";
import { createClassifier } from "../learn/rules/classifier.ts";
import type { RuleSet } from "../learn/rules/rule_set.ts";
import { learnRules } from "../pipeline.ts";
import { readRows, withTexts } from "../tests/engines/duckdb.ts";
import { drawExamples, inTempFolder, readData } from "./data.ts";
import {
  type BenchOptions,
  type BenchResult,
  formatTable,
  median,
  runBench,
  skipped,
  timeOf,
  toResult,
} from "./table.ts";

const TEXTS = 1_000_000;
const QUICK_TEXTS = 5_000;
const RUNS = 5;

/** Measures rules learned from all of Banking77; quickly, from a few of its examples. */
export async function benchEngines({ quick }: BenchOptions): Promise<BenchResult> {
  const root = new URL("../", import.meta.url);
  const data = await readData("banking77", "train", "test") ??
    await readData("examples", "banking", "banking_test", "classification", root);
  if (data === undefined) return skipped("engines");
  const train = quick ? drawExamples(data.train, 3, 1) : data.train;
  const examples = train.examples as readonly LabelledExample[];
  const { rules, decision } = await learnRules({ name: train.name, examples });
  const set: RuleSet = { task: "classification", labels: [], rules, decision, refused: [] };
  const { text: statement, refused } = exportRules(set, "duckdb", { id: "id" });
  const { text: source } = exportRules(set, "js");
  const texts = data.test.examples.map(({ text }) => text);
  const classify = createClassifier(set);
  const module: { classify(text: string): ModuleClassification } = await import(
    `data:text/javascript,${encodeURIComponent(source)}`
  );

  const count = quick ? QUICK_TEXTS : TEXTS;
  const runs = quick ? 1 : RUNS;
  const perSecond = (run: (text: string) => unknown) =>
    Array.from({ length: runs }, () => texts.length / timeOf(() => texts.forEach(run)) * 1e3);
  const matcher = perSecond(classify);
  const standalone = perSecond(module.classify);
  const { differing, planning, threads, seconds } = await inTempFolder((folder) =>
    withTexts(texts, async (connection) => {
      const rows = await readRows(connection, statement);
      const labels = rows.map(([, , label]) => label);
      const differing = [
        labels.filter((label, at) => label !== (classify(texts[at]).label ?? null)).length,
        texts.filter((text) => classify(text).label !== module.classify(text).label).length,
      ];
      const [from, to] = ["texts", "labels"].map((name) => `'${join(folder, `${name}.parquet`)}'`);
      const many =
        `SELECT range AS id, text FROM range(${count}) JOIN texts ON id = range % ${texts.length}`;
      await connection.run(`COPY (${many}) TO ${from}`);
      const start = performance.now();
      await connection.run(`EXPLAIN ${statement}`);
      const planned = performance.now();
      const { text } = exportRules(set, "duckdb", { id: "id", table: from });
      await connection.run(`COPY (${text.replace(/;\s*$/, "")}) TO ${to}`);
      const seconds = (performance.now() - planned) / 1e3;
      const [[threads]] = await readRows(connection, "SELECT current_setting('threads')");
      return { differing, planning: planned - start, threads: Number(threads), seconds };
    })
  );
  const ratio = count / seconds / median(matcher);
  const show = (value: number) => value.toFixed(0);
  const bytes = (text: string) => (new TextEncoder().encode(text).length / 1e3).toFixed(0);
  const text = formatTable(
    `engines: ${rules.length} rules`,
    ["what", "texts", "a second", "differ", "kB"],
    [
      ["our matcher", `${texts.length}`, show(median(matcher)), "", ""],
      [
        "standalone module",
        `${texts.length}`,
        show(median(standalone)),
        `${differing[1]}`,
        bytes(source),
      ],
      [
        `DuckDB, ${threads} threads`,
        `${count}`,
        show(count / seconds),
        `${differing[0]}`,
        bytes(statement),
      ],
    ],
    [
      `DuckDB from Parquet to Parquet, planning (${show(planning)} ms) included: ` +
      `${ratio.toFixed(2)} times our matcher, which has one thread`,
      `labels that differ of ${texts.length}; matcher and module: medians of ${runs} runs; ` +
      `${refused.length} rules refused`,
    ],
  );
  const result = toResult(text, [...matcher, ...standalone, planning, seconds]);
  const wrong = differing.some((one) => one > 0) || refused.length > 0
    ? [`engines: ${differing.join(" and ")} labels differ, ${refused.length} rules refused`]
    : [];
  return { ...result, problems: [...result.problems, ...wrong] };
}

if (import.meta.main) await runBench(benchEngines);
