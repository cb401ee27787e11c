// deno-lint-ignore-file no-explicit-any -- what is changed is a trace that no longer holds
/**
 * Corruptions of what a run decided: of patches, audits and pruning, and of why it stopped.
 *
 * @module
 */
import {
  better,
  type Corruption,
  type Draft,
  inRun,
  inStep,
  rulesBefore,
  worse,
} from "./corruption.ts";

const isAccepted = ({ verdict }: any) => verdict === "accepted";
const isRejected = ({ verdict }: any) => verdict === "rejected";
const isKept = ({ verdict }: any) => verdict === "kept";
const isReverted = ({ verdict }: any) => verdict === "reverted";
const withScores = (step: any, after: any) =>
  after === undefined ? false : void (step.after = after);

const patches: Corruption[] = [
  inStep(
    "iteration",
    "accepted though F1 fell",
    "which did not rise",
    isAccepted,
    (step, draft) => withScores(step, worse(draft, step.before)),
  ),
  inStep(
    "iteration",
    "accepted for precision with F1 beyond the tolerance",
    /has the verdict accepted by the clause precision, expected rejected from F1 /,
    (step) => step.clause === "precision" && step.after.f1 < step.before.f1,
    (_, { run }) => void (run.config.tolerance = 0),
  ),
  inStep(
    "iteration",
    "accepted for precision though F1 rose",
    "by the clause precision, expected accepted by the clause f1",
    (step) => step.clause === "f1" && step.after.precision > step.before.precision,
    (step) => void (step.clause = "precision"),
  ),
  inStep(
    "iteration",
    "accepted for F1 that did not rise",
    "by the clause f1, which did not rise",
    ({ clause }) => clause === "precision",
    (step) => void (step.clause = "f1"),
  ),
  inStep(
    "iteration",
    "rejected though F1 rose",
    /rejected, expected accepted by the clause (f1|pr)/,
    isAccepted,
    (step) => {
      step.verdict = "rejected";
      step.best = false;
      delete step.clause;
      delete step.reweighted;
    },
  ),
  inStep(
    "iteration",
    "rejected with scores that would be accepted",
    "rejected, expected accepted by the clause f1",
    isRejected,
    (step, draft) => withScores(step, better(draft, step.before)),
  ),
  inStep(
    "iteration",
    "rejected though precision rose within the tolerance",
    "rejected, expected accepted by the clause precision",
    (step) => isRejected(step) && step.after.precision > step.before.precision,
    (_, { run }) => void (run.config.tolerance = 1),
  ),
  inStep(
    "iteration",
    "rejected though nothing changed",
    "rejected, expected empty",
    ({ verdict }) => verdict === "empty",
    (step) => void (step.verdict = "rejected"),
  ),
  inStep(
    "iteration",
    "failed without an error",
    "failed, expected empty",
    ({ verdict, error }) => verdict === "empty" && error === undefined,
    (step) => void (step.verdict = "failed"),
  ),
  inStep(
    "iteration",
    "a best that is not",
    "says best true, expected false",
    ({ best }) => !best,
    (step) => void (step.best = true),
  ),
  inStep(
    "iteration",
    "a best that is hidden",
    "says best false, expected true",
    ({ best }) => best,
    (step) => void (step.best = false),
  ),
  inStep(
    "iteration",
    "weights of a patch that was not accepted",
    "lists 1 new weights, expected none",
    (step) => isRejected(step) && step.patch.added.length > 0,
    (step) => void (step.reweighted = [{ rule: step.patch.added[0], weight: 2 }]),
  ),
  inStep(
    "iteration",
    "more weights than it lists",
    /lists \d+ new weights, expected \d+/,
    (step) => isAccepted(step),
    (step) => void (step.patch.reweighted = (step.patch.reweighted ?? 0) + 1),
  ),
  inStep(
    "iteration",
    "a number out of turn",
    "is iteration 2, expected 1",
    ({ iteration }) => iteration === 1,
    (_, { steps }) => {
      for (const step of steps) if (step.type === "iteration") step.iteration++;
    },
  ),
];

