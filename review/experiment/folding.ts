/**
 * The state of an experiment, folded from its log.
 *
 * @module
 */
import { askNearest } from "../../learn/text/nearest.ts";
import { quote } from "../../learn/text/quoting.ts";
import type {
  ExperimentEvent,
  MistakeEvent,
  RewardEvent,
  SessionEnd,
  SessionStart,
} from "./format.ts";

/** An event of the log. */
export interface Placed<Event> {
  /** Its place among the events, from 0. */
  readonly place: number;
  /** The event itself. */
  readonly event: Event;
}

/** A session with all that is logged of it. */
export interface ExperimentSession {
  /** How it began. */
  readonly start: Placed<SessionStart>;
  /** Missing while the session is open. */
  readonly end?: Placed<SessionEnd>;
  /** Its mistakes, in the order of the log. */
  readonly mistakes: readonly Placed<MistakeEvent>[];
  /** Its rewards, in the order of the log. */
  readonly rewards: readonly Placed<RewardEvent>[];
}

/** What a log says. */
export interface ExperimentState {
  /** In the order in which they began. */
  readonly sessions: readonly ExperimentSession[];
}

interface GrowingSession extends ExperimentSession {
  end?: Placed<SessionEnd>;
  readonly mistakes: Placed<MistakeEvent>[];
  readonly rewards: Placed<RewardEvent>[];
}

/**
 * Folds events: the same events give the same state.
 *
 * @throws {RangeError} if an event does not fit those before it, saying how
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "jsr:@std/assert@^1";
 * import { foldExperiment } from "./folding.ts";
 *
 * const at = "2026-01-05T09:00:00.000Z";
 * const end = { type: "end", session: "s-1", at } as const;
 * const start = {
 *   ...{ type: "start", session: "s-1", at, context: "general", seed: 0, policy: "uniform" } as const,
 *   ...{ arms: ["a", "b"], chosen: ["a"], propensity: 0.5, inclusion: [0.5, 0.5] },
 * };
 * assertEquals(foldExperiment([start, end]).sessions[0].end?.place, 1);
 * assertThrows(() => foldExperiment([end]), RangeError, 'there is no session "s-1"');
 * ```
 */
export function foldExperiment(events: Iterable<ExperimentEvent>): ExperimentState {
  const folding = new Folding();
  for (const event of events) folding.add(event);
  return folding.state();
}

/** A state that grows by events. */
export class Folding {
  readonly #sessions = new Map<string, GrowingSession>();
  /** Mistakes and rewards. */
  readonly #events = new Map<string, MistakeEvent | RewardEvent>();
  readonly #open = new Set<string>();
  #length = 0;

  /** How many events there are. */
  get length(): number {
    return this.#length;
  }

