import { assertThrows } from "jsr:@std/assert@^1";
import { createClassifier } from "../../../learn/rules/classifier.ts";
import { createExtractor } from "../../../learn/rules/extractor.ts";
import { createRule, type Rule } from "../../../learn/rules/rule.ts";
import { requireRunnable } from "../../../learn/rules/running.ts";

const rule = createRule({ name: "card", label: "card", patterns: ["card"] });

// JavaScript and JSON give anything.
const wrong: [unknown, string][] = [
  [[{ x: 1 }], "Rule 1: its id is missing, expected a rule as createRule makes it"],
  [[rule, null], "Rule 2: it is null, expected a rule"],
  [[["card"]], "Rule 1: it is an array"],
  [[{ ...rule, patterns: "card" }], "Rule 1: its patterns is a string"],
  [[{ ...rule, patterns: [1] }], "Rule 1: its patterns are not all texts"],
  [[{ ...rule, not: {} }], "Rule 1: its not is an object"],
  [[{ ...rule, flags: undefined }], "Rule 1: its flags is missing"],
  [{ rule }, "The rules are an object, expected a list of rules"],
  ["rules.json", "The rules are a string, expected a list of rules"],
  [undefined, "The rules are missing, expected a list of rules"],
  [null, "The rules are null, expected a list of rules"],
];

Deno.test("what is not a list of rules is refused with what it is and what is expected", () => {
  for (const [rules, message] of wrong) {
    for (const create of [createClassifier, createExtractor, requireRunnable]) {
      assertThrows(() => create(rules as Rule[]), TypeError, message);
    }
  }
});

Deno.test("rules may have members of others", () => {
  createClassifier([{ ...rule, note: "mine" } as Rule])("card");
});
