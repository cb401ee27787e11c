/**
 * The queue of texts to review: a file of JSON Lines that is written once for each text and filled in by a person.
 *
 * A line has `text`, the two answers as `a` and `b`, in an order that does not tell which set gave which, and a field to
 * fill in: `label` (`""` until it is filled in, `null` if no label fits) or, for spans, `better` (`"a"`, `"b"` or
 * `"neither"`), which labels can have too. What people wrote stays byte for byte: lines are only added.
 *
 * @module
 */
import { describeKind, isRecord, isSame, own, parseJson } from "../../../learn/text/json.ts";
import { askNearest } from "../../../learn/text/nearest.ts";
import { escapeControls, quote } from "../../../learn/text/quoting.ts";
import { isSpans } from "./answering.ts";
import type {
  AnswerComparison,
  DifferingText,
  ReviewCounts,
  RightSet,
  SetAnswer,
} from "./format.ts";

/** What a queue says: the outcomes of its texts, and where they are in the file. */
export interface ReviewQueue {
  /** What was found of each text of the comparison; `undefined` if it is not reviewed. */
  readonly outcomes: readonly (RightSet | undefined)[];
  /** The line of the file that each text is on, from 1; `undefined` if it is on none. */
  readonly lines: readonly (number | undefined)[];
}

/** A line of a queue as JSON. */
export interface QueueLine {
  readonly number: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Reads the lines of a queue.
 *
 * @param source what errors call it
 * @throws {SyntaxError} if a line is not JSON, naming it
 * @throws {TypeError} if a line is not one of a queue, naming it
 */
export function parseQueue(text: string, source: string): QueueLine[] {
  return text.replace(/^\ufeff/, "").split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    const number = index + 1;
    const fields = parseJson(line, source, { firstLine: number });
    if (isRecord(fields) && typeof own(fields, "queue") === "string") return [{ number, fields }];
    throw new TypeError(
      `Cannot read ${source}: line ${number}: it is not of a queue of reviews, expected an object ` +
        'with "queue", "text", "a" and "b"',
    );
  });
}

/**
 * Reads what people found of the texts on which two sets differ.
 *
 * @param text that of the file; empty if there is none
 * @param source what errors call it
 * @throws {SyntaxError} if a line is not JSON, naming it
 * @throws {TypeError | RangeError} if a line is not of the queue of this comparison, its text or answers were changed, or
 * what is filled in is not as expected, naming it
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readRules } from "../../../mod.ts";
 * import { compareAnswers, countReviews, extendQueue, readReviews } from "../../observe.ts";
 *
 * const rules = await readRules("examples/banking.trace.json");
 * const none = { ...rules, rules: [], decision: { ...rules.decision, default: undefined } };
 * const comparison = compareAnswers(none, rules, [{ text: "Which rate do I get?" }]);
 * const queue = extendQueue("", comparison, readReviews("", comparison), 20);
 * const filled = queue.replace('"label":""', '"label":"exchange_rate"');
 * const { counts } = countReviews(comparison, readReviews(filled, comparison));
 * assertEquals(counts, { newOnly: 1, oldOnly: 0, neither: 0 });
 * ```
 */
export function readReviews(
  text: string,
  comparison: AnswerComparison,
  source = "the queue",
): ReviewQueue {
  const ranks = new Map(comparison.queue.map(({ text }, rank) => [text, rank]));
  const outcomes: (RightSet | undefined)[] = comparison.queue.map(() => undefined);
  const lines: (number | undefined)[] = comparison.queue.map(() => undefined);
  for (const { number, fields } of parseQueue(text, source)) {
    const prefix = `Cannot read ${source}: line ${number}:`;
    if (fields.queue !== comparison.id) {
      throw new RangeError(
        `${prefix} it is of a queue for other rule sets, texts or another seed, expected "queue" to be ` +
          `${quote(comparison.id)}: name a new file to begin anew`,
      );
    }
    const rank = typeof fields.text === "string" ? ranks.get(fields.text) : undefined;
    const [a, b] = [own(fields, "a"), own(fields, "b")];
    const found = rank === undefined ? undefined : comparison.queue[rank];
    if (rank === undefined || found === undefined) {
      throw new RangeError(
        `${prefix} its "text" was changed: the sets do not differ on such a text`,
      );
    }
    if (!isSame([a, b], JSON.parse(JSON.stringify(found.answers.map((one) => show(one, found)))))) {
      throw new RangeError(`${prefix} its "a" or "b" was changed`);
    }
    const before = lines[rank];
    if (before !== undefined) {
      throw new RangeError(`${prefix} its text is that of line ${before}, expected it once`);
    }
    lines[rank] = number;
    outcomes[rank] = readOutcome(fields, found, comparison, prefix);
  }
  return { outcomes, lines };
}

/** Returns what a person found; `undefined` if nothing is filled in. */
function readOutcome(
  fields: QueueLine["fields"],
  { answers, ofNew }: DifferingText,
  { task, labels }: AnswerComparison,
  prefix: string,
): RightSet | undefined {
  const [label, better] = [own(fields, "label"), own(fields, "better")];
  const byLabel = task === "classification" && label !== undefined && label !== ""
    ? answers.indexOf(checkLabel(label, [...labels, ...answers], prefix))
    : undefined;
  const byBetter = better !== undefined && better !== null && better !== ""
    ? checkBetter(better, prefix)
    : undefined;
  if (byLabel !== undefined && byBetter !== undefined && byLabel !== byBetter) {
    throw new RangeError(`${prefix} its "label" and its "better" do not say the same`);
  }
  const right = byLabel ?? byBetter;
  if (right === undefined) return undefined;
  return right === -1 ? "neither" : right === ofNew ? "new" : "old";
}

