/**
 * The traces of a folder: each run once, and the files that cannot be read with the reason.
 *
 * @module
 */
import { isNotCapable } from "../../system/permissions.ts";
import {
  codeOf,
  describeCause,
  listNames,
  lstatOrNothing,
  readFile,
  realPath,
  statOrNothing,
} from "../../system/files.ts";
import { fileError } from "../../learn/text/reading.ts";
import { isAbsolute, join, relative } from "jsr:@std/path@^1";
import { cut, escapeControls, quote } from "../../learn/text/quoting.ts";
import { SOURCE, summarise, type Summary } from "./summary.ts";

/** A file of a folder, and the run that it records. */
export interface RunFile extends Summary {
  /** Its name within the folder. */
  readonly file: string;
}

/** A file of a folder, and what tells its run from others. */
export interface NamedRun {
  /** Its name within the folder. */
  readonly file: string;
  /** Digest of the trace. */
  readonly digest: string;
  /** Id of the run, and the name of its data set. */
  readonly run: { readonly id: string; readonly dataset: { readonly name: string } };
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

/** How the files of a folder are read. */
export interface FolderOptions {
  /** Is called with how many of how many files were read. */
  readonly onProgress?: (done: number, all: number) => void;
  /**
   * What was read before, by name: a file that did not change since is not read again. It is brought up to
   * date.
   */
  readonly kept?: Map<string, KeptFile>;
  /**
   * Whether files that a link brings in from outside the folder are problems.
   *
   * @default false
   */
  readonly isConfined?: boolean;
}

/** What was read of a file. */
export interface KeptFile {
  /** Differs if the file may have changed. */
  readonly stamp: string;
  readonly found: RunFile | Problem;
}

/** A file that may be read. */
export interface FoundFile {
  /** Its path, with links followed if they were checked. */
  readonly path: string;
  /** Differs if the file may have changed. */
  readonly stamp: string;
}

/** Files larger than this are not read. */
const MAX_BYTES = 128 * 2 ** 20;
/** Files between two reports of progress. */
const REPORTED = 25;

/**
 * Lists the names in a folder that end in `.trace.json` or `.trace.jsonl`, in order, but not those of folders
 * in it.
 *
 * @throws {Error} if the folder cannot be read
 */
export async function listTraces(folder: string): Promise<string[]> {
  try {
    return (await listNames(folder)).filter((name) => /\.trace\.jsonl?$/.test(name)).sort();
  } catch (cause) {
    const reason = codeOf(cause) === "ENOTDIR" ? "it is a file, expected a folder" : undefined;
    throw fileError(`Cannot read the folder ${quote(folder)}`, cause, reason);
  }
}

/**
 * Reads the runs that the files of a folder record, in the order of the names of the files; see
 * {@linkcode listTraces}.
 *
 * @throws {Error} if the folder cannot be read
 */
export async function readFolder(folder: string, options: FolderOptions = {}): Promise<Folder> {
  const { onProgress, kept = new Map(), isConfined = false } = options;
  const names = await listTraces(folder);
  const present = new Set(names);
  for (const name of kept.keys()) if (!present.has(name)) kept.delete(name);
  for (const [place, file] of names.entries()) {
    if (place % REPORTED === 0) onProgress?.(place, names.length);
    let stamp = "";
    try {
      const found = findFile(folder, file, isConfined);
      stamp = found.stamp;
      if (kept.get(file)?.stamp === stamp) continue;
      kept.set(file, { stamp, found: { file, ...summarise(await readFile(found.path)) } });
    } catch (error) {
      kept.set(file, { stamp, found: { file, reason: describeError(error) } });
    }
  }
  const all = names.flatMap((name) => kept.get(name)?.found ?? []);
  const problems = all.filter((one) => "reason" in one);
  return { problems, ...leaveOutCopies(all.filter((one) => "run" in one)) };
}

/**
 * Looks for a file of a folder.
 *
 * @param isConfined whether a link must not lead out of the folder
 * @throws {Error} saying in words about "it" why it may not be read: unless it is a regular file that is not
 * too large
 */
export function findFile(folder: string, file: string, isConfined: boolean): FoundFile {
  let path = join(folder, file);
  if (isConfined && lstatOrNothing(path)?.isSymbolicLink() && statOrNothing(path) !== undefined) {
    path = realPath(path);
    const way = relative(realPath(folder), path);
    if (isAbsolute(way) || /^\.\.([\\/]|$)/.test(way)) {
      throw new Error("it is a link that leads out of the folder");
    }
  }
  // This looks at the file that a link leads to; reading a pipe or a device might never end.
  const found = statOrNothing(path);
  if (found === undefined) throw new Error("it leads nowhere, or is gone");
  if (found.isDirectory()) throw new Error("it is a folder");
  if (!found.isFile()) throw new Error("it is not a regular file");
  const { size, ino, mtimeMs, ctimeMs } = found;
  if (size > MAX_BYTES) {
    const [found, most] = [size, MAX_BYTES].map((bytes) => Math.ceil(bytes / 2 ** 20));
    throw new Error(`it has ${found} MiB, and a list reads at most ${most}`);
  }
  return { path, stamp: [size, ino, mtimeMs, ctimeMs].join() };
}

const MAX_REASON = 240;

/**
 * Describes in one line about {@linkcode SOURCE} why a file could not be read.
 *
 * @throws what is not an error
 */
export function describeError(error: unknown): string {
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
export function leaveOutCopies<T extends NamedRun>(
  all: readonly T[],
): { readonly files: readonly T[]; readonly copies: readonly Copy[] } {
  const keyOf = ({ run, digest }: T) => JSON.stringify([run.dataset.name, run.id, digest]);
  const nameOf = ({ run }: T) => `${run.dataset.name}.${run.id}.trace.json`;
  const named = new Map(
    all.filter((one) => one.file === nameOf(one)).map((one) => [one.file, one]),
  );
  // A folder may hold thousands of copies: each group is looked through once.
  const originals = new Map(
    [...Map.groupBy(all, keyOf)].map(([key, group]) =>
      [key, group.find(({ file }) => named.has(file)) ?? group[0]] as const
    ),
  );
  const files: T[] = [];
  const copies: Copy[] = [];
  for (const one of all) {
    const isLeftBehind = one.file === `${nameOf(one)}l`;
    const original = (isLeftBehind && named.get(nameOf(one))) || originals.get(keyOf(one))!;
    if (original === one) files.push(one);
    else copies.push({ file: one.file, of: original.file });
  }
  return { files, copies };
}
