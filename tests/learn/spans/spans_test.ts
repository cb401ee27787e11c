import { assert, assertEquals } from "jsr:@std/assert@^1";
import { checkBacktracking } from "../../../learn/rules/backtracking.ts";
import { createDataset, readDataset } from "../../../learn/data/dataset.ts";
import type { Example } from "../../../learn/data/examples.ts";
import { createExtractor } from "../../../learn/rules/extractor.ts";
import { createRule, type Proposal, type Rule, RuleSchema } from "../../../learn/rules/rule.ts";
import { findDefect } from "../../../learn/rules/running.ts";
import { createMatches, score } from "../../../learn/score/scoring.ts";
import { readTokens } from "../../../learn/spans/elements.ts";
import { findPhrases } from "../../../learn/spans/phrases.ts";
import { createSpanSynthesizer } from "../../../learn/spans/synthesizer.ts";
import { createCorpus } from "../../../learn/spans/tokens.ts";
import type { SynthesisTask } from "../../../learn/synthesizer.ts";
import { finish } from "../../../learn/text/slices.ts";
import { learnRules } from "../../../pipeline.ts";

const restaurant = new URL("../../../examples/restaurant.jsonl", import.meta.url).pathname;
const restaurantTest = new URL("../../../examples/restaurant_test.jsonl", import.meta.url).pathname;
const first = { decide: "first", threshold: 0 } as const;

function taskOf(labels: readonly string[], task: "ner" | "extraction" = "ner"): SynthesisTask {
  return { name: "x", task, labels, ...first, match: "exact", margin: 0, seed: 0 };
}

/** Learns rules from texts whose spans are between `[` and `]`. */
async function learnFrom(...marked: string[]): Promise<Rule[]> {
  const examples = marked.map((line) => {
    const spans = [];
    let text = "";
    for (const part of line.split(/(?=\[)|(?<=\])/)) {
      const isSpan = part.startsWith("[");
      const start = text.length;
      text += isSpan ? part.slice(1, -1) : part;
      if (isSpan) spans.push({ start, end: text.length });
    }
    return { text, spans };
  });
  const dataset = createDataset({ name: "x", task: "extraction", examples });
  const synthesizer = createSpanSynthesizer();
  const patch = await synthesizer.synthesize(
    taskOf(dataset.labels, "extraction"),
    dataset.examples,
    [],
  );
  return (patch.added ?? []).map(createRule);
}

function extractTexts(rules: readonly Rule[], text: string): string[] {
  return createExtractor(rules)(text).map(({ text }) => text);
}

async function learnRestaurant(): Promise<readonly Proposal[]> {
  const { examples, labels } = await readDataset(restaurant);
  return (await createSpanSynthesizer().synthesize(taskOf(labels), examples, [])).added!;
}

/** The rules of the restaurant data, learned once for all tests that only look at them. */
let restaurantRules: Promise<readonly Proposal[]> | undefined;
const learnOnce = () => restaurantRules ??= learnRestaurant();

Deno.test("every rule can run, is bounded and has a label of the data", async () => {
  const { labels } = await readDataset(restaurant);
  const rules = (await learnOnce()).map(createRule);
  assert(rules.length > 50);
  for (const rule of rules) {
    assert(RuleSchema.safeParse(rule).success, rule.name);
    assertEquals(findDefect(rule), undefined, rule.name);
    assert(labels.includes(rule.label));
    assert(rule.name.startsWith(`${rule.label}/`) && rule.name.length <= 200, rule.name);
    for (const pattern of [...rule.patterns, ...rule.not ?? []]) {
      assertEquals(checkBacktracking(pattern, rule.flags), undefined);
      const withoutClasses = pattern.replaceAll(/\\.|\[[^\]]*\]/g, "");
      assert(!/[*+]|\{\d+,\}/.test(withoutClasses), `${pattern} has no bound`);
    }
  }
});

Deno.test("the same examples give the same rules, each once", async () => {
  const one = await learnOnce();
  const other = await learnRestaurant();
  assertEquals(JSON.stringify(one), JSON.stringify(other));
  const ids = one.map((rule) => createRule(rule).id);
  assertEquals(new Set(ids).size, ids.length);
});

Deno.test("rules find the spans that they were learned from, and many others", async () => {
  const [train, test] = [await readDataset(restaurant), await readDataset(restaurantTest)];
  const rules = (await learnOnce()).map(createRule);
  const f1On = (examples: readonly Example[]) =>
    score(createMatches(examples, train.labels), rules, first, "test").f1;
  assert(f1On(train.examples) > 0.85);
  assert(f1On(test.examples) > 0.6);
});

