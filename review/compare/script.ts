/**
 * Comparing as a script: arguments, files, exit codes.
 *
 * @module
 */
import { readExamples } from "../../learn/data/dataset.ts";
import { parseArgs } from "../../script/arguments.ts";
import { fieldOptions, fieldUsage, parseFields } from "../../script/fields.ts";
import { parseUsage, requirePermission, write } from "../../script/script.ts";
import { MAX_WIDTH, MIN_WIDTH, parseWidth, terminal, toJson } from "../../script/terminal.ts";
import { readTrace } from "../../trace.ts";
import { requireOutput, writeOutput } from "../../script/outputs.ts";
import { describeCause } from "../../system/files.ts";
import { annotateFailure, formatAnnotations } from "./annotations.ts";
import type { Comparison } from "./comparison.ts";
import { formatComparisonMarkdown } from "./markdown.ts";
import { compareTraces, THRESHOLDS } from "./compare_traces.ts";
import { renderComparison } from "./page.ts";
import { formatComparison } from "./text.ts";
import { listFolder, PIPED_TABLE } from "../history/script.ts";

const usage = `Compare two traces, or list the runs of a folder.

  deno run --allow-read review/compare.ts BEFORE AFTER [options]
  deno run --allow-read review/compare.ts FOLDER [--json] [--width N]

BEFORE and AFTER are .trace.json files, or the .trace.jsonl of a run that is still going on or was
killed; one of them may be - for the standard input. Shown are the scores, the labels by change, the
first step at which the runs part and why, data and configuration, rules. FOLDER is listed as a
table of its runs, broken files included; folders in it are not listed.

  --data FILE         run both rule sets on these examples: JSON Lines, JSON or CSV. Rules are then
                      aligned by what they match; labels, gained and lost examples are listed, with
                      an exact McNemar test and a 95 % bootstrap interval of the difference in F1
${fieldUsage}  --fail-on SEVERITY  warn, alert or never: worse is a finding as bad as this (default: alert)
  --warn-drop X       a loss of F1 over this is a warning, in points (default: ${THRESHOLDS.warnDrop})
  --alert-drop X      a loss of F1 over this is an alert, in points (default: ${THRESHOLDS.alertDrop})
  --min-f1 X          worse is an F1 of AFTER below this, in per cent: on --data, or else test, or
                      else dev
  --min-f1-label X    worse is an F1 of AFTER below this for any label of --data, in per cent
  --format FORMAT     text, json, markdown (the summary of a job) or github (annotations of a step
                      of GitHub Actions) (default: text)
  --json              the same as --format json: every rule and example
  --html PAGE         write a page as well, of the two traces or of the folder: to a temporary file
                      beside it, which is then renamed, so its folder has to be readable and
                      writable (--allow-read=FOLDER --allow-write=FOLDER)
  --width N           columns, ${MIN_WIDTH} to ${MAX_WIDTH} (default: the terminal's, or 100;
                      ${PIPED_TABLE} for a folder)
  --help              this text

An alert is a loss of F1 over --alert-drop, another output from the same inputs without a model, or
an AFTER that did not finish. A warning is a loss over --warn-drop, other data, or another output
with a model. F1 counts on --data, test and dev, if both runs have the same examples and neither
learned from them. A loss that may be chance is one degree less bad.
The exit code is 0 if AFTER is fine, 1 if it is worse, 2 if the two could not be compared (no F1 of
the same examples, other tasks, a minimum that cannot be measured, a file that cannot be read), and
for bad arguments.
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
      "min-f1": text,
      "min-f1-label": text,
      format: text,
      json: flag,
      width: text,
      help: flag,
    },
  });
  const { help, data, html, width } = values;
  const thresholds = {
    failOn: parseWord("fail-on", values["fail-on"], ["warn", "alert", "never"]),
    warnDrop: parseDrop("warn-drop", values["warn-drop"]),
    alertDrop: parseDrop("alert-drop", values["alert-drop"]),
    minF1: parseLeast("min-f1", values["min-f1"]),
    minLabelF1: parseLeast("min-f1-label", values["min-f1-label"]),
  };
  const asked = parseWord("format", values.format, ["text", "json", "markdown", "github"]);
  if (values.json && asked !== undefined && asked !== "json") {
    throw new TypeError(`--json and --format ${asked} do not go together`);
  }
  const format = values.json ? "json" : asked ?? "text";
  if (!help) checkPaths(paths, { ...values, format });
  const { fields } = parseFields(values);
  return { paths, help, format, layout: parseWidth(width), data, fields, html, thresholds };
}

function parseWord<const Word extends string>(
  name: string,
  value: string | undefined,
  words: readonly Word[],
): Word | undefined {
  if (value === undefined) return undefined;
  const word = words.find((word) => word === value);
  if (word !== undefined) return word;
  const all = `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
  throw new TypeError(`--${name} is ${value}, expected ${all}`);
}

