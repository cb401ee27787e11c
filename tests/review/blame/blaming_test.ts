import { assert, assertEquals, assertRejects } from "jsr:@std/assert@^1";
import type { Blame } from "../../../review/blame/format.ts";
import { formatBlame, planBlame } from "../../../review/blame.ts";
import { forkRun } from "../../../review/fork.ts";
import { parseTrace, renderTrace, type Trace } from "../../../trace.ts";
import { displayWidth } from "../../../print/text.ts";
import {
  createScriptedChat,
  fewBanking,
  otherBanking,
  record,
  recordAsking,
} from "../fork/fork_fixture.ts";

const test = otherBanking;
const given = { data: fewBanking, test };
const trace = await record(fewBanking);
const blame = await blameOf(trace);

let asked: ReturnType<typeof recordAsking> | undefined;

/** A run that asked a model, with its tape, learned once. */
const asking = () => asked ??= recordAsking();

async function blameOf(trace: Trace, options = {}, all = given): Promise<Blame> {
  return await (await planBlame(trace, all, { seeds: 2, now: slowly(), ...options })).run();
}

/** A clock by which runs take so long that one is enough for the estimate. */
function slowly(): () => number {
  let time = 0;
  return () => time += 3_000;
}

Deno.test("the sections of blame agree: the path ends where the rules are scored", () => {
  const { path, f1, rules, on } = blame;
  const last = path.steps[path.steps.length - 1];
  assertEquals([last.f1, on.examples], [f1, test.examples.length]);
  assert(Math.abs(path.withoutRules + path.points / 100 - f1) < 1e-12);
  assertEquals(rules.rules.length, last.rules);
});

Deno.test("forks take back each decision, and differ from the run by what they say", async () => {
  const decisions = trace.steps.filter((step) =>
    step.type === "prune" || step.type === "refit" ||
    "verdict" in step && ["accepted", "rejected", "kept", "reverted"].includes(step.verdict)
  );
  assertEquals(blame.forks?.trials.map(({ step }) => step), decisions.map(({ index }) => index));
  for (const { change, digest, f1, interval, gained, lost } of blame.forks!.trials) {
    assert(change.kind === "verdict");
    const fork = await forkRun(trace, [change], { data: fewBanking });
    assertEquals(fork.trace.digest, digest);
    assert(Math.abs(interval.points - 100 * (f1 - blame.f1)) < 1e-9);
    assert(interval.low <= interval.points && interval.points <= interval.high);
    assertEquals(Math.sign(gained - lost) * Math.sign(interval.points) >= 0, true);
  }
});

Deno.test("with fewer than ten other seeds, nothing is blamed", () => {
  assertEquals(blame.seeds?.seeds.map(({ seed }) => seed), [1, 2]);
  assertEquals(blame.forks?.trials.filter(({ isFinding }) => isFinding), []);
});

Deno.test("blame is the same each time, but for what the budget leaves out", async () => {
  const sections = ["seeds", "forks"] as const;
  const { examples: _, ...rest } = blame;
  assertEquals(await blameOf(trace, { sections }), rest);
  let time = 0;
  const left = await blameOf(trace, { budget: 2.5, now: () => time++ });
  assert(left.left.some((what) => what.startsWith("seeds: ")), left.left.join());
  assertEquals([left.path, left.rules], [blame.path, blame.rules]);
});

Deno.test("the estimate counts the runs that are made", async () => {
  let runs = 0;
  const plan = await planBlame(trace, given, {
    seeds: 2,
    sections: ["seeds", "forks"],
    now: slowly(),
    onRun: () => runs++,
  });
  await plan.run();
  assert(runs > 4 && runs === plan.estimate.runs, `${runs} of ${plan.estimate.runs}`);
  assertEquals(plan.estimate.calls, 0);
});

Deno.test("to take back what a fork was told is to make its parent again", async () => {
  const step = trace.steps.findIndex((one) => one.type === "audit" && one.verdict === "kept");
  const change = { kind: "verdict", step, to: "reverted" } as const;
  const fork = (await forkRun(trace, [change], given)).trace;
  const { forks } = await blameOf(fork, { sections: ["forks"] });
  const back = forks!.trials.find((one) => one.step === step)!;
  assertEquals(back.digest, trace.digest);
});

