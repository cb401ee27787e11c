import { assert, assertEquals, assertRejects, assertStringIncludes } from "jsr:@std/assert@^1";
import { type LearnOptions, learnRules, type Progress } from "../../pipeline.ts";
import { auditing, card, fee, few, learn, many, rate, refitting, stub } from "./fixture.ts";

// What the types forbid is refused too: options come from arguments, files and JavaScript.
const invalid: [Record<string, unknown>, string][] = [
  [{ maxIterations: -1 }, "maxIterations"],
  [{ maxIterations: 1.5 }, "maxIterations"],
  [{ maxIterations: "3" }, "maxIterations"],
  [{ patience: 0 }, "patience"],
  [{ patience: Number.NaN }, "patience"],
  [{ holdout: 1 }, "holdout"],
  [{ holdout: -0.1 }, "holdout"],
  [{ holdout: "0.2" }, "holdout"],
  [{ seed: 0.5 }, "seed"],
  [{ seed: "x" }, "seed"],
  [{ tolerance: -0.1 }, "tolerance"],
  [{ tolerance: 2 }, "tolerance"],
  [{ target: 1.1 }, "target"],
  [{ target: null }, "target"],
  [{ margin: -1 }, "margin"],
  [{ margin: Infinity }, "margin"],
  [{ decide: "last" }, "decide"],
  [{ threshold: -1 }, "threshold"],
  [{ default: "card" }, "default"],
  [{ maxRules: 0 }, "maxRules"],
  [{ minSupport: 0 }, "minSupport"],
  [{ minSupport: 1.5 }, "minSupport"],
  [{ maxRules: 2.5 }, "maxRules"],
  [{ refit: true }, "refit"],
  [{ rules: 5 }, "rules"],
  [{ rules: [{ name: "x", label: "card", patterns: ["("] }] }, "rule 1"],
  [{ rules: [{ name: "x", label: "cash", patterns: ["x"] }] }, '"cash"'],
  [{ incremental: true }, "incremental"],
  [{ test: { name: "t", examples: [] } }, "the test set"],
  [{ test: { name: "t", examples: [{ text: 5 }] } }, "the test set"],
];
for (const [option, name] of invalid) {
  Deno.test(`the option ${Deno.inspect(option, { compact: true, breakLength: Infinity })} is refused by name`, async () => {
    let isAsked = false;
    const options = {
      synthesizer: { ...stub({}), synthesize: () => ({ added: [] }) },
      onStart: () => isAsked = true,
      ...option,
    } as LearnOptions;
    const error = await assertRejects(() => learnRules(many, options), Error, name);
    assert(error instanceof RangeError || error instanceof TypeError);
    assert(!error.message.includes("\n") && !isAsked);
  });
}

Deno.test("options that are undefined have their defaults", async () => {
  const { synthesizer } = { synthesizer: stub({ added: [card] }) };
  const left = Object.fromEntries(
    ["coordinator", "holdout", "seed", "patience", "margin", "decide", "test", "refit", "now"]
      .map((name) => [name, undefined]),
  );
  const { trace } = await learn({ synthesizer, ...left }, many);
  const { config, split, learner } = trace.run;
  assertEquals([split.holdout, split.seed, learner.coordinator], [0.2, 0, "simple"]);
  assertEquals(config, {
    maxIterations: 20,
    minSupport: 2,
    patience: 3,
    tolerance: 0.005,
    margin: 1,
    decide: "vote",
    threshold: 0,
    refit: false,
    incremental: false,
  });
});

Deno.test("a data set with one label is refused before a run begins", async () => {
  const examples = few.examples.filter(({ label }) => label === "card");
  const error = await assertRejects(() => learn({}, { ...few, examples }), RangeError);
  assertStringIncludes(error.message, 'Cannot learn from "few"');
});

Deno.test("without sinks nothing is reported, and the result is the same", async () => {
  const options = { synthesizer: stub({ added: [card, fee] }, { added: [rate] }) };
  const { rules, scores, stop } = await learn({ ...options, coordinator: undefined });
  const { decision, ...rest } = await learnRules(few, options);
  assertEquals(rest, { rules, scores, stop });
  assertEquals(decision, { decide: "vote", threshold: 0, default: undefined });
});

Deno.test("progress is reported at each stage, with F1 after the synthesis and times by the clock", async () => {
  const reported: Progress[] = [];
  let time = 0;
  await learn({
    synthesizer: refitting(() => ({}), { added: [card, rate] }),
    coordinator: auditing(() => []),
    patience: 2,
    now: () => new Date(time),
    onProgress: (progress) => {
      reported.push(progress);
      time += 10;
    },
  }, many);
  const f1 = 2 * 4 / (4 + 6);
  const on = "dev" as const;
  assertEquals(reported, [
    { stage: "synthesis", on, elapsed: 0 },
    { stage: "iteration", iteration: 1, f1, on, elapsed: 10 },
    { stage: "iteration", iteration: 2, f1, on, elapsed: 20 },
    { stage: "audit", f1, on, elapsed: 30 },
    { stage: "prune", f1, on, elapsed: 40 },
    { stage: "refit", f1, on, elapsed: 50 },
    { stage: "final", f1, on, elapsed: 60 },
  ]);
});

Deno.test("an option of the wrong type is refused by its name", async () => {
  const wrong: [string, Record<string, unknown>][] = [
    ["synthesizer.synthesize is undefined", { synthesizer: {} }],
    ["coordinator is null", { coordinator: null }],
    ["coordinator.audit is 1, expected a function", { coordinator: { name: "x", audit: 1 } }],
    ['now is "noon", expected a function', { now: "noon" }],
    ["onStep is 1, expected a function", { onStep: 1 }],
    ["signal is 1, expected an AbortSignal", { signal: 1 }],
    ['refit is "no"', { refit: "no" }],
    ["incremental is 1", { incremental: 1 }],
    ['holdout is "0.2", expected a number', { holdout: "0.2" }],
    ['There is no option "seedd"', { seedd: 1 }],
    ['There is no option "constructor"', { constructor: undefined }],
  ];
  for (const [message, options] of wrong) {
    await assertRejects(() => learnRules(few, options as LearnOptions), Error, message);
  }
});
