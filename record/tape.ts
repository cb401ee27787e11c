/**
 * The tape of a run as a file: a JSON line for each exchange with a model, written as soon as it ends, so
 * that a killed run leaves all of them.
 *
 * @module
 */
import { type Exchange, formatExchange, parseTape } from "../learn/chat/exchanges.ts";
import { nameOther } from "../learn/text/contents.ts";
import { quote } from "../learn/text/quoting.ts";
import { readBytes } from "../learn/text/reading.ts";
import { type Flush, LineFile } from "./lines.ts";

/** A tape that is being written. The file does not exist before the first exchange. */
export class Tape {
  readonly #file: LineFile;

  /** A tape at `path`, after the first `kept` bytes of one that is there already. */
  constructor(path: string, flush: Flush = "step", kept?: number) {
    this.#file = new LineFile(path, "tape", flush, kept);
  }

  /** The path of the file. */
  get path(): string {
    return this.#file.path;
  }

  /** Whether the file exists. */
  get isBegun(): boolean {
    return this.#file.isBegun;
  }

  /**
   * Adds an exchange. After a failed write, exchanges are dropped.
   *
   * @throws {Error} if it cannot be written, or another file is at the path already
   * @throws {Deno.errors.NotCapable} if a permission is missing
   */
  append(exchange: Exchange): void {
    this.#file.append(formatExchange(exchange));
  }

  /**
   * Ends writing, with all exchanges on the disk. May be called again.
   *
   * @throws {Error} if they cannot be flushed
   */
  finish(): void {
    this.#file.finish();
  }

  /** Ends writing. May be called again. */
  close(): void {
    this.#file.close();
  }
}

/**
 * Reads the tape of a run: `<storage>/<data set>.<run id>.exchanges.jsonl`. Drops the torn last line that a
 * killed run may leave. `replayChat` answers with the exchanges.
 *
 * @throws {Error} if the file cannot be read, naming the path
 * @throws {Deno.errors.NotCapable} if read permission is missing
 * @throws {SyntaxError | TypeError} if a line is not an exchange, naming it
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
 */
export async function readTape(path: string): Promise<Exchange[]> {
  const source = `tape ${quote(path)}`;
  // A tape is always a file: the standard input may hold the examples.
  const bytes = await readBytes(path === "-" ? "./-" : path, source);
  try {
    return parseTape(bytes, source).exchanges;
  } catch (error) {
    const text = new TextDecoder().decode(bytes);
    throw nameOther(error, text, source, "the exchanges of a run", ["the exchanges of a run"]);
  }
}
