/**
 * Reads rules from files: traces and rule sets of RuleChef.
 *
 * @module
 */
import { isRecord, parseJson } from "../learn/text/json.ts";
import { readInput } from "../learn/text/reading.ts";
import { parseRuleChef } from "../rulechef/rule_set.ts";
import { isJournal } from "../record/journal.ts";
import { parseTrace } from "../trace.ts";
import { type RuleSet, rulesOfTrace } from "../record/rule_set.ts";

/**
 * Reads the rules of a file, or of standard input for the path `-`: those after the last step of a
 * trace or a journal, or a rule set of RuleChef.
 *
 * @throws {Error} if the file cannot be read, or holds neither
 * @throws {SyntaxError} if a rule of a trace cannot run
 */
export async function readRuleSet(path: string): Promise<RuleSet> {
  const { text, source } = await readInput(path);
  if (isTrace(text, source)) return rulesOfTrace(parseTrace(text, source), source);
  const { task, rules, refused } = parseRuleChef(text, source);
  const decision = { decide: "first", threshold: 0 } as const;
  return task === "classification"
    ? { task, rules, decision, refused }
    : { task, rules, decision: { ...decision, overlaps: "keep" }, match: "text", refused };
}

function isTrace(text: string, source: string): boolean {
  if (isJournal(text)) return true;
  const document = parseJson(text, source);
  return isRecord(document) && document.format === "ruletrace";
}
