/**
 * What the script learns from: the examples, the rules to begin with, corrections, feedback and playbooks, of
 * files.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { addCorrections, type CorrectedDataset } from "../learn/data/corrections.ts";
import {
  createDataset,
  type Dataset,
  readDataset,
  readExamples,
  type ReadOptions,
} from "../learn/data/dataset.ts";
import type { Example, Task } from "../learn/data/examples.ts";
import type { FieldNames } from "../learn/data/fields.ts";
import { parseLines } from "../learn/data/formats.ts";
import { baseId, type Refusal } from "../learn/rules/rule.ts";
import type { RuleSet } from "../learn/rules/rule_set.ts";
import { type Feedback, FeedbackSchema } from "../learn/synthesizer.ts";
import { readInput } from "../learn/text/reading.ts";
import { describeProblem } from "../learn/text/schemas.ts";
import { count, formatCount } from "../print/phrases.ts";
import type { LearnOptions } from "./options.ts";
import { readPlaybook, readRules } from "./rule_files.ts";

/** Paths of what to learn from. */
export interface InputPaths {
  /** The examples. */
  readonly path: string;
  /** The rules to learn on from. */
  readonly rules?: string;
  /** Rules to begin with, all of which are locked. */
  readonly lock?: string;
  readonly corrections?: string;
  readonly feedback?: string;
  readonly playbook?: string;
}

/** How to read examples, and whether to do without the playbook. */
export interface InputOptions {
  readonly task?: Task;
  readonly name?: string;
  readonly fields?: FieldNames;
  readonly baseline?: boolean;
}

/** What to learn from, and the options that follow from it. */
export interface Inputs {
  readonly dataset: Dataset;
  readonly options: LearnOptions;
  /** Rules of the files that cannot run here, and are left out. */
  readonly refused: readonly Refusal[];
}

/**
 * Reads what to learn from.
 *
 * @throws {Error} if a file cannot be read or holds something else, naming it and the line
 * @throws {RangeError} if rules or corrections are of another task than the examples
 */
export async function readInputs(
  paths: InputPaths,
  { task, name, fields, baseline = false }: InputOptions,
): Promise<Inputs> {
  const { path, rules, lock, corrections, feedback, playbook } = paths;
  const start = rules === undefined ? undefined : await readRules(rules);
  const locked = lock === undefined ? undefined : await readRules(lock);
  const read = await readFor(path, { task, name, fields }, (start ?? locked)?.task);
  const sets = [start, locked].filter((set) => set !== undefined);
  const other = sets.find((set) => set.task !== read.task);
  if (other !== undefined) {
    throw new RangeError(`The rules are for ${other.task}, and the examples for ${read.task}`);
  }
  const known = withLabels(read, sets.flatMap(({ labels }) => labels));
  const { dataset, corrections: ids = [] } = corrections === undefined
    ? { dataset: known }
    : await addRead(known, corrections);
  return {
    dataset,
    refused: sets.flatMap(({ refused }) => refused),
    options: {
      ...(start && decisionOf(start)),
      rules: joinRules(start, locked),
      corrections: ids,
      ...(feedback !== undefined && { feedback: await readFeedback(feedback) }),
      ...(playbook !== undefined && {
        playbook: { ...await readPlaybook(playbook), ...(baseline && { baseline }) },
      }),
    },
  };
}

/**
 * Adds the corrections of a file, as people write them, as predictions that they mended, or as a log of feedback: without
 * what nobody reviewed or people rejected; what they accepted is added as any other example.
 */
async function addRead(data: Dataset, path: string): Promise<CorrectedDataset> {
  const options = { name: "corrections", task: data.task, onlyReviewed: true };
  const { dataset, isAccepted } = await readExamples(path, options);
  return addCorrections(data, dataset, isAccepted);
}

/** Reads examples together with the corrections of another file, if there is one. */
export async function readCorrected(
  path: string,
  corrections: string | undefined,
  options: ReadOptions & { readonly task: Task },
): Promise<Dataset> {
  const data = await readDataset(path, options);
  if (corrections === undefined) return data;
  return (await addRead(data, corrections)).dataset;
}

/** Tells how many test texts are learned from as well, word for word; `undefined` if none are. */
export function phraseLeaked(dataset: Dataset, test: Dataset): string | undefined {
  const examples: readonly Example[] = test.examples;
  const learned = new Set(dataset.examples.map(({ text }: Example) => text));
  const leaked = examples.filter(({ text }) => learned.has(text)).length;
  if (leaked === 0) return undefined;
  const all = count(test.examples.length, "test text");
  return `${formatCount(leaked)} of ${all} ${
    leaked === 1 ? "is" : "are"
  } learned from, so the score on test may be too high`;
}

/** Reads examples for the task of rules, unless another is asked for. */
async function readFor(
  path: string,
  options: InputOptions,
  ofRules: Task | undefined,
): Promise<Dataset> {
  const { task = ofRules } = options;
  try {
    return await readDataset(path, { ...options, task });
  } catch (error) {
    if (!(error instanceof TypeError) || options.task !== undefined || ofRules === undefined) {
      throw error;
    }
    throw new TypeError(`${error.message} (the rules are for ${ofRules})`, { cause: error });
  }
}

/** Joins the rules to begin with. Of rules that match the same, the locked one counts. */
function joinRules(start: RuleSet | undefined, locked: RuleSet | undefined): LearnOptions["rules"] {
  const own = (locked?.rules ?? []).map((rule) => ({ ...rule, locked: true as const }));
  const ids = new Set(own.map(({ id }) => baseId(id)));
  return [...(start?.rules ?? []).filter(({ id }) => !ids.has(baseId(id))), ...own];
}

/** Returns how a run decides that learns on from rules: as before. */
function decisionOf({ decision, match }: RuleSet): LearnOptions {
  const { decide, threshold, default: fallback, overlaps } = decision;
  return {
    decide,
    threshold,
    ...(fallback === undefined ? {} : { default: "majority" }),
    ...(overlaps && { overlaps }),
    ...(match && { match }),
  };
}

/** Returns a data set that knows more labels, which its examples may not have. */
function withLabels(dataset: Dataset, labels: readonly string[]): Dataset {
  if (dataset.task === "extraction" || labels.length === 0) return dataset;
  return createDataset({ ...dataset, labels: [...new Set([...dataset.labels, ...labels])] });
}

/** Reads feedback: a line of JSON for each. */
async function readFeedback(path: string): Promise<Feedback[]> {
  const { text, source } = await readInput(path);
  return [...parseLines(text, source)].map(({ value, line }) => {
    const parsed = z.safeParse(FeedbackSchema, value);
    if (parsed.success) return parsed.data;
    throw new TypeError(`Cannot read ${source}: line ${line}: ${describeProblem(parsed.error)}`);
  });
}
