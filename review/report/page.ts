/**
 * The page as a whole: its sections in order, its policy, and the record that it holds.
 *
 * @module
 */
import type { Exchange } from "../../learn/chat/exchanges.ts";
import { count } from "../../print/phrases.ts";
import { tellStory } from "../../print/story.ts";
import { renderTrace } from "../../record/files.ts";
import { type Trace, VERSION } from "../../record/schema.ts";
import type { Blame } from "../blame/format.ts";
import { renderChart } from "./chart.ts";
import { renderCorrections, renderFeedback } from "./corrections.ts";
import { renderExamples } from "./examples.ts";
import { renderFacts, renderHead, renderNumbers, renderScores } from "./facts.ts";
import { renderErrors, type ReportData } from "./failures/errors.ts";
import { renderFailures, renderRefusals } from "./failures/kinds.ts";
import { listForks, plantForks, renderForks, requireOwn } from "./forks.ts";
import { renderLanes } from "./lives/lanes.ts";
import { tellLives } from "./lives/lives.ts";
import {
  embedJson,
  hashSource,
  type Markup,
  markup,
  type PageLink,
  type PageOptions,
  renderDocument,
  trusted,
} from "../markup.ts";
import { embedLives } from "./lives/why.ts";
import { markDefinitions } from "./marks.ts";
import { renderAdvice, renderExchanges } from "./model/advice.ts";
import { renderTape } from "./model/tape.ts";
import { pageScript } from "./page_script.ts";
import { renderPath, renderWrong } from "./path.ts";
import { renderPrediction } from "./prediction.ts";
import { renderRules } from "./rules.ts";
import { renderSeeds } from "./seeds.ts";
import { linkNames, nameByIds } from "./links.ts";
import { renderSteps } from "./steps.ts";
import { styles } from "./styles.ts";
import { explainVerdicts, judgeStep, renderVerdict, type StepVerdict } from "./verdicts.ts";

/** The anchor, the name in the navigation, the heading and the content of a section, if it has any. */
type PageSection = readonly [id: string, name: string, title: string, body: Markup | undefined];

/** What the page of a run shows besides its trace. */
export interface ReportOptions extends PageOptions {
  /** What is to blame for the predictions of the run. */
  readonly blame?: Blame;
  /** Examples on which to show what the rules get wrong. The page then holds their texts. */
  readonly data?: ReportData;
  /** The exchanges with a model. The page then holds the texts that were sent and received. */
  readonly tape?: readonly Exchange[];
  /**
   * Runs that were made from this one.
   *
   * @default []
   */
  readonly forks?: readonly Trace[];
  /** Returns links to what a server has about a fork. */
  readonly linkFork?: (fork: Trace) => readonly PageLink[];
  /**
   * What could not be shown, and why.
   *
   * @default []
   */
  readonly notes?: readonly string[];
}

/** Allows the page to run its own script and to use its own style, and nothing else. */
export const reportPolicy: string = `default-src 'none'; script-src ${
  hashSource(pageScript)
}; style-src ${hashSource(styles)}; base-uri 'none'; form-action 'none'`;

/**
 * Renders a trace as a page: HTML in one piece. Its Content-Security-Policy allows its own script and
 * style by their hashes and nothing else; everything that the trace says is text in it. The same trace
 * gives the same page. Runs that failed or did not finish have a page as well.
 *
 * @throws {RangeError} if the blame or a fork is of another run, naming both digests; if there are `data`,
 * also if the config of the run says something else of how its rules decide
 * @throws {SyntaxError} if there are `data` and a rule cannot run
 * @throws {TraceError} if a step does not fit the rules that the steps before it left; `readTrace` makes
 * sure of that
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "jsr:@std/assert@^1";
 * import { readTrace } from "../../trace.ts";
 * import { renderReport } from "../report.ts";
 *
 * const page = renderReport(await readTrace("examples/banking.trace.json"));
 * assertStringIncludes(page, "<h1>banking</h1>");
 * ```
 */
