/**
 * Which of two rule sets is better, as text for people.
 *
 * @module
 */
import { basename } from "jsr:@std/path@^1";
import { bold, dim, green, yellow } from "jsr:@std/fmt@^1/colors";
import { showText } from "../../../learn/text/quoting.ts";
import { layOut, separate } from "../../../print/layout.ts";
import { count, formatCount, formatPercent, formatPoints } from "../../../print/phrases.ts";
import { formatTable, numberColumn, textColumn } from "../../../print/table.ts";
import { wrap } from "../../../print/text.ts";
import type { FormatOptions } from "../../../script/terminal.ts";
import type { BetweenOutput, ComparedSet } from "./format.ts";
import { DECISIVE_FACTOR } from "./judging.ts";

/**
 * Formats what reviews tell of two rule sets, and what is to be done next. Ends in a line break.
 *
 * @throws {RangeError} if `width` is not a whole number from 20 to 1000
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { formatBetween } from "../../observe.ts";
 *
 * const set = { path: "old.json", rules: 3, answered: 10 };
 * const text = formatBetween({
 *   task: "classification",
 *   old: set,
 *   new: set,
 *   texts: 10,
 *   differing: 0,
 *   distinct: 0,
 *   counts: { newOnly: 0, oldOnly: 0, neither: 0 },
 *   review: { path: "queue.jsonl", reviewed: 0, held: 0, waiting: 0, budget: 300 },
 *   verdict: "same",
 *   bayesFactor: 1,
 *   difference: { points: 0, low: 0, high: 0 },
 *   isExact: true,
 * });
 * assertEquals(text.split("\n")[0], "The sets say the same of all 10 texts");
 * ```
 */
export function formatBetween(output: BetweenOutput, options: FormatOptions = {}): string {
  return layOut(options, (width) => {
    const paint = output.verdict === "undecided" ? yellow : green;
    return separate([
      [
        ...wrap(phraseVerdict(output), width).map((line) => bold(paint(line))),
        ...phraseEvidence(output).flatMap((line) => wrap(line, width)),
      ],
      formatSets(output, width),
      phraseNext(output).flatMap((line) => wrap(line, width)),
    ]);
  });
}

/** Says which set is better, and by how much. */
function phraseVerdict(output: BetweenOutput): string {
  const { task, verdict, texts, differing, review, difference, isExact } = output;
  if (differing === 0) {
    return texts === 0 ? "There are no texts" : `The sets say the same of ${phraseAll(texts)}`;
  }
  if (verdict === "same") return "The sets are as good as each other on these texts";
  if (verdict === "undecided" && review.reviewed === 0) {
    return "Not decided: no text is reviewed yet";
  }
  const side = verdict === "old" ? -1 : 1;
  const points = (of: number) => formatPoints(0, side * of / 100);
  const ends = [difference.low, difference.high].map(points);
  const [low, high] = verdict === "old" ? ends.reverse() : ends;
  const net = points(difference.points);
  const interval = isExact ? "" : ` (95 %: ${low} to ${high})`;
  const about = task === "classification"
    ? `${net} points of accuracy on these texts${interval}`
    : `ahead on ${net} % of these texts${interval}`;
  if (verdict !== "undecided") return `The ${verdict} set is better: ${about}`;
  return `Not decided: the new set ${task === "classification" ? "has" : "is"} ${about}`;
}

function phraseAll(texts: number): string {
  return texts === 1 ? "the one text" : `all ${count(texts, "text")}`;
}

/** Says what the verdict is from. */
function phraseEvidence(output: BetweenOutput): string[] {
  const { texts, differing, distinct, verdict, bayesFactor, isExact, review } = output;
  if (differing === 0) return [];
  const once = distinct === differing ? "" : `, ${formatCount(distinct)} different ones`;
  const share = formatPercent(differing / texts);
  const differ = `They differ on ${formatCount(differing)} of ${
    count(texts, "text")
  } (${share} %${once})`;
  if (review.reviewed === 0) return [differ];
  const factor = `Bayes factor ${formatFactor(bayesFactor)}, ${DECISIVE_FACTOR} decides`;
  const reviewed = isExact
    ? `all ${formatCount(distinct)} reviewed`
    : `${formatCount(review.reviewed)} reviewed`;
  const isChance = isExact && verdict !== "same" && bayesFactor < DECISIVE_FACTOR;
  return [
    `${differ}; ${reviewed}`,
    isChance ? `${factor}: on other texts, it can be otherwise` : factor,
    ...verdict === "undecided" ? [phraseMore(output)] : [],
  ];
}

/** Says how many more reviews it takes. */
function phraseMore({ more, differing, counts }: BetweenOutput): string {
  const left = differing - counts.newOnly - counts.oldOnly - counts.neither;
  if (more === undefined) return "As it looks, it takes over 10,000 more reviews";
  if (more >= left) return "As it looks, it takes a review of all of them";
  const what = more === 1 ? "the next review decides" : `${formatCount(more)} more reviews decide`;
  return `Chances are even that ${what} it`;
}

function formatFactor(factor: number): string {
  if (factor >= 1_000) return "over 1,000";
  return factor.toFixed(factor < 10 ? 2 : 1);
}

/** A row of the table: a set, or what is of none. */
interface SetRow extends Partial<ComparedSet> {
  readonly name: string;
  readonly right: number;
}

function formatSets(output: BetweenOutput, width: number): string[] {
  const { counts, texts, review } = output;
  const rows: SetRow[] = [
    { ...output.old, name: `old: ${nameOf(output.old)}`, right: counts.oldOnly },
    { ...output.new, name: `new: ${nameOf(output.new)}`, right: counts.newOnly },
    ...review.reviewed === 0 ? [] : [{ name: "neither", right: counts.neither }],
  ];
  const name = textColumn<SetRow>("set", ({ name }) => name);
  const rules = numberColumn<SetRow>(
    "rules",
    ({ rules }) => rules === undefined ? "" : formatCount(rules),
  );
  const answered = numberColumn<SetRow>(
    output.task === "classification" ? "% labelled" : "% with spans",
    (row) => row.answered === undefined || texts === 0 ? "" : formatPercent(row.answered / texts),
  );
  const right = numberColumn<SetRow>(
    output.task === "classification" ? "right" : "better",
    (row) => formatCount(row.right),
  );
  const last = review.reviewed === 0 ? [] : [right];
  return formatTable(rows, [[name, rules, answered, ...last], [name, ...last]], name, width);
}

function nameOf({ path }: ComparedSet): string {
  return showText(path === "-" ? "standard input" : basename(path));
}

/** Says what is to be done. */
function phraseNext({ task, verdict, review }: BetweenOutput): string[] {
  if (verdict !== "undecided") return [];
  const { path, held, waiting, line, budget } = review;
  const name = showText(path);
  if (waiting === 0) {
    return [`The budget of ${count(budget, "review")} is used up: a greater --budget goes on`];
  }
  const field = task === "classification"
    ? 'write the right label into "label" (null if none fits)'
    : 'write "a", "b" or "neither" into "better"';
  return [
    `${name}, from line ${formatCount(line ?? 1)} on: ${
      count(waiting, "text")
    } to review. In each, ` +
    `${field}, then run this again`,
    ...held === 0 ? [] : [
      dim(
        `${count(held, "review")} below line ${
          formatCount(line ?? 1)
        } count once it is reviewed too`,
      ),
    ],
  ];
}
