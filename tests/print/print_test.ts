import { assert, assertEquals, assertStringIncludes, assertThrows } from "jsr:@std/assert@^1";
import type { StepBody, Trace } from "../../record/schema.ts";
import { compareRules } from "../../learn/rules/decisions.ts";
import { formatRuleLife, formatRules, formatTrace } from "../../print.ts";
import { renderReport } from "../../review/report.ts";
import { TraceError } from "../../trace.ts";
import { growing, grown } from "./growing_fixture.ts";
import {
  bodies,
  completed,
  failed,
  lines,
  makeRule,
  makeScores,
  makeTrace,
  run,
  running,
  tableOf,
  unsafe,
} from "./print_fixture.ts";

const storyOf = (text: string) => text.split("\n\n")[1].trim().replaceAll("\n", " ");

Deno.test("a completed run is printed as a story and as a table", () => {
  assertEquals(
    lines(formatTrace(completed)),
    lines(String.raw`banking · classification · 4 labels: card, exchange, fee + 1 more
· 100 examples: 60 train, 40 dev
run 20250102-abc · completed · synthesizer patterns · coordinator simple

synthesized 6 rules (3 refused)
→ iteration 1 patched fx_rate, fees → charge (accepted, +6.3 F1)
→ iteration 2 patched guess_a, guess_b, guess_c + 4 more (rejected, -6.7 F1, 1
  refused)
→ iteration 3 found nothing to add
→ iteration 4 removed rate (accepted, +1.1 F1, +2.8 precision)
→ iteration 5 failed: TypeError: the model answered with\nno JSON
→ audit removed fx_rate (reverted, -15.4 F1)
→ audit merged refund_a, refund_b → refund (+1.7 F1, 1 skipped)
→ went back to the rules of step 9 (±0.0 F1) → pruned card_late
→ refit on train and dev (1 added, 1 removed)
→ final 4 rules, dev F1 80.6 % before the refit, test F1 81.1 %

step  what happened                rules       dev F1     P     R      Δ    time
   0  synthesis                        6         71.4  83.3  62.5          12 ms
        card_lost, card_late, rate + 3 more
        refused 2, backtracking: evil, evil_2
        refused 1, invalid-rule: (unnamed)
   1  critique: 1 suggestion           6                                  352 ms
        rates are missed
   2  iteration 1 accepted             7  71.4 → 77.8  87.5  70.0   +6.3  692 ms
        fx_rate, fees → charge
   3  iteration 2 rejected             7  77.8 → 71.1  75.0  67.5   -6.7   1.0 s
        guess_a, guess_b, guess_c + 4 more
        refused 1, catch-all: catch
   4  iteration 3 empty                7         77.8  87.5  70.0          1.4 s
   5  iteration 4 accepted             6  77.8 → 78.9  90.3  70.0   +1.1   1.7 s
        removed rate
        for precision, +2.8
   6  iteration 5 failed               6         78.9  90.3  70.0          2.1 s
        TypeError: the model answered with\nno JSON
   7  audit reverted                   6  78.9 → 63.5  87.0  50.0  -15.4   2.4 s
        removed fx_rate
   8  audit: nothing                   6         78.9  90.3  70.0          2.7 s
   9  final audit kept                 5  78.9 → 80.6  90.6  72.5   +1.7   3.1 s
        merged refund_a, refund_b → refund
        skipped merge nosuch, unknown-rule: nosuch
  10  restore                          5  80.6 → 80.6  90.6  72.5   ±0.0   3.4 s
        the rules of step 9
  11  prune: card_late (subsumed)      4  80.6 → 80.6  90.6  72.5   ±0.0   3.8 s
  12  refit                            4                                   4.1 s
        1 added, 1 removed, F1 86.0 % on the examples learned from
  13  final                            4                                   4.4 s
        F1 86.0 % on the examples learned from

scores                    P     R    F1  macro-F1  exact  examples
test                   88.2  75.0  81.1      80.1   75.0       200
dev, before the refit  90.6  72.5  80.6      79.6   72.5        40
all, learned from      93.0  80.0  86.0      85.0   80.0       100
to read, a label: 1.3 rules, 2.3 alternatives, 22 characters
stopped (stale): patches were no longer accepted
`),
  );
});

