/**
 * What a run of RuleChef came to so far: its steps, as drafts, and the rules as they are by now.
 *
 * Each set of rules is a state, whose scores may only be known once a later line has them. So a draft of a
 * step names its states, and gets their scores in the end.
 *
 * @module
 */
import { quote } from "../../learn/text/quoting.ts";
import { count } from "../../print/phrases.ts";
import type { KnownScores, StepBody } from "../../trace.ts";
import { countOf, type Entry } from "./entries.ts";
import { readRules, type SeenRule } from "./prompts.ts";
import type { ChefRule, Proposals } from "./proposals.ts";
import { Definitions, idsOf, type Member } from "./members.ts";
import { isSeen, matchSeen } from "./recognition.ts";

/** A step of one type while it is made. */
export type Body<T extends StepBody["type"]> = {
  -readonly [Field in keyof Extract<StepBody, { type: T }>]: Extract<StepBody, { type: T }>[Field];
};

/** A step that is being made. Scores of rule sets are filled in at the end, when all that is known is. */
export interface Draft {
  readonly body: StepBody;
  /** When its line was written. */
  readonly at?: number;
  /** The states whose scores it has: those that the log gives for the step itself are in it already. */
  before?: number;
  after?: number;
}

/** A rule set that a run had after a step. */
export interface Snapshot {
  readonly step: number;
  readonly members: readonly Member[];
  readonly state: number;
}

/** An audit of which it is not known yet whether it was kept. */
export interface OpenAudit {
  readonly body: Body<"audit">;
  readonly draft: Draft;
  readonly members: readonly Member[];
  readonly step: number;
}

/** Something that the log says, and that does not go with what it said before. */
export interface Contradiction {
  readonly step: number;
  readonly line?: number;
  readonly text: string;
}

/** Rules that came and went before a step, and no line tells how. */
export type Unlogged = { added: string[]; removed: string[] };

/** The steps of a run, and its rules. */
export class Ledger {
  readonly definitions = new Definitions();
  readonly drafts: Draft[] = [];
  readonly contradictions: Contradiction[] = [];
  /** The scores of each state of the rules, as far as they are known. */
  readonly scores: KnownScores[] = [{}];
  readonly snapshots: Snapshot[] = [];
  members: readonly Member[] = [];
  state = 0;
  audit?: OpenAudit;
  /** The best F1 that the rules had, as far as lines say. */
  best = 0;
  /** What changed before the next step, and no line tells how. */
  unlogged?: Unlogged;
  readonly #proposals: Proposals;

  /** An empty ledger; what prompts show of rules is read by `proposals`. */
  constructor(proposals: Proposals) {
    this.#proposals = proposals;
  }

  /** Whether the audit that is open was kept, now that it is known. */
  settle(isKept: boolean): void {
    const { body, draft, members, step } = this.audit!;
    this.audit = undefined;
    body.verdict = isKept ? "kept" : "reverted";
    if (!isKept) return;
    const past = this.state;
    this.members = members;
    this.advance({});
    draft.after = this.state;
    // Steps since then were put to these rules already.
    for (const later of this.drafts.slice(step + 1)) {
      if (later.before === past) later.before = this.state;
      if (later.after === past) later.after = this.state;
    }
    this.remember(step);
  }

  /** Whether an audit was kept, if the rules that a prompt shows tell. */
  settleBy(entry: Entry, counted: string): void {
    if (this.audit === undefined) return;
    const isKept = isShown(entry, counted, this.audit.members);
    if (isKept === isShown(entry, counted, this.members)) return;
    // The last audit is put to the best rules: these may be older than those that an audit left.
    if (isKept || entry.call !== "audit_rules") this.settle(isKept);
    else this.audit = undefined;
  }

  /** Takes up what a prompt shows of the rules: they are as the steps give, or the log has a gap. */
  reconcile(entry: Entry, counted: string): void {
    const seen = readRules(entry);
    if (!isShown(entry, counted, this.members)) {
      // A number of rules may be that of any set.
      const past = seen && this.snapshots.find(({ members }) => isSeen(seen, members));
      if (entry.call === "audit_rules" && past !== undefined) this.restore(past, entry.at);
      else this.#bridge(entry, seen, countOf(entry, counted));
    }
    for (const { seen: { id }, member } of matchSeen(seen ?? [], this.members).pairs) {
      if (id !== undefined) member.source = id;
    }
  }

  /** Goes back to the rules of an earlier step. */
  restore(past: Snapshot, at?: number): void {
    this.audit = undefined;
    const before = this.state;
    this.members = past.members;
    this.state = past.state;
    const body: StepBody = { type: "restore", to: past.step, before: {}, after: {} };
    this.draft(body, at, { before, after: this.state });
  }

