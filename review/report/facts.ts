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
  formatMean,
  formatPercent,
  isLearnedFrom,
  phraseError,
  phraseStage,
  showName,
} from "../../print/phrases.ts";
import { measureReadability } from "../../learn/rules/reading.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import { phraseStop } from "../../print/scores.ts";
import { phraseChange, phraseParent } from "../../print/changes.ts";
import { lastScores, scoresBeforeRefit, standing } from "../../print/standing.ts";
import { phrasePlaybook } from "../../print/playbooks.ts";
import { describeRun, phraseOrigin } from "../../print/story.ts";
import { runDigest } from "../../record/chain.ts";
import { lastRules } from "../../record/fold.ts";
import type { KnownScores, Trace } from "../../record/schema.ts";
import { linkNames } from "./links.ts";
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

/**
 * Renders links, name, data, status, and the place where the check of the digests shows its result.
 *
 * @param options.texts whose texts the page holds, if it does
 */
export function renderHead(
  trace: Trace,
  { links, texts = [] }: PageOptions & { readonly texts?: readonly string[] },
): Markup {
  const { dataset, status, parent, origin } = trace.run;
  const made = parent &&
    markup`<p class="about made">${
      linkNames(trace, phraseParent(parent).slice(0, MAX_FACT))
    }</p>\n`;
  const from = origin &&
    markup`<p class="about"><b>Imported from a log of ${
      phraseOrigin(origin).slice(0, MAX_FACT)
    }.</b> What the log
does not say is unknown here, and the scores are those of the log.</p>\n`;
  const [, ...data] = describeRun(trace).data;
  const failure = trace.steps.findLast((step) => step.type === "failure");
  const about = data.map(({ text }) => markup`<span>${text}</span>`);
  const alert = failure === undefined ? undefined : markup`
<p class="alert"><b>Stopped ${phraseStage(failure)}.</b> ${phraseError(failure.error)}</p>`;
  return markup`<header class="top">${renderLinks(links)}<p class="kicker">${
    origin ? "Imported learning run" : "Learning run"
  }</p><h1>${dataset.name}</h1>
<p class="about">${about}</p>
${made}${from}<p class="badges"><span class="badge ${status}">${statuses[status]}</span>
<span class="badge" id="verdict" role="status">digests not checked: checking them takes a script</span></p>
<p class="covers">The digests cover data, split, settings, rules, steps, verdicts and scores. Not the
times, the id of the run, its status, ${
    origin ? "where it was imported from, " : ""
  }and the software.</p>
${
    texts.length === 0
      ? undefined
      : markup`<p class="note"><b>This page holds texts:</b> ${
        texts.join(", and ")
      }. Keep it as you keep them.</p>`
  }${alert}</header>`;
}

const VERDICTS = ["accepted", "rejected", "empty", "failed", "unknown"] as const;

/** Renders the numbers to take in at a glance. */
export function renderNumbers(trace: Trace): Markup {
  const { steps } = trace;
  const rules = lastRules(trace);
  const iterations = steps.filter((step) => step.type === "iteration");
  const verdicts = VERDICTS.flatMap((verdict) => {
    const number = iterations.filter((step) => step.verdict === verdict).length;
    return number === 0 ? [] : [`${formatCount(number)} ${verdict}`];
  });
  const time = steps.reduce((sum, { took }) => sum + took, 0);
  const proposed = `of ${formatCount(Object.keys(trace.rules).length)} proposed`;
  const tiles = [
    ...tileScores(trace),
    tile("Rules", formatCount(rules.length), proposed),
    ...tileReadability(rules),
    tile("Iterations", formatCount(iterations.length), verdicts.join(", ") || "none"),
    tile("Learning took", formatDuration(time), count(steps.length, "step")),
  ];
  return markup`<dl class="numbers">${tiles}</dl>`;
}

function tile(name: string, value: string, note: string, unit?: string): Markup {
  const shown = markup`<b>${value}</b> ${unit}<small>${note}</small>`;
  return markup`<div><dt>${name}</dt><dd>${shown}</dd></div>`;
}

/** Renders what the rules cost to read. */
function tileReadability(rules: readonly Rule[]): Markup[] {
  if (rules.length === 0) return [];
  const { rules: amount, alternatives, characters } = measureReadability(rules);
  const note = `in ${formatMean(amount)} rules, ${formatMean(alternatives)} alternatives`;
  return [tile("To read, a label", formatCount(Math.round(characters)), note, "characters")];
}

