/**
 * Measures the time and the memory to make traces of a training log of RuleChef of 100 MB, each time in
 * a separate process.
 *
 *     deno run -A bench/rulechef_log.ts [--quick]
 *
 * @module
 */
import { join } from "jsr:@std/path@^1";
import { importRuleChefLog } from "../rulechef/log/import.ts";
import { readLines } from "../rulechef/log/entries.ts";
import {
  decisionLine,
  guideLine,
  type LoggedRule,
  patchLine,
  synthesisLine,
} from "../tests/rulechef/log/fixture.ts";
import { peakMemory, runApart } from "./apart.ts";
import { inTempFolder } from "./data.ts";
import { type BenchOptions, type BenchResult, formatRanges, runBench } from "./table.ts";

/** The figures of one process. */
interface Import {
  /** The peak memory in bytes. */
  readonly memory: number;
  readonly lines: number;
  readonly runs: number;
  readonly steps: number;
}

/** Generates a log, then imports it a few times over. */
export function benchRuleChefLog({ quick }: BenchOptions): Promise<BenchResult> {
  return inTempFolder(async (folder) => {
    const path = join(folder, "run.training.jsonl");
    const size = generateLog(path, quick ? 2_000_000 : 100_000_000);
    const imports: (Import & { readonly time: number })[] = [];
    const parsings: number[] = [];
    for (let run = 0; run < (quick ? 1 : 5); run++) {
      parsings.push(await parseAlone(path));
      const { output, time } = await runApart<Import>(import.meta.url, ["--child", path]);
      imports.push({ ...output, time });
    }
    const [{ lines, runs, steps }] = imports;
    const counted = `${lines} lines, ${runs} runs, ${steps} steps`;
    return formatRanges(
      `RuleChef log: ${(size / 1e6).toFixed(0)} MB, ${counted}`,
      [
        ["the whole process", imports.map(({ time }) => time), "ms", "under 10000"],
        ["reading and parsing the lines alone", parsings, "ms"],
        ["memory at most", imports.map(({ memory }) => memory / 1e6), "MB", "under 300"],
      ],
      [`each time in a separate process, ${imports.length} in all`],
    );
  });
}

/** Words of made-up texts. */
const WORDS = ("my card payment pending exchange rate transfer account why is still not the cash " +
  "withdrawal app top up fee refund when does it arrive limit").split(" ");

/** Instructions as long as those in prompts. */
const instructions = "- Use structural patterns with word boundaries that generalize.\n".repeat(
  100,
);

/** Writes runs of 100 iterations one after the other. Returns how many bytes it wrote. */
function generateLog(path: string, size: number): number {
  const encoder = new TextEncoder();
  const file = Deno.openSync(path, { write: true, create: true });
  let seed = 1;
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const makeText = () => Array.from({ length: 12 }, () => WORDS[random(WORDS.length)]).join(" ");
  const texts = Array.from({ length: 10_000 }, makeText);
  const some = (amount: number) => Array.from({ length: amount }, () => texts[random(10_000)]);
  let written = 0;
  const write = (line: string) => written += file.writeSync(encoder.encode(`${line}\n`));
  // RuleChef asks for labels in order.
  const labels = ["card", "cash", "rate", "transfer"];
  for (let number = 0; written < size;) {
    const makeRule = (label: string): LoggedRule => {
      const content = `(?i)\\b${WORDS[random(WORDS.length)]} ${label}${number++}\\b`;
      return { id: `id${number}`, name: `${label}_${number}`, content, label };
    };
    let rules = labels.map((label) => {
      const rule = makeRule(label);
      write(synthesisLine(label, [rule], { texts: some(60) }));
      return rule;
    });
    for (let iteration = 1; iteration <= 100 && written < size; iteration++) {
      const rule = makeRule(labels[random(4)]);
      const failures = some(20).map((text) => ({ text, label: labels[random(4)] }));
      const deleted = rules.length > 40 ? [rules[0].name] : [];
      write(guideLine(iteration, `Look at ${texts[random(10_000)]} and ${number}.`, {
        max_iterations: 100,
      }));
      write(patchLine(rules, [rule], { deleted, failures, evidence: some(50), instructions }));
      const accepted = random(2) === 0;
      write(decisionLine(iteration, accepted, [rule], [0.5, 0.5, 0.5, 0.5], { deleted }));
      if (accepted) rules = [...rules.filter(({ name }) => !deleted.includes(name)), rule];
    }
  }
  file.close();
  return written;
}

/** Returns how many milliseconds it takes to read and parse the lines, as every import must. */
async function parseAlone(path: string): Promise<number> {
  const start = performance.now();
  for await (const { text } of readLines((await Deno.open(path)).readable)) JSON.parse(text!);
  return performance.now() - start;
}

/** Imports the log in the separate process. */
async function importHere(path: string): Promise<Import> {
  const { runs, counts } = await importRuleChefLog((await Deno.open(path)).readable);
  const steps = runs.reduce((sum, { trace }) => sum + trace.steps.length, 0);
  return { memory: peakMemory(), lines: counts.used, runs: runs.length, steps };
}

if (import.meta.main) await runBench(benchRuleChefLog, importHere);
