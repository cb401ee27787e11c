/**
 * Computing a run again, and comparing each step with the record as it comes.
 *
 * @module
 */
import type { Exchange } from "../../learn/chat/exchanges.ts";
import type { Dataset } from "../../learn/data/dataset.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import { isSame } from "../../learn/text/json.ts";
import { type LearnOptions, learnRules } from "../../pipeline.ts";
import { Recording } from "../../record/recording.ts";
import { describeThrown } from "../../record/redact.ts";
import { type Run, runDigest, type Step, type Trace } from "../../trace.ts";

/** Where a run that is computed again parts from its record. */
export type ReplayParting =
  /** In its data, its split, its learners or its settings. */
  | { readonly at: "run"; readonly replayed: Run }
  /** In a step. */
  | { readonly at: "step"; readonly index: number; readonly replayed: Step }
  /** In a rule that was first seen in a step which is the same. */
  | {
    readonly at: "rule";
    readonly index: number;
    readonly id: string;
    readonly replayed: Rule;
  };

/** A run that was computed again. */
export interface Attempt {
  /** How many steps are the same from the first on. */
  readonly same: number;
  /** Where it parts from the record; missing if all that is recorded is the same. */
  readonly parting?: ReplayParting;
  /** Digest of the chain up to the last step that was computed. */
  readonly digest: string;
  /** Its exchanges with the tape, those that failed included, in the order of their ends. */
  readonly exchanges: readonly Exchange[];
  /** Its record, if it was computed to its end. */
  readonly trace?: Trace;
  /** What ended it, if anything was thrown. */
  readonly error?: unknown;
}

/** Thrown by a sink, to end a run that has been compared. */
class Compared extends Error {}

/** Tells whether the record of a run ends before the run would have. */
export function isOpen({ run }: Trace): boolean {
  return run.status === "running" || run.status === "aborted";
}

/** Returns the steps to compare with: not the failure that is left of a run that was cut short. */
export function learnedSteps(trace: Trace): readonly Step[] {
  const { steps } = trace;
  return isOpen(trace) && steps.at(-1)?.type === "failure" ? steps.slice(0, -1) : steps;
}

/** Returns the digest of the chain up to the last of the steps to compare with. */
export function learnedDigest(trace: Trace): string {
  return learnedSteps(trace).at(-1)?.digest ?? runDigest(trace.run);
}

/** Returns a value as it is read from a file, without members that are undefined. */
function asRead<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

/**
 * Learns again from `dataset`, up to the first difference from the record or to the record's end. Nothing is
 * taken from the record but what to compare with.
 *
 * @throws what `learnRules` throws before it reports its run; the reason of a signal that aborts
 */
export async function attempt(
  trace: Trace,
  dataset: Dataset,
  options: LearnOptions,
): Promise<Attempt> {
  const startedAt = () => new Date(trace.run.startedAt);
  const recording = new Recording(undefined, startedAt, "end", trace.version);
  const comparison = new StepComparison(trace);
  const exchanges: Exchange[] = [];
  const stopIfDone = () => {
    if (comparison.parting !== undefined || isOpen(trace) && comparison.isDone) {
      throw new Compared();
    }
  };
  let run: Run | undefined;
  let error: unknown;
  try {
    await learnRules(dataset, {
      ...options,
      generateId: () => trace.run.id,
      onStart(started) {
        recording.start(started);
        run = asRead(started);
        comparison.start(run);
        stopIfDone();
      },
      onStep(report) {
        // A learner that is stopped may report that as a failure.
        stopIfDone();
        recording.step(report);
        comparison.step(recording.lastStep!, report.rules);
        stopIfDone();
      },
      onExchange(exchange) {
        exchanges.push(exchange);
        recording.exchange(exchange);
      },
    });
  } catch (thrown) {
    if (!recording.isStarted) throw thrown;
    options.signal?.throwIfAborted();
    error = thrown;
    if (!(thrown instanceof Compared)) {
      recording.fail(describeThrown(thrown, [dataset, options.test]));
      // A failure that the learner has reported itself is compared already.
      if (recording.lastStep!.index === comparison.same) {
        comparison.step(recording.lastStep!, []);
      }
    }
  }
  const { same, parting } = comparison;
  const digest = recording.lastStep?.digest ?? runDigest(run!);
  if (error instanceof Compared) return { same, parting, digest, exchanges };
  if (parting !== undefined) return { same, parting, digest, exchanges, error };
  const status = error === undefined ? "completed" : "failed";
  return { same, digest, exchanges, trace: recording.finish(status).trace, error };
}

/** Compares the steps of a run with those of its record, one by one. */
export class StepComparison {
  /** How many steps are the same from the first on. */
  same = 0;
  /** The first difference. */
  parting?: ReplayParting;
  readonly #trace: Trace;
  readonly #steps: readonly Step[];

  /** A comparison with a record. */
  constructor(trace: Trace) {
    this.#trace = trace;
    this.#steps = learnedSteps(trace);
  }

  /** Whether all recorded steps are the same. */
  get isDone(): boolean {
    return this.same === this.#steps.length;
  }

  /** Compares the data, the split, the learners and the settings. */
  start(run: Run): void {
    const replayed = asRead(run);
    if (runDigest(replayed) !== runDigest(this.#trace.run)) this.parting = { at: "run", replayed };
  }

  /** Compares a step, and the rules first seen in it. */
  step(replayed: Step, rules: readonly Rule[]): void {
    if (this.parting !== undefined) return;
    const index = this.same;
    if (this.#steps[index]?.digest !== replayed.digest) {
      this.parting = { at: "step", index, replayed };
      return;
    }
    const changed = rules.find((rule) => !isSame(asRead(rule), this.#trace.rules[rule.id]));
    if (changed !== undefined) {
      this.parting = { at: "rule", index, id: changed.id, replayed: changed };
    } else this.same++;
  }
}
