/**
 * The file of an experiment: lines that are only ever added.
 *
 * @module
 */
import { nameOther } from "../../learn/text/contents.ts";
import { decodeUtf8, isRecord, parseJson, refuseCutBytes } from "../../learn/text/json.ts";
import { fileError, MAX_BYTES, readError, requireFile } from "../../learn/text/reading.ts";
import { quote } from "../../learn/text/quoting.ts";
import { describeProblem } from "../../learn/text/schemas.ts";
import { codeOf, statOrNothing, syncFolderOf } from "../../system/files.ts";
import { type HeldFile, holdFile, readBetween } from "../../system/locking.ts";
import { type ExperimentState, Folding } from "./folding.ts";
import {
  EXPERIMENT_FORMAT,
  EXPERIMENT_VERSION,
  type ExperimentEvent,
  type ExperimentHeader,
} from "./format.ts";
import { ExperimentEventSchema, ExperimentHeaderSchema } from "./schemas.ts";

/** What was left of a line whose writer was stopped. */
export interface TornLine {
  /** Its number, from 1. */
  readonly line: number;
  /** How many bytes of it there are. */
  readonly bytes: number;
}

/** What a file holds. */
export interface ExperimentContents {
  /** What its lines say. */
  readonly state: ExperimentState;
  /** The last line, if it was torn: it is dropped. */
  readonly torn?: TornLine;
}

const HEADER: ExperimentHeader = { format: EXPERIMENT_FORMAT, version: EXPERIMENT_VERSION };
const HEADER_LINE = JSON.stringify(HEADER);
/** What each other line begins with. */
const EVENT_START = '{"type":"';
/** So many lines are checked faster by a compiled schema. */
const MANY_LINES = 1_000;
const FEED = 0x0a;

/** A log as far as it was read. */
export class ReadLog {
  readonly folding: Folding = new Folding();
  /** Bytes that were read and stay. */
  length = 0;
  /** Whether the last of these end a line. */
  isEnded = true;
  torn?: TornLine;
  #lines = 0;

  /** @param source what errors call the log: `Cannot read <source>: …` */
  constructor(readonly source: string) {}

  /**
   * Reads what follows.
   *
   * @param bytes the file from {@linkcode length} on
   * @throws {SyntaxError} if a line is not JSON in UTF-8, naming it
   * @throws {TypeError} if a line is no event, or does not fit those before it, naming it; or if this is no log
   */
  read(bytes: Uint8Array): void {
    this.torn = undefined;
    let rest = bytes;
    if (!this.isEnded && rest[0] === FEED) {
      rest = rest.subarray(1);
      this.length++;
      this.isEnded = true;
    }
    const end = rest.lastIndexOf(FEED) + 1;
    if (end > 0) {
      const lines = decodeUtf8(rest.subarray(0, end), this.source, this.#lines + 1).split("\n");
      lines.pop();
      const jitless = lines.length < MANY_LINES;
      for (const line of lines) this.#take(line, jitless);
      this.length += end;
    }
    if (end < rest.length) this.#takeLast(rest.subarray(end));
  }

  /** Takes what follows the last line feed: a line without one, or a part of a line. */
  #takeLast(bytes: Uint8Array): void {
    const text = new TextDecoder().decode(bytes);
    const expected = this.#lines === 0 ? HEADER_LINE : EVENT_START;
    const isOurs = expected.startsWith(text) ||
      this.#lines > 0 && text.startsWith(EVENT_START);
    if (isOurs && isCut(bytes)) {
      this.torn = { line: this.#lines + 1, bytes: bytes.length };
      return;
    }
    this.#take(decodeUtf8(bytes, this.source, this.#lines + 1), true);
    this.length += bytes.length;
    this.isEnded = false;
  }

  #take(text: string, jitless: boolean): void {
    const line = this.#lines + 1;
    if (line === 1) this.#takeHeader(text);
    else {
      const value = parseJson(text, this.source, { firstLine: line });
      const { data, error } = ExperimentEventSchema.safeParse(value, { jitless });
      if (error !== undefined) throw this.#problem(line, describeProblem(error));
      try {
        this.folding.add(data);
      } catch (cause) {
        if (!(cause instanceof RangeError)) throw cause;
        throw this.#problem(line, cause.message, cause);
      }
    }
    this.#lines = line;
  }

  #takeHeader(text: string): void {
    let value: unknown;
    try {
      value = parseJson(text, this.source);
    } catch (error) {
      throw nameOther(error, text, this.source, "the log of an experiment", []);
    }
    if (!isRecord(value) || value.format !== EXPERIMENT_FORMAT) {
      const problem = this.#problem(1, `expected ${HEADER_LINE}`);
      throw nameOther(problem, text, this.source, "the log of an experiment", []);
    }
    const { version } = value;
    if (typeof version === "number" && version > EXPERIMENT_VERSION) {
      throw this.#problem(1, `version ${version} is newer than ${EXPERIMENT_VERSION}`);
    }
    const { error } = ExperimentHeaderSchema.safeParse(value, { jitless: true });
    if (error !== undefined) throw this.#problem(1, describeProblem(error));
  }

  #problem(line: number, problem: string, cause?: unknown): TypeError {
    return new TypeError(`Cannot read ${this.source}: line ${line}: ${problem}`, { cause });
  }
}

