/**
 * What a summary says, in sections, for Markdown and for a page alike.
 *
 * @module
 */
import { compareCodeUnits } from "../../../learn/text/folding.ts";
import { count, formatCount, formatPercent, showName } from "../../../print/phrases.ts";
import {
  say,
  type SectionPart,
  type SectionTable,
  type TonedText,
} from "../../compare/sections.ts";
import { JUDGEMENTS, sumOf } from "../../evidence/counting.ts";
import type { Judgement } from "../../evidence/format.ts";
import { FORMAT_NAMES } from "../files/formats.ts";
import { type QuarantineReason, ROW_KINDS } from "../format.ts";
import { type DatasetSummary, QUANTILES, type SummaryRun } from "./format.ts";

/** Parts under one heading. */
export interface SummarySection {
  /** Its anchor. */
  readonly id: "in" | "judged" | "rows" | "out" | "biases";
  /** What it is called in a navigation. */
  readonly name: string;
  /** Its heading. */
  readonly heading: string;
  /** What it says. */
  readonly parts: readonly SectionPart[];
}

/** Says in words how something is judged. */
export function phraseJudgement(judgement: Judgement | undefined): string {
  return judgement?.replaceAll("_", " ") ?? "no single proposal";
}

/** Why rows are left out, in words. */
const LEFT_OUT: Readonly<Record<QuarantineReason, string>> = {
  "protected-exact": "shows a protected text",
  "protected-normalised": "shows a protected text but for case, spaces and punctuation",
  "protected-near": "shows a text that is nearly a protected one",
  "held-out-in-prompt": "shows a held-out example",
  "no-data": "no examples of its run",
  unproved: "not proved by the trace",
  category: "not judged as its kind asks for",
  unreadable: "its reply cannot be read",
  "run-not-completed": "its run did not come to its end",
  "numbering-differs": "numbers in the two replies stand for different rules",
  tie: "neither reply is better by the margin",
  duplicate: "the same as another row",
  "over-cap": "enough rows of this request or text",
};

/** Describes a data set, in the order of a reader. */
export function describeSummary(summary: DatasetSummary): SummarySection[] {
  return [
    { id: "in", name: "Runs", heading: "What came in", parts: describeRuns(summary) },
    {
      id: "judged",
      name: "Judged",
      heading: "How it was judged",
      parts: describeEvidence(summary),
    },
    { id: "rows", name: "Rows", heading: "What was made of it", parts: describeRows(summary) },
    { id: "out", name: "Left out", heading: "What was left out", parts: describeLeftOut(summary) },
    { id: "biases", name: "Biases", heading: "Biases", parts: describeBiases(summary) },
  ];
}

/** How runs end, in words. */
const STATUSES: Readonly<Record<SummaryRun["status"], string>> = {
  completed: "completed",
  failed: "failed",
  aborted: "aborted",
  running: "running, or killed",
  unknown: "of unknown end",
};

function describeRuns({ runs, skipped, files, coverage }: DatasetSummary): SectionPart[] {
  const ends = Object.entries(STATUSES).flatMap(([status, words]) => {
    const amount = runs.filter((run) => run.status === status).length;
    return amount === 0 ? [] : [`${formatCount(amount)} ${words}`];
  });
  const left = skipped.map(({ reason, count }) => `${formatCount(count)} ${reason}`);
  return [
    say(
      `${count(runs.length, "run")} on ${count(coverage.length, "data set")}: ${ends.join(", ")}.`,
    ),
    ...(left.length === 0 ? [] : [
      say(`${count(files.length, "file")} gave less than they could: ${left.join(", ")}.`, "warn"),
      table({
        headings: ["File", "Reason"],
        rows: files.map(({ path, reason }) => cells(showName(path), reason)),
        folded: "Those files",
      }),
    ]),
    table({
      headings: ["Run", "Status", "Evidence", "Rows"],
      rows: runs.map(({ file, status, evidence, rows }) =>
        cells(showName(file), STATUSES[status], evidence, rows)
      ),
      layouts: [[0, 2, 3]],
      folded: "Runs, with the evidence and the rows that come from each",
    }),
  ];
}

