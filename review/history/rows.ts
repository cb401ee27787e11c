/**
 * Runs as rows of a table on a page: what a run is, its scores, and what changed.
 *
 * @module
 */
import { formatCount, formatPercent, showName } from "../../print/phrases.ts";
import { phraseOrigin } from "../../print/story.ts";
import type { Parent } from "../../trace.ts";
import { type Content, type Markup, markup } from "../markup.ts";
import { phraseFork } from "../report/forks.ts";
import type { HistoryRun } from "./runs.ts";
import { phraseDecided } from "./table.ts";

/** The style of tables of runs within `.runs`, beside that of every page. */
export const rowStyle = `
.runs section { margin: 1.75rem 0; }
.runs .sheet { padding-top: .4rem; padding-bottom: .4rem; }
.runs table { margin: 0; width: 100%; min-width: 0; }
.runs tbody tr:last-child > * { border-bottom: 0; }
.runs tbody tr:hover { background: var(--back); }
.runs tbody th { width: 100%; }
.runs .fork th { padding-left: 1.4rem; position: relative; }
.runs .fork th::before { content: "↳"; position: absolute; left: 0; color: var(--soft); }
.runs th small, .runs li small { display: block; }
.runs h2 small { font-weight: 400; margin-left: .4rem; }
.runs .number { white-space: nowrap; vertical-align: baseline; min-width: 4.6rem; }
.status.failed, .status.aborted { color: var(--alert); font-weight: 600; }
.status.running { color: var(--accent); }
.runs ul { list-style: none; }
.runs .none { margin-top: 1rem; }
.runs li { padding: .35rem 0; }
@media (max-width: 48rem) {
  .runs thead { position: absolute; clip-path: inset(50%); }
  .runs tbody tr { display: flex; flex-wrap: wrap; align-items: center; gap: 0 1rem; padding: .5rem 0; }
  .runs tbody tr:not(:last-child) { border-bottom: 1px solid var(--line); }
  .runs tbody th { flex: 1 0 100%; }
  .runs tbody th, .runs td { padding: .1rem 0; border: 0; }
  .runs tbody .fork th { padding-left: 1.4rem; }
  .runs .number { min-width: 0; }
  .runs td:empty { display: none; }
  .runs td[data-name]::before { content: attr(data-name) " "; color: var(--soft); font-size: .87rem; }
}
`;

/** The columns of numbers. */
export const NUMBERS: readonly string[] = ["Rules", "Dev F1", "Test F1", "Δ F1"];

/** Orders the runs of a data set, the newest first, and each fork after the run that it was made from. */
export function orderForks(set: readonly HistoryRun[]): HistoryRun[] {
  const digests = new Set(set.map(({ digest }) => digest));
  const under = Map.groupBy(
    set.toReversed(),
    ({ parent }) => parent !== undefined && digests.has(parent.digest) ? parent.digest : undefined,
  );
  const ordered: HistoryRun[] = [];
  // Not by recursion: forks of forks may go deep.
  const open = (under.get(undefined) ?? []).toReversed();
  const listed = new Set<string>();
  for (let run = open.pop(); run !== undefined; run = open.pop()) {
    ordered.push(run);
    // Two runs may have the same digest.
    if (listed.has(run.digest)) continue;
    listed.add(run.digest);
    open.push(...(under.get(run.digest) ?? []).toReversed());
  }
  return ordered;
}

/** Says what a run was made from and what was changed. */
export function phraseParentOf(parent: Parent, name: string): string {
  return `fork of ${name}: ${phraseFork({ changes: parent.change ?? [] })}`;
}

/**
 * Renders the cells of a run: its name, end, date and learner, the tool that made it if it was imported, and its
 * numbers.
 *
 * @param shown.name the name, perhaps with a link
 * @param shown.gained the change of its F1
 * @param shown.parent what it was made from
 */
export function renderCells(
  run: HistoryRun,
  { name, gained, parent }: {
    readonly name: Content;
    readonly gained: Content;
    readonly parent: Content;
  },
): Markup {
  const { synthesizer, coordinator, model, status, scores, origin } = run;
  const learner = model === undefined ? synthesizer : `${synthesizer}: ${model}`;
  const about = [
    `${run.startedAt.slice(0, 16).replace("T", " ")} UTC`,
    `${showName(learner)}, ${showName(coordinator)}`,
    ...(origin === undefined ? [] : [`from a log of ${phraseOrigin(origin)}`]),
  ];
  const numbers = [
    formatCount(run.rules),
    phraseDecided(run),
    scores.test && formatPercent(scores.test.f1),
    gained,
  ].map((number, place) =>
    // An empty cell must be so to the style, which puts names before numbers on a phone.
    markup`<td class="number" data-name="${NUMBERS[place]}">${number}</td>`
  );
  return markup`<th scope="row">${name}
<small><span class="status ${status}">${status === "unknown" ? "end unknown" : status}</span> · ${
    about.join(" · ")
  }</small>${parent}</th>${numbers}`;
}
