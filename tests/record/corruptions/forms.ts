// deno-lint-ignore-file no-explicit-any -- what is changed is a trace that no longer holds
/**
 * Corruptions of the form of a step or a run: what no step says, whatever the steps around it.
 *
 * @module
 */
import { type Corruption, inRun, inStep, isLabelled, stranger } from "./corruption.ts";

const asks = (step: any) => step.exchanges !== undefined;
const reweighs = (step: any) => step.reweighted !== undefined;

const asked: Corruption[] = [
  inStep(
    "synthesis",
    "no exchanges in a list",
    "has an empty list named exchanges",
    asks,
    (step) => void (step.exchanges = step.responses = []),
  ),
  inStep(
    "iteration",
    "more repaired than asked",
    "repaired replies, which is more",
    asks,
    (step) => void (step.repaired = step.exchanges.length + 1),
  ),
  inStep(
    "audit",
    "repaired without asking",
    "repaired replies, which is more",
    asks,
    (step) => {
      step.repaired = 1;
      delete step.exchanges;
      delete step.responses;
    },
  ),
  inStep(
    "iteration",
    "exchanges without the digests of their responses",
    "names exchanges, but has no digests of their responses",
    asks,
    (step) => void delete step.responses,
  ),
  inStep(
    "synthesis",
    "digests of responses without exchanges",
    "has digests of responses, but names no exchanges",
    asks,
    (step) => void delete step.exchanges,
  ),
  inStep(
    "audit",
    "a response less than exchanges",
    "names 1 exchanges, but has the digests of 0 responses",
    asks,
    (step) => void step.responses.pop(),
  ),
  {
    name: "run: digests of responses in format version 2",
    refusal: "which format version 2 does not have",
    apply: (draft) => {
      if (!draft.steps.some(asks)) return false;
      (draft as any).version = 2;
    },
  },
  inStep(
    "synthesis",
    "a model asked by an incremental run",
    "says more than the start of an incremental run",
    (step, { run }) => run.config.incremental && step.start,
    (step) => void (step.exchanges = step.responses = [`sha256:${"0".repeat(64)}`]),
  ),
  inStep(
    "synthesis",
    "an error of an incremental run",
    "says more than the start of an incremental run",
    (step, { run }) => run.config.incremental && step.start,
    (step) => void (step.error = { name: "Error", message: "no answer" }),
  ),
];

const strengths: Corruption[] = [
  inStep(
    "synthesis",
    "no new weights in a list",
    "has an empty list named reweighted",
    () => true,
    (step) => void (step.reweighted = []),
  ),
  inStep(
    "synthesis",
    "starts with nothing",
    "an empty list named start",
    () => true,
    (step) => step.start === undefined ? void (step.start = []) : false,
  ),
  inStep(
    "iteration",
    "no new weights in its count",
    "changes 0 weights",
    ({ patch }) => patch.reweighted === undefined,
    (step) => void (step.patch.reweighted = 0),
  ),
  ...(["iteration", "refit", "synthesis"] as const).map((type) =>
    inStep(
      type,
      "a weight with too many digits",
      "expected whole millionths",
      reweighs,
      (step) => void (step.reweighted[0].weight = 1.23456789),
    )
  ),
  inStep(
    "refit",
    "a rule reweighted twice",
    "the strengths of a rule twice",
    reweighs,
    (step) => void step.reweighted.push(step.reweighted[0]),
  ),
  inStep(
    "iteration",
    "a new weight that is none",
    "changes no strength of",
    reweighs,
    (step) => void (step.reweighted[0] = { rule: step.reweighted[0].rule }),
  ),
  inStep(
    "final",
    "new weights",
    "which no final does",
    ({ rules }) => rules.length > 0,
    (step) => void (step.reweighted = [{ rule: step.rules[0], weight: 1 }]),
  ),
  inStep("prune", "new weights", "which no prune does", () => true, (step) => {
    const gone = step.dropped.map(({ rule }: any) => rule);
    const kept = step.dropped.find(({ by }: any) => by !== undefined && !gone.includes(by));
    return kept === undefined ? false : void (step.reweighted = [{ rule: kept.by, weight: 1 }]);
  }),
];

const actions: Corruption[] = [
  inStep(
    "audit",
    "new weights though nothing was applied",
    "applies nothing, but reweights rules",
    ({ verdict }) => verdict === "none",
    (step, draft) => {
      const before = draft.steps.slice(0, draft.steps.indexOf(step));
      const rule = before.length === 1 && before[0].added[0];
      if (!rule) return false;
      step.reweighted = [{ rule, weight: 1 }];
    },
  ),
  inStep(
    "audit",
    "a rule of an action that was skipped",
    /skips a \w+, but makes the rule /,
    ({ actions }) => actions.some(({ outcome }: any) => outcome === "skipped"),
    (step, draft) => {
      const rule = stranger(draft.run.dataset.labels[0]);
      draft.rules[rule.id] = rule;
      step.actions.find(({ outcome }: any) => outcome === "skipped").to = rule.id;
    },
  ),
  inStep(
    "audit",
    "a change that was applied",
    "applies a change",
    ({ actions }) =>
      actions.some(({ kind, outcome }: any) => kind === "tighten" && outcome === "applied"),
    (step) => {
      step.actions.find(({ kind, outcome }: any) => kind === "tighten" && outcome === "applied")
        .kind = "change";
    },
  ),
];

