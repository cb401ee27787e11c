import { assert, assertEquals } from "jsr:@std/assert@^1";
import {
  isNamedAsSaid,
  isReadable,
  listAlternatives,
  measureReadability,
  sayPattern,
  sayRule,
} from "../../../learn/rules/reading.ts";
import { SHAPES } from "../../../learn/rules/reading/shapes.ts";
import { createRule } from "../../../learn/rules/rule.ts";
import { createRandom } from "../../../learn/score/random.ts";
import { translatePython } from "../../../rulechef/python/translate.ts";

const raw = String.raw;

/** Patterns, and what they say. */
const said: readonly (readonly [pattern: string, reading: string])[] = [
  [raw`\b(?:rate|rates|exchange)\b`, "rate | rates | exchange"],
  [raw`\b(?:traffic\w*|roads?|accid\w*)\b`, "traffic* | road(s) | accid*"],
  [raw`\b(?:card\W+declin\w*|refus\w*)\b`, "card declin* | refus*"],
  [raw`(?:^\W*how\W+do\b|\bwhere\b|\?)`, "^how do | where | ?"],
  [raw`(?<!\p{IDC})(?:añ|b\p{IDC}*)(?!\p{IDC})`, "añ | b*"],
  [raw`(?<!\p{IDC})a\P{IDC}+(?:\p{IDC}+\P{IDC}+){1,2}b(?!\p{IDC})`, "a … b"],
  [raw`^\P{IDC}*how(?!\p{IDC})`, "^how"],
  [translatePython(raw`(?i)\bcards?\b.*\bpending\s+fee`).pattern, "card(s) … pending fee*"],
  [raw`\bcards?\W+(?:\w+\W+){1,2}pend\w*`, "card(s) … pend*"],
  [raw`\b(?:why\W+(?:\w+\W+){1,2}payments?|lost)\b`, "why … payment(s) | lost"],
  [raw`\bcash (?:machines?|point)\b`, "cash (machine(s) | point)"],
  [raw`\bpay(?:s|ing)\b`, "pay(s | ing)"],
  [raw`\bpayment(?:s)?\b`, "payment(s)"],
  [raw`\b(?:(?:pay|paying)|fee)\b`, "pay | paying | fee"],
  [raw`\bcard\b|\bfee\b`, "card | fee"],
  [raw`^how\s+now$`, "^how now$"],
  ["card", "*card*"],
  [raw`\bcard`, "card*"],
  [raw`card\b`, "*card"],
  ["日本|カード", "日本 | カード"],
  [raw`a\+|\(`, `*a"+" | "("`],
  [raw`(?:\d{7}|\bcard\b)`, raw`/\d{7}/ | card`],
  [raw`\bhttps?://|\bwww\.`, "URL"],
  [raw`(?:\?|[£$€¥]\s?\d)`, "? | money"],
];

/** Patterns that no reading says rightly: they are shown as they are. */
const unsaid: readonly string[] = [
  raw`\bpay(?:s|ing)?\b`,
  raw`\b(?:card\b)+`,
  raw`\bcards??\b`,
  raw`[a-z]{2}|\d+`,
  raw`(?<word>card)`,
  raw`(?!card)`,
  raw`\b`,
  raw`a(b`,
  "a)b",
  "[",
  "|",
  "\\",
  "(".repeat(60) + "a" + ")".repeat(60),
  "a".repeat(100_001),
];

Deno.test("a pattern is said in the words of its readers", () => {
  for (const [pattern, reading] of said) assertEquals(sayPattern(pattern), reading);
  for (const [name, pattern] of SHAPES) assertEquals(sayPattern(pattern), name);
  // The bar in the pattern of a URL is one of an alternation that it is part of.
  const shapes = SHAPES.filter(([name]) => name !== "URL");
  const all = `(?:${shapes.map(([, pattern]) => pattern).join("|")})`;
  assertEquals(sayPattern(all), shapes.map(([name]) => name).join(" | "));
});

