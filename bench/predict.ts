/**
 * Measures `--predict`: its speed beside that of the bare classifier in memory, its memory on inputs of up to
 * 1 GB, and whether rules that went to a file and back predict the same
 * bytes, on each data set.
 *
 *     deno run -A bench/predict.ts [--quick]
 *
 * @module
 */
import { exportRules } from "../engines/export.ts";
import { createClassifier } from "../learn/rules/classifier.ts";
import { createExtractor, type Extraction } from "../learn/rules/extractor.ts";
import type { RuleSet } from "../learn/rules/rule_set.ts";
import { isSame } from "../learn/text/json.ts";
import { escapeControls } from "../learn/text/quoting.ts";
import type { Task } from "../learn/data/examples.ts";
import { learnRules } from "../pipeline.ts";
import { createPredictor } from "../pipeline/predicting.ts";
import { writeRules } from "../pipeline/rule_files.ts";
import { rulesOfTrace } from "../record/rule_set.ts";
import { withTrace } from "../trace.ts";
import { peakOf } from "./apart.ts";
import { type Data, inTempFolder, readData } from "./data.ts";
import {
  type BenchOptions,
  type BenchResult,
  formatTable,
  median,
  runBench,
  timeOf,
  toResult,
} from "./table.ts";

const RUNS = 5;

/** The data sets, and their tasks: a folder, a file to learn from, one to predict. */
const SETS: readonly (readonly [string, string, string, Task])[] = [
  ["examples", "banking", "banking_test", "classification"],
  ["examples", "restaurant", "restaurant_test", "ner"],
  ["sms", "train", "test", "classification"],
  ["snips", "small.train", "test", "classification"],
  ["snips", "small.train", "test", "ner"],
  ["tab", "train", "test", "ner"],
  ["banking77", "train", "test", "classification"],
];

/** Learns from each data set, and predicts its test set from the file of rules. */
export function benchPredict({ quick }: BenchOptions): Promise<BenchResult> {
  return inTempFolder(async (folder) => {
    const rows: string[][] = [];
    const problems: string[] = [];
    let last: { readonly set: RuleSet; readonly data: Data } | undefined;
    for (const [place, train, test, task] of SETS.slice(0, quick ? 2 : SETS.length)) {
      const root = place === "examples" ? new URL("../", import.meta.url) : undefined;
      const data = await readData(place, train, test, task, root);
      if (data === undefined) continue;
      const { trace } = await withTrace(learnRules)(data.train);
      const set = rulesOfTrace(trace);
      const { lines, isSame: isRound } = await compareBytes(set, data, folder);
      const isSameElsewhere = await compareModule(set, data, folder);
      const name = `${place}/${train}, ${task}`;
      const found = [isRound, isSameElsewhere].map((is) => is ? "same" : "differ");
      rows.push([name, String(set.rules.length), String(lines), ...found]);
      if (!isRound) problems.push(`predictions of ${name} differ after a round trip`);
      if (!isSameElsewhere) problems.push(`predictions of ${name} differ in a module`);
      if (task === "classification") last = { set, data };
    }
    const trips = formatTable(
      "predict: rules learned, written to a file and read again",
      ["data", "rules", "texts", "bytes", "of a module"],
      rows,
    );
    const speed = await measureSpeed(last!.set, last!.data, folder, quick);
    const memory = await measureMemory(folder, quick);
    return {
      text: [trips, speed.text, memory.text].join("\n\n"),
      problems: [...problems, ...speed.problems, ...memory.problems],
    };
  });
}

/** Compares what rules say in memory with what the script says that reads them from a file. */
async function compareBytes(
  set: RuleSet,
  { test }: Data,
  folder: string,
): Promise<{ lines: number; isSame: boolean }> {
  const [rules, input] = [`${folder}/rules.json`, `${folder}/test.jsonl`];
  await writeRules(rules, set);
  const texts = test.examples.map(({ id, text }) => ({ id, text }));
  await Deno.writeTextFile(input, texts.map((text) => `${JSON.stringify(text)}\n`).join(""));
  const predict = createPredictor(set);
  const expected = texts.map((text) => `${escapeControls(JSON.stringify(predict(text)))}\n`);
  const { bytes } = await runScript(rules, input, "piped");
  const isSame = new TextDecoder().decode(bytes) === expected.join("");
  return { lines: texts.length, isSame };
}

