/**
 * Whether the rules that a prompt shows are those that the steps so far give.
 *
 * @module
 */
import type { SeenRule } from "./prompts.ts";
import type { Member } from "./rule_set.ts";

/** How rules that were seen and members go together. */
export interface Matched {
  readonly pairs: readonly { readonly seen: SeenRule; readonly member: Member }[];
  /** Rules that were seen, but are no member. */
  readonly extra: readonly SeenRule[];
  /** Members that were not seen. */
  readonly missing: readonly Member[];
}

/** Matches rules by name, and by pattern as far as it is shown. */
export function matchSeen(rules: readonly SeenRule[], members: readonly Member[]): Matched {
  const left = new Set(members);
  const pairs: { seen: SeenRule; member: Member }[] = [];
  const extra: SeenRule[] = [];
  for (const seen of rules) {
    const member = findSeen(seen, members, left);
    if (member === undefined) extra.push(seen);
    else {
      left.delete(member);
      pairs.push({ seen, member });
    }
  }
  return { pairs, extra, missing: [...left] };
}

/** Whether rules that were seen are these members. */
export function isSeen(rules: readonly SeenRule[], members: readonly Member[]): boolean {
  if (rules.length !== members.length) return false;
  const names = groupByName(members);
  if (!rules.every(({ name }) => names.has(name))) return false;
  const left = new Set(members);
  return rules.every((seen) => {
    const member = findSeen(seen, members, left);
    return member !== undefined && left.delete(member);
  });
}

/** The first of the members that are left which goes with a rule that was seen. */
function findSeen(
  { name, content, isCut }: SeenRule,
  members: readonly Member[],
  left: ReadonlySet<Member>,
): Member | undefined {
  return groupByName(members).get(name)?.find((one) =>
    left.has(one) && (content === undefined ||
      (isCut ? one.chef.content.startsWith(content) : one.chef.content === content))
  );
}

/** Members by name. Many lines ask for the same ones. */
function groupByName(members: readonly Member[]): ReadonlyMap<string, readonly Member[]> {
  const known = grouped.get(members);
  if (known !== undefined) return known;
  const groups = Map.groupBy(members, ({ chef }) => chef.name);
  grouped.set(members, groups);
  return groups;
}

const grouped = new WeakMap<readonly Member[], ReadonlyMap<string, readonly Member[]>>();
