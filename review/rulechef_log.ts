/**
 * The training log of RuleChef (https://github.com/KRLabsOrg/rulechef) as traces: what its runs did, step by
 * step, as far as the log says.
 *
 *     deno run -A review/rulechef_log.ts LOG [--rules RULES] [--storage FOLDER]
 *
 * RuleChef's `TrainingDataLogger` writes a line for each call of its model that brought a reply, and one for
 * each decision on a patch. What it computes besides is not in there. So a trace made of it is collected, not
 * recomputed: scores that no line has are missing, and what no line tells is `unknown`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { importRuleChefLog } from "./rulechef_log.ts";
 *
 * const reply = { rules: [{ name: "fx", pattern: "rate", output_template: { label: "exchange" } }] };
 * const line = JSON.stringify({
 *   call_type: "rule_synthesis",
 *   messages: [{ role: "user", content: "…" }, { role: "assistant", content: JSON.stringify(reply) }],
 *   metadata: { task_name: "banking", task_type: "classification" },
 *   timestamp: "2026-11-20T22:32:56Z",
 * });
 * const bytes = new TextEncoder().encode(`${line}\n`);
 * const { runs } = await importRuleChefLog(new Blob([bytes]).stream());
 * assertEquals(runs.map(({ trace }) => trace.steps.map(({ type }) => type)), [["synthesis"]]);
 * ```
 *
 * @module
 */
import { parseArgs } from "node:util";
import { quote } from "../learn/text/quoting.ts";
import { nameInput } from "../learn/text/reading.ts";
import type { RuleSet } from "../rulechef/rule_set.ts";
import { count } from "../print/phrases.ts";
import { parseUsage, requirePermission, runScript, write } from "../script/script.ts";
import { showText } from "../print/text.ts";
import { describeFault } from "../record/error.ts";
import { recordPaths } from "../record/journal.ts";
import { Trace, TraceError, verifyTrace, writeTrace } from "../trace.ts";
import { refuseInputs } from "../script/outputs.ts";
import { endRun } from "../rulechef/log/ending.ts";
import { parseEntry, type Unread } from "../rulechef/log/entries.ts";
import { readLines } from "../rulechef/log/lines.ts";
import { readReturned } from "../rulechef/log/returned.ts";
import type { Contradiction } from "../rulechef/log/ledger.ts";
import type { RunLog } from "../rulechef/log/run.ts";
import { sealRun } from "../rulechef/log/building.ts";
import { Splitter, type Unplaced } from "../rulechef/log/splitting.ts";
import { findUnknown, type Unknown } from "../rulechef/log/unknown.ts";

export type { Contradiction } from "../rulechef/log/ledger.ts";
export { findUnknown, type Unknown } from "../rulechef/log/unknown.ts";

/** How a log is imported. */
export interface ImportOptions {
  /**
   * The rules that the log's last run returned, as `parseRuleChef` reads them. They settle how that run ended.
   *
   * @default {they are not known}
   */
  readonly returned?: RuleSet;
  /**
   * The clock for runs without a time in the log.
   *
   * @default {() => new Date()}
   */
  readonly now?: () => Date;
}

/** A run that a log tells of. */
export interface ImportedRun {
  readonly trace: Trace;
  /** How many lines it has. */
  readonly lines: number;
  /** What the log, or the returned rules, say against what was said before. */
  readonly contradictions: readonly Contradiction[];
  /** What is left open, step by step. */
  readonly unknown: readonly Unknown[];
}

/** What became of the lines of a log, blank ones aside. */
export interface LineCounts {
  readonly lines: number;
  /** Lines that a run is made of. */
  readonly used: number;
  /** Calls that are no part of a learning run. */
  readonly other: number;
  /** Lines of a run of which no line before tells the task. */
  readonly orphan: number;
  /** Lines of a task that a trace does not have. */
  readonly task: number;
  /** JSON, but no line of a log. */
  readonly stray: number;
  /** No JSON, or not within bounds. */
  readonly broken: number;
  /** Whether the last line breaks off. It counts as broken then. */
  readonly isTorn: boolean;
  /** Lines that would fit several runs: they are taken for the one that had a line last. */
  readonly ambiguous: number;
}

