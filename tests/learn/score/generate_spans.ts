/**
 * Texts, spans and rules from a seed, and their scores by the plainest means: the documented behaviour
 * once more, without anything that makes it fast.
 *
 * @module
 */
import type { Entity, EntityExample, Span } from "../../../learn/data/examples.ts";
import type { Overlaps } from "../../../learn/rules/overlaps.ts";
import type { Match } from "../../../learn/score/matches.ts";
import { createRule, type Proposal, type Rule } from "../../../learn/rules/rule.ts";
import type { LabelScores } from "../../../learn/score/scoring.ts";

/** A span that a rule found, with the rule's label and text for it. */
export interface NaiveSpan extends Span {
  readonly label: string;
  readonly text: string;
  readonly rule: string;
}

/** Returns a generator of whole numbers below a limit, the same for the same seed. */
export function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 16) % below;
  };
}

const WORDS = ["a", "aa", "ab", "abb", "b", "c", "1", "12", "😀", "😀a", "é", "x ab"];

const SHAPES: readonly Partial<Proposal>[] = [
  { patterns: ["a+"] },
  { patterns: ["a+b*"] },
  { patterns: ["[ab]{2,3}"] },
  { patterns: [String.raw`\w+`] },
  { patterns: [String.raw`[ab]+ \w+`] },
  { patterns: [String.raw`[ab]+ \w+ \w+`] },
  { patterns: [String.raw`\d{1,2}`] },
  { patterns: ["😀a?"], flags: "u" },
  { patterns: ["."], flags: "u" },
  { patterns: [String.raw`x (\w+)`], group: 1 },
  { patterns: ["a(b)?"], group: 1 },
  // Finds the same group again and again.
  { patterns: ["(?=.*(ab))[^ ]"], group: 1 },
  { patterns: ["(a)b*"], template: { text: "$1" } },
  { patterns: ["a(b)?"], template: { text: "$1" } },
  { patterns: ["a+", "c"] },
  { patterns: ["b+"], not: ["1"] },
];

/** Generates rules for spans, with few labels and strengths, so that name or id often order them. */
export function generateRules(random: (below: number) => number, size: number): Rule[] {
  const rules = new Map<string, Rule>();
  for (let tries = 0; tries < size; tries++) {
    const rule = createRule({
      name: "nNm"[random(3)],
      label: ["X", "Y", "only-rules"][random(3)],
      priority: random(2),
      ...(random(2) === 0 ? {} : { precision: random(3) / 2 }),
      flags: "",
      ...SHAPES[random(SHAPES.length)],
    } as Proposal);
    rules.set(rule.id, rule);
  }
  return [...rules.values()];
}

/** Generates texts with entities: some that the rules find, some of another type, and others. */
export function generateExamples(
  random: (below: number) => number,
  rules: readonly Rule[],
  size: number,
): EntityExample[] {
  return Array.from({ length: size }, (_, index) => {
    const words = Array.from({ length: random(9) }, () => WORDS[random(WORDS.length)]);
    const text = words.join(" ");
    const entities = new Map<string, Entity>();
    const mark = (start: number, end: number, type: string) => {
      if (start < end) entities.set(`${start},${end},${type}`, { start, end, type });
    };
    for (const { start, end, label } of findNaively(text, rules)) {
      if (random(4) === 0) mark(start, end, random(4) === 0 ? "X" : label);
    }
    const starts = [...text.matchAll(/./gsu)].map((match) => match.index);
    for (let more = random(3); more > 0 && starts.length > 0; more--) {
      const [one, other] = [random(starts.length), random(starts.length)];
      mark(starts[Math.min(one, other)], starts[Math.max(one, other)], ["X", "gold"][random(2)]);
    }
    const sorted = [...entities.values()].sort((a, b) =>
      a.start - b.start || a.end - b.end || (a.type < b.type ? -1 : 1)
    );
    return { id: `e${index}`, text, entities: sorted };
  });
}

/** Finds the spans of `rules` in `text`, in the order in which the rules decide. */
export function findNaively(text: string, rules: readonly Rule[]): NaiveSpan[] {
  const keyOf = ({ priority, precision = 0.5, name, id }: Rule) =>
    [9 - priority, (2 - precision).toFixed(2), name.toLowerCase(), id].join("/");
  const ordered = [...rules].sort((a, b) => keyOf(a) < keyOf(b) ? -1 : 1);
  return ordered.flatMap(
    ({ id, label, patterns: [first, ...more], not, flags, group, template }) => {
      if (!more.every((one) => new RegExp(one, flags).test(text))) return [];
      if (not?.some((one) => new RegExp(one, flags).test(text))) return [];
      return [...text.matchAll(new RegExp(first, `${flags}gd`))].flatMap((match): NaiveSpan[] => {
        const spanGroup = group ?? Number(template?.text[1] ?? 0);
        const span = match.indices![spanGroup];
        const found = match[spanGroup] ?? "";
        // Only a template has a span for a group that takes no part.
        if (span === undefined && template === undefined) return [];
        const [start, end] = span ?? match.indices![0]!;
        if (start === end) return [];
        return [{ start, end, label, text: found, rule: id }];
      });
    },
  );
}

