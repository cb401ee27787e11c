/**
 * The nearest of known names to one that is not known: what was probably meant.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { askNearest, findNearest } from "./nearest.ts";
 *
 * const options = ["seed", "holdout", "max-iterations"];
 * assertEquals(findNearest("sead", options), "seed");
 * assertEquals(findNearest("max-iter", options), "max-iterations");
 * assertEquals(findNearest("verbose", options), undefined);
 * assertEquals(askNearest("--sead", ["--seed"]), ": did you mean --seed?");
 * ```
 *
 * @module
 */
import { compareCodeUnits } from "./folding.ts";

/** Names are compared up to this many code units. */
const MAX_LENGTH = 100;
/** A third of the letters may differ, but no more than this many. */
const MAX_EDITS = 3;
/** So many first letters of a name stand for it. */
const LEAST_START = 3;

/**
 * Finds the name that differs least from `name`, whatever the case of letters: by few letters that are
 * missing, are too many, are others or changed places; or else the only one that begins with it.
 * Returns `undefined` if none is near. Of names that are equally near the first in code unit order is
 * returned.
 */
export function findNearest(name: string, known: Iterable<string>): string | undefined {
  const asked = fold(name);
  const names = [...new Set(known)].filter((one) => one !== name).sort(compareCodeUnits);
  let [nearest, least]: [string | undefined, number] = [undefined, Infinity];
  for (const one of names) {
    const other = fold(one);
    const most = Math.min(MAX_EDITS, Math.floor(Math.max(asked.length, other.length) / 3));
    if (Math.abs(asked.length - other.length) > most) continue;
    const edits = countEdits(asked, other);
    if (edits <= most && edits < least) [nearest, least] = [one, edits];
  }
  if (nearest !== undefined || asked.replace(/^-+/, "").length < LEAST_START) return nearest;
  const begun = names.filter((one) => fold(one).startsWith(asked));
  return begun.length === 1 ? begun[0] : undefined;
}

/**
 * Returns the end of a message about an unknown name, `: did you mean --seed?`; empty if no name is near.
 *
 * @param show how to write a name
 */
export function askNearest(
  name: string,
  known: Iterable<string>,
  show: (name: string) => string = (one) => one,
): string {
  const nearest = findNearest(name, known);
  return nearest === undefined ? "" : `: did you mean ${show(nearest)}?`;
}

function fold(name: string): string {
  return name.slice(0, MAX_LENGTH).normalize().toLowerCase();
}

/**
 * Counts the letters to insert, delete or replace, and neighbours to swap, that make one text of another: the
 * distance of optimal string alignment, which is that of F. J. Damerau (A technique for computer detection
 * and correction of spelling errors, 1964) but changes no part of a text twice.
 */
function countEdits(one: string, other: string): number {
  let before: number[] = [];
  let last: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let i = 1; i <= one.length; i++) {
    [before, last, row] = [last, row, [i]];
    for (let j = 1; j <= other.length; j++) {
      const isEqual = one[i - 1] === other[j - 1];
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (isEqual ? 0 : 1));
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] &&
        one[i - 2] === other[j - 1];
      if (isSwapped) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
  }
  return row[other.length];
}
