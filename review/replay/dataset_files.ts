/**
 * The files of examples that runs are replayed from: which of them a run learned from.
 *
 * @module
 */
import { type Dataset, datasetDigest } from "../../learn/data/dataset.ts";
import type { FieldNames } from "../../learn/data/fields.ts";
import type { Task } from "../../learn/data/examples.ts";
import { isRecord } from "../../learn/text/json.ts";
import { readCorrected } from "../../pipeline/inputs.ts";
import type { Trace } from "../../trace.ts";
import { type Given, rerunData } from "./rerun.ts";

/** A file that was read as a data set, and its digest. */
interface ReadFile {
  readonly dataset: Dataset;
  readonly digest: string;
}

/** Files of examples, each read once a task. */
export class DatasetFiles {
  readonly #data: readonly string[];
  readonly #test: readonly string[];
  readonly #fields: FieldNames | undefined;
  readonly #corrections: string | undefined;
  readonly #isOfMany: boolean;
  readonly #read = new Map<string, Promise<ReadFile>>();

  /**
   * Files by their paths.
   *
   * @param files.fields what the fields of the examples are called
   * @param files.corrections the file of what runs with corrections learned from as well
   * @param files.isOfMany whether runs of several data sets are replayed: a file then is only that of a run
   * with its digest or its name
   */
  constructor(
    { data, test, fields, corrections, isOfMany = false }: {
      readonly data: readonly string[];
      readonly test: readonly string[];
      readonly fields?: FieldNames;
      readonly corrections?: string;
      readonly isOfMany?: boolean;
    },
  ) {
    this.#data = data;
    this.#test = test;
    this.#fields = fields;
    this.#corrections = corrections;
    this.#isOfMany = isOfMany;
  }

  /**
   * Returns the examples and the test set of a run: by digest, else the examples by name, else the only
   * file. Without examples, there is no such file.
   *
   * @throws {Error | SyntaxError | TypeError | RangeError} if a file cannot be read for the run's task
   */
  async find(trace: Trace): Promise<Partial<Given>> {
    const { dataset: { name, task, digest }, split, config } = trace.run;
    const corrections = split.corrections && this.#corrections;
    const files = await this.#readAll(this.#data, task, corrections);
    const [only] = this.#isOfMany || files.length > 1 ? [] : files;
    const data = files.find((file) => digestFor(trace, file) === digest) ??
      files.find(({ dataset }) => dataset.name === name) ?? only;
    if (config.test === undefined) return { data: data?.dataset };
    const tests = await this.#readAll(this.#test, task);
    const tested = isRecord(config.test) ? config.test.digest : undefined;
    const test = tests.find((file) => file.digest === tested) ??
      (tests.length === 1 ? tests[0] : undefined);
    return { data: data?.dataset, test: test?.dataset };
  }

  /**
   * Returns the examples that a run learned from, with the labels of the run; `undefined` if no file has the
   * digest in the trace.
   *
   * @throws {Error | SyntaxError | TypeError | RangeError} if no file can be read for the run's task
   */
  async findProved(trace: Trace): Promise<Dataset | undefined> {
    const { dataset: { task, digest }, split } = trace.run;
    const files = await this.#readAll(this.#data, task, split.corrections && this.#corrections);
    const found = files.find((file) => digestFor(trace, file) === digest)?.dataset;
    if (found === undefined || isChanged(trace)) return found && rerunData(trace, { data: found });
    // Equal digests: the file needs no more checks for this run.
    return { ...found, name: trace.run.dataset.name, labels: trace.run.dataset.labels };
  }

  /** Reads files for a task. One of several that is not for this task is left out. */
  async #readAll(
    paths: readonly string[],
    task: Task,
    corrections?: string,
  ): Promise<ReadFile[]> {
    const read = paths.map((path) => this.#readOnce(path, task, corrections));
    if (paths.length === 1 && !this.#isOfMany) return [await read[0]];
    const settled = await Promise.allSettled(read);
    const failed = settled.find((one) => one.status === "rejected");
    const found = settled.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
    if (found.length === 0 && failed !== undefined) throw failed.reason;
    return found;
  }

  #readOnce(path: string, task: Task, corrections: string | undefined): Promise<ReadFile> {
    const key = JSON.stringify([path, task, corrections]);
    const known = this.#read.get(key);
    if (known !== undefined) return known;
    const read = readCorrected(path, corrections, { task, fields: this.#fields })
      .then((dataset) => ({ dataset, digest: datasetDigest(dataset) }));
    this.#read.set(key, read);
    return read;
  }
}

/** Returns the digest of a file's examples, as they are changed in a run that was made from another so. */
function digestFor(trace: Trace, { dataset, digest }: ReadFile): string | undefined {
  if (!isChanged(trace)) return digest;
  try {
    return datasetDigest(rerunData(trace, { data: dataset }));
  } catch (error) {
    // The file does not have the examples that were changed.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Tells whether a run was made from another with other examples. */
function isChanged({ run: { parent } }: Trace): boolean {
  return parent?.change?.some(({ kind }) => kind === "examples") ?? false;
}
