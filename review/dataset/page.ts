/**
 * A data set as one page: nothing loaded, opened from disk, in the look of the page of a run.
 *
 * @module
 */
import { isRecord, own } from "../../learn/text/json.ts";
import { cut } from "../../learn/text/quoting.ts";
import { count, formatCount, formatPercent, showName } from "../../print/phrases.ts";
import { VERSION } from "../../record/schema.ts";
import { renderTable, sectionStyle } from "../compare/page.ts";
import type { SectionPart } from "../compare/sections.ts";
import { hashSource, type Markup, markup, renderDocument, trusted } from "../markup.ts";
import { renderIds } from "../report/lists.ts";
import { searchScript } from "../search.ts";
import { stemOf } from "./files/checking.ts";
import { FORMAT_NAMES } from "./files/formats.ts";
import type { Lineage, LineageSource } from "./format.ts";
import type { WrittenRows } from "./making.ts";
import { findUncovered, labelsOfAnswer } from "./summary/coverage.ts";
import { sumOf } from "../evidence/counting.ts";
import { describeLabels, describeSummary } from "./summary/describing.ts";
import type { DatasetSummary } from "./summary/format.ts";

/** How many rows the page holds: as many of each file as there is room for, evenly over the file. */
const ROWS = 300;
/** Characters of one message or answer that are shown. */
const MAX_SAID = 8_000;
/** Characters of a line by which a row is told from others in a list. */
const MAX_LINE = 160;

const style = `${sectionStyle}
.item > summary { grid-template-columns: 13rem 1fr; }
.item .count { text-align: left; }
.item .count::before { margin-right: .5rem; }
.item .line { color: var(--soft); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.item > .proof { padding: .4rem 0 .8rem 1.1rem; }
.proof pre { max-height: 24rem; overflow: auto; background: var(--back); padding: .5rem .8rem; border-radius: 6px; white-space: pre-wrap; margin: .25rem 0 .6rem; }
.proof h3 { margin-top: .8rem; }
.proof .facts dd { overflow-wrap: anywhere; }
.panel > .list { margin: 0; max-height: none; border-top: 1px solid var(--line); }
.panel > .list > .item { padding: .4rem 1.1rem; }
.panel > .list > .item:last-child { border-bottom: 0; }
@media (max-width: 48rem) {
  .item > summary { grid-template-columns: 1fr; }
  .item > .proof { padding-left: 0; }
}
`;

/** Allows the page to run its own script and to use its own style, and nothing else. */
const policy = `default-src 'none'; script-src ${hashSource(searchScript)}; style-src ${
  hashSource(style)
}; base-uri 'none'; form-action 'none'`;

/**
 * Renders a data set as an HTML page: what came in, how it was judged, what was made of it and left out, biases, and
 * rows, each with its lineage, to search. It loads nothing: its policy allows its own script and style and nothing
 * else. Rows, names and labels are text, whatever they are. It shows 300 rows at most, and of a text 8,000 characters.
 *
 * @param files the rows as they are written
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "jsr:@std/assert@^1";
 * import { renderDatasetPage } from "./page.ts";
 * import { summariseDataset } from "./summary/summarising.ts";
 *
 * const options = { format: "trl", kinds: ["sft"] } as const;
 * const summary = summariseDataset({
 *   ...{ judged: [], skipped: [], rows: [], quarantined: [] },
 *   options,
 * });
 * assertStringIncludes(renderDatasetPage(summary, []), "0 rows of training data");
 * ```
 */
export function renderDatasetPage(summary: DatasetSummary, files: readonly WrittenRows[]): string {
  const sections = describeSummary(summary).map((section) =>
    section.id === "biases"
      ? { ...section, parts: [...section.parts, describeLabels(summary)] }
      : section
  );
  const rows = files.reduce((sum, { lines }) => sum + lines.length, 0);
  const anchors = [...sections, { id: "lines", name: "Rows with lineage" }]
    .map(({ id, name }) => markup`<li><a href="#${id}">${name}</a></li>`);
  const body = markup`<a class="skip" href="#lines">To the rows</a>
<header class="top"><p class="kicker">Data set</p>
<h1>${count(rows, "row")} of training data</h1>
<p class="about"><span>out of ${count(summary.runs.length, "run")}</span><span>for ${
    FORMAT_NAMES[summary.options.format]
  }</span><span>${summary.judge}</span></p></header>
<nav aria-label="Sections"><ul>${anchors}</ul></nav>
<main>
${renderNumbers(summary, rows)}
${
    sections.map(({ id, heading, parts }) =>
      markup`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${heading}</h2>
<div class="sheet">${
        parts.filter((part) => !isFolded(part)).map((part) => renderPart(part, heading))
      }</div>
${parts.filter(isFolded).map((part) => renderPart(part, heading))}</section>
`
    )
  }${renderRows(summary, files, rows)}</main>
<footer>ruletrace ${VERSION}. This page loads nothing and sends nothing.</footer>
<script>${trusted(searchScript)}</script>`;
  return renderDocument({ title: `${count(rows, "row")} of training data`, policy, style, body });
}

