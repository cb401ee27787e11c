/**
 * What a summary says, in sections, for Markdown and for a page alike.
 *
 * @module
 */
import { count, formatCount, formatPercent, listFew, showName } from "../../../print/phrases.ts";
import {
  say,
  type SectionPart,
  type SectionTable,
  type TonedText,
} from "../../compare/sections.ts";
import { JUDGEMENTS } from "../../evidence/counting.ts";
import type { Judgement, SkipReason } from "../../evidence/format.ts";
import type { QuarantineReason } from "../format.ts";
import { type DatasetSummary, QUANTILES } from "./format.ts";

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

/** Judgements in words. */
const JUDGED: Readonly<Record<Judgement, string>> = {
  accepted: "accepted",
  partially_accepted: "in part",
  rejected: "rejected",
  needs_human_review: "to review",
};

/** Why files give less than they could, in words. */
const SKIPPED: Readonly<Record<SkipReason, string>> = {
  "broken-trace": "cannot be read as a trace",
  copy: "hold a run that another file holds as well",
  "no-data": "are of runs whose examples are not given",
  "broken-tape": "are tapes that cannot be read or are of another run",
  "no-tape": "are of runs that asked a model and left no tape",
  "tape-without-trace": "are tapes without a trace",
  "without-step": "are tapes with exchanges that no step names",
};

/** Why rows are left out, in words. */
const LEFT_OUT: Readonly<Record<QuarantineReason, string>> = {
  "protected-exact": "shows a protected text",
  "protected-normalised": "shows a protected text but for case, spaces and punctuation",
  "protected-near": "shows a text that is nearly a protected one",
  "held-out-in-prompt": "its prompt shows a held-out example",
  "no-data": "the examples of its run are not given",
  unproved: "a part of it is not proved by the trace",
  category: "it is not judged as its kind asks for",
  unreadable: "its reply cannot be read",
  "run-not-completed": "its run did not come to its end",
  "numbering-differs": "numbers in the two replies stand for different rules",
  tie: "neither reply is better by the margin",
  duplicate: "a row with the same content is there already",
  "over-cap": "there are enough rows of this request",
};

/** How many names one sentence lists. */
const NAMED = 5;

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
    { id: "out", name: "Left out", heading: "What was kept out", parts: describeLeftOut(summary) },
    { id: "biases", name: "Biases", heading: "Biases", parts: describeBiases(summary) },
  ];
}

/** Returns the sum of amounts. */
export function sumOf(items: readonly { readonly count: number }[]): number {
  return items.reduce((sum, { count }) => sum + count, 0);
}

function describeRuns({ runs, skipped, files, coverage }: DatasetSummary): SectionPart[] {
  const statuses = [...Map.groupBy(runs, ({ status }) => status)]
    .map(([status, of]) => `${formatCount(of.length)} ${STATUSES[status]}`);
  const sets = count(coverage.length, "data set");
  const head = runs.length === 0
    ? "No run can be judged."
    : `${count(runs.length, "run")} on ${sets}: ${statuses.sort().join(", ")}.`;
  return [
    say(head),
    ...skipped.map(({ reason, count: amount }) => {
      const names = files.filter((file) => file.reason === reason).map(({ path }) => path);
      const listed = listFew(names, ", ", showName);
      return say(`${count(amount, "file")} ${SKIPPED[reason]}: ${listed}.`, "warn");
    }),
    ...(runs.length === 0 ? [] : [table({
      headings: ["Run", "Status", "Evidence", "Rows"],
      rows: runs.map(({ file, status, evidence, rows }) =>
        cells(showName(file), STATUSES[status], evidence, rows)
      ),
      layouts: [[0, 2, 3]],
      folded: `${count(runs.length, "run")}, with the evidence and the rows that come from each`,
    })]),
  ];
}

const STATUSES: Readonly<Record<DatasetSummary["runs"][number]["status"], string>> = {
  completed: "completed",
  failed: "failed",
  aborted: "aborted",
  running: "running, or killed",
  unknown: "with an unknown end",
};

