import { assert, assertEquals, assertMatch, assertRejects } from "jsr:@std/assert@^1";
import { formatTrace } from "../../../print.ts";
import { importRuleChefLog } from "../../../rulechef/log/import.ts";
import { readLines } from "../../../rulechef/log/entries.ts";
import { renderTrace, TraceError, verifyTrace } from "../../../trace.ts";
import {
  auditLine,
  critiqueLine,
  decisionLine,
  guideLine,
  line,
  type LoggedRule,
  patchLine,
  proposed,
  resetClock,
  synthesisLine,
} from "./fixture.ts";
import {
  bytesOf,
  card,
  cards,
  even,
  importAll,
  importOne,
  merge,
  merged,
  namesAt,
  rate,
  returnedOf,
  start,
  stepOf,
  three,
  typesOf,
} from "./importing.ts";

Deno.test("runs appended to one file are told apart", async () => {
  const one = [
    ...start,
    patchLine([card, rate], [{ ...card, content: "late" }]),
    decisionLine(1, false, [{ ...card, content: "late" }], even),
  ];
  const failed = [synthesisLine("card", []), synthesisLine("rate", [])];
  const { runs, counts } = await importAll([...one, ...failed, ...one]);
  assertEquals(runs.map(({ lines }) => lines), [4, 2, 4]);
  assertEquals(runs.map(({ trace }) => trace.run.status), ["unknown", "failed", "unknown"]);
  assertEquals([counts.used, counts.ambiguous], [10, 0]);
  assertEquals(runs[0].trace.digest, runs[2].trace.digest);
});

Deno.test("runs of one second that did the same have different ids", async () => {
  const { runs } = await importAll([...start, ...start, ...start]);
  const [first, ...others] = runs.map(({ trace }) => trace.run.id);
  assertEquals(others, [`${first}-2`, `${first}-3`]);
});

Deno.test("two runs that are mixed line by line stay two, even if nothing tells them apart", async () => {
  const late = { ...card, id: "l", name: "late", content: "late" };
  const one = [
    ...start,
    patchLine([card, rate], [late]),
    decisionLine(1, false, [late], even),
    patchLine([card, rate], [late]),
    decisionLine(2, false, [late], even),
  ];
  const { runs, counts } = await importAll(one.flatMap((line) => [line, line]));
  assertEquals(runs.map(({ lines, trace }) => [lines, typesOf(trace)]), [
    [6, ["synthesis", "iteration", "iteration"]],
    [6, ["synthesis", "iteration", "iteration"]],
  ]);
  assert(counts.ambiguous > 0);
});

Deno.test("a line without the number of examples continues the run", async () => {
  const [first, second] = start;
  const silent = first.replace(/"dataset_size":\s*\d+/, '"dataset_size":NaN');
  assert(silent !== first);
  assertEquals((await importOne([silent, second])).lines, 2);
});

Deno.test("mixed runs are told apart by their task, or by metadata of the user", async () => {
  const late = { ...card, id: "l", name: "late", content: "late" };
  const make = (marks: object) => [
    synthesisLine("card", [card], { ...marks }),
    synthesisLine("rate", [rate], { ...marks }),
    guideLine(1, "More.", "task_name" in marks ? {} : marks),
    patchLine([card, rate], [late], { ...marks }),
    decisionLine(1, true, [late], even, { ...marks }),
  ];
  for (const key of ["seed", "model"]) {
    const [one, other] = [make({ [key]: "one" }), make({ [key]: "two" })];
    const { runs, counts } = await importAll(one.flatMap((line, place) => [line, other[place]]));
    assertEquals(runs.map(({ lines, trace }) => [lines, typesOf(trace)]), [
      [5, ["synthesis", "iteration"]],
      [5, ["synthesis", "iteration"]],
    ]);
    assertEquals(counts.ambiguous, 0);
    assertEquals(runs[1].trace.run.learner.model, key === "model" ? "two" : undefined);
  }
});

Deno.test("mixed runs of one task are told apart by the rules that prompts show, or their lines counted", async () => {
  const fee: LoggedRule = { id: "f", name: "fee", content: "fees?", label: "fee" };
  const lines = [
    synthesisLine("card", [card], { dataset_size: 10 }),
    synthesisLine("card", [fee], { dataset_size: 30 }),
    patchLine([card], [rate]),
    patchLine([fee], [cards]),
    decisionLine(1, true, [rate], even),
    decisionLine(1, true, [cards], even),
  ];
  const { runs, counts } = await importAll(lines);
  assertEquals(runs.map(({ trace }) => namesAt(trace)), [["card_any", "rate_any"], [
    "fee",
    "cards",
  ]]);
  assertEquals(counts.ambiguous, 0);
  // A guide does not show rules, so it may belong to either run.
  const vague = await importAll([...lines, guideLine(2, "More.")]);
  assertEquals(vague.counts.ambiguous, 1);
});

