import { assertEquals } from "jsr:@std/assert@^1";
import { writeModule } from "../../engines/module.ts";
import type { ModuleSpan } from "../../engines/runtime.ts";
import { createExtractor } from "../../learn/rules/extractor.ts";
import { createRule } from "../../learn/rules/rule.ts";
import { compileRule } from "../../learn/rules/running.ts";
import { parseRuleChef, type RuleChefRules } from "../../rulechef/rule_set.ts";
import { readTemplate } from "../../rulechef/templates.ts";

const raw = String.raw;
const base = { text: "$0", start: "$start", end: "$end", type: "X" };

/** Reads one rule as RuleChef writes it. */
function parse(
  content: string,
  output_template: unknown,
  task = "ner",
): RuleChefRules {
  const rule = { id: "r", name: "r", content, output_template };
  return parseRuleChef(JSON.stringify({ task: { type: task }, rules: [rule] }));
}

/** Patterns, what of the template is not as in `base`, texts, and the spans that RuleChef 0.2.2 finds. */
const found: [string, Record<string, unknown> | null, string, string[]][] = [
  [raw`(\w+) (\w+)\.?`, { text: "$1 $2" }, "Ann Lee, Bo Li.", ["0-7 Ann Lee X", "9-14 Bo Li X"]],
  [raw`on (\d+) (\w+)`, { text: "$2 $1" }, "on 3 May", ["0-8 May 3 X"]],
  [raw`no (\d+)`, { text: "$1." }, "no 5. no 6", ["0-4 5. X", "6-10 6. X"]],
  [raw`(?i)(mr) (\w+)`, { text: "Mr $2" }, "MR Lee", ["0-6 Mr Lee X"]],
  [raw`(\d+) (km|mi)`, { text: "$1 …" }, "5 km", ["0-4 5 … X"]],
  [raw`\w+ County`, { text: "County" }, "Kent County", ["5-11 County X"]],
  ["Kent", { text: "nowhere" }, "in Kent", ["3-7 nowhere X"]],
  // Alone, `$12` is a group; in a longer text it is `$1` and a 2.
  ["(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)(l)", { text: "$12" }, "abcdefghijkl", ["11-12 l X"]],
  ["(a)2", { text: "$12" }, "a2", ["0-2  X"]],
  [raw`(\w)2 `, { text: "$12 " }, "xa2 ", ["1-4 a2  X"]],
  // The match has a variable itself.
  [raw`\$(\d) (\w+)`, { text: "$0!" }, "$1 x!", ["0-4 1 x! X"]],
  [raw`(\d+)?km`, { text: "$1" }, "km 5km", ["0-2  X", "3-4 5 X"]],
  [raw`(\d*)km`, { text: "$1" }, "km 5km", ["0-2  X", "3-4 5 X"]],
  // The first place of the text in any case, not that of the group.
  ["a(b)(a)", { text: "$2" }, "xaba", ["1-2 a X"]],
  [raw`\bA\w+ (a)\b`, { text: "$1" }, "An a", ["0-1 a X"]],
  // In small letters, İ is two characters.
  [raw`\w+ (x)`, { text: "$1" }, "İz x", ["4-5 x X"]],
  [raw`\w+(?= (km))`, { text: "$1" }, "5 km", ["0-1 km X"]],
  ["b*", {}, "abb", ["0-0  X", "1-3 bb X", "3-3  X"]],
  ["b*", null, "ab", ["0-0  _NONE", "1-2 b _NONE", "2-2  _NONE"]],
  [raw`(\d+) km`, { text: "$1", start: 0, end: 0 }, "at 5 km", ["3-4 5 X"]],
  [raw`\d+ km`, { start: 0, end: 3 }, "at 5 km, 6 km", ["0-3 5 km X"]],
  [raw`\d+`, { start: "$0.start", end: "$0.end" }, "at 5", ["3-4 5 X"]],
  [raw`\d+`, { text: "$1.text" }, "at 5", ["3-4  X"]],
  [raw`(\d+)`, { text: "$1", score: 0.5, role: "$1", more: { type: "$0" } }, "at 5", ["3-4 5 X"]],
  [raw`(\d+)`, { text: "$1", type: null, label: "Y" }, "at 5", ["3-4 5 Y"]],
  [raw`\d+`, { type: "$ent_type" }, "at 5", ["3-4 5 $ent_type"]],
  [raw`\d+`, { type: "$1" }, "at 5", ["3-4 5 _NONE"]],
  [raw`😀 (\w+) (\w)`, { text: "$2 at $start" }, "😀😀 ab c", ["2-9 c at 1 X"]],
];

