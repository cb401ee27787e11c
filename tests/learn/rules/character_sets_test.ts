import { assert, assertEquals } from "jsr:@std/assert@^1";
import { createGroups, findRanges, type Range } from "../../../learn/rules/character_sets.ts";

/** How many characters are looked at together: halves of characters stay apart from each other. */
const CHUNK = 0x400;
const CHUNKS = Array.from(
  { length: 0x110000 / CHUNK },
  (_, at) => String.fromCodePoint(...Array.from({ length: CHUNK }, (_, to) => at * CHUNK + to)),
);

/** Finds the ranges of what one character at a time matches. */
function findOneByOne(source: string, flags: string): Range[] {
  const one = new RegExp(`^(?:${source})$`, flags);
  const some = new RegExp(source, flags);
  const all = new RegExp(`^(?:${source})*$`, flags);
  const ranges: [number, number][] = [];
  for (let first = 0; first <= (/[uv]/.test(flags) ? 0x10ffff : 0xffff); first += CHUNK) {
    const text = CHUNKS[first / CHUNK];
    // Most of them are of one kind.
    if (!some.test(text)) continue;
    const areAll = all.test(text);
    for (let value = first; value < first + CHUNK; value++) {
      if (!areAll && !one.test(String.fromCodePoint(value))) continue;
      if (ranges.at(-1)?.[1] === value - 1) ranges.at(-1)![1] = value;
      else ranges.push([value, value]);
    }
  }
  return ranges;
}

for (const flags of ["", "i", "u", "iu", "iv", "s"]) {
  Deno.test(`the characters of a class are those that V8 matches with the flags "${flags}"`, () => {
    for (const source of ["k", "s", "é", "ß", "σ", "漢", "ﬁ", "[^a-y]", ".", "\\w", "\\S", "[]"]) {
      assertEquals(findRanges(source, flags), findOneByOne(source, flags), source);
    }
  });
}

Deno.test("halves of characters are in classes too", () => {
  assertEquals(findRanges("[^a]", "u"), [[0, 0x60], [0x62, 0x10ffff]]);
  assertEquals(findRanges("\ud83d", "i"), [[0xd83d, 0xd83d]]);
});

Deno.test("characters are sorted into the fewest groups that tell sets apart", () => {
  const sets: Range[][] = [[[10, 29]], [[20, 39]], [], [[10, 39], [50, 50]]];
  const { size, members, groupOf } = createGroups(sets);
  // Outside, only in the first, in both, only in the second, 50.
  assertEquals(size, 5);
  for (const character of [0, 9, 10, 19, 20, 29, 30, 39, 40, 49, 50, 51, 0x10ffff]) {
    sets.forEach((ranges, id) => {
      const isIn = ranges.some(([first, last]) => first <= character && character <= last);
      assertEquals(members[id].includes(groupOf(character)), isIn);
    });
  }
  assert(groupOf(0) === groupOf(45) && groupOf(10) !== groupOf(50));
});
