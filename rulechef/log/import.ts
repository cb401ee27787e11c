/**
 * The training log of RuleChef as traces: what its runs did, step by step, as far as the log says.
 *
 * @module
 */

import { Trace, TraceError, verifyTrace } from "../../trace.ts";
import type { RuleSet } from "../rule_set.ts";
import { findUnknown, type Unknown } from "./unknown.ts";
import type { Contradiction } from "./ledger.ts";
import { sealRun } from "./building.ts";
import { endRun } from "./ending.ts";
import { parseEntry, type Unread } from "./entries.ts";
import { readLines } from "./lines.ts";
import { Splitter, type Unplaced } from "./splitting.ts";
import type { RunLog } from "./run.ts";
import { describeProblem } from "../../record/error.ts";

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
export function tellContradictions({ ledger: { contradictions }, texts }: RunLog): Contradiction[] {
  if (contradictions.length === 0) return [];
  const redact = texts.redactAll(new Set(contradictions.map(({ text }) => text)));
  return contradictions.map((one) => ({ ...one, text: redact(one.text) }));
}

/** The trace with an id that no run before it has: in a second there may be several that did the same. */
export function tellApart(trace: Trace, repeats: Map<string, number>): Trace {
  const { id } = trace.run;
  const repeat = (repeats.get(id) ?? 0) + 1;
  repeats.set(id, repeat);
  return repeat === 1 ? trace : { ...trace, run: { ...trace.run, id: `${id}-${repeat}` } };
}

/** Checks all that whoever reads the trace will: a trace that none can read is not to be written. */
export function checkTrace(trace: Trace, line: number): void {
  try {
    const { error } = Trace.safeParse(trace);
    if (error !== undefined) throw new TraceError(describeProblem(error));
    verifyTrace(trace);
  } catch (cause) {
    if (!(cause instanceof TraceError)) throw cause;
    const message = `the run that begins at line ${line} makes no trace: ${cause.message}`;
    throw new TraceError(message, cause.step, { cause });
  }
}
export function checkReturned({ task }: RuleSet, own: string | undefined): void {
  if (own === undefined) throw new RangeError("there are rules, but the log holds no run");
  if (task === own) return;
  throw new RangeError(`the rules are for ${task}, the log's last run is for ${own}`);
}
