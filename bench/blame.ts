// deno-lint-ignore-file no-console
/**
 * Measures what blame finds of planted faults, and that it finds none in data without one.
 *
 *     deno run -A bench/blame.ts [--quick] [--check]
 *
 * @module
 */
import { listDecisionFaults } from "./blame/decisions.ts";
import { listExampleFaults } from "./blame/examples.ts";
import type { FaultClass, FaultTargets, Judgement } from "./blame/faults.ts";
import { type BenchOptions, type BenchResult, formatTable, median } from "./table.ts";

/** The first seed. */
const FIRST_SEED = 2001;
/** That of a quick run: the thresholds were chosen on these seeds. */
const FIRST_QUICK_SEED = 1;

/** The figures of a class of faults. */
interface FaultFigures {
  readonly runs: number;
  readonly first?: number;
  readonly flagged?: number;
  readonly falseFlags?: number;
  /** Mean share, 0 to 1. */
  readonly precision?: number;
  readonly listed?: { readonly right: number; readonly all: number };
  readonly trainings: number;
  readonly seconds: number;
}

/** Plants the faults of every class with its own number of seeds; in a quick run, with few, on little data. */
export async function benchBlame({ quick }: BenchOptions): Promise<BenchResult> {
  const classes = [...await listExampleFaults(), ...await listDecisionFaults()];
  const seed = quick ? FIRST_QUICK_SEED : FIRST_SEED;
  const rows: string[][] = [];
  const problems: string[] = [];
  let data: string | undefined;
  for (const fault of classes) {
    const runs = quick ? fault.quickRuns : fault.runs;
    if (runs === 0) continue;
    const figures = await measure(fault, seed, runs);
    rows.push([
      fault.data === data ? "" : fault.data,
      fault.name,
      ...describe(figures, fault.held),
    ]);
    data = fault.data;
    problems.push(...findProblems(fault, figures));
  }
  const headings = "data,planted,runs,first,flagged,false,at k,listed,learned,seconds,held to";
  const text = formatTable("blame: what it finds of planted faults", headings.split(","), rows, [
    "first: the fault leads the list. flagged: it is called decisive. false: runs in which anything else is",
    "at k: share of faults among the first k, of k faults. listed: faults among those called suggestive;",
    "of leaks, how many are found. learned: trainings in a run (median); seconds: of a run (median)",
    `seeds from ${seed} on${quick ? "" : "; thresholds were chosen on others"}`,
  ]);
  return { text, problems };
}

async function measure(
  fault: FaultClass,
  seed: number,
  runs: number,
): Promise<FaultFigures> {
  const judged: Judgement[] = [];
  const seconds: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    judged.push(await fault.run(seed + run));
    seconds.push((performance.now() - start) / 1e3);
  }
  const count = (field: "isFirst" | "isFlagged" | "isFalse") =>
    judged[0][field] === undefined ? undefined : judged.filter((one) => one[field]).length;
  const sum = (of: (one: Judgement) => number) => judged.reduce((all, one) => all + of(one), 0);
  return {
    runs,
    first: count("isFirst"),
    flagged: count("isFlagged"),
    falseFlags: count("isFalse"),
    ...(judged[0].precision === undefined
      ? {}
      : { precision: sum(({ precision }) => precision!) / runs }),
    ...(judged[0].listed === undefined ? {} : {
      listed: {
        right: sum(({ listed }) => listed!.right),
        all: sum(({ listed }) => listed!.all),
      },
    }),
    trainings: median(judged.map(({ trainings }) => trainings)),
    seconds: median(seconds),
  };
}

function describe(figures: FaultFigures, held: FaultTargets | undefined): string[] {
  const { runs, first, flagged, falseFlags, precision, listed, trainings, seconds } = figures;
  const targets = [
    ...(held?.first === undefined ? [] : [`first ${percent(held.first)}`]),
    ...(held?.flagged === undefined ? [] : [`flagged ${percent(held.flagged)}`]),
    ...(held?.falseFlags === undefined ? [] : [`false ${held.falseFlags}`]),
    ...(held?.precision === undefined ? [] : [`at k ${held.precision.toFixed(2)}`]),
    ...(held?.listed === undefined ? [] : [`listed ${percent(held.listed)}`]),
  ];
  return [
    String(runs),
    ...[first, flagged, falseFlags].map((count) => count === undefined ? "" : String(count)),
    precision?.toFixed(2) ?? "",
    listed === undefined ? "" : `${listed.right}/${listed.all}`,
    String(trainings),
    seconds.toFixed(1),
    targets.join(", "),
  ];
}

function findProblems({ name, data, held = {} }: FaultClass, figures: FaultFigures): string[] {
  const { runs, first = 0, flagged = 0, falseFlags = 0, precision = 0, listed } = figures;
  const problems: string[] = [];
  const require = (what: string, figure: number, least: number | undefined) => {
    if (least === undefined || figure >= least) return;
    const found = `${what} is ${figure.toFixed(2)}, expected at least ${least}`;
    problems.push(`blame: ${data}, ${name}: ${found}`);
  };
  require("the share that comes first", first / runs, held.first);
  require("the share that is flagged", flagged / runs, held.flagged);
  require("precision at k", precision, held.precision);
  require("the share that is listed", listed ? listed.right / listed.all : 0, held.listed);
  if (falseFlags > (held.falseFlags ?? Infinity)) {
    const found = `${falseFlags} runs have a false flag, expected ${held.falseFlags}`;
    problems.push(`blame: ${data}, ${name}: ${found}`);
  }
  return problems;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

if (import.meta.main) {
  const { text, problems } = await benchBlame({ quick: Deno.args.includes("--quick") });
  console.log([text, ...problems].join("\n"));
  if (Deno.args.includes("--check") && problems.length > 0) Deno.exit(1);
}
