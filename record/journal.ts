/**
 * The journal of a run: a JSON line for the run, then one for each step, written at once, so that a killed
 * run leaves all its steps.
 *
 *     {"version":3,"run":{…}}
 *     {"step":{…},"rules":[…]}
 *
 * @module
 */
import { dirname, join } from "jsr:@std/path@^1";
import * as z from "npm:zod@^4";
import { type Rule, RuleSchema } from "../learn/rules/rule.ts";
import { isRecord, parseJson } from "../learn/text/json.ts";
import { quote } from "../learn/text/quoting.ts";
import { fileError } from "../learn/text/reading.ts";
import { isNotCapable } from "../system/permissions.ts";
import {
  describeCause,
  lstatOrNothing,
  makeFolder,
  removeFile,
  statOrNothing,
} from "../system/files.ts";
import { runDigest, traceDigest } from "./chain.ts";
import { describeProblem, digestOrRefuse, TraceError, unreadable } from "./error.ts";
import { type Flush, LineFile } from "./lines.ts";
import {
  FORMAT_VERSION,
  type Run,
  RunSchema,
  type Step,
  StepSchema,
  type Trace,
  VERSION,
} from "./schema.ts";

/** The files of a run: its own trace, the copy of the latest, its journal and its tape. */
export function recordPaths(
  storage: string,
  run: Run,
): Readonly<Record<"trace" | "latest" | "journal" | "tape", string>> {
  const own = join(storage, `${run.dataset.name}.${run.id}`);
  return {
    trace: `${own}.trace.json`,
    latest: join(storage, `${run.dataset.name}.trace.json`),
    journal: `${own}.trace.jsonl`,
    tape: `${own}.exchanges.jsonl`,
  };
}

/**
 * Begins the journal of a run in the folder `storage`, which is created if it is missing.
 *
 * @throws {Error} if it cannot be written, or the run id was recorded there before
 * @throws {Deno.errors.NotCapable} if a permission is missing
 */
export function openJournal(storage: string, run: Run, flush: Flush): LineFile {
  const { trace, journal: path } = recordPaths(storage, run);
  const problem = `Cannot write the journal ${quote(path, Infinity)}`;
  createFolder(storage, problem);
  if (exists(trace) || exists(path)) {
    throw new Error(`${problem}: the run ${run.id} is recorded there already`);
  }
  const journal = new LineFile(path, "journal", flush);
  try {
    journal.append(renderJournalHeader(run, FORMAT_VERSION));
  } catch (error) {
    if (journal.isBegun) removeFile(path);
    throw error;
  }
  return journal;
}

/**
 * Creates the folder for traces if it is missing.
 *
 * @param problem the beginning of the error's message
 * @throws {Error} if it cannot be created, or something else is at its path
 */
export function createFolder(storage: string, problem: string): void {
  try {
    makeFolder(storage);
  } catch (cause) {
    throw fileError(problem, cause, isNotCapable(cause) ? undefined : describeObstacle(storage));
  }
}

/**
 * Says in words what is in the place of a folder, or of one that it is to be in; `undefined` if the
 * error of the system says more.
 */
function describeObstacle(path: string): string | undefined {
  try {
    const found = statOrNothing(path);
    if (found?.isDirectory()) return undefined;
    if (found !== undefined) return `${quote(path, Infinity)} is a file, expected a folder`;
    if (lstatOrNothing(path) !== undefined) {
      return `${quote(path, Infinity)} is a link that leads nowhere, expected a folder`;
    }
    const parent = dirname(path);
    return parent === path ? undefined : describeObstacle(parent);
  } catch (error) {
    return isNotCapable(error) ? undefined : describeCause(error);
  }
}

/** Returns the first line of the journal of a run. */
export function renderJournalHeader(run: Run, version: Trace["version"]): string {
  return JSON.stringify({ version, run });
}

/** Returns the line of a step and the rules first seen in it, all as JSON. */
export function renderJournalLine(step: string, rules: readonly string[]): string {
  return `{"step":${step},"rules":[${rules.join(",")}]}`;
}

/**
 * Tells whether there is a file, a folder or a link at a path. Errors other than a missing permission
 * are left to the next access.
 */
export function exists(path: string): boolean {
  try {
    return lstatOrNothing(path) !== undefined;
  } catch (error) {
    if (isNotCapable(error)) throw error;
    return false;
  }
}

