import { assert, assertEquals, assertMatch, assertRejects } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { createClassifier } from "../../learn/rules/classifier.ts";
import type { AuditProposal } from "../../learn/coordinator.ts";
import { readDataset } from "../../learn/data/dataset.ts";
import type { Proposal } from "../../learn/rules/rule.ts";
import { learnRules } from "../../pipeline.ts";
import { formatTrace } from "../../print.ts";
import { readTrace, verifyTrace, withTrace } from "../../trace.ts";
import { createClock } from "../record/generate_run.ts";
import {
  all,
  auditing,
  card,
  fee,
  few,
  idOf,
  inFolder,
  learn,
  lone,
  many,
  names,
  propose,
  rate,
  repeat,
  silent,
  stepsOf,
  stub,
  types,
  wide,
} from "./fixture.ts";

Deno.test("a run on data in memory leaves the story of its steps, in order and readable", () =>
  inFolder(async (storage) => {
    const merge: AuditProposal = {
      kind: "merge",
      from: [idOf(rate), idOf(fee)].sort(),
      to: propose("rate", "rate|fee"),
      reason: "alike",
    };
    const tidy: AuditProposal = {
      kind: "merge",
      from: [idOf(propose("card", "card o")), idOf(propose("card", "card t"))],
      to: propose("card", "card [ot]"),
      reason: "alike",
    };
    const learned = await withTrace(learnRules, { storage, now: createClock() })(repeat(few), {
      holdout: 0,
      synthesizer: stub(
        { added: [card, propose("card", "card o"), propose("card", "card t")] },
        { added: [rate] },
        { added: [propose("card", "e")] },
        { added: [fee] },
      ),
      coordinator: auditing(() => [tidy, merge]),
      now: createClock(),
      generateId: () => "run-1",
    });
    assertEquals(learned.path, join(storage, "few.run-1.trace.json"));
    const trace = await readTrace(join(storage, "few.trace.json"));
    assertEquals(types(trace), [
      "synthesis",
      "iteration",
      "iteration",
      "iteration",
      "audit",
      "prune",
      "final",
    ]);
    assertEquals(names(learned.rules), ["card/card", "rate/rate", "fee/fee"]);
    assertEquals(
      formatTrace(trace).split("\n\n")[1],
      `\
synthesized 3 rules → iteration 1 patched rate/rate (accepted, +31.7 train F1)
→ iteration 2 patched card/e (rejected, -48.9 train F1)
→ iteration 3 patched fee/fee (accepted, +11.1 train F1)
→ audit merged card/card o, card/card t → card/card [ot] (1 skipped)
→ pruned card/card [ot] → final 3 rules, F1 100.0 % on the examples learned from`,
    );
    const print = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-read", "print.ts", learned.path],
      cwd: new URL("../..", import.meta.url),
    });
    const { stdout } = await print.output();
    assertEquals(new TextDecoder().decode(stdout), formatTrace(trace, { width: 100 }));
  }));

Deno.test("a run stops if nothing fails, without asking for a patch", async () => {
  const { trace, stop } = await learn({ synthesizer: stub({ added: all }, new Error("asked")) });
  assertEquals([types(trace), stop], [["synthesis", "final"], "no-failures"]);
  assertEquals(stepsOf(trace, "final")[0].stop, "no-failures");
});

Deno.test("correct decisions by less than the margin are failures to learn from", async () => {
  const weak = all.map((proposal) => ({ ...proposal, weight: 0.5 }));
  const { trace, stop } = await learn({ synthesizer: stub({ added: weak }), patience: 1 });
  assertEquals([stop, stepsOf(trace, "iteration")[0].failures.count], ["stale", 10]);
  assertEquals(
    (await learn({ synthesizer: stub({ added: weak }), margin: 0.5 })).stop,
    "no-failures",
  );
});

Deno.test("a run stops at its target", async () => {
  const options = { synthesizer: stub({ added: [card] }, { added: [rate] }, new Error("asked")) };
  const { trace, stop, scores } = await learn({ ...options, target: 0.8 });
  assertEquals([types(trace), stop], [["synthesis", "iteration", "final"], "target"]);
  assert(scores.train!.f1 >= 0.8);
  assertEquals((await learn({ ...options, target: 0.5 })).trace.steps.length, 2);
});