  /** The sessions that have not ended, in the order in which they began. */
  get open(): readonly string[] {
    return [...this.#open];
  }

  /** How many sessions began. */
  get begun(): number {
    return this.#sessions.size;
  }

  /** Tells whether a session, a mistake or a reward has an id. */
  has(id: string): boolean {
    return this.#sessions.has(id) || this.#events.has(id);
  }

  /**
   * Returns a session.
   *
   * @throws {RangeError} if there is none with the id
   */
  session(id: string): ExperimentSession {
    return this.#find(id);
  }

  /** Returns what is known so far. What is added later is not in it. */
  state(): ExperimentState {
    return {
      sessions: [...this.#sessions.values()].map((session) => ({
        ...session,
        mistakes: [...session.mistakes],
        rewards: [...session.rewards],
      })),
    };
  }

  /**
   * Adds an event that a schema has checked.
   *
   * @throws {RangeError} if it does not fit those before it; then it is not added
   */
  add(event: ExperimentEvent): void {
    this.check(event);
    const place = this.#length++;
    switch (event.type) {
      case "start":
        this.#sessions.set(event.session, { start: { place, event }, mistakes: [], rewards: [] });
        this.#open.add(event.session);
        break;
      case "end":
        this.#find(event.session).end = { place, event };
        this.#open.delete(event.session);
        break;
      case "mistake":
        this.#find(event.session).mistakes.push({ place, event });
        this.#events.set(event.id, event);
        break;
      case "reward":
        this.#find(event.session).rewards.push({ place, event });
        this.#events.set(event.id, event);
        break;
    }
  }

  /**
   * Checks that an event can be added.
   *
   * @throws {RangeError} if it does not fit those before it
   */
  check(event: ExperimentEvent): void {
    switch (event.type) {
      case "start":
        this.#requireNew(event.session);
        return checkStart(event);
      case "end":
        if (this.#find(event.session).end === undefined) return;
        throw new RangeError(`the session ${event.session} has ended already`);
      case "mistake":
        this.#requireNew(event.id);
        return this.#checkMistake(event, this.#find(event.session).start.event);
      case "reward":
        this.#requireNew(event.id);
        return this.#checkReward(event, this.#find(event.session).start.event);
    }
  }

  #find(id: string): GrowingSession {
    const session = this.#sessions.get(id);
    if (session !== undefined) return session;
    const near = askNearest(id, this.#sessions.keys(), quote);
    throw new RangeError(`there is no session ${quote(id)}${near}`);
  }

  #requireNew(id: string): void {
    if (this.has(id)) throw new RangeError(`the id ${quote(id)} is taken`);
  }

  #checkMistake(event: MistakeEvent, start: SessionStart): void {
    checkCredit(event, start);
    const { corrected, arms = [], repeats } = event;
    if (corrected !== undefined) {
      requireArms([corrected], start);
      if (arms.includes(corrected)) {
        throw new RangeError(`the arm ${quote(corrected)} is both blamed and what put it right`);
      }
    }
    if (repeats !== undefined) this.#requireMistake(repeats);
  }

  #checkReward(event: RewardEvent, start: SessionStart): void {
    checkCredit(event, start);
    const { outcome, distance, mistake, item } = event;
    if (outcome === "revision" && distance === undefined) {
      throw new RangeError("a revision needs its distance, 0 to 1");
    }
    if (outcome !== "revision" && distance !== undefined) {
      throw new RangeError(`only a revision has a distance, not what is ${outcome}`);
    }
    if (mistake === undefined) return;
    if (item !== undefined) {
      throw new RangeError("a reward names a mistake or an item, not both");
    }
    const { session } = this.#requireMistake(mistake);
    if (session !== event.session) {
      throw new RangeError(`the mistake ${mistake} is of the session ${session}`);
    }
  }

  #requireMistake(id: string): MistakeEvent {
    const event = this.#events.get(id);
    if (event?.type === "mistake") return event;
    throw new RangeError(`there is no mistake ${quote(id)} before`);
  }
}

function checkStart({ arms, boosted = [], chosen, inclusion }: SessionStart): void {
  requireArms([...boosted, ...chosen], { arms });
  if (inclusion.length !== arms.length) {
    throw new RangeError(`inclusion has ${inclusion.length} numbers for ${arms.length} arms`);
  }
}

function checkCredit({ credit, arms }: MistakeEvent | RewardEvent, start: SessionStart): void {
  if ((credit === "fired") !== (arms !== undefined)) {
    throw new RangeError(
      credit === "fired"
        ? "credit to what fired needs its arms"
        : `arms are only named if they fired, and the credit is to ${credit}`,
    );
  }
  requireArms(arms ?? [], start);
}

function requireArms(names: readonly string[], { arms }: Pick<SessionStart, "arms">): void {
  if (names.length === 0) return;
  const known = new Set(arms);
  const other = names.find((name) => !known.has(name));
  if (other === undefined) return;
  const near = askNearest(other, arms, quote);
  throw new RangeError(`${quote(other)} is not among the arms of the session${near}`);
}
