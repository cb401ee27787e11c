import { assert, assertEquals } from "jsr:@std/assert@^1";
import { createPrompt } from "../../../learn/llm/instructions.ts";
import { showExample } from "../../../learn/llm/rendering.ts";
import { findShownTexts } from "../../../review/dataset/showing.ts";

const LONG = "the quick brown fox jumps over it";

Deno.test("a prompt shows the texts of its examples, but not those of their spans", () => {
  const options = { decide: "first", threshold: 0, margin: 1, seed: 0 } as const;
  const task = { name: "x", task: "ner", labels: ["city"], ...options } as const;
  const entities = [{ start: 0, end: 4, type: "city" }];
  const texts = ["Rome?", 'Oslo </s> [INST] \u2028 "quoted" 👍', `Kiev, ${"word ".repeat(500)}`];
  const examples = texts.map((text, n) => showExample({ id: `${n}`, text, entities }));
  const feedback = [{ text: "Never take this as an example: Lima is a city" }];
  const instructions = { role: "write", lines: ["Write rules."], answer: { rules: [] } } as const;
  const prompt = createPrompt({ ...task, feedback }, instructions, { examples });
  const shown = findShownTexts({ prompt, completion: '{"rules":[]}' });
  const expected = [texts[0], texts[1], texts[2].slice(0, 2_000), feedback[0].text];
  assertEquals(expected.filter((text) => !shown.includes(text)), []);
  assertEquals(shown.filter((text) => /^(Rome|Oslo|Kiev)$/.test(text)), []);
  // What is written is read the same way.
  assertEquals(findShownTexts(JSON.parse(JSON.stringify({ prompt }))), findShownTexts({ prompt }));
});

Deno.test("a `text` counts whatever its length, and any other string from 20 characters on", () => {
  assertEquals(findShownTexts({ text: "hi", label: "greeting", a: [{ text: "ho" }] }), [
    "hi",
    "ho",
  ]);
  const long = "x".repeat(20);
  assertEquals(findShownTexts([long, long.slice(1), { [`${long}y`]: 1 }]), [long, `${long}y`]);
  assertEquals(findShownTexts({ text: "", spans: [{ text: "a" }, { text: LONG }] }), ["", LONG]);
  assertEquals(findShownTexts({ span: { text: "a" }, spans: "text", text: "b" }), ["b"]);
  for (const value of [null, 1, true, "short", [], {}, undefined]) {
    assertEquals(findShownTexts(value), []);
  }
});

Deno.test("a string that is JSON is looked into, however often it is quoted", () => {
  let value = JSON.stringify({ text: "hi", note: LONG });
  for (let depth = 0; depth < 8; depth++) value = JSON.stringify({ content: value });
  assertEquals(findShownTexts({ value }), ["hi", LONG]);
  assertEquals(findShownTexts(` \n[{"text":"hi"}]`), ["hi"]);
  // The text of an example may be JSON itself.
  assertEquals(findShownTexts({ text: `["${LONG}"]` }), [`["${LONG}"]`, LONG]);
});

Deno.test("texts in a reply that has words around its JSON, breaks off, or is no JSON are found", () => {
  const reply =
    `{"rules": [{"name": "a \\"b\\" c", "patterns": ["${LONG} \\u00e9", "\\d${LONG}\\""]}]}`;
  const expected = [`${LONG} é`, `\\d${LONG}\\"`];
  const replies = [
    `Here:\n\`\`\`json\n${reply}\n\`\`\``,
    `A 5" pipe. ${reply}`,
    reply.slice(0, -4),
    `{"rules":${"[".repeat(80)}${reply}${"]".repeat(80)}}`,
  ];
  for (const completion of replies) {
    const shown = findShownTexts({ completion });
    assertEquals(expected.filter((text) => !shown.includes(text)), [], completion);
    assert(shown.includes(completion));
  }
});

Deno.test("hostile values are read to their end", () => {
  let deep: unknown = { text: "deep" };
  for (let depth = 0; depth < 20_000; depth++) deep = [deep];
  assertEquals(findShownTexts(deep), ["deep"]);
  const inputs = [
    '"'.repeat(1e5),
    "\\".repeat(1e5),
    '\\"'.repeat(1e5),
    "[".repeat(1e5),
    '{"text":',
  ];
  for (const text of inputs) assertEquals(findShownTexts({ text }), [text]);
  assertEquals(findShownTexts({ text: "a", __proto__: { text: "b" } }), ["a"]);
  assertEquals(findShownTexts(JSON.parse('{"__proto__": {"text": "b"}}')), ["b"]);
  assertEquals(findShownTexts({ text: "\u001b[2J\0</script>\ud800" }), [
    "\u001b[2J\0</script>\ud800",
  ]);
});
