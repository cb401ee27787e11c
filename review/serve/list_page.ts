/**
 * The list of the runs of a folder as a page, on which two can be chosen to be compared.
 *
 * @module
 */
import { count, formatCount, showName } from "../../print/phrases.ts";
import { showText } from "../../learn/text/quoting.ts";
import type { Problem } from "../history/reading.ts";
import type { History, HistoryRun } from "../history/runs.ts";
import { NUMBERS, orderForks, phraseParentOf, renderCells } from "../history/rows.ts";
import { formatNotes, phraseChange } from "../history/table.ts";
import { abbreviate } from "../../learn/text/digest.ts";
import { type Content, type Markup, markup } from "../markup.ts";
import { renderPlain, type ServedPage } from "./plain_page.ts";

/** What part of the list is asked for. */
export interface ListQuery {
  /** Words that a run must have in its names, its learner or its status. */
  readonly find: string;
  /** From 1; a number that is too large gives the last page. */
  readonly page: number;
  /** The names of the files of the runs that were chosen so far. */
  readonly before?: string;
  readonly after?: string;
}

/** The two sides of a comparison, as the form names them. */
const SIDES = ["before", "after"] as const;

/** What the rows of one page need to know. */
interface ListView {
  readonly query: ListQuery;
  readonly fileOf: (dataset: string, run: string) => string | undefined;
  readonly byDigest: ReadonlyMap<string, HistoryRun>;
  /** The runs that were chosen, by side, if they are on another page. */
  readonly away: ReadonlyMap<string, HistoryRun>;
}

/** Runs on one page. */
const ON_PAGE = 200;
/** Files that cannot be listed, on each page. */
const PROBLEMS = 100;

/** Returns the address of the page of a run, relative to that of the list. */
export function linkRun(file: string): string {
  return `run?${new URLSearchParams({ file: showText(file) })}`;
}

/** Returns the address of the comparison of two runs, relative to that of the list. */
export function linkComparison(before: string, after: string): string {
  const names = { before: showText(before), after: showText(after) };
  return `compare?${new URLSearchParams(names)}`;
}

/**
 * Renders the runs by data set, the newest first, with what changed since the run before, and the files that
 * cannot be listed.
 *
 * @param name the name of the folder
 */
export function renderList(name: string, history: History, query: ListQuery): ServedPage {
  const { runs, problems } = history;
  const sets = [...Map.groupBy(runs, ({ dataset }) => dataset).values()];
  const found = findRuns(sets.flatMap(orderForks), query.find);
  const pages = Math.max(1, Math.ceil(found.length / ON_PAGE));
  const page = Math.min(query.page, pages);
  const shown = found.slice((page - 1) * ON_PAGE, page * ON_PAGE);
  const files = new Map(runs.map((run) => [keyOf(run.dataset, run.run), run.file]));
  const away = SIDES.flatMap((side) => {
    const chosen = runs.find(({ file }) => showText(file) === query[side]);
    return chosen === undefined || shown.includes(chosen) ? [] : [[side, chosen] as const];
  });
  const view: ListView = {
    query,
    fileOf: (dataset, run) => files.get(keyOf(dataset, run)),
    byDigest: new Map(runs.map((run) => [run.digest, run])),
    away: new Map(away),
  };
  const sections = [...Map.groupBy(shown, ({ dataset }) => dataset)].map(([dataset, shown]) =>
    renderSet(dataset, shown, view)
  );
  const about = [
    `${count(runs.length, "run")} of ${count(sets.length, "data set")}`,
    ...(query.find === "" ? [] : [`${formatCount(found.length)} found`]),
    ...(pages === 1 ? [] : [`page ${formatCount(page)} of ${formatCount(pages)}`]),
  ];
  const broken = problems.length === 0
    ? undefined
    : markup`<span><a href="#problems">${
      count(problems.length, "file")
    } cannot be listed</a></span>`;
  const none = runs.length === 0 ? "No runs here yet." : "No run has all these words.";
  const body = markup`<header class="top"><p class="kicker">Runs</p><h1>${name}</h1>
<p class="about">${about.map((text) => markup`<span>${text}</span>`)}${broken}</p></header>
<main class="runs">
<form method="get" action="./">
${runs.length === 0 ? undefined : renderControls(view)}
${shown.length === 0 ? markup`<p class="none">${none}</p>` : sections}
${pages === 1 ? undefined : renderPaging(page, pages)}
</form>
${renderProblems(problems)}
${
    formatNotes(history, "opening a run").map((note) => markup`<p class="more">${note}</p>\n`)
  }</main>`;
  return renderPlain(`Runs in ${name}`, body);
}

