import { assert, assertAlmostEquals, assertEquals, assertMatch } from "jsr:@std/assert@^1";
import { boost } from "../../../learn/labels/boosting.ts";
import { createClassifier } from "../../../learn/rules/classifier.ts";
import type { LabelledExample } from "../../../learn/data/examples.ts";
import { MICRO, microVote } from "../../../learn/rules/decisions.ts";
import { compareCodeUnits } from "../../../learn/text/folding.ts";
import { type Feature, indexFeatures } from "../../../learn/labels/features.ts";
import { fitWeights } from "../../../learn/labels/fitting.ts";
import { createPatternSynthesizer } from "../../../learn/labels/synthesizer.ts";
import { createPool, createWorth } from "../../../learn/labels/pool.ts";
import {
  admit,
  compileRule,
  createRule,
  findDefect,
  type Proposal,
  roundWeight,
  type Rule,
} from "../../../learn/rules/rule.ts";
import { createMatches, findFailures, type Matches, score } from "../../../learn/score/scoring.ts";
import type { Patch, SynthesisTask } from "../../../learn/synthesizer.ts";
import { corpora, createNastyCorpora, labelsOf, readExamples, readShipped } from "./corpora.ts";
import { createRandom } from "../../record/generate_run.ts";

const train = readShipped("banking.jsonl");
const labels = labelsOf(train);
const vote: SynthesisTask = {
  name: "x",
  task: "classification",
  labels,
  decide: "vote",
  threshold: 0,
  margin: 1,
  seed: 0,
};
const first: SynthesisTask = { ...vote, decide: "first" };

/** A rule set after a patch. Removals, additions and new weights must be possible. */
function apply(rules: readonly Rule[], patch: Patch): Rule[] {
  const { added = [], removed = [], reweighted = [] } = patch;
  assertEquals(patch.replaced, undefined);
  const set = new Map(rules.map((rule) => [rule.id, rule]));
  for (const id of removed) assert(set.delete(id), "removes rules of the set");
  for (const rule of added.map(createRule)) {
    assert(!set.has(rule.id), "adds no rule that is there");
    set.set(rule.id, rule);
  }
  for (const { rule, ...change } of reweighted) {
    assert(set.has(rule), "reweights rules of the set");
    set.set(rule, { ...set.get(rule)!, ...change });
  }
  return [...set.values()];
}

/** A run of learning by hand: the state after synthesis and a number of accepted patches. */
async function learn(
  task: SynthesisTask,
  examples: readonly LabelledExample[],
  patches: number,
): Promise<{ rules: Rule[]; matches: Matches; sets: Rule[][]; synthesizer: Synthesizer }> {
  const synthesizer = createPatternSynthesizer();
  const matches = createMatches(examples, task.labels);
  let rules = apply([], await synthesizer.synthesize(task, examples, []));
  const sets = [rules];
  for (let iteration = 1; iteration <= patches; iteration++) {
    rules = apply(rules, await patch(synthesizer, task, examples, rules, matches));
    sets.push(rules);
  }
  return { rules, matches, sets, synthesizer };
}

type Synthesizer = ReturnType<typeof createPatternSynthesizer>;

async function patch(
  synthesizer: Synthesizer,
  task: SynthesisTask,
  examples: readonly LabelledExample[],
  rules: readonly Rule[],
  matches: Matches,
  rejected: readonly (readonly Rule[])[] = [],
): Promise<Patch> {
  const failures = findFailures(matches, rules, task);
  return await synthesizer.patch({
    task,
    iteration: 1,
    train: examples,
    rules,
    matches,
    failures,
    rejected,
  });
}

function taskOf(
  examples: readonly LabelledExample[],
  decide: "vote" | "first" = "vote",
): SynthesisTask {
  return { ...vote, decide, labels: labelsOf(examples) };
}

/** The shapes that are not made of words, yet may be a rule: what they look like is their name. */
const PUNCTUATION = new Set(["!", "?", "..", "smiley", "money"]);

