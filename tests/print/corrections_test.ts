import { assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import type { StepBody } from "../../record/schema.ts";
import { formatRuleLife, formatRules, formatTrace } from "../../print.ts";
import { renderReport } from "../../review/report.ts";
import { bodies, completed, makeTrace, ruleOf } from "./print_fixture.ts";

const corrections = ["e50", "e51", "e52"];
const feedback = [
  { text: "say no to <b>\u001b[31m", label: "travel" },
  ...Array.from({ length: 6 }, (_, place) => ({ text: `words ${place}` })),
];
const told: Partial<Record<StepBody["type"], object>> = {
  synthesis: { mended: ["e50"], start: [ruleOf.rate.id] },
  prune: { broken: ["e50"] },
  refit: { mended: ["e51", "e52"], broken: [] },
  final: { wrong: ["e50"] },
};
const trace = makeTrace(
  { ...completed.run, split: { ...completed.run.split, corrections }, feedback },
  Object.values(completed.rules).map((rule) => ({ ...rule, locked: true as const })),
  bodies.map((body) => {
    const changed = { ...body, ...told[body.type] } as StepBody;
    if (changed.type !== "synthesis") return changed;
    return { ...changed, added: changed.added.filter((id) => id !== ruleOf.rate.id) };
  }),
);

Deno.test("a run tells which steps mended and broke corrections, which are wrong, and what is locked", () => {
  const [head, story, words, table] = formatTrace(trace, { width: 1000 }).split("\n\n");
  assertStringIncludes(head, "· 3 corrections");
  assertStringIncludes(
    story,
    "began with 1 rule, 1 locked, synthesized 5 rules (3 refused, 1 of 3 ",
  );
  assertStringIncludes(story, "pruned card_late (broke 1 correction)");
  assertStringIncludes(story, "(1 added, 1 removed, mended 2 corrections)");
  assertStringIncludes(story, "1 of 3 corrections still wrong: e50");
  const [title, first, ...rest] = words.split("\n");
  assertEquals([title, first], ["feedback", String.raw`  travel: say no to <b>\x1b[31m`]);
  assertEquals([rest.length, rest.at(-1)], [5, "  + 2 more"]);
  for (
    const note of [
      "1 rule at the start, 1 locked",
      "1 of 3 corrections right",
      "broke 1 correction: e50",
      "mended 2 corrections: e51, e52",
      "1 of 3 corrections still wrong: e50",
    ]
  ) assertStringIncludes(table, note);
  assertStringIncludes(formatRules(trace), " rule, 1 locked\n");
  assertStringIncludes(formatRules(trace, { width: 100 }), "  locked  ");
  assertStringIncludes(formatRuleLife(trace, ruleOf.rate.id, { width: 200 }), " · locked\n");
  const page = renderReport(trace);
  assertStringIncludes(page, String.raw`<li>travel: say no to &lt;b&gt;\x1b[31m</li>`);
  assertStringIncludes(page, "No model was asked: it is only recorded.");
});

Deno.test("a run without corrections, feedback and locked rules says nothing of them", () => {
  const text = formatTrace(completed, { width: 1000 }) + formatRules(completed);
  for (const word of ["correction", "feedback", "locked"]) {
    assertEquals(text.includes(word), false, word);
  }
});
