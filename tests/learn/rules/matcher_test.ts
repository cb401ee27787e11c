import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { createMatcher } from "../../../learn/rules/matcher.ts";
import { createRule, type Proposal, type Rule } from "../../../learn/rules/rule.ts";
import { compileRule, findDefect } from "../../../learn/rules/running.ts";

const base: Proposal = { name: "one", label: "any", patterns: ["one"], flags: "i" };

function matchPlainly(rules: readonly Rule[], text: string): number[] {
  return [...rules.keys()].filter((position) => compileRule(rules[position]).test(text));
}

Deno.test("the matcher returns the positions of matching rules, ascending", () => {
  const rules = ["card", String.raw`\d`, "nothing", "a"].map((pattern) => {
    return createRule({ ...base, patterns: [pattern] });
  });
  assertEquals(createMatcher(rules).match("A card, 3 times"), [0, 1, 3]);
  assertEquals(createMatcher(rules).match(""), []);
  assertEquals(createMatcher([]).match("text"), []);
});

Deno.test("a rule needs all its patterns and none of those it excludes", () => {
  const matcher = createMatcher([
    createRule({ ...base, patterns: ["pending", "payment"], not: ["card"] }),
  ]);
  assertEquals(matcher.match("my payment is pending"), [0]);
  assertEquals(matcher.match("my payment is due"), []);
  assertEquals(matcher.match("my card payment is pending"), []);
});

Deno.test("long s and kelvin are matched as the engine matches them", () => {
  const rules = [["\\bsto\\b", "iu"], ["\\bto\\b", "i"], ["\\bto\\b", "iu"], ["kilo\\b", "iu"]]
    .map(([pattern, flags]) => createRule({ ...base, patterns: [pattern], flags }));
  const matcher = createMatcher(rules);
  for (const text of ["\u017fto", "to\u017f", "\u212ailo", "kilo\u212a", "sto"]) {
    assertEquals(matcher.match(text), matchPlainly(rules, text), text);
  }
  assertEquals(matcher.match("\u017fto"), [0, 1]);
});

Deno.test("a capital that is not ASCII may begin a match after a word", () => {
  const rules = [String.raw`(?!\w)\p{Lu}`, String.raw`(?<!\p{IDC})\p{Lu}`].map((pattern) => {
    return createRule({ ...base, patterns: [pattern], flags: "u" });
  });
  const found = createMatcher(rules).find("aÉ É A");
  assertEquals(found.map(({ rule, start }) => [rule, start]), [[0, 1], [0, 3], [1, 3], [1, 5]]);
});

Deno.test("a broken pattern is an error when the matcher is made", () => {
  const rule = createRule({ ...base, patterns: ["("] });
  assertThrows(() => createMatcher([rule]), SyntaxError);
});

Deno.test("a pattern that is too deeply nested is an error when the matcher is made", () => {
  const deep = `${"(?:".repeat(3_000)}fee${")".repeat(3_000)}`;
  const rule = createRule({ ...base, patterns: [deep] });
  assertThrows(() => createMatcher([rule]), SyntaxError, "too deeply nested");
});

Deno.test("a matcher of 5,000 rules finds the one that matches", () => {
  const rule = createRule(base);
  const rules = Array.from({ length: 5_000 }, (_, index) => {
    const patterns = [String.raw`\bword${index}s?\b`, String.raw`\bother\W+${index}\b`];
    return { ...rule, id: `r${index.toString(16).padStart(12, "0")}`, patterns };
  });
  const matcher = createMatcher(rules);
  assertEquals(matcher.match("the other 77 word77 of word78"), [77]);
});

