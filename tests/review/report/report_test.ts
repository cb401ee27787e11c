import { assert, assertEquals, assertMatch, assertStringIncludes } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { createHash } from "node:crypto";
import { checkChain } from "../../../review/report/page_check.ts";
import { phraseLife } from "../../../review/report/lanes.ts";
import { tellLives } from "../../../review/report/lives.ts";
import { embedJson, escapeText, markup } from "../../../review/markup.ts";
import { chooseTicks } from "../../../review/report/marks.ts";
import { standing } from "../../../print/story.ts";
import { learnRules } from "../../../pipeline.ts";
import { renderReport } from "../../../review/report.ts";
import { parseTrace, renderTrace, type Trace, verifyTrace, withTrace } from "../../../trace.ts";
import {
  completed as bare,
  failed as bareFailed,
  ruleOf,
  running,
} from "../../print/print_fixture.ts";
import { executeScript, type Output } from "../../script/process.ts";
import { empty, evil, generateTrace, hostile } from "./report_fixture.ts";

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
  assertEquals(page.split("<script").length - 1, 2);
  assertEquals(/ style=| on[a-z]+=|javascript:|https?:/.test(page.replace(script, "")), false);
});

Deno.test("nothing that a trace says is markup", () => {
  const html = renderReport(hostile);
  for (const tag of ["<img", "<svg onload", "<!--", "alert(2)</script>", "<script>alert"]) {
    assertEquals([tag, html.includes(tag)], [tag, false]);
  }
  assertStringIncludes(html, escapeText(evil.pattern));
  assertStringIncludes(html, escapeText(evil.label));
});

Deno.test("the page tells the story, the scores, the rules, the failures and the refusals", () => {
  const text = page.replaceAll(/<wbr>/g, "");
  for (
    const part of [
      "<li>iteration 4 removed rate (accepted, +1.1 F1, +2.8 precision)</li>",
      "stopped (stale): patches were no longer accepted",
      String.raw`\brates?\b and \bexchang\w* and not \bfees?\b`,
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

Deno.test("the lines of the chart break between scores on different examples", () => {
  const splits = new Set(completed.steps.flatMap((step) => standing(step)?.on ?? []));
  assertEquals(splits.size, 2);
  const [, path] = /<path class="line f1" d="([^"]*)"/.exec(page)!;
  assertEquals(path.match(/M/g)?.length, 2);
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

/** Runs the script, with `trace.json` in its folder. */
async function report(
  args: readonly string[],
  use: (output: Output, folder: string) => Promise<void>,
  permissions: readonly string[] = ["-A"],
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "trace.json"), renderTrace(completed));
    const options = { flags: permissions, input: renderTrace(failed) };
    await use(await executeScript("review/report.ts", args, folder, options), folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the script writes a temporary page and renames it, with permission for that folder only", () =>
  report(["trace.json", "-o", "page.html"], async (output, folder) => {
    assertEquals(output, { code: 0, stdout: "", stderr: "" });
    assertEquals(await Deno.readTextFile(join(folder, "page.html")), page);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assertEquals(names, ["page.html", "trace.json"]);
  }, ["--allow-read=.", "--allow-write=."]));

Deno.test("the script reads the standard input and writes to the standard output", () =>
  report(["-"], (output) => {
    assertEquals(output, { code: 0, stdout: renderReport(failed), stderr: "" });
    return Promise.resolve();
  }, []));

for (const output of ["trace.json", "./trace.json", "none/../trace.json"]) {
  Deno.test(`the script does not write the page over its trace, as ${output}`, () =>
    report(["trace.json", "-o", output], async ({ code, stderr }, folder) => {
      assertEquals(
        await Deno.readTextFile(join(folder, "trace.json")),
        renderTrace(completed),
      );
      assertEquals([code, stderr.includes("which is an input")], [2, true]);
    }));
}

for (
  const [name, args, permissions, code, message] of [
    ["no file", [], ["-A"], 2, "report.ts: expected one FILE (or -), got 0 (see --help)\n"],
    [
      "a missing trace",
      ["none.json"],
      ["-A"],
      1,
      `report.ts: Cannot read trace "none.json": there `,
    ],
    [
      "a page that is a folder",
      ["trace.json", "-o", "."],
      ["-A"],
      1,
      `report.ts: Cannot write page`,
    ],
    ["no permission", ["trace.json", "-o", "a.html"], ["--allow-read=."], 1, "--allow-write=."],
  ] as const
) {
  Deno.test(`the script reports ${name} in one line`, () =>
    report(args, (output) => {
      assertEquals([output.code, output.stdout], [code, ""]);
      assertStringIncludes(output.stderr, message);
      assertEquals(output.stderr.split("\n").length, 2);
      return Promise.resolve();
    }, permissions));
}

Deno.test("--help says what the script does", () =>
  report(["--help"], ({ code, stdout }) => {
    assertEquals(code, 0);
    assertMatch(stdout, /^Draw the trace of a learning run as a page/);
    return Promise.resolve();
  }, []));

Deno.test("the fixtures are traces that hold", () => {
  for (const trace of [hostile, empty, generateTrace(3).trace]) verifyTrace(trace);
});
