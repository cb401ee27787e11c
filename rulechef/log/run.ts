/**
 * Reads one run of RuleChef line by line: makes a step of each line, and folds the rules forward.
 *
 * A later line may tell what a line does not: the prompt of the next patch shows whether an audit was
 * kept, the next decision what the rules scored. What no line tells stays unknown.
 *
 * @module
 */
import type { Task } from "../../learn/data/examples.ts";
import type { Refusal } from "../../learn/rules/rule.ts";
import { count } from "../../print/phrases.ts";
import type { StepBody } from "../../trace.ts";
import { applyAudit, readCritique, readStop } from "./audits.ts";
import { Course } from "./splitting/course.ts";
import { countOf, isStop, type LogEntry, textOf } from "./entries.ts";
import { type DraftStates, Ledger, type MutableBody, type StepDraft } from "./ledger.ts";
import { readManner } from "./manner.ts";
import { type ChefMember, haveSame, idsOf } from "./members.ts";
import { numberIterations, OPEN } from "./numbering.ts";
import { callsOf, findOutcome, mergeOpen, NO_CHANGES, type OpenPatch } from "./outcome.ts";
import {
  describePatch,
  findClause,
  readAsked,
  readDecision,
  readDeleted,
  readProposed,
} from "./patches.ts";
import { readFailures, readRules, readTexts } from "./prompts.ts";
import { type ChefRule, Proposals } from "./proposals.ts";
import { readReply } from "./replies.ts";
import { Texts } from "./texts.ts";

/** The rules that were proposed at first. */
interface OpenSynthesis {
  readonly chefs: ChefRule[];
  readonly refused: Refusal[];
  /** The lines of the calls. */
  readonly calls: number[];
  /** The label of the last call. */
  label?: string;
  /** When the last call was. */
  at?: number;
}

/** A run, as far as its lines were read. */
export class RunLog {
  readonly task: Task;
  readonly name: string;
  readonly proposals: Proposals;
  readonly ledger: Ledger;
  readonly labels = new Set<string>();
  readonly texts = new Texts();
  readonly first: LogEntry;
  lines = 0;
  /** How far it has come. */
  course = new Course();
  /** Whether a line comes from a coordinator. */
  isCoordinated = false;
  lastAudit?: MutableBody<"audit">;
  /** The rules that the last audit was about. */
  audited: readonly ChefMember[] = [];
  /** Whether the prompt of the last audit shows its rules. */
  isAuditShown = false;
  /** Whether the rules that the run began with may still be shown. */
  isStartOpen = false;
  /** Whether the run began with a decision, and no prompt has shown its rules since. */
  areRulesLost = false;
  /** The last call for first rules, until one brings a rule. */
  lastSynthesis?: LogEntry;
  /** The first rules, until all of them are known. */
  synthesis?: OpenSynthesis;
  patch?: OpenPatch;
  /** The call of a coordinator before the next patch. */
  guide?: LogEntry;

  /** Creates a run that begins with a line, which must be added as well. */
  constructor(first: LogEntry, task: Task, name: string) {
    this.task = task;
    this.first = first;
    this.name = name;
    this.proposals = new Proposals(task);
    this.ledger = new Ledger(this.proposals);
  }

  /** Whether the open patch has anything to decide on. */
  get isUndecided(): boolean {
    const { proposed = [], deleted = [] } = this.patch ?? {};
    return proposed.length + deleted.length > 0;
  }

  /** Adds the next line. */
  add(entry: LogEntry): void {
    this.lines++;
    // The patch that the last guidance was for left no line.
    if (this.guide !== undefined && this.course.skipsGuided(entry)) this.#flush(entry);
    this.course.add(entry);
    readTexts(entry, (text, isWhole) => this.texts.add(text, isWhole));
    switch (entry.call) {
      case "rule_synthesis":
      case "rule_synthesis_per_class":
        return this.#synthesize(entry);
      case "rule_patch":
        return this.#propose(entry);
      case "patch_decision":
        return this.#decide(entry);
      case "guide_refinement":
        return this.#guideNext(entry);
      case "critique_rules":
        return this.#criticize(entry);
      case "audit_rules":
        return this.#audit(entry);
    }
  }