function describeEvidence({ evidence, judge }: DatasetSummary): SectionPart[] {
  if (evidence.length === 0) return [say("No proposal was judged.")];
  const kinds = (["rule", "reply"] as const).flatMap((kind) => {
    const of = evidence.filter((one) => one.kind === kind);
    const all = sumOf(of);
    if (all === 0) return [];
    const shares = JUDGEMENTS.map((judgement) => {
      const amount = sumOf(of.filter((one) => one.judgement === judgement));
      return `${formatCount(amount)} (${formatPercent(amount / all)} %)`;
    });
    return [cells(kind === "rule" ? "rules" : "replies", all, ...shares)];
  });
  const reasons = evidence.map(({ kind, judgement, reason, count }) =>
    cells(`${kind} ${JUDGED[judgement]}: ${reason}`, count)
  );
  return [
    say(`Each proposal of a run was judged by ${judge}: no model and no person was asked.`),
    table({ headings: ["", "All", ...JUDGEMENTS.map((one) => JUDGED[one])], rows: kinds }),
    table({
      headings: ["What, how and why", "Count"],
      rows: reasons,
      folded: `${count(reasons.length, "reason")} for it`,
    }),
  ];
}

function describeRows({ kinds, rows, taints, unwritten, options, lengths }: DatasetSummary) {
  const all = kinds.reduce((sum, { rows }) => sum + rows, 0);
  const isSplit = kinds.some(({ train }) => train !== undefined);
  const tainted = sumOf(taints.filter(({ tainted }) => tainted !== undefined));
  const decided = taints.filter(({ tainted }) => tainted !== undefined).length;
  const parts: SectionPart[] = [];
  if (all === 0) parts.push(say("No row could be made.", "warn"));
  else {
    const train = kinds.reduce((sum, { train = 0 }) => sum + train, 0);
    const sides = isSplit
      ? `, ${formatPercent(train / all)} % of them to train and the others to test with`
      : "";
    parts.push(
      say(`${count(all, "row")} for ${options.format}${sides}.`),
      table({
        headings: ["Kind", "Rows", ...(isSplit ? ["Train", "Test"] : []), "Runs", "Tainted"],
        rows: kinds.map(({ kind, rows, train = 0, test = 0, runs, tainted }) =>
          cells(kind, rows, ...(isSplit ? [train, test] : []), runs, tainted)
        ),
      }),
    );
  }
  if (tainted > 0) {
    parts.push(say(
      `The held-out examples of ${count(decided, "split")} decided on ${count(tainted, "row")}, ` +
        "which say so (tainted): do not measure on those examples what learned from them.",
    ));
  }
  for (const { kind, count: amount } of unwritten) {
    parts.push(
      say(`${count(amount, "row")} of ${kind} have no form in ${options.format}.`, "warn"),
    );
  }
  const judged = rows.map(({ kind, variant, split, judgement, count }) => {
    const name = [kind, variant, split].filter((word) => word !== undefined).join(" ");
    return cells(
      `${name}: ${judgement === undefined ? "of a whole step" : JUDGED[judgement]}`,
      count,
    );
  });
  if (judged.length > 0) {
    parts.push(table({
      headings: ["Kind, and how its sources are judged", "Rows"],
      rows: judged,
      folded: "By variant, split and judgement",
    }));
  }
  if (lengths.length > 0) {
    parts.push(table({
      headings: ["Characters of", ...QUANTILES.map((share) => QUANTILE_NAMES[share])],
      rows: lengths.map(({ kind, part, characters }) => cells(`${kind} ${part}`, ...characters)),
      layouts: [[0, 1, 3, 5]],
      folded: "How long prompts, answers and rows are",
    }));
  }
  return parts;
}

const QUANTILE_NAMES = { 0: "least", 0.1: "10 %", 0.5: "median", 0.9: "90 %", 1: "most" } as const;

function describeLeftOut({ quarantine }: DatasetSummary): SectionPart[] {
  if (quarantine.length === 0) return [say("No row is left out.")];
  return [
    say(`${count(sumOf(quarantine), "row")} left out, each with its reason in quarantine.jsonl.`),
    table({
      headings: ["Kind and reason", "Rows"],
      rows: quarantine.map(({ kind, reason, count }) =>
        cells(`${kind}: ${LEFT_OUT[reason]} (${reason})`, count)
      ),
    }),
  ];
}