const audits: Corruption[] = [
  inStep(
    "audit",
    "kept though F1 fell",
    "has the verdict kept, expected reverted",
    isKept,
    (step, draft) => withScores(step, worse(draft, step.before)),
  ),
  inStep(
    "audit",
    "reverted told as kept",
    "has the verdict kept, expected reverted",
    isReverted,
    (step) => void (step.verdict = "kept"),
  ),
  inStep(
    "audit",
    "kept told as reverted",
    "has the verdict reverted, expected kept",
    isKept,
    (step) => void (step.verdict = "reverted"),
  ),
  inStep(
    "audit",
    "reverted though F1 stayed",
    "has the verdict reverted, expected kept",
    isReverted,
    (step) => void (step.after = step.before),
  ),
  inStep(
    "audit",
    "kept told as none",
    /none, but applied an action|changes no rule, but its scores/,
    isKept,
    (step) => void (step.verdict = "none"),
  ),
  inStep(
    "audit",
    "kept without an action",
    "has the verdict kept, expected none",
    ({ verdict }) => verdict === "none",
    (step) => void (step.verdict = "kept"),
  ),
  inStep(
    "audit",
    "an error and actions",
    "has an error, but actions as well",
    ({ actions }) => actions.length > 0,
    (step) => void (step.error = { name: "Error", message: "no answer" }),
  ),
  inStep(
    "audit",
    "a merge of one rule",
    "applies a merge of 1 rules",
    ({ actions }) =>
      actions.some(({ kind, outcome }: any) => kind === "tighten" && outcome === "applied"),
    (step) => {
      step.actions.find(({ kind, outcome }: any) => kind === "tighten" && outcome === "applied")
        .kind = "merge";
    },
  ),
  inStep(
    "audit",
    "a tightening of several rules",
    /applies a tighten of \d rules/,
    ({ actions }) =>
      actions.some(({ kind, outcome }: any) => kind === "merge" && outcome === "applied"),
    (step) => {
      step.actions.find(({ kind, outcome }: any) => kind === "merge" && outcome === "applied")
        .kind = "tighten";
    },
  ),
];

const prunes: Corruption[] = [
  inStep(
    "prune",
    "F1 that fell without need",
    "drops only subsumed rules, but F1 falls",
    ({ dropped }) => dropped.every(({ reason }: any) => reason === "subsumed"),
    (step, draft) => withScores(step, worse(draft, step.before)),
  ),
  inStep(
    "prune",
    "a subsumed rule as over the budget",
    /drops \d+ rules over the budget, expected /,
    ({ dropped }, { run }) =>
      run.config.maxRules === undefined &&
      dropped.some(({ reason }: any) => reason === "subsumed"),
    (step) => {
      step.dropped = step.dropped.map(({ rule }: any) => ({ rule, reason: "budget" }));
    },
  ),
  inStep(
    "prune",
    "a strong rule over the budget",
    "rules over the budget, expected the weakest",
    ({ dropped }, { run }) =>
      dropped.some(({ reason }: any) => reason === "budget") &&
      run.config.maxRules >= 1,
    (step, draft) => {
      const gone = new Set(step.dropped.map(({ rule }: any) => rule));
      const other = rulesBefore(draft, step).find(({ id }) => !gone.has(id));
      step.dropped.find(({ reason }: any) => reason === "budget").rule = other!.id;
    },
  ),
  inStep(
    "prune",
    "fewer rules over the budget",
    /drops \d+ rules over the budget, expected the weakest/,
    ({ dropped }) => dropped.some(({ reason }: any) => reason === "budget"),
    (step) =>
      void step.dropped.splice(
        step.dropped.findLastIndex((one: any) => one.reason === "budget"),
        1,
      ),
  ),
  inStep(
    "prune",
    "no rule",
    /drops no rule|drops 0 rules over the budget/,
    () => true,
    (step) => void (step.dropped = []),
  ),
  inStep(
    "prune",
    "a subsumed rule without another",
    "as subsumed, expected another rule of its label",
    ({ dropped }) => dropped.some(({ reason }: any) => reason === "subsumed"),
    (step) => void delete step.dropped.find(({ reason }: any) => reason === "subsumed").by,
  ),
  inStep(
    "prune",
    "a rule subsumed by one of another label",
    "expected another rule of its label",
    (step, draft) => otherLabel(step, draft) !== undefined,
    (step, draft) => {
      step.dropped.find(({ reason }: any) => reason === "subsumed").by = otherLabel(step, draft);
    },
  ),
  inStep(
    "prune",
    "a rule over the budget for another",
    "drops a rule over the budget for another",
    (step, draft) =>
      step.dropped.some(({ reason }: any) => reason === "budget") &&
      rulesBefore(draft, step).length > step.dropped.length,
    (step, draft) => {
      const gone = new Set(step.dropped.map(({ rule }: any) => rule));
      const by = rulesBefore(draft, step).find(({ id }) => !gone.has(id))!.id;
      step.dropped.find(({ reason }: any) => reason === "budget").by = by;
    },
  ),
];

