/**
 * Two rule sets side by side, as a script: arguments, files, and what is printed.
 *
 * @module
 */
import { dirname } from "jsr:@std/path@^1";
import type { FieldNames } from "../../../learn/data/fields.ts";
import { readTexts } from "../../../learn/data/texts.ts";
import type { Rule } from "../../../learn/rules/rule.ts";
import type { RuleSet } from "../../../learn/rules/rule_set.ts";
import { nameInput, readInput } from "../../../learn/text/reading.ts";
import { readRules } from "../../../pipeline/rule_files.ts";
import { count, phraseRefusals, phraseUnfinished } from "../../../print/phrases.ts";
import { parseWhole } from "../../../script/arguments.ts";
import { fieldOptions, parseFields } from "../../../script/fields.ts";
import { requireOutput, writeOutput } from "../../../script/outputs.ts";
import { parseUsage, requirePermission, write } from "../../../script/script.ts";
import {
  createProgressLine,
  type FormatOptions,
  parseWidth,
  terminal,
  toJson,
} from "../../../script/terminal.ts";
import { holdFolder, statOrNothing } from "../../../system/files.ts";
import { collectAnswers } from "./answering.ts";
import type { AnswerComparison, BetweenOutput } from "./format.ts";
import { judgeReviews } from "./judging.ts";
import { countReviews, extendQueue, parseQueue, readReviews } from "./queue.ts";
import { formatBetween } from "./text.ts";

/** Texts that wait for a review at a time, by default. */
const BATCH = 20;
/** The most texts to review, by default. */
const BUDGET = 300;

/** The lines of `--help` about two rule sets, but for options that are also of other modes. */
export const betweenUsage =
  `With two rule sets, which of them is better. Both are asked about the texts, and a person reviews only
those on which they differ, in random order, until it is decided. The same call again goes on.

  --texts FILE        texts: JSON Lines, JSON, CSV, or plain text with one text a line
  --review QUEUE      a file of JSON Lines to fill in: in "label" the right label, or null if none
                      fits; for spans, in "better" which is better: "a", "b" or "neither"
  --batch N           texts that wait for a review at a time (default: ${BATCH})
  --budget N          most texts to review (default: ${BUDGET})
  --seed N            of the random order (default: 0)
`;

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;

/** The options about two rule sets, for `parseArgs`. */
export const betweenOptions = {
  texts: text,
  review: text,
  batch: text,
  budget: text,
  seed: text,
  ...fieldOptions,
  json: flag,
  width: text,
} as const;

/** The values of {@linkcode betweenOptions}. */
export type BetweenValues = {
  readonly [Name in keyof typeof betweenOptions]?: Name extends "json" ? boolean : string;
};

/** What to compare, and where reviews are. */
interface BetweenRequest {
  readonly old: string;
  readonly new: string;
  readonly texts: string;
  readonly review: string;
  readonly batch: number;
  readonly budget: number;
  readonly seed: number;
  readonly fields?: FieldNames;
  readonly json: boolean;
  readonly layout: Pick<FormatOptions, "width">;
}

function parseRequest(values: BetweenValues, positionals: readonly string[]): BetweenRequest {
  if (positionals.length !== 2) {
    throw new TypeError(`expected two rule sets, OLD and NEW, got ${positionals.length}`);
  }
  const [before, after] = positionals;
  const { texts, review, batch, budget, seed } = values;
  if (texts === undefined) throw new TypeError("--texts is missing: name the texts to compare on");
  if (review === undefined) {
    throw new TypeError("--review is missing: name the file in which texts are to be reviewed");
  }
  if ([before, after, texts].filter((one) => one === "-").length > 1) {
    throw new TypeError("only one of the rule sets and the texts can be the standard input");
  }
  return {
    old: before,
    new: after,
    texts,
    review,
    batch: batch === undefined ? BATCH : parseWhole("--batch", batch, 1, 100_000),
    budget: budget === undefined ? BUDGET : parseWhole("--budget", budget, 1),
    seed: seed === undefined ? 0 : parseWhole("--seed", seed, 0),
    ...parseFields(values),
    json: values.json ?? false,
    layout: parseWidth(values.width),
  };
}

/**
 * Runs the script: compares, reads the queue, adds to it what is to be reviewed next, and prints what is known.
 *
 * @throws {UsageError} if arguments are missing or not as expected
 */
