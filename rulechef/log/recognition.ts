/**
 * Whether the rules that a prompt shows are those that the steps so far give.
 *
 * @module
 */
import { beginningOf, type SeenRule } from "./prompts.ts";
import type { Member } from "./members.ts";

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
  const names = groupByName(members);
  if (!rules.every(({ name }) => names.has(name))) return false;
  const left = new Unseen(members);
  return rules.every((seen) => left.take(seen) !== undefined);
}

/** Members that no rule which was seen goes with so far. */
class Unseen {
  readonly #named: ReadonlyMap<string, readonly Member[]>;
  readonly #taken = new Set<Member>();
  /** Members of one name, where there are several. */
  readonly #namesakes = new Map<string, Namesakes>();

  constructor(members: readonly Member[]) {
    this.#named = groupByName(members);
  }

  /** The first that goes with a rule that was seen; it is taken out. */
  take(seen: SeenRule): Member | undefined {
    const [one, another] = this.#named.get(seen.name) ?? [];
    const member = another === undefined ? one : this.#namesakesOf(seen.name).find(seen);
    if (member === undefined || this.#taken.has(member) || !isShown(member, seen)) return undefined;
    this.#taken.add(member);
    if (another !== undefined) this.#namesakesOf(seen.name).delete(member);
    return member;
  }

  #namesakesOf(name: string): Namesakes {
    const known = this.#namesakes.get(name) ?? new Namesakes(this.#named.get(name)!);
    this.#namesakes.set(name, known);
    return known;
  }
}

function isShown({ chef }: Member, { content, isCut }: SeenRule): boolean {
  return content === undefined || content === (isCut ? beginningOf(chef.content) : chef.content);
}

/** Members of one name, found by their patterns: there may be thousands. */
class Namesakes {
  readonly #all: Set<Member>;
  readonly #byPattern: ReadonlyMap<string, Set<Member>>;
  readonly #byBeginning: ReadonlyMap<string, Set<Member>>;

  constructor(members: readonly Member[]) {
    const group = (keyOf: (member: Member) => string) =>
      new Map([...Map.groupBy(members, keyOf)].map(([key, group]) => [key, new Set(group)]));
    this.#all = new Set(members);
    this.#byPattern = group(({ chef }) => chef.content);
    this.#byBeginning = group(({ chef }) => beginningOf(chef.content));
  }

  find({ content, isCut }: SeenRule): Member | undefined {
    const index = isCut ? this.#byBeginning : this.#byPattern;
    const found = content === undefined ? this.#all : index.get(content);
    return found?.values().next().value;
  }

  delete(member: Member): void {
    const { content } = member.chef;
    this.#all.delete(member);
    this.#byPattern.get(content)!.delete(member);
    this.#byBeginning.get(beginningOf(content))!.delete(member);
  }
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
