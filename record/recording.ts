/**
 * The record of one run while it goes on: checks, numbers, times, chains and writes each report of the
 * learner at once.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { checkExchange } from "../learn/chat/exchanges.ts";
import { type Rule, ruleId, RuleSchema } from "../learn/rules/rule.ts";
import type { Scores } from "../learn/score/scoring.ts";
import { isRecord } from "../learn/text/json.ts";
import { quote } from "../learn/text/quoting.ts";
import { fileError } from "../learn/text/reading.ts";
import { codeOf, removeFile } from "../system/files.ts";
import { runDigest, stepDigest, traceDigest } from "./chain.ts";
import { describeProblem, digestOrRefuse, TraceError } from "./error.ts";
import { nameFiles, renderParts, renderRule, replaceFile, syncName } from "./files.ts";
import {
  createFolder,
  exists,
  openJournal,
  recordPaths,
  renderJournalHeader,
  renderJournalLine,
} from "./journal.ts";
import { type Flush, LineFile } from "./lines.ts";
import { checkRule } from "./verify/rule_checks.ts";
import {
  FORMAT_VERSION,
  type Run,
  RunSchema,
  type Step,
  StepBodySchema,
  type StepReport,
  type Trace,
} from "./schema.ts";
import { Tape } from "./tape.ts";
import { LAST_TIME, readClock } from "./time.ts";
import { Checker } from "./verify.ts";

const Rules = z.array(RuleSchema);

/** A run that is being recorded. */
export class Recording {
  /** The error of the first refused report, which the learner may have caught. */
  refused?: { readonly error: unknown };
  /** The first failed write to the journal or the tape. */
  writeError?: unknown;
  /** Whether the learner reported its run, and its files are open. */
  isStarted = false;
  readonly #storage?: string;
  readonly #now: () => Date;
  readonly #flush: Flush;
  readonly #version: Trace["version"];
  readonly #rules = new Map<string, Rule>();
  readonly #steps: Step<Scores>[] = [];
  /** Rules and steps as JSON, rendered once for both the journal and the trace. */
  readonly #ruleLines: string[] = [];
  readonly #stepLines: string[] = [];
  /** The JSON of the rules first seen in each step. */
  readonly #rulesOf: (readonly string[])[] = [];
  #run?: Run;
  #runDigest = "";
  #checker?: Checker;
  #journal?: LineFile;
  #tape?: Tape;
  /** The last time, in milliseconds. */
  #time = 0;
  #isClosed = false;

  /**
   * A recording into the folder `storage`, or in memory without one, with times of `now`. An older `version` is
   * that of a run that is computed again, or taken up: its steps prove no replies.
   */
  constructor(
    storage: string | undefined,
    now: () => Date,
    flush: Flush,
    version: Trace["version"] = FORMAT_VERSION,
  ) {
    this.#storage = storage;
    this.#now = now;
    this.#flush = flush;
    this.#version = version;
  }

  /** The path of the file with the exchanges, if there are any so far. */
  get tape(): string | undefined {
    return this.#tape?.isBegun ? this.#tape.path : undefined;
  }

  /** The last step so far. */
  get lastStep(): Step | undefined {
    return this.#steps.at(-1);
  }

