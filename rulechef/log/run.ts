/**
 * One run of RuleChef, line by line: what each line says becomes a step, and the rules are folded forward.
 *
 * What a line does not say may be told by a later one: the prompt of the next patch shows whether an audit
 * was kept, the next decision what the rules scored by then. What none tells stays unknown.
 *
 * @module
 */
import type { Task } from "../../learn/data/examples.ts";
import type { Refusal } from "../../learn/rules/rule.ts";
import { count } from "../../print/phrases.ts";
import type { StepBody } from "../../trace.ts";
import { applyAudit } from "./audits.ts";
import { readCritique, readStop } from "./critiques.ts";
import { comesAfter, countOf, type Entry, flagOf, textOf } from "./entries.ts";
import { type Body, type Draft, Ledger, type Unlogged } from "./ledger.ts";
import { describePatch, findClause, isDecisionOn, readAsked, scoresOf } from "./patches.ts";
import { readFailures, readRules, readTexts } from "./prompts.ts";
import { type ChefRule, Proposals } from "./proposals.ts";
import { readProposed } from "./proposed.ts";
import { readReply, stringsOf } from "./replies.ts";
import { haveSame, idsOf, type Member, mergePatch } from "./members.ts";
import { isSeen } from "./recognition.ts";
import { Texts } from "./texts.ts";

/** A patch that was proposed and not decided on yet. */
interface OpenPatch {
  readonly entry: Entry;
  readonly proposed: readonly ChefRule[];
  readonly refused: readonly Refusal[];
  readonly deleted: readonly string[];
  readonly guide?: Entry;
  /** How things were before it. */
  readonly before: {
    readonly members: readonly Member[];
    readonly state: number;
    readonly unlogged?: Unlogged;
    readonly contradictions: number;
  };
}

/** A run, as far as its lines were read. */
export class RunLog {
  readonly task: Task;
  readonly name: string;
  readonly proposals: Proposals;
  readonly ledger: Ledger;
  readonly labels = new Set<string>();
  readonly texts = new Texts();
  readonly first: Entry;
  lines = 0;
  iteration = 0;
  maxIterations?: number;
  isStopped = false;
  /** Whether a line is of a coordinator. */
  isCoordinated = false;
  lastAudit?: Body<"audit">;
  /** Whether the last audit shows the rules that it was put to. */
  isAuditShown = false;
  /** The last call for rules at first, while none brought any. */
  lastSynthesis?: Entry;
  /** What was proposed at first, until all of it is known. */
  #synthesis?: { chefs: ChefRule[]; refused: Refusal[]; label?: string; at?: number };
  #patch?: OpenPatch;
  #guide?: Entry;

  /** A run that begins with this line; it has to be added as well. */
  constructor(first: Entry, task: Task, name: string) {
    this.task = task;
    this.first = first;
    this.name = name;
    this.proposals = new Proposals(task);
    this.ledger = new Ledger(this.proposals);
  }

