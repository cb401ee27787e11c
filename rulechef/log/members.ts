/**
 * Changes RuleChef's rules as a run does, the way that RuleChef merges them.
 *
 * - **A patch** first deletes rules by name. A rule of the patch then takes the place of the one that has
 *   its name, or comes last. Of rules with the same pattern, type and key of the template, whatever their
 *   label, the one of higher priority stays, and of equal ones the first; a patch before the iterations, and
 *   any patch before version 0.2, keeps them.
 * - **A merge** by an audit needs two existing rules and a pattern that compiles. The merged rule has the
 *   output of the first rule of highest priority, and comes last.
 *
 * Each rule that a trace can hold has an id in it: the digest of what it matches, with `-2` … if another
 * rule has that id.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { Proposals } from "./proposals.ts";
 * import { Definitions, mergePatch } from "./members.ts";
 *
 * const proposals = new Proposals("classification");
 * const rule = (name: string, label: string) =>
 *   proposals.read({ name, content: "card", output_template: { label } }).chef!;
 * const definitions = new Definitions();
 * const [first] = definitions.enter([rule("a", "card")], []);
 * const { members, lost } = mergePatch([first], [rule("b", "fee")], [], definitions);
 * assertEquals([members, lost.map(({ name }) => name)], [[first], ["b"]]);
 * ```
 *
 * @module
 */
import type { Rule } from "../../learn/rules/rule.ts";
import { createNumbering } from "../../learn/text/numbering.ts";
import type { ChefRule } from "./proposals.ts";

/** One of RuleChef's rules in a set. */
export interface ChefMember {
  readonly chef: ChefRule;
  /** Its id in the trace; missing if a trace cannot hold it. */
  readonly id?: string;
  /** The id that RuleChef gave it, once the log tells it. */
  source?: string;
}

/** The rules that a trace defines. */
export class Definitions {
  /** By id, in the order in which they first came. */
  readonly rules = new Map<string, Rule>();
  /** The ids of rules that differ in nothing but their place. */
  readonly #ids = new Map<string, string[]>();
  readonly #numberId = createNumbering();

  /**
   * Makes members of rules that are added to `present` ones. A rule that was defined before, and is not
   * present, keeps its id.
   */
  enter(rules: readonly ChefRule[], present: readonly ChefMember[]): ChefMember[] {
    const taken = new Set(present.map(({ id }) => id));
    return rules.map((chef) => {
      const { source } = chef;
      if (chef.rule === undefined) return { chef, source };
      const id = this.#define(chef.rule, taken);
      taken.add(id);
      return { chef, id, source };
    });
  }

  #define(rule: Rule, taken: ReadonlySet<string | undefined>): string {
    const key = JSON.stringify([rule.id, rule.name, rule.priority]);
    const known = this.#ids.get(key) ?? [];
    this.#ids.set(key, known);
    const free = known.find((id) => !taken.has(id));
    if (free !== undefined) return free;
    const id = this.#numberId(rule.id);
    known.push(id);
    this.rules.set(id, { ...rule, id });
    return id;
  }
}

/** The changes that a patch makes. */
export interface MergedPatch {
  /** The rules after it. */
  readonly members: readonly ChefMember[];
  /** Members whose place a rule of the patch took; it keeps the id if it matches the same. */
  readonly replaced: readonly { readonly from: ChefMember; readonly to: ChefMember }[];
  readonly added: readonly ChefMember[];
  readonly removed: readonly ChefMember[];
  /** Rules of the patch that were dropped as doubles of others. */
  readonly lost: readonly ChefRule[];
  /** Names to delete that no rule has. */
  readonly missed: readonly string[];
}

/** Merges a patch as RuleChef does. `keepsDoubles` is for versions and patches that drop none. */
export function mergePatch(
  present: readonly ChefMember[],
  patch: readonly ChefRule[],
  deleted: readonly string[],
  definitions: Definitions,
  keepsDoubles = false,
): MergedPatch {
  // As in a dictionary of Python, a name keeps its place, and its last rule counts.
  const byName = new Map<string, ChefMember>(present.map((member) => [member.chef.name, member]));
  const missed = [...new Set(deleted)].filter((name) => !byName.delete(name));
  const before = new Map(byName);
  const lost: ChefRule[] = [];
  const fresh = new Set<ChefMember>();
  for (const chef of patch) {
    const earlier = byName.get(chef.name);
    if (earlier !== undefined && fresh.delete(earlier)) lost.push(earlier.chef);
    const member: ChefMember = { chef };
    fresh.add(member);
    byName.set(chef.name, member);
  }
  const merged = [...byName.values()];
  const kept = keepsDoubles ? merged : dropDoubles(merged);
  const staying = new Set(kept);
  const entered = new Map<ChefMember, ChefMember>();
  const replaced: { from: ChefMember; to: ChefMember }[] = [];
  const added: ChefMember[] = [];
  const known = [...present];
  for (const patched of kept.filter((member) => fresh.has(member))) {
    const { chef } = patched;
    const from = before.get(chef.name);
    // A rule that matches the same as before keeps its id.
    const isSame = from?.id !== undefined && from.chef.rule?.id === chef.rule?.id;
    const [member] = isSame
      ? [{ ...from, chef, source: chef.source }]
      : definitions.enter([chef], known);
    known.push(member);
    entered.set(patched, member);
    if (from === undefined) added.push(member);
    else replaced.push({ from, to: member });
  }
  const gone = new Set(replaced.map(({ from }) => from));
  return {
    members: kept.map((member) => entered.get(member) ?? member),
    replaced,
    added,
    removed: present.filter((member) => !staying.has(member) && !gone.has(member)),
    lost: [...lost, ...[...fresh].filter((member) => !staying.has(member)).map(({ chef }) => chef)],
    missed,
  };
}

function dropDoubles(members: readonly ChefMember[]): ChefMember[] {
  const kept = new Map<string | ChefMember, ChefMember>();
  for (const member of members) {
    const { format, content, type, key, priority } = member.chef;
    if (format !== "regex") {
      kept.set(member, member);
      continue;
    }
    const double = JSON.stringify([content.trim(), type, key]);
    const known = kept.get(double);
    if (known !== undefined && known.chef.priority >= priority) continue;
    // A rule that displaces another one stays in its own place.
    kept.delete(double);
    kept.set(double, member);
  }
  return [...kept.values()];
}

/** Tells whether two sets have the same members, in any order. */
export function haveSame(one: readonly ChefMember[], other: readonly ChefMember[]): boolean {
  return one.length === other.length && new Set(one).isSupersetOf(new Set(other));
}

/** Returns the ids in the trace of the members that have one. */
export function idsOf(members: readonly ChefMember[]): string[] {
  return members.flatMap(({ id }) => id === undefined ? [] : [id]);
}
