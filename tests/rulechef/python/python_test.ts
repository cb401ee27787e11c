import { assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { createExpression } from "../../../learn/rules/expressions.ts";
import { foldText } from "../../../learn/text/folding.ts";
import { requiredLiterals } from "../../../learn/rules/literals.ts";
import { type TranslateOptions, translatePython } from "../../../rulechef/python/translate.ts";

/** Returns the starts and ends of what the translation of a Python pattern finds. */
function find(pattern: string, text: string, options?: TranslateOptions): string {
  const translated = translatePython(pattern, options);
  const expression = createExpression(translated.pattern, translated.flags);
  return expression.findAll(text).map(({ start, end }) => `${start}-${end}`).join(" ");
}

const TEXTS = [
  "A card,\u00a0cards!\n",
  "éa b\u0301 x_1\r\n",
  "٣4 ²½Ⅷ 😀a",
  "a\n",
  "aa\u2028b\u001c\ufeffc",
  "ſK ß Μ𐐀",
  "tab\t[a]-{b}^$ .*|",
];

/** Patterns, and the starts and ends of what `re.finditer` of Python 3.11 finds in each text. */
const FOUND: readonly (readonly [string, string])[] = [
  [String.raw`\bcards?\b`, "2-6 8-13 |  |  |  |  |  | "],
  [
    String.raw`\B\w`,
    "3-4 4-5 5-6 9-10 10-11 11-12 12-13 | 1-2 7-8 8-9 | 1-2 4-5 5-6 |  | 1-2 | 1-2 6-8 | 1-2 2-3",
  ],
  [String.raw`a\b`, " | 1-2 | 9-10 | 0-1 | 1-2 |  | 5-6"],
  [
    String.raw`\b\W`,
    "1-2 6-7 13-14 | 2-3 4-5 9-10 | 2-3 6-7 | 1-2 | 2-3 4-5 | 2-3 4-5 | 3-4 6-7 10-11",
  ],
  [
    String.raw`\w+`,
    "0-1 2-6 8-13 | 0-2 3-4 6-9 | 0-2 3-6 9-10 | 0-1 | 0-2 3-4 6-7 | 0-2 3-4 5-8 | 0-3 5-6 9-10",
  ],
  [
    String.raw`\W+`,
    "1-2 6-8 13-15 | 2-3 4-6 9-11 | 2-3 6-9 | 1-2 | 2-3 4-6 | 2-3 4-5 | 3-5 6-9 10-17",
  ],
  [String.raw`\d+`, " | 8-9 | 0-2 |  |  |  | "],
  [String.raw`\D+`, "0-15 | 0-8 9-11 | 2-10 | 0-2 | 0-7 | 0-8 | 0-17"],
  [
    String.raw`\s`,
    "1-2 7-8 14-15 | 2-3 5-6 9-10 10-11 | 2-3 6-7 | 1-2 | 2-3 4-5 | 2-3 4-5 | 3-4 13-14",
  ],
  [
    String.raw`\S+`,
    "0-1 2-7 8-14 | 0-2 3-5 6-9 | 0-2 3-6 7-10 | 0-1 | 0-2 3-4 5-7 | 0-2 3-4 5-8 | 0-3 4-13 14-17",
  ],
  [".+", "0-14 | 0-10 | 0-10 | 0-1 | 0-7 | 0-8 | 0-17"],
  ["(?s).+", "0-15 | 0-11 | 0-10 | 0-2 | 0-7 | 0-8 | 0-17"],
  ["^", "0-0 | 0-0 | 0-0 | 0-0 | 0-0 | 0-0 | 0-0"],
  ["$", "14-14 15-15 | 10-10 11-11 | 10-10 | 1-1 2-2 | 7-7 | 8-8 | 17-17"],
  ["(?m)^.", "0-1 | 0-1 | 0-1 | 0-1 | 0-1 | 0-1 | 0-1"],
  ["(?m).$", "13-14 | 9-10 | 9-10 | 0-1 | 6-7 | 6-8 | 16-17"],
  [String.raw`a\Z`, " |  | 9-10 |  |  |  | "],
  [String.raw`\A.`, "0-1 | 0-1 | 0-1 | 0-1 | 0-1 | 0-1 | 0-1"],
  [
    String.raw`[\w.-]+`,
    "0-1 2-6 8-13 | 0-2 3-4 6-9 | 0-2 3-6 9-10 | 0-1 | 0-2 3-4 6-7 | 0-2 3-4 5-8 | 0-3 5-6 7-8 9-10 14-15",
  ],
  [
    String.raw`[^\W\d_]+`,
    "0-1 2-6 8-13 | 0-2 3-4 6-7 | 3-6 9-10 | 0-1 | 0-2 3-4 6-7 | 0-2 3-4 5-8 | 0-3 5-6 9-10",
  ],
  [String.raw`[^\S\n]`, "1-2 7-8 | 2-3 5-6 9-10 | 2-3 6-7 |  | 2-3 4-5 | 2-3 4-5 | 3-4 13-14"],
  [
    String.raw`[\s\S]`,
    "0-1 1-2 2-3 3-4 4-5 5-6 6-7 7-8 8-9 9-10 10-11 11-12 12-13 13-14 14-15 | 0-1 1-2 2-3 3-4 4-5 5-6 6-7 7-8 8-9 9-10 10-11 | 0-1 1-2 2-3 3-4 4-5 5-6 6-7 7-9 9-10 | 0-1 1-2 | 0-1 1-2 2-3 3-4 4-5 5-6 6-7 | 0-1 1-2 2-3 3-4 4-5 5-6 6-8 | 0-1 1-2 2-3 3-4 4-5 5-6 6-7 7-8 8-9 9-10 10-11 11-12 12-13 13-14 14-15 15-16 16-17",
  ],
  [
    String.raw`[\W\d]+`,
    "1-2 6-8 13-15 | 2-3 4-6 8-11 | 0-3 6-9 | 1-2 | 2-3 4-6 | 2-3 4-5 | 3-5 6-9 10-17",
  ],
  ["[]a]", "3-4 9-10 | 1-2 | 9-10 | 0-1 | 0-1 1-2 |  | 1-2 5-6 6-7"],
  [
    "[^]a]",
    "0-1 1-2 2-3 4-5 5-6 6-7 7-8 8-9 10-11 11-12 12-13 13-14 14-15 | 0-1 2-3 3-4 4-5 5-6 6-7 7-8 8-9 9-10 10-11 | 0-1 1-2 2-3 3-4 4-5 5-6 6-7 7-9 | 1-2 | 2-3 3-4 4-5 5-6 6-7 | 0-1 1-2 2-3 3-4 4-5 5-6 6-8 | 0-1 2-3 3-4 4-5 7-8 8-9 9-10 10-11 11-12 12-13 13-14 14-15 15-16 16-17",
  ],
  ["[a-]", "3-4 9-10 | 1-2 | 9-10 | 0-1 | 0-1 1-2 |  | 1-2 5-6 7-8"],
  ["[[{]", " |  |  |  |  |  | 4-5 8-9"],
  ["[a&&b|]+", "3-4 9-10 | 1-2 3-4 | 9-10 | 0-1 | 0-2 3-4 |  | 1-3 5-6 9-10 16-17"],
  [String.raw`[\b\t]`, " |  |  |  |  |  | 3-4"],
  [String.raw`\-|\'|\#`, " |  |  |  |  |  | 7-8"],
  [
    String.raw`\x61|\u0062|\U0001F600|\141`,
    "3-4 9-10 | 1-2 3-4 | 7-9 9-10 | 0-1 | 0-1 1-2 3-4 |  | 1-2 2-3 5-6 9-10",
  ],
  [
    "a{,2}",
    "0-0 1-1 2-2 3-4 4-4 5-5 6-6 7-7 8-8 9-10 10-10 11-11 12-12 13-13 14-14 15-15 | 0-0 1-2 2-2 3-3 4-4 5-5 6-6 7-7 8-8 9-9 10-10 11-11 | 0-0 1-1 2-2 3-3 4-4 5-5 6-6 7-7 9-10 10-10 | 0-1 1-1 2-2 | 0-2 2-2 3-3 4-4 5-5 6-6 7-7 | 0-0 1-1 2-2 3-3 4-4 5-5 6-6 8-8 | 0-0 1-2 2-2 3-3 4-4 5-6 6-6 7-7 8-8 9-9 10-10 11-11 12-12 13-13 14-14 15-15 16-16 17-17",
  ],
  ["{b}", " |  |  |  |  |  | 8-11"],
  ["a{|{b", " |  |  |  |  |  | 8-10"],
  ["(?P<n>a)(?P=n)", " |  |  |  | 0-2 |  | "],
  [String.raw`(a)\1`, " |  |  |  | 0-2 |  | "],
  ["(?i)k", " |  |  |  |  | 1-2 | "],
  ["(?i)s+", "12-13 |  |  |  |  | 0-1 | "],
  [
    String.raw`(?i)[^a-z\s]`,
    "6-7 13-14 | 0-1 4-5 7-8 8-9 | 0-1 1-2 3-4 4-5 5-6 7-9 |  | 5-6 | 3-4 5-6 6-8 | 4-5 6-7 7-8 8-9 10-11 11-12 12-13 14-15 15-16 16-17",
  ],
  ["(?i)μ", " |  |  |  |  | 5-6 | "],
  ["(?i)𐐨", " |  |  |  |  | 6-8 | "],
  ["(?i:A)r", "3-5 9-11 |  |  |  |  |  | "],
  ["(?i)A(?-i:r)", "3-5 9-11 |  |  |  |  |  | "],
  ["(?s:.)b", " | 2-4 |  |  | 2-4 |  | 1-3 8-10"],
  ["(?x) c a [ r] # d", "2-5 8-11 |  |  |  |  |  | "],
  ["(?#note)b", " | 3-4 |  |  | 3-4 |  | 2-3 9-10"],
  [
    String.raw`(?a)\w+`,
    "0-1 2-6 8-13 | 1-2 3-4 6-9 | 1-2 9-10 | 0-1 | 0-2 3-4 6-7 | 1-2 | 0-3 5-6 9-10",
  ],
  [String.raw`(?a)\s`, "1-2 14-15 | 2-3 5-6 9-10 10-11 | 2-3 6-7 | 1-2 |  | 2-3 4-5 | 3-4 13-14"],
  [String.raw`(?a)\bb`, " | 3-4 |  |  | 3-4 |  | 9-10"],
  [
    "(?:a|b)*",
    "0-0 1-1 2-2 3-4 4-4 5-5 6-6 7-7 8-8 9-10 10-10 11-11 12-12 13-13 14-14 15-15 | 0-0 1-2 2-2 3-4 4-4 5-5 6-6 7-7 8-8 9-9 10-10 11-11 | 0-0 1-1 2-2 3-3 4-4 5-5 6-6 7-7 9-10 10-10 | 0-1 1-1 2-2 | 0-2 2-2 3-4 4-4 5-5 6-6 7-7 | 0-0 1-1 2-2 3-3 4-4 5-5 6-6 8-8 | 0-0 1-3 3-3 4-4 5-6 6-6 7-7 8-8 9-10 10-10 11-11 12-12 13-13 14-14 15-15 16-16 17-17",
  ],
  [
    String.raw`(?:a\s*)*`,
    "0-0 1-1 2-2 3-4 4-4 5-5 6-6 7-7 8-8 9-10 10-10 11-11 12-12 13-13 14-14 15-15 | 0-0 1-3 3-3 4-4 5-5 6-6 7-7 8-8 9-9 10-10 11-11 | 0-0 1-1 2-2 3-3 4-4 5-5 6-6 7-7 9-10 10-10 | 0-2 2-2 | 0-3 3-3 4-4 5-5 6-6 7-7 | 0-0 1-1 2-2 3-3 4-4 5-5 6-6 8-8 | 0-0 1-2 2-2 3-3 4-4 5-6 6-6 7-7 8-8 9-9 10-10 11-11 12-12 13-13 14-14 15-15 16-16 17-17",
  ],
  [String.raw`(?<=a)\W`, " | 2-3 |  | 1-2 | 2-3 |  | 6-7"],
  [String.raw`(?<!\w)[ab]`, " | 3-4 | 9-10 | 0-1 | 0-1 3-4 |  | 5-6 9-10"],
  [String.raw`b(?!\w)`, " | 3-4 |  |  | 3-4 |  | 2-3 9-10"],
  [String.raw`(?=(a))\1?a`, "3-4 9-10 | 1-2 | 9-10 | 0-1 | 0-2 |  | 1-2 5-6"],
  [String.raw`\.|\*|\^|\$`, " |  |  |  |  |  | 11-12 12-13 14-15 15-16"],
];

for (const [pattern, found] of FOUND) {
  Deno.test(`${pattern} finds what it finds in re of Python`, () => {
    assertEquals(TEXTS.map((text) => find(pattern, text, { engine: "re" })).join(" | "), found);
  });
}

for (
  const [pattern, text, found] of [
    // What regex finds where re finds something else.
    [String.raw`\w+`, "दरवाज़ा e\u0301 a\u200db", "0-7 8-10 11-14"],
    [String.raw`\b\w`, "CO₂ x² ½a ⓐ", "0-1 4-5 8-9 10-11"],
    [String.raw`\s`, "a\u001cb\u0085c\u00a0", "3-4 5-6"],
    [String.raw`\B`, "", "0-0"],
    ["(?i)i", "iIİı", "0-1 1-2 2-3"],
    ["(?i)I", "iIİı", "0-1 1-2 3-4"],
    ["(?i)İ", "iIİı", "0-1 2-3"],
    ["(?i)[a-z]", "iIİıſK", "0-1 1-2 2-3 4-5 5-6"],
    ["(?i)[^i-k]", "iIİıjx", "3-4 5-6"],
    [String.raw`(?i)(σ)\1`, "σς Σσ", "0-2 3-5"],
    [String.raw`[^\s\S]`, "a ", "0-1 1-2"],
    ["(?x)a{1, 2}\u00a0b", "aab", "0-3"],
    // Only re compiles this, so that RuleChef runs it on re.
    [String.raw`\w{id`, "²{id", "0-4"],
  ]
) {
  Deno.test(`${pattern} finds what it finds in regex of Python`, () => {
    assertEquals(find(pattern, text), found);
  });
}

const WORD = String.raw`[\p{Alpha}\p{M}\p{Nd}\p{Pc}\p{Join_C}]`;

for (
  const [python, javascript, flags] of [
    // A boundary is short if one of its neighbours is known.
    [String.raw`\bcards?\b`, `(?<!${WORD})cards?(?!${WORD})`, "u"],
    [
      String.raw`(?i)\b(?:fee|rate)\b.*\d`,
      `(?<!${WORD})(?:fee|rate)(?!${WORD})[^\\n]*\\p{Nd}`,
      "iu",
    ],
    [String.raw`\b(?:I\s+)?a`, `(?<!${WORD})(?:I\\p{White_Space}+)?a`, "u"],
    [String.raw`\b-`, `(?<=${WORD})-`, "u"],
    [String.raw`a\B`, `a(?=${WORD})`, "u"],
    [String.raw`^\b`, `^(?=${WORD})`, "u"],
    [String.raw`.\b.`, `[^\\n](?:(?<=${WORD})(?!${WORD})|(?<!${WORD})(?=${WORD}))[^\\n]`, "u"],
    [String.raw`(?s)a.b`, "a.b", "su"],
    [String.raw`(?m)^a$`, String.raw`(?<![^\n])a(?![^\n])`, "u"],
    [String.raw`\Aa\Z`, "^a$", "u"],
    [String.raw`(?P<year>\d)(?P=year)`, String.raw`(?<year>\p{Nd})\k<year>`, "u"],
    [String.raw`(a)\1(?:1)`, String.raw`(a)\1(?:1)`, "u"],
    [String.raw`[\w.-]`, `${WORD.slice(0, -1)}.\\-]`, "u"],
    [String.raw`[^\W\d_]`, `[^[^${WORD.slice(1)}\\p{Nd}_]`, "v"],
    ["(?x) a  # letter\n b", "ab", "u"],
    [String.raw`(?i:a)b`, "(?i:a)b", "u"],
    [String.raw`\'\-\ \#\/\x07`, String.raw`'- #/\x07`, "u"],
    // Words are left as they are, so that people can read them.
    ["(?i)limit|i-1", "limit|[iİ]-1", "iu"],
    ["(?ia)k[é-]", "[kK][é\\-]", "u"],
    // Nothing can be gained by giving back.
    [String.raw`\d++\.[^"]*+"`, String.raw`\p{Nd}+\.[^"]*"`, "u"],
    ["(?>cat|dog)s", "(?:cat|dog)s", "u"],
    [String.raw`\w++\b`, `${WORD}+(?!${WORD})`, "u"],
    [String.raw`a\d++$`, String.raw`a\p{Nd}+(?=\n?$)`, "u"],
    ["(?>a*)b?", "(?:a*)b?", "u"],
    // What would be given back is ruled out.
    ["a++a", "a+(?!a)a", "u"],
    ["a{1,3}+a", "(?:a{3}|a{1,2}(?!a))a", "u"],
    ["(?:ab)?+a", "(?:ab|(?!ab))a", "u"],
    ["(?>cat|category)s", "(?:cat|(?!cat)category)s", "u"],
    ["(?>a+?b|c)d", "(?:a+?b|c)d", "u"],
    ["(?>a+?)b", "(?:a{1})b", "u"],
    // Or the first way is fixed, with a group of its own.
    [String.raw`(?>a+ab?)(b)\1`, String.raw`(?:(?=(a+ab?))\1)(b)\2`, "u"],
    // It is known whether the group has matched.
    [String.raw`(?P<q>")?a(?(q)"|b)`, '(?:(?<q>")a"|ab)', "u"],
    [String.raw`(a)?\1b`, String.raw`(?:(a)\1|(?!))b`, "u"],
    [String.raw`(a)|b\1`, "(a)|b(?!)", "u"],
    // A group that never matches is still there.
    ["(?(1)(b)|c)", "(?:c)(){0}", "u"],
  ]
) {
  Deno.test(`${python} is written as /${javascript}/${flags}`, () => {
    const { pattern, flags: written } = translatePython(python);
    assertEquals([pattern, written], [javascript, flags]);
  });
}

for (
  const [pattern, reason] of [
    ["(?:(a)|b(?(1)c|d))*", "a condition on group 1, which may not have matched"],
    ["(?:(a)?)*(?(1)b|c)", "a condition on group 1, which may not have matched"],
    [String.raw`(?:(a)|b\1)*`, "it refers to group 1, which may not have matched"],
    [String.raw`(a)?(b)\1`, "what a group captures depends on a condition or a reference"],
    [String.raw`(a)\1`.repeat(31), "it has over 30 references"],
    [String.raw`(?i)(a)\1(?-i:b)`, "it refers to a group, and has a part in which case is not"],
    [String.raw`(?<=(?>(a)|b))(c)\2`, "an atomic group in a lookbehind"],
    ["a{e<=1}", "at character 2 regex reads a { as the beginning of a fuzzy match"],
    ["(?i:x)|[^a]", "regex overlooks matches of a negated class if case is ignored elsewhere"],
    ["[[:alpha:]]", "at character 3 regex reads [: as the beginning of a POSIX class"],
    [String.raw`(?x)\01 1`, "regex reads a number on after white space"],
    [String.raw`(?i)(?a:\w)`, "flag a is set only for a part, in which case is ignored"],
    [String.raw`\N{DASH}`, String.raw`at character 3 \N is an unknown escape`],
    [String.raw`\Q`, String.raw`at character 2 \Q is an unknown escape`],
    ["(?L)a", "unknown flag"],
    ["a(?i)b", "global flags that are not at the beginning"],
    [String.raw`(a\1)`, "a group refers to itself"],
    [String.raw`\1(a)`, "it refers to group 1, which does not exist"],
    ["(?P=a)", "it refers to a group that does not exist"],
    ["(?P<a>b)(?P<a>b)", "two groups of one name"],
    ["(?P<1>b)", "a group has an invalid name"],
    ["a*?", "it may match nothing where a longer match begins"],
    ["(?:|a)*b", "it repeats what may match nothing before it matches something"],
    ["(?<=a|bc)d", "a lookbehind must have a fixed width"],
    ["(a", "a group is not closed"],
    ["a)", "a ) too many"],
    ["[]", "a class is not closed"],
    ["[z-a]", "a range in a class is reversed"],
    [String.raw`[\w-z]`, "has an end that is not a character"],
    ["*a", "nothing to repeat"],
    ["^*", "nothing to repeat"],
    ["a**", "a repetition of a repetition"],
    ["a{3,2}", "its bounds are reversed"],
    ["a{9999999999}", "the count of a repetition is too large"],
    [String.raw`\777`, "an octal escape is above 377"],
    [String.raw`\ud800`, "is not followed by the 4 digits of a character"],
    ["\\", "a backslash at the end"],
    ["(?x)a#\\", "a backslash at the end"],
    ["(?a)(?u)b", "the flags a and u exclude each other"],
    ["\ud800", "it has a lone surrogate"],
    ["|".repeat(10_001), "it is over 10000 characters long"],
    ["(?:".repeat(200), "nested deeper than 50 levels"],
  ]
) {
  Deno.test(`${JSON.stringify(pattern).slice(0, 40)} is refused`, () => {
    assertThrows(() => translatePython(pattern), SyntaxError, reason);
  });
}

Deno.test("groups that may hold another text in Python are named", () => {
  const unsettledOf = (pattern: string) => translatePython(pattern).unsettled;
  assertEquals(unsettledOf("(a)|(b)?"), []);
  assertEquals(unsettledOf("(?:(a)(b))+(c)"), []);
  assertEquals(unsettledOf("(?:(a)|b)+"), [1]);
  assertEquals(unsettledOf("(?:a(b)?)*"), [1]);
  assertEquals(unsettledOf("(a*)*b"), [1]);
  assertEquals(unsettledOf("(?<=(a))(?!(b))c(?=(d))"), [1, 2]);
});

Deno.test("groups are numbered, though a translation has others before them", () => {
  assertEquals(translatePython("(a)(?:b)(?P<c>d)(?P<é>e)").groups, [1, 2, 3]);
  assertEquals(translatePython("(?>a+ab?)(b)(?>(c)+c)(d)").groups, [2, 4, 5]);
});

Deno.test("whether there is a match does not depend on which is found first", () => {
  for (const pattern of ["a*?", "|a", "(?:|a)*b", "(?:a??){2,}c"]) {
    assertThrows(() => translatePython(pattern), SyntaxError, "may match nothing");
    assertEquals(translatePython(pattern, { finds: "match" }).groups, []);
  }
  // What an atomic group gives back does.
  assertThrows(() => translatePython("(?>(?:|a)*)b", { finds: "match" }), SyntaxError);
});

Deno.test("re of Python has other words, and all letters i are equal if case is ignored", () => {
  const options = { engine: "re" } as const;
  assertEquals(find(String.raw`\w+`, "x²a\u0301", options), "0-3");
  assertEquals(find("(?i)i", "iIİı", options), "0-1 1-2 2-3 3-4");
  assertEquals(find("a{e<=1}", "a{e<=1}", options), "0-7");
  for (const pattern of ["(b|c){1,2}+", String.raw`(?i)(a)\1`, "(?a)(?u:b)"]) {
    assertThrows(() => translatePython(pattern, options), SyntaxError, "there");
  }
});

Deno.test("in words, i matches neither the dotless nor the dotted one, as documented", () => {
  assertEquals(find("(?i)limit|I'm", "limit LİMİT lımıt ı'm"), "0-5");
});

Deno.test("a hostile pattern is translated or refused in time", () => {
  const parts = [
    "(?>",
    "(?:(?>a|",
    "a++",
    "(?>a|ab)",
    "(?:a|ab)?+",
    "[a-",
    "(a)?\\1",
    "(?(1)",
    "{e,",
  ];
  for (const part of parts) {
    for (const end of ["", ")".repeat(40)]) {
      const count = Math.min(end === "" ? 10_000 / part.length : 40, 10_000 / part.length);
      try {
        translatePython(part.repeat(Math.floor(count)) + end);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
    }
  }
});

Deno.test("literals that a text must hold are found in translations", () => {
  const literalsOf = (python: string) => {
    const { pattern, flags } = translatePython(python);
    return requiredLiterals(pattern, flags).map((group) => group.map((one) => one.join()));
  };
  // Literals include the boundaries of words, which the translation spells out.
  const folded = (text: string) => foldText(text).join();
  assertEquals(literalsOf(String.raw`(?i)\bpending\b.*\b(?:card|fee)s?\b`), [
    [folded("pending")],
    [folded("cards"), folded("card"), folded("fees"), folded("fee")],
  ]);
});
