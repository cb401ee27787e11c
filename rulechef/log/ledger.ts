/**
 * Keeps the steps of a run of RuleChef so far, as drafts, and its current rules.
 *
 * Each set of rules is a state, whose scores may only be known once a later line has them. So a draft of a
 * step names its states, and gets their scores in the end.
 *
 * @module
 */
import { quote } from "../../learn/text/quoting.ts";
import { count, listFew } from "../../print/phrases.ts";
import type { KnownScores, StepBody } from "../../trace.ts";
import { countOf, type LogEntry } from "./entries.ts";
import { type ChefMember, Definitions, idsOf } from "./members.ts";
import { readRules, type SeenRule } from "./prompts.ts";
import type { ChefRule, Proposals } from "./proposals.ts";
import { isSeen, matchSeen } from "./recognition.ts";

/** The body of a step of one type, while it is made. */
export type MutableBody<T extends StepBody["type"]> = {
  -readonly [Field in keyof Extract<StepBody, { type: T }>]: Extract<StepBody, { type: T }>[Field];
};

/** A step while it is made. The scores of its rule sets are filled in at the end. */
export interface StepDraft extends DraftStates {
  readonly body: StepBody;
  /** When its line was written, in milliseconds since 1970. */
  readonly at?: number;
}

/** What a step is about: the states whose scores it has, but for those that the log gives for the step itself. */
export interface DraftStates {
  before?: number;
  after?: number;
  /** The lines of the calls that it came of, in their order. */
  readonly calls?: readonly number[];
}

/** A rule set that a run had after a step. */
export interface Snapshot {
  readonly step: number;
  readonly members: readonly ChefMember[];
  readonly state: number;
}

/** An audit that may have been kept or reverted, as far as is known. */
export interface OpenAudit {
  readonly body: MutableBody<"audit">;
  readonly draft: StepDraft;
  readonly members: readonly ChefMember[];
  readonly step: number;
}

/** A statement of the log, or of the returned rules, that contradicts what the log said before. */
export interface Contradiction {
  /** Index of the step. */
  readonly step: number;
  /** Line of the log, from 1. */
  readonly line?: number;
  /** What it contradicts, in words. */
  readonly text: string;
}

/** Rules that came and went before a step without a line that tells how. */
export type Unlogged = { added: string[]; removed: string[] };

/** The state of a ledger that {@linkcode Ledger.rollBack} goes back to. */
export interface Checkpoint {
  readonly members: readonly ChefMember[];
  readonly state: number;
  readonly unlogged: Unlogged | undefined;
  readonly contradictions: number;
}

/** The steps of a run, and its rules. */
export class Ledger {
  readonly definitions = new Definitions();
  readonly drafts: StepDraft[] = [];
  readonly contradictions: Contradiction[] = [];
  /** The scores of each state of the rules, as far as they are known. */
  readonly scores: KnownScores[] = [{}];
  readonly snapshots: Snapshot[] = [];
  members: readonly ChefMember[] = [];
  state = 0;
  audit?: OpenAudit;
  /** The best F1 that the rules had, as far as lines tell. */
  best = 0;
  /** Rules that came and went before the next step without a line that tells how. */
  unlogged?: Unlogged;
  readonly #proposals: Proposals;

  /** Creates an empty ledger. `proposals` reads the rules that prompts show. */
  constructor(proposals: Proposals) {
    this.#proposals = proposals;
  }

  /** Settles whether the open audit was kept. */
  settle(isKept: boolean): void {
    const { body, draft, members, step } = this.audit!;
    this.audit = undefined;
    body.verdict = isKept ? "kept" : "reverted";
    if (!isKept) return;
    const past = this.state;
    this.members = members;
    this.advance({});
    draft.after = this.state;
    // Steps since then began with these rules already.
    for (const later of this.drafts.slice(step + 1)) {
      if (later.before === past) later.before = this.state;
      if (later.after === past) later.after = this.state;
    }
    this.remember(step);
  }

  /** Settles whether the open audit was kept, if the rules that a prompt shows tell. */
  settleBy(entry: LogEntry): void {
    if (this.audit === undefined) return;
    const isKept = isShown(entry, this.audit.members);
    if (isKept === isShown(entry, this.members)) return;
    // The last audit gets the best rules, which may be older than those that an audit left.
    if (isKept || entry.call !== "audit_rules") this.settle(isKept);
    else this.audit = undefined;
  }

  /** Takes over the rules that a prompt shows: they are those of the steps, or the log has a gap. */
  reconcile(entry: LogEntry): void {
    const seen = readRules(entry);
    if (!isShown(entry, this.members)) {
      // The number of rules alone may be that of several sets.
      const past = seen && this.snapshots.find(({ members }) => isSeen(seen, members));
      if (entry.call === "audit_rules" && past !== undefined) this.restore(past, entry.at);
      else this.#bridge(entry, seen);
    }
    for (const { seen: { id }, member } of matchSeen(seen ?? [], this.members).pairs) {
      if (id !== undefined) member.source = id;
    }
  }

  /** Returns the state to go back to if a line turns out to belong to another run. */
  checkpoint(): Checkpoint {
    const { members, state, unlogged, contradictions } = this;
    return { members, state, unlogged, contradictions: contradictions.length };
  }