for (const { name, path, ignore } of corpora) {
  Deno.test({
    name: `rules compile, may run, are short, well named and measured: ${name}`,
    ignore,
    async fn() {
      const examples = readExamples(path).slice(0, 1500);
      const labels = new Set(labelsOf(examples));
      const { rules } = await learn(taskOf(examples), examples, 1);
      const list = await learn(taskOf(examples, "first"), examples, 1);
      assert(rules.length > 10 && list.rules.length > 3);
      for (const rule of [...rules, ...list.rules]) {
        assertEquals(findDefect(rule), undefined);
        const { id: _, ...proposal } = rule;
        assert("rule" in admit(proposal, labels, new Set()));
        const kind = rule.name.slice(rule.label.length + 1);
        assert(rule.name.startsWith(`${rule.label}/`) && kind.length > 0);
        assert(
          rule.name.isWellFormed() && rule.name.length <= 400 && !/[\n\r\t\\]/.test(rule.name),
        );
        assert(rule.patterns.length <= 2 && rule.patterns.every(({ length }) => length <= 200));
        const text = rule.patterns.join("").replaceAll(/\\[bdsWw]/g, "");
        const isNamed = kind.split(" + ").every((part) => PUNCTUATION.has(part));
        assert(/[\p{L}\p{N}]|\\d/u.test(text) || isNamed, `${rule.name} is punctuation`);
        // What the learner counted is what the regular expressions find.
        const { test } = compileRule(rule);
        const found = examples.filter(({ text }) => test(text));
        assertEquals(rule.support, found.length);
        const tp = found.filter(({ label }) => label === rule.label).length;
        assertAlmostEquals(rule.precision!, tp / found.length, 1e-12);
      }
    },
  });
}

/** Labels that have something to do with the texts. */
function labelTexts(texts: readonly string[], random: () => number): LabelledExample[] {
  return texts.map((text, index) => ({
    id: `${index}`,
    text,
    label: random() < 0.1 ? "c" : text.length % 2 === 0 ? "a" : text.includes("card") ? "b" : "c",
  }));
}

/**
 * Learns on the first `size` examples from the token engine's postings, and checks on all that these
 * decide as the classifier of the written rules does. Returns the number of rules.
 */
function checkDecisions(examples: readonly LabelledExample[], size: number): number {
  const labels = labelsOf(examples);
  const texts = examples.map(({ text }) => text);
  const gold = Int32Array.from(examples.slice(0, size), ({ label }) => labels.indexOf(label));
  const worth = createWorth(gold, labels.length);
  const isKnown = (text: number) => text < size;
  const { flags, features } = indexFeatures(texts, {
    minSupport: 2,
    worth: (texts) => worth(texts.filter(isKnown)),
  });
  const whole = new Map<Feature, Int32Array>();
  const known = features.map((feature): Feature => {
    const seen = { ...feature, texts: feature.texts.filter(isKnown) };
    whole.set(seen, feature.texts);
    return seen;
  });
  const pool = createPool(known, gold, labels.length, 1);
  const weights = new Float64Array(pool.candidates.length);
  boost(pool, weights, { rounds: 8, perLabel: 6, step: 0.2, minGain: 0.3, maxRules: Infinity });
  fitWeights(pool, weights, 3);

  const votes = texts.map(() => new Map<string, number>());
  const rules = pool.candidates.flatMap(({ feature, label }, candidate) => {
    if (roundWeight(weights[candidate]) === 0) return [];
    const weight = weights[candidate];
    const rule = createRule({
      name: feature.name(),
      label: labels[label],
      patterns: feature.patterns(),
      flags,
      weight,
    });
    for (const text of whole.get(feature)!) {
      votes[text].set(rule.label, (votes[text].get(rule.label) ?? 0) + microVote(rule));
    }
    return rule;
  });
  const classify = createClassifier(rules);
  texts.forEach((text, index) => {
    const expected = [...votes[index]].map(([label, votes]) => ({ label, votes }))
      .sort((a, b) => b.votes - a.votes || compareCodeUnits(a.label, b.label));
    const found = classify(text);
    assertEquals(found.label, expected[0]?.label);
    assertEquals(found.votes, expected.map((vote) => ({ ...vote, votes: vote.votes / MICRO })));
  });
  return rules.length;
}

