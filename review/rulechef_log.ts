/**
 * Makes traces of the training log of RuleChef (https://github.com/KRLabsOrg/rulechef): what its runs did,
 * step by step, as far as the log says.
 *
 *     deno run -A review/rulechef_log.ts LOG [--rules RULES] [--data FILE] [--tape] [--storage FOLDER]
 *
 * RuleChef's `TrainingDataLogger` writes a line for each call of its model that brought a reply, and one for
 * each decision on a patch, but nothing else that RuleChef computes. So a trace made from a log is collected,
 * not recomputed: scores that are on no line are missing, and what no line tells is `unknown`.
 *
 * @module
 */
import { quote, showText } from "../learn/text/quoting.ts";
import { fileError, nameInput, readError } from "../learn/text/reading.ts";
import { readDataset } from "../learn/data/dataset.ts";
import { readRuleChef } from "../rulechef/rule_set.ts";
import { count, formatCount } from "../print/phrases.ts";
import { parseArgs } from "../script/arguments.ts";
import { NotedError, parseUsage, requirePermission, runScript, write } from "../script/script.ts";
import { createFolder, recordPaths } from "../record/journal.ts";
import { writeTrace } from "../trace.ts";
import { refuseInputs } from "../script/outputs.ts";
import { fieldOptions, fieldUsage, parseFields } from "../script/fields.ts";
import { Tape } from "../record/tape.ts";
import {
  lstatOrNothing,
  removeFile,
  renameFile,
  statOrNothing,
  streamFile,
} from "../system/files.ts";
import { isScript, readArgs, streamInput } from "../system/process.ts";
import type { Contradiction } from "../rulechef/log/ledger.ts";
import type { Unknown } from "../rulechef/log/unknown.ts";
import {
  type ImportedLog,
  type ImportedRun,
  type ImportOptions,
  importRuleChefLog,
  type LineCounts,
} from "../rulechef/log/import.ts";
import { readExchanges } from "../rulechef/log/proving/tape.ts";

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
export { type LoggedExchange, readExchanges } from "../rulechef/log/proving/tape.ts";
export { findUnknown, type Unknown } from "../rulechef/log/unknown.ts";

