/**
 * The traces of a folder: each run once, and what cannot be read with the reason.
 *
 * @module
 */
import { fileError } from "../../learn/text/reading.ts";
import { join } from "jsr:@std/path@^1";
import { escapeControls, quote } from "../../learn/text/quoting.ts";
import { summarise, type Summary } from "./summary.ts";

/** A file of a folder, and the run that it records. */
export interface Found extends Summary {
  /** Its name within the folder. */
  readonly file: string;
}

/** A file that is named as a trace is, and why it is not listed as a run. */
export interface Problem {
  readonly file: string;
  readonly reason: string;
}

/** A file that holds the same as another one, which is listed. */
export interface Copy {
  readonly file: string;
  readonly of: string;
}

/** What the files of a folder are. */
export interface Folder {
  readonly found: readonly Found[];
  readonly problems: readonly Problem[];
  readonly copies: readonly Copy[];
}

/** Files larger than this are not read for a list. */
const MAX_BYTES = 128 * 2 ** 20;
/** Files between two reports of progress. */
const REPORTED = 25;

/**
 * Reads the files of a folder whose names end in `.trace.json` or `.trace.jsonl`, in the order of their
 * names. Folders in it are not looked into.
 *
 * @param onProgress hears how many of how many files were read
 * @throws {Error} where the folder cannot be read
 */
export async function readFolder(
  folder: string,
  onProgress?: (done: number, all: number) => void,
): Promise<Folder> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (/\.trace\.jsonl?$/.test(name)) names.push(name);
    }
  } catch (cause) {
    throw fileError(`Cannot read the folder ${quote(folder)}`, cause);
  }
  names.sort();
  const found: Found[] = [];
  const problems: Problem[] = [];
  for (const [place, file] of names.entries()) {
    if (place % REPORTED === 0) onProgress?.(place, names.length);
    try {
      found.push({ file, ...summarise(await readBytes(join(folder, file)), SOURCE) });
    } catch (error) {
      problems.push({ file, reason: describe(error) });
    }
  }
  return { problems, ...leaveOutCopies(found) };
}

/** Stands for the file in errors, whose reasons are listed under its name. */
const SOURCE = "it";

/** Errors that say what a path is instead of a trace. */
class NoTrace extends Error {}

async function readBytes(path: string): Promise<Uint8Array> {
  // What a link leads to counts; reading a pipe or a device might never end.
  const { isFile, isDirectory, size } = await Deno.stat(path);
  if (isDirectory) throw new NoTrace("it is a folder");
  if (!isFile) throw new NoTrace("it is no regular file");
  if (size > MAX_BYTES) {
    const [found, most] = [size, MAX_BYTES].map((bytes) => Math.ceil(bytes / 2 ** 20));
    throw new NoTrace(`it has ${found} MiB, and a list reads ${most} at most`);
  }
  return await Deno.readFile(path);
}

const MAX_REASON = 240;

/** Why a file could not be read, in one line. Faults of this program are thrown on. */
function describe(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "it leads nowhere, or went away";
  if (error instanceof Deno.errors.NotCapable) return "it may not be read: --allow-read is missing";
  if (error instanceof Deno.errors.PermissionDenied) return "the system does not let it be read";
  if (!(error instanceof Error)) throw error;
  // The system's messages end in the call and the path, which the list has already.
  const message = error.message.replace(`Cannot read ${SOURCE}: `, "")
    .replace(/ \(os error \d+\)(: \w+ '.*')?$/s, "");
  const reason = escapeControls(message);
  return reason.length > MAX_REASON ? `${reason.slice(0, MAX_REASON)}…` : reason;
}

/**
 * Each run once: under the name that its own trace has, else under the first. A journal beside the
 * trace of its run was left behind when that was written.
 */
function leaveOutCopies(all: readonly Found[]): Pick<Folder, "found" | "copies"> {
  const originals = new Map<string, Found>();
  const keyOf = ({ run, digest }: Found) => JSON.stringify([run.dataset.name, run.id, digest]);
  const nameOf = ({ run }: Found) => `${run.dataset.name}.${run.id}.trace.json`;
  const own = new Map<string, Found>();
  for (const one of all) {
    const known = originals.get(keyOf(one));
    if (known === undefined || one.file === nameOf(one)) originals.set(keyOf(one), one);
    if (one.file === nameOf(one)) own.set(one.file, one);
  }
  const found: Found[] = [];
  const copies: Copy[] = [];
  for (const one of all) {
    const isLeftBehind = one.file === `${nameOf(one)}l`;
    const original = (isLeftBehind ? own.get(nameOf(one)) : undefined) ??
      originals.get(keyOf(one))!;
    if (original === one) found.push(one);
    else copies.push({ file: one.file, of: original.file });
  }
  return { found, copies };
}
