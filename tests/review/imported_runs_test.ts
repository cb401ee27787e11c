/** Imported runs as the page, comparisons and lists show them: no more than their logs say. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { formatTrace } from "../../print.ts";
import { compareTraces, formatComparison } from "../../review/compare.ts";
import { formatHistory, readHistory } from "../../review/history.ts";
import { renderReport } from "../../review/report.ts";
import { renderTrace, type Trace } from "../../trace.ts";
import { decisionLine, guideLine, patchLine, synthesisLine } from "../rulechef/log/fixture.ts";
import {
  card,
  cards,
  even,
  importOne,
  merged,
  rate,
  returnedOf,
  start,
  three,
} from "../rulechef/log/importing.ts";

/** A run whose returned rules are of no step: which score they have is not known. */
const patched = [
  ...start,
  patchLine([card, rate], [cards]),
  decisionLine(1, true, [cards], [0.5, 0.5, 0.6, 0.6]),
];
const changed = (await importOne(patched, returnedOf([rate, merged]))).trace;
const kept = (await importOne(patched, returnedOf([card, rate, cards]))).trace;

const pageOf = (trace: Trace) => renderReport(trace).replaceAll(/<wbr>|\n/g, "");

Deno.test("a page gives no score to rules of unknown origin, and says how they came and went", () => {
  const [shown, other] = [pageOf(changed), pageOf(kept)];
  assertStringIncludes(other, "<dt>F1 on dev</dt><dd><b>60.0</b>");
  assertEquals(shown.includes("<dt>F1 on dev</dt>"), false);
  assertStringIncludes(shown, "how it came in is not logged");
  assertStringIncludes(shown, "went, how is not logged");
  // The line of F1 ends where the rules change.
  const drawn = (page: string) => /<path class="line f1" d="([^"]*)"/.exec(page)![1];
  assertMatch(drawn(other), /H1000$/);
  assertMatch(drawn(shown), /^M.*H(?!1000)[\d.]+$/);
});

Deno.test("a page counts iterations without a known result, and does not call them rejected", async () => {
  const { trace } = await importOne([...start, patchLine([card, rate], [cards])]);
  const page = pageOf(trace);
  assertStringIncludes(page, "<b>1</b> <small>1 unknown</small>");
  assertStringIncludes(page, "what came of it is not logged");
  assertEquals(page.includes("rejected in step"), false);
});

Deno.test("a page does not say that failures were resolved if later ones are not known", async () => {
  const failures = [{ text: "my plastic", label: "card" }, { text: "swap costs", label: "rate" }];
  const { trace } = await importOne([
    ...start,
    patchLine([card, rate], [cards], { failures }),
    decisionLine(1, false, [cards], even),
    guideLine(2, "Look at cards."),
  ]);
  const known = trace.steps.filter((step) => step.type === "iteration")
    .map(({ failures }) => failures.clusters.length > 0);
  assertEquals(known, [true, false]);
  const page = pageOf(trace);
  assertEquals(/1 → 0/.test(page), false);
  assertStringIncludes(page, "The record does not list those of 1 iteration.");
});

Deno.test("iterations whose number the log does not tell are calls, wherever they are named", async () => {
  const failures = [{ text: "my plastic", label: "card" }];
  const patch = patchLine([card, rate], [cards], { failures });
  const guided = [guideLine(7, "Look at cards.", { max_iterations: 9 }), patch];
  const { trace } = await importOne([...start, patch, patch, patch, patch, ...guided]);
  const numbers = trace.steps.flatMap((step) => step.type === "iteration" ? step.iteration : []);
  assertEquals(numbers, [0, 0, 0, 0, 7]);
  const page = pageOf(trace);
  assertMatch(page, /before ?a call, 1 before iteration 7\./);
  assertStringIncludes(page, "in 5 calls");
  assertEquals(/iterations? 0|0 to 7/.test(page), false);
  // An open patch is not told to have changed nothing.
  assertStringIncludes(
    formatTrace(trace),
    "5 calls changed nothing that is known (4 rejected, 1 unknown)",
  );
});

Deno.test("imported runs are not held to the same output: their data are not known", async () => {
  const other = (await importOne(three)).trace;
  const base = (await importOne(start)).trace;
  const comparison = compareTraces(base, other);
  assertEquals(comparison.identical, false);
  assertEquals(comparison.findings.some(({ severity }) => severity === "alert"), false);
  const text = formatComparison(comparison, { width: 120 });
  assertStringIncludes(text, "they do not say which data");
  assert(!text.includes("the same data, split, learner"));
});

Deno.test("scores of runs whose data are not known are not compared", () => {
  const other = structuredClone(kept);
  const { scores } = compareTraces(kept, { ...other, digest: "sha256:other" });
  assertEquals(scores.map(({ on, why }) => [on, why]), [["dev", "the data are not known"]]);
  // A run that names its data does not say which of them it held out.
  const known = { ...kept.run, dataset: { ...kept.run.dataset, digest: "sha256:data" } };
  const named = compareTraces({ ...kept, run: known }, { ...other, run: known });
  assertEquals(named.scores.map(({ why }) => why), ["the held-out examples are not known"]);
});

Deno.test("an end that is not known is a warning on either side", async () => {
  const { trace } = await importOne([...start, patchLine([card, rate], [cards])]);
  assertEquals(trace.run.status, "unknown");
  const statuses = (before: Trace, after: Trace) =>
    compareTraces(before, after).findings.filter(({ code }) => code === "status")
      .map(({ severity, text }) => `${severity}: ${text}`);
  assertEquals(statuses(kept, trace), [
    "warn: it is unknown whether the run after finished",
  ]);
  assertEquals(statuses(trace, kept), [
    "warn: it is unknown whether the run before finished",
  ]);
});

Deno.test("what a log does not say is unknown in a comparison, not none", () => {
  const named = { ...kept, run: { ...kept.run, config: { ...kept.run.config, maxIterations: 6 } } };
  const text = formatComparison(compareTraces({ ...kept, digest: "sha256:other" }, named));
  assertMatch(text, /config\.maxIterations +unknown → 6/);
});

Deno.test("a list gives no score to rules of unknown origin", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "changed.trace.json"), renderTrace(changed));
    const history = await readHistory(folder);
    assertEquals(history.runs.map(({ scores }) => scores), [{}]);
    await Deno.writeTextFile(join(folder, "kept.trace.json"), renderTrace(kept));
    assertStringIncludes(formatHistory(await readHistory(folder)), "60.0");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("tasks named in other scripts give runs of other names", async () => {
  const names = await Promise.all(
    ["银行", "保险", "Banking (77)"].map(async (task_name) =>
      (await importOne([synthesisLine("card", [card], { task_name })])).trace.run.dataset.name
    ),
  );
  assertEquals([new Set(names).size, names[2]], [3, "Banking-77"]);
});
