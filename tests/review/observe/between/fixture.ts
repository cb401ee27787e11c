/** Small rule sets and queues, for tests. */
import type { Task } from "../../../../learn/data/examples.ts";
import { createRule } from "../../../../learn/rules/rule.ts";
import type { RuleSet } from "../../../../learn/rules/rule_set.ts";

/** Returns a set with a rule for each label, of which the first that matches decides. */
export function setOf(task: Task, patterns: Readonly<Record<string, string>>): RuleSet {
  const rules = Object.entries(patterns).map(([label, pattern]) =>
    createRule({ name: `${label}/${pattern}`, label, patterns: [pattern] })
  );
  return {
    task,
    labels: Object.keys(patterns).sort(),
    rules,
    decision: { decide: "first", threshold: 0 },
    ...(task !== "classification" && { match: "exact" as const }),
    refused: [],
  };
}

/** Fills in a field of each line of a queue, if `fill` returns something for it. */
export function fillIn(
  queue: string,
  field: "label" | "better",
  fill: (text: string, line: number) => string | null | undefined,
): string {
  return queue.split("\n").map((line, at) => {
    if (line === "") return line;
    const fields = JSON.parse(line);
    const value = fill(fields.text, at + 1);
    return value === undefined ? line : JSON.stringify({ ...fields, [field]: value });
  }).join("\n");
}
