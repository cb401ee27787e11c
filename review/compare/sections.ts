/**
 * The sections that a comparison is laid out in, for text and for a page alike. All of it is ready to
 * show: control characters are written out.
 *
 * @module
 */
import type { LabelScores } from "../../learn/score/scoring.ts";
import { formatCount, formatPercent, formatPoints, showName } from "../../print/phrases.ts";
import { cut, showText } from "../../learn/text/quoting.ts";
import type { KnownScores } from "../../trace.ts";
import type { Json } from "../../learn/text/schemas.ts";
import type { Difference } from "./comparison.ts";

/** How a text is meant. */
export type Tone = "good" | "bad" | "warn" | "quiet";

/** A text, and how it is meant. */
export interface TonedText {
  readonly text: string;
  readonly tone?: Tone;
}

/** A text under a name. */
export interface SectionEntry extends TonedText {
  readonly name: string;
  /** The pattern of the rule whose words are the text; equal to it if there are none. */
  readonly pattern?: string;
  /** The ids of the rule that it is about on each side that has it: links to it lead here. */
  readonly rules?: { readonly before?: string; readonly after?: string };
  /** The label of those rules. */
  readonly label?: string;
}

/** A table. The first column names the rows and takes the room there is; the others hold numbers. */
export interface SectionTable {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly TonedText[])[];
  /** Columns by index: the first layout that fits says which are shown. */
  readonly layouts: readonly (readonly number[])[];
  /** What the rows are in a few words, if they need not be seen at once. */
  readonly folded?: string;
  /** Whether the rows are named by labels, of which rules have some. */
  readonly isOfLabels?: boolean;
}

/** Entries under a title of their own, which may be many. */
export interface SectionList {
  readonly title: string;
  readonly entries: readonly SectionEntry[];
  /** How many there are: more than `entries` if the list is cut. */
  readonly amount: number;
}

/** Rules in a few words, of which those that are listed have links. */
export interface SectionRules {
  readonly title: string;
  /** Name and id. */
  readonly rules: readonly (readonly [string, string])[];
}

/** A part of a section. */
export type SectionPart =
  | ({ readonly kind: "text" } & TonedText)
  | { readonly kind: "entries"; readonly entries: readonly SectionEntry[] }
  | ({ readonly kind: "list" } & SectionList)
  | ({ readonly kind: "rules" } & SectionRules)
  | ({ readonly kind: "table" } & SectionTable);

/** Parts under one heading. */
export interface ComparisonSection {
  /** Its anchor. */
  readonly id:
    | "runs"
    | "scores"
    | "recorded"
    | "labels"
    | "steps"
    | "given"
    | "rules"
    | "incomparable";
  readonly heading: string;
  readonly parts: readonly SectionPart[];
}

/** Makes a part of a line of text. */
export function say(text: string, tone?: Tone): SectionPart {
  return { kind: "text", text, ...(tone && { tone }) };
}

/**
 * Phrases a difference: `1 → 2`; for labels, which are gone and which are new.
 *
 * @param missing what stands for a side without a value
 */
export function phraseDifference(
  { field, before, after }: Difference,
  missing: { readonly before: string; readonly after: string } = { before: "none", after: "none" },
): string {
  if (field === "data.labels") {
    const sides = [["before", before], ["after", after]] as const;
    return sides.filter(([, labels]) => Array.isArray(labels) && labels.length > 0)
      .map(([side, labels]) => `only ${side}: ${phraseLabels(labels as string[])}`).join("; ");
  }
  // Enough of a digest to tell it from others.
  const length = field.endsWith(".digest") ? 20 : MAX_VALUE;
  const one = phraseValue(before, length) ?? missing.before;
  const other = phraseValue(after, length) ?? missing.after;
  return one === other ? `${one}, which continues differently` : `${one} → ${other}`;
}

/**
 * Phrases a difference of two rules as `weight 1 → 2`: shares and weights in four digits, if they differ
 * in those; patterns as they are.
 */
export function phraseStrength(difference: Difference): string {
  const { field, before, after } = difference;
  const round = (value: Json | undefined): Json | undefined => {
    if (Array.isArray(value)) return value.join(" and ");
    const isFraction = typeof value === "number" && !Number.isInteger(value);
    return isFraction ? Number(value.toPrecision(4)) : value;
  };
  const [one, other] = [round(before), round(after)];
  const shown = one === other ? difference : { ...difference, before: one, after: other };
  return `${field} ${phraseDifference(shown)}`;
}

const LISTED_LABELS = 8;

function phraseLabels(labels: readonly string[]): string {
  const more = labels.length - LISTED_LABELS;
  const few = labels.slice(0, LISTED_LABELS).map(showName).join(", ");
  return more > 0 ? `${few} + ${formatCount(more)} more` : few;
}

/** Characters of a value that are shown. */
const MAX_VALUE = 80;

function phraseValue(value: Json | undefined, length: number): string | undefined {
  if (value === undefined) return undefined;
  return showText(cut(typeof value === "string" ? value : JSON.stringify(value), length));
}

/** Phrases a gain in points, with its tone; nothing if it is not known. */
export function phraseGain(points: number | undefined): TonedText {
  if (points === undefined) return { text: "" };
  const text = formatPoints(0, points / 100);
  const tone = text === "±0.0" ? "quiet" : text.startsWith("-") ? "bad" : "good";
  return { text, tone };
}

/** Phrases a share as per cent; a dash if it is not known. */
export function phraseShare(share: number | undefined): TonedText {
  return { text: share === undefined ? "–" : formatPercent(share) };
}

/** Headings of {@linkcode scoreCells}. */
export const HEADINGS = [
  "F1 before",
  "F1 after",
  "Δ",
  "P before",
  "P after",
  "R before",
  "R after",
];

/** Makes the cells of a row with the scores of both sides, and the gain in F1. */
export function scoreCells(
  before: KnownScores | LabelScores | undefined,
  after: KnownScores | LabelScores | undefined,
  points: number | undefined,
): TonedText[] {
  const pair = (measure: "f1" | "precision" | "recall") =>
    [before, after].map((scores) => phraseShare(scores?.[measure]));
  return [...pair("f1"), phraseGain(points), ...pair("precision"), ...pair("recall")];
}

/** Says how many items a list leaves out, if it does. */
export function andMore(amount: number, limit: number): SectionPart[] {
  const more = amount - limit;
  return more > 0 ? [say(`+ ${formatCount(more)} more (--json lists all)`, "quiet")] : [];
}
