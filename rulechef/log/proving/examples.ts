/**
 * Tells whether examples that were given are those that a run of a log learned from, as far as the log shows.
 *
 * @module
 */
import { type Dataset, datasetDigest } from "../../../learn/data/dataset.ts";
import type { Example } from "../../../learn/data/examples.ts";
import { count } from "../../../print/phrases.ts";
import { countOf, type LogEntry } from "../entries.ts";
import { readInputs } from "../prompts.ts";
import type { RunLog } from "../run.ts";

/** The examples that were given, and which lines of a log show others. */
export class KnownExamples {
  readonly dataset: Dataset;
  readonly digest: string;
  readonly #texts: ReadonlySet<string>;
  readonly #sizes = new Map<number, number>();
  /** Lines that show a text that the examples lack. */
  readonly #foreign = new Set<number>();

  constructor(dataset: Dataset) {
    this.dataset = dataset;
    this.digest = datasetDigest(dataset);
    const examples: readonly Example[] = dataset.examples;
    this.#texts = new Set(examples.map(({ text }) => text.toWellFormed()));
  }

  /** Notes what a line shows of its examples. Texts that may be cut say nothing. */
  check(entry: LogEntry): void {
    const size = countOf(entry, "dataset_size");
    if (size !== undefined) this.#sizes.set(entry.line, size);
    readInputs(entry, (texts, isWhole) => {
      const isKnown = !isWhole || texts.length === 0 || texts.some((text) => this.#texts.has(text));
      if (!isKnown) this.#foreign.add(entry.line);
    });
  }

  /** Returns why the examples are not those of a run that has ended; `undefined` if nothing tells so. */
  findProblem({ task, ledger }: RunLog): string | undefined {
    const { task: given, examples } = this.dataset;
    if (given !== task) return `they are for ${given}, the run is for ${task}`;
    const lines = ledger.drafts.flatMap(({ calls = [] }) => calls);
    const size = lines.map((line) => this.#sizes.get(line)).find((one) => one !== undefined);
    if (size !== undefined && size !== examples.length) {
      return `they are ${count(examples.length, "example")}, the run had ${size}`;
    }
    const line = lines.find((line) => this.#foreign.has(line));
    return line === undefined ? undefined : `line ${line} shows a text that they lack`;
  }
}
