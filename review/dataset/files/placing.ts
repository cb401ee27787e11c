/**
 * Puts the files of a data set in place: all are on the disk under other names before the first gets its own, and
 * the receipts come last. Whoever is killed on the way leaves whole files, and receipts that do not fit them.
 *
 * @module
 */
import { join } from "jsr:@std/path@^1";
import { quote } from "../../../learn/text/quoting.ts";
import { fileError, readBytes } from "../../../learn/text/reading.ts";
import {
  closeFile,
  createFile,
  holdFolder,
  lstatOrNothing,
  makeFolder,
  removeFile,
  renameFile,
  syncFile,
  syncFolderOf,
  writeAll,
} from "../../../system/files.ts";
import { lineagePath, ROW_FILES } from "./checking.ts";
import { ROW_KINDS } from "../format.ts";
import { hashBytes } from "./formats.ts";
import { type DatasetFile, PAGE_FILE } from "../making.ts";
import { DATASET_STAGES, receiptPath } from "../receipts.ts";

/** The files that some data sets have and others do not. */
const OPTIONAL = [
  ...[...ROW_FILES.keys()].flatMap((path) => [path, lineagePath(path)]),
  ...ROW_KINDS.map((kind) => `${kind}.schema.json`),
  PAGE_FILE,
];

/** Returns the files in a folder that look as if they were of its data set, and are not among its files. */
export function findStray(out: string, files: Iterable<string>): string[] {
  const known = new Set(files);
  return OPTIONAL.filter((path) =>
    !known.has(path) && lstatOrNothing(join(out, path)) !== undefined
  );
}

/**
 * Checks that a folder holds a data set, or nothing that one would replace.
 *
 * @throws {Error} if it holds a folder, or a file that no export wrote, with the name of a file of the data set
 */
export function requireOwn(out: string, files: readonly DatasetFile[]): void {
  const isThere = (path: string) => lstatOrNothing(join(out, path)) !== undefined;
  const folder = files.find(({ path }) => lstatOrNothing(join(out, path))?.isDirectory());
  if (folder !== undefined) {
    throw new Error(`Cannot write ${quote(join(out, folder.path), Infinity)}: it is a folder`);
  }
  if (DATASET_STAGES.some((stage) => isThere(receiptPath(stage)))) return;
  const taken = files.find(({ path }) => isThere(path));
  if (taken === undefined) return;
  const expected = "expected an empty folder, or one that an export wrote";
  throw new Error(
    `Cannot write the data set to ${
      quote(out, Infinity)
    }: it holds ${taken.path}, and no receipt: ${expected}`,
  );
}

/**
 * Writes files, and removes those that an earlier export wrote and this one does not.
 *
 * @param out the folder of the data set, which is made if there is none
 * @throws {Error} if one cannot be written; then all that was there is as it was, unless it is the system that
 * cannot give files their names
 */
export async function placeFiles(out: string, files: readonly DatasetFile[]): Promise<void> {
  const staged: string[] = [];
  let release: (() => void) | undefined;
  try {
    makeFolder(join(out, "receipts"));
    // Of two exports at once, the second writes after the first.
    release = await holdFolder(out);
    for (const path of OPTIONAL) removeIfThere(join(out, `${path}.tmp`));
    for (const { path, text } of files) {
      const temporary = join(out, `${path}.tmp`);
      removeIfThere(temporary);
      staged.push(temporary);
      writeFile(temporary, new TextEncoder().encode(text));
    }
    for (const { path, text } of files) {
      const bytes = await readBytes(join(out, `${path}.tmp`), quote(path));
      if (hashBytes(bytes) !== hashBytes(text)) throw new Error(`${path} is not as it was written`);
    }
    for (const { path } of files) renameFile(join(out, `${path}.tmp`), join(out, path));
    for (const path of findStray(out, files.map(({ path }) => path))) removeFile(join(out, path));
    syncFolderOf(join(out, "README.md"));
    syncFolderOf(join(out, receiptPath("export")));
  } catch (cause) {
    for (const path of staged) removeIfThere(path);
    throw fileError(`Cannot write the data set to ${quote(out, Infinity)}`, cause);
  } finally {
    release?.();
  }
}

function writeFile(path: string, bytes: Uint8Array): void {
  const file = createFile(path);
  try {
    writeAll(file, bytes);
    syncFile(file);
  } finally {
    closeFile(file);
  }
}

function removeIfThere(path: string): void {
  if (lstatOrNothing(path)?.isFile()) removeFile(path);
}