/** What a log holds. */
export interface ImportedLog {
  /** In the order in which they began. */
  readonly runs: readonly ImportedRun[];
  readonly counts: LineCounts;
}

/**
 * Reads a log, line by line.
 *
 * - Calls for rules become the `synthesis` step, a patch with its decision an `iteration`, audits and
 *   critiques steps of their own; guidance is a part of the iteration it was given for.
 * - Rules are folded forward by RuleChef's own rules: a patch deletes by name, replaces by name, and loses
 *   what has the pattern, type and key of another rule, whatever its label.
 * - Every trace verifies. What is left open is `unknown`, and listed.
 * - Lines that are something else are counted and passed over.
 *
 * A log that holds no run gives none (`runs` is empty), unless rules are given.
 *
 * @throws {RangeError} where rules are given, and the log holds no run or its last run is for another task
 * @throws {TraceError} where a run makes no trace that can be read, as where `now` gives a year beyond 9999
 */
export async function importRuleChefLog(
  bytes: AsyncIterable<Uint8Array>,
  { returned, now = () => new Date() }: ImportOptions = {},
): Promise<ImportedLog> {
  const splitter = new Splitter();
  const passed: Record<Unread | Unplaced, number> = {
    other: 0,
    orphan: 0,
    task: 0,
    stray: 0,
    broken: 0,
  };
  let lines = 0;
  let isTorn = false;
  for await (const line of readLines(bytes)) {
    lines++;
    const entry = parseEntry(line);
    const why = typeof entry === "string" ? entry : splitter.add(entry);
    if (why !== undefined) passed[why]++;
    isTorn = line.isTorn && why === "broken";
  }
  const used = lines - Object.values(passed).reduce((sum, amount) => sum + amount, 0);
  const { runs, ambiguous } = splitter;
  const last = runs.at(-1);
  if (returned !== undefined) checkReturned(returned, last?.task);
  const repeats = new Map<string, number>();
  const imported = runs.map((run): ImportedRun => {
    const status = endRun(run, run === last ? returned : undefined, run === last && isTorn);
    const trace = tellApart(sealRun(run, status, now), repeats);
    checkTrace(trace, run.first.line);
    const { lines } = run;
    return { trace, lines, contradictions: tellContradictions(run), unknown: findUnknown(trace) };
  });
  return { runs: imported, counts: { lines, used, ...passed, isTorn, ambiguous } };
}

/** The contradictions of a run without the texts of examples that its rules may be named by. */
function tellContradictions({ ledger: { contradictions }, texts }: RunLog): Contradiction[] {
  if (contradictions.length === 0) return [];
  const redact = texts.redactAll(new Set(contradictions.map(({ text }) => text)));
  return contradictions.map((one) => ({ ...one, text: redact(one.text) }));
}

/** The trace with an id that no run before it has: in a second there may be several that did the same. */
function tellApart(trace: Trace, repeats: Map<string, number>): Trace {
  const { id } = trace.run;
  const repeat = (repeats.get(id) ?? 0) + 1;
  repeats.set(id, repeat);
  return repeat === 1 ? trace : { ...trace, run: { ...trace.run, id: `${id}-${repeat}` } };
}

/** Checks all that whoever reads the trace will: a trace that none can read is not to be written. */
function checkTrace(trace: Trace, line: number): void {
  try {
    const { error } = Trace.safeParse(trace);
    if (error !== undefined) throw new TraceError(describeFault(error).text);
    verifyTrace(trace);
  } catch (cause) {
    if (!(cause instanceof TraceError)) throw cause;
    const message = `the run that begins at line ${line} makes no trace: ${cause.message}`;
    throw new TraceError(message, cause.step, { cause });
  }
}

function checkReturned({ task }: RuleSet, own: string | undefined): void {
  if (own === undefined) throw new RangeError("there are rules, but the log holds no run");
  if (task === own) return;
  throw new RangeError(`the rules are for ${task}, the log's last run is for ${own}`);
}

