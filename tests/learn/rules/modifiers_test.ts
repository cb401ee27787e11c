import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { createRegExp, writeOutModifiers } from "../../../learn/rules/modifiers.ts";

const flagSets = ["", "i", "u", "iu", "iv", "imsu", "m", "s"];
const patterns = [
  String.raw`(?-i:\b[A-Z]{3,20}\b)`,
  String.raw`(?i:\b[a-k]+\b)x?`,
  String.raw`k(?-i:K)|(?i:[^k])k`,
  String.raw`(?<=^|(?-i:s))\w(?i:S|\W)`,
  String.raw`(?m:^.$)|(?s:.)^(?-m:.$)`,
  String.raw`(?i-s:.\B(?-i:\b.))`,
  String.raw`(?i:(?<first>σ+)|(ß))(?!(?-i:Σ))`,
  String.raw`(?i:[^\W_]{2,3}?)\u212a?`,
  String.raw`(?i:[^ſ-ῼ]|\u017f+)`,
];
const letters = "aAbBkKsSzZ\u017f\u212aσςΣßẞǅǆ0_ .\n\u2028é";

Deno.test("a pattern whose modifiers are written out matches the same texts at the same places", () => {
  let random = 7;
  const draw = (below: number) => (random = (random * 48_271) % 0x7fffffff) % below;
  const texts = Array.from(
    { length: 400 },
    () =>
      Array.from({ length: 1 + draw(7) }, () => [...letters][draw([...letters].length)]).join(""),
  );
  for (const flags of flagSets) {
    for (const pattern of patterns) {
      const expected = new RegExp(pattern, `${flags}gd`);
      const found = new RegExp(
        writeOutModifiers(pattern, flags),
        `${flags.replace(/[ims]/g, "")}gd`,
      );
      assert(!/\(\?[-ims]+:/.test(found.source));
      for (const text of texts) {
        const places = (expression: RegExp) =>
          [...text.matchAll(expression)].map(({ indices }) => [...indices!]);
        assertEquals(
          places(found),
          places(expected),
          `${pattern} ${flags} ${JSON.stringify(text)}`,
        );
      }
    }
  }
});

Deno.test("flags hold again after a group that changed them", () => {
  for (
    const [pattern, flags, text, expected] of [
      ["(?-i:x)[k]", "iu", "xK", true],
      ["(?i:x)[k]", "v", "xK", false],
      ["(?:(?i:x)|y)\\w", "u", "y\u017f", false],
      ["(?i:x)?[k]", "", "K", false],
    ] as const
  ) {
    assertEquals([pattern, createRegExp(pattern, flags).test(text)], [pattern, expected]);
  }
});

Deno.test("each character with case is matched as the runtime matches it", () => {
  const all = Array.from({ length: 0x110000 }, (_, point) => String.fromCodePoint(point))
    .filter((character) => /\p{L}|\p{M}|\p{So}|\p{Nl}/u.test(character));
  for (const flags of ["i", "iu", "iv"]) {
    for (const part of ["[a-z\u0370-\u03ff]", "[^a-zσ]", "k", "\\w"]) {
      const expected = new RegExp(`^${part}$`, flags);
      const found = new RegExp(`^${writeOutModifiers(part, flags)}$`, flags.slice(1));
      assertEquals(all.filter((one) => found.test(one) !== expected.test(one)), []);
    }
  }
});

Deno.test("back references that ignore case cannot be written out, others can", () => {
  assertThrows(() => writeOutModifiers(String.raw`(?i:(a)\1)`, ""), SyntaxError, "back references");
  assertEquals(writeOutModifiers(String.raw`(?-i:(a)\1)`, "i"), String.raw`(?:(a)\1)`);
  assert(createRegExp("(?-i:a)b", "i").test("aB"));
});
