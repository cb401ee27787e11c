import { assertEquals, assertMatch } from "jsr:@std/assert@^1";
import { importRuleChefLog } from "../../../rulechef/log/import.ts";
import { Texts } from "../../../rulechef/log/texts.ts";
import { redact } from "../../../trace.ts";
import { synthesisLine } from "./fixture.ts";
import { bytesOf, card } from "./importing.ts";

const text = "my brand new card has still not arrived here";
/** Returns the id that stands for a text without one. */
const idOf = (text: string) => redact(text, [{ text }]);

function textsOf(...known: (readonly [text: string, isWhole: boolean])[]): Texts {
  const texts = new Texts();
  for (const [text, isWhole] of known) texts.add(text, isWhole);
  return texts;
}

/** Returns texts with more characters than are kept. */
function tooMany(): Texts {
  const texts = textsOf([text, true]);
  for (let place = 0; place < 13; place++) texts.add(`${place}${"x".repeat(1_000_000)}`, true);
  return texts;
}

Deno.test("a name that is a text in another case has its id", () => {
  const name = textsOf(["My Brand New Card Has Still Not Arrived Here", true]).redactNames();
  assertMatch(name(`for ${text}`)!, /^for \[e[0-9a-f]{10}\]$/);
  assertEquals(name("card has still not arrived"), "card has still not arrived");
});

Deno.test("with too many texts to search for, free text is withheld, and rules lose their names", () => {
  const texts = tooMany();
  assertEquals(
    texts.redactAll([`see ${text}`])(`see ${text}`),
    "(withheld: too many texts to look for in it)",
  );
  assertEquals(texts.redactNames()(text), undefined);
});

Deno.test("messages are redacted one by one if one has the separator in it", () => {
  const messages = [`a \uffff b: ${text}`, `c: ${text}`, "d"];
  const said = textsOf([text, true]).redactAll(messages);
  assertEquals(messages.map(said), [`a \uffff b: ${idOf(text)}`, `c: ${idOf(text)}`, "d"]);
});

Deno.test("a quote does not go on from one message to the next", () => {
  const messages = ["see my brand new card has", "still not arrived here, or so"];
  const said = textsOf([text, true], [`${messages[0]}\uffff${messages[1]}`, true])
    .redactAll(messages);
  const quoted = messages.map((message) =>
    redact(message, [{ text }, { text: `${messages[0]}\uffff${messages[1]}` }])
  );
  assertEquals(messages.map(said), quoted);
});

Deno.test("the beginning of a text gives way to the whole text", () => {
  const beginning = text.slice(0, 24);
  const quote = text.slice(0, 28);
  const said = textsOf([beginning, false], [text, true]).redactAll([quote]);
  assertEquals(said(quote), idOf(text));
  const alone = textsOf([beginning, false]).redactAll([beginning]);
  assertEquals(alone(beginning), idOf(beginning));
});

Deno.test("a whole text is kept even if another begins with it", () => {
  const longer = `${text}, though it was sent a month ago`;
  const name = textsOf([text, true], [longer, true]).redactNames();
  assertEquals([name(text), name(longer)], [idOf(text), idOf(longer)]);
});

Deno.test("a rule has its id for a name if there are too many texts to search for", async () => {
  const named = { ...card, name: text };
  const namesOf = async (texts: readonly string[]) => {
    const lines = [text, ...texts].map((one, place) => {
      const label = `card${String(place).padStart(2, "0")}`;
      return synthesisLine(label, [{ ...named, label }], { texts: [one] });
    });
    const { runs } = await importRuleChefLog(bytesOf(`${lines.join("\n")}\n`));
    const [{ trace }] = runs;
    return new Set(Object.values(trace.rules).map(({ id, name }) => name === id ? "id" : name));
  };
  assertEquals(await namesOf([]), new Set([idOf(text)]));
  const many = Array.from({ length: 13 }, (_, place) => `${place}${"x".repeat(1_000_000)}`);
  assertEquals(await namesOf(many), new Set(["id"]));
});
