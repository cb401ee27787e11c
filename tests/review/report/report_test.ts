import { assert, assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import { createHash } from "node:crypto";
import { linkNames } from "../../../review/report/links.ts";
import { gatherLives } from "../../../review/report/lives/why.ts";
import { checkChain } from "../../../review/report/page_check.ts";
import { phraseLife } from "../../../review/report/lives/lanes.ts";
import { tellLives } from "../../../review/report/lives/lives.ts";
import { embedJson, escapeText, markup } from "../../../review/markup.ts";
import { chooseTicks } from "../../../review/report/marks.ts";
import { standing } from "../../../print/standing.ts";
import { learnRules } from "../../../pipeline.ts";
import { renderReport } from "../../../review/report.ts";
import { parseTrace, renderTrace, type Trace, verifyTrace, withTrace } from "../../../trace.ts";
import {
  bodies,
  completed as bare,
  failed as bareFailed,
  makeTrace,
  ruleOf,
  running,
} from "../../print/print_fixture.ts";
import { growing, grown } from "../../print/growing_fixture.ts";
import { empty, evil, generateTrace, hostile, hostileTexts } from "./report_fixture.ts";

/** A trace as a reader has it, with its members in the order of the format. */
const read = (trace: Trace) => parseTrace(renderTrace(trace));
const completed = read(bare);
const failed = read(bareFailed);
const page = renderReport(completed);

/** What stands between two marks in a text. */
const between = (text: string, from: string, to: string) => {
  const start = text.indexOf(from) + from.length;
  return text.slice(start, text.indexOf(to, start));
};
const recordOf = (html: string) => between(html, 'id="trace">', "</script>");
const sha256 = (bytes: Uint8Array<ArrayBuffer>) => crypto.subtle.digest("SHA-256", bytes);
/** A trace as a page has it: through JSON. */
const reparse = (trace: Trace) => JSON.parse(renderTrace(trace));

Deno.test("markup takes strings as text, markup as it is, and nothing for undefined", () => {
  const items = ["a & b", markup`<b>${"<i>"}</b>`, undefined, [1, "'\""]];
  assertEquals(markup`<p>${items}</p>`.html, "<p>a &amp; b<b>&lt;i&gt;</b>1&#39;&quot;</p>");
});

Deno.test("characters that turn or end a line are written out", () => {
  assertEquals(escapeText(evil.turned), String.raw`\u202egnirts\u2028\u2029`);
});

Deno.test("JSON in a page is the same value and cannot end or begin an element", () => {
  const value = { ...evil, "</script>": "<!--" };
  const { html } = embedJson(JSON.stringify(value));
  assertEquals(JSON.parse(html), value);
  assertEquals(/[<\u2028\u2029]/.test(html), false);
});

Deno.test("the page holds the trace as it was written", () => {
  assertEquals(renderTrace(parseTrace(recordOf(page))), renderTrace(completed));
  assertEquals(parseTrace(recordOf(renderReport(hostile))), read(hostile));
});

Deno.test("the same trace gives the same page", () => {
  assertEquals(renderReport(read(bare)), page);
});

Deno.test("the policy allows the page's own script and style by hash, and nothing else", () => {
  const hash = (text: string) => createHash("sha256").update(text).digest("base64");
  const script = between(page, "<script>", "</script>");
  const style = between(page, "<style>", "</style>");
  assert(script.length > 1_000 && style.length > 1_000);
  assertEquals(
    between(page, 'Content-Security-Policy" content="', '"'),
    `default-src 'none'; script-src 'sha256-${hash(script)}'; style-src 'sha256-${hash(style)}'; ` +
      "base-uri 'none'; form-action 'none'",
  );
  assertEquals(page.split("<script").length - 1, 3);
  assertEquals(/ style=| on[a-z]+=|javascript:|https?:/.test(page.replace(script, "")), false);
});

Deno.test("nothing that a trace says is markup", () => {
  const html = renderReport(hostile, hostileTexts);
  for (const tag of ["<img", "<svg onload", "<!--", "alert(2)</script>", "<script>alert"]) {
    assertEquals([tag, html.includes(tag)], [tag, false]);
  }
  assertStringIncludes(html, escapeText(evil.pattern));
  assertStringIncludes(html, escapeText(evil.label));
});

Deno.test("the page tells the story, the scores, the rules, the failures and the refusals", () => {
  const pattern = String.raw`\brates?\b and \bexchang\w* and not \bfees?\b`;
  assertStringIncludes(page, `<span class="said" title="${pattern}">`);
  const text = page.replaceAll(/<\/?(wbr|a|span|li)\b[^>]*>/g, "");
  for (
    const part of [
      "</svg>iteration 4 removed rate (accepted, +1.1 F1, +2.8 precision)",
      "stopped (stale): patches were no longer accepted",
      "rate(s) + exchang* but not fee(s)",
      "<dt>To read, a label</dt><dd><b>22</b> characters<small>in 1.3 rules, 2.3 alternatives</small>",
      "exchange left undecided",
      "<code>e50</code>",
      "(a+)+ can backtrack exponentially",
      "rates are missed",
      completed.digest,
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("a run has a page if it failed, was aborted, is still going on, or has no step", () => {
  const aborted: Trace = { ...failed, run: { ...failed.run, status: "aborted" } };
  assertStringIncludes(renderReport(failed), "Error: connection reset");
  assertStringIncludes(renderReport(aborted), "✕ aborted");
  assertStringIncludes(renderReport(running), "running, or killed");
  assertStringIncludes(renderReport(running), "Rules after the last step");
  assertStringIncludes(renderReport(empty), "No step was scored.");
});

Deno.test("a page of any run can be drawn", () => {
  for (let seed = 0; seed < 40; seed++) {
    const [html] = renderReport(generateTrace(seed).trace).split("<script");
    assertEquals([seed, /NaN|undefined|Infinity|\[object/.test(html)], [seed, false]);
  }
});

/** The paths of F1 in the chart of a page, and how often each begins anew. */
const linesOf = (html: string) =>
  [...html.matchAll(/<path class="line (f1[^"]*)" d="([^"]*)"/g)]
    .map(([, kind, path]) => [kind, path.match(/M/g)?.length]);

Deno.test("F1 on what was learned from is never shown as if it were a result", async () => {
  const splits = new Set(completed.steps.flatMap((step) => standing(step)?.on ?? []));
  assertEquals([...splits], ["dev", "all"]);
  assertEquals(linesOf(page), [["f1", 1]]);
  const tiles = (html: string) =>
    [...html.matchAll(/<dt>(F1[^<]*)<.dt><dd><b>([^<]*)/g)]
      .map(([, name, value]) => `${name}: ${value}`);
  assertEquals(tiles(page), ["F1 on test: 81.1", "F1 on dev, before the refit: 80.6"]);
  for (const line of ["then learned from dev too:", "no F1 on dev ▸"]) {
    assertStringIncludes(page, line);
  }
  assertStringIncludes(page, ">test 81.1</text>");
  assertStringIncludes(page, "all <small>learned from, no measure</small>");
  // Without anything held out there is no result, and the line is another one.
  const examples = [1, 2, 3, 4].map((n) => ({ text: `a b ${n}`, label: n % 2 ? "a" : "b" }));
  const { trace } = await withTrace(learnRules)({ name: "few", examples }, { holdout: 0 });
  const html = renderReport(trace);
  assertEquals(tiles(html), ["F1: –"]);
  assertEquals(linesOf(html), [["f1 learned", 1]]);
  assertStringIncludes(html, "of examples that rules were learned from: no measure of them");
});

Deno.test("the lines of the chart break between scores on different examples", () => {
  const elsewhere = bodies.map((body) =>
    body.type === "refit" ? { ...body, scores: { ...body.scores, on: "test" as const } } : body
  );
  const html = renderReport(makeTrace(completed.run, Object.values(completed.rules), elsewhere));
  assertEquals(linesOf(html), [["f1", 2]]);
  assertStringIncludes(html, "scored on test");
});

Deno.test("marks tell what was accepted, rejected, failed or kept at a loss by their shape", () => {
  const lost = bodies.map((body) =>
    body.type === "iteration" && body.iteration === 2
      ? { ...body, verdict: "accepted" as const, clause: "f1" as const, forced: true as const }
      : body
  );
  const html = renderReport(
    makeTrace(completed.run, Object.values(completed.rules), lost.slice(0, 4)),
  );
  const [story] = html.slice(html.indexOf('<ol class="story">')).split("</ol>");
  assertEquals([...story.matchAll(/#mark-(\w+)/g)].map(([, kind]) => kind), [
    "changed",
    "accepted",
    "lost",
  ]);
  assertStringIncludes(story, "<title>accepted as told, -6.7 points of F1</title>");
  const marks = [...between(page, '<ol class="story">', "</ol>").matchAll(/#mark-(\w+)/g)];
  assertEquals(
    marks.map(([, kind]) => kind).join(" "),
    "changed accepted rejected quiet accepted failed rejected changed changed changed changed end",
  );
  assertStringIncludes(
    between(renderReport(failed), '<ol class="story">', "</ol>"),
    "#mark-failed",
  );
});

Deno.test("the head says what verified covers, and where an imported run comes from", () => {
  assertStringIncludes(page, "Not the\ntimes, the id of the run, its status, and the software.");
  const origin = { tool: "RuleChef", version: "0.2.2" };
  const html = renderReport({ ...completed, run: { ...completed.run, origin } });
  assertStringIncludes(html, "<b>Imported from a log of RuleChef 0.2.2.</b>");
});

Deno.test("corrections are told with the steps that mended or broke them, the wrong ones first", () => {
  const split = { ...completed.run.split, corrections: ["e50", "e51", "e52"] };
  const told = bodies.map((body) =>
    body.type === "synthesis"
      ? { ...body, mended: ["e50", "e52"] }
      : body.type === "prune"
      ? { ...body, broken: ["e50"] }
      : body
  );
  const rules = Object.values(completed.rules).map((rule) => ({ ...rule, locked: true as const }));
  const html = renderReport(makeTrace({ ...completed.run, split }, rules, told));
  const text = between(html, '<section id="corrections"', "</section>").replace(/<[^>]*>/g, "");
  assertStringIncludes(text, "3 corrections: the rules get 2 of them wrong.");
  const rows = ["e50 ✕ right at step 0, broken in step 11", "e51 ✕ wrong at every step"];
  for (const row of [...rows, "e52 ✓ right at step 0"]) assertStringIncludes(text, row);
  assertStringIncludes(html, "<small>locked</small>");
  assertEquals(page.includes('id="corrections"'), false);
});

Deno.test("a run that was stopped after a stage says so", () => {
  const stopped = structuredClone(failed) as Trace;
  const failure = stopped.steps.find((step) => step.type === "failure");
  Object.assign(failure!, { stage: "after synthesis" });
  assertStringIncludes(renderReport(stopped), "<b>Stopped after synthesis.</b>");
});

Deno.test("names of rules are links to their lives, whose data tells what --why tells", () => {
  const html = renderReport(completed);
  const ids = new Set([...html.matchAll(/ id="(rule-[^"]*)"/g)].map(([, id]) => id));
  const links = [...html.matchAll(/href="#(rule-[^"]*)"/g)].map(([, id]) => id);
  assertEquals(links.filter((id) => !ids.has(id)), []);
  assertEquals(ids.size, Object.keys(completed.rules).length);
  const failures = html.slice(html.indexOf('<section id="failures"'));
  assertStringIncludes(failures, `<a href="#rule-${ruleOf.fx.id}">fx_rate</a>`);
  const { texts, lives } = gatherLives(completed);
  const [from, said, ...events] = lives[ruleOf.refund.id];
  assertEquals(said.map((place) => texts[place]), ["refund(_a | _b)"]);
  assertEquals(from, [ruleOf.refundA.id, ruleOf.refundB.id]);
  assertEquals(events[0].slice(1).map((place) => texts[place]), [
    `made by an audit, which merged ${ruleOf.refundA.id}, ${ruleOf.refundB.id}`,
    "alternation: one pattern says both",
    "kept: dev F1 78.9 → 80.6 % (+1.7)",
  ]);
  const grows = gatherLives(growing);
  assertEquals(grows.lives[grown.more.id][1].map((place) => grows.texts[place]), [
    "rate: from step 0, the synthesis",
    "exchange: from step 1, iteration 1 (+4 right, +1 wrong)",
    "convert*: from step 3, iteration 3 (+4 right)",
  ]);
  // An id that the trace does not have is text.
  const text = linkNames(completed, "r000000000000 <b>");
  assertEquals(markup`${text}`.html, "r000000000000 &lt;b&gt;");
});

Deno.test("lives agree with the rule set after each step", () => {
  for (let seed = 0; seed < 60; seed++) {
    const { trace, sets } = generateTrace(seed);
    const lives = tellLives(trace);
    for (const [step, set] of sets.entries()) {
      const alive = lives.filter(({ stays }) =>
        stays.some(({ from, end }) => from <= step && (end === undefined || step < end.step))
      );
      assertEquals(alive.map(({ rule }) => rule.id).sort(), [...set].sort(), `${seed}/${step}`);
    }
    assertEquals(lives.map(({ rule }) => rule.id).sort(), Object.keys(trace.rules).sort());
  }
});

Deno.test("a life is described in a few words", () => {
  const told = new Map(
    tellLives(completed).map((life) => [life.rule.name, phraseLife(completed, life)]),
  );
  assertEquals(told.get(ruleOf.lost.name), "since step 0");
  assertEquals(told.get(ruleOf.fees.name), "steps 0 to 2, replaced by charge");
  assertEquals(told.get(ruleOf.charge.name), "steps 2 to 12, in place of fees, removed");
  assertEquals(told.get(ruleOf.refundA.name), "steps 0 to 9, merged into refund");
  assertEquals(told.get(ruleOf.refund.name), "since step 9, made of refund_a, refund_b");
  const late = "steps 0 to 11, pruned, card_lost matches all it matched";
  assertEquals(told.get(ruleOf.late.name), late);
  assertEquals(told.get("guess_a"), "rejected in step 3");
});

Deno.test("ticks are round numbers from 0", () => {
  assertEquals(chooseTicks(7), [0, 2, 4, 6]);
  assertEquals(chooseTicks(0), [0]);
  assertEquals(chooseTicks(2_012), [0, 500, 1_000, 1_500, 2_000]);
});

Deno.test("the page's check of digests agrees with the reader's", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const { trace } = generateTrace(seed);
    const verdict = await checkChain(reparse(trace), sha256);
    const text = `verified: all ${trace.steps.length} steps fit their digests`;
    assertEquals(verdict, { holds: true, text });
  }
  assertEquals((await checkChain(reparse(empty), sha256)).holds, true);
  assertEquals((await checkChain(reparse(hostile), sha256)).holds, true);
});

Deno.test("the page's check says nothing of what is outside the digests, as the head says", async () => {
  const record = reparse(completed);
  Object.assign(record.run, { id: "other", startedAt: "2001-01-01T00:00:00Z", status: "failed" });
  record.steps[2].took = 1;
  assertEquals((await checkChain(record, sha256)).holds, true);
});

Deno.test("the page's check accepts a run of learnRules, whatever the record has of it", async () => {
  const examples = ["a card", "my card", "the rate", "a rate"].map((text) => {
    return { text, label: text.slice(-4) };
  });
  const { trace } = await withTrace(learnRules)({ name: "x", examples });
  assert(trace.run.protocol !== undefined);
  assertEquals((await checkChain(reparse(trace), sha256)).holds, true);
});

Deno.test("the page's check names the first step that was changed", async () => {
  for (const step of completed.steps) {
    const record = reparse(completed);
    record.steps[step.index].extra = 1;
    const verdict = await checkChain(record, sha256);
    assertEquals([verdict.holds, verdict.step], [false, step.index]);
  }
});

Deno.test("the page's check names a step that is missing, moved or not a step", async () => {
  const [missing, moved, none] = [reparse(completed), reparse(completed), reparse(completed)];
  missing.steps.splice(4, 1);
  moved.steps.reverse();
  none.steps[5] = null;
  assertEquals((await checkChain(missing, sha256)).step, 4);
  assertEquals((await checkChain(moved, sha256)).step, 0);
  assertEquals((await checkChain(none, sha256)).step, 5);
});

Deno.test("the page's check finds changed rules, a changed run, lost steps, and values that are not traces", async () => {
  const rules = reparse(completed);
  rules.rules[ruleOf.fx.id].weight = 9;
  const text = "the digest does not fit the rules and steps";
  assertEquals(await checkChain(rules, sha256), { holds: false, text });
  const shorter = reparse(completed);
  shorter.steps.pop();
  assertEquals(await checkChain(shorter, sha256), { holds: false, text });
  const run = reparse(completed);
  run.run.config.patience = 4;
  const { step, text: why } = await checkChain(run, sha256);
  assertEquals([step, why], [0, "step 0 does not fit its digest: it or the run was changed"]);
  for (const value of [null, 3, [], {}, { run: {}, steps: 1 }]) {
    assertEquals((await checkChain(value, sha256)).holds, false);
  }
});

Deno.test("the fixtures are traces that hold", () => {
  for (const trace of [hostile, empty, generateTrace(3).trace]) verifyTrace(trace);
});
