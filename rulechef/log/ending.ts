/**
 * How a run of RuleChef ended: what the log says of it, and what the rules say that it returned.
 *
 * RuleChef returns the best rules that it saw, put to a last audit. The log says which these are where that
 * audit is in it and changed nothing; otherwise only the returned rules do.
 *
 * @module
 */
import type { RuleSet } from "../rule_set.ts";
import type { Reweight, Rule } from "../../learn/rules/rule.ts";
import { foldSteps, type Run, type StepBody, type StepOf } from "../../trace.ts";
import { comesAfter, type Entry, textOf } from "./entries.ts";
import { describeDifference, listNames } from "./ledger.ts";
import type { ChefRule } from "./proposals.ts";
import type { Member } from "./members.ts";
import type { RunLog } from "./run.ts";

/**
 * Adds the last steps of a run; its status.
 *
 * @param returned the rules that the run returned, where they are known
 * @param isTorn whether the log breaks off
 */
export function endRun(
  run: RunLog,
  returned: RuleSet | undefined,
  isTorn: boolean,
): Run["status"] {
  run.close();
  markLastAudit(run);
  const { drafts, members } = run.ledger;
  if (returned !== undefined) {
    endWith(run, returned);
    return "completed";
  }
  if (drafts.length === 1 && members.length === 0 && !isTorn && isAsked(run.lastSynthesis)) {
    const message = "no call brought a rule, and the log ends there";
    drafts.push({
      body: { type: "failure", stage: "synthesis", error: { name: "NoRules", message } },
      at: drafts[0].at,
    });
    return "failed";
  }
  const last = drafts[drafts.length - 1].body;
  if (last.type !== "audit" || last.phase !== "final" || last.verdict !== "none") return "unknown";
  // A number of rules may be that of any set.
  if (!run.isAuditShown) return "unknown";
  pushFinal(run, []);
  return "completed";
}