for (const { name, path, ignore } of corpora) {
  Deno.test({
    name: `rules decide as the learner did, on known and unknown texts: ${name}`,
    ignore,
    fn() {
      const examples = readExamples(path).slice(0, 1500);
      const random = createRandom(41);
      const shuffled = examples.map((example) => ({ example, at: random() }))
        .sort((a, b) => a.at - b.at).map(({ example }) => example);
      assert(checkDecisions(shuffled, Math.round(shuffled.length * 0.7)) >= 10);
    },
  });
}

for (const { name, texts } of createNastyCorpora(createRandom(42), 120)) {
  Deno.test(`rules decide as the learner did, on known and unknown texts: ${name}`, () => {
    assert(checkDecisions(labelTexts(texts, createRandom(43)), 80) >= 10);
  });
}

Deno.test("rules of nasty texts compile, may run and are well named", async () => {
  for (const { texts } of createNastyCorpora(createRandom(44), 80)) {
    const examples = labelTexts(texts, createRandom(45));
    const { rules } = await learn(taskOf(examples), examples, 2);
    for (const rule of rules) {
      assertEquals(findDefect(rule), undefined);
      assert(rule.name.isWellFormed() && rule.patterns.every(({ length }) => length <= 200));
    }
  }
});

Deno.test("a label as long as a name may be still makes rules", async () => {
  const long = `${"x".repeat(399)}👍`;
  const examples = train.map((example, index) => ({ ...example, label: index % 2 ? long : "b" }));
  const { rules } = await learn(taskOf(examples), examples, 0);
  assert(rules.some(({ label }) => label === long));
  assert(rules.every(({ name }) => name.length <= 400 && name.isWellFormed()));
});

Deno.test("stems, sequences and conjunctions of the sample corpus read as a person would write them", async () => {
  const { rules } = await learn(vote, train, 2);
  const written = new Set(rules.map(({ patterns }) => patterns.join(" & ")));
  assert([...written].some((text) => /^\\b\w+s\?\\b$/.test(text)), "a word and its plural");
  assert([...written].some((text) => /^\\b\w+\\w\*$/.test(text)), "a stem as a prefix");
  assert([...written].some((text) => /^\\b\w+\\W\+\w+\\b$/.test(text)), "a sequence");
  assert([...written].some((text) => / & /.test(text)), "a conjunction");
  const words = train.flatMap(({ text }) => text.toLowerCase().match(/\w+/g)!);
  assert(words.every((word) => word.length <= 40));
  for (const { name, patterns } of rules) {
    assertMatch(name, /^[a-z_]+\/\S/);
    for (const pattern of patterns) assert(!/\\b(?:on|one)\|/.test(pattern), pattern);
  }
});

Deno.test("synthesis by vote adds rules with weights, measured, most telling first", async () => {
  const proposed = await createPatternSynthesizer().synthesize(vote, train, []);
  assertEquals(Object.keys(proposed).sort(), ["added", "reweighted"]);
  assertEquals(proposed.reweighted, []);
  const worth = ({ weight, precision, support }: Proposal) => weight! * precision! * support!;
  const added = proposed.added!;
  assert(added.length > 50);
  added.forEach((proposal, at) => {
    assert(proposal.weight! > 0 && proposal.priority === undefined && proposal.flags === "i");
    if (at > 0) assert(worth(proposal) <= worth(added[at - 1]) + 1e-9);
  });
});

