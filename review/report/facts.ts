/**
 * Facts about a run and its results: the head of the page, its numbers, the scores at the end, and the
 * facts and digests.
 *
 * @module
 */
import {
  count,
  formatCount,
  formatDuration,
  formatPercent,
  phraseError,
  showName,
} from "../../print/phrases.ts";
import { phraseStop } from "../../print/scores.ts";
import { phraseChange, phraseParent } from "../../print/changes.ts";
import { describeRun, lastScores, phraseOrigin } from "../../print/story.ts";
import { runDigest } from "../../record/chain.ts";
import { lastRules } from "../../record/fold.ts";
import type { KnownScores, Trace } from "../../record/schema.ts";
import { type Markup, markup, type PageOptions, renderLinks } from "../markup.ts";

/** Characters of one fact, and of all settings, that are shown. */
const MAX_FACT = 400;
const MAX_SETTINGS = 20_000;

const statuses = {
  completed: "✓ completed",
  running: "… running, or killed",
  failed: "✕ failed",
  aborted: "✕ aborted",
  unknown: "? end unknown",
};

/** Renders links, name, data, status, and the place where the check of the digests shows its result. */
export function renderHead(trace: Trace, links?: PageOptions["links"]): Markup {
  const { dataset, status, parent } = trace.run;
  const made = parent &&
    markup`<p class="about made">${phraseParent(parent).slice(0, MAX_FACT)}</p>\n`;
  const [, ...data] = describeRun(trace).data;
  const failure = trace.steps.findLast((step) => step.type === "failure");
  const about = data.map(({ text }) => markup`<span>${text}</span>`);
  const alert = failure === undefined ? undefined : markup`
<p class="alert"><b>Stopped in ${showName(failure.stage)}.</b> ${phraseError(failure.error)}</p>`;
  return markup`<header class="top">${
    renderLinks(links)
  }<p class="kicker">Learning run</p><h1>${dataset.name}</h1>
<p class="about">${about}</p>
${made}<p class="badges"><span class="badge ${status}">${statuses[status]}</span>
<span class="badge" id="verdict" role="status">digests not checked: checking them takes a script</span></p>
${alert}</header>`;
}

const VERDICTS = ["accepted", "rejected", "empty", "failed", "unknown"] as const;

/** Renders the numbers to take in at a glance. */
export function renderNumbers(trace: Trace): Markup {
  const { steps } = trace;
  const iterations = steps.filter((step) => step.type === "iteration");
  const verdicts = VERDICTS.flatMap((verdict) => {
    const number = iterations.filter((step) => step.verdict === verdict).length;
    return number === 0 ? [] : [`${formatCount(number)} ${verdict}`];
  });
  const time = steps.reduce((sum, { took }) => sum + took, 0);
  const scores = finalScores(trace).map((scores) =>
    tile(
      `F1 on ${scores.on ?? "unknown examples"}`,
      formatPercent(scores.f1),
      `precision ${formatPercent(scores.precision)}, recall ${formatPercent(scores.recall)}`,
      "%",
    )
  );
  const proposed = `of ${formatCount(Object.keys(trace.rules).length)} proposed`;
  const tiles = [
    ...scores,
    tile("Rules", formatCount(lastRules(trace).length), proposed),
    tile("Iterations", formatCount(iterations.length), verdicts.join(", ") || "none"),
    tile("Learning took", formatDuration(time), count(steps.length, "step")),
  ];
  return markup`<dl class="numbers">${tiles}</dl>`;
}

function tile(name: string, value: string, note: string, unit?: string): Markup {
  const shown = markup`<b>${value}</b> ${unit}<small>${note}</small>`;
  return markup`<div><dt>${name}</dt><dd>${shown}</dd></div>`;
}

/** Returns the scores to show first: on test, then on the split that decided. */
function finalScores(trace: Trace): KnownScores[] {
  const final = trace.steps.findLast((step) => step.type === "final");
  if (final !== undefined) {
    const { test, dev, all, train } = final.scores;
    const shown = [test, all ?? dev ?? train].filter((scores) => scores !== undefined);
    // An imported run may have no scores at its end.
    if (shown.length > 0) return shown;
  }
  const scores = lastScores(trace.steps);
  return scores?.f1 === undefined ? [] : [scores];
}

