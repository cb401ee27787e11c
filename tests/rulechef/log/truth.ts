/** Reads what RuleChef did in the runs of a log, as was recorded inside it. */
import type { Rule } from "../../../learn/rules/rule.ts";
import { parseRuleChef } from "../../../rulechef/rule_set.ts";

/** A rule as RuleChef has it. */
export interface TrueRule {
  readonly id: string;
  readonly name: string;
  readonly content: string;
  readonly format: string;
  readonly priority: number;
  readonly output_template: unknown;
  readonly output_key: unknown;
  readonly vp: number | null;
  readonly vs: number;
}

/** Scores of rules. */
export interface TrueScores {
  readonly f1: number;
  readonly precision: number;
  readonly macroF1: number;
  readonly exact: number;
}

/** TrueRules in their order. */
export type TrueRules = readonly TrueRule[];

/** What happened in a run, in order. */
export type TrueEvent =
  | { readonly k: "begin"; readonly type: string; readonly rules: TrueRules }
  | { readonly k: "log"; readonly type: string }
  | { readonly k: "synth"; readonly rules: TrueRules }
  | { readonly k: "refine_start"; readonly rules: TrueRules }
  | {
    readonly k: "iter";
    readonly iteration: number;
    readonly rules: TrueRules;
    readonly eval: TrueScores;
  }
  | {
    readonly k: "patch";
    readonly current: TrueRules;
    readonly failures: number;
    readonly rules: TrueRules;
    readonly deleted: readonly string[];
  }
  | {
    readonly k: "merge" | "startmerge";
    readonly before: TrueRules;
    readonly candidate: TrueRules;
  }
  | {
    readonly k: "decision";
    readonly accepted: boolean;
    readonly prev: TrueScores;
    readonly cand: TrueScores;
    readonly dev: boolean;
  }
  | { readonly k: "midaudit" | "finalaudit"; readonly before: TrueRules; readonly after: TrueRules }
  | { readonly k: "refine_end"; readonly best: TrueRules }
  | { readonly k: "end"; readonly returned: TrueRules | null; readonly error?: string };

/** The record of a run. */
export interface TrueRun {
  readonly events: readonly TrueEvent[];
  /** What RuleChef printed. */
  readonly printed: string;
}

/** Calls that leave a line of a run. */
const CALLS = [
  "rule_synthesis",
  "rule_synthesis_per_class",
  "rule_patch",
  "patch_decision",
  "guide_refinement",
  "critique_rules",
  "audit_rules",
];

/** Returns the calls of a run that left a line, in order. */
export function linesOf({ events }: TrueRun): string[] {
  return events.flatMap((event) =>
    event.k === "log" && CALLS.includes(event.type) ? [event.type] : []
  );
}

/** A part of a run that left a line. */
export type TruePart =
  | { readonly part: "critique"; readonly rules: TrueRules }
  | { readonly part: "stop" }
  | {
    readonly part: "audit";
    readonly phase: "refine" | "final";
    readonly before: TrueRules;
    readonly after: TrueRules;
  }
  | {
    readonly part: "iteration";
    /** 0 for a patch before the first iteration. */
    readonly number: number;
    rules: TrueRules;
    hasPatch: boolean;
    patch?: Extract<TrueEvent, { k: "patch" }>;
    candidate?: TrueRules;
    decision?: Extract<TrueEvent, { k: "decision" }>;
    scores?: TrueScores;
    isAudited: boolean;
  };

/** An iteration that left a line. */
export type TrueIteration = Extract<TruePart, { part: "iteration" }>;

/** Returns the parts of a run that left a line, in order. */
export function partsOf({ events, printed }: TrueRun): TruePart[] {
  const isStopped = printed.includes("Coordinator: stop refining");
  const parts: TruePart[] = [];
  let rules: TrueRules = [];
  let number = 0;
  let scores: TrueScores | undefined;
  let open: TrueIteration | undefined;
  let isAudited = false;
  const iterate = () => {
    if (open !== undefined) return open;
    open = { part: "iteration", number, rules, hasPatch: false, scores, isAudited };
    parts.push(open);
    return open;
  };
  for (const [place, event] of events.entries()) {
    switch (event.k) {
      case "begin":
      case "synth":
      case "refine_start":
        rules = event.rules;
        break;
      case "iter":
        [rules, number, scores] = [event.rules, event.iteration, event.eval];
        [open, isAudited] = [undefined, false];
        break;
      case "log":
        // The record of an iteration comes after the line of its critique.
        if (event.type === "critique_rules") parts.push({ part: "critique", rules });
        if (event.type === "rule_patch") iterate().hasPatch = true;
        if (event.type === "guide_refinement") {
          const rest = events.slice(place + 1).filter(({ k }) => k !== "log");
          if (isStopped && rest[0]?.k === "refine_end") parts.push({ part: "stop" });
          else iterate();
        }
        if (event.type === "audit_rules") {
          const audit = events.slice(place).find((one) => "after" in one);
          if (audit?.k === "midaudit" || audit?.k === "finalaudit") {
            const phase = audit.k === "midaudit" ? "refine" : "final";
            parts.push({ part: "audit", phase, before: audit.before, after: audit.after });
          } else {
            // Before 0.1.2 only audits that changed something are recorded, and they come last.
            const before = bestOf(events) ?? rules;
            parts.push({ part: "audit", phase: "final", before, after: before });
          }
        }
        break;
      case "midaudit":
        [rules, isAudited] = [event.after, true];
        break;
      case "patch":
        if (open !== undefined) [open.patch, open.rules] = [event, event.current];
        break;
      case "merge":
      case "startmerge":
        if (open !== undefined) open.candidate = event.candidate;
        break;
      case "decision":
        if (open !== undefined) open.decision = event;
        break;
      case "finalaudit":
      case "refine_end":
      case "end":
        break;
    }
  }
  return parts;
}

function bestOf(events: readonly TrueEvent[]): TrueRules | undefined {
  return events.find((event) => event.k === "refine_end")?.best;
}

const keys = new Map<string, string | undefined>();

/** Returns what tells a rule from others in traces; undefined if a trace cannot hold it. */
export function keyOf(rule: TrueRule, type: string): string | undefined {
  const fields = [type, rule.name, rule.format, rule.content, rule.priority];
  const cached = JSON.stringify([...fields, rule.output_template, rule.output_key]);
  if (!keys.has(cached)) {
    const { id: _id, vp: _vp, vs: _vs, ...plain } = rule;
    const entries = Object.entries(plain).filter(([, value]) => value !== null);
    const document = { rules: [Object.fromEntries(entries)], task: { type } };
    const read = readRule(document);
    keys.set(cached, read && JSON.stringify([read.name, read.id, read.priority]));
  }
  return keys.get(cached);
}

function readRule(document: unknown): Rule | undefined {
  try {
    return parseRuleChef(JSON.stringify(document)).rules[0];
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return undefined;
    throw error;
  }
}
