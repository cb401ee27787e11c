/**
 * The tape of a run as a file: one JSON line for each exchange with a model, as it ends, so that a run
 * that is killed leaves all that was said.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { type Exchange, exchangeId } from "../learn/chat/exchanges.ts";
 * import { readTape, Tape } from "./tape.ts";
 *
 * const messages = [{ role: "user" as const, content: "Say yes." }];
 * const exchange: Exchange = {
 *   id: exchangeId({ model: "small" }, { messages }),
 *   purpose: "patch",
 *   prompt: "patch-1",
 *   model: "small",
 *   messages,
 *   response: "yes",
 *   outcome: "parsed",
 *   metadata: {},
 *   took: 812,
 * };
 * const folder = await Deno.makeTempDir();
 * const tape = new Tape(`${folder}/few.run-1.exchanges.jsonl`);
 * tape.append(exchange);
 * tape.close();
 * assertEquals(await readTape(tape.path), [exchange]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @module
 */
import { fileError, readBytes } from "../learn/text/reading.ts";
import { type Exchange, formatExchange, parseTape } from "../learn/chat/exchanges.ts";
import { quote } from "../learn/text/quoting.ts";
import { appendLine } from "./journal.ts";

/** A tape that is being written. There is no file before the first exchange. */
export class Tape {
  /** The file. */
  readonly path: string;
  #file?: Deno.FsFile;
  #isOpen = true;
  #isBegun = false;

  /** A tape at `path`. */
  constructor(path: string) {
    this.path = path;
  }

  /** Whether there is a file. */
  get isBegun(): boolean {
    return this.#isBegun;
  }

  /**
   * Adds an exchange. A failed write closes the tape, as nothing may follow a torn line: what comes
   * after it is passed over.
   *
   * @throws {Error} where it cannot be written, or there is such a file already
   * @throws {Deno.errors.NotCapable} where a permission is missing
   */
  append(exchange: Exchange): void {
    if (!this.#isOpen) return;
    try {
      this.#file ??= Deno.openSync(this.path, { write: true, createNew: true });
      this.#isBegun = true;
      appendLine(this.#file, formatExchange(exchange));
    } catch (cause) {
      this.close();
      throw fileError(`Cannot write the tape ${quote(this.path)}`, cause);
    }
  }

  /** Ends writing. May be called again. */
  close(): void {
    this.#isOpen = false;
    this.#file?.close();
    this.#file = undefined;
  }
}

/**
 * Reads the tape of a run: `<storage>/<data set>.<run id>.exchanges.jsonl`. A last line that a killed
 * run left torn is dropped. `replayChat` answers from what is read.
 *
 * @throws {Error} where the file cannot be read, naming the path
 * @throws {Deno.errors.NotCapable} where read permission is missing
 * @throws {SyntaxError | TypeError} naming a line that is no exchange
 */
export async function readTape(path: string): Promise<Exchange[]> {
  const source = `tape ${quote(path)}`;
  return parseTape(await readBytes(path, source), source).exchanges;
}
