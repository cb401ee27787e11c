import { assertEquals } from "jsr:@std/assert@^1";
import { createDataset } from "../../../learn/data/dataset.ts";
import type { Exchange } from "../../../learn/chat/exchanges.ts";
import { createLlmSynthesizer } from "../../../learn/llm/synthesizer.ts";
import { createRule, type Rule } from "../../../learn/rules/rule.ts";
import type { Scores } from "../../../learn/score/scores.ts";
import { judge } from "../../../review/evidence/judging.ts";
import type { Evidence, EvidenceSource } from "../../../review/evidence/format.ts";
import type { Step, StepBody, Trace } from "../../../trace.ts";
import { readDataset, readTrace } from "../../../mod.ts";
import { learn, many, stepsOf } from "../../pipeline/fixture.ts";
import { scriptChat } from "../../learn/llm/synthesizer_fixture.ts";

/** How often the word of a rule is in a held-out text of its label, and of another one. */
const WORDS: Readonly<Record<string, readonly [tp: number, fp: number]>> = {
  good: [3, 1],
  wrong: [1, 2],
  absent: [0, 0],
  mergedone: [1, 0],
  mergedtwo: [1, 0],
  merged: [2, 0],
  old: [1, 0],
  replacement: [2, 0],
  pruned: [1, 1],
  prunedwrong: [0, 1],
  unwanted: [2, 0],
  patched: [2, 1],
  precise: [2, 0],
  rejected: [3, 0],
  loose: [1, 0],
  tight: [1, 0],
  skipped: [3, 0],
  reverted: [3, 0],
  undone: [3, 0],
  dropped: [1, 0],
  refitted: [2, 0],
  told: [3, 0],
  harmful: [1, 0],
};
const NAMES = Object.keys(WORDS);
const rules = new Map<string, Rule>(
  NAMES.map((name) => {
    const weight = name === "harmful" ? 3 : 1;
    return [name, createRule({ name, label: "card", patterns: [`\\b${name}\\b`], weight })];
  }),
);
const rate = createRule({ name: "rate", label: "rate", patterns: ["\\brate\\b"] });
const idOf = (name: string) => (rules.get(name) ?? rate).id;
const examples = [
  ...NAMES.flatMap((word) => [
    ...Array.from({ length: WORDS[word][0] }, (_, n) => ({ text: `${word} a${n}`, label: "card" })),
    ...Array.from({ length: WORDS[word][1] }, (_, n) => ({ text: `${word} b${n}`, label: "rate" })),
  ]),
  // Without the rule, the other one would get this right.
  { text: "harmful rate", label: "rate" },
  { text: "rate only", label: "rate" },
];
const data = createDataset({
  name: "words",
  examples: examples.map((one, n) => ({ id: `e${n}`, ...one })),
});

/** Scores of which only F1 counts here. */
function scored(f1: number): Scores {
  const counts = { tp: 1, fp: 1, fn: 1, precision: 0.5, recall: 0.5, macroF1: f1, exact: 0.5 };
  return { on: "dev", examples: 10, f1, ...counts };
}

const [before, after] = [scored(0.5), scored(0.6)];
const none = { refused: [], replaced: [], removed: [] };
const patch = (added: readonly string[], more: object = {}) => ({
  type: "iteration" as const,
  iteration: 1,
  failures: { count: 0, clusters: [] },
  patch: { added: added.map(idOf), ...none, ...more },
  ...{ before, after, best: true },
});
const merge = (from: readonly string[], to: string, more: object = {}) => ({
  kind: "merge" as const,
  from: from.map(idOf),
  to: idOf(to),
  ...{ outcome: "applied" as const, reason: "one is enough", ...more },
});

