/**
 * Differences in what two runs were given: data, split, learner and configuration.
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
import { phraseParent } from "../../print/changes.ts";
import { count } from "../../print/phrases.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import { phrasePlaybook } from "../../print/playbooks.ts";
import { entryId } from "../../learn/rules/playbook.ts";
import type { Run } from "../../trace.ts";
import type { Json } from "../../learn/text/schemas.ts";
import type { Difference } from "./comparison.ts";

const DATA_FIELDS = ["task", "name", "digest", "examples"] as const;
const SPLIT_FIELDS = ["seed", "holdout", "train"] as const;
const RUN_FIELDS = ["learner", "config", "protocol", "origin", "software"] as const;

/**
 * Lists every field in which two runs differ: what they learned from first, then the split, the
 * learner, the configuration, and last the software, which is not an input. Ids and times do not count.
 */
export function diffRuns(before: Run, after: Run): Difference[] {
  const [was, is] = [before.dataset, after.dataset];
  const [one, other] = [before.split, after.split];
  return [
    ...DATA_FIELDS.flatMap((name) => diffJson(`data.${name}`, was[name], is[name])),
    ...diffLabels(was.labels, is.labels),
    ...SPLIT_FIELDS.flatMap((name) => diffJson(`split.${name}`, one[name], other[name])),
    ...diffHeldOut(one.dev, other.dev),
    ...diffCorrections(one.corrections, other.corrections),
    ...diffFeedback(before.feedback, after.feedback),
    ...diffPlaybooks(before.playbook, after.playbook),
    ...diffParents(before.parent, after.parent),
    ...RUN_FIELDS.flatMap((name) => diffJson(name, before[name] as Json, after[name] as Json)),
  ];
}

/** The fields of a rule, except its id, which only repeats what they say. */
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
  "locked",
] as const;

/**
 * Lists the fields in which two rules differ, except the id. A precision or support that one of them
 * lacks was not measured, and does not count.
 */
export function diffRules(before: Rule, after: Rule): Difference[] {
  return RULE_FIELDS.flatMap((field) => {
    const [was, is] = [before[field], after[field]];
    const isMeasured = field === "precision" || field === "support";
    if (isMeasured && (was === undefined || is === undefined)) return [];
    return diffJson(field, was as Json | undefined, is as Json | undefined);
  });
}

/** Lists the places at which two values differ: members of objects one by one, lists as a whole. */
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

/** Compares labels, and lists only those that one side lacks: there may be hundreds. */
function diffLabels(before: readonly string[], after: readonly string[]): Difference[] {
  const [lost, added] = [without(before, after), without(after, before)];
  if (lost.length + added.length === 0) return [];
  return [{ field: "data.labels", before: lost, after: added }];
}

/** Counts the examples held out, and those held out by both: a list of ids would say less. */
function diffHeldOut(before: readonly string[], after: readonly string[]): Difference[] {
  const [lost, added] = [without(before, after), without(after, before)];
  if (lost.length + added.length === 0) return [];
  return [{
    field: "split.dev",
    before: `${before.length} held out`,
    after: `${after.length} held out, ${after.length - added.length} of them the same`,
  }];
}

/** Counts the corrections, and those that both runs had. */
function diffCorrections(
  before: readonly string[] = [],
  after: readonly string[] = [],
): Difference[] {
  const [lost, added] = [without(before, after), without(after, before)];
  if (lost.length + added.length === 0) return [];
  return [{
    field: "split.corrections",
    before: count(before.length, "correction"),
    after: countSame(after.length, "correction", after.length - added.length),
  }];
}

/** Counts what people said of rules and labels, which may be long. */
function diffFeedback(before: Run["feedback"] = [], after: Run["feedback"] = []): Difference[] {
  if (isSame(before, after)) return [];
  const same = after.filter((one) => before.some((other) => isSame(one, other))).length;
  return [{
    field: "feedback",
    before: count(before.length, "remark"),
    after: countSame(after.length, "remark", same),
  }];
}

/** Compares playbooks: their digests, and how many entries they have in common. */
function diffPlaybooks(before: Run["playbook"], after: Run["playbook"]): Difference[] {
  if (isSame(before, after)) return [];
  const known = new Set(before?.entries.map(entryId));
  const same = after?.entries.filter((entry) => known.has(entryId(entry))).length ?? 0;
  const phrase = (playbook: Run["playbook"], note?: string) =>
    playbook === undefined ? "none" : phrasePlaybook(playbook, note);
  const note = same === 0 ? "" : `, ${same} of them the same`;
  return [{ field: "playbook", before: phrase(before), after: phrase(after, note) }];
}

function countSame(amount: number, noun: string, same: number): string {
  const all = count(amount, noun);
  return amount === 0 ? all : `${all}, ${same} of them the same`;
}

/** Compares what runs were made from, in words. */
function diffParents(before: Run["parent"], after: Run["parent"]): Difference[] {
  if (isSame(before, after)) return [];
  return [{
    field: "parent",
    ...(before === undefined ? {} : { before: phraseParent(before) }),
    ...(after === undefined ? {} : { after: phraseParent(after) }),
  }];
}

/** Returns the items of a list that another does not have. */
export function without(items: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return items.filter((item) => !known.has(item));
}
