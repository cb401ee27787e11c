/**
 * What people said of a run: its corrections, which step mended which, and which are still wrong; and
 * feedback in words.
 *
 * @module
 */
import { phraseFeedback } from "../../print/corrections.ts";
import { count, formatCount, showName } from "../../print/phrases.ts";
import type { Trace } from "../../record/schema.ts";
import { type Content, type Markup, markup } from "../markup.ts";
import { MAX_ITEMS, tellMore } from "./lists.ts";

/** A step that made the rules get a correction right, or wrong. */
interface CorrectionChange {
  readonly step: number;
  readonly isMended: boolean;
}

/** Renders the corrections, those that are still wrong first, if the run has any. */
export function renderCorrections({ run, steps }: Trace): Markup | undefined {
  const { corrections = [] } = run.split;
  if (corrections.length === 0) return undefined;
  const changes = new Map(corrections.map((id) => [id, [] as CorrectionChange[]]));
  for (const step of steps) {
    const { mended = [], broken = [] } = { mended: undefined, broken: undefined, ...step };
    for (const id of mended) changes.get(id)?.push({ step: step.index, isMended: true });
    for (const id of broken) changes.get(id)?.push({ step: step.index, isMended: false });
  }
  const isRight = (id: string) => changes.get(id)!.at(-1)?.isMended === true;
  const wrong = corrections.filter((id) => !isRight(id));
  const rows = [...wrong, ...corrections.filter(isRight)].slice(0, MAX_ITEMS).map((id) =>
    markup`<li><code>${showName(id)}</code> ${isRight(id) ? "✓" : "✕"} ${
      tellChanges(changes.get(id)!)
    }</li>\n`
  );
  const lead = wrong.length === 0
    ? "the rules get all of them right"
    : `the rules get ${formatCount(wrong.length)} of them wrong`;
  return markup`<p>${
    count(corrections.length, "correction")
  }: ${lead}. They weigh more than other examples, and
are never held out.</p><ul class="plain">${rows}</ul>${tellMore(corrections.length, "correction")}`;
}

function tellChanges(changes: readonly CorrectionChange[]): Content {
  if (changes.length === 0) return "wrong at every step";
  return changes.map(({ step, isMended }, place) => [
    place === 0 ? "" : ", ",
    step === 0 ? "right at " : isMended ? "mended in " : "broken in ",
    markup`<a href="#step-${step}">step ${step}</a>`,
  ]);
}

/** Renders what people said of rules and labels in words, if the run was told anything. */
export function renderFeedback(trace: Trace): Markup | undefined {
  const said = phraseFeedback(trace);
  if (said.length === 0) return undefined;
  const items = said.slice(0, MAX_ITEMS).map((text) => markup`<li>${text}</li>\n`);
  const isRead = trace.run.learner.model !== undefined;
  const lead = isRead
    ? "It is in every prompt to the model."
    : "No model was asked: it is only recorded.";
  return markup`<p>${lead}</p><ul class="plain">${items}</ul>${tellMore(said.length, "item")}`;
}