const STEPS: readonly StepBody[] = [
  {
    type: "synthesis",
    proposed: 14,
    added: [
      ...["good", "wrong", "absent", "mergedone", "mergedtwo", "old", "pruned", "prunedwrong"],
      ...["unwanted", "loose", "dropped", "harmful", "rate"],
    ].map(idOf),
    refused: [
      { name: "hangs", code: "backtracking", detail: "it can take exponential time" },
      { name: "who", code: "unknown-rule", detail: "there is no such rule" },
    ],
    scores: before,
  },
  {
    ...patch(["patched"], {
      removed: [idOf("unwanted")],
      replaced: [{ from: idOf("old"), to: idOf("replacement") }],
    }),
    verdict: "accepted",
    clause: "f1",
  },
  { ...patch(["precise"]), verdict: "accepted", clause: "precision" },
  { ...patch(["rejected"]), verdict: "rejected" },
  {
    type: "audit",
    phase: "refine",
    actions: [
      merge(["mergedone", "mergedtwo"], "merged"),
      { ...merge(["loose"], "tight"), kind: "tighten" },
      merge(["good"], "skipped", { outcome: "skipped" }),
    ],
    verdict: "kept",
    ...{ before, after },
  },
  { ...patch(["told"]), verdict: "accepted", forced: true },
  { ...patch(["undone"]), verdict: "accepted", clause: "f1" },
  { type: "restore", to: 5, before, after },
  {
    type: "audit",
    phase: "final",
    actions: [merge(["good"], "reverted")],
    verdict: "reverted",
    ...{ before, after },
  },
  {
    type: "prune",
    dropped: ["pruned", "prunedwrong"].map((name) => ({ rule: idOf(name), reason: "budget" })),
    ...{ before, after },
  },
  {
    type: "refit",
    proposed: 1,
    added: [idOf("refitted")],
    removed: [idOf("dropped")],
    ...{ refused: [], scores: after },
  },
];

/** A run with these steps, judged; the digests are not looked at. */
function judgeSteps(steps: readonly StepBody[], run: Partial<Trace["run"]> = {}): Evidence[] {
  const all = steps.map((step, index) => ({ ...step, index, digest: `sha256:${index}` }) as Step);
  const trace = {
    digest: "sha256:x",
    run: {
      id: "x",
      status: "completed",
      dataset: { name: "words", task: "classification", labels: ["card", "rate"], digest: "d" },
      split: { dev: data.examples.map(({ id }) => id) },
      learner: { synthesizer: "own", coordinator: "own" },
      config: { decide: "vote", threshold: 0 },
      ...run,
    },
    rules: Object.fromEntries([...rules.values(), rate].map((rule) => [rule.id, rule])),
    steps: all,
  } as unknown as Trace;
  return judge({ path: "x", trace, data, tape: [] });
}

/** The judgement and the reason of each rule, by name. */
function verdicts(evidence: readonly Evidence[]): Record<string, string> {
  const found = evidence.flatMap((one) =>
    one.kind === "rule" ? [[one.name, `${one.judgement} ${one.reason}`]] : []
  );
  return Object.fromEntries(found);
}

Deno.test("a rule is judged by what became of it and by what it does on held-out examples", () => {
  assertEquals(verdicts(judgeSteps(STEPS)), {
    good: "accepted first",
    rate: "accepted first",
    patched: "accepted f1",
    replacement: "accepted f1",
    merged: "accepted f1",
    tight: "accepted f1",
    precise: "partially_accepted precision",
    refitted: "partially_accepted refit",
    absent: "partially_accepted no-true-positive",
    mergedone: "partially_accepted merged",
    mergedtwo: "partially_accepted merged",
    loose: "partially_accepted tightened",
    old: "partially_accepted replaced",
    pruned: "partially_accepted pruned",
    dropped: "partially_accepted dropped",
    hangs: "rejected refused",
    prunedwrong: "rejected wrong",
    unwanted: "rejected removed",
    rejected: "rejected patch-rejected",
    skipped: "rejected skipped",
    reverted: "rejected audit-reverted",
    undone: "rejected undone",
    wrong: "needs_human_review wrong-at-the-end",
    harmful: "needs_human_review harmful",
    told: "needs_human_review told",
  });
});

Deno.test("of a run that did not end only what it refused and rejected is judged", () => {
  const judged = verdicts(judgeSteps(STEPS, { status: "aborted" }));
  const rejected = ["hangs", "rejected", "skipped", "reverted"];
  for (const [name, verdict] of Object.entries(judged)) {
    const isRejected = verdict.startsWith("rejected");
    assertEquals(isRejected, rejected.includes(name), name);
    if (!isRejected) assertEquals(verdict, "needs_human_review run-not-completed");
  }
});

Deno.test("without held-out examples no rule is accepted, and none is called wrong", () => {
  const judged = Object.values(verdicts(judgeSteps(STEPS, { split: { dev: [] } })));
  assertEquals(judged.filter((one) => one.startsWith("accepted")), []);
  assertEquals(judged.includes("partially_accepted not-held-out"), true);
  assertEquals(judged.includes("rejected wrong"), false);
});

