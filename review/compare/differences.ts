/**
 * What two runs were given: where data, split, learner and configuration differ.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { diffJson } from "./differences.ts";
 *
 * assertEquals(diffJson("config", { margin: 1, decide: "vote" }, { margin: 2, decide: "vote" }), [
 *   { field: "config.margin", before: 1, after: 2 },
 * ]);
 * ```
 *
 * @module
 */
import { isRecord, isSame, own } from "../../learn/text/json.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import type { Run } from "../../trace.ts";
import type { Difference, Json } from "./comparison.ts";

/**
 * Every field in which two runs differ: what they learned from first, then the split, the learner, the
 * configuration, and last the software, which is no input. Ids and times do not count.
 */
export function diffRuns(before: Run, after: Run): Difference[] {
  const [was, is] = [before.dataset, after.dataset];
  const [one, other] = [before.split, after.split];
  return [
    ...diffJson("data.task", was.task, is.task),
    ...diffJson("data.name", was.name, is.name),
    ...diffJson("data.digest", was.digest, is.digest),
    ...diffJson("data.examples", was.examples, is.examples),
    ...diffLabels(was.labels, is.labels),
    ...diffJson("split.seed", one.seed, other.seed),
    ...diffJson("split.holdout", one.holdout, other.holdout),
    ...diffJson("split.train", one.train, other.train),
    ...diffHeldOut(one.dev, other.dev),
    ...diffJson("learner", before.learner as Json, after.learner as Json),
    ...diffJson("config", before.config as Json, after.config as Json),
    ...diffJson("parent", before.parent, after.parent),
    ...diffJson("origin", before.origin, after.origin),
    ...diffJson("software", before.software, after.software),
  ];
}

/** The fields of a rule, but its id, which only says what they say. */
const RULE_FIELDS = [
  "name",
  "label",
  "patterns",
  "not",
  "flags",
  "group",
  "template",
  "weight",
  "priority",
  "precision",
  "support",
] as const;

/** Fields in which two rules differ, ids aside. A precision or support that one lacks was not measured. */
export function diffRules(before: Rule, after: Rule): Difference[] {
  return RULE_FIELDS.flatMap((field) => {
    const [was, is] = [before[field], after[field]];
    const isMeasured = field === "precision" || field === "support";
    if (isMeasured && (was === undefined || is === undefined)) return [];
    return diffJson(field, was as Json | undefined, is as Json | undefined);
  });
}

/** The places at which two values differ: members of objects one by one, lists as a whole. */
export function diffJson(
  field: string,
  before: Json | undefined,
  after: Json | undefined,
): Difference[] {
  if (isRecord(before) && isRecord(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return names.flatMap((name) =>
      diffJson(`${field}.${name}`, own(before, name) as Json, own(after, name) as Json)
    );
  }
  if (isSame(before, after)) return [];
  return [{
    field,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  }];
}

/** Only the labels that one side lacks: there may be hundreds. */
function diffLabels(before: readonly string[], after: readonly string[]): Difference[] {
  const [lost, added] = [without(before, after), without(after, before)];
  if (lost.length + added.length === 0) return [];
  return [{ field: "data.labels", before: lost, after: added }];
}

/** How many examples are held out, and how many of them by both: a list of ids says less. */
function diffHeldOut(before: readonly string[], after: readonly string[]): Difference[] {
  const [lost, added] = [without(before, after), without(after, before)];
  if (lost.length + added.length === 0) return [];
  return [{
    field: "split.dev",
    before: `${before.length} held out`,
    after: `${after.length} held out, ${after.length - added.length} of them the same`,
  }];
}

/** The items of a list that another does not have. */
export function without(items: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return items.filter((item) => !known.has(item));
}
