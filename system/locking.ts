/**
 * Files that one process at a time may change.
 *
 * @module
 */
import fs from "node:fs";
import process from "node:process";
import { codeOf, writeAll } from "./files.ts";

/** A file that nobody else may change for now. */
export interface HeldFile {
  /** Returns how many bytes it has. */
  size(): number;
  /** Returns its bytes from a place on. */
  read(from: number): Uint8Array;
  /** Keeps its first bytes. */
  cut(length: number): void;
  /** Adds bytes at the end by one write, if the system can, and waits until they are on the disk. */
  append(bytes: Uint8Array): void;
  /** Lets others have it. */
  release(): void;
}

/** The namespace of Deno, if this is Deno. */
const deno = globalThis.Deno as typeof Deno | undefined;

/**
 * Waits until no one else holds a file, and holds it until it is released or the process ends. The file is made if
 * there is none.
 *
 * On Deno, the system locks the file itself, for all that ask on Deno. Node and Bun cannot ask the system: there, a
 * file beside it, `….lock`, has the number of the process that holds it. It is taken over from a process that has
 * ended. So processes on Deno and others on Node do not wait for each other.
 *
 * @param by whether the system locks the file, or a file beside it does: by default, what the runtime can
 * @throws {Error} if it cannot be opened or locked; with a file beside it also if another process holds it for over
 *   half a minute
 */
export function holdFile(
  path: string,
  by: "system" | "file" = deno === undefined ? "file" : "system",
): Promise<HeldFile> {
  return by === "file" ? holdBeside(path) : holdItself(path, deno!);
}

/**
 * Reads a file between the changes of those that hold it: as it is before or after each. On Node and
 * Bun, as it is.
 *
 * @throws {Error} if it cannot be read
 */
export async function readBetween(path: string): Promise<Uint8Array> {
  if (deno === undefined) return fs.readFileSync(path);
  const file = await deno.open(path, { read: true });
  try {
    // Where a system has no locks, it is read as it is.
    await file.lock(false).catch(() => {});
    return readAll(file, 0);
  } finally {
    file.close();
  }
}

async function holdItself(path: string, { open }: typeof Deno): Promise<HeldFile> {
  const file = await open(path, { read: true, append: true, create: true });
  try {
    await file.lock(true);
  } catch (error) {
    file.close();
    throw error;
  }
  return {
    size: () => file.statSync().size,
    read: (from) => readAll(file, from),
    cut: (length) => file.truncateSync(length),
    append(bytes) {
      for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
      file.syncDataSync();
    },
    release: () => file.close(),
  };
}

function readAll(file: Deno.FsFile, from: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, file.statSync().size - from));
  file.seekSync(from, 0);
  let done = 0;
  while (done < bytes.length) {
    const read = file.readSync(bytes.subarray(done));
    if (read === null) break;
    done += read;
  }
  return bytes.subarray(0, done);
}

/** Milliseconds between two looks at the file of another process, at first and at most. */
const [FIRST_WAIT, LONGEST_WAIT] = [1, 50];
/** Milliseconds after which waiting ends in an error. */
const PATIENCE = 30_000;
/** Milliseconds after which a file without a number is left by a process that ended before it wrote one. */
const UNWRITTEN = 2_000;

async function holdBeside(path: string): Promise<HeldFile> {
  const lock = `${path}.lock`;
  const began = performance.now();
  for (let wait = FIRST_WAIT; !tryCreate(lock); wait = Math.min(LONGEST_WAIT, 2 * wait)) {
    if (takeAway(lock)) continue;
    if (performance.now() - began > PATIENCE) {
      throw new Error(`it is held by another process: delete ${lock} if there is none`);
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  try {
    const file = fs.openSync(path, "a+");
    return {
      size: () => fs.fstatSync(file).size,
      read: (from) => readDescriptor(file, from),
      cut: (length) => fs.ftruncateSync(file, length),
      append(bytes) {
        writeAll(file, bytes);
        fs.fdatasyncSync(file);
      },
      release() {
        fs.closeSync(file);
        fs.unlinkSync(lock);
      },
    };
  } catch (error) {
    fs.unlinkSync(lock);
    throw error;
  }
}

/** Creates a file with the number of this process, unless it is there. */
function tryCreate(path: string): boolean {
  let file: number;
  try {
    file = fs.openSync(path, "wx");
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    return false;
  }
  fs.writeSync(file, String(process.pid));
  fs.closeSync(file);
  return true;
}

/**
 * Removes the lock of a process that has ended; tells whether it did. Only who holds another file may do it: else
 * one could remove the lock that another has made in the place of that which both saw.
 */
function takeAway(lock: string): boolean {
  if (!isLeft(lock)) return false;
  const taking = `${lock}.taking`;
  if (!tryCreate(taking)) return false;
  try {
    if (!isLeft(lock)) return false;
    fs.unlinkSync(lock);
    return true;
  } finally {
    fs.unlinkSync(taking);
  }
}

/** Tells whether the process that made a lock has ended. */
function isLeft(lock: string): boolean {
  try {
    const owner = Number(fs.readFileSync(lock, "utf8"));
    if (owner === 0) return Date.now() - fs.statSync(lock).mtimeMs > UNWRITTEN;
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
}

function readDescriptor(file: number, from: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, fs.fstatSync(file).size - from));
  let done = 0;
  while (done < bytes.length) {
    const read = fs.readSync(file, bytes, done, bytes.length - done, from + done);
    if (read === 0) break;
    done += read;
  }
  return bytes.subarray(0, done);
}
