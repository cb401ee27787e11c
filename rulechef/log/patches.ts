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
import type { ChefRule, Proposals, ReadProposal } from "./proposals.ts";
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
  const list: unknown[] = Array.isArray(rules) ? rules : [];
  const counted = countOf(entry, "num_rules_in_response");
  const read = (isTaken: boolean) =>
    list.map((value, place) => proposals.read(value, isTaken, place));
  // If RuleChef took them all, its checks need not be repeated.
  const reads = read(counted === list.length);
  const asked = reads.slice(0, limit);
  const amount = asked.filter(({ chef }) => chef !== undefined).length;
  const catchAlls = asked.filter(isCatchAll);
  // Before 0.2 it did not look for catch-alls.
  if (catchAlls.length > 0 && counted === amount + catchAlls.length) {
    read(true).forEach((one, place) =>
      reads[place] = isCatchAll(reads[place]) ? one : reads[place]
    );
  }
  const isAllowed = findAllowed(asked.flatMap(({ chef }) => chef ?? []), counted);
  const taken: ChefRule[] = [];
  const refused: Refusal[] = [];
  for (const [place, { chef, refused: refusal }] of reads.entries()) {
    const name = chef?.name ?? refusal?.name ?? "";
    if (place >= limit) {
      const detail = `it is beyond the ${limit} rules that were asked for`;
      refused.push({ name, code: "invalid-rule", detail });
    } else if (chef !== undefined && !isAllowed(chef)) {
      const detail = `RuleChef did not take this rule of format ${chef.format}`;
      refused.push({ name, code: "invalid-rule", detail });
    } else {
      if (chef !== undefined) taken.push(chef);
      if (refusal !== undefined) refused.push(refusal);
    }
  }
  return { taken, refused };
}

function isCatchAll({ refused }: ReadProposal): boolean {
  return refused?.code === "catch-all";
}

/** The formats besides `regex` that RuleChef may allow, the default first. */
const ALLOWED = [["code"], ["code", "spacy"], [], ["spacy"]];

/**
 * Finds out which rules RuleChef took, by their number: it may not allow their format, or find them wrong.
 * If no way gives the number, it took all of them as far as is known.
 */
function findAllowed(
  rules: readonly ChefRule[],
  counted: number | undefined,
): (chef: ChefRule) => boolean {
  if (counted === undefined || counted >= rules.length) return () => true;
  const ways = ALLOWED.map((formats) => (chef: ChefRule) =>
    chef.format === "regex" || formats.includes(chef.format) && isWritable(chef)
  );
  return ways.find((isAllowed) => rules.filter(isAllowed).length === counted) ?? (() => true);
}

/** Tells whether a rule has what RuleChef asks of its format. */
function isWritable({ format, content }: ChefRule): boolean {
  return content.includes(format === "code" ? "def extract(" : "[");
}

/** Reads the names of the rules that a patch deletes, of any value that Python makes a set of. */
export function readDeleted(reply: string): string[] {
  const deleted = readReply(reply)?.deleted_rules;
  const list = isRecord(deleted) ? Object.keys(deleted) : deleted;
  const names = typeof list === "string" ? [...list] : Array.isArray(list) ? list : [];
  // No rule has a name that is not a text.
  const texts = names.map((name) =>
    name === null ? "None" : typeof name === "number" ? `${name}` : name
  );
  return [...new Set(stringsOf(texts))];
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
