import { assert, assertEquals } from "jsr:@std/assert@^1";
import { learnRules, readDataset, readTrace, withTrace } from "../../../../mod.ts";
import { RulesReply } from "../../../../learn/llm/replies.ts";
import { createDataset } from "../../../../learn/data/dataset.ts";
import { createPlaybook, PlaybookEntrySchema } from "../../../../learn/rules/playbook.ts";
import { ruleId } from "../../../../learn/rules/rule.ts";
import { digest } from "../../../../learn/text/digest.ts";
import type { RowKind, TrainingRow } from "../../../../review/dataset/format.ts";
import { makeRows } from "../../../../review/dataset/rows/making.ts";
import type { MadeRows } from "../../../../review/dataset/rows/lineage.ts";
import type { EvidenceSource } from "../../../../review/evidence/format.ts";
import { judge, judgeAll } from "../../../../review/evidence/judging.ts";
import { readTape, rulesAt } from "../../../../trace.ts";
import { inFolder, many } from "../../../pipeline/fixture.ts";
import { item, recordRun, RIGHT } from "../../evidence/evidence_fixture.ts";

/** Records runs with these replies, and returns them with all that belongs to them. */
function record(...runs: (readonly unknown[])[]): Promise<EvidenceSource[]> {
  return inFolder((folder) =>
    Promise.all(runs.map(async (replies, place): Promise<EvidenceSource> => {
      const { path, trace, tape } = await recordRun(folder, `run-${place}`, replies);
      return { path, trace, tape: await readTape(tape!), data: createDataset(many) };
    }))
  );
}

function make(sources: readonly EvidenceSource[], kind: RowKind): MadeRows {
  return makeRows(judgeAll(sources), new Set([kind]));
}

/** Rows of one kind. */
function only<K extends RowKind>(rows: readonly TrainingRow[], kind: K) {
  return rows.filter((row): row is TrainingRow & { kind: K } => row.kind === kind);
}

/** The reasons of what is left out, with their details, in order. */
function left({ quarantined }: MadeRows): string[] {
  return quarantined.map(({ reason, detail = "" }) => `${reason}: ${detail}`).sort();
}

Deno.test("an accepted reply is a row as it came, of a partial one only what survived", async () => {
  const [first, ...others] = RIGHT;
  const mixed = { rules: [item("card"), item("nobody"), item("card", "zebra")] };
  const [plain] = await record(RIGHT);
  const made = make([plain], "sft");
  assertEquals(
    only(made.rows, "sft").map(({ variant, content }) => [variant, content.completion]),
    RIGHT.slice(0, 3).map((reply) => ["verbatim", JSON.stringify(reply)]),
  );
  assertEquals(left(made), ["category: needs_human_review: empty"]);
  assert(first);

  const source = (await record([mixed, ...others]))[0];
  const [row] = only(make([source], "sft").rows, "sft");
  assertEquals([row.variant, JSON.parse(row.content.completion)], [
    "curated",
    // Nobody is taught the rule that was never right on a held-out example.
    { rules: [item("card")] },
  ]);
  assertEquals(row.content.prompt, source.tape[0].messages);
});

Deno.test("a row says where it comes from, what it shows, and which held-out examples decided", async () => {
  const [source] = await record(RIGHT);
  const { trace, tape, data } = source;
  const [{ sources, shown, tainted }] = make([source], "sft").rows;
  assertEquals(sources.length, 1);
  const [{ evidence, ...from }] = sources;
  const [step] = trace.steps;
  assertEquals(judgeAll([source])[0].evidence.find(({ id }) => id === evidence)?.kind, "reply");
  assertEquals(from, {
    trace: trace.digest,
    step: 0,
    stepDigest: step.digest,
    dataset: trace.run.dataset.digest!,
    judgement: "accepted",
    reason: "survived",
    exchange: tape[0].id,
    response: digest(tape[0].response),
  });
  const prompt = tape[0].messages[1].content;
  const byId = new Map(data.examples.map(({ id, text }) => [id, text]));
  for (const { id, text } of shown) {
    assertEquals(byId.get(id), text);
    assert(prompt.includes(JSON.stringify(text)));
  }
  assertEquals(shown.length, JSON.parse(prompt).examples.length);
  assertEquals(tainted, `dev ${digest([...trace.run.split.dev].sort())}`);
});

