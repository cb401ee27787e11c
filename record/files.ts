/**
 * Traces as files: written in a form that can be compared line by line, read with all checks.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import { dirname, join } from "jsr:@std/path@^1";
import * as z from "npm:zod@^4";
import { describeContent } from "../learn/text/contents.ts";
import { decodeUtf8, isRecord, parseJson, refuseCutBytes } from "../learn/text/json.ts";
import { quote } from "../learn/text/quoting.ts";
import { fileError, readBytes } from "../learn/text/reading.ts";
import {
  closeFile,
  codeOf,
  createFile,
  lstatOrNothing,
  openDevice,
  removeFile,
  renameFile,
  statOrNothing,
  syncFile,
  syncFolderOf,
  writeAll,
} from "../system/files.ts";
import { createNotCapable, isNotCapable, isPermitted } from "../system/permissions.ts";
import { describeProblem, TraceError, unreadable } from "./error.ts";
import { checkVersion, isJournal, parseJournal } from "./journal.ts";
import { type Run, StepSchema, type Trace, TraceSchema } from "./schema.ts";
import { verifyTrace } from "./verify.ts";

/**
 * Returns a trace as the text of a file: JSON with one line for the run, each rule and each step. The same
 * trace gives the same text.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readTrace, renderTrace } from "../trace.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * assertEquals(renderTrace(trace), await Deno.readTextFile("examples/banking.trace.json"));
 * ```
 */
export function renderTrace(trace: Trace): string {
  const rules = Object.entries(trace.rules).map(([id, rule]) =>
    renderRule(id, JSON.stringify(rule))
  );
  return renderParts(trace, rules, trace.steps.map((step) => JSON.stringify(step)));
}

/** Returns the line of a rule, from its id and its JSON. */
export function renderRule(id: string, rule: string): string {
  return `${JSON.stringify(id)}:${rule}`;
}

/** Is {@linkcode renderTrace} for lines of rules and JSON of steps that were rendered before. */
export function renderParts(
  { format, version, run, digest }: Pick<Trace, "format" | "version" | "run" | "digest">,
  rules: readonly string[],
  steps: readonly string[],
): string {
  return `{\n"format":${JSON.stringify(format)},\n"version":${JSON.stringify(version)},\n` +
    `"run":${JSON.stringify(run)},\n` +
    `"rules":{${renderLines(rules)}},\n` +
    `"steps":[${renderLines(steps)}],\n` +
    `"digest":${JSON.stringify(digest)}\n}\n`;
}

function renderLines(lines: readonly string[]): string {
  return lines.length === 0 ? "" : `\n${lines.join(",\n")}\n`;
}

/**
 * Writes a trace to a file, by a temporary file in the same folder and a rename: the path holds the
 * old trace or the new one, never half of one. A path such as `/dev/stdout` is written to directly.
 *
 * @throws {Error} if it cannot be written, naming the path
 * @throws {Deno.errors.NotCapable} if a permission is missing
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readTrace, writeTrace } from "../trace.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * const path = await Deno.makeTempFile({ suffix: ".trace.json" });
 * await writeTrace(path, trace);
 * assertEquals((await readTrace(path)).digest, trace.digest);
 * await Deno.remove(path);
 * ```
 */
// deno-lint-ignore require-await -- errors become rejections
export async function writeTrace(path: string, trace: Trace): Promise<void> {
  const bytes = new TextEncoder().encode(renderTrace(trace));
  replaceFile(path, nameFiles(trace.run), bytes, { toPipe: true });
  syncName(path);
}

/** Returns the beginning of the names of a run's files. Its id is in it: no other run has the same. */
export function nameFiles({ dataset, id }: Pick<Run, "dataset" | "id">): string {
  return `${dataset.name}.${id}`;
}

/**
 * Writes the bytes of a trace, or of another file about it, as {@linkcode writeTrace} does. When it returns,
 * they are on the disk; their name is after {@linkcode syncName}.
 *
 * @param name the name of the temporary file, which nothing else that is written at the same time may have
 * @param options.what the name of the file in errors
 * @param options.toPipe whether to write to a pipe, which may take as long as its reader wants
 */
export function replaceFile(
  path: string,
  name: string,
  bytes: Uint8Array,
  { what = "trace", toPipe = false }: { readonly what?: string; readonly toPipe?: boolean } = {},
): void {
  try {
    const found = statOrNothing(path);
    if (found?.isDirectory()) throw new Error("it is a folder, expected a file");
    if (found !== undefined && !found.isFile()) {
      if (found.isFIFO() && !toPipe) throw new Error("it is a pipe, expected a file");
      writeAndClose(openDevice(path), bytes);
      return;
    }
    const temporary = join(dirname(path), `${name}.tmp`);
    try {
      // A crash may have left it.
      if (lstatOrNothing(temporary) !== undefined) removeFile(temporary);
      // What is in the file gets to the disk before its name, else a crash may leave an empty file.
      writeAndClose(createFile(temporary), bytes, syncFile);
      renameFile(temporary, path);
    } catch (error) {
      if (lstatOrNothing(temporary)?.isFile()) removeFile(temporary);
      throw error;
    }
  } catch (cause) {
    const problem = `Cannot write ${what} ${quote(path, Infinity)}`;
    // The message of the system would name the temporary file.
    if (isNotCapable(cause)) throw explainPermission(problem, dirname(path)) ?? cause;
    throw fileError(problem, cause, REASONS.get(codeOf(cause)));
  }
}

const REASONS = new Map<string | undefined, string>([
  ["ENXIO", "nobody reads the pipe"],
  ["ENOENT", "there is no such folder"],
  ["ENOTDIR", "what it is to be in is not a folder"],
]);

