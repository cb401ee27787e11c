/**
 * The page as a whole: its sections in order, what it may do, and the record that it holds.
 *
 * @module
 */
import { tellStory } from "../../print/story.ts";
import { renderTrace } from "../../record/files.ts";
import { type Trace, VERSION } from "../../record/schema.ts";
import { renderChart } from "./chart.ts";
import { renderFacts, renderHead, renderNumbers, renderScores } from "./facts.ts";
import { renderFailures, renderRefusals } from "./failures.ts";
import { renderLanes } from "./lanes.ts";
import { tellLives } from "./lives.ts";
import { embedJson, hashSource, type Markup, markup, trusted } from "../markup.ts";
import { markDefinitions } from "./marks.ts";
import { renderAdvice, renderExchanges } from "./model.ts";
import { pageScript } from "./page_script.ts";
import { renderRules } from "./rules.ts";
import { renderSteps } from "./steps.ts";
import { styles } from "./styles.ts";

/** A section of the page: its anchor, its name in the navigation, its heading, what it holds. */
interface Section {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly body: Markup | undefined;
}

/** What the page may do: run its own script, look as its own style says, and nothing else. */
const policy = `default-src 'none'; script-src ${hashSource(pageScript)}; style-src ${
  hashSource(styles)
}; base-uri 'none'; form-action 'none'`;

/** The whole page, as HTML. */
export function renderPage(trace: Trace): string {
  const lives = tellLives(trace);
  const { dataset, id } = trace.run;
  const sections: readonly Section[] = [
    { id: "story", name: "Story", title: "What happened", body: sheet(renderStory(trace)) },
    {
      id: "scores",
      name: "Scores",
      title: "Scores over the steps",
      body: markup`${sheet(markup`${renderChart(trace)}${renderScores(trace)}`)}${
        renderSteps(trace)
      }`,
    },
    {
      id: "lives-of-rules",
      name: "Lives",
      title: "Lives of the rules",
      body: sheet(renderLanes(trace, lives)),
    },
    {
      id: "final-rules",
      name: "Rules",
      title: trace.run.status === "completed" ? "Final rules" : "Rules after the last step",
      body: renderRules(trace, lives),
    },
    {
      id: "failures",
      name: "Failures",
      title: "Failures by kind",
      body: sheet(renderFailures(trace)),
    },
    {
      id: "refusals",
      name: "Refusals",
      title: "Refused proposals",
      body: sheet(renderRefusals(trace)),
    },
    {
      id: "advice",
      name: "Advice",
      title: "Critique and guidance",
      body: sheet(renderAdvice(trace)),
    },
    {
      id: "model",
      name: "Model",
      title: "Exchanges with the model",
      body: sheet(renderExchanges(trace)),
    },
    { id: "facts", name: "Facts", title: "Facts and digests", body: sheet(renderFacts(trace)) },
  ];
  const present = sections.filter(({ body }) => body !== undefined);
  const links = present.map(({ id, name }) => markup`<li><a href="#${id}">${name}</a></li>`);
  const parts = present.map(({ id, title, body }) =>
    markup`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${body}</section>
`
  );
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${dataset.name}, run ${id}</title>
<style>${trusted(styles)}</style>
</head>
<body>
<a class="skip" href="#story">To the story</a>
${markDefinitions}
${renderHead(trace)}
<nav aria-label="Sections"><ul>${links}</ul></nav>
<main>
${renderNumbers(trace)}
${parts}</main>
<footer>ruletrace ${VERSION}. This page holds the whole trace, loads nothing, sends nothing.</footer>
<script type="application/json" id="trace">${embedJson(renderTrace(trace))}</script>
<script>${trusted(pageScript)}</script>
</body>
</html>
`.html;
}

function sheet(body: Markup | undefined): Markup | undefined {
  return body && markup`<div class="sheet">${body}</div>`;
}

function renderStory(trace: Trace): Markup {
  const clauses = tellStory(trace);
  if (clauses.length === 0) return markup`<p class="none">No step was recorded.</p>`;
  return markup`<ol class="story">${clauses.map(({ text }) => markup`<li>${text}</li>`)}</ol>`;
}