Deno.test("synthesis of a list adds rules with priorities, surest first, and no weights", async () => {
  const { added = [] } = await createPatternSynthesizer().synthesize(first, train, []);
  assert(added.length > 20);
  added.forEach(({ weight, priority }, at) => {
    assert(weight === undefined && priority! > 0 && priority! <= 1000);
    if (at > 0) assert(priority! <= added[at - 1].priority!);
  });
});

Deno.test("a patch by vote strengthens rules and adds others, and leaves fewer failures", async () => {
  const { rules, matches, synthesizer } = await learn(vote, train, 0);
  const change = await patch(synthesizer, vote, train, rules, matches);
  assert(change.added!.length > 0 && change.reweighted!.length > 0);
  const weights = new Map(rules.map(({ id, weight }) => [id, weight!]));
  for (const { rule, weight, ...others } of change.reweighted!) {
    assert(weight! > weights.get(rule)!);
    assertEquals(others, {});
  }
  const after = apply(rules, change);
  const count = (rules: readonly Rule[]) => findFailures(matches, rules, vote).count;
  assert(count(after) < count(rules));
});

Deno.test("a patch by vote after a rejected one only changes weights", async () => {
  const { rules, matches, synthesizer } = await learn(vote, train, 1);
  const refused = await patch(synthesizer, vote, train, rules, matches);
  const rejected = [refused.added!.map(createRule)];
  for (const rules_ of [rejected, [[]]]) {
    const change = await patch(synthesizer, vote, train, rules, matches, rules_);
    assertEquals(Object.keys(change), ["reweighted"]);
    assert(change.reweighted!.length > 0);
    assert(change.reweighted!.every(({ weight }) => weight! >= 0));
    apply(rules, change);
  }
});

Deno.test("a patch of a list covers failures, and after a rejected one not with its rules", async () => {
  const { rules, matches, synthesizer } = await learn({ ...first, maxRules: 6 }, train, 0);
  const change = await patch(synthesizer, first, train, rules, matches);
  assertEquals(Object.keys(change), ["added"]);
  const rejected = change.added!.map(createRule);
  assert(rejected.length > 0);
  const failed = new Set(findFailures(matches, rules, first).members.flat());
  for (const rule of rejected) {
    const { test } = compileRule(rule);
    const isNeeded = [...failed].some((at) =>
      train[at].label === rule.label && test(train[at].text)
    );
    assert(isNeeded, rule.name);
  }
  const next = await patch(synthesizer, first, train, rules, matches, [rejected]);
  matches.add(rejected);
  const saidBefore = new Set(rejected.map(({ id, label }) => `${label}:${matches.of(id)}`));
  const others = next.added!.map(createRule);
  assert(others.length > 0);
  matches.add(others);
  assert(others.every(({ id, label }) => !saidBefore.has(`${label}:${matches.of(id)}`)));
});

Deno.test("rules to begin with are kept, and not proposed again", async () => {
  const start = [
    createRule({ name: "mine", label: labels[0], patterns: ["card"], weight: 0.1 }),
    createRule({ name: "none", label: labels[1], patterns: ["nowhere to be found"] }),
  ];
  const { added = [] } = await createPatternSynthesizer().synthesize(vote, train, []);
  const known = added.slice(0, 5).map(createRule);
  for (const task of [vote, first]) {
    const patch = await createPatternSynthesizer().synthesize(task, train, [...start, ...known]);
    assertEquals(patch.removed, undefined);
    const rules = apply([...start, ...known], patch);
    assertEquals(rules.slice(0, 7).map(({ id }) => id), [...start, ...known].map(({ id }) => id));
    assert(rules.length > 7);
    assert(rules.every(({ precision = 0 }) => !Number.isNaN(precision)));
  }
});