  /** Whether the line can be the next one of this run. */
  fits(entry: Entry): boolean {
    switch (entry.call) {
      case "rule_synthesis":
        return false;
      case "rule_synthesis_per_class": {
        // RuleChef asks for one label after the other, in order.
        const label = textOf(entry, "target_class") ?? "";
        const [size, other] = [entry, this.first].map((one) => countOf(one, "dataset_size"));
        return this.#synthesis !== undefined && comesAfter(label, this.#synthesis.label ?? "") &&
          (size === undefined || other === undefined || size === other);
      }
      case "patch_decision": {
        const iteration = countOf(entry, "iteration") ?? this.iteration + 1;
        // What was said after a patch was said to the next one.
        if (this.#patch === undefined || this.#guide !== undefined) return false;
        if (iteration <= this.iteration) return false;
        return isDecisionOn(this.#patch.proposed, entry);
      }
      case "guide_refinement":
        return this.#guide === undefined &&
          (countOf(entry, "iteration") ?? this.iteration + 1) > this.#lastIteration();
      case "rule_patch":
      case "audit_rules":
      case "critique_rules": {
        // What a run begins with is what its first prompt shows.
        if (this.ledger.drafts.length === 0 && this.#synthesis === undefined) return true;
        const seen = readRules(entry);
        const sets = [
          this.#drafted(),
          ...(this.ledger.audit === undefined ? [] : [this.ledger.audit.members]),
        ];
        if (entry.call === "audit_rules") {
          sets.push(...this.ledger.snapshots.map(({ members }) => members));
        }
        if (seen === undefined) return sets[0].length > 0;
        return sets.some((set) => isSeen(seen, set)) ||
          (this.#patch !== undefined && isSeen(seen, this.#patched(this.#patch).members));
      }
    }
  }

  /** Whether a decision on a patch that has something in it is still to come. */
  get isUndecided(): boolean {
    const { proposed = [], deleted = [] } = this.#patch ?? {};
    return proposed.length + deleted.length > 0;
  }

  /** The rules as they are, or will be once what was proposed at first is put together. */
  #drafted(): readonly Member[] {
    return this.#synthesis?.chefs.map((chef) => ({ chef })) ?? this.ledger.members;
  }

  /** The number of the last iteration that a line spoke of. */
  #lastIteration(): number {
    const guided = this.#guide ?? this.#patch?.guide;
    const open = guided === undefined ? undefined : countOf(guided, "iteration");
    return Math.max(this.iteration + (this.#patch === undefined ? 0 : 1), open ?? 0);
  }

  /** Takes up the next line. */
  add(entry: Entry): void {
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
        this.isCoordinated = true;
        // What came of a patch may be shown by the prompt of the next one.
        if (this.#patch === undefined || this.#guide !== undefined) this.flush();
        this.#guide = entry;
        this.maxIterations = countOf(entry, "max_iterations");
        if (flagOf(entry, "should_continue") !== false) return;
        if (this.#patch !== undefined) this.#endPatch();
        // The run ends here: no patch is asked for.
        this.#guide = undefined;
        this.isStopped = true;
        this.#draft(readStop(entry), entry.at, {});
        return;
      case "critique_rules":
        return this.#criticize(entry);
      case "audit_rules":
        return this.#audit(entry);
    }
  }

  /** Ends what is open: there comes nothing more that belongs to it. `next` may show what came of it. */
  flush(next?: Entry): void {
    if (this.#synthesis !== undefined) this.#endSynthesis();
    if (this.#patch !== undefined) this.#endPatch(next);
    if (this.#guide !== undefined) this.#endGuide(this.#guide);
  }

  /** Ends the run: it has one step at least then. */
  close(): void {
    this.flush();
    if (this.ledger.drafts.length === 0) this.#endSynthesis();
  }

  /** Whether the line counts an iteration that this run is past. */
  isBefore(entry: Entry): boolean {
    const iteration = countOf(entry, "iteration");
    return iteration !== undefined && iteration <= this.iteration;
  }

  /** A patch that nothing was decided on, for the run that it belongs to instead. */
  takePatch(): Entry | undefined {
    if (this.#patch === undefined || this.#guide !== undefined) return undefined;
    const { entry, guide, before } = this.#patch;
    if (guide !== undefined) return undefined;
    // What its prompt showed is of the other run.
    this.ledger.members = before.members;
    this.ledger.state = before.state;
    this.ledger.unlogged = before.unlogged;
    this.ledger.contradictions.length = before.contradictions;
    this.#patch = undefined;
    this.lines--;
    return entry;
  }

  #synthesize(entry: Entry): void {
    const synthesis = this.#synthesis ??= { chefs: [], refused: [] };
    synthesis.at = entry.at ?? synthesis.at;
    this.lastSynthesis = entry;
    const label = textOf(entry, "target_class");
    if (label !== undefined) synthesis.label = label;
    if (label !== undefined && this.task !== "extraction") this.labels.add(label);
    const { taken, refused } = readProposed(entry, this.proposals);
    synthesis.chefs.push(...taken);
    synthesis.refused.push(...refused);
    const said = countOf(entry, "num_rules_in_response");
    if (said !== undefined && said !== taken.length) {
      this.ledger.contradict(
        entry,
        `it took ${count(said, "rule")}, where its reply has ${taken.length} to take`,
      );
    }
  }

  #endSynthesis(start: readonly Member[] = []): void {
    const { chefs = [], refused = [], at = this.first.at } = this.#synthesis ?? {};
    this.ledger.members = [...start, ...this.ledger.definitions.enter(chefs, start)];
    // Without a line on them, the rules that a run began with are not known.
    const isLost = this.#synthesis === undefined && start.length === 0;
    this.#synthesis = undefined;
    if (this.ledger.members.length > 0) this.lastSynthesis = undefined;
    const added = idsOf(this.ledger.members.slice(start.length));
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
      isLost ? {} : { after: this.ledger.state },
    );
    if (!isLost) this.ledger.remember();
  }

  #propose(entry: Entry): void {
    // What was said to this patch is no iteration of its own.
    const guide = this.#guide;
    this.#guide = undefined;
    this.flush(entry);
    this.#begin(entry);
    this.ledger.settleBy(entry, "num_existing_rules");
    const before = {
      members: this.ledger.members,
      state: this.ledger.state,
      ...(this.ledger.unlogged === undefined ? {} : { unlogged: this.ledger.unlogged }),
      contradictions: this.ledger.contradictions.length,
    };
    this.ledger.reconcile(entry, "num_existing_rules");
    const reply = readReply(entry.reply)?.value;
    const { taken, refused } = readProposed(entry, this.proposals);
    const deleted = stringsOf(reply?.deleted_rules);
    this.#patch = { entry, proposed: taken, refused, deleted, before, ...(guide && { guide }) };
  }

  /** Where nothing was proposed at first: the rules that the run began with are those that are shown. */
  #begin(entry: Entry): void {
    if (this.ledger.drafts.length > 0) return;
    const chefs = (readRules(entry) ?? []).map((seen) => this.ledger.readSeen(seen));
    this.#endSynthesis(this.ledger.definitions.enter(chefs, []));
  }

  /** A patch without a decision: RuleChef says nothing of one that has nothing in it. */
  #endPatch(next?: Entry): void {
    const { entry, proposed, refused, deleted } = this.#patch!;
    const isEmpty = (countOf(entry, "num_rules_in_response") ?? proposed.length) === 0 &&
      (countOf(entry, "num_deleted") ?? deleted.length) === 0;
    if (isEmpty) {
      const patch = { added: [], replaced: [], removed: [], refused: [...refused] };
      return this.#draftIteration("empty", patch, entry.at);
    }
    const seen = next && readRules(next);
    const { patch, members, reweighted } = this.#merge(proposed, deleted, refused);
    const isTaken = seen !== undefined && isSeen(seen, members) &&
      !isSeen(seen, this.ledger.members);
    if (!isTaken) return this.#draftIteration("unknown", patch, entry.at);
    const body = this.#iterationOf(undefined);
    // RuleChef can patch rules before its iterations, and decides nothing then.
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
      { before, after: this.ledger.state },
    );
    this.ledger.remember();
  }

  /** What comes of a patch if it is taken. */
  #patched({ proposed, deleted }: OpenPatch) {
    return mergePatch(this.ledger.members, proposed, deleted, this.ledger.definitions);
  }

  #endGuide(guide: Entry): void {
    const patch = { added: [], replaced: [], removed: [], refused: [] };
    this.#draftIteration("unknown", patch, guide.at);
  }