const usage = `Make traces of the training log of RuleChef.

  deno run -A review/rulechef_log.ts LOG [options]

LOG is what RuleChef's TrainingDataLogger wrote (JSON Lines), or - for the standard input. Each run
in it becomes <task>.<run id>.trace.json, and the last of a task <task>.trace.json as well.

  --rules RULES     the rules that the last run returned (JSON), which settle how it ended
  --storage FOLDER  where traces go (default: runs)
  --help            this text

The last line told counts the lines of the log, and those that could not be used.
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
  const returned = rules === undefined ? undefined : await readReturned(rules);
  const { runs, counts } = await readLog(path, returned);
  const inputs = rules === undefined ? [path] : [path, rules];
  for (const { trace } of runs) {
    const { trace: own, latest } = recordPaths(storage, trace.run);
    await refuseInputs("a trace", own, inputs);
    await refuseInputs("a trace", latest, inputs);
  }
  if (runs.length > 0) await makeFolder(storage);
  for (const { trace, contradictions, unknown } of runs) {
    const { trace: own, latest } = recordPaths(storage, trace.run);
    await writeTrace(own, trace);
    await writeTrace(latest, trace);
    write(`trace: ${own}\n`);
    for (const line of describeDoubts(contradictions, unknown)) write(`  ${showText(line)}\n`);
  }
  write(`${describeCounts(runs.length, counts)}\n`);
  if (runs.length === 0) throw new RangeError(`${nameInput(path)} holds no run of RuleChef`);
}

async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    const isFile = cause instanceof Deno.errors.AlreadyExists;
    const reason = isFile ? "it is a file, expected a folder" : (cause as Error).message;
    throw new Error(`Cannot write to ${quote(path)}: ${reason}`, { cause });
  }
}

async function readLog(path: string, returned: RuleSet | undefined): Promise<ImportedLog> {
  const source = nameInput(path);
  try {
    const bytes = path === "-" ? Deno.stdin.readable : (await Deno.open(path)).readable;
    return await importRuleChefLog(bytes, returned === undefined ? {} : { returned });
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    let reason = (cause as Error).message;
    if (cause instanceof Deno.errors.NotFound) reason = "there is no such file";
    if (cause instanceof Deno.errors.IsADirectory) reason = "it is a directory";
    throw new Error(`Cannot read ${source}: ${reason}`, { cause });
  }
}

/** How many doubts of one kind are told. */
const TOLD = 10;

function describeDoubts(
  contradictions: readonly Contradiction[],
  unknown: readonly Unknown[],
): string[] {
  const told = contradictions.map(({ step, line, text }) => {
    const where = line === undefined ? "the returned rules" : `line ${line}`;
    return `contradiction at step ${step}, ${where}: ${text}`;
  });
  return [
    ...few(told, "contradictions"),
    ...few(unknown.map(({ step, what }) => `unknown at step ${step}: ${what}`), "unknowns"),
  ];
}

function few(lines: readonly string[], what: string): string[] {
  const more = lines.length - TOLD;
  return more > 0 ? [...lines.slice(0, TOLD), `${more} more ${what}`] : [...lines];
}

function describeCounts(runs: number, counts: LineCounts): string {
  const { lines, used, other, orphan, task, stray, broken, isTorn, ambiguous } = counts;
  const notes = [
    ...noted(ambiguous, "that would fit several runs"),
    ...noted(other, "of other calls"),
    ...noted(task, "of other tasks"),
    ...noted(orphan, "of no run"),
    ...noted(stray, "not of a training log"),
    ...noted(broken, isTorn ? "not JSON, the last one cut off" : "not JSON"),
  ];
  const rest = notes.length === 0 ? "" : `; ${notes.join(", ")}`;
  return `${count(lines, "line")}: ${used} of ${count(runs, "run")}${rest}`;
}

function noted(amount: number, what: string): string[] {
  return amount === 0 ? [] : [`${amount} ${what}`];
}

if (import.meta.main) await runScript("rulechef_log.ts", () => main(Deno.args));
