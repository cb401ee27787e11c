/**
 * An observation as text for people.
 *
 * @module
 */
import { bold, dim, green, red, yellow } from "jsr:@std/fmt@^1/colors";
import { abbreviate } from "../../../learn/text/digest.ts";
import { cut, showText } from "../../../learn/text/quoting.ts";
import { layOut, separate } from "../../../print/layout.ts";
import { count, formatCount, formatPercent, listFew, showName } from "../../../print/phrases.ts";
import { type Column, fitTable, numberColumn, textColumn } from "../../../print/table.ts";
import { truncate, wrap } from "../../../print/text.ts";
import type { FormatOptions } from "../../../script/terminal.ts";
import type {
  FeedbackCounts,
  MistakeKind,
  Observation,
  Recommendation,
  ReviewCandidate,
  ReviewReason,
  RuleRecord,
} from "./format.ts";

/** Options of {@linkcode formatObservation}. */
export interface ObservationFormat extends FormatOptions {
  /**
   * The most kinds of mistakes, and rules, to list.
   *
   * @default 10
   */
  readonly listed?: number;
  /** The command that learns again. */
  readonly command?: string;
}

/** Columns before a text. */
const INDENT = "    ";

/**
 * Formats an observation: the lines of the log, mistakes, rules with an alarm or mistakes, what to review next, and
 * whether to learn again. It holds texts of the log. Ends in a line break.
 *
 * @throws {RangeError} if `width` is not a whole number from 20 to 1000
 *
 * @example
 * ```ts
 * import { assertMatch } from "jsr:@std/assert@^1";
 * import { readTrace } from "../../../trace.ts";
 * import { parseFeedback } from "./log.ts";
 * import { observe } from "./observing.ts";
 * import { formatObservation } from "./text.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * const log = `{"text": "Which rate do I get?", "given": "exchange_rate", "outcome": "rejected"}`;
 * const text = formatObservation(observe(trace, parseFeedback(log, "the log")));
 * assertMatch(text, /1 mistake of 1 kind, without repeats/);
 * assertMatch(text, /do not learn again yet/);
 * ```
 */
export function formatObservation(
  observation: Observation,
  { listed = 10, command, ...options }: ObservationFormat = {},
): string {
  const { run, lines, mistakes, rules, review, recommendation } = observation;
  const head = `${showText(run.dataset)} · run ${showText(run.id)}: ${phraseLines(lines)}`;
  return layOut(options, (width) =>
    separate([
      [
        ...wrap(head, width),
        ...phraseOthers(lines, run.digest).flatMap((line) => wrap(line, width).map(dim)),
      ],
      formatMistakes(mistakes, listed, width),
      formatRecords(rules, listed, width),
      formatReviews(review, width),
      formatRecommendation(recommendation, command, width),
    ]));
}

function phraseLines(lines: FeedbackCounts): string {
  const { all, own, accepted, corrected, rejected } = lines;
  const of = all === own ? count(all, "line") : `${formatCount(own)} of ${count(all, "line")}`;
  const reviewed = accepted + corrected + rejected;
  if (own === 0) return `none of ${count(all, "line")} is of these rules`;
  if (reviewed === 0) return `${of}, none of them reviewed`;
  const outcomes = Object.entries({ accepted, corrected, rejected })
    .flatMap(([outcome, amount]) => amount > 0 ? `${formatCount(amount)} ${outcome}` : []);
  return `${of}, ${formatCount(reviewed)} reviewed: ${outcomes.join(", ")}`;
}

/** Tells of lines that give no credit to the rules. */
function phraseOthers(lines: FeedbackCounts, digest: string): string[] {
  const { others, contradicting, otherCorrected, otherMended } = lines;
  const mended = otherCorrected === 0
    ? ""
    : `; of ${count(otherCorrected, "correction")} there, these rules now give ${
      formatCount(otherMended)
    }`;
  return [
    ...others > 0
      ? [`${count(others, "line")} of other rules, which give no credit to these${mended}`]
      : [],
    ...contradicting > 0
      ? [
        `${count(contradicting, "line")} named ${
          abbreviate(digest)
        } as the set, but its rules give another label: no credit`,
      ]
      : [],
  ];
}

function formatMistakes(kinds: readonly MistakeKind[], listed: number, width: number): string[] {
  if (kinds.length === 0) return [];
  const all = kinds.reduce((sum, { lines }) => sum + lines.length, 0);
  const near = kinds.reduce((sum, one) => sum + one.near.length, 0);
  const repeats = all - kinds.length;
  const found = repeats === 0
    ? "without repeats"
    : `${count(repeats, "repeat")} of a kind${
      near === 0 ? "" : `, ${formatCount(near)} of them of nearly the same text`
    }`;
  const head = `${count(all, "mistake")} of ${count(kinds.length, "kind")}, ${found}`;
  const times = numberColumn<MistakeKind>("times", ({ lines }) => formatCount(lines.length));
  const again = numberColumn<MistakeKind>("near", ({ near }) => formatCount(near.length));
  const wanted = textColumn<MistakeKind>(
    "wanted",
    ({ wanted }) => wanted === null ? "something else" : showName(wanted),
  );
  const given = textColumn<MistakeKind>("given", ({ given }) => showGiven(given));
  const rule = textColumn<MistakeKind>("by", ({ rule }) => rule ? showName(rule.name) : "");
  const last = numberColumn<MistakeKind>("last line", ({ lines }) => `${lines.at(-1)}`);
  return [
    ...wrap(head, width).map(bold),
    ...formatTable(kinds, listed, width, wanted, [
      [times, again, wanted, given, rule, last],
      [times, again, wanted, given, rule],
      [times, wanted, given],
      [times, wanted],
    ], ({ text }) => text),
  ];
}

