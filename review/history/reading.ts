/**
 * The traces of a folder: each run once, and the files that cannot be read with the reason.
 *
 * @module
 */
import { isNotCapable } from "../../system/permissions.ts";
import { codeOf, describeCause, listNames, readFile, statOrNothing } from "../../system/files.ts";
import { fileError } from "../../learn/text/reading.ts";
import { join } from "jsr:@std/path@^1";
import { cut, escapeControls, quote } from "../../learn/text/quoting.ts";
import { SOURCE, summarise, type Summary } from "./summary.ts";

/** A file of a folder, and the run that it records. */
export interface RunFile extends Summary {
  /** Its name within the folder. */
  readonly file: string;
}

/** A file that is named as a trace is, and why it is not listed as a run. */
export interface Problem {
  /** Its name within the folder. */
  readonly file: string;
  /** The reason in words. */
  readonly reason: string;
}

/** A file that holds the same as another one, which is listed. */
export interface Copy {
  /** Its name within the folder. */
  readonly file: string;
  /** The name of the other file. */
  readonly of: string;
}

/** The files of a folder. */
export interface Folder {
  readonly files: readonly RunFile[];
  readonly problems: readonly Problem[];
  readonly copies: readonly Copy[];
}

/** Files larger than this are not read for a list. */
const MAX_BYTES = 128 * 2 ** 20;
/** Files between two reports of progress. */
const REPORTED = 25;

/**
 * Reads the files of a folder whose names end in `.trace.json` or `.trace.jsonl`, in the order of their
 * names, but not those of folders in it.
 *
 * @param onProgress is called with how many of how many files were read
 * @throws {Error} if the folder cannot be read
 */
export async function readFolder(
  folder: string,
  onProgress?: (done: number, all: number) => void,
): Promise<Folder> {
  let names: string[];
  try {
    names = (await listNames(folder)).filter((name) => /\.trace\.jsonl?$/.test(name));
  } catch (cause) {
    throw fileError(`Cannot read the folder ${quote(folder)}`, cause);
  }
  names.sort();
  const all: RunFile[] = [];
  const problems: Problem[] = [];
  for (const [place, file] of names.entries()) {
    if (place % REPORTED === 0) onProgress?.(place, names.length);
    try {
      all.push({ file, ...summarise(await readSmall(join(folder, file))) });
    } catch (error) {
      problems.push({ file, reason: describeError(error) });
    }
  }
  return { problems, ...leaveOutCopies(all) };
}

/** Reads a regular file that is not too large. */
async function readSmall(path: string): Promise<Uint8Array> {
  // This looks at the file that a link leads to; reading a pipe or a device might never end.
  const found = statOrNothing(path);
  if (found === undefined) throw new Error("it leads nowhere, or is gone");
  if (found.isDirectory()) throw new Error("it is a folder");
  if (!found.isFile()) throw new Error("it is not a regular file");
  const { size } = found;
  if (size > MAX_BYTES) {
    const [found, most] = [size, MAX_BYTES].map((bytes) => Math.ceil(bytes / 2 ** 20));
    throw new Error(`it has ${found} MiB, and a list reads at most ${most}`);
  }
  return await readFile(path);
}

const MAX_REASON = 240;

/** Describes in one line why a file could not be read. */
function describeError(error: unknown): string {
  if (isNotCapable(error)) return "it may not be read: --allow-read is missing";
  if (codeOf(error) === "EACCES") return "the system does not allow reading it";
  if (!(error instanceof Error)) throw error;
  const message = describeCause(error).replace(`Cannot read ${SOURCE}: `, "");
  return cut(escapeControls(message), MAX_REASON);
}

/**
 * Keeps each run once: under its own name, `<data set>.<run id>.trace.json`, else under the first. A
 * journal beside the trace of its run was left behind when the trace was written.
 */
function leaveOutCopies(all: readonly RunFile[]): Pick<Folder, "files" | "copies"> {
  const keyOf = ({ run, digest }: RunFile) => JSON.stringify([run.dataset.name, run.id, digest]);
  const nameOf = ({ run }: RunFile) => `${run.dataset.name}.${run.id}.trace.json`;
  const named = new Map(
    all.filter((one) => one.file === nameOf(one)).map((one) => [one.file, one]),
  );
  const groups = Map.groupBy(all, keyOf);
  const files: RunFile[] = [];
  const copies: Copy[] = [];
  for (const one of all) {
    const group = groups.get(keyOf(one))!;
    const isLeftBehind = one.file === `${nameOf(one)}l`;
    const original = (isLeftBehind && named.get(nameOf(one))) ||
      (group.find((other) => named.has(other.file)) ?? group[0]);
    if (original === one) files.push(one);
    else copies.push({ file: one.file, of: original.file });
  }
  return { files, copies };
}
