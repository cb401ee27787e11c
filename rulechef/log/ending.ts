/**
 * Ends a run of RuleChef, by what the log and the returned rules tell of its end.
 *
 * RuleChef returns the best rules that it saw, after a last audit. The log tells which these are if that
 * audit is in it and changed nothing; otherwise only the returned rules do.
 *
 * @module
 */
import type { Reweight, Rule } from "../../learn/rules/rule.ts";
import { foldSteps, type Run, type StepBody } from "../../trace.ts";
import type { RuleChefRules } from "../rule_set.ts";
import { comesAfter, type LogEntry, textOf } from "./entries.ts";
import { describeDifference, listNames, type MutableBody } from "./ledger.ts";
import { type ChefMember, haveSame } from "./members.ts";
import type { ChefRule } from "./proposals.ts";
import type { RunLog } from "./run.ts";

/**
 * Adds the last steps of a run.
 *
 * @param returned the rules that the run returned, if they are known
 * @param isTorn whether the log breaks off
 * @returns the status of the run
 */
export function endRun(
  run: RunLog,
  returned: RuleChefRules | undefined,
  isTorn: boolean,
): Run["status"] {
  run.close();
  markLastAudit(run);
  const { drafts, members } = run.ledger;
  if (returned !== undefined) {
    endWith(run, returned);
    return "completed";
  }
  if (drafts.length === 1 && members.length === 0 && !isTorn && areAllAsked(run.lastSynthesis)) {
    const message = "no call brought a rule, and the log ends there";
    drafts.push({
      body: { type: "failure", stage: "synthesis", error: { name: "NoRules", message } },
      at: drafts[0].at,
    });
    return "failed";
  }
  const last = drafts[drafts.length - 1].body;
  if (last.type !== "audit" || last.verdict !== "none") return "unknown";
  // An audit that another line could follow need not be the last one.
  const isLast = run.course.isOver || drafts.at(-2)?.body.type === "restore";
  if (!isLast) return "unknown";
  // The number of rules alone may be that of several sets.
  if (!run.isAuditShown) return "unknown";
  pushFinal(run, []);
  return "completed";
}

