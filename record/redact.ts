/**
 * Keeps document text out of a trace: what quotes an example says its id instead.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { redact } from "./redact.ts";
 *
 * const examples = [{ id: "e1", text: "my card has not arrived" }, { id: "e2", text: "refund" }];
 * assertEquals(redact('cannot place "refund"', examples), 'cannot place "[e2]"');
 * assertEquals(redact("no rule for my card has not arrived", examples), "no rule for [e1]");
 * ```
 *
 * @module
 */
import { shortDigest } from "../learn/text/digest.ts";
import { foldQuote } from "../learn/text/folding.ts";

/** What is looked for: a text, and the id that stands for it (by default derived from the text). */
export interface Quotable {
  readonly id?: string;
  readonly text: string;
}

/** A run of this many code units that an example shares is a quote. */
const RUN = 20;
/** Any run of {@linkcode RUN} holds a block of this length that starts at a multiple of it. */
const BLOCK = RUN / 2;
/** A whole text shorter than this is a quote only between quotation marks. */
const WORD = 8;
const OPENING = "\"'`“‘«„‚‹";
const CLOSING = "\"'`”’»“‘›";
/** A text as long as this is told from words that any rule may be named by. */
const LONG = 20;

interface Span {
  readonly start: number;
  readonly end: number;
  readonly example: Quotable;
}

/**
 * `message` with quotes of example texts replaced by the example's id in brackets. A quote is a
 * whole text of 8 characters or more, a shorter whole text between quotation marks, or any run of
 * 20 characters that occurs in a text. Upper or lower case does not matter, nor which white space
 * or control characters there are, or how many in a row: they are taken for one space.
 */
export function redact(message: string, examples: Iterable<Quotable>): string {
  const { folded, placeOf } = foldQuote(message);
  return replace(message, findQuotes(folded, examples), placeOf);
}

/** A text as it is looked for. */
function foldExample({ text }: Quotable): string {
  return foldQuote(text).folded.trim();
}

/** Where a folded message quotes an example. */
function findQuotes(message: string, examples: Iterable<Quotable>): Span[] {
  const blocks = new Map<string, number[]>();
  for (let start = 0; start + BLOCK <= message.length; start++) {
    const block = message.slice(start, start + BLOCK);
    const starts = blocks.get(block);
    if (starts === undefined) blocks.set(block, [start]);
    else starts.push(start);
  }
  const short = new Map<string, Quotable>();
  const spans: Span[] = [];
  // What is found already is not looked at again: long repeats would take forever, and any run that
  // sticks out by a block or more is met there.
  const found = new Uint8Array(message.length);
  for (const example of examples) {
    const text = foldExample(example);
    if (text.length > 0 && text.length < RUN && !short.has(text)) short.set(text, example);
    for (let from = 0; from + BLOCK <= text.length; from += BLOCK) {
      for (const start of blocks.get(text.slice(from, from + BLOCK)) ?? []) {
        if (found[start] === 1 && found[start + BLOCK - 1] === 1) continue;
        const span = widen(message, start, text, from);
        if (span.end - span.start < RUN) continue;
        spans.push({ ...span, example });
        found.fill(1, span.start, span.end);
      }
    }
  }
  if (short.size > 0) findShort(message, short, spans);
  return spans;
}

/**
 * {@linkcode redact} for many messages and the same examples: what a message may quote is looked up, so
 * that most messages take no longer than they are long.
 */
export function createRedactor(examples: readonly Quotable[]): (message: string) => string {
  let index: Map<string, Set<number>> | undefined;
  const lengths = new Set([BLOCK]);
  function build(): Map<string, Set<number>> {
    const built = new Map<string, Set<number>>();
    const add = (part: string, place: number) => {
      const known = built.get(part);
      if (known === undefined) built.set(part, new Set([place]));
      else known.add(place);
    };
    for (const [place, example] of examples.entries()) {
      const text = foldExample(example);
      for (let from = 0; from + BLOCK <= text.length; from += BLOCK) {
        add(text.slice(from, from + BLOCK), place);
      }
      if (text.length === 0 || text.length >= RUN) continue;
      lengths.add(text.length);
      add(text, place);
    }
    return built;
  }
  return (message) => {
    index ??= build();
    const { folded } = foldQuote(message);
    const places = new Set<number>();
    for (const length of lengths) {
      for (let start = 0; start + length <= folded.length; start++) {
        for (const place of index.get(folded.slice(start, start + length)) ?? []) {
          places.add(place);
        }
      }
    }
    if (places.size === 0) return message;
    const ordered = [...places].sort((a, b) => a - b);
    return redact(message, ordered.map((place) => examples[place]));
  };
}

