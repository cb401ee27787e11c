/** Events of experiments, for tests. */
import type {
  ExperimentEvent,
  MistakeEvent,
  RewardEvent,
  SessionEnd,
  SessionStart,
} from "../../../review/experiment/format.ts";

/** The first line of a log. */
export const HEADER = '{"format":"ruletrace experiment","version":1}\n';

const at = "2026-01-05T09:00:00.000Z";

/** Begins `s-1` with the arm `a` of `a`, `b` and `c`. */
export function start(given: Partial<SessionStart> = {}): SessionStart {
  const choice = { chosen: ["a"], propensity: 0.5, inclusion: [0.5, 0.25, 0.25], seed: 0 };
  return {
    ...{ type: "start", session: "s-1", at, context: "sql", arms: ["a", "b", "c"] },
    ...{ ...choice, policy: "thompson", ...given },
  };
}

/** Ends `s-1`. */
export function end(given: Partial<SessionEnd> = {}): SessionEnd {
  return { type: "end", session: "s-1", at, ...given };
}

/** A mistake of `s-1`. */
export function mistake(id: string, given: Partial<MistakeEvent> = {}): MistakeEvent {
  return {
    ...{ type: "mistake", id, session: "s-1", at, class: "sql", description: `mistake ${id}` },
    ...{ credit: "shown", ...given },
  };
}

/** A reward of `s-1`. */
export function reward(id: string, given: Partial<RewardEvent> = {}): RewardEvent {
  return {
    ...{ type: "reward", id, session: "s-1", at, outcome: "accepted", credit: "shown" },
    ...given,
  };
}

/** Returns the text of a log. */
export function logOf(events: readonly ExperimentEvent[]): string {
  return HEADER + events.map((event) => `${JSON.stringify(event)}\n`).join("");
}
