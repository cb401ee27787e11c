/**
 * Comparing as a script: arguments, files, exit codes.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { readExamples } from "../../learn/data/dataset.ts";
import { parseUsage, requirePermission, write } from "../../script/script.ts";
import { MAX_WIDTH, MIN_WIDTH, parseWidth, terminal, toJson } from "../../script/terminal.ts";
import { readTrace } from "../../trace.ts";
import { requireOutput, writePage } from "../../script/outputs.ts";
import { compareTraces, THRESHOLDS } from "./compare_traces.ts";
import type { Severity } from "./comparison.ts";
import { renderComparison } from "./page.ts";
import { formatComparison } from "./text.ts";
import { listFolder, PIPED_TABLE } from "../history/script.ts";

const usage = `Compare two traces, or list the runs of a folder.

  deno run --allow-read review/compare.ts BEFORE AFTER [options]
  deno run --allow-read review/compare.ts FOLDER [--json] [--width N]

BEFORE and AFTER are .trace.json files or the .trace.jsonl of a run that is going on or was killed;
one of them may be - for the standard input. What differs is told in the order of a run: data and
configuration, the first step at which the runs part and why, rules, scores. FOLDER is listed as a
table of its runs, broken files included; folders in it are not.

  --data FILE         run both rule sets on these examples: JSON Lines, JSON or CSV. Rules are then
                      aligned by what they match; labels, gained and lost examples are listed, with
                      an exact McNemar test and a 95 % bootstrap interval of the difference in F1
  --html PAGE         write a page as well: beside and then renamed, so its folder has to be
                      readable and writable (--allow-read=FOLDER --allow-write=FOLDER)
  --fail-on SEVERITY  warn, alert or never: from which severity on to exit with 1 (default: alert)
  --warn-drop X       F1 that may be lost before it is a warning, in points (default: ${THRESHOLDS.warnDrop})
  --alert-drop X      F1 that may be lost before it is an alert, in points (default: ${THRESHOLDS.alertDrop})
  --json              JSON instead of text, with every rule and example
  --width N           columns, ${MIN_WIDTH} to ${MAX_WIDTH} (default: the terminal's, or 100;
                      ${PIPED_TABLE} for a folder)
  --help              this text

An alert is a loss of F1 over --alert-drop, the same inputs with another output, or an AFTER that
did not come to its end; a warning a loss over --warn-drop, or other data. F1 counts on --data, test
and dev, where both runs have the same examples. Exit codes: 0; 1 from --fail-on on and for errors;
2 for bad arguments. Colours only on a terminal, and not where NO_COLOR is set.
`;

interface Arguments {
  readonly paths: readonly string[];
  readonly help: boolean;
  readonly json: boolean;
  readonly layout: { readonly width?: number };
  readonly data?: string;
  readonly html?: string;
  readonly failOn: "warn" | "alert" | "never";
  readonly warnDrop?: number;
  readonly alertDrop?: number;
}

function parseArguments(args: string[]): Arguments {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const { values, positionals: paths } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      data: text,
      html: text,
      "fail-on": text,
      "warn-drop": text,
      "alert-drop": text,
      json: flag,
      width: text,
      help: flag,
    },
  });
  const { help, json, data, html, width } = values;
  const failOn = (["warn", "alert", "never"] as const)
    .find((word) => word === (values["fail-on"] ?? "alert"));
  if (failOn === undefined) {
    throw new TypeError(`--fail-on is ${values["fail-on"]}, expected warn, alert or never`);
  }
  const layout = parseWidth(width);
  const drops = {
    warnDrop: parseDrop("warn-drop", values["warn-drop"]),
    alertDrop: parseDrop("alert-drop", values["alert-drop"]),
  };
  if (!help) checkPaths(paths, values);
  return { paths, help, json, layout, data, html, failOn, ...drops };
}

function parseDrop(name: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (/^(\d+\.?\d*|\.\d+)$/.test(given) && Number(given) <= 100) return Number(given);
  throw new TypeError(`--${name} is ${given}, expected 0 to 100 percentage points`);
}

/** Options that say nothing of a folder. */
const FOR_TWO = ["data", "html", "fail-on", "warn-drop", "alert-drop"];

function checkPaths(
  paths: readonly string[],
  values: Readonly<Record<string, string | boolean | undefined>>,
): void {
  if (paths.length !== 1 && paths.length !== 2) {
    throw new TypeError(`expected two traces or one folder, got ${paths.length}`);
  }
  if (paths.includes("")) throw new TypeError("a path is empty, expected a file or folder");
  if (paths.length === 1) {
    if (paths[0] === "-") throw new TypeError("expected a second trace beside -");
    const stray = FOR_TWO.find((name) => values[name] !== undefined);
    if (stray !== undefined) throw new TypeError(`--${stray} is for two traces, got one path`);
  }
  if (values.html === "") throw new TypeError("--html is empty, expected the name of a file");
  const inputs = values.data === undefined ? paths : [...paths, values.data];
  if (inputs.filter((path) => path === "-").length > 1) {
    throw new TypeError("only one input can be the standard input");
  }
}

/** Runs the script; the exit code. */
export async function runCompare(args: string[]): Promise<number> {
  const parsed = parseUsage(() => parseArguments(args));
  if (parsed.help) write(usage);
  else if (parsed.paths.length === 1) await listFolder(parsed.paths[0], parsed);
  else return await compareFiles(parsed);
  return 0;
}

async function compareFiles(
  { paths, json, layout, data, html, failOn, warnDrop, alertDrop }: Arguments,
): Promise<number> {
  const inputs = data === undefined ? paths : [...paths, data];
  for (const path of inputs) await requirePermission("read", path);
  if (html !== undefined) await requireOutput("--html", html, inputs);
  const before = await readTrace(paths[0]);
  const after = await readTrace(paths[1]);
  const { task } = before.run.dataset;
  // Rules of different tasks cannot be run on the same examples: that is told as a result.
  const compared = data === undefined || task !== after.run.dataset.task
    ? {}
    : { data: await readExamples(data, { task }) };
  const comparison = compareTraces(before, after, { ...compared, warnDrop, alertDrop });
  if (html !== undefined) await writePage(html, after, renderComparison(comparison));
  write(json ? toJson(comparison) : formatComparison(comparison, { ...terminal(), ...layout }));
  return isFailure(comparison.severity, failOn) ? 1 : 0;
}

function isFailure(severity: Severity, failOn: Arguments["failOn"]): boolean {
  return failOn === "warn" ? severity !== "ok" : failOn === "alert" && severity === "alert";
}
