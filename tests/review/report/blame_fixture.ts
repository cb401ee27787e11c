/** Forks of the completed run of the fixture, and what blame says of it. */
import { type BodyOf, foldSteps } from "../../../record/fold.ts";
import type { Change } from "../../../record/parent.ts";
import type { Scores } from "../../../learn/score/scoring.ts";
import type { Run, StepBody, Trace } from "../../../record/schema.ts";
import type { Blame, ForkTrial } from "../../../review/blame/format.ts";
import {
  bodies,
  completed,
  makeScores,
  makeTrace,
  ruleOf,
  run,
} from "../../print/print_fixture.ts";
import { evil } from "./report_fixture.ts";

/** Those that come before or with the patch that the forks accept. */
const rules = Object.values(completed.rules)
  .filter(({ id }) => id !== ruleOf.refund.id && id !== ruleOf.learned.id);

/** Takes the patch that was rejected. */
export const accepted: Change = { kind: "verdict", step: 3, to: "accepted" };
/** Splits the data in another way. */
export const reseeded: Change = { kind: "option", name: "seed", value: 7 };

/** A run that was made from the completed one, and accepts the patch of its step 3 if it is told so. */
export function makeFork(
  id: string,
  change: readonly Change[],
  { parent = completed.digest, step = 2, split = run.split, test = 155 }: {
    readonly parent?: string;
    /** `null` if no step is shared. */
    readonly step?: number | null;
    readonly split?: Run["split"];
    /** True positives on test. */
    readonly test?: number;
  } = {},
): Trace {
  const decided = bodies[3] as BodyOf<"iteration">;
  const told: StepBody = { ...decided, verdict: "accepted", forced: true };
  const isTold = change.includes(accepted);
  const steps = [...bodies.slice(0, 3), isTold ? told : decided];
  const made = { digest: parent, change, ...(step !== null && { step }) };
  const head = { ...run, id, parent: made, split };
  const started = makeTrace({ ...head, status: "running" }, rules, steps);
  const left = foldSteps(new Map(Object.entries(completed.rules)), started.steps);
  const dev = (isTold ? decided.after : decided.before) as Scores;
  const scores = { dev, test: makeScores("test", test, 20, 200 - test) };
  const end: StepBody = {
    type: "final",
    rules: left.rules().map(({ id }) => id),
    scores,
    stop: "stale",
  };
  return makeTrace(head, rules, [...steps, end]);
}

/** A fork, one that goes on from its change, and one that has no step of the run. */
export const forks = [
  makeFork("both", [accepted, reseeded], {
    step: null,
    split: { ...run.split, seed: 7, dev: run.split.dev.map((id) => `x${id}`) },
  }),
  makeFork("fork", [accepted]),
  makeFork("seed", [reseeded], { step: null, test: 150 }),
];

/** A trial of one decision. */
export function makeTrial(step: number, more: Partial<ForkTrial> = {}): ForkTrial {
  return {
    change: { kind: "verdict", step, to: "rejected" },
    type: "iteration",
    step,
    digest: `sha256:${String(step).padStart(64, "0")}`,
    rules: 7,
    f1: 0.75,
    gained: 1,
    lost: 9,
    interval: { points: -4.25, low: -7.5, high: -1.25, level: 0.95, resamples: 2000, seed: 1 },
    evidence: "decisive",
    luck: { seeds: 10, results: 8, asMuch: 0, isBeyondLuck: true },
    isFinding: true,
    ...more,
  };
}

const nothing = { points: 0, low: 0, high: 0, level: 0.95, resamples: 2000, seed: 1 };
const [first, second] = completed.steps.findLast((step) => step.type === "final")!.rules;

