/**
 * What counts of an experiment, and which arms it is credited to.
 *
 * @module
 */
import { getOrCreate } from "../../learn/text/maps.ts";
import type { ExperimentSession, ExperimentState, Placed } from "./folding.ts";
import type {
  ArmCredit,
  LoggedChoice,
  MistakeEvent,
  OutcomeTally,
  RewardEvent,
  SessionStart,
} from "./format.ts";

/** A piece of work of a session, with what was said of it last. */
export interface JudgedWork {
  /** The place of the mistake or reward that counts. */
  readonly place: number;
  /** The mistake or reward. */
  readonly event: MistakeEvent | RewardEvent;
  /** What it counts as. */
  readonly outcome: keyof OutcomeTally;
  /** What it came to, 0 to 1. */
  readonly value: number;
  /** The arms that put mistakes in it right. */
  readonly corrected: readonly string[];
}

/**
 * Finds what counts of a session: each piece of work once. A mistake and a reward are of the same piece of work if the
 * reward names the mistake, or if both name the same item; so are two rewards that name the same mistake or item, and
 * two mistakes with the same item. What is rejected and names neither is what the last mistake before was made in, if
 * that names no item and no reward was for it. All else is a piece of work of its own. Of each piece of work the last
 * reward counts, or without one the last mistake.
 *
 * @returns in the order of the log
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { judgeWork } from "./credits.ts";
 * import { foldExperiment } from "./folding.ts";
 *
 * const of = { session: "s-1", at: "2026-01-05T09:00:00.000Z" };
 * const choice = { arms: ["a"], chosen: ["a"], propensity: 1, inclusion: [1] };
 * const work = { ...of, credit: "shown", item: "query 7" } as const;
 * const { sessions: [session] } = foldExperiment([
 *   { ...of, ...choice, type: "start", context: "sql", seed: 0, policy: "uniform" },
 *   { ...work, type: "mistake", id: "m-1", class: "sql", description: "no index" },
 *   { ...work, type: "reward", id: "r-1", outcome: "revision", distance: 0.25 },
 * ]);
 * assertEquals(judgeWork(session).map(({ event, value }) => [event.type, value]), [["reward", 0.75]]);
 * ```
 */
export function judgeWork({ mistakes, rewards }: ExperimentSession): JudgedWork[] {
  const work = new Map<string, PlacedWork>();
  const workOf = (key: string) => getOrCreate(work, key, (): PlacedWork => ({ mistakes: [] }));
  const keys = new Map<string, string>();
  for (const mistake of mistakes) {
    const { id, item } = mistake.event;
    const key = item === undefined ? `mistake ${id}` : `item ${item}`;
    keys.set(id, key);
    const one = workOf(key);
    one.mistakes.push(mistake.event);
    one.last = mistake;
  }
  /** Mistakes that name no item, and that no reward was for. */
  const open = mistakes.filter(({ event }) => event.item === undefined);
  const close = (isOf: (mistake: Placed<MistakeEvent>) => boolean): string | undefined => {
    const at = open.findLastIndex(isOf);
    return at === -1 ? undefined : open.splice(at, 1)[0].event.id;
  };
  for (const reward of rewards) {
    const { id, mistake, item, outcome } = reward.event;
    const named = mistake ??
      (item === undefined && outcome === "rejected"
        ? close(({ place }) => place < reward.place)
        : undefined);
    if (mistake !== undefined) close(({ event }) => event.id === mistake);
    const key = named !== undefined
      ? keys.get(named)!
      : item === undefined
      ? `reward ${id}`
      : `item ${item}`;
    workOf(key).last = reward;
  }
  return [...work.values()].map(({ mistakes, last }) => {
    const { place, event } = last!;
    return {
      place,
      event,
      outcome: event.type === "mistake" ? "mistakes" as const : event.outcome,
      value: valueOf(event),
      corrected: mistakes.flatMap(({ corrected }) => corrected === undefined ? [] : [corrected]),
    };
  }).sort((one, other) => one.place - other.place);
}

interface PlacedWork {
  readonly mistakes: MistakeEvent[];
  last?: Placed<MistakeEvent | RewardEvent>;
}

/** Returns what an event says that work came to: 0 for a mistake, 1 less the distance for a revision. */
function valueOf(event: MistakeEvent | RewardEvent): number {
  if (event.type === "mistake") return 0;
  switch (event.outcome) {
    case "accepted":
      return 1;
    case "revision":
      return 1 - event.distance!;
    case "rejected":
      return 0;
  }
}