Deno.test("a run stops after its iterations", async () => {
  const synthesizer = stub({ added: [card] }, {}, {}, {});
  const { trace, stop } = await learn({ synthesizer, maxIterations: 2, patience: 9 });
  assertEquals([stepsOf(trace, "iteration").length, stop], [2, "max-iterations"]);
  const none = await learn({ synthesizer, maxIterations: 0 });
  assertEquals([types(none.trace), none.stop], [["synthesis", "final"], "max-iterations"]);
});

Deno.test("a run stops after patches in a row that are not accepted, and counts anew after an accepted one", async () => {
  const { trace, stop } = await learn({
    synthesizer: stub({ added: [card] }, {}, { added: [rate] }, {}, new Error("x"), new Error("y")),
    patience: 2,
  });
  assertEquals(stop, "stale");
  assertEquals(stepsOf(trace, "iteration").map(({ verdict }) => verdict), [
    "empty",
    "accepted",
    "empty",
    "failed",
  ]);
});

Deno.test("a run stops if the coordinator says so, before the patch", async () => {
  const { trace, stop } = await learn({
    synthesizer: stub({ added: [card] }, { added: [rate] }, new Error("asked")),
    coordinator: silent({ guide: ({ iteration }) => ({ stop: iteration === 2 }) }),
  });
  assertEquals([types(trace), stop], [["synthesis", "iteration", "final"], "coordinator"]);
});

Deno.test("a run goes back to its best rules", async () => {
  const { trace, rules, scores } = await learn({
    synthesizer: stub(
      { added: [rate, propose("card", "one|two", { weight: 0.5 })] },
      ({ rules }) => ({ removed: [rules[1].id] }),
    ),
    tolerance: 0.1,
    patience: 2,
  });
  assertEquals(types(trace), [
    "synthesis",
    "iteration",
    "iteration",
    "iteration",
    "restore",
    "final",
  ]);
  const [{ to, before, after }] = stepsOf(trace, "restore");
  const [synthesis] = stepsOf(trace, "synthesis");
  assertEquals([to, after], [0, synthesis.scores]);
  assert(before.f1! < after.f1!);
  assertEquals([rules.length, scores.train], [2, synthesis.scores]);
  assertEquals(stepsOf(trace, "iteration").map(({ best }) => best), [false, false, false]);
});

Deno.test("of equally good sets a run ends with the smaller", async () => {
  const learnWith = (added: Proposal[]) =>
    learn({
      synthesizer: stub({ added: [rate, lone, wide] }, { removed: [idOf(wide)], added }),
      tolerance: 0,
    });
  const smaller = await learnWith([]);
  assertEquals(stepsOf(smaller.trace, "iteration")[0].best, true);
  assertEquals([stepsOf(smaller.trace, "restore"), smaller.rules.length], [[], 2]);
  const larger = await learnWith([propose("fee", "never"), propose("fee", "ever")]);
  const [{ verdict, best }] = stepsOf(larger.trace, "iteration");
  assertEquals([verdict, best], ["accepted", false]);
  assertEquals([stepsOf(larger.trace, "restore")[0].to, larger.rules.length], [0, 3]);
});

Deno.test("rules that others make superfluous are pruned, and F1 stays", async () => {
  const { trace, rules } = await learn({
    synthesizer: stub({ added: [...all, propose("rate", "rate o"), propose("fee", "two")] }),
    holdout: 0,
  }, repeat(few));
  const [{ dropped, before, after }] = stepsOf(trace, "prune");
  assertEquals(dropped, [
    { rule: idOf(propose("rate", "rate o")), reason: "subsumed", by: idOf(rate) },
  ]);
  assert(after.f1! >= before.f1!);
  assertEquals(rules.length, 4);
});

Deno.test("a rule that correct decisions need for their margin is not pruned", async () => {
  const half = [rate, propose("rate", "rate o")].map((one) => ({ ...one, weight: 0.5 }));
  const options = { synthesizer: stub({ added: [card, fee, ...half] }), patience: 1, holdout: 0 };
  const { trace: wide } = await learn(options, repeat(few));
  assertEquals(types(wide), ["synthesis", "iteration", "final"]);
  const { trace } = await learn({ ...options, margin: 0.5 }, repeat(few));
  assertEquals(types(trace), ["synthesis", "prune", "final"]);
});