Deno.test("a rule that is proposed twice is two proposals, and both are judged", () => {
  const steps: StepBody[] = [
    { type: "synthesis", proposed: 0, added: [], refused: [], scores: before },
    { ...patch(["good"]), verdict: "rejected" },
    { ...patch(["good"]), verdict: "accepted", clause: "f1" },
  ];
  const judged = judgeSteps(steps);
  assertEquals(judged.map(({ step, reason }) => [step, reason]), [[1, "patch-rejected"], [
    2,
    "f1",
  ]]);
  assertEquals(new Set(judged.map(({ id }) => id)).size, 2);
  const [{ id }] = judged;
  assertEquals(judgeSteps(steps)[0].id, id);
});

Deno.test("what the log of an imported run does not say needs a person", () => {
  const steps: StepBody[] = [
    { type: "synthesis", proposed: 1, added: [idOf("good")], refused: [], scores: before },
    {
      ...patch(["patched"]),
      verdict: "unknown",
      unlogged: { added: [idOf("precise")], removed: [idOf("good")] },
    },
  ];
  assertEquals(verdicts(judgeSteps(steps)), {
    good: "needs_human_review unlogged",
    precise: "needs_human_review unlogged",
    patched: "needs_human_review unknown-verdict",
  });
});

const rule = (label: string, pattern = label) => ({
  ...{ name: `${label}: ${pattern}`, label, patterns: [`\\b${pattern}\\b`], not: [], flags: "i" },
});

/** Learns from a model that replies so, and judges its replies. */
async function judgeReplies(replies: readonly unknown[]): Promise<[EvidenceSource, Evidence[]]> {
  const tape: Exchange[] = [];
  const chat = scriptChat((_, index) => {
    const reply = replies[Math.min(index, replies.length - 1)];
    if (reply instanceof Error) throw reply;
    return typeof reply === "string" ? reply : JSON.stringify(reply);
  });
  const { trace } = await learn({
    synthesizer: createLlmSynthesizer({ chat, concurrency: 1 }),
    onExchange: (exchange) => tape.push(exchange),
    maxIterations: 2,
  }, many);
  const source = { path: "x", trace, data: createDataset(many), tape };
  return [source, judge(source)];
}

Deno.test("a reply is judged by what became of its rules, also if it could not be used", async () => {
  const reasons = async (...replies: unknown[]) => {
    const [, evidence] = await judgeReplies(replies);
    return evidence.flatMap((one) => one.kind === "reply" ? one.reason : []);
  };
  const good = ["card", "fee", "rate"].map((label) => ({ rules: [rule(label)] }));
  const bad = { rules: [rule("card", "fee")], remove: [] };
  assertEquals(await reasons(...good), ["survived", "survived", "survived"]);
  const [first, ...others] = good;
  const half = { rules: [rule("card"), { label: "nobody" }] };
  assertEquals(await reasons(half, ...others), ["some-refused", "survived", "survived"]);
  assertEquals(await reasons(`So: ${JSON.stringify(first)}`, ...others), [
    "repaired",
    "survived",
    "survived",
  ]);
  assertEquals(await reasons("no", new Error("gone"), good[2], bad, { rules: [], remove: [] }), [
    "refused",
    "no-response",
    "survived",
    "patch-rejected",
    "empty",
  ]);
  assertEquals(await reasons({ rules: [{ label: "nobody" }] }, ...others, bad), [
    "nothing-admitted",
    "survived",
    "survived",
    "patch-rejected",
    "patch-rejected",
  ]);
});

Deno.test("rules and replies name each other, and the trace proves the replies", async () => {
  const [{ trace, tape }, evidence] = await judgeReplies([
    ...["card", "fee", "rate"].map((label) => ({ rules: [rule(label)] })),
  ]);
  const rules = evidence.filter((one) => one.kind === "rule");
  const replies = evidence.filter((one) => one.kind === "reply");
  assertEquals(rules.map(({ exchange }) => exchange), tape.map(({ id }) => id));
  assertEquals(replies.map(({ rules }) => rules), rules.map(({ rule = "" }) => [rule]));
  assertEquals(replies.map(({ isProved }) => isProved), [true, true, true]);
  const [step] = stepsOf(trace, "synthesis");
  assertEquals(replies.map(({ response = null }) => response), step.responses);
});

Deno.test("the evidence of a run of the embedded learner does not depend on anything else", async () => {
  const path = "examples/banking.trace.json";
  const source = {
    path,
    trace: await readTrace(path),
    data: await readDataset("examples/banking.jsonl"),
    tape: [],
  };
  const evidence = judge(source);
  assertEquals(judge({ ...source, path: "elsewhere" }), evidence);
  const ids = evidence.map(({ id }) => id);
  assertEquals(new Set(ids).size, ids.length);
  assertEquals(
    evidence.every((one) => one.kind === "rule" && one.rule !== undefined && one.dev !== undefined),
    true,
  );
});