Deno.test("lines of other calls, without a run, of other tasks and of no log are counted", async () => {
  const { runs, counts } = await importAll([
    guideLine(1, "Before any run."),
    ...start,
    line("trigger_decision", "", {}),
    line("rule_synthesis", "", {}, { task_name: "t", task_type: "transformation" }),
    '{"a": 1}',
    "[]",
    "not JSON",
    "",
    `${"[".repeat(100_000)}`,
  ]);
  assertEquals(runs.length, 1);
  const { lines, used, other, orphan, task, stray, broken, isTorn } = counts;
  assertEquals([lines, used, other, orphan, task, stray, broken, isTorn], [
    9,
    2,
    1,
    1,
    1,
    2,
    2,
    false,
  ]);
});

Deno.test("a last line that breaks off is counted, and all lines before it are used", async () => {
  const text = `${start.join("\n")}\n${patchLine([card, rate], []).slice(0, -40)}`;
  const { runs, counts } = await importRuleChefLog(bytesOf(text));
  assertEquals([counts.isTorn, counts.broken, counts.used], [true, 1, 2]);
  assertEquals(typesOf(runs[0].trace), ["synthesis"]);
  // A last line that lacks only its line feed does not break off.
  const { counts: whole } = await importRuleChefLog(bytesOf(start.join("\n")));
  assertEquals([whole.isTorn, whole.used], [false, 2]);
});

Deno.test("numbers that JSON does not have are missing, and the line is read", async () => {
  const late = { ...card, id: "l", name: "late NaN", content: "late" };
  const decision = decisionLine(1, true, [late], [0.5, 0.5, 0.75, 0.5])
    .replace('"candidate_micro_f1":0.75', '"candidate_micro_f1":NaN');
  const { trace } = await importOne([...start, patchLine([card, rate], [late]), decision]);
  const { before, after, verdict } = stepOf(trace, "iteration");
  assertEquals([before.f1, after.f1, verdict], [0.5, undefined, "accepted"]);
  assertEquals(namesAt(trace).at(-1), "late NaN");
});

Deno.test("hostile names, patterns and numbers neither break a trace nor a terminal", async () => {
  const hostile = ["__proto__", "constructor", "a\u001b[2Jb\n", "\ud800", "", "x".repeat(5_000)]
    .map((
      name,
      place,
    ): LoggedRule => ({ id: name, name, content: `word${place}`, label: "__proto__" }));
  const long = { ...card, name: "long", content: "a".repeat(100_000) };
  const evil = { ...card, name: "evil", content: "(a+)+$" };
  const odd = {
    ...proposed(card),
    name: "odd",
    content: "odd",
    priority: 1e308,
    output_template: { label: "constructor", __proto__: 1 },
  };
  const rules = [...hostile.map(proposed), proposed(long), proposed(evil), odd, null, 7, "x"];
  const whole = line("rule_synthesis", "", { rules }, {
    task_name: "../../__proto__",
    task_type: "classification",
    dataset_size: -1,
    iteration: 1e300,
  });
  const { trace } = await importOne([
    whole,
    decisionLine(9007199254740991, true, [{ ...card, name: "__proto__" }], [2, -1, 1, 1], {
      task_name: "../../__proto__",
    }),
    line("critique_rules", "", { rule_feedback: JSON.parse('{"__proto__": "no"}'), analysis: 5 }),
    "{",
    auditLine([card], [{ action: "remove", rule_ids: ["__proto__"], reason: { a: 1 } }]),
  ]);
  assertEquals(trace.run.dataset.name, "__proto__");
  assertEquals(trace.run.dataset.labels.includes("__proto__"), true);
  assertEquals(stepOf(trace, "iteration").before, { on: "dev" });
  for (const width of [40, 200]) {
    // deno-lint-ignore no-control-regex -- characters that must not be shown
    assert(!/[\u0000-\u0009\u000b-\u001f]/.test(formatTrace(trace, { width })));
  }
});

