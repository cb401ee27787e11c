import { assert, assertEquals } from "jsr:@std/assert@^1";
import {
  indexExamples,
  type LabelIndex,
  type LearningState,
} from "../../../learn/labels/label_index.ts";
import { beginVoting, patchVoting, refitVoting } from "../../../learn/labels/voting.ts";
import { createRule, type Proposal, type Rule, ruleId } from "../../../learn/rules/rule.ts";
import { compileRule } from "../../../learn/rules/running.ts";
import { createMatches } from "../../../learn/score/scoring.ts";
import type { LabelledExample } from "../../../learn/data/examples.ts";
import type { Patch, SynthesisTask } from "../../../learn/synthesizer.ts";
import { finish } from "../../../learn/text/slices.ts";
import { createRandom } from "../../record/generate_run.ts";
import { createNastyCorpora } from "./corpora.ts";
import { apply, labels, taskOf, train, vote } from "./learning.ts";

/** A run of synthesis, patches of which some are rejected, and a refit on more examples. */
interface VotingRun {
  /** The rules at the beginning, and after each accepted patch, each rejected one and the refit. */
  readonly sets: readonly (readonly Rule[])[];
  readonly patches: readonly Patch[];
}

function runVoting(
  task: SynthesisTask,
  all: readonly LabelledExample[],
  start: readonly Rule[],
  random: () => number,
): VotingRun {
  const part = all.filter((_, at) => at % 4 > 0);
  const createState =
    (examples: readonly LabelledExample[], index: LabelIndex) =>
    (rules: readonly Rule[]): LearningState => ({
      task,
      index,
      rules,
      matches: createMatches(examples, task.labels),
    });
  const stateOf = createState(part, finish(indexExamples(task, part)));
  const patches = [finish(beginVoting(stateOf(start)))];
  const sets = [start, apply(start, patches[0])];
  let [, rules] = sets;
  let rejected: Rule[][] = [];
  for (let iteration = 0; iteration < 5; iteration++) {
    const change = finish(patchVoting(stateOf(rules), { rejected }));
    const after = apply(rules, change);
    patches.push(change);
    sets.push(after);
    const isAccepted = random() < 0.6;
    rejected = isAccepted ? [] : [...rejected, after];
    if (isAccepted) rules = after;
  }
  const refitted = finish(
    refitVoting(createState(all, finish(indexExamples(task, all)))(rules)),
  );
  return { sets: [...sets, apply(rules, refitted)], patches: [...patches, refitted] };
}

/** What a person may begin with: some locked, some that match nothing, some that look like alternations. */
function createStart(task: SynthesisTask, weight = 1): Rule[] {
  const [one, other] = task.labels;
  const create = (name: string, label: string, pattern: string, others: Partial<Proposal> = {}) =>
    createRule({ name, label, patterns: [pattern], flags: "i", weight, ...others });
  return [
    create("locked", one, String.raw`\b(?:card|rates?)\b`, { locked: true }),
    create("idle", other, "nowhere to be found"),
    create("two", one, String.raw`(?:\bcards?\b|\bone\b)`),
    create("not", other, "a", { not: ["card"] }),
  ];
}

const [{ texts: nasty }, , , ideographic] = createNastyCorpora(createRandom(91), 120);
const cases = [
  ["real texts", train.filter((_, at) => at % 3 === 0)],
  ...[["nasty texts", nasty], ["texts without spaces", ideographic.texts]].map(([name, texts]) => [
    name,
    (texts as string[]).map((text, at) => ({ id: `${at}`, text, label: "abc"[text.length % 3] })),
  ]),
] as [string, LabelledExample[]][];

