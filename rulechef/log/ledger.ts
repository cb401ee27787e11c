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
import { countRules, readRules, type SeenRule } from "./prompts.ts";
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

/** The best rules of a run so far, by the F1 that decides. */
export interface BestRules {
  readonly f1: number;
  readonly members: readonly ChefMember[];
  /** Whether lines tell which they are. */
  isKnown: boolean;
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
  best: BestRules = { f1: 0, members: [], isKnown: true };
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
    // RuleChef scores the rules that it kept, which no line tells.
    this.best.isKnown = false;
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
    else this.leaveAuditOpen();
  }

  /**
   * Takes over the rules that a prompt shows: they are those of the steps, or the log has a gap. If the gap is known,
   * as the rules before it are lost, others contradict nothing.
   */
  reconcile(entry: LogEntry, isLost = false): void {
    const seen = readRules(entry);
    if (!isShown(entry, this.members)) {
      // The number of rules alone may be that of several sets.
      const past = seen && this.snapshots.find(({ members }) => isSeen(seen, members));
      if (entry.call === "audit_rules" && past !== undefined) this.restore(past, entry.at);
      else this.#bridge(entry, seen, isLost);
    }
    for (const { seen: { id }, member } of matchSeen(seen ?? [], this.members).pairs) {
      if (id !== undefined) member.source = id;
    }
  }

  /** Adds the step that goes back to the rules of an earlier step. */
  restore(past: Snapshot, at?: number): void {
    this.leaveAuditOpen();
    const before = this.state;
    this.members = past.members;
    this.state = past.state;
    const body: StepBody = { type: "restore", to: past.step, before: {}, after: {} };
    this.draft(body, at, { before, after: this.state });
  }

  /** Takes over rules that no step made. */
  #bridge(entry: LogEntry, seen: readonly SeenRule[] | undefined, isLost: boolean): void {
    if (seen === undefined || entry.call === "critique_rules") {
      const found = count(seen?.length ?? countRules(entry) ?? 0, "rule");
      this.contradict(entry, `it mentions ${found}, the steps give ${this.members.length}`);
      return;
    }
    this.leaveAuditOpen();
    const { pairs, extra, missing } = matchSeen(seen, this.members);
    const chefs = extra.map((seen) => this.readSeen(seen));
    const kept = pairs.map(({ member }) => member);
    const entered = this.definitions.enter(chefs, this.members);
    this.members = [...kept, ...entered];
    this.change(entered, missing);
    this.advance({});
    if (isLost) return;
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
    const past = last?.body.type === "audit" && last.body.verdict === "kept" ? last.before! : -1;
    const isOther = (state: number) =>
      (["on", "f1", "precision"] as const).some((field) => {
        const known = this.scores[state][field];
        return known !== undefined && scores[field] !== undefined && known !== scores[field];
      });
    const before = this.drafts.findLast(({ body }) => body.type === "iteration")?.body;
    const isNext = before?.type === "iteration" &&
      countOf(entry, "iteration") === before.iteration + 1;
    // The iteration of the audit may have left no more lines: then the scores are those after it.
    const isStale = past !== -1 && (isNext || !isOther(past));
    const state = isStale ? past : this.state;
    const known = this.scores[state];
    if (isOther(state)) {
      this.contradict(entry, `it begins with F1 ${scores.f1}, the steps before left ${known.f1}`);
      this.unlogged ??= { added: [], removed: [] };
      if (!isStale) this.advance(scores);
    } else this.scores[state] = { ...known, ...scores };
    this.improve(scores.f1, this.members);
  }

  /** Notes the F1 of rules: those with a higher one than all before become the best. */
  improve(f1: number | undefined, members: readonly ChefMember[]): void {
    const { best } = this;
    // Lines have few digits, so that scores that seem equal may not be.
    const isTold = f1 !== undefined && (f1 !== best.f1 || f1 === 0 || members === best.members);
    best.isKnown &&= isTold;
    if (f1 !== undefined && f1 > best.f1) this.best = { ...best, f1, members };
  }

  /** Leaves it open whether the last audit was kept, and with it the scores of the rules since. */
  leaveAuditOpen(): void {
    if (this.audit === undefined) return;
    const { step } = this.audit;
    for (const later of this.drafts.slice(step + 1)) {
      if (later.before === this.state) later.before = undefined;
      if (later.after === this.state) later.after = undefined;
    }
    this.audit = undefined;
    this.best.isKnown = false;
    this.advance({});
  }

  /** Begins a new state of the rules. */
  advance(scores: KnownScores): void {
    this.state = this.scores.push(scores) - 1;
  }

  /** Notes the rules that a run without a synthesis began with; no step has changed them since. */
  beginWith(start: readonly ChefMember[]): void {
    const [first] = this.drafts;
    this.members = start;
    (first.body as MutableBody<"synthesis">).start = idsOf(start);
    first.after = this.state;
    this.begin(0);
  }

  /** Keeps the current rules as those after a step that the refinement begins with. */
  begin(step?: number): void {
    this.best = { f1: 0, members: this.members, isKnown: true };
    this.remember(step);
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
