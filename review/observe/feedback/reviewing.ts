/**
 * Which texts to review next.
 *
 * @module
 */
import { nameRule, type RuleAnswer } from "./answers.ts";
import type { ReviewCandidate, ReviewReason, RuleRecord, UnreviewedText } from "./format.ts";

/** A text to choose from, and where it is. */
export interface PlacedText extends UnreviewedText {
  /** Its line in the log, or its place among the texts given, from 1. */
  readonly place: number;
}

/** Reasons in the order in which they take turns. */
const REASONS: readonly ReviewReason[] = ["alarm", "abstained", "unsure"];

/**
 * Chooses the texts whose review tells most. In turn: answers of rules with an alarm, texts without an answer (the last
 * ones first), and answers that are least sure. How sure one is, is how often such a margin was correct times the mean
 * share of right answers of the rule that decided, of which nothing is known before its first review. Texts of one
 * deciding rule come after those of others.
 *
 * @param texts an equal one counts once
 * @param most how many to choose
 */
export function chooseReviews(
  texts: Iterable<PlacedText>,
  answerOf: (text: string) => RuleAnswer,
  records: readonly RuleRecord[],
  most: number,
): ReviewCandidate[] {
  const known = new Map(records.map((record) => [record.rule.id, record]));
  const candidates = [...new Map([...texts].map((one) => [one.text, one])).values()]
    .map((one) => toCandidate(one, answerOf(one.text), known));
  const queues = REASONS.map((reason) =>
    spread(
      candidates.filter((one) => one.reason === reason).sort((a, b) =>
        b.doubt - a.doubt || b.place - a.place
      ),
    )
  );
  const chosen: ReviewCandidate[] = [];
  for (let turn = 0; queues.some((queue) => turn < queue.length); turn++) {
    chosen.push(...queues.flatMap((queue) => queue.slice(turn, turn + 1)));
    if (chosen.length >= most) break;
  }
  return chosen.slice(0, most);
}

function toCandidate(
  { place, id, text }: PlacedText,
  { label, decidedBy, sureness }: RuleAnswer,
  known: ReadonlyMap<string, RuleRecord>,
): ReviewCandidate {
  const record = decidedBy && known.get(decidedBy.id);
  return {
    place,
    ...(id !== undefined && { id }),
    text,
    given: label,
    rule: decidedBy ? nameRule(decidedBy) : null,
    reason: label === null ? "abstained" : record?.alarm ? "alarm" : "unsure",
    doubt: label === null ? 1 : 1 - sureness * (record?.share ?? 0.5),
  };
}

/** Puts the first candidate of each deciding rule before the second ones, and so on. */
function spread(candidates: readonly ReviewCandidate[]): ReviewCandidate[] {
  const times = new Map<string, number>();
  const turns = candidates.map((one) => {
    if (one.rule === null) return { one, turn: 0 };
    const turn = times.get(one.rule.id) ?? 0;
    times.set(one.rule.id, turn + 1);
    return { one, turn };
  });
  return turns.sort((a, b) => a.turn - b.turn).map(({ one }) => one);
}