  /** Takes over rules that no step gives. */
  #bridge(entry: Entry, seen: readonly SeenRule[] | undefined, counted = 0): void {
    if (seen === undefined || entry.call === "critique_rules") {
      const found = count(seen?.length ?? counted, "rule");
      this.contradict(entry, `it speaks of ${found}, the steps give ${this.members.length}`);
      return;
    }
    this.audit = undefined;
    const { pairs, extra, missing } = matchSeen(seen, this.members);
    const chefs = extra.map((seen) => this.readSeen(seen));
    const kept = pairs.map(({ member }) => member);
    const entered = this.definitions.enter(chefs, this.members);
    this.members = [...kept, ...entered];
    this.change(entered, missing);
    this.advance({});
    const difference = describeDifference(
      extra.map(({ name }) => name),
      missing.map(({ chef }) => chef.name),
    );
    this.contradict(entry, `against the steps before, the rules it shows ${difference}`);
  }

  /** Notes rules that came or went before the next step, and no line tells how. */
  change(added: readonly Member[], removed: readonly Member[]): void {
    this.unlogged = { added: idsOf(added), removed: idsOf(removed) };
  }

  /** What {@linkcode change} noted, for the step that it is told with. Gives it once. */
  takeUnlogged(): { unlogged?: Unlogged } {
    const unlogged = this.unlogged;
    this.unlogged = undefined;
    return unlogged === undefined ? {} : { unlogged };
  }

  /**
   * Notes the scores that a decision begins with. They are those of the rules by now, or of those before an
   * audit that was kept just before: RuleChef scores rules, audits them, and asks for a patch.
   */
  expect(found: KnownScores, entry: Entry): void {
    const last = this.drafts.at(-1);
    const isStale = last?.body.type === "audit" && last.body.verdict === "kept";
    const state = isStale ? last.before! : this.state;
    const known = this.scores[state];
    const fields = ["on", "f1", "precision"] as const;
    const isOther = fields.some((field) =>
      known[field] !== undefined && found[field] !== undefined && known[field] !== found[field]
    );
    if (isOther) {
      this.contradict(entry, `it begins with F1 ${found.f1}, the steps before left ${known.f1}`);
      this.unlogged ??= { added: [], removed: [] };
      if (!isStale) this.advance(found);
    } else this.scores[state] = { ...known, ...found };
    this.best = Math.max(this.best, found.f1 ?? 0);
  }

  advance(scores: KnownScores): void {
    this.state = this.scores.push(scores) - 1;
  }

  remember(step = this.drafts.length - 1): void {
    this.snapshots.push({ step, members: this.members, state: this.state });
  }

  /** Notes what does not go together, of the step that comes next. */
  contradict(entry: Entry | undefined, text: string): void {
    const line = entry === undefined ? {} : { line: entry.line };
    this.contradictions.push({ step: this.drafts.length, ...line, text });
  }

  /** Adds a step. */
  draft(body: StepBody, at: number | undefined, states: Pick<Draft, "before" | "after">): Draft {
    const draft = { body, ...(at === undefined ? {} : { at }), ...states };
    this.drafts.push(draft);
    return draft;
  }

  /** A rule that a prompt shows. A pattern that may go on is none to define a rule by. */
  readSeen({ name, content = "", isCut, fields }: SeenRule): ChefRule {
    const { chef } = this.#proposals.read({ ...fields, content, pattern: undefined }, true);
    return isCut || chef === undefined ? opaque(name, content) : chef;
  }
}

/** Whether the rules that a prompt shows, or else their number, are those of these members. */
function isShown(entry: Entry, counted: string, members: readonly Member[]): boolean {
  const seen = readRules(entry);
  if (seen !== undefined) return isSeen(seen, members);
  const amount = countOf(entry, counted);
  return amount === undefined || amount === members.length;
}

/** A rule of which only the name is known. */
function opaque(name: string, content: string): ChefRule {
  return { name, format: "regex", content, priority: 5, type: "", key: "", fields: { name } };
}

/**
 * What some rules have and lack against others, by the names of the rules: `have "fee", another "card" and lack
 * "rate"`, where both have a rule `card`, which is not the same.
 */
export function describeDifference(had: readonly string[], lacked: readonly string[]): string {
  const others = new Set(lacked).intersection(new Set(had));
  const have = [
    ...had.filter((name) => !others.has(name)).map(quoteName),
    ...[...others].map((name) => `another ${quoteName(name)}`),
  ];
  const lack = lacked.filter((name) => !others.has(name)).map(quoteName);
  return [
    ...(have.length > 0 ? [`have ${listFirst(have)}`] : []),
    ...(lack.length > 0 ? [`lack ${listFirst(lack)}`] : []),
  ].join(" and ");
}

/** Names for a message: the first ones, quoted, and how many more there are. */
export function listNames(names: readonly string[]): string {
  return listFirst(names.map(quoteName));
}

function listFirst(names: readonly string[]): string {
  const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
  return names.slice(0, 3).join(", ") + more;
}

function quoteName(name: string): string {
  return quote(name, 40);
}
