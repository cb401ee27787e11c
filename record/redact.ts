/**
 * Keeps document text out of a trace: replaces quotes of examples by the ids of the examples.
 *
 * @module
 */
import { shortDigest } from "../learn/text/digest.ts";
import { foldQuote } from "../learn/text/folding.ts";
import type { Refusal } from "../learn/rules/rule.ts";
import type { KnownScores, StepBody } from "./schema.ts";

/** A text that messages may quote, and the id to replace it by (by default derived from the text). */
export interface Quotable {
  /** What takes the place of a quote. */
  readonly id?: string;
  /** What must not be quoted. */
  readonly text: string;
}

/** A run of this many code units of an example is a quote. */
export const RUN = 20;
/** Any run of {@linkcode RUN} contains a block of this length that starts at a multiple of it. */
const BLOCK = RUN / 2;
/** A whole text shorter than this is a quote only between quotation marks. */
const WORD = 8;
const OPENING = "\"'`“‘«„‚‹";
const CLOSING = "\"'`”’»“‘›";
/** A shorter text in a name may be words that any rule could be named by. */
const LONG = 20;

/** A place in a message that quotes an example. */
interface Quote {
  readonly start: number;
  readonly end: number;
  readonly example: Quotable;
}

/**
 * Returns `message` with each quote of an example replaced by the id of the example in brackets. A quote
 * is a whole text of 8 characters or more, a shorter whole text between quotation marks, or any run of 20
 * characters that occurs in a text. Case does not matter; white space and control characters, however
 * many in a row, count as one space.
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
 */
export function redact(message: string, examples: Iterable<Quotable>): string {
  const { folded, placeOf } = foldQuote(message);
  return replace(message, findQuotes(folded, examples), placeOf);
}

/** Returns the text of an example in the form that is searched for. */
function foldExample({ text }: Quotable): string {
  return foldQuote(text).folded.trim();
}

/** Finds the quotes of examples in a folded message. */
function findQuotes(message: string, examples: Iterable<Quotable>): Quote[] {
  const starts = Array(Math.max(0, message.length - BLOCK + 1)).keys();
  const blocks = Map.groupBy(starts, (start) => message.slice(start, start + BLOCK));
  const short = new Map<string, Quotable>();
  const quotes: Quote[] = [];
  // Places found before are skipped, as long repeats would take forever. A run that sticks out of them by
  // a block or more is found at that block.
  const found = new Uint8Array(message.length);
  for (const example of examples) {
    const text = foldExample(example);
    if (text.length > 0 && text.length < RUN && !short.has(text)) short.set(text, example);
    for (let from = 0; from + BLOCK <= text.length; from += BLOCK) {
      for (const start of blocks.get(text.slice(from, from + BLOCK)) ?? []) {
        if (found[start] === 1 && found[start + BLOCK - 1] === 1) continue;
        const run = widen(message, start, text, from);
        if (run.end - run.start < RUN) continue;
        quotes.push({ ...run, example });
        found.fill(1, run.start, run.end);
      }
    }
  }
  return [...quotes, ...findShort(message, short)];
}

/**
 * Creates a {@linkcode redact} for many messages and the same examples. An index finds the examples that a
 * message may quote, so that the time for most messages depends on their length alone.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createRedactor } from "./redact.ts";
 *
 * const redact = createRedactor([{ id: "e1", text: "my card has not arrived yet" }]);
 * assertEquals(redact('no rule for "my card has not arrived yet"'), 'no rule for "[e1]"');
 * ```
 */
export function createRedactor(examples: readonly Quotable[]): (message: string) => string {
  let index: BlockIndex | undefined;
  return (message) => {
    index ??= indexBlocks(examples);
    const { folded } = foldQuote(message);
    const places = new Set<number>();
    for (const length of index.lengths) {
      for (let start = 0; start + length <= folded.length; start++) {
        index.find(folded.slice(start, start + length), places);
      }
    }
    if (places.size === 0) return message;
    const ordered = [...places].sort((a, b) => a - b);
    return redact(message, ordered.map((place) => examples[place]));
  };
}

