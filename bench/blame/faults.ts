/**
 * Classes of faults: each is planted over fresh seeds, and what blame finds of it is judged.
 *
 * @module
 */

/** What blame found of one planted fault. Fields that a class does not speak of are absent. */
export interface Judgement {
  /** Whether the fault, or most of it, came first. */
  readonly isFirst?: boolean;
  /** Whether the fault was called decisive. */
  readonly isFlagged?: boolean;
  /** Whether anything else was called decisive. */
  readonly isFalse?: boolean;
  /** Share of the first k that are faulty, of k faults; 0 to 1. */
  readonly precision?: number;
  /** Of what was called suggestive, or found: how many are faults, and how many there were. */
  readonly listed?: { readonly right: number; readonly all: number };
  /** How many times it learned. */
  readonly trainings: number;
}

/** What a class is held to. Fields that it is not held to are absent. */
export interface FaultTargets {
  /** Share of the runs in which the fault comes first, at least. */
  readonly first?: number;
  /** Share of the runs in which it is called decisive, at least. */
  readonly flagged?: number;
  /** Runs in which anything else is called decisive, at most. */
  readonly falseFlags?: number;
  /** Mean precision at k, at least. */
  readonly precision?: number;
  /** Share of the faults among what is listed, at least. */
  readonly listed?: number;
}

/** A class of faults on one data set. */
export interface FaultClass {
  /** What is planted. */
  readonly name: string;
  /** The data that it is planted in. */
  readonly data: string;
  /** How many seeds it is planted with. */
  readonly runs: number;
  /** How many in a quick run; 0 leaves it out. */
  readonly quickRuns: number;
  /** What it is held to; without it, the figures are only told. */
  readonly held?: FaultTargets;
  /** Plants the fault with a seed, lets blame look, and judges what it says. */
  readonly run: (seed: number) => Promise<Judgement>;
}

/** Creates a class of faults from how one is planted and how it is judged. */
export function createFault<Planted>(
  fault: Omit<FaultClass, "run"> & {
    readonly plant: (seed: number) => Planted;
    readonly judge: (planted: Planted, seed: number) => Judgement | Promise<Judgement>;
  },
): FaultClass {
  const { plant, judge, ...rest } = fault;
  return { ...rest, run: async (seed) => await judge(plant(seed), seed) };
}
