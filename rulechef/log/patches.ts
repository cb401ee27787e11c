/**
 * What a patch of RuleChef was asked for and does, as a step has it, and the scores that its decision has.
 *
 * @module
 */
import { isRecord } from "../../learn/text/json.ts";
import type { Refusal, Reweight } from "../../learn/rules/rule.ts";
import type { KnownScores, StepOf } from "../../trace.ts";
import { type Entry, shareOf, textOf } from "./entries.ts";
import type { Body } from "./ledger.ts";
import type { ChefRule } from "./proposals.ts";
import { readReply, stringsOf, textOr } from "./replies.ts";
import { idsOf, type Patched } from "./members.ts";

/** The changes that a patch makes, after those of its proposals that were `refused` before. */
export function describePatch(
  merged: Patched,
  refused: readonly Refusal[],
): {
  readonly patch: Omit<StepOf<"iteration">["patch"], "reweighted">;
  readonly reweighted: Reweight[];
} {
  const replaced: { from: string; to: string }[] = [];
  const reweighted: Reweight[] = [];
  const added = [...merged.added];
  const removed = [...merged.removed];
  const more: Refusal[] = [];
  for (const { from, to } of merged.replaced) {
    if (from.id === undefined) added.push(to);
    else if (to.id === undefined) removed.push(from);
    else if (from.id !== to.id) replaced.push({ from: from.id, to: to.id });
    else if (from.chef.priority !== to.chef.priority && Number.isInteger(to.chef.priority)) {
      reweighted.push({ rule: to.id, priority: to.chef.priority });
    } else {
      const detail = "it is there already, as it is";
      more.push({ name: to.chef.name, code: "duplicate", detail });
    }
  }
  for (const { name } of merged.lost) {
    const detail = "another rule has its name, or its pattern and kind of output";
    more.push({ name, code: "duplicate", detail });
  }
  for (const name of merged.missed) {
    const detail = "it was to be deleted, and no rule has the name";
    more.push({ name, code: "unknown-rule", detail });
  }
  return {
    patch: {
      added: idsOf(added),
      replaced,
      removed: idsOf(removed),
      refused: [...refused, ...more],
    },
    reweighted,
  };
}

/** What a patch was asked for by its prompt, and by a coordinator before it. */
export function readAsked(
  patch: Entry | undefined,
  guide: Entry | undefined,
): Pick<Body<"iteration">, "guidance" | "focus" | "prompt" | "train"> {
  const told = guide && textOr(readReply(guide.reply)?.value.guidance);
  const guidance = told || (patch && readGuidance(patch));
  const focus = guide && stringsOf(guide.metadata.focus_classes);
  const prompt = patch && textOf(patch, "prompt_variant");
  return {
    ...(guidance ? { guidance } : {}),
    ...(focus && focus.length > 0 ? { focus } : {}),
    ...(prompt === undefined ? {} : { prompt }),
    ...(guide === undefined ? {} : { train: readTrain(guide) }),
  };
}

/** The guidance that a patch was given: the metadata have the beginning of it, the prompt all. */
function readGuidance(patch: Entry): string | undefined {
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

/** How the rules did on the examples learned from, as a coordinator was told. */
function readTrain(guide: Entry): KnownScores {
  const share = (field: keyof KnownScores, name: string) => {
    const value = shareOf(guide, name);
    return value === undefined ? {} : { [field]: value };
  };
  return {
    on: "train",
    ...share("f1", "micro_f1"),
    ...share("macroF1", "macro_f1"),
    ...share("exact", "exact_match"),
  };
}

/** Whether a decision is on a patch that proposed these rules. */
export function isDecisionOn(proposed: readonly ChefRule[], decision: Entry): boolean {
  const rules = readReply(decision.reply)?.value.patch_rules;
  const names = Array.isArray(rules) ? rules.filter(isRecord).map(({ name }) => name) : [];
  return proposed.every(({ name }, place) => name === names[place]);
}

/** F1 and precision by their names in the metadata of a decision. */
export function scoresOf(entry: Entry, f1Name: string, precisionName: string): KnownScores {
  const f1 = shareOf(entry, f1Name);
  const precision = shareOf(entry, precisionName);
  return {
    ...(precision === undefined ? {} : { precision }),
    ...(f1 === undefined ? {} : { f1 }),
  };
}

/** Which of the scores that count rose; RuleChef accepts some patches where neither did. */
export function findClause(before: KnownScores, after: KnownScores): StepOf<"iteration">["clause"] {
  const rose = (field: "f1" | "precision") => {
    const [from, to] = [before[field], after[field]];
    return from !== undefined && to !== undefined && to > from;
  };
  return rose("f1") ? "f1" : rose("precision") ? "precision" : undefined;
}
