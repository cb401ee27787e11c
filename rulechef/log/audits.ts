/**
 * Reads the audits and critiques of RuleChef's coordinator, and applies the audits as RuleChef does.
 *
 * Rules are named by RuleChef's ids, which the prompt of the call tells.
 *
 * @module
 */
import type { AuditAction } from "../../learn/coordinator.ts";
import { isRecord } from "../../learn/text/json.ts";
import { type LogEntry, textOf } from "./entries.ts";
import type { MutableBody } from "./ledger.ts";
import { type ChefMember, type Definitions, idsOf } from "./members.ts";
import { type ChefRule, compiles, type Proposals } from "./proposals.ts";
import { readReply, stringsOf, textOr } from "./replies.ts";

/** The result of an audit. */
export interface ChefAudit {
  readonly actions: AuditAction[];
  /** The rules after the audit, if it is not reverted. */
  readonly members: readonly ChefMember[];
}

/** Applies the actions that a reply asks for. */
export function applyAudit(
  actions: unknown,
  present: readonly ChefMember[],
  definitions: Definitions,
  proposals: Proposals,
): ChefAudit {
  const left = new Set(present);
  const bySource = new Map(present.map((member) => [member.source, member]));
  const find = (id: string) => {
    const member = bySource.get(id);
    return member !== undefined && left.has(member) ? [member] : [];
  };
  const done: AuditAction[] = [];
  for (const action of Array.isArray(actions) ? actions.filter(isRecord) : []) {
    const asked = stringsOf(action.rule_ids);
    // RuleChef skips actions that do not name a rule.
    if (asked.length === 0) continue;
    const reason = textOr(action.reason);
    // The order and repeats count: of rules of one priority the first gives the merged rule its output,
    // and a rule that is merged with itself is tightened.
    const sources = asked.flatMap(find);
    const found = [...new Set(sources)];
    const skip = (kind: AuditAction["kind"], why: string) => {
      const from = asked.map((id) => find(id)[0]?.id ?? id);
      done.push({ kind, from, outcome: "skipped", reason: why });
    };
    if (action.action === "merge") {
      const kind = new Set(asked).size > 1 ? "merge" : "tighten";
      const pattern = textOr(action.merged_pattern);
      if (asked.length < 2) skip(kind, "one rule only");
      else if (sources.length < 2) skip(kind, "unknown-rule: fewer than two are there");
      else if (pattern !== "" && !compiles(pattern)) {
        skip(kind, "invalid-pattern: the merged pattern does not compile");
      } else {
        const merged = merge(found, pattern, textOr(action.merged_name), proposals);
        const [made] = definitions.enter([merged], [...left]);
        found.forEach((member) => left.delete(member));
        left.add(made);
        done.push(describeMerge(found, made, reason));
      }
    } else if (action.action === "remove") {
      const missing = asked.filter((id) => find(id).length === 0);
      if (missing.length > 0) {
        done.push({ kind: "remove", from: missing, outcome: "skipped", reason: "unknown-rule" });
      }
      if (found.length === 0) continue;
      found.forEach((member) => left.delete(member));
      done.push({ kind: "remove", from: idsOf(found), outcome: "applied", reason });
    } else {
      skip("change", "unknown-action: RuleChef merges and removes");
    }
  }
  return { actions: done, members: [...left] };
}

/** Reads the step of a `critique_rules`: what it says of these rules one by one, and of the task. */
export function readCritique(
  entry: LogEntry,
  members: readonly ChefMember[],
): MutableBody<"critique"> {
  const reply = readReply(entry.reply) ?? {};
  const ids = new Map(members.map(({ source, id }) => [source, id]));
  const feedback = isRecord(reply.rule_feedback) ? Object.entries(reply.rule_feedback) : [];
  const advice: { rule?: string; text: string }[] = feedback.map(([name, text]) => {
    const source = name.toWellFormed();
    return { rule: ids.get(source) ?? source, text: textOr(text) };
  });
  const guidance = textOr(reply.task_guidance);
  if (guidance !== "") advice.push({ text: guidance });
  return {
    type: "critique",
    analysis: textOr(reply.analysis) || (textOf(entry, "analysis") ?? ""),
    advice,
  };
}

/** Reads the step of a `guide_refinement` that ends the run. */
export function readStop(entry: LogEntry): MutableBody<"critique"> {
  const analysis = textOr(readReply(entry.reply)?.guidance);
  return { type: "critique", analysis, advice: [{ text: "stop refining" }] };
}

function merge(
  sources: readonly ChefMember[],
  pattern: string,
  name: string,
  proposals: Proposals,
): ChefRule {
  const base = sources.reduce((best, one) => one.chef.priority > best.chef.priority ? one : best);
  const { source: _, ...chef } = base.chef;
  const fields = { ...chef.fields, name: name || chef.name, content: pattern || chef.content };
  return proposals.read(fields, true).chef ?? { ...chef, ...fields, rule: undefined };
}

function describeMerge(
  found: readonly ChefMember[],
  made: ChefMember,
  reason: string,
): AuditAction {
  const from = idsOf(found);
  if (made.id !== undefined) {
    const kind = from.length > 1 ? "merge" : "tighten";
    return { kind, from, to: made.id, outcome: "applied", reason };
  }
  const why = "RuleChef merged them into a rule that a trace cannot hold";
  return { kind: "remove", from, outcome: "applied", reason: `${why}: ${reason}` };
}
