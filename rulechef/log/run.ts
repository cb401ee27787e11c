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
import { countOf, flagOf, type LogEntry, textOf } from "./entries.ts";
import {
  type Checkpoint,
  type DraftStates,
  Ledger,
  type MutableBody,
  type StepDraft,
} from "./ledger.ts";
import { type ChefMember, haveSame, idsOf, type MergedPatch, mergePatch } from "./members.ts";
import { describePatch, findClause, readAsked, readDecision, readProposed } from "./patches.ts";
import { readFailures, readRules, readTexts } from "./prompts.ts";
import { type ChefRule, Proposals } from "./proposals.ts";
import { isSeen } from "./recognition.ts";
import { readReply, stringsOf } from "./replies.ts";
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

/** A patch without a decision so far. */
interface OpenPatch {
  readonly entry: LogEntry;
  readonly proposed: readonly ChefRule[];
  readonly refused: readonly Refusal[];
  readonly deleted: readonly string[];
  /** The call of a coordinator before it. */
  readonly guide?: LogEntry;
  /** The ledger before it. */
  readonly before: Checkpoint;
}

/** A patch that changes nothing. */
const NO_CHANGES = { added: [], replaced: [], removed: [], refused: [] };

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
  iteration = 0;
  maxIterations?: number;
  isStopped = false;
  /** Whether a line comes from a coordinator. */
  isCoordinated = false;
  lastAudit?: MutableBody<"audit">;
  /** Whether the prompt of the last audit shows its rules. */
  isAuditShown = false;
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
  }

  /** Removes a patch without a decision, for the run that it belongs to instead. */
  takePatch(): LogEntry | undefined {
    if (this.patch === undefined || this.patch.guide !== undefined || this.guide !== undefined) {
      return undefined;
    }
    const { entry, before } = this.patch;
    // Its prompt showed the rules of the other run.
    this.ledger.rollBack(before);
    this.patch = undefined;
    this.lines--;
    return entry;
  }

  /** Merges a patch into the rules, if it is taken. */
  merge(proposed: readonly ChefRule[], deleted: readonly string[]): MergedPatch {
    return mergePatch(this.ledger.members, proposed, deleted, this.ledger.definitions);
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
    this.synthesis = undefined;
    if (ledger.members.length > 0) this.lastSynthesis = undefined;
    const added = idsOf(entered);
    const began = idsOf(start);
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
    if (!isLost) ledger.remember();
  }

  #guideNext(entry: LogEntry): void {
    this.isCoordinated = true;
    // The prompt of the next patch may show whether the patch before was taken.
    if (this.patch === undefined || this.guide !== undefined) this.#flush();
    this.guide = entry;
    this.maxIterations = countOf(entry, "max_iterations");
    if (flagOf(entry, "should_continue") !== false) return;
    if (this.patch !== undefined) this.#endPatch();
    // The run ends here: no patch is asked for.
    this.guide = undefined;
    this.isStopped = true;
    this.#draft(readStop(entry), entry.at, { calls: [entry.line] });
  }

  #propose(entry: LogEntry): void {
    // The guidance for this patch is not an iteration by itself.
    const guide = this.guide;
    this.guide = undefined;
    this.#flush(entry);
    this.#begin(entry);
    this.ledger.settleBy(entry);
    const before = this.ledger.checkpoint();
    this.ledger.reconcile(entry);
    const { taken, refused } = readProposed(entry, this.proposals);
    const deleted = stringsOf(readReply(entry.reply)?.deleted_rules);
    this.patch = { entry, proposed: taken, refused, deleted, before, guide };
  }

  /** Begins a run without a synthesis with the rules that its first prompt shows. */
  #begin(entry: LogEntry): void {
    if (this.ledger.drafts.length > 0) return;
    const chefs = (readRules(entry) ?? []).map((seen) => this.ledger.readSeen(seen));
    this.#endSynthesis(this.ledger.definitions.enter(chefs, []));
  }

  /** Ends a patch without a decision: RuleChef does not log one on an empty patch. */
  #endPatch(next?: LogEntry): void {
    const { entry, proposed, refused, deleted } = this.patch!;
    const isEmpty = (countOf(entry, "num_rules_in_response") ?? proposed.length) === 0 &&
      (countOf(entry, "num_deleted") ?? deleted.length) === 0;
    if (isEmpty) {
      const patch = { ...NO_CHANGES, refused: [...refused] };
      return this.#draftOpenIteration("empty", patch, entry.at);
    }
    const seen = next && readRules(next);
    const { patch, members, reweighted } = this.#describe(proposed, deleted, refused);
    const isTaken = seen !== undefined && isSeen(seen, members) &&
      !isSeen(seen, this.ledger.members);
    if (!isTaken) return this.#draftOpenIteration("unknown", patch, entry.at);
    const calls = this.#callsOf();
    const body = this.#iterationOf();
    // RuleChef can patch rules before its iterations, without a decision.
    if (entry === this.first) body.iteration = this.iteration = 0;
    const before = this.ledger.state;
    this.ledger.members = members;
    this.ledger.advance({});
    this.#draft(
      {
        ...body,
        patch: { ...patch, ...(reweighted.length > 0 ? { reweighted: reweighted.length } : {}) },
        verdict: "accepted",
        before: {},
        after: {},
        best: false,
        ...(reweighted.length > 0 ? { reweighted } : {}),
      },
      entry.at,
      { before, after: this.ledger.state, calls },
    );
    this.ledger.remember();
  }

  /** Adds an iteration without a decision, after which the rules are as before as far as is known. */
  #draftOpenIteration(
    verdict: "empty" | "unknown",
    patch: MutableBody<"iteration">["patch"],
    at: number | undefined,
  ): void {
    const calls = this.#callsOf();
    const body = this.#iterationOf();
    if (this.ledger.drafts.length === 0) this.#endSynthesis();
    const { state } = this.ledger;
    const states = verdict === "empty" ? { before: state, after: state } : { before: state };
    const draft = { ...body, patch, verdict, before: {}, after: {}, best: false };
    this.#draft(draft, at, { ...states, calls });
  }

  /** Returns the lines of the calls of the open patch and its guidance. */
  #callsOf(): number[] {
    const { entry, guide } = this.patch ?? { guide: this.guide };
    return [guide, entry].flatMap((call) => call?.line ?? []);
  }

  /** Returns the fields that every iteration has, and ends the open patch and its guidance. */
  #iterationOf(
    decision?: LogEntry,
  ): Pick<MutableBody<"iteration">, "type" | "iteration" | "failures"> {
    const { entry, guide } = this.patch ?? { guide: this.guide };
    // Guidance since a patch is for the next one.
    if (this.patch === undefined) this.guide = undefined;
    this.patch = undefined;
    const counting = decision ?? guide;
    const number = (counting && countOf(counting, "iteration")) ?? 0;
    this.iteration = number > this.iteration ? number : this.iteration + 1;
    const failures = entry === undefined ? { clusters: [] } : readFailures(entry, this.task);
    if (this.task !== "extraction") {
      for (const { expected, predicted } of failures.clusters) {
        if (expected !== null) this.labels.add(expected);
        if (predicted !== null) this.labels.add(predicted);
      }
    }
    return {
      type: "iteration",
      iteration: this.iteration,
      failures,
      ...readAsked(entry, guide),
      ...this.ledger.takeUnlogged(),
    };
  }

  #decide(entry: LogEntry): void {
    const { ledger } = this;
    if (this.synthesis !== undefined) this.#flush();
    if (this.patch !== undefined && this.guide !== undefined) this.#endPatch();
    const open = this.patch;
    const decision = readDecision(entry, this.proposals);
    const { taken, deleted = open?.deleted ?? [], accepted, before, after } = decision;
    ledger.expect(before, entry);
    const refused = open?.refused ?? decision.refused;
    const { patch, members, reweighted } = this.#describe(taken, deleted, refused);
    const clause = accepted === true ? findClause(before, after) : undefined;
    const calls = this.#callsOf();
    const body: StepBody = {
      ...this.#iterationOf(entry),
      patch: { ...patch, ...(reweighted.length > 0 ? { reweighted: reweighted.length } : {}) },
      verdict: accepted === undefined ? "unknown" : accepted ? "accepted" : "rejected",
      ...(clause === undefined ? {} : { clause }),
      before,
      after,
      best: accepted === true && after.f1 !== undefined && after.f1 > ledger.best,
      ...(reweighted.length > 0 && accepted === true ? { reweighted } : {}),
    };
    this.#draft(body, entry.at, { calls });
    if (accepted !== true) return;
    ledger.best = Math.max(ledger.best, after.f1 ?? 0);
    ledger.members = members;
    ledger.advance(after);
    ledger.remember();
  }

  /** Describes the changes of a patch to the current rules. */
  #describe(taken: readonly ChefRule[], deleted: readonly string[], refused: readonly Refusal[]) {
    // The patch is merged into the rules as they are known; whether an audit was kept stays open.
    this.ledger.audit = undefined;
    const merged = this.merge(taken, deleted);
    return { ...describePatch(merged, refused), members: merged.members };
  }

  #criticize(entry: LogEntry): void {
    this.isCoordinated = true;
    this.#flush(entry);
    this.ledger.settleBy(entry);
    this.ledger.reconcile(entry);
    this.#draft(readCritique(entry, this.ledger.members), entry.at, { calls: [entry.line] });
  }

  #audit(entry: LogEntry): void {
    const { ledger } = this;
    this.isCoordinated = true;
    this.#flush(entry);
    this.#begin(entry);
    ledger.settleBy(entry);
    ledger.reconcile(entry);
    const { actions, members } = applyAudit(
      readReply(entry.reply)?.actions,
      ledger.members,
      ledger.definitions,
      this.proposals,
    );
    const isOpen = !haveSame(members, ledger.members);
    const body: MutableBody<"audit"> = {
      type: "audit",
      phase: "refine",
      actions,
      verdict: isOpen ? "unknown" : "none",
      before: {},
      after: {},
      ...ledger.takeUnlogged(),
    };
    const { state } = ledger;
    const step = ledger.drafts.length;
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