Deno.test("guidance and critique get one line each, and steps that asked a model say how often", () => {
  const said = `${"tell cards from rates. ".repeat(12)}\n\u001b[2J`;
  const told = bodies.slice(0, 3).map((body): StepBody => {
    if (body.type === "critique") return { ...body, analysis: said, exchanges: ["sha256:1"] };
    if (body.type !== "iteration") {
      return { ...body, exchanges: ["a", "b"], repaired: 1 } as StepBody;
    }
    return {
      ...body,
      guidance: said,
      exchanges: ["a", "b", "c"],
      error: { name: "E", message: "m" },
    };
  });
  const trace = makeTrace(running.run, Object.values(running.rules), told);
  const text = formatTrace(trace, { width: 80 });
  assertEquals(tableOf(text).slice(0, 11), [
    "step  what happened                 rules       dev F1     P     R     Δ    time",
    "   0  synthesis                         6         71.4  83.3  62.5         12 ms",
    "        card_lost, card_late, rate + 3 more (2 exchanges, 1 repaired)",
    "        refused 2, backtracking: evil, evil_2",
    "        refused 1, invalid-rule: (unnamed)",
    "   1  critique                          6                                 352 ms",
    "        1 suggestion (1 exchange)",
    "        tell cards from rates. tell cards from rates. tell cards from rates. te…",
    "   2  iteration 1 accepted              7  71.4 → 77.8  87.5  70.0  +6.3  692 ms",
    "        fx_rate, fees → charge (3 exchanges)",
    "        guidance: tell cards from rates. tell cards from rates. tell cards from…",
  ]);
  assert(!unsafe.test(text.replaceAll("\n", "")));
});

Deno.test("a run that failed ends in its failure", () => {
  assertEquals(
    lines(formatTrace(failed, { width: 120 })).slice(1),
    lines(String.raw`run 20250102-abc · failed · synthesizer patterns · coordinator simple

synthesized 6 rules (3 refused) → iteration 1 patched fx_rate, fees → charge (accepted, +6.3 F1)
→ failed in iteration 2: Error: connection reset

step  what happened                                   rules       dev F1     P     R     Δ    time
   0  synthesis: card_lost, card_late, rate + 3 more      6         71.4  83.3  62.5         12 ms
        refused 2, backtracking: evil, evil_2
        refused 1, invalid-rule: (unnamed)
   1  critique: 1 suggestion                              6                                 352 ms
        rates are missed
   2  iteration 1 accepted: fx_rate, fees → charge        7  71.4 → 77.8  87.5  70.0  +6.3  692 ms
   3  failure: iteration 2                                7                                  1.0 s
        Error: connection reset
`),
  );
});

Deno.test("a run without an end is said to be still running, or killed", () => {
  assertStringIncludes(
    formatTrace(running, { width: 120 }),
    "\n→ still running, or killed, after step 2\n",
  );
  const unbegun = makeTrace({ ...run, status: "running" }, [], []);
  assertEquals(
    storyOf(formatTrace(unbegun)),
    "still running, or killed, before the first step",
  );
});

Deno.test("an aborted run is printed as aborted", () => {
  const { steps, ...rest } = failed;
  const aborted: Trace = { ...rest, steps, run: { ...rest.run, status: "aborted" } };
  assertStringIncludes(storyOf(formatTrace(aborted)), "→ aborted in iteration 2: Error:");
});

Deno.test("without held-out examples the scores are called train F1, and the last one what it is", () => {
  const on = (step: StepBody): StepBody =>
    JSON.parse(JSON.stringify(step).replaceAll('"on":"dev"', '"on":"train"'));
  const final: StepBody = {
    type: "final",
    rules: failed.steps.length > 0 ? keptRules() : [],
    scores: { train: makeScores("train", 28, 4, 12) },
    stop: "target",
  };
  const trace = makeTrace(
    { ...run, split: { ...run.split, dev: [], train: 100, holdout: 0 } },
    Object.values(completed.rules),
    [...bodies.slice(0, 3).map(on), final],
  );
  const text = formatTrace(trace, { width: 100 });
  assertStringIncludes(text, "100 examples, none held out");
  assertStringIncludes(text, "(accepted, +6.3 train F1)");
  assertStringIncludes(text, "→ final 7 rules, F1 77.8 % on the examples learned from\n");
  assertStringIncludes(text, "  train F1 ");
});

/** The rules of the fixture after its first iteration. */
function keptRules(): string[] {
  const names = ["card_lost", "card_late", "rate", "charge", "refund_a", "refund_b", "fx_rate"];
  return names.map((name) =>
    Object.values(completed.rules).find((rule) => rule.name === name)?.id ?? ""
  );
}

