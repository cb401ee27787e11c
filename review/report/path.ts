/**
 * What each step of a run did at once to the predictions on test examples, and since when the wrong ones are.
 *
 * @module
 */
import {
  count,
  formatCount,
  formatPercent,
  formatPoints,
  nameIteration,
} from "../../print/phrases.ts";
import type { Trace } from "../../record/schema.ts";
import type { Blame } from "../blame/format.ts";
import type { PathStep } from "../blame/path.ts";
import { type Markup, markup } from "../markup.ts";
import { MAX_ITEMS, renderIds, tellMore } from "./lists.ts";
import { nameTest } from "./seeds.ts";

/** Formats points of F1, or other amounts that can be below 0: `+3.1`, `-0.4`, `±0.0`. */
export function formatSigned(value: number): string {
  return formatPoints(0, value / 100);
}

/** Renders the immediate effects: a row for each step that changed the rules. */
export function renderPath(trace: Trace, blame: Blame): Markup {
  const { steps, withoutRules, points } = blame.path;
  const columns = ["Rules", "F1", "Points", "Gained", "Lost"];
  const headings = columns.map((name) => markup`<th scope="col" class="number">${name}</th>`);
  const rows = steps.slice(0, MAX_ITEMS).map((step) => {
    const numbers = [
      formatCount(step.rules),
      formatPercent(step.f1),
      formatSigned(step.points),
      formatCount(step.gained.length),
      formatCount(step.lost.length),
    ];
    const cells = numbers.map((number) => markup`<td class="number">${number}</td>`);
    return markup`<tr><th scope="row">${nameStep(trace, step)}</th>${cells}</tr>\n`;
  });
  return markup`<p>The rules after each step, on ${
    nameTest(blame)
  }: F1, and how many examples became all
correct or no longer were. This is what a step did at once, and the points add up: ${
    formatPercent(withoutRules)
  } % without rules and
${
    formatSigned(points)
  } points. A later step may have repaired what a step broke, or have brought what it
brought: what a step did in the end takes a run without it, a fork.</p>
<div class="scroll" role="region" aria-label="Table of effects" tabindex="0">
<table><caption>F1 in per cent, points of F1, examples</caption>
<thead><tr><th scope="col">Step</th>${headings}</tr></thead><tbody>
${rows}</tbody></table></div>${tellMore(steps.length, "step", "in the blame file")}`;
}

function nameStep({ steps }: Trace, { step, type, iteration }: PathStep): string {
  const { verdict = "" } = { verdict: undefined, ...steps[step] };
  const name = iteration === undefined ? type : nameIteration(iteration);
  return `${step}: ${name} ${verdict}`.trimEnd();
}

/** Renders the test examples that are wrong at the end, by the step since which they are. */
export function renderWrong(trace: Trace, blame: Blame): Markup {
  const { wrong, steps } = blame.path;
  const title = markup`<h3>On ${nameTest(blame)}</h3>`;
  if (wrong.length === 0) return markup`${title}<p class="none">None is wrong at the end.</p>`;
  const since = [...Map.groupBy(wrong, (one) => one.since)]
    .sort(([one], [other]) => (one ?? -1) - (other ?? -1));
  const items = since.slice(0, MAX_ITEMS).map(([step, group]) => {
    const brought = steps.find((one) => one.step === step);
    const name = brought === undefined ? `${step}` : nameStep(trace, brought);
    const what = step === null ? "never correct" : `wrong since step ${name}`;
    return markup`<details class="item"><summary><span class="count">${
      formatCount(group.length)
    }</span> <span>${what}</span></summary>
<dl><dt>Examples</dt><dd>${renderIds(group.map(({ id }) => id))}</dd></dl></details>
`;
  });
  return markup`${title}<p>${
    count(wrong.length, "example")
  } wrong at the end, by the step after which they never
were correct again.</p>
<div class="list">${items}</div>${tellMore(since.length, "step", "in the blame file")}`;
}

/** Says since when a prediction is wrong. */
export function phraseSince(since: number | null): string {
  return since === null ? "never correct" : `wrong since step ${since}`;
}
