import { assert, assertEquals, assertRejects, assertStringIncludes } from "jsr:@std/assert@^1";
import { createAgenticCoordinator } from "../../../learn/llm/coordinator.ts";
import type { Chat } from "../../../learn/chat/client.ts";
import { AuditActionSchema } from "../../../learn/coordinator.ts";
import { replayChat, ReplayError } from "../../../learn/chat/replay.ts";
import type { DatasetInput } from "../../../learn/data/dataset.ts";
import type { Example } from "../../../learn/data/examples.ts";
import type { Exchange } from "../../../learn/chat/exchanges.ts";
import type { Synthesizer } from "../../../learn/synthesizer.ts";
import { type LearnOptions, learnRules } from "../../../pipeline.ts";
import { type Step, type StepOf, verifyTrace, withTrace } from "../../../trace.ts";
import { fixture, proposals, scripted, train } from "./coordinator_fixture.ts";

/** Proposes {@linkcode proposals}, then one rule in each patch. */
const fixed: Synthesizer = {
  name: "fixed",
  synthesize: () => ({ added: proposals }),
  patch: ({ iteration }) => ({
    added: [{
      name: "fees",
      label: "fee",
      patterns: [iteration === 1 ? "\\bfee\\b" : "\\bcharge\\b"],
      weight: 5,
    }],
  }),
};

interface Learned {
  readonly steps: readonly Step[];
  readonly digest: string;
  readonly text: string;
  readonly tape: Exchange[];
}

async function learn(
  chat: Chat,
  options: LearnOptions = {},
  examples: readonly Example[] = train,
): Promise<Learned> {
  const storage = await Deno.makeTempDir();
  try {
    const tape: Exchange[] = [];
    const { trace } = await withTrace(learnRules, { storage })(
      { name: "x", examples } as DatasetInput,
      {
        synthesizer: fixed,
        coordinator: createAgenticCoordinator({ chat, every: 1 }),
        onExchange: (exchange) => tape.push(exchange),
        ...options,
      },
    );
    verifyTrace(trace);
    return { steps: trace.steps, digest: trace.digest, text: JSON.stringify(trace), tape };
  } finally {
    await Deno.remove(storage, { recursive: true });
  }
}

function stepsOf<T extends Step["type"]>({ steps }: Learned, type: T): StepOf<T>[] {
  return steps.filter((step): step is StepOf<T> => step.type === type);
}

Deno.test("a run records critique, guidance and audits, with ids in place of quotes", async () => {
  const run = await learn(scripted({
    ...fixture,
    "critique-1": [{ analysis: 'See "Where is my card, it was due on Monday".', advice: [] }],
  }));
  assertEquals(stepsOf(run, "critique")[0].analysis, 'See "[a1]".');
  assert(!run.text.includes("due on Monday"));
  const [iteration] = stepsOf(run, "iteration");
  assertEquals(iteration.guidance, 'Look for fees, as "waiting" does for rates.');
  const [audit] = stepsOf(run, "audit");
  assertEquals(audit.actions.map(({ kind, outcome }) => [kind, outcome]), [
    ["merge", "applied"],
    ["remove", "skipped"],
    ["tighten", "skipped"],
    ["change", "skipped"],
  ]);
  assertStringIncludes(audit.actions[3].reason, 'invalid-action: "split"');
  assertEquals(audit.actions[1].reason, "unknown-rule: R99");
  assertStringIncludes(audit.actions[2].reason, "invalid-pattern");
  assertEquals(stepsOf(run, "final")[0].stop, "coordinator");
  const named = run.steps.flatMap((step) => "exchanges" in step ? step.exchanges ?? [] : []);
  assertEquals(named, run.tape.map(({ id }) => id));
});