function otherLabel(step: any, draft: Draft): string | undefined {
  const rules = rulesBefore(draft, step);
  const dropped = step.dropped.find(({ reason }: any) => reason === "subsumed")?.rule;
  const label = rules.find(({ id }) => id === dropped)?.label;
  return label && rules.find((rule) => rule.label !== label)?.id;
}

/** The settings of a run that ended for a reason. */
const stopped = (
  stop: string,
  name: string,
  refusal: string | RegExp,
  change: (config: any, final: any, draft: Draft) => unknown,
): Corruption =>
  inRun(`${stop}: ${name}`, refusal, (run, draft) => {
    const final = draft.steps.at(-1);
    return final.stop === stop ? change(run.config, final, draft) : false;
  });
const tell = (stop: string, as: string, refusal: string | RegExp): Corruption =>
  stopped(stop, `told as ${as}`, refusal, (_, final) => void (final.stop = as));
const lastPatch = ({ steps }: Draft) => steps.findLast(({ type }) => type === "iteration");
const due = (stop: string) => new RegExp(`stops for .*, but had to stop for ${stop}`);
const none = "nothing it records is the cause of that";

const stops: Corruption[] = [
  tell("stale", "target", due("stale")),
  tell("stale", "max-iterations", due("stale")),
  tell("stale", "coordinator", due("stale")),
  tell("stale", "no-failures", /its rules left \d+/),
  tell("max-iterations", "stale", due("max-iterations")),
  tell("max-iterations", "target", due("max-iterations")),
  tell("max-iterations", "coordinator", due("max-iterations")),
  tell("target", "stale", due("target")),
  tell("target", "max-iterations", due("target")),
  tell("target", "coordinator", due("target")),
  tell("coordinator", "stale", none),
  tell("coordinator", "target", none),
  tell("coordinator", "max-iterations", none),
  tell("no-failures", "stale", /stops for stale, but /),
  tell("no-failures", "target", /stops for target, but /),
  stopped("no-failures", "told as max-iterations", "stops for max", (config, final, draft) => {
    if ((lastPatch(draft)?.iteration ?? 0) >= config.maxIterations) return false;
    final.stop = "max-iterations";
  }),
  stopped(
    "stale",
    "with more patience",
    /had to stop|nothing it records/,
    (config) => void config.patience++,
  ),
  stopped(
    "stale",
    "with less patience",
    "had to stop before it: stale",
    (config) => config.patience === 1 ? false : void (config.patience = 1),
  ),
  stopped(
    "max-iterations",
    "with more patches allowed",
    none,
    (config) => void config.maxIterations++,
  ),
  stopped("max-iterations", "without a limit", none, (config) => void delete config.maxIterations),
  stopped(
    "stale",
    "with fewer patches allowed",
    /had to stop before it: max-iterations/,
    (config, _, draft) => void (config.maxIterations = lastPatch(draft).iteration - 1),
  ),
  stopped(
    "stale",
    "with a target that was met",
    "had to stop",
    (config) => void (config.target = 0),
  ),
  stopped(
    "target",
    "with a target that was not met",
    /nothing it records|had to stop for/,
    (config, _, draft) => {
      config.target = 1;
      return draft.steps.some(({ before, after, scores }) =>
          [before, after, scores].some((one) => one?.f1 === 1)
        )
        ? false
        : undefined;
    },
  ),
];

/** Corruptions of decisions. */
export const decisions: readonly Corruption[] = [...patches, ...audits, ...prunes, ...stops];