function keyOf(dataset: string, run: string): string {
  return JSON.stringify([dataset, run]);
}

function findRuns(runs: readonly HistoryRun[], find: string): readonly HistoryRun[] {
  const words = find.toLowerCase().split(/\s+/);
  return runs.filter(({ file, run, dataset, status, synthesizer, coordinator, model = "" }) => {
    const names = [file, run, dataset, status, synthesizer, coordinator, model].join("\n");
    const searched = names.toLowerCase();
    return words.every((word) => searched.includes(word));
  });
}

/** Renders the search, the button that compares, and the choices that are on another page. */
function renderControls({ query, away }: ListView): Markup {
  // A choice on this page comes later in the form, and so counts instead.
  const chosen = [...away].map(([side, { file, dataset, run }]) =>
    markup`<span><input type="hidden" name="${side}" value="${file}">${side}:
${showName(dataset)} ${showName(run)}</span>`
  );
  const all = query.find === "" ? undefined : markup`<a href="./">Show all</a>`;
  return markup`<div class="controls bar">
<label class="field">Find <input type="search" name="find" value="${query.find}"></label>
<button type="submit" formnovalidate>Search</button>${all}
${chosen}<button type="submit" class="compare" formaction="compare">Compare before with after</button>
</div>`;
}

function renderPaging(page: number, pages: number): Markup {
  const links = [["Newer", page - 1], ["Older", page + 1]] as const;
  const buttons = links.map(([text, to]) =>
    to < 1 || to > pages
      ? undefined
      : markup`<button type="submit" name="page" value="${to}" formnovalidate>${text}</button> `
  );
  return markup`<p class="controls paging">${buttons}
<span>page ${formatCount(page)} of ${formatCount(pages)}</span></p>`;
}

function renderSet(dataset: string, shown: readonly HistoryRun[], view: ListView): Markup {
  const numbers = NUMBERS.map((name) => markup`<th scope="col" class="number">${name}</th>`);
  const name = showName(dataset);
  const rows = shown.map((run) => renderRow(run, view));
  return markup`<section><h2>${name} <small>${shown[0].task}</small></h2>
<div class="sheet scroll" role="region" aria-label="Runs of ${name}" tabindex="0">
<table><thead><tr><th scope="col">Run</th>${numbers}
<th scope="col" class="choice">Before</th><th scope="col" class="choice">After</th></tr></thead>
<tbody>
${rows}</tbody></table></div></section>
`;
}

/** Says which run a fork was made from, and links to their comparison if that is here. */
function renderParent({ file, parent }: HistoryRun, byDigest: ListView["byDigest"]): Content {
  if (parent === undefined) return undefined;
  const from = byDigest.get(parent.digest);
  const name = from === undefined ? abbreviate(parent.digest) : showName(from.run);
  const link = from && markup` · <a href="${linkComparison(from.file, file)}">compare with it</a>`;
  return markup`<small>${phraseParentOf(parent, name)}${link}</small>`;
}

function renderRow(run: HistoryRun, { query, fileOf, byDigest, away }: ListView): Markup {
  const { file, change, dataset } = run;
  const before = change && fileOf(dataset, change.since);
  const gained = before === undefined
    ? phraseChange(run)
    : markup`<a href="${linkComparison(before, file)}" title="${
      "why" in change! ? change.why : `since ${change!.since}`
    }">${phraseChange(run)}</a>`;
  const choices = SIDES.map((side) => {
    const checked = query[side] === showText(file) ? markup` checked` : undefined;
    // Without a script, the browser asks for what is missing.
    const required = away.has(side) ? undefined : markup` required`;
    return markup`<td class="choice" data-name="${side}"><label><span class="unseen">${side}:
${
      showName(run.run)
    }</span><input type="radio" name="${side}" value="${file}"${checked}${required}></label></td>`;
  });
  const kind = run.parent === undefined ? undefined : markup` class="fork"`;
  const name = markup`<a href="${linkRun(file)}">${showName(run.run)}</a>`;
  return markup`<tr${kind}>${
    renderCells(run, { name, gained, parent: renderParent(run, byDigest) })
  }${choices}</tr>
`;
}

function renderProblems(problems: readonly Problem[]): Markup | undefined {
  if (problems.length === 0) return undefined;
  const listed = problems.slice(0, PROBLEMS).map(({ file, reason }) =>
    markup`<li>${file}<small>${reason}</small></li>\n`
  );
  const more = problems.length - PROBLEMS;
  const rest = more > 0 ? markup`<p class="more">and ${count(more, "more file")}</p>` : undefined;
  return markup`<section id="problems"><h2>Files that cannot be listed</h2>
<div class="sheet"><ul>${listed}</ul>${rest}</div></section>`;
}
