/**
 * Measures how long a trace takes to print from the start of the process, beside an empty script, and how
 * large the package is as one minified file.
 *
 *     deno run -A bench/start.ts [--quick]
 *
 * @module
 */
import { join } from "jsr:@std/path@^1";
import { fileURLToPath } from "node:url";
import { formatTrace } from "../print.ts";
import { readTrace } from "../trace.ts";
import { inTempFolder } from "./data.ts";
import { type BenchOptions, type BenchResult, formatRanges, runBench } from "./table.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const example = "examples/banking.trace.json";

/** Runs an empty script and the printer in turn, and bundles the public module. */
export function benchStart({ quick }: BenchOptions): Promise<BenchResult> {
  return inTempFolder(async (folder) => {
    const empty = join(folder, "empty.ts");
    await Deno.writeTextFile(empty, "");
    const scripts = { empty: [empty], print: ["print.ts", example] };
    const times: Record<keyof typeof scripts, number[]> = { empty: [], print: [] };
    const text = formatTrace(await readTrace(join(root, example)), { width: 100 });
    // The first runs fill the caches.
    for (let run = -1; run < (quick ? 3 : 15); run++) {
      for (const [name, args] of Object.entries(scripts) as ["empty" | "print", string[]][]) {
        const start = performance.now();
        const printed = await runDeno(["run", "-A", ...args]);
        if (run >= 0) times[name].push(performance.now() - start);
        if (printed !== (name === "print" ? text : "")) {
          throw new Error(`${name} printed otherwise`);
        }
      }
    }
    const ratios = times.print.map((time, run) => time / times.empty[run]);
    const size = await bundleSize(join(folder, "mod.js"));
    return formatRanges(
      "start: a trace of 24 kB is printed, a process each time",
      [
        ["an empty script", times.empty, "ms"],
        ["print.ts", times.print, "ms"],
        ["print.ts to an empty script", ratios, "times", "under 3"],
        ["mod.ts as one minified file", [size], "kB", "under 900"],
      ],
      [`${ratios.length} pairs, with warm caches`],
      1,
    );
  });
}

/** Bundles the public module into a file; returns its size in kB. */
async function bundleSize(path: string): Promise<number> {
  await runDeno(["bundle", "-q", "--minify", "--output", path, "mod.ts"]);
  return (await Deno.stat(path)).size / 1_000;
}

/** Runs Deno in the folder of the package; returns what it prints. */
async function runDeno(args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  const [printed, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(errors);
  return printed;
}

if (import.meta.main) await runBench(benchStart);
