import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { dirname, join } from "jsr:@std/path@^1";
import { createDataset } from "../learn/data/dataset.ts";
import { spansOf, type Task } from "../learn/data/examples.ts";
import { splitWithout } from "../learn/data/split.ts";
import type { AuditAction } from "../learn/coordinator.ts";
import { createSimpleCoordinator } from "../learn/audit/simple.ts";
import {
  createRule,
  type Proposal,
  ProposalSchema,
  type Refusal,
  RefusalCodeSchema,
} from "../learn/rules/rule.ts";
import { createMatches, score, type Split } from "../learn/score/scoring.ts";
import { createPatternSynthesizer } from "../learn/labels/synthesizer.ts";
import type { Patch } from "../learn/synthesizer.ts";
import { type LearnResult, learnRules } from "../pipeline.ts";
import { formatRuleLife, formatRules, formatTrace } from "../print.ts";
import { displayWidth } from "../print/text.ts";
import { StepBodySchema } from "../record/schema.ts";
import {
  parseTrace,
  readTrace,
  type Recorded,
  redact,
  rulesAt,
  type StepOf,
  TraceError,
  verifyTrace,
  withTrace,
} from "../trace.ts";
import { type Chaos, createChaos } from "./chaotic_learning.ts";
import { createClock } from "./record/generate_run.ts";

const RUNS = 210;

type Learned = LearnResult & Recorded & { readonly chaos: Chaos; readonly seed: number };

/** What the run of a seed learns: mostly labels, which rules vote on and abstain from. */
function taskOf(seed: number): Task {
  return seed < 140 ? "classification" : seed % 2 === 0 ? "ner" : "extraction";
}

async function learn(seed: number, storage: string, now = createClock()): Promise<Learned> {
  const chaos = createChaos(seed, taskOf(seed));
  const generateId = () => `run-${now().getTime()}-${seed}`;
  const options = { ...chaos.options, now, generateId };
  const learned = await withTrace(learnRules, { storage, now, flush: "end" })(
    chaos.dataset,
    options,
  );
  return { ...learned, chaos, seed };
}

/** The generated runs, and where they are recorded; each test looks at all of them. */
const runs: Promise<Learned>[] = [];
let storage: string | undefined;

