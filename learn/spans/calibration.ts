/**
 * How right a candidate will be on texts it was not learned from.
 *
 * A name seen once as a country is almost surely one; a name seen once as an organisation may be
 * anything. So candidates are counted on one half of the texts and tried on the other, and for each
 * label and family of candidates a prior (mean and strength of a beta distribution) is chosen that
 * predicts the other half best: empirical Bayes, as in Gelman et al., "Bayesian Data Analysis", 5.1.
 *
 * @module
 */

/** Counts of one half of the texts: right matches and the weight of wrong ones. */
export interface Counts {
  readonly hits: number;
  readonly faults: number;
}

/** Mean and strength of a prior. */
interface Prior {
  readonly mean: number;
  readonly strength: number;
}

/** Counts on one half, rounded, and what came of all candidates with these counts on the other. */
interface Cell {
  readonly hits: number;
  readonly faults: number;
  laterHits: number;
  laterFaults: number;
}

/** What one candidate counts on the other half at most. */
const MOST = 10;
/** How far the prior of a label is held to that of its family, in examples. */
const LOYALTY = 10;
/** The estimate is lower than the mean by this many standard deviations. */
const CAUTION = 0.5;
const UNKNOWN: Prior = { mean: 0.3, strength: 2 };
const STRENGTHS = [0.2, 0.5, 1, 2, 4, 8, 16];
const MEANS = Array.from({ length: 19 }, (_, index) => (index + 1) / 20);

/** Texts from which on they are halved in blocks of 16. */
const MANY_TEXTS = 320;

/**
 * Which half of so many texts a text is in: by blocks of 16, so that the pieces of a document stay
 * together, where there are enough.
 */
export function isFirstHalf(text: number, texts: number): boolean {
  return (texts < MANY_TEXTS ? text : text >> 4) % 2 === 0;
}

/** Collects how candidates fare, and then says how right others will be. */
export class Calibration {
  readonly #byFamily = new Map<string, Map<string, Cell>>();
  readonly #byLabel = new Map<string, Map<string, Cell>>();
  readonly #priors = new Map<string, Prior>();

  /** Notes what a candidate of a label and family counts on both halves, each as seen from the other. */
  note(label: number, family: string, one: Counts, other: Counts): void {
    this.noteOne(label, family, one, other);
    this.noteOne(label, family, other, one);
  }

  /** Notes what a candidate counts on one half, and later on the other. */
  noteOne(label: number, family: string, seen: Counts, later: Counts): void {
    const total = later.hits + later.faults;
    if (seen.hits < 1 || total === 0) return;
    const hits = coarsen(seen.hits, 12, 3, 40, 15);
    const faults = seen.faults < 3
      ? Math.round(seen.faults * 5) / 5
      : coarsen(Math.round(seen.faults), 20, 5, Infinity, 5);
    const part = Math.min(1, MOST / total);
    for (
      const [cells, key] of [
        [this.#byFamily, family],
        [this.#byLabel, `${family} ${label}`],
      ] as const
    ) {
      const group = cells.get(key) ?? new Map<string, Cell>();
      cells.set(key, group);
      const cell = group.get(`${hits} ${faults}`);
      if (cell === undefined) {
        group.set(`${hits} ${faults}`, {
          hits,
          faults,
          laterHits: later.hits * part,
          laterFaults: later.faults * part,
        });
      } else {
        cell.laterHits += later.hits * part;
        cell.laterFaults += later.faults * part;
      }
    }
  }

  /** The precision to expect of a candidate with these counts on all texts, a little low: 0 to 1. */
  estimate(label: number, family: string, { hits, faults }: Counts): number {
    const { mean, strength } = this.#priorOf(label, family);
    const total = hits + faults + strength;
    const expected = (hits + strength * mean) / total;
    return expected - CAUTION * Math.sqrt(expected * (1 - expected) / (total + 1));
  }

  #priorOf(label: number, family: string): Prior {
    const key = `${family} ${label}`;
    let prior = this.#priors.get(key);
    if (prior === undefined) {
      const group = this.#byFamily.get(family);
      const known = this.#priors.get(family) ?? (group ? fit(group) : UNKNOWN);
      this.#priors.set(family, known);
      const own = this.#byLabel.get(key);
      this.#priors.set(key, prior = own ? fit(own, known) : known);
    }
    return prior;
  }
}

/** Rounds large counts, so that there are few different ones. */
function coarsen(count: number, few: number, step: number, many: number, leap: number): number {
  if (count < few) return count;
  return count < many ? Math.round(count / step) * step : Math.round(count / leap) * leap;
}

/** The prior under which the later counts are likeliest, held to `near` where that is given. */
function fit(cells: ReadonlyMap<string, Cell>, near?: Prior): Prior {
  let best = UNKNOWN;
  let most = -Infinity;
  for (const strength of STRENGTHS) {
    for (const mean of MEANS) {
      let likelihood = 0;
      if (near !== undefined) {
        const apart = 4 * (mean - near.mean) ** 2 + 0.05 * Math.log(strength / near.strength) ** 2;
        likelihood -= LOYALTY * apart;
      }
      for (const { hits, faults, laterHits, laterFaults } of cells.values()) {
        const expected = (hits + strength * mean) / (hits + faults + strength);
        const bounded = Math.min(0.995, Math.max(0.005, expected));
        likelihood += laterHits * Math.log(bounded) + laterFaults * Math.log(1 - bounded);
      }
      if (likelihood > most) {
        most = likelihood;
        best = { mean, strength };
      }
    }
  }
  return best;
}