/** Examples by their blocks and short texts. */
interface BlockIndex {
  /** The lengths of what can be found. */
  readonly lengths: ReadonlySet<number>;
  /** Adds the places of the examples that have a part, and maybe of others. */
  find(part: string, places: Set<number>): void;
}

/** Indexes blocks by their hashes: a map of all of them would take many times the memory of the texts. */
function indexBlocks(examples: readonly Quotable[]): BlockIndex {
  const lengths = new Set([BLOCK]);
  const size = examples.length;
  // Hash and place in one number.
  let packed = new Float64Array(1 << 12);
  let count = 0;
  const add = (part: string, place: number) => {
    if (count === packed.length) packed = new Float64Array(packed.buffer.transfer(count * 16));
    packed[count++] = hash(part) * size + place;
  };
  for (const [place, example] of examples.entries()) {
    const text = foldExample(example);
    for (let from = 0; from + BLOCK <= text.length; from += BLOCK) {
      add(text.slice(from, from + BLOCK), place);
    }
    if (text.length > 0 && text.length < RUN) {
      lengths.add(text.length);
      add(text, place);
    }
  }
  const sorted = packed.subarray(0, count).sort();
  return {
    lengths,
    find(part, places) {
      const first = hash(part) * size;
      let low = 0;
      for (let high = count; low < high;) {
        const middle = (low + high) >> 1;
        if (sorted[middle] < first) low = middle + 1;
        else high = middle;
      }
      for (; low < count && sorted[low] < first + size; low++) places.add(sorted[low] - first);
    },
  };
}

/** Hashes a text to 26 bits, so that a place fits in the same number (FNV-1a). */
function hash(text: string): number {
  let bits = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) bits = Math.imul(bits ^ text.charCodeAt(at), 0x01000193);
  return (bits ^ (bits >>> 15)) >>> 6;
}

/**
 * Creates a redactor for the names of rules. It replaces only whole texts of 20 characters or more, the
 * longest first, found as {@linkcode redact} finds them. Shorter quotes stay, as the patterns of a rule
 * have the same words.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createNameRedactor } from "./redact.ts";
 *
 * const redact = createNameRedactor([{ id: "e1", text: "my card has not arrived yet" }]);
 * assertEquals(redact("card/my card has not arrived yet"), "card/[e1]");
 * ```
 */
export function createNameRedactor(examples: readonly Quotable[]): (name: string) => string {
  const group = () => {
    const texts = examples.map((example) => [foldExample(example), example] as const)
      .filter(([text]) => text.length >= LONG)
      .sort(([one], [other]) => other.length - one.length);
    return Map.groupBy(texts, ([text]) => text.slice(0, LONG));
  };
  let byBeginning: ReturnType<typeof group> | undefined;
  return (name) => {
    if (name.length < LONG) return name;
    byBeginning ??= group();
    const { folded, placeOf } = foldQuote(name);
    const quotes: Quote[] = [];
    for (let start = 0; start + LONG <= folded.length;) {
      const match = byBeginning.get(folded.slice(start, start + LONG))
        ?.find(([text]) => folded.startsWith(text, start));
      const length = match?.[0].length ?? 1;
      if (match !== undefined) quotes.push({ start, end: start + length, example: match[1] });
      start += length;
    }
    return replace(name, quotes, placeOf);
  };
}

type Redact = (text: string) => string;

/**
 * Returns a step with its free text redacted: what synthesizers, coordinators and errors say. Ids of
 * rules in the set stay.
 */
export function redactStep<S extends KnownScores>(
  step: StepBody<S>,
  redact: Redact,
): StepBody<S> {
  const errors = "error" in step && step.error !== undefined
    ? { error: { name: redact(step.error.name), message: redact(step.error.message) } }
    : {};
  switch (step.type) {
    case "synthesis":
    case "refit":
      return { ...step, ...errors, refused: redactRefused(step.refused, redact) };
    case "critique":
      return {
        ...step,
        ...errors,
        analysis: redact(step.analysis),
        advice: step.advice.map(({ rule, text }) => ({
          ...(rule === undefined ? {} : { rule: redact(rule) }),
          text: redact(text),
        })),
      };
    case "iteration": {
      const { patch, guidance, focus, prompt } = step;
      return {
        ...step,
        ...errors,
        patch: { ...patch, refused: redactRefused(patch.refused, redact) },
        ...(guidance === undefined ? {} : { guidance: redact(guidance) }),
        ...(focus === undefined ? {} : { focus: focus.map(redact) }),
        ...(prompt === undefined ? {} : { prompt: redact(prompt) }),
      };
    }
    case "audit":
      return {
        ...step,
        ...errors,
        actions: step.actions.map((action) => ({
          ...action,
          // A skipped action may be about anything.
          from: action.outcome === "applied" ? action.from : action.from.map(redact),
          reason: redact(action.reason),
        })),
      };
    case "failure":
      return { ...step, ...errors };
    case "restore":
    case "prune":
    case "final":
      return step;
  }
}

