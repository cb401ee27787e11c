/**
 * Reads the rules that a reply proposes, what a patch was asked for, and the decision on it.
 *
 * @module
 */
import type { Refusal, Reweight } from "../../learn/rules/rule.ts";
import { isRecord } from "../../learn/text/json.ts";
import type { KnownScores, StepOf } from "../../trace.ts";
import { countOf, flagOf, type LogEntry, shareOf, textOf } from "./entries.ts";
import type { MutableBody } from "./ledger.ts";
import { idsOf, type MergedPatch } from "./members.ts";
import { readLimit } from "./prompts.ts";
import { type ChefRule, type Proposals, TAKEN } from "./proposals.ts";
import { readReply, stringsOf, textOr } from "./replies.ts";

/** The rules that a reply proposes, in its order. */
export interface ProposedRules {
  /** The rules that RuleChef took. */
  readonly taken: ChefRule[];
  /** The rules that are not in the trace. */
  readonly refused: Refusal[];
}

/** Reads the rules of a reply; those beyond the number that the prompt asks for are refused. */
export function readProposed(entry: LogEntry, proposals: Proposals): ProposedRules {
  const rules = readReply(entry.reply)?.rules;
  const limit = countOf(entry, "max_rules") ?? readLimit(entry.prompt) ?? Infinity;
  const taken: ChefRule[] = [];
  const refused: Refusal[] = [];
  const list: unknown[] = Array.isArray(rules) ? rules : [];
  const counted = countOf(entry, "num_rules_in_response");
  for (const [place, value] of list.entries()) {
    // If RuleChef took them all, its checks need not be repeated.
    const read = proposals.read(value, counted === list.length, place);
    if (place >= limit) {
      const name = read.chef?.name ?? read.refused?.name ?? "";
      const detail = `it is beyond the ${limit} rules that were asked for`;
      refused.push({ name, code: "invalid-rule", detail });
      continue;
    }
    if (read.chef !== undefined) taken.push(read.chef);
    if (read.refused !== undefined) refused.push(read.refused);
  }
  return dropOtherFormats(taken, refused, counted);
}

/** Drops rules of other formats, which RuleChef may not allow, if it took as many rules as are left. */
function dropOtherFormats(
  taken: ChefRule[],
  refused: Refusal[],
  counted: number | undefined,
): ProposedRules {
  const kept = taken.filter(({ format }) => format === "regex");
  if (counted === taken.length || counted !== kept.length) return { taken, refused };
  const formats = new Map(taken.map(({ name, format }) => [name, format]));
  return {
    taken: kept,
    refused: refused.map((one) => {
      const format = formats.get(one.name) ?? "regex";
      if (format === "regex" || !one.detail.startsWith(TAKEN)) return one;
      return { ...one, detail: `RuleChef took no rule of format ${format}` };
    }),
  };
}

/** The changes of a patch as a step has them. */
export interface PatchChanges {
  readonly patch: Omit<MutableBody<"iteration">["patch"], "reweighted">;
  readonly reweighted: Reweight[];
}

/** Describes the changes that a patch makes, after those of its proposals that were `refused` before. */
export function describePatch(merged: MergedPatch, refused: readonly Refusal[]): PatchChanges {
  const replaced: { from: string; to: string }[] = [];
  const reweighted: Reweight[] = [];
  const added = [...merged.added];
  const removed = [...merged.removed];
  const allRefused = [...refused];
  const refuse = (name: string, code: Refusal["code"], detail: string) =>
    allRefused.push({ name, code, detail });
  for (const { from, to } of merged.replaced) {
    if (from.id === undefined) added.push(to);
    else if (to.id === undefined) removed.push(from);
    else if (from.id !== to.id) replaced.push({ from: from.id, to: to.id });
    else if (from.chef.priority !== to.chef.priority && Number.isInteger(to.chef.priority)) {
      reweighted.push({ rule: to.id, priority: to.chef.priority });
    } else {
      refuse(to.chef.name, "duplicate", "it is there already, as it is");
    }
  }
  for (const { name } of merged.lost) {
    refuse(name, "duplicate", "another rule has its name, or its pattern and kind of output");
  }
  for (const name of merged.missed) {
    refuse(name, "unknown-rule", "it was to be deleted, and no rule has the name");
  }
  return {
    patch: {
      added: idsOf(added),
      replaced,
      removed: idsOf(removed),
      refused: allRefused,
    },
    reweighted,
  };
}

