/**
 * Collects the texts of examples that prompts show, and keeps them out of traces.
 *
 * @module
 */
import { createNameRedactor, redact } from "../../trace.ts";

/** How many characters of texts are kept; with more, free text is withheld instead of searched. */
const MAX_TEXT = 12_000_000;
const WITHHELD = "(withheld: too many texts to look for in it)";
/** How many characters of one free text are kept. */
const MAX_FREE = 4_000;

/** How many characters of free text are searched at a time. */
const BATCH = 50_000;
/** Stands between messages: a code point that is not a character and cannot be part of a quote. */
const SEPARATOR = "\uffff";

/** The texts of examples, each once. */
export class Texts {
  readonly #texts = new Map<string, boolean>();
  #length = 0;
  #sorted?: string[];

  /** Adds a text, or the beginning of one. */
  add(text: string, isWhole: boolean): void {
    const known = this.#texts.get(text);
    if (this.#length > MAX_TEXT || known === true || known === isWhole) return;
    if (known === undefined) this.#length += text.length;
    // A part of a longer string would keep all of it in memory.
    if (this.#length > MAX_TEXT) return;
    this.#texts.set(copy(text), isWhole);
    this.#sorted = undefined;
  }

  /** Returns a function that gives each of `messages` with quotes of the texts replaced by ids. */
  redactAll(messages: Iterable<string>): (message: string) => string {
    if (this.#length > MAX_TEXT) return () => WITHHELD;
    const examples = this.#list().map((text) => ({ text }));
    const redactOne = (message: string) => redact(message, examples);
    const redacted = new Map<string, string>();
    let batch: string[] = [];
    let length = 0;
    const take = () => {
      redactBatch(batch, redactOne).forEach((text, place) => redacted.set(batch[place], text));
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
   * Returns a function that replaces whole texts in the name of a rule by ids: shorter quotes are words
   * that any name may have. It returns undefined if there are too many texts to search for.
   */
  redactNames(): (name: string) => string | undefined {
    if (this.#length > MAX_TEXT) return () => undefined;
    return createNameRedactor(this.#list().map((text) => ({ text })));
  }

  /** Lists the texts in code unit order, without beginnings of others. */
  #list(): string[] {
    if (this.#sorted !== undefined) return this.#sorted;
    const sorted = [...this.#texts.keys()].sort();
    return this.#sorted = sorted.filter((text, place) =>
      text !== "" && (this.#texts.get(text) || !sorted[place + 1]?.startsWith(text))
    );
  }
}

/** Redacts many messages at once, which takes one pass over the texts. */
function redactBatch(messages: readonly string[], redactOne: (text: string) => string): string[] {
  const short = messages.map((message) => message.slice(0, MAX_FREE).toWellFormed());
  const parts = redactOne(short.join(SEPARATOR)).split(SEPARATOR);
  // If a message or a text has the separator in it, messages are redacted one by one.
  return parts.length === messages.length ? parts : short.map(redactOne);
}

function copy(text: string): string {
  return JSON.parse(JSON.stringify(text));
}
