import type { ExpressionMatch } from "../../../learn/rules/linear.ts";

/** Returns a reproducible generator of numbers from 0 to below `limit` (Lehmer, MINSTD). */
export function createDice(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = state * 48_271 % 2_147_483_647;
    return state % limit;
  };
}

/** Finds matches by `String.matchAll`. */
export function findByMatchAll(
  pattern: string,
  flags: string,
  text: string,
  group: number,
): ExpressionMatch[] {
  return Array.from(text.matchAll(new RegExp(pattern, `${flags}gd`)), (match) => {
    const [start, end] = match.indices![0]!;
    const inner = match.indices![group];
    if (group === 0 || inner === undefined) return { start, end };
    return { start, end, group: { start: inner[0], end: inner[1] } };
  });
}

/** Characters that engines may take for others. */
export const ODD = "aAbBsSkKſK \u00a0\u2028\n\r\t12_-éÉñßıİǅσςΣµΜ٣\u0301\u200d😀𐐀𐐨漢ﬁ.";

/** Creates a text of `length` characters of an alphabet. */
export function createText(
  roll: (limit: number) => number,
  length: number,
  alphabet = ODD,
): string {
  const characters = [...alphabet];
  return Array.from({ length }, () => characters[roll(characters.length)]).join("");
}