/** Renders the numbers to take in at a glance. */
function renderNumbers({ evidence, quarantine, logging, coverage }: DatasetSummary, rows: number) {
  const judged = sumOf(evidence);
  const good = sumOf(evidence.filter(({ judgement }) => judgement === "accepted"));
  const labels = coverage.reduce((sum, { labels }) => sum + labels.length, 0);
  const covered = labels - coverage.flatMap(findUncovered).length;
  const tiles = [
    ["Rows", formatCount(rows), `${formatCount(sumOf(quarantine))} left out`],
    ["Judged proposals", formatCount(judged), `${formatCount(good)} accepted`],
    [
      "Labels with a row, %",
      labels === 0 ? "–" : formatPercent(covered / labels),
      `${formatCount(covered)} of ${formatCount(labels)}`,
    ],
    ["Runs", formatCount(logging.runs), `${formatCount(logging.lost)} lost, in whole or part`],
  ].map(([name, value, note]) =>
    markup`<div><dt>${name}</dt><dd><b>${value}</b><small>${note}</small></dd></div>`
  );
  return markup`<dl class="numbers">${tiles}</dl>`;
}

function isFolded(part: SectionPart): boolean {
  return part.kind === "table" && part.folded !== undefined;
}

/** Renders a part of a section: a text or a table. */
function renderPart(part: SectionPart, heading: string): Markup | undefined {
  if (part.kind === "text") {
    const tone = part.tone && markup` class="${part.tone}"`;
    return markup`<p${tone}>${part.text}</p>\n`;
  }
  if (part.kind !== "table") return undefined;
  const [first] = part.headings;
  const rendered = renderTable(part, part.folded ?? [heading, first].filter(Boolean).join(", "));
  if (part.folded === undefined) return rendered;
  return markup`<details class="panel"><summary>${part.folded}</summary>${rendered}</details>\n`;
}

function renderRows(
  { runs }: DatasetSummary,
  files: readonly WrittenRows[],
  rows: number,
): Markup {
  const names = new Map(runs.map(({ trace, file }) => [trace, file]));
  const room = shareRoom(files.map(({ lines }) => lines.length));
  const shown = room.reduce((sum, amount) => sum + amount, 0);
  const search = markup`id="search" type="search" autocomplete="off" spellcheck="false"`;
  const more = rows - shown;
  const rest = more === 0
    ? undefined
    : markup`<p class="more">${count(shown, "row")} of ${
      formatCount(rows)
    }, from all over each file: the other ${formatCount(more)} are in the files only.</p>`;
  return markup`<section id="lines" aria-labelledby="lines-title">
<h2 id="lines-title">Rows with lineage</h2>
<div class="sheet"><p>Each row as it is written, with what proves it.</p>${rest}
<div class="controls enhanced" hidden>
<label class="field">Search <input ${search} placeholder="word, label, id or digest"></label>
<p id="found" role="status" data-noun="row">${count(shown, "row")}</p></div></div>
${
    files.map((file, place) => {
      const items = choosePlaces(file.lines.length, room[place])
        .map((line) => renderRow(file, line, names));
      return markup`<details class="panel searched"><summary>${file.path} <b>${
        formatCount(file.lines.length)
      }</b></summary>
<div class="list">
${items}</div></details>
`;
    })
  }</section>
`;
}

/** Shares the room for rows out among files, so that small files are shown whole. */
function shareRoom(lengths: readonly number[]): number[] {
  const room = lengths.map(() => 0);
  let left = ROWS;
  const places = lengths.map((_, place) => place).sort((a, b) => lengths[a] - lengths[b]);
  for (const [index, place] of places.entries()) {
    room[place] = Math.min(lengths[place], Math.floor(left / (places.length - index)));
    left -= room[place];
  }
  return room;
}

/** Chooses places evenly. */
function choosePlaces(length: number, amount: number): number[] {
  return Array.from({ length: amount }, (_, index) => Math.floor(index * length / amount));
}

