/**
 * What an audit of RuleChef asked for, and what comes of it by RuleChef's own rules.
 *
 * Rules are named by RuleChef's ids, which the prompt of the audit tells.
 *
 * @module
 */
import type { AuditAction } from "../../learn/coordinator.ts";
import { isRecord } from "../../learn/text/json.ts";
import { type ChefRule, compiles, type Proposals } from "./proposals.ts";
import { stringsOf, textOr } from "./replies.ts";
import { type Definitions, idsOf, type Member } from "./members.ts";

/** An audit put to the rules. */
export interface Audited {
  readonly actions: AuditAction[];
  /** The rules after it, if it is not reverted. */
  readonly members: readonly Member[];
}

/** Applies the actions that a reply asks for. */
export function applyAudit(
  actions: unknown,
  present: readonly Member[],
  definitions: Definitions,
  proposals: Proposals,
): Audited {
  const left = new Set(present);
  const bySource = new Map(present.map((member) => [member.source, member]));
  const find = (id: string) => {
    const member = bySource.get(id);
    return member !== undefined && left.has(member) ? [member] : [];
  };
  const told: AuditAction[] = [];
  for (const action of Array.isArray(actions) ? actions.filter(isRecord) : []) {
    const asked = stringsOf(action.rule_ids);
    // RuleChef passes over what names no rule.
    if (asked.length === 0) continue;
    const reason = textOr(action.reason);
    // In the order of asking, and as often: of rules of one priority the first gives a merged one its
    // output, and a rule that is merged with itself is tightened.
    const sources = asked.flatMap(find);
    const found = [...new Set(sources)];
    const skip = (kind: AuditAction["kind"], why: string) => {
      const from = asked.map((id) => find(id)[0]?.id ?? id);
      told.push({ kind, from, outcome: "skipped", reason: why });
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
        told.push(describeMerge(found, made, reason));
      }
    } else if (action.action === "remove") {
      const missing = asked.filter((id) => find(id).length === 0);
      if (missing.length > 0) {
        told.push({ kind: "remove", from: missing, outcome: "skipped", reason: "unknown-rule" });
      }
      if (found.length === 0) continue;
      found.forEach((member) => left.delete(member));
      told.push({ kind: "remove", from: idsOf(found), outcome: "applied", reason });
    } else {
      skip("change", "unknown-action: RuleChef merges and removes");
    }
  }
  return { actions: told, members: [...left] };
}

/** The ids of a trace for RuleChef's, where they are known. */
export function nameAll(sources: readonly string[], members: readonly Member[]): string[] {
  const ids = new Map(members.map(({ source, id }) => [source, id]));
  return sources.map((source) => ids.get(source) ?? source);
}

function merge(
  sources: readonly Member[],
  pattern: string,
  name: string,
  proposals: Proposals,
): ChefRule {
  const base = sources.reduce((best, one) => one.chef.priority > best.chef.priority ? one : best);
  const { source: _, ...chef } = base.chef;
  const fields = { ...chef.fields, name: name || chef.name, content: pattern || chef.content };
  return proposals.read(fields, true).chef ?? { ...chef, ...fields, rule: undefined };
}

function describeMerge(found: readonly Member[], made: Member, reason: string): AuditAction {
  const from = idsOf(found);
  if (made.id !== undefined) {
    const kind = from.length > 1 ? "merge" : "tighten";
    return { kind, from, to: made.id, outcome: "applied", reason };
  }
  const why = "RuleChef merged them into a rule that a trace cannot hold";
  return { kind: "remove", from, outcome: "applied", reason: `${why}: ${reason}` };
}
