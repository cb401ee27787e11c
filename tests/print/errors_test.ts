import { assert, assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import { createDataset } from "../../learn/data/dataset.ts";
import type { ExampleInput } from "../../learn/data/examples.ts";
import { createRule } from "../../learn/rules/rule.ts";
import { type ErrorsOptions, findErrors } from "../../learn/score/errors.ts";
import { evaluateRules } from "../../learn/score/evaluation.ts";
import { type Evaluated, formatEvaluation, formatMarkdown } from "../../print.ts";
import { displayWidth } from "../../print/text.ts";

/** Evaluates rules on examples, with what they get wrong. */
function evaluate(
  examples: readonly ExampleInput[],
  rules: Evaluated["rules"],
  options: ErrorsOptions,
): Evaluated {
  const dataset = createDataset({ name: "few", examples });
  return {
    rules,
    evaluation: evaluateRules(rules, dataset, options),
    errors: findErrors(rules, dataset, options),
  };
}

const votes = (limit?: number) =>
  evaluate(
    [
      { id: "a", text: "Which rate do I get?", label: "rate" },
      { id: "b", text: "Do I get my card?", label: "card" },
      { id: "c", text: "Get me out of here", label: "card" },
      { id: "d", text: "Why this fee?", label: "fee" },
    ],
    [
      createRule({ name: "rate/get", label: "rate", patterns: ["get"], weight: 2 }),
      createRule({ name: "card/card", label: "card", patterns: ["card"], weight: 0.5 }),
    ],
    { decide: "vote", threshold: 0, lineOf: (index) => index + 2, limit },
  );

Deno.test("errors are printed by pair, with what was given and what was wanted", () => {
  assertEquals(
    formatEvaluation(votes(), { width: 60 }),
    `2 rules, wrong on 3 of 4 examples

match     P     R    F1  macro-F1  exact  tp  fp  fn
label  33.3  25.0  28.6      16.7   25.0   1   2   3

label     P      R    F1  support  rules
card    0.0    0.0   0.0        2      1
fee     0.0    0.0   0.0        1      0
rate   33.3  100.0  50.0        1      1

card taken for rate, 2 examples
  Do I get my card?  line 3, b
    given   rate 2.00: get 2.00
    wanted  card 0.50, 1.50 short: card 0.50
  Get me out of here  line 4, c
    given   rate 2.00: get 2.00
    wanted  card: no rule of it matches

fee left undecided, 1 example
  Why this fee?  line 5, d
    given   nothing, as no rule matches
    wanted  fee: no rule stands for it
`,
  );
  const limited = formatEvaluation(votes(1), { width: 60 });
  assertStringIncludes(limited, "short: card 0.50\n  … 1 more\n\nfee left");
});

const spans = () =>
  evaluate(
    [
      { id: "a", text: "a table in Osage City", entities: [{ text: "Osage City", type: "city" }] },
      { id: "b", text: "off to Rome", entities: [{ text: "Rome", type: "city" }] },
      { id: "c", text: "to Oslo", entities: [{ text: "Oslo", type: "city" }] },
      { id: "d", text: "with nobody", entities: [] },
    ],
    [
      createRule({ name: "Osage", label: "city", patterns: ["Osage|nobody"] }),
      createRule({ name: "state/Oslo", label: "state", patterns: ["Oslo"], priority: 2 }),
      createRule({ name: "slow", label: "city", patterns: ["Oslo"], priority: 1 }),
    ],
    { decide: "first", threshold: 0 },
  );

Deno.test("spans are printed in brackets within what stands around them", () => {
  const text = formatEvaluation(spans(), { width: 60 });
  assertEquals(
    text.slice(text.indexOf("city found")),
    `city found, but none is there, 1 span
    given   with [nobody]
            d · city by Osage (rule 3)

city missed, 1 span
    wanted  off to [Rome]
            b · city: no rule of it finds it

city with other bounds, 1 span
    wanted  a table in [Osage City]
            a · city: no rule of it finds it
    given   a table in [Osage] City
            city by Osage (rule 3)

city taken for state, 1 span
    wanted  to [Oslo]
            c · city by slow (rule 2), but after state/Oslo
            (rule 1)
    given   to [Oslo]
            state by Oslo (rule 1)
`,
  );
});

Deno.test("hostile texts and labels stay in the width, on lines of their own, and act on nothing", () => {
  const wide = "日本語 ".repeat(400);
  const text = `${wide}\u001b[2J|\`<b>\r\n\u202e card ${wide}`;
  const label = `\u001b[31m${"card|".repeat(50)}`;
  const rules = [createRule({ name: `${label}/\u0007`, label, patterns: ["card"] })];
  const labels = evaluate([{ text, label: "x" }, { text: "card", label }], rules, {
    decide: "vote",
    threshold: 0,
  });
  const entities = [{ start: 3, end: text.length, type: "x\u001b" }];
  const ofSpans = evaluate([{ text, entities }], rules, { decide: "first", threshold: 0 });
  for (const evaluated of [labels, ofSpans]) {
    for (const width of [20, 21, 40, 80, 1000]) {
      const shown = formatEvaluation(evaluated, { width });
      // deno-lint-ignore no-control-regex -- these must not be there
      assert(!/[\u0000-\u0009\u000b-\u001f\u007f\u202e]/.test(shown));
      for (const line of shown.split("\n")) assert(displayWidth(line) <= width, line);
    }
    const markdown = formatMarkdown(evaluated);
    // deno-lint-ignore no-control-regex -- these must not be there
    assert(!/[\u0000-\u0009\u000b-\u001f\u007f\u202e]/.test(markdown));
    assert(!/<(?!\/?b>|br>)|(?<!\\)`/.test(markdown.replaceAll("\\<", "")));
    // Each row has the cells of its heading.
    const cells = (line: string) => line.replaceAll("\\\\", "").match(/(?<!\\)\|/g)?.length ?? 0;
    for (const block of markdown.split("\n\n")) {
      const rows = block.split("\n").filter((line) => line.startsWith("|"));
      assertEquals(new Set(rows.map(cells)).size, rows.length === 0 ? 0 : 1, block);
    }
  }
});

Deno.test("a long text is shown by its beginning and what stands around the words that matched", () => {
  const text = `${"some words before it and ".repeat(40)} my card, ${
    "and words after it ".repeat(40)
  }`;
  const rules = [createRule({ name: "card", label: "card", patterns: ["card"] })];
  const options = { decide: "vote", threshold: 0 } as const;
  const shown = formatEvaluation(evaluate([{ text, label: "x" }], rules, options), { width: 60 });
  assertStringIncludes(shown.replaceAll(/\s+/g, " "), " … ");
  assertStringIncludes(shown, "my card,");
  assert(shown.split("\n").length < 20);
});

Deno.test("Markdown has the scores, the labels and a table for each pair", () => {
  assertEquals(
    formatMarkdown(votes(1)),
    `## 2 rules, wrong on 3 of 4 examples

| P | R | F1 | macro-F1 | exact |
| ---: | ---: | ---: | ---: | ---: |
| 33.3 | 25.0 | 28.6 | 16.7 | 25.0 |

| label | P | R | F1 | support | rules |
| --- | ---: | ---: | ---: | ---: | ---: |
| card | 0.0 | 0.0 | 0.0 | 2 | 1 |
| fee | 0.0 | 0.0 | 0.0 | 1 | 0 |
| rate | 33.3 | 100.0 | 50.0 | 1 | 1 |

### card taken for rate, 2 examples

| text | given | wanted | example |
| --- | --- | --- | --- |
| Do I get my card? | rate 2.00: get 2.00 | card 0.50, 1.50 short: card 0.50 | line 3, b |

… 1 more

### fee left undecided, 1 example

| text | given | wanted | example |
| --- | --- | --- | --- |
| Why this fee? | nothing, as no rule matches | fee: no rule stands for it | line 5, d |
`,
  );
  const { errors: _, ...scores } = votes();
  assertEquals(
    formatMarkdown(scores),
    formatMarkdown(votes()).split("\n### ")[0]
      .replace(
        "2 rules, wrong on 3 of 4 examples",
        "2 rules on 4 examples\n\nto read, a label: 1 rule, 1 alternative, 6 characters",
      ),
  );
  const table = formatMarkdown(spans()).split("### city with other bounds")[1];
  assertStringIncludes(
    table,
    "| a table in <b>Osage City</b><br>city: no rule of it finds it " +
      "| a table in <b>Osage</b>&#32;City<br>city by Osage (rule 3) | a |",
  );
});
