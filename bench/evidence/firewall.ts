/**
 * Looks in all files of rows for texts that are nearly a protected one, by comparing each with each.
 *
 * It shares nothing with the firewall: other code reads the rows, folds the texts and counts what they have in common.
 *
 * @module
 */
import { type BenchResult, formatTable } from "../table.ts";

/** Jaccard of character 5-grams from which on a text is nearly another one. */
const NEAR = 0.8;
const LENGTH = 5;
/** Strings that are not called `text` count from so many characters on. */
const LEAST = 20;

/** Two texts that are nearly the same. */
interface NearPair {
  readonly file: string;
  readonly similarity: number;
}

/**
 * Compares every text of every row with every protected text.
 *
 * @param rows the lines of the files of rows, by the names of the files
 */
export function benchFirewall(
  rows: ReadonlyMap<string, readonly string[]>,
  protectedTexts: readonly string[],
): BenchResult {
  const start = performance.now();
  const shown = new Map<string, string>();
  for (const [file, lines] of rows) {
    for (const line of lines) collect(JSON.parse(line), "", (text) => shown.set(text, file));
  }
  const distinct = [...new Set(protectedTexts)];
  const found = FORMS.flatMap((fold) => compareAll(shown, distinct, fold));
  // A text with a letter more is still found.
  const longest = distinct.reduce((most, text) => text.length > most.length ? text : most, "");
  const planted = new Map([[`${longest.toUpperCase()} x`, "planted"]]);
  const isFound = FORMS.every((fold) => compareAll(planted, distinct, fold).length > 0);
  const exact = distinct.filter((text) => shown.has(text)).length;
  const text = formatTable("evidence: the firewall, by brute force", ["what", "count", "held to"], [
    ["texts in rows", String(shown.size), ""],
    ["protected texts", String(distinct.length), ""],
    ["of them in a row", String(exact), "0"],
    [`pairs with a Jaccard of ${NEAR} or more`, String(found.length), "0"],
  ], [`${((performance.now() - start) / 1e3).toFixed(1)} s`]);
  const problems = [
    ...(shown.size === 0 ? ["firewall: there is no text to look at"] : []),
    ...(isFound ? [] : ["firewall: what was planted is not found"]),
    ...found.slice(0, 5).map(({ file, similarity }) =>
      `firewall: ${file} has a text with a Jaccard of ${similarity.toFixed(3)} to a protected one`
    ),
  ];
  return { text, problems };
}

/** Hands over the texts of a value, those in strings that are JSON themselves included. */
function collect(value: unknown, name: string, add: (text: string) => void): void {
  if (typeof value === "string") {
    if (name === "text" || value.length >= LEAST) add(value);
    if (!value.includes("{")) return;
    // A reply may break off, or have words around it.
    for (const [, quoted] of value.matchAll(/"((?:[^"\\]|\\.){20,})"/g)) add(unescape(quoted));
    let inner: unknown;
    try {
      inner = JSON.parse(value);
    } catch {
      return;
    }
    collect(inner, name, add);
  } else if (Array.isArray(value)) {
    for (const item of value) collect(item, name, add);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      // The words of a span are a part of a text.
      const isSpan = key === "span" || key === "spans";
      collect(isSpan && typeof member === "object" ? Object.keys(member ?? {}) : member, key, add);
    }
  }
}

function unescape(quoted: string): string {
  try {
    return JSON.parse(`"${quoted}"`);
  } catch {
    return quoted;
  }
}

/** The two ways in which words are compared: apart and written together. */
const FORMS = [" ", ""].map((gap) => (text: string) => {
  const words = text.replace(/[\p{Cs}\p{DI}]+/gu, "").replace(/\p{Sk}/gu, " ").normalize("NFKC")
    .toLowerCase().split(/[\s\p{P}\p{Cc}\p{Cf}]+/u)
    .filter((word) => word !== "");
  return words.length === 0 ? "" : `${gap}${words.join(gap)}${gap}`;
});

/** Compares each shown text with each other one: of those that share no gram, the Jaccard is 0. */
function compareAll(
  shown: ReadonlyMap<string, string>,
  others: readonly string[],
  fold: (text: string) => string,
): NearPair[] {
  const sets = others.map((text) => gramsOf(fold(text)));
  const having = new Map<string, number[]>();
  for (const [place, grams] of sets.entries()) {
    for (const gram of grams) {
      const places = having.get(gram);
      if (places === undefined) having.set(gram, [place]);
      else places.push(place);
    }
  }
  return [...shown].flatMap(([text, file]) => {
    const grams = gramsOf(fold(text));
    const common = new Int32Array(sets.length);
    for (const gram of grams) {
      for (const place of having.get(gram) ?? []) common[place]++;
    }
    return sets.flatMap(({ size }, place): NearPair[] => {
      const similarity = common[place] / (grams.size + size - common[place]);
      return similarity >= NEAR ? [{ file, similarity }] : [];
    });
  });
}

/** Returns the 5-grams of a text; one of fewer characters is its only one. */
function gramsOf(text: string): Set<string> {
  const characters = [...text];
  const count = Math.max(characters.length - LENGTH + 1, Math.min(characters.length, 1));
  return new Set(
    Array.from({ length: count }, (_, at) => characters.slice(at, at + LENGTH).join("")),
  );
}
