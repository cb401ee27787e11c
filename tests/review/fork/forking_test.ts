import { assert, assertEquals, assertRejects, assertStringIncludes } from "jsr:@std/assert@^1";
import { formatRuleLife, formatTrace } from "../../../print.ts";
import type { Exchange } from "../../../learn/chat/exchanges.ts";
import { responseDigest } from "../../../learn/chat/response.ts";
import type { Dataset } from "../../../learn/data/dataset.ts";
import { createPatternSynthesizer } from "../../../learn/labels/synthesizer.ts";
import type { LearnOptions } from "../../../pipeline.ts";
import { ReplayError } from "../../../learn/chat/replay.ts";
import {
  type ChangeRequest,
  createRecorded,
  ForkError,
  forkRun,
  RerunError,
} from "../../../review/fork.ts";
import { learnRules } from "../../../pipeline.ts";
import {
  type AskedFields,
  parseTrace,
  renderTrace,
  type Step,
  type Trace,
} from "../../../trace.ts";
import { asVersion2 } from "../../record/forging.ts";
import {
  banking,
  createScriptedChat,
  fewBanking,
  otherBanking,
  record,
  recordAsking,
  restaurant,
} from "./fork_fixture.ts";

const settings: Record<string, [Dataset, LearnOptions]> = {
  "votes on dev": [fewBanking, { seed: 3, test: otherBanking }],
  "a budget and a default": [fewBanking, { maxRules: 9, default: "majority", refit: false }],
  "a decision list on train": [fewBanking, { decide: "first", holdout: 0, maxIterations: 2 }],
  "spans": [restaurant, { maxIterations: 2 }],
};
for (const [what, [data, options]] of Object.entries(settings)) {
  Deno.test(`a fork without a change is its parent again: ${what}`, async () => {
    const parent = await record(data, options);
    const { trace } = await forkRun(parent, [], { data, test: options.test });
    assertEquals([trace.digest, trace.run.parent], [parent.digest, undefined]);
  });
}

/** The run that most tests fork: its first patch is accepted, its second rejected. */
const parent = await record(banking, { maxRules: 50 });
let asking: ReturnType<typeof recordAsking> | undefined;

/** A run that asked a model, with its tape, learned once. */
const learnAsking = () => asking ??= recordAsking();
const given = { data: banking };
const fork = async (...changes: ChangeRequest[]) => {
  const { trace } = await forkRun(parent, changes, given);
  // A fork is read and verified as any other trace.
  assertEquals(parseTrace(renderTrace(trace)), trace);
  return trace;
};
const find = (type: Step["type"], verdict?: string, from = parent) =>
  from.steps.findIndex((step) =>
    step.type === type && (verdict === undefined || "verdict" in step && step.verdict === verdict)
  );
const bodiesOf = ({ steps }: Trace, end: number) =>
  steps.slice(0, end).map(({ at: _, took: __, digest: ___, ...body }) => body);

const verdicts = [
  ["iteration", "accepted", "rejected"],
  ["iteration", "rejected", "accepted"],
  ["audit", "kept", "reverted"],
] as const;
for (const [type, was, to] of verdicts) {
  Deno.test(`a fork takes another verdict, and is the parent up to it: ${type} ${to}`, async () => {
    const step = find(type, was);
    const trace = await fork({ kind: "verdict", step, to });
    const shared = step === 0 ? {} : { step: step - 1 };
    const change = [{ kind: "verdict", step, to }] as const;
    assertEquals(trace.run.parent, { digest: parent.digest, ...shared, change });
    assertEquals(bodiesOf(trace, step), bodiesOf(parent, step));
    const forced = trace.steps[step];
    assert(forced.type === type && "forced" in forced);
    assertEquals([forced.verdict, forced.forced], [to, true]);
  });
}

Deno.test("a fork leaves out the refit, or the prune", async () => {
  const step = find("refit");
  const trace = await fork({ kind: "verdict", step, to: "skipped" });
  assertEquals([find("refit", undefined, trace), trace.run.config.refit], [-1, true]);
  const prune = find("prune");
  const unpruned = await fork({ kind: "verdict", step: prune, to: "skipped" });
  assertEquals([prune >= 0, find("prune", undefined, unpruned)], [true, -1]);
});

Deno.test("a fork does without a rule, and has others in its place", async () => {
  const [first] = parent.steps;
  assert(first.type === "synthesis");
  const [rule] = first.added;
  const trace = await fork({ kind: "without", rules: [rule] });
  assertEquals(Object.hasOwn(trace.rules, rule), false);
  assertEquals(trace.run.parent?.step, undefined);
});

