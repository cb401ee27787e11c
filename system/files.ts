/**
 * Files. All access to them goes through this module, by `node:fs`, which Deno, Node and Bun have.
 *
 * @module
 */
import fs from "node:fs";
import { dirname } from "jsr:@std/path@^1";
import { isPermitted } from "./permissions.ts";

/** What is at a path: a file, a folder, a pipe, a device. */
export type FileFacts = fs.Stats;

/** Returns the code of an error of the system, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as Error & { code?: unknown }).code : undefined;
  return typeof code === "string" ? code : undefined;
}

/**
 * Returns the message of an error in the same words on each runtime: of an error of the system without
 * its code, its call and its path.
 */
export function describeCause(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!/^E[A-Z0-9]+$/.test(codeOf(error) ?? "")) return message;
  const words = message.replace(/^E[A-Z0-9]+: (.*?), \w+(?: '.*)?$/s, "$1")
    .replace(/ \(os error \d+\).*$/s, "");
  return words.slice(0, 1).toLowerCase() + words.slice(1);
}

/** Reads a whole file. */
export function readFile(path: string): Promise<Uint8Array> {
  return fs.promises.readFile(path);
}

/** Reads a file in parts. Errors of opening it come with the first part. */
export function streamFile(path: string): AsyncIterable<Uint8Array> {
  return fs.createReadStream(path);
}

/** Returns the names in a folder. */
export function listNames(folder: string): Promise<string[]> {
  return fs.promises.readdir(folder);
}

/**
 * Returns the names of the folders in a folder, or of what else is in it; none if it cannot be read without
 * asking for the permission.
 */
export function listPermitted(folder: string, wanted: "file" | "folder"): string[] {
  if (!isPermitted({ name: "read", path: folder })) return [];
  try {
    return fs.readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() === (wanted === "folder"))
      .map(({ name }) => name);
  } catch {
    // What is wrong with it is told by the error that this is to explain.
    return [];
  }
}

/** Returns what a path leads to. */
export function stat(path: string): FileFacts {
  return fs.statSync(path);
}

/** Returns what a path leads to; `undefined` if that does not exist. */
export function statOrNothing(path: string): FileFacts | undefined {
  return ifFound(() => stat(path));
}

/** Returns what is at a path, which may be a link; `undefined` if nothing is. */
export function lstatOrNothing(path: string): FileFacts | undefined {
  return ifFound(() => fs.lstatSync(path));
}

function ifFound<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    // Below what is not a folder there is nothing either.
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "")) return undefined;
    throw error;
  }
}

/** Returns the absolute path of a file, with links followed. */
export function realPath(path: string): string {
  return fs.realpathSync(path);
}

/** Creates a folder, and those that it is in, unless there are. */
export function makeFolder(path: string): void {
  fs.mkdirSync(path, { recursive: true });
}

/** Removes a file. */
export function removeFile(path: string): void {
  fs.unlinkSync(path);
}

/** Gives a file another name in its folder; a file that has it is replaced. */
export function renameFile(from: string, to: string): void {
  fs.renameSync(from, to);
}

/** Opens a file for writing that must not exist yet; returns its descriptor. */
export function createFile(path: string): number {
  return fs.openSync(path, "wx");
}

/**
 * Waits until no one else holds a folder, and holds it until the function that it returns is called, or the process
 * ends. Where a system has no locks on folders, nobody waits.
 */
export async function holdFolder(path: string): Promise<() => void> {
  let folder: Deno.FsFile | undefined;
  try {
    folder = await Deno.open(path);
    await folder.lock(true);
  } catch {
    // Without a lock, whoever is second may make the first fail, and receipts tell.
  }
  return () => folder?.close();
}

/** Opens a file to write after its first `length` bytes, which stay; the rest goes. Returns its descriptor. */
export function extendFile(path: string, length: number): number {
  fs.truncateSync(path, length);
  return fs.openSync(path, "a");
}

/**
 * Opens a device or a pipe for writing; returns its descriptor. Does not wait for a reader of the pipe:
 * without one, the error has the code `ENXIO`.
 */
export function openDevice(path: string): number {
  return fs.openSync(path, fs.constants.O_WRONLY | (fs.constants.O_NONBLOCK ?? 0));
}

/** Closes a descriptor. */
export function closeFile(file: number): void {
  fs.closeSync(file);
}

/** Milliseconds until a pipe is tried again that can take no more. */
const FULL_PIPE_WAIT = 5;

/** Writes all bytes to a descriptor; waits if a pipe can take no more at the moment. */
export function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) {
    try {
      done += fs.writeSync(file, bytes, done);
    } catch (error) {
      if (codeOf(error) !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_WAIT);
    }
  }
}

/** Waits until what was written to a descriptor is on the disk. */
export function syncFile(file: number): void {
  fs.fsyncSync(file);
}

/** Codes of systems that do not flush folders; their names are as safe there as can be. */
const UNSYNCED = new Set(["EACCES", "EBADF", "EINVAL", "EISDIR", "ENOSYS", "ENOTSUP", "EPERM"]);

/**
 * Waits until the names of the files in the folder of `path` are on the disk, if the system does that and the
 * folder may be read.
 */
export function syncFolderOf(path: string): void {
  const folder = dirname(path);
  if (!isPermitted({ name: "read", path: folder })) return;
  let file: number | undefined;
  try {
    file = fs.openSync(folder, "r");
    fs.fsyncSync(file);
  } catch (error) {
    if (!UNSYNCED.has(codeOf(error) ?? "")) throw error;
  } finally {
    if (file !== undefined) fs.closeSync(file);
  }
}