function describeEvidence({ evidence, judge }: DatasetSummary): SectionPart[] {
  const sums = (["rule", "reply"] as const).map((kind) =>
    evidence.filter((one) => one.kind === kind)
  );
  const shares = (judgement?: Judgement) =>
    sums.flatMap((of) => {
      const amount = sumOf(of.filter((one) => [undefined, one.judgement].includes(judgement)));
      return [amount, amount === 0 ? "–" : formatPercent(amount / sumOf(of))];
    });
  return [
    say(`Each proposal of a run is judged by ${judge}: no model and no person was asked.`),
    table({
      headings: ["", "Rules", "%", "Replies", "%"],
      rows: [
        ...JUDGEMENTS.map((judgement) => cells(phraseJudgement(judgement), ...shares(judgement))),
        cells("all", ...shares()),
      ],
    }),
    table({
      headings: ["Proposal, how it is judged and why", "Count"],
      rows: evidence.map(({ kind, judgement, reason, count }) =>
        cells(`${kind} ${phraseJudgement(judgement)}: ${reason}`, count)
      ),
      folded: "Why",
    }),
  ];
}

function describeRows(
  { kinds, rows, taints, unwritten, options, lengths }: DatasetSummary,
): SectionPart[] {
  const all = kinds.reduce((sum, { rows }) => sum + rows, 0);
  const isSplit = options.split !== undefined;
  const train = kinds.reduce((sum, { train = 0 }) => sum + train, 0);
  const share = isSplit && all > 0 ? `, ${formatPercent(train / all)} % of them to train with` : "";
  const decided = taints.filter(({ tainted }) => tainted !== undefined);
  return [
    say(
      `${count(all, "row")} for ${FORMAT_NAMES[options.format]}${share}.`,
      all === 0 ? "warn" : undefined,
    ),
    table({
      headings: ["Kind", "Rows", ...(isSplit ? ["Train", "Test"] : []), "Runs", "Tainted"],
      rows: kinds.map(({ kind, rows, train = 0, test = 0, runs, tainted }) =>
        cells(kind, rows, ...(isSplit ? [train, test] : []), runs, tainted)
      ),
      layouts: isSplit ? [[0, 1, 2, 3]] : [],
    }),
    ...(decided.length === 0 ? [] : [say(
      `${count(sumOf(decided), "row")} were decided by held-out examples, of ` +
        `${count(decided.length, "split")}, and say so (tainted): do not test on those examples ` +
        "what learned from these rows.",
    )]),
    ...unwritten.map(({ kind, count: amount }) =>
      say(
        `${count(amount, "row")} of ${kind} have no form for ${FORMAT_NAMES[options.format]}.`,
        "warn",
      )
    ),
    table({
      headings: ["Kind, and how the proposal is judged", "Rows"],
      rows: rows.map(({ kind, variant, split, judgement, count }) => {
        const name = [kind, variant, split].filter((word) => word !== undefined).join(" ");
        return cells(`${name}: ${phraseJudgement(judgement)}`, count);
      }),
      folded: "By variant, split and judgement",
    }),
    table({
      headings: ["Characters of", ...QUANTILES.map((share) => QUANTILE_NAMES[share])],
      rows: lengths.map(({ kind, part, characters }) => cells(`${kind} ${part}`, ...characters)),
      layouts: [[0, 1, 3, 5]],
      folded: "How long prompts, answers and rows are",
    }),
  ];
}

const QUANTILE_NAMES = { 0: "least", 0.1: "10 %", 0.5: "median", 0.9: "90 %", 1: "most" } as const;