function formatRecords(records: readonly RuleRecord[], listed: number, width: number): string[] {
  if (records.length === 0) return [];
  const alarms = records.filter(({ alarm }) => alarm);
  const told = records.filter(({ wrong }) => wrong > 0);
  const misled = told.filter(({ misled }) => misled > 0).length;
  const decided = alarms.filter(({ misled }) => misled > 0).length;
  const fired = `${count(records.length, "rule")} fired on reviewed texts, ${
    formatCount(told.length)
  } of them wrongly, ${formatCount(misled)} of which decided the answer`;
  const head = alarms.length === 0
    ? `${fired}; no alarm`
    : `${fired}; ${count(alarms.length, "alarm")}, more often wrong than right with 95 %, ${
      formatCount(decided)
    } of which decided`;
  const rule = textColumn<RuleRecord>(
    "rule",
    ({ rule }) => showName(rule.name),
    (text, { alarm }) => alarm ? red(text) : text,
  );
  const right = numberColumn<RuleRecord>("right", ({ right }) => formatCount(right));
  const wrong = numberColumn<RuleRecord>("wrong", ({ wrong }) => formatCount(wrong));
  const deciding = numberColumn<RuleRecord>("deciding", ({ misled }) => formatCount(misled));
  const share = numberColumn<RuleRecord>(
    "right in %",
    ({ low, high }) => `${formatPercent(low)} to ${formatPercent(high)}`,
  );
  const mark = alarms.length === 0
    ? []
    : [textColumn<RuleRecord>("alarm", ({ alarm }) => alarm ? "alarm" : "")];
  return [
    ...wrap(head, width).map(alarms.length > 0 ? yellow : bold),
    ...formatTable(told, listed, width, rule, [
      [rule, right, wrong, deciding, share, ...mark],
      [rule, right, wrong, ...mark],
      [rule, right, wrong],
    ]),
  ];
}

const reasons: Readonly<Record<ReviewReason, string>> = {
  alarm: "alarm",
  abstained: "no answer",
  unsure: "unsure",
};

function formatReviews(candidates: readonly ReviewCandidate[], width: number): string[] {
  if (candidates.length === 0) return [];
  const place = numberColumn<ReviewCandidate>("place", ({ place }) => `${place}`);
  const given = textColumn<ReviewCandidate>("given", ({ given }) => showGiven(given));
  const rule = textColumn<ReviewCandidate>("by", ({ rule }) => rule ? showName(rule.name) : "");
  const why = textColumn<ReviewCandidate>("why", ({ reason }) => reasons[reason]);
  return [
    bold("review next"),
    ...formatTable(candidates, candidates.length, width, given, [
      [place, why, given, rule],
      [place, why, given],
      [place, given],
    ], ({ text }) => text),
  ];
}

function formatRecommendation(
  recommendation: Recommendation,
  command: string | undefined,
  width: number,
): string[] {
  const { learn, reasons, reviewed, pace, corrections, drift, unknown } = recommendation;
  const texts = `${count(reviewed, "text")} reviewed since the rules were learned`;
  const pays = `every ${formatCount(pace)} it pays`;
  const mix = phraseDrift(drift);
  const left = `${count(corrections, "correction")} not learned from yet`;
  const why = reasons.length === 0
    ? [`${texts} (${pays})`, left, mix]
    : [...reasons.map((one) => one === "reviewed" ? `${texts} (${pays})` : mix), left];
  const labels = listFew(unknown, ", ", ({ label, texts }) => `${showName(label)} (${texts})`);
  return [
    ...wrap(`${learn ? "learn again" : "do not learn again yet"}: ${why.join("; ")}`, width)
      .map(learn ? green : bold),
    ...unknown.length === 0 ? [] : wrap(`labels that no rule has: ${labels}`, width),
    ...learn && command !== undefined ? [`  ${showText(command)}`] : [],
  ];
}

function phraseDrift(drift: Recommendation["drift"]): string {
  if (drift === undefined) return "too few to compare their labels";
  const { isDrift, from, pValue } = drift;
  const than = {
    log: "than before",
    data: "than in the data",
    given: "in the second half of the log than in the first",
  }[from];
  const p = pValue < 0.001 ? "p < 0.001" : `p = ${pValue.toFixed(3)}`;
  return isDrift ? `other labels ${than} (${p})` : `no other mix of labels ${than} (${p})`;
}

function showGiven(label: string | null): string {
  return label === null ? "(none)" : showName(label);
}

/** Formats the first rows as a table, each with its text below it if it has one. */
function formatTable<Row>(
  rows: readonly Row[],
  listed: number,
  width: number,
  stretch: Column<Row>,
  layouts: readonly (readonly Column<Row>[])[],
  textOf?: (row: Row) => string,
): string[] {
  if (rows.length === 0) return [];
  const shown = rows.slice(0, listed);
  const table = fitTable(shown, layouts, stretch, width);
  const show = (text: string) =>
    INDENT + dim(truncate(showText(cut(text, 4 * width)), width - INDENT.length));
  return [
    table.heading.trimEnd(),
    ...shown.flatMap((row) => [
      table.format(row).trimEnd(),
      ...textOf ? [show(textOf(row))] : [],
    ]),
    ...tellRest(rows.length - shown.length),
  ];
}

function tellRest(more: number): string[] {
  return more > 0 ? [dim(`+ ${formatCount(more)} more (--limit lists more)`)] : [];
}