/** Returns an error that says which permissions are missing for a folder; `undefined` if none is. */
function explainPermission(problem: string, folder: string): Error | undefined {
  const missing = (["read", "write"] as const)
    .filter((name) => !isPermitted({ name, path: folder }))
    .map((name) => `--allow-${name}=${folder}`);
  if (missing.length === 0) return undefined;
  const reason = "a temporary file beside it is written first";
  return createNotCapable(`${problem}: ${reason}: run with ${missing.join(" ")}`);
}

/**
 * Waits until the name of a trace is on the disk.
 *
 * @throws {Error} if the system cannot write it, naming the path
 */
export function syncName(path: string): void {
  try {
    syncFolderOf(path);
  } catch (cause) {
    throw fileError(`Cannot write trace ${quote(path, Infinity)}`, cause);
  }
}

function writeAndClose(file: number, bytes: Uint8Array, end = (_file: number) => {}): void {
  try {
    writeAll(file, bytes);
    end(file);
  } finally {
    closeFile(file);
  }
}

/**
 * Reads and verifies a trace: of a file, or of standard input if `path` is `-`. The journal that a killed
 * run left is read as far as it goes, with the status `running`.
 *
 * @throws {Error} if the file cannot be read, naming the path
 * @throws {Deno.errors.NotCapable} if read permission is missing
 * @throws {SyntaxError} if it is not JSON in UTF-8, naming the line
 * @throws {TypeError} if it holds something else, such as examples
 * @throws {TraceError} if it is not a trace, has a newer format version, or does not hold; names the
 * step if there is one
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readTrace } from "../trace.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * assertEquals([trace.run.dataset.name, trace.run.status], ["banking", "completed"]);
 * ```
 */
export async function readTrace(path: string): Promise<Trace> {
  const source = path === "-" ? "trace from standard input" : `trace ${quote(path)}`;
  return parseTrace(decodeTrace(await readBytes(path, source), source), source);
}

/** From how many bytes on a file is not decoded before it is known to be whole. */
const LARGE = 32 * 1024 * 1024;

/** Tells by its first line whether a file is a journal. */
function isJournalOf(bytes: Uint8Array): boolean {
  const line = bytes.subarray(0, bytes.indexOf(0x0a) + 1);
  return isUtf8(line) && isJournal(decodeUtf8(line, ""));
}

/**
 * Decodes the text of a file. If only the torn tail of a journal is not UTF-8, the tail is dropped.
 *
 * @param source its name in errors: `Cannot read <source>: …`
 * @throws {SyntaxError} if it is not UTF-8, naming the line
 */
export function decodeTrace(bytes: Uint8Array, source: string): string {
  if (bytes.length > LARGE && !isJournalOf(bytes)) refuseCutBytes(bytes, source);
  try {
    return decodeUtf8(bytes, source);
  } catch (error) {
    const whole = bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1);
    const text = decodeUtf8(whole, source);
    if (isJournal(text)) return text;
    throw error;
  }
}

/**
 * Parses and verifies the text of a file; see {@linkcode readTrace}.
 *
 * @param source its name in errors: `Cannot read <source>: …`
 * @throws {SyntaxError} if it is not JSON, naming the line
 * @throws {TypeError} if it holds something else, such as examples
 * @throws {TraceError} if it is not a trace or does not hold
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { parseTrace, readTrace, renderTrace } from "../trace.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * assertEquals(parseTrace(renderTrace(trace)), trace);
 * ```
 */
export function parseTrace(text: string, source = "trace"): Trace {
  const trace = isJournal(text) ? parseJournal(text, source) : parseDocument(text, source);
  try {
    verifyTrace(trace);
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    throw unreadable(source, error.message, error.step, { cause: error });
  }
  return trace;
}

/** So many steps are checked faster by a compiled schema. */
const MANY_STEPS = 1_000;

function parseDocument(text: string, source: string): Trace {
  if (text.trim() === "") throw new SyntaxError(`Cannot read ${source}: it is empty`);
  const document = parseHead(text, source);
  const version = checkVersion(document.version, source);
  // Compiling the schema takes longer than to check the few steps of most traces without.
  const jitless = !Array.isArray(document.steps) || document.steps.length < MANY_STEPS;
  const { data, error } = Outline.safeParse({ ...document, version }, { jitless });
  if (error !== undefined) throw unreadable(source, describeProblem(error));
  // The first step that is not valid ends it: a list of all problems could be longer than the trace.
  const steps = data.steps.map((value, index) => {
    const { data, error } = StepSchema.safeParse(value, { jitless });
    if (error === undefined) return data;
    throw unreadable(source, `step ${index}: ${describeProblem(error)}`, index);
  });
  return { ...data, steps };
}

/** Parses a text that says that it is a trace, or throws what it is. */
function parseHead(text: string, source: string): Readonly<Record<string, unknown>> {
  let failure: unknown;
  try {
    const document = parseJson(text, source);
    if (isRecord(document) && document.format === "ruletrace") return document;
  } catch (error) {
    failure = error;
  }
  const content = describeContent(text);
  if (content !== undefined && content !== "a trace") {
    const message = `Cannot read ${source}: it holds ${content}, expected a trace`;
    throw new TypeError(message, { cause: failure });
  }
  if (failure !== undefined) throw failure;
  throw unreadable(source, 'it is not a trace: expected "format": "ruletrace"');
}

/** A trace whose steps were not looked at. */
const Outline = TraceSchema.extend({ steps: z.array(z.unknown()) });
