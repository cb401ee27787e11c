/**
 * Makes traces of the training log of RuleChef (https://github.com/KRLabsOrg/rulechef): what its runs did,
 * step by step, as far as the log says.
 *
 *     deno run -A review/rulechef_log.ts LOG [--rules RULES] [--storage FOLDER]
 *
 * RuleChef's `TrainingDataLogger` writes a line for each call of its model that brought a reply, and one for
 * each decision on a patch, but nothing else that RuleChef computes. So a trace made from a log is collected,
 * not recomputed: scores that are on no line are missing, and what no line tells is `unknown`.
 *
 * @module
 */
import { quote, showText } from "../learn/text/quoting.ts";
import { nameInput, readError } from "../learn/text/reading.ts";
import { readRuleChef, type RuleChefRules } from "../rulechef/rule_set.ts";
import { count } from "../print/phrases.ts";
import { parseArgs } from "../script/arguments.ts";
import { NotedError, parseUsage, requirePermission, runScript, write } from "../script/script.ts";
import { createFolder, recordPaths } from "../record/journal.ts";
import { writeTrace } from "../trace.ts";
import { refuseInputs } from "../script/outputs.ts";
import { streamFile } from "../system/files.ts";
import { isScript, readArgs, streamInput } from "../system/process.ts";
import type { Contradiction } from "../rulechef/log/ledger.ts";
import type { Unknown } from "../rulechef/log/unknown.ts";
import { type ImportedLog, importRuleChefLog, type LineCounts } from "../rulechef/log/import.ts";

export {
  type ImportedLog,
  type ImportedRun,
  type ImportOptions,
  importRuleChefLog,
  type LineCounts,
  type RefusedRun,
} from "../rulechef/log/import.ts";
export { parseRuleChef, readRuleChef, type RuleChefRules } from "../rulechef/rule_set.ts";
export type { Contradiction } from "../rulechef/log/ledger.ts";
export { findUnknown, type Unknown } from "../rulechef/log/unknown.ts";

const usage = `Make traces of the training log of RuleChef.

  deno run -A review/rulechef_log.ts LOG [options]

LOG is what RuleChef's TrainingDataLogger wrote (JSON Lines), or - for the standard input. Each run
in it becomes <task>.<run id>.trace.json, and the last of a task <task>.trace.json as well.

  --rules RULES     the rules that the last run returned (JSON): they tell how it ended
  --storage FOLDER  where traces go (default: runs)
  --help            this text

The last line of the output counts the lines of the log, and those that could not be used. Runs that
do not make a valid trace are named on the standard error, with the exit code 1; the others are
written.
`;

function parseArguments(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      rules: { type: "string" },
      storage: { type: "string", default: "runs" },
      help: { type: "boolean", default: false },
    },
  });
  if (!values.help && positionals.length !== 1) {
    throw new TypeError(`expected one LOG (or -), got ${positionals.length}`);
  }
  if (values.storage === "") throw new TypeError("--storage is empty, expected a folder");
  if (values.rules === "-" && positionals[0] === "-") {
    throw new TypeError("LOG and RULES cannot both be the standard input");
  }
  return { ...values, path: positionals[0] };
}

async function main(args: string[]): Promise<void> {
  const { path, rules, storage, help } = parseUsage(() => parseArguments(args));
  if (help) return write(usage);
  await requirePermission("read", path);
  if (rules !== undefined) await requirePermission("read", rules);
  await requirePermission("read", storage);
  await requirePermission("write", storage);
  const returned = rules === undefined ? undefined : await readRuleChef(rules);
  const { runs, refused, counts } = await readLog(path, returned);
  const inputs = rules === undefined ? [path] : [path, rules];
  for (const { trace } of runs) {
    const paths = recordPaths(storage, trace.run);
    refuseInputs("a trace", paths.trace, inputs);
    refuseInputs("a trace", paths.latest, inputs);
  }
  if (runs.length > 0) createFolder(storage, `Cannot write to ${quote(storage, Infinity)}`);
  for (const { trace, contradictions, unknown } of runs) {
    const paths = recordPaths(storage, trace.run);
    await writeTrace(paths.trace, trace);
    await writeTrace(paths.latest, trace);
    write(`trace: ${showText(paths.trace)}\n`);
    for (const line of describeDoubts(contradictions, unknown)) write(`  ${showText(line)}\n`);
  }
  const all = runs.length + refused.length;
  write(`${describeCounts(all, counts)}\n`);
  if (refused.length > 0) {
    const notes = refused.map(({ line, reason }) =>
      showText(`the run that begins at line ${line} does not make a valid trace: ${reason}`)
    );
    throw new NotedError(`${refused.length} of ${count(all, "run")} could not be written`, notes);
  }
  if (runs.length === 0) throw new RangeError(`${nameInput(path)} holds no run of RuleChef`);
}

async function readLog(path: string, returned: RuleChefRules | undefined): Promise<ImportedLog> {
  const source = nameInput(path);
  try {
    const bytes = path === "-" ? streamInput() : streamFile(path);
    return await importRuleChefLog(bytes, returned === undefined ? {} : { returned });
  } catch (cause) {
    throw readError(source, cause, { path });
  }
}

/** How many contradictions, and how many unknowns, are listed. */
const LISTED = 10;

function describeDoubts(
  contradictions: readonly Contradiction[],
  unknown: readonly Unknown[],
): string[] {
  const contradicted = contradictions.map(({ step, line, text }) => {
    const where = line === undefined ? "the returned rules" : `line ${line}`;
    return `contradiction at step ${step}, ${where}: ${text}`;
  });
  const unlogged = unknown.map(({ step, what }) => `unknown at step ${step}: ${what}`);
  return [...listSome(contradicted, "contradictions"), ...listSome(unlogged, "unknowns")];
}

function listSome(lines: readonly string[], what: string): string[] {
  const more = lines.length - LISTED;
  return [...lines.slice(0, LISTED), ...more > 0 ? [`${more} more ${what}`] : []];
}

function describeCounts(runs: number, counts: LineCounts): string {
  const { lines, used, other, orphan, task, stray, broken, isTorn, ambiguous } = counts;
  const notes = ([
    [ambiguous, "that would fit several runs"],
    [other, "of other calls"],
    [task, "of other tasks"],
    [orphan, "of no run"],
    [stray, "not of a training log"],
    [broken, isTorn ? "not JSON, the last one cut off" : "not JSON"],
  ] as const).flatMap(([amount, what]) => amount === 0 ? [] : [`${amount} ${what}`]);
  return [`${count(lines, "line")}: ${used} of ${count(runs, "run")}`, notes.join(", ")]
    .filter((part) => part !== "").join("; ");
}

if (isScript("rulechef_log", import.meta.main, import.meta.url)) {
  await runScript("rulechef_log.ts", () => main(readArgs()));
}
