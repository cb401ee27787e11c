/**
 * Comparing as a script: arguments, files, exit codes.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { readExamples } from "../../learn/data/dataset.ts";
import { fieldOptions, fieldUsage, parseFields } from "../../script/fields.ts";
import { parseUsage, requirePermission, write } from "../../script/script.ts";
import { MAX_WIDTH, MIN_WIDTH, parseWidth, terminal, toJson } from "../../script/terminal.ts";
import { readTrace } from "../../trace.ts";
import { requireOutput, writePage } from "../../script/outputs.ts";
import { compareTraces, THRESHOLDS } from "./compare_traces.ts";
import { renderComparison } from "./page.ts";
import { formatComparison } from "./text.ts";
import { listFolder, PIPED_TABLE } from "../history/script.ts";

const usage = `Compare two traces, or list the runs of a folder.

  deno run --allow-read review/compare.ts BEFORE AFTER [options]
  deno run --allow-read review/compare.ts FOLDER [--json] [--width N]

BEFORE and AFTER are .trace.json files, or the .trace.jsonl of a run that is still going on or was
killed; one of them may be - for the standard input. Differences are shown in the order of a run:
data and configuration, the first step at which the runs part and why, rules, scores. FOLDER is
listed as a table of its runs, broken files included; folders in it are not listed.

  --data FILE         run both rule sets on these examples: JSON Lines, JSON or CSV. Rules are then
                      aligned by what they match; labels, gained and lost examples are listed, with
                      an exact McNemar test and a 95 % bootstrap interval of the difference in F1
${fieldUsage}  --html PAGE         write a page as well: to a temporary file beside it, which is then renamed, so
                      its folder has to be readable and writable (--allow-read=FOLDER
                      --allow-write=FOLDER)
  --fail-on SEVERITY  warn, alert or never: exit with 1 at this severity or worse (default: alert)
  --warn-drop X       a loss of F1 over this is a warning, in points (default: ${THRESHOLDS.warnDrop})
  --alert-drop X      a loss of F1 over this is an alert, in points (default: ${THRESHOLDS.alertDrop})
  --json              JSON instead of text, with every rule and example
  --width N           columns, ${MIN_WIDTH} to ${MAX_WIDTH} (default: the terminal's, or 100;
                      ${PIPED_TABLE} for a folder)
  --help              this text

An alert is a loss of F1 over --alert-drop, another output from the same inputs without a model, or
an AFTER that did not finish. A warning is a loss over --warn-drop, other data, or another output
with a model. F1 counts on --data, test and dev, if both runs have the same examples. The exit code
is 1 if the severity is that of --fail-on or worse and for errors, 2 for bad arguments, else 0.
Colours are used only on a terminal, and not if NO_COLOR is set. With --allow-env=FORCE_COLOR,TERM,
FORCE_COLOR=1 colours what is piped too, and TERM=dumb means no colours.
`;

type CompareArguments = ReturnType<typeof parseArguments>;

function parseArguments(args: string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const { values, positionals: paths } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      data: text,
      ...fieldOptions,
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
  const drops = {
    warnDrop: parseDrop("warn-drop", values["warn-drop"]),
    alertDrop: parseDrop("alert-drop", values["alert-drop"]),
  };
  if (!help) checkPaths(paths, values);
  return {
    paths,
    help,
    json,
    layout: parseWidth(width),
    data,
    ...parseFields(values),
    html,
    failOn,
    ...drops,
  };
}

function parseDrop(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^(\d+\.?\d*|\.\d+)$/.test(value) && Number(value) <= 100) return Number(value);
  throw new TypeError(`--${name} is ${value}, expected 0 to 100 percentage points`);
}

/** Options that do not apply to a folder. */
const FOR_TWO = [
  "data",
  ...Object.keys(fieldOptions),
  "html",
  "fail-on",
  "warn-drop",
  "alert-drop",
];

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
  if ([...paths, values.data].filter((path) => path === "-").length > 1) {
    throw new TypeError("only one input can be the standard input");
  }
}

/** Runs the script, and returns its exit code. */
export async function runCompare(args: string[]): Promise<number> {
  const parsed = parseUsage(() => parseArguments(args));
  if (parsed.help) write(usage);
  else if (parsed.paths.length === 1) await listFolder(parsed.paths[0], parsed);
  else return await compareFiles(parsed);
  return 0;
}

async function compareFiles(
  { paths, json, layout, data, fields, html, failOn, warnDrop, alertDrop }: CompareArguments,
): Promise<number> {
  const inputs = data === undefined ? paths : [...paths, data];
  for (const path of inputs) await requirePermission("read", path);
  if (html !== undefined) await requireOutput("--html", html, inputs);
  const before = await readTrace(paths[0]);
  const after = await readTrace(paths[1]);
  const { task } = before.run.dataset;
  // Rules of different tasks cannot run on the same examples: the comparison says so.
  const compared = data === undefined || task !== after.run.dataset.task
    ? {}
    : { data: await readExamples(data, { task, fields }) };
  const comparison = compareTraces(before, after, { ...compared, warnDrop, alertDrop });
  if (html !== undefined) writePage(html, after, renderComparison(comparison));
  write(json ? toJson(comparison) : formatComparison(comparison, { ...terminal(), ...layout }));
  const { severity } = comparison;
  const isFailure = failOn === "warn" ? severity !== "ok" : failOn === severity;
  return isFailure ? 1 : 0;
}