function describeLeftOut({ quarantine }: DatasetSummary): SectionPart[] {
  const kinds = ROW_KINDS.filter((kind) => quarantine.some((one) => one.kind === kind));
  const reasons = [...Map.groupBy(quarantine, ({ reason }) => reason)]
    .map(([reason, of]) => ({ reason, of, all: sumOf(of) }))
    .sort((a, b) => b.all - a.all || compareCodeUnits(a.reason, b.reason));
  return [
    say(`${count(sumOf(quarantine), "row")} left out, each with its reason in quarantine.jsonl.`),
    table({
      headings: ["Reason", "All", ...kinds],
      rows: reasons.map(({ reason, of, all }) => {
        const amounts = kinds.map((kind) => sumOf(of.filter((one) => one.kind === kind)));
        return cells(`${LEFT_OUT[reason]} (${reason})`, all, ...amounts);
      }),
      layouts: [[0, 1]],
    }),
  ];
}

function describeBiases(
  { logging, truncation, duplicates, coverage, kinds }: DatasetSummary,
): SectionPart[] {
  const { runs, broken, unfinished, asked, withoutTape, withoutStep, calls, withoutResponse } =
    logging;
  const responses = calls - withoutResponse;
  const leftOut = duplicates.reduce((sum, { leftOut }) => sum + leftOut, 0);
  const all = kinds.reduce((sum, { rows }) => sum + rows, 0);
  const requests = duplicates.reduce((sum, { requests = 0 }) => sum + requests, 0);
  const repeated = duplicates.reduce((sum, { repeated = 0 }) => sum + repeated, 0);
  const biases: readonly (readonly [string, number, number])[] = [
    ["runs that did not come to their end", unfinished, runs],
    ["traces that cannot be read", broken, runs + broken],
    ["runs that asked a model and have no tape", withoutTape, asked],
    ["exchanges that no step names", withoutStep, truncation.exchanges],
    ["calls without a response", withoutResponse, calls],
    ["responses without a digest in the trace", responses - logging.proved, responses],
    ["exchanges whose reply ended at a limit of tokens", truncation.cutOff, truncation.exchanges],
    ["exchanges whose reply broke off", truncation.broken, truncation.exchanges],
    ["exchanges that show parts of texts", truncation.shortened, truncation.exchanges],
    ["exchanges without room for all examples", truncation.leftOut, truncation.exchanges],
    [
      "rows with a part of a text, or a reply without its end",
      truncation.truncated,
      truncation.rows,
    ],
    ["rows that were duplicates, and left out", leftOut, all + leftOut],
    ["prompts with several rows of one kind", repeated, requests],
  ];
  const shown = kinds.map(({ kind }) => kind);
  return [
    say(
      "Only what was recorded can become a row. That a limit cut a prompt or a reply, the tape alone tells: no digest covers it.",
    ),
    table({
      headings: ["What", "Count", "Of", "%"],
      rows: biases.map(([name, amount, all]) =>
        cells(name, amount, all, all === 0 ? "–" : formatPercent(amount / all))
      ),
    }),
    say("How many labels of each data set a row of each kind is about:"),
    table({
      headings: ["Data set", "Labels", ...shown],
      rows: coverage.map(({ name, labels }) => {
        const amounts = shown.map((kind) => labels.filter(({ rows }) => rows[kind]).length);
        return cells(showName(name), labels.length, ...amounts);
      }),
    }),
  ];
}

/** Describes how many rows of each kind are about each label. */
export function describeLabels({ coverage, kinds: all }: DatasetSummary): SectionPart {
  const kinds = all.map(({ kind }) => kind);
  return table({
    headings: ["Data set and label", ...kinds],
    rows: coverage.flatMap(({ name, labels }) =>
      labels.map(({ label, rows }) =>
        cells(`${showName(name)}: ${showName(label)}`, ...kinds.map((kind) => rows[kind] ?? 0))
      )
    ),
    folded: "Rows by label",
  });
}

function cells(...values: readonly (string | number)[]): TonedText[] {
  return values.map((value) => ({ text: typeof value === "number" ? formatCount(value) : value }));
}

/** Makes a table with all columns, of which a phone shows those of a narrow layout if one is given. */
function table(
  { headings, rows, layouts = [], folded }: Omit<SectionTable, "layouts"> & Partial<SectionTable>,
): SectionPart {
  const all = headings.map((_, place) => place);
  return { kind: "table", headings, rows, layouts: [all, ...layouts], ...(folded && { folded }) };
}