export function renderReport(trace: Trace, options: ReportOptions = {}): string {
  const { links, blame, data, tape, forks = [], notes = [] } = options;
  requireOwn(trace, options);
  const tree = plantForks(forks, blame?.forks?.trials ?? []);
  const lives = tellLives(trace);
  const { dataset, id, status } = trace.run;
  const scores = markup`${renderChart(trace, listForks(tree))}${renderScores(trace)}`;
  const rules = status === "completed" ? "Final rules" : "Rules after the last step";
  const failures = markup`${renderFailures(trace)}${blame && renderWrong(trace, blame)}`;
  const prediction = blame?.prediction && renderPrediction(trace, blame.prediction);
  const suspects = blame && renderExamples(trace, blame);
  const model = tape === undefined ? renderExchanges(trace) : renderTape(trace, tape);
  const errors = data && sheet(renderErrors(trace, data));
  const sections: readonly PageSection[] = [
    ["errors", "Errors", `Errors on ${data?.dataset.name}`, errors],
    ["story", "Story", "What happened", sheet(renderStory(trace))],
    ["corrections", "Corrections", "Corrections", sheet(renderCorrections(trace))],
    ["feedback", "Feedback", "Feedback", sheet(renderFeedback(trace))],
    ["scores", "Scores", "Scores over the steps", markup`${sheet(scores)}${renderSteps(trace)}`],
    ["seeds", "Seeds", "Among other seeds", sheet(blame && renderSeeds(blame))],
    ["forks", "Forks", "What changes did in the end", sheet(renderForks(trace, tree, options))],
    ["path", "Path", "What each step did at once", sheet(blame && renderPath(trace, blame))],
    ["lives-of-rules", "Lives", "Lives of the rules", sheet(renderLanes(trace, lives))],
    ["final-rules", "Rules", rules, renderRules(trace, lives, blame?.rules)],
    ["failures", "Failures", "Failures by kind", sheet(failures)],
    ["prediction", "Prediction", "One prediction", sheet(prediction)],
    ["suspects", "Examples", "Examples to look at", sheet(suspects)],
    ["refusals", "Refusals", "Refused proposals", sheet(renderRefusals(trace))],
    ["advice", "Advice", "Critique and guidance", sheet(renderAdvice(trace))],
    ["model", "Model", "Exchanges with the model", sheet(model)],
    ["facts", "Facts", "Facts and digests", sheet(renderFacts(trace))],
  ];
  const present = sections.filter(([, , , body]) => body !== undefined);
  const anchors = present.map(([id, name]) => markup`<li><a href="#${id}">${name}</a></li>`);
  const parts = present.map(([id, , title, body]) =>
    markup`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${body}</section>
`
  );
  const body = markup`<a class="skip" href="#story">To the story</a>
${markDefinitions}
${renderHead(trace, { links, texts: listTexts(options) })}
<nav aria-label="Sections"><ul>${anchors}</ul></nav>
<main>
${
    [...notes, ...(blame?.left ?? []).slice(0, MAX_LEFT).map((one) => `Blame left out ${one}`)].map(
      (note) => markup`<p class="note">${note.slice(0, 400)}</p>`,
    )
  }
${renderNumbers(trace)}
${parts}</main>
<footer>ruletrace ${VERSION}. This page holds the whole trace, loads nothing and sends nothing.</footer>
<script type="application/json" id="trace">${embedJson(renderTrace(trace))}</script>
${embedLives(trace)}
<script>${trusted(pageScript)}</script>`;
  const title = `${dataset.name}, run ${id}`;
  return renderDocument({ title, policy: reportPolicy, style: styles, body });
}

/** What becomes of several steps that are told at once. */
const SEVERAL: StepVerdict = { kind: "quiet", title: "several steps, or none" };

/** Says whose texts the page holds. */
function listTexts({ data, tape }: ReportOptions): string[] {
  return [
    ...(data === undefined ? [] : [`the examples of ${data.dataset.name}`]),
    ...(tape === undefined ? [] : [`${count(tape.length, "exchange")} with a model`]),
  ];
}

/** Parts that blame left out and that are named at most. */
const MAX_LEFT = 20;

function sheet(body: Markup | undefined): Markup | undefined {
  return body && markup`<div class="sheet">${body}</div>`;
}

function renderStory(trace: Trace): Markup {
  const clauses = tellStory(nameByIds(trace));
  if (clauses.length === 0) return markup`<p class="none">No step was recorded.</p>`;
  const items = clauses.map(({ text, step }) => {
    const verdict = step === undefined ? SEVERAL : judgeStep(trace.steps[step]);
    return markup`<li>${renderVerdict(verdict)}<span>${linkNames(trace, text)}</span></li>`;
  });
  return markup`<ol class="story">${items}</ol>
${explainVerdicts(clauses.flatMap(({ step }) => step === undefined ? [] : trace.steps[step]))}`;
}
