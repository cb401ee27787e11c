/**
 * Whether the rules that a prompt shows are those that the steps so far give.
 *
 * @module
 */
import { beginningOf, type SeenRule } from "./prompts.ts";
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
  const left = new Unseen(members);
  const pairs: { seen: SeenRule; member: Member }[] = [];
  const extra: SeenRule[] = [];
  for (const seen of rules) {
    const member = left.take(seen);
    if (member === undefined) extra.push(seen);
    else pairs.push({ seen, member });
  }
  const paired = new Set(pairs.map(({ member }) => member));
  return { pairs, extra, missing: members.filter((member) => !paired.has(member)) };
}

/** Whether rules that were seen are these members. */
export function isSeen(rules: readonly SeenRule[], members: readonly Member[]): boolean {
  if (rules.length !== members.length) return false;
  const left = new Unseen(members);
  return rules.every((seen) => left.take(seen) !== undefined);
}

/** Members that no rule which was seen goes with so far. */
class Unseen {
  readonly #byName: ReadonlyMap<string, Set<Member>>;
  readonly #byPattern: ReadonlyMap<string, Set<Member>>;
  readonly #byBeginning: ReadonlyMap<string, Set<Member>>;

  constructor(members: readonly Member[]) {
    const group = (keyOf: (member: Member) => string) => {
      const groups = Map.groupBy(members, keyOf);
      return new Map([...groups].map(([key, group]) => [key, new Set(group)]));
    };
    this.#byName = group(({ chef }) => chef.name);
    this.#byPattern = group(({ chef }) => keyOf(chef.name, chef.content));
    this.#byBeginning = group(({ chef }) => keyOf(chef.name, beginningOf(chef.content)));
  }

  /** The first that goes with a rule that was seen; it is taken out. */
  take({ name, content, isCut }: SeenRule): Member | undefined {
    const found = content === undefined
      ? this.#byName.get(name)
      : (isCut ? this.#byBeginning : this.#byPattern).get(keyOf(name, content));
    const member = found?.values().next().value;
    if (member === undefined) return undefined;
    this.#byName.get(name)!.delete(member);
    this.#byPattern.get(keyOf(name, member.chef.content))!.delete(member);
    this.#byBeginning.get(keyOf(name, beginningOf(member.chef.content)))!.delete(member);
    return member;
  }
}

function keyOf(name: string, content: string): string {
  return JSON.stringify([name, content]);
}
