/**
 * Makes traces of the training log of RuleChef: what its runs did, step by step, as far as the log tells.
 *
 * @module
 */
import { createNumbering } from "../../learn/text/numbering.ts";
import { describeProblem } from "../../record/error.ts";
import { TraceSchema } from "../../record/schema.ts";
import { type Trace, TraceError, verifyTrace } from "../../trace.ts";
import type { Dataset } from "../../learn/data/dataset.ts";
import type { RuleChefRules } from "../rule_set.ts";
import { sealRun } from "./building.ts";
import { endRun } from "./ending.ts";
import { parseEntry, readLines } from "./entries.ts";
import type { Contradiction } from "./ledger.ts";
import { KnownExamples } from "./proving/examples.ts";
import { describeExchange, type LoggedExchange } from "./proving/tape.ts";
import type { RunLog } from "./run.ts";
import { Splitter } from "./splitting.ts";
import { findUnknown, type Unknown } from "./unknown.ts";

/** Options of an import. */
export interface ImportOptions {
  /**
   * The rules that the log's last run returned, as `parseRuleChef` reads them. They settle how that run ended.
   *
   * @default {they are not known}
   */
  readonly returned?: RuleChefRules;
  /**
   * The clock for runs without a time in the log.
   *
   * @default {() => new Date()}
   */
  readonly now?: () => Date;
  /**
   * The examples that the runs learned from. A run whose log shows others does not name them: see
   * {@linkcode ImportedRun.otherData}.
   *
   * @default {they are not known}
   */
  readonly data?: Dataset;
  /**
   * Whether steps name the exchanges with the model, so that the tape that {@linkcode readExchanges} reads is theirs.
   *
   * @default {false}
   */
  readonly tape?: boolean;
}

/** A run of a log. */
export interface ImportedRun {
  /** The record of the run. */
  readonly trace: Trace;
  /** How many lines it has. */
  readonly lines: number;
  /** Statements of the log, or of the returned rules, that contradict what the log said before. */
  readonly contradictions: readonly Contradiction[];
  /** Gaps in what is known of the steps, in their order. */
  readonly unknown: readonly Unknown[];
  /** Why the examples that were given are not those of the run; missing if they are, or none were given. */
  readonly otherData?: string;
  /** The exchanges that its steps name, in the order of the steps; none unless they were asked for. */
  readonly exchanges: readonly LoggedExchange[];
}

/** How many lines of a log were used, and why others were not. Blank lines do not count. */
export interface LineCounts {
  /** All lines. */
  readonly lines: number;
  /** Lines of runs. */
  readonly used: number;
  /** Calls that are not part of a learning run. */
  readonly other: number;
  /** Lines of a run before any line that tells its task. */
  readonly orphan: number;
  /** Lines of a task that a trace does not have. */
  readonly task: number;
  /** JSON that is not a line of a log. */
  readonly stray: number;
  /** Lines that are not JSON, or not within bounds. */
  readonly broken: number;
  /** Whether the last line breaks off. It counts as broken then. */
  readonly isTorn: boolean;
  /** Lines that fit several runs: they go to the one that had a line last. */
  readonly ambiguous: number;
}

/** A run of a log that does not make a trace that can be read. */
export interface RefusedRun {
  /** The line of the log that it begins at. */
  readonly line: number;
  /** What no trace may have. */
  readonly reason: string;
}

/** The runs of a log, and the counts of its lines. */
export interface ImportedLog {
  /** In the order in which they began. */
  readonly runs: readonly ImportedRun[];
  /** Runs that are not among them, in the same order. */
  readonly refused: readonly RefusedRun[];
  /** How many lines were used, and why others were not. */
  readonly counts: LineCounts;
}