/** Renders every score that the run ended with, and why it stopped. */
export function renderScores(trace: Trace): Markup | undefined {
  const final = trace.steps.findLast((step) => step.type === "final");
  if (final === undefined) return undefined;
  const { train, dev, all, test } = final.scores;
  const rows = [train, dev, all, test].filter((scores) => scores !== undefined);
  const columns = ["Precision", "Recall", "F1", "Macro-F1", "Exact", "Examples"];
  const headings = columns.map((name) => markup`<th scope="col" class="number">${name}</th>`);
  const lines = rows.map(({ on, precision, recall, f1, macroF1, exact, examples }) => {
    const shares = [precision, recall, f1, macroF1, exact].map(formatPercent);
    const numbers = [...shares, formatCount(examples)];
    const cells = numbers.map((number) => markup`<td class="number">${number}</td>`);
    return markup`<tr><th scope="row">${on}</th>${cells}</tr>`;
  });
  const stop = markup`<p class="more">${phraseStop(trace)}</p>`;
  if (rows.length === 0) return stop;
  return markup`<div class="scroll" role="region" aria-label="Scores at the end" tabindex="0">
<table><caption>Scores at the end, per cent</caption>
<thead><tr><th scope="col">Split</th>${headings}</tr></thead><tbody>${lines}</tbody></table></div>
${stop}`;
}

/** Renders names, settings and digests of the run. */
export function renderFacts(trace: Trace): Markup {
  const { run, digest, version } = trace;
  const { dataset, split, learner, parent, protocol, origin, software } = run;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["Run", run.id],
    ["Started", showTime(run.startedAt)],
    ["Finished", run.finishedAt === undefined ? undefined : showTime(run.finishedAt)],
    ["Task", dataset.task],
    ["Split", phraseSplit(split)],
    ["Synthesizer", learner.synthesizer],
    ["Coordinator", learner.coordinator],
    ["Model", learner.model],
    ["Made from", parent?.digest],
    ["Changed", parent?.change?.map(phraseChange).join("; ")],
    ["The same up to", parent?.step === undefined ? undefined : `step ${parent.step}`],
    ["Decides by", protocol && `the protocol ${protocol}`],
    ["From a log of", origin && phraseOrigin(origin)],
    ["Software", `ruletrace ${software.ruletrace}, ${software.runtime}, trace format ${version}`],
    ["Digest of the data", dataset.digest],
    ["Digest of the run", runDigest(run)],
    ["Digest of the trace", digest],
  ];
  const list = facts.flatMap(([name, value]) =>
    value === undefined
      ? []
      : markup`<div><dt>${name}</dt><dd>${value.slice(0, MAX_FACT)}</dd></div>`
  );
  const settings = JSON.stringify(run.config, null, 2).slice(0, MAX_SETTINGS).split("\n");
  const labels = dataset.labels.map((label) => markup`<code>${showName(label)}</code> `);
  return markup`<dl class="facts">${list}</dl>
<details class="panel"><summary>Settings and labels</summary>
<h3>Settings</h3><pre tabindex="0">${settings.map((line) => [line, markup`<br>`])}</pre>
<h3>${count(dataset.labels.length, "label")}</h3><p>${labels}</p></details>
<p class="more">The digests cover the record that this page holds and was drawn from. To be sure that it
is the record of a certain run, compare the digest of the trace with the one that you were given.</p>`;
}

function phraseSplit({ seed, holdout, train, dev }: Trace["run"]["split"]): string | undefined {
  if (seed === undefined || holdout === undefined || train === undefined) return undefined;
  const parts = `${formatCount(train)} train, ${formatCount(dev.length)} dev`;
  return `seed ${seed}, ${formatPercent(holdout)} % held out: ${parts}`;
}

/** Formats a time of a trace, in UTC to the second. */
function showTime(time: string): string {
  return time.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?Z$/, "$1 $2 UTC");
}