/** Compares what rules say in memory with what the standalone module says that they are exported to. */
async function compareModule(set: RuleSet, { test }: Data, folder: string): Promise<boolean> {
  const { text, refused } = exportRules(set, "js");
  if (refused.length > 0) return false;
  const path = `${folder}/${set.trace!.run}.mjs`;
  await Deno.writeTextFile(path, text);
  const module = await import(`file://${path}`);
  const isLabelled = set.task === "classification";
  const classify = isLabelled ? createClassifier(set) : undefined;
  const extract = isLabelled ? undefined : createExtractor(set);
  const idsOf = (rules: readonly { readonly id: string }[]) => rules.map(({ id }) => id);
  return test.examples.every(({ text }) => {
    if (classify !== undefined) {
      const [{ label, votes, rules }, other] = [classify(text), module.classify(text)];
      return label === other.label && isSame(votes, other.votes) &&
        isSame(idsOf(rules), idsOf(other.rules));
    }
    const outline = (spans: readonly Extraction[]) =>
      spans.map(({ start, end, label, rule }) => [start, end, label, rule.id]);
    return isSame(outline(extract!(text)), outline(module.extract(text)));
  });
}

/** Times the script on many texts, and the bare classifier on them in memory, in turn. */
async function measureSpeed(
  set: RuleSet,
  { test }: Data,
  folder: string,
  quick: boolean,
): Promise<BenchResult> {
  const [rules, input] = [`${folder}/rules.json`, `${folder}/many.jsonl`];
  await writeRules(rules, set);
  const copies = Math.ceil((quick ? 10_000 : 50_000) / test.examples.length);
  const texts = Array.from({ length: copies }, () => test.examples.map(({ text }) => text)).flat();
  await Deno.writeTextFile(input, texts.map((text) => `${JSON.stringify({ text })}\n`).join(""));
  await Deno.writeTextFile(`${folder}/none.txt`, "");
  const [bare, whole, start]: number[][] = [[], [], []];
  for (let run = 0; run < (quick ? 1 : RUNS); run++) {
    const classify = createClassifier(set);
    bare.push(timeOf(() => texts.forEach(classify)));
    whole.push((await runScript(rules, input)).time);
    start.push((await runScript(rules, `${folder}/none.txt`)).time);
  }
  const rate = (time: number) => texts.length / time * 1e3;
  const [inMemory, script] = [rate(median(bare)), rate(median(whole))];
  const running = rate(median(whole) - median(start));
  const text = formatTable(
    `predict: ${set.rules.length} rules on ${texts.length} texts`,
    ["what", "texts a second", "of the classifier"],
    [
      ["classifier in memory", inMemory.toFixed(0), "100 %"],
      ["--predict", running.toFixed(0), share(running, inMemory)],
      ["--predict, with its start", script.toFixed(0), share(script, inMemory)],
    ],
    [
      `held to: half of the classifier; it starts and reads the rules in ${
        median(start).toFixed(0)
      } ms`,
      `medians of ${bare.length} runs, in turn`,
    ],
  );
  return toResult(text, [inMemory, running, script]);
}

function share(part: number, whole: number): string {
  return `${(100 * part / whole).toFixed(0)} %`;
}

/** Measures the peak memory of the script on inputs that grow. */
async function measureMemory(folder: string, quick: boolean): Promise<BenchResult> {
  const rows: string[][] = [];
  const peaks: number[] = [];
  const rules = new URL("../examples/banking.trace.json", import.meta.url).pathname;
  const test = await Deno.readTextFile(new URL("../examples/banking_test.jsonl", import.meta.url));
  for (const megabytes of quick ? [1, 2] : [10, 100, 1_000]) {
    const input = `${folder}/large.jsonl`;
    const part = test.repeat(Math.ceil(1e6 / test.length));
    await Deno.writeTextFile(input, "");
    for (let written = 0; written < megabytes; written++) {
      await Deno.writeTextFile(input, part, { append: true });
    }
    const { peak, time } = await runScript(rules, input);
    peaks.push(peak);
    rows.push([`${megabytes} MB`, (peak / 1e6).toFixed(0), (time / 1e3).toFixed(1)]);
  }
  const table = formatTable(
    "predict: memory",
    ["input", "peak MB", "seconds"],
    rows,
    ["held to: under 300 MB, whatever the input"],
  );
  return toResult(table, peaks);
}

/** Runs the script; returns what it wrote if that is `piped`, its milliseconds and its peak memory in bytes. */
async function runScript(
  rules: string,
  input: string,
  stdout: "null" | "piped" = "null",
): Promise<{ bytes: Uint8Array; time: number; peak: number }> {
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-read", "pipeline.ts", "--rules", rules, "--predict", input],
    cwd: new URL("..", import.meta.url),
    stdout,
  }).spawn();
  let peak = NaN;
  const watch = setInterval(() => peak = peakOf(child.pid) ?? peak, 50);
  const bytes = stdout === "piped" ? await new Response(child.stdout).bytes() : new Uint8Array();
  const { success } = await child.status;
  clearInterval(watch);
  if (!success) throw new Error(`--predict ${input} failed`);
  return { bytes, time: performance.now() - start, peak };
}

if (import.meta.main) await runBench(benchPredict);