Deno.test("the matcher returns and finds what a loop over all rules does, on generated rules and texts", () => {
  const random = createRandom(7);
  let matched = 0;
  let spans = 0;
  for (let round = 0; round < 8; round++) {
    const rules = Array.from({ length: 100 }, () => randomRule(random))
      .filter((rule) => findDefect(rule, { linear: true })?.code !== "backtracking");
    const matcher = createMatcher(rules);
    const compiled = rules.map(compileRule);
    for (let count = 0; count < 60; count++) {
      // In a long text, patterns are tried only where their first literals stand.
      const text = randomText(random) + (count % 2 === 0 ? "" : " ,".repeat(60));
      const expected = [...rules.keys()].filter((position) => compiled[position].test(text));
      const actual = matcher.match(text);
      matched += actual.length;
      const found = matcher.find(text);
      spans += found.length;
      const all = compiled.flatMap((rule, position) =>
        rule.find(text).map((span) => ({ rule: position, ...span }))
      );
      assertEquals(found, all, JSON.stringify(text));
      if (actual.join() === expected.join()) continue;
      const wrong = [...new Set([...actual, ...expected])]
        .filter((one) => actual.includes(one) !== expected.includes(one))
        .map((one) => rules[one]);
      assertEquals(wrong, [], JSON.stringify(text));
    }
  }
  assert(matched > 2_000, `generated rules match now and then: ${matched}`);
  assert(spans > 3_000, `generated rules find spans now and then: ${spans}`);
});

type Random = (below: number) => number;

/** Returns a generator of numbers from 0 to below 1 (Mulberry32). */
function createRandom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296 * below);
  };
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random(from.length)];
}

const WORDS = [
  ..."to so kilo sto ask task card cards rate exchange exchanges fee what how much is arrive arrived"
    .split(" "),
  ..."größe Größe GRÖSSE straße STRASSE Straẞe \u017fto as\u017f \u212ailo as\u212a İstanbul ıs i\u0307 Σίσυφος ςΣσ"
    .split(" "),
  ..."e\u0301te été 😀 👩‍💻 𐐀𐐨 𐐨 \ud83d 12345 00 can't can’t a_b _ x a b s k ﬀ ǅ ǆ Ω ω 日本語 한국 μ µ"
    .split(" "),
];
const SEPARATORS = [" ", " ", " ", " ", ", ", "-", "\n", "", "...", "\u00a0", "\u2028", "'", "/"];

function randomText(random: Random): string {
  let text = random(4) === 0 ? pick(random, SEPARATORS) : "";
  for (let count = random(8); count >= 0; count--) {
    text += randomCase(random, pick(random, WORDS)) + pick(random, SEPARATORS);
  }
  return random(2) === 0 ? text.trim() : text;
}

function randomCase(random: Random, word: string): string {
  return pick(random, [word, word, word.toUpperCase(), word.toLowerCase()]);
}

function randomRule(random: Random): Rule {
  const flags = pick(random, [
    "i",
    "i",
    "i",
    "",
    "iu",
    "iu",
    "u",
    "iv",
    "v",
    "im",
    "is",
    "m",
    "imu",
  ]);
  const draw = () => {
    for (;;) {
      const pattern = random(2) === 0
        ? learnedPattern(random, flags)
        : oddPattern(random, flags, 3);
      try {
        new RegExp(pattern, flags);
        return pattern;
      } catch {
        // Not every combination is valid under every flag: draw again.
      }
    }
  };
  const patterns = Array.from({ length: 1 + random(2) }, draw);
  const not = random(6) === 0 ? { not: [draw()] } : {};
  // Ids do not matter here, and digests would take most of the time.
  return { id: "r000000000000", name: "any", label: "any", priority: 0, flags, patterns, ...not };
}

