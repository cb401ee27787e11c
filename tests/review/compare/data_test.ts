import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "jsr:@std/assert@^1";
import { createClassifier } from "../../../learn/rules/classifier.ts";
import { createDataset } from "../../../learn/data/dataset.ts";
import { evaluateRules } from "../../../learn/score/evaluation.ts";
import { compareTraces, formatComparison, renderComparison } from "../../../review/compare.ts";
import { rulesAt } from "../../../trace.ts";
import { learn, twoRuns } from "./fixture.ts";
import { many, propose, silent, stub } from "../../pipeline/fixture.ts";
import { completed, failed } from "../../print/print_fixture.ts";

Deno.test("with data, examples gained and lost are those that one side alone gets right", async () => {
  const [before, after] = await twoRuns();
  const texts = [...many.examples, { id: "odd", text: "rat card", label: "fee" }];
  const dataset = createDataset({ name: "probe", examples: texts });
  const comparison = compareTraces(before, after, {
    data: { dataset, lineOf: (index) => index + 1 },
  });
  const [one, other] = [before, after].map((trace) => {
    const rules = rulesAt(trace, trace.steps.length - 1);
    const classify = createClassifier(rules, { decide: "vote", threshold: 0 });
    const { scores } = evaluateRules(rules, dataset, { decide: "vote", threshold: 0 });
    return {
      f1: scores[0].f1,
      right: dataset.task === "classification"
        ? dataset.examples.map(({ text, label }) => classify(text).label === label)
        : [],
    };
  });
  const expected = dataset.examples.flatMap(({ id }, index) =>
    other.right[index] && !one.right[index] ? [{ id, line: index + 1 }] : []
  );
  const { data, rules } = comparison;
  assert(expected.length >= 5);
  assertEquals(data?.gained, expected);
  assertEquals(data?.lost, []);
  assertEquals(data?.mcnemar, {
    gained: expected.length,
    lost: 0,
    pValue: 2 / 2 ** expected.length,
  });
  assertAlmostEquals(data!.f1.points, 100 * (other.f1 - one.f1));
  assert(data!.f1.low <= data!.f1.points && data!.f1.points <= data!.f1.high);
  assertEquals(data?.labels.map(({ label }) => label), ["card", "fee", "rate"]);
  assertEquals(rules?.renamed.map(({ by, after }) => [by, after.name]), [["matches", "r"]]);
  const without = compareTraces(before, after).rules!;
  assertEquals([without.renamed.length, without.lost.length, rules?.lost.length], [0, 2, 1]);
});

Deno.test("with data, spans are compared by offsets and type, and examples are exact or not", async () => {
  const examples = ["Rome", "Oslo", "Paris"].map((city) => ({
    id: city,
    text: `to ${city} or Bern`,
    entities: [{ text: city, type: "city" }, { text: "Bern", type: "city" }],
  }));
  const dataset = createDataset({ name: "cities", examples });
  const run = (pattern: string, match: "exact" | "text") =>
    learn({ name: "cities", examples }, {
      synthesizer: stub({ added: [propose("city", pattern)] }),
      coordinator: silent(),
      match,
    });
  const [before, after] = [await run("Rome|Bern", "exact"), await run("Oslo|Rome|Bern", "text")];
  const { data, scores } = compareTraces(before, after, { data: { dataset } });
  assertEquals(data?.match, "exact");
  assertEquals(data?.gained, [{ id: "Oslo" }]);
  assertEquals([data?.before.tp, data?.after.tp, data?.after.fn], [4, 5, 1]);
  assertEquals(data?.learnedFrom, ["before", "after"]);
  assertEquals(scores[0].why, "spans were matched in different ways");
});

Deno.test("a rule that is written in another way is shown with both its patterns", async () => {
  const [before, after] = await twoRuns();
  const comparison = compareTraces(before, after, { data: { dataset: createDataset(many) } });
  const shown = formatComparison(comparison, { width: 120 });
  assertStringIncludes(shown, "name rate/rate → r, patterns rate → rates?");
});

Deno.test("examples of another task are refused", () => {
  const dataset = createDataset({
    name: "cities",
    examples: [{ text: "to Rome", entities: [{ text: "Rome", type: "city" }] }],
  });
  assertThrows(() => compareTraces(completed, failed, { data: { dataset } }), TypeError, "ner");
});

Deno.test("a comparison is plain JSON without a word of the documents", async () => {
  const [before, after] = await twoRuns();
  const examples = many.examples.map((example) => ({
    ...example,
    text: `${example.text} unmistakable`,
  }));
  const dataset = createDataset({ name: "probe", examples });
  const comparison = compareTraces(before, after, { data: { dataset } });
  assertEquals(JSON.parse(JSON.stringify(comparison)), comparison);
  for (const text of [JSON.stringify(comparison), renderComparison(comparison)]) {
    assertEquals(text.includes("unmistakable"), false);
  }
});
