/**
 * A comparison as text.
 *
 * @module
 */
import { bold, cyan, dim, green, red, yellow } from "jsr:@std/fmt@^1/colors";
import { layOut } from "../../print/layout.ts";
import type { FormatOptions } from "../../script/terminal.ts";
import { type Column, fitTable } from "../../print/table.ts";
import { displayWidth, truncate, wrap } from "../../print/text.ts";
import type { Comparison } from "./comparison.ts";
import { describeComparison, describeVerdict } from "./describing.ts";
import {
  andMore,
  type SectionEntry,
  type SectionPart,
  type SectionTable,
  type Tone,
  type TonedText,
} from "./sections.ts";

/** How many rules or examples one list names. */
const LISTED = 10;
const INDENT = "  ";
/** Columns that the text of an entry gets at least beside its name. */
const TEXT_WIDTH = 24;
/** Names longer than this share of the line stand above their text. */
const NAME_SHARE = 0.45;
/** About how many lines a rule gets. */
const RULE_LINES = 2;

const paints: Record<Tone, (text: string) => string> = {
  good: green,
  bad: red,
  warn: yellow,
  quiet: dim,
};

function paint(text: string, tone: Tone | undefined): string {
  return tone === undefined ? text : paints[tone](text);
}

/**
 * Formats a comparison as text: the verdict, then the runs, their scores, the labels that changed, where the
 * runs part, what they were given and their rules. Lists are cut after ten. Control and escape characters are shown as text. The text
 * ends in a line break.
 *
 * @throws {RangeError} if `width` is not a whole number from 20 to 1000
 *
 * @example
 * ```ts
 * import { assertMatch } from "jsr:@std/assert@^1";
 * import { readTrace } from "../../trace.ts";
 * import { compareTraces, formatComparison } from "../compare.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * assertMatch(formatComparison(compareTraces(trace, trace)), /^identical/);
 * ```
 */
export function formatComparison(comparison: Comparison, options: FormatOptions = {}): string {
  return layOut(options, (width) => {
    const verdict = describeVerdict(comparison).flatMap((line) => formatText(line, width, ""));
    const sections = describeComparison(comparison, LISTED).map(({ heading, parts }) => [
      ...wrap(heading, width).map(bold),
      ...parts.flatMap((part) => formatPart(part, width)),
    ]);
    return [...verdict, ...sections.flatMap((lines) => ["", ...lines])];
  });
}

function formatPart(part: SectionPart, width: number): string[] {
  switch (part.kind) {
    case "text":
      return formatText(part, width, INDENT);
    case "entries":
      return formatEntries(part.entries, width);
    case "list":
      return [
        ...wrap(part.title, width - INDENT.length).map((line) => INDENT + bold(line)),
        ...formatEntries(part.entries, width),
        ...andMore(part.amount, part.entries.length).flatMap((more) => formatPart(more, width)),
      ];
    case "rules":
      // The reasons name the first of them.
      return [];
    case "table":
      if (part.folded !== undefined) {
        return formatText({ text: part.folded, tone: "quiet" }, width, INDENT);
      }
      return formatTable(part, width - INDENT.length).map((line) => INDENT + line);
  }
}

function formatText({ text, tone }: TonedText, width: number, indent: string): string[] {
  return wrap(text, width - indent.length).map((line) => indent + paint(line, tone));
}

/** Formats names in a column with their texts beside them; above them if names are long or room is short. */
function formatEntries(entries: readonly SectionEntry[], width: number): string[] {
  const mostName = Math.floor(width * NAME_SHARE);
  const widths = entries.map(({ name }) => displayWidth(name)).filter((size) => size <= mostName);
  const widest = Math.max(0, ...widths);
  const room = width - INDENT.length - widest - 2;
  const isNarrow = room < TEXT_WIDTH;
  return entries.flatMap(({ name, text, tone, pattern }) => {
    const isAbove = isNarrow || displayWidth(name) > mostName;
    const indent = isNarrow ? INDENT + INDENT : INDENT + " ".repeat(widest + 2);
    const most = width - indent.length;
    const shown = pattern !== undefined ? truncate(text, RULE_LINES * most) : text;
    const lines = wrap(shown, most).map((line) => indent + paint(line, tone));
    if (isAbove) {
      const above = wrap(name, width - INDENT.length).map((line) => INDENT + cyan(line));
      return [...above, ...lines];
    }
    const gap = " ".repeat(widest + 2 - displayWidth(name));
    const [first = "", ...rest] = lines;
    return [INDENT + cyan(name) + gap + first.slice(indent.length), ...rest];
  });
}

function formatTable({ headings, rows, layouts }: SectionTable, width: number): string[] {
  const columns = headings.map((heading, place): Column<readonly TonedText[]> => ({
    heading,
    side: place === 0 ? "left" : "right",
    text: (row) => row[place].text,
    paint: (text, row) => paint(text, row[place].tone),
  }));
  const all = layouts.map((layout) => layout.map((place) => columns[place]));
  const table = fitTable(rows, all, columns[0], width);
  return [dim(table.heading.trimEnd()), ...rows.map((row) => table.format(row).trimEnd())];
}
