/**
 * Long lists and tables: in parts that a browser can lay out one by one, and with an end.
 *
 * @module
 */
import { count } from "../../print/phrases.ts";
import { type Markup, markup } from "../markup.ts";

/** Items of one list that a page shows at most; the record in the page has them all. */
export const MAX_ITEMS = 300;

/** How many rows of a table or a list a browser lays out at once; it leaves those not in sight. */
const PART = 40;

/** Rows in parts, each as `wrap` puts it. */
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

/** How many items of a list are not shown, where there are such. */
export function tellMore(amount: number, noun: string): Markup | undefined {
  const unseen = amount - MAX_ITEMS;
  if (unseen <= 0) return undefined;
  return markup`<p class="more">and ${count(unseen, `more ${noun}`)}, in the trace</p>`;
}
