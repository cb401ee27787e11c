import { assert, assertEquals } from "jsr:@std/assert@^1";
import type { AuditProposal, AuditState } from "../../../learn/coordinator.ts";
import { createSimpleCoordinator } from "../../../learn/audit/simple.ts";
import type { LabelledExample } from "../../../learn/data/examples.ts";
import { createPatternSynthesizer } from "../../../learn/labels/synthesizer.ts";
import { createRule, type Rule } from "../../../learn/rules/rule.ts";
import { createMatches, findFailures, score } from "../../../learn/score/scoring.ts";
import type { SynthesisTask } from "../../../learn/synthesizer.ts";
import { labelsOf, readShipped } from "../labels/corpora.ts";
import { createRandom } from "../../record/generate_run.ts";
import { examplesOf, rule } from "./fixture.ts";

const task: SynthesisTask = {
  name: "x",
  task: "classification",
  labels: ["a", "b"],
  decide: "vote",
  threshold: 0,
  margin: 1,
  seed: 0,
};

/** Returns the rules after the changes of an audit, each of which must be possible. */
function applyAll(rules: readonly Rule[], proposals: readonly AuditProposal[]): Rule[] {
  return proposals.reduce((set, proposal) => {
    assert(
      proposal.from.every((id) => set.some((rule) => rule.id === id)),
      "names rules of the set",
    );
    const left = set.filter(({ id }) => !proposal.from.includes(id));
    if (!("to" in proposal)) return left;
    const made = createRule(proposal.to);
    assert(!left.some(({ id }) => id === made.id), "makes no rule twice");
    return [...left, made];
  }, [...rules]);
}

interface Audited {
  readonly state: AuditState;
  readonly train: LabelledExample[];
}

/** Creates an audit of learned rules and random ones on real examples, some of them held out. */
async function createAudited(seed: number, decide: "vote" | "first"): Promise<Audited> {
  const random = createRandom(seed);
  const examples = readShipped("banking.jsonl").filter(() => random() < 0.4);
  const labels = labelsOf(examples);
  const train = examples.filter(() => random() < 0.7);
  const dev = examples.filter((example) => !train.includes(example));
  const options: SynthesisTask = { ...task, labels, decide };
  const { added = [] } = await createPatternSynthesizer().synthesize(options, train, []);
  const words = examples.flatMap(({ text }) => text.toLowerCase().match(/\w+/g)!);
  // Each word in two ways, so that there are rules to merge.
  const others = Array.from({ length: 30 }, () => {
    const word = words[Math.floor(random() * words.length)];
    const label = labels[Math.floor(random() * labels.length)];
    return [String.raw`\b${word}\b`, String.raw`\b${word}(?!\w)`].map((pattern) => (
      { name: pattern, label, patterns: [pattern], weight: random() * 2 }
    ));
  }).flat();
  const rules = new Map([...added, ...others].map(createRule).map((rule) => [rule.id, rule]));
  const held = createMatches(dev, labels);
  const state: AuditState = {
    task: options,
    phase: "final",
    rules: [...rules.values()],
    matches: createMatches(train, labels),
    evaluate: (rules) => score(held, rules, options, "dev"),
  };
  return { state, train };
}

for (const decide of ["vote", "first"] as const) {
  Deno.test(`an audit lowers no F1 and leaves no more failures, deciding by ${decide}`, async () => {
    let merged = 0;
    for (let seed = 0; seed < 12; seed++) {
      const { state } = await createAudited(seed, decide);
      const proposals = await createSimpleCoordinator().audit!(state) ?? [];
      const after = applyAll(state.rules, proposals);
      const failures = (rules: readonly Rule[]) =>
        findFailures(state.matches, rules, state.task).count;
      assert(state.evaluate(after).f1 >= state.evaluate(state.rules).f1);
      assert(failures(after) <= failures(state.rules));
      merged += proposals.filter(({ kind }) => kind === "merge").length;
    }
    assert(merged > 20, `${merged} merges`);
  });
}