Deno.test("without a model to ask, a run that asked one is decided anew, and its examples are left out", async () => {
  const { trace, tape } = await asking();
  const all = { ...given, tape };
  const { seeds, forks, examples, left } = await blameOf(trace, {}, all);
  assertEquals([seeds?.seeds.length, examples], [2, undefined]);
  assert(forks!.trials.length > 0);
  assert(left[0].startsWith("examples: the model would have to be asked"));
});

Deno.test("without a model to ask, other seeds say nothing of luck, and no decision is credited", async () => {
  const { trace, tape } = await asking();
  const plan = await planBlame(trace, { ...given, tape }, {
    seeds: 10,
    sections: ["seeds", "forks"],
    now: slowly(),
  });
  const { seeds, forks, left } = await plan.run();
  assertEquals([seeds?.seeds.length, left], [10, plan.left]);
  assert(left[0].startsWith("luck: "));
  assert(forks!.trials.every(({ luck, isFinding }) => luck === undefined && !isFinding));
});

Deno.test("with a model, each reply is asked for once more, and the requests are told before", async () => {
  const { trace, tape } = await asking();
  const all = { ...given, tape, chat: createScriptedChat() };
  const plan = await planBlame(trace, all, { seeds: 0 });
  assert(plan.estimate.calls >= tape.length);
});

Deno.test("a run that cannot be computed again is told of as far as it needs no other run", async () => {
  const { trace } = await asking();
  const { forks, seeds, path, left } = await blameOf(trace);
  assertEquals([forks, seeds], [undefined, undefined]);
  assert(path.steps.length > 0 && left[0].startsWith("seeds, forks and examples: "));
});

Deno.test("an unknown test example is an error before anything is run", async () => {
  let runs = 0;
  const options = { example: "nobody", onRun: () => runs++ };
  await assertRejects(() => planBlame(trace, given, options), RangeError, "nobody");
  assertEquals(runs, 0);
});

Deno.test("an imported run is told of by its rules, whatever it was learned from", async () => {
  const origin = { tool: "RuleChef", version: "0.2.2" };
  const imported = { ...trace, run: { ...trace.run, origin } };
  const { path, rules, left } = await blameOf(imported, {}, { data: test, test });
  assertEquals([path, rules], [blame.path, blame.rules]);
  assert(left[0].includes('imported from a log of "RuleChef"'), left[0]);
});

Deno.test("a test set of another task's labels is an error that names them", async () => {
  const other = { name: "other", examples: [{ id: "a", text: "free", label: "spam" }] };
  const error = await assertRejects(() => planBlame(trace, { ...given, test: other }), RangeError);
  assertEquals(error.message, 'The test set has no label of the run: it has "spam"');
});

Deno.test("the budget goes by what runs take, if that is more than the first took", async () => {
  let [time, runs] = [0, 0];
  // Each run takes ten times as long as the one for the estimate, which takes none to speak of.
  const options = {
    ...{ seeds: 4, sections: ["seeds", "forks", "examples"] as const, budget: 65 },
    now: () => time += 0.01,
    onRun: () => {
      runs++;
      time += 10;
    },
  };
  const { left } = await blameOf(trace, options);
  assertEquals(runs, 6);
  assert(time <= 65 && left.some((what) => what.startsWith("examples: all ")), left.join());
});

Deno.test("what the budget leaves out is told with the reason", async () => {
  const { left } = await blameOf(trace, { budget: 0 });
  assertEquals(left.map((what) => what.replace(/\d+/g, "N")), [
    "seeds: N of N; the budget allows no more",
    "forks: N of N; the budget allows no more",
    "examples: all N runs; the budget allows no more",
  ]);
});

Deno.test("blame as text fits any width, and holds no text of an example", () => {
  for (const width of [20, 60, 100, 200]) {
    const text = formatBlame(blame, trace, { width });
    for (const line of text.split("\n")) assert(displayWidth(line) <= width, line);
    for (const example of [...fewBanking.examples, ...test.examples]) {
      assert(!text.includes(example.text), example.text);
    }
  }
  assertEquals(parseTrace(renderTrace(trace)), trace);
});