Deno.test("rejected replies are bad examples, but for advice and those that were never sent", async () => {
  const bad = { rules: [item("card", "fee")], remove: [] };
  const [source] = await record(["no", ...RIGHT.slice(1, 3), bad]);
  const made = make([source], "unpaired");
  assertEquals(
    only(made.rows, "unpaired").map(({ content }) => [content.label, content.completion]),
    [
      [false, "no"],
      [true, JSON.stringify(RIGHT[1])],
      [true, JSON.stringify(RIGHT[2])],
      [false, JSON.stringify(bad)],
    ],
  );
  assertEquals(left(make([source], "sft")), [
    "category: rejected: patch-rejected",
    "category: rejected: refused",
  ]);
});

Deno.test("a reply that the trace does not prove, or a prompt with foreign texts, is left out", async () => {
  const [source] = await record(RIGHT);
  const steps = source.trace.steps.map((step) => {
    const { responses: _, ...rest } = step as typeof step & { responses?: unknown };
    return rest;
  });
  const older = { ...source, trace: { ...source.trace, steps, version: 2 } } as EvidenceSource;
  const unproved = "unproved: the trace has no digest of the response";
  assertEquals(left(make([older], "sft")).filter((one) => one.startsWith("unproved")), [
    ...Array(3).fill(unproved),
  ]);
  const [{ text }] = make([source], "sft").rows[0].shown;
  const examples = source.data.examples.filter((example) => example.text !== text);
  const fewer = { ...source, data: { ...source.data, examples } } as EvidenceSource;
  assertEquals(
    left(make([fewer], "sft")).includes(
      "unproved: it shows a text that the examples of its run do not have",
    ),
    true,
  );
});

Deno.test("of two replies to one request the better one by unseen examples is chosen", async () => {
  const [first, ...others] = RIGHT;
  const bad = { rules: [item("card", "fee")] };
  const sources = await record([first, ...others], [bad, ...others], [first, ...others]);
  const made = make(sources, "preference");
  const [row, ...rest] = only(made.rows, "preference");
  assertEquals(rest, []);
  assertEquals(
    [row.content.chosen, row.content.rejected],
    [first, bad].map((one) => JSON.stringify(one)),
  );
  assertEquals(row.sources.map(({ exchange }) => exchange), Array(2).fill(sources[0].tape[0].id));
  assertEquals(new Set(row.sources.map(({ trace }) => trace)).size, 2);
  // Whatever the order and the names of the files.
  assertEquals(make(sources.toReversed(), "preference"), made);

  const same = { rules: [{ ...item("card"), name: "the same in other words" }] };
  const tied = make(await record(RIGHT, [same, ...others]), "preference");
  assertEquals([tied.rows.length, tied.quarantined.map(({ reason }) => reason)], [0, ["tie"]]);
});

Deno.test("a run without a model teaches one: its requests, with the rules that it found", async () => {
  const path = "examples/banking.trace.json";
  const data = await readDataset("examples/banking.jsonl");
  const source: EvidenceSource = { path, trace: await readTrace(path), data, tape: [] };
  const { rows, quarantined } = make([source], "teacher");
  assertEquals([rows.length, quarantined], [5, []]);
  const dev = new Set(source.trace.run.split.dev);
  for (const { content, shown } of only(rows, "teacher")) {
    const { wantedLabels, examples, rulesPerLabel } = JSON.parse(content.prompt[1].content);
    const { rules } = RulesReply.parse(JSON.parse(content.completion));
    assert(rules.length > 0 && rules.length <= rulesPerLabel);
    const labels = rules.map((rule) => (rule as { label: string }).label);
    assertEquals(new Set(labels), new Set(wantedLabels));
    assertEquals(shown.map(({ text }) => text), examples.map(({ text }: { text: string }) => text));
    assertEquals(shown.filter(({ id }) => dev.has(id)), []);
  }
  const asked = make(await record(RIGHT), "teacher");
  assertEquals([asked.rows, asked.quarantined], [[], []]);
});