Deno.test("no text of an example gets into a trace, however it is quoted", async () => {
  const texts = [
    "My new card has not arrived yet, where is it?",
    "I would like to know the exchange rate of today",
    "refund",
  ];
  const failures = [{ text: "Nobody tells me why it was declined", label: "card" }];
  const all = [...texts, failures[0].text];
  const said = all.map((text) => `as in "${text}"`).join(", ");
  const late = { ...card, id: "l", name: `like ${texts[0]}`, content: "late" };
  const { trace } = await importOne([
    synthesisLine("card", [card], { texts }),
    critiqueLine([card], { analysis: said, task_guidance: said, rule_feedback: { c1: said } }),
    guideLine(1, said),
    patchLine([card], [late, { ...card, name: texts[1], content: "(" }], {
      failures,
      num_rules_in_response: 1,
    }),
    decisionLine(1, true, [late], even),
    auditLine([card, late], [{ action: "remove", rule_ids: ["c1"], reason: said }]),
  ]);
  const written = renderTrace(trace);
  for (const text of all) {
    assert(!written.includes(text === "refund" ? '\\"refund\\"' : text.slice(0, 20)), text);
  }
  assertMatch(stepOf(trace, "iteration").guidance ?? "", /^as in "\[e[0-9a-f]{10}\]", as in/);
});

Deno.test("the same log gives the same bytes, and the same digest with another clock", async () => {
  const lines = [...three, auditLine([card, cards, rate], [merge]), patchLine([rate, merged], [])];
  const [one, again] = [await importOne(lines), await importOne(lines)];
  assertEquals(renderTrace(one.trace), renderTrace(again.trace));
  const timeless = lines.map((text) => JSON.stringify({ ...JSON.parse(text), timestamp: "never" }));
  const { trace } = await importOne(timeless);
  assertEquals([trace.digest, trace.run.startedAt], [one.trace.digest, "2026-01-02T03:04:05.000Z"]);
  resetClock();
});

Deno.test("a run that was not imported may not leave open what an imported run may", async () => {
  const { trace } = await importOne(start);
  const { origin: _, ...run } = trace.run;
  const error = assertRejects(
    () => Promise.resolve().then(() => verifyTrace({ ...trace, run })),
    TraceError,
    "was not imported",
  );
  await error;
});

Deno.test("a line that is too long is skipped, and counted with the others", async () => {
  const part = new Uint8Array(1 << 20).fill(0x20);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let count = 0; count < 66; count++) yield part;
    yield await Promise.resolve(new TextEncoder().encode('\n{"a": 1}'));
  }
  const lines = await Array.fromAsync(readLines(chunks()));
  assertEquals(lines, [{ number: 1, isTorn: false }, {
    number: 2,
    isTorn: true,
    text: '{"a": 1}',
  }]);
});

Deno.test("lines are joined from any chunks, and bytes that are not UTF-8 lose one line only", async () => {
  const bytes = new TextEncoder().encode("\ufeffä\r\n\n\u{1f600}\nend\n");
  const broken = new Uint8Array([...bytes, 0xff, 0x0a, 0x78, 0x0a]);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (const byte of broken) yield await Promise.resolve(new Uint8Array([byte]));
  }
  const lines = await Array.fromAsync(readLines(chunks()));
  assertEquals(lines.map(({ number, text }) => [number, text]), [
    [1, "ä\r"],
    [3, "\u{1f600}"],
    [4, "end"],
    [5, undefined],
    [6, "x"],
  ]);
});

Deno.test("traces hold even if lines of the log are lost, repeated or mixed", async () => {
  const late = { ...card, id: "l", name: "late", content: "late" };
  const whole = [
    ...three,
    critiqueLine([card, cards, rate], { analysis: "fine", rule_feedback: { c1: "narrow it" } }),
    guideLine(1, "More."),
    patchLine([card, cards, rate], [late], { deleted: ["cards"] }),
    decisionLine(1, true, [late], [0.5, 0.5, 0.6, 0.6], { deleted: ["cards"] }),
    auditLine([card, rate, late], [{ ...merge, rule_ids: ["c1", "l"] }]),
    guideLine(2, "More."),
    patchLine([rate, merged], [card]),
    decisionLine(2, false, [card], [0.6, 0.6, 0.5, 0.5]),
    patchLine([rate, merged], []),
    auditLine([card, cards, rate], []),
  ];
  let seed = 7;
  const random = (below: number) => (seed = seed * 48_271 % 2_147_483_647) % below;
  for (let round = 0; round < 150; round++) {
    const lines = [...whole, ...random(2) === 0 ? whole : []];
    for (let change = random(8); change > 0; change--) {
      const [at, from] = [random(lines.length), random(lines.length)];
      const kind = random(4);
      if (kind === 0) lines.splice(at, 1);
      else if (kind === 1) lines.splice(at, 0, lines[from]);
      else if (kind === 2) [lines[at], lines[from]] = [lines[from], lines[at]];
      else {lines[at] = lines[at].replaceAll(/"late"|cards/g, () =>
          ["card", "__proto__"][random(2)]);}
    }
    const returned = random(3) === 0 ? returnedOf([card, rate]) : undefined;
    // Every trace is verified and printed.
    const { counts } = await importAll([synthesisLine("fee", []), ...lines], returned);
    assertEquals(counts.lines, lines.length + 1);
  }
});
