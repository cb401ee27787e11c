import { assert, assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import type { Exchange } from "../../../../learn/chat/exchanges.ts";
import type { TrainingRow } from "../../../../review/dataset/format.ts";
import { formatSummary } from "../../../../review/dataset/summary/markdown.ts";
import { summariseDataset } from "../../../../review/dataset/summary/summarising.ts";
import type { JudgedSource } from "../../../../review/evidence/format.ts";
import { many } from "../../../pipeline/fixture.ts";
import { HOSTILE, judged, makeParts, makeRow } from "./summary_fixture.ts";

const sum = (items: readonly { readonly count: number }[]) =>
  items.reduce((sum, { count }) => sum + count, 0);

Deno.test("a summary accounts for each run, piece of evidence, row and row left out", () => {
  const parts = makeParts();
  const summary = summariseDataset(parts);
  const evidence = judged.flatMap(({ evidence }) => evidence);
  assertEquals(sum(summary.evidence), evidence.length);
  assertEquals(summary.runs.map(({ file, status }) => [file, status]), [
    ["many.a.trace.json", "completed"],
    ["many.b.trace.json", "completed"],
  ]);
  assert(
    parts.rows.length > 6 && parts.quarantined.length > 2,
    `${parts.rows.length} ${parts.quarantined.length}`,
  );
  for (const rows of [summary.rows, summary.taints]) assertEquals(sum(rows), parts.rows.length);
  assertEquals(sum(summary.quarantine), parts.quarantined.length);
  const kinds = new Set(parts.rows.map(({ row }) => row.kind));
  assertEquals(new Set(summary.kinds.map(({ kind }) => kind)), kinds);
  for (const { kind, rows, train, test, runs } of summary.kinds) {
    assertEquals(rows, parts.rows.filter(({ row }) => row.kind === kind).length);
    assertEquals([train! + test!, runs <= 2], [rows, true]);
  }
  const paired = parts.rows.filter(({ row: { sources } }) =>
    sources.length === 2 && sources[0].trace !== sources[1].trace
  );
  const byRun = summary.runs.reduce((sum, { rows }) => sum + rows, 0);
  assertEquals(byRun, parts.rows.length + paired.length);
  assertEquals(summary.skipped, [{ reason: "broken-trace", count: 1 }]);
  assertEquals(summary.files.map(({ path }) => path), ["x.trace.json"]);
});

Deno.test("a summary depends on neither the folder nor the order of runs, and holds no text", () => {
  const parts = makeParts();
  const elsewhere = parts.judged.map(({ source, evidence }) => ({
    source: { ...source, path: source.path.replace("runs/", "/else/where/") },
    evidence,
  }));
  const skipped = parts.skipped.map((file) => ({ ...file, path: "/else/x.trace.json" }));
  const summary = JSON.stringify(summariseDataset(parts));
  const other = summariseDataset({ ...parts, judged: elsewhere.toReversed(), skipped });
  assertEquals(JSON.stringify(other), summary);
  for (const { text } of many.examples) assert(!summary.includes(text), text);
});

Deno.test("a row is about the labels of its answer, of the better of two, or of its text", () => {
  const about = (row: TrainingRow) => {
    const { coverage: [{ labels }] } = summariseDataset(makeParts({ rows: [{ row }] }));
    return labels.filter(({ rows }) => Object.keys(rows).length > 0)
      .map(({ label, rows }) => [label, rows]);
  };
  const kinds = ["sft", "teacher", "preference", "unpaired", "playbook", "weak", "hard"] as const;
  for (const kind of kinds) assertEquals(about(makeRow(kind, "fee")), [["fee", { [kind]: 1 }]]);
  const { sources, shown } = makeRow("hard", "fee");
  const entities = [{ start: 0, end: 1, type: "rate" }, { start: 2, end: 3, type: "rate" }];
  const row: TrainingRow = { kind: "hard", content: { text: "", entities }, sources, shown };
  assertEquals(about(row), [["rate", { hard: 1 }]]);
  const prompt = [] as const;
  for (const completion of ["{", '{"rules":[null,{"label":1}]}', '{"actions":[]}']) {
    assertEquals(about({ kind: "sft", content: { prompt, completion }, sources, shown }), []);
  }
});

/** The runs, with exchanges changed by place. */
function change(
  changes: (exchange: Exchange, place: number) => Partial<Exchange>,
  run: Partial<JudgedSource["source"]["trace"]["run"]> = {},
): JudgedSource {
  const [{ source, evidence }] = judged;
  const trace = { ...source.trace, run: { ...source.trace.run, ...run } };
  const tape = source.tape.map((one, place) => ({ ...one, ...changes(one, place) }));
  return { source: { ...source, trace, tape }, evidence };
}

Deno.test("what was not recorded is told: runs without an end, a tape, a step or a response", () => {
  const { logging } = summariseDataset(makeParts());
  const calls = judged.reduce((sum, { source: { tape } }) => sum + tape.length, 0);
  const whole = { unfinished: 0, withoutTape: 0, withoutStep: 0, withoutResponse: 0 };
  const rest = { runs: 2, broken: 1, asked: 2, lost: 1 };
  assertEquals(logging, { ...rest, ...whole, calls, proved: calls });
  const [, other] = judged;
  const failed = change(() => ({}), { status: "failed" });
  const bare = { source: { ...other.source, tape: [] }, evidence: [] };
  const named = judged[0].evidence.filter(({ kind }) => kind === "reply").length;
  const unnamed = {
    source: { ...failed.source, tape: [...failed.source.tape, failed.source.tape[0]] },
    evidence: failed.evidence.map((one) =>
      one.kind === "reply" ? { ...one, response: undefined, isProved: false } : one
    ),
  };
  assertEquals(summariseDataset(makeParts({ judged: [unnamed, bare], skipped: [] })).logging, {
    ...{ runs: 2, unfinished: 1, broken: 0, asked: 2, withoutTape: 1, lost: 2, withoutStep: 1 },
    ...{ calls: named, withoutResponse: named, proved: 0 },
  });
  const unknown = change(() => ({}), { status: "unknown" });
  assertEquals(summariseDataset(makeParts({ judged: [unknown] })).logging.unfinished, 0);
});

Deno.test("what was cut is told, by the tape, and of rows by their prompt and reply", () => {
  const parts = makeParts();
  const { exchanges, rows, ...none } = summariseDataset(parts).truncation;
  assertEquals(none, { cutOff: 0, broken: 0, shortened: 0, leftOut: 0, truncated: 0 });
  assert(exchanges > 5 && rows > 5);
  const error = { name: "ChatError", message: "gone" };
  const cut = change(({ messages, metadata }, place) => {
    if (place === 0) return { finishReason: "length" };
    if (place === 1) return { error };
    const content = '{"examples":[{"text":"a part","cut":true}]}';
    if (place === 2) return { messages: [...messages.slice(0, -1), { role: "user", content }] };
    return place === 3 ? { metadata: { ...metadata, budget: { leftOut: { examples: 3 } } } } : {};
  });
  const { truncation } = summariseDataset({ ...parts, judged: [cut, judged[1]] });
  const { truncated, ...told } = truncation;
  assertEquals(told, { exchanges, rows, cutOff: 1, broken: 1, shortened: 1, leftOut: 1 });
  const [first, second] = cut.source.tape;
  const ids = new Set([first.id, second.id]);
  const trace = cut.source.trace.digest;
  const isCut = ({ row: { sources } }: typeof parts.rows[number]) =>
    sources.some((one) => one.trace === trace && ids.has(one.exchange ?? ""));
  assert(truncated > 0);
  assertEquals(truncated, parts.rows.filter(isCut).length);
});

Deno.test("rows of one prompt, duplicates and lengths are counted by kind", () => {
  const rows = Array.from({ length: 10 }, (_, place) => ({
    row: makeRow("hard", "fee", "x".repeat(place)),
  }));
  const least = JSON.stringify(rows[0].row.content).length;
  const { sources } = rows[0].row;
  const twice = [makeRow("sft", "fee"), makeRow("sft", "fee"), makeRow("sft", "card")];
  const summary = summariseDataset(makeParts({
    rows: [...twice.map((row) => ({ row })), ...rows],
    quarantined: [{ kind: "weak", reason: "duplicate", sources, shown: [] }],
  }));
  assertEquals(summary.duplicates, [
    { kind: "sft", leftOut: 0, requests: 2, repeated: 1, most: 2 },
    { kind: "weak", leftOut: 1 },
    { kind: "hard", leftOut: 0 },
  ]);
  const [prompt, answer, whole] = summary.lengths;
  assertEquals([prompt.part, answer.part, whole.part], ["prompt", "answer", "row"]);
  assertEquals(prompt.characters, [15, 15, 15, 16, 16]);
  assertEquals(whole.characters.map((length) => length - least), [0, 0, 4, 8, 9]);
  assertEquals(summary.kinds.map(({ kind, train }) => [kind, train]), [
    ["sft", undefined],
    ["hard", undefined],
  ]);
});

Deno.test("a summary as Markdown says what does not hold, and names are no markup", () => {
  const parts = makeParts();
  const runs = Array.from({ length: 50 }, (_, place) => {
    const { source, evidence } = judged[0];
    return {
      source: { ...source, path: `${place}${HOSTILE.replace("/", "")}.trace.json` },
      evidence,
    };
  });
  const summary = summariseDataset({ ...parts, judged: runs });
  const text = formatSummary(summary, { problems: ["There is *no* row."], notes: ["drift"] });
  assertStringIncludes(
    text,
    `## ❌ Data set of ${parts.rows.length} rows out of 50 runs\n\n- There`,
  );
  assertStringIncludes(text, "There is &#42;no&#42; row.\n- drift\n");
  // deno-lint-ignore no-control-regex -- that is what must not be there
  assert(!/[\u0000-\u0009\u000b-\u001f\u202e]|<(?!\/?(details|summary)>|!-- -->)/.test(text), text);
  assertEquals(text.match(/^\| \d+&#60;/gm)?.length, 40);
  assertStringIncludes(text, "the first 40, summary.json has all");
  const headings = text.matchAll(/^### (.*)$/gm).toArray().map(([, heading]) => heading);
  assertEquals(headings, [
    "What came in",
    "How it was judged",
    "What was made of it",
    "What was left out",
    "Biases",
  ]);
  const empty = { judged: [], skipped: [], rows: [], quarantined: [] };
  assertStringIncludes(formatSummary(summariseDataset(makeParts(empty))), "## Data set of 0 rows");
  assertStringIncludes(formatSummary(summary, { problems: [] }), "## ✅ Data set");
});