Deno.test("a playbook has the rules at the end that mended a kind of failure, of each step that brought some", async () => {
  const path = "examples/banking.trace.json";
  const data = await readDataset("examples/banking.jsonl");
  const trace = await readTrace(path);
  const { rows } = make([{ path, trace, data, tape: [] }], "playbook");
  const last = new Map(rulesAt(trace, trace.steps.length - 1).map((rule) => [rule.id, rule]));
  const train = data.examples.filter(({ id }) => !trace.run.split.dev.includes(id));
  const seen = new Set<string>();
  for (const { content, shown, sources: [{ step: index }] } of only(rows, "playbook")) {
    const { failure, gain, heldOut, rules } = PlaybookEntrySchema.parse(content);
    const step = trace.steps[index!];
    seen.add(step.type);
    assertEquals(shown, []);
    assert(rules.every(({ label }) => label === failure.expected));
    for (const rule of rules) {
      const { id, ...rest } = last.get(ruleId(rule))!;
      assertEquals(rest, rule, id);
    }
    if (step.type === "iteration") {
      assert(gain! > 0);
      const cluster = step.failures.clusters.find(({ expected, predicted }) =>
        expected === failure.expected && predicted === failure.predicted
      );
      assertEquals(cluster?.count, failure.count);
    } else {
      assertEquals([gain, failure.predicted], [undefined, null]);
      const learned = step.type === "refit" ? data.examples : train;
      const count = learned.filter((one) => "label" in one && one.label === failure.expected);
      assertEquals(failure.count, count.length);
    }
    assertEquals(heldOut === undefined, step.type === "refit");
  }
  assertEquals([...seen], ["synthesis", "iteration", "audit", "refit"]);
});

Deno.test("rules that a run began with are neither evidence of it nor in its playbook", async () => {
  const data = await readDataset("examples/banking.jsonl");
  const texts = data.examples.filter((_, place) => place % 8 === 0);
  const earlier = await readTrace("examples/banking.trace.json");
  const { rows } = make([{ path: "a", trace: earlier, data, tape: [] }], "playbook");
  const playbook = createPlaybook(
    only(rows, "playbook").map(({ content }) => PlaybookEntrySchema.parse(content)),
  );
  const few = createDataset({ name: "few", examples: texts });
  const { trace } = await inFolder((storage) =>
    withTrace(learnRules, { storage })(few, { playbook })
  );
  const source: EvidenceSource = { path: "b", trace, data: few, tape: [] };
  const [synthesis] = trace.steps;
  assert(synthesis.type === "synthesis" && synthesis.start!.length > 5);
  const began = new Set(synthesis.start);
  const proposed = judge(source).flatMap((one) => one.kind === "rule" ? one.rule ?? [] : []);
  assertEquals(proposed.filter((id) => began.has(id)), []);
  const again = only(make([source], "playbook").rows, "playbook").flatMap(({ content }) =>
    PlaybookEntrySchema.parse(content).rules.map(ruleId)
  );
  assertEquals(again.filter((id) => began.has(id)), []);
});

Deno.test("no row is made of a run that did not come to its end", async () => {
  const [source] = await record(RIGHT);
  const aborted = {
    ...source,
    trace: { ...source.trace, run: { ...source.trace.run, status: "aborted" } },
  };
  for (const kind of ["sft", "unpaired", "preference"] as const) {
    const made = make([aborted as EvidenceSource], kind);
    assertEquals(made.rows, [], kind);
    assertEquals(
      made.quarantined.every(({ reason }) => reason === "run-not-completed"),
      true,
      kind,
    );
  }
});
