/**
 * A comparison as Markdown, for the summary of a job.
 *
 * @module
 */
import { showName } from "../../print/phrases.ts";
import { escapeMarkdown, quoteCode } from "../../learn/text/markdown.ts";
import { cut } from "../../learn/text/quoting.ts";
import type { Comparison } from "./comparison.ts";
import { describeComparison, describeVerdict, GATES } from "./describing.ts";
import {
  andMore,
  type SectionEntry,
  type SectionPart,
  type SectionTable,
  type TonedText,
} from "./sections.ts";

/** How many rules, labels or examples one list names: a summary has at most 1 MiB. */
const LISTED = 20;
/** Characters of one text that are shown. */
const MAX_TEXT = 1_000;

/** What stands before the gate in the heading. */
const SIGNS = { fine: "✅", worse: "❌", incomparable: "⚠️" } as const;

/**
 * Formats a comparison as Markdown, as GitHub reads it: what a gate says as the heading, its reasons, then the
 * sections of the text, with long lists folded and cut after 20. Names, labels and patterns are text,
 * whatever they are. Ends in a line break.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "jsr:@std/assert@^1";
 * import { readTrace } from "../../trace.ts";
 * import { compareTraces, formatComparisonMarkdown } from "../compare.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * const summary = formatComparisonMarkdown(compareTraces(trace, trace));
 * assertStringIncludes(summary, "## ✅ banking: fine\n");
 * ```
 */
export function formatComparisonMarkdown(comparison: Comparison): string {
  const { gate, after } = comparison;
  const blocks = [
    `## ${SIGNS[gate]} ${escapeMarkdown(showName(after.dataset))}: ${GATES[gate]}`,
    describeVerdict(comparison).map(({ text }) => `- ${escape(text)}`).join("\n"),
    ...describeComparison(comparison, LISTED).flatMap(({ heading, parts }) => [
      `### ${escape(heading)}`,
      ...parts.flatMap(formatPart),
    ]),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function escape(text: string): string {
  return escapeMarkdown(cut(text, MAX_TEXT));
}

/** Formats a part in blocks, between which an empty line stands. */
export function formatPart(part: SectionPart): string[] {
  switch (part.kind) {
    case "text":
      return [formatToned(part)];
    case "entries":
      return [formatEntries(part.entries)];
    case "list":
      return fold(part.title, [
        formatEntries(part.entries),
        ...andMore(part.amount, part.entries.length).flatMap(formatPart),
      ]);
    case "rules":
      // The reasons name the first of them.
      return [];
    case "table":
      return part.folded === undefined
        ? [formatTable(part)]
        : fold(part.folded, [formatTable(part)]);
  }
}

function formatToned({ text, tone }: TonedText): string {
  return tone === "bad" || tone === "warn" ? `**${escape(text)}**` : escape(text);
}

function formatEntries(entries: readonly SectionEntry[]): string {
  return entries.map(({ name, text, pattern }) => {
    const shown = pattern !== undefined ? quoteCode(cut(text, MAX_TEXT)) : escape(text);
    return `- ${quoteCode(cut(name, MAX_TEXT))}: ${shown}`;
  }).join("\n");
}

/** Folds blocks: the empty lines around them make them Markdown again. */
function fold(summary: string, blocks: readonly string[]): string[] {
  return [`<details><summary>${escape(summary)}</summary>`, ...blocks, "</details>"];
}

function formatTable({ headings, rows, isOfLabels }: SectionTable): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(headings.map(escape)),
    line(headings.map((_, place) => place === 0 ? "---" : "--:")),
    ...rows.map(([name, ...cells]) =>
      line([
        isOfLabels ? quoteCode(cut(name.text, MAX_TEXT)) : escape(name.text),
        ...cells.map(({ text }) => escape(text)),
      ])
    ),
  ].join("\n");
}
