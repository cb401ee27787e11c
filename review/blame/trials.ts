/**
 * Forks of a run that take back one decision each, and runs with other seeds: what a decision did in the end, and
 * whether luck does as much.
 *
 * @module
 */
import type { Exchange } from "../../learn/chat/exchanges.ts";
import type { DecisionOptions } from "../../learn/rules/decisions.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import type { Matches } from "../../learn/score/matches.ts";
import { countExamples, type ExampleCounts, score } from "../../learn/score/scoring.ts";
import { OverruleError } from "../../pipeline/overrules.ts";
import type { Change, VerdictChange } from "../../record/parent.ts";
import type { Trace } from "../../trace.ts";
import { type ChangeRequest, checkChanges } from "../fork/changes.ts";
import { ForkError, forkRun } from "../fork/forking.ts";
import type { Given } from "../replay/rerun.ts";
import {
  bootstrapTogether,
  compareWithSeeds,
  keyOfCounts,
  leastDiffering,
  rateEvidence,
  type SeedResult,
  standardDeviation,
} from "../significance.ts";
import type { ForkBlame, ForkTrial, SeedBlame, SeedRun } from "./format.ts";
import type { TestedRun } from "./tested.ts";

/** A fork to make: its change, and the step that it is about. */
export interface PlannedTrial extends Pick<ForkTrial, "type" | "step"> {
  /** What to change; for a reply its place on the tape, from 1. */
  readonly request: VerdictChange | { readonly kind: "reply"; readonly place: number };
}

/** The other verdict on a decision. */
const OTHERWISE: Readonly<Record<string, VerdictChange["to"]>> = {
  accepted: "rejected",
  rejected: "accepted",
  kept: "reverted",
  reverted: "kept",
};

/** Lists the decisions of a run that can be taken back, in their order. */
export function listTrials({ steps }: Trace): PlannedTrial[] {
  return steps.flatMap((one): PlannedTrial[] => {
    const { index: step, type } = one;
    switch (type) {
      case "iteration":
      case "audit": {
        const to = OTHERWISE[one.verdict];
        if (to === undefined) return [];
        return [{ type, step, request: { kind: "verdict", step, to } }];
      }
      case "prune":
      case "refit":
        return [{ type, step, request: { kind: "verdict", step, to: "skipped" } }];
      default:
        return [];
    }
  });
}

/** Lists the replies of a run, each to be asked for once more. */
export function listReplies({ steps }: Trace, tape: readonly Exchange[]): PlannedTrial[] {
  const asking = new Map(
    steps.flatMap((step) =>
      "exchanges" in step ? (step.exchanges ?? []).map((id) => [id, step.index] as const) : []
    ),
  );
  return tape.flatMap(({ id, response }, at): PlannedTrial[] => {
    const step = asking.get(id);
    if (step === undefined || response === undefined) return [];
    return [{ type: "reply", step, request: { kind: "reply", place: at + 1 } }];
  });
}

/** What a run that was made for a trial does on the test examples. */
export interface TrialResult extends Pick<ForkTrial, "digest" | "rules" | "f1"> {
  /** What was changed. */
  readonly change: Change;
  /** The outcomes of each example. */
  readonly counts: readonly ExampleCounts[];
}

/** Scores rules on the test examples of a run. */
export function testRules(
  { matches }: { readonly matches: Matches },
  rules: readonly Rule[],
  decision: DecisionOptions,
): Pick<TrialResult, "rules" | "f1" | "counts"> {
  const { f1 } = score(matches, rules, decision, "test");
  return { rules: rules.length, f1, counts: countExamples(matches, rules, decision) };
}

/**
 * Makes the fork of a trial and tests it; `undefined` if it would change nothing: a reply that is the same when the
 * model is asked again.
 */
export async function runTrial(
  trace: Trace,
  { request }: PlannedTrial,
  given: Given,
  run: TestedRun,
): Promise<TrialResult | undefined> {
  const change = request.kind === "verdict" ? request : await askAgain(trace, request, given);
  return change && await runFork(trace, change, given, run);
}

/** Makes a fork. A verdict that the run was told and that has no place in the fork, or comes of itself, is left out. */
async function runFork(
  trace: Trace,
  request: ChangeRequest,
  given: Given,
  run: TestedRun,
): Promise<TrialResult> {
  const [change] = checkChanges(trace, [request], given.tape);
  const fork = await forkRun(trace, [request], given).catch((error) => {
    const isOwn = request.kind === "verdict" && request.step === error.step;
    if (!(error instanceof OverruleError) || isOwn) throw error;
    return undefined;
  });
  if (fork === undefined) return await runFork(withoutVerdicts(trace), request, given, run);
  return {
    change,
    digest: fork.trace.digest,
    ...testRules(run, fork.rules, fork.decision),
  };
}

