/**
 * Plants secrets that one text each has, learns from the texts, and looks for the secrets in all that
 * the run writes; and measures what it costs in F1 that rules may not hold them.
 *
 *     deno run -A bench/secrets.ts [--quick]
 *
 * @module
 */
import { learnRules } from "../pipeline.ts";
import { findSecrets, learnWritten, type PlantOptions, plantSecrets } from "../tests/planted.ts";
import { type BenchOptions, type BenchResult, formatTable, runBench } from "./table.ts";

/** The most that F1 may fall, and in a quick run, whose few draws say less. */
const MAX_FALL = 0.005;
const MAX_QUICK_FALL = 0.02;
/** Texts to measure F1 on. */
const FRESH = 500;
/** Texts that the data sets of one size have together, so that few texts are drawn often. */
const DRAWN = 4_000;
const DRAWN_QUICKLY = 500;

type Kind = Pick<PlantOptions, "task" | "isSmall" | "noise">;

const kinds: readonly (Kind & { readonly name: string })[] = [
  { name: "classification", task: "classification", isSmall: false },
  { name: "classification, 20 % wrong labels", task: "classification", isSmall: false, noise: 0.2 },
  { name: "ner", task: "ner", isSmall: false },
  { name: "ner, small letters", task: "ner", isSmall: true },
  { name: "extraction", task: "extraction", isSmall: false },
  { name: "extraction, small letters", task: "extraction", isSmall: true },
];

/** Measures on data sets of 50 to 2,000 texts; in a quick run only on small ones. */
export async function benchSecrets({ quick }: BenchOptions): Promise<BenchResult> {
  const rows: string[][] = [];
  const problems: string[] = [];
  for (const { name, ...kind } of kinds) {
    for (const size of quick ? [50, 200] : [50, 100, 200, 500, 1_000, 2_000]) {
      const draws = Math.ceil((quick ? DRAWN_QUICKLY : DRAWN) / size);
      const sums = { secrets: 0, known: 0, found: 0, f1Before: 0, f1: 0, before: 0, rules: 0 };
      for (let draw = 0; draw < draws; draw++) {
        const measured = await measure({ ...kind, size, seed: size + 2 * draw });
        for (const field of Object.keys(sums) as (keyof typeof sums)[]) {
          sums[field] += measured[field];
        }
      }
      const { secrets, known, found } = sums;
      const [f1Before, f1] = [sums.f1Before / draws, sums.f1 / draws];
      if (found > 0) problems.push(`secrets: ${name}, ${size}: ${found} written`);
      if (!(f1 >= f1Before - (quick ? MAX_QUICK_FALL : MAX_FALL))) {
        problems.push(`secrets: ${name}, ${size}: F1 fell from ${f1Before} to ${f1}`);
      }
      rows.push([
        size === 50 ? name : "",
        ...[size, draws, secrets, known, found].map(String),
        f1Before.toFixed(3),
        f1.toFixed(3),
        ...[sums.before, sums.rules].map((rules) => String(Math.round(rules / draws))),
      ]);
    }
  }
  const headings = "data,texts,draws,secrets,written if 1,written,F1 if 1,F1,rules if 1,rules"
    .split(",");
  const text = formatTable("secrets: of one text each, in what a run writes", headings, rows, [
    "written: in trace, journal, page or rule file, whole or a word of it; if 1: with minSupport 1",
    `F1, rules: means of the draws; F1 on ${FRESH} other texts with other secrets`,
  ]);
  return { text, problems };
}

/** Learns with and without `minSupport`, and counts what is written. */
async function measure(options: PlantOptions) {
  const { dataset, secrets } = plantSecrets(options);
  const fresh = { ...options, noise: 0, size: FRESH, seed: options.seed + 1 };
  const test = plantSecrets(fresh).dataset;
  const before = await learnRules(dataset, { test, minSupport: 1 });
  const { rules, scores } = await learnRules(dataset, { test });
  const { written } = await learnWritten(dataset);
  return {
    secrets: secrets.length,
    known: findSecrets(JSON.stringify(before.rules), secrets).length,
    found: new Set(written.flatMap((text) => findSecrets(text, secrets))).size,
    f1Before: before.scores.test!.f1,
    f1: scores.test!.f1,
    before: before.rules.length,
    rules: rules.length,
  };
}

if (import.meta.main) await runBench(benchSecrets);
