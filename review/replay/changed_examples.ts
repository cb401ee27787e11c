/**
 * The examples of a run that was made from another by changing its examples.
 *
 * @module
 */
import type { Dataset } from "../../learn/data/dataset.ts";
import { quote } from "../../learn/text/quoting.ts";
import type { Change, ExamplesChange } from "../../record/parent.ts";

/**
 * Returns the data set with examples dropped and relabelled, and with all its labels.
 *
 * @throws {RangeError} if an example is not in it, or would get a label that it does not have or has already;
 * if none is left
 */
export function changeExamples(dataset: Dataset, changes: readonly Change[]): Dataset {
  return changes.filter((change) => change.kind === "examples")
    .reduce<Dataset>((changed, change) => changeOnce(changed, change), dataset);
}

function changeOnce(dataset: Dataset, { dropped, relabelled }: ExamplesChange): Dataset {
  const known = new Map(dataset.examples.map((example) => [example.id, example]));
  const unknown = [...dropped, ...relabelled.map(({ id }) => id)].find((id) => !known.has(id));
  if (unknown !== undefined) throw new RangeError(`The data have no example ${quote(unknown)}`);
  for (const { id, label } of relabelled) {
    const example = known.get(id)!;
    if (!("label" in example)) {
      throw new RangeError(`Example ${quote(id)} cannot be relabelled: it has spans, not a label`);
    }
    if (!dataset.labels.includes(label)) {
      throw new RangeError(`The data have no label ${quote(label)} for example ${quote(id)}`);
    }
    if (example.label === label) {
      throw new RangeError(`Example ${quote(id)} has the label ${quote(label)} already`);
    }
  }
  const gone = new Set(dropped);
  const labels = new Map(relabelled.map(({ id, label }) => [id, label]));
  const examples = [...known.values()].filter(({ id }) => !gone.has(id)).map((example) => {
    const label = labels.get(example.id);
    return label === undefined ? example : { ...example, label };
  });
  if (examples.length === 0) throw new RangeError("No example is left to learn from");
  return { ...dataset, examples } as Dataset;
}
