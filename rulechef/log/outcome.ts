/**
 * Tells what came of a patch that no line decides on, by the rules that the next prompt shows.
 *
 * @module
 */
import type { Refusal } from "../../learn/rules/rule.ts";
import { countOf, type LogEntry } from "./entries.ts";
import type { Ledger } from "./ledger.ts";
import { readManner } from "./manner.ts";
import { haveSame, type MergedPatch, mergePatch } from "./members.ts";
import { readRules } from "./prompts.ts";
import type { ChefRule } from "./proposals.ts";
import { isSeen } from "./recognition.ts";

/** A patch without a decision so far. */
export interface OpenPatch {
  readonly entry: LogEntry;
  readonly proposed: readonly ChefRule[];
  readonly refused: readonly Refusal[];
  readonly deleted: readonly string[];
  /** The call of a coordinator before it. */
  readonly guide?: LogEntry;
}

/** A patch that changes nothing. */
export const NO_CHANGES = { added: [], replaced: [], removed: [], refused: [] };

/** What came of a patch. */
export interface PatchOutcome {
  readonly outcome: "empty" | "accepted" | "rejected" | "unknown";
  /** The rules as they would be if it was taken. */
  readonly merged: MergedPatch;
}

/** Returns the lines of the calls of an open patch and its guidance, or of guidance alone. */
export function callsOf(
  { patch, guide }: { readonly patch?: OpenPatch; readonly guide?: LogEntry },
): number[] {
  return [patch === undefined ? guide : patch.guide, patch?.entry].flatMap((one) =>
    one?.line ?? []
  );
}

/** Finds what came of a patch. `next` is a line that may show it. */
export function findOutcome(patch: OpenPatch, ledger: Ledger, next?: LogEntry): PatchOutcome {
  const { entry, proposed, deleted } = patch;
  const merged = mergeOpen(patch, ledger);
  const isStart = readManner(entry).isStart === true;
  const isEmpty = (countOf(entry, "num_rules_in_response") ?? proposed.length) === 0 &&
    (countOf(entry, "num_deleted") ?? deleted.length) === 0;
  // Even an empty patch of the rules that a run begins with drops all but the last rule of a name.
  if (isEmpty && !(isStart && !haveSame(merged.members, ledger.members))) {
    return { outcome: "empty", merged };
  }
  if (isStart) return { outcome: "accepted", merged };
  const seen = next && readRules(next);
  if (seen === undefined) return { outcome: "unknown", merged };
  const [isBefore, isAfter] = [ledger.members, merged.members].map((set) => isSeen(seen, set));
  if (isAfter && !isBefore) return { outcome: "accepted", merged };
  // An audit may be of the best rules instead, and tell nothing of the last patch.
  const isRejected = isBefore && !isAfter && next!.call !== "audit_rules";
  return { outcome: isRejected ? "rejected" : "unknown", merged };
}

/** Merges a patch into the current rules, the way of the version of RuleChef that asked for it. */
export function mergeOpen(
  { entry, proposed, deleted }: Pick<OpenPatch, "entry" | "proposed" | "deleted">,
  { members, definitions }: Ledger,
): MergedPatch {
  const { deletes, isStart } = readManner(entry);
  return mergePatch(members, proposed, deleted, definitions, !deletes || isStart === true);
}
