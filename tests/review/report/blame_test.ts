import { assert, assertEquals, assertStringIncludes, assertThrows } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { checkChain } from "../../../review/report/page_check.ts";
import { type ForkNode, listForks, plantForks } from "../../../review/report/forks.ts";
import { renderReport } from "../../../review/report.ts";
import { parseTrace, renderTrace, type Trace, verifyTrace } from "../../../trace.ts";
import { completed } from "../../print/print_fixture.ts";
import { executeScript } from "../../script/process.ts";
import {
  accepted,
  blame,
  forks,
  hostileBlame,
  makeFork,
  makeTrial,
  reseeded,
} from "./blame_fixture.ts";
import { evil } from "./report_fixture.ts";

/** The text of a section of a page, with one space between words. */
function read(html: string, id: string): string {
  const start = html.indexOf(`<section id="${id}"`);
  assert(start >= 0, `no section ${id}`);
  return html.slice(start, html.indexOf("</section>", start)).replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ").replace(/ ([,.;:])/g, "$1");
}

const page = renderReport(completed, { blame, forks });

Deno.test("the forks of the fixture are traces that hold", () => {
  for (const fork of forks) verifyTrace(fork);
});

Deno.test("the run is placed among its seeds, in words and on a strip", () => {
  const text = read(page, "seeds");
  assertStringIncludes(
    text,
    "F1 81.1 % on 220 examples of asked: the lowest of 6 seeds, shared with 1 other",
  );
  assertStringIncludes(text, "83.2 ± 1.3 % (mean and standard deviation), from 81.1 to 84.0 %");
  const placed = (f1: number) =>
    read(renderReport(completed, { blame: { ...blame, f1 } }), "seeds");
  assertStringIncludes(placed(0.9), "the highest of 6 seeds.");
  assertStringIncludes(placed(0.82), "place 5 of 6 seeds from the highest.");
  const same = { ...blame.seeds!, seeds: blame.seeds!.seeds.slice(2) };
  const equal = renderReport(completed, { blame: { ...blame, f1: 0.84, seeds: same } });
  assertStringIncludes(read(equal, "seeds"), "the same with all 4 seeds");
  const [, strip] = page.slice(0, page.indexOf('class="band" width="26"')).split(
    '<div class="strip">',
  );
  // One of each is in the legend.
  assertEquals(strip.match(/#mark-born/g)?.length, 5 + 1);
  assertEquals(strip.match(/#mark-made/g)?.length, 1 + 1);
});

Deno.test("forks are a tree: one with more changes is under that with the first of them", () => {
  const trials = [makeTrial(2), makeTrial(3, { change: accepted, rules: 12 })];
  const describe = (nodes: readonly ForkNode[]): unknown[] =>
    nodes.map(({ trace, trial, children }) => [trace?.run.id ?? trial?.step, describe(children)]);
  assertEquals(describe(plantForks(forks, trials)), [["seed", []], [2, []], ["fork", [[
    "both",
    [],
  ]]]]);
  assertEquals(listForks(plantForks(forks, trials)).map(({ number }) => number), [1, 2, 3, 4]);
  // The order in which they are given, or are given twice, does not matter.
  assertEquals(plantForks([...forks.toReversed(), ...forks], trials), plantForks(forks, trials));
});

Deno.test("a fork has the trial with its digest, or with its change and as many rules", () => {
  const [, fork] = forks;
  const trialOf = (more: Partial<ReturnType<typeof makeTrial>>) =>
    plantForks([fork], [makeTrial(3, more)]).map(({ trace, trial }) => [!!trace, !!trial]);
  assertEquals(trialOf({ digest: fork.digest }), [[true, true]]);
  assertEquals(trialOf({ change: accepted, rules: 12 }), [[true, true]]);
  assertEquals(trialOf({ change: accepted, rules: 13 }), [[false, true], [true, false]]);
});

Deno.test("a fork is told with its interval and with luck if blame tried it, else with neither", () => {
  const text = read(page, "forks");
  assertStringIncludes(
    text,
    "step 2 rejected -4.3 points, -7.5 to -1.3: decisive, beyond luck: none of 8 results of 10 other seeds " +
      "differs as much finding iteration",
  );
  assertStringIncludes(text, "no evidence, luck does as much: 5 of 8 results of 10 other seeds");
  assertStringIncludes(text, "step 3 accepted; seed 7 +1.6 points of F1 on test, no interval");
  // What ends with the same predictions is one finding.
  assertEquals(text.match(/ finding /g)?.length, 2);
  const few = makeTrial(2, { luck: { seeds: 3, results: 3, asMuch: 0, isBeyondLuck: false } });
  const lucky = { ...blame, forks: { trials: [few] } };
  assertStringIncludes(
    read(renderReport(completed, { blame: lucky }), "forks"),
    "not told from luck: only 3 other seeds",
  );
});

Deno.test("a fork branches off the line at its last shared step, if its scores are of the same examples", () => {
  const drawn = [...page.matchAll(/<path class="line branch" d="M([\d.]+) ([\d.]+)/g)];
  const [, line] = /<path class="line f1" d="([^"]*)"/.exec(page)!;
  // The fork of step 3 begins after step 2, and the one of another seed in its own words at the first step.
  assertEquals(drawn.map(([, x]) => x), ["35.714", "178.571"]);
  assertStringIncludes(line, `H178.571V${drawn[1][2]}`);
  // The step may be one without scores.
  const early = renderReport(completed, { forks: [makeFork("early", [accepted], { step: 1 })] });
  assertStringIncludes(early, '<path class="line branch" d="M107.143 ');
  assertStringIncludes(page, "1 fork not drawn: scored on other examples.");
});

Deno.test("the axis of the chart is as long as the longest branch", () => {
  const short = makeFork("short", [accepted], { parent: forks[1].digest });
  const long = { ...completed, run: { ...completed.run, parent: short.run.parent } };
  const html = renderReport({ ...forks[1] }, { forks: [long] });
  assertStringIncludes(html, 'max="4" value="4" data-steps="13"');
  assertStringIncludes(page, 'max="13" value="13" data-steps="14"');
});

Deno.test("the immediate effects are told apart from the lasting ones", () => {
  const text = read(page, "path");
  assertStringIncludes(text, "10.0 % without rules and +71.1 points");
  assertStringIncludes(text, "2: iteration 1 accepted 7 81.1 +11.1 1 1");
  assertStringIncludes(text, "what a step did in the end takes a run without it, a fork");
});

Deno.test("rules have their credit, and what is lost without them", () => {
  const cells = [...page.matchAll(/class="(credit|without) number"[^>]*>([^<]*)</g)]
    .map(([, kind, text]) => `${kind} ${text}`).sort();
  assertEquals(cells, [
    "credit +12.5",
    "credit -0.5 ± 0.3",
    "credit –",
    "credit –",
    "without -3.3",
    "without ±0.0",
    "without –",
    "without –",
  ]);
  assertStringIncludes(page, "on 20 examples a mean over 500 random orders");
  const exact = { ...blame.rules, shared: { ...blame.rules.shared, sampled: 0 } };
  const spans = {
    ...completed,
    run: { ...completed.run, dataset: { ...completed.run.dataset, task: "ner" as const } },
  };
  const html = renderReport(spans, { blame: { ...blame, rules: exact } });
  assertStringIncludes(html, "because of the rule, its Shapley value. Without: points of F1");
  assertStringIncludes(html, "how many test spans that are correct, less those that are not");
});

Deno.test("wrong examples are listed by the step since which they are", () => {
  const text = read(page, "failures");
  assertStringIncludes(text, "3 examples wrong at the end");
  assertStringIncludes(text, "2 never correct Examples t8 t7");
  assertStringIncludes(text, "1 wrong since step 2: iteration 1 accepted Examples t9");
});

Deno.test("examples that may be mislabelled have their evidence in words", () => {
  const text = read(page, "suspects");
  assertStringIncludes(text, "card: 3 called otherwise, mostly fee decisive");
  assertStringIncludes(text, "at least 41.0 % by the bound");
  assertStringIncludes(text, "t1 equal to e1");
  assertStringIncludes(text, "t2 85.0 % of the words of e2");
  assertStringIncludes(text, "e4 called fee 4 of 4 trials otherwise, lead 2.5 suggestive");
});

Deno.test("one prediction is told with its path, votes and rules", () => {
  const text = read(page, "prediction");
  assertStringIncludes(text, "card (gold fee), wrong since step 2");
  assertStringIncludes(text, "step 0, synthesis: fee by default (gold fee), correct");
  assertStringIncludes(text, "card/card_lost 2.50 2 -1.00 1.00".replace("card/", ""));
  assertStringIncludes(text, "card, 100.0 % e7");
});

Deno.test("a page without blame and forks has none of their sections, and says what blame left out", () => {
  const bare = renderReport(completed);
  for (const id of ["seeds", "forks", "path", "prediction", "suspects"]) {
    assert(!bare.includes(`<section id="${id}"`));
  }
  assertStringIncludes(page, "Blame left out forks: 2 of 5");
});

Deno.test("the page of a fork says what was changed, and marks what it shares and was told", async () => {
  const [, fork] = forks;
  const html = renderReport(fork);
  assertStringIncludes(html, `made from ${completed.digest.slice(0, 19)}…: step 3 accepted`);
  assertEquals(html.match(/class="row [a-z]+ shared" id="step-/g)?.length, 3);
  assertEquals(html.match(/<use class="forced" href="#mark-forced"/g)?.length, 2);
  assertStringIncludes(html, "5 steps as a table, steps 0 to 2 as in the parent");
  const start = html.indexOf('id="trace">') + 'id="trace">'.length;
  const record = JSON.parse(html.slice(start, html.indexOf("</script>", start)));
  const hash = (bytes: Uint8Array<ArrayBuffer>) => crypto.subtle.digest("SHA-256", bytes);
  assertEquals((await checkChain(record, hash)).holds, true);
  record.run.parent.change[0].to = "rejected";
  assertEquals((await checkChain(record, hash)).holds, false);
});

Deno.test("forks and blame of another run are refused with both digests", () => {
  const [, fork] = forks;
  assertThrows(
    () => renderReport(fork, { blame }),
    RangeError,
    `The blame is of the trace ${completed.digest.slice(0, 19)}…, not of ${
      fork.digest.slice(0, 19)
    }…`,
  );
  assertThrows(
    () => renderReport(fork, { forks: [fork] }),
    RangeError,
    `The run fork was made from ${completed.digest.slice(0, 19)}…, it is not a fork of`,
  );
  assertThrows(
    () => renderReport(fork, { forks: [completed] }),
    RangeError,
    "made from no other run",
  );
});

Deno.test("whatever blame says is text on the page", () => {
  const hostile = renderReport(completed, {
    blame: hostileBlame,
    forks: [
      makeFork("evil", [{ ...reseeded, name: evil.name, value: evil.pattern } as typeof reseeded]),
    ],
    linkFork: () => [{ href: `"><script>${evil.name}`, text: evil.name }],
    notes: [evil.pattern],
  });
  const [html] = hostile.split('<script type="application/json"');
  assert(!/<img|<svg onload|<script|\u202e/.test(html));
  assert(!/NaN|undefined|Infinity|\[object/.test(html));
});

Deno.test("blame and forks are read from files, and a pattern of the shell can name several", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const write = (name: string, text: string) => {
      Deno.writeTextFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const trace = write("run.trace.json", renderTrace(completed));
    const file = write("run.blame.json", `${JSON.stringify(blame)}\n`);
    const paths = forks.map((fork) => write(`${fork.run.id}.trace.json`, renderTrace(fork)));
    const run = (...args: string[]) => executeScript("review/report.ts", args, folder);
    const shown = await run(trace, "--blame", file, "--forks", ...paths);
    // As files have it: members in the order of the format.
    const reread = (trace: Trace) => parseTrace(renderTrace(trace));
    const expected = renderReport(reread(completed), { blame, forks: forks.map(reread) });
    assert(shown.stdout === expected, shown.stderr);
    const other = await run(paths[1], "--blame", file);
    assertEquals([other.code, other.stdout], [1, ""]);
    assertStringIncludes(other.stderr, "report.ts: The blame is of the trace sha256:");
    const torn = await run(trace, "--blame", write("torn.json", '{"format":"ruletrace-blame"}'));
    assertEquals(torn.code, 1);
    assertStringIncludes(torn.stderr, 'torn.json": field ');
    assertEquals((await run(trace, paths[0])).code, 2);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
