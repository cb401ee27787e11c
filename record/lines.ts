/**
 * A file of lines that grows while a run goes on.
 *
 * @module
 */
import { quote } from "../learn/text/quoting.ts";
import { fileError } from "../learn/text/reading.ts";
import {
  closeFile,
  createFile,
  extendFile,
  syncFile,
  syncFolderOf,
  writeAll,
} from "../system/files.ts";

/** When lines are flushed to the disk: each at once, or all at the end. */
export type Flush = "step" | "end";

/** A file that lines are added to. It does not exist before the first line, unless it is gone on with. */
export class LineFile {
  readonly path: string;
  readonly #name: string;
  readonly #flush: Flush;
  readonly #kept?: number;
  #file?: number;
  #isBegun = false;
  #isOpen = true;
  /** Whether the name of the file is on the disk. */
  #isNamed = false;
  /** Whether all lines are on the disk. */
  #isFlushed = true;

  /**
   * A file at `path`, which errors call `name`.
   *
   * @param kept how many bytes of a file that is there already stay; if it is not given, there must be none
   */
  constructor(path: string, name: string, flush: Flush, kept?: number) {
    this.path = path;
    this.#name = name;
    this.#flush = flush;
    this.#kept = kept;
  }

  /** Whether there is a file. */
  get isBegun(): boolean {
    return this.#isBegun;
  }

  /**
   * Adds a line. A failed write closes the file, as nothing may follow a torn line; later lines are dropped.
   *
   * @throws {Error} if the line cannot be written, or another file is at the path already
   * @throws {Deno.errors.NotCapable} if a permission is missing
   */
  append(line: string): void {
    if (!this.#isOpen) return;
    const bytes = new TextEncoder().encode(line.endsWith("\n") ? line : `${line}\n`);
    this.#try(() => {
      this.#file ??= this.#kept === undefined
        ? createFile(this.path)
        : extendFile(this.path, this.#kept);
      this.#isBegun = true;
      this.#isFlushed = false;
      writeAll(this.#file, bytes);
      if (this.#flush === "step") this.#sync();
    });
  }

  /**
   * Ends writing, with all lines on the disk. May be called again.
   *
   * @throws {Error} if the lines cannot be flushed
   */
  finish(): void {
    this.#try(() => this.#sync());
    this.close();
  }

  /** Ends writing. May be called again. */
  close(): void {
    this.#isOpen = false;
    if (this.#file !== undefined) closeFile(this.#file);
    this.#file = undefined;
  }

  #sync(): void {
    if (this.#file === undefined || this.#isFlushed) return;
    syncFile(this.#file);
    if (!this.#isNamed) syncFolderOf(this.path);
    this.#isNamed = this.#isFlushed = true;
  }

  #try(work: () => void): void {
    try {
      work();
    } catch (cause) {
      this.close();
      throw fileError(`Cannot write the ${this.#name} ${quote(this.path, Infinity)}`, cause);
    }
  }
}
