/**
 * The pipeline as a script: arguments, progress, and what it prints.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { type DatasetInput, DatasetName, readDataset } from "../learn/dataset.ts";
import { printTrace } from "../print.ts";
import { parseUsage, requirePermission, write } from "../print/script.ts";
import { type Recorded, TraceWriteError, withTrace } from "../trace.ts";
import { type LearnOptions, type Progress, resolveOptions } from "./options.ts";

/** Learns from a data set and returns rules and scores. */
type Learn = (
  dataset: DatasetInput,
  options?: LearnOptions,
) => Promise<{ rules: readonly unknown[]; scores: object }>;

const usage = `Learn rules from labelled texts, and record every step.

  deno run --allow-read --allow-write=runs pipeline.ts FILE [options]

FILE holds examples { "text", "label", "id"? } as JSON Lines, JSON, or CSV with a header; - is the
standard input. The trace goes to <storage>/<data set>.trace.json.

  --test FILE         score the rules on these examples once, at the end
  --storage DIR       folder for traces (default: runs)
  --name NAME         name of the data set (default: the file's)
  --seed N            seed of the split (default: 0)
  --holdout X         share of the examples held out to decide by (default: 0.2)
  --decide HOW        vote, by weight, or first, by a decision list (default: vote)
  --threshold X       votes a label needs more than, else abstain (default: 0)
  --default majority  the most frequent label where no rule decides (default: none)
  --max-rules N       rules at most (default: as many as help)
  --max-iterations N  patches at most (default: 20)
  --patience N        patches that may fail in a row (default: 2)
  --target X          F1 at which to stop (default: none)
  --tolerance X       F1 that a patch may cost if precision rises (default: 0.005)
  --margin X          lead in votes under which a right decision is a failure (default: 1)
  --no-refit          do not learn once more on all examples at the end
  --json              print { path, rules, scores } instead of the story
  --help              this text
`;

const numbers = {
  seed: "seed",
  holdout: "holdout",
  threshold: "threshold",
  "max-rules": "maxRules",
  "max-iterations": "maxIterations",
  patience: "patience",
  target: "target",
  tolerance: "tolerance",
  margin: "margin",
} as const satisfies Record<string, keyof LearnOptions>;

function parseArguments(args: string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      test: text,
      storage: { ...text, default: "runs" },
      name: text,
      seed: text,
      holdout: text,
      decide: text,
      threshold: text,
      default: text,
      "max-rules": text,
      "max-iterations": text,
      patience: text,
      target: text,
      tolerance: text,
      margin: text,
      "no-refit": flag,
      json: flag,
      help: flag,
    },
  });
  const options: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(numbers)) {
    const given = values[name as keyof typeof numbers];
    if (given === undefined) continue;
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(given)) {
      throw new TypeError(`--${name} is ${given}, expected a number`);
    }
    options[option] = Number(given);
  }
  const { decide, default: fallback } = values;
  if (decide !== undefined && decide !== "vote" && decide !== "first") {
    throw new TypeError(`--decide is ${decide}, expected vote or first`);
  }
  if (fallback !== undefined && fallback !== "majority") {
    throw new TypeError(`--default is ${fallback}, expected majority`);
  }
  if (values["no-refit"]) options.refit = false;
  if (!values.help && positionals.length !== 1) {
    throw new TypeError(`expected one FILE (or -), got ${positionals.length}`);
  }
  if (positionals[0] === "-" && values.test === "-") {
    throw new TypeError("FILE and --test cannot both be the standard input");
  }
  if (values.storage === "") throw new TypeError("--storage is empty, expected a folder");
  const { name } = values;
  if (name !== undefined && !DatasetName.safeParse(name).success) {
    throw new TypeError(`--name is ${name}, expected up to 100 of A-Z a-z 0-9 . _ -`);
  }
  const choices: Pick<LearnOptions, "decide" | "default"> = { decide, default: fallback };
  const given = { ...options, ...choices };
  resolveOptions(given);
  return { ...values, path: positionals[0], options: given };
}

/** Runs the script: learns with `learn`, records the run, prints its story or its result as JSON. */
export async function learnFromFile(args: string[], learn: Learn): Promise<void> {
  const given = parseUsage(() => parseArguments(args));
  if (given.help) return write(usage);
  const { path, test, storage, name, json, options } = given;
  await requirePermission("read", path);
  if (test !== undefined) await requirePermission("read", test);
  await requirePermission("read", storage);
  await requirePermission("write", storage);
  const dataset = await readDataset(path, { name });
  const controller = new AbortController();
  const interrupt = () => controller.abort(new DOMException("Interrupted", "AbortError"));
  Deno.addSignalListener("SIGINT", interrupt);
  const progress = createProgress();
  try {
    const result = await withTrace(learn, { storage })(dataset, {
      ...options,
      test: test === undefined ? undefined : await readDataset(test),
      signal: controller.signal,
      onProgress: progress?.show,
    });
    progress?.clear();
    report(result, json);
  } catch (error) {
    progress?.clear();
    if (error === controller.signal.reason && !("suppressed" in controller.signal.reason)) {
      Deno.exit(INTERRUPTED);
    }
    // What was learned is shown even where it could not be written.
    if (error instanceof TraceWriteError && error.result !== undefined && !json) {
      printTrace(error.trace);
    }
    throw error;
  } finally {
    Deno.removeSignalListener("SIGINT", interrupt);
  }
}

/** The exit code of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

function report(
  { rules, scores, trace, path }: Awaited<ReturnType<Learn>> & Recorded,
  json: boolean,
): void {
  if (json) return write(JSON.stringify({ path, rules: rules.length, scores }) + "\n");
  printTrace(trace);
  write(`\ntrace: ${path}\n`);
}

/** A line on the terminal that says how far the run is; none where there is no terminal. */
function createProgress(): { show(progress: Progress): void; clear(): void } | undefined {
  if (!Deno.stderr.isTerminal()) return undefined;
  const clear = "\r\x1b[K";
  return {
    show({ stage, iteration, f1, on, elapsed }) {
      const parts = [
        iteration === undefined ? stage : `${stage} ${iteration}`,
        ...(f1 === undefined ? [] : [`${on} F1 ${(100 * f1).toFixed(1)} %`]),
        `${(elapsed / 1000).toFixed(1)} s`,
      ];
      write(clear + parts.join(" · "), Deno.stderr);
    },
    clear: () => write(clear, Deno.stderr),
  };
}