Deno.test("rules over the budget are pruned, the lightest first, whatever that costs", async () => {
  const weighted = all.map((proposal, place) => ({ ...proposal, weight: [2, 1, 3][place] }));
  const { trace, rules, scores } = await learn({
    synthesizer: stub({ added: weighted }),
    maxRules: 2,
  });
  const [{ dropped, before, after }] = stepsOf(trace, "prune");
  assertEquals(dropped, [{ rule: idOf(rate), reason: "budget" }]);
  assert(after.f1! < before.f1!);
  assertEquals([names(rules), scores.train], [["card/card", "fee/fee"], after]);
});

Deno.test("the budget holds for rules a run begins with", async () => {
  const { rules, trace } = await learn({ synthesizer: stub({}), rules: all, maxRules: 1 });
  assertEquals([rules.length, types(trace).at(-2)], [1, "prune"]);
});

Deno.test("nothing that is held out reaches the synthesizer's first rules, its patches or the coordinator", async () => {
  const seen = new Set<string>();
  const see = (examples: readonly { readonly id: string }[]) => {
    for (const { id } of examples) seen.add(id);
  };
  const { trace } = await learn({
    synthesizer: {
      name: "watching",
      synthesize(_task, train) {
        see(train);
        return { added: [card] };
      },
      patch({ train, matches, failures }) {
        see(train);
        see(matches.examples);
        for (const { examples } of failures.clusters) see(examples.map((id) => ({ id })));
        return seen.has("done") ? {} : { added: [rate] };
      },
    },
    coordinator: {
      name: "watching",
      critique({ train, failures }) {
        see(train);
        for (const { examples } of failures.clusters) see(examples.map((id) => ({ id })));
        return undefined;
      },
      guide({ train }) {
        see(train);
        return undefined;
      },
      audit({ matches }) {
        see(matches.examples);
        return undefined;
      },
    },
  }, many);
  const { dev, train } = trace.run.split;
  assertEquals([dev.length, train, seen.size], [6, 24, 24]);
  assertEquals(dev.filter((id) => seen.has(id)), []);
  const shown = stepsOf(trace, "iteration").flatMap(({ failures }) =>
    failures.clusters.flatMap(({ examples }) => examples)
  );
  assert(shown.length > 0);
  assertEquals(shown.filter((id) => dev.includes(id)), []);
});

Deno.test("decisions are made on what is held out", async () => {
  const { trace } = await learn({ synthesizer: stub({ added: [card] }, { added: [rate] }) }, many);
  const [{ before, after }] = stepsOf(trace, "iteration");
  assertEquals([before.on, before.examples, before.tp, after.tp], ["dev", 6, 2, 4]);
  assertEquals(stepsOf(trace, "synthesis")[0].scores.on, "dev");
});

Deno.test("a test set is scored once at the end, with labels that were never learned", async () => {
  const test = {
    name: "later",
    examples: [{ text: "card x", label: "card" }, { text: "cash x", label: "cash" }],
  };
  const { scores, trace } = await learn({ synthesizer: stub({ added: all }), test });
  const { on, examples, tp, fp, fn, f1, exact } = scores.test!;
  assertEquals({ on, examples, tp, fp, fn, exact }, {
    on: "test",
    examples: 2,
    tp: 1,
    fp: 0,
    fn: 1,
    exact: 0.5,
  });
  assertEquals(f1, 2 / 3);
  assertEquals(stepsOf(trace, "final")[0].scores.test, scores.test);
  const { test: recorded } = trace.run.config as { test: { examples: number; digest: string } };
  assertEquals(recorded.examples, 2);
  assertMatch(recorded.digest, /^sha256:/);
});

