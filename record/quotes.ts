/**
 * Finds the example that the rules or the words of a model quote, under whatever escapes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createQuoteFinder } from "./quotes.ts";
 *
 * const findQuote = createQuoteFinder([{ id: "e1", text: "My card has not arrived yet" }]);
 * assertEquals(findQuote([String.raw`\bcard\W+has\s+n[oO]t(?: )arriv\x65d`]), "e1");
 * assertEquals(findQuote([String.raw`\bcards?\b.*\bnot\W+arrived`]), undefined);
 * ```
 *
 * @module
 */
import { listWordings } from "../learn/rules/wording.ts";
import { foldQuote } from "../learn/text/folding.ts";
import { idOf, type Quotable, RUN } from "./redact.ts";

/** Returns the id of an example that one of some texts quotes, or `undefined` if none does. */
export type FindQuote = (texts: Iterable<string>) => string | undefined;

/** Parts the read examples: these have no control characters. */
const SEPARATOR = "\n";

/** The ways in which examples and wordings are compared. */
const READINGS: readonly ((text: string) => string)[] = [
  (text) => foldQuote(text).folded,
  // The letters and digits alone, without marks and in capitals; what patterns repeat or list is apart.
  (text) =>
    text.replace(/[*+|\\[\]{}]+/g, "|").normalize("NFKD").toUpperCase()
      .replace(/[^\p{L}\p{N}|]+/gu, ""),
];

/**
 * Creates a function that finds quotes: {@linkcode RUN} characters of an example in a row in one of the
 * wordings of a text (see `listWordings`), folded as `redact` does; or so many letters and digits of an
 * example in a row, whatever stands between them. What enough different examples share is not a quote.
 * Built with the first call, for both: a filter of all such runs (Bloom 1970), which takes 4 to 8 bytes a
 * character, and the folded examples.
 *
 * @param minSupport number of different examples that are enough, ≥ 2; by default, no number is
 */
export function createQuoteFinder(
  examples: readonly Quotable[],
  minSupport: number = Infinity,
): FindQuote {
  const finders = READINGS.map((read) => ({
    read,
    find: createRunFinder(examples, read, minSupport),
  }));
  return (texts) => {
    for (const text of texts) {
      for (const wording of new Set(listWordings(text))) {
        if (wording.length < RUN) continue;
        for (const { read, find } of finders) {
          const found = find(read(wording));
          if (found !== undefined) return idOf(found);
        }
      }
    }
    return undefined;
  };
}

/** Creates a function that finds the example of which a text that was read alike has a run. */
function createRunFinder(
  examples: readonly Quotable[],
  read: (text: string) => string,
  minSupport: number,
): (text: string) => Quotable | undefined {
  let built: { readonly all: string; readonly filter: Filter } | undefined;
  const build = () => {
    const all = examples.map(({ text }) => read(text).trim()).join(SEPARATOR);
    const filter = createFilter(all.length);
    forEachRun(all, (hash) => filter.add(hash));
    return { all, filter };
  };
  return (text) => {
    if (text.length < RUN) return undefined;
    const { all, filter } = built ??= build();
    let found = -1;
    forEachRun(text, (hash, start) => {
      if (!filter.has(hash)) return false;
      found = findQuoted(all, text.slice(start, start + RUN), minSupport);
      return found !== -1;
    });
    return found === -1 ? undefined : examples[all.slice(0, found).split(SEPARATOR).length - 1];
  };
}

/** Returns where a run is first found, or -1 if it is not, or in `enough` different texts. */
function findQuoted(all: string, run: string, enough: number): number {
  const first = all.indexOf(run);
  const texts = new Set<string>();
  for (let at = first; at !== -1;) {
    const end = all.indexOf(SEPARATOR, at);
    const text = all.slice(all.lastIndexOf(SEPARATOR, at) + 1, end === -1 ? undefined : end);
    if (texts.add(text).size >= enough) return -1;
    at = end === -1 ? -1 : all.indexOf(run, end);
  }
  return first;
}

/** A set of hashes that holds all that were added, and seldom others. */
interface Filter {
  add(hash: number): void;
  has(hash: number): boolean;
}

/** Creates a filter for so many hashes, which sets three bits in each of two words for one. */
function createFilter(count: number): Filter {
  const words = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(1, count))));
  const mask = words.length - 1;
  const bits = (part: number) => 1 << part | 1 << (part >>> 5) | 1 << (part >>> 10);
  return {
    add(hash) {
      const other = mix(hash);
      words[hash & mask] |= bits(other);
      words[other >>> 8 & mask] |= bits(hash >>> 17);
    },
    has(hash) {
      const other = mix(hash);
      const [one, two] = [bits(other), bits(hash >>> 17)];
      return (words[hash & mask] & one) === one && (words[other >>> 8 & mask] & two) === two;
    },
  };
}

/** Makes each bit depend on all others (the finalizer of MurmurHash3, Appleby 2011). */
function mix(hash: number): number {
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35);
  return (hash ^ hash >>> 16) >>> 0;
}

/** Odd, so that no bit of a code unit is lost. */
const BASE = 0x01000193;
/** What the first unit of a run is multiplied by in its hash. */
const HIGHEST = Array.from({ length: RUN - 1 }).reduce<number>(
  (power) => Math.imul(power, BASE),
  1,
);

/**
 * Calls `use` with the hash and the start of each run of {@linkcode RUN} code units, until it returns
 * true (Karp & Rabin 1987).
 */
function forEachRun(text: string, use: (hash: number, start: number) => boolean | void): void {
  let sum = 0;
  for (let at = 0; at < text.length; at++) {
    if (at >= RUN) sum = sum - Math.imul(text.charCodeAt(at - RUN), HIGHEST) | 0;
    sum = Math.imul(sum, BASE) + text.charCodeAt(at) | 0;
    if (at < RUN - 1) continue;
    // The low bits of the sum depend on the low bits of the units alone.
    if (use(mix(sum), at - RUN + 1) === true) return;
  }
}