/** The scores on the examples learned from that a coordinator was told. */
const TRAIN_SCORES = { f1: "micro_f1", macroF1: "macro_f1", exact: "exact_match" };

/** Reads what a patch was asked for by its prompt, and by a coordinator before it. */
export function readAsked(
  patch: LogEntry | undefined,
  guide: LogEntry | undefined,
): Pick<MutableBody<"iteration">, "guidance" | "focus" | "prompt" | "train"> {
  const guidance = (guide && textOr(readReply(guide.reply)?.guidance)) ||
    (patch && readGuidance(patch));
  const focus = guide && stringsOf(guide.metadata.focus_classes);
  const prompt = patch && textOf(patch, "prompt_variant");
  return {
    ...(guidance ? { guidance } : {}),
    ...(focus && focus.length > 0 ? { focus } : {}),
    ...(prompt === undefined ? {} : { prompt }),
    ...(guide === undefined ? {} : { train: { on: "train", ...scoresOf(guide, TRAIN_SCORES) } }),
  };
}

/** Reads the guidance that a patch was given: the metadata have its beginning, the prompt all of it. */
function readGuidance(patch: LogEntry): string | undefined {
  const beginning = textOf(patch, "guidance");
  const heading = "\nCOORDINATOR GUIDANCE (prioritize this):\n";
  const start = patch.prompt.indexOf(heading) + heading.length;
  if (beginning === undefined || !patch.prompt.startsWith(beginning, start)) return beginning;
  const ends = ["\n\n\nPER-CLASS METRICS (", "\n\n\nCURRENT RULES ("]
    .map((next) => patch.prompt.indexOf(next, start)).filter((end) => end !== -1);
  return ends.length === 0
    ? beginning
    : patch.prompt.slice(start, Math.min(...ends)).toWellFormed();
}

/** Reads shares from the metadata as scores: `names` has the name of each. */
function scoresOf(
  entry: LogEntry,
  names: { readonly [Field in keyof KnownScores]: string },
): KnownScores {
  const shares = Object.entries(names).map(([field, name]) => [field, shareOf(entry, name)]);
  return Object.fromEntries(shares.filter(([, share]) => share !== undefined));
}

/** Tells whether a decision is about a patch that proposed these rules. */
export function isDecisionOn(proposed: readonly ChefRule[], decision: LogEntry): boolean {
  const rules = readReply(decision.reply)?.patch_rules;
  const names = Array.isArray(rules) ? rules.filter(isRecord).map(({ name }) => name) : [];
  return proposed.every(({ name }, place) => name === names[place]);
}

/** A decision on a patch. */
export interface PatchDecision extends ProposedRules {
  /** Names of rules to delete; missing if the line does not have the patch. */
  readonly deleted?: readonly string[];
  readonly accepted?: boolean;
  readonly before: KnownScores;
  readonly after: KnownScores;
}

/** Reads a `patch_decision`. */
export function readDecision(entry: LogEntry, proposals: Proposals): PatchDecision {
  const reply = readReply(entry.reply);
  const rules = Array.isArray(reply?.patch_rules) ? reply.patch_rules : [];
  const read = rules.map((rule) => proposals.read(rule, true));
  const isDev = flagOf(entry, "decided_on_dev");
  const readScores = (which: string): KnownScores => ({
    ...(isDev === undefined ? {} : { on: isDev ? "dev" : "train" }),
    ...scoresOf(entry, { precision: `${which}_micro_precision`, f1: `${which}_micro_f1` }),
  });
  return {
    taken: read.flatMap(({ chef }) => chef ?? []),
    refused: read.flatMap(({ refused }) => refused ?? []),
    deleted: reply && stringsOf(reply.deleted_rules),
    accepted: flagOf(entry, "accepted"),
    before: readScores("prev"),
    after: readScores("candidate"),
  };
}

/** Returns which of the scores that count rose; RuleChef accepts some patches though neither did. */
export function findClause(before: KnownScores, after: KnownScores): StepOf<"iteration">["clause"] {
  // A score that is missing has not risen.
  return (["f1", "precision"] as const).find((field) => after[field]! > before[field]!);
}
