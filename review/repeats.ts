/**
 * Texts that nearly repeat an earlier one: mistakes of rules, and of work in sessions.
 *
 * @module
 */
import { gramsOf, indexSets, normaliseText, type SimilarSet } from "../learn/text/similarity.ts";

/** Share of character 5-grams from which on a text repeats another. */
export const REPEAT_SIMILARITY = 0.6;

const GRAM_LENGTH = 5;
/** The most characters of a normalised text that are compared. */
const COMPARED = 300;
/** The most characters of all different texts that are compared, the first of them: each takes longer. */
const ALL_COMPARED = 2 ** 20;
/** Up to so many texts are compared with all that are similar; the first of more are compared with the others first. */
const DIRECT = 256;

/** The text that another one repeats. */
export interface RepeatedText {
  /** Its place among the texts, from 0. */
  readonly place: number;
  /** How near the two are (Jaccard), 0.6 to 1. */
  readonly similarity: number;
}

/**
 * Finds the texts that repeat an earlier one: at least 60 % of the 5-grams of characters that either of the two has are
 * in both. Case and punctuation do not count, and only the first 300 characters do. Each repeat is one of a first text,
 * which itself repeats none, and of several the first: so texts of one form, all of which are alike, need not all be
 * compared with each other, and what is told of a text does not depend on later ones.
 *
 * Equal texts are always found, near ones among the first million characters of different texts.
 *
 * @returns for each text what it repeats; undefined for a first one
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { findRepeats } from "./repeats.ts";
 *
 * assertEquals(findRepeats(["Where is my card?", "A rate", "where is my card", "Where is my card now"]), [
 *   undefined,
 *   undefined,
 *   { place: 0, similarity: 1 },
 *   { place: 0, similarity: 0.7777777777777778 },
 * ]);
 * ```
 */
export function findRepeats(texts: readonly string[]): (RepeatedText | undefined)[] {
  const forms = texts.map((text) => normaliseText(text).slice(0, COMPARED));
  const repeated = new Array<RepeatedText | undefined>(texts.length).fill(undefined);
  /** The first text of each form. */
  const firsts = new Map<string, number>();
  forms.forEach((form, place) => {
    // Texts without letters and digits have no form: only equal ones repeat each other.
    const key = form === "" ? `\n${texts[place]}` : form;
    const first = firsts.get(key);
    if (first === undefined) firsts.set(key, place);
    else repeated[place] = { place: first, similarity: 1 };
  });
  const partsOf = (place: number) => gramsOf(forms[place], GRAM_LENGTH);
  /** Notes which of texts repeat those of a list, and returns the others. */
  const leaveRepeats = (places: readonly number[], of: readonly number[]): number[] => {
    const find = indexSets(of.values().map(partsOf), REPEAT_SIMILARITY);
    return places.filter((place) => {
      const earliest = findEarliest(find(partsOf(place)));
      if (earliest === undefined) return true;
      repeated[place] = { place: of[earliest.position], similarity: earliest.similarity };
      return false;
    });
  };
  /** Notes the repeats among texts, and returns the first ones. */
  const findFirsts = (places: readonly number[]): number[] => {
    if (places.length <= DIRECT) {
      const find = indexSets(places.values().map(partsOf), REPEAT_SIMILARITY);
      const isFirst: boolean[] = [];
      places.forEach((place, number) => {
        const earliest = findEarliest(
          find(partsOf(place)).filter(({ position }) => position < number && isFirst[position]),
        );
        isFirst.push(earliest === undefined);
        if (earliest) {
          repeated[place] = { place: places[earliest.position], similarity: earliest.similarity };
        }
      });
      return places.filter((_, number) => isFirst[number]);
    }
    // Rests that repeat nothing of the first half are left: their own repeats are found among themselves.
    const half = places.length >> 1;
    const before = findFirsts(places.slice(0, half));
    const rest = leaveRepeats(places.slice(half), before);
    return [...before, ...findFirsts(rest)];
  };
  let characters = 0;
  findFirsts(
    [...firsts.values()].filter((place) => (characters += forms[place].length) <= ALL_COMPARED),
  );
  // What is equal to a repeat repeats what that does.
  return repeated.map((found) => found && (repeated[found.place] ?? found));
}

/** Returns the first of similar texts. */
function findEarliest(similar: readonly SimilarSet[]): SimilarSet | undefined {
  return similar.reduce<SimilarSet | undefined>(
    (first, one) => first === undefined || one.position < first.position ? one : first,
    undefined,
  );
}
