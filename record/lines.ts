/**
 * A file of lines that grows while a run goes on.
 *
 * @module
 */
import { quote } from "../learn/text/quoting.ts";
import { fileError } from "../learn/text/reading.ts";
import { closeFile, createFile, writeAll } from "../system/files.ts";

/** A file that lines are added to. It does not exist before the first line. */
export class LineFile {
  readonly path: string;
  readonly #name: string;
  #file?: number;
  #isBegun = false;
  #isOpen = true;

  /** A file at `path`, which errors call `name`. */
  constructor(path: string, name: string) {
    this.path = path;
    this.#name = name;
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
    try {
      this.#file ??= createFile(this.path);
      this.#isBegun = true;
      writeAll(this.#file, bytes);
    } catch (cause) {
      this.close();
      throw fileError(`Cannot write the ${this.#name} ${quote(this.path)}`, cause);
    }
  }

  /** Ends writing. May be called again. */
  close(): void {
    this.#isOpen = false;
    if (this.#file !== undefined) closeFile(this.#file);
    this.#file = undefined;
  }
}
