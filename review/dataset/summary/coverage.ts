/**
 * Which labels the rows of a data set are about.
 *
 * @module
 */
import { readReply } from "../../../learn/chat/structured.ts";
import { SPAN_LABEL } from "../../../learn/data/examples.ts";
import { readRule, RulesReply } from "../../../learn/llm/replies.ts";
import { compareCodeUnits } from "../../../learn/text/folding.ts";
import { isRecord, own } from "../../../learn/text/json.ts";
import type { JudgedSource } from "../../evidence/format.ts";
import { ROW_KINDS, type RowKind, type TrainingRow } from "../format.ts";
import type { LabelCoverage, SetCoverage } from "./format.ts";

/** Counts for each label of each data set of the runs how many rows are about it. */
export function coverLabels(
  judged: readonly JudgedSource[],
  rows: readonly TrainingRow[],
): SetCoverage[] {
  // By the digest of the examples, then the label, then the kind.
  const counts = new Map<string, Map<string, Map<RowKind, number>>>();
  for (const row of rows) {
    const { dataset } = row.sources[0];
    const ofSet = counts.get(dataset) ?? new Map<string, Map<RowKind, number>>();
    counts.set(dataset, ofSet);
    for (const label of labelsOfRow(row)) {
      const ofLabel = ofSet.get(label) ?? new Map<RowKind, number>();
      ofSet.set(label, ofLabel.set(row.kind, (ofLabel.get(row.kind) ?? 0) + 1));
    }
  }
  const sets = Map.groupBy(
    judged.map(({ source }) => source.trace.run.dataset),
    ({ digest = "" }) => digest,
  );
  return [...sets].map(([dataset, same]): SetCoverage => {
    const [{ name, task }] = same.toSorted((a, b) => compareCodeUnits(a.name, b.name));
    // Runs on the same examples may know of labels that no example has.
    const labels = [...new Set(same.flatMap(({ labels }) => labels))].sort(compareCodeUnits);
    const found = counts.get(dataset);
    return { dataset, name, task, labels: labels.map((label) => countLabel(label, found)) };
  }).sort((a, b) => compareCodeUnits(a.name, b.name) || compareCodeUnits(a.dataset, b.dataset));
}

/** Kinds of rows that are about texts, whatever rules say. */
const IS_OF_TEXTS: ReadonlySet<string> = new Set<RowKind>(["weak", "hard"]);

/**
 * Returns the labels of a data set that no row is about. Weak labels and hard examples, which are about nearly every
 * label and would hide what no answer has, only count if no other row is about that data set.
 */
export function findUncovered({ labels }: SetCoverage): string[] {
  const found = labels.map(({ label, rows }) => ({ label, kinds: Object.keys(rows) }));
  const isAnswer = (kind: string) => !IS_OF_TEXTS.has(kind);
  const isOfTexts = !found.some(({ kinds }) => kinds.some(isAnswer));
  return found.filter(({ kinds }) => !kinds.some((kind) => isOfTexts || isAnswer(kind)))
    .map(({ label }) => label);
}

function countLabel(
  label: string,
  found: ReadonlyMap<string, ReadonlyMap<RowKind, number>> | undefined,
): LabelCoverage {
  const counts = found?.get(label);
  const kinds = ROW_KINDS.flatMap((kind) => {
    const count = counts?.get(kind);
    return count === undefined ? [] : [[kind, count] as const];
  });
  return { label, rows: Object.fromEntries(kinds) };
}

/** Returns the labels that a row is about, each once. */
function labelsOfRow(row: TrainingRow): ReadonlySet<string> {
  switch (row.kind) {
    case "sft":
    case "teacher":
    case "unpaired":
      return labelsOfAnswer(row.content.completion);
    case "preference":
      return labelsOfAnswer(row.content.chosen);
    case "playbook":
      return labelsOfItems(own(row.content, "rules"), "label");
    case "weak":
    case "hard":
      return labelsOfExample(row.content);
  }
}

/** Returns the labels of the rules in an answer, each once. What is about something else than rules has none. */
export function labelsOfAnswer(text: string): ReadonlySet<string> {
  const reading = readReply(RulesReply, { text });
  return reading.outcome === "refused"
    ? new Set()
    : labelsOfItems(reading.value.rules.map(readLabelled), "label");
}

/** Reads an item of an answer; the label of a rule of RuleChef is in its template. */
function readLabelled(item: unknown): unknown {
  const template = isRecord(item) ? own(item, "output_template") : undefined;
  if (!isRecord(template)) return readRule(item);
  return { label: own(template, "label") ?? own(template, "type") };
}

function labelsOfExample(content: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  if (own(content, "entities") !== undefined) return labelsOfItems(content.entities, "type");
  if (own(content, "spans") !== undefined) return new Set([SPAN_LABEL]);
  return labelsOfItems([content], "label");
}

function labelsOfItems(items: unknown, name: "label" | "type"): ReadonlySet<string> {
  const list: readonly unknown[] = Array.isArray(items) ? items : [];
  return new Set(list.flatMap((item) => {
    const label = isRecord(item) ? own(item, name) : undefined;
    return typeof label === "string" ? [label] : [];
  }));
}
