// deno-lint-ignore-file no-explicit-any -- what is changed is a trace that no longer holds
/**
 * Corruptions of what a run says of its data, its settings, its scores, its failures and its rules.
 *
 * @module
 */
import { changeRule, type Corruption, count, inRun, inStep, isLabelled } from "./corruption.ts";

const clusters = (step: any): any[] => step.failures.clusters;
const hasCluster = (step: any) => clusters(step).length > 0;
const hasClusters = (step: any) => clusters(step).length > 1;
const inFailures = (
  name: string,
  refusal: string | RegExp,
  meets: (step: any, draft: any) => unknown,
  change: (step: any, draft: any) => unknown,
) => inStep("iteration", name, refusal, meets, change);

const failures: Corruption[] = [
  inFailures(
    "a gold label of no example",
    'of the label "nowhere", not of the data set',
    hasCluster,
    (step) => void (clusters(step)[0].expected = "nowhere"),
  ),
  inFailures(
    "a predicted label of no example",
    'of the label "nowhere", not of the data set',
    hasCluster,
    (step) => void (clusters(step)[0].predicted = "nowhere"),
  ),
  inFailures(
    "more failures than in its clusters",
    "in its clusters, expected as many",
    hasCluster,
    (step) => void step.failures.count++,
  ),
  inFailures(
    "no failure",
    "has 0 failures and 0 in its clusters",
    hasCluster,
    (step) => void (step.failures = { count: 0, clusters: [] }),
  ),
  inFailures(
    "a cluster that was told in two",
    "has two clusters of the same labels",
    (step) => clusters(step).at(-1)?.count === 2 && clusters(step).at(-1).examples.length === 2,
    (step) => {
      const [whole] = clusters(step).splice(-1);
      const [one, other] = whole.examples;
      clusters(step).push({ ...whole, count: 1, examples: [one] });
      clusters(step).push({ ...whole, count: 1, examples: [other], rules: [] });
    },
  ),
  inFailures(
    "clusters from the smallest",
    "lists a larger cluster after a smaller one",
    (step) => hasClusters(step) && clusters(step)[0].count > clusters(step).at(-1).count,
    (step) => void clusters(step).reverse(),
  ),
  inFailures(
    "an example that is left out",
    /lists \d+ examples in a cluster of \d+, expected/,
    (step, draft) => isLabelled(draft) && hasCluster(step),
    (step) => void clusters(step)[0].examples.pop(),
  ),
  inFailures(
    "an example in two clusters",
    "lists an example in two clusters",
    (step, draft) => isLabelled(draft) && hasClusters(step),
    (step) => {
      clusters(step)[1].examples[0] = clusters(step)[0].examples[0];
    },
  ),
  inFailures(
    "a cluster of spans without an example",
    "lists no example in a cluster",
    (step, draft) => !isLabelled(draft) && hasCluster(step),
    (step) => void (clusters(step)[0].examples = []),
  ),
  inFailures(
    "more failures than examples",
    /has \d+ failures among \d+ examples/,
    (step, draft) => isLabelled(draft) && hasCluster(step),
    (step, { run }) => {
      const { train } = run.split;
      clusters(step)[0].count += train;
      step.failures.count += train;
    },
  ),
  inFailures(
    "fewer failures than errors on train",
    /failures, but \d+ (examples are wrong|spans)/,
    (step) => step.before.on === "train" && step.failures.count > 1 && step.before.fn > 1,
    (step) => {
      const [first] = clusters(step);
      step.failures = {
        count: 1,
        clusters: [{ ...first, count: 1, examples: first.examples.slice(0, 1) }],
      };
    },
  ),
  inFailures(
    "a rule for a cluster of another label",
    "for a cluster of another label",
    (step) =>
      clusters(step).some(({ rules, expected }) =>
        rules.length > 0 && clusters(step).some((other) => other.expected !== expected)
      ),
    (step) => {
      const one = clusters(step).find(({ rules }) => rules.length > 0);
      const other = clusters(step).find(({ expected }) => expected !== one.expected);
      other.rules.push(one.rules.pop());
    },
  ),
  inFailures(
    "a rule for two clusters",
    "names a rule for two clusters",
    (step) => hasClusters(step) && clusters(step).some(({ rules }) => rules.length > 0),
    (step) => {
      const one = clusters(step).findIndex(({ rules }) => rules.length > 0);
      clusters(step)[one === 0 ? 1 : 0].rules.push(clusters(step)[one].rules[0]);
    },
  ),
  inFailures(
    "a correct example, though the margin is 0",
    /that predicts what it expects, but|failures without a margin, but/,
    (step, draft) =>
      isLabelled(draft) && clusters(step).some((one) => one.expected === one.predicted),
    (_, { run }) => void (run.config.margin = 0),
  ),
  inFailures(
    "other failures of the same rules",
    "has other failures than the same rules left",
    ({ iteration }, { steps }) => {
      const before = steps.find((step: any) => step.iteration === iteration - 1);
      return before !== undefined && before.verdict !== "accepted";
    },
    (step) => {
      const [last] = clusters(step).splice(-1);
      step.failures.count -= last.count;
      if (clusters(step).length > 0) return;
      clusters(step).push({ ...last, examples: last.examples.with(0, "another") });
      step.failures.count = last.count;
    },
  ),
  ...[["focus", []], ["prompt", "patch"], ["train", {}]].map(([name, value]) =>
    inFailures(
      `the ${name} of an imported run`,
      `has a ${name}, which only imported runs have`,
      () => true,
      (step) => void (step[name as string] = value),
    )
  ),
];