Deno.test("a rule that a model writes again is refused as withheld", async () => {
  const { trace: asking, tape } = await learnAsking();
  const [first] = asking.steps;
  assert(first.type === "synthesis");
  const without = { kind: "without", rules: [first.added[0]] } as const;
  const { trace } = await forkRun(asking, [without], { data: fewBanking, tape });
  const [{ refused }] = trace.steps as [typeof first];
  assertEquals(refused.filter(({ code }) => code === "withheld").length, 1);
  parseTrace(renderTrace(trace));
});

Deno.test("a fork has another option, or other examples", async () => {
  const seed = await fork({ kind: "option", name: "seed", value: 4 });
  assertEquals([seed.run.split.seed, seed.run.parent?.step], [4, undefined]);
  const [a, b, c] = banking.examples;
  assert("label" in c);
  const label = banking.labels.find((one) => one !== c.label)!;
  const relabelled = [{ id: c.id, label }];
  const dropped = [a.id, b.id];
  const trace = await fork({ kind: "examples", dropped, relabelled });
  assertEquals(trace.run.dataset.examples, banking.examples.length - 2);
  const again = await forkRun(trace, [], given);
  assertEquals(again.trace.digest, trace.digest);
});

Deno.test("a fork of a fork has the parent of that fork, and the changes of both", async () => {
  const verdict = { kind: "verdict", step: find("iteration", "accepted"), to: "rejected" } as const;
  const first = await fork(verdict);
  const step = find("audit", "kept", first);
  const second = { kind: "verdict", step, to: "reverted" } as const;
  const { trace } = await forkRun(first, [second], given);
  assertEquals(trace.run.parent, {
    digest: parent.digest,
    ...first.run.parent?.step === undefined ? {} : { step: first.run.parent.step },
    change: [verdict, second],
  });
  parseTrace(renderTrace(trace));
});

Deno.test("another reply leads to other requests, which the named model answers", async () => {
  const { trace: asking, tape } = await learnAsking();
  const place = tape.findIndex(({ purpose }) => purpose === "patch") + 1;
  const reply = { kind: "reply", place, text: '{"added":[],"replaced":[],"removed":[]}' } as const;
  const chat = createScriptedChat();
  const { trace } = await forkRun(asking, [reply], { data: fewBanking, tape, chat });
  const [change] = trace.run.parent!.change!;
  assert(change.kind === "reply");
  assertEquals(change.exchange, tape[place - 1].id);
  const asked = trace.steps.findIndex((step) =>
    "exchanges" in step && step.exchanges?.includes(change.exchange)
  );
  assertEquals(trace.run.parent?.step, asked - 1);
  assertEquals(bodiesOf(trace, asked), bodiesOf(asking, asked));
  assert(JSON.stringify(trace.steps[asked]) !== JSON.stringify(asking.steps[asked]));
  const responseIn = ({ steps }: Trace) => {
    const { exchanges, responses } = steps[asked] as AskedFields;
    return responses?.at(exchanges!.indexOf(change.exchange));
  };
  assertEquals(responseIn(trace), change.response);
  assertEquals(responseIn(asking), responseDigest(tape[place - 1].response!));
});

Deno.test("a fork of a run of format version 2 shares its steps, and proves the replies", async () => {
  const { trace: asking, tape } = await learnAsking();
  const given = { data: fewBanking, tape };
  assertEquals((await forkRun(asVersion2(asking), [], given)).trace.digest, asking.digest);
  await assertRejects(
    () => forkRun(asking, [], { ...given, tape: tape.map(addSpace) }),
    ForkError,
    "Step 0 is not the one of the parent",
  );
});

const addSpace = (one: Exchange) => ({ ...one, response: one.response && `${one.response} ` });

