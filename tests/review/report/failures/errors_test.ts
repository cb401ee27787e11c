import { assert, assertEquals, assertStringIncludes, assertThrows } from "jsr:@std/assert@^1";
import { createDataset, readExamples } from "../../../../learn/data/dataset.ts";
import { findErrors } from "../../../../learn/score/errors.ts";
import { rulesOfTrace } from "../../../../record/rule_set.ts";
import { renderReport } from "../../../../review/report.ts";
import { readTrace } from "../../../../trace.ts";
import { completed } from "../../../print/print_fixture.ts";

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
  assertStringIncludes(text, "28 rules, wrong on 11 of 200 examples; F1 96.9 %, precision 99.5");
  const labels = [...html.matchAll(/<th scope="row"><a href="#lives-\d+">(\w+)/g)];
  assertEquals(labels.map(([, label]) => label).slice(0, 2), [
    "pending_card_payment",
    "beneficiary_not_allowed",
  ]);
  const amounts = [...html.matchAll(/class="count">(\d+)</g)].map(([, amount]) => Number(amount));
  assertEquals(amounts, amounts.toSorted((a, b) => b - a));
  assertEquals(amounts.reduce((sum, amount) => sum + amount), 11);
  // Each wrong text is there, with its line.
  const { rules, decision } = rulesOfTrace(trace);
  const errors = findErrors(rules, data.dataset, { ...decision, lineOf: data.lineOf });
  assert(errors.task === "classification");
  for (const { id, line } of errors.pairs.flatMap(({ examples }) => examples)) {
    assertStringIncludes(text, `line ${line}, ${id}`);
  }
  assertStringIncludes(text, "what does pending mean? line 144");
});

Deno.test("an error names the rules that decided and that would have been needed, as links to their lives", () => {
  const { html, text } = errorsOf(page);
  assertStringIncludes(
    text,
    "✕ predicted pending_card_payment 8.67: (payment(s)|purchase(s)) + pend* 3.95, payment(s) 2.77, " +
      "pending transaction 1.06 + 2 more ✓ gold pending_cash_withdrawal 3.86, 4.81 short: atm(s) 3.86",
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
