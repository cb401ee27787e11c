/**
 * Measures what learning again from feedback is worth if labels drift, how often alarms are right, and how long it takes
 * to find repeats.
 *
 *     deno run -A bench/after/learning_again.ts [--quick]
 *
 * @module
 */
import type { LabelledExample } from "../../learn/data/examples.ts";
import { createClassifier } from "../../learn/rules/classifier.ts";
import { createRandom } from "../../learn/score/random.ts";
import { gramsOf, normaliseText } from "../../learn/text/similarity.ts";
import { learnRules } from "../../pipeline.ts";
import { observe, parseFeedback } from "../../review/observe.ts";
import { PACE } from "../../review/observe/feedback/recommending.ts";
import { findRepeats, REPEAT_SIMILARITY } from "../../review/repeats.ts";
import { rulesOfTrace, type Trace, withTrace } from "../../trace.ts";
import { inTempFolder, readData } from "../data.ts";
import {
  type BenchOptions,
  type BenchResult,
  formatTable,
  median,
  runBench,
  skipped,
  timeOf,
} from "../table.ts";
import {
  answerStream,
  drawStream,
  labelledOf,
  type LoggedLine,
  type Stream,
} from "./simulation.ts";

/** The least share that learning again at the pace must save. */
const LEAST_SAVED = 0.12;
/** Reviewed texts between two looks at the log. */
const LOOK = 50;
/** Reviewed texts after half time from which alarms are made. */
const ALARMED = 300;
/** Mistakes among which repeats are sought, and those that are compared each with each. */
const MISTAKES = 10_000;
const COMPARED = 2_000;

/** When to learn again, by the trace of the rules and the log. */
type Policy = (trace: Trace, log: readonly LoggedLine[]) => boolean;

const policies: Readonly<Record<string, Policy>> = {
  "static": () => false,
  [`again every ${PACE} reviewed`]: (_, { length }) => length % PACE === 0,
  "again, from the rules before": (_, { length }) => length % PACE === 0,
  "again as is recommended": (trace, log) =>
    log.length % LOOK === 0 && observe(trace, readLog(log)).recommendation.learn,
};
const [STATIC, PACED, KEPT] = Object.keys(policies);

/** Parts of the rules that a bandit chooses for each session of 100 texts, and learns nothing again. */
const CHOSEN: ReadonlyMap<string, number> = new Map(
  [0.8, 0.5].map((share) => [`a bandit chooses ${100 * share} % of the rules`, share]),
);

/** What one stream came to. */
interface Measured {
  readonly costs: ReadonlyMap<string, number>;
  readonly learned: ReadonlyMap<string, number>;
  readonly alarms: AlarmFigures;
}

/** What alarms are worth. */
interface AlarmFigures {
  readonly alarms: number;
  /** Alarms of rules that are more often wrong than right by the mix of labels after half time. */
  readonly right: number;
  /** Rules that the other mix made more often wrong than right. */
  readonly broken: number;
  /** Those of them with an alarm. */
  readonly found: number;
}

