import { assert, assertEquals } from "jsr:@std/assert@^1";
import type { EntityExample, LabelledExample } from "../../../learn/data/examples.ts";
import { shortenTexts } from "../../../learn/data/shortening.ts";
import { learnRules } from "../../../pipeline.ts";
import { formatTrace } from "../../../print.ts";
import { withTrace } from "../../../trace.ts";

const labelled = (text: string): LabelledExample => ({ id: text.slice(0, 9), text, label: "a" });

Deno.test("a text is cut after its last token that counts, in any script", () => {
  const { examples, shortened } = shortenTexts(
    ["one two, three", "état… d'été", "x😀y😀z", "a  b  c", "a b"].map(labelled),
    5,
    { most: 3 },
  );
  const texts = examples.map(({ text }) => text);
  assertEquals(texts, ["one two,", "état… d", "x😀y", "a  b  c", "a b"]);
  assertEquals(shortened, { texts: 3, tokens: 3 });
});

Deno.test("texts of many examples are cut shorter, and no text is if none is too long", () => {
  const examples = ["a b c d", "a b"].map(labelled);
  const limits = { most: 100, mostOfAll: 6 };
  assertEquals(shortenTexts(examples, 2, limits).shortened, { texts: 1, tokens: 3 });
  const whole = shortenTexts(examples, 2);
  assert(whole.examples === examples && whole.shortened === undefined);
});

Deno.test("entities that a cut goes through are left out", () => {
  const example: EntityExample = {
    id: "a",
    text: "to New York City",
    entities: [
      { start: 3, end: 6, type: "word" },
      { start: 3, end: 11, type: "city" },
      { start: 3, end: 16, type: "place" },
    ],
  };
  const { examples: [cut] } = shortenTexts([example], 1, { most: 3 });
  assertEquals(cut, { ...example, text: "to New York", entities: example.entities.slice(0, 2) });
});

Deno.test("a run on long texts ends, and tells that they were cut", async () => {
  const filler = Array.from({ length: 30_000 }, (_, at) => `w${at % 5_000}`).join(" ");
  const examples = Array.from({ length: 6 }, (_, at) => ({
    text: `${at} pay ${at % 2 ? "card" : "cash"} ${filler} late${at % 2 ? "card" : "cash"}`,
    label: at % 2 ? "a" : "b",
  }));
  const learn = withTrace(learnRules);
  const { rules, trace } = await learn({ name: "x", task: "classification", examples });
  assertEquals(trace.run.config.shortened, { texts: 6, tokens: 20_000 });
  assert(rules.length > 0 && !JSON.stringify(rules).includes("late"));
  assert(
    formatTrace(trace).replaceAll(/\s+/g, " ").includes(
      "6 long texts learned from up to token 20,000",
    ),
  );
});
