/**
 * What an audit of RuleChef asked for, and what comes of it by RuleChef's own rules.
 *
 * Rules are named by RuleChef's ids, which the prompt of the audit tells.
 *
 * @module
 */
import type { AuditAction } from "../../learn/coordinator.ts";
import { isRecord } from "../../learn/json.ts";
import { type ChefRule, compiles, type Proposals } from "./proposals.ts";
import { stringsOf, textOr } from "./replies.ts";
import { type Definitions, idsOf, type Member } from "./rule_set.ts";

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
  let members = present;
  const told: AuditAction[] = [];
  for (const action of Array.isArray(actions) ? actions.filter(isRecord) : []) {
    const asked = stringsOf(action.rule_ids);
    // RuleChef passes over what names no rule.
    if (asked.length === 0) continue;
    const reason = textOr(action.reason);
    const found = members.filter(({ source = "" }) => asked.includes(source));
    const skip = (kind: AuditAction["kind"], why: string) =>
      told.push({ kind, from: nameAll(asked, members), outcome: "skipped", reason: why });
    if (action.action === "merge") {
      const kind = asked.length > 1 ? "merge" : "tighten";
      const pattern = textOr(action.merged_pattern);
      if (found.length < 2) {
        skip(kind, asked.length > 1 ? "unknown-rule: fewer than two are there" : "one rule only");
      } else if (pattern !== "" && !compiles(pattern)) {
        skip(kind, "invalid-pattern: the merged pattern does not compile");
      } else {
        const merged = merge(found, pattern, textOr(action.merged_name), proposals);
        const [made] = definitions.enter([merged], members);
        members = [...members.filter((member) => !found.includes(member)), made];
        told.push(describeMerge(kind, found, made, reason));
      }
    } else if (action.action === "remove") {
      if (found.length < asked.length) {
        const missing = asked.filter((id) => !found.some(({ source }) => source === id));
        told.push({ kind: "remove", from: missing, outcome: "skipped", reason: "unknown-rule" });
      }
      if (found.length === 0) continue;
      members = members.filter((member) => !found.includes(member));
      told.push({ kind: "remove", from: idsOf(found), outcome: "applied", reason });
    } else {
      skip("tighten", "unknown-action: RuleChef merges and removes");
    }
  }
  return { actions: told, members };
}

/** The ids of a trace for RuleChef's, where they are known. */
export function nameAll(sources: readonly string[], members: readonly Member[]): string[] {
  const ids = new Map(members.map(({ source, id }) => [source, id]));
  return sources.map((source) => ids.get(source) ?? source);
}

function merge(
  found: readonly Member[],
  pattern: string,
  name: string,
  proposals: Proposals,
): ChefRule {
  const base = found.reduce((best, one) => one.chef.priority > best.chef.priority ? one : best);
  const { source: _, ...chef } = base.chef;
  const fields = { ...chef.fields, name: name || chef.name, content: pattern || chef.content };
  return proposals.read(fields, true).chef ?? { ...chef, ...fields, rule: undefined };
}

function describeMerge(
  kind: AuditAction["kind"],
  found: readonly Member[],
  made: Member,
  reason: string,
): AuditAction {
  const from = idsOf(found);
  if (made.id !== undefined) return { kind, from, to: made.id, outcome: "applied", reason };
  const why = "RuleChef merged them into a rule that a trace cannot hold";
  return { kind: "remove", from, outcome: "applied", reason: `${why}: ${reason}` };
}
