import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { calibrate, confidenceAt, ConfidenceSchema } from "../../../learn/rules/confidence.ts";
import { createClassifier } from "../../../learn/rules/classifier.ts";
import { createRule } from "../../../learn/rules/rule.ts";
import { createRandom } from "../../../learn/score/random.ts";
import { learnRules } from "../../../pipeline.ts";
import { readTrace, rulesOfTrace, withTrace } from "../../../trace.ts";

Deno.test("the confidence never falls, and its mean is near the share of correct labels", () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = createRandom(seed);
    const labels = Array.from({ length: 200 }, () => {
      const margin = Math.floor(8 * random()) / 2;
      return { margin, isCorrect: random() < 0.4 + margin / 8 };
    });
    const confidence = calibrate(labels)!;
    assertEquals(confidence.examples, 200);
    assert(ConfidenceSchema.safeParse(confidence).success);
    const found = labels.map(({ margin }) => confidenceAt(confidence, margin));
    const mean = found.reduce((sum, one) => sum + one, 0) / found.length;
    const share = labels.filter(({ isCorrect }) => isCorrect).length / labels.length;
    assert(Math.abs(mean - share) < 0.05, `${mean} for ${share}`);
    for (let margin = -1; margin < 6; margin += 0.25) {
      assert(confidenceAt(confidence, margin) <= confidenceAt(confidence, margin + 0.25));
    }
  }
});

Deno.test("a few correct labels do not make a label certain, and none say nothing", () => {
  const sure = calibrate([1, 2, 3].map((margin) => ({ margin, isCorrect: true })))!;
  assertEquals(sure.curve.map(({ margin }) => margin), [1]);
  assertEquals(confidenceAt(sure, 100), 0.875);
  assertEquals(calibrate([]), undefined);
});

Deno.test("a curve that falls, or is not in order, is refused", () => {
  const point = (margin: number, confidence: number) => ({ margin, confidence });
  for (const curve of [[], [point(2, 0.5), point(1, 0.6)], [point(1, 0.6), point(2, 0.5)]]) {
    assertThrows(() => ConfidenceSchema.parse({ examples: 1, curve }));
  }
});

Deno.test("a run that holds examples out records what margins mean, and predictions have it", async () => {
  const trace = await readTrace("examples/banking.trace.json");
  const set = rulesOfTrace(trace);
  assert(set.confidence!.examples <= trace.run.split.dev.length);
  const classify = createClassifier(set);
  const { margin, confidence } = classify("Which rate do I get?");
  assertEquals(confidence, confidenceAt(set.confidence!, margin!));
  assertEquals(classify("nothing that rules know").confidence, undefined);
  const examples = ["a card", "my card", "a rate", "my rate"]
    .map((text) => ({ text, label: text.slice(-4) }));
  for (const options of [{}, { decide: "first" }] as const) {
    const { trace } = await withTrace(learnRules)({ name: "few", examples }, options);
    assertEquals(rulesOfTrace(trace).confidence, undefined);
  }
  const rule = createRule({ name: "card", label: "card", patterns: ["card"] });
  assertEquals(createClassifier([rule])("my card").confidence, undefined);
});
