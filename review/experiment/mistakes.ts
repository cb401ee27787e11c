/**
 * Mistakes that were made before.
 *
 * @module
 */
import { findRepeats } from "../repeats.ts";
import type { MistakeEvent } from "./format.ts";

/** What repeats are told by. */
export type DescribedMistake = Pick<MistakeEvent, "id" | "class" | "description" | "repeats">;

/**
 * Finds the mistakes that repeat an earlier one: because someone said so, or because both are of one class and their
 * descriptions are nearly the same (see `findRepeats` of `review/repeats.ts`). What is told of a mistake does not
 * depend on later ones.
 *
 * @param mistakes in the order of the log
 * @returns the id of the first mistake of its kind, by the id of each that repeats it
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { findRepeated } from "./mistakes.ts";
 *
 * const repeats = findRepeated([
 *   { id: "m1", class: "sql", description: "The index on orders was forgotten" },
 *   { id: "m2", class: "sql", description: "the index on  orders was forgotten again" },
 *   { id: "m3", class: "tone", description: "The index on orders was forgotten" },
 * ]);
 * assertEquals([...repeats], [["m2", "m1"]]);
 * ```
 */
export function findRepeated(mistakes: readonly DescribedMistake[]): ReadonlyMap<string, string> {
  /** The mistake that each is like, by id. */
  const like = new Map<string, string>();
  for (const members of Map.groupBy(mistakes, (mistake) => mistake.class).values()) {
    findRepeats(members.map(({ description }) => description)).forEach((found, place) => {
      if (found !== undefined) like.set(members[place].id, members[found.place].id);
    });
  }
  /** The first of its kind, by mistake; also of those that repeat none. */
  const firsts = new Map<string, string>();
  for (const { id, repeats } of mistakes) {
    const before = repeats ?? like.get(id);
    firsts.set(id, before === undefined ? id : firsts.get(before) ?? id);
  }
  return new Map([...firsts].filter(([id, first]) => id !== first));
}