/**
 * The name of a rule, for many names and the same examples: an example's whole text of 20 characters or
 * more, of several the longest, is replaced by its id, found as {@linkcode redact} finds it. Shorter
 * quotes stay, as a rule's patterns have the same words.
 */
export function createNameRedactor(examples: readonly Quotable[]): (name: string) => string {
  /** The lengths of texts by their beginning, the longest first. */
  const lengths = new Map<string, number[]>();
  let known: Map<string, Quotable> | undefined;
  const build = () => {
    const long = examples.map((example) => [foldExample(example), example] as const)
      .filter(([text]) => text.length >= LONG).sort(([a], [b]) => b.length - a.length);
    for (const [text] of long) {
      const beginning = text.slice(0, LONG);
      const found = lengths.get(beginning);
      if (found === undefined) lengths.set(beginning, [text.length]);
      else if (found.at(-1) !== text.length) found.push(text.length);
    }
    return new Map(long.toReversed());
  };
  return (name) => {
    if (name.length < LONG) return name;
    known ??= build();
    const { folded, placeOf } = foldQuote(name);
    const spans: Span[] = [];
    for (let start = 0; start + LONG <= folded.length;) {
      const length = lengths.get(folded.slice(start, start + LONG))?.find((length) =>
        start + length <= folded.length && known!.has(folded.slice(start, start + length))
      );
      if (length === undefined) {
        start++;
        continue;
      }
      const example = known.get(folded.slice(start, start + length))!;
      spans.push({ start, end: start + length, example });
      start += length;
    }
    return replace(name, spans, placeOf);
  };
}

/** The longest run around a block that `message` has at `start` and `text` at `from`. */
function widen(
  message: string,
  start: number,
  text: string,
  from: number,
): { start: number; end: number } {
  let before = 0;
  while (
    before < Math.min(start, from) && message[start - before - 1] === text[from - before - 1]
  ) before++;
  let length = BLOCK;
  while (
    start + length < message.length && from + length < text.length &&
    message[start + length] === text[from + length]
  ) length++;
  return { start: start - before, end: start + length };
}

function findShort(message: string, short: ReadonlyMap<string, Quotable>, spans: Span[]): void {
  const lengths = new Set([...short.keys()].map((text) => text.length));
  for (const length of lengths) {
    for (let start = 0; start + length <= message.length; start++) {
      const end = start + length;
      const example = short.get(message.slice(start, end));
      if (example === undefined) continue;
      const quoted = start > 0 && end < message.length && OPENING.includes(message[start - 1]) &&
        CLOSING.includes(message[end]);
      if (length >= WORD || quoted) spans.push({ start, end, example });
    }
  }
}

/** Replaces each group of overlapping spans by the id of its longest; `placeOf` leads into the message. */
function replace(
  message: string,
  found: readonly Span[],
  placeOf: (index: number) => number,
): string {
  const spans = found.map((span) => ({
    ...span,
    start: placeOf(span.start),
    end: placeOf(span.end),
  }));
  const ordered = spans.sort((a, b) => a.start - b.start || b.end - a.end);
  let redacted = "";
  let done = 0;
  for (let at = 0; at < ordered.length;) {
    let { start, end } = ordered[at];
    let longest = ordered[at];
    for (at++; at < ordered.length && ordered[at].start < end; at++) {
      const span = ordered[at];
      if (span.end > end) end = span.end;
      if (span.end - span.start > longest.end - longest.start) longest = span;
    }
    // No character is cut in two.
    if (isLow(message, start)) start--;
    if (isLow(message, end)) end++;
    redacted += message.slice(done, Math.max(done, start)) + `[${idOf(longest.example)}]`;
    done = end;
  }
  return redacted + message.slice(done);
}

/** Whether the code unit at `at` is the second half of a character. */
function isLow(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff && at > 0;
}

function idOf({ id, text }: Quotable): string {
  return typeof id === "string" ? id : `e${shortDigest(text.toWellFormed(), 10)}`;
}