function renderRow(
  { path, lines, lineage }: WrittenRows,
  place: number,
  files: ReadonlyMap<string, string>,
): Markup {
  const name = `${stemOf(path)}:${place + 1}`;
  const row: unknown = JSON.parse(lines[place]);
  const members = isRecord(row) ? Object.entries(row) : [];
  const line = cut(summariseRow(members, lineage[place]), MAX_LINE);
  return markup`<details class="item sought" id="row-${name}"><summary><span class="count">${name}</span> <span class="line">${line}</span></summary>
<div class="proof">${members.map(([name, value]) => renderMember(name, value))}
${renderLineage(lineage[place], files)}</div></details>
`;
}

/** Returns what tells a row from others: how it is judged, and the labels of its answer, its text, or all of it. */
function summariseRow(
  members: readonly (readonly [string, unknown])[],
  { sources: [{ judgement, reason }] }: Lineage,
): string {
  const answers = members.flatMap(([, value]) => messagesOf(value) ?? [])
    .filter(({ role }) => role === "assistant");
  const { text, label } = Object.fromEntries(members);
  const content = answers.length > 0
    ? [...labelsOfAnswer(answers[0].content)].join(", ") || answers[0].content
    : typeof text === "string"
    ? `${typeof label === "string" ? `${label}: ` : ""}${text}`
    : JSON.stringify(Object.fromEntries(members));
  const verdict = judgement === undefined ? [] : [`${judgement}: ${reason ?? ""}`];
  return [...verdict, content].join(" · ").slice(0, 4 * MAX_LINE).replace(/\s+/g, " ");
}

/** Renders a member of a row: the messages of a conversation one by one, anything else as JSON. */
function renderMember(name: string, value: unknown): Markup {
  const messages = messagesOf(value);
  if (messages === undefined) {
    const text = typeof value === "string" ? value : JSON.stringify(value, undefined, 1);
    return renderSaid(name, text, true);
  }
  return markup`${
    messages.map(({ role, content }) =>
      renderSaid(`${name}: ${role}`, content, role === "assistant")
    )
  }`;
}

/** Returns the messages of a member of a row, in any of the formats; nothing if it is something else. */
function messagesOf(
  value: unknown,
): { readonly role: string; readonly content: string }[] | undefined {
  const list = isRecord(value) ? own(value, "messages") : value;
  if (!Array.isArray(list) || list.length === 0) return undefined;
  const isMessage = (one: unknown) =>
    isRecord(one) && typeof one.role === "string" && typeof one.content === "string";
  return list.every(isMessage) ? list : undefined;
}

function renderSaid(name: string, text: string, isOpen: boolean): Markup {
  const lines = cut(text, MAX_SAID).split("\n").map((line) => [line, markup`<br>`]);
  const open = isOpen ? markup` open` : undefined;
  return markup`<details${open}><summary>${showName(name)} <small>${
    count(text.length, "character")
  }</small></summary><pre tabindex="0">${lines}</pre></details>`;
}

function renderLineage(
  { row, kind, variant, sources, shown, tainted }: Lineage,
  files: ReadonlyMap<string, string>,
): Markup {
  const facts = [
    fact("Row", code(row)),
    ...(variant === undefined ? [] : [fact("Variant", variant)]),
    ...(tainted === undefined ? [] : [fact("Decided on", code(tainted))]),
    fact(
      `Shows ${count(new Set(shown).size, "example")}`,
      shown.length === 0 ? "none" : markup`${renderIds(shown)}`,
    ),
  ];
  return markup`<h3>Lineage</h3><dl class="facts">${facts}</dl>
${
    sources.map((source, place) =>
      markup`<h3>${
        kind === "preference" ? `Source of the ${["chosen", "rejected"][place]} answer` : "Source"
      }</h3><dl class="facts">${describeSource(source, files)}</dl>`
    )
  }`;
}

function describeSource(source: LineageSource, files: ReadonlyMap<string, string>): Markup[] {
  const { trace, step, stepDigest, dataset, evidence, judgement, reason, exchange, response } =
    source;
  const digests = [
    ["Trace", trace],
    ["Step digest", stepDigest],
    ["Examples", dataset],
    ["Evidence", evidence],
    ["Exchange", exchange],
    ["Response", response],
  ] as const;
  return [
    ...(judgement === undefined ? [] : [fact("Judged", `${judgement}: ${reason ?? ""}`)]),
    fact("Run", showName(files.get(trace) ?? "of another folder")),
    fact("Step", step === undefined ? "the rules at the end" : formatCount(step)),
    ...digests.flatMap(([name, value]) => value === undefined ? [] : [fact(name, code(value))]),
  ];
}

function fact(name: string, value: string | Markup): Markup {
  return markup`<div><dt>${name}</dt><dd>${value}</dd></div>\n`;
}

function code(text: string): Markup {
  return markup`<code>${text}</code>`;
}
