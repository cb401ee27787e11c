/**
 * Rules that a run begins with: what it takes of a playbook, and what it leaves.
 *
 * @module
 */
import type { Decide } from "../rules/decisions.ts";
import {
  findTaken,
  type PlaybookEntry,
  type RunPlaybook,
  startingRules,
} from "../rules/playbook.ts";
import { changeStrengths, type Refusal, type Rule } from "../rules/rule.ts";
import { admit } from "../rules/running.ts";
import { isSame } from "../text/json.ts";
import { quote, toLine } from "../text/quoting.ts";
import { part, type Sliced } from "../text/slices.ts";
import type { Matches } from "./matches.ts";
import { countCorrect, isContradicted } from "./staying.ts";
import { wilsonLowerBound } from "./wilson.ts";

/** What a run begins with. */
export interface Beginning {
  /** The rules: the run's own, then those of the playbook. */
  readonly start: readonly Rule[];
  /** Ids of the entries that have one of these rules; missing if the run has no playbook, or is a baseline. */
  readonly entries?: readonly string[];
  /** Rules of the playbook that are left out. */
  readonly refused: readonly Refusal[];
}

/**
 * Finds what a run begins with. Entries are found by the name of the label whose examples were not predicted:
 * those about other labels are left alone. Of their rules, each is taken that
 *
 * - is of that label, compiles, and is not locked
 * - matches neither the empty text nor all examples of several labels
 * - the run is not to do without
 * - the examples do not contradict, see `isContradicted`; that it matches none of them says nothing
 * - is among the best of its label, if there is a budget of rules: as many as each label may have
 *
 * Any other is refused. Of rules that match the same, the one with the largest support counts, then the one
 * with the largest weight; but a rule of the run's own, if that has other strengths, goes before any. If the first
 * match decides, rules that voted get a place in the list.
 *
 * @param own the rules that the run was given otherwise
 * @param matches the kept matches on the train examples
 */
export function* begin(
  playbook: RunPlaybook | undefined,
  own: readonly Rule[],
  matches: Matches,
  { labels, withheld, decide, maxRules = Infinity }: {
    readonly labels: ReadonlySet<string>;
    readonly withheld?: ReadonlySet<string>;
    readonly decide: Decide;
    readonly maxRules?: number;
  },
): Sliced<Beginning> {
  if (playbook === undefined || playbook.baseline) return { start: own, refused: [] };
  const refused: Refusal[] = [];
  const candidates = new Map<string, Rule>();
  const entries = playbook.entries.filter(({ failure: { expected } }) =>
    expected !== null && labels.has(expected)
  );
  for (const [place, entry] of entries.entries()) {
    yield place / entries.length / 2;
    refused.push(...listOthers(entry));
    for (const proposal of startingRules(entry).values()) {
      const admitted = admitOpen(proposal, labels);
      if ("refused" in admitted) refused.push(admitted.refused);
      else {
        const rule = decide === "first" ? rank(admitted.rule) : admitted.rule;
        const known = candidates.get(rule.id);
        if (known === undefined || isStronger(rule, known)) candidates.set(rule.id, rule);
      }
    }
  }
  // A rule that a trace says the run began with may be of its playbook: it is judged anew.
  const others = own.filter((rule) => !isOf(candidates.get(rule.id), rule));
  const ids = new Set(others.map(({ id }) => id));
  const found = [...candidates.values()].filter(({ id }) => !ids.has(id));
  yield* part("", [0.5, 1], matches.adding(found));
  const fit = found.filter((rule) => {
    const refusal = findRefusal(rule, matches, withheld);
    if (refusal !== undefined) refused.push(refusal);
    return refusal === undefined;
  });
  const most = Math.max(1, Math.floor(maxRules / labels.size));
  const over = new Set(findWeakest(fit, most));
  for (const { name } of over) {
    refused.push({ name, code: "over-limit", detail: `${most} of its label are worth more` });
  }
  const taken = fit.filter((rule) => !over.has(rule));
  const start = [...others, ...taken];
  const began = new Set(start.map(({ id }) => id));
  return { start, entries: findTaken(playbook.entries, began), refused };
}

/** Finds the rules over so many of a label: those whose weight times their right matches is the least. */
function findWeakest(rules: readonly Rule[], most: number): Rule[] {
  const worth = ({ weight = 1, support = 0, precision = 1 }: Rule) => weight * support * precision;
  return [...Map.groupBy(rules, ({ label }) => label).values()].flatMap((some) =>
    some.toSorted((a, b) => worth(b) - worth(a)).slice(most)
  );
}

/** Lists the rules of an entry that are of another label than it. */
function listOthers({ failure: { expected }, rules }: PlaybookEntry): Refusal[] {
  return rules.filter(({ label }) => label !== expected).map(({ name, label }) => ({
    name: name.toWellFormed(),
    code: "invalid-rule",
    detail: `is of ${quote(toLine(label))}, but its entry is about ${quote(toLine(expected!))}`,
  }));
}

/** Turns a rule of a playbook into one of the run, or a refusal. */
function admitOpen(
  proposal: Omit<Rule, "id">,
  labels: ReadonlySet<string>,
): ReturnType<typeof admit> {
  if (proposal.locked) {
    const detail = "is locked, which no rule of a playbook can be";
    return { refused: { name: proposal.name.toWellFormed(), code: "locked", detail } };
  }
  // As of other rules that a run begins with, patterns may use what only an engine without backtracking can run.
  return admit(proposal, labels, new Set(), { linear: true });
}

/**
 * Gives a rule that voted its place in a decision list, as the embedded synthesizer for labels does: the lower bound of
 * its precision (Wilson 1927), in thousandths. Rules that vote have none.
 */
function rank(rule: Rule): Rule {
  const { weight, precision, support } = rule;
  if (weight === undefined || precision === undefined || support === undefined) return rule;
  const bound = wilsonLowerBound(Math.round(precision * support), support);
  return changeStrengths(rule, { priority: Math.round(1000 * bound) });
}

/** Tells whether a rule is one of a playbook, whatever its place in a list. */
function isOf(known: Rule | undefined, rule: Rule): boolean {
  return known !== undefined && isSame({ ...rule, priority: 0 }, { ...known, priority: 0 });
}

/** Tells whether a rule was seen to be worth more than another that matches the same. */
function isStronger(rule: Rule, other: Rule): boolean {
  const support = (rule.support ?? 0) - (other.support ?? 0);
  return support > 0 || support === 0 && (rule.weight ?? 1) > (other.weight ?? 1);
}

/** Returns why a run does not begin with a rule of its playbook. */
function findRefusal(
  rule: Rule,
  matches: Matches,
  withheld: ReadonlySet<string> | undefined,
): Refusal | undefined {
  const { id, name } = rule;
  if (withheld?.has(id)) {
    return { name, code: "withheld", detail: `the run is to do without ${id}` };
  }
  const { tp, support } = countCorrect(rule, matches);
  if (matches.kind === "labels" && tp < support && support === matches.examples.length) {
    return { name, code: "catch-all", detail: "matches all train examples, whatever their label" };
  }
  if (!isContradicted(rule, matches)) return undefined;
  const detail = `is wrong on ${support - tp} of the ${support} train matches that it has`;
  return { name, code: "contradicted", detail };
}
