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
import type { Entry, Part, Said, Table, Tone } from "./sections.ts";

/** How many rules or examples one list names. */
const LISTED = 10;
const INDENT = "  ";
/** Columns that the text of an entry gets at least beside its name. */
const TEXT_WIDTH = 24;
/** Names longer than this share of the line stand above their text. */
const NAME_SHARE = 0.45;
/** About how many lines a pattern gets. */
const PATTERN_LINES = 2;

const paints: Record<Tone, (text: string) => string> = {
  good: green,
  bad: red,
  warn: yellow,
  quiet: dim,
  heading: bold,
};

/**
 * A comparison as text: the verdict, then what the runs were given, where they part, their rules and
 * their scores. Lists are cut after ten. Control and escape characters are shown as text. Ends in a
 * line break.
 *
 * @throws {RangeError} where `width` is no whole number from 20 to 1000
 */
export function formatComparison(comparison: Comparison, options: FormatOptions = {}): string {
  return layOut(options, (width) => {
    const verdict = describeVerdict(comparison).flatMap((said) => formatSaid(said, width, ""));
    const sections = describeComparison(comparison, LISTED).map(({ heading, parts }) => [
      ...wrap(heading, width).map(bold),
      ...parts.flatMap((part) => formatPart(part, width)),
    ]);
    return [...verdict, ...sections.flatMap((lines) => ["", ...lines])];
  });
}

function formatPart(part: Part, width: number): string[] {
  switch (part.kind) {
    case "text":
      return formatSaid(part, width, INDENT);
    case "entries":
      return formatEntries(part.entries, width);
    case "table":
      return [
        ...(part.title === undefined ? [] : [INDENT + bold(part.title)]),
        ...formatTable(part.table, width - INDENT.length).map((line) => INDENT + line),
      ];
  }
}

function formatSaid({ text, tone }: Said, width: number, indent: string): string[] {
  const paint = tone === undefined ? (line: string) => line : paints[tone];
  return wrap(text, width - indent.length).map((line) => indent + paint(line));
}

/** Names in a column, their texts beside them; a long name, or any where room is short, above. */
function formatEntries(entries: readonly Entry[], width: number): string[] {
  const mostName = Math.floor(width * NAME_SHARE);
  const widths = entries.map(({ name }) => displayWidth(name)).filter((size) => size <= mostName);
  const widest = Math.max(0, ...widths);
  const room = width - INDENT.length - widest - 2;
  const isNarrow = room < TEXT_WIDTH;
  return entries.flatMap(({ name, text, tone, isPattern }) => {
    const paint = tone === undefined ? (line: string) => line : paints[tone];
    const isAbove = isNarrow || displayWidth(name) > mostName;
    const indent = isNarrow ? INDENT + INDENT : INDENT + " ".repeat(widest + 2);
    const most = width - indent.length;
    const shown = isPattern ? truncate(text, PATTERN_LINES * most) : text;
    const lines = wrap(shown, most).map((line) => indent + paint(line));
    if (isAbove) {
      const above = wrap(name, width - INDENT.length).map((line) => INDENT + cyan(line));
      return [...above, ...lines];
    }
    const gap = " ".repeat(widest + 2 - displayWidth(name));
    const [first = "", ...rest] = lines;
    return [INDENT + cyan(name) + gap + first.slice(indent.length), ...rest];
  });
}

/** A table, as text. */
function formatTable({ columns, rows, stretch, layouts }: Table, width: number): string[] {
  const laid = columns.map(({ heading, side }, place): Column<readonly Said[]> => ({
    heading,
    side,
    text: (row) => row[place].text,
    paint: (text, row) => {
      const { tone } = row[place];
      return tone === undefined ? text : paints[tone](text);
    },
  }));
  const all = layouts.map((layout) => layout.map((place) => laid[place]));
  const table = fitTable(rows, all, laid[stretch], width);
  const lines = rows.map((row) => table.format(row).trimEnd());
  return [dim(table.heading.trimEnd()), ...lines];
}