Deno.test("most rules have the support on their examples that they state", async () => {
  const { examples, labels } = await readDataset(restaurant);
  const rules = (await learnOnce()).map(createRule);
  const matches = createMatches(examples, labels);
  matches.add(rules);
  const agreeing = rules.filter(({ id, support = 0 }) => {
    const { length } = matches.of(id);
    return Math.abs(length - support) <= 0.1 * support + 1;
  });
  assert(agreeing.length > 0.9 * rules.length, `${agreeing.length} of ${rules.length} agree`);
});

Deno.test("shapes are generalised: digits, names of months, capitalised words", async () => {
  const rules = await learnFrom(
    "Born on [3 May 1971] in the south.",
    "He left on [21 June 1983] for good.",
    "They met on [12 May 2001] at noon.",
    "It began on [7 July 1994] and went on.",
    "On [30 June 1999] it was over.",
  );
  assertEquals(extractTexts(rules, "She came on 14 May 1987 and stayed."), ["14 May 1987"]);
});

/** Learns rules from texts with `[LABEL words]` for each span. */
async function learnLabelled(...marked: string[]): Promise<Rule[]> {
  const examples = marked.map((line) => {
    const entities: { start: number; end: number; type: string }[] = [];
    let text = "";
    for (const part of line.split(/(?=\[)|(?<=\])/)) {
      const [, type, written] = /^\[(\w+) (.*)\]$/.exec(part) ?? [undefined, undefined, part];
      if (type) entities.push({ start: text.length, end: text.length + written.length, type });
      text += written;
    }
    return { text, entities };
  });
  const { examples: train, labels } = createDataset({ name: "x", task: "ner", examples });
  const { added = [] } = await createSpanSynthesizer().synthesize(taskOf(labels), train, []);
  return added.map(createRule);
}

Deno.test("a city seen in one role is found in the others, by the words before it", async () => {
  const cities = ["boston", "san jose", "denver", "st. louis", "new york", "omaha", "oakland"];
  const lines = cities.flatMap((city, index) => {
    const [other, third] = [1, 3].map((step) => cities[(index + step) % cities.length]);
    return [
      `flights from [ORIGIN ${city}] to [TARGET ${other}]`,
      `show fares to [TARGET ${third}] from [ORIGIN ${other}] please`,
    ];
  });
  const rules = await learnLabelled(
    ...lines,
    "a trip from [ORIGIN san diego] to [TARGET omaha]",
    "i want trips from [ORIGIN san diego] to [TARGET denver] now",
  );
  const found = createExtractor(rules)("a flight from st. louis to san diego");
  assertEquals(found.map(({ label, text }) => [label, text]), [
    ["ORIGIN", "st. louis"],
    ["TARGET", "san diego"],
  ]);
});

Deno.test("what stands before and after numbers makes classes of phrases that several texts have", () => {
  const units = ["pounds sterling", "Swiss francs", "euros"];
  const spans = [
    ...["CHF", "EUR", "USD"].map((code, index) => `${code} ${index + 4},500`),
    ...units.map((unit, index) => `${index + 7}00 ${unit}`),
  ];
  const examples = spans.flatMap((span, index) =>
    ["She was paid ", "He owed them "].map((before, time) => ({
      id: `${index} ${time}`,
      text: before + span,
      spans: [{ start: before.length, end: before.length + span.length }],
    }))
  );
  const text = "He had 12 doubloons";
  const rare = { id: "rare", text, spans: [{ start: text.length - 12, end: text.length }] };
  const corpus = finish(createCorpus([...examples, rare], ["span"], false, 2));
  const { classes, at } = finish(findPhrases(corpus));
  assertEquals(classes.map((phrases) => phrases.toSorted()), [
    ["CHF", "EUR", "USD"],
    ["Swiss francs", "euros", "pounds sterling"],
  ]);
  const sterling = corpus.words.indexOf("pounds");
  assertEquals(at.get(sterling), [{ phrases: 1, end: sterling + 2 }]);
});

Deno.test("a word before a span does not stand for another that ends with it", async () => {
  const names = ["ada", "bob", "cleo", "dan", "eve", "finn"];
  const lines = names.flatMap((name, index) => {
    const where = ["the garden", "the big house", "our old shop"][index % 3];
    return [`he went to [${name}] in ${where}`, `he ran into [${name}] near ${where}`];
  });
  const rules = await learnFrom(...lines, "ada and bob", "cleo and dan", "eve and finn");
  assertEquals(extractTexts(rules, "she ran into eve"), ["eve"]);
  assertEquals(extractTexts(rules, "she went to eve"), ["eve"]);
});

