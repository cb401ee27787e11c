import { assert, assertEquals } from "jsr:@std/assert@^1";
import { createDataset } from "../../../../learn/data/dataset.ts";
import type { ExampleInput } from "../../../../learn/data/examples.ts";
import { createRule, type Proposal, type Rule } from "../../../../learn/rules/rule.ts";
import { type ErrorsOptions, findErrors, type SpanErrors } from "../../../../learn/score/errors.ts";
import { evaluateRules } from "../../../../learn/score/evaluation.ts";
import { createRandom } from "../../../../learn/score/random.ts";

const first: ErrorsOptions = { decide: "first", threshold: 0 };

/** A rule named after its pattern. */
function makeRule(pattern: string, label: string, fields: Partial<Proposal> = {}): Rule {
  return createRule({ name: pattern, label, patterns: [pattern], ...fields });
}

function find(
  examples: readonly ExampleInput[],
  rules: readonly Rule[],
  options: ErrorsOptions = first,
): SpanErrors {
  const errors = findErrors(rules, createDataset({ name: "few", examples }), options);
  assert(errors.task !== "classification");
  return errors;
}

const city = (text: string) => ({ text, type: "city" });

Deno.test("missed and spurious spans, other bounds and other types are told apart", () => {
  const { pairs, wrong, examples, match } = find([
    { id: "missed", text: "off to Rome", entities: [city("Rome")] },
    { id: "bounds", text: "in Osage City now", entities: [city("Osage City")] },
    { id: "type", text: "for 5 in Paris", entities: [city("Paris")] },
    { id: "spurious", text: "hello Osage", entities: [] },
    { id: "right", text: "hello", entities: [] },
  ], [makeRule("Osage", "city"), makeRule("Paris", "state")]);
  assertEquals(
    pairs.map(({ kind, gold, predicted, examples }) => [kind, gold, predicted, examples[0].id]),
    [
      ["spurious", null, "city", "spurious"],
      ["missed", "city", null, "missed"],
      ["bounds", "city", "city", "bounds"],
      ["type", "city", "state", "type"],
    ],
  );
  assertEquals([wrong, examples, match], [4, 5, "exact"]);
  const { gold, predicted, decidedBy, needed } = pairs[2].examples[0];
  assertEquals([gold, predicted, needed], [{ start: 3, end: 13 }, { start: 3, end: 8 }, []]);
  assertEquals(decidedBy.map(({ name, place, at }) => [name, place, at]), [
    ["Osage", 1, [{ start: 3, end: 8 }]],
  ]);
});

Deno.test("a rule of the gold type that gave way to an earlier one is named with it", () => {
  const rules = [
    makeRule("[A-Z]", "state", { flags: "", priority: 2 }),
    makeRule("Rome", "city"),
    createRule({ name: "to", label: "city", patterns: [String.raw`to (\w+)`, "off"], group: 1 }),
  ];
  const [{ kind, examples: [error] }] =
    find([{ text: "off to Rome", entities: [city("Rome")] }], rules).pairs;
  assertEquals([kind, error.predicted], ["type", { start: 7, end: 8 }]);
  assertEquals(error.needed.map(({ name, place, lostTo, at }) => [name, place, lostTo.name, at]), [
    ["Rome", 2, "[A-Z]", [{ start: 7, end: 11 }]],
    ["to", 3, "[A-Z]", [{ start: 0, end: 3 }, { start: 7, end: 11 }]],
  ]);
});

Deno.test("a span is paired with the one of its type that it overlaps most", () => {
  const entities = [{ start: 0, end: 7, type: "city" }, { start: 8, end: 12, type: "state" }];
  const { pairs } = find([{ text: "aa bbbb cccc", entities }], [
    makeRule("a bbbb c", "state", { priority: 1 }),
    makeRule("^a(?=a)", "city", { priority: 2 }),
    makeRule("ccc$", "city"),
  ]);
  const shown = pairs.map(({ kind, gold, predicted }) => [kind, gold, predicted]);
  assertEquals(shown, [
    ["spurious", null, "city"],
    ["bounds", "city", "city"],
    ["bounds", "state", "state"],
  ]);
});

Deno.test("what stands around a span is cut out of a long text, and no character in two", () => {
  const text = `${"😀".repeat(400)}x Rome y${"😀".repeat(400)}`;
  const [{ examples: [error] }] = find([{ text, entities: [city("Rome")] }], []).pairs;
  assert(error.text.isWellFormed() && error.text.length < 300);
  assertEquals(error.text, text.slice(error.from, error.from + error.text.length));
  assertEquals(error.length, text.length);
  const long = "a".repeat(50_000);
  const [{ examples: [whole] }] = find([{ text: long, entities: [city(long)] }], []).pairs;
  assert(whole.text.length < 2_000);
  assertEquals(whole.gold, { start: 0, end: 50_000 });
});

Deno.test("many spans in one text are compared in reasonable time", () => {
  const text = "ab ".repeat(4_000);
  const entities = Array.from({ length: 4_000 }, (_, at) => {
    return { start: 3 * at, end: 3 * at + 2, type: "x" };
  });
  const errors = find([{ text, entities }], [makeRule("b", "x")], first);
  assertEquals(errors.pairs.map(({ kind, count, examples }) => [kind, count, examples.length]), [
    ["bounds", 4_000, 4_000],
  ]);
});

Deno.test("errors on spans add up to the counts of an evaluation", () => {
  const random = createRandom(11);
  const pick = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)];
  for (let round = 0; round < 60; round++) {
    const examples = Array.from({ length: 6 }, () => {
      const text = Array.from({ length: 12 }, () => pick([..."abc "])).join("") + ".";
      const entities = Array.from({ length: 2 }, (_, place) => {
        const start = 6 * place + Math.floor(random() * 3);
        return { start, end: start + 1 + Math.floor(random() * 3), type: pick(["x", "y"]) };
      }).filter(({ start, end }) => text.slice(start, end).trim().length === end - start);
      return { text, entities };
    });
    const data = createDataset({ name: "random", task: "ner", labels: ["x", "y"], examples });
    const rules = ["a+", "b", "ab", "c a", "bc?"].flatMap((pattern) =>
      random() < 0.7 ? [makeRule(pattern, pick(["x", "y"]), { priority: pick([0, 1]) })] : []
    );
    const options = {
      ...first,
      match: pick(["exact", "text", "partial"] as const),
      overlaps: pick(["drop", "keep"] as const),
    };
    const errors = findErrors(rules, data, options);
    assert(errors.task !== "classification");
    const [{ fp, fn }] = evaluateRules(rules, data, options).scores;
    const sum = (counts: (pair: SpanErrors["pairs"][number]) => boolean) =>
      errors.pairs.filter(counts).reduce((all, { count }) => all + count, 0);
    assertEquals(sum(({ predicted }) => predicted !== null), fp);
    assertEquals(sum(({ gold }) => gold !== null), fn);
    for (const { examples } of errors.pairs) {
      for (const { needed, decidedBy, predicted } of examples) {
        assertEquals(decidedBy.length, predicted === undefined ? 0 : 1);
        for (const { place, lostTo } of needed) assert(lostTo.place! <= place!);
      }
    }
  }
});
