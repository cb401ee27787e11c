/**
 * RuleChef's rules as a run changes them, by RuleChef's own rules of merging.
 *
 * - **A patch** first deletes rules by name. A rule of the patch then takes the place of the one that has
 *   its name, or comes last. Of rules with the same pattern, type and key of the template, whatever their
 *   label, the one of higher priority stays, and of equal ones the first.
 * - **A merge** of an audit needs two rules that are there and a pattern that compiles. What comes of it has
 *   the output of the first rule of highest priority, and comes last.
 *
 * Each rule that a trace can hold has an id in it: from what it matches, with `-2` … where another rule has
 * that id.
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
import type { ChefRule } from "./proposals.ts";

/** A rule among RuleChef's. */
export interface Member {
  readonly chef: ChefRule;
  /** Its id in the trace; missing where a trace cannot hold it. */
  readonly id?: string;
  /** The id that RuleChef gave it, once the log tells it. */
  source?: string;
}

/** The rules of a trace, which are defined as they first come. */
export class Definitions {
  /** By id, in the order in which they came. */
  readonly rules = new Map<string, Rule>();
  /** The ids of rules that are the same but for their place. */
  readonly #ids = new Map<string, string[]>();
  readonly #repeats = new Map<string, number>();

  /**
   * Members for rules that come to `present` ones. A rule that was there before, and is not now, has its old
   * id.
   */
  enter(rules: readonly ChefRule[], present: readonly Member[]): Member[] {
    const taken = new Set(present.map(({ id }) => id));
    return rules.map((chef) => {
      const source = chef.source === undefined ? {} : { source: chef.source };
      if (chef.rule === undefined) return { chef, ...source };
      const id = this.#define(chef.rule, taken);
      taken.add(id);
      return { chef, id, ...source };
    });
  }

  #define(rule: Rule, taken: ReadonlySet<string | undefined>): string {
    const key = JSON.stringify([rule.id, rule.name, rule.priority]);
    const known = this.#ids.get(key) ?? [];
    this.#ids.set(key, known);
    const free = known.find((id) => !taken.has(id));
    if (free !== undefined) return free;
    const repeat = (this.#repeats.get(rule.id) ?? 0) + 1;
    this.#repeats.set(rule.id, repeat);
    const id = repeat === 1 ? rule.id : `${rule.id}-${repeat}`;
    known.push(id);
    this.rules.set(id, { ...rule, id });
    return id;
  }
}

/** What a patch does. */
export interface Patched {
  /** The rules after it. */
  readonly members: readonly Member[];
  /** Members of which a rule of the patch took the place; it has the same id where it matches the same. */
  readonly replaced: readonly { readonly from: Member; readonly to: Member }[];
  readonly added: readonly Member[];
  readonly removed: readonly Member[];
  /** Rules of the patch that did not come to be there: doubles of others. */
  readonly lost: readonly ChefRule[];
  /** Names that were to be deleted, but that no rule has. */
  readonly missed: readonly string[];
}

/** Merges a patch as RuleChef does. */
export function mergePatch(
  present: readonly Member[],
  patch: readonly ChefRule[],
  deleted: readonly string[],
  definitions: Definitions,
): Patched {
  // As in a dictionary of Python, a name keeps its place, and the last rule of a name is the one.
  const byName = new Map<string, Member>(present.map((member) => [member.chef.name, member]));
  const missed = [...new Set(deleted)].filter((name) => !byName.delete(name));
  const before = new Map(byName);
  const lost: ChefRule[] = [];
  const fresh = new Set<Member>();
  for (const chef of patch) {
    const earlier = byName.get(chef.name);
    if (earlier !== undefined && fresh.delete(earlier)) lost.push(earlier.chef);
    const member: Member = { chef };
    fresh.add(member);
    byName.set(chef.name, member);
  }
  const kept = dropDoubles([...byName.values()]);
  const staying = new Set(kept);
  const entered = new Map<Member, Member>();
  const replaced: { from: Member; to: Member }[] = [];
  const added: Member[] = [];
  const known = [...present];
  for (const draft of kept.filter((member) => fresh.has(member))) {
    const { chef } = draft;
    const from = before.get(chef.name);
    // What matches as it did before stays the rule that it was.
    const isSame = from?.id !== undefined && from.chef.rule?.id === chef.rule?.id;
    const [member] = isSame
      ? [{ ...from, chef, source: chef.source }]
      : definitions.enter([chef], known);
    known.push(member);
    entered.set(draft, member);
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

function dropDoubles(members: readonly Member[]): Member[] {
  const kept = new Map<string | Member, Member>();
  for (const member of members) {
    const { format, content, type, key, priority } = member.chef;
    if (format !== "regex") {
      kept.set(member, member);
      continue;
    }
    const double = JSON.stringify([content.trim(), type, key]);
    const known = kept.get(double);
    if (known !== undefined && known.chef.priority >= priority) continue;
    // What takes the place of another comes where it is, not where that was.
    kept.delete(double);
    kept.set(double, member);
  }
  return [...kept.values()];
}

/** Whether two sets have the same members, in whatever order. */
export function haveSame(one: readonly Member[], other: readonly Member[]): boolean {
  if (one.length !== other.length) return false;
  const members = new Set(one);
  return other.every((member) => members.has(member));
}

/** The ids in a trace of those members that have one. */
export function idsOf(members: readonly Member[]): string[] {
  return members.flatMap(({ id }) => id === undefined ? [] : [id]);
}
