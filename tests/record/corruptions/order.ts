// deno-lint-ignore-file no-explicit-any -- what is changed is a trace that no longer holds
/**
 * Corruptions of the order of steps, of their times, and of the number of rules.
 *
 * @module
 */
import {
  afterLast,
  type Corruption,
  type Draft,
  dropStep,
  inRun,
  rulesBefore,
} from "./corruption.ts";

const critique = { type: "critique", analysis: "late", advice: [] };
const scoresAfter = (step: any) =>
  step.verdict === "reverted" || step.verdict === "rejected"
    ? step.before
    : step.after ?? step.scores;
const emptyAudit = (phase: string, last: any) => {
  const scores = scoresAfter(last);
  return { type: "audit", phase, actions: [], verdict: "none", before: scores, after: scores };
};
const emptyPatch = (last: any, draft: Draft) => ({
  type: "iteration",
  iteration: draft.steps.filter(({ type }) => type === "iteration").length + 1,
  failures: { count: 1, clusters: [] },
  patch: { added: [], replaced: [], removed: [], refused: [] },
  verdict: "empty",
  before: scoresAfter(last),
  after: scoresAfter(last),
  best: false,
});
const isAudit = (phase: string) => (step: any) => step.type === "audit" && step.phase === phase;

/** Puts a step before the first that meets a condition. */
function before(
  name: string,
  refusal: string | RegExp,
  meets: (step: any, draft: Draft) => unknown,
  make: (last: any, draft: Draft) => any,
): Corruption {
  return {
    name: `before ${name}`,
    refusal,
    apply(draft) {
      const place = draft.steps.findIndex((step) => meets(step, draft));
      if (place < 1) return false;
      const { at, digest } = draft.steps[place];
      const scored = draft.steps.slice(0, place).findLast(scoresAfter);
      draft.steps.splice(place, 0, { index: 0, at, took: 0, digest, ...make(scored, draft) });
    },
  };
}

/** Makes the last step what the steps before it lead to. */
function settle(draft: Draft): void {
  const final = draft.steps.at(-1);
  const { on, ...counts } = scoresAfter(
    draft.steps.findLast((step, place) => place < draft.steps.length - 1 && scoresAfter(step)),
  );
  final.rules = rulesBefore(draft, final).map(({ id }) => id);
  final.scores = { ...final.scores, [on]: { on, ...counts } };
}

const placed: Corruption[] = [
  ...(["restore", "prune", "refit"] as const).flatMap((type) => [
    afterLast(
      type,
      "a critique",
      /is of type critique, and no run has that after the /,
      () => critique,
    ),
    afterLast(
      type,
      "an iteration",
      /is of type iteration, and no run has that after the /,
      emptyPatch,
    ),
    afterLast(
      type,
      "an audit of the refinement",
      /is of type refine audit, and no run has that after the /,
      (last) => emptyAudit("refine", last),
    ),
  ]),
  ...(["prune", "refit"] as const).flatMap((type) => [
    afterLast(
      type,
      "a final audit",
      /is of type final audit, and no run has that after the /,
      (last) => emptyAudit("final", last),
    ),
    afterLast(type, "a restore", /is of type restore, and no run has that after the /, (last) => ({
      type: "restore",
      to: 0,
      before: scoresAfter(last),
      after: scoresAfter(last),
    })),
  ]),
  afterLast("restore", "another restore", "and no run has that after another restore", (last) => ({
    ...last,
    before: last.after,
  })),
  afterLast("refit", "another refit", "and no run has that after another refit", ({ scores }) => (
    { type: "refit", proposed: 0, added: [], removed: [], refused: [], scores }
  )),
  afterLast(
    "synthesis",
    "a restore of the best rules",
    /the rules were the best so far/,
    (last) => ({
      type: "restore",
      to: 0,
      before: last.scores,
      after: last.scores,
    }),
  ),
  before(
    "iteration: a final audit",
    "is of type iteration, and no run has that after the audit",
    ({ type }) => type === "iteration",
    (last) => emptyAudit("final", last),
  ),
  before(
    "iteration: an audit of the refinement",
    "refine audit, expected only after an accepted patch",
    ({ type }) => type === "iteration",
    (last) => emptyAudit("refine", last),
  ),
  before(
    "iteration: a prune",
    /drops (no rule|0 rules over)/,
    ({ type }) => type === "iteration",
    ({ scores }) => ({
      type: "prune",
      dropped: [],
      before: scores,
      after: scores,
    }),
  ),
  before(
    "final audit: another",
    "and no run has that after another final audit",
    isAudit("final"),
    (last) => emptyAudit("final", last),
  ),
  before(
    "final: a critique of a run that had stopped",
    /critique, (and no run|but the run had to stop)/,
    ({ type, stop }) => type === "final" && ["stale", "target", "max-iterations"].includes(stop),
    () => critique,
  ),
  {
    name: "final: no failures, though the coordinator was asked for another patch",
    refusal: "the coordinator was asked for another patch",
    apply({ run: { config }, steps }) {
      const isEnd = steps.at(-1).stop === "no-failures" && config.target === undefined;
      const patches = steps.filter((step) => step.type === "iteration").length;
      if (!isEnd || patches >= (config.maxIterations ?? Infinity)) return false;
      const place = steps.findLastIndex((step) =>
        ["synthesis", "iteration"].includes(step.type) || isAudit("refine")(step)
      );
      const { at, digest } = steps[place];
      steps.splice(place + 1, 0, { index: 0, at, took: 0, digest, ...critique });
      for (const step of steps) if (step.to > place) step.to++;
    },
  },
];