/** What blame says of the completed run, with something in every section. */
export const blame: Blame = {
  format: "ruletrace-blame",
  version: 1,
  run: { dataset: run.dataset.name, id: run.id, digest: completed.digest },
  on: { name: "asked", digest: completed.digest, examples: 220 },
  f1: 0.811,
  seeds: {
    seeds: [0.811, 0.83, 0.84, 0.84, 0.84].map((f1, seed) => ({
      seed,
      digest: completed.digest,
      rules: 9,
      f1,
    })),
    mean: 0.832,
    deviation: 0.0126,
    rank: 5,
  },
  path: {
    examples: 220,
    withoutRules: 0.1,
    steps: [
      { step: 0, type: "synthesis", rules: 6, f1: 0.7, points: 60, gained: ["t1", "t2"], lost: [] },
      {
        step: 2,
        type: "iteration",
        iteration: 1,
        rules: 7,
        f1: 0.811,
        points: 11.1,
        gained: ["t3"],
        lost: ["t9"],
      },
    ],
    points: 71.1,
    wrong: [{ id: "t8", since: null }, { id: "t9", since: 2 }, { id: "t7", since: null }],
  },
  forks: {
    trials: [
      makeTrial(2),
      makeTrial(3, {
        change: accepted,
        digest: forks[1].digest,
        interval: nothing,
        evidence: "no evidence",
        luck: { seeds: 10, results: 8, asMuch: 5, isBeyondLuck: false },
        isFinding: false,
      }),
      makeTrial(5, { isRepeated: true }),
    ],
  },
  rules: {
    rules: [first, second].map((rule, place) => ({
      rule,
      label: completed.rules[rule].label,
      broughtBy: 0,
      right: { count: 9, examples: ["t1"] },
      wrong: { count: 0, examples: [] },
      without: place === 0 ? -3.25 : 0,
      credit: { credit: 12.5 - 13 * place, helped: 12.5, harmed: 13 * place, error: 0.25 * place },
    })),
    shared: { exact: 200, sampled: 20, permutations: 500, seed: 1 },
  },
  examples: {
    clusters: {
      considered: 14,
      threshold: 0.3,
      margin: 1,
      clusters: [{
        label: "card",
        called: "fee",
        rules: [first],
        examples: ["e1", "e2", "e3"],
        otherwise: 3,
        low: 0.41,
        without: 2,
        onTest: { found: 0, expected: 2.5, gained: 1, lost: 0 },
        evidence: "decisive",
      }],
    },
    mislabels: {
      folds: 5,
      partitions: 4,
      margin: 1,
      examples: [{
        example: "e4",
        called: "fee",
        trials: 4,
        otherwise: 4,
        clearly: 4,
        lead: 2.5,
        evidence: "suggestive",
      }],
    },
    trainings: 30,
  },
  prediction: {
    example: "t9",
    isRight: false,
    since: 2,
    outcomes: [{ gold: "fee", predicted: "card", isDecided: true }],
    path: [
      { step: null, isRight: false, outcomes: [] },
      {
        step: 0,
        type: "synthesis",
        isRight: true,
        outcomes: [{ gold: "fee", predicted: "fee", isDecided: false }],
      },
    ],
    votes: [{ label: "card", votes: 2.5 }],
    rules: [{
      rule: first,
      label: "card",
      weight: 2.5,
      broughtBy: 2,
      credit: { correct: -1, predicted: 1, error: 0 },
    }],
    similar: [{ id: "e7", labels: ["card"], share: 1 }],
  },
  leaks: [
    { test: "t1", example: "e1", isEqual: true, similarity: 1 },
    { test: "t2", example: "e2", isEqual: false, similarity: 0.85 },
  ],
  left: ["forks: 2 of 5"],
};

/** The same with harmful text in place of every free text, and amounts that no blame has. */
export const hostileBlame: Blame = {
  ...blame,
  on: { ...blame.on, name: evil.name },
  seeds: { ...blame.seeds!, mean: 0, deviation: 1 },
  path: { ...blame.path, wrong: [{ id: evil.pattern, since: 1e15 }] },
  forks: {
    trials: [
      makeTrial(2, { change: { kind: "option", name: evil.name, value: { [evil.label]: 1 } } }),
    ],
  },
  examples: {
    ...blame.examples!,
    clusters: {
      ...blame.examples!.clusters!,
      clusters: blame.examples!.clusters!.clusters.map((one) => ({
        ...one,
        label: evil.label,
        called: evil.comment,
        examples: [evil.name, evil.turned],
      })),
    },
    mislabels: {
      ...blame.examples!.mislabels,
      examples: [{ ...blame.examples!.mislabels.examples[0], example: evil.pattern, lead: -1e12 }],
    },
  },
  prediction: {
    ...blame.prediction!,
    example: evil.name,
    outcomes: [{ gold: evil.label, predicted: evil.comment, isDecided: true, start: 3, end: 9 }],
    votes: [{ label: evil.pattern, votes: 1e12 }],
    similar: [{ id: evil.name, labels: [evil.label], share: 0.5 }],
  },
  leaks: [{ test: evil.name, example: evil.label, isEqual: false, similarity: 0.9 }],
  left: [evil.pattern],
};