/**
 * Returns what arms are credited with: each piece of work once (see {@linkcode judgeWork}), in the context of its
 * session, to the arms that its event declares. Each arm that fired or was shown is credited with a whole case; of
 * a case that is credited to all arms, which cannot tell them apart, each gets an equal part. An arm that put a mistake
 * right gets no part of it, unless a reward says that it fired.
 *
 * @returns in the order of the log
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { creditsOf } from "./credits.ts";
 * import { foldExperiment } from "./folding.ts";
 *
 * const of = { session: "s-1", at: "2026-01-05T09:00:00.000Z", credit: "shown" } as const;
 * const start = {
 *   ...{ ...of, type: "start", context: "sql", seed: 0, policy: "uniform" } as const,
 *   ...{ arms: ["a", "b"], chosen: ["a"], propensity: 0.5, inclusion: [0.5, 0.5] },
 * };
 * const mistake = { ...of, type: "mistake", id: "m-1", class: "sql", description: "no index" } as const;
 * const reward = { ...of, type: "reward", id: "r-1", mistake: "m-1", outcome: "revision" } as const;
 * const events = [start, mistake, { ...reward, distance: 0.25 }] as const;
 * assertEquals(creditsOf(foldExperiment(events.slice(0, 2))), [
 *   { context: "sql", arm: "a", reward: 0, weight: 1 },
 * ]);
 * // The reward came in the place of the mistake.
 * assertEquals(creditsOf(foldExperiment(events)), [
 *   { context: "sql", arm: "a", reward: 0.75, weight: 1 },
 * ]);
 * ```
 */
export function creditsOf(state: ExperimentState): ArmCredit[] {
  return placeCredits(state).map(({ credit }) => credit);
}

/** Returns credits with the places of the mistakes and rewards that they are from. */
function placeCredits({ sessions }: ExperimentState): { place: number; credit: ArmCredit }[] {
  return sessions.flatMap((session) => {
    const start = session.start.event;
    return judgeWork(session).flatMap(({ place, event, value, corrected }) => {
      const arms = creditedArms(event, start, corrected);
      const weight = event.credit === "all" ? 1 / arms.length : 1;
      return arms.map((arm) => ({
        place,
        credit: { context: start.context, arm, reward: value, weight },
      }));
    });
  }).sort((one, other) => one.place - other.place);
}

function creditedArms(
  { credit, arms = [] }: MistakeEvent | RewardEvent,
  start: SessionStart,
  corrected: readonly string[],
): readonly string[] {
  switch (credit) {
    case "fired":
      return arms;
    case "shown":
      return start.chosen.filter((arm) => !corrected.includes(arm));
    case "all":
      return start.arms.filter((arm) => !corrected.includes(arm));
  }
}

/**
 * Returns the choices of a log with what came of them, for off-policy estimates.
 *
 * @returns in the order of the log
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { choicesOf } from "./credits.ts";
 * import { foldExperiment } from "./folding.ts";
 *
 * const of = { session: "s-1", at: "2026-01-05T09:00:00.000Z" };
 * const choice = { arms: ["a", "b"], chosen: ["a"], propensity: 0.5, inclusion: [0.5, 0.5] };
 * const [{ propensity, rewards }] = choicesOf(foldExperiment([
 *   { ...of, ...choice, type: "start", context: "sql", seed: 0, policy: "uniform" },
 *   { ...of, type: "reward", id: "r-1", outcome: "accepted", credit: "shown" },
 * ]));
 * assertEquals([propensity, rewards], [0.5, [1]]);
 * ```
 */
export function choicesOf(state: ExperimentState): LoggedChoice[] {
  const credits = placeCredits(state);
  let creditsBefore = 0;
  return state.sessions.map((session) => {
    const { place, event } = session.start;
    while (creditsBefore < credits.length && credits[creditsBefore].place < place) creditsBefore++;
    return {
      session: event.session,
      context: event.context,
      arms: event.arms,
      boosted: event.boosted ?? [],
      chosen: event.chosen,
      propensity: event.propensity,
      inclusion: event.inclusion,
      policy: event.policy,
      rewards: judgeWork(session).map(({ value }) => value),
      creditsBefore,
    };
  });
}