const JournalLine = z.strictObject({ step: StepSchema, rules: z.array(RuleSchema) });

/** Tells whether a text is a journal: its first line has a `run` and no `steps`. */
export function isJournal(text: string): boolean {
  const end = text.indexOf("\n");
  if (end === -1 || !/^\ufeff?\s*\{.*"run"/.test(text.slice(0, Math.min(end, 1_000)))) return false;
  try {
    const first = parseJson(text.slice(0, end), "the first line");
    return isRecord(first) && Object.hasOwn(first, "run") && !Object.hasOwn(first, "steps");
  } catch {
    return false;
  }
}

/**
 * Parses a journal as far as it goes. A torn last line is dropped, and the status stays `running`.
 *
 * @param source its name in errors: `Cannot read <source>: …`
 * @throws {SyntaxError} if a line before the last is not JSON, naming it
 * @throws {TraceError} if a line or a step is not valid, naming it
 */
export function parseJournal(text: string, source: string): Trace {
  const lines = parseLines(text, source);
  const header = lines.next().value as { version?: unknown; run?: unknown };
  const version = checkVersion(header.version ?? 1, source);
  const run = RunSchema.safeParse(header.run);
  if (!run.success) throw unreadable(source, `line 1: run: ${describeProblem(run.error)}`);
  const rules = new Map<string, Rule>();
  const steps: Step[] = [];
  // Each line is checked before the next one is read, and the first that is not valid ends it.
  for (const value of lines) {
    const { length: place } = steps;
    const line = JournalLine.safeParse(value);
    if (!line.success) {
      const [{ path }] = line.error.issues;
      const drop = path[0] === "step" && path.length > 1 ? 1 : 0;
      throw unreadable(source, `step ${place}: ${describeProblem(line.error, drop)}`, place);
    }
    for (const rule of line.data.rules) {
      if (rules.has(rule.id)) {
        throw unreadable(source, `step ${place} defines rule ${rule.id} once more`, place);
      }
      rules.set(rule.id, rule);
    }
    steps.push(line.data.step);
  }
  const defined = Object.fromEntries(rules);
  return {
    format: "ruletrace",
    version,
    run: { ...run.data, status: "running" },
    rules: defined,
    steps,
    digest: digestJournal(run.data, defined, steps, source),
  };
}

/** Yields the values of the lines of a journal, but for a torn last line and empty ones at the end. */
function* parseLines(text: string, source: string): Generator<unknown> {
  // The part after the last line feed is torn or empty.
  let last = text.lastIndexOf("\n");
  for (let feed = last; feed > 0 && text.slice(feed + 1, last).trim() === "";) {
    last = feed;
    feed = text.lastIndexOf("\n", feed - 1);
  }
  for (let start = 0, line = 1; start <= last; line++) {
    const end = text.indexOf("\n", start);
    let value: unknown;
    try {
      value = parseJson(text.slice(start, end), source, { firstLine: line });
    } catch (error) {
      if (line === 1 || end < last) throw error;
      return;
    }
    yield value;
    start = end + 1;
  }
}

function digestJournal(
  run: Run,
  rules: Trace["rules"],
  steps: readonly Step[],
  source: string,
): string {
  try {
    const first = digestOrRefuse(() => runDigest(run));
    return digestOrRefuse(() => traceDigest(first, rules, steps.at(-1)?.digest ?? first));
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    throw unreadable(source, error.message, undefined, { cause: error });
  }
}

/**
 * Checks that this package reads a format version, and returns the one that it is read as.
 *
 * @throws {TraceError} if it does not, naming both versions
 */
export function checkVersion(version: unknown, source: string): Trace["version"] {
  if (typeof version !== "number" || !Number.isInteger(version) || version < 1) {
    throw unreadable(source, `it has no format version, expected 1 to ${FORMAT_VERSION}`);
  }
  // What version 2 added may be missing: a trace of version 1 is one of version 2.
  if (version <= FORMAT_VERSION) return version < FORMAT_VERSION ? 2 : FORMAT_VERSION;
  const reads = `this ruletrace ${VERSION} reads up to ${FORMAT_VERSION}`;
  throw unreadable(source, `it is format version ${version}, and ${reads}; get a newer ruletrace`);
}
