import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { createExpression } from "../../../learn/rules/expressions.ts";
import { foldText } from "../../../learn/text/folding.ts";
import { requiredLiterals } from "../../../learn/rules/literals.ts";
import { translatePython } from "../../../rulechef/python/translate.ts";

/** Returns the starts and ends of what the translation of a Python pattern finds. */
function find(pattern: string, text: string): string {
  const translated = translatePython(pattern);
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
  Deno.test(`${pattern} finds what it finds in Python`, () => {
    assertEquals(TEXTS.map((text) => find(pattern, text)).join(" | "), found);
  });
}

const WORD = String.raw`[\p{L}\p{N}_]`;

for (
  const [python, javascript, flags] of [
    // A boundary is short if one of its neighbours is known.
    [String.raw`\bcards?\b`, `(?<!${WORD})cards?(?!${WORD})`, "u"],
    [
      String.raw`(?i)\b(?:fee|rate)\b.*\d`,
      `(?<!${WORD})(?:fee|rate)(?!${WORD})[^\\n]*\\p{Nd}`,
      "iu",
    ],
    [String.raw`\b(?:I\s+)?a`, `(?<!${WORD})(?:I[\\p{Z}\\t-\\r\\x1c-\\x1f\\x85]+)?a`, "u"],
    [String.raw`\b-`, `(?<=${WORD})-`, "u"],
    [String.raw`a\B`, `a(?=${WORD})`, "u"],
    [String.raw`^\b`, `^(?=${WORD})`, "u"],
    [String.raw`.\b.`, `[^\\n](?:(?<=${WORD})(?!${WORD})|(?<!${WORD})(?=${WORD}))[^\\n]`, "u"],
    [String.raw`(?s)a.b`, "a.b", "su"],
    [String.raw`(?m)^a$`, String.raw`(?<![^\n])a(?![^\n])`, "u"],
    [String.raw`\Aa\Z`, "^a$", "u"],
    [String.raw`(?P<year>\d)(?P=year)`, String.raw`(?<year>\p{Nd})\k<year>`, "u"],
    [String.raw`(a)\1(?:1)`, String.raw`(a)\1(?:1)`, "u"],
    [String.raw`[\w.-]`, String.raw`[\p{L}\p{N}_.\-]`, "u"],
    [String.raw`[^\W\d_]`, String.raw`[^[^\p{L}\p{N}_]\p{Nd}_]`, "v"],
    ["(?x) a  # letter\n b", "ab", "u"],
    [String.raw`(?i:a)b`, "(?i:a)b", "u"],
    [String.raw`\'\-\ \#\/\x07`, String.raw`'- #/\x07`, "u"],
  ]
) {
  Deno.test(`${python} is written as /${javascript}/${flags}`, () => {
    const { pattern, flags: written } = translatePython(python);
    assertEquals([pattern, written], [javascript, flags]);
  });
}

for (
  const [pattern, reason] of [
    ["(?>a)", "at character 3 there is an atomic group, which JavaScript does not have"],
    ["a*+", "at character 3 there is a possessive repetition, which JavaScript does not have"],
    ["(a)(?(1)b)", "at character 6 there is a condition, which JavaScript does not have"],
    [String.raw`\N{DASH}`, String.raw`at character 3 \N is an unknown escape`],
    [String.raw`\Q`, String.raw`at character 2 \Q is an unknown escape`],
    ["(?ai)a", "case is ignored for ASCII only"],
    ["(?L)a", "unknown flag"],
    ["a(?i)b", "global flags that are not at the beginning"],
    [String.raw`(?i)(a)\1`, "a reference to a group where case is ignored"],
    [String.raw`(a)?\1`, "it refers to group 1, which may not have matched"],
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

Deno.test("groups are counted", () => {
  assertEquals(translatePython("(a)(?:b)(?P<c>d)(?P<é>e)").groups, 3);
});

Deno.test("if case is ignored, i matches neither the dotless nor the dotted one, as documented", () => {
  assertEquals(find("(?i)i", "iIıİ"), "0-1 1-2");
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

const python = findPython();

/** Returns the command of a Python, if one is installed. */
function findPython(): string | undefined {
  for (const name of ["python3", "python"]) {
    try {
      const { success } = new Deno.Command(name, { args: ["-c", "import re"], stderr: "null" })
        .outputSync();
      if (success) return name;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable)) {
        throw error;
      }
    }
  }
  return undefined;
}

/** Reads `[patterns, texts]`, and writes the spans of each pattern in each text. */
const ASK = `
import json, re, sys
patterns, texts = json.load(sys.stdin)
def spans(pattern, text):
    at = [0]
    for character in text:
        at.append(at[-1] + (2 if ord(character) > 0xffff else 1))
    found = re.finditer(pattern, text)
    return " ".join(f"{at[one.start()]}-{at[one.end()]}" for one in found)
json.dump([[spans(one, text) for text in texts] for one in patterns], sys.stdout)
`;

async function askPython(patterns: string[], texts: string[]): Promise<string[][]> {
  const command = new Deno.Command(python!, {
    args: ["-W", "ignore", "-c", ASK],
    stdin: "piped",
    stdout: "piped",
  });
  const child = command.spawn();
  const writer = child.stdin.getWriter();
  const answer = child.output();
  await writer.write(new TextEncoder().encode(JSON.stringify([patterns, texts])));
  await writer.close();
  return JSON.parse(new TextDecoder().decode((await answer).stdout));
}

const RULES = new URL("../../../../shared/data/rulechef/", import.meta.url);

function readIfThere(url: URL): string | undefined {
  try {
    return Deno.readTextFileSync(url);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

for (
  const [rules, texts] of [
    ["rules_banking77_126.json", "../banking77/test.jsonl"],
    ["rules_banking77_108.json", "../banking77/test.jsonl"],
    ["rules_tab_22.json", "../tab/test.jsonl"],
  ]
) {
  const file = readIfThere(new URL(rules, RULES));
  const lines = readIfThere(new URL(texts, RULES));
  Deno.test({
    name: `the patterns of ${rules} find on real texts what they find in Python`,
    ignore: python === undefined || file === undefined || lines === undefined,
    async fn() {
      const patterns = (JSON.parse(file!) as { content: string }[]).map(({ content }) => content);
      const some = lines!.trimEnd().split("\n").filter((_, index) => index % 10 === 0)
        .map((line) => (JSON.parse(line) as { text: string }).text);
      const answers = await askPython(patterns, [...some, ...TEXTS]);
      let count = 0;
      patterns.forEach((pattern, index) => {
        const translated = translatePython(pattern);
        const expression = createExpression(translated.pattern, translated.flags);
        [...some, ...TEXTS].forEach((text, at) => {
          const found = expression.findAll(text);
          count += found.length;
          const spans = found.map(({ start, end }) => `${start}-${end}`).join(" ");
          // Equal strings need no comparison by value, of which there would be tens of thousands.
          if (spans === answers[index][at]) return;
          assertEquals([pattern, text, spans], [pattern, text, answers[index][at]]);
        });
      });
      assert(count > 20);
    },
  });
}
