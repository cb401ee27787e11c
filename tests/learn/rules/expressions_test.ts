import { assert, assertEquals, assertStringIncludes, assertThrows } from "jsr:@std/assert@^1";
import {
  checkSyntax,
  countGroups,
  createCutExpression,
  createExpression,
} from "../../../learn/rules/expressions.ts";
import { createLinear, type Engine, type ExpressionMatch } from "../../../learn/rules/linear.ts";

/** Returns a reproducible generator of numbers from 0 to below `limit` (Lehmer, MINSTD). */
function createDice(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = state * 48_271 % 2_147_483_647;
    return state % limit;
  };
}

/** Finds matches by `String.matchAll`. */
function findByMatchAll(
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

const ODD = "aAbBsSkKſK \u00a0\u2028\n\r\t12_-éÉñßıİǅσςΣµΜ٣\u0301\u200d😀𐐀𐐨漢ﬁ.";

function createText(roll: (limit: number) => number, length: number, alphabet = ODD): string {
  const characters = [...alphabet];
  return Array.from({ length }, () => characters[roll(characters.length)]).join("");
}

Deno.test("a pattern that cannot backtrack exponentially runs on V8", () => {
  assertEquals(createExpression(String.raw`(?<=a)\bb+`, "i").engine, "v8");
});

for (const pattern of [String.raw`(a+)+$`, "(a|a)*$", String.raw`(\w+\s?)*$`]) {
  Deno.test(`${pattern} ends on a long text that it does not match`, () => {
    const expression = createExpression(pattern, "i");
    assertEquals(expression.engine, "linear");
    const text = `${"a".repeat(5_000)}!`;
    assertEquals(expression.findAll(text).filter(({ end }) => end <= 5_000 && end > 0), []);
  });
}

Deno.test("a pattern that neither engine can run is refused with both reasons", () => {
  const error = assertThrows(() => createExpression("(?=(a+)+$)b", "u"), SyntaxError);
  assertStringIncludes(error.message, "exponentially many ways");
  assertStringIncludes(error.message, "has no lookaheads");
});

Deno.test("a pattern that is not a regular expression is refused with V8's reason", () => {
  assertThrows(() => createExpression("(a", "u"), SyntaxError, "Unterminated group");
});

Deno.test("flags that change where a search begins are refused", () => {
  assertThrows(() => createExpression("a", "y"), SyntaxError, 'The flags are "y"');
});

Deno.test("an expression gives the same answer each time", () => {
  const expression = createExpression("a", "");
  assertEquals([expression.test("xa"), expression.test("xa")], [true, true]);
  assertEquals(expression.findAll("xa"), expression.findAll("xa"));
});

Deno.test("nothing is found in the middle of a character", () => {
  // V8 by itself finds these lookbehinds between the two halves.
  const expression = createExpression(String.raw`(?<![^\n])`, "u");
  assertEquals(expression.findAll("k😀\n"), [{ start: 0, end: 0 }, { start: 4, end: 4 }]);
  assertEquals(createExpression(String.raw`(?<!^|\p{L}|😀)`, "u").test("k😀"), false);
});

Deno.test("a group that took no part has no offsets", () => {
  const expression = createExpression("(a)|(b)", "");
  assertEquals(expression.findAll("ab", 2), [
    { start: 0, end: 1 },
    { start: 1, end: 2, group: { start: 1, end: 2 } },
  ]);
});

Deno.test("a group that the pattern does not have is an error", () => {
  const expression = createExpression("(a)", "");
  assertThrows(() => expression.findAll("a", 2), RangeError, "the pattern has 1 groups");
  assertThrows(() => expression.findAll("a", -1), RangeError, "Cannot find group -1");
});

Deno.test("groups are counted, named ones too and those of lookarounds", () => {
  assertEquals(countGroups(String.raw`(?:a)(b)(?<c>d)(?=(e))\(`, "u"), 3);
  assertEquals(countGroups("", ""), 0);
});

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
        assertEquals(engine.test(text), new RegExp(pattern, flags).test(text));
      }
    }
  });
}

Deno.test("the linear engine finds what V8 finds with random patterns", () => {
  const roll = createDice(5);
  let compared = 0;
  for (let round = 0; round < 600; round++) {
    const pattern = createPattern(roll, 3);
    let engine: Engine;
    try {
      engine = createLinear(pattern, "u");
    } catch (error) {
      assert(error instanceof SyntaxError);
      continue;
    }
    const groups = countGroups(pattern, "u");
    for (let index = 0; index < 10; index++) {
      const text = createText(roll, roll(10), "aab ");
      for (let group = 0; group <= groups; group++) {
        const expected = findByMatchAll(pattern, "u", text, group);
        const found = findByEngine(engine, text, group, true);
        assertEquals([pattern, text, group, found], [pattern, text, group, expected]);
        compared++;
      }
    }
  }
  assert(compared > 2_000);
});

