import { assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import { formatTrace } from "../../print.ts";
import { all, few, learn, many, propose, stepsOf, stub } from "./fixture.ts";

const long = "a".repeat(60_000);
/** A rule that V8 may run on a short text, and on `long` is given up. */
const slow = propose("card", ".{0,900}a.{0,900}[^a-~]");

/** Adds long texts, at most one of which is held out. */
const withLong = (dataset: typeof few): typeof few => ({
  ...dataset,
  examples: [...dataset.examples, { text: long, label: "fee" }, { text: `c${long}`, label: "fee" }],
});

for (const [name, dataset] of Object.entries({ few, many })) {
  Deno.test(`the last step tells which rules were given up on a text: ${name} examples`, async () => {
    const synthesizer = stub({ added: [...all, slow] });
    const { trace } = await learn({ synthesizer }, withLong(dataset));
    const [{ unfinished, rules }] = stepsOf(trace, "final");
    const rule = rules.find((id) => trace.rules[id].name === slow.name)!;
    assertEquals(unfinished, [{ rule, texts: 2 }]);
    assertStringIncludes(
      formatTrace(trace, { width: 200 }),
      `gave up before the end of a text: ${slow.name} on 2 texts`,
    );
  });
}

Deno.test("a run that ended on every text says nothing of it", async () => {
  const { trace } = await learn({ synthesizer: stub({ added: all }) });
  assertEquals("unfinished" in stepsOf(trace, "final")[0], false);
});