/** Tells whether all labels were asked for: RuleChef does so in order. */
function areAllAsked(last: LogEntry | undefined): boolean {
  const asked = last && textOf(last, "target_class");
  if (last === undefined || asked === undefined) return true;
  const labels = last.prompt.matchAll(/^- (.+) \(\d{1,9} (?:examples|unique)\): "/gm);
  return labels.every(([, label]) => !comesAfter(label, asked));
}

/**
 * Marks an audit with no line after it as the final one, as RuleChef ends with it: unless the best rules are
 * known, and it was about others.
 */
function markLastAudit({ ledger: { drafts, best }, audited }: RunLog): void {
  const last = drafts[drafts.length - 1].body;
  if (last.type !== "audit") return;
  const isBest = !best.isKnown || haveSame(best.members, audited);
  if (isBest) (last as MutableBody<"audit">).phase = "final";
}

/** Ends a run with the rules that it returned. */
function endWith(run: RunLog, { rules, refused }: RuleChefRules): void {
  const { ledger } = run;
  if (run.isStartOpen) run.beginWith(ledger.definitions.enter(rules.map(toChef), []));
  const contradict = (text: string) => ledger.contradict(undefined, text);
  const unheld = refused.map(({ name }) => name).sort().join("\n");
  const isReturned = (members: readonly ChefMember[]) => {
    const { pairs, extra, missing } = pairUp(rules, members);
    const others = members.filter(({ id }) => id === undefined).map(({ chef: { name } }) => name);
    return extra.length === 0 && missing.length === 0 && describeRanks(pairs).length === 0 &&
      others.sort().join("\n") === unheld;
  };
  if (ledger.audit !== undefined) {
    const [isKept, isReverted] = [ledger.audit, ledger].map(({ members }) => isReturned(members));
    // An audit before the last one may have been kept, and RuleChef went back to the rules before it.
    const isLast = ledger.audit.step === ledger.drafts.length - 1;
    if (isKept !== isReverted && (isKept || isLast)) ledger.settle(isKept);
  }
  if (!isReturned(ledger.members)) {
    const past = ledger.snapshots.find(({ members }) => isReturned(members));
    if (past !== undefined) {
      if (run.lastAudit?.phase === "final") {
        contradict(`they are the rules of step ${past.step}, but the last audit had others`);
      }
      ledger.restore(past);
    }
  }
  const { pairs, extra, missing } = pairUp(rules, ledger.members);
  describeRanks(pairs).forEach(contradict);
  if (extra.length + missing.length > 0) {
    const entered = ledger.definitions.enter(extra.map(toChef), ledger.members);
    ledger.change(entered, missing);
    const difference = describeDifference(
      extra.map(({ name }) => name),
      missing.map(({ chef }) => chef.name),
    );
    const last = ledger.drafts.length - 1;
    if (!run.areRulesLost) {
      contradict(`no step has them: compared with step ${last} they ${difference}`);
    }
    entered.forEach((member, place) => pairs.push({ rule: extra[place], member }));
  }
  const strange = refused.map(({ name }) => name).filter((name) =>
    !ledger.members.some(({ id, chef }) => id === undefined && chef.name === name)
  );
  if (strange.length > 0) {
    contradict(`they have ${listNames(strange)}, which no step has and a trace cannot hold`);
  }
  pushFinal(run, pairs);
}

/** Tells whether a rule has the name of a member. If names tie, `parseRuleChef` tells them apart. */
function isNamed({ name }: Rule, { chef }: ChefMember): boolean {
  return name === chef.name || name.startsWith(`${chef.name} [`);
}

/** Describes rules that are those of the steps but for their priorities. */
function describeRanks(pairs: readonly ReturnedPair[]): string[] {
  return pairs.filter(({ rule, member: { chef } }) => rule.priority !== chef.priority)
    .map(({ rule, member: { chef } }) =>
      `they have ${listNames([chef.name])} with the priority ${rule.priority}, ` +
      `the steps with ${chef.priority}`
    );
}

interface ReturnedPair {
  readonly rule: Rule;
  readonly member: ChefMember;
}

/** Pairs rules with the members of the same name that match the same, those of the same priority first. */
function pairUp(
  rules: readonly Rule[],
  members: readonly ChefMember[],
): { pairs: ReturnedPair[]; extra: Rule[]; missing: ChefMember[] } {
  const left = new Set(members.filter(({ id }) => id !== undefined));
  const byBase = Map.groupBy(left, ({ id }) => baseOf(id!));
  const pairs: ReturnedPair[] = [];
  const extra: Rule[] = [];
  for (const rule of rules) {
    const same = byBase.get(baseOf(rule.id))?.filter((member) => left.has(member)) ?? [];
    const named = same.filter((member) => isNamed(rule, member));
    const member = named.find(({ chef }) => chef.priority === rule.priority) ?? named[0];
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
function pushFinal(run: RunLog, pairs: readonly ReturnedPair[]): void {
  const { ledger, course: { stop, isThrough } } = run;
  const unlogged = ledger.takeUnlogged();
  // A step that changes nothing makes the fold take up what came and went before the end.
  const bridge: StepBody = {
    type: "audit",
    phase: "final",
    actions: [],
    verdict: "none",
    before: {},
    after: {},
    ...unlogged,
  };
  const bodies = [...ledger.drafts.map(({ body }) => body), bridge];
  const rules = foldSteps(ledger.definitions.rules, bodies).rules();
  const current = new Map(rules.map((rule) => [rule.id, rule]));
  const reweighted = pairs.flatMap(({ rule, member }) =>
    findChange(current.get(member.id!)!, rule) ?? []
  );
  ledger.drafts.push({
    body: {
      type: "final",
      rules: rules.map(({ id }) => id),
      scores: {},
      stop: stop ?? (isThrough ? "max-iterations" : "unknown"),
      ...unlogged,
      ...(reweighted.length > 0 ? { reweighted } : {}),
    },
    at: ledger.drafts[ledger.drafts.length - 1].at,
  });
}

/** Returns the strengths in which a returned rule differs from the current one, if any. */
function findChange(current: Rule, returned: Rule): Reweight | undefined {
  const fields = (["priority", "precision", "support"] as const)
    .filter((field) => returned[field] !== undefined && returned[field] !== current[field]);
  if (fields.length === 0) return undefined;
  return {
    rule: current.id,
    ...Object.fromEntries(fields.map((field) => [field, returned[field]])),
  };
}