export async function runBetween(
  values: BetweenValues,
  positionals: readonly string[],
): Promise<void> {
  const request = parseUsage(() => parseRequest(values, positionals));
  const { texts, review } = request;
  const inputs = [request.old, request.new, texts];
  for (const path of inputs) await requirePermission("read", path);
  await requireOutput("--review", review, inputs, "queue");
  // What is wrong with the queue is better told before all texts are read.
  parseQueue(await readQueue(review), nameInput(review));
  const sets = [await readSet(request.old), await readSet(request.new)];
  const comparison = await compare(sets, request);
  const known = await updateQueue(comparison, request);
  const [old, other] = sets.map(({ rules }, place) => ({
    path: inputs[place],
    rules: rules.length,
    answered: place === 0 ? comparison.answeredByOld : comparison.answeredByNew,
  }));
  const { task, texts: all, differing, queue } = comparison;
  const output: BetweenOutput = {
    task,
    old,
    new: other,
    texts: all,
    differing,
    distinct: queue.length,
    ...known,
  };
  if (request.json) write(toJson(output));
  else write(formatBetween(output, { ...terminal(), ...request.layout }));
}

/** Says on the standard error what the result does not tell. */
function note(text: string): void {
  write(`observe.ts: ${text}\n`, "stderr");
}

async function readSet(path: string): Promise<RuleSet> {
  const set = await readRules(path);
  for (const refusals of phraseRefusals(set.refused)) note(refusals);
  return set;
}

/** Milliseconds between two states of the progress. */
const SHOWN = 200;

/** Asks both sets about the texts of a file. */
async function compare(
  [before, after]: readonly RuleSet[],
  { texts: path, fields, seed }: BetweenRequest,
): Promise<AnswerComparison> {
  const line = createProgressLine();
  let [done, shown] = [0, performance.now()];
  /** On how many texts searches for a rule were given up, and the last of these. */
  const unfinished = new Map<Rule, { texts: number; last: number }>();
  const collector = collectAnswers(before, after, {
    seed,
    onUnfinished(rule) {
      const { texts, last } = unfinished.get(rule) ?? { texts: 0, last: -1 };
      unfinished.set(rule, { texts: last === done ? texts : texts + 1, last: done });
    },
  });
  try {
    for await (const texts of readTexts(path, { fields })) {
      for (const text of texts) {
        collector.add(text);
        done++;
        if (line === undefined || performance.now() - shown < SHOWN) continue;
        shown = performance.now();
        line.show([`${count(done, "text")} compared`]);
      }
    }
  } finally {
    line?.clear();
  }
  const found = [...unfinished].map(([{ name }, { texts }]) => ({ rule: name, texts }));
  const searches = phraseUnfinished(found, (name) => name);
  if (searches !== undefined) note(searches);
  return collector.finish();
}

/** Returns the text of a queue; an empty one if there is none. */
async function readQueue(path: string): Promise<string> {
  const found = statOrNothing(path);
  if (found === undefined) return "";
  // A pipe cannot be read again.
  if (!found.isFile()) throw new Error(`Cannot read ${nameInput(path)}: it is not a regular file`);
  return (await readInput(path)).text;
}

/** Reads reviews, judges by them, and adds to the queue what is to be reviewed next. */
async function updateQueue(
  comparison: AnswerComparison,
  { review: path, batch, budget }: BetweenRequest,
): Promise<Pick<BetweenOutput, "counts" | "review" | keyof ReturnType<typeof judgeReviews>>> {
  // Of two calls at once, the second reads what the first wrote.
  const release = await holdFolder(dirname(path));
  try {
    const source = nameInput(path);
    const text = await readQueue(path);
    let queue = readReviews(text, comparison, source);
    const { counts, reviewed, held } = countReviews(comparison, queue);
    const judgement = judgeReviews(counts, comparison);
    const isOpen = judgement.verdict === "undecided";
    const extended = isOpen ? extendQueue(text, comparison, queue, batch, budget) : text;
    if (extended !== text) {
      // An editor may have written while this was computed.
      if (await readQueue(path) !== text) {
        throw new Error(`Cannot write ${source}: it was changed meanwhile, run this again`);
      }
      writeOutput(path, extended, "queue");
      queue = readReviews(extended, comparison, source);
    }
    const open = isOpen
      ? queue.lines.filter((_, rank) => queue.outcomes[rank] === undefined)
        .filter((line) => line !== undefined)
      : [];
    const waiting = open.length;
    const line = waiting === 0 ? {} : { line: Math.min(...open) };
    return { ...judgement, counts, review: { path, reviewed, held, waiting, ...line, budget } };
  } finally {
    release();
  }
}