/** Measures on streams of banking77. */
export async function benchLearningAgain({ quick }: BenchOptions): Promise<BenchResult> {
  const data = await readData("banking77", "train", "test");
  if (data === undefined) return skipped("learning_again");
  const seeds = quick ? 1 : 6;
  const size = quick ? 4 : 20;
  const length = quick ? 1_200 : 3_000;
  const all = [...labelledOf(data.train), ...labelledOf(data.test)];
  const measured: Measured[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    measured.push(await measureStream(drawStream(data.train, seed, size, length), all));
  }
  const problems: string[] = [];
  const costOf = (name: string) => median(measured.map(({ costs }) => costs.get(name)!));
  const savedOf = (name: string) =>
    median(measured.map(({ costs }) => 1 - costs.get(name)! / costs.get(STATIC)!));
  const saved = savedOf(PACED);
  if (!quick && !(saved >= LEAST_SAVED)) {
    problems.push(`learning_again: saves ${percent(saved)}, expected ${percent(LEAST_SAVED)}`);
  }
  const rows = [...Object.keys(policies), ...CHOSEN.keys()].map((name) => [
    name,
    costOf(name).toFixed(0),
    percent(savedOf(name)),
    median(measured.map(({ learned }) => learned.get(name)!)).toFixed(0),
    name === PACED ? percent(LEAST_SAVED) : "",
  ]);
  const sum = (figure: keyof AlarmFigures) =>
    measured.reduce((sum, { alarms }) => sum + alarms[figure], 0);
  const texts = [
    formatTable(
      "learning again under drift: what answers cost",
      ["policy", "cost", "saved", "times learned", "at least"],
      rows,
      [
        `medians of ${seeds} streams of ${length} texts of banking77; a wrong answer costs 1, none ½`,
        `at first ${size} examples of each of 62 labels; at half time the mix of labels changes, and 15 more come`,
        `30 % are reviewed; the recommendation is asked for every ${LOOK} reviewed texts`,
      ],
    ),
    formatTable(
      `alarms after ${ALARMED} reviewed texts of the second half, static rules`,
      ["alarms", "right", "rules broken by drift", "found"],
      [[
        String(sum("alarms")),
        percent(sum("right") / sum("alarms")),
        String(sum("broken")),
        percent(sum("found") / sum("broken")),
      ]],
      ["over all streams; what a rule is worth in a mix is taken from all texts of its labels"],
    ),
    measureRepeats(shuffle(all), quick, problems),
  ];
  return { text: texts.join("\n\n"), problems };
}

async function measureStream(
  stream: Stream,
  all: readonly LabelledExample[],
): Promise<Measured> {
  const { trace } = await withTrace(learnRules)(stream.first);
  const costs = new Map<string, number>();
  const learned = new Map<string, number>();
  let log: readonly LoggedLine[] = [];
  for (const [name, policy] of Object.entries(policies)) {
    const answered = await inTempFolder((folder) =>
      answerStream(stream, trace, policy, folder, name === KEPT)
    );
    costs.set(name, answered.cost);
    learned.set(name, answered.learned);
    if (name === STATIC) log = answered.log;
  }
  for (const [name, share] of CHOSEN) {
    const answered = await inTempFolder((folder) =>
      answerStream(stream, trace, policies[STATIC], folder, false, share)
    );
    costs.set(name, answered.cost);
    learned.set(name, 0);
  }
  return { costs, learned, alarms: measureAlarms(stream, trace, log, all) };
}

/** Compares alarms with what rules are worth in the mix of labels before and after half time. */
function measureAlarms(
  { first, texts, mixes }: Stream,
  trace: Trace,
  log: readonly LoggedLine[],
  all: readonly LabelledExample[],
): AlarmFigures {
  const learned = new Set(labelledOf(first).map(({ text }) => text));
  const classify = createClassifier(rulesOfTrace(trace));
  /** Texts of each label, and on how many of them each rule fires. */
  const sizes = new Map<string, number>();
  const fired = new Map<string, { readonly label: string; readonly on: Map<string, number> }>();
  for (const { text, label } of all) {
    if (learned.has(text)) continue;
    sizes.set(label, (sizes.get(label) ?? 0) + 1);
    for (const rule of classify(text).rules) {
      const { on } = fired.get(rule.id) ?? { on: new Map<string, number>() };
      on.set(label, (on.get(label) ?? 0) + 1);
      fired.set(rule.id, { label: rule.label, on });
    }
  }
  const precision = (id: string, mix: ReadonlyMap<string, number>) => {
    const { label, on } = fired.get(id) ?? { label: "", on: new Map<string, number>() };
    const shareOf = (one: string) => mix.get(one)! * (on.get(one) ?? 0) / sizes.get(one)!;
    const sum = [...on.keys()].reduce((sum, one) => sum + shareOf(one), 0);
    return on.has(label) ? shareOf(label) / sum : 0;
  };
  const half = new Set(texts.slice(texts.length / 2).map(({ text }) => text));
  const lines = log.filter(({ text }) => half.has(text)).slice(0, ALARMED);
  const alarms = observe(trace, readLog(lines)).rules.filter(({ alarm }) => alarm)
    .map(({ rule }) => rule.id);
  const [before, after] = mixes;
  const isWrong = (id: string) => precision(id, after) < 0.5;
  const broken = [...fired.keys()].filter((id) => precision(id, before) >= 0.5 && isWrong(id));
  return {
    alarms: alarms.length,
    right: alarms.filter(isWrong).length,
    broken: broken.length,
    found: broken.filter((id) => alarms.includes(id)).length,
  };
}

