import { assertAlmostEquals, assertEquals } from "jsr:@std/assert@^1";
import { indexingDocuments } from "../../../learn/text/bm25.ts";
import { finish } from "../../../learn/text/slices.ts";

const index = (documents: readonly string[]) =>
  finish(indexingDocuments(documents.map((text) => text.split(" ").filter(Boolean))));

Deno.test("a score is that of the formula", () => {
  const rank = index(["a a b", "b", "c c c c c"]);
  const [first, second, ...rest] = rank(["a", "b", "b", "z"]);
  // The mean length is 3. Of 3 documents 1 has a and 2 have b; a word counts once in a query.
  const [a, b] = [Math.log(1 + 2.5 / 1.5), Math.log(1 + 1.5 / 2.5)];
  assertAlmostEquals(first.score, a * 2 / (2 + 1.2) + b / (1 + 1.2), 1e-12);
  assertAlmostEquals(second.score, b / (1 + 1.2 * (0.25 + 0.75 / 3)), 1e-12);
  assertEquals([first.position, second.position, rest], [0, 1, []]);
});

Deno.test("equally good documents stay in their order, and those that share no word are left out", () => {
  const rank = index(["x y", "q", "y x", ""]);
  assertEquals(rank(["x"]).map(({ position }) => position), [0, 2]);
  assertEquals(rank(["q"]).map(({ position }) => position), [1]);
  assertEquals([rank([]), rank(["z"]), index([])(["x"])], [[], [], []]);
});

Deno.test("a word that is in all documents still counts", () => {
  assertEquals(index(["x", "x y"])(["x"]).map(({ score }) => score > 0), [true, true]);
});