async function eachRun(check: (run: Learned) => void | Promise<void>): Promise<void> {
  storage ??= await Deno.makeTempDir();
  for (let seed = 0; seed < RUNS; seed++) {
    try {
      await check(await (runs[seed] ??= learn(seed, storage)));
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
}

globalThis.addEventListener("unload", () => {
  if (storage !== undefined) Deno.removeSync(storage, { recursive: true });
});

Deno.test("the generated runs have every step, verdict, stop and refusal that there is", () => {
  const seen = new Set<string>();
  const note = (kind: string, value: string | undefined) => seen.add(`${kind} ${value}`);
  return eachRun(({ trace: { run, rules, steps } }) => {
    const { task } = run.dataset;
    note("task", task);
    for (const step of steps) {
      note("type", step.type);
      if ("verdict" in step) note(step.type, step.verdict);
      if (step.type === "iteration") note("clause", step.clause);
      if (step.type === "final") {
        note("stop", step.stop);
        for (const id of step.rules) {
          note("rule", rules[id].group ? "group" : rules[id].template ? "template" : "whole");
        }
      }
      if (step.type === "iteration" && task !== "classification") {
        for (const { expected, predicted, rules } of step.failures.clusters) {
          note("spans", !expected ? "spurious" : !predicted ? "missed" : "of another type");
          if (rules.length > 0) note("spans", "attributed");
        }
        for (const { detail } of step.patch.refused) {
          if (detail.startsWith("group 9 ")) note("spans", "without the group");
        }
      }
      if (step.type === "prune") { for (const { reason } of step.dropped) note("prune", reason); }
      const refused = step.type === "iteration"
        ? step.patch.refused
        : "refused" in step
        ? step.refused
        : [];
      for (const { code } of refused) note("refused", code);
    }
  }).then(() => {
    const types = StepBodySchema.options.map((option) => option.shape.type.value);
    const expected = [
      // No generated run fails as a whole.
      ...types.filter((type) => type !== "failure").map((type) => `type ${type}`),
      ...["accepted", "rejected", "empty", "failed"].map((verdict) => `iteration ${verdict}`),
      ...["kept", "reverted", "none"].map((verdict) => `audit ${verdict}`),
      ...["f1", "precision", "undefined"].map((clause) => `clause ${clause}`),
      ...["no-failures", "target", "max-iterations", "coordinator", "stale"]
        .map((stop) => `stop ${stop}`),
      ...["subsumed", "budget"].map((reason) => `prune ${reason}`),
      // Only a run that was made from another withholds rules.
      ...RefusalCodeSchema.options.filter((code) => code !== "withheld")
        .map((code) => `refused ${code}`),
      ...["classification", "ner", "extraction"].map((task) => `task ${task}`),
      ...["group", "template", "whole"].map((part) => `rule ${part}`),
      ...["spurious", "missed", "of another type", "attributed", "without the group"]
        .map((kind) => `spans ${kind}`),
    ];
    assertEquals(expected.filter((one) => !seen.has(one)), []);
  });
});

/** What a step has of a patch. */
interface Recording {
  readonly added: readonly string[];
  readonly removed?: readonly string[];
  readonly replaced?: readonly { readonly from: string; readonly to: string }[];
  readonly refused: readonly Refusal[];
}

/** Checks that a step has all that a patch had. */
function checkPatch(patch: Patch, step: Recording, { chaos, trace }: Learned): void {
  const { added, removed = [], replaced = [], refused } = step;
  const examples = [...chaos.dataset.examples, ...chaos.test?.examples ?? []];
  const isRefused = (name: string) => refused.some((one) => one.name === redact(name, examples));
  const isQuote = (id: string | undefined) =>
    refused.some(({ name, code }) => code === "quote" && name === id);
  const idOf = (proposal: Proposal) => {
    const isSound = ProposalSchema.safeParse(proposal).success &&
      proposal.patterns[0].isWellFormed();
    return isSound ? createRule(proposal).id : undefined;
  };
  for (const proposal of patch.added ?? []) {
    const id = idOf(proposal);
    const isAdded = id !== undefined && added.includes(id) && Object.hasOwn(trace.rules, id);
    assert(isAdded || isRefused(proposal.name) || isQuote(id), `${proposal.name} is lost`);
  }
  for (const { from, to } of patch.replaced ?? []) {
    const isReplaced = replaced.some((one) => one.from === from && one.to === idOf(to));
    assert(
      isReplaced || isRefused(to.name) || isQuote(idOf(to)),
      `${to.name}, for ${from}, is lost`,
    );
  }
  for (const { name } of patch.refused ?? []) assert(isRefused(name), `${name} is lost`);
  for (const id of patch.removed ?? []) {
    assert(removed.includes(id) || isRefused(id), `the removal of ${id} is lost`);
  }
  const lists = [patch.added, patch.replaced, patch.removed, patch.refused];
  const proposed = lists.reduce((sum, list = []) => sum + list.length, 0);
  const recorded = added.length + removed.length + replaced.length + refused.length;
  const reweighted = patch.reweighted?.length ?? 0;
  assert(proposed <= recorded && recorded <= proposed + reweighted, "something is there twice");
}

/** Checks that a run began with each rule of its playbook about its labels, or refused it. */
function checkPlaybook({ start = [], refused }: StepOf<"synthesis">, { chaos, trace }: Learned) {
  const { labels } = trace.run.dataset;
  const known = (chaos.options.playbook?.entries ?? [])
    .filter(({ failure }) => labels.includes(failure.expected!)).flatMap(({ rules }) => rules);
  const names = new Set(refused.map(({ name }) => name));
  const byId = Map.groupBy(known, (rule) => createRule(rule).id);
  for (const [id, alike] of byId) {
    const isThere = start.includes(id) || alike.some(({ name }) => names.has(name));
    assert(isThere, `${alike[0].name} is lost`);
  }
}

Deno.test("law 1: all that a synthesizer returns is in the record, done or refused", () =>
  eachRun((run) => {
    const { chaos, trace } = run;
    const steps = trace.steps.filter((step) =>
      step.type === "synthesis" || step.type === "iteration" || step.type === "refit"
    );
    // Without a synthesis there is a step for it all the same.
    const asked = chaos.options.incremental ? [{ patch: {} }, ...chaos.asked] : chaos.asked;
    assertEquals(steps.length, asked.length);
    for (const [place, step] of steps.entries()) {
      const { patch } = asked[place];
      if (patch !== undefined) {
        const { reweighted: _, ...recorded } = step.type === "iteration" ? step.patch : step;
        const isKnown = ({ name }: Refusal) => name.startsWith("known ");
        const refused = recorded.refused.filter((one) => !isKnown(one));
        checkPatch(patch, { ...recorded, refused }, run);
        if (step.type === "synthesis") checkPlaybook(step, run);
      } else assert(step.type === "iteration" && step.verdict === "failed" && step.error);
    }
  }));

Deno.test("law 1: all that an audit names is in the record, applied or skipped", () =>
  eachRun(({ chaos, trace }) => {
    if (trace.run.learner.coordinator !== "chaos") return;
    const steps = trace.steps.filter((step) => step.type === "audit");
    assertEquals(steps.length, chaos.audited.length);
    for (const [place, { actions, error }] of steps.entries()) {
      const { proposals } = chaos.audited[place];
      assertEquals(proposals === undefined, error !== undefined);
      assertEquals(actions.map(({ kind }) => kind), (proposals ?? []).map(({ kind }) => kind));
      for (const [at, action] of actions.entries()) checkAction(action, proposals![at]);
    }
  }));

function checkAction(
  { outcome, from, to, reason }: AuditAction,
  proposal: { readonly from: readonly string[]; readonly to?: Proposal },
): void {
  if (outcome === "applied") {
    assertEquals(from, [...new Set(proposal.from)]);
    assertEquals(to, proposal.to && createRule(proposal.to).id);
  } else {
    const code = /^([a-z-]+)(: |$)/.exec(reason)?.[1];
    const codes = [...RefusalCodeSchema.options, "too-few-rules", "too-many-rules", "other-label"];
    assert(codes.some((one) => one === code), reason);
  }
}

Deno.test("law 2: the trace verifies and folds to the very rules that the run returns", () =>
  eachRun(({ trace, rules }) => {
    verifyTrace(trace);
    const last = trace.steps.length - 1;
    assertEquals(rulesAt(trace, last), rules);
    const final = trace.steps[last] as StepOf<"final">;
    assertEquals(final.rules, rules.map(({ id }) => id));
  }));

Deno.test("law 2: the trace folds to the rules that a synthesizer and an audit were shown", () =>
  eachRun(({ trace, chaos }) => {
    const shown = (types: readonly string[]) =>
      trace.steps.filter(({ type }) => types.includes(type)).map(({ index }) =>
        rulesAt(trace, index - 1)
      );
    const asked = chaos.asked.filter(({ stage }) => stage !== "synthesis");
    assertEquals(shown(["iteration", "refit"]), asked.map(({ rules }) => [...rules]));
    if (trace.run.learner.coordinator !== "chaos") return;
    assertEquals(shown(["audit"]), chaos.audited.map(({ rules }) => [...rules]));
  }));

Deno.test("law 2: the final scores are those of the rules, scored anew", () =>
  eachRun(({ trace, chaos, rules, scores }) => {
    const { decide = "vote", threshold = 0, holdout = 0, seed = 0 } = chaos.options;
    const dataset = createDataset(chaos.dataset);
    const { corrections = [] } = chaos.options;
    const { train, dev } = splitWithout(corrections, dataset, { holdout, seed });
    const fallback = trace.run.config.default as string | undefined;
    const examples = { train, dev, all: dataset.examples, test: chaos.test?.examples ?? [] };
    const on: Split[] = scores.all ? ["all"] : dev.length > 0 ? ["train", "dev"] : ["train"];
    if (chaos.test) on.push("test");
    const { match, overlaps } = chaos.options;
    const options = { decide, threshold, default: fallback, overlaps };
    const fresh = on.map((split) =>
      score(createMatches(examples[split], dataset.labels, match), rules, options, split)
    );
    assertEquals(Object.values(scores), fresh);
  }));

Deno.test("law 3: the same data, options and seed give the same digest at another time", async () => {
  const storage = await Deno.makeTempDir();
  try {
    await eachRun(async ({ trace, seed }) => {
      if (seed % 3 !== 0) return;
      const clock = createClock("2031-05-06T07:08:09.000Z", 1_234);
      const again = await learn(seed, storage, clock);
      assertEquals(again.trace.digest, trace.digest);
      assert(again.trace.run.id !== trace.run.id);
      assert(again.trace.steps[0].at !== trace.steps[0].at);
    });
  } finally {
    await Deno.remove(storage, { recursive: true });
  }
});

Deno.test("law 3: another seed, option or text gives another digest", async () => {
  const storage = await Deno.makeTempDir();
  const { dataset } = createChaos(1);
  const learn = withTrace(learnRules, { storage });
  const [first, ...others] = dataset.examples;
  try {
    const digests = [
      await learn(dataset),
      await learn(dataset, { seed: 1 }),
      await learn(dataset, { tolerance: 0.004 }),
      await learn(dataset, { within: 0.01 }),
      await learn({ ...dataset, examples: [{ ...first, text: `${first.text}.` }, ...others] }),
      await learn({ ...dataset, examples: [...others, first] }),
      await learn({ ...dataset, name: "other" }),
      await learn(dataset, { synthesizer: { ...createPatternSynthesizer(), name: "other" } }),
      await learn(dataset, { coordinator: { ...createSimpleCoordinator(), name: "other" } }),
      await learn(dataset, { test: { name: "t", examples: [first] } }),
    ].map(({ trace }) => trace.digest);
    assertEquals(new Set(digests).size, digests.length);
  } finally {
    await Deno.remove(storage, { recursive: true });
  }
});

Deno.test("law 4: what is written is what is returned, and no run overwrites another's", () =>
  eachRun(async ({ trace, path, seed }) => {
    assertEquals(await readTrace(path), trace);
    if (seed < RUNS - 1) return;
    const folder = dirname(path);
    assertEquals(await readTrace(join(folder, "chaos.trace.json")), trace);
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name);
    assertEquals(left.filter((name) => !name.endsWith(".trace.json")), []);
    assertEquals(left.length, RUNS + 1);
  }));

Deno.test("law 5: no text of an example is written, whoever quotes it", () =>
  eachRun(({ path, chaos }) => {
    const written = Deno.readTextFileSync(path);
    const examples = [...chaos.dataset.examples, ...chaos.test?.examples ?? []];
    assertEquals(redact(written, examples), written);
    for (const { text } of examples) assert(!written.includes(text.slice(-24)));
  }));

Deno.test("failures are told once each, of examples to learn from, and rules are named for their kind", () =>
  eachRun(({ trace, chaos }) => {
    const { split, dataset } = trace.run;
    const ids = new Map(chaos.dataset.examples.map((example) => [example.id, example]));
    const isLabelled = dataset.task === "classification";
    for (const step of trace.steps) {
      if (step.type !== "iteration") continue;
      const { count, clusters } = step.failures;
      assertEquals(clusters.reduce((sum, cluster) => sum + cluster.count, 0), count);
      const kinds = clusters.map(({ expected, predicted }) =>
        JSON.stringify([expected, predicted])
      );
      assertEquals(new Set(kinds).size, kinds.length);
      for (const { expected, predicted, examples, rules } of clusters) {
        assert(examples.every((id) => ids.has(id) && !split.dev.includes(id)));
        assertEquals(new Set(examples).size, examples.length);
        assert(rules.every((id) => trace.rules[id].label === expected));
        assert(expected !== null || rules.length === 0);
        if (isLabelled || expected === null) continue;
        assert(expected !== predicted);
        const has = (id: string) => spansOf(ids.get(id)!).some(({ label }) => label === expected);
        assert(examples.every(has));
      }
    }
  }));

Deno.test("an audit that is kept and a pruning within the budget never lower F1", () =>
  eachRun(({ trace }) => {
    for (const step of trace.steps) {
      const isKept = step.type === "audit" && step.verdict === "kept";
      const isSafe = step.type === "prune" &&
        step.dropped.every(({ reason }) => reason === "subsumed");
      if (isKept || isSafe) assert(step.after.f1! >= step.before.f1!);
    }
  }));

Deno.test("law 6: a trace of a newer version is refused by name", () =>
  eachRun(({ path, seed }) => {
    if (seed > 10) return;
    const newer = Deno.readTextFileSync(path).replace(/"version":\d/, '"version":4');
    assertThrows(() => parseTrace(newer), TraceError, "format version 4");
  }));

Deno.test("no run returns more rules than it may, but for locked ones", () =>
  eachRun(({ rules, chaos: { options: { maxRules = Infinity } } }) => {
    const locked = rules.filter(({ locked }) => locked).length;
    assert(rules.length <= Math.max(locked, maxRules));
  }));

Deno.test("every trace of a run can be printed at any width, and so can its rules", () =>
  eachRun(({ trace, rules }) => {
    for (const width of [20, 40, 80, 200]) {
      const texts = [
        formatTrace(trace, { width }),
        formatRules(trace, { width }),
        ...rules.slice(0, 2).map(({ id }) => formatRuleLife(trace, id, { width })),
      ];
      assert(texts[0].includes("final"));
      for (const line of texts.join("").split("\n")) assert(displayWidth(line) <= width, line);
    }
  }));