const inRule = (
  name: string,
  refusal: string | RegExp,
  change: (rule: any) => object | undefined,
): Corruption => ({
  name: `rule: ${name}`,
  refusal,
  apply: (draft) => changeRule(draft, change),
});

const rules: Corruption[] = [
  inRule(
    "a pattern that is none",
    "cannot have been made: invalid-pattern",
    () => ({ patterns: ["("] }),
  ),
  inRule(
    "a condition that is not a pattern",
    "cannot have been made: invalid-pattern",
    () => ({ not: ["["] }),
  ),
  inRule("a flag twice", "cannot have been made: invalid-pattern", () => ({ flags: "ii" })),
  inRule("flags that exclude each other", "made: invalid-pattern", () => ({ flags: "uv" })),
  inRule("a pattern that is too long", "pattern of 100001 characters, at most 100000", () => (
    { patterns: ["x".repeat(100_001)] }
  )),
  inRule("a group that its pattern lacks", "group 9 is wanted", () => ({ group: 9 })),
  inRule("a pattern that matches the empty text", "matches the empty text", () => (
    { patterns: ["x*"], not: undefined, group: undefined, template: undefined }
  )),
  inRule("a label of no example", "which is not in the data set", () => ({ label: "nowhere" })),
  {
    name: "rule: a weight with too many digits",
    refusal: "expected whole millionths",
    apply({ rules }) {
      for (const rule of Object.values(rules)) return void (rule.weight = 0.123_456_789);
      return false;
    },
  },
  {
    name: "rule: a numbered id that no start gave",
    refusal: /makes the rule r[0-9a-f]{12}-2, but only rules at the start are numbered/,
    apply(draft) {
      const added = draft.steps.find(({ patch }) => patch?.added.length > 0)?.patch.added[0];
      if (added === undefined) return false;
      const renamed = JSON.parse(JSON.stringify(draft).replaceAll(added, `${added}-2`));
      const [first] = draft.steps[0].start ?? [];
      if (first === added || draft.steps[0].added.includes(added)) return false;
      Object.assign(draft, { rules: renamed.rules, steps: renamed.steps });
    },
  },
];

