/**
 * The rules that a run of RuleChef returned, from a file.
 *
 * @module
 */
import { isRecord, parseJson } from "../../learn/text/json.ts";
import { readInput } from "../../learn/text/reading.ts";
import { parseRuleChef, type RuleSet } from "../rule_set.ts";

/**
 * Reads rules as `parseRuleChef` does. A rule may have a plain `label` instead of a template.
 *
 * @throws {Error | SyntaxError | TypeError | RangeError} as `readRuleChef`
 */
export async function readReturned(path: string): Promise<RuleSet> {
  const { text, source } = await readInput(path);
  const document = parseJson(text, source);
  const rules = isRecord(document) ? document.rules : document;
  if (!Array.isArray(rules) || !rules.every(isRecord)) return parseRuleChef(text, source);
  const plain = rules.map(({ label, ...rule }) =>
    typeof label !== "string" || rule.output_template
      ? rule
      : { ...rule, output_template: { label }, output_key: "label" }
  );
  return parseRuleChef(
    JSON.stringify(isRecord(document) ? { ...document, rules: plain } : plain),
    source,
  );
}