Deno.test("if the tape has no reply and no model is named, the recorded patches are decided anew", async () => {
  const { trace: asking, tape } = await learnAsking();
  const step = find("iteration", "accepted", asking);
  const change = { kind: "verdict", step, to: "rejected" } as const;
  const { trace } = await forkRun(asking, [change], { data: fewBanking, tape });
  assertEquals(trace.run.parent?.change?.map(({ kind }) => kind), ["verdict", "rebase"]);
  assertEquals(trace.run.learner.synthesizer, "recorded");
  // Of the run that was not answered, nothing is left in the folder.
  const storage = await Deno.makeTempDir();
  try {
    const { path } = await forkRun(asking, [change], { data: fewBanking, tape }, { storage });
    const names = [...Deno.readDirSync(storage)].map(({ name }) => `${storage}/${name}`);
    assertEquals(names, [path]);
  } finally {
    await Deno.remove(storage, { recursive: true });
  }
  // Nor is anybody asked without a tape.
  const bare = await forkRun(asking, [change], { data: fewBanking });
  assertEquals(bare.trace.digest, trace.digest);
  await assertRejects(() => forkRun(asking, [], { data: fewBanking }), RerunError);
  await assertRejects(
    () => forkRun(asking, [], { data: fewBanking, tape: tape.slice(0, 3) }),
    ReplayError,
  );
});

Deno.test("recorded patches decided anew on the same data give the same rules", async () => {
  const { trace: asking } = await learnAsking();
  const { trace } = await forkRun(asking, [{ kind: "rebase" }], { data: fewBanking });
  const rulesOf = ({ steps }: Trace) => {
    const final = steps.at(-1)!;
    return final.type === "final" ? final.rules : [];
  };
  assertEquals(rulesOf(trace), rulesOf(asking));
  const { rules } = await learnRules(otherBanking, createRecorded(asking));
  assert(rules.length > 0 && rules.every(({ id }) => Object.hasOwn(asking.rules, id)));
});

Deno.test("what cannot be changed is refused with the reason", async () => {
  const accepted = find("iteration", "accepted");
  const refused: [ChangeRequest, string][] = [
    [{ kind: "verdict", step: 99, to: "accepted" }, "no step 99"],
    [{ kind: "verdict", step: 0, to: "accepted" }, "its type is synthesis"],
    [{ kind: "verdict", step: accepted, to: "kept" }, "expected accepted or rejected"],
    [{ kind: "verdict", step: accepted, to: "accepted" }, "is accepted already"],
    [{ kind: "without", rules: ["r000000000000"] }, "no rule"],
    [{ kind: "option", name: "rules", value: [] }, "no option"],
    [{ kind: "option", name: "__proto__", value: 1 }, "no option"],
    [{ kind: "examples", dropped: ["nobody"], relabelled: [] }, "no example"],
    [{ kind: "reply", place: 1, text: "" }, "no exchange 1"],
  ];
  for (const [change, message] of refused) {
    await assertRejects(() => forkRun(parent, [change], given), RangeError, message);
  }
});

Deno.test("a verdict that never comes to be decided is an error", async () => {
  await assertRejects(
    () =>
      forkRun(parent, [
        { kind: "verdict", step: find("iteration", "accepted"), to: "rejected" },
        { kind: "verdict", step: 99, to: "accepted" },
      ], given),
    RangeError,
    "Cannot make step 99 accepted",
  );
});

Deno.test("other data than those of the run are refused", async () => {
  await assertRejects(
    () => forkRun(parent, [], { data: otherBanking }),
    RangeError,
    "The data are not those of the run",
  );
});

Deno.test("a step before the change that is not the parent's is an error", async () => {
  const synthesizer = createPatternSynthesizer();
  const learners = () => ({
    synthesizer: {
      ...synthesizer,
      synthesize: async (...state: Parameters<typeof synthesizer.synthesize>) => {
        const patch = await synthesizer.synthesize(...state);
        return { ...patch, added: patch.added?.slice(1) };
      },
    },
  });
  const change = { kind: "verdict", step: find("iteration", "accepted"), to: "rejected" } as const;
  const error = await assertRejects(
    () => forkRun(parent, [change], { ...given, learners }),
    ForkError,
  );
  assertEquals(error.step, 0);
});

Deno.test("a fork is printed from its change on, with the verdicts that it was told", async () => {
  const step = find("iteration", "accepted");
  const trace = await fork({ kind: "verdict", step, to: "rejected" });
  const text = formatTrace(trace);
  assertStringIncludes(text, `made from ${parent.digest.slice(0, 19)}…: step ${step} rejected`);
  assertStringIncludes(text, "step 0 as in the parent\n");
  assertStringIncludes(text, "(rejected, as told, ");
  assertStringIncludes(text, "iteration 1 rejected as told");
  assert(!text.includes("synthesis"), text);
  const patched = trace.steps[step];
  assert(patched.type === "iteration");
  const life = formatRuleLife(trace, patched.patch.added[0]);
  assertStringIncludes(life, "rejected as told: dev F1");
});