const rejected = (iteration: number): StepBody => ({
  type: "iteration",
  iteration,
  failures: { count: 3, clusters: [] },
  patch: { added: [], replaced: [], removed: [], refused: [] },
  verdict: iteration % 3 === 0 ? "empty" : "rejected",
  before: makeScores("dev", 25, 5, 15),
  after: makeScores("dev", 25, 5, 15),
  best: false,
});
const rules = Object.values(completed.rules);

Deno.test("many iterations in a row that changed nothing are one clause", () => {
  const iterations = Array.from({ length: 9 }, (_, index) => rejected(index + 1));
  assertEquals(
    storyOf(formatTrace(makeTrace(run, rules, [bodies[0], ...iterations]))),
    "synthesized 6 rules (3 refused) → iterations 1 to 9 changed nothing (6 rejected, 3 empty)",
  );
});

Deno.test("a story of 10,000 steps stays a few lines, and takes less than half a second", () => {
  const extra = Array.from({ length: 9_999 }, (_, index) => makeRule(`extra_${index}`, "card"));
  const iterations = extra.map((rule, index): StepBody => ({
    ...rejected(index + 1),
    type: "iteration",
    iteration: index + 1,
    failures: { count: 3, clusters: [] },
    patch: { added: [rule.id], replaced: [], removed: [], refused: [] },
    verdict: "accepted",
    before: makeScores("dev", 25, 5, 15),
    after: makeScores("dev", 25, 5, 15),
    best: false,
  }));
  const trace = makeTrace(run, [...rules, ...extra], [bodies[0], ...iterations]);
  const text = formatTrace(trace);
  assertStringIncludes(
    storyOf(text),
    "→ iteration 5 patched extra_4 (accepted, ±0.0 F1) " +
      "→ … 9,989 more steps (dev F1 71.4 → 71.4 %) … " +
      "→ iteration 9995 patched extra_9994 (accepted, ±0.0 F1)",
  );
  assert(storyOf(text).length < 1_000);
});

Deno.test("the rules at the end are listed by label, with their weights at that point", () => {
  assertEquals(
    lines(formatRules(completed)),
    lines(String.raw`card, 2 rules
  weight  precision  support  name     rule
    1.50     90.0 %       12           card_lost
    1.00                               statement

exchange, 1 rule
  weight  precision  support  name     rule
    2.50     97.0 %       40  fx_rate  rate(s) + exchang* but not fee(s)

refund, 1 rule
  weight  precision  support  name     rule
    1.00                      refund   refund(_a | _b)
`),
  );
});

Deno.test("a decision list is listed by priority", () => {
  const [one, two] = [
    makeRule("one", "card", { priority: 1 }),
    makeRule("two", "card", { priority: 2 }),
  ];
  const body = bodies[0] as Extract<StepBody, { type: "synthesis" }>;
  const trace = makeTrace({ ...run, config: { decide: "first" } }, [one, two], [
    { ...body, added: [one.id, two.id] },
  ]);
  assertEquals(lines(formatRules(trace)).slice(1), [
    "  priority  precision  support  rule",
    "         2                      two",
    "         1                      one",
  ]);
});

Deno.test("a decision list is shown in the order in which its rules decide, printed and on the page", () => {
  const [surer, unknown, unsure, upper, lower] = [
    makeRule("surer", "card", { precision: 0.9 }),
    makeRule("unknown", "card"),
    makeRule("unsure", "card", { precision: 0.4 }),
    makeRule("B", "card", { precision: 0.3 }),
    makeRule("a", "card", { precision: 0.3 }),
  ];
  const shuffled = [upper, unsure, lower, unknown, surer];
  const body = bodies[0] as Extract<StepBody, { type: "synthesis" }>;
  const trace = makeTrace({ ...run, config: { decide: "first" } }, shuffled, [
    { ...body, added: shuffled.map(({ id }) => id) },
  ]);
  const deciding = shuffled.toSorted(compareRules).map(({ name }) => name);
  assertEquals(deciding, ["surer", "unknown", "unsure", "a", "B"]);
  const printed = lines(formatRules(trace)).slice(2).map((line) => line.trim().split(" ").at(-1));
  assertEquals(printed, deciding);
  const page = renderReport(trace).matchAll(/<span class="said"[^>]*><a [^>]*>(\w+)</g);
  assertEquals([...page].map(([, name]) => name), deciding);
});

Deno.test("a text that is correct by too small a margin is not called a span", () => {
  const told = structuredClone(completed) as Trace;
  const [step] = told.steps.filter((step) => step.type === "iteration");
  Object.assign(step.failures.clusters[0], { predicted: "exchange" });
  const life = formatRuleLife(told, "fx_rate", { width: 200 });
  assertStringIncludes(life, "for 4 failures: exchange, correct by too small a margin\n");
});

