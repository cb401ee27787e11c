import { assertEquals, assertRejects, assertThrows } from "jsr:@std/assert@^1";
import {
  createClassifier,
  createExtractor,
  learnRules,
  parseRules,
  readRules,
  readTrace,
  renderRules,
  rulesOfTrace,
  withTrace,
  writeRules,
} from "../../../mod.ts";

const head = '"format": "ruletrace-rules", "version": 1, "task": "classification"';

function fileOf(rules: string, rest = ""): string {
  return `{\n${head},${rest}\n"rules": [\n${rules}\n]\n}\n`;
}

const rate = String.raw`{"name": "rate", "label": "exchange", "patterns": ["\\brates?\\b"]}`;
const card = String.raw`{"name": "card", "label": "card", "patterns": ["\\bcards?\\b"]}`;

Deno.test("rules of a trace, written and read, are the same and decide the same", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const set = rulesOfTrace(await readTrace("examples/banking.trace.json"));
    const path = `${folder}/rules.json`;
    await writeRules(path, set);
    const read = await readRules(path);
    assertEquals(read, set);
    assertEquals(renderRules(read), await Deno.readTextFile(path));
    const [before, after] = [set, read].map((rules) => createClassifier(rules));
    const lines = (await Deno.readTextFile("examples/banking_test.jsonl")).trim().split("\n");
    for (const { text } of lines.map((line) => JSON.parse(line))) {
      assertEquals(before(text), after(text));
    }
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("rules that find spans go round with what makes a span correct", async () => {
  const examples = ["a table for 5", "a table for 7", "for 3 please", "for 4 people", "no number"]
    .map((text) => ({ text, spans: [...text.matchAll(/\d/g)].map(({ 0: text }) => ({ text })) }));
  const { trace } = await withTrace(learnRules)({ name: "few", examples }, { match: "text" });
  const set = rulesOfTrace(trace);
  const read = parseRules(renderRules(set), "again");
  assertEquals(read, set);
  assertEquals([read.match, read.decision.overlaps], ["text", "drop"]);
  const found = createExtractor(read)("for 9 people");
  assertEquals(found.map(({ text, label }) => [text, label]), [["9", "span"]]);
  assertThrows(() => createClassifier(read), RangeError, "createExtractor");
});

Deno.test("a file that people write needs only task and rules, and gets ids", () => {
  const set = parseRules(fileOf(`${rate},\n${card},\n${rate}`), "by hand");
  assertEquals(set.labels, ["card", "exchange"]);
  assertEquals(set.decision, { decide: "vote", threshold: 0 });
  const [first, , again] = set.rules;
  assertEquals(again.id, `${first.id}-2`);
  const edited = renderRules(set).replaceAll("rates?", "fees?");
  const [other] = parseRules(edited, "edited").rules;
  assertEquals(other.patterns, [String.raw`\bfees?\b`]);
  assertEquals(other.id === first.id, false);
  assertThrows(() => createExtractor(set), RangeError, "createClassifier");
});

Deno.test("a confidence that was measured of other rules is left out, and locked may be false", async () => {
  const set = rulesOfTrace(await readTrace("examples/banking.trace.json"));
  const text = renderRules(set);
  assertEquals(parseRules(text, "it").confidence, set.confidence);
  const [{ weight }] = set.rules;
  assertEquals(parseRules(text.replace(`${weight}`, "9"), "it").confidence, undefined);
  const unlocked = rate.replace("}", ', "locked": false}');
  assertEquals("locked" in parseRules(fileOf(unlocked), "it").rules[0], false);
});

Deno.test("what is wrong with a file of rules is named with the rule and its line", () => {
  const cases: [string, string][] = [
    [
      fileOf(`${rate},\n${card.replace("patterns", "pattern")}`),
      'rule 2 "card" (line 5): field patt',
    ],
    [
      fileOf(`${rate},\n${card.replace("cards?", "cards)")}`),
      'rule 2 "card" (line 5): invalid-patt',
    ],
    [
      fileOf(rate.replace("}", ', "wieght": 2}')),
      'rule 1 "rate" (line 4): Unrecognized key: "wieght"',
    ],
    [fileOf(rate.replace("}", ', "weight": -2}')), 'rule 1 "rate" (line 4): field weight:'],
    [fileOf(rate, '"labels": ["card"],'), 'rule 1 "rate" (line 4): the label "exchange" is not in'],
    [
      fileOf(rate, '"decision": {"default": "other"},'),
      'decision.default "other" is not in labels',
    ],
    [fileOf(rate, '"match": "text",'), "match is for spans, and the task is classification"],
    [fileOf(rate, '"extra": 1,'), 'Unrecognized key: "extra"'],
    [fileOf(rate).replace('"version": 1', '"version": 2'), "field version: "],
    [fileOf("7"), "rule 1 (line 4): expected object, received number"],
  ];
  for (const [text, message] of cases) {
    assertThrows(() => parseRules(text, "by hand"), Error, `Cannot read by hand: ${message}`);
  }
});

Deno.test("rules are not written to a folder", async () => {
  const set = parseRules(fileOf(rate), "by hand");
  await assertRejects(() => writeRules("examples", set), Error, 'Cannot write rules "examples"');
});
