/**
 * The texts of examples that prompts show, so that none of them enters a trace.
 *
 * @module
 */
import type { Quotable } from "../../record/redact.ts";
import { createNameRedactor, redact } from "../../trace.ts";

/** Characters of texts that are kept; with more, free text is left out instead of looked through. */
const MAX_TEXT = 12_000_000;
const WITHHELD = "(withheld: too many texts to look for in it)";
/** Characters of one free text that are kept. */
const MAX_FREE = 4_000;

/** Characters of free text that are looked through at a time. */
const BATCH = 50_000;
/** Stands between messages: no character, and nothing that a quote could go on with. */
const BETWEEN = "\uffff";

/** Texts, each once. */
export class Texts {
  readonly #texts = new Map<string, boolean>();
  #length = 0;
  #sorted?: string[];

  /** Notes a text, or the beginning of one. */
  add(text: string, isWhole: boolean): void {
    const known = this.#texts.get(text);
    if (this.#length > MAX_TEXT || known === true || known === isWhole) return;
    if (known === undefined) this.#length += text.length;
    // A part of a longer string would keep all of that in memory.
    if (this.#length > MAX_TEXT) return;
    this.#texts.set(copy(text), isWhole);
    this.#sorted = undefined;
  }

  /** Free texts with quotes of the texts replaced by ids. */
  redactAll(messages: Iterable<string>): (message: string) => string {
    if (this.#length > MAX_TEXT) return () => WITHHELD;
    const examples = this.#list().map((text) => ({ text }));
    const redacted = new Map<string, string>();
    let batch: string[] = [];
    let length = 0;
    const take = () => {
      redactBatch(batch, examples).forEach((text, place) => redacted.set(batch[place], text));
      [batch, length] = [[], 0];
    };
    for (const message of messages) {
      batch.push(message);
      length += message.length;
      if (length >= BATCH) take();
    }
    take();
    return (message) => redacted.get(message) ?? WITHHELD;
  }

  /**
   * Names of rules with whole texts replaced by ids: shorter quotes are words that any rule may be named
   * by. Nothing for a name where there are too many texts to look for in it.
   */
  redactNames(): (name: string) => string | undefined {
    if (this.#length > MAX_TEXT) return () => undefined;
    return createNameRedactor(this.#list().map((text) => ({ text })));
  }

  /** The texts in code unit order; a beginning only where the whole is not there. */
  #list(): string[] {
    if (this.#sorted !== undefined) return this.#sorted;
    const sorted = [...this.#texts.keys()].sort();
    return this.#sorted = sorted.filter((text, place) =>
      text !== "" && (this.#texts.get(text) || !sorted[place + 1]?.startsWith(text))
    );
  }
}

/** One pass over the texts for many messages. */
function redactBatch(messages: readonly string[], examples: readonly Quotable[]): string[] {
  const short = messages.map((message) => message.slice(0, MAX_FREE).toWellFormed());
  const parts = redact(short.join(BETWEEN), examples).split(BETWEEN);
  // A message or a text that has what stands between messages: one by one, then.
  const isWhole = parts.length === messages.length;
  return isWhole ? parts : short.map((message) => redact(message, examples));
}

function copy(text: string): string {
  return JSON.parse(JSON.stringify(text));
}