for (const [content, change, text, spans] of found) {
  const template = change && { ...base, ...change };
  Deno.test(`${content} with ${JSON.stringify(change)} finds in "${text}" what RuleChef finds`, async () => {
    const { rules, refused } = parse(content, template);
    assertEquals(refused, []);
    const extract = createExtractor(rules, { overlaps: "keep" });
    const describe = (list: ReturnType<typeof extract> | readonly ModuleSpan[]) =>
      list.map(({ start, end, text, label }) => `${start}-${end} ${text} ${label}`);
    assertEquals(describe(extract(text)), spans);
    const written = writeModule({
      task: "ner",
      labels: [],
      rules,
      decision: { decide: "first", threshold: 0, overlaps: "keep" },
      refused: [],
    });
    assertEquals(written.refused, []);
    const module = await import(`data:text/javascript,${encodeURIComponent(written.text)}`);
    assertEquals(describe(module.extract(text)), spans);
  });
}

Deno.test("a label may stand in another field of a template, between spaces", () => {
  for (
    const [template, label] of [
      [{ type: " fee " }, "fee"],
      [{ text: "fee", type: "" }, "fee"],
      [{ label: 3, type: "fee" }, "fee"],
      [{ label: "$1", type: "fee" }, "fee"],
      [{ label: "fee", type: "$0", text: "$0" }, "fee"],
    ] as const
  ) assertEquals(parse("a", template, "classification").rules[0]?.label, label);
});

Deno.test("the spans of an extraction may have a type, which is then not that of gold spans", () => {
  const { type: _, ...plain } = base;
  for (
    const [more, label] of [[{}, "span"], [{ type: "X" }, "X"], [{ label: "Y" }, "Y"]] as const
  ) {
    assertEquals(parse("a", { ...plain, ...more }, "extraction").rules[0].label, label);
  }
});

Deno.test("a template has the numbers that groups have here, not in Python", () => {
  const patterns = { pattern: "(x)((a)) (b)", flags: "u", unsettled: [] };
  const read = (text: string, groups: readonly number[]) =>
    readTemplate({ ...base, text }, "ner", { ...patterns, groups });
  assertEquals(read("$2", [2, 4]), { label: "X", template: { text: "$4" } });
  const output = read("$2 $1", [2, 4]);
  assertEquals(output, { label: "X", template: { text: "$2 $1", groups: [2, 4] } });
  assertEquals(read("$2 $1", [1, 2, 3, 4]), { label: "X", template: { text: "$2 $1" } });
  const template = "template" in output ? output.template : undefined;
  const rule = createRule({ name: "r", label: "X", patterns: ["(x)((a)) (b)"], template });
  assertEquals(compileRule(rule).find("xa b"), [{ start: 0, end: 4, text: "b a" }]);
});

for (
  const [task, change, reason] of [
    ["classification", { label: "$0" }, 'its label is "$0", expected a fixed one'],
    ["classification", { text: "$1" }, 'its text is "$1", expected a fixed one'],
    [
      "classification",
      { label: "", other: "fee" },
      'its label is "", expected a string that is not empty',
    ],
    ["ner", { type: "$1" }, 'its type is "$1", expected a fixed one'],
    ["ner", { type: "at $start" }, 'its type is "at $start", expected a fixed one'],
    ["ner", { type: 3 }, "its type is a number, expected a string"],
    ["ner", { type: null, label: ["Y"] }, "its label is an array, expected a string"],
    [
      "extraction",
      { type: "span" },
      'its type is "span", which RuleChef takes for a type of its own',
    ],
    ["ner", { end: 4 }, 'its end is a number, expected "$end"'],
    ["ner", { start: 4, end: 2 }, 'its end is a number, expected "$end"'],
    ["ner", { start: undefined, end: undefined }, 'its start is missing, expected "$start"'],
    [
      "ner",
      { start: "$1.start", end: "$1.end" },
      'its start is "$1.start", which RuleChef leaves empty for regular expressions, expected "$start"',
    ],
    ["ner", { text: "x".repeat(1_001) }, "its text is over 1000 long or not valid Unicode"],
    ["ner", { more: { value: "$²" } }, 'its "value" is "$²", expected digits from 0 to 9'],
  ] as [string, Record<string, unknown>, string][]
) {
  Deno.test(`a template for ${task} is refused for ${JSON.stringify(change).slice(0, 80)}`, () => {
    const template = task === "classification" ? change : { ...base, ...change };
    const { refused } = parse("(a)", template, task);
    assertEquals(refused, [{ name: "r", code: "invalid-rule", detail: reason }]);
  });
}

Deno.test("a text with a group that Python fills in another way is refused", () => {
  const { refused } = parse("(?:(a)|b)+", { ...base, text: "<$1>" });
  assertEquals(
    refused[0].detail,
    'its text is "<$1>", and $1 may hold another text than in Python',
  );
  assertEquals(parse("(?:(a)|b)+", { ...base, text: "<$0>" }).refused, []);
});
