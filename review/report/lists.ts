/**
 * Long lists and tables: in parts that a browser can lay out one by one, and cut at a limit.
 *
 * @module
 */
import { count, formatCount, showName } from "../../print/phrases.ts";
import { type Content, type Markup, markup } from "../markup.ts";

/** The most items of one list that a page shows; the record in the page has them all. */
export const MAX_ITEMS = 300;

/** Rows of a table or a list that a browser lays out at once; it skips parts that are not in sight. */
const PART = 40;

/** Splits rows into parts, each wrapped by `wrap`. */
export function inParts(
  rows: readonly Markup[],
  wrap: (part: readonly Markup[]) => Markup,
): Markup[] {
  const parts: Markup[] = [];
  for (let from = 0; from < rows.length; from += PART) {
    parts.push(wrap(rows.slice(from, from + PART)));
  }
  return parts;
}

/** Says how many items of a list are not shown and are only `where`, if the list is cut. */
export function tellMore(
  amount: number,
  noun: string,
  where = "in the trace",
): Markup | undefined {
  const unseen = amount - MAX_ITEMS;
  if (unseen <= 0) return undefined;
  return markup`<p class="more">and ${count(unseen, `more ${noun}`)}, ${where}</p>`;
}

/** Renders ids of examples, cut like any list. */
export function renderIds(ids: readonly string[]): Content {
  const unseen = ids.length - MAX_ITEMS;
  const shown = ids.slice(0, MAX_ITEMS).map((id) => markup`<code>${showName(id)}</code> `);
  return [shown, unseen > 0 ? `+ ${formatCount(unseen)} more` : undefined];
}