/** Tells whether bytes end before their JSON does. */
function isCut(bytes: Uint8Array): boolean {
  try {
    refuseCutBytes(bytes, "");
    return false;
  } catch {
    return true;
  }
}

/**
 * Parses the bytes of a log. The state depends on nothing else.
 *
 * @param source its name in errors: `Cannot read <source>: …`
 * @throws {SyntaxError} if a line but the last is not JSON in UTF-8, naming it
 * @throws {TypeError} if a line is no event or does not fit those before it, naming it; or if this is no log
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { parseExperiment } from "./log.ts";
 *
 * const header = '{"format":"ruletrace experiment","version":1}\n';
 * const bytes = new TextEncoder().encode(header + '{"type":"end","ses');
 * assertEquals(parseExperiment(bytes), {
 *   state: { sessions: [] },
 *   torn: { line: 2, bytes: 18 },
 * });
 * ```
 */
export function parseExperiment(
  bytes: Uint8Array,
  source = "experiment",
): ExperimentContents {
  const log = new ReadLog(source);
  log.read(bytes);
  const { torn } = log;
  return { state: log.folding.state(), ...(torn !== undefined && { torn }) };
}

/**
 * Reads the log of an experiment as it is between the changes of others.
 *
 * @throws {Error} if it cannot be read, naming the path
 * @throws {Deno.errors.NotCapable} if read permission is missing
 * @throws {SyntaxError | TypeError} as {@linkcode parseExperiment} does
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readExperiment } from "./log.ts";
 *
 * const path = await Deno.makeTempFile({ suffix: ".jsonl" });
 * await Deno.writeTextFile(path, '{"format":"ruletrace experiment","version":1}\n');
 * assertEquals(await readExperiment(path), { state: { sessions: [] } });
 * await Deno.remove(path);
 * ```
 */
export async function readExperiment(path: string): Promise<ExperimentContents> {
  const source = nameLog(path);
  requireFile(path, source);
  let bytes: Uint8Array;
  try {
    requireLog(path);
    bytes = await readBetween(path);
  } catch (cause) {
    throw readError(source, cause, { path });
  }
  return parseExperiment(bytes, source);
}

/** Returns what errors call a log. */
export function nameLog(path: string): string {
  return `experiment ${quote(path, Infinity)}`;
}

/** Throws if what is at a path cannot be a log. */
function requireLog(path: string): void {
  const facts = statOrNothing(path);
  if (facts === undefined) return;
  if (facts.isDirectory()) throw new Error("it is a folder, expected a file");
  if (!facts.isFile()) throw new Error("expected a file that can grow");
  if (facts.size > MAX_BYTES) {
    throw new Error(`it has ${facts.size} bytes, at most ${MAX_BYTES} are read`);
  }
}

/**
 * Adds an event to a log while nobody else does, after reading what others added. A torn last line is taken away
 * first.
 *
 * @param log what was read of it, which is read further; after an error it is of no more use
 * @param create returns the event, from all that is logged
 * @returns the event, and what was taken away
 * @throws what `create` throws, and what reading throws; then nothing is added
 * @throws {TypeError} if the event does not have its form
 * @throws {RangeError} if it does not fit those before it
 * @throws {Error} if it cannot be written, naming the path; then the log is as it was
 */
export async function appendEvent<Event extends ExperimentEvent>(
  path: string,
  log: ReadLog,
  create: (folding: Folding) => Event,
): Promise<{ readonly event: Event; readonly torn?: TornLine }> {
  const file = await hold(path, log.source);
  try {
    if (file.size() > MAX_BYTES) requireLog(path);
    log.read(file.read(log.length));
    // Without members that are undefined, as it will be read.
    const created = JSON.parse(JSON.stringify(create(log.folding)));
    const { data, error } = ExperimentEventSchema.safeParse(created, { jitless: true });
    if (error !== undefined) throw new TypeError(describeProblem(error));
    const event = data as Event;
    log.folding.check(event);
    const { torn } = log;
    const lines = [...(log.length === 0 ? [HEADER_LINE] : []), JSON.stringify(event)];
    const bytes = new TextEncoder().encode(`${log.isEnded ? "" : "\n"}${lines.join("\n")}\n`);
    write(path, file, log, bytes);
    log.read(bytes);
    return { event, ...(torn !== undefined && { torn }) };
  } finally {
    file.release();
  }
}

async function hold(path: string, source: string): Promise<HeldFile> {
  try {
    requireLog(path);
    return await holdFile(path);
  } catch (cause) {
    const reason = codeOf(cause) === "ENOENT" ? "there is no such folder" : undefined;
    throw fileError(`Cannot write ${source}`, cause, reason);
  }
}

function write(
  path: string,
  file: HeldFile,
  { length, source }: ReadLog,
  bytes: Uint8Array,
): void {
  try {
    if (file.size() > length) file.cut(length);
    try {
      file.append(bytes);
      if (length === 0) syncFolderOf(path);
    } catch (error) {
      file.cut(length);
      throw error;
    }
  } catch (cause) {
    throw fileError(`Cannot write ${source}`, cause);
  }
}
