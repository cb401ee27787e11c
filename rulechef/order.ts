/**
 * Keeps rules of RuleChef in the order in which they decide there.
 *
 * @module
 */
import { compareRules } from "../learn/rules/decisions.ts";
import { MAX_NAME, type Refusal, type Rule } from "../learn/rules/rule.ts";
import { compareCodeUnits } from "../learn/text/folding.ts";
import { quote } from "../learn/text/quoting.ts";

/** A rule that was taken from a file. */
export interface TakenRule {
  readonly rule: Rule;
  /** Its id in RuleChef, if the file gives one. */
  readonly source: string | undefined;
  /** Its place in the file, from 0. */
  readonly index: number;
}

/** A rule that is refused. */
export interface MisplacedRule {
  readonly refused: Refusal;
  /** Its place in the file, from 0. */
  readonly index: number;
}

/**
 * Returns the rules, renamed if they would decide in another order than in RuleChef, and those that would do so
 * under a new name as well.
 */
export function keepOrder(
  taken: readonly TakenRule[],
): { readonly kept: readonly TakenRule[]; readonly misplaced: readonly MisplacedRule[] } {
  const compareByName = (a: Rule, b: Rule) => compareRules({ ...a, id: "" }, { ...b, id: "" });
  // RuleChef gives rules without an id a random one, so they stay in the order of the file.
  const ordered = taken.toSorted((a, b) =>
    compareByName(a.rule, b.rule) || compareCodeUnits(a.source ?? "", b.source ?? "") ||
    a.index - b.index
  );
  const names = new Map(taken.map(({ rule, index }) => [index, rule.name]));
  const isRenamed = ({ rule, index }: TakenRule) => names.get(index) !== rule.name;
  const misplaced: MisplacedRule[] = [];
  const misplace = ({ index }: TakenRule, { rule: { name: other } }: TakenRule) => {
    const detail = "another rule has its name, and under a new one it would change places with " +
      quote(other);
    misplaced.push({ refused: { name: names.get(index)!, code: "invalid-rule", detail }, index });
  };
  const kept: TakenRule[] = [];
  for (const one of listTies(ordered, compareByName).flatMap(tellApart)) {
    let isOut = false;
    while (!isOut && kept.length > 0) {
      const last = kept[kept.length - 1];
      if (compareRules(last.rule, one.rule) < 0) break;
      // The one with a new name goes.
      isOut = isRenamed(one) || !isRenamed(last);
      if (isOut) misplace(one, last);
      else misplace(kept.pop()!, one);
    }
    if (!isOut) kept.push(one);
  }
  return { kept: kept.sort((a, b) => a.index - b.index), misplaced };
}

/** Lists rules in order, those together that only their ids tell apart. */
function listTies(
  ordered: readonly TakenRule[],
  compare: (a: Rule, b: Rule) => number,
): TakenRule[][] {
  const ties: TakenRule[][] = [];
  for (const one of ordered) {
    const last = ties.at(-1);
    if (last !== undefined && compare(last[0].rule, one.rule) === 0) last.push(one);
    else ties.push([one]);
  }
  return ties;
}

/** Renames rules that only their ids tell apart: by these ids, or else by numbers, whose order is sure. */
function tellApart(tie: readonly TakenRule[]): readonly TakenRule[] {
  const number = (place: number) => String(place + 1).padStart(String(tie.length).length, "0");
  const named = rename(tie, ({ source }, place) => source || number(place));
  const isInOrder = named.every(({ rule }, place) =>
    place === 0 || compareRules(named[place - 1].rule, rule) < 0
  );
  return isInOrder ? named : rename(tie, (_, place) => number(place));
}

/** Gives rules that only their ids tell apart longer names, from the first on that is not in order. */
function rename(
  tie: readonly TakenRule[],
  markOf: (one: TakenRule, place: number) => string,
): readonly TakenRule[] {
  const first = tie.findIndex(({ rule }, place) =>
    place > 0 && compareRules(tie[place - 1].rule, rule) >= 0
  );
  if (first === -1) return tie;
  return tie.map((one, place) => {
    const name = `${one.rule.name} [${markOf(one, place).toWellFormed()}]`;
    return place < first || name.length > MAX_NAME ? one : { ...one, rule: { ...one.rule, name } };
  });
}