/**
 * Reads a log, line by line.
 *
 * - Calls for rules become the `synthesis` step, a patch with its decision an `iteration`, audits and
 *   critiques steps of their own; guidance is a part of the iteration it was given for.
 * - Rules are folded forward by RuleChef's own rules: a patch deletes by name, replaces by name, and loses
 *   rules that have the pattern, type and key of another rule, whatever its label.
 * - Every trace verifies. What is left open is `unknown`, and listed.
 * - A run that does not make a valid trace, as when `now` gives a year beyond 9999, is refused with the reason;
 *   the others stay.
 * - Lines that are something else are counted and skipped.
 *
 * The `runs` of a log without a run are empty, unless rules are given.
 *
 * @throws {RangeError} if rules are given, and the log does not hold a run or its last run is for another task
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { importRuleChefLog } from "./import.ts";
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
 */
export async function importRuleChefLog(
  bytes: AsyncIterable<Uint8Array>,
  { returned, now = () => new Date(), data, tape = false }: ImportOptions = {},
): Promise<ImportedLog> {
  const splitter = new Splitter();
  const unread = { other: 0, stray: 0, broken: 0 };
  const examples = data && new KnownExamples(data);
  const exchanges = new Map<number, LoggedExchange>();
  let lines = 0;
  let isTorn = false;
  for await (const line of readLines(bytes)) {
    lines++;
    const entry = parseEntry(line);
    if (typeof entry !== "string") {
      splitter.add(entry);
      examples?.check(entry);
      const exchange = tape ? describeExchange(entry) : undefined;
      if (exchange !== undefined) exchanges.set(entry.line, exchange);
    } else {
      unread[entry]++;
      if (entry !== "other") splitter.lose(line.number);
    }
    isTorn = line.isTorn && entry === "broken";
  }
  splitter.end();
  const skipped = { ...unread, ...splitter.unplaced };
  const used = lines - Object.values(skipped).reduce((sum, amount) => sum + amount, 0);
  const { runs, ambiguous } = splitter;
  const last = runs.at(-1);
  if (returned !== undefined) checkReturned(returned, last?.task);
  const numberId = createNumbering();
  const imported: ImportedRun[] = [];
  const refused: RefusedRun[] = [];
  for (const run of runs) {
    try {
      const status = endRun(run, run === last ? returned : undefined, run === last && isTorn);
      const otherData = examples?.findProblem(run);
      const isKnown = examples !== undefined && otherData === undefined;
      const sealed = sealRun(run, status, now, {
        exchanges,
        ...(isKnown && { data: examples }),
      });
      // Several runs that did the same in one second would have one id.
      const trace = { ...sealed, run: { ...sealed.run, id: numberId(sealed.run.id) } };
      checkTrace(trace);
      const { lines } = run;
      imported.push({
        trace,
        lines,
        contradictions: redactTexts(run),
        unknown: findUnknown(trace),
        ...(otherData !== undefined && { otherData }),
        exchanges: run.ledger.drafts.flatMap(({ calls = [] }) =>
          calls.flatMap((line) => exchanges.get(line) ?? [])
        ),
      });
    } catch (error) {
      if (!(error instanceof TraceError)) throw error;
      refused.push({ line: run.first.line, reason: error.message });
    }
  }
  return { runs: imported, refused, counts: { lines, used, ...skipped, isTorn, ambiguous } };
}

function checkReturned({ task }: RuleChefRules, runTask: string | undefined): void {
  if (runTask === undefined) {
    throw new RangeError("rules are given, but the log does not hold a run");
  }
  if (task === runTask) return;
  throw new RangeError(`the rules are for ${task}, the log's last run is for ${runTask}`);
}

/** Returns the contradictions of a run without the texts of examples, which names of rules may quote. */
function redactTexts({ ledger: { contradictions }, texts }: RunLog): Contradiction[] {
  if (contradictions.length === 0) return [];
  const redact = texts.redactAll(new Set(contradictions.map(({ text }) => text)));
  return contradictions.map((one) => ({ ...one, text: redact(one.text) }));
}

/** Checks all that a reader of the trace checks, so that no trace is written that cannot be read. */
function checkTrace(trace: Trace): void {
  const { error } = TraceSchema.safeParse(trace);
  if (error !== undefined) throw new TraceError(describeProblem(error));
  verifyTrace(trace);
}
