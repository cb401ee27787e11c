/**
 * Sampling: chooses the examples to learn from and to decide on, if there are more than a run can take.
 *
 * @module
 */
import { countEach, getOrCreate } from "../text/maps.ts";
import { type Example, labelsOf } from "./examples.ts";

/** Of how many examples how many were chosen. */
export interface Sampled {
  /** How many examples there are, more than `learned`. */
  readonly of: number;
  /** How many of them a run learns from and decides on. */
  readonly learned: number;
}

/** The examples that a run learns from and decides on. */
export interface Sample<E> {
  readonly examples: readonly E[];
  /** Missing if these are all there are. */
  readonly sampled?: Sampled;
}

/** Stands for the label of a text without spans: labels are not empty. */
const NO_SPANS = "";

/**
 * Chooses `sample` of more examples, in their order; all if there are no more. Each label keeps its share, and at least
 * one example if there are as many as labels. An example with several labels counts for its rarest one.
 *
 * Of a label those come first whose texts do in the order of a hash of text and seed, which is the same on any machine and
 * does not change for the others if an example is added or removed. Equal texts stay together.
 *
 * @param options.sample number of examples, ≥ 2 or `Infinity`
 * @param options.seed any integer
 * @param options.corrections ids of examples that are chosen in any case, and count
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { sampleExamples } from "./sampling.ts";
 *
 * const examples = Array.from({ length: 40 }, (_, index) => ({
 *   id: `e${index}`,
 *   text: `text ${index}`,
 *   label: index % 4 === 0 ? "rare" : "frequent",
 * }));
 * const { examples: chosen, sampled } = sampleExamples(examples, { sample: 8, seed: 0 });
 * assertEquals(chosen.filter(({ label }) => label === "rare").length, 2);
 * assertEquals(sampled, { of: 40, learned: 8 });
 * ```
 */
export function sampleExamples<E extends Example>(
  examples: readonly E[],
  { sample, seed, corrections = [] }: {
    readonly sample: number;
    readonly seed: number;
    readonly corrections?: readonly string[];
  },
): Sample<E> {
  if (examples.length <= sample) return { examples };
  const first = new Set(corrections);
  const totals = countEach(examples.flatMap(labelsOf));
  const byLabel = new Map<string, number[]>();
  const chosen: number[] = [];
  const keys = new Float64Array(examples.length);
  examples.forEach((example, position) => {
    if (first.has(example.id)) return chosen.push(position);
    const label = labelsOf(example).reduce(
      (rarest, one) => rarest === NO_SPANS || totals.get(one)! < totals.get(rarest)! ? one : rarest,
      NO_SPANS,
    );
    keys[position] = keyOf(example.text, seed);
    getOrCreate(byLabel, label, () => []).push(position);
  });
  // The place among the others of a label, as a share: by it, each label is taken to the same part.
  const shares = new Float64Array(examples.length);
  for (const all of byLabel.values()) {
    all.sort((a, b) => keys[a] - keys[b] || a - b);
    all.forEach((position, rank) => shares[position] = rank / all.length);
  }
  const ranked = Int32Array.from([...byLabel.values()].flat())
    .sort((a, b) => shares[a] - shares[b] || keys[a] - keys[b] || a - b);
  for (const position of ranked.subarray(0, Math.max(0, sample - chosen.length))) {
    chosen.push(position);
  }
  const learned = Int32Array.from(chosen).sort();
  return {
    examples: Array.from(learned, (position) => examples[position]),
    sampled: { of: examples.length, learned: learned.length },
  };
}

/**
 * Returns a number that stands for a text and a seed: two hashes of 32 and 20 bits (FNV-1a over code units, each mixed by the
 * last step of MurmurHash3). A digest would take ten times as long.
 */
function keyOf(text: string, seed: number): number {
  let one = mix(seed);
  let other = mix(one ^ Math.floor(seed / 2 ** 32));
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    one = Math.imul(one ^ unit, 0x01000193);
    other = Math.imul(other ^ unit, 0x85ebca6b) ^ (other >>> 15);
  }
  return (mix(one) >>> 0) * 2 ** 20 + (mix(other) >>> 12);
}

function mix(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