/** Returns the intersection over union of two spans. */
export function overlapNaively(one: Span, other: Span): number {
  let [shared, union] = [0, 0];
  for (let at = Math.min(one.start, other.start); at < Math.max(one.end, other.end); at++) {
    const isIn = ({ start, end }: Span) => start <= at && at < end;
    if (isIn(one) && isIn(other)) shared++;
    if (isIn(one) || isIn(other)) union++;
  }
  return union === 0 ? 0 : shared / union;
}

/** Returns the spans that stay. */
export function keepNaively<S extends Span & { label: unknown }>(
  spans: readonly S[],
  overlaps: Overlaps,
): S[] {
  const distinct: S[] = [];
  for (const span of spans) {
    if (distinct.some(({ start, end }) => start === span.start && end === span.end)) continue;
    distinct.push(span);
  }
  const kept: S[] = [];
  for (const span of distinct) {
    const excludes = (other: S) =>
      overlaps === "drop"
        ? overlapNaively(span, other) > 0
        : other.label === span.label && overlapNaively(span, other) > 0.7;
    if (!kept.some(excludes)) kept.push(span);
  }
  return kept;
}

/** The correct, spurious and missed spans of one example. */
export interface NaivePairs {
  readonly correct: readonly NaiveSpan[];
  readonly spurious: readonly NaiveSpan[];
  readonly missed: readonly Entity[];
}

/**
 * Pairs each span that rules find with the first gold span that is left and matches it; of those that only overlap
 * always the two that do most.
 */
export function pairNaively(
  example: EntityExample,
  rules: readonly Rule[],
  overlaps: Overlaps,
  match: Match,
): NaivePairs {
  const missed = [...example.entities];
  const correct: NaiveSpan[] = [];
  const spurious: NaiveSpan[] = [];
  const left = keepNaively(findNaively(example.text, rules), overlaps);
  while (match === "partial") {
    let best: [number, NaiveSpan, Entity] | undefined;
    for (const span of left) {
      for (const entity of missed) {
        const overlap = entity.type === span.label ? overlapNaively(entity, span) : 0;
        if (overlap >= 0.5 && overlap > (best?.[0] ?? 0)) best = [overlap, span, entity];
      }
    }
    if (best === undefined) return { correct, spurious: left, missed };
    correct.push(...left.splice(left.indexOf(best[1]), 1));
    missed.splice(missed.indexOf(best[2]), 1);
  }
  for (const span of left) {
    const at = missed.findIndex((entity) => {
      if (entity.type !== span.label) return false;
      if (example.text.slice(entity.start, entity.end) !== span.text) return false;
      return match === "text" || entity.start === span.start && entity.end === span.end;
    });
    if (at === -1) spurious.push(span);
    else {
      missed.splice(at, 1);
      correct.push(span);
    }
  }
  return { correct, spurious, missed };
}

const ratio = (part: number, whole: number) => whole === 0 ? 0 : part / whole;

/** Scores of a set and of its labels. */
export interface NaiveScores {
  readonly set: Omit<LabelScores, "label"> & { readonly macroF1: number; readonly exact: number };
  readonly labels: readonly LabelScores[];
}

/** Scores `rules` by the definitions. */
export function scoreNaively(
  examples: readonly EntityExample[],
  rules: readonly Rule[],
  overlaps: Overlaps,
  match: Match,
): NaiveScores {
  const pairs = examples.map((example) => pairNaively(example, rules, overlaps, match));
  const labelsOf = (one: NaivePairs) => ({
    tp: one.correct.map(({ label }) => label),
    fp: one.spurious.map(({ label }) => label),
    fn: one.missed.map(({ type }) => type),
  });
  const found = pairs.map(labelsOf);
  const labels = [...new Set(found.flatMap(({ tp, fp, fn }) => [...tp, ...fp, ...fn]))].sort();
  const measure = (isIn: (label: string) => boolean) => {
    const count = (field: "tp" | "fp" | "fn") =>
      found.flatMap((one) => one[field]).filter(isIn).length;
    const [tp, fp, fn] = [count("tp"), count("fp"), count("fn")];
    const [precision, recall] = [ratio(tp, tp + fp), ratio(tp, tp + fn)];
    return { tp, fp, fn, precision, recall, f1: ratio(2 * precision * recall, precision + recall) };
  };
  const perLabel = labels.map((label) => ({ label, ...measure((one) => one === label) }));
  const exact =
    pairs.filter(({ spurious, missed }) => spurious.length + missed.length === 0).length;
  const macroF1 = ratio(perLabel.reduce((sum, { f1 }) => sum + f1, 0), perLabel.length);
  const set = { ...measure(() => true), macroF1, exact: ratio(exact, examples.length) };
  return { set, labels: perLabel };
}
