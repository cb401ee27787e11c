import { assert, assertEquals, assertRejects } from "jsr:@std/assert@^1";
import { digest } from "../../../learn/text/digest.ts";
import { phraseChange } from "../../../print/changes.ts";
import { type ChangeRequest, createRecorded, forkRun } from "../../../review/fork.ts";
import { replayRun } from "../../../review/replay.ts";
import { parseTrace, renderTrace, type Step, type Trace } from "../../../trace.ts";
import {
  createScriptedChat,
  fewBanking,
  otherBanking,
  record,
  recordAsking,
} from "./fork_fixture.ts";

const given = { data: fewBanking };
const fork = async (from: Trace, ...changes: ChangeRequest[]) => {
  const { trace } = await forkRun(from, changes, given);
  assertEquals(parseTrace(renderTrace(trace)), trace);
  return trace;
};
const find = ({ steps }: Trace, type: Step["type"]) =>
  steps.findIndex((step) => step.type === type);
const skip = (step: number) => ({ kind: "verdict", step, to: "skipped" } as const);
const startOf = ({ steps: [first] }: Trace) => first.type === "synthesis" ? first.start : undefined;
const finalRules = ({ steps }: Trace) => {
  const final = steps.at(-1)!;
  return final.type === "final" ? final.rules : [];
};

/** A run that prunes and refits: it has no iteration. */
const short = await record(fewBanking, { target: 0.5, maxRules: Infinity });

Deno.test("a fork of a fork without its prune leaves out the refit in its place", async () => {
  const prune = find(short, "prune");
  const first = await fork(short, skip(prune));
  assertEquals([find(first, "prune"), find(first, "refit")], [-1, prune]);
  const both = await fork(first, skip(prune));
  assertEquals([find(both, "refit"), find(both, "final")], [-1, prune]);
  assertEquals(both.run.parent?.change, [skip(prune), skip(prune)]);
  assertEquals((await fork(short, skip(prune), skip(prune))).digest, both.digest);
  assertEquals((await replayRun(both, given)).verdict, "same");
});

Deno.test("one step cannot be told two verdicts at once", async () => {
  const step = find(short, "audit");
  const to = (verdict: "kept" | "reverted") => ({ kind: "verdict", step, to: verdict } as const);
  for (const second of [to("reverted"), to("kept"), skip(step)]) {
    await assertRejects(
      () => fork(short, to("reverted"), second),
      RangeError,
      `Step ${step} is to be reverted, and once more ${second.to}`,
    );
  }
});

Deno.test("with another option, a verdict is about a step that the parent may have otherwise", async () => {
  const runs: Trace[] = [];
  const verdictOf = (trace?: Trace) => {
    const first = trace?.steps[find(trace, "iteration")];
    return first?.type === "iteration" ? first.verdict : undefined;
  };
  const [parent, other] = await Promise.all(["rejected", "accepted"].map(async (verdict) => {
    for (let seed = 0;; seed++) {
      runs[seed] ??= await record(fewBanking, { maxRules: 12, seed });
      if (verdictOf(runs[seed]) === verdict) return runs[seed];
    }
  }));
  const step = find(parent, "iteration");
  const reject = { kind: "verdict", step, to: "rejected" } as const;
  await assertRejects(() => fork(parent, reject), RangeError, `Step ${step} is rejected already`);
  const seed = { kind: "option", name: "seed", value: other.run.split.seed! } as const;
  const trace = await fork(parent, seed, reject);
  const told = trace.steps[step];
  assertEquals(told.type === "iteration" && [told.verdict, told.forced], ["rejected", true]);
});

Deno.test("a fork can do without a limit of its parent", async () => {
  const parent = await record(fewBanking, { maxRules: 5, refit: false, maxIterations: 1 });
  const request = { kind: "option", name: "maxRules", value: Infinity } as const;
  const trace = await fork(parent, request);
  const change = { kind: "option", name: "maxRules", value: null } as const;
  assertEquals(trace.run.parent?.change, [change]);
  assertEquals(phraseChange(change), "maxRules without a limit");
  assert(trace.run.config.maxRules === undefined && finalRules(trace).length > 5);
  assertEquals((await replayRun(trace, given)).verdict, "same");
});

Deno.test("a run without one of two rules alike at its start keeps the id of the other", async () => {
  const [label] = fewBanking.labels;
  const rule = { name: "one", label, patterns: ["beneficiary"], flags: "i" };
  const parent = await record(fewBanking, {
    rules: [rule, { ...rule, name: "other" }],
    maxIterations: 0,
    refit: false,
  });
  const [one, other] = startOf(parent)!;
  const trace = await fork(parent, { kind: "without", rules: [one] });
  assertEquals(startOf(trace), [other]);
  assertEquals((await replayRun(trace, given)).verdict, "same");
  assertEquals(startOf(await fork(trace, { kind: "without", rules: [other] })), undefined);
});