for (const task of [vote, first]) {
  Deno.test(`learning never proposes more rules than wanted: ${task.decide}`, async () => {
    for (const maxRules of [1, 7, 40]) {
      const { sets } = await learn({ ...task, maxRules }, train, 4);
      assert(sets.every((rules) => rules.length <= maxRules));
      assert(sets[4].length > maxRules / 2, `${sets[4].length} of ${maxRules}`);
    }
  });

  Deno.test(`learning is the same each time, with a used and a new synthesizer: ${task.decide}`, async () => {
    const { rules, matches, synthesizer } = await learn(task, train, 1);
    const fresh = createPatternSynthesizer();
    const again = createMatches(train, labels);
    assertEquals(
      await synthesizer.synthesize(task, train, []),
      await fresh.synthesize(task, [...train], []),
    );
    for (const rejected of [[], [rules.slice(0, 3)]]) {
      const expected = await patch(synthesizer, task, train, rules, matches, rejected);
      assertEquals(await patch(synthesizer, task, train, rules, matches, rejected), expected);
      const other = createPatternSynthesizer();
      assertEquals(await patch(other, task, [...train], rules, again, rejected), expected);
    }
  });

  Deno.test(`a refit keeps or removes each rule, and brings back none that was dropped: ${task.decide}`, async () => {
    const part = train.filter((_, index) => index % 3 > 0);
    const learned = await learn(task, part, 2);
    const dropped = learned.rules.filter((_, index) => index % 4 === 0);
    const rules = learned.rules.filter((_, index) => index % 4 > 0);
    const matches = createMatches(train, labels);
    const state = {
      task,
      examples: train,
      rules,
      matches,
      accepted: [{ added: 5, reweighted: 3 }, { added: 0, reweighted: 9 }],
      dropped,
    };
    const change = await learned.synthesizer.refit!(state);
    assertEquals(Object.keys(change).sort(), ["added", "removed", "reweighted"]);
    const { added = [], removed = [], reweighted = [] } = change;
    const touched = [...removed, ...reweighted.map(({ rule }) => rule)].sort();
    assertEquals(touched, rules.map(({ id }) => id).sort());
    const after = apply(rules, change);
    const gone = new Set(dropped.map(({ id }) => id));
    assert(after.every(({ id }) => !gone.has(id)));
    matches.add([...dropped, ...after]);
    const says = ({ id, label }: Rule) => `${label}:${matches.of(id)}`;
    const unwanted = new Set(dropped.map(says));
    assert(added.map(createRule).every((rule) => !unwanted.has(says(rule))));
    for (const { id, precision, support, weight = 1 } of after) {
      assertEquals(support, matches.of(id).length);
      assert(precision! > 0 && weight > 0);
    }
    assertEquals(await createPatternSynthesizer().refit!(state), change);
  });
}

Deno.test("rules that fitting leaves without weight count as rules where they are limited", async () => {
  const { rules, matches, synthesizer } = await learn({ ...vote, maxRules: 12 }, train, 0);
  const task = { ...vote, maxRules: rules.length };
  const idle = rules.map((rule, at) => at % 2 === 0 ? { ...rule, weight: 0 } : rule);
  assertEquals((await patch(synthesizer, task, train, idle, matches)).added, []);
  const { added = [] } = await patch(synthesizer, vote, train, idle, matches);
  assert(added.length > 0);
});

for (const [decide, least] of [["vote", 0.9], ["first", 0.9]] as const) {
  Deno.test(`what is learned holds on texts not seen before: ${decide}`, async () => {
    const task = { ...vote, decide };
    const { rules } = await learn(task, train, 3);
    const test = createMatches(readShipped("banking_test.jsonl"), labels);
    const { f1 } = score(test, rules, task, "test");
    assert(f1 > least, `F1 ${f1}`);
  });
}

Deno.test("texts without words, or all alike, leave nothing to learn", async () => {
  for (const text of ["", "...", "my card"]) {
    const examples = ["a", "b", "a", "b"].map((label, index) => ({ id: `${index}`, text, label }));
    for (const decide of ["vote", "first"] as const) {
      const { rules } = await learn(taskOf(examples, decide), examples, 1);
      assertEquals(rules, []);
    }
  }
});
