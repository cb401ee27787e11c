import { assert, assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import * as z from "npm:zod@^4";
import type { Reading } from "../../../learn/chat/exchanges.ts";
import { MAX_REPLY_LENGTH, readReply } from "../../../learn/chat/structured.ts";
import { createRandom } from "../../record/generate_run.ts";

const schema = z.strictObject({ rules: z.array(z.unknown()) });
type Rules = z.infer<typeof schema>;

const read = (text: string): Reading<Rules> => readReply(schema, { text });

function rulesOf(reading: Reading<Rules>): unknown[] {
  if (reading.outcome === "refused") throw new Error(reading.why);
  return reading.value.rules;
}

function whyOf(reading: Reading<unknown>): string {
  return reading.outcome === "parsed" ? "" : reading.why;
}

const items = [
  {
    name: 'a "quoted" {brace} ] } ```',
    patterns: [String.raw`\bcards?\b`, "\\", "😀\u0000\u2028"],
  },
  { name: "é", patterns: ["x{2,3}", "[}\\]]"], not: [["{", "["], {}], group: 12, weight: -1.5e-7 },
  17,
  true,
  'a string, \\" and }',
  [],
  { rules: [{ rules: [1] }] },
];
const text = JSON.stringify({ rules: items });

Deno.test("plain JSON is parsed, with blanks or a byte order mark around it", () => {
  for (const plain of [text, `\ufeff${text}`, ` \n\t${text}\r\n `, JSON.stringify({ rules: [] })]) {
    assertEquals(read(plain), {
      outcome: "parsed",
      value: JSON.parse(plain.replace("\ufeff", "")),
    });
  }
});

for (
  const [name, wrapped, why] of [
    ["a fence", `\`\`\`json\n${text}\n\`\`\`\n`, "it stood in a fence"],
    ["a fence without a language", `\`\`\`\n${text}\`\`\``, "it stood in a fence"],
    ["a fence that is not closed", `\`\`\`json\n${text}`, "it stood in a fence"],
    [
      "a fence and words",
      `Sure!\n\`\`\`json\n${text}\n\`\`\`\nHope that helps.`,
      "it stood in a fence, with words around it",
    ],
    ["words before", `Here are your rules: ${text}`, "it had words around it"],
    ["words after", `${text}\nI chose {few} of them.`, "it had words around it"],
    ["words with braces", `Of {label} and {"quotes}, I chose: ${text}`, "it had words around it"],
    ["words with brackets", `See ["x and [1]: ${text}`, "it had words around it"],
    ["a list around it", `[${text}]`, "it had words around it"],
  ] as const
) {
  Deno.test(`JSON in ${name} is repaired`, () => {
    assertEquals(read(wrapped), { outcome: "repaired", value: { rules: items }, why });
  });
}

Deno.test("thinking before the reply is ignored, whatever JSON is in it", () => {
  const thought = '<think>Maybe {"rules": [1]}?\n</think>\n';
  assertEquals(read(thought + text), { outcome: "parsed", value: { rules: items } });
  const why = "it breaks off before the thinking ends";
  assertEquals(read('<think>Maybe {"rules": [1]}'), { outcome: "refused", why });
  const quoting = JSON.stringify({ rules: ["<think>", "</think>"] });
  assertEquals(rulesOf(read(quoting)), ["<think>", "</think>"]);
});

Deno.test("the last of several objects that fit counts, and the reading says so", () => {
  const reading = read('A draft: {"rules": [1]}. And now: {"rules": [2]} {"other": [3]}');
  assertEquals(rulesOf(reading), [2]);
  assertStringIncludes(whyOf(reading), "it holds 2 objects that fit, of which the last counts");
});

Deno.test("if a reply has too many objects, the reading says from where on it was not read", () => {
  const drafts = '{"rules":[]}\n'.repeat(1_500);
  const why = whyOf(read(`${drafts}{"rules":[1]}`));
  assertStringIncludes(why, "it holds 1000 objects that fit, of which the last counts");
  assertStringIncludes(why, "nothing from line 1001, column 1 on was read");
  const few = read(`${drafts.slice(0, 13 * 999)}{"rules":[1]}`);
  assertEquals(rulesOf(few), [1]);
  assert(!whyOf(few).includes("nothing from"));
});

Deno.test("a whole object is preferred to one that breaks off", () => {
  assertEquals(rulesOf(read('{"rules": [1, 2, oops]} Sorry: {"rules": [3]}')), [3]);
  assertEquals(rulesOf(read('{"rules": [3]} or {"rules": [1, 2')), [3]);
});

Deno.test("a reply cut off anywhere gives a beginning of its whole items, or is refused", () => {
  for (const indent of [undefined, 2]) {
    const whole = JSON.stringify({ rules: items }, null, indent);
    let most = 0;
    for (let end = 0; end < whole.length; end++) {
      const reading = read(whole.slice(0, end));
      assert(reading.outcome !== "parsed", `${end}`);
      if (reading.outcome === "refused") continue;
      const { rules } = reading.value;
      assertEquals(rules, items.slice(0, rules.length));
      // More text never loses an item.
      assert(rules.length >= most && rules.length > 0, `${end}`);
      most = rules.length;
      assertStringIncludes(reading.why, "it breaks off at line ");
    }
    assertEquals(most, items.length);
  }
});

Deno.test("generated replies are read with words around them, and cut off anywhere", () => {
  const random = createRandom(7);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
  const pieces = [
    '"',
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "```",
    "\n",
    "😀",
    "é",
    "\\d",
    "a",
    "<think>",
  ];
  const generate = (depth: number): unknown => {
    const kind = depth > 3 ? 0 : Math.floor(random() * 5);
    if (kind === 1) return Array.from({ length: random() * 4 }, () => generate(depth + 1));
    if (kind === 2) {
      const members = Array.from({ length: random() * 4 }, () => [word(), generate(depth + 1)]);
      return Object.fromEntries(members);
    }
    return pick([word(), random() * 100, 12, null, true, { rules: [word()] }]);
  };
  const word = () => Array.from({ length: random() * 8 }, () => pick(pieces)).join("");
  for (let round = 0; round < 300; round++) {
    const rules = Array.from({ length: 1 + random() * 5 }, () => generate(0));
    const json = JSON.stringify({ rules }, null, pick([0, 1]));
    const before = pick(["", "So:\n", "```json\n", "{a} {b\n", "\ufeff"]);
    const after = pick(["", "\n```", "\nDone {x}."]);
    assertEquals(rulesOf(read(before + json + after)), rules);
    for (let cuts = 0; cuts < 20; cuts++) {
      const reading = read(before + json.slice(0, random() * json.length));
      if (reading.outcome === "refused") continue;
      assertEquals(reading.value.rules, rules.slice(0, reading.value.rules.length));
    }
  }
});

Deno.test("a number at the end of a reply may lack digits, and is dropped", () => {
  assertEquals(rulesOf(read('{"rules": [1, 23')), [1]);
  assertEquals(rulesOf(read('{"rules": [1, 23 ')), [1, 23]);
});

Deno.test("an object is kept up to a place that cannot be JSON, and the reading names it", () => {
  const reading = read('{"rules": [\n{"name": "a"},\n{name: "b"},\n{"name": "c"}]}');
  assertEquals(reading, {
    outcome: "repaired",
    value: { rules: [{ name: "a" }] },
    why: "it is not JSON from line 3, column 2 on: expected a name in double quotes, " +
      "and what was whole is kept",
  });
});

Deno.test("members before one that breaks off are kept, if they are what was asked for", () => {
  const critique = z.strictObject({
    analysis: z.string(),
    advice: z.array(z.unknown()).default([]),
  });
  const cut = (text: string) => readReply(critique, { text });
  const whole = { analysis: "all", advice: [] };
  for (const end of ['"analysis":"all","adv', '"analysis":"all","advice":[', '"analysis":"all"']) {
    const reading = cut(`{${end}`);
    assertEquals(reading.outcome === "repaired" && reading.value, whole);
  }
  assertEquals(cut('{"analysis":"al').outcome, "refused");
});

Deno.test("members that were not asked for are left out, __proto__ among them", () => {
  const reading = read('{"__proto__": {"x": 1}, "rules": [1], "notes": "n"}');
  assertEquals(rulesOf(reading), [1]);
  const why = 'members that were not asked for are left out: "__proto__", "notes"';
  assertEquals(whyOf(reading), why);
  const value = reading.outcome === "refused" ? {} : reading.value;
  assertEquals(Object.getPrototypeOf(value), Object.prototype);
  assertEquals("x" in value, false);
});

Deno.test("an item keeps a member named __proto__ as a member, for the caller to refuse", () => {
  const [item] = rulesOf(read('{"rules": [{"__proto__": {"name": "x"}}]}'));
  assertEquals(Object.keys(item as object), ["__proto__"]);
  assertEquals(Object.getPrototypeOf(item), Object.prototype);
});

Deno.test("the last of several members with one name counts, and the reading says so", () => {
  const reading = read('{"rules": [1], "rules": [2]}');
  assertEquals(rulesOf(reading), [2]);
  assertEquals(whyOf(reading), 'it names "rules" more than once, of which the last counts');
});

Deno.test("a backslash that begins no escape stands for itself", () => {
  const reading = read(String.raw`{"rules": ["\d+\s\.", "\\w \n \u{1F600} \u00e9"]}`);
  assertEquals(rulesOf(reading), [String.raw`\d+\s\.`, "\\w \n \\u{1F600} é"]);
  assertStringIncludes(whyOf(reading), "backslashes that begin no escape stand for themselves");
});

Deno.test("a reply without such an object is refused, and the reason does not quote it", () => {
  for (
    const [text, why] of [
      ["", "it holds no JSON object"],
      ["I cannot help with that.", "it holds no JSON object"],
      ['["secret"]', "it holds no JSON object"],
      ["{secret}", "it is not JSON from line 1, column 2 on: expected a name in double quotes"],
      [
        '{"rules": "secret"}',
        "it is not what was asked for at rules: Invalid input: expected array",
      ],
      ['{"rules": [{"secret', "it breaks off at line 1, column 20, and nothing in it is whole"],
      ['{"rules": [', "it breaks off at line 1, column 12, and nothing in it is whole"],
      ["{}", "it is not what was asked for at rules"],
    ] as const
  ) {
    const reading = read(text);
    assertEquals(reading.outcome, "refused", text);
    assertStringIncludes(whyOf(reading), why);
    assert(!whyOf(reading).includes("secret"));
  }
});

Deno.test("a reply stops being JSON at nesting beyond the bound", () => {
  const nest = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  assertEquals(rulesOf(read(`{"rules": [1, ${nest(62)}]}`)).length, 2);
  const reading = read(`{"rules": [1, ${nest(63)}]}`);
  assertEquals(rulesOf(reading), [1]);
  assertStringIncludes(whyOf(reading), "expected less nesting");
});

Deno.test("a reply of 10 MB is refused at once", () => {
  const reading = read(`{"rules": ["${"a".repeat(10_000_000)}"]}`);
  const why = `it is 10000015 characters long, at most ${MAX_REPLY_LENGTH} are read`;
  assertEquals(reading, { outcome: "refused", why });
});

for (
  const [name, piece] of [
    ["braces", "{"],
    ["objects in objects", '{"a":'],
    ["objects in lists", '{"a":[1,'],
    ["empty objects", "{}"],
    ["objects that fit", '{"rules":[]}'],
    ["objects that break off", '{"rules":[1 '],
    ["brackets", "["],
    ["quotes", '{"'],
    ["backslashes", "\\"],
    ["thoughts", "<think>"],
    ["blanks", " "],
  ] as const
) {
  Deno.test(`a long reply of only ${name} is read in time`, () => {
    const reading = read(piece.repeat(MAX_REPLY_LENGTH / piece.length));
    assert(reading.outcome === "refused" || rulesOf(reading).length < 2);
  });
}

Deno.test("ten thousand rules are all read", () => {
  const rules = Array.from(
    { length: 10_000 },
    (_, place) => ({ name: `n${place}`, label: "card" }),
  );
  assertEquals(rulesOf(read(JSON.stringify({ rules }))).length, 10_000);
});
