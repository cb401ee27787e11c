import { assert, assertEquals, assertStringIncludes, assertThrows } from "jsr:@std/assert@^1";
import { createDataset, readExamples } from "../../../../learn/data/dataset.ts";
import { createClassifier } from "../../../../learn/rules/classifier.ts";
import { rulesOfTrace } from "../../../../record/rule_set.ts";
import { renderReport } from "../../../../review/report.ts";
import { readTrace } from "../../../../trace.ts";
import { completed, makeRule, makeScores, makeTrace, run } from "../../../print/print_fixture.ts";

const trace = await readTrace("examples/banking.trace.json");
const data = await readExamples("examples/banking_test.jsonl");
const page = renderReport(trace, { data });

/** The section of errors, and its text with one space between words. */
function errorsOf(html: string): { html: string; text: string } {
  const [section] = html.slice(html.indexOf('<section id="errors"')).split("</section>");
  const text = section.replaceAll(/<(?!\/?(?:a|mark)\b)[^>]*>/g, " ").replaceAll(/<[^>]*>/g, "");
  return { html: section, text: text.replaceAll(/\s+/g, " ").replaceAll("&quot;", '"') };
}

Deno.test("with data, the page begins with what the rules get wrong on them: by label, then by pair", () => {
  const { html, text } = errorsOf(page);
  const sections = [...page.matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id);
  assertEquals(sections[0], "errors");
  const { rules, decision } = rulesOfTrace(trace);
  const classify = createClassifier(rules, decision);
  assert(data.dataset.task === "classification");
  const golds = data.dataset.examples.map(({ label }) => label);
  const given = data.dataset.examples.map(({ text }) => classify(text).label);
  const right = golds.filter((gold, place) => gold === given[place]).length;
  const decided = given.filter((label) => label !== undefined).length;
  const wrong = golds.length - right;
  const [f1, precision] = [2 * right / (golds.length + decided), right / decided]
    .map((share) => (100 * share).toFixed(1));
  assertStringIncludes(
    text,
    `${rules.length} rules, wrong on ${wrong} of 200 examples; F1 ${f1} %, precision ${precision}`,
  );
  const labels = [...html.matchAll(/<th scope="row"><a href="#lives-\d+">(\w+)/g)]
    .map(([, label]) => label);
  assertEquals(labels.toSorted(), trace.run.dataset.labels);
  const scores = labels.map((label) =>
    Number(text.match(new RegExp(`${label} [\\d.]+ [\\d.]+ ([\\d.]+) `))?.[1])
  );
  assertEquals(scores, scores.toSorted((a, b) => a - b));
  const amounts = [...html.matchAll(/class="count">(\d+)</g)].map(([, amount]) => Number(amount));
  assertEquals(amounts, amounts.toSorted((a, b) => b - a));
  assertEquals(amounts.reduce((sum, amount) => sum + amount), wrong);
  // Each wrong text is there, with its line.
  data.dataset.examples.forEach(({ id, label }, place) => {
    const isThere = text.includes(`line ${data.lineOf(place)}, ${id}`);
    assertEquals(isThere, label !== given[place]);
  });
});

Deno.test("an error names the rules that decided and that would have been needed, as links to their lives", () => {
  const weights = {
    payment: 2.5,
    pending: 4,
    "pending transaction": 1,
    pend: 0.5,
    transaction: 0.75,
  };
  const rules = [
    ...Object.entries(weights).map(([name, weight]) => makeRule(name, "card", { weight })),
    makeRule("atm", "refund", { weight: 3.5 }),
  ];
  const ids = rules.map(({ id }) => id);
  const scores = makeScores("dev", 1, 1, 1);
  const voting = makeTrace(run, rules, [
    { type: "synthesis", proposed: ids.length, added: ids, refused: [], scores },
    { type: "final", rules: ids, scores: {}, stop: "stale" },
  ]);
  const dataset = createDataset({
    name: "few",
    examples: [
      { text: "At the atm, a pending transaction. No payment?", label: "refund" },
      { text: "It says that it is pending", label: "fee" },
      { text: "What is this?", label: "refund" },
    ],
  });
  const page = renderReport(voting, { data: { dataset } });
  const { html, text } = errorsOf(page);
  assertStringIncludes(
    text,
    "✕ predicted card 8.25: pending 4.00, payment 2.50, pending transaction 1.00 + 1 more " +
      "✓ gold refund 3.50, 4.75 short: atm 3.50",
  );
  assertStringIncludes(
    text,
    "✕ predicted card 4.00: pending 4.00 ✓ gold fee : no rule stands for it",
  );
  assertStringIncludes(
    text,
    "✕ predicted nothing, as no rule matches ✓ gold refund : no rule of it",
  );
  const links = [...html.matchAll(/<a href="#(rule-[^"]+)">/g)].map(([, id]) => id);
  assert(links.length > 0);
  for (const link of links) assertStringIncludes(page, ` id="${link}"`);
  assertStringIncludes(html, "<mark>");
});

Deno.test("a page says that it holds texts if it does, and otherwise holds none", () => {
  const told = "<b>This page holds texts:</b> the examples of banking_test.";
  assertStringIncludes(page, told);
  const bare = renderReport(trace);
  assertEquals(bare.includes("This page holds texts"), false);
  assertEquals(data.dataset.examples.filter(({ text }) => bare.includes(text)), []);
});

Deno.test("errors on what was learned from are not shown as a result", async () => {
  const learned = await readExamples("examples/banking.jsonl");
  const { text } = errorsOf(renderReport(trace, { data: learned }));
  assertStringIncludes(text, "The run learned from these examples.");
  assertEquals(text.includes("; F1 "), false);
});

Deno.test("texts of a pair are folded beyond a few, and cut beyond many", () => {
  const examples = Array.from({ length: 130 }, (_, n) => {
    return {
      id: `x${n}`,
      text: n === 0 ? `statement ${"long ".repeat(400)}` : "statement",
      label: "fee",
    };
  });
  const dataset = createDataset({ name: "many", examples });
  const { html, text } = errorsOf(renderReport(completed, { data: { dataset } }));
  assertStringIncludes(text, "130 fee taken for card");
  assertStringIncludes(text, "95 more");
  assertStringIncludes(text, "and 30 more texts that this page does not hold");
  assertEquals(html.match(/predicted<.span>/g)?.length, 100);
  assert(html.length < 60_000);
});

Deno.test("errors of spans show both spans in their text, and who found them", () => {
  const spans = createDataset({
    name: "spans",
    examples: [{
      text: "a statement and a refund_a",
      entities: [
        { start: 2, end: 11, type: "fee" },
        { start: 18, end: 26, type: "refund" },
      ],
    }],
  });
  const { run } = completed;
  const ner = { ...completed, run: { ...run, dataset: { ...run.dataset, task: "ner" as const } } };
  const { html, text } = errorsOf(renderReport(ner, { data: { dataset: spans } }));
  assertStringIncludes(text, "by exact match");
  assertStringIncludes(text, "fee taken for card");
  assertStringIncludes(text, "✓ gold a statement and a refund_a fee: no rule stands for it");
  assertStringIncludes(html, "a <mark>statement</mark> and a refund_a");
});

Deno.test("data of another task are refused", () => {
  const dataset = createDataset({ name: "spans", examples: [{ text: "my fee", entities: [] }] });
  assertThrows(() => renderReport(completed, { data: { dataset } }), RangeError, "task");
});
