import { assert, assertEquals } from "jsr:@std/assert@^1";
import type { DatasetInput } from "../learn/data/dataset.ts";
import { indexFeatures } from "../learn/labels/features.ts";
import { finish } from "../learn/text/slices.ts";
import { learnRules } from "../pipeline.ts";
import { findSecrets, learnWritten, type PlantOptions, plantSecrets } from "./planted.ts";

const kinds: readonly Omit<PlantOptions, "size" | "seed">[] = [
  { task: "classification", isSmall: false, noise: 0.2 },
  { task: "ner", isSmall: false },
  { task: "ner", isSmall: true },
  { task: "extraction", isSmall: true },
];

for (const kind of kinds) {
  const { task, isSmall } = kind;
  const what = `${task}${isSmall ? " in small letters" : ""}`;
  Deno.test(`what only one example says is in no file of a run: ${what}`, async () => {
    const { dataset, secrets } = plantSecrets({ ...kind, size: 60, seed: 7 });
    const { rules: learned, trace, written } = await learnWritten(dataset);
    assert(learned.length > 2 && written.length > 4, `${learned.length}, ${written.length}`);
    for (const text of written) assertEquals(findSecrets(text, secrets), []);
    assertEquals(trace.run.config.minSupport, 2);
    const { rules } = await learnRules(dataset, { minSupport: 1 });
    assert(findSecrets(JSON.stringify(rules), secrets).length > 2, "found if allowed");
  });
}

/** Returns all that the rules for a data set say. */
async function learnPatterns(dataset: DatasetInput, minSupport?: number): Promise<string> {
  const { rules } = await learnRules(dataset, { minSupport, holdout: 0 });
  return JSON.stringify(rules).toLowerCase();
}

/** A text with a name that is marked, as an example of each task. */
const texts = (name: string) => [`please call ${name} today`, `${name} is at the door`];
const named = (all: readonly string[], name: string) =>
  all.map((text) => {
    const start = text.indexOf(name);
    return { text, spans: [{ start, end: start + name.length }] };
  });

Deno.test("equal texts are one example: repeating a text does not spread what it says", async () => {
  const others = texts("ann").flatMap((text) => [text, `${text} now`]);
  const examples = [
    ...Array.from({ length: 4 }, () => named([texts("zaphod")[0]], "zaphod")).flat(),
    ...named(others, "ann"),
  ];
  const spans = await learnPatterns({ name: "x", task: "extraction", examples });
  assertEquals([spans.includes("ann"), spans.includes("zaphod")], [true, false]);
  const labelled = [
    ...Array.from({ length: 4 }, () => ({ text: "zaphod called twice", label: "a" })),
    ...["ann called once", "ann called her", "ann is here"].map((text) => ({ text, label: "b" })),
  ];
  const labels = await learnPatterns({ name: "x", task: "classification", examples: labelled });
  assertEquals([labels.includes("ann"), labels.includes("zaphod")], [true, false]);
});

Deno.test("a name that two examples have is in a rule, unless three are asked for", async () => {
  const examples = [...named(texts("zaphod"), "zaphod"), ...named(texts("ann"), "ann")];
  const dataset: DatasetInput = { name: "x", task: "extraction", examples };
  assert((await learnPatterns(dataset)).includes("zaphod"));
  assert(!(await learnPatterns(dataset, 3)).includes("zaphod"));
});

Deno.test("words that many have make no phrase if only one example has it", async () => {
  const pairs = [["ann", "miller"], ["bob", "jones"], ["eve", "smith"]];
  // Each first name with each last name but its own is in two texts, with its own in one.
  const examples = pairs.flatMap(([first], one) =>
    pairs.flatMap(([, last], other) => {
      const name = `${first} ${last}`;
      const around = [`so ${name}`, `${name} or`].map((text) => `${text} ${one}${other}`);
      return named(around.slice(0, one === other ? 1 : 2), name);
    })
  );
  const dataset: DatasetInput = { name: "x", task: "extraction", examples };
  const [bound, free] = [await learnPatterns(dataset), await learnPatterns(dataset, 1)];
  assert(bound.includes("ann jones") && free.includes("ann miller"));
  for (const pair of pairs) assert(!bound.includes(pair.join(" ")), pair.join(" "));
});

Deno.test("a word and the first letters of the next are a phrase: several examples must have it", async () => {
  const apart = ["so maria said", "with maria", "a rodrigo", "the rodrigo is"]
    .map((text) => ({ text, spans: [] }));
  const learn = (names: readonly string[]) => {
    const examples = [...names.flatMap((name) => named([`${name} is in`], name)), ...apart];
    return learnPatterns({ name: "x", task: "extraction", examples });
  };
  assert(!(await learn(["maria rodriguez"])).includes("maria rodr"));
  assert((await learn(["maria rodriguez", "maria rodrigo"])).includes("maria rodr"));
});

Deno.test("a small word inside of names needs different examples: equal texts are one", async () => {
  const linked = (names: readonly string[]) =>
    names.flatMap((name) => named([`Please call ${name} today`], name));
  const names = ["Ann Miller", "Bob Jones", "Eve Smith", "Joe Brown"];
  const learn = (names: readonly string[], minSupport?: number) => {
    const examples = linked(names);
    return learnPatterns({ name: "x", task: "extraction", examples }, minSupport);
  };
  const different = [...names, ...names.map((name) => name.replace(" ", " zaphod "))];
  assert((await learn(different)).includes("zaphod"));
  assert(!(await learn(different, 5)).includes("zaphod"));
  assert(!(await learn([...names, ...Array(4).fill("Ann zaphod Miller")])).includes("zaphod"));
});

Deno.test("signs are literals too: those that only one example has are in no rule", async () => {
  const learn = (codes: readonly string[]) => {
    const examples = codes.flatMap((code) => named([`then ${code} came`], code));
    return learnPatterns({ name: "x", task: "extraction", examples });
  };
  assert(!(await learn(["\u{1f9ff}42", "\u{1f600}43"])).includes("\u{1f9ff}"));
  assert((await learn(["\u{1f9ff}42", "\u{1f9ff}43"])).includes("\u{1f9ff}"));
});

Deno.test("each word of a list needs examples of its own", () => {
  // Another word with the same beginning makes the forms of the stem a list.
  const texts = [
    "it will arrive soon",
    "does it arrive",
    "it arrives late",
    "she arrives now",
    "they were arriving",
    "an arrivxyz is here",
  ];
  const listed = (literalSupport: number) =>
    finish(indexFeatures(texts, { minSupport: 1, literalSupport, worth: (texts) => texts.length }))
      .features.map((feature) => feature.patterns().join(" "))
      .filter((pattern) => pattern.includes("arriv"));
  assert(listed(1).some((pattern) => pattern.includes("arriving")));
  assert(listed(2).some((pattern) => pattern.includes("(?:arrive|arrives)")));
  assert(!listed(2).some((pattern) => /arriving|arrivxyz/.test(pattern)));
});