/** Puts examples, which come label by label, into an order that has nothing to do with their labels. */
function shuffle(examples: readonly LabelledExample[]): LabelledExample[] {
  const random = createRandom(0);
  return examples.map((example) => ({ example, key: random() }))
    .sort((a, b) => a.key - b.key).map(({ example }) => example);
}

/** Compares the time to find repeats with that of comparing each text with each. */
function measureRepeats(
  all: readonly LabelledExample[],
  quick: boolean,
  problems: string[],
): string {
  const amount = quick ? MISTAKES / 10 : MISTAKES;
  const few = all.slice(0, quick ? COMPARED / 10 : COMPARED);
  const alike = Array.from({ length: amount }, (_, n) => ({
    text: `I ordered a card on day ${n * 7919 % 99_991} and it has not come yet`,
    label: "card",
  }));
  type Find = (texts: readonly string[]) => readonly (number | undefined)[];
  const byIndex: Find = (texts) => findRepeats(texts).map((one) => one?.place);
  const runs = ([
    ["each with each", compareEach, few],
    ["by the index", byIndex, few],
    ["by the index", byIndex, all.slice(0, amount)],
    ["by the index, all alike", byIndex, alike],
  ] as const).map(([how, find, examples]) => {
    let found: readonly (number | undefined)[] = [];
    const time = timeOf(() => found = find(examples.map(({ text }) => text)));
    const repeats = examples.filter((_, place) => found[place] !== undefined).length;
    const same = examples.filter(({ label }, place) => label === examples[found[place]!]?.label);
    return { how, found, time, examples, repeats, same: same.length / repeats };
  });
  const firsts = runs.slice(0, 2).map(({ found }) => found.map((one) => one === undefined).join());
  if (firsts[0] !== firsts[1]) {
    problems.push("learning_again: the index finds other repeats than comparing each with each");
  }
  return formatTable(
    "finding repeats among mistakes of one kind",
    ["how", "texts", "repeats", "of the same label", "time"],
    runs.map(({ how, time, examples, repeats, same }) => [
      how,
      String(examples.length),
      String(repeats),
      percent(same),
      `${(time / 1000).toFixed(2)} s`,
    ]),
    ["texts of banking77; each with each takes 25 times as long for five times as many"],
  );
}

/** Returns what each text repeats, by comparing it with all first ones. */
function compareEach(texts: readonly string[]): (number | undefined)[] {
  const sets = texts.map((text) => new Set(gramsOf(normaliseText(text), 5)));
  const found: (number | undefined)[] = [];
  sets.forEach((set, place) => {
    let first: number | undefined;
    for (let other = 0; other < place; other++) {
      const shared = set.intersection(sets[other]).size;
      const isNear = shared / (set.size + sets[other].size - shared) >= REPEAT_SIMILARITY;
      if (isNear && found[other] === undefined) first ??= other;
    }
    found.push(first);
  });
  return found;
}

function readLog(log: readonly LoggedLine[]) {
  return parseFeedback(log.map((line) => JSON.stringify(line)).join("\n"), "the log");
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

if (import.meta.main) await runBench(benchLearningAgain);
