/**
 * Advice and guidance of a model or a coordinator, and the exchanges with a model.
 *
 * @module
 */
import { cut } from "../../../learn/text/quoting.ts";
import { count, formatCount, nameIteration, showName } from "../../../print/phrases.ts";
import { phraseEscalated } from "../../../print/playbooks.ts";
import type { AskedFields, ProposedFields, Step, Trace } from "../../../record/schema.ts";
import { linkRule } from "../links.ts";
import { MAX_ITEMS, tellMore } from "../lists.ts";
import { type Markup, markup } from "../../markup.ts";

/** Characters of one text that are shown. */
const MAX_SAID = 4_000;
/** Characters of an id that are shown. */
const MAX_ID = 100;

/** Renders critiques, advice and guidance, if there are any. */
export function renderAdvice(trace: Trace): Markup | undefined {
  const said = trace.steps.map((step) => renderWords(trace, step))
    .filter((words) => words !== undefined);
  if (said.length === 0) return undefined;
  return markup`<div class="list">${said.slice(0, MAX_ITEMS)}</div>${
    tellMore(said.length, "step")
  }`;
}

function renderWords(trace: Trace, step: Step): Markup | undefined {
  if (step.type === "critique") {
    const { index, analysis, advice } = step;
    if (analysis.trim() === "" && advice.length === 0) return undefined;
    const list = advice.slice(0, MAX_ITEMS).map(({ rule, text }) => {
      const about = rule === undefined ? undefined : markup`<b>${linkRule(trace, rule)}</b>: `;
      return markup`<li>${about}${cut(text, MAX_SAID)}</li>`;
    });
    return markup`<article class="item said"><h3>Critique, step ${index}</h3>
${paragraphs(analysis)}${list.length === 0 ? undefined : markup`<ul>${list}</ul>`}
${tellMore(advice.length, "suggestion")}</article>`;
  }
  if (step.type !== "iteration" || !step.guidance?.trim()) return undefined;
  return markup`<article class="item said">
<h3>Guidance for ${nameIteration(step.iteration)}, step ${step.index}</h3>
${paragraphs(step.guidance)}</article>`;
}

function paragraphs(text: string): Markup[] {
  const parts = cut(text.trim(), MAX_SAID).split(/\n\s*\n/).filter((part) => part.trim() !== "");
  return parts.map((part) => markup`<p>${part.replaceAll(/\s+/g, " ")}</p>`);
}

/** Notes how many replies of a step were repaired, and what went to a second model. */
function noteExchanges(step: AskedFields & Pick<ProposedFields, "escalated">): string[] {
  const { repaired } = step;
  const escalated = phraseEscalated(step);
  return [
    ...(repaired === undefined ? [] : [`${formatCount(repaired)} repaired`]),
    ...(escalated === "" ? [] : [escalated]),
  ];
}

/** Renders the exchanges of each step with a model, if the run had one. */
export function renderExchanges(trace: Trace): Markup | undefined {
  const asked = trace.steps.flatMap((step) =>
    "exchanges" in step && step.exchanges !== undefined && step.exchanges.length > 0
      ? [{ step, exchanges: step.exchanges, notes: noteExchanges(step) }]
      : []
  );
  const { model } = trace.run.learner;
  if (asked.length === 0 && model === undefined) return undefined;
  const total = asked.reduce((sum, { exchanges }) => sum + exchanges.length, 0);
  const name = model === undefined ? undefined : markup`<b>${showName(model)}</b>: `;
  const items = asked.slice(0, MAX_ITEMS).map(({ step: { index, type }, exchanges, notes }) => {
    const ids = exchanges.slice(0, MAX_ITEMS).map((id) =>
      markup`<li><code>${id.slice(0, MAX_ID)}</code></li>`
    );
    return markup`<details class="item"><summary>
<span class="count">${formatCount(exchanges.length)}</span> <span>step ${index}, ${type}${
      notes.length === 0 ? undefined : `: ${notes.join(", ")}`
    }</span>
</summary><ul>${ids}</ul>${tellMore(exchanges.length, "exchange")}</details>`;
  });
  return markup`<p>${name}${count(total, "exchange")} in ${count(asked.length, "step")}. The
requests and replies are on the tape beside the trace, under these ids.</p>
<div class="list">${items}</div>${tellMore(asked.length, "step")}`;
}
