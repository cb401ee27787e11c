import { assert, assertEquals, assertStringIncludes, assertThrows } from "jsr:@std/assert@^1";
import { boundBacktracking } from "../../../learn/rules/backtracking.ts";
import { createCutExpression, createExpression } from "../../../learn/rules/expressions.ts";
import { checkSyntax, countGroups } from "../../../learn/rules/form.ts";
import type { ExpressionMatch } from "../../../learn/rules/linear.ts";
import { createDice, createText, findByMatchAll, ODD } from "./engine_texts.ts";

const { raw } = String;

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
  const error = assertThrows(() => createExpression(raw`(a+)+\1$`, "u"), SyntaxError);
  assertStringIncludes(error.message, "exponentially many ways");
  assertStringIncludes(error.message, "has no backreferences");
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
        const places = [...text.padEnd(text.length + 1).split("").keys()];
        const expression = createExpression(pattern, flags);
        const padded = text + " ".repeat(16 * places.length);
        assertEquals(
          expression.findAll(padded, 0, undefined, places),
          findByMatchAll(pattern, flags, padded, 0).filter(({ start }) => start <= text.length),
          JSON.stringify([pattern, flags, text]),
        );
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

Deno.test("both engines find the matches that begin at given places", () => {
  for (const pattern of ["ab?", "(?:a+)+b|ab?"]) {
    const text = `ab aab a ${" ".repeat(100)}ab`;
    const places = [0, 1, 3, 4, 7, text.length - 2];
    const starts = createExpression(pattern, "").findAll(text, 0, undefined, places)
      .map(({ start }) => start);
    assertEquals(starts, [0, 3, ...pattern === "ab?" ? [4] : [], 7, text.length - 2]);
    assertEquals(createExpression(pattern, "").findAll(text, 0, undefined, []), []);
  }
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

Deno.test("a text that is too long for V8 gives the matches that V8 finds", () => {
  const roll = createDice(23);
  const cases: readonly [pattern: string, flags: string][] = [
    ["(a).*s.*k.*\\s", ""],
    ["\\w+(?=.*(b)).*k", "i"],
    ["(?:\\w+\\s?){0,5}1", "u"],
    ["(?<=a.*b.*)s+|(\\w+)s.*é", "iu"],
    ["\\s+$|\\S+(?!\\s)", "m"],
  ];
  for (const [pattern, flags] of cases) {
    const { allows } = boundBacktracking(pattern, flags);
    const expression = createExpression(pattern, flags);
    assertEquals([expression.engine, allows(13_000)], ["v8", false]);
    for (let round = 0; round < 2; round++) {
      const text = createText(roll, 13_000, "abskSKé1w  😀").replaceAll(/.{40}/gu, "$&\n");
      for (let group = 0; group <= countGroups(pattern, flags); group++) {
        const expected = findByMatchAll(pattern, flags, text, group);
        assert(expected.length > 20, pattern);
        assertEquals(expression.findAll(text, group), expected);
      }
    }
  }
});

Deno.test("a pattern that only V8 can run sees less of a text that is too long for it", () => {
  const expression = createExpression(raw`(\w+)\s+\1`, "");
  const text = "some fee and ".repeat(2_000);
  const found = expression.findAll(`${text}fee fee`);
  assertEquals(found.at(-1), { start: text.length, end: text.length + 7 });
  assertEquals(expression.test(`${"a".repeat(3_000_000)}!`), false);
});

Deno.test("a text ends where the steps of the linear engine are done, and this is told", () => {
  const expression = createExpression("(?:b?a?){300}X|Y", "");
  const text = "a".repeat(90_000);
  let ended = 0;
  const onUnfinished = () => ended++;
  assertEquals(expression.findAll(`Y${text.slice(0, 9_000)}Y`, 0, onUnfinished).length, 2);
  assertEquals(expression.test(`Y${text}`, onUnfinished), true);
  assertEquals(ended, 0);
  assertEquals(expression.findAll(`Y${text}Y`, 0, onUnfinished), [{ start: 0, end: 1 }]);
  assertEquals(expression.test(`${text}Y`, onUnfinished), false);
  assertEquals(ended, 2);
});

Deno.test("it is told if the pieces that V8 may run end before the text", () => {
  const expression = createExpression(raw`(?=.*(a)).*.*\1[]`, "");
  let ended = 0;
  expression.test("a".repeat(20), () => ended++);
  assertEquals(ended, 0);
  expression.test("a".repeat(3_000_000), () => ended++);
  assertEquals(ended, 1);
});

for (const depth of [98, 10_000]) {
  Deno.test(`${depth} nested groups are refused`, () => {
    for (const [open, close] of [["(", ")"], ["(?:", ")*"], ["(?=", ")"], ["(?:a|", ")"]]) {
      const pattern = open.repeat(depth) + "a" + close.repeat(depth);
      assertThrows(() => createExpression(pattern, ""), SyntaxError, "too deeply nested");
    }
    const pattern = "[".repeat(depth) + "a" + "]".repeat(depth);
    assertThrows(() => createExpression(pattern, "v"), SyntaxError, "too deeply nested");
  });
}

Deno.test("brackets and parentheses that are only characters do not nest", () => {
  const pattern = raw`\(\[`.repeat(100) + "[(]".repeat(100) + "[[(]".repeat(100);
  assertEquals(createExpression(pattern, "").engine, "v8");
});