  /** Goes back to a checkpoint. */
  rollBack({ members, state, unlogged, contradictions }: Checkpoint): void {
    this.members = members;
    this.state = state;
    this.unlogged = unlogged;
    this.contradictions.length = contradictions;
  }

  /** Adds the step that goes back to the rules of an earlier step. */
  restore(past: Snapshot, at?: number): void {
    this.audit = undefined;
    const before = this.state;
    this.members = past.members;
    this.state = past.state;
    const body: StepBody = { type: "restore", to: past.step, before: {}, after: {} };
    this.draft(body, at, { before, after: this.state });
  }

  /** Takes over rules that no step made. */
  #bridge(entry: LogEntry, seen: readonly SeenRule[] | undefined): void {
    if (seen === undefined || entry.call === "critique_rules") {
      const found = count(seen?.length ?? countRules(entry) ?? 0, "rule");
      this.contradict(entry, `it mentions ${found}, the steps give ${this.members.length}`);
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
    this.contradict(entry, `compared with the steps before, the rules it shows ${difference}`);
  }

  /** Notes rules that came or went before the next step without a line that tells how. */
  change(added: readonly ChefMember[], removed: readonly ChefMember[]): void {
    this.unlogged = { added: idsOf(added), removed: idsOf(removed) };
  }

  /** Returns what {@linkcode change} noted for the next step, and forgets it. */
  takeUnlogged(): { unlogged?: Unlogged } {
    const unlogged = this.unlogged;
    this.unlogged = undefined;
    return unlogged === undefined ? {} : { unlogged };
  }

  /**
   * Notes the scores that a decision begins with: those of the current rules, or those from before an
   * audit that was kept just before, as RuleChef scores rules, audits them, and asks for a patch.
   */
  expect(scores: KnownScores, entry: LogEntry): void {
    const last = this.drafts.at(-1);
    const isStale = last?.body.type === "audit" && last.body.verdict === "kept";
    const state = isStale ? last.before! : this.state;
    const known = this.scores[state];
    const fields = ["on", "f1", "precision"] as const;
    const isOther = fields.some((field) =>
      known[field] !== undefined && scores[field] !== undefined && known[field] !== scores[field]
    );
    if (isOther) {
      this.contradict(entry, `it begins with F1 ${scores.f1}, the steps before left ${known.f1}`);
      this.unlogged ??= { added: [], removed: [] };
      if (!isStale) this.advance(scores);
    } else this.scores[state] = { ...known, ...scores };
    this.best = Math.max(this.best, scores.f1 ?? 0);
  }

  /** Begins a new state of the rules. */
  advance(scores: KnownScores): void {
    this.state = this.scores.push(scores) - 1;
  }

  /** Keeps the current rules as those after a step, by default the last one. */
  remember(step = this.drafts.length - 1): void {
    this.snapshots.push({ step, members: this.members, state: this.state });
  }

  /** Notes a contradiction at the step that comes next. */
  contradict(entry: LogEntry | undefined, text: string): void {
    this.contradictions.push({
      step: this.drafts.length,
      ...(entry && { line: entry.line }),
      text,
    });
  }

  /** Adds a step. */
  draft(body: StepBody, at: number | undefined, states: DraftStates): StepDraft {
    const draft = { body, at, ...states };
    this.drafts.push(draft);
    return draft;
  }

  /** Reads a rule that a prompt shows. A pattern that may be cut does not define a rule. */
  readSeen({ name, content = "", isCut, fields }: SeenRule): ChefRule {
    const { chef } = this.#proposals.read({ ...fields, content, pattern: undefined }, true);
    if (!isCut && chef !== undefined) return chef;
    return { name, format: "regex", content, priority: 5, type: "", key: "", fields: { name } };
  }
}

/** Tells whether the rules that a prompt shows, or else their number, are those of these members. */
function isShown(entry: LogEntry, members: readonly ChefMember[]): boolean {
  const seen = readRules(entry);
  if (seen !== undefined) return isSeen(seen, members);
  return (countRules(entry) ?? members.length) === members.length;
}

/** Returns the number of rules that a call was about, if its line tells it. */
function countRules(entry: LogEntry): number | undefined {
  return countOf(entry, entry.call === "rule_patch" ? "num_existing_rules" : "num_rules");
}

/**
 * Says what some rules have and lack against others, by the names of the rules: `have "fee", another
 * "card" and lack "rate"` if both have a rule `card` that is not the same.
 */
export function describeDifference(had: readonly string[], lacked: readonly string[]): string {
  const others = new Set(lacked).intersection(new Set(had));
  const have = [
    ...had.filter((name) => !others.has(name)).map(quoteName),
    ...[...others].map((name) => `another ${quoteName(name)}`),
  ];
  const lack = lacked.filter((name) => !others.has(name)).map(quoteName);
  return [
    ...(have.length > 0 ? [`have ${listFew(have)}`] : []),
    ...(lack.length > 0 ? [`lack ${listFew(lack)}`] : []),
  ].join(" and ");
}

/** Lists names for a message: the first ones, quoted, and how many more there are. */
export function listNames(names: readonly string[]): string {
  return listFew(names.map(quoteName));
}

function quoteName(name: string): string {
  return quote(name, 40);
}
