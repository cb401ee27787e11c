/**
 * Writing: writes drafts as rules that a person can read.
 *
 * @module
 */
import type { SpanDraft } from "./drafts.ts";
import { type Edge, escapeLiteral, writeAlternatives } from "./elements.ts";
import type { Proposal } from "../rules/rule.ts";

/** Longest name of a rule, in UTF-16 code units. */
const MAX_NAME = 120;

/** Sources for the edges before and after a body or a context. */
const BEFORE: Readonly<Record<Edge, string>> = {
  word: String.raw`(?<!\p{IDC})`,
  number: String.raw`(?<!\p{IDC}|\d[.,])`,
  none: "",
};
const AFTER: Readonly<Record<Edge, string>> = {
  word: String.raw`(?!\p{IDC})`,
  number: String.raw`(?!\p{IDC}|[.,]\d)`,
  none: "",
};

/** Sources for the edges between a number and a context that is a comma or a point. */
const WHOLE_NUMBER = { before: String.raw`(?<!\d[.,])`, after: String.raw`(?![.,]\d)` };

/**
 * Writes a draft: the left context, the span as group 1, the right context as a lookahead. Without
 * a left context the whole match is the span.
 */
export function writeRule(draft: SpanDraft, labels: readonly string[], folds: boolean): Proposal {
  const { left, right, isLeftWordy, isRightWordy, parts, first, last, members, rank } = draft;
  const body = parts.map(({ gap, options, isCased }) => {
    const source = writeAlternatives(options);
    return escapeLiteral(gap) + (folds && isCased ? `(?-i:${source})` : source);
  }).join("");
  // A comma or a point between digits is a part of the number, not a context.
  const isCut = last === "number" && right.some((source) => /^(?:,|\\\.)/.test(source));
  const isGlued = first === "number" && left.some((source) => /(?:,|\\\.)$/.test(source));
  const after = right.length === 0
    ? AFTER[last]
    : `${isCut ? WHOLE_NUMBER.after : ""}(?=${writeContexts(right, "end", isRightWordy)}${
      isRightWordy ? AFTER.word : ""
    })`;
  const pattern = left.length === 0
    ? BEFORE[first] + body + after
    : `${isLeftWordy ? BEFORE.word : ""}${writeContexts(left, "start", isLeftWordy)}${
      isGlued ? WHOLE_NUMBER.before : ""
    }(${body})${after}`;
  const label = labels[draft.label];
  const places = new Set(members.flatMap(({ candidate }) => candidate.places));
  const tp = members.reduce((sum, { candidate }) => sum + candidate.tp, 0);
  const matched = members.reduce((sum, { candidate }) => sum + candidate.places.length, 0);
  return {
    name: nameOf(label, pattern),
    label,
    patterns: [pattern],
    flags: folds ? "iu" : "u",
    ...(left.length === 0 ? {} : { group: 1 }),
    priority: Math.round(rank * 1000),
    precision: Math.round(tp / matched * 1e6) / 1e6,
    support: places.size,
  };
}

/** Writes contexts as alternatives; a space that all of them share is written once. */
function writeContexts(
  all: readonly string[],
  side: "start" | "end",
  isWordy: boolean,
): string {
  /** Tells whether a context matches wherever another does, as it is the inner part of it. */
  const isInside = (inner: string, outer: string): boolean => {
    if (inner === outer) return false;
    if (side === "start" ? !outer.endsWith(inner) : !outer.startsWith(inner)) return false;
    const rest = side === "start" ? outer.slice(0, -inner.length) : outer.slice(inner.length);
    // `to` is not found in `into`, as it must be a whole word.
    return !isWordy || !(side === "start" ? /\p{IDC}$/u : /^\p{IDC}/u).test(rest);
  };
  const sources = all.filter((source) => !all.some((other) => isInside(other, source)));
  if (sources.length === 1) return sources[0];
  if (side === "start" && sources.every((source) => source.endsWith(" "))) {
    return `${writeAlternatives(sources.map((source) => source.slice(0, -1)))} `;
  }
  if (side === "end" && sources.every((source) => source.startsWith(" "))) {
    return ` ${writeAlternatives(sources.map((source) => source.slice(1)))}`;
  }
  return writeAlternatives(sources);
}

/** Parts of patterns, and what they are called in names of rules. */
const READINGS: readonly (readonly [RegExp, string])[] = [
  [/\(\?:\\p\{Lu\}\\\. \?\)\{0,3\}\\p\{Lu\}\\\./g, "Initials"],
  [/\(\?:\\p\{Lu\}\\\. \?\)\{1,4\}/g, "Initials "],
  [/\\p\{Lu\}\\\./g, "Initial"],
  [/\(\?<!(?:\\p\{IDC\}|\\d\[\.,\]|\|)+\)|\(\?!(?:\\p\{IDC\}|\[\.,\]\\d|\|)+\)/g, ""],
  [/\\S\{1,40\}\(\?: \\S\{1,40\}\)\{0,7\}\?/g, "…"],
  [
    /\\p\{Lu\}\\p\{IDC\}\{0,30\}\(\?:\[-'’ \](?:\(\?:\(\?:[^()]*\) \(\?:\(\?:[^()]*\) \)\?\)\?)?\\p\{Lu\}\\p\{IDC\}\{0,30\}\)\{0,\d\}/g,
    "Names",
  ],
  [/\\p\{Lu\}\\p\{(?:IDC|Ll)\}\{[01],30\}/g, "Name"],
  [/\\p\{Lu\}\{2,20\}/g, "CAPS"],
  [/\\p\{L\}\{[12],30\}/g, "*"],
  [/\\p\{Ll\}\{1,30\}|\\p\{IDC\}\{1,30\}|\[\\p\{Lt\}\\p\{Lm\}\\p\{Lo\}\\p\{M\}\]\{1,30\}/g, "word"],
  [/\\d\{1,20\}\(\?:\[\.,\]\\d\{1,9\}\)\{0,6\}|\\d\{1,3\}\(\?:\[\.,\]\\d\{3\}\)\{1,5\}/g, "number"],
  [/\(\?:19\|20\)\\d\{2\}/g, "year"],
  [/\\(?:d|p\{N\})(?:\{\d+(?:,\d+)?\})?/g, "#"],
  [/\\s\{0,9\}/g, ""],
  [/\(\?(?:-i)?:|\(\?=/g, "("],
  [/\\(?:[nrt]|u[\da-f]{4})/g, " "],
  [/\\(.)/g, "$1"],
];

/** Names a rule by its pattern, in words. */
function nameOf(label: string, pattern: string): string {
  const read = READINGS.reduce((text, [part, reading]) => text.replace(part, reading), pattern);
  const name = `${label}/${read}`;
  return (name.length <= MAX_NAME ? name : `${name.slice(0, MAX_NAME - 1)}…`).toWellFormed();
}
