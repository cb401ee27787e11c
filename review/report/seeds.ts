/**
 * A run among runs that differ in their seed alone: a strip of their F1, with this run marked.
 *
 * @module
 */
import { count, formatCount, formatPercent } from "../../print/phrases.ts";
import type { Blame, SeedBlame } from "../blame/format.ts";
import { phrasePlace } from "../blame/phrases.ts";
import { type Markup, markup } from "../markup.ts";
import { MAX_ITEMS, tellMore } from "./lists.ts";
import { chooseTicks, explainMark, renderMark, roundPlace } from "./marks.ts";

/** Room for marks above each other, and for one of them, in CSS pixels. */
const STACK = 84;
const MARK = 12;

/** Renders the strip, or says that no other seed was run. */
export function renderSeeds(blame: Blame): Markup {
  const { seeds: among, f1 } = blame;
  if (among === undefined) return markup`<p class="none">No other seeds were run.</p>`;
  const { seeds, mean, deviation } = among;
  const values = seeds.map((one) => one.f1);
  const [lowest, highest] = [Math.min, Math.max].map((of) => values.reduce((a, b) => of(a, b)));
  const text = [
    `This run has F1 ${formatPercent(f1)} % on ${nameTest(blame)}: ${phrasePlace(among, f1)}.`,
    `The other seeds have ${formatPercent(mean)} ± ${
      formatPercent(deviation)
    } % (mean and standard ` +
    `deviation), from ${formatPercent(lowest)} to ${formatPercent(highest)} %.`,
  ].join(" ");
  const rows = seeds.slice(0, MAX_ITEMS).map((one) =>
    markup`<li>seed ${one.seed}: F1 ${formatPercent(one.f1)} %, ${count(one.rules, "rule")}</li>\n`
  );
  return markup`<p>${text} They differ in the split alone: a difference of this size can be luck.</p>
${drawStrip(among, f1, [lowest, highest])}
<p class="legend" aria-hidden="true">${explainMark("made", "this run")}${
    explainMark("born", "another seed")
  }<span><svg class="key"><rect class="band" width="26" height="14"/></svg>mean ± deviation</span></p>
<details class="item"><summary><span class="count">${formatCount(seeds.length)}</span>
<span>other seeds, one by one</span></summary><ul>${rows}</ul>${
    tellMore(seeds.length, "seed", "in the blame file")
  }</details>`;
}

/** Names the test examples: `200 examples of banking_test`. */
export function nameTest({ on }: Blame): string {
  return `${count(on.examples, "example")} of ${on.name.slice(0, 100)}`;
}

function drawStrip(
  { seeds, mean, deviation }: SeedBlame,
  own: number,
  [lowest, highest]: readonly number[],
): Markup {
  // In tenths of a point of F1, with room at the ends.
  const [low, high] = [Math.min(lowest, own) * 1000, Math.max(highest, own) * 1000];
  const room = Math.max(2, (high - low) * 0.1);
  const [from, to] = [Math.floor(low - room), Math.ceil(high + room)];
  const x = (f1: number) => roundPlace((f1 * 1000 - from) / (to - from) * 100);
  const gap = chooseTicks(to - from)[1] ?? 1;
  const ticks = chooseTicks(to - from).map((_, n) => (Math.ceil(from / gap) + n) * gap)
    .filter((tick) => tick <= to);
  const digits = gap % 10 === 0 ? 0 : 1;
  const numbers = ticks.map((tick) =>
    markup`<text x="${x(tick / 1000)}%" y="14">${(tick / 10).toFixed(digits)}</text>`
  );
  const stacks = Map.groupBy([...seeds.map(({ f1 }) => x(f1)), x(own)], (place) => place);
  const most = [...stacks.values()].reduce((most, { length }) => Math.max(most, length), 1);
  const step = Math.min(MARK, STACK / most);
  const height = Math.ceil(most * step + MARK);
  // Equal marks lie on each other if there are more than can be told apart.
  const marks = [...stacks].flatMap(([place, stack]) =>
    stack.slice(0, MAX_ITEMS).map((_, level) => {
      const kind = level === 0 && place === x(own) ? "made" : "born";
      return renderMark(kind, place, roundPlace(100 - (level + 0.7) * step / height * 100));
    })
  );
  // A file may say anything.
  const within = (f1: number) => Math.min(100, Math.max(0, Number(x(f1))));
  const [start, middle, end] = [mean - deviation, mean, mean + deviation].map(within);
  const band = markup`x="${roundPlace(start)}%" width="${roundPlace(end - start)}%"`;
  const line = roundPlace(middle);
  return markup`<div class="strip"><svg role="img" aria-label="Strip of the F1 of ${
    count(seeds.length + 1, "run")
  }, this one marked" height="${height}">
<rect class="band" ${band} height="100%"/>
<line class="mean" x1="${line}%" x2="${line}%" y2="100%"/>
<line class="grid" x2="100%" y1="100%" y2="100%"/>${marks}</svg>
<svg class="axis-x" aria-hidden="true" height="20">${numbers}</svg></div>`;
}
