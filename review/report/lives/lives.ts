/**
 * The lives of all rules of a trace: when each was in the set, and why it came and went.
 *
 * @module
 */
import type { Rule } from "../../../learn/rules/rule.ts";
import { compareCodeUnits } from "../../../learn/text/folding.ts";
import { replayRules, type RuleEvent } from "../../../record/replay.ts";
import type { Trace } from "../../../record/schema.ts";

type EventOf<Kind extends RuleEvent["kind"]> = Extract<RuleEvent, { kind: Kind }>;

/** A time in the set. */
export interface Stay {
  /** Index of the step that the rule came with. */
  readonly from: number;
  readonly entry: RuleEvent;
  /** The event that ended it, if it ended. */
  readonly end?: EndEvent;
}

/** An event that takes a rule out of the set; `unlogged` events also bring rules. */
export type EndEvent = EventOf<
  "replaced" | "merged" | "tightened" | "removed" | "pruned" | "undone" | "unlogged"
>;

/** The life of one rule. */
export interface Life {
  readonly rule: Rule;
  /** Times in the set, in order. */
  readonly stays: readonly Stay[];
  /** Steps that proposed it in vain. */
  readonly attempts: readonly {
    readonly step: number;
    readonly outcome: EventOf<"spared">["outcome"];
  }[];
  /** Whether it is in the set after the last step, was once, or never. */
  readonly fate: "final" | "left" | "never";
}

/** Lists the labels of all rules of a trace, those left included, in the order in which lives are shown. */
export function listLabels({ rules }: Pick<Trace, "rules">): string[] {
  return [...new Set(Object.values(rules).map(({ label }) => label))].sort(compareCodeUnits);
}

/** Returns the lives of the rules of a trace that holds, in the order of first mention. */
export function tellLives(trace: Trace): Life[] {
  return Array.from(replayRules(trace).values(), ({ rule, events, final }) => {
    const stays: { from: number; entry: RuleEvent; end?: EndEvent }[] = [];
    const attempts: Life["attempts"][number][] = [];
    for (const event of events) {
      const { step } = event;
      const last = stays.at(-1);
      const isIn = last !== undefined && last.end === undefined;
      switch (event.kind) {
        case "started":
        case "synthesized":
        case "added":
        case "created":
        case "refitted":
        case "restored":
          // An audit may merge a rule into itself: it stays.
          if (!isIn) stays.push({ from: step, entry: event });
          break;
        case "replaced":
        case "merged":
        case "tightened":
        case "removed":
        case "pruned":
        case "undone":
          if (isIn) last.end = event;
          break;
        case "unlogged":
          if (event.change === "came") stays.push({ from: step, entry: event });
          else if (isIn) last.end = event;
          break;
        case "rejected": {
          const isUnknown = event.decision.verdict === "unknown";
          attempts.push({ step, outcome: isUnknown ? "unknown" : "rejected" });
          break;
        }
        case "spared":
          if (!isIn && event.change === "create") attempts.push({ step, outcome: event.outcome });
      }
    }
    const fate = final ? "final" : stays.length > 0 ? "left" : "never";
    return { rule, stays, attempts, fate };
  });
}
