/**
 * Sessions of an experiment: what begins and ends them, and what is logged in between.
 *
 * @module
 */
import { statOrNothing } from "../../system/files.ts";
import { listFew } from "../../print/phrases.ts";
import { readClock } from "../../record/time.ts";
import { requireFile } from "../../learn/text/reading.ts";
import { chooseArms } from "./bandit/choosing.ts";
import { creditsOf } from "./credits.ts";
import type { ExperimentState, Folding } from "./folding.ts";
import {
  type Attribution,
  type ChoosingPolicy,
  type ExperimentEvent,
  GENERAL,
  type MistakeEvent,
  type RewardEvent,
  type SessionEnd,
  type SessionStart,
  type WorkOutcome,
} from "./format.ts";
import { appendEvent, nameLog, readExperiment, ReadLog, type TornLine } from "./log.ts";

/** Options of {@linkcode openExperiment}. */
export interface ExperimentOptions {
  /**
   * Tells the time.
   *
   * @default () => new Date()
   */
  readonly now?: () => Date;
  /**
   * Returns the part of an id after its kind; another one is asked for if the id is taken.
   *
   * @default 12 random hexadecimal digits
   */
  readonly generateId?: () => string;
  /** Called if a torn last line was taken away. */
  readonly onTorn?: (torn: TornLine) => void;
}

/** How a session begins. */
export interface SessionOptions {
  /** The arms to choose from, each once. */
  readonly arms: readonly string[];
  /**
   * The class of mistakes that the session aims at.
   *
   * @default "general"
   */
  readonly context?: string;
  /**
   * How many arms to choose, from 0; all if there are not more.
   *
   * @default 3
   */
  readonly size?: number;
  /** Arms that begin with a better prior. */
  readonly boosted?: readonly string[];
  /**
   * A whole number from 0: the same log and seed choose the same arms.
   *
   * @default the number of sessions before
   */
  readonly seed?: number;
  /**
   * How to choose: by what is known, or all sets alike.
   *
   * @default "thompson"
   */
  readonly policy?: ChoosingPolicy;
  /**
   * The part of choices that are made without preference, 0 to 1: what `what-if` needs.
   *
   * @default 0
   */
  readonly explore?: number;
  /**
   * The rules in force.
   *
   * @default the arms
   */
  readonly rules?: readonly string[];
  /** What to remember. */
  readonly notes?: string;
}

/** A session that is logged to: the only open one, unless it is named. */
export interface SessionChoice {
  /** Its id. */
  readonly session?: string;
}

/** How a session ends. */
export interface EndOptions extends SessionChoice {
  /** The rules in force. */
  readonly rules?: readonly string[];
  /** A file about the session. */
  readonly entry?: string;
  /** What to remember. */
  readonly notes?: string;
}

/** Which arms work is credited to. */
export interface AttributionOptions extends SessionChoice {
  /**
   * Which arms: those that fired, those shown, or all.
   *
   * @default "fired" if arms are named, else "shown"
   */
  readonly credit?: Attribution;
  /** The arms that acted. */
  readonly arms?: readonly string[];
  /** What was worked on: it counts once in a session. */
  readonly item?: string;
}

/** A mistake to log. */
export interface MistakeOptions extends AttributionOptions {
  /** What was wrong, in words. */
  readonly description: string;
  /**
   * What kind of mistake it is.
   *
   * @default the context of the session
   */
  readonly class?: string;
  /** The arm that put it right. */
  readonly corrected?: string;
  /** Id of the mistake that it repeats, whatever the descriptions. */
  readonly repeats?: string;
}

/** A reward to log. */
export interface RewardOptions extends AttributionOptions {
  /** What became of the work. */
  readonly outcome: WorkOutcome;
  /** How much a revision changed, 0 to 1. */
  readonly distance?: number;
  /** Id of the mistake in whose place it counts. */
  readonly mistake?: string;
  /** Who judged. */
  readonly source?: string;
  /** What to remember. */
  readonly notes?: string;
}

/**
 * An experiment that is logged to. Others may log to the same file at the same time. What is rejected is not logged:
 * with a `RangeError` if it does not fit what is, and a `TypeError` if it does not have its form.
 */
export interface Experiment {
  /** Begins a session with arms that are chosen by all that is logged. */
  start(options: SessionOptions): Promise<SessionStart>;
  /** Ends a session. */
  end(options?: EndOptions): Promise<SessionEnd>;
  /** Logs a mistake: of a session that has ended too, if it is named. */
  mistake(options: MistakeOptions): Promise<MistakeEvent>;
  /** Logs a reward: of a session that has ended too, if it is named. */
  reward(options: RewardOptions): Promise<RewardEvent>;
  /** Reads all that is logged. */
  read(): Promise<ExperimentState>;
}

/** So often another id is asked for. */
const MOST_TRIES = 100;
/** Arms that are chosen unless told otherwise. */
export const DEFAULT_SIZE = 3;