/** Renders the scores to show first: on test, then on dev. Scores on what was learned from are no result. */
function tileScores(trace: Trace): Markup[] {
  const shown = finalScores(trace);
  if (shown.length === 0) {
    const isScored = trace.steps.some((step) => standing(step)?.f1 !== undefined);
    if (!isScored) return [];
    return [tile("F1", "–", "known only on examples that rules were learned from")];
  }
  return shown.map(({ scores, when }) => {
    const { on, f1, precision, recall } = scores;
    return tile(
      `F1 on ${on ?? "unknown examples"}${when}`,
      formatPercent(f1),
      `precision ${formatPercent(precision)}, recall ${formatPercent(recall)}`,
      "%",
    );
  });
}

function finalScores(trace: Trace): { readonly scores: KnownScores; readonly when: string }[] {
  const { steps } = trace;
  const final = steps.findLast((step) => step.type === "final");
  const { test, dev } = final?.scores ?? {};
  const before = scoresBeforeRefit(trace);
  // An imported run may have no scores at its end.
  const decided = dev ?? before ?? lastScores(steps);
  return [
    ...(test === undefined ? [] : [{ scores: test, when: "" }]),
    ...(decided?.f1 === undefined || isLearnedFrom(decided.on) ? [] : [{
      scores: decided,
      when: decided === before ? ", before the refit" : "",
    }]),
  ];
}

/** Renders every score that the run ended with, and why it stopped. */
export function renderScores(trace: Trace): Markup | undefined {
  const final = trace.steps.findLast((step) => step.type === "final");
  if (final === undefined) return undefined;
  const { train, dev, all, test } = final.scores;
  const before = dev === undefined ? scoresBeforeRefit(trace) : undefined;
  const rows: readonly KnownScores[] = [
    test,
    dev,
    before?.on === "dev" ? before : undefined,
    all,
    train,
  ]
    .filter((scores) => scores !== undefined);
  const columns = ["Precision", "Recall", "F1", "Macro-F1", "Exact", "Examples"];
  const headings = columns.map((name) => markup`<th scope="col" class="number">${name}</th>`);
  const lines = rows.map((scores) => {
    const { on, precision, recall, f1, macroF1, exact, examples } = scores;
    const shares = [precision, recall, f1, macroF1, exact].map(formatPercent);
    const numbers = [...shares, examples === undefined ? "?" : formatCount(examples)];
    const cells = numbers.map((number) => markup`<td class="number">${number}</td>`);
    const note = scores === before
      ? markup`<small>before the refit</small>`
      : isLearnedFrom(on)
      ? markup`<small>learned from, no measure</small>`
      : undefined;
    return markup`<tr class="${
      isLearnedFrom(on) ? "learned" : "held"
    }"><th scope="row">${on} ${note}</th>${cells}</tr>`;
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
  const covered: readonly Fact[] = [
    ["Task", dataset.task],
    ["Split", phraseSplit(split)],
    ["Synthesizer", learner.synthesizer],
    ["Coordinator", learner.coordinator],
    ["Model", learner.model],
    ["Playbook", run.playbook && phrasePlaybook(run.playbook)],
    ["Made from", parent?.digest],
    ["Changed", parent?.change?.map(phraseChange).join("; ")],
    ["The same up to", parent?.step === undefined ? undefined : `step ${parent.step}`],
    ["Decides by", protocol && `the protocol ${protocol}`],
    ["Digest of the data", dataset.digest],
    ["Digest of the run", runDigest(run)],
    ["Digest of the trace", digest],
  ];
  const outside: readonly Fact[] = [
    ["Run", run.id],
    ["Status", run.status],
    ["Started", showTime(run.startedAt)],
    ["Finished", run.finishedAt === undefined ? undefined : showTime(run.finishedAt)],
    ["From a log of", origin && phraseOrigin(origin)],
    ["Software", `ruletrace ${software.ruletrace}, ${software.runtime}, trace format ${version}`],
  ];
  const settings = JSON.stringify(run.config, null, 2).slice(0, MAX_SETTINGS).split("\n");
  const labels = dataset.labels.map((label) => markup`<code>${showName(label)}</code> `);
  return markup`${listFacts(covered)}
<h3>Not covered by the digests</h3>
${listFacts(outside)}
<details class="panel"><summary>Settings and labels</summary>
<h3>Settings</h3><pre tabindex="0">${settings.map((line) => [line, markup`<br>`])}</pre>
<h3>${count(dataset.labels.length, "label")}</h3><p>${labels}</p></details>
<p class="more">The digests are of the record that this page holds and was drawn from. To be sure that it
is the record of a certain run, compare the digest of the trace with the one that you were given.</p>`;
}

/** The name of a fact, and what it says, if it is known. */
type Fact = readonly [name: string, value: string | undefined];

function listFacts(facts: readonly Fact[]): Markup {
  const items = facts.flatMap(([name, value]) =>
    value === undefined
      ? []
      : markup`<div><dt>${name}</dt><dd>${value.slice(0, MAX_FACT)}</dd></div>`
  );
  return markup`<dl class="facts">${items}</dl>`;
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
