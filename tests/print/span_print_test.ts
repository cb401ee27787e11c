import { assert, assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import { createDataset } from "../../learn/data/dataset.ts";
import { evaluateRules } from "../../learn/score/evaluation.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import type { Run, StepBody } from "../../record/schema.ts";
import {
  formatEvaluation,
  formatMarkdown,
  formatRuleLife,
  formatRules,
  formatTrace,
} from "../../print.ts";
import { phrasePattern, phraseReading } from "../../print/rules.ts";
import { displayWidth } from "../../print/text.ts";
import { makeRule, makeScores, makeTrace, run } from "./print_fixture.ts";

const lines = (text: string) => text.replace(/\n$/, "").split("\n");
const WIDTHS = [20, 40, 80, 200];

const spans: Run = {
  ...run,
  dataset: { ...run.dataset, name: "tables", task: "ner", labels: ["city", "size", "state"] },
  learner: { synthesizer: "spans", coordinator: "simple" },
  config: { decide: "first", match: "exact", overlaps: "drop" },
};
const strengths = { precision: 0.9, support: 12 };
const place = makeRule("city/in", "city", {
  ...strengths,
  patterns: [String.raw`\bin ([A-Z]\p{L}{1,20})`],
  flags: "u",
  group: 1,
  priority: 2,
});
const states = makeRule("state/list", "state", {
  ...strengths,
  patterns: [String.raw`\b(?:Ohio|Iowa|Utah)\b`],
  not: [String.raw`\briver\b`],
});
const size = makeRule("size/for", "size", {
  patterns: [String.raw`(for|of) (\d{1,2})(?! pm)`, "table"],
  group: 2,
});
const whole = makeRule("size/whole", "size", { patterns: [String.raw`(\d) or (\d)`] });
const s0 = makeScores("dev", 20, 10, 20);
const s1 = makeScores("dev", 25, 8, 15);
const worse = makeScores("dev", 20, 30, 20);
const patch = { added: [], replaced: [], removed: [], refused: [] };
const cluster = { count: 4, examples: ["a", "b"], rules: [] };
const spurious = { ...cluster, expected: null, predicted: "city" };
const bodies: StepBody[] = [
  {
    type: "synthesis",
    proposed: 2,
    added: [place.id],
    refused: [{ name: "size/none", code: "invalid-rule", detail: "group 3 is wanted" }],
    scores: s0,
  },
  {
    type: "iteration",
    iteration: 1,
    failures: {
      count: 12,
      clusters: [
        { ...cluster, expected: "state", predicted: "city", rules: [states.id] },
        { ...cluster, expected: "size", predicted: null, rules: [size.id] },
        spurious,
      ],
    },
    patch: { ...patch, added: [states.id, size.id] },
    verdict: "accepted",
    clause: "f1",
    before: s0,
    after: s1,
    best: true,
  },
  {
    type: "iteration",
    iteration: 2,
    failures: { count: 4, clusters: [spurious] },
    patch: { ...patch, added: [whole.id] },
    verdict: "rejected",
    before: s1,
    after: worse,
    best: false,
  },
  {
    type: "final",
    rules: [place.id, states.id, size.id],
    scores: { train: makeScores("train", 50, 5, 10), dev: s1 },
    stop: "stale",
  },
];
const trace = makeTrace(spans, [place, states, size, whole], bodies);

Deno.test("a run on spans is printed like any other, with its types and how spans are matched", () => {
  assertEquals(
    lines(formatTrace(trace)),
    lines(`tables · ner, exact match · 3 types: city, size, state
· 100 examples: 60 train, 40 dev
run 20250102-abc · completed · synthesizer spans · coordinator simple

synthesized 1 rule (1 refused)
→ iteration 1 patched state/list, size/for (accepted, +11.4 F1)
→ iteration 2 patched size/whole (rejected, -24.0 F1)
→ final 3 rules, dev F1 68.5 %

step  what happened                rules       dev F1     P     R      Δ    time
   0  synthesis: city/in               1         57.1  66.7  50.0          12 ms
        refused 1, invalid-rule: size/none
   1  iteration 1 accepted             3  57.1 → 68.5  75.8  62.5  +11.4  352 ms
        state/list, size/for
   2  iteration 2 rejected             3  68.5 → 44.4  40.0  50.0  -24.0  692 ms
        size/whole
   3  final                            3         68.5  75.8  62.5          1.0 s

scores                  P     R    F1  macro-F1  exact  examples
dev                  75.8  62.5  68.5      67.5   62.5        40
train, learned from  90.9  83.3  87.0      86.0   83.3        60
to read, a label: 1 rule, 2.7 alternatives, 32 characters
stopped (stale): patches were no longer accepted`),
  );
});

Deno.test("spans without types have no types to list", () => {
  const dataset: Run["dataset"] = { ...spans.dataset, task: "extraction", labels: ["span"] };
  const config = { ...spans.config, match: "text" };
  const text = formatTrace({ ...trace, run: { ...spans, dataset, config } });
  assertEquals(
    lines(text)[0],
    "tables · extraction, text match · 100 examples: 60 train, 40 dev",
  );
});

Deno.test("a trace that does not say how spans are matched is printed without it", () => {
  for (const config of [{}, { match: null }, { match: 5 }] as Run["config"][]) {
    const text = formatTrace({ ...trace, run: { ...spans, config } });
    assert(text.startsWith("tables · ner · 3 types: "), text);
  }
});

Deno.test("a rule for spans is printed with the failures that it was added for", () => {
  assertEquals(
    lines(formatRuleLife(trace, "state/list")),
    lines(String.raw`state/list · state · ${states.id} · in the set at the end
  \b(?:Ohio|Iowa|Utah)\b and not \briver\b
  (Ohio | Iowa | Utah) but not river
step 1  added by iteration 1
        for 4 failures: state taken for city
        accepted: dev F1 57.1 → 68.5 % (+11.4)
        precision 90.0 %, support 12`),
  );
  assertEquals(
    lines(formatRuleLife(trace, "size/for", { width: 40 })),
    lines(String.raw`size/for · size · ${size.id}
· in the set at the end
  group 2 of (for|of) (\d{1,2})(?! pm)
  and table
step 1  added by iteration 1
        for 4 failures: size missed
        accepted: dev F1 57.1 → 68.5 %
        (+11.4)`),
  );
});

Deno.test("spans that are not gold are printed as such", () => {
  const blamed = { ...spurious, rules: [whole.id] };
  const steps = bodies.map((body): StepBody =>
    body.type === "iteration" ? { ...body, failures: { count: 4, clusters: [blamed] } } : body
  );
  const text = formatRuleLife(makeTrace(spans, [place, states, size, whole], steps), "size/whole");
  assertStringIncludes(text, "for 4 failures: city found, but none is there\n");
});

Deno.test("rules for spans are listed by type in the order in which they decide", () => {
  assertEquals(
    lines(formatRules(trace)),
    lines(String.raw`city, 1 rule
  priority  precision  support  name  rule
         2     90.0 %       12  in    \bin ([A-Z]\p{L}{1,20})

size, 1 rule
  priority  precision  support  name  rule
         0                      for   group 2 of (for|of) (\d{1,2})(?! pm) and
                                      table

state, 1 rule
  priority  precision  support  name  rule
         0     90.0 %       12  list  (Ohio | Iowa | Utah) but not river`),
  );
  // Whatever a record says of it, spans have no votes.
  const unsaid = { ...trace, run: { ...spans, config: {} } };
  assertEquals(formatRules(unsaid), formatRules(trace));
});

const patterns: [Partial<Rule>, string][] = [
  [{ patterns: ["a(b)"], group: 1 }, "a(b)"],
  [{ patterns: ["a(b)"] }, "all of a(b)"],
  [{ patterns: ["a(?:b)(?=c)"] }, "a(?:b)(?=c)"],
  [{ patterns: ["(a)(b)"], group: 1 }, "group 1 of (a)(b)"],
  [{ patterns: ["(?<x>a)(b)", "c"], group: 2 }, "group 2 of (?<x>a)(b) and c"],
  [{ patterns: ["(a)b"], template: { text: "$1" } }, "(a)b"],
  [{ patterns: ["(a)(b)"], template: { text: "$2" } }, "group 2 of (a)(b)"],
  [{ patterns: ["(a)(b)"], template: { text: "$2", groups: [2, 1] } }, "group 1 of (a)(b)"],
  [{ patterns: ["(a)(b)"], template: { text: "$2, $1" } }, '"$2, $1" of (a)(b)'],
  [{ patterns: ["Kent County"], template: { text: "County" } }, '"County" of Kent County'],
  [{ patterns: ["(a)?"], template: { text: "$0" } }, "all of (a)?"],
  // Traces of other tools may have patterns that do not run here.
  [{ patterns: ["(?P<x>a)"], group: 1 }, "group 1 of (?P<x>a)"],
];
Deno.test("the part of a pattern that is the span is named unless the brackets show it", () => {
  for (const [rule, expected] of patterns) {
    assertEquals(phrasePattern({ patterns: [], flags: "", ...rule }, true), expected);
  }
  assertEquals(phrasePattern({ patterns: ["a(b)"], flags: "" }), "a(b)");
  const filled = { patterns: ["Kent County"], flags: "", template: { text: "County" } };
  assertEquals(phraseReading(filled, true), '"County" of Kent County');
});

const dataset = createDataset({
  name: "tables",
  examples: [
    {
      text: "in Rome for 2",
      entities: [{ text: "Rome", type: "city" }, { text: "2", type: "size" }],
    },
    { text: "in Ohio", entities: [{ text: "Ohio", type: "state" }] },
    { text: "a table for 4", entities: [{ text: "4", type: "size" }] },
    { text: "Rome", entities: [{ text: "Rome", type: "日本語" }] },
  ],
});
const rules = [place, states, size];
const decision = { decide: "first", threshold: 0 } as const;

Deno.test("an evaluation prints its size, then the set, each type and each rule", () => {
  const evaluation = evaluateRules(rules, dataset, { ...decision, match: "text" });
  const refused = [{ name: "pair", code: "invalid-pattern" as const, detail: "conditional" }];
  assertEquals(
    lines(formatEvaluation({ rules, evaluation, refused })),
    lines(`3 rules on 4 examples, labels and rules by text match
to read, a label: 1 rule, 2.7 alternatives, 32 characters

match       P     R    F1  macro-F1  exact  tp  fp  fn
text     66.7  40.0  50.0      33.3   25.0   2   1   3
exact    66.7  40.0  50.0      33.3   25.0   2   1   3
partial  66.7  40.0  50.0      33.3   25.0   2   1   3

label       P      R    F1  tp  fp  fn
city     50.0  100.0  66.7   1   1   0
size    100.0   50.0  66.7   1   0   1
state     0.0    0.0   0.0   0   0   1
日本語    0.0    0.0   0.0   0   0   1

rule        label  tp  fp      P      R   gain  trust
city/in     city    1   1   50.0  100.0   -7.1   64.6
state/list  state   1   0  100.0  100.0   ±0.0   64.6
size/for    size    1   0  100.0   50.0  +21.4      ?

trust: how often the rule was right where it was learned or checked, at the
lower end of the 95 % interval

trust  routed  correct     P    95 % of it  deferred
all     100.0     40.0  66.7  20.8 to 93.9         0
50.0     66.7     20.0  50.0   9.5 to 90.5         1
60.0     66.7     20.0  50.0   9.5 to 90.5         1
70.0      0.0      0.0     –             –         3
80.0      0.0      0.0     –             –         3
90.0      0.0      0.0     –             –         3
95.0      0.0      0.0     –             –         3
99.0      0.0      0.0     –             –         3

refused 1, invalid-pattern: pair`),
  );
  const markdown = formatMarkdown({ rules, evaluation });
  assertStringIncludes(markdown, "\n| all | 100.0 | 40.0 | 66.7 | 20.8 to 93.9 | 0 |\n");
});

Deno.test("an evaluation of labels names no match", () => {
  const dataset = createDataset({ name: "x", examples: [{ text: "a rate", label: "rate" }] });
  const rules = [makeRule("rate", "rate")];
  const text = formatEvaluation({ rules, evaluation: evaluateRules(rules, dataset, decision) });
  assertEquals(lines(text)[0], "1 rule on 1 example");
  assertStringIncludes(text, "\nlabel  100.0  100.0  100.0 ");
});

Deno.test("no line is wider than asked for, and nothing in it steers the terminal", () => {
  const evil = makeRule("\u001b[2J\u202e".repeat(30), "city", { patterns: ["(日本){1,99}\u001b"] });
  const all = [...rules, evil];
  const evaluation = evaluateRules(all, dataset, decision);
  const evilTrace = makeTrace(spans, [...rules, whole, evil], [
    { ...bodies[0], proposed: 3, added: [place.id, evil.id] } as StepBody,
    ...bodies.slice(1, 3),
    { ...bodies[3], rules: [place, evil, states, size].map(({ id }) => id) } as StepBody,
  ]);
  for (const width of WIDTHS) {
    const texts = [
      formatTrace(evilTrace, { width }),
      formatRules(evilTrace, { width }),
      formatRuleLife(evilTrace, evil.id, { width }),
      formatEvaluation({ rules: all, evaluation }, { width }),
    ];
    for (const line of texts.join("").split("\n")) {
      assert(displayWidth(line) <= width, `${width}: ${line}`);
      assert(!line.includes("\u001b") && !line.includes("\u202e"), line);
    }
  }
});

Deno.test("an evaluation keeps the most important columns if room is short", () => {
  const evaluation = evaluateRules(rules, dataset, decision);
  const headings = WIDTHS.map((width) =>
    lines(formatEvaluation({ rules, evaluation }, { width }))
      .filter((line) => /^(match|label|rule|trust) {2}/.test(line))
  );
  assertEquals(headings, [
    ["match      F1", "label     F1", "rule        tp  fp", "trust  routed"],
    [
      "match       P     R    F1",
      "label       P      R    F1  tp  fp  fn",
      "rule        tp  fp      P   gain  trust",
      "trust  routed  correct     P  deferred",
    ],
    [
      "match       P     R    F1  macro-F1  exact  tp  fp  fn",
      "label       P      R    F1  tp  fp  fn",
      "rule        label  tp  fp      P      R   gain  trust",
      "trust  routed  correct     P    95 % of it  deferred",
    ],
    [
      "match       P     R    F1  macro-F1  exact  tp  fp  fn",
      "label       P      R    F1  tp  fp  fn",
      "rule        label  tp  fp      P      R   gain  trust  says",
      "trust  routed  correct     P    95 % of it  deferred",
    ],
  ]);
});
