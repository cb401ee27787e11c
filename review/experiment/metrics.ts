/**
 * What an experiment came to: counts of sessions, contexts and classes of mistakes, and what is known of arms.
 *
 * @module
 */
import { compareCodeUnits } from "../../learn/text/folding.ts";
import { countEach } from "../../learn/text/maps.ts";
import { credibleInterval } from "../beta.ts";
import { poolCredits } from "./bandit/pooling.ts";
import { posteriorsIn } from "./bandit/posteriors.ts";
import { creditsOf, type JudgedWork, judgeWork } from "./credits.ts";
import type { ExperimentSession, ExperimentState } from "./folding.ts";
import type {
  ContextMetrics,
  ExperimentMetrics,
  ExperimentReport,
  ExperimentTotals,
  MistakeClass,
  MistakeEvent,
  OutcomeTally,
  RuleChanges,
  SessionMetrics,
} from "./format.ts";
import { findRepeated } from "./mistakes.ts";

/** Mistakes that are named of a class. */
const NAMED = 3;

/** A session with what counts of it. */
interface CountedSession {
  readonly session: ExperimentSession;
  readonly work: readonly JudgedWork[];
}

/**
 * Returns what an experiment came to.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { foldExperiment } from "./folding.ts";
 * import { reportExperiment } from "./metrics.ts";
 *
 * const of = { session: "s-1", at: "2026-01-05T09:00:00.000Z" };
 * const choice = { arms: ["a"], chosen: ["a"], propensity: 1, inclusion: [1] };
 * const { totals, arms } = reportExperiment(foldExperiment([
 *   { ...of, ...choice, type: "start", context: "sql", seed: 0, policy: "uniform" },
 *   { ...of, type: "reward", id: "r-1", outcome: "accepted", credit: "shown" },
 *   { ...of, type: "end", rules: ["a", "b"] },
 * ]));
 * assertEquals([totals.outcomes.accepted, totals.rules?.added, arms[0].mean.toFixed(2)], [
 *   ...[1, ["b"], "0.67"],
 * ]);
 * ```
 */
export function reportExperiment(state: ExperimentState): ExperimentReport {
  const repeats = findStateRepeats(state);
  const counted = state.sessions.map((session) => ({ session, work: judgeWork(session) }));
  const contexts = Map.groupBy(counted, ({ session }) => session.start.event.context);
  return {
    totals: countAll(counted, repeats),
    sessions: counted.map((one) => describeSession(one, repeats)),
    contexts: [...contexts].map(([context, members]): ContextMetrics => ({
      context,
      sessions: members.length,
      ...countSessions(members, repeats),
    })),
    classes: describeClasses(state, repeats),
    arms: describeArms(state),
  };
}

/**
 * Returns the metrics of a session.
 *
 * @returns undefined if there is none with the id
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { measureSession } from "./metrics.ts";
 *
 * assertEquals(measureSession({ sessions: [] }, "s-1"), undefined);
 * ```
 */
export function measureSession(state: ExperimentState, id: string): SessionMetrics | undefined {
  const session = state.sessions.find(({ start }) => start.event.session === id);
  if (session === undefined) return undefined;
  return describeSession({ session, work: judgeWork(session) }, findStateRepeats(state));
}

/** Returns the first mistake of its kind for each mistake of a log that repeats one. */
export function findStateRepeats(state: ExperimentState): ReadonlyMap<string, string> {
  return findRepeated(listMistakes(state));
}

/** Returns mistakes in the order of the log. */
function listMistakes({ sessions }: ExperimentState): MistakeEvent[] {
  return sessions.flatMap(({ mistakes }) => mistakes)
    .sort((one, other) => one.place - other.place)
    .map(({ event }) => event);
}

function countAll(
  counted: readonly CountedSession[],
  repeats: ReadonlyMap<string, string>,
): ExperimentTotals {
  const first = counted.at(0)?.session.start.event;
  const ends = counted.flatMap(({ session: { end } }) =>
    end?.event.rules === undefined ? [] : [end]
  ).sort((one, other) => one.place - other.place);
  const last = ends.at(-1)?.event.rules;
  return {
    sessions: counted.length,
    open: counted.filter(({ session }) => session.end === undefined).length,
    ...countSessions(counted, repeats),
    ...(first !== undefined && last !== undefined && {
      rules: listRuleChanges(first.rules ?? first.arms, last),
    }),
  };
}

