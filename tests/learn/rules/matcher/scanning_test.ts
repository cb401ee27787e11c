import { assert, assertEquals } from "jsr:@std/assert@^1";
import { createScanner } from "../../../../learn/rules/matcher/scanning.ts";
import { ANY_CAPITAL, ANY_DIGIT } from "../../../../learn/rules/literals/sequences.ts";
import { BOUNDARY, foldText } from "../../../../learn/text/folding.ts";
import { createRandom } from "../../../../learn/score/random.ts";

/** Returns the groups that a text has, and where they begin. */
function scanAll(groups: readonly (readonly (readonly number[])[])[], text: string) {
  const all = [...groups.keys()];
  const scan = createScanner(groups, all).scan(text);
  assertEquals(scan.found.toSorted((a, b) => a - b), all.filter(scan.has));
  return all.map((group) => [...scan.places(group)]);
}

/** Returns the folded text without the boundaries at its ends. */
function inside(text: string): number[] {
  return foldText(text).slice(1, -1);
}

Deno.test("literals that overlap, or lie in each other, are all found", () => {
  const groups = ["abcd", "bc", "c", "cde", "x"].map((text) => [inside(text)]);
  assertEquals(scanAll(groups, "abcde ABC"), [[0], [1, 7], [2, 8], [2], []]);
});

Deno.test("boundaries of literals are those of words", () => {
  assertEquals(scanAll([[foldText("to")], [inside("to")]], "to tomato, into To"), [
    [0, 16],
    [0, 3, 7, 13, 16],
  ]);
});

Deno.test("the places of several literals are joined, each once", () => {
  assertEquals(scanAll([[inside("road"), inside("roads"), foldText("a")]], "A roads a road"), [
    [0, 2, 8, 10],
  ]);
});

Deno.test("any digit or capital is asked for after a literal, or by itself", () => {
  const the = [...foldText("the"), 0x20];
  const groups = [[[...the, ANY_CAPITAL]], [the], [[BOUNDARY, ANY_DIGIT]], [[ANY_CAPITAL]]];
  assertEquals(scanAll(groups, "the Hague, the 12th Öre the"), [[0], [0, 11], [15], [4, 20]]);
  assertEquals(scanAll([[[BOUNDARY, ANY_CAPITAL]]], "aB Öé_Ö C"), [[3, 4, 6, 8]]);
});

Deno.test("a scanner forgets the text before", () => {
  const scanner = createScanner([[foldText("fee")], [foldText("card")]], [0]);
  assertEquals(scanner.scan("fee card").found.length, 2);
  const scan = scanner.scan("no card");
  assertEquals([[...scan.found], scan.has(0), scan.places(0)], [[1], false, []]);
  assertEquals(scanner.scan("").found, []);
  assertEquals(createScanner([], []).scan("text").found, []);
});

Deno.test("a scanner finds what a search for each literal finds", () => {
  const random = createRandom(5);
  const draw = (most: number, alphabet: string) =>
    Array.from({ length: 1 + Math.floor(random() * most) }, () => {
      return alphabet[Math.floor(random() * alphabet.length)];
    }).join("");
  let found = 0;
  for (let round = 0; round < 200; round++) {
    const literals = Array.from({ length: 12 }, () => foldText(draw(5, "abß -日")))
      .filter((literal) => literal.some((symbol) => symbol !== BOUNDARY));
    const text = draw(60, "abAßẞ -日_");
    const symbols = foldText(text);
    const expected = literals.map((literal) =>
      symbols.flatMap((_, at) => {
        const isThere = literal.every((symbol, index) => symbols[at + index] === symbol);
        return isThere ? [symbols.slice(0, at).filter((one) => one !== BOUNDARY).length] : [];
      })
    );
    assertEquals(scanAll(literals.map((literal) => [literal]), text), expected, text);
    found += expected.flat().length;
  }
  assert(found > 1_000, `literals are found now and then: ${found}`);
});