  /** Ends the run, which then has a step at least. */
  close(): void {
    this.#flush();
    if (this.ledger.drafts.length === 0) this.#endSynthesis();
    const { isThrough, maxIterations } = this.course;
    const bodies = this.ledger.drafts.map(({ body }) => body);
    numberIterations(bodies, isThrough ? maxIterations : undefined);
  }

  /** Ends what is open. `next` may show the result. */
  #flush(next?: LogEntry): void {
    if (this.synthesis !== undefined) this.#endSynthesis();
    if (this.patch !== undefined) this.#endPatch(next);
    if (this.guide !== undefined) this.#draftOpenIteration("unknown", NO_CHANGES, this.guide.at);
  }

  #synthesize(entry: LogEntry): void {
    const synthesis = this.synthesis ??= { chefs: [], refused: [], calls: [] };
    synthesis.calls.push(entry.line);
    synthesis.at = entry.at ?? synthesis.at;
    this.lastSynthesis = entry;
    const label = textOf(entry, "target_class");
    if (label !== undefined) synthesis.label = label;
    if (label !== undefined && this.task !== "extraction") this.labels.add(label);
    const { taken, refused } = readProposed(entry, this.proposals);
    synthesis.chefs.push(...taken);
    synthesis.refused.push(...refused);
    const counted = countOf(entry, "num_rules_in_response");
    if (counted !== undefined && counted !== taken.length) {
      this.ledger.contradict(
        entry,
        `it took ${count(counted, "rule")}, but its reply has ${taken.length} to take`,
      );
    }
  }

  #endSynthesis(start: readonly ChefMember[] = []): void {
    const { ledger } = this;
    const { chefs = [], refused = [], calls, at = this.first.at } = this.synthesis ?? {};
    const entered = ledger.definitions.enter(chefs, start);
    ledger.members = [...start, ...entered];
    // The rules that a run began with are not known if no line shows them.
    const isLost = this.synthesis === undefined && start.length === 0;
    this.isStartOpen = isLost;
    this.synthesis = undefined;
    if (ledger.members.length > 0) this.lastSynthesis = undefined;
    const [added, began] = [entered, start].map(idsOf);
    this.#draft(
      {
        type: "synthesis",
        ...(began.length > 0 ? { start: began } : {}),
        proposed: added.length + refused.length,
        added,
        refused: [...refused],
        scores: {},
      },
      at,
      isLost ? {} : { after: ledger.state, calls },
    );
    if (isLost) ledger.best.isKnown = false;
    else ledger.begin();
  }

  #guideNext(entry: LogEntry): void {
    this.isCoordinated = true;
    // The prompt of the next patch may show whether the patch before was taken.
    if (this.patch === undefined || this.guide !== undefined) this.#flush();
    this.guide = entry;
    if (!isStop(entry)) return;
    if (this.patch !== undefined) this.#endPatch();
    // The run ends here: no patch is asked for.
    this.guide = undefined;
    this.#draft(readStop(entry), entry.at, { calls: [entry.line] });
  }

  #propose(entry: LogEntry): void {
    // The guidance for this patch is not an iteration by itself.
    const guide = this.guide;
    this.guide = undefined;
    this.#flush(entry);
    this.#reconcile(entry);
    const { taken, refused } = readProposed(entry, this.proposals);
    const deleted = readManner(entry).deletes ? readDeleted(entry.reply) : [];
    this.patch = { entry, proposed: taken, refused, deleted, guide };
    // Nothing decides on a patch of the rules that the run begins with.
    if (readManner(entry).isStart === true) this.#endPatch();
  }

  /** Takes over the rules that a prompt shows. */
  #reconcile(entry: LogEntry): void {
    if (entry.call !== "critique_rules") this.#begin(entry);
    this.isStartOpen = false;
    this.ledger.settleBy(entry);
    this.ledger.reconcile(entry, this.areRulesLost);
    this.areRulesLost = false;
  }

  /** Begins a run without a synthesis with the rules that its first prompt shows. */
  #begin(entry: LogEntry): void {
    const { ledger } = this;
    if (ledger.drafts.length > 0 && !this.isStartOpen) return;
    const chefs = (readRules(entry) ?? []).map((seen) => ledger.readSeen(seen));
    const start = ledger.definitions.enter(chefs, []);
    if (ledger.drafts.length === 0) this.#endSynthesis(start);
    else this.beginWith(start);
  }

  /** Notes the rules that a run without a synthesis began with. */
  beginWith(start: readonly ChefMember[]): void {
    this.isStartOpen = start.length === 0;
    if (!this.isStartOpen) this.ledger.beginWith(start);
  }

  /** Ends a patch without a decision. `next` may show what came of it. */
  #endPatch(next?: LogEntry): void {
    const { entry, refused } = this.patch!;
    const { outcome, merged } = findOutcome(this.patch!, this.ledger, next);
    if (outcome === "empty") {
      return this.#draftOpenIteration("empty", { ...NO_CHANGES, refused: [...refused] }, entry.at);
    }
    const { patch, reweighted } = describePatch(merged, refused);
    this.ledger.leaveAuditOpen();
    if (outcome !== "accepted") return this.#draftOpenIteration(outcome, patch, entry.at);
    const calls = callsOf(this);
    const body = this.#iterationOf();
    const before = this.ledger.state;
    this.ledger.members = merged.members;
    this.ledger.advance({});
    this.#draft(
      {
        ...body,
        patch: { ...patch, ...(reweighted.length > 0 ? { reweighted: reweighted.length } : {}) },
        verdict: "accepted",
        before: {},
        after: {},
        ...(reweighted.length > 0 ? { reweighted } : {}),
      },
      entry.at,
      { before, after: this.ledger.state, calls },
    );
    if (body.iteration === 0) return this.ledger.begin();
    this.ledger.best.isKnown = false;
    this.ledger.remember();
  }

  /** Adds an iteration without a decision, after which the rules are as before as far as is known. */
  #draftOpenIteration(
    verdict: "empty" | "rejected" | "unknown",
    patch: MutableBody<"iteration">["patch"],
    at: number | undefined,
  ): void {
    const calls = callsOf(this);
    const body = this.#iterationOf();
    if (this.ledger.drafts.length === 0) this.#endSynthesis();
    const isSame = verdict !== "unknown" || patch === NO_CHANGES;
    this.ledger.best.isKnown &&= isSame;
    const { state } = this.ledger;
    const states = verdict === "empty" ? { before: state, after: state } : { before: state };
    const best = isSame ? { best: false } : {};
    const draft = { ...body, patch, verdict, before: {}, after: {}, ...best };
    this.#draft(draft, at, { ...states, calls });
  }

  /** Returns the fields that every iteration has, and ends the open patch and its guidance. */
  #iterationOf(
    decision?: LogEntry,
  ): Pick<MutableBody<"iteration">, "type" | "iteration" | "failures"> {
    const { entry, guide } = this.patch ?? { guide: this.guide };
    // Guidance since a patch is for the next one.
    if (this.patch === undefined) this.guide = undefined;
    this.patch = undefined;
    const failures = entry === undefined ? { clusters: [] } : readFailures(entry, this.task);
    if (this.task !== "extraction") {
      for (const { expected, predicted } of failures.clusters) {
        if (expected !== null) this.labels.add(expected);
        if (predicted !== null) this.labels.add(predicted);
      }
    }
    const isStart = entry !== undefined && readManner(entry).isStart === true &&
      decision === undefined;
    const counting = decision ?? guide;
    const number = isStart ? 0 : (counting && countOf(counting, "iteration")) ?? OPEN;
    return {
      type: "iteration",
      iteration: number,
      failures,
      ...readAsked(entry, guide),
      ...this.ledger.takeUnlogged(),
    };
  }

  #decide(entry: LogEntry): void {
    const { ledger } = this;
    if (this.synthesis !== undefined) this.#flush();
    if (this.patch !== undefined && this.guide !== undefined) this.#endPatch();
    const open = this.#ownPatch(entry);
    const decision = readDecision(entry, this.proposals);
    const { taken, deleted = open?.deleted ?? [], accepted, before, after } = decision;
    ledger.expect(before, entry);
    const refused = open?.refused ?? decision.refused;
    // The patch is merged into the rules as they are known.
    ledger.leaveAuditOpen();
    const merged = mergeOpen({ entry: open?.entry ?? entry, proposed: taken, deleted }, ledger);
    const { patch, reweighted } = describePatch(
      // Rules to delete may be among those that a run began with and no line shows.
      this.isStartOpen ? { ...merged, missed: [] } : merged,
      refused,
    );
    const clause = accepted === true ? findClause(before, after) : undefined;
    const calls = callsOf(this);
    const body: StepBody = {
      ...this.#iterationOf(entry),
      patch: { ...patch, ...(reweighted.length > 0 ? { reweighted: reweighted.length } : {}) },
      verdict: accepted === undefined ? "unknown" : accepted ? "accepted" : "rejected",
      ...(clause === undefined ? {} : { clause }),
      before,
      after,
      best: accepted === true && after.f1 !== undefined && after.f1 > ledger.best.f1,
      ...(reweighted.length > 0 && accepted === true ? { reweighted } : {}),
    };
    this.#draft(body, entry.at, { calls });
    this.areRulesLost ||= this.isStartOpen;
    this.isStartOpen = false;
    if (accepted !== true) return;
    ledger.improve(after.f1, merged.members);
    ledger.members = merged.members;
    ledger.advance(after);
    ledger.remember();
  }

  /** Returns the patch that a decision is on. The guidance before it may have been for another iteration. */
  #ownPatch(decision: LogEntry): OpenPatch | undefined {
    const { guide, ...patch } = this.patch ?? {} as OpenPatch;
    const [number, guided] = [decision, guide].map((one) => one && countOf(one, "iteration"));
    if (guide === undefined || number === undefined || number === guided) return this.patch;
    this.patch = undefined;
    this.guide = guide;
    this.#draftOpenIteration("unknown", NO_CHANGES, guide.at);
    return this.patch = patch;
  }

  #criticize(entry: LogEntry): void {
    this.isCoordinated = true;
    this.#flush(entry);
    if (this.ledger.drafts.length === 0) this.#endSynthesis();
    if (!this.isStartOpen && !this.areRulesLost) this.#reconcile(entry);
    this.#draft(readCritique(entry, this.ledger.members), entry.at, { calls: [entry.line] });
  }

  #audit(entry: LogEntry): void {
    const { ledger } = this;
    this.isCoordinated = true;
    this.#flush(entry);
    this.#reconcile(entry);
    const { actions, members } = applyAudit(
      readReply(entry.reply)?.actions,
      ledger.members,
      ledger.definitions,
      this.proposals,
    );
    const isOpen = !haveSame(members, ledger.members);
    this.audited = ledger.members;
    const body: MutableBody<"audit"> = {
      type: "audit",
      phase: this.course.isOver ? "final" : "refine",
      actions,
      verdict: isOpen ? "unknown" : "none",
      before: {},
      after: {},
      ...ledger.takeUnlogged(),
    };
    const { state, drafts: { length: step } } = ledger;
    const states = isOpen ? { before: state } : { before: state, after: state };
    const draft = this.#draft(body, entry.at, { ...states, calls: [entry.line] });
    this.lastAudit = body;
    this.isAuditShown = readRules(entry) !== undefined;
    if (isOpen) ledger.audit = { body, draft, members, step };
  }

  #draft(body: StepBody, at: number | undefined, states: DraftStates): StepDraft {
    // A run begins with its synthesis, even if the log does not have it.
    if (this.ledger.drafts.length === 0 && body.type !== "synthesis") this.#endSynthesis();
    return this.ledger.draft(body, at, states);
  }
}
