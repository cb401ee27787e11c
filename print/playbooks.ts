/**
 * What a run took from its playbook, in words.
 *
 * @module
 */
import {
  entryId,
  type PlaybookEntry,
  type RunPlaybook,
  startingRules,
} from "../learn/rules/playbook.ts";
import { abbreviate } from "../learn/text/digest.ts";
import type { Escalation } from "../learn/synthesizer.ts";
import type { ProposedFields, Step, StepOf, Trace } from "../record/schema.ts";
import { phraseLocked } from "./corrections.ts";
import { count, formatCount, formatPercent, listFew, phraseFailure, showName } from "./phrases.ts";

/** Counts entries of a playbook, which are such and such: `1 entry`, `2 more entries`. */
export function countEntries(amount: number, such = ""): string {
  return `${formatCount(amount)} ${such}${amount === 1 ? "entry" : "entries"}`;
}

/** Tells how many entries of a playbook a run can use, or that it does without, with the digest of the playbook. */
export function phrasePlaybook({ digest, entries, baseline }: RunPlaybook, note = ""): string {
  const what = baseline ? "done without" : `${countEntries(entries.length)}${note}`;
  return `${abbreviate(digest)}: ${what}`;
}

/** What a run began with of its playbook. */
interface Taken {
  readonly rules: number;
  readonly entries: number;
  /** Rules of entries about its labels that it did without. */
  readonly left: number;
}

/** Counts what a run with a playbook took from it; `undefined` without one. */
function countTaken({ run }: Trace, { start = [] }: StepOf<"synthesis">): Taken | undefined {
  if (run.playbook === undefined || run.playbook.baseline) return undefined;
  const [labels, began] = [new Set<string | null>(run.dataset.labels), new Set(start)];
  const found = run.playbook.entries.filter(({ failure }) => labels.has(failure.expected));
  const others = found.flatMap(({ failure, rules }) =>
    rules.filter(({ label }) => label !== failure.expected)
  );
  const about = found.map((entry) => [...startingRules(entry).keys()]);
  const all = new Set(about.flat());
  const rules = all.intersection(began).size;
  const entries = about.filter((ids) => ids.some((id) => began.has(id))).length;
  return { rules, entries, left: all.size - rules + others.length };
}

/** Counts the rules of its playbook that a run did without, which come first among those refused. */
export function countLeft(trace: Trace, step: StepOf<"synthesis">): number {
  return countTaken(trace, step)?.left ?? 0;
}

/**
 * Tells what a run began with: `with 11 rules, 9 from 4 entries of the playbook (1 left out)`; that it did without its
 * playbook, as a baseline; empty if it began with nothing and has no playbook.
 *
 * @param rules the rules in words
 */
export function phraseBegun(
  trace: Trace,
  step: StepOf<"synthesis">,
  rules: (amount: string) => string,
): string {
  const { start = [] } = step;
  const locked = phraseLocked(start.map((id) => trace.rules[id]));
  const all = start.length === 0 ? [] : [`${rules(count(start.length, "rule"))}${locked}`];
  if (trace.run.playbook?.baseline) return [...all, "without its playbook"].join(", ");
  const taken = countTaken(trace, step);
  if (taken === undefined) return all.join("");
  const amount = taken.rules === start.length ? "all" : formatCount(taken.rules);
  const from = taken.rules === 0
    ? "without a rule of the playbook"
    : `${amount} from ${countEntries(taken.entries)} of the playbook`;
  const left = taken.left === 0 ? "" : ` (${formatCount(taken.left)} left out)`;
  return [...all, `${from}${left}`].join(", ");
}

/** Entries that are told of one rule; hundreds of runs may have found it. */
const MAX_ENTRIES = 3;

/** Tells which entries of the playbook have a rule that the run began with, and what they say of it. */
export function listEntriesOf(trace: Trace, rule: string): string[] {
  const having = indexEntries(trace.run.playbook?.entries ?? []).get(rule) ?? [];
  const more = having.length - MAX_ENTRIES;
  return [
    ...having.slice(0, MAX_ENTRIES).map((entry) => phraseEntry(trace, entry)),
    ...(more > 0 ? [`and ${countEntries(more, "more ")} of the playbook`] : []),
  ];
}

const indexes = new WeakMap<readonly PlaybookEntry[], ReadonlyMap<string, PlaybookEntry[]>>();

/** Returns the entries that have a rule to begin with, by its id. A page asks for each rule. */
function indexEntries(
  entries: readonly PlaybookEntry[],
): ReadonlyMap<string, readonly PlaybookEntry[]> {
  const known = indexes.get(entries);
  if (known !== undefined) return known;
  const index = new Map<string, PlaybookEntry[]>();
  for (const entry of entries) {
    for (const id of startingRules(entry).keys()) {
      index.set(id, [...index.get(id) ?? [], entry]);
    }
  }
  indexes.set(entries, index);
  return index;
}

function phraseEntry(trace: Trace, entry: PlaybookEntry): string {
  const { failure: { expected, predicted, count: amount }, heldOut } = entry;
  const precision = heldOut === undefined || heldOut.tp + heldOut.fp === 0
    ? ""
    : `, ${formatPercent(heldOut.tp / (heldOut.tp + heldOut.fp))} % right on held-out examples`;
  const failures = `for ${count(amount, "failure")}: ${phraseFailure(trace, expected, predicted)}`;
  return `entry ${entryId(entry)} of the playbook, ${failures}${precision}`;
}

/** Tells which entries of the playbook a model was shown, and which requests went to a second one. */
export function listAsked(step: Step): string[] {
  const { playbook, escalated = [] } = step as ProposedFields;
  const shown = step.type === "synthesis" || playbook === undefined ? [] : [
    `${countEntries(playbook.length)} of the playbook shown${
      playbook.length === 0 ? "" : `: ${listFew(playbook, ", ", showName)}`
    }`,
  ];
  const groups = Map.groupBy(escalated, ({ reason, to }) => phraseEscalation(reason, to));
  return [
    ...shown,
    ...[...groups].map(([text, group]) => {
      const labels = group.flatMap(({ label }) => label ?? []);
      return labels.length === 0 ? text : `${text}: ${listFew(labels, ", ", showName)}`;
    }),
  ];
}

const REASONS: Readonly<Record<Escalation["reason"], string>> = {
  failed: "no reply could be read",
  gate: "no rule passed the gate",
  rejected: "the patch before was not accepted",
};

function phraseEscalation(reason: Escalation["reason"], to: string): string {
  return `escalated to ${showName(to)}, as ${REASONS[reason]}`;
}

/** Tells that the rules of a step for a label were asked of a second model, and why, if they were. */
export function listSecond(step: Step, label: string): string[] {
  const { escalated = [] } = step as ProposedFields;
  const own = escalated.find((one) => one.label === undefined || one.label === label);
  return own === undefined ? [] : [phraseEscalation(own.reason, own.to)];
}

/** Tells that requests of a step went to a second model: why, if it was one; empty if none did. */
export function phraseEscalated({ escalated = [] }: Pick<ProposedFields, "escalated">): string {
  if (escalated.length === 0) return "";
  const [{ reason, to }] = escalated;
  return escalated.length === 1
    ? phraseEscalation(reason, to)
    : `${formatCount(escalated.length)} requests escalated to ${showName(to)}`;
}