Deno.test("a run that goes on from rules alone cannot do without all of them", async () => {
  const [label] = fewBanking.labels;
  const rule = { name: "one", label, patterns: ["beneficiary"], flags: "i" };
  const options = { rules: [rule], incremental: true, maxIterations: 0, refit: false };
  const parent = await record(fewBanking, options);
  await assertRejects(
    () => fork(parent, { kind: "without", rules: startOf(parent)! }),
    RangeError,
    "incremental is true, but there are no rules to go on from",
  );
});

Deno.test("recorded patches are decided on the examples that the run learned from", async () => {
  const [{ id }] = fewBanking.examples;
  const drop = { kind: "examples", dropped: [id], relabelled: [] } as const;
  const dropped = await fork(short, drop);
  const trace = await fork(dropped, { kind: "rebase" });
  assertEquals(trace.run.dataset.digest, dropped.run.dataset.digest);
  assertEquals(trace.run.parent?.change, [drop, { kind: "rebase" }]);
  // Other data have not been changed.
  const { trace: other } = await forkRun(dropped, [{ kind: "rebase" }], { data: otherBanking });
  assertEquals(other.run.dataset.examples, otherBanking.examples.length);
  assertEquals(other.run.parent, { digest: dropped.digest, change: [{ kind: "rebase" }] });
});

Deno.test("recorded patches are decided without the refit that the run left out", async () => {
  const told = await fork(short, skip(find(short, "refit")));
  const trace = await fork(told, { kind: "rebase" });
  assertEquals([find(trace, "refit"), trace.run.config.refit], [-1, true]);
  assertEquals(trace.run.parent?.change, [skip(find(short, "refit")), { kind: "rebase" }]);
  assertEquals(finalRules(trace), finalRules(told));
});

Deno.test("a merged rule that was there before has its weight of the merge again", async () => {
  const audit = short.steps[find(short, "audit")];
  assert(audit.type === "audit" && audit.reweighted !== undefined);
  const again = await fork(short, { kind: "rebase" });
  const same = again.steps[find(again, "audit")];
  assertEquals(same.type === "audit" && same.reweighted, audit.reweighted);
  assertEquals(finalRules(again), finalRules(short));
});

Deno.test("recorded rules of a run that withheld some can be decided by any run", async () => {
  const { trace: asking, tape } = await recordAsking({ maxIterations: 0 });
  const [rule] = Object.keys(asking.rules);
  const without = { kind: "without", rules: [rule] } as const;
  const { trace } = await forkRun(asking, [without], { ...given, tape });
  const [first] = trace.steps;
  assert(first.type === "synthesis" && first.refused.some(({ code }) => code === "withheld"));
  assertEquals(finalRules(await record(fewBanking, createRecorded(trace))).includes(rule), false);
});

Deno.test("a run with another reply cannot be forked from the tape without it", async () => {
  const { trace: asking, tape } = await recordAsking({ maxIterations: 1 });
  const text = '{"added":[],"replaced":[],"removed":[]}';
  const place = tape.findIndex(({ purpose }) => purpose === "patch") + 1;
  const chat = createScriptedChat();
  const replied = await forkRun(asking, [{ kind: "reply", place, text }], { ...given, tape, chat });
  const seed = { kind: "option", name: "tolerance", value: 0 } as const;
  await assertRejects(
    () => forkRun(replied.trace, [seed], { ...given, tape, chat }),
    RangeError,
    "The tape does not have the reply to exchange sha256:",
  );
  const changed = tape.map((one, at) => at === place - 1 ? { ...one, response: text } : one);
  const { trace } = await forkRun(replied.trace, [seed], { ...given, tape: changed, chat });
  const { id: exchange } = tape[place - 1];
  const reply = { kind: "reply", exchange, response: digest(text) } as const;
  assertEquals(trace.run.parent?.change, [reply, seed]);
  // One more reply to it takes the place of the first.
  const other = { kind: "reply", place, text: '{"added":[]}' } as const;
  const last = await forkRun(trace, [other], { ...given, tape: changed, chat });
  const instead = { kind: "reply", exchange, response: digest(other.text) } as const;
  assertEquals(last.trace.run.parent?.change, [seed, instead]);
  await assertRejects(
    () => forkRun(asking, [other, { ...other, text }], { ...given, tape, chat }),
    RangeError,
    "The reply to one exchange is to be changed twice",
  );
});

Deno.test("an option that is changed once more has its last value", async () => {
  const seed = (value: number) => ({ kind: "option", name: "seed", value } as const);
  const trace = await fork(await fork(short, seed(3)), seed(4));
  assertEquals([trace.run.split.seed, trace.run.parent?.change], [4, [seed(4)]]);
  await assertRejects(
    () => fork(short, seed(3), seed(4)),
    RangeError,
    "The option seed is to be changed twice",
  );
});

Deno.test("what a fork was told of a step that becomes another names the step and its type", async () => {
  const told = await fork(short, skip(find(short, "prune")));
  // All is decided by too small a margin then, so that iterations come first.
  const target = { kind: "option", name: "target", value: 1 } as const;
  const margin = { kind: "option", name: "margin", value: 100 } as const;
  await assertRejects(
    () => fork(told, target, margin),
    RangeError,
    `Cannot make step ${find(short, "prune")} skipped: its type is `,
  );
});
