/**
 * What a comparison is laid out in, for text and for a page alike: sections of lines, entries and
 * tables. All of it is ready to show: control characters are written out.
 *
 * @module
 */
import { formatCount, formatPercent, formatPoints, showName } from "../../print/phrases.ts";
import { showText } from "../../learn/text/quoting.ts";
import type { Difference, Json } from "./comparison.ts";

/** How a text is meant. */
export type Tone = "good" | "bad" | "warn" | "quiet" | "heading";

/** A text, and how it is meant. */
export interface Said {
  readonly text: string;
  readonly tone?: Tone;
}

/** A text under a name. */
export interface Entry extends Said {
  readonly name: string;
  /** Whether the text is a pattern. */
  readonly isPattern?: boolean;
}

/** A table. Where room is short, the first of `layouts` that fits says which columns stay. */
export interface Table {
  readonly columns: readonly { readonly heading: string; readonly side: "left" | "right" }[];
  readonly rows: readonly (readonly Said[])[];
  /** The column that takes what room there is. */
  readonly stretch: number;
  readonly layouts: readonly (readonly number[])[];
}

/** A part of a section. */
export type Part =
  | ({ readonly kind: "text" } & Said)
  | { readonly kind: "entries"; readonly entries: readonly Entry[] }
  | { readonly kind: "table"; readonly title?: string; readonly table: Table };

/** What is said under one heading. */
export interface Section {
  readonly heading: string;
  readonly parts: readonly Part[];
}

/** A line of text as a part. */
export function say(text: string, tone?: Tone): Part {
  return { kind: "text", text, ...(tone && { tone }) };
}

/**
 * `1 → 2`; labels as those that are gone and new.
 *
 * @param missing what is said of a side without a value
 */
export function phraseDifference(
  { field, before, after }: Difference,
  missing: { readonly before: string; readonly after: string } = { before: "none", after: "none" },
): string {
  if (field === "data.labels") {
    const parts = [["only before", before], ["only after", after]] as const;
    return parts.filter(([, labels]) => Array.isArray(labels) && labels.length > 0)
      .map(([side, labels]) => `${side}: ${phraseList(labels as readonly string[])}`).join("; ");
  }
  if (field === "data.digest" || field.endsWith(".digest")) {
    return `${phraseDigest(before) ?? missing.before} → ${phraseDigest(after) ?? missing.after}`;
  }
  const [one, other] = [
    phraseValue(before) ?? missing.before,
    phraseValue(after) ?? missing.after,
  ];
  return one === other ? `${one}, which goes on differently` : `${one} → ${other}`;
}

/**
 * {@linkcode phraseDifference} of a rule: shares and weights in four digits, where those differ; patterns
 * as they are.
 */
export function phraseStrength(difference: Difference): string {
  const { before, after } = difference;
  const round = (value: Json | undefined): Json | undefined => {
    if (Array.isArray(value)) return value.join(" and ");
    const isFraction = typeof value === "number" && !Number.isInteger(value);
    return isFraction ? Number(value.toPrecision(4)) : value;
  };
  const [one, other] = [round(before), round(after)];
  if (one === other) return phraseDifference(difference);
  return phraseDifference({ ...difference, before: one, after: other });
}

const LISTED_LABELS = 8;

function phraseList(labels: readonly string[]): string {
  const more = labels.length - LISTED_LABELS;
  const few = labels.slice(0, LISTED_LABELS).map(showName).join(", ");
  return more > 0 ? `${few} + ${formatCount(more)} more` : few;
}

/** Enough of a digest to tell it from others. */
function phraseDigest(digest: Json | undefined): string | undefined {
  return typeof digest === "string" ? showText(`${digest.slice(0, 19)}…`) : phraseValue(digest);
}

/** Characters of a value that are shown. */
const MAX_VALUE = 80;

function phraseValue(value: Json | undefined): string | undefined {
  if (value === undefined) return undefined;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return showText(text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text);
}

/** A gain in points with its tone; nothing where there is none. */
export function phraseGain(points: number | undefined): Said {
  if (points === undefined) return { text: "" };
  const text = formatPoints(0, points / 100);
  return text === "±0.0"
    ? { text, tone: "quiet" }
    : { text, tone: text.startsWith("-") ? "bad" : "good" };
}

/** A share as per cent, or a dash for none. */
export function phraseShare(share: number | undefined): Said {
  return { text: share === undefined ? "–" : formatPercent(share) };
}

/** What a list leaves out. */
export function andMore(amount: number, limit: number): Part[] {
  const more = amount - limit;
  return more > 0 ? [say(`+ ${formatCount(more)} more (--json lists all)`, "quiet")] : [];
}