/** Redacts refusals: their names and details repeat what was proposed. */
function redactRefused(refused: readonly Refusal[], redact: Redact): Refusal[] {
  return refused.map((one) => ({ ...one, name: redact(one.name), detail: redact(one.detail) }));
}

/** Finds the longest run around a block that is at `start` in `message` and at `from` in `text`. */
function widen(message: string, start: number, text: string, from: number) {
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

/** Finds quotes of whole short texts in a folded message. */
function* findShort(message: string, short: ReadonlyMap<string, Quotable>): Generator<Quote> {
  for (const length of new Set([...short.keys()].map((text) => text.length))) {
    for (let start = 0; start + length <= message.length; start++) {
      const end = start + length;
      const example = short.get(message.slice(start, end));
      if (example === undefined) continue;
      const isMarked = start > 0 && end < message.length && OPENING.includes(message[start - 1]) &&
        CLOSING.includes(message[end]);
      if (length >= WORD || isMarked) yield { start, end, example };
    }
  }
}

/**
 * Replaces each group of overlapping quotes by the id of its longest.
 *
 * @param placeOf gives the place in `message` of an index in the folded message
 */
function replace(
  message: string,
  quotes: readonly Quote[],
  placeOf: (index: number) => number,
): string {
  const ordered = quotes
    .map(({ start, end, example }) => ({ start: placeOf(start), end: placeOf(end), example }))
    .sort((a, b) => a.start - b.start || b.end - a.end);
  let redacted = "";
  let done = 0;
  for (let at = 0; at < ordered.length;) {
    let { start, end } = ordered[at];
    let longest = ordered[at];
    for (at++; at < ordered.length && ordered[at].start < end; at++) {
      const quote = ordered[at];
      if (quote.end > end) end = quote.end;
      if (quote.end - quote.start > longest.end - longest.start) longest = quote;
    }
    // No character is cut in two.
    if (isLowSurrogate(message, start)) start--;
    if (isLowSurrogate(message, end)) end++;
    redacted += message.slice(done, Math.max(done, start)) + `[${idOf(longest.example)}]`;
    done = end;
  }
  return redacted + message.slice(done);
}

/** Tells whether the code unit at `at` is the second half of a character. */
function isLowSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff && at > 0;
}

/** Returns the id of an example. */
export function idOf({ id, text }: Quotable): string {
  return typeof id === "string" ? id : `e${shortDigest(text.toWellFormed(), 10)}`;
}

const MAX_MESSAGE_LENGTH = 2_000;

/** Describes what a run threw, without the texts of `datasets`. */
export function describeThrown(
  error: unknown,
  datasets: readonly unknown[],
): { name: string; message: string } {
  try {
    const { name, message } = error instanceof Error
      ? error
      : { name: typeof error, message: String(error) };
    const examples = datasets.flatMap(examplesOf);
    const safe = (text: unknown) =>
      redact(String(text), examples).slice(0, MAX_MESSAGE_LENGTH).toWellFormed();
    return { name: safe(name), message: safe(message) };
  } catch {
    // Members that throw: without them it is unknown which texts the message quotes.
    return { name: "Error", message: "(withheld: the error or the data set could not be read)" };
  }
}

/** Returns the examples of a value that may be a data set. */
function examplesOf(dataset: unknown): Quotable[] {
  const examples = (dataset as { readonly examples?: unknown } | null | undefined)?.examples;
  if (!Array.isArray(examples)) return [];
  return examples.filter((example) => typeof example?.text === "string");
}
