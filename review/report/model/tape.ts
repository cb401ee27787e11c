/**
 * The exchanges of a run with a model, from its tape: what was asked, what was replied, and the tokens.
 *
 * @module
 */
import type { Exchange } from "../../../learn/chat/exchanges.ts";
import { abbreviate } from "../../../learn/text/digest.ts";
import { cut } from "../../../learn/text/quoting.ts";
import {
  count,
  formatCount,
  formatDuration,
  phraseError,
  showName,
} from "../../../print/phrases.ts";
import type { Trace } from "../../../record/schema.ts";
import { type NamedExchange, nameExchanges } from "../../../record/verify/tape_proof.ts";
import { type Content, type Markup, markup } from "../../markup.ts";
import { MAX_ITEMS, tellMore } from "../lists.ts";

/** Characters of one message or reply that are shown. */
const MAX_SAID = 20_000;
/** Characters of a finish reason, or of why a reply was repaired or refused, that are shown. */
const MAX_WHY = 400;

const PURPOSES = ["synthesis", "patch", "guide", "audit", "critique"] as const;
const OUTCOMES = ["parsed", "repaired", "refused", "failed"] as const;

/** Renders the totals of a tape by purpose, and its exchanges, step by step. */
export function renderTape({ steps }: Trace, tape: readonly Exchange[]): Markup {
  if (tape.length === 0) return markup`<p class="none">The tape holds no exchange.</p>`;
  const named = nameExchanges({ steps }, tape);
  const changed = new Set(named.filter(({ proof }) => proof === "changed").map(takeExchange));
  const ofSteps = Map.groupBy(named, ({ step }) => step);
  const asked = [...ofSteps].map(([index, ofStep]) => {
    const found = ofStep.flatMap((one) => takeExchange(one) ?? []);
    const lost = ofStep.length - found.length;
    return { name: `step ${index}, ${steps[index].type}`, found, lost };
  });
  const taken = new Set(named.map(takeExchange));
  const stray = tape.filter((exchange) => !taken.has(exchange));
  const groups = [
    ...asked,
    ...(stray.length === 0 ? [] : [{ name: "named by no step", found: stray, lost: 0 }]),
  ];
  const lists = groups.slice(0, MAX_ITEMS).map(({ name, found, lost }) => {
    const items = found.slice(0, MAX_ITEMS)
      .map((exchange) => renderExchange(exchange, changed.has(exchange)));
    const missing = lost === 0
      ? undefined
      : markup`<p class="more">${count(lost, "exchange")} not on this tape</p>`;
    return markup`<details class="item"><summary><span class="count">${
      formatCount(found.length)
    }</span> <span>${name}</span> <small>${phraseTokens(found)}</small></summary>
<div class="exchanges">${items}</div>${missing}${tellMore(found.length, "exchange")}</details>
`;
  });
  return markup`${renderTotals(tape)}${renderProof(named)}<div class="list">${lists}</div>${
    tellMore(groups.length, "step")
  }`;
}

function takeExchange({ exchange }: NamedExchange): Exchange | undefined {
  return exchange;
}

/** Tells of how many replies the trace has the digest; nothing if it is of a version that has none. */
function renderProof(named: readonly NamedExchange[]): Markup | undefined {
  const [proved, changed] = (["proved", "changed"] as const).map((proof) =>
    named.filter((one) => one.proof === proof).length
  );
  if (proved + changed === 0) return undefined;
  const all = count(proved + changed, "response");
  return changed === 0
    ? markup`<p class="more">The trace proves all of ${all} on this tape.</p>`
    : markup`<p class="finding">The trace proves ${
      formatCount(proved)
    } of ${all} on this tape: the rest
are not what the run got.</p>`;
}

function renderTotals(tape: readonly Exchange[]): Markup {
  const columns = ["Exchanges", "Tokens in", "Tokens out", "Repaired", "Refused", "Failed", "Time"];
  const headings = columns.map((name) => markup`<th scope="col" class="number">${name}</th>`);
  const row = (name: string, part: readonly Exchange[]) => {
    const amount = (outcome: typeof OUTCOMES[number]) =>
      formatCount(part.filter((one) => one.outcome === outcome).length);
    const { sent, received } = countTokens(part);
    const cells = [
      formatCount(part.length),
      sent,
      received,
      amount("repaired"),
      amount("refused"),
      amount("failed"),
      formatDuration(part.reduce((sum, { took }) => sum + took, 0)),
    ].map((cell) => markup`<td class="number">${cell}</td>`);
    return markup`<tr><th scope="row">${name}</th>${cells}</tr>\n`;
  };
  const rows = PURPOSES.flatMap((purpose) => {
    const part = tape.filter((one) => one.purpose === purpose);
    return part.length === 0 ? [] : [row(purpose, part)];
  });
  const uncounted = tape.filter(({ usage }) => usage === undefined).length;
  const note = uncounted === 0
    ? undefined
    : markup`<p class="more">The endpoint did not count the tokens of ${
      count(uncounted, "exchange")
    }.</p>`;
  return markup`<div class="scroll" role="region" aria-label="Exchanges by purpose" tabindex="0">
<table><caption>Exchanges by purpose</caption>
<thead><tr><th scope="col">Purpose</th>${headings}</tr></thead><tbody>
${rows}${row("all", tape)}</tbody></table></div>${note}`;
}

/** Sums the tokens of exchanges; `?` if the endpoint counted none. */
function countTokens(part: readonly Exchange[]): { sent: string; received: string } {
  const counted = part.flatMap(({ usage }) => usage ?? []);
  if (counted.length === 0) return { sent: "?", received: "?" };
  const sum = (field: "promptTokens" | "completionTokens") =>
    formatCount(counted.reduce((total, usage) => total + usage[field], 0));
  return { sent: sum("promptTokens"), received: sum("completionTokens") };
}

function phraseTokens(part: readonly Exchange[]): string {
  const { sent, received } = countTokens(part);
  return `${sent} tokens in, ${received} out`;
}

function renderExchange(exchange: Exchange, isChanged: boolean): Markup {
  const {
    id,
    purpose,
    prompt,
    model,
    messages,
    response,
    outcome,
    why,
    error,
    finishReason,
    took,
  } = exchange;
  const words = [
    showName(model),
    `prompt ${showName(prompt)}`,
    phraseTokens([exchange]),
    formatDuration(took),
    ...(finishReason === undefined ? [] : [`ended by ${cut(finishReason, MAX_WHY)}`]),
    abbreviate(id),
  ];
  const asked = messages.map(({ role, content }) => renderSaid(`Request, ${role}`, content));
  const trouble = [
    ...(isChanged ? ["not what the run got: the trace has another digest"] : []),
    ...(why === undefined ? [] : [`${outcome}: ${cut(why, MAX_WHY)}`]),
    ...(error === undefined ? [] : [phraseError(error)]),
  ].map((text) => markup`<p class="finding">${text}</p>`);
  const mark = outcome === "parsed" ? "✓" : outcome === "repaired" ? "✓ after repairs," : "✕";
  return markup`<article class="exchange"><p><b>${purpose}</b> ${mark} ${outcome} <small>${
    words.join(" · ")
  }</small></p>${trouble}
${asked}${response === undefined ? undefined : renderSaid("Reply", response)}</article>
`;
}

function renderSaid(name: string, text: string): Content {
  const lines = cut(text, MAX_SAID).split("\n").map((line) => [line, markup`<br>`]);
  return markup`<details><summary>${name} <small>${
    count(text.length, "character")
  }</small></summary><pre tabindex="0">${lines}</pre></details>`;
}