const scored = (step: any) => step.scores;
const scores: Corruption[] = [
  inStep(
    "synthesis",
    "a macroF1 that is too low",
    /has macroF1 0.0001, expected /,
    ({ scores }) => scores.tp > 0 && scores.fn > 0,
    (step) => void (scored(step).macroF1 = 0.0001),
  ),
  inStep(
    "synthesis",
    "a macroF1 that is too high",
    /has macroF1 0.9999, expected /,
    ({ scores }) => scores.tp > 0 && scores.f1 < 0.9,
    (step) => void (scored(step).macroF1 = 0.9999),
  ),
  inStep(
    "synthesis",
    "a macroF1 without a correct label",
    /has macroF1 0.5, expected 0 to 0/,
    ({ scores }) => scores.tp === 0 && scores.fn > 0,
    (step) => void (scored(step).macroF1 = 0.5),
  ),
  inStep(
    "synthesis",
    "a macroF1 below 1 without an error",
    /has macroF1 0.99, expected 1 to 1/,
    ({ scores }) => scores.f1 === 1,
    (step) => void (scored(step).macroF1 = 0.99),
  ),
  inStep(
    "synthesis",
    "an abstention in spite of a default",
    "but with a default each wrong example is both",
    ({ scores }, { run }) => run.config.default !== undefined && scores.fp > 0,
    (step) => void (step.scores = count(step.scores, { fp: step.scores.fp - 1 })),
  ),
  inStep(
    "final",
    "a split that is missing",
    /has scores on .*, expected /,
    ({ scores }) => scores.test !== undefined,
    ({ scores }) => void delete scores.test,
  ),
  inStep(
    "final",
    "a test set that the settings do not have",
    /has scores on .*, expected /,
    ({ scores }) => scores.test !== undefined,
    (_, { run }) => void delete run.config.test,
  ),
  inStep(
    "final",
    "another test set than in the settings",
    "examples of test, which has 7",
    ({ scores }) => scores.test !== undefined,
    (_, { run }) => void (run.config.test.examples = 7),
  ),
  inStep(
    "final",
    "train without dev",
    /ends with other scores|has scores on/,
    ({ scores }) => scores.dev !== undefined,
    ({ scores }) => void delete scores.dev,
  ),
  inStep(
    "iteration",
    "another number of gold spans",
    /counts \d+ gold spans on \w+, after \d+ before/,
    (step, draft) => !isLabelled(draft) && step.verdict === "rejected" && step.after.fn > 0,
    (step) => {
      const after = count(step.after, { fn: step.after.fn + 1 });
      step.after = after;
    },
  ),
];

const config = (
  name: string,
  refusal: string | RegExp,
  change: (config: any, draft: any) => unknown,
) => inRun(`settings: ${name}`, refusal, (run, draft) => change(run.config, draft));
const settings: Corruption[] = [
  config("a tolerance of 2", "config: field tolerance", (config) => void (config.tolerance = 2)),
  config("no tolerance", "config: field tolerance", (config) => void delete config.tolerance),
  config("a patience of 0", "config: field patience", (config) => void (config.patience = 0)),
  config(
    "half a patch",
    "config: field maxIterations",
    (config) => void (config.maxIterations = 0.5),
  ),
  config("no rule at all", "config: field maxRules", (config) => void (config.maxRules = 0)),
  config("dice", "config: field decide", (config) => void (config.decide = "dice")),
  config("a refit that may be", "config: field refit", (config) => void (config.refit = "perhaps")),
  config(
    "a default of no label",
    "has a default that is not one of its labels",
    (config) => void (config.default = "nowhere"),
  ),
  config(
    "spans in classification",
    "do not go with classification",
    (config, draft) => isLabelled(draft) ? void (config.match = "exact") : false,
  ),
  config(
    "votes on spans",
    /do not go with (ner|extraction)/,
    (config, draft) => isLabelled(draft) ? false : void (config.decide = "vote"),
  ),
  config(
    "a refit that was not made",
    /without the refit|is to refit, but holds no/,
    (config, { steps }) =>
      config.refit || steps.at(-1).type !== "final" ? false : void (config.refit = true),
  ),
  config(
    "no refit, though one was made",
    "which the settings rule out",
    (config, { steps }) =>
      steps.some(({ type }: any) => type === "refit") ? void (config.refit = false) : false,
  ),
  config(
    "a synthesis, though incremental",
    "but incremental leaves synthesis out",
    (config, { steps }) =>
      config.incremental || steps[0].proposed === 0 ? false : void (config.incremental = true),
  ),
  config(
    "incremental from nothing",
    "starts without rules, but incremental",
    (config, { steps }) =>
      steps[0].start === undefined && steps[0].proposed === 0
        ? void (config.incremental = true)
        : config.incremental
        ? void delete steps[0].start
        : false,
  ),
  inRun(
    "nothing held out by a share",
    "examples out, but its share of them is",
    ({ split }) => split.holdout === 0 ? void (split.holdout = 0.2) : void (split.holdout = 0),
  ),
  inRun("one label", "learns from 1 labels", ({ dataset }, draft) => {
    if (!isLabelled(draft)) return false;
    dataset.labels = dataset.labels.slice(0, 1);
  }),
  inRun("imported from another tool", "declares the protocol of another tool", (run) => {
    run.origin = { tool: "other", version: "1" };
  }),
];

/** Corruptions of facts. */
export const facts: readonly Corruption[] = [...failures, ...rules, ...scores, ...settings];