function createPattern(roll: (limit: number) => number, depth: number): string {
  const inner = () => createPattern(roll, depth - 1);
  if (depth === 0) {
    return [
      "a",
      "b",
      ".",
      String.raw`\w`,
      "[ab]",
      String.raw`\s`,
      String.raw`\b`,
      "^",
      "$",
    ][roll(9)];
  }
  switch (roll(7)) {
    case 0:
      return inner();
    case 1:
      return `(?:${inner()}|${inner()})`;
    case 2:
      return `(${inner()})`;
    case 3:
      return `(?:${inner()})${["*", "+", "?", "{2}", "{1,2}", "{2,}"][roll(6)]}${
        ["", "?"][roll(2)]
      }`;
    case 4:
      return `(?:${inner()}|)${inner()}`;
    default:
      return inner() + inner();
  }
}

for (
  const [pattern, reason] of [
    [String.raw`(a)\1`, "backreferences"],
    ["a(?!b)", "lookaheads"],
    ["(?<!(a))b", "lookbehinds with groups"],
    ["(?:a|)*", "a repetition of what can match nothing"],
    ["(?:(a)|b)*", "exact offsets of the group (a)"],
    ["(?:a{50}){50}", "counts that multiply out"],
    ["(?m:^a)", "^ and $ with flag m"],
    [String.raw`(?i:s)\b`, String.raw`\b together with modifiers`],
  ]
) {
  Deno.test(`the linear engine refuses ${pattern}`, () => {
    assertThrows(() => createLinear(pattern, "u"), SyntaxError, reason);
  });
}

Deno.test("the linear engine refuses classes that hold strings", () => {
  assertThrows(() => createLinear(String.raw`[\q{ab|c}]`, "v"), SyntaxError, "hold strings");
  assertThrows(() => createLinear(String.raw`\p{RGI_Emoji}`, "v"), SyntaxError, "hold strings");
});

Deno.test("a text in pieces gives the matches of the whole text", () => {
  const roll = createDice(3);
  const patterns = [
    "ab?",
    String.raw`\b\w{1,4}\b`,
    "(a)(b)?",
    "(?<=[ab] )k",
    "(?<![ab])s(?! )",
    "^a|a$|^$",
    "",
    "a*",
    "x?",
    ".(?=😀)|𐐀",
    String.raw`(?<=^|\s)\S{1,3}(?=\s|$)`,
  ];
  for (const flags of ["", "i", "u", "iu", "v"]) {
    for (const pattern of patterns) {
      for (let round = 0; round < 12; round++) {
        const alphabet = ["aab sk", ODD, "😀𐐀a"][round % 3];
        const text = createText(roll, roll(60), alphabet);
        // Runs of word characters longer than the overlap are cut short, as documented.
        const sizes = { piece: 2 + roll(9), overlap: 8 };
        for (let group = 0; group <= countGroups(pattern, flags); group++) {
          const expected = findByMatchAll(pattern, flags, text, group).filter(isShort);
          const found = createCutExpression(pattern, flags, sizes).findAll(text, group);
          if (pattern === "a*" && found.some((one) => !isShort(one))) continue;
          assertEquals([pattern, flags, text, sizes, found], [
            pattern,
            flags,
            text,
            sizes,
            expected,
          ]);
        }
        const isFound = createCutExpression(pattern, flags, sizes).test(text);
        assertEquals(isFound, new RegExp(pattern, flags).test(text));
      }
    }
  }
});

function isShort({ start, end }: ExpressionMatch): boolean {
  return end - start < 8;
}

Deno.test("the linear engine too runs a long text in pieces", () => {
  const pattern = "(?:a+)+b";
  const text = "aab aaab 😀 ab ".repeat(20);
  const expression = createCutExpression(pattern, "", { piece: 7, overlap: 5 });
  assertEquals(expression.engine, "linear");
  assertEquals(expression.findAll(text), findByMatchAll(pattern, "", text, 0));
});

Deno.test("a document of 5 MB ends, and its last match is found", () => {
  const text = `${"ein Wort nach dem anderen, ".repeat(190_000)}Ende 2024`;
  const found = createExpression(String.raw`\bEnde (\d{4})$`, "u").findAll(text, 1);
  assertEquals(found, [{
    start: text.length - 9,
    end: text.length,
    group: { start: text.length - 4, end: text.length },
  }]);
  assertEquals(createExpression(String.raw`(\w+\s?)*2024`, "i").test(text), true);
});

Deno.test("the syntax of a pattern is checked as V8 does, with lighter sets of letters and digits", () => {
  const dice = createDice(5);
  const parts = [
    ..."[]^-()|?*+{}\\pPLN_a&",
    "\\p{L}",
    "\\P{N}",
    "\\p{Lu}",
    "\\p{Nope}",
    "\\\\p{L}",
    "[\\p{L}-",
    "--\\p{N}",
    "(?<!",
    "{2,1}",
  ];
  const judge = (check: () => void) => {
    try {
      check();
      return "valid";
    } catch (error) {
      return (error as Error).message;
    }
  };
  let valid = 0;
  for (let round = 0; round < 20_000; round++) {
    const length = 1 + dice(5);
    const pattern = Array.from({ length }, () => parts[dice(parts.length)]).join("");
    const flags = ["", "u", "v", "iu", "iv"][round % 5];
    const expected = judge(() => new RegExp(pattern, flags));
    assertEquals(judge(() => checkSyntax(pattern, flags)), expected, `/${pattern}/${flags}`);
    if (expected === "valid") valid++;
  }
  assert(valid > 1_000 && valid < 19_000, String(valid));
});
