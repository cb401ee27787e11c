/**
 * A summary as Markdown, for pull requests and the summary of a job.
 *
 * @module
 */
import { escapeMarkdown } from "../../../learn/text/markdown.ts";
import { count } from "../../../print/phrases.ts";
import { formatPart } from "../../compare/markdown.ts";
import type { SectionPart } from "../../compare/sections.ts";
import { describeSummary } from "./describing.ts";
import type { DatasetSummary } from "./format.ts";

/** What else Markdown tells of a data set. */
export interface MarkdownNotes {
  /**
   * What does not hold, if the data set was checked: see `checkSummary`.
   */
  readonly problems?: readonly string[];
  /**
   * What the receipts tell, such as drift since the export before, in sentences. A file that is part of the data set
   * must not have any: it would be another one the second time.
   *
   * @default []
   */
  readonly notes?: readonly string[];
}

/** How many rows one table shows: a summary is to be read. */
const LISTED = 40;

/**
 * Formats a summary as Markdown, as GitHub reads it: what does not hold, what came in, how it was judged, what was
 * made of it and what was left out, and biases; long tables are folded, and cut after 40 rows. Names and labels are
 * text, whatever they are. Ends in a line break.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "jsr:@std/assert@^1";
 * import { formatSummary } from "./markdown.ts";
 * import { summariseDataset } from "./summarising.ts";
 *
 * const options = { format: "trl", kinds: ["sft"] } as const;
 * const summary = summariseDataset({
 *   ...{ judged: [], skipped: [], rows: [], quarantined: [] },
 *   options,
 * });
 * assertStringIncludes(formatSummary(summary), "## Data set of 0 rows out of 0 runs\n");
 * ```
 */
export function formatSummary(
  summary: DatasetSummary,
  { problems, notes = [] }: MarkdownNotes = {},
): string {
  const rows = summary.kinds.reduce((sum, { rows }) => sum + rows, 0);
  const sign = problems === undefined ? "" : problems.length === 0 ? "✅ " : "❌ ";
  const told = [...problems ?? [], ...notes].map((text) => `- ${escapeMarkdown(text)}`);
  const blocks = [
    `## ${sign}Data set of ${count(rows, "row")} out of ${count(summary.runs.length, "run")}`,
    ...(told.length === 0 ? [] : [told.join("\n")]),
    ...describeSummary(summary).flatMap(({ heading, parts }) => [
      `### ${heading}`,
      ...parts.map(cutTable).flatMap(formatPart),
    ]),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function cutTable(part: SectionPart): SectionPart {
  if (part.kind !== "table" || part.rows.length <= LISTED) return part;
  const folded = `${part.folded}; the first ${LISTED}, summary.json has all`;
  return { ...part, rows: part.rows.slice(0, LISTED), folded };
}
