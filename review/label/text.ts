/**
 * Examples that are probably mislabelled, as text for people.
 *
 * @module
 */
import { dim } from "jsr:@std/fmt@^1/colors";
import { cut, showText } from "../../learn/text/quoting.ts";
import { layOut } from "../../print/layout.ts";
import { count, formatCount, showName } from "../../print/phrases.ts";
import { fitTable, numberColumn, textColumn } from "../../print/table.ts";
import { truncate, wrap } from "../../print/text.ts";
import type { FormatOptions } from "../../script/terminal.ts";
import type { Suspicions, SuspiciousExample } from "./suspicious.ts";

/** An example that is probably mislabelled, and where it is. */
export interface ListedSuspicion extends SuspiciousExample {
  /** The line of its file on which it begins, from 1; missing if it is not known. */
  readonly line?: number;
  /** The whole text. */
  readonly text: string;
}

/** What `--suspicious --json` prints: suspicions with lines and texts. */
export interface SuspicionsOutput extends Suspicions {
  /** Those in doubt, most first: all, or as many as were asked for. */
  readonly suspicious: readonly ListedSuspicion[];
}

/** Columns before a text. */
const INDENT = "      ";

/**
 * Formats suspicions as a table, with the text of each example below it. Ends in a line break.
 *
 * @param listed how many to list at most
 * @throws {RangeError} if `width` is not a whole number from 20 to 1000
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { formatSuspicions } from "./text.ts";
 *
 * const run = { dataset: "tiny", id: "r1", digest: "sha256:00" };
 * const cut = { folds: 5, partitions: 2, examples: 40 };
 * const text = formatSuspicions({ run, learner: "run", ...cut, suspicious: [] }, 20);
 * assertEquals(text, "tiny · run r1: none of 40 examples is suspicious to rules learned without it\n");
 * ```
 */
export function formatSuspicions(
  { run, learner, folds, partitions, examples, suspicious }: SuspicionsOutput,
  listed: number,
  options: FormatOptions = {},
): string {
  return layOut(options, (width) => {
    const isOfLabels = suspicious.some(({ label }) => label !== undefined);
    const of = `${formatCount(suspicious.length)} of ${count(examples, "example")}`;
    const found = suspicious.length === 0
      ? `none of ${count(examples, "example")} is suspicious to rules learned without it`
      : isOfLabels
      ? `${of} suspicious to rules learned without them, the most doubtful first`
      : `other spans in ${of} by rules learned without them, most spans first`;
    const head = `${showText(run.dataset)} · run ${showText(run.id)}: ${found}`;
    const about = isOfLabels
      ? "called: what these rules say instead; against: votes for the best other label; for: for " +
        "its own; by: how many rule sets say otherwise"
      : "spans: missed or wrong on average; by: how many rule sets find other spans. An order to " +
        "look at them, no evidence";
    const how = `${folds} folds, cut ${count(partitions, "time")}${
      learner === "run" ? "" : "; learned by the embedded learner, in place of that of the run"
    }`;
    const shown = suspicious.slice(0, listed);
    const more = suspicious.length - shown.length;
    return [
      ...wrap(head, width),
      ...suspicious.length === 0 ? [] : wrap(`${about}; ${how}`, width).map(dim),
      ...formatRows(shown, isOfLabels, width),
      ...more === 0 ? [] : [dim(`+ ${formatCount(more)} more (--limit lists more)`)],
    ];
  });
}

function formatRows(
  rows: readonly ListedSuspicion[],
  isOfLabels: boolean,
  width: number,
): string[] {
  if (rows.length === 0) return [];
  const line = numberColumn<ListedSuspicion>("line", ({ line }) => String(line ?? ""));
  const id = textColumn<ListedSuspicion>("example", ({ id }) => showName(id));
  const label = textColumn<ListedSuspicion>("label", ({ label = "" }) => showName(label));
  const called = textColumn<ListedSuspicion>("called", ({ called = "" }) => showName(called));
  const by = numberColumn<ListedSuspicion>(
    "by",
    ({ otherwise, trials }) => `${otherwise} of ${trials}`,
  );
  const votes = (heading: string, field: "against" | "support") =>
    numberColumn<ListedSuspicion>(heading, (row) => (row[field] ?? 0).toFixed(1));
  const numbers = [votes("against", "against"), votes("for", "support")];
  const spans = numberColumn<ListedSuspicion>("spans", ({ doubt }) => doubt.toFixed(1));
  const place = rows.some((row) => row.line !== undefined) ? [line] : [];
  const layouts = isOfLabels
    ? [
      [...place, id, label, called, ...numbers, by],
      [...place, label, called, ...numbers],
      [...place, label, called],
      [label, called],
    ]
    : [[...place, id, spans, by], [...place, id, spans], [id, spans]];
  const table = fitTable(rows, layouts, isOfLabels ? called : id, width);
  return [
    table.heading.trimEnd(),
    ...rows.flatMap((row) => [
      table.format(row).trimEnd(),
      INDENT + dim(truncate(showText(cut(row.text, 4 * width)), width - INDENT.length)),
    ]),
  ];
}