Deno.test("a quote of a text of several lines is replaced by its id, although the record has it on one line", async () => {
  const text = "Dear team,\nmy card 4711 has\tnever come\u00a0to me\r\nJohn Doe";
  const quote = `As in "${text}".`;
  const run = await learn(
    scripted({
      ...fixture,
      "critique-1": [{ analysis: quote, advice: [{ rule: null, text: quote }] }],
      "guidance-1": [{ guidance: quote, stop: false }, { guidance: quote, stop: true }],
      "audit-1": [{
        actions: [
          { kind: "remove", rules: ["R1"], rule: null, reason: quote },
          { kind: "split", rules: [], rule: { name: text }, reason: "x" },
          { kind: "tighten", rules: ["R2"], rule: { name: text, patterns: ["("] }, reason: "x" },
        ],
      }],
    }),
    {},
    [...train, { id: "e0", text, label: "card" }],
  );
  const [critique] = stepsOf(run, "critique");
  assertEquals([critique.analysis, critique.advice[0].text], ['As in "[e0]".', 'As in "[e0]".']);
  assertEquals(stepsOf(run, "iteration")[0].guidance, 'As in "[e0]".');
  assertEquals(stepsOf(run, "audit")[0].actions[0].reason, 'As in "[e0]".');
  assert(!/4711|John/.test(run.text));
});

Deno.test("a step counts the advice that is left out, and an action of another kind can only be skipped", async () => {
  const advice = Array.from({ length: 23 }, () => ({ rule: null, text: "Look for fees." }));
  const run = await learn(scripted({
    ...fixture,
    "critique-1": [{ analysis: "Fees are missed.", advice }],
  }));
  const [{ analysis, advice: kept, error }] = stepsOf(run, "critique");
  assertEquals([analysis, kept.length], ["Fees are missed.", 20]);
  assertEquals(error, {
    name: "RefusedAdvice",
    message: "Of 23 pieces of advice 3 are over the limit of 20",
  });
  const change = { kind: "change", from: [], reason: "" };
  const parsed = ["skipped", "applied"].map((outcome) =>
    AuditActionSchema.safeParse({ ...change, outcome }).success
  );
  assertEquals(parsed, [true, false]);
});

Deno.test("a run reverts an audit that lowers F1", async () => {
  const actions = [{
    kind: "remove",
    rules: ["R1", "R2", "R3", "R4"],
    rule: null,
    reason: "enough",
  }];
  const run = await learn(scripted({ ...fixture, "audit-1": [{ actions }] }));
  const audits = stepsOf(run, "audit");
  assert(audits.length > 0);
  for (const { verdict, before, after } of audits) {
    assertEquals(verdict, "reverted");
    assertEquals(before.on, after.on);
    assert(after.f1! < before.f1!);
  }
});

Deno.test("a run goes on without advice if the coordinator fails", async () => {
  const chat = scripted({
    "critique-1": ["no"],
    "guidance-1": [new Error('no idea what "Where is my card, it was due on Monday" means')],
    "audit-1": ['{"actions": 1}'],
  });
  const run = await learn(chat);
  const errors = [...stepsOf(run, "critique"), ...stepsOf(run, "audit")].map(({ error }) => error);
  assert(errors.length >= 3 && errors.every((error) => error !== undefined));
  assertEquals(errors[0], {
    name: "RefusedReply",
    message: "critique: The reply was refused: it holds no JSON object",
  });
  assertEquals(errors[1]?.message, 'guidance: no idea what "[a1]" means');
  assertEquals(stepsOf(run, "iteration")[0].verdict, "accepted");
  assertEquals([...new Set(run.tape.map(({ outcome }) => outcome))].sort(), ["failed", "refused"]);
});

Deno.test("a run that is replayed from its tape has the same trace", async () => {
  const run = await learn(scripted(fixture));
  const again = await learn(replayChat(run.tape));
  assertEquals(again.digest, run.digest);
});

Deno.test("a run that differs from its tape ends", async () => {
  const { tape } = await learn(scripted(fixture));
  const guides = tape.filter(({ purpose }) => purpose !== "audit");
  await assertRejects(() => learn(replayChat(guides)), ReplayError);
});