function describeSession(
  counted: CountedSession,
  repeats: ReadonlyMap<string, string>,
): SessionMetrics {
  const { start: { event: start }, end } = counted.session;
  const milliseconds = end === undefined ? -1 : Date.parse(end.event.at) - Date.parse(start.at);
  const notes = [start.notes, end?.event.notes].filter((note) => note !== undefined);
  const { rules: last, entry } = end?.event ?? {};
  return {
    session: start.session,
    context: start.context,
    startedAt: start.at,
    ...(end !== undefined && { endedAt: end.event.at }),
    ...(milliseconds >= 0 && { milliseconds }),
    policy: start.policy,
    arms: start.arms.length,
    chosen: start.chosen,
    propensity: start.propensity,
    ...countSessions([counted], repeats),
    ...(last !== undefined && { rules: listRuleChanges(start.rules ?? start.arms, last) }),
    ...(notes.length > 0 && { notes: notes.join("\n") }),
    ...(entry !== undefined && { entry }),
  };
}

function countSessions(
  counted: readonly CountedSession[],
  repeats: ReadonlyMap<string, string>,
): ExperimentMetrics {
  const mistakes = counted.flatMap(({ session }) => session.mistakes);
  const repeated = mistakes.filter(({ event }) => repeats.has(event.id)).length;
  const work = counted.flatMap((one) => one.work);
  const logged = counted.reduce((sum, { session }) => sum + session.rewards.length, 0);
  const outcomes: Record<keyof OutcomeTally, number> = {
    accepted: 0,
    revision: 0,
    rejected: 0,
    mistakes: 0,
  };
  for (const { outcome } of work) outcomes[outcome]++;
  const won = work.reduce((sum, { value }) => sum + value, 0);
  return {
    mistakes: mistakes.length,
    repeats: repeated,
    ...(mistakes.length > 0 && { repeatRate: repeated / mistakes.length }),
    outcomes,
    replaced: mistakes.length + logged - work.length,
    ...(work.length > 0 && { reward: boundMean(won, work.length) }),
  };
}

/**
 * Returns the mean of rewards with the interval that holds it with 95 %. If they are all 0 or all 1, as it is, the
 * interval goes on to there.
 *
 * Brown, L. D., Cai, T. T. & DasGupta, A. (2001). Interval estimation for a binomial proportion. Statistical Science
 * 16(2), 101-133 (4.1.1).
 */
function boundMean(won: number, all: number): ExperimentMetrics["reward"] {
  const { low, high } = credibleInterval({ a: 1 + won, b: 1 + all - won });
  const mean = won / all;
  return { mean, low: Math.min(low, mean), high: Math.max(high, mean) };
}

function listRuleChanges(before: readonly string[], after: readonly string[]): RuleChanges {
  const [old, now] = [new Set(before), new Set(after)];
  return {
    added: [...now.difference(old)].sort(compareCodeUnits),
    removed: [...old.difference(now)].sort(compareCodeUnits),
  };
}

function describeClasses(
  state: ExperimentState,
  repeats: ReadonlyMap<string, string>,
): MistakeClass[] {
  const mistakes = listMistakes(state);
  const times = countEach(repeats.values());
  return [...Map.groupBy(mistakes, (mistake) => mistake.class)]
    .map(([name, members]) => ({
      class: name,
      mistakes: members.length,
      repeats: members.filter(({ id }) => repeats.has(id)).length,
      repeated: members.filter(({ id }) => times.has(id))
        .map(({ id, description }) => ({ id, description, repeats: times.get(id)! }))
        .sort((one, other) => other.repeats - one.repeats)
        .slice(0, NAMED),
    }))
    .sort((one, other) => other.mistakes - one.mistakes);
}

function describeArms(state: ExperimentState): ExperimentReport["arms"] {
  const starts = state.sessions.map(({ start }) => start.event);
  const pooled = poolCredits(creditsOf(state), starts.flatMap((start) => start.boosted ?? []));
  return [...Map.groupBy(starts, ({ context }) => context)].flatMap(([context, members]) => {
    const arms = new Set(members.flatMap((start) => start.arms));
    return posteriorsIn(pooled, context, [...arms]);
  });
}