const usage = `Make traces of the training log of RuleChef.

  deno run -A review/rulechef_log.ts LOG [options]

LOG is what RuleChef's TrainingDataLogger wrote (JSON Lines), or - for the standard input. Each run
in it becomes <task>.<run id>.trace.json, and the last of a task <task>.trace.json as well.

  --rules RULES     the rules that the last run returned (JSON): they tell how it ended
  --data FILE       the examples that the runs learned from: traces then name them by their digest,
                    unless the log shows other ones
  --tape            write the prompts and replies of each run as well, with the texts in them:
                    <task>.<run id>.exchanges.jsonl, which its trace proves
${fieldUsage}  --storage FOLDER  where traces go (default: runs)
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
      data: { type: "string" },
      tape: { type: "boolean", default: false },
      ...fieldOptions,
      storage: { type: "string", default: "runs" },
      help: { type: "boolean", default: false },
    },
  });
  if (!values.help && positionals.length !== 1) {
    throw new TypeError(`expected one LOG (or -), got ${positionals.length}`);
  }
  if (values.storage === "") throw new TypeError("--storage is empty, expected a folder");
  const [path] = positionals;
  if ([path, values.rules, values.data].filter((input) => input === "-").length > 1) {
    throw new TypeError("only one input can be the standard input");
  }
  if (values.tape && path === "-") {
    throw new TypeError("--tape reads LOG twice: it cannot be the standard input");
  }
  return { ...values, ...parseFields(values), path };
}

async function main(args: string[]): Promise<void> {
  const { path, rules, data, fields, tape, storage, help } = parseUsage(() => parseArguments(args));
  if (help) return write(usage);
  const inputs = [path, rules, data].filter((input) => input !== undefined);
  for (const input of inputs) await requirePermission("read", input);
  await requirePermission("read", storage);
  await requirePermission("write", storage);
  if (tape && statOrNothing(path)?.isFile() === false) {
    throw new TypeError(`--tape reads LOG twice, and ${nameInput(path)} is not a file`);
  }
  const returned = rules === undefined ? undefined : await readRuleChef(rules);
  const { runs, refused, counts } = await readLog(path, {
    tape,
    ...(returned !== undefined && { returned }),
    ...(data !== undefined && { data: await readDataset(data, { fields }) }),
  });
  for (const { trace } of runs) {
    const paths = recordPaths(storage, trace.run);
    refuseInputs("a trace", paths.trace, inputs);
    refuseInputs("a trace", paths.latest, inputs);
    if (tape) refuseInputs("a tape", paths.tape, inputs);
  }
  if (runs.length > 0) createFolder(storage, `Cannot write to ${quote(storage, Infinity)}`);
  if (tape) await writeTapes(path, runs, storage);
  for (const { trace, contradictions, unknown, otherData, exchanges } of runs) {
    const paths = recordPaths(storage, trace.run);
    await writeTrace(paths.trace, trace);
    await writeTrace(paths.latest, trace);
    write(`trace: ${showText(paths.trace)}\n`);
    if (exchanges.length > 0) {
      write(`  tape: ${showText(paths.tape)}, ${count(exchanges.length, "exchange")}\n`);
    }
    if (otherData !== undefined) {
      write(`  ${showText(`the examples are not those of the run: ${otherData}`)}\n`);
    }
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

async function readLog(path: string, options: ImportOptions): Promise<ImportedLog> {
  const source = nameInput(path);
  try {
    const bytes = path === "-" ? streamInput() : streamFile(path);
    return await importRuleChefLog(bytes, options);
  } catch (cause) {
    throw readError(source, cause, { path });
  }
}

/** A tape that is written beside its name, and how many exchanges are still to come. */
interface OpenTape {
  readonly tape: Tape;
  readonly name: string;
  left: number;
}

/**
 * Writes the tape of each run that asked a model, and keeps no more of the log than one line. Tapes get their
 * names once all of them are whole.
 */
async function writeTapes(
  path: string,
  runs: readonly ImportedRun[],
  storage: string,
): Promise<void> {
  const open = new Map<number, OpenTape>();
  const asked = runs.map(({ exchanges }) => exchanges);
  try {
    for await (const { run, exchange } of readAgain(path, asked)) {
      const name = recordPaths(storage, runs[run].trace.run).tape;
      const one = open.get(run) ?? beginTape(name, asked[run].length);
      open.set(run, one);
      one.tape.append(exchange);
      if (--one.left === 0) one.tape.finish();
    }
    for (const [run, { tape, name }] of open) {
      try {
        renameFile(tape.path, name);
      } catch (cause) {
        throw fileError(`Cannot write the tape ${quote(name, Infinity)}`, cause);
      }
      open.delete(run);
    }
  } finally {
    for (const { tape } of open.values()) {
      tape.close();
      if (lstatOrNothing(tape.path) !== undefined) removeFile(tape.path);
    }
  }
}

async function* readAgain(path: string, asked: Parameters<typeof readExchanges>[1]) {
  try {
    yield* readExchanges(streamFile(path), asked);
  } catch (cause) {
    throw readError(nameInput(path), cause, { path });
  }
}

function beginTape(name: string, left: number): OpenTape {
  const path = `${name}.tmp`;
  // A crash may have left it.
  if (lstatOrNothing(path) !== undefined) removeFile(path);
  return { tape: new Tape(path, "end"), name, left };
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
  const { lines, other, orphan, task, stray, broken, isTorn, ambiguous } = counts;
  const notes = ([
    [ambiguous, "that would fit several runs"],
    [other, "of other calls"],
    [task, "of other tasks"],
    [orphan, "of no run"],
    [stray, "not of a training log"],
    [broken, isTorn ? "not JSON, the last one cut off" : "not JSON"],
  ] as const).flatMap(([amount, what]) => amount === 0 ? [] : [`${formatCount(amount)} ${what}`]);
  const used = `${count(lines, "line")}: ${formatCount(counts.used)} of ${count(runs, "run")}`;
  return [used, notes.join(", ")]
    .filter((part) => part !== "").join("; ");
}

if (isScript("rulechef_log", import.meta.main, import.meta.url)) {
  await runScript("rulechef_log.ts", () => main(readArgs()));
}