Deno.test("an audit removes rules without a true positive, and only these", async () => {
  let removed = 0;
  for (let seed = 0; seed < 6; seed++) {
    const { state } = await createAudited(seed, "vote");
    const proposals = await createSimpleCoordinator().audit!(state) ?? [];
    const useless = state.rules.filter(({ id, label }) =>
      !state.matches.of(id).some((at) => state.matches.labels[state.matches.gold[at]] === label)
    ).map(({ id }) => id);
    const gone = proposals.filter(({ kind }) => kind === "remove").flatMap(({ from }) => from);
    assert(gone.every((id) => useless.includes(id)));
    const kept = useless.filter((id) => !gone.includes(id));
    for (const id of kept) {
      const without = applyAll(state.rules, proposals).filter((rule) => rule.id !== id);
      assert(state.evaluate(without).f1 < state.evaluate(applyAll(state.rules, proposals)).f1);
    }
    removed += gone.length;
  }
  assert(removed > 20, `${removed} removals`);
});

/** Creates the state of an audit, with F1 on `dev`. */
function createState(
  train: LabelledExample[],
  dev: LabelledExample[],
  rules: readonly Rule[],
): AuditState {
  const held = createMatches(dev, task.labels);
  return {
    task,
    phase: "final",
    rules,
    matches: createMatches(train, task.labels),
    evaluate: (rules) => score(held, rules, task, "dev"),
  };
}

Deno.test("a rule whose true positives are all held out is not removed", async () => {
  const train = [...examplesOf(["card"]), ...examplesOf(["fee"], "b")];
  const dev = [...examplesOf(["card", "visa"]), ...examplesOf(["fee"], "b")];
  const rules = ["card", "visa", "amex"].map((word) => rule(word));
  const proposals = await createSimpleCoordinator().audit!(createState(train, dev, rules));
  assertEquals(proposals, [{ kind: "remove", from: [rules[2].id], reason: "no true positive" }]);
});

Deno.test("a merge that lowers F1 on held-out examples is not proposed", async () => {
  const train = [...examplesOf(["fx rate", "fx card"]), ...examplesOf(["fx", "no"], "b")];
  const rules = [
    rule(String.raw`\bfx\W+rate\b`, { weight: 1 }),
    rule(String.raw`\bfx\W+card\b`, { weight: 2 }),
    createRule({ name: "b/fx", label: "b", patterns: ["fx|no"], weight: 0.5 }),
  ];
  const audit = createSimpleCoordinator().audit!;
  const easy = createState(train, train, rules);
  assertEquals((await audit(easy))!.map(({ kind }) => kind), ["merge"]);
  const against = createRule({ name: "b/rate", label: "b", patterns: ["rate of"], weight: 0.6 });
  const dev = [...train, ...examplesOf(["fx rate of"], "b")];
  const hard = createState([...train, ...examplesOf(["rate of"], "b")], dev, [...rules, against]);
  assertEquals(hard.evaluate([...rules, against]).f1, 1);
  assertEquals(await audit(hard), []);
});

Deno.test("the audit is made at the end only", async () => {
  const coordinator = createSimpleCoordinator();
  const state = createState(examplesOf(["card"]), examplesOf(["card"]), [rule("none")]);
  assertEquals(await coordinator.audit!({ ...state, phase: "refine" }), undefined);
  assertEquals((await coordinator.audit!(state))!.length, 1);
  assertEquals([coordinator.critique, coordinator.guide], [undefined, undefined]);
});

Deno.test("an audit of no rules proposes nothing", async () => {
  const state = createState(examplesOf(["card"]), examplesOf(["card"]), []);
  assertEquals(await createSimpleCoordinator().audit!(state), []);
});

Deno.test("an audit proposes the same each time", async () => {
  const { state } = await createAudited(3, "vote");
  const [one, other] = [createSimpleCoordinator(), createSimpleCoordinator()];
  assertEquals(await one.audit!(state), await other.audit!(state));
});