const failures: Corruption[] = [
  inStep(
    "iteration",
    "more failures without a margin than errors",
    "failures without a margin, but",
    ({ before, failures }, draft) =>
      isLabelled(draft) && before.on === "train" && failures.clusters.length > 0,
    ({ failures, before }, { run }) => {
      if (run.config.margin > 0 || failures.count === run.split.train || before.tp === 0) {
        return false;
      }
      const [cluster] = failures.clusters;
      if (cluster.count >= 20) return false;
      failures.count++;
      cluster.count++;
      cluster.examples.push("another");
    },
  ),
  inStep(
    "iteration",
    "an abstention that was a prediction",
    "failures without a prediction, expected",
    ({ before, failures }, draft) =>
      isLabelled(draft) && before.on === "train" && draft.run.config.default === undefined &&
      failures.clusters.some(isAbstention),
    ({ failures: { clusters } }, { run: { dataset: { labels } } }) => {
      const abstention = clusters.find(isAbstention);
      const taken = clusters.filter(({ expected }: any) => expected === abstention.expected)
        .map(({ predicted }: any) => predicted);
      const free = labels.find((label: string) =>
        label !== abstention.expected && !taken.includes(label)
      );
      if (free === undefined) return false;
      abstention.predicted = free;
    },
  ),
  inStep(
    "iteration",
    "a missed span that was spurious",
    "spans are missed and",
    ({ before, failures }, draft) =>
      !isLabelled(draft) && before.on === "train" && failures.clusters.some(isAbstention),
    ({ failures: { clusters } }) => {
      const missed = clusters.find(isAbstention);
      const taken = clusters.some(({ expected, predicted }: any) =>
        expected === null && predicted === missed.expected
      );
      if (taken || missed.rules.length > 0) return false;
      [missed.expected, missed.predicted] = [null, missed.expected];
    },
  ),
];

const isAbstention = ({ predicted }: any) => predicted === null;

const runs: Corruption[] = [
  {
    name: "critique: a third one before a patch",
    refusal: "is critique 3 before a patch",
    apply: ({ run, steps }) => {
      if (steps[1]?.type !== "iteration" || run.config.target !== undefined) return false;
      const { at, digest } = steps[0];
      const critique = { type: "critique", at, took: 0, digest, analysis: "more", advice: [] };
      steps.splice(1, 0, critique, critique, critique);
    },
  },
  inRun(
    "settings: no support",
    "config: field minSupport",
    ({ config }) => void (config.minSupport = 0),
  ),
  inRun(
    "labels out of order",
    "does not have its labels in order",
    ({ dataset: { labels } }) => labels.length < 2 ? false : void labels.reverse(),
  ),
  inRun(
    "an end of a run that goes on",
    "the run is running, but has the time",
    (run, { steps }) => run.status === "running" ? void (run.finishedAt = steps.at(-1).at) : false,
  ),
  inRun(
    "no end of a run that ended",
    /the run is \w+, but has no time of its end/,
    (run) => run.status === "running" ? false : void delete run.finishedAt,
  ),
  inRun(
    "a start after its first step",
    "is dated before the start of the run",
    (run) => void (run.startedAt = "2999-01-01T00:00:00.000Z"),
  ),
  inRun(
    "a first step longer than the run",
    /step 0 took \d+ ms, but ended/,
    (_, { steps }) => void (steps[0].took = 86_400_000_000),
  ),
  {
    name: "run: hits of no rules",
    refusal: "but there is no rule",
    apply: ({ run, rules, steps }) => {
      if (run.config.default !== undefined || run.config.incremental) return false;
      const [{ added, reweighted, scores }] = steps;
      if (scores.tp === 0 || steps.length !== 2 || Object.keys(rules).length !== added.length) {
        return false;
      }
      if (steps[1].type !== "final" && steps[1].type !== "failure") return false;
      for (const id of added) delete rules[id];
      Object.assign(steps[0], { added: [], proposed: steps[0].refused.length });
      if (reweighted !== undefined) delete steps[0].reweighted;
      if (steps[1].type === "final") steps[1].rules = [];
    },
  },
  {
    name: "run: examples held out of too few",
    refusal: "expected none below 10",
    apply: (draft) => {
      const { split, dataset } = draft.run;
      if (split.dev.length !== 0 || dataset.examples < 10) return false;
      Object.assign(split, { train: 8, dev: ["held"], holdout: 0.1 });
      dataset.examples = 9;
    },
  },
];

/** Corruptions of form. */
export const forms: readonly Corruption[] = [
  ...asked,
  ...strengths,
  ...actions,
  ...failures,
  ...runs,
];