  #draftIteration(
    verdict: "empty" | "unknown",
    patch: Body<"iteration">["patch"],
    at: number | undefined,
  ): void {
    const body = { ...this.#iterationOf(undefined), patch, verdict, before: {}, after: {} };
    if (this.ledger.drafts.length === 0) this.#endSynthesis();
    const states = {
      before: this.ledger.state,
      ...(verdict === "empty" ? { after: this.ledger.state } : {}),
    };
    this.#draft({ ...body, best: false }, at, states);
  }

  /** What an iteration has whatever came of it. Takes up the open patch and what was said to it. */
  #iterationOf(
    decision: Entry | undefined,
  ): Pick<Body<"iteration">, "type" | "iteration" | "failures"> & Partial<Body<"iteration">> {
    const { entry, guide } = this.#patch ?? { guide: this.#guide };
    // What was said since a patch is for the next one.
    if (this.#patch === undefined) this.#guide = undefined;
    this.#patch = undefined;
    const said = decision ?? guide;
    const number = (said && countOf(said, "iteration")) ?? 0;
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

  #decide(entry: Entry): void {
    if (this.#synthesis !== undefined) this.flush();
    if (this.#patch !== undefined && this.#guide !== undefined) this.#endPatch();
    const open = this.#patch;
    const said = readReply(entry.reply)?.value;
    const rules = Array.isArray(said?.patch_rules) ? said.patch_rules : [];
    const read = rules.map((rule) => this.proposals.read(rule, true));
    const taken = read.flatMap(({ chef }) => chef === undefined ? [] : [chef]);
    const refused = open?.refused ?? read.flatMap((one) => one.refused ?? []);
    const deleted = said === undefined ? open?.deleted ?? [] : stringsOf(said.deleted_rules);
    const isDev = flagOf(entry, "decided_on_dev");
    const on = isDev === undefined ? {} : { on: isDev ? "dev" as const : "train" as const };
    const before = { ...on, ...scoresOf(entry, "prev_micro_f1", "prev_micro_precision") };
    const after = { ...on, ...scoresOf(entry, "candidate_micro_f1", "candidate_micro_precision") };
    this.ledger.expect(before, entry);
    const { patch, members, reweighted } = this.#merge(taken, deleted, refused);
    const accepted = flagOf(entry, "accepted");
    const verdict = accepted === undefined ? "unknown" : accepted ? "accepted" : "rejected";
    const clause = accepted === true ? findClause(before, after) : undefined;
    const best = accepted === true && after.f1 !== undefined && after.f1 > this.ledger.best;
    const body: StepBody = {
      ...this.#iterationOf(entry),
      patch: { ...patch, ...(reweighted.length > 0 ? { reweighted: reweighted.length } : {}) },
      verdict,
      ...(clause === undefined ? {} : { clause }),
      before,
      after,
      best,
      ...(reweighted.length > 0 && accepted === true ? { reweighted } : {}),
    };
    this.#draft(body, entry.at, {});
    if (accepted !== true) return;
    this.ledger.best = Math.max(this.ledger.best, after.f1 ?? 0);
    this.ledger.members = members;
    this.ledger.advance(after);
    this.ledger.remember();
  }

  /** What a patch does to the rules, as a step has it. */
  #merge(
    taken: readonly ChefRule[],
    deleted: readonly string[],
    refused: readonly Refusal[],
  ) {
    // What is merged now is merged into the rules as they are known: what came of an audit before stays open.
    this.ledger.audit = undefined;
    const merged = mergePatch(this.ledger.members, taken, deleted, this.ledger.definitions);
    return { ...describePatch(merged, refused), members: merged.members };
  }

  #criticize(entry: Entry): void {
    this.isCoordinated = true;
    this.flush(entry);
    this.ledger.settleBy(entry, "num_rules");
    this.ledger.reconcile(entry, "num_rules");
    this.#draft(readCritique(entry, this.ledger.members), entry.at, {});
  }

  #audit(entry: Entry): void {
    this.isCoordinated = true;
    this.flush(entry);
    this.#begin(entry);
    this.ledger.settleBy(entry, "num_rules");
    this.ledger.reconcile(entry, "num_rules");
    const reply = readReply(entry.reply)?.value;
    const { actions, members } = applyAudit(
      reply?.actions,
      this.ledger.members,
      this.ledger.definitions,
      this.proposals,
    );
    const isOpen = !haveSame(members, this.ledger.members);
    const body: Body<"audit"> = {
      type: "audit",
      phase: "refine",
      actions,
      verdict: isOpen ? "unknown" : "none",
      before: {},
      after: {},
      ...this.ledger.takeUnlogged(),
    };
    const step = this.ledger.drafts.length;
    const draft = this.#draft(body, entry.at, {
      before: this.ledger.state,
      ...(isOpen ? {} : { after: this.ledger.state }),
    });
    this.lastAudit = body;
    this.isAuditShown = readRules(entry) !== undefined;
    if (isOpen) this.ledger.audit = { body, draft, members, step };
  }

  #draft(body: StepBody, at: number | undefined, states: Pick<Draft, "before" | "after">): Draft {
    // A run begins with its synthesis, also where the log does not have it.
    if (this.ledger.drafts.length === 0 && body.type !== "synthesis") this.#endSynthesis();
    return this.ledger.draft(body, at, states);
  }
}
