/**
 * The journal of a run: one JSON line for the run, then one for each step as it happens, so that a
 * run that is killed leaves all it did.
 *
 *     {"version":1,"run":{…}}
 *     {"step":{…},"rules":[…]}
 *
 * @module
 */
import { fileError } from "../learn/text/reading.ts";
import { join } from "jsr:@std/path@^1";
import * as z from "npm:zod@^4";
import { isRecord, parseJson } from "../learn/text/json.ts";
import { Rule } from "../learn/rules/rule.ts";
import { runDigest, traceDigest } from "./chain.ts";
import { describeFault, TraceError } from "./error.ts";
import { quote } from "../learn/text/quoting.ts";
import { FORMAT_VERSION, Run, Step, type Trace, VERSION } from "./schema.ts";

/** Where the record of a run is kept: its own trace, the copy of the latest, its journal and tape. */
export function recordPaths(
  storage: string,
  run: Run,
): {
  readonly trace: string;
  readonly latest: string;
  readonly journal: string;
  readonly tape: string;
} {
  const own = join(storage, `${run.dataset.name}.${run.id}`);
  return {
    trace: `${own}.trace.json`,
    latest: join(storage, `${run.dataset.name}.trace.json`),
    journal: `${own}.trace.jsonl`,
    tape: `${own}.exchanges.jsonl`,
  };
}

/** A journal that is being written. */
export class Journal {
  readonly path: string;
  readonly #file: Deno.FsFile;
  #isOpen = true;

  private constructor(path: string, file: Deno.FsFile) {
    this.path = path;
    this.#file = file;
  }

  /**
   * Begins the journal of a run in the folder `storage`, which is made where it is missing.
   *
   * @throws {Error} where it cannot be written, or the run id was recorded there before
   * @throws {Deno.errors.NotCapable} where a permission is missing
   */
  static open(storage: string, run: Run): Journal {
    const { trace, journal: path } = recordPaths(storage, run);
    const what = `Cannot open the journal ${quote(path)}`;
    let file: Deno.FsFile;
    try {
      Deno.mkdirSync(storage, { recursive: true });
      if (exists(trace)) throw new Deno.errors.AlreadyExists();
      file = Deno.openSync(path, { write: true, createNew: true });
    } catch (cause) {
      if (exists(storage) && !Deno.statSync(storage).isDirectory) {
        const found = `${quote(storage)} is a file, expected a folder`;
        throw new Error(`${what}: ${found}`, { cause });
      }
      if (cause instanceof Deno.errors.AlreadyExists) {
        throw new Error(`${what}: the run ${run.id} is recorded there already`, { cause });
      }
      throw fileError(what, cause);
    }
    const journal = new Journal(path, file);
    try {
      journal.#append(JSON.stringify({ version: FORMAT_VERSION, run }));
    } catch (cause) {
      journal.close();
      Deno.removeSync(path);
      throw fileError(what, cause);
    }
    return journal;
  }

  /**
   * Adds a step and the rules first seen in it, as JSON. After a failed write the journal is closed: nothing
   * may follow a torn line.
   *
   * @throws {Error} where it cannot be written
   */
  append(step: string, rules: readonly string[]): void {
    if (!this.#isOpen) return;
    try {
      this.#append(`{"step":${step},"rules":[${rules.join(",")}]}`);
    } catch (cause) {
      this.close();
      throw fileError(`Cannot write the journal ${quote(this.path)}`, cause);
    }
  }

  /** Ends writing. May be called again. */
  close(): void {
    if (this.#isOpen) this.#file.close();
    this.#isOpen = false;
  }

  #append(line: string): void {
    appendLine(this.#file, `${line}\n`);
  }
}

/** Writes all of a line, which ends in a line feed. */
export function appendLine(file: Deno.FsFile, line: string): void {
  const bytes = new TextEncoder().encode(line);
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
}

/** Whether a path is taken. Any other answer of the system is left to what comes next. */
/** Tells whether there is a file, a folder or a link at a path. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

const Line = z.strictObject({ step: Step, rules: z.array(Rule) });

/** Whether a text is a journal: whether its first line has a `run`, and no `steps`. */
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
 * The trace that a journal holds, as far as it goes: a torn last line is dropped, and the status
 * stays `running`.
 *
 * @param source what errors call it: `Cannot read <source>: …`
 * @throws {SyntaxError} naming a line before the last that is not JSON
 * @throws {TraceError} naming the line or step that is not as a journal has it
 */
export function parseJournal(text: string, source: string): Trace {
  const lines = text.split("\n");
  // What follows the last line feed was torn, or is nothing.
  lines.pop();
  while (lines.length > 1 && lines[lines.length - 1].trim() === "") lines.pop();
  const values: unknown[] = [];
  for (const [place, line] of lines.entries()) {
    try {
      values.push(parseJson(line, source, { firstLine: place + 1 }));
    } catch (error) {
      if (place === 0 || place < lines.length - 1) throw error;
    }
  }
  const header = values[0] as { version?: unknown; run?: unknown };
  checkVersion(header.version ?? 1, source);
  const run = Run.safeParse(header.run);
  if (!run.success) {
    throw new TraceError(`Cannot read ${source}: line 1: run: ${describeFault(run.error).text}`);
  }
  const rules = new Map<string, Rule>();
  const steps: Step[] = [];
  for (const [place, value] of values.slice(1).entries()) {
    const line = Line.safeParse(value);
    if (!line.success) {
      const { text } = describeFault(line.error, line.error.issues[0].path[0] === "step" ? 1 : 0);
      throw new TraceError(`Cannot read ${source}: step ${place}: ${text}`, place);
    }
    for (const rule of line.data.rules) {
      if (rules.has(rule.id)) {
        const message = `step ${place} defines rule ${rule.id} once more`;
        throw new TraceError(`Cannot read ${source}: ${message}`, place);
      }
      rules.set(rule.id, rule);
    }
    steps.push(line.data.step);
  }
  const first = digestOf(() => runDigest(run.data), source);
  const defined = Object.fromEntries(rules);
  const last = steps.at(-1)?.digest ?? first;
  return {
    format: "ruletrace",
    version: FORMAT_VERSION,
    run: { ...run.data, status: "running" },
    rules: defined,
    steps,
    digest: digestOf(() => traceDigest(first, defined, last), source),
  };
}

/**
 * Refuses a format version that this package does not read.
 *
 * @throws {TraceError} naming both versions
 */
export function checkVersion(version: unknown, source: string): void {
  if (version === FORMAT_VERSION) return;
  if (typeof version !== "number" || !Number.isInteger(version) || version < FORMAT_VERSION) {
    throw new TraceError(
      `Cannot read ${source}: it has no format version, expected ${FORMAT_VERSION}`,
    );
  }
  const reads = `this ruletrace ${VERSION} reads up to ${FORMAT_VERSION}`;
  throw new TraceError(
    `Cannot read ${source}: it is format version ${version}, and ${reads}; get a newer ruletrace`,
  );
}

function digestOf(compute: () => string, source: string): string {
  try {
    return compute();
  } catch (cause) {
    throw new TraceError(
      `Cannot read ${source}: no digest: ${(cause as Error).message}`,
      undefined,
      {
        cause,
      },
    );
  }
}
