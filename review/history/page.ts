/**
 * A history as one page: nothing loaded, opened from disk, in the look of the page of a run.
 *
 * @module
 */
import { count, showName } from "../../print/phrases.ts";
import { abbreviate } from "../../learn/text/digest.ts";
import { VERSION } from "../../record/schema.ts";
import { hashSource, type Markup, markup, renderDocument, trusted } from "../markup.ts";
import { styles } from "../report/styles.ts";
import { searchScript } from "../search.ts";
import type { Problem } from "./reading.ts";
import { NUMBERS, orderForks, phraseParentOf, renderCells, rowStyle } from "./rows.ts";
import type { History, HistoryRun } from "./runs.ts";
import { formatNotes, phraseChange } from "./table.ts";

const style = `${styles}${rowStyle}`;

/** Allows the page to run its own script and to use its own style, and nothing else. */
const policy = `default-src 'none'; script-src ${hashSource(searchScript)}; style-src ${
  hashSource(style)
}; base-uri 'none'; form-action 'none'`;

/**
 * Renders a history as an HTML page: the runs by data set, the newest first, each with what changed since the one
 * before, then the files that cannot be listed. It loads nothing: its policy allows its own script and style and
 * nothing else. Names are text, whatever they are.
 *
 * @param name what the folder is called
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "jsr:@std/assert@^1";
 * import { readHistory, renderHistory } from "../history.ts";
 *
 * assertStringIncludes(renderHistory(await readHistory("examples"), "examples"), "<h2>banking");
 * ```
 */
export function renderHistory(history: History, name: string): string {
  const { runs, problems } = history;
  const sets = [...Map.groupBy(runs, ({ dataset }) => dataset).values()];
  const byDigest = new Map(runs.map((run) => [run.digest, run]));
  const about = [
    `${count(runs.length, "run")} of ${count(sets.length, "data set")}`,
    ...(problems.length === 0 ? [] : [`${count(problems.length, "file")} cannot be listed`]),
  ];
  const notes = formatNotes(history).map((note) => markup`<p class="more">${note}</p>\n`);
  const body = markup`<header class="top"><p class="kicker">Runs</p><h1>${name}</h1>
<p class="about">${about.map((text) => markup`<span>${text}</span>`)}</p></header>
<main class="runs">
${runs.length === 0 ? markup`<p class="none">No runs here.</p>` : renderSearch(runs.length)}
${sets.map((set) => renderSet(orderForks(set), byDigest))}
${renderProblems(problems)}
${notes}</main>
<footer>ruletrace ${VERSION}. This page loads nothing and sends nothing.</footer>
<script>${trusted(searchScript)}</script>`;
  return renderDocument({ title: `Runs in ${name}`, policy, style, body });
}

function renderSearch(runs: number): Markup {
  const search = markup`id="search" type="search" autocomplete="off" spellcheck="false"`;
  return markup`<div class="controls enhanced" hidden>
<label class="field">Search <input ${search} placeholder="run, data set, learner or status"></label>
<p id="found" role="status" data-noun="run">${count(runs, "run")}</p></div>`;
}

function renderSet(set: readonly HistoryRun[], byDigest: ReadonlyMap<string, HistoryRun>): Markup {
  const name = showName(set[0].dataset);
  const rows = set.map((run) => {
    const { parent, file, dataset } = run;
    const from = parent && byDigest.get(parent.digest);
    const made = parent &&
      markup`<small>${
        phraseParentOf(parent, from === undefined ? abbreviate(parent.digest) : showName(from.run))
      }</small>`;
    const kind = parent === undefined ? "sought" : "sought fork";
    return markup`<tr class="${kind}" data-label="${dataset}\n${file}">${
      renderCells(run, { name: showName(run.run), gained: phraseChange(run), parent: made })
    }</tr>
`;
  });
  const numbers = NUMBERS.map((name) => markup`<th scope="col" class="number">${name}</th>`);
  return markup`<section class="searched"><h2>${name} <small>${set[0].task}</small></h2>
<div class="sheet scroll" role="region" aria-label="Runs of ${name}" tabindex="0">
<table><thead><tr><th scope="col">Run</th>${numbers}</tr></thead>
<tbody>
${rows}</tbody></table></div></section>
`;
}

function renderProblems(problems: readonly Problem[]): Markup | undefined {
  if (problems.length === 0) return undefined;
  const listed = problems.map(({ file, reason }) =>
    markup`<li>${file}<small>${reason}</small></li>\n`
  );
  return markup`<section id="problems"><h2>Files that cannot be listed</h2>
<div class="sheet"><ul>${listed}</ul></div></section>`;
}