/** Checks a label: one that no set knows is more likely misspelt than new. */
function checkLabel(label: unknown, known: readonly SetAnswer[], prefix: string): string | null {
  if (label === null) return null;
  const expected = "expected a label of the sets, or null if none of them fits";
  if (typeof label !== "string") {
    throw new TypeError(`${prefix} "label" is ${describeKind(label)}, ${expected}`);
  }
  if (known.includes(label)) return label;
  const names = known.filter((one) => typeof one === "string");
  throw new RangeError(
    `${prefix} "label" is ${quote(label)}, ${expected}${askNearest(label, names, quote)}`,
  );
}

/** Returns which answer is better, 0 or 1; -1 if neither. */
function checkBetter(better: unknown, prefix: string): number {
  const place = ["neither", "a", "b"].indexOf(better as string);
  if (place !== -1) return place - 1;
  const found = typeof better === "string" ? quote(better) : describeKind(better);
  throw new RangeError(`${prefix} "better" is ${found}, expected "a", "b", "neither" or ""`);
}

/** Reviews that are counted. */
export interface CountedReviews {
  /** Which set was right, in how many of them. */
  readonly counts: ReviewCounts;
  /** How many texts are reviewed, and count. */
  readonly reviewed: number;
  /** How many are reviewed, but come after one that is not. */
  readonly held: number;
}

/**
 * Counts reviews, up to the first text without one: those that people leave for later are no random ones, and so what is
 * reviewed around them is none either.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readRules } from "../../../mod.ts";
 * import { compareAnswers, countReviews } from "../../observe.ts";
 *
 * const rules = await readRules("examples/banking.trace.json");
 * const none = { ...rules, rules: [], decision: { ...rules.decision, default: undefined } };
 * const texts = [{ text: "Which rate do I get?" }, { text: "Which rates are there?" }];
 * const comparison = compareAnswers(none, rules, texts);
 * const { reviewed, held } = countReviews(comparison, { outcomes: [undefined, "new"] });
 * assertEquals([reviewed, held], [0, 1]);
 * ```
 */
export function countReviews(
  { queue, drawn }: AnswerComparison,
  { outcomes }: Pick<ReviewQueue, "outcomes">,
): CountedReviews {
  const gap = outcomes.indexOf(undefined);
  const reviewed = gap === -1 ? queue.length : gap;
  const held = outcomes.reduce((sum, outcome, rank) => {
    return sum + (outcome !== undefined && rank >= reviewed ? 1 : 0);
  }, 0);
  const counts = { newOnly: 0, oldOnly: 0, neither: 0 };
  const fields = { new: "newOnly", old: "oldOnly", neither: "neither" } as const;
  for (const rank of drawn) {
    const outcome = outcomes[rank];
    if (rank >= reviewed || outcome === undefined) break;
    counts[fields[outcome]]++;
  }
  return { counts, reviewed, held };
}

/**
 * Returns the text of a queue with further texts at its end, so that as many wait for a review.
 *
 * @param text that of the file, which stays as it is; empty if there is none
 * @param waiting how many are to wait, if there are so many
 * @param budget the most texts that the queue may have
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readRules } from "../../../mod.ts";
 * import { compareAnswers, extendQueue, readReviews } from "../../observe.ts";
 *
 * const rules = await readRules("examples/banking.trace.json");
 * const none = { ...rules, rules: [], decision: { ...rules.decision, default: undefined } };
 * const comparison = compareAnswers(none, rules, [{ text: "Which rate do I get?" }]);
 * const { text, label } = JSON.parse(extendQueue("", comparison, readReviews("", comparison), 20));
 * assertEquals([text, label], ["Which rate do I get?", ""]);
 * ```
 */
export function extendQueue(
  text: string,
  comparison: AnswerComparison,
  { outcomes, lines }: ReviewQueue,
  waiting: number,
  budget = Infinity,
): string {
  const queued = lines.filter((line) => line !== undefined).length;
  const open = lines.filter((line, rank) => line !== undefined && outcomes[rank] === undefined);
  const most = Math.min(waiting - open.length, budget - queued);
  if (most <= 0) return text;
  const added = comparison.queue.filter((_, rank) => lines[rank] === undefined).slice(0, most)
    .map((one) => `${renderLine(one, comparison)}\n`);
  const isCut = text !== "" && !text.endsWith("\n");
  return added.length === 0 ? text : `${text}${isCut ? "\n" : ""}${added.join("")}`;
}

function renderLine(found: DifferingText, { id: queue, task }: AnswerComparison): string {
  const { id, text, answers: [a, b] } = found;
  const toFill = task === "classification" ? { label: "" } : { better: "" };
  return escapeControls(JSON.stringify({
    queue,
    ...(id !== undefined && { id }),
    text,
    a: show(a, found),
    b: show(b, found),
    // Last: it is at the end of the line that people write.
    ...toFill,
  }));
}

/** Returns an answer as people read it: spans with their parts of the text. */
function show(answer: SetAnswer, { text }: DifferingText): unknown {
  if (!isSpans(answer)) return answer;
  return answer.map((span) => ({ ...span, text: text.slice(span.start, span.end) }));
}