/** Asks the model once more for a reply; `undefined` if it is the same. */
async function askAgain(
  trace: Trace,
  { place }: { readonly place: number },
  given: Given,
): Promise<ChangeRequest | undefined> {
  const { tape = [] } = given;
  const { id, response } = tape[place - 1];
  let text = response;
  try {
    // What is not on the tape is asked for; the run ends at the first step that differs.
    await forkRun(trace, [], { ...given, tape: tape.toSpliced(place - 1, 1) }, {
      onExchange: (exchange) => {
        if (exchange.id === id) text = exchange.response;
      },
    });
  } catch (error) {
    if (!(error instanceof ForkError)) throw error;
  }
  return text === undefined || text === response ? undefined : { kind: "reply", place, text };
}

/** Returns a run as if it had not been told its verdicts. */
function withoutVerdicts(trace: Trace): Trace {
  const { parent } = trace.run;
  const change = (parent?.change ?? []).filter(({ kind }) => kind !== "verdict");
  const left = change.length === 0 ? undefined : { ...parent!, change };
  return { ...trace, run: { ...trace.run, parent: left } };
}

/**
 * Learns with another seed, and tests the rules. Verdicts that the run was told hold with that seed too, unless one of
 * them has no place there, or comes of itself.
 */
export async function runSeed(
  trace: Trace,
  seed: number,
  given: Given,
  run: TestedRun,
): Promise<TrialResult> {
  return await runFork(trace, { kind: "option", name: "seed", value: seed }, given, run);
}

/** Places a run among those with other seeds. */
export function placeAmongSeeds(
  f1: number,
  seeds: readonly { readonly seed: number; readonly result: TrialResult }[],
): SeedBlame {
  const runs = seeds.map(({ seed, result: { digest, rules, f1 } }): SeedRun => {
    return { seed, digest, rules, f1 };
  });
  const values = Float64Array.from(runs, ({ f1 }) => f1);
  return {
    seeds: runs,
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    deviation: values.length < 2 ? 0 : standardDeviation(values),
    rank: values.filter((value) => value > f1).length + 1,
  };
}

/**
 * Judges trials together: the interval of each holds for all of them, and none is blamed for what other seeds gain
 * or lose as well. Of a trial that differs in few examples there is no evidence, whatever its interval (see
 * `leastDiffering`).
 *
 * @param own what the run itself does on the test examples
 */
export function judgeTrials(
  own: Pick<TrialResult, "f1" | "counts">,
  trials: readonly { readonly planned: PlannedTrial; readonly result: TrialResult }[],
  seeds: readonly TrialResult[],
): ForkBlame {
  const intervals = bootstrapTogether(own.counts, trials.map(({ result }) => result.counts));
  const luck = seeds.map(({ f1, counts }): SeedResult => ({
    key: keyOfCounts(counts),
    points: 100 * (f1 - own.f1),
  }));
  const same = keyOfCounts(own.counts);
  const keys = trials.map(({ result }) => keyOfCounts(result.counts)).filter((key) => key !== same);
  const least = leastDiffering(Math.max(1, new Set(keys).size));
  const seen = new Set<string>();
  return {
    trials: trials.map(({ planned: { type, step }, result }, at): ForkTrial => {
      const { change, digest, rules, f1, counts } = result;
      const interval = intervals[at];
      const differing = counts.filter((one, place) => !isSameCount(one, own.counts[place]));
      const evidence = differing.length < least ? "no evidence" : rateEvidence(interval);
      const compared = compareWithSeeds(interval.points, luck);
      const key = keyOfCounts(counts);
      const isRepeated = seen.has(key);
      seen.add(key);
      const count = (mine: readonly ExampleCounts[], other: readonly ExampleCounts[]) =>
        mine.filter((one, place) => isExact(one) && !isExact(other[place])).length;
      return {
        change,
        type,
        step,
        digest,
        rules,
        f1,
        gained: count(counts, own.counts),
        lost: count(own.counts, counts),
        interval,
        evidence,
        ...(seeds.length === 0 ? {} : { luck: compared }),
        isFinding: evidence !== "no evidence" && compared.isBeyondLuck,
        ...(isRepeated ? { isRepeated } : {}),
      };
    }),
  };
}

/** Tells whether an example counts the same in F1. */
function isSameCount(one: ExampleCounts, other: ExampleCounts): boolean {
  return one.tp === other.tp && one.fp + one.fn === other.fp + other.fn;
}

function isExact({ fp, fn }: ExampleCounts): boolean {
  return fp + fn === 0;
}
