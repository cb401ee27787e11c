/**
 * Protected texts: those of a test set, say, that no row of training data may show, nor one that is nearly the same.
 *
 * @module
 */
import { gramsOf, indexSets, normaliseText } from "../../learn/text/similarity.ts";
import type { QuarantineReason } from "./format.ts";

/** A file of texts that are protected. */
export interface ProtectedFile {
  /** Its examples, in their order. */
  readonly texts: readonly { readonly id: string; readonly text: string }[];
}

/** A protected text that another text is, or nearly is. */
export interface ProtectedMatch {
  /** How the texts are the same. */
  readonly reason: Extract<QuarantineReason, `protected-${string}`>;
  /** Place of the file among those given, from 0. */
  readonly file: number;
  /** Id of the protected example. */
  readonly id: string;
  /** How near the texts are (Jaccard of character 5-grams), 0.8 to 1. */
  readonly similarity: number;
}

/** The texts that are protected. */
export interface Protection {
  /** Returns the protected text that a text is most like, or undefined if it is like none. */
  check(text: string): ProtectedMatch | undefined;
}

/** Share of character 5-grams from which on texts are nearly the same. */
export const NEAR_SIMILARITY = 0.8;

const GRAM_LENGTH = 5;

/** Reasons, the strongest first. */
const REASONS = ["protected-exact", "protected-normalised", "protected-near"] as const;

/**
 * Protects texts. A text is like a protected one if both are
 *
 * - equal, character by character; or
 * - equal after normalisation: in NFKC, so that full-width letters and ligatures are plain ones, with case folded,
 *   without white space, punctuation, and characters that cannot be seen; or
 * - nearly the same: at least 80 % of the 5-grams of characters that either has after normalisation are in both. The
 *   words count both as they are, with one space before, between and after them, and written together: the greater
 *   similarity counts. Fewer than five characters are a 5-gram of their own.
 *
 * The first that holds counts; of several texts the most similar one, then the first in the order of files and in
 * them. No text is missed (see {@linkcode indexSets}). Texts without letters, digits and symbols are like none but
 * their equals.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createProtection } from "./protecting.ts";
 *
 * const texts = [{ id: "t1", text: "Where is my new card?" }];
 * const { check } = createProtection([{ texts }]);
 * assertEquals(
 *   check("where is my new card"),
 *   { reason: "protected-normalised", file: 0, id: "t1", similarity: 1 },
 * );
 * assertEquals(check("Where is my new car?")?.reason, "protected-near");
 * assertEquals(check("Where is my pin?"), undefined);
 * ```
 */
export function createProtection(files: readonly ProtectedFile[]): Protection {
  const texts = files.flatMap(({ texts }, file) =>
    texts.map(({ id, text }) => ({ file, id, text }))
  );
  const byText = findFirst(texts.map(({ text }) => text));
  const forms = texts.map(({ text }) => normalise(text));
  const byJoined = findFirst(forms.map(({ joined }) => joined));
  const bySpaced = findFirst(forms.map(({ spaced }) => spaced));
  const findSpaced = createFinder(bySpaced);
  const findJoined = createFinder(byJoined);
  return {
    check: (text) => {
      const name = (place: number, reason: ProtectedMatch["reason"], similarity = 1) => {
        const { file, id } = texts[place];
        return { reason, file, id, similarity };
      };
      const exact = byText.get(text);
      if (exact !== undefined) return name(exact, "protected-exact");
      const { spaced, joined } = normalise(text);
      const equal = byJoined.get(joined);
      if (equal !== undefined) return name(equal, "protected-normalised");
      const [nearest] = [...findSpaced(spaced), ...findJoined(joined)]
        .sort((a, b) => b.similarity - a.similarity || a.place - b.place);
      return nearest && name(nearest.place, "protected-near", nearest.similarity);
    },
  };
}

/** Keeps what is found for each text: rows show the same examples again and again. */
export function rememberChecks({ check }: Protection): Protection {
  const known = new Map<string, ProtectedMatch | undefined>();
  return {
    check: (text) => {
      if (!known.has(text)) known.set(text, check(text));
      return known.get(text);
    },
  };
}

/**
 * Returns the protected text that any of several texts is most like, in the order of {@linkcode createProtection}.
 */
export function checkAll(
  texts: readonly string[],
  protection: Protection,
): ProtectedMatch | undefined {
  const [strongest] = texts.flatMap((text) => protection.check(text) ?? []).sort((a, b) =>
    REASONS.indexOf(a.reason) - REASONS.indexOf(b.reason) || b.similarity - a.similarity ||
    a.file - b.file
  );
  return strongest;
}

/** What is left of a text to compare it. Both are empty if it has nothing but what is left out. */
interface NormalForms {
  /** Its words with a space before, between and after them. */
  readonly spaced: string;
  /** Its words written together. */
  readonly joined: string;
}

function normalise(text: string): NormalForms {
  const spaced = normaliseText(text);
  return { spaced, joined: spaced.replaceAll(" ", "") };
}

/** Returns the first place of each text but the empty one. */
function findFirst(texts: readonly string[]): Map<string, number> {
  const places = new Map<string, number>();
  texts.forEach((text, place) => {
    if (text !== "" && !places.has(text)) places.set(text, place);
  });
  return places;
}

/** Returns a function that finds the nearest form. */
function createFinder(
  places: ReadonlyMap<string, number>,
): (form: string) => { readonly place: number; readonly similarity: number }[] {
  const order = [...places.values()];
  const find = indexSets(
    places.keys().map((form) => gramsOf(form, GRAM_LENGTH)),
    NEAR_SIMILARITY,
  );
  return (form) =>
    find(gramsOf(form, GRAM_LENGTH)).slice(0, 1)
      .map(({ position, similarity }) => ({ place: order[position], similarity }));
}