const lost: Corruption[] = [
  {
    name: "restore: lost",
    refusal: /expected a return to the rules of step \d+, the best/,
    apply(draft) {
      const next = draft.steps[draft.steps.findIndex(({ type }) => type === "restore") + 1];
      // A run that was cut short right before it has none either.
      if (next === undefined || next.type === "failure") return false;
      return dropStep(draft, ({ type }) => type === "restore");
    },
  },
  {
    name: "restore: of a set that is not the best",
    refusal: /restores step \d+, expected step \d+, which has the best rules/,
    apply(draft) {
      const step = draft.steps.find(({ type }) => type === "restore");
      if (step === undefined) return false;
      step.to = step.to === 0 ? 1 : 0;
    },
  },
  {
    name: "refit: lost",
    refusal: "ends the run without the refit that its settings ask for",
    apply(draft) {
      const place = draft.steps.findIndex(({ type }) => type === "refit");
      if (place === -1 || draft.steps.at(-1).type !== "final") return false;
      const [{ scores }] = draft.steps.splice(place, draft.steps.length - place - 1);
      delete draft.steps.at(-1).scores[scores.on];
      // Rules that only the refit made are defined for nothing, which comes later.
      settle(draft);
    },
  },
  {
    name: "prune: lost, with too many rules left",
    refusal: /comes with \d+ rules, but maxRules allows \d+/,
    apply(draft) {
      const isOver = ({ type, dropped }: any) =>
        type === "prune" && dropped.some(({ reason }: any) => reason === "budget");
      const place = draft.steps.findIndex(isOver);
      if (place === -1 || draft.steps[place + 1]?.type !== "final") return false;
      dropStep(draft, isOver);
      settle(draft);
    },
  },
  inRun(
    "a lower limit of rules than it ends with",
    /maxRules allows|over the budget, expected the weakest/,
    ({ config }, { steps, rules }) => {
      const size = steps.at(-1).rules?.length ?? 0;
      const isLocked = Object.values<{ locked?: true }>(rules).some(({ locked }) => locked);
      return size < 2 || isLocked ? false : void (config.maxRules = size - 1);
    },
  ),
  inRun(
    "no limit of rules, though some were dropped for it",
    "over the budget, expected none",
    ({ config }, { steps }) =>
      steps.some(({ dropped = [] }) => dropped.some(({ reason }: any) => reason === "budget"))
        ? void delete config.maxRules
        : false,
  ),
];

const times: Corruption[] = [
  inRun("a step before its time", "is dated before the step before it", (_, { steps }) => {
    steps.at(-1).at = "2001-01-01T00:00:00.000Z";
  }),
  inRun(
    "a step that took longer than there was",
    /step \d+ took 86400000 ms, but ended/,
    (_, { steps }) => {
      steps.at(-1).took = 86_400_000;
    },
  ),
  inRun("a run that ended before its last step", "is dated after the end of the run", (run) => {
    if (run.status === "running") return false;
    run.finishedAt = "2001-01-01T00:00:00.000Z";
  }),
];

/** Corruptions of order. */
export const orders: readonly Corruption[] = [...placed, ...lost, ...times];
