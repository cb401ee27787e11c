/**
 * A stream of texts whose labels drift, and what rules cost that answer it, are reviewed, and learn again.
 *
 * @module
 */
import { join } from "jsr:@std/path@^1";
import type { Dataset } from "../../learn/data/dataset.ts";
import type { LabelledExample } from "../../learn/data/examples.ts";
import { createClassifier } from "../../learn/rules/classifier.ts";
import type { RuleSet } from "../../learn/rules/rule_set.ts";
import { createRandom } from "../../learn/score/random.ts";
import { learnRules } from "../../pipeline.ts";
import { readInputs } from "../../pipeline/inputs.ts";
import { drawShare } from "../../review/beta.ts";
import { rulesOfTrace, type Trace, withTrace } from "../../trace.ts";
import { drawExamples } from "../data.ts";

/** Labels that come only after half time, and of which there is no example at first. */
const LATE = 15;
/** The share of texts that people review. */
const REVIEWED = 0.3;

/** A stream of texts and what to learn from before it. */
export interface Stream {
  readonly seed: number;
  /** The examples at first. */
  readonly first: Dataset;
  readonly texts: readonly LabelledExample[];
  /** The shares of the labels, times a number, in either half. */
  readonly mixes: readonly [
    before: ReadonlyMap<string, number>,
    after: ReadonlyMap<string, number>,
  ];
}

/**
 * Draws a stream: each label's share is the square of a uniform number, drawn anew at half time, and 15 labels come only
 * then.
 *
 * @param size examples of each other label to learn from at first
 */
export function drawStream(data: Dataset, seed: number, size: number, length: number): Stream {
  const random = createRandom(seed);
  const keyed = data.labels.map((label) => ({ label, key: random() }));
  const labels = keyed.sort((a, b) => a.key - b.key).map(({ label }) => label);
  const late = new Set(labels.slice(0, LATE));
  const drawn = labelledOf(drawExamples(data, size, seed));
  const taken = new Set(drawn.map(({ id }) => id));
  const known = drawn.filter(({ label }) => !late.has(label));
  const pools = Map.groupBy(
    labelledOf(data).filter(({ id }) => !taken.has(id)),
    ({ label }) => label,
  );
  const mix = (isLate: boolean) =>
    new Map(labels.map((label) => [label, isLate || !late.has(label) ? random() ** 2 : 0]));
  const mixes = [mix(false), mix(true)] as const;
  const texts: LabelledExample[] = [];
  while (texts.length < length) {
    const pool = pools.get(drawLabel(mixes[texts.length < length / 2 ? 0 : 1], random))!;
    // A label whose texts are used up comes no more.
    if (pool.length > 0) texts.push(...pool.splice(Math.floor(random() * pool.length), 1));
  }
  const first = { ...data, labels: labels.filter((label) => !late.has(label)).sort() };
  return { seed, first: { ...first, examples: known } as Dataset, texts, mixes };
}

function drawLabel(mix: ReadonlyMap<string, number>, random: () => number): string {
  let left = random() * [...mix.values()].reduce((sum, share) => sum + share);
  for (const [label, share] of mix) {
    left -= share;
    if (left < 0) return label;
  }
  return [...mix.keys()][0];
}

/** The examples of a data set of labels. */
export function labelledOf(dataset: Dataset): readonly LabelledExample[] {
  if (dataset.task !== "classification") throw new TypeError(`${dataset.name} has no labels`);
  return dataset.examples;
}

/** A line of the log as people write it. */
export interface LoggedLine {
  readonly text: string;
  readonly set: string;
  readonly given: string | null;
  readonly outcome: "accepted" | "corrected";
  readonly label: string;
}

/** What answering a stream came to. */
export interface Answered {
  /** 1 for each wrong answer, ½ for each text without one. */
  readonly cost: number;
  /** How often rules were learned again. */
  readonly learned: number;
  /** The log of what was reviewed. */
  readonly log: readonly LoggedLine[];
}

/**
 * Answers a stream by rules. 30 % of the texts are reviewed, the same ones for any policy. What is learned again is what
 * the option `--corrections` reads of the log.
 *
 * @param shallLearn is asked after each reviewed text whether to learn again
 * @param keepsRules whether to learn on from the rules before, as `--rules` does
 * @param share the part of the rules that a bandit chooses for each session of texts, if not all answer
 */
export async function answerStream(
  { seed, first, texts }: Stream,
  start: Trace,
  shallLearn: (trace: Trace, log: readonly LoggedLine[]) => boolean,
  folder: string,
  keepsRules = false,
  share = 1,
): Promise<Answered> {
  const random = createRandom(seed + 1_000);
  const toLines = (values: readonly object[]) =>
    values.map((one) => JSON.stringify(one)).join("\n");
  const paths = { path: join(folder, "first.jsonl"), corrections: join(folder, "feedback.jsonl") };
  await Deno.writeTextFile(paths.path, toLines(labelledOf(first)));
  let trace = start;
  let classify = createClassifier(rulesOfTrace(trace));
  let [cost, learned] = [0, 0];
  const log: LoggedLine[] = [];
  const bandit = share < 1 ? createBandit(rulesOfTrace(trace), share, seed) : undefined;
  for (const [place, { text, label }] of texts.entries()) {
    if (bandit !== undefined && place % SESSION === 0) classify = bandit.choose();
    const { label: given = null } = classify(text);
    cost += given === label ? 0 : given === null ? 0.5 : 1;
    if (random() >= REVIEWED) continue;
    const outcome = given === label ? "accepted" : "corrected";
    bandit?.reward(outcome === "accepted");
    log.push({ text, set: trace.digest, given, outcome, label });
    if (!shallLearn(trace, log)) continue;
    await Deno.writeTextFile(paths.corrections, toLines(log));
    const { dataset, options } = await readInputs(paths, {});
    const rules = keepsRules ? rulesOfTrace(trace).rules : [];
    trace = (await withTrace(learnRules)(dataset, { ...options, rules })).trace;
    classify = createClassifier(rulesOfTrace(trace));
    learned++;
  }
  return { cost, learned, log };
}

/** Texts that a choice of rules answers. */
const SESSION = 100;

/** Thompson sampling over rules: all that are chosen are rewarded, or blamed, for each reviewed answer. */
function createBandit(set: RuleSet, share: number, seed: number) {
  const random = createRandom(seed + 2_000);
  const counts = set.rules.map(() => ({ a: 1, b: 1 }));
  let chosen: readonly number[] = [];
  return {
    choose() {
      chosen = counts.map((beta, place) => ({ place, drawn: drawShare(random, beta) }))
        .sort((one, other) => other.drawn - one.drawn)
        .slice(0, Math.round(share * counts.length)).map(({ place }) => place);
      const isChosen = new Set(chosen);
      return createClassifier({
        ...set,
        rules: set.rules.filter((_, place) => isChosen.has(place)),
      });
    },
    reward(isRight: boolean) {
      for (const place of chosen) counts[place][isRight ? "a" : "b"]++;
    },
  };
}
