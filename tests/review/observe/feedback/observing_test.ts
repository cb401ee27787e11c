import { assertAlmostEquals, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { createRule } from "../../../../learn/rules/rule.ts";
import type { RuleSet } from "../../../../learn/rules/rule_set.ts";
import { type FeedbackLine, observe } from "../../../../review/observe.ts";
import { createAnswerer } from "../../../../review/observe/feedback/answers.ts";
import { groupMistakes } from "../../../../review/observe/feedback/mistakes.ts";
import { recommend } from "../../../../review/observe/feedback/recommending.ts";
import { recordRules } from "../../../../review/observe/feedback/records.ts";
import { chooseReviews } from "../../../../review/observe/feedback/reviewing.ts";
import { readTrace } from "../../../../trace.ts";

const rule = (word: string, label: string, weight: number) =>
  createRule({ name: word, label, patterns: [word], weight });
const rules = [
  rule("card", "card", 1),
  rule("new", "card", 0.5),
  rule("rate", "rate", 2),
  rule("fee", "fee", 1),
];
const set: RuleSet = {
  task: "classification",
  labels: ["card", "fee", "rate"],
  rules,
  decision: { decide: "vote", threshold: 0 },
  refused: [],
};
const answerOf = createAnswerer(set);
type Said = readonly [text: string, label: string | undefined, outcome?: FeedbackLine["outcome"]];
/** Lines of which rules gave what they say. */
const linesOf = (said: readonly Said[]) =>
  said.map(([text, label, outcome], index): FeedbackLine => {
    const given = answerOf(text).label;
    return {
      line: index + 1,
      text,
      given,
      outcome: outcome ?? (label === given ? "accepted" : "corrected"),
      ...(label !== undefined && { label }),
    };
  });
const answeredOf = (said: readonly Said[]) =>
  linesOf(said).map((line) => ({ line, answer: answerOf(line.text) }));

Deno.test("mistakes are of one kind if label, answer and the strongest rule for it are the same", () => {
  const kinds = groupMistakes(answeredOf([
    ["a new card rate", "card"],
    ["this card", "card"],
    ["my new card, please", "fee"],
    ["card lost, some other way", "fee"],
    ["hello", "fee"],
    ["rates?", undefined, "rejected"],
    ["My NEW card; please!", "fee"],
    ["my new card pleas", "fee"],
  ]));
  const shown = kinds.map(({ wanted, given, rule, lines }) => [wanted, given, rule?.name, lines]);
  assertEquals(shown, [
    ["fee", "card", "card", [3, 4, 7, 8]],
    [null, "rate", "rate", [6]],
    ["fee", null, undefined, [5]],
    ["card", "rate", "rate", [1]],
  ]);
  assertEquals(kinds[0].near.map(({ line, of }) => [line, of]), [[7, 3], [8, 3]]);
  assertEquals([kinds[0].near[0].similarity, kinds[0].text], [1, "my new card pleas"]);
});

Deno.test("a rule is credited for texts on which it fired, once a text, as that was reviewed last", () => {
  const records = recordRules(answeredOf([
    ["new card", "card"],
    ["new card", "card"],
    ["card rate", "card"],
    ["card fee", undefined, "rejected"],
    ["rate", "rate"],
    ["rate", "card"],
    ["hello", "fee"],
  ]));
  const tallies = records.map((
    { rule, right, wrong, misled },
  ) => [rule.name, right, wrong, misled]);
  // Of equal votes the label that comes first was given: nothing is said of the rule for the other.
  assertEquals(tallies, [["rate", 0, 2, 2], ["card", 2, 1, 1], ["new", 1, 0, 0]]);
  const [, { share, low, high, doubt, alarm }] = records;
  assertEquals([share, alarm], [3 / 5, false]);
  // Beta(3, 2): the probability of a share of at most x is x³ (4 - 3x).
  assertAlmostEquals(doubt, 0.125 * 2.5, 1e-12);
  for (const [x, p] of [[low, 0.025], [high, 0.975]]) {
    assertAlmostEquals(x ** 3 * (4 - 3 * x), p, 1e-11);
  }
});

Deno.test("there is an alarm from 95 % on, and none before", () => {
  const wrongOn = (texts: number) =>
    recordRules(answeredOf(Array.from({ length: texts }, (_, n): Said => [`fee ${n}`, "card"])));
  assertEquals(wrongOn(3).map(({ alarm, doubt }) => [alarm, doubt > 0.93]), [[false, true]]);
  assertEquals(wrongOn(4).map(({ alarm, rule }) => [alarm, rule.name]), [[true, "fee"]]);
});

Deno.test("texts to review are by rules with an alarm, without an answer and unsure in turn", () => {
  const records = recordRules(answeredOf([
    ...Array.from({ length: 4 }, (_, n): Said => [`fee ${n}`, "card"]),
    ...Array.from({ length: 9 }, (_, n): Said => [`rate ${n}`, "rate"]),
  ]));
  const texts = ["rate x", "fee x", "fee y", "card x", "hm", "card rate", "hello", "new x", "hm"]
    .map((text, index) => ({ text, place: index + 1 }));
  const chosen = chooseReviews(texts, answerOf, records, 8);
  assertEquals(chosen.map(({ text, reason }) => `${text}: ${reason}`), [
    "fee y: alarm",
    "hm: abstained",
    "card rate: unsure",
    "fee x: alarm",
    "hello: abstained",
    "new x: unsure",
    "card x: unsure",
    "rate x: unsure",
  ]);
  assertEquals(chooseReviews(texts, answerOf, records, 2).length, 2);
  assertEquals(chooseReviews([], answerOf, records, 2), []);
});

const advise = (said: readonly Said[], learned: readonly string[] = [], examples?: string[]) =>
  recommend({
    lines: linesOf(said).map((line) => ({ ...line, id: line.text })),
    isOwn: () => true,
    rules,
    learned,
    examples: examples?.map((label, n) => ({ id: `${n}`, text: `example ${n}`, label })),
  });
const rates = (amount: number, from = 0) =>
  Array.from({ length: amount }, (_, n): Said => [`rate ${from + n}`, "rate"]);

Deno.test("to learn again pays after 150 reviewed texts since the last correction learned from", () => {
  const few = advise([...rates(148), ["card", "fee"]]);
  assertEquals([few.learn, few.reviewed, few.corrections, few.reasons], [false, 149, 1, []]);
  const enough = advise([...rates(149), ["card", "help"]]);
  assertEquals([enough.learn, enough.reasons, enough.reviewed], [true, ["reviewed"], 150]);
  assertEquals(enough.unknown, [{ label: "help", texts: 1 }]);
  // Each text once; nobody gains if nothing was corrected, or all that was is learned.
  assertEquals(
    advise([...rates(149), ["card", "fee"], ["card", "fee"], ...rates(5)]).reviewed,
    150,
  );
  assertEquals(advise(rates(200)).learn, false);
  const learned = advise([["card", "fee"], ...rates(150)], ["card"]);
  assertEquals([learned.learn, learned.corrections], [false, 0]);
  const since = advise([...rates(150), ["card", "fee"], ...rates(9, 200), ["fee", "rate"]], [
    "card",
  ]);
  assertEquals([since.learn, since.reviewed, since.corrections], [false, 10, 1]);
});

Deno.test("to learn again pays if the labels are others than before, in the data or in the log", () => {
  const cards = Array.from({ length: 20 }, (_, n): Said => [`card ${n}`, "card"]);
  const before: Said[] = [...rates(40), ["card", "fee"]];
  const log = advise([...before, ...cards, ["fee", "card"]], ["card"]);
  assertEquals([log.learn, log.reasons, log.drift?.from], [true, ["drift"], "log"]);
  assertEquals(advise([...before, ...rates(20, 50), ["fee", "card"]], ["card"]).learn, false);
  const data = advise([...cards, ["fee", "card"]], [], Array(40).fill("rate"));
  assertEquals([data.learn, data.drift?.from], [true, "data"]);
  const given = advise([...rates(21), ...cards, ["fee", "card"]]);
  assertEquals([given.learn, given.drift?.from, given.drift?.isDrift], [true, "given", true]);
  assertEquals(advise([...rates(21), ...cards]).learn, false);
  assertEquals(advise([["fee", "card"]]).drift, undefined);
});

Deno.test("lines of other rules give no credit, whether they name them or not", async () => {
  const trace = await readTrace("examples/banking.trace.json");
  const text = "Which rate do I get?";
  const other = `sha256:${"0".repeat(64)}`;
  const line = (fields: Partial<FeedbackLine>, index: number): FeedbackLine => ({
    line: index + 1,
    text: `${text} ${index}`,
    given: "exchange_rate",
    ...fields,
  });
  const wrong = { outcome: "corrected", label: "disposable_card_limits" } as const;
  const lines = [
    { outcome: "accepted", label: "exchange_rate" } as const,
    { ...wrong, set: trace.digest },
    { ...wrong, set: other },
    { given: null, outcome: "corrected", label: "exchange_rate" } as const,
    { ...wrong, given: null, set: trace.digest },
    {},
  ].map(line);
  const { lines: counts, rules, mistakes, review } = observe(trace, lines);
  assertEquals(counts, {
    all: 6,
    own: 3,
    accepted: 1,
    corrected: 1,
    rejected: 0,
    unreviewed: 1,
    others: 2,
    contradicting: 1,
    otherCorrected: 3,
    otherMended: 1,
  });
  assertEquals(rules.map(({ right, wrong }) => [right, wrong]), [[1, 1]]);
  assertEquals(mistakes.map(({ lines }) => lines), [[2]]);
  assertEquals(review.map(({ place, text }) => [place, text]), [[6, `${text} 5`]]);
  const [{ place, id }] = observe(trace, lines, { texts: [{ id: "t", text: "card" }] }).review;
  assertEquals([place, id], [1, "t"]);
  const run = { ...trace.run, dataset: { ...trace.run.dataset, task: "ner" as const } };
  assertThrows(() => observe({ ...trace, run }, lines), RangeError, "only feedback on labels");
});
