/**
 * Rules as a model of varying skill would write them: from words of the examples that a prompt shows, and from nothing
 * else.
 *
 * @module
 */

/** A number from 0 to below 1, another one at each call. */
export type Random = () => number;

/** A span as a prompt shows it. */
export interface ShownMark {
  readonly text: string;
  readonly label: string;
}

/** An example as a prompt shows it. */
export interface ShownText {
  readonly id?: string;
  readonly text: string;
  readonly label?: string;
  readonly spans?: readonly ShownMark[];
  /** The rules that are wrong there, as the prompt calls them. */
  readonly misfired?: readonly (string | number)[];
}

/** A rule as a reply holds it. */
export interface WrittenRule {
  readonly name: string;
  readonly label: string;
  readonly patterns: readonly string[];
  readonly not: readonly string[];
  readonly flags: string;
  readonly group?: number | null;
}

/** What rules are written from. */
export interface Situation {
  /** The label to write rules for. */
  readonly label: string;
  /** All examples that the prompt shows. */
  readonly examples: readonly ShownText[];
  /** All labels that the prompt names. */
  readonly labels: readonly string[];
  /** Patterns that were tried already. */
  readonly tried: ReadonlySet<string>;
  /** Share of the rules that are written with care, 0 to 1. */
  readonly skill: number;
  readonly random: Random;
}

/** Share of rules that cannot become rules, whatever the skill. */
const SLIPS = 0.04;
/** Words that a careful model does not take for signs of a label. */
const COMMON = new Set(
  ("a about after all am an and any are as at be been but by can could did do does for from get had has have " +
    "how i if in into is it its just like me my need no not of on or our out please so some that the their them " +
    "then there they this to up want was we what when where which who why will with would you your")
    .split(" "),
);

/** Writes up to `count` rules for a label, each with care or without. */
export function guessRules(situation: Situation, count: number): WrittenRule[] {
  const { skill, random, tried, examples } = situation;
  const candidates = listCandidates(situation).filter(({ patterns }) => !tried.has(patterns[0]));
  const rules: WrittenRule[] = [];
  const covered = new Set<number>();
  const written = new Set<Candidate>();
  for (let place = 0; place < count; place++) {
    if (random() < SLIPS) rules.push(slip(situation));
    else if (random() >= skill) rules.push(...guessCarelessly(situation, candidates));
    else rules.push(...guessCarefully(candidates, covered, written, random));
  }
  const distinct = new Map(rules.map((rule) => [rule.patterns.join(" "), rule]));
  return examples.length === 0 ? [] : [...distinct.values()];
}

/** A rule that could be written, with the examples that it matches rightly, and how often it is wrong. */
interface Candidate extends WrittenRule {
  readonly right: readonly number[];
  readonly wrong: number;
  /** Whether it has nothing but words that say little. */
  readonly isCommon: boolean;
}

