/**
 * The marks of the chart and the lanes, which differ in shape as well as in colour, and the axis that
 * both have.
 *
 * @module
 */
import { type Markup, markup } from "../markup.ts";

/** Returns the middle of a step along an axis of `steps` steps, in per cent. */
export function placeOf(step: number, steps: number): string {
  return roundPlace((step + 0.5) / steps * 100);
}

/** Formats a place in a drawing, to three decimals. */
export function roundPlace(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}

/** Chooses about `amount` round numbers from 0 to `last`. */
export function chooseTicks(last: number, amount = 6): number[] {
  const rough = Math.max(1, last / amount);
  const scale = 10 ** Math.floor(Math.log10(rough));
  const gap = ([1, 2, 5].find((one) => one * scale >= rough) ?? 10) * scale;
  return Array.from({ length: Math.floor(last / gap) + 1 }, (_, place) => place * gap);
}

/** Renders the numbers of some steps, each under its place. */
export function renderAxis(steps: number): Markup {
  const numbers = chooseTicks(steps - 1).map((step) =>
    markup`<text x="${placeOf(step, steps)}%" y="14">${step}</text>`
  );
  return markup`<svg class="axis-x" aria-hidden="true">${numbers}</svg>`;
}

/** Renders a mark of a kind; `x` and `y` are percentages. */
export function renderMark(kind: string, x: string, y: string, size = ""): Markup {
  return markup`<use class="${kind}" href="#mark-${kind}${size}" x="${x}%" y="${y}%"/>`;
}

/** Renders a mark with its meaning, for a legend. */
export function explainMark(kind: string, name: string): Markup {
  return markup`<span><svg class="key mark">${renderMark(kind, "50", "50")}</svg>${name}</span>`;
}

const cross = "M-3.5-3.5 3.5 3.5M3.5-3.5-3.5 3.5";
const diamond = "M0-5 5 0 0 5-5 0Z";
const solid = markup`fill="currentColor"`;
const drawn = markup`fill="none" stroke="currentColor" stroke-width="2"`;
const hollow = markup`class="hollow" stroke="currentColor" stroke-width="1.75"`;

/** A chart with more marks than this has small ones. */
export const MANY_MARKS = 150;

/** Definitions of all marks, once in each page. */
export const markDefinitions: Markup = markup`<svg class="defs" aria-hidden="true"><defs>
<circle id="mark-accepted" r="4.5" ${solid}/>
<path id="mark-rejected" d="${cross}" ${drawn}/>
<circle id="mark-forced" r="8.5" fill="none" stroke="currentColor" stroke-width="1.5"/>
<path id="mark-changed" d="${diamond}" ${hollow}/>
<circle id="mark-born" r="3.5" ${hollow}/>
<path id="mark-made" d="${diamond}" ${solid}/>
<path id="mark-into" d="M-4-4 1 0-4 4" ${drawn}/>
<path id="mark-pruned" d="M0-6V6" ${drawn}/>
<circle id="mark-quiet" r="3" ${hollow}/>
<path id="mark-lost" d="M-5.5-4.5 5.5-4.5 0 5.5Z" ${solid}/>
<path id="mark-failed" d="M-5-5H5V5H-5ZM-.9-3.6V1H.9V-3.6ZM-.9 2.2V3.8H.9V2.2Z" fill-rule="evenodd" ${solid}/>
<path id="mark-end" d="M-4.5-4.5H4.5V4.5H-4.5Z" ${solid}/>
<path id="mark-test" d="M0-6.5 1.6-2.2 6.2-2 2.6.8 3.8 5.3 0 2.7-3.8 5.3-2.6.8-6.2-2-1.6-2.2Z" ${solid}/>
<path id="mark-final" d="M-8-4.5 0 0-8 4.5Z" ${solid}/>
${
  ["accepted", "rejected", "changed", "lost", "failed"].map((kind) =>
    markup`<use id="mark-${kind}-small" href="#mark-${kind}" transform="scale(.55)"/>`
  )
}</defs></svg>`;
