/**
 * Corrections: examples that people set right, which weigh more than others.
 *
 * @module
 */
import { createDataset, type Dataset } from "./dataset.ts";
import type { Example } from "./examples.ts";

/** How often a correction counts; any other example counts once. */
const WEIGHT = 2;

/** A data set with corrections among its examples. */
export interface CorrectedDataset {
  /** The data set. */
  readonly dataset: Dataset;
  /** The ids of the corrections, for the option `corrections` of a run. */
  readonly corrections: readonly string[];
}

/**
 * Adds corrections to a data set. A correction takes the place of all examples with its text, and the id of the
 * first of them; of several corrections of one text the last counts.
 *
 * @param corrections examples of the same task
 * @param isAccepted tells whether the one of an index is an answer that a person accepted: it is added as any other
 *   example, and no correction
 * @throws {RangeError} if the tasks differ, or the types of entities differ only in case
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { addCorrections, createDataset } from "../../mod.ts";
 *
 * const data = createDataset({ name: "x", examples: [{ id: "a", text: "my card", label: "rate" }] });
 * const right = createDataset({ name: "x", examples: [{ text: "my card", label: "card" }] });
 * const { dataset, corrections } = addCorrections(data, right);
 * assertEquals(dataset.examples, [{ id: "a", text: "my card", label: "card" }]);
 * assertEquals(corrections, ["a"]);
 * ```
 */
export function addCorrections(
  data: Dataset,
  corrections: Dataset,
  isAccepted: (index: number) => boolean = () => false,
): CorrectedDataset {
  const { name, task, labels } = data;
  if (corrections.task !== task) {
    throw new RangeError(`The corrections are of the task ${corrections.task}, expected ${task}`);
  }
  const examples: readonly Example[] = data.examples;
  const right = new Map(
    corrections.examples.map((example, index) => [example.text, { example, index }]),
  );
  const idOf = new Map<string, string>();
  for (const { text, id } of examples) if (!idOf.has(text)) idOf.set(text, id);
  const others = examples.filter(({ text }) => !right.has(text));
  const taken = new Set(others.map(({ id }) => id));
  const added = [...right.values()].map(({ example }) => {
    let id = idOf.get(example.text) ?? example.id;
    for (let number = 2; taken.has(id); number++) id = `${example.id}-${number}`;
    taken.add(id);
    return { ...example, id };
  });
  const known = task === "extraction"
    ? {}
    : { labels: [...new Set([...labels, ...corrections.labels])] };
  const all = { name, task, ...known, examples: [...others, ...added] };
  const corrected = [...right.values()].flatMap(({ index }, place) =>
    isAccepted(index) ? [] : added[place].id
  );
  return { dataset: createDataset(all as Dataset), corrections: corrected };
}

/** Examples to learn from, with copies of those that weigh more. */
export interface Weighed<E> {
  /** All examples, then the copies, so that the examples keep their positions. */
  readonly examples: readonly E[];
  /** Adds the positions of copies to those of examples; both ascending. */
  readonly withCopies: (positions: Int32Array) => Int32Array;
}

/** Copies corrections, so that each counts twice. */
export function weighCorrections<E extends { readonly id: string }>(
  examples: readonly E[],
  corrections: ReadonlySet<string> | undefined,
): Weighed<E> {
  const corrected = [...examples.keys()].filter((one) => corrections?.has(examples[one].id));
  if (corrected.length === 0) return { examples, withCopies: (positions) => positions };
  const numbers = new Map(corrected.map((position, number) => [position, number]));
  const copies = corrected.map((position) => examples[position]);
  const firsts = Array.from(
    { length: WEIGHT - 1 },
    (_, copy) => examples.length + copy * copies.length,
  );
  return {
    examples: [...examples, ...firsts.flatMap(() => copies)],
    withCopies(positions) {
      const found = [...positions].flatMap((position) => numbers.get(position) ?? []);
      return Int32Array.from([
        ...positions,
        ...firsts.flatMap((first) => found.map((number) => first + number)),
      ]);
    },
  };
}