  /**
   * Records the run and opens its journal.
   *
   * @throws {TypeError} if it is not a valid {@linkcode Run}, or not the first
   * @throws {TraceError} if it contradicts itself
   * @throws {RangeError} if the clock gives a time that a trace cannot have
   * @throws {Error} if the journal cannot be written
   */
  start(run: Run): void {
    this.#accept(() => {
      if (this.#run !== undefined) throw new TypeError("The learner started a second run");
      // Settings without a JSON form are left out.
      const plain: unknown = JSON.parse(JSON.stringify(run) ?? "null");
      const started = isRecord(plain) ? { ...plain, status: "running" } : plain;
      const checked = tidy(parse(RunSchema, started, "The learner reported no valid run:"));
      this.#run = checked;
      this.#checker = new Checker(checked, this.#rules, this.#version);
      this.#runDigest = digestOrRefuse(() => runDigest(checked));
      this.#time = Math.max(readClock(this.#now()), Date.parse(checked.startedAt));
      if (this.#storage !== undefined) {
        this.#journal = openJournal(this.#storage, checked, this.#flush);
        this.#tape = new Tape(recordPaths(this.#storage, checked).tape, this.#flush);
      }
      this.isStarted = true;
    });
  }

  /**
   * Records a step and the rules first seen in it.
   *
   * @throws {TypeError} if it is not a valid {@linkcode StepBody}, or a rule is not a valid {@linkcode Rule}
   * @throws {TraceError} if the step does not fit the steps before it
   */
  step(report: StepReport): void {
    this.#accept(() => {
      const { length } = this.#steps;
      if (!this.isStarted) throw new TypeError("The learner reported a step before its run");
      const problem = `The learner reported no valid step ${length}:`;
      // The checker below refuses unknown scores.
      const body = tidy(parse(StepBodySchema, report.step, problem)) as StepReport["step"];
      if (this.#version < FORMAT_VERSION) delete (body as { responses?: unknown }).responses;
      const rules = tidy(parse(Rules, report.rules, `${problem} rules:`));
      const fresh = this.#define(rules, problem);
      try {
        this.#checker!.check(body);
        for (const rule of fresh) checkRule(rule, this.#run!);
        const stray = fresh.find((rule) => !this.#checker!.fold.isIntroduced(rule.id));
        if (stray) throw new TraceError(`step ${length} defines rule ${stray.id} without using it`);
      } catch (error) {
        for (const rule of fresh) this.#rules.delete(rule.id);
        if (!(error instanceof TraceError)) throw error;
        const message = `The learner reported a step that does not hold: ${error.message}`;
        throw new TraceError(message, error.step, { cause: error });
      }
      this.#append(body, fresh);
    });
  }

  /**
   * Records an exchange with a model.
   *
   * @throws {TypeError} if it is not a valid exchange, or its id is not that of its request
   */
  exchange(exchange: unknown): void {
    this.#accept(() => {
      if (!this.isStarted) throw new TypeError("The learner reported an exchange before its run");
      const checked = checkExchange(exchange, "The learner reported no valid exchange");
      try {
        this.#tape?.append(checked);
      } catch (error) {
        this.writeError ??= error;
      }
    });
  }

  /** Adds a failure step, unless the learner reported one. */
  fail(error: { readonly name: string; readonly message: string }): void {
    if (this.lastStep?.type === "failure") return;
    this.#append({ type: "failure", stage: describeStage(this.lastStep), error }, []);
  }

  /**
   * Goes on in the folder `storage` with the files that the run has left there. A journal that is not there
   * any more is written once more.
   *
   * @param kept how many bytes of the files that are there are whole lines
   * @throws {Error} if the journal cannot be written
   */
  goOn(storage: string, kept: { readonly journal?: number; readonly tape?: number }): void {
    const { journal, tape } = recordPaths(storage, this.#run!);
    this.#tape = new Tape(tape, this.#flush, kept.tape);
    this.#journal = new LineFile(journal, "journal", this.#flush, kept.journal);
    if (kept.journal !== undefined) return;
    this.#journal.append(renderJournalHeader(this.#run!, this.#version));
    for (const [place, line] of this.#stepLines.entries()) {
      this.#journal.append(renderJournalLine(line, this.#rulesOf[place]));
    }
  }

  /** Ends the recording: closes its files, and returns the trace and its text. */
  finish(status: "completed" | "failed" | "aborted"): { trace: Trace<Scores>; text: string } {
    for (const file of [this.#journal, this.#tape]) {
      try {
        file?.finish();
      } catch (error) {
        this.writeError ??= error;
      }
    }
    this.close();
    const { id, status: _, ...rest } = this.#run!;
    const rules = Object.fromEntries(this.#rules);
    const last = this.lastStep?.digest ?? this.#runDigest;
    const trace: Trace<Scores> = {
      format: "ruletrace",
      version: this.#version,
      run: { id, status, ...rest, finishedAt: this.#tick().toISOString() },
      rules,
      steps: this.#steps,
      digest: traceDigest(this.#runDigest, rules, last),
    };
    return { trace, text: renderParts(trace, this.#ruleLines, this.#stepLines) };
  }

  /** Closes the files; later reports are refused. */
  close(): void {
    this.#isClosed = true;
    this.#journal?.close();
    this.#tape?.close();
  }

  /** Returns the time; the last one if the clock goes back, or to a time that a trace cannot have. */
  #tick(): Date {
    const time = this.#now().getTime();
    if (time > this.#time && time <= LAST_TIME) this.#time = time;
    return new Date(this.#time);
  }

  /** Records a report, unless one before it was refused: a record has no gaps. */
  #accept(record: () => void): void {
    if (this.#isClosed) throw new TypeError("The learner reported after its run had ended");
    if (this.refused) throw this.refused.error;
    try {
      record();
    } catch (error) {
      this.refused = { error };
      throw error;
    }
  }

  /** Defines the rules that are new, and returns them. */
  #define(rules: readonly Rule[], problem: string): Rule[] {
    const fresh: Rule[] = [];
    for (const rule of rules) {
      const known = this.#rules.get(rule.id);
      if (known === undefined) {
        this.#rules.set(rule.id, rule);
        fresh.push(rule);
      } else if (ruleId(known) !== ruleId(rule)) {
        for (const { id } of fresh) this.#rules.delete(id);
        throw new TypeError(`${problem} rule ${rule.id} is not the one reported before`);
      }
    }
    return fresh;
  }

  #append(body: StepReport["step"], rules: readonly Rule[]): void {
    const before = this.#time;
    const now = this.#tick();
    const index = this.#steps.length;
    const previous = this.lastStep?.digest ?? this.#runDigest;
    const envelope = {
      index,
      type: body.type,
      at: now.toISOString(),
      took: now.getTime() - before,
      digest: stepDigest(previous, { index, ...body }),
    };
    const step = Object.assign(envelope, body);
    this.#steps.push(step);
    const [line, ruleLines] = [JSON.stringify(step), rules.map((rule) => JSON.stringify(rule))];
    this.#stepLines.push(line);
    this.#rulesOf.push(ruleLines);
    rules.forEach(({ id }, place) => this.#ruleLines.push(renderRule(id, ruleLines[place])));
    try {
      this.#journal?.append(renderJournalLine(line, ruleLines));
    } catch (error) {
      this.writeError ??= error;
    }
  }
}

/** The record of a run that has ended, and its files. */
export interface Saved {
  readonly trace: Trace<Scores>;
  /** The file of the trace, if there is a folder for it. */
  readonly path?: string;
  /** The file with the exchanges, if there are any. */
  readonly tape?: string;
  /** The first error of writing. */
  readonly writeError?: unknown;
  /** What is left of the record after such an error. */
  readonly left?: { readonly path?: string; readonly journal?: string };
}

/**
 * Ends a recording, writes its trace if there is a folder for it, and removes the journal.
 *
 * @param isLatest whether a copy of the trace replaces that of the data set's latest run
 */
export function saveRecording(
  recording: Recording,
  status: "completed" | "failed" | "aborted",
  storage: string | undefined,
  isLatest = true,
): Saved {
  const { trace, text } = recording.finish(status);
  if (storage === undefined) return { trace };
  const { trace: path, latest, journal } = recordPaths(storage, trace.run);
  const { tape } = recording;
  let { writeError } = recording;
  let [isWritten, isSafe] = [false, false];
  try {
    const bytes = new TextEncoder().encode(text);
    // Someone may have removed the folder meanwhile, and the tape with it.
    createFolder(storage, `Cannot write trace ${quote(path, Infinity)}`);
    replaceFile(path, nameFiles(trace.run), bytes);
    isWritten = true;
    if (tape !== undefined && !exists(tape)) {
      writeError ??= new Error(`The tape ${quote(tape, Infinity)} was removed during the run`);
    }
    try {
      if (isLatest) replaceFile(latest, nameFiles(trace.run), bytes);
    } finally {
      // The journal goes when nothing can be lost any more, not even by a crash of the machine.
      syncName(path);
      isSafe = true;
      removeJournal(journal);
    }
  } catch (error) {
    writeError ??= error;
  }
  const left = isSafe ? { path } : exists(journal) ? { journal } : isWritten ? { path } : {};
  return { trace, path, ...(tape === undefined ? {} : { tape }), writeError, left };
}

function removeJournal(path: string): void {
  try {
    removeFile(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") {
      throw fileError(`Cannot remove the journal ${quote(path, Infinity)}`, error);
    }
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown, problem: string): T {
  // Compiling the schemas would take longer than to check all steps of most runs without.
  const { data, error } = schema.safeParse(value, { jitless: true });
  if (error) throw new TypeError(`${problem} ${describeProblem(error)}`);
  return data!;
}

/**
 * Makes a value the same as it will be read from a file: without undefined members, negative zeros and lone
 * surrogates. Changes the value in place, as schemas return copies.
 */
function tidy<T>(value: T): T;
function tidy(value: unknown): unknown {
  if (typeof value === "string") return value.isWellFormed() ? value : value.toWellFormed();
  if (typeof value === "number") return value === 0 ? 0 : value;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) value[at] = tidy(value[at]);
  } else if (isRecord(value)) {
    for (const key of Object.keys(value)) {
      if (value[key] === undefined) delete value[key];
      else value[key] = tidy(value[key]);
    }
  }
  return value;
}

function describeStage(last: Step | undefined): string {
  if (last === undefined) return "synthesis";
  return last.type === "iteration" ? `after iteration ${last.iteration}` : `after ${last.type}`;
}