function escape(word: string): string {
  return word.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

function learnedPattern(random: Random, flags: string): string {
  const word = () => escape(randomCase(random, pick(random, WORDS)));
  const stem = () => escape(pick(random, WORDS).slice(0, 3));
  const unicode = /[uv]/.test(flags);
  const [before, after, inside, between] = unicode && random(3) > 0
    ? ["(?<!\\p{IDC})", "(?!\\p{IDC})", "\\p{IDC}*", "\\P{IDC}+"]
    : ["\\b", "\\b", "\\w*", "\\W+"];
  const class_ = unicode ? pick(random, ["\\p{Lu}", "\\d"]) : "\\d";
  switch (random(13)) {
    case 9:
      return `${before}(?:${stem()}${inside}|${word()}s?|${word()})${after}`;
    case 10:
      return `${before}${word()} (${class_}\\w{0,9})${after}`;
    case 11:
      return `${before}(?:${class_}\\w{0,3} ${word()}|${word()})`;
    case 12:
      return `${class_}+${pick(random, ["", "(?= )", after])}`;
    case 0:
      return `${before}${word()}${after}`;
    case 1:
      return `${before}${word()}s?${after}`;
    case 2:
      return `${before}${stem()}${inside}`;
    case 3:
      return `${before}${word()}${between}${word()}${after}`;
    case 4:
      return `${before}(?:${word()}|${word()}|${stem()}${inside})${after}`;
    case 5:
      return `^\\W*${word()}${after}`;
    case 6:
      return `${before}${word()}${between}(?:\\w+${between}){1,2}${word()}${after}`;
    case 7:
      return pick(random, ["\\b\\d{5}\\b", "(?-i:\\b[A-Z]{3,}\\b)", "\\bcan['’]t\\b"]);
    default:
      return `(?:^|\\W)${word()}(?:\\W|$)`;
  }
}

/** Makes a pattern of all kinds of syntax, on letters that the texts have. */
function oddPattern(random: Random, flags: string, depth: number): string {
  const inner = () => oddPattern(random, flags, depth - 1);
  const atom = () => {
    const atoms = [
      ..."toskae",
      "ß",
      "ẞ",
      "ö",
      "Ö",
      "\u017f",
      "\u212a",
      "İ",
      "ı",
      "σ",
      "ς",
      "𐐀",
      "😀",
      " ",
      "_",
      "'",
    ];
    return pick(random, [
      ...atoms,
      "\\b",
      "\\b",
      "\\B",
      "^",
      "$",
      "\\w",
      "\\W",
      "\\s",
      "\\S",
      "\\d",
      "\\D",
      ".",
      "[st]",
      "[A-F]",
      "[^s]",
      "[^\\w]",
      "[^\\W]",
      "[\\w-]",
      "[ßöſ]",
      "[😀𐐀]",
      "\\p{L}",
      "\\P{L}",
      "\\p{IDC}",
      "(?=\\w)",
      "(?<=\\w)",
      "(?!\\W)",
      "(?<!\\W)",
      "(?!\\w)",
      "(?<!\\w)",
      "(?<!\\S)",
      "(?i:𐐀)",
      "\\P{IDC}",
      "\\p{Lu}",
      "\\u0073",
      "\\x4b",
      "\\u{1F600}",
      "[[a-z]--[s]]",
      "[\\q{to|sto}k]",
      "[]",
      "[^]",
      "\\n",
      "\\u2028",
      "(a)\\1",
    ]);
  };
  if (depth === 0) return atom();
  switch (random(9)) {
    case 0:
      return `(?:${inner()}|${inner()})`;
    case 1:
      return `(?:${inner()})${pick(random, ["?", "??", "{2}", "{1,2}", "{0}", "{0,1}", "{1}"])}`;
    case 8:
      // Unbounded repetition stays flat, so that no pattern takes exponential time.
      return atom() + pick(random, ["*", "+", "+?", "{2,}"]);
    case 2:
      return `(${pick(random, ["?=", "?!", "?<=", "?<!", "?:", ""])}${inner()})`;
    case 3:
      return `(?${pick(random, ["i:", "-i:", "s:", "m-i:", "i-m:", "-s:"])}${inner()})`;
    case 4:
      return `${inner()}|${inner()}`;
    case 5:
      return escape(pick(random, WORDS)) + inner();
    default:
      return inner() + inner();
  }
}