function parseDrop(name: string, value: string | undefined): number | undefined {
  return parseNumber(name, value, "percentage points");
}

/** Parses an F1 in per cent. One up to 1 is a share, by which next to nothing would be asked. */
function parseLeast(name: string, value: string | undefined): number | undefined {
  const least = parseNumber(name, value, "per cent");
  if (least === undefined || least === 0 || least > 1) return least;
  throw new TypeError(`--${name} is ${value}, expected per cent, as all F1 are shown, such as 90`);
}

function parseNumber(name: string, value: string | undefined, unit: string): number | undefined {
  if (value === undefined) return undefined;
  if (/^(\d+\.?\d*|\.\d+)$/.test(value) && Number(value) <= 100) return Number(value);
  throw new TypeError(`--${name} is ${value}, expected 0 to 100 ${unit}`);
}

/** Options that do not apply to a folder. */
const FOR_TWO = [
  "data",
  ...Object.keys(fieldOptions),
  "fail-on",
  "warn-drop",
  "alert-drop",
  "min-f1",
  "min-f1-label",
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
    if (values.format === "markdown" || values.format === "github") {
      throw new TypeError(`--format ${values.format} is for two traces, got one path`);
    }
  } else if (values["min-f1-label"] !== undefined && values.data === undefined) {
    throw new TypeError("--min-f1-label needs --data: traces hold no scores of labels");
  }
  if (values.html === "") throw new TypeError("--html is empty, expected the name of a file");
  if ([...paths, values.data].filter((path) => path === "-").length > 1) {
    throw new TypeError("only one input can be the standard input");
  }
}

/** Runs the script, and returns its exit code. */
export async function runCompare(args: string[]): Promise<number> {
  const parsed = parseUsage(() => parseArguments(args));
  const { help, paths, format } = parsed;
  if (help) {
    write(usage);
    return 0;
  }
  if (paths.length === 1) {
    await listFolder(paths[0], { ...parsed, json: format === "json" });
    return 0;
  }
  try {
    return await compareFiles(parsed);
  } catch (error) {
    // Else a job would only show the exit code.
    if (format === "github") write(annotateFailure(describeCause(error)));
    throw error;
  }
}

/** The exit codes of what a gate says. */
const EXITS = { fine: 0, worse: 1, incomparable: 2 } as const;

async function compareFiles(
  { paths, format, layout, data, fields, html, thresholds }: CompareArguments,
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
  const comparison = compareTraces(before, after, { ...compared, ...thresholds });
  if (html !== undefined) writeOutput(html, renderComparison(comparison));
  write(formatAs(format, comparison, layout));
  return EXITS[comparison.gate];
}

function formatAs(
  format: CompareArguments["format"],
  comparison: Comparison,
  layout: CompareArguments["layout"],
): string {
  switch (format) {
    case "json":
      return toJson(comparison);
    case "markdown":
      return formatComparisonMarkdown(comparison);
    case "github":
      return formatAnnotations(comparison);
    case "text":
      return formatComparison(comparison, { ...terminal(), ...layout });
  }
}