for (const [name, examples] of cases) {
  Deno.test(`no stage has more rules than the budget, or those that must stay: ${name}`, () => {
    const random = createRandom(92);
    for (const maxRules of [1, 4, 9, 25]) {
      const task = { ...taskOf(examples), maxRules };
      for (const start of [[], createStart(task)]) {
        const { sets } = runVoting(
          { ...task, given: new Set(start.map(({ id }) => id)) },
          examples,
          start,
          random,
        );
        for (const rules of sets) assert(rules.length <= Math.max(maxRules, start.length));
      }
    }
  });

  Deno.test(`rules that must stay keep their patterns, and locked ones their weights: ${name}`, () => {
    for (const maxRules of [20, undefined]) {
      const task = { ...taskOf(examples), maxRules };
      const start = createStart(task, 0.5);
      const locked = start.filter((rule) => rule.locked);
      const given = new Set(start.map(({ id }) => id));
      const { sets, patches } = runVoting({ ...task, given }, examples, start, createRandom(93));
      for (const rules of sets) {
        const byId = new Map(rules.map((rule) => [rule.id, rule]));
        for (const rule of locked) assertEquals(byId.get(rule.id), rule);
        // That no example has its words says nothing.
        assertEquals(byId.get(start[1].id)?.weight, 0.5);
      }
      for (const { reweighted = [], removed = [], replaced = [] } of patches) {
        const changed = [
          ...reweighted.map(({ rule }) => rule),
          ...removed,
          ...replaced.map(({ from }) => from),
        ];
        for (const { id } of locked) assert(!changed.includes(id));
      }
    }
  });

  Deno.test(`rules are measured on the examples that they match: ${name}`, () => {
    const task = { ...taskOf(examples), maxRules: 20 };
    const { sets } = runVoting(task, examples, [], createRandom(94));
    const last = sets.at(-1)!;
    assert(last.length >= 3);
    for (const rule of last) {
      const { test } = compileRule(rule);
      const found = examples.filter(({ text }) => test(text));
      assertEquals(rule.support, found.length, rule.name);
      assertEquals(
        rule.precision,
        found.filter(({ label }) => label === rule.label).length / found.length,
      );
    }
  });
}

Deno.test("rules that are withheld never come, in any stage, and others come in their place", () => {
  const examples = train.filter((_, at) => at % 3 === 0);
  for (const maxRules of [15, undefined]) {
    const task = { ...vote, maxRules };
    const before = runVoting(task, examples, [], createRandom(95));
    const withheld = new Set(
      before.sets.flat().filter((_, at) => at % 2 === 0).map(({ id }) => id),
    );
    const { sets } = runVoting({ ...task, withheld }, examples, [], createRandom(95));
    for (const rules of sets.slice(1)) {
      assert(rules.length >= labels.length);
      assert(rules.every(({ id }) => !withheld.has(id)));
    }
  }
});

Deno.test("synthesis only adds, and a refit only adds, removes and reweights, as their steps can tell", () => {
  for (const maxRules of [15, undefined]) {
    const task = { ...vote, maxRules };
    const { patches } = runVoting(task, train, createStart(task), createRandom(96));
    assertEquals(Object.keys(patches[0]).sort(), ["added", "reweighted"]);
    const refitted = patches.at(-1)!;
    assertEquals(Object.keys(refitted).sort(), ["added", "removed", "reweighted"]);
  }
});

Deno.test("a patch extends rules in their place, and a refit takes the old ones out for the new", () => {
  const task = { ...vote, maxRules: 15 };
  const index = finish(indexExamples(task, train));
  const rule = createRule({
    name: "one",
    label: "exchange_rate",
    patterns: [String.raw`\b(?:rates?|foreign)\b`],
    flags: "i",
    weight: 2,
  });
  const state = { task, index, rules: [rule], matches: createMatches(train, labels) };
  const { replaced = [] } = finish(patchVoting(state, { rejected: [] }));
  const [{ from, to }] = replaced;
  assertEquals(from, rule.id);
  assert(to.patterns[0].includes("rates?|foreign|") && to.patterns.length === 1);
  const { added = [], removed } = finish(refitVoting(state));
  assertEquals(removed, [rule.id]);
  assert(added.some(({ patterns }) => patterns[0].includes("rates?|foreign|")));
  assert(added.every((proposal) => ruleId(createRule(proposal)) !== rule.id));
});

Deno.test("the same state gives the same patch", () => {
  const [one, other] = [97, 97].map((seed) =>
    runVoting({ ...vote, maxRules: 15 }, train, createStart(vote), createRandom(seed))
  );
  assertEquals(one, other);
});

Deno.test("rules that were rejected are not brought a second time if nothing else is left to bring", () => {
  const some = train.filter((_, at) => at % 5 === 0);
  const task = { ...vote, within: 0.01 };
  const index = finish(indexExamples(task, some));
  const stateOf = (rules: readonly Rule[]) => ({
    task,
    index,
    rules,
    matches: createMatches(some, labels),
  });
  let rules = apply([], finish(beginVoting(stateOf([]))));
  for (let patches = 0; patches < 3; patches++) {
    rules = apply(rules, finish(patchVoting(stateOf(rules), { rejected: [] })));
  }
  const rejected: Rule[][] = [];
  for (let iteration = 0; iteration < 5; iteration++) {
    const { added = [], replaced = [] } = finish(patchVoting(stateOf(rules), { rejected }));
    const proposals = [...added, ...replaced.map(({ to }) => to)];
    rejected.push(proposals.map((proposal) => createRule(proposal)));
  }
  const brought = rejected.map((fresh) => fresh.map(({ id }) => id).sort().join());
  assertEquals(brought.filter((ids) => ids !== "").length, new Set(brought).size - 1);
});
