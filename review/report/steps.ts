/**
 * The steps of a run as a table: the chart in numbers.
 *
 * @module
 */
import {
  count,
  decisionSplit,
  formatCount,
  formatDuration,
  formatPercent,
  formatPoints,
  isLearnedFrom,
  phraseF1,
} from "../../print/phrases.ts";
import { phraseShared } from "../../print/changes.ts";
import { describeSteps, type StepRow } from "../../print/steps.ts";
import type { Trace } from "../../record/schema.ts";
import { linkNames, nameByIds } from "./links.ts";
import { inParts } from "./lists.ts";
import { judgeStep, renderVerdict } from "./verdicts.ts";
import { type Markup, markup, trusted } from "../markup.ts";

/** A table of more steps than this is folded up at first. */
const OPEN_STEPS = 12;

/** Renders all steps, in order. */
export function renderSteps(trace: Trace): Markup {
  const rows = describeSteps(nameByIds(trace));
  if (rows.length === 0) return markup``;
  const { parent } = trace.run;
  const told = parent && phraseShared(parent);
  const shared = told === undefined ? -1 : parent!.step!;
  const on = decisionSplit(trace);
  const f1 = on === undefined ? "F1" : `F1 on ${on}${isLearnedFrom(on) ? ", learned from" : ""}`;
  const columns = ["Step", "What happened", "Rules", f1, "Gain", "Precision", "Recall", "Time"];
  const headings = columns.map((column, place) => {
    const kind = place === 1 ? "what" : "number";
    return markup`<div role="columnheader" class="${kind}">${column}</div>`;
  });
  const body = inParts(
    rows.map((row) => renderRow(trace, row, row.index <= shared)),
    (part) => markup`<div role="rowgroup" class="body">${part}</div>`,
  );
  const isOpen = rows.length <= OPEN_STEPS;
  return markup`<details class="panel"${isOpen ? trusted(" open") : undefined}>
<summary>${count(rows.length, "step")} as a table${
    told === undefined ? undefined : `, ${told}`
  }</summary>
<div class="table steps" role="table" aria-label="Steps" id="steps" data-on="${on ?? ""}">
<div role="rowgroup"><div role="row" class="row head">${headings}</div></div>
${body}</div></details>`;
}

/** Renders a step, muted if the run has it from its parent. */
function renderRow(trace: Trace, row: StepRow, isShared: boolean): Markup {
  const { index, head, detail, notes, rules, before, after, took, outcome } = row;
  const cell = (name: string, text: string) =>
    markup`<div role="cell" class="number" data-name="${name}">${text}</div>`;
  const f1 = after === undefined ? "" : formatPercent(after.f1);
  const gain = before && after && before.on === after.on ? formatPoints(before.f1, after.f1) : "";
  const said = notes.map(({ text }) => markup`<small>${linkNames(trace, text)}</small>`);
  const step = trace.steps[index];
  const test = step.type === "final" ? step.scores.test : undefined;
  const names = detail === "" ? undefined : linkNames(trace, detail);
  // What the rules do on test comes before what they do on anything else.
  const told = test === undefined
    ? markup`<span>${names}</span>`
    : markup`<span>${phraseF1(test)}</span>${names && markup`<small>${names}</small>`}`;
  const what = markup`${renderVerdict(judgeStep(step))} <b>${head}</b> ${told}${said}`;
  const cells = [
    cell("step", String(index)),
    markup`<div role="cell" class="what">${what}</div>`,
    cell("rules", rules === undefined ? "?" : formatCount(rules)),
    cell("F1", before && f1 !== "" ? `${formatPercent(before.f1)} → ${f1}` : f1),
    cell("gain", gain),
    cell("precision", after ? formatPercent(after.precision) : ""),
    cell("recall", after ? formatPercent(after.recall) : ""),
    cell("time", formatDuration(took)),
  ];
  return markup`<div role="row" class="row ${outcome}${
    isShared ? " shared" : undefined
  }" id="step-${index}">${cells}</div>
`;
}
