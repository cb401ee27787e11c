/**
 * Calibration: estimates the precision of a candidate on texts that it was not learned from.
 *
 * A name seen once as a country is almost surely a country; a name seen once as an organisation may
 * be anything. So candidates are counted on one half of the texts and tried on the other. A stratum
 * is the candidates whose bodies are as general and that have as many contexts. For each label and
 * stratum the prior (mean and strength of a beta distribution) is chosen that best predicts the
 * other half: empirical Bayes, as in Gelman et al., "Bayesian Data Analysis", 5.1.
 *
 * @module
 */
import { getOrCreate } from "../text/maps.ts";

/** True positives, and the sum of the weights of false positives (see `fpWeight`). */
export interface MatchCounts {
  readonly tp: number;
  readonly fp: number;
}

/** Mean and strength of a beta distribution; the strength is in examples. */
interface Prior {
  readonly mean: number;
  readonly strength: number;
}

/** Rounded counts on one half, and the counts of all candidates that have them on the other. */
interface Cell extends MatchCounts {
  laterTp: number;
  laterFp: number;
}

/** The most that one candidate counts on the other half. */
const MOST = 10;
/** How far the prior of a label is held to that of its stratum, in examples. */
const LOYALTY = 10;
/** By how many standard deviations the estimate is lower than the mean. */
const CAUTION = 0.5;
const UNKNOWN: Prior = { mean: 0.3, strength: 2 };
const STRENGTHS = [0.2, 0.5, 1, 2, 4, 8, 16];
const MEANS = Array.from({ length: 19 }, (_, index) => (index + 1) / 20);

/** From this number of texts on, halves are made of blocks of 16 texts. */
const MANY_TEXTS = 320;

/**
 * Tells whether a text is in the first half of `texts` texts. If there are many, blocks of 16 stay
 * in one half, so that the pieces of a document do.
 */
export function isFirstHalf(text: number, texts: number): boolean {
  return (texts < MANY_TEXTS ? text : text >> 4) % 2 === 0;
}

/** Returns the stratum of candidates whose body has a level, with contexts or -1 for none. */
export function stratumOf(level: number, left: number, right: number): string {
  return `${level}${left >= 0 && right >= 0 ? "both" : left >= 0 || right >= 0 ? "one" : "none"}`;
}

/** Collects the counts of candidates on both halves, and then estimates the precision of others. */
export class Calibration {
  readonly #byStratum = new Map<string, Map<string, Cell>>();
  readonly #byLabel = new Map<string, Map<string, Cell>>();
  readonly #priors = new Map<string, Prior>();

  /** Adds the counts of a candidate on both halves, each as a prediction of the other. */
  addBoth(label: number, stratum: string, one: MatchCounts, other: MatchCounts): void {
    this.add(label, stratum, one, other);
    this.add(label, stratum, other, one);
  }

  /** Adds the counts of a candidate on one half, and later on the other. */
  add(label: number, stratum: string, seen: MatchCounts, later: MatchCounts): void {
    const total = later.tp + later.fp;
    if (seen.tp < 1 || total === 0) return;
    const tp = coarsen(seen.tp, 12, 3, 40, 15);
    const fp = seen.fp < 3
      ? Math.round(seen.fp * 5) / 5
      : coarsen(Math.round(seen.fp), 20, 5, Infinity, 5);
    const part = Math.min(1, MOST / total);
    for (
      const cells of [
        getOrCreate(this.#byStratum, stratum, () => new Map()),
        getOrCreate(this.#byLabel, `${stratum} ${label}`, () => new Map()),
      ]
    ) {
      const empty = () => ({ tp, fp, laterTp: 0, laterFp: 0 });
      const cell = getOrCreate(cells, `${tp} ${fp}`, empty);
      cell.laterTp += later.tp * part;
      cell.laterFp += later.fp * part;
    }
  }

  /** Estimates the precision of a candidate by its counts on all texts, cautiously: 0 to 1. */
  estimate(label: number, stratum: string, { tp, fp }: MatchCounts): number {
    const { mean, strength } = this.#priorOf(label, stratum);
    const total = tp + fp + strength;
    const expected = (tp + strength * mean) / total;
    return expected - CAUTION * Math.sqrt(expected * (1 - expected) / (total + 1));
  }

  #priorOf(label: number, stratum: string): Prior {
    const key = `${stratum} ${label}`;
    return getOrCreate(this.#priors, key, () => {
      const cells = this.#byStratum.get(stratum);
      const shared = getOrCreate(this.#priors, stratum, () => cells ? fitPrior(cells) : UNKNOWN);
      const own = this.#byLabel.get(key);
      return own ? fitPrior(own, shared) : shared;
    });
  }
}

/** Rounds counts from `few` on, so that fewer are different. */
function coarsen(count: number, few: number, step: number, many: number, leap: number): number {
  if (count < few) return count;
  return count < many ? Math.round(count / step) * step : Math.round(count / leap) * leap;
}

/** Returns the prior under which the later counts are likeliest, held to `near` if given. */
function fitPrior(cells: ReadonlyMap<string, Cell>, near?: Prior): Prior {
  let best = UNKNOWN;
  let most = -Infinity;
  for (const strength of STRENGTHS) {
    for (const mean of MEANS) {
      let likelihood = 0;
      if (near !== undefined) {
        const apart = 4 * (mean - near.mean) ** 2 + 0.05 * Math.log(strength / near.strength) ** 2;
        likelihood -= LOYALTY * apart;
      }
      for (const { tp, fp, laterTp, laterFp } of cells.values()) {
        const expected = (tp + strength * mean) / (tp + fp + strength);
        const bounded = Math.min(0.995, Math.max(0.005, expected));
        likelihood += laterTp * Math.log(bounded) + laterFp * Math.log(1 - bounded);
      }
      if (likelihood > most) {
        most = likelihood;
        best = { mean, strength };
      }
    }
  }
  return best;
}