Deno.test("with default: majority, the most frequent label is predicted if no rule decides", async () => {
  const options = {
    synthesizer: stub({ added: [rate] }),
    patience: 1,
    default: "majority",
  } as const;
  const { scores, trace } = await learn(options);
  // Four of card and of rate: the first in code unit order.
  assertEquals(trace.run.config.default, "card");
  assertEquals([scores.train!.tp, scores.train!.fp, scores.train!.exact], [8, 2, 0.8]);
  const bare = await learn({ ...options, default: undefined });
  assertEquals([bare.scores.train!.tp, bare.scores.train!.fp], [4, 0]);
  assertEquals(Object.hasOwn(bare.trace.run.config, "default"), false);
});

Deno.test("the most frequent label is that of the examples learned from", async () => {
  // Of 13 and 12 examples, 3 and 2 are held out: 10 and 10 are left.
  const examples = Array.from({ length: 25 }, (_, place) => ({
    text: `text ${place}`,
    label: place < 13 ? "late" : "early",
  }));
  const options = { synthesizer: stub({}), default: "majority" } as const;
  const { trace } = await learn(options, { ...few, examples });
  assertEquals([trace.run.split.train, trace.run.config.default], [20, "early"]);
});

Deno.test("a decision list decides by priority, a vote by weight over the threshold", async () => {
  const clash = [
    propose("card", "card", { priority: 1, weight: 1 }),
    propose("fee", "one|two", { priority: 2, weight: 0.5 }),
  ];
  const options = { synthesizer: stub({ added: clash }), patience: 1 };
  assertEquals((await learn({ ...options, decide: "first" })).scores.train!.tp, 4);
  assertEquals((await learn(options)).scores.train!.tp, 6);
  assertEquals((await learn({ ...options, threshold: 0.5 })).scores.train!.tp, 4);
});

const { pathname: trainPath } = new URL("../../examples/banking.jsonl", import.meta.url);
const { pathname: testPath } = new URL("../../examples/banking_test.jsonl", import.meta.url);

Deno.test("on the banking examples the accuracy is 0.965 or more, and the digest the same twice", () =>
  inFolder(async (storage) => {
    const dataset = await readDataset(trainPath, { name: "banking" });
    const test = await readDataset(testPath);
    const run = () => withTrace(learnRules, { storage })(dataset, { test, default: "majority" });
    const { scores, trace } = await run();
    assertEquals(scores.test!.examples, 200);
    assert(scores.test!.exact >= 0.965, `${scores.test!.exact}`);
    assertEquals((await run()).trace.digest, trace.digest);
    verifyTrace(trace);
  }));

Deno.test("the sample trace is what the demo learns, digest for digest", () =>
  inFolder(async (storage) => {
    const { pathname } = new URL("../../examples/banking.trace.json", import.meta.url);
    const dataset = await readDataset(trainPath);
    const options = { maxRules: 50, test: await readDataset(testPath) };
    const { trace } = await withTrace(learnRules, { storage })(dataset, options);
    assertEquals(trace.digest, (await readTrace(pathname)).digest);
  }));

Deno.test("a rule of a learner that may quote is named by the id of the example that it is named by", () =>
  inFolder(async (storage) => {
    const text = "my card was eaten by the machine";
    const examples = [...few.examples, { id: "eaten", text, label: "card" }];
    const quoting = { name: `for "${text}", once`, label: "card", patterns: ["card"] };
    const synthesizer = { ...stub({ added: [quoting] }), mayQuote: true };
    const { path } = await withTrace(learnRules, { storage })({ ...few, examples }, {
      synthesizer,
    });
    const { rules } = await readTrace(path);
    assertEquals(Object.values(rules).map(({ name }) => name), ['for "[eaten]", once']);
  }));

Deno.test("a synthesizer cannot change the order of the examples that are scored", async () => {
  const synthesizer = {
    ...stub({}),
    synthesize: (_task: unknown, train: readonly { text: string }[]) => {
      (train as { text: string }[]).reverse();
      return {};
    },
  };
  await assertRejects(() => learnRules(few, { synthesizer }), TypeError);
});

Deno.test("a run says how its rules decide, for a classifier to decide alike", async () => {
  const options = { default: "majority", maxRules: 2 } as const;
  const { rules, decision, scores } = await learnRules(many, { ...options, test: many });
  const classify = createClassifier(rules, decision);
  const correct = many.examples.filter(({ text, label }) => classify(text).label === label);
  assertEquals(correct.length, scores.test?.tp);
});
