/**
 * Parts of long texts, in one line: around what rules match, or around one span, which is in brackets.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { excerptAround, markSpan } from "./excerpts.ts";
 *
 * const text = "a table for two in Osage City, near the river";
 * assertEquals(markSpan({ text, from: 0, length: text.length }, { start: 19, end: 29 }, 30), {
 *   before: "… two in ",
 *   span: "Osage City",
 *   after: ", near t…",
 * });
 * const long = `${text}, which ${"we like, and ".repeat(9)}is cheap`;
 * assertEquals(
 *   excerptAround(long, [{ start: long.indexOf("cheap"), end: long.length }], 40),
 *   "a table for two … and is cheap",
 * );
 * ```
 *
 * @module
 */
import type { Span } from "../learn/data/examples.ts";
import type { SpanError } from "../learn/score/errors.ts";
import { showText } from "../learn/text/quoting.ts";
import { displayWidth, truncate } from "./text.ts";
import { splitGraphemes } from "./width.ts";

/** The share of the width that the beginning of a long text gets, and each side of a place in it. */
const SHARE = 1 / 3;

/**
 * Returns a text in one line of at most `width` columns: all of it, or its beginning and the surroundings of
 * `places`, as many as there is room for.
 */
export function excerptAround(text: string, places: readonly Span[], width: number): string {
  if (text.length <= 4 * width) {
    const whole = showText(text);
    if (displayWidth(whole) <= width) return whole;
  }
  const reach = Math.max(8, Math.floor(width * SHARE / 2));
  const pieces: Span[] = [{ start: 0, end: 2 * reach - 1 }];
  let left = width - 2 * reach;
  for (const { start, end } of places) {
    const piece = { start: start - reach, end: Math.min(end, start + reach) + reach };
    if (pieces.some((other) => other.start <= start && end <= other.end)) continue;
    left -= piece.end - piece.start;
    if (left < 0 && pieces.length > 1) break;
    pieces.push(piece);
  }
  const shown = joinPieces(pieces).map(({ start, end }) =>
    showText(sliceWhole(text, start, end).trim())
  );
  const rest = pieces.some(({ end }) => end >= text.length) ? "" : " …";
  return truncate(shown.join(" … ") + rest, width);
}

/** Joins pieces that touch; returns them by start. */
function joinPieces(pieces: readonly Span[]): Span[] {
  const joined: { start: number; end: number }[] = [];
  for (const { start, end } of pieces.toSorted((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last !== undefined && start <= last.end + 3) last.end = Math.max(last.end, end);
    else joined.push({ start, end });
  }
  return joined;
}

/** Returns a part of a text, without half of a character at its ends. */
function sliceWhole(text: string, start: number, end: number): string {
  return text.slice(Math.max(0, start), end)
    .replace(/^[\udc00-\udfff]/, "").replace(/[\ud800-\udbff]$/, "");
}

/** A span, and what is shown before and after it. */
export interface MarkedSpan {
  readonly before: string;
  readonly span: string;
  readonly after: string;
}

/**
 * Returns a span of the text of an error with what stands around it, in at most `width` columns together
 * with two brackets. Cuts the middle of a long span.
 */
export function markSpan(
  { text, from, length }: Pick<SpanError, "text" | "from" | "length">,
  { start, end }: Span,
  width: number,
): MarkedSpan {
  const room = width - 2;
  const span = cutMiddle(showText(text.slice(start - from, end - from)), Math.ceil(room * 0.6));
  const before = (from > 0 ? "…" : "") + showText(text.slice(0, start - from));
  const after = showText(text.slice(end - from)) + (from + text.length < length ? "…" : "");
  const rest = room - displayWidth(span);
  const half = Math.floor(rest / 2);
  const [wide, other] = [displayWidth(before), displayWidth(after)];
  return {
    before: truncateStart(before, Math.max(half, rest - other)),
    span,
    after: truncate(after, Math.max(rest - half, rest - wide)),
  };
}

function cutMiddle(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  const half = Math.floor(width / 2);
  return truncate(text, width - half) + truncateStart(text, half).slice(1);
}

/** Cuts `text` to its last `width` columns, of which the first is `…`, if it is wider. */
function truncateStart(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = "";
  let used = 1;
  for (const { segment } of [...splitGraphemes(text)].reverse()) {
    used += displayWidth(segment);
    if (used > width) break;
    kept = segment + kept;
  }
  return `…${kept}`;
}
