import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { countGroups } from "../../../learn/rules/form.ts";
import { createLinear, type Engine, type ExpressionMatch } from "../../../learn/rules/linear.ts";
import { createDice, createText, findByMatchAll } from "./engine_texts.ts";

const { raw } = String;

/** Finds all matches by an engine alone. */
function findByEngine(
  engine: Engine,
  text: string,
  group: number,
  byPoint: boolean,
): ExpressionMatch[] {
  const find = engine.scan(text, group);
  const all: ExpressionMatch[] = [];
  for (let from = 0; from <= text.length;) {
    const found = find(from);
    if (found === undefined) break;
    all.push(found);
    const wide = byPoint && (text.codePointAt(found.end) ?? 0) > 0xffff;
    from = found.end > found.start ? found.end : found.end + (wide ? 2 : 1);
  }
  return all;
}

const SAME = [
  String.raw`\s+`,
  String.raw`\S`,
  String.raw`\w+`,
  String.raw`\W+?`,
  String.raw`\d`,
  ".",
  "..",
  "a*",
  "s+k",
  "[^s]+",
  "[^]",
  "[]|b",
  "(a|b)+s",
  String.raw`\bs|k\b`,
  String.raw`a\B.`,
  "^.|.$",
  "^$|a",
  String.raw`[\w-]+`,
  String.raw`[\d\s]{2,3}`,
  "é|ß|σ|µ",
  "[à-ÿ]+",
  String.raw`(?<name>a|s)(\d)?`,
  String.raw`\x61|\u0062|\cJ|\t|\0`,
  "(?i:s)k",
  "(?s:.)a",
  "(?:a{2,3}?|b{0,2})1",
  "(?<!a)s",
  String.raw`(?<=[ab]\s?)k|(?<=^|a)1`,
  String.raw`(?<!\w)[ab]+`,
  "(?:a*)*|(?:|a)+?b",
  "(?:(a)|b)*",
  "(?:(?:a?)?s?){2,3}k?",
  "(?=a(b)?)[ab]|(?!(s))k",
  "(?<=(a|b)s*)k",
  "(?:a(?=(.*))|b)+",
];
for (const flags of ["", "i", "s", "is", "u", "iu", "su", "isu", "v", "iv"]) {
  Deno.test(`the linear engine finds what V8 finds with the flags "${flags}"`, () => {
    const unicodeOnly = [
      String.raw`\p{L}+`,
      String.raw`\P{L}`,
      String.raw`[\p{Lu}\d]+`,
      String.raw`[^\p{Lu}]`,
      String.raw`\u{1F600}|\u{10400}`,
      "[😀𐐀]",
      String.raw`\p{IDC}+`,
    ];
    const setsOnly = [String.raw`[\p{L}--[a-k]]+`, String.raw`[\w&&[^a]]`, "[^[a-z]]"];
    const byPoint = /[uv]/.test(flags);
    const patterns = [
      ...SAME.filter((pattern) => !flags.includes("i") || !byPoint || !/\(\?i/.test(pattern)),
      ...(byPoint ? unicodeOnly : []),
      ...(flags.includes("v") ? setsOnly : []),
    ];
    const roll = createDice(11);
    const texts = Array.from({ length: 40 }, () => createText(roll, roll(20)));
    for (const pattern of patterns) {
      // A class that begins or ends with a hyphen is an error with v.
      if (flags.includes("v") && pattern.includes("-]")) continue;
      const engine = createLinear(pattern, flags);
      const groups = countGroups(pattern, flags);
      for (const text of texts) {
        for (let group = 0; group <= groups; group++) {
          const expected = findByMatchAll(pattern, flags, text, group);
          const found = findByEngine(engine, text, group, byPoint);
          assertEquals([pattern, text, found], [pattern, text, expected]);
        }
      }
    }
  });
}

Deno.test("the linear engine finds what V8 finds with random patterns", () => {
  const roll = createDice(5);
  let [compared, found] = [0, 0];
  for (let round = 0; round < 2_000; round++) {
    const pattern = createPattern(roll, 1 + roll(4));
    const flags = ["", "i", "u", "s", "m", "v"][round % 6];
    const engine = createLinear(pattern, flags);
    const groups = countGroups(pattern, flags);
    for (let index = 0; index < 6; index++) {
      const text = createText(roll, roll(10), "aabs \nB");
      for (let group = 0; group <= groups; group++) {
        const expected = findByMatchAll(pattern, flags, text, group);
        const matches = findByEngine(engine, text, group, /[uv]/.test(flags));
        assertEquals([pattern, flags, text, group, matches], [
          pattern,
          flags,
          text,
          group,
          expected,
        ]);
        compared++;
        found += Number(matches.length > 0);
      }
    }
  }
  assert(compared > 10_000 && found > 5_000, `${compared} ${found}`);
});

/** Creates a pattern of anything but backreferences. */
function createPattern(roll: (limit: number) => number, depth: number): string {
  const inner = () => createPattern(roll, depth - 1);
  if (depth === 0) {
    return ["a", "b", ".", raw`\w`, "[^a]", raw`\s`, raw`\b`, raw`\B`, "^", "$", "", "s"][roll(12)];
  }
  switch (roll(10)) {
    case 0:
      return inner();
    case 1:
      return `(?:${inner()}|${inner()})`;
    case 2:
      return `(${inner()})`;
    case 3:
    case 4: {
      const count = ["*", "+", "?", "{2}", "{1,2}", "{2,}", "{0,2}"][roll(7)];
      return `(?:${inner()})${count}${["", "?"][roll(2)]}`;
    }
    case 5:
      return `(${inner()}|${inner()})${["*", "+", ""][roll(3)]}`;
    case 6:
      return `${["(?=", "(?!", "(?<=", "(?<!"][roll(4)]}${inner()})`;
    case 7:
      return `(?:${inner()}|)${inner()}`;
    default:
      return inner() + inner();
  }
}

for (
  const [pattern, reason] of [
    [raw`(a)\1`, "backreferences"],
    ["(?:a{80}){140}", "over 10000 parts"],
    // A part that matches nothing is written too, and each of these doubles it.
    [`${"(?:".repeat(24)}${"){2}".repeat(24)}`, "over 10000 parts"],
  ]
) {
  Deno.test(`the linear engine refuses ${pattern}`, () => {
    assertThrows(() => createLinear(pattern, "u"), SyntaxError, reason);
  });
}

for (
  const pattern of [
    raw`(?:\b){3300}`,
    raw`(?:\b|a){1600}`,
    "a?".repeat(1_900),
    `(?:${"a?".repeat(1_500)})*`,
    `(?:(?:${"a?".repeat(600)})*)*`,
    "(?:(?:a?){800})*",
    raw`(?:(?:(?:\b){700}a?){2})*`,
    raw`(?:(?:\b){3000}a)*`,
    `(?<=(?:${"a?".repeat(1_500)})*)`,
  ]
) {
  Deno.test(`the linear engine needs no deep stack for ${pattern.slice(0, 20)}`, () => {
    const find = createLinear(pattern, "").scan("aab", 0);
    assertEquals(find(0), findByMatchAll(pattern, "", "aab", 0)[0]);
  });
}

Deno.test("steps may end anywhere, also in a lookaround", () => {
  const pattern = "(?:a|(?=(?:a?b?)*c)b|(?<!(?:b|a)+c)b)*(?!(?:a|b)*d)!";
  const engine = createLinear(pattern, "");
  const text = "abba".repeat(5);
  const budgets = Array.from({ length: 3_000 }, (_, left) => ({ left }));
  for (const budget of budgets) assertEquals(engine.scan(text, 0, budget)(0), undefined);
  const ended = budgets.filter(({ left }) => left < 0).length;
  assert(ended > 100 && ended < 2_900, `${ended}`);
});

Deno.test("each group of a pattern that is not refused can be found", () => {
  const find = createLinear("(?:(a){45}){100}", "").scan("a".repeat(4_500), 1);
  assertEquals(find(0), { start: 0, end: 4_500, group: { start: 4_499, end: 4_500 } });
});

Deno.test("the linear engine refuses classes that hold strings", () => {
  assertThrows(() => createLinear(String.raw`[\q{ab|c}]`, "v"), SyntaxError, "hold strings");
  assertThrows(() => createLinear(String.raw`\p{RGI_Emoji}`, "v"), SyntaxError, "hold strings");
});
