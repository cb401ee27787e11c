/**
 * Two rule sets on the same texts: where they differ, in random order.
 *
 * @module
 */
import type { UnlabelledText } from "../../../learn/data/checks.ts";
import { compareEntities } from "../../../learn/data/examples.ts";
import type { Rule } from "../../../learn/rules/rule.ts";
import type { RuleSet } from "../../../learn/rules/rule_set.ts";
import { createRandom } from "../../../learn/score/random.ts";
import { shortDigest } from "../../../learn/text/digest.ts";
import { compareCodeUnits } from "../../../learn/text/folding.ts";
import { createPredictor } from "../../../pipeline/predicting.ts";
import type { AnswerComparison, AnsweredSpan, DifferingText, SetAnswer } from "./format.ts";

/** Options of {@linkcode compareAnswers}. */
export interface AnsweringOptions {
  /**
   * Seed of the order in which texts are reviewed: a whole number.
   *
   * @default {0}
   */
  readonly seed?: number;
  /** Called with a rule if a search for it was given up before the end of a text, once or several times. */
  readonly onUnfinished?: (rule: Rule) => void;
}

/** Takes texts one after the other, as they come from a file. */
export interface AnswerCollector {
  /** Asks both sets about a text. */
  add(text: UnlabelledText): void;
  /** Returns what they said. */
  finish(): AnswerComparison;
}

/**
 * Asks two rule sets about the same texts, and puts those on which they differ in random order. Keeps only these.
 *
 * A text is reviewed once, but counts as often as it comes, as it does for whoever uses the rules. So it is texts as
 * they come that are put in random order, and a text is reviewed where it first comes in it.
 *
 * @throws {RangeError} if the sets are for different tasks
 * @throws {SyntaxError} if a pattern of a rule cannot be run
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readRules } from "../../../mod.ts";
 * import { compareAnswers } from "../../observe.ts";
 *
 * const rules = await readRules("examples/banking.trace.json");
 * const fewer = { ...rules, rules: rules.rules.slice(0, 10) };
 * const texts = [{ text: "Which rate do I get?" }, { text: "My card is lost" }];
 * const { texts: all, differing } = compareAnswers(fewer, rules, texts);
 * assertEquals([all, differing <= 2], [2, true]);
 * ```
 */
export function compareAnswers(
  before: RuleSet,
  after: RuleSet,
  texts: Iterable<UnlabelledText>,
  options: AnsweringOptions = {},
): AnswerComparison {
  const collector = collectAnswers(before, after, options);
  for (const text of texts) collector.add(text);
  return collector.finish();
}

/** What is kept of a text on which the sets differ. */
interface CollectedText {
  readonly text: DifferingText;
  readonly digest: string;
  count: number;
}

/** Is {@linkcode compareAnswers} for texts that come one by one. */
export function collectAnswers(
  before: RuleSet,
  after: RuleSet,
  { seed = 0, onUnfinished }: AnsweringOptions = {},
): AnswerCollector {
  if (before.task !== after.task) {
    throw new RangeError(
      `The old rules are for the task ${before.task} and the new ones for ${after.task}, ` +
        "expected the same task",
    );
  }
  const [predictOld, predictNew] = [before, after].map((set) =>
    createPredictor(set, { onUnfinished })
  );
  let [texts, answeredByOld, answeredByNew] = [0, 0, 0];
  const found: CollectedText[] = [];
  const places = new Map<string, number>();
  /** The place in `found` of each differing text, as often as it comes. */
  const lines: number[] = [];
  return {
    add(text) {
      const [old, now] = [predictOld, predictNew].map((predict) => toAnswer(predict(text).given));
      texts++;
      if (isAnswer(old)) answeredByOld++;
      if (isAnswer(now)) answeredByNew++;
      if (keyOf(old) === keyOf(now)) return;
      let place = places.get(text.text);
      if (place === undefined) {
        place = found.length;
        places.set(text.text, place);
        found.push(toFound(text, old, now));
      }
      found[place].count++;
      lines.push(place);
    },
    finish() {
      const labels = [...new Set([...before.labels, ...after.labels])].sort(compareCodeUnits);
      const drawn = Int32Array.from(lines);
      shuffle(drawn, seed);
      const queue: DifferingText[] = [];
      const ranks = new Map<number, number>();
      for (const [at, place] of drawn.entries()) {
        let rank = ranks.get(place);
        if (rank === undefined) {
          rank = queue.length;
          ranks.set(place, rank);
          queue.push({ ...found[place].text, count: found[place].count });
        }
        drawn[at] = rank;
      }
      const id = shortDigest(
        { seed, texts, lines: lines.map((place) => found[place].digest) },
        ID_LENGTH,
      );
      const answered = { answeredByOld, answeredByNew };
      const { task } = before;
      return { id, task, labels, texts, ...answered, differing: lines.length, queue, drawn };
    },
  };
}

const ID_LENGTH = 12;

function toAnswer(given: SetAnswer): SetAnswer {
  if (given === null || typeof given === "string") return given;
  const sorted = given.toSorted((a, b) =>
    compareEntities({ ...a, type: a.type ?? "" }, { ...b, type: b.type ?? "" })
  );
  // Rules that keep overlaps may find a span twice.
  return sorted.filter((span, place) =>
    place === 0 || keyOf([span]) !== keyOf([sorted[place - 1]])
  );
}

function isAnswer(answer: SetAnswer): boolean {
  return answer !== null && answer.length > 0;
}

/** Returns the same for answers that are the same. */
function keyOf(answer: SetAnswer): string {
  return JSON.stringify(
    isSpans(answer) ? answer.map(({ start, end, type }) => [start, end, type]) : answer,
  );
}

/** Tells whether an answer is of rules that find spans. */
export function isSpans(answer: SetAnswer): answer is readonly AnsweredSpan[] {
  return typeof answer === "object" && answer !== null;
}

function toFound({ id, text }: UnlabelledText, old: SetAnswer, now: SetAnswer): CollectedText {
  // By digest: the more general, the longer or the empty answer would come first for one of the sets.
  const [one, other] = [old, now].map((answer) => ({
    answer,
    digest: shortDigest([text, keyOf(answer)], ID_LENGTH),
  }));
  const isOldFirst = one.digest < other.digest;
  const [first, second] = isOldFirst ? [one, other] : [other, one];
  return {
    text: {
      ...(id !== undefined && { id }),
      text,
      answers: [first.answer, second.answer],
      ofNew: isOldFirst ? 1 : 0,
      count: 1,
    },
    digest: first.digest + second.digest,
    count: 0,
  };
}

/**
 * Puts numbers in random order.
 *
 * Durstenfeld, R. (1964). Algorithm 235: Random permutation. Communications of the ACM 7(7), 420.
 */
function shuffle(numbers: Int32Array, seed: number): void {
  const random = createRandom(seed);
  for (let last = numbers.length - 1; last > 0; last--) {
    const at = Math.floor(random() * (last + 1));
    [numbers[last], numbers[at]] = [numbers[at], numbers[last]];
  }
}
