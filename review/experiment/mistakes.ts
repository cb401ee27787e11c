/**
 * Mistakes that were made before.
 *
 * @module
 */
import { gramsOf, indexSets } from "../../learn/text/similarity.ts";
import { fold } from "../../learn/text/tokens.ts";
import type { MistakeEvent } from "./format.ts";

/** The share of character 5-grams from which on two descriptions tell of the same mistake. */
export const REPEAT_SIMILARITY = 0.6;

const GRAM_LENGTH = 5;

/** Characters of different descriptions of a class that are compared, the first of them: each takes longer. */
const MOST_COMPARED = 2 ** 19;

/** What repeats are told by. */
export type DescribedMistake = Pick<MistakeEvent, "id" | "class" | "description" | "repeats">;

/**
 * Finds the mistakes that repeat an earlier one: because someone said so, or because both are of one class and their
 * descriptions are equal but for case and spaces, or share at least 60 % of their character 5-grams (Jaccard). Which
 * of two is called the repeat only depends on their order. What is told of a mistake does not depend on later ones.
 *
 * Equal descriptions are always found, near ones among the first half a million characters of different descriptions
 * of a class: some 10,000 mistakes.
 *
 * @param mistakes in the order of the log
 * @returns the id of the first mistake of its kind, by the id of each that repeats it
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { findRepeats } from "./mistakes.ts";
 *
 * const repeats = findRepeats([
 *   { id: "m1", class: "sql", description: "The index on orders was forgotten" },
 *   { id: "m2", class: "sql", description: "the index on  orders was forgotten again" },
 *   { id: "m3", class: "tone", description: "The index on orders was forgotten" },
 * ]);
 * assertEquals([...repeats], [["m2", "m1"]]);
 * ```
 */
export function findRepeats(mistakes: readonly DescribedMistake[]): ReadonlyMap<string, string> {
  /** The first of its kind, by mistake; also of those that repeat none. */
  const firsts = new Map<string, string>();
  const kinds = new Map([...Map.groupBy(mistakes, (mistake) => mistake.class)]
    .map(([name, members]) => [name, indexKinds(members)]));
  for (const mistake of mistakes) {
    const declared = mistake.repeats === undefined ? undefined : firsts.get(mistake.repeats);
    firsts.set(mistake.id, kinds.get(mistake.class)!.place(mistake, declared));
  }
  return new Map([...firsts].filter(([id, first]) => id !== first));
}

/** The kinds of mistakes of a class. */
interface MistakeKinds {
  /** Returns the first mistake of the kind of one, which is next in the order of the log. */
  place(mistake: DescribedMistake, declared: string | undefined): string;
}

function indexKinds(mistakes: readonly DescribedMistake[]): MistakeKinds {
  const forms = mistakes.map(({ description }) => normalise(description));
  /** The places of the forms, in the order in which they first come. */
  const places = new Map<string, number>();
  for (const form of forms) if (!places.has(form)) places.set(form, places.size);
  const compared = takeCompared(places.keys());
  const find = indexSets(compared.map((form) => gramsOf(form, GRAM_LENGTH)), REPEAT_SIMILARITY);
  const firsts: (string | undefined)[] = [];
  let next = 0;
  return {
    place({ id }, declared) {
      const form = forms[next++];
      const place = places.get(form)!;
      const known = firsts[place];
      if (known !== undefined || declared !== undefined) {
        firsts[place] ??= declared;
        return declared ?? known!;
      }
      // Those that are near one that was looked up are known by it: many alike cost few looks.
      const near = place < compared.length ? find(gramsOf(form, GRAM_LENGTH)) : [];
      const before = near.find(({ position }) => position < place);
      const first = before === undefined ? id : firsts[before.position]!;
      firsts[place] = first;
      for (const { position } of near) if (position > place) firsts[position] ??= first;
      return first;
    },
  };
}

function takeCompared(forms: Iterable<string>): string[] {
  const compared: string[] = [];
  let characters = 0;
  for (const form of forms) {
    characters += form.length;
    if (characters > MOST_COMPARED) break;
    compared.push(form);
  }
  return compared;
}

function normalise(description: string): string {
  return fold(description.normalize("NFKC")).replace(/\s+/g, " ").trim();
}