Deno.test("the life of a rule lists its origin, its events and its weights", () => {
  assertEquals(
    lines(formatRuleLife(completed, "fx_rate")).map((line) => line.replace(/r[0-9a-f]{12}/, "ID")),
    lines(String.raw`fx_rate · exchange · ID · in the set at the end
  \brates?\b and \bexchang\w* and not \bfees?\b
  rate(s) + exchang* but not fee(s)
step  2  added by iteration 1
         for 4 failures: exchange left undecided
         accepted: dev F1 71.4 → 77.8 % (+6.3)
         weight 2.25, precision 96.0 %, support 25
step  7  an audit proposed to remove it: reverted
         no-hit: matched nothing
         dev F1 78.9 → 63.5 % (-15.4)
step 12  reweighted: weight 2.50, precision 97.0 %, support 40
`),
  );
});

Deno.test("the life of a rule tells when each of its alternatives came, and what a patch gained", () => {
  const told = lines(formatRuleLife(growing, grown.last.id));
  assertEquals(told.slice(2, 8), [
    String.raw`  \b(?:rate|exchange|convert\w*|fx|currency)\b`,
    "  rate: from step 0, the synthesis",
    "  fx: from step 0, the synthesis",
    "  exchange: from step 1, iteration 1 (+4 right, +1 wrong)",
    "  convert*: from step 3, iteration 3 (+4 right)",
    "  currency: from step 5, the refit",
  ]);
  // Alternatives that all came with the rule are not told apart.
  assertEquals(lines(formatRuleLife(growing, "costs")).slice(2, 4), [
    "  card(s) + (fee(s) | charge)",
    "step 0  synthesized",
  ]);
});

Deno.test("a patch that only adds alternatives to a rule is told by them", () => {
  const text = formatTrace(growing);
  assertStringIncludes(text, "iteration 1 patched exchange/rate gained exchange (accepted");
  assertStringIncludes(text, "exchange/rate | exchange gained card (rejected");
});

Deno.test("the life of a rule goes on with the rules it came from", () => {
  assertEquals(
    lines(formatRuleLife(completed, "charge")).map((line) => line.replace(/r[0-9a-f]{12}/, "ID")),
    lines(String.raw`charge · fee · ID · not in the set at the end
  \bcharge\b
step  2  added by iteration 1, in the place of fees
         accepted: dev F1 71.4 → 77.8 % (+6.3)
step 12  removed by the refit

fees · fee · ID · not in the set at the end
  \bfees\b
step  0  synthesized
         dev F1 of the set 71.4 %
         weight 1.50, precision 90.0 %, support 12
step  2  replaced by charge in iteration 1
         accepted: dev F1 71.4 → 77.8 % (+6.3)
`),
  );
});

const fates: Record<string, string> = {
  refund: "made by an audit, which merged refund_a, refund_b",
  refund_a: "merged into refund by an audit",
  card_late: "pruned: card_lost matches all it matches",
  statement: "came with the refit",
  guess_a: "proposed by iteration 2\n         rejected: dev F1",
  rate: "iteration 2 proposed to remove it: rejected",
};
for (const [name, fate] of Object.entries(fates)) {
  Deno.test(`the life of ${name} says: ${fate.split("\n")[0]}`, () => {
    assertStringIncludes(formatRuleLife(completed, name), fate);
  });
}

Deno.test("a run that was to find a small set says why it went back to one with a lower F1", () => {
  const lower = bodies.map((step) =>
    step.type === "restore" ? { ...step, after: makeScores("dev", 1, 1, 1) } : step
  );
  const small = { ...run, config: { ...run.config, within: 0.02 } };
  const said =
    "the rules of step 9, the fewest within 0.02 or one standard error of the highest F1";
  const toText = (told: typeof run, steps: readonly StepBody[]) =>
    formatTrace(makeTrace(told, Object.values(completed.rules), steps), { width: 200 });
  assertStringIncludes(toText(small, lower), said);
  for (const text of [toText(run, lower), toText(small, bodies)]) assert(!text.includes("fewest"));
});

Deno.test("the life of a rule that the trace does not have is refused", () => {
  assertThrows(() => formatRuleLife(completed, "nosuch"), TraceError, "nosuch");
});

Deno.test("a width that is not a whole number from 20 to 1000 is refused", () => {
  for (const width of [0, 19, 1_001, 80.5, NaN]) {
    assertThrows(() => formatTrace(completed, { width }), RangeError, "from 20 to 1000");
  }
});

/** Pieces of many scripts, widths and compositions. */
