/**
 * The breath of a run: its long work tells how far it is, lets others run, and ends if it is given up.
 *
 * @module
 */
import { type Breathe, inSlices, part, type Sliced } from "../learn/text/slices.ts";

/** How far a run is. */
export interface Progress {
  /** What the run does now. */
  readonly stage: "synthesis" | "iteration" | "audit" | "prune" | "refit" | "final";
  /** The number of the patch, from 1, between synthesis and the final audit. */
  readonly iteration?: number;
  /** F1 of the rules so far on the split that decides, 0 to 1. */
  readonly f1?: number;
  /** The split that decides: `dev`, or `train` if no examples are held out. */
  readonly on: "dev" | "train";
  /** What is done now, in a few words, if long work says so. */
  readonly doing?: string;
  /** The part of the stage that is done, 0 to 1, if long work says so. */
  readonly done?: number;
  /** Milliseconds that the stage may take yet, once the time that it took so far tells anything. */
  readonly left?: number;
  /** Milliseconds since the run began. */
  readonly elapsed: number;
}

/** What breathing depends on. */
export interface BreathingOptions {
  /** Ends the work when it aborts. */
  readonly signal?: AbortSignal;
  /** Takes how far a stage is. */
  readonly report: (progress: Progress) => void;
  /** Returns the milliseconds since the run began. */
  readonly elapsed: () => number;
  /**
   * Milliseconds from any moment on. Other than `elapsed`, it is looked at as often as the work takes, and
   * so must not be a clock of the record.
   *
   * @default {() => performance.now()}
   */
  readonly clock?: () => number;
}

/** Most milliseconds of work without a pause. A pause takes about 2 ms, as timers are no finer. */
const PAUSE = 200;
/** Least time and part of a stage by which the rest of it is estimated, in milliseconds. */
const MIN_SPENT = 2_000;
const MIN_DONE = 0.05;

/** Lets the work of a run take breath, stage by stage. */
export class Breathing {
  readonly #options: BreathingOptions;
  readonly #clock: () => number;
  #stage?: Progress;
  /** When the stage began, and when the last pause ended; the first stage makes one. */
  #begun = 0;
  #last = -Infinity;
  /** The part of the stage that the present work is. */
  #range: readonly [from: number, to: number] = [0, 1];
  #done = 0;

  /** Breathing of a run that is about to begin. */
  constructor(options: BreathingOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
  }

  /**
   * Begins a stage: reports it, and makes a pause unless there was one just now.
   *
   * @throws the reason of the signal if it aborts
   */
  async begin(stage: Omit<Progress, "elapsed">): Promise<void> {
    this.#stage = { ...stage, elapsed: this.#options.elapsed() };
    this.#done = 0;
    this.enter(0, 1);
    this.#options.report(this.#stage);
    // A small run has many stages, each shorter than a pause.
    if (this.#isDue) await this.#pause();
    else this.#options.signal?.throwIfAborted();
    this.#begun = this.#clock();
  }

  /** Tells whether the work went on for as long as it may. */
  get #isDue(): boolean {
    return this.#clock() - this.#last >= PAUSE;
  }

  /** Lets the work that follows be a part of the stage: all that it does counts as from `from` to `to`. */
  enter(from: number, to: number): void {
    this.#range = [from, to];
  }

  /** Does work that is the part of the stage from one number to another, with pauses. */
  work<T>(
    doing: string,
    [from, to]: readonly [from: number, to: number],
    work: Sliced<T>,
  ): Promise<T> {
    this.enter(from, to);
    return inSlices(part(doing, [0, 1], work), this.breathe);
  }

  /** Takes breath, see {@linkcode Breathe}. */
  readonly breathe: Breathe = (done, doing) => {
    if (!this.#isDue) return;
    const [from, to] = this.#range;
    const reached = from + (to - from) * Math.min(1, Math.max(0, done || 0));
    // A number that falls back would look like an error.
    this.#done = Math.max(this.#done, reached);
    return this.#tell(doing);
  };

  // deno-lint-ignore require-await -- errors become rejections
  async #tell(doing: string): Promise<void> {
    const stage = this.#stage!;
    const spent = this.#clock() - this.#begun;
    const done = this.#done;
    const isKnown = spent >= MIN_SPENT && done >= MIN_DONE;
    this.#options.report({
      ...stage,
      ...(doing ? { doing } : {}),
      done,
      ...(isKnown ? { left: spent * (1 - done) / done } : {}),
      elapsed: stage.elapsed + spent,
    });
    return this.#pause();
  }

  /** Lets timers and signals be served, which takes a timer: those of other tasks do not let them in. */
  async #pause(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    this.#last = this.#clock();
    this.#options.signal?.throwIfAborted();
  }
}
