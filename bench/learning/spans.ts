/**
 * Measures how well learned rules find spans in text they were not learned from, type by type, next to
 * other learners, and how long they take.
 *
 *     deno run -A bench/learning/spans.ts [--quick]
 *
 * @module
 */
import { evaluateRules } from "../../learn/score/evaluation.ts";
import { createExtractor } from "../../learn/rules/extractor.ts";
import type { LabelScores } from "../../learn/score/scoring.ts";
import { learnRules } from "../../pipeline.ts";
import { type Data, readData } from "../data.ts";
import {
  type BenchOptions,
  type BenchResult,
  formatTable,
  median,
  runBench,
  skipped,
} from "../table.ts";

/** The F1 of another learner: `published`, or measured `elsewhere` on a machine like this. */
interface Peer {
  readonly name: string;
  readonly figure: number;
  readonly rules?: number;
  readonly source: "published" | "elsewhere";
}

/** Types that are scored together, the F1 that they must reach, and that of others. */
interface Group {
  readonly name: string;
  /** By default all types but those of the groups before. */
  readonly types?: readonly string[];
  readonly target: number;
  /** The F1 below which the bench fails. */
  readonly floor: number;
  readonly peers: readonly Peer[];
}

/** A data set and how it is scored. */
interface Trial {
  readonly name: string;
  readonly folder: string;
  readonly train: string;
  readonly test: string;
  readonly maxRules?: number;
  readonly groups: readonly Group[];
}

const FORMATS = ["CODE", "DATETIME", "QUANTITY"];
const RULECHEF = { name: "RuleChef, rules of a model", rules: 22, source: "elsewhere" } as const;
const TAGGER = { name: "linear SVM tagger, no rules", source: "elsewhere" } as const;

const trials: readonly Trial[] = [
  {
    name: "restaurant",
    folder: "examples",
    train: "restaurant",
    test: "restaurant_test",
    groups: [{ name: "all types", target: 0.77, floor: 0.75, peers: [] }],
  },
  {
    name: "tab by document",
    folder: "tab",
    train: "train",
    test: "test",
    maxRules: 150,
    groups: [
      {
        name: "format types",
        types: FORMATS,
        target: 0.89,
        floor: 0.86,
        peers: [
          { ...RULECHEF, figure: 0.741 },
          { name: "three regexes by hand", figure: 0.854, rules: 3, source: "elsewhere" },
          { name: "Presidio", figure: 0.772, source: "elsewhere" },
          { ...TAGGER, figure: 0.883 },
          { name: "a second annotator", figure: 0.919, source: "elsewhere" },
        ],
      },
      { name: "other types", target: 0.61, floor: 0.6, peers: [{ ...RULECHEF, figure: 0.496 }] },
    ],
  },
  {
    name: "tab, peer's protocol",
    folder: "tab",
    train: "peer_protocol.train",
    test: "peer_protocol.test",
    maxRules: 150,
    groups: [
      {
        name: "format types",
        types: FORMATS,
        target: 0.90,
        floor: 0.88,
        peers: [{ ...RULECHEF, figure: 0.794 }, { ...TAGGER, figure: 0.912 }],
      },
      { name: "other types", target: 0.72, floor: 0.7, peers: [{ ...RULECHEF, figure: 0.522 }] },
    ],
  },
  {
    name: "snips slots",
    folder: "snips",
    train: "train",
    test: "test",
    groups: [{
      name: "all types",
      target: 0.86,
      floor: 0.86,
      peers: [{ ...TAGGER, figure: 0.933 }],
    }],
  },
];

/** The figures of a data set. */
interface Measured {
  readonly labels: readonly LabelScores[];
  readonly rules: number;
  /** The time of learning, without scoring on test. */
  readonly seconds: number;
  /** The time to find the spans of one text, in milliseconds. */
  readonly apply: number;
}

/** Measures on each data set; in a quick run only on the smallest. */
export async function benchSpans({ quick }: BenchOptions): Promise<BenchResult> {
  const rows: string[][] = [];
  const details: string[] = [];
  const problems: string[] = [];
  for (const trial of quick ? trials.slice(0, 1) : trials) {
    const data = await readData(trial.folder, trial.train, trial.test, "ner");
    if (data === undefined) return skipped("spans");
    const measured = await measure(data, trial);
    const rest = new Map(measured.labels.map((one) => [one.label, one]));
    trial.groups.forEach((group, place) => {
      const types = group.types ?? [...rest.keys()];
      const found = types.flatMap((type) => rest.get(type) ?? []);
      for (const type of types) rest.delete(type);
      const { precision, recall, f1 } = pool(found);
      if (!(f1 >= group.floor)) {
        const expected = `expected at least ${group.floor}`;
        problems.push(`spans: ${trial.name}: ${group.name}: F1 is ${f1.toFixed(4)}, ${expected}`);
      }
      const isFirst = place === 0;
      rows.push([
        isFirst ? trial.name : "",
        group.name,
        "ruletrace",
        ...[precision, recall, f1].map((share) => share.toFixed(3)),
        group.target.toFixed(2),
        isFirst ? String(measured.rules) : "",
        isFirst ? measured.seconds.toFixed(1) : "",
        isFirst ? measured.apply.toFixed(3) : "",
        "here",
      ]);
      for (const { name, figure, rules, source } of group.peers) {
        rows.push(["", "", name, "", "", figure.toFixed(3), "", `${rules ?? ""}`, "", "", source]);
      }
    });
    details.push(formatTypes(trial.name, measured.labels));
  }
  const headings = "data,types,learner,P,R,F1,at least,rules,seconds,ms a text,from".split(",");
  const text = formatTable("spans: on test, by text and type", headings, rows, [
    "seconds: to learn, without scoring on test; ms a text: to find its spans, median of 5 rounds",
    "by document: no document has pieces in train and in test; the peer's protocol mixes them",
    "elsewhere: measured on these files, not in this run",
    "at least: the target; the bench fails a little below",
  ]);
  return { text: [text, ...details].join("\n\n"), problems };
}

function formatTypes(name: string, labels: readonly LabelScores[]): string {
  const rows = labels.map(({ label, tp, fp, fn, precision, recall, f1 }) => [
    label,
    ...[precision, recall, f1].map((share) => share.toFixed(3)),
    ...[tp, fp, fn].map(String),
  ]);
  return formatTable(`spans: ${name}, each type`, ["type", "P", "R", "F1", "tp", "fp", "fn"], rows);
}

/** Returns the scores of several labels from their summed counts. */
function pool(labels: readonly LabelScores[]): { precision: number; recall: number; f1: number } {
  const sum = (field: "tp" | "fp" | "fn") => labels.reduce((all, one) => all + one[field], 0);
  const [tp, fp, fn] = [sum("tp"), sum("fp"), sum("fn")];
  return { precision: tp / (tp + fp), recall: tp / (tp + fn), f1: 2 * tp / (2 * tp + fp + fn) };
}

async function measure({ train, test }: Data, { maxRules }: Trial): Promise<Measured> {
  const start = performance.now();
  const { rules, decision } = await learnRules(train, { match: "text", maxRules });
  const seconds = (performance.now() - start) / 1e3;
  const { labels } = evaluateRules(rules, test, { ...decision, match: "text" });
  const extract = createExtractor(rules, decision);
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    for (const { text } of test.examples) extract(text);
    return (performance.now() - start) / test.examples.length;
  });
  return { labels, rules: rules.length, seconds, apply: median(times) };
}

if (import.meta.main) await runBench(benchSpans);