Deno.test("a pattern that has no such words is shown as it is", () => {
  for (const pattern of unsaid) {
    assertEquals([sayPattern(pattern), isReadable({ patterns: [pattern] })], [
      `/${pattern}/`,
      false,
    ]);
  }
});

Deno.test("all patterns of a rule are said, and what its texts must not have", () => {
  const card = raw`\bcard\b`;
  const list = raw`\b(?:arriv\w*|lost)\b`;
  assertEquals(sayRule({ patterns: [card, list] }), "card + (arriv* | lost)");
  assertEquals(
    sayRule({ patterns: [list], not: [card, list, raw`\d{7}|x\b`, raw`[a-z]|.x`] }),
    raw`(arriv* | lost) but not card, not (arriv* | lost), not (/\d{7}/ | *x), not /[a-z]|.x/`,
  );
});

Deno.test("the alternatives of a rule are listed pattern by pattern, each once", () => {
  const patterns = [raw`\bcard\b`, raw`\b(?:lost|arriv\w*|lost)\b`, raw`\bcash (?:a|b)\b`];
  assertEquals(listAlternatives({ patterns }), [["card"], ["lost", "arriv*"], ["cash (a | b)"]]);
});

Deno.test("a name says the same as its rule apart from label and brackets", () => {
  const rule = { label: "fee", patterns: [raw`\b(?:fees?|charge)\b`, raw`\bcard\b`] };
  for (const name of ["fee/(fee(s)|charge) + card", "fee(s) | charge + card"]) {
    assert(isNamedAsSaid({ ...rule, name }));
  }
  const patterns = Array.from({ length: 90 }, (_, place) => raw`\b${place}words\b`);
  const name = `fee/${sayRule({ patterns })}`.slice(0, 400);
  assert(isNamedAsSaid({ label: "fee", patterns, name }));
  assert(!isNamedAsSaid({ label: "fee", patterns, name: name.slice(0, 399) }));
  for (const name of ["fee/fee(s)", "fee", "fee/fee(s) | charge"]) {
    assert(!isNamedAsSaid({ ...rule, name }));
  }
});

Deno.test("any text is said in time, whether it is a pattern or not", () => {
  const random = createRandom(5);
  const parts = [
    ..."ab|()?*+[]{}^$\\ é日😀\ud800",
    "(?:",
    raw`\b`,
    raw`\w*`,
    raw`\W+`,
    "(?<!",
    "{1,2}",
  ];
  for (let round = 0; round < 2_000; round++) {
    const length = 1 + Math.floor(random() * 12);
    const pattern = Array.from({ length }, () => parts[Math.floor(random() * parts.length)]).join(
      "",
    );
    const text = sayPattern(pattern);
    assert(text.length > 0 && listAlternatives({ patterns: [pattern] })[0].length > 0);
  }
  for (const part of ["(", "(?:a|", "[", "a|", raw`\b(?:a`, "(?:a)", "\\"]) {
    sayPattern(part.repeat(4_000 / part.length));
  }
});

Deno.test("what rules cost to read is counted by label, and no rules cost nothing", () => {
  const make = (label: string, ...patterns: string[]) => createRule({ name: "n", label, patterns });
  const rules = [
    make("a", raw`\b(?:x|y)\b`, raw`\bcash (?:c|d)\b`),
    make("a", raw`\bhttps?://|\bwww\.`),
    make("b", raw`(?<!x|y)[a|b]\|(?=(?:z|w))`),
  ];
  assertEquals(measureReadability(rules), {
    labels: 2,
    rules: 1.5,
    // Two and two, one for the shape, and one for what only looks around.
    alternatives: 3,
    characters: ("(x | y) + cash (c | d)URL".length + rules[2].patterns[0].length + 2) / 2,
  });
  assertEquals(measureReadability([]), { labels: 0, rules: 0, alternatives: 0, characters: 0 });
});