/**
 * Opens the log of an experiment, which is made with its first session. Each event is on the disk when its promise
 * is fulfilled.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { creditsOf } from "./credits.ts";
 * import { openExperiment } from "./sessions.ts";
 *
 * const folder = await Deno.makeTempDir();
 * const experiment = openExperiment(`${folder}/experiment.jsonl`);
 * const { session, chosen } = await experiment.start({ arms: ["plan", "tests"], size: 1 });
 * await experiment.mistake({ description: "the tests were not run", item: "change 7" });
 * await experiment.reward({ outcome: "revision", distance: 0.25, item: "change 7" });
 * await experiment.end({ session });
 * assertEquals(creditsOf(await experiment.read()), [
 *   { context: "general", arm: chosen[0], reward: 0.75, weight: 1 },
 * ]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function openExperiment(path: string, options: ExperimentOptions = {}): Experiment {
  const { now = () => new Date(), generateId = randomId, onTorn } = options;
  const source = nameLog(path);
  let log = new ReadLog(source);
  /** Events of one process wait for each other, as they are read on in the same place. */
  let last: Promise<unknown> = Promise.resolve();

  const add = async <Event extends ExperimentEvent>(
    create: (folding: Folding, at: string) => Event,
  ): Promise<Event> => {
    // Someone may have put another file in its place.
    if ((statOrNothing(path)?.size ?? 0) < log.length) log = new ReadLog(source);
    try {
      const { event, torn } = await appendEvent(
        path,
        log,
        // Asked while the log is held, so that times are in its order.
        (folding) => create(folding, new Date(readClock(now())).toISOString()),
      );
      if (torn !== undefined) onTorn?.(torn);
      return event;
    } catch (error) {
      log = new ReadLog(source);
      throw error;
    }
  };
  /** Begins no log: there must be one for what comes after the start of a session. */
  const addLater: typeof add = (create) => {
    requireFile(path, source);
    return add(create);
  };
  const inTurn = <Event>(work: () => Promise<Event>): Promise<Event> => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
  return {
    start: (options) =>
      inTurn(() =>
        add((folding, at) =>
          describeStart(folding, options, { session: newId("s", folding, generateId), at })
        )
      ),
    end: ({ session, rules, entry, notes } = {}) =>
      inTurn(() =>
        addLater((folding, at) => ({
          ...{ type: "end", session: findSession(folding, session), at },
          ...{ rules, entry, notes },
        }))
      ),
    mistake: (options) =>
      inTurn(() =>
        addLater((folding, at) => {
          const session = findSession(folding, options.session);
          const { class: kind = folding.session(session).start.event.context } = options;
          const { description, arms, corrected, repeats, item } = options;
          return {
            ...{ type: "mistake", id: newId("m", folding, generateId), session, at },
            ...{
              class: kind,
              description,
              credit: creditOf(options),
              arms,
              corrected,
              repeats,
              item,
            },
          };
        })
      ),
    reward: (options) =>
      inTurn(() =>
        addLater((folding, at) => {
          const session = findSession(folding, options.session);
          const { outcome, distance, arms, mistake, item, source, notes } = options;
          return {
            ...{ type: "reward", id: newId("r", folding, generateId), session, at },
            ...{ outcome, distance, credit: creditOf(options), arms, mistake, item, source, notes },
          };
        })
      ),
    read: async () => (await readExperiment(path)).state,
  };
}

/** Chooses arms for a session, and says how it begins. */
function describeStart(
  folding: Folding,
  options: SessionOptions,
  { session, at }: Pick<SessionStart, "session" | "at">,
): SessionStart {
  const { arms, context = GENERAL, size = DEFAULT_SIZE, boosted, rules, notes, explore } = options;
  const { seed = folding.begun, policy = "thompson" } = options;
  const choice = size === 0
    ? { chosen: [], propensity: 1, inclusion: arms.map(() => 0) }
    : chooseArms({
      ...{ arms, context, size, boosted, seed, policy, explore },
      credits: creditsOf(folding.state()),
    });
  return {
    ...{ type: "start", session, at, context, arms, boosted },
    ...choice,
    ...{ seed, policy, explore, rules, notes },
  };
}

function findSession(folding: Folding, named: string | undefined): string {
  if (named !== undefined) return named;
  const { open } = folding;
  if (open.length === 1) return open[0];
  throw new RangeError(
    open.length === 0
      ? "no session is open: begin one, or name one that has ended"
      : `${open.length} sessions are open, so name one: ${listFew(open)}`,
  );
}

function creditOf({ credit, arms }: AttributionOptions): Attribution {
  return credit ?? (arms === undefined ? "shown" : "fired");
}

function newId(kind: string, folding: Folding, generateId: () => string): string {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const id = `${kind}-${generateId()}`;
    if (!folding.has(id)) return id;
  }
  throw new RangeError(`${MOST_TRIES} ids in a row are taken: expected others`);
}

function randomId(): string {
  return crypto.randomUUID().replaceAll("-", "").slice(0, 12);
}