/** Lists what could be written for a label, in the order of the patterns. */
function listCandidates({ label, examples }: Situation): Candidate[] {
  const findsSpans = examples.some(({ spans }) => spans !== undefined);
  const listed = findsSpans ? listSpanRules(label, examples) : listWordRules(label, examples);
  const candidates = [...listed].sort(([a], [b]) => a < b ? -1 : 1).map(([pattern, common]) => {
    const group = /(?<!\\)\((?!\?)/.test(pattern) ? 1 : null;
    const flags = /[A-Z]/.test(pattern) ? "" : "i";
    const found = examples.map(({ text }) => findAll(pattern, flags, text));
    const isRight = ({ label: own, spans = [] }: ShownText, words: string) =>
      findsSpans
        ? spans.some((span) => span.label === label && span.text === words)
        : own === label;
    const rights = found.map((words, place) =>
      words.filter((one) => isRight(examples[place], one)).length
    );
    const right = [...rights.keys()].filter((place) => rights[place] > 0);
    const wrong = found.reduce((sum, words, place) => {
      const wrongs = words.length - rights[place];
      return sum + (findsSpans ? wrongs : Math.min(1, wrongs));
    }, 0);
    const name = `${label}: ${pattern.replaceAll(/\\[bws]|[^\p{L}\p{N} ]+/gu, " ").trim()}`;
    return {
      ...{ name: name.slice(0, 60), label, patterns: [pattern], not: [], flags },
      ...(findsSpans ? { group } : {}),
      ...{ right, wrong, isCommon: common },
    };
  });
  return candidates.filter(({ right }) => right.length > 0);
}

/** Finds what a pattern, or its group, matches in a text. */
function findAll(pattern: string, flags: string, text: string): string[] {
  return [...text.matchAll(new RegExp(pattern, `g${flags}`))].map((match) => match[1] ?? match[0]);
}

/** Words and pairs of neighbours in texts of a label, each with whether it says little. */
function listWordRules(label: string, examples: readonly ShownText[]): Map<string, boolean> {
  const rules = new Map<string, boolean>();
  for (const { text, label: own } of examples) {
    if (own !== label) continue;
    const words = listWords(text);
    for (const [place, word] of words.entries()) {
      const isCommon = COMMON.has(word);
      rules.set(`\\b${word}\\b`, isCommon);
      if (word.length > 5) rules.set(`\\b${word.slice(0, -2)}\\w*`, false);
      const next = words[place + 1];
      // A longer run of words could be 20 characters of a text, which are refused.
      if (next !== undefined && word.length + next.length < 18) {
        rules.set(`\\b${word}\\W+${next}\\b`, isCommon && COMMON.has(next));
      }
    }
  }
  return rules;
}

/** The words of a span, shapes of it, and the words beside it. */
function listSpanRules(label: string, examples: readonly ShownText[]): Map<string, boolean> {
  const rules = new Map<string, boolean>();
  const words: string[] = [];
  for (const { text, spans = [] } of examples) {
    for (const span of spans) {
      if (span.label !== label || span.text.length > 18) continue;
      const at = text.indexOf(span.text);
      const escaped = span.text.replaceAll(/[^\p{L}\p{N} ]/gu, (sign) => `\\${sign}`);
      const isWord = /^\w.*\w$|^\w$/.test(span.text);
      if (isWord && /^[ -~]*$/.test(span.text)) {
        words.push(escaped.toLowerCase());
        rules.set(`\\b${escaped.toLowerCase()}\\b`, COMMON.has(span.text.toLowerCase()));
      }
      if (/^\d+$/.test(span.text)) rules.set(`\\b\\d{1,${span.text.length}}\\b`, false);
      if (/^[A-Z]{2}$/.test(span.text)) rules.set("\\b[A-Z]{2}\\b", false);
      const [before] = /[a-z]+(?= $)/.exec(text.slice(0, at)) ?? [];
      if (before === undefined) continue;
      const more = span.text.split(" ").length - 1;
      rules.set(`\\b${before} (\\w+${more > 0 ? `(?: \\w+){1,${more}}` : ""})`, false);
      if (/^[A-Z]/.test(span.text)) rules.set(`\\b${before} ([A-Z]\\w+(?: [A-Z]\\w+)*)`, false);
      const [, after] = /^ ([a-z]+)/.exec(text.slice(at + span.text.length)) ?? [];
      if (after !== undefined) rules.set(`\\b${before} (\\w+(?: \\w+){0,3}?) ${after}\\b`, false);
    }
  }
  const several = [...new Set(words)].sort();
  for (let from = 0; from + 1 < several.length; from += 3) {
    rules.set(`\\b(?:${several.slice(from, from + 3).join("|")})\\b`, false);
  }
  return rules;
}

/** Chooses what matches most that is not covered yet, and is hardly ever wrong. */
function guessCarefully(
  candidates: readonly Candidate[],
  covered: Set<number>,
  written: Set<Candidate>,
  random: Random,
): WrittenRule[] {
  let [best, most]: [Candidate | undefined, number] = [undefined, 1];
  for (const candidate of candidates) {
    const { right, wrong, isCommon } = candidate;
    const fresh = right.filter((place) => !covered.has(place)).length;
    // No two replies are the same: other rules are nearly as good.
    const worth = fresh + right.length / 2 - 3 * wrong - (isCommon ? 4 : 0) + random();
    if (worth > most && !written.has(candidate)) [best, most] = [candidate, worth];
  }
  if (best === undefined) return [];
  written.add(best);
  for (const place of best.right) covered.add(place);
  return [toRule(best)];
}

/** Chooses anything that matches: often too general, or for the wrong label. */
function guessCarelessly(
  { label, labels, random, examples }: Situation,
  candidates: readonly Candidate[],
): WrittenRule[] {
  const kind = random();
  if (kind < 0.35) return candidates.length === 0 ? [] : [toRule(pick(candidates, random))];
  if (kind < 0.7) {
    const worst = candidates.filter(({ wrong, isCommon }) => wrong > 0 || isCommon);
    return worst.length === 0 ? [] : [toRule(pick(worst, random))];
  }
  if (kind < 0.85 || examples.length === 0) {
    const other = pick(labels, random);
    return candidates.length === 0 ? [] : [{ ...toRule(pick(candidates, random)), label: other }];
  }
  const words = listWords(pick(examples, random).text);
  if (words.length === 0) return [];
  const word = pick(words, random);
  return [{
    ...{ name: `${label}: any ${word}`, label, patterns: [`\\b${word.slice(0, 4)}\\w*`], not: [] },
    flags: "i",
    ...(examples.some(({ spans }) => spans !== undefined) ? { group: null } : {}),
  }];
}

/** Writes what is refused: a broken or a slow pattern, a quote, an unknown label. */
function slip({ label, examples, random }: Situation): WrittenRule {
  const quote = examples.length === 0 ? "" : pick(examples, random).text.slice(0, 40);
  const rule = { name: `${label}: slip`, label, patterns: ["(\\w+)+$"], not: [], flags: "i" };
  const slips: readonly WrittenRule[] = [
    rule,
    { ...rule, patterns: ["\\b(card|"] },
    { ...rule, patterns: [quote.replaceAll(/[^\p{L}\p{N} ]/gu, ".")] },
    { ...rule, label: "other", patterns: ["\\bhello\\b"] },
    { ...rule, patterns: [".*"] },
  ];
  return pick(slips, random);
}

/** Lists the words of a text in lower case. */
export function listWords(text: string): string[] {
  return text.toLowerCase().match(/[a-z]{2,}/g) ?? [];
}

/** Picks one of a list that is not empty. */
export function pick<T>(list: readonly T[], random: Random): T {
  return list[Math.floor(random() * list.length)];
}

function toRule({ right: _, wrong: __, isCommon: ___, ...rule }: Candidate): WrittenRule {
  return rule;
}