Deno.test("names of rules have no parts of expressions in them", async () => {
  const names = ["J. Smith", "A. B. Miller", "K. Jones", "R. T. Brown", "P. Wood", "L. M. Gray"];
  const rules = [
    ...await learnFrom(...names.map((name) => `It was [${name}] who came.`)),
    ...await learnFrom("By [J. R.] himself.", "By [K. L.] herself.", "By [A. B. C.] alone."),
    ...await learnOnce(),
  ];
  for (const { name } of rules) assertEquals([name, /\\|p\{|\(\?/.test(name)], [name, false]);
  assert(rules.some(({ name }) => name.includes("Initials Name")));
});

Deno.test("names of rules have spaces for tabs, line ends and characters that show nothing", async () => {
  const rules = await learnFrom(
    ...["a", "b", "c"].map((one) => `${one} sent [\u200d\t7\r8] to me`),
  );
  assert(rules.some(({ patterns }) => patterns[0].includes(String.raw`\u200d\t`)));
  for (const { name } of rules) assert(!/u200d|t7|t#|r8|r#/.test(name), name);
});

Deno.test("a number is found whole or not at all", async () => {
  const rules = await learnFrom(
    "They paid [EUR 500], and left.",
    "She had [EUR 20], no more.",
    "It cost [EUR 1,300], they said.",
    "He owed [EUR 85], or so.",
  );
  for (const found of extractTexts(rules, "The price was EUR 85,000, all told.")) {
    assertEquals(found, "EUR 85,000");
  }
});

Deno.test("words of other scripts, accents, marks and astral characters are found whole", async () => {
  const lines = ["Ünal", "İpek", "Çelik", "Ørsted", "Ångström"].map((name) =>
    `the applicant, Mr [${name}], said so`
  );
  const rules = await learnFrom(...lines);
  assertEquals(extractTexts(rules, "the applicant, Mr Şahin, said so"), ["Şahin"]);
  const astral = await learnFrom(...["😀", "😁", "😂"].map((face) => `he sent [${face}] to me`));
  for (const rule of astral) assertEquals(findDefect(rule), undefined);
  for (const { start, end, text } of createExtractor(astral)("he sent 😀 to me, 😃")) {
    assert(text.isWellFormed() && end > start);
  }
  const cjk = await learnFrom("我住在[北京]。", "他住在[上海]。", "她住在[北京]。");
  for (const rule of cjk) assertEquals(findDefect(rule), undefined);
});

Deno.test("the shape of a word has no numbers of any script in it, and matches the word", () => {
  for (const text of ["x42", "Ⅷ42", "a١٢٣", "x፩፪"]) {
    const corpus = finish(createCorpus([{ id: "a", text, spans: [] }], ["span"], false));
    const { elements, generalise } = readTokens(corpus, []);
    const { source } = elements[generalise(1, 4)];
    assert(new RegExp(`^${source}$`, "u").test(text), source);
    assert(!/[Ⅷ١፩4]/.test(source), source);
  }
});

Deno.test("rules are learned from one example, texts without spans and long runs of a character", async () => {
  assert((await learnFrom("the case of [Smith]")).length <= 5);
  const rules = await learnFrom("a [b] c", "no span here", "nor here", "a [b] d");
  assertEquals(extractTexts(rules, "a b e"), ["b"]);
  const run = "a".repeat(5_000);
  const long = await learnFrom(`${run} [x1] ${run}`, `${run} [x2] ${run}`, `(${run}[x3])`);
  assertEquals(extractTexts(long, run), []);
});

Deno.test("rules that match nearly anything are not proposed", async () => {
  const texts = ["one two three", "four five six", "seven eight nine", "ten eleven twelve"];
  const rules = await learnFrom(...texts.map((text) => text.replace(/\w+/g, "[$&]")));
  for (const { patterns: [pattern], flags } of rules) {
    const found = [..."zebra yak".matchAll(new RegExp(pattern, `${flags}g`))];
    assertEquals(found.length, 0, pattern);
  }
});

Deno.test("a run on entities keeps to its budget, and its scores are those of its rules", async () => {
  const train = await readDataset(restaurant);
  const test = await readDataset(restaurantTest);
  const { rules, scores, decision } = await learnRules(train, { test, maxRules: 40 });
  assert(rules.length <= 40);
  const matches = createMatches(test.examples, train.labels);
  assertEquals(score(matches, rules, decision, "test"), scores.test);
});
