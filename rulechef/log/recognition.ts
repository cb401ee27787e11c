/**
 * Compares the rules that a prompt shows with those that the steps so far give.
 *
 * @module
 */
import { beginningOf, type SeenRule } from "./prompts.ts";
import type { ChefMember } from "./members.ts";

/** Rules that were seen paired with members. */
export interface SeenMembers {
  readonly pairs: readonly { readonly seen: SeenRule; readonly member: ChefMember }[];
  /** Rules that were seen, but are not members. */
  readonly extra: readonly SeenRule[];
  /** Members that were not seen. */
  readonly missing: readonly ChefMember[];
}

/** Pairs rules with members of the same name that are the same as far as they are shown. */
export function matchSeen(rules: readonly SeenRule[], members: readonly ChefMember[]): SeenMembers {
  const left = new Unseen(members);
  const pairs: { seen: SeenRule; member: ChefMember }[] = [];
  const extra: SeenRule[] = [];
  for (const seen of rules) {
    const member = left.take(seen);
    if (member === undefined) extra.push(seen);
    else pairs.push({ seen, member });
  }
  const paired = new Set(pairs.map(({ member }) => member));
  return { pairs, extra, missing: members.filter((member) => !paired.has(member)) };
}

/** Tells whether the rules that were seen are these members. */
export function isSeen(rules: readonly SeenRule[], members: readonly ChefMember[]): boolean {
  if (rules.length !== members.length) return false;
  const names = groupByName(members);
  if (!rules.every(({ name }) => names.has(name))) return false;
  const left = new Unseen(members);
  return rules.every((seen) => left.take(seen) !== undefined);
}

/** Members that are not paired with a rule so far. */
class Unseen {
  readonly #named: ReadonlyMap<string, readonly ChefMember[]>;
  readonly #taken = new Set<ChefMember>();
  /** The members of each name that several have. */
  readonly #namesakes = new Map<string, Namesakes>();

  constructor(members: readonly ChefMember[]) {
    this.#named = groupByName(members);
  }

  /** Takes out the first member that a rule that was seen goes with. */
  take(seen: SeenRule): ChefMember | undefined {
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

function isShown({ chef }: ChefMember, { content, isCut, fields }: SeenRule): boolean {
  const { priority, output_template: template } = fields;
  return (content === undefined ||
    content === (isCut ? beginningOf(chef.content) : chef.content)) &&
    (typeof priority !== "number" || priority === chef.priority) &&
    (template === undefined ||
      JSON.stringify(template) === JSON.stringify(chef.fields.output_template));
}

/** Members of one name, indexed by their patterns, as there may be thousands. */
class Namesakes {
  readonly #all: Set<ChefMember>;
  readonly #byPattern: ReadonlyMap<string, Set<ChefMember>>;
  readonly #byBeginning: ReadonlyMap<string, Set<ChefMember>>;

  constructor(members: readonly ChefMember[]) {
    const group = (keyOf: (member: ChefMember) => string) =>
      new Map([...Map.groupBy(members, keyOf)].map(([key, group]) => [key, new Set(group)]));
    this.#all = new Set(members);
    this.#byPattern = group(({ chef }) => chef.content);
    this.#byBeginning = group(({ chef }) => beginningOf(chef.content));
  }

  find(seen: SeenRule): ChefMember | undefined {
    const { content, isCut } = seen;
    const index = isCut ? this.#byBeginning : this.#byPattern;
    const found = content === undefined ? this.#all : index.get(content);
    return found?.values().find((member) => isShown(member, seen));
  }

  delete(member: ChefMember): void {
    const { content } = member.chef;
    this.#all.delete(member);
    this.#byPattern.get(content)!.delete(member);
    this.#byBeginning.get(beginningOf(content))!.delete(member);
  }
}

/** Groups members by name. Many lines ask for the same ones. */
function groupByName(members: readonly ChefMember[]): ReadonlyMap<string, readonly ChefMember[]> {
  const groups = grouped.get(members) ?? Map.groupBy(members, ({ chef }) => chef.name);
  grouped.set(members, groups);
  return groups;
}

const grouped = new WeakMap<readonly ChefMember[], ReadonlyMap<string, readonly ChefMember[]>>();