function describeBiases(summary: DatasetSummary): SectionPart[] {
  const { logging, truncation, duplicates, coverage } = summary;
  const lost = warnIf(
    logging.lost,
    `Selective logging: of ${count(logging.runs + logging.broken, "run")}, ` +
      `${formatCount(logging.unfinished)} did not come to an end and ${
        formatCount(logging.broken)
      } ` +
      `cannot be read; of ${formatCount(logging.asked)} that asked a model, ` +
      `${formatCount(logging.withoutTape)} left no tape. Only what was recorded can become a row.`,
  );
  const calls = logging.asked === 0 ? [] : [warnIf(
    logging.withoutResponse + logging.withoutStep,
    `Of ${count(logging.calls, "call")} of a model, ${
      formatCount(logging.withoutResponse)
    } have no ` +
      `response, and traces have the digest of ${
        formatPercent(logging.proved / Math.max(1, logging.calls - logging.withoutResponse))
      } % of the responses; no step names ${count(logging.withoutStep, "further exchange")}.`,
  )];
  const cut = truncation.exchanges === 0 ? [] : [warnIf(
    truncation.cutOff + truncation.broken + truncation.shortened + truncation.leftOut,
    `Truncation: of ${count(truncation.exchanges, "exchange")}, ${
      formatCount(truncation.cutOff)
    } ` +
      `have a reply that ended at a limit, ${formatCount(truncation.broken)} one that broke off, ` +
      `${formatCount(truncation.shortened)} show parts of texts, and ` +
      `${
        formatCount(truncation.leftOut)
      } had no room for all examples (of the limits only the tape ` +
      "tells, which nothing proves).",
  )];
  const rows = truncation.rows === 0 ? [] : [warnIf(
    truncation.truncated,
    `Of ${count(truncation.rows, "row")} with a prompt, ${
      formatCount(truncation.truncated)
    } show a ` +
      "part of a text, or hold a reply without its end.",
  )];
  const repeated = duplicates.map(({ kind, leftOut, requests, repeated, most }) => {
    const prompts = requests === undefined ? "" : `; of ${count(requests, "prompt")}, ` +
      `${formatCount(repeated!)} have several rows, ${formatCount(most!)} at most`;
    return say(`Duplicates of ${kind}: ${formatCount(leftOut)} left out${prompts}.`);
  });
  const covered = coverage.map(({ name, labels }) => {
    const without = labels.filter(({ rows }) => Object.keys(rows).length === 0);
    const named = listFew(without.map(({ label }) => showName(label)), ", ", String, NAMED);
    const rest = without.length === 0 ? "all have a row" : `none is about ${named}`;
    const shown = `${showName(name)}, ${count(labels.length, "label")}: ${rest}.`;
    return warnIf(without.length, `Labels of ${shown}`);
  });
  return [
    lost,
    ...calls,
    ...cut,
    ...rows,
    ...repeated,
    ...covered,
    ...coverage.map((one) => tabulateLabels(one)),
  ];
}

function tabulateLabels({ name, labels }: DatasetSummary["coverage"][number]): SectionPart {
  const kinds = [...new Set(labels.flatMap(({ rows }) => Object.keys(rows)))] as (
    keyof typeof labels[number]["rows"]
  )[];
  return table({
    headings: ["Label", ...kinds],
    rows: labels.map(({ label, rows }) =>
      cells(showName(label), ...kinds.map((kind) => rows[kind] ?? 0))
    ),
    folded: `Rows by label of ${showName(name)}`,
  });
}

function warnIf(amount: number, text: string): SectionPart {
  return say(text, amount > 0 ? "warn" : undefined);
}

function cells(...values: readonly (string | number)[]): TonedText[] {
  return values.map((value) => ({ text: typeof value === "number" ? formatCount(value) : value }));
}

/** Makes a table of which a phone shows all columns, unless a narrow layout is given. */
function table(
  { headings, rows, layouts = [], folded }: Omit<SectionTable, "layouts"> & Partial<SectionTable>,
): SectionPart {
  const all = [headings.map((_, place) => place)];
  return {
    kind: "table",
    headings,
    rows,
    layouts: [...all, ...layouts],
    ...(folded && { folded }),
  };
}
