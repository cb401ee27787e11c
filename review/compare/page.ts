/**
 * A comparison as one page: no script, nothing loaded, opened from disk.
 *
 * @module
 */
import {
  hashSource,
  type Markup,
  markup,
  type PageOptions,
  renderDocument,
  renderLinks,
} from "../markup.ts";
import type { Comparison } from "./comparison.ts";
import { describeComparison, describeVerdict } from "./describing.ts";
import type { ComparisonSection, SectionPart, SectionTable, TonedText } from "./sections.ts";

/** How many rules or examples one list names. */
const LISTED = 500;

const style = `
:root { color-scheme: light dark; --text: #1b1f24; --quiet: #59616b; --line: #d0d7de;
  --page: #ffffff; --good: #1a6b2f; --bad: #b3211d; --warn: #7a4d00; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e9ec; --quiet: #9aa4af; --line: #3a424b;
  --page: #15181c; --good: #63c07a; --bad: #ff8078; --warn: #e0ad4c; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page);
  margin: 0 auto; padding: 1.5rem 1rem; max-width: 64rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.3; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; border-top: 1px solid var(--line);
  padding-top: 1rem; }
h3 { font-size: 1rem; font-weight: 600; text-align: left; margin: 1rem 0 .25rem; }
p { margin: .25rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: .75rem 0; }
th, td { padding: .2rem .75rem .2rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); min-width: 2.5rem; }
th { font-weight: 600; }
.right { text-align: right; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
.code { font-family: ui-monospace, monospace; font-size: .9em; }
dl { display: grid; grid-template-columns: fit-content(45%) 1fr; gap: .25rem 1rem; margin: .75rem 0; }
dt { color: var(--quiet); } dd { margin: 0; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin: 0 0 .5rem 1rem; } }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.quiet { color: var(--quiet); }
.links { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin-bottom: .75rem; }
.links a { color: inherit; }
@media print { body { max-width: none; } h2 { break-after: avoid; } }
`;

/** Allows the page to use its own style, and nothing else. */
export const comparisonPolicy: string = `default-src 'none'; style-src ${hashSource(style)}`;

/**
 * Renders a comparison as an HTML page. It holds no script and loads nothing: its policy allows its own
 * style and nothing else. Names, labels and patterns are text, whatever they are. Lists are cut after 500.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "jsr:@std/assert@^1";
 * import { readTrace } from "../../trace.ts";
 * import { compareTraces, renderComparison } from "../compare.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * assertStringIncludes(renderComparison(compareTraces(trace, trace)), "identical");
 * ```
 */
export function renderComparison(comparison: Comparison, options: PageOptions = {}): string {
  const { before, after } = comparison;
  const title = before.dataset === after.dataset
    ? `${before.dataset}: ${before.id} and ${after.id}`
    : `${before.dataset} ${before.id} and ${after.dataset} ${after.id}`;
  const body = markup`<main>
${renderLinks(options.links)}<h1>${title}</h1>
${describeVerdict(comparison).map(renderText)}
${describeComparison(comparison, LISTED).map(renderSection)}
</main>`;
  return renderDocument({ title, policy: comparisonPolicy, style, body });
}

function renderSection({ heading, parts }: ComparisonSection): Markup {
  return markup`<section>
<h2>${heading}</h2>
${parts.map((part) => renderPart(part, heading))}</section>
`;
}

function renderPart(part: SectionPart, heading: string): Markup {
  switch (part.kind) {
    case "text":
      return part.tone === "heading" ? markup`<h3>${part.text}</h3>\n` : renderText(part);
    case "entries": {
      const entries = part.entries.map(({ name, text, tone, isPattern }) =>
        markup`<dt>${name}</dt><dd${classes(isPattern && "code", tone)}>${text}</dd>\n`
      );
      return markup`<dl>\n${entries}</dl>\n`;
    }
    case "table":
      return renderTable(part, heading);
  }
}

function renderText({ text, tone }: TonedText): Markup {
  return markup`<p${classes(tone)}>${text}</p>\n`;
}

function classes(...names: readonly (string | false | undefined)[]): Markup | undefined {
  const list = names.filter(Boolean).join(" ");
  return list === "" ? undefined : markup` class="${list}"`;
}

function renderTable({ headings, rows }: SectionTable, heading: string): Markup {
  const [names, ...numbers] = headings;
  const heads = [
    // A column that only names its rows needs no heading, and an empty one says nothing.
    names === "" ? markup`<td></td>` : markup`<th scope="col">${names}</th>`,
    ...numbers.map((heading) => markup`<th scope="col" class="right">${heading}</th>`),
  ];
  const body = rows.map(([{ text: name }, ...cells]) => {
    const shown = cells.map(({ text, tone }) => markup`<td${classes("right", tone)}>${text}</td>`);
    return markup`<tr><th scope="row">${name}</th>${shown}</tr>\n`;
  });
  // What scrolls must be reachable with the keyboard.
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${heading}">
<table>
<thead><tr>${heads}</tr></thead>
<tbody>
${body}</tbody>
</table></div>
`;
}