/** Whether no label comes after the one that was asked for last: RuleChef asks for all, in order. */
function isAsked(last: Entry | undefined): boolean {
  const asked = last && textOf(last, "target_class");
  if (last === undefined || asked === undefined) return true;
  const labels = last.prompt.matchAll(/^- (.+) \(\d{1,9} (?:examples|unique)\): "/gm);
  return labels.every(([, label]) => !comesAfter(label, asked));
}

/** An audit that comes after the rules were restored, or after the last iteration, is the last one. */
function markLastAudit({ ledger, lastAudit, isStopped, iteration, maxIterations }: RunLog): void {
  const { drafts } = ledger;
  if (lastAudit === undefined || drafts[drafts.length - 1].body !== lastAudit) return;
  const isAtEnd = iteration === maxIterations || isStopped;
  if (isAtEnd || drafts.at(-2)?.body.type === "restore") lastAudit.phase = "final";
}

function endWith(run: RunLog, { rules, refused }: RuleSet): void {
  const isReturned = (members: readonly Member[]) => {
    const { extra, missing } = pairUp(rules, members);
    return extra.length === 0 && missing.length === 0;
  };
  if (run.ledger.audit !== undefined) {
    const { audit, drafts, members } = run.ledger;
    const isKept = isReturned(audit.members);
    // The rules before an audit that was not the last may have been kept by it, and gone back to.
    const isReverted = audit.step === drafts.length - 1 && isReturned(members);
    if (isKept || isReverted) run.ledger.settle(isKept);
  }
  if (!isReturned(run.ledger.members)) {
    const past = run.ledger.snapshots.find(({ members }) => isReturned(members));
    if (past !== undefined) {
      if (run.lastAudit?.phase === "final") {
        const text = `they are those of step ${past.step}, and the last audit was put to others`;
        run.ledger.contradict(undefined, text);
      }
      run.ledger.restore(past);
    }
  }
  const { pairs, extra, missing } = pairUp(rules, run.ledger.members);
  for (const text of describeStrays(pairs)) run.ledger.contradict(undefined, text);
  if (extra.length + missing.length > 0) {
    const entered = run.ledger.definitions.enter(extra.map(toChef), run.ledger.members);
    run.ledger.change(entered, missing);
    const difference = describeDifference(
      extra.map(({ name }) => name),
      missing.map(({ chef }) => chef.name),
    );
    const last = run.ledger.drafts.length - 1;
    run.ledger.contradict(
      undefined,
      `they are those of no step: against step ${last} they ${difference}`,
    );
    entered.forEach((member, place) => pairs.push({ rule: extra[place], member }));
  }
  const unheld = refused.map(({ name }) => name).filter((name) =>
    !run.ledger.members.some(({ id, chef }) => id === undefined && chef.name === name)
  );
  if (unheld.length > 0) {
    const text = `they have ${listNames(unheld)}, which no step has and a trace cannot hold`;
    run.ledger.contradict(undefined, text);
  }
  pushFinal(run, pairs);
}

/** Rules that match as those of the steps do, but are called or ranked differently. */
function describeStrays(pairs: readonly Pair[]): string[] {
  const isRenamed = ({ rule, member: { chef: { name } } }: Pair) =>
    // Where names tie, `parseRuleChef` tells them apart.
    rule.name !== name && !rule.name.startsWith(`${name} [`);
  const renamed = pairs.filter(isRenamed).map(({ rule, member: { chef } }) =>
    `they call ${listNames([rule.name])} what is ${listNames([chef.name])} in the steps`
  );
  const ranked = pairs.filter(({ rule, member: { chef } }) => rule.priority !== chef.priority);
  return [
    ...renamed,
    ...ranked.map(({ rule, member: { chef } }) =>
      `they have ${listNames([chef.name])} with the priority ${rule.priority}, ` +
      `the steps with ${chef.priority}`
    ),
  ];
}

interface Pair {
  readonly rule: Rule;
  readonly member: Member;
}

/** Matches rules with the members that match the same, those of the same name first. */
function pairUp(
  rules: readonly Rule[],
  members: readonly Member[],
): { pairs: Pair[]; extra: Rule[]; missing: Member[] } {
  const left = new Set(members.filter(({ id }) => id !== undefined));
  const byBase = Map.groupBy(left, ({ id }) => baseOf(id!));
  const pairs: Pair[] = [];
  const extra: Rule[] = [];
  for (const rule of rules) {
    const same = byBase.get(baseOf(rule.id))?.filter((member) => left.has(member)) ?? [];
    const member = same.find(({ chef }) => chef.name === rule.name) ?? same[0];
    if (member === undefined) extra.push(rule);
    else {
      left.delete(member);
      pairs.push({ rule, member });
    }
  }
  return { pairs, extra, missing: [...left] };
}

function baseOf(id: string): string {
  return id.replace(/-.*/, "");
}

function toChef(rule: Rule): ChefRule {
  const { name, patterns: [content], priority } = rule;
  const base = { ...rule, id: baseOf(rule.id) };
  return { name, format: "regex", content, priority, type: "", key: "", fields: {}, rule: base };
}

/** Adds the final step, with the strengths that the returned rules have. */
function pushFinal(run: RunLog, pairs: readonly Pair[]): void {
  const unlogged = run.ledger.takeUnlogged();
  const stop: StepOf<"final">["stop"] = run.isStopped
    ? "coordinator"
    : run.iteration > 0 && run.iteration === run.maxIterations
    ? "max-iterations"
    : "unknown";
  const nothing: StepBody = {
    type: "audit",
    phase: "final",
    actions: [],
    verdict: "none",
    before: {},
    after: {},
    ...unlogged,
  };
  const bodies = [...run.ledger.drafts.map(({ body }) => body), nothing];
  const rules = foldSteps(run.ledger.definitions.rules, bodies).rules();
  const current = new Map(rules.map((rule) => [rule.id, rule]));
  const reweighted = pairs.flatMap(({ rule, member }) => {
    const change = findChange(current.get(member.id!)!, rule);
    return change === undefined ? [] : [change];
  });
  run.ledger.drafts.push({
    body: {
      type: "final",
      rules: rules.map(({ id }) => id),
      scores: {},
      stop,
      ...unlogged,
      ...(reweighted.length > 0 ? { reweighted } : {}),
    },
    at: run.ledger.drafts[run.ledger.drafts.length - 1].at,
  });
}

function findChange(current: Rule, { priority, precision, support }: Rule): Reweight | undefined {
  const change = {
    ...(priority === current.priority ? {} : { priority }),
    ...(precision === undefined || precision === current.precision ? {} : { precision }),
    ...(support === undefined || support === current.support ? {} : { support }),
  };
  return Object.keys(change).length === 0 ? undefined : { rule: current.id, ...change };
}
