/**
 * Exports runs as training data, twice, as a user does: whether the bytes are the same, and what time it takes.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import type { QuarantinedRow } from "../../review/dataset/format.ts";
import { type BenchResult, formatTable } from "../table.ts";
import { benchFirewall } from "./firewall.ts";
import type { MadeRun } from "./runs.ts";

/** Seconds of CPU that an export of 39 runs, and one more into its folder, may take together. */
const SECONDS = 10;

const SCRIPT = fileURLToPath(new URL("../../review/dataset.ts", import.meta.url));

/**
 * Exports the runs of a folder into two folders, and into the first once more, and looks for protected texts in what was
 * written.
 */
export async function benchExports(
  folder: string,
  runs: readonly MadeRun[],
): Promise<BenchResult> {
  const samples = [...new Set(runs.map(({ sample }) => sample))];
  const data = samples.flatMap(({ trainPath }) => ["--data", trainPath]);
  const protect = samples.flatMap(({ testPath }) => ["--protect", testPath]);
  const seconds: number[] = [];
  const outputs: Map<string, string>[] = [];
  for (const out of ["out1", "out2", "out1"].map((name) => `${folder}/${name}`)) {
    const before = childSeconds();
    await runScript([`${folder}/runs`, ...data, ...protect, "--format", "trl", "-o", out]);
    seconds.push(childSeconds() - before);
    outputs.push(await readFiles(out));
  }
  const [first] = outputs;
  const differing = [...new Set(outputs.flatMap((files) => [...files.keys()]))].sort()
    .filter((path) => outputs.some((files) => files.get(path) !== first.get(path)));
  const rows = new Map(
    [...first].filter(([path]) => /^[a-z]+\.jsonl$/.test(path))
      .map(([path, text]) => [path, text.split("\n").filter((line) => line !== "")]),
  );
  const left = rows.get("quarantine.jsonl") ?? [];
  const kinds = [...rows].filter(([path]) =>
    path !== "quarantine.jsonl" && path !== "evidence.jsonl"
  );
  const bytes = [...first.values()].reduce((sum, text) => sum + text.length, 0);
  const total = seconds[0] + seconds[2];
  const format = (time: number) => Number.isFinite(time) ? time.toFixed(1) : "unknown";
  const text = formatTable(`evidence: ${runs.length} runs exported twice`, [
    "what",
    "found",
    "held to",
  ], [
    ["files that differ", String(differing.length), "0"],
    ["seconds of CPU: into a new folder", format(seconds[0]), ""],
    ["into another one", format(seconds[1]), ""],
    ["into the first once more", format(seconds[2]), ""],
    ["first and last together", format(total), `< ${SECONDS}`],
    ["files", String(first.size), ""],
    ["characters", String(bytes), ""],
    ...kinds.map(([path, lines]) => [path, String(lines.length), ""]),
    ["left out", String(left.length), ""],
  ], countReasons(left));
  const guarded = samples.flatMap(({ test }) => test.examples.map(({ text }) => text));
  const firewall = benchFirewall(new Map(kinds), guarded);
  return {
    text: `${text}\n\n${firewall.text}`,
    problems: [
      ...differing.map((path) => `export: ${path} differs from one export to the next`),
      // A machine may be busy: only what is far beyond is a problem.
      ...(total > 3 * SECONDS ? [`export: it took ${total.toFixed(1)} s of CPU`] : []),
      ...firewall.problems,
    ],
  };
}

/** Says for each kind how many rows are left out for which reason. */
function countReasons(lines: readonly string[]): string[] {
  const left = lines.map((line) => JSON.parse(line) as QuarantinedRow);
  return [...Map.groupBy(left, ({ kind }) => kind)].map(([kind, rows]) => {
    const reasons = [...Map.groupBy(rows, ({ reason }) => reason)].sort();
    return `${kind} without ${reasons.map(([name, { length }]) => `${name} ${length}`).join(", ")}`;
  });
}

async function runScript(args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", SCRIPT, ...args],
  }).output();
  if (!success) throw new Error(`the export failed: ${new TextDecoder().decode(stderr).trim()}`);
}

/** Returns the seconds of CPU of the processes that this one waited for; NaN if the system does not tell. */
function childSeconds(): number {
  try {
    const stat = Deno.readTextFileSync("/proc/self/stat");
    // After the name in brackets: 3 state … 16 cutime, 17 cstime, in hundredths of a second (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[13]) + Number(fields[14])) / 100;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return NaN;
    throw error;
  }
}

/** Reads all files of a folder, by their paths in it. */
async function readFiles(folder: string, prefix = ""): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${prefix}`)) {
    const path = `${prefix}${name}`;
    if (!isDirectory) texts.set(path, await Deno.readTextFile(`${folder}/${path}`));
    else for (const [inner, text] of await readFiles(folder, `${path}/`)) texts.set(inner, text);
  }
  return texts;
}
