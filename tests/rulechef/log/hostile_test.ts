import { assertEquals, assertMatch } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { importRuleChefLog } from "../../../rulechef/log/import.ts";
import { readLines } from "../../../rulechef/log/entries.ts";
import { executeScript } from "../../script/process.ts";
import {
  auditLine,
  critiqueLine,
  decisionLine,
  guideLine,
  line,
  patchLine,
  proposed,
  synthesisLine,
} from "./fixture.ts";
import {
  bytesOf,
  card,
  even,
  importAll,
  importOne,
  lost,
  namesAt,
  now,
  rate,
  start,
  stepOf,
} from "./importing.ts";

const task = { task_name: "cards", task_type: "classification" };

/** Returns the lines with another time on each. */
const timed = (timestamp: unknown, lines: readonly string[] = start) =>
  lines.map((text) => JSON.stringify({ ...JSON.parse(text), timestamp }));

Deno.test("a time without a zone is in UTC, whatever the zone of the machine", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const written = "2026-11-20 22:32:56.123456";
    await Deno.writeTextFile(join(folder, "run.jsonl"), timed(written).join("\n"));
    for (const TZ of ["Pacific/Kiritimati", "America/Los_Angeles"]) {
      const { stdout } = await executeScript("review/rulechef_log.ts", ["run.jsonl"], folder, {
        env: { NO_COLOR: "1", TZ },
      });
      assertMatch(stdout, /^trace: runs\/cards\.20261120T223256-/);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

for (
  const [written, read] of [
    ["2026-11-20T22:32:56", "2026-11-20T22:32:56.000Z"],
    ["2026-11-20T22:32:56Z", "2026-11-20T22:32:56.000Z"],
    ["2026-11-20T22:32:56.654321+05:30", "2026-11-20T17:02:56.654Z"],
    ["0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"],
    ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"],
  ] as const
) {
  Deno.test(`a time that a trace can hold is read: ${written}`, async () => {
    assertEquals((await importOne(timed(written))).trace.run.startedAt, read);
  });
}

for (
  const written of [
    "+012026-11-20T22:32:56Z",
    "-000001-11-20T22:32:56Z",
    "0000-01-01T00:00:00+05:00",
    "9999-12-31T23:59:59-05:00",
    "2026-11-20T25:00:00Z",
    "20 November 2026 22:32",
    "",
    1_790_000_000,
  ]
) {
  Deno.test(`a time that a trace cannot hold counts as missing: ${written}`, async () => {
    const { trace } = await importOne(timed(written));
    assertEquals(trace.run.startedAt, now().toISOString());
  });
}

Deno.test("a run whose trace could not be read is refused with its line, and the others stay", async () => {
  const late = () => new Date("+012026-11-20T22:32:56Z");
  const [timeless, timely] = ["never", "2026-11-20T22:32:56Z"].map((time) => timed(time));
  const text = ["{}", ...timely, ...timeless, ...timely].join("\n");
  const { runs, refused } = await importRuleChefLog(bytesOf(text), { now: late });
  const line = 2 + timely.length;
  assertEquals(refused.map(({ line, reason }) => [line, reason.split(":")[0]]), [[
    line,
    "field run.id",
  ]]);
  const { runs: [alone] } = await importRuleChefLog(bytesOf(timely.join("\n")));
  assertEquals(
    runs.map(({ trace }) => trace.digest),
    [alone, alone].map(({ trace }) => trace.digest),
  );
});

Deno.test("a log without a run gives an empty list of runs", async () => {
  const { runs, counts } = await importAll(["{}"]);
  assertEquals([runs, counts.stray], [[], 1]);
});

Deno.test("a number of an iteration that is too large or not a whole number is ignored", async () => {
  const late = { ...card, content: "late" };
  for (const number of [Number.MAX_SAFE_INTEGER, 1e9 + 1, 1.5, -1]) {
    const { trace } = await importOne([
      ...start,
      patchLine([card, rate], [late]),
      decisionLine(number, true, [late], even),
      patchLine([late, rate], []),
    ]);
    const steps = trace.steps.filter((step) => step.type === "iteration");
    assertEquals(steps.map(({ iteration }) => iteration), [0, 0]);
  }
});

Deno.test("half a character in a model or a label does not end the import", async () => {
  const model = `${"a".repeat(99)}\u{1f600}`;
  const { trace } = await importOne([
    synthesisLine("card", [card], { model }),
    patchLine([card], [], { failures: [{ text: "where is it", label: "\ud800" }], model }),
  ]);
  assertEquals(trace.run.learner.model, `${"a".repeat(99)}\ufffd`);
  assertEquals(trace.run.dataset.labels, ["card", "\ufffd"]);
});

Deno.test("a long line with numbers that JSON does not have is read", async () => {
  const whole = line("rule_synthesis", "x".repeat(9_000_000), { rules: [proposed(card)] }, task);
  const { trace } = await importOne([whole.replace('"metadata":{', '"metadata":{"loss":NaN,')]);
  assertEquals(namesAt(trace), ["card_any"]);
});

Deno.test("numbers that JSON does not have are left alone within strings", async () => {
  const name = 'is NaN "-Infinity" \\';
  const whole = line("rule_synthesis", "", { rules: [proposed({ ...card, name })] }, task);
  const { trace } = await importOne([
    whole.replace('"metadata":{', '"metadata":{"a":[NaN,-Infinity],"b":Infinity,'),
  ]);
  assertEquals(namesAt(trace), [name]);
});

// Each would take hours if every place in it started a new search.
for (
  const [what, made, field] of [
    ["a torn line of escaped quotes", `{"x": NaN, "y": "${'\\"'.repeat(2_000_000)}`, "broken"],
    [
      "a rule that is named by beginnings of ids",
      line("critique_rules", `TASK\n  Rule: "${'" (id='.repeat(1_000_000)}\n`, {}),
      "used",
    ],
    [
      "a line of contexts without an end",
      line("critique_rules", `TASK\n  ${'(context: "'.repeat(1_000_000)}\n`, {}),
      "used",
    ],
    [
      "a torn reply of lists of what to delete",
      line("rule_patch", "", `{"rules": [{"name": "a"}, ${'"deleted_rules": ['.repeat(500_000)}`),
      "used",
    ],
    [
      "a task that is named by dashes",
      line("rule_synthesis", "", { rules: [] }, {
        ...task,
        task_name: `a${"-".repeat(4_000_000)}a`,
      }),
      "used",
    ],
  ] as const
) {
  Deno.test(`a long line is read in time: ${what}`, async () => {
    const { counts } = await importAll([...start, made]);
    assertEquals(counts[field], field === "used" ? 3 : 1);
  });
}

Deno.test("a critique identifies rules by the last id on their line", async () => {
  const odd = { ...card, name: 'card" (id=zz) any' };
  const { trace, contradictions } = await importOne([
    synthesisLine("card", [odd]),
    critiqueLine([odd], { rule_feedback: { c1: "narrow it" } }),
  ]);
  assertEquals(contradictions, []);
  assertEquals(stepOf(trace, "critique").advice, [
    { rule: Object.keys(trace.rules)[0], text: "narrow it" },
  ]);
});

Deno.test("a reply that breaks off deletes the rules of its list, up to the first bracket that closes", async () => {
  const rules = `{"rules": [${JSON.stringify(proposed(card))}, {"name"`;
  for (
    const [list, removed] of [
      ['"deleted_rules" : ["rate_any"], ', 1],
      ['"deleted_rules": ["rate_any", "a]"], ', 0],
      ['"deleted_rules": ["rate_any"', 0],
    ] as const
  ) {
    const torn = line("rule_patch", patchPrompt(), `${list}${rules}`, { num_deleted: removed });
    const { trace } = await importOne([...start, torn]);
    assertEquals(stepOf(trace, "iteration").patch.removed.length, removed, list);
  }
});

function patchPrompt(): string {
  return JSON.parse(patchLine([card, rate], [])).messages[0].content;
}

Deno.test("a source may reuse the memory of its last chunk", async () => {
  const buffer = new Uint8Array(4);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (const text of ["a\nbc", "def\n", "g\nhi"]) {
      new TextEncoder().encodeInto(text, buffer);
      yield await Promise.resolve(buffer);
    }
  }
  const lines = await Array.fromAsync(readLines(chunks()));
  assertEquals(lines.map(({ text }) => text), ["a", "bcdef", "g", "hi"]);
});

Deno.test("rules with one name and long patterns are told apart by the part that a prompt shows", async () => {
  const rules = [..."ab🙂c"].map((letter, place) => ({
    ...card,
    id: `c${place}`,
    name: "same",
    content: `${"🙂".repeat(299)}${letter}${"x".repeat(20)}`,
  }));
  const [shown, hidden] = [auditLine(rules.toReversed(), []), auditLine(rules.slice(1), [])];
  const known = await importOne([synthesisLine("card", rules), shown]);
  assertEquals(known.contradictions, []);
  const gap = await importOne([synthesisLine("card", rules), lost, hidden]);
  assertEquals(gap.contradictions.length, 1);
});

Deno.test("of many runs at the same time, only the last ones go on", async () => {
  // Two lines with one mark, which is the same on each line of a run.
  const begin = (marks: { readonly seed: number }) => [
    synthesisLine("card", [card], marks),
    synthesisLine("rate", [rate], marks),
  ];
  const seeds = Array.from({ length: 64 }, (_, seed) => ({ seed }));
  const begun = seeds.flatMap(begin);
  const kept = await importAll([...begun, guideLine(1, "More.", seeds[0])]);
  assertEquals([kept.runs.length, kept.runs[0].lines, kept.counts.orphan], [64, 3, 0]);
  const gone = await importAll([...begun, ...begin({ seed: 64 }), guideLine(1, "More.", seeds[0])]);
  assertEquals([gone.runs.length, gone.runs[0].lines, gone.counts.orphan], [65, 2, 1]);
});
