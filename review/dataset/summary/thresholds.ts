/**
 * A gate for CI: whether a data set is large and complete enough.
 *
 * @module
 */
import { sumOf } from "../../evidence/counting.ts";
import { count, formatCount, listFew, showName } from "../../../print/phrases.ts";
import { ROW_KINDS, type RowKind } from "../format.ts";
import { findUncovered } from "./coverage.ts";
import type { DatasetSummary, SetCoverage } from "./format.ts";

/** What a data set is held to. */
export interface DatasetThresholds {
  /** The least rows by kind. Of a kind that is not named there may be none, but not of all of them. */
  readonly minRows: Readonly<Partial<Record<RowKind, number>>>;
  /**
   * The least share of the labels of a data set of the runs that a row is about, in per cent; see
   * {@linkcode findUncovered} for which rows count.
   */
  readonly minLabels: number;
  /** The largest share of the rows, with those left out as duplicates, that are duplicates, in per cent. */
  readonly maxDuplicates: number;
  /** The largest share of the rows with a prompt of which a part is cut, in per cent. */
  readonly maxTruncated: number;
  /** The largest share of the runs that failed, were aborted, left no tape or cannot be read, in per cent. */
  readonly maxFailed: number;
  /** The largest share of the evidence that a person has to judge, in per cent. */
  readonly maxReview: number;
}

/**
 * What a data set is held to if nothing else is asked for. The data set of the 39 runs of `bench/evidence/`, of which two
 * failed or were aborted on purpose, holds: what is beyond is a fault of how runs are made or kept, not chance.
 */
export const DEFAULT_THRESHOLDS: DatasetThresholds = {
  minRows: {},
  minLabels: 75,
  maxDuplicates: 25,
  maxTruncated: 10,
  maxFailed: 20,
  maxReview: 25,
};

/** Shares that differ by less are equal. */
const GRAIN = 1e-9;

/**
 * Checks a data set.
 *
 * @returns what does not hold, each a sentence with the figure and the threshold; empty if all does
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { summariseDataset } from "./summarising.ts";
 * import { checkSummary } from "./thresholds.ts";
 *
 * const options = { format: "trl", kinds: ["sft"] } as const;
 * const summary = summariseDataset({
 *   ...{ judged: [], skipped: [], rows: [], quarantined: [] },
 *   options,
 * });
 * assertEquals(checkSummary(summary), ["There is no row."]);
 * ```
 */
export function checkSummary(
  { kinds, coverage, duplicates, truncation, logging, evidence }: DatasetSummary,
  thresholds: DatasetThresholds = DEFAULT_THRESHOLDS,
): string[] {
  const rows = kinds.reduce((sum, { rows }) => sum + rows, 0);
  const few = findFew(kinds, thresholds);
  const empty = rows === 0 && few.length === 0 ? ["There is no row."] : [];
  const most = (part: number, all: number, limit: number, what: (found: string) => string) => {
    if (percent(part, all, 0) <= limit + GRAIN) return [];
    const found = `${formatShare(part, all, limit)} (${formatCount(part)} of ${formatCount(all)})`;
    return [`${what(found)}, expected at most ${limit} %.`];
  };
  const repeated = duplicates.reduce((sum, { leftOut }) => sum + leftOut, 0);
  const unclear = evidence.filter(({ judgement }) => judgement === "needs_human_review");
  const { maxDuplicates, maxTruncated, maxFailed, maxReview } = thresholds;
  return [
    ...empty,
    ...few,
    ...coverage.flatMap((set) => checkCoverage(set, thresholds)),
    ...most(
      repeated,
      rows + repeated,
      maxDuplicates,
      (share) => `Of the rows ${share} are duplicates`,
    ),
    ...most(
      truncation.truncated,
      truncation.rows,
      maxTruncated,
      (share) =>
        `Of the rows with a prompt ${share} show a part of a text or hold a reply without its end`,
    ),
    ...most(
      logging.lost,
      logging.runs + logging.broken,
      maxFailed,
      (share) => `Of the runs ${share} failed, were aborted, left no tape or cannot be read`,
    ),
    ...most(
      sumOf(unclear),
      sumOf(evidence),
      maxReview,
      (share) => `Of the evidence ${share} needs human review`,
    ),
  ];
}

/** Says of which kinds there are too few rows. */
function findFew(
  kinds: DatasetSummary["kinds"],
  { minRows }: DatasetThresholds,
): string[] {
  return ROW_KINDS.flatMap((kind) => {
    const least = minRows[kind] ?? 0;
    const found = kinds.find((one) => one.kind === kind)?.rows ?? 0;
    return found < least
      ? [
        `There ${found === 1 ? "is" : "are"} ${
          count(found, "row")
        } of ${kind}, expected at least ` +
        formatCount(least) + ".",
      ]
      : [];
  });
}

/** Says if the rows are about too few labels of a data set. */
function checkCoverage(set: SetCoverage, { minLabels }: DatasetThresholds): string[] {
  const { name, labels } = set;
  const without = findUncovered(set);
  const covered = labels.length - without.length;
  if (percent(covered, labels.length, 100) >= minLabels - GRAIN) return [];
  const share = formatShare(covered, labels.length, minLabels);
  const named = listFew(without, ", ", showName);
  return [
    `Rows are about ${share} of the labels of ${showName(name)} (${formatCount(covered)} of ` +
    `${formatCount(labels.length)}), expected at least ${minLabels} %: none is about ${named}.`,
  ];
}

/** Returns a part in per cent; `none` if there is nothing that it could be a part of. */
function percent(part: number, all: number, none: number): number {
  return all === 0 ? none : 100 * part / all;
}

/** Formats a share as per cent, with as many decimals as tell it from a limit. */
function formatShare(part: number, all: number, limit: number): string {
  const share = percent(part, all, 0);
  const decimals = [1, 2, 3, 4, 5, 6].find((many) => Number(share.toFixed(many)) !== limit) ?? 7;
  return `${share.toFixed(decimals)} %`;
}

/** The options of a script that checks a data set, for `parseArgs`. */
export const thresholdOptions = {
  check: { type: "boolean", default: false },
  "min-rows": { type: "string", multiple: true },
  "min-labels": { type: "string" },
  "max-duplicates": { type: "string" },
  "max-truncated": { type: "string" },
  "max-failed": { type: "string" },
  "max-review": { type: "string" },
} as const;

/** The lines of `--help` about {@linkcode thresholdOptions}. */
export const thresholdUsage =
  `  --check             exit with 1 if a threshold does not hold; so does each of those that follow
  --min-rows KIND=N   at least so many rows of a kind; several times (default: 1 of any kind)
  --min-labels X      at least X % of the labels of each data set have a row (default: ${DEFAULT_THRESHOLDS.minLabels})
  --max-duplicates X  at most X % of the rows are duplicates (default: ${DEFAULT_THRESHOLDS.maxDuplicates})
  --max-truncated X   at most X % of the prompts or replies of rows are cut (default: ${DEFAULT_THRESHOLDS.maxTruncated})
  --max-failed X      at most X % of the runs failed, were aborted, left no tape or cannot be read
                      (default: ${DEFAULT_THRESHOLDS.maxFailed})
  --max-review X      at most X % of the evidence needs human review (default: ${DEFAULT_THRESHOLDS.maxReview})
`;

/** The values of {@linkcode thresholdOptions}. */
type ThresholdValues =
  & Readonly<Partial<Record<Exclude<keyof typeof thresholdOptions, "check" | "min-rows">, string>>>
  & { readonly check?: boolean; readonly "min-rows"?: readonly string[] };

/**
 * Returns what a data set is to be held to; nothing if it is not to be checked. A threshold that is not given is the
 * default: 0 or 100 turns it off.
 *
 * @throws {TypeError} if a value does not fit its option
 */
export function parseThresholds(values: ThresholdValues): DatasetThresholds | undefined {
  const { check = false, "min-rows": rows } = values;
  const parse = (name: Exclude<keyof ThresholdValues, "check" | "min-rows">) =>
    parsePercent(name, values[name]);
  const given = {
    minRows: rows === undefined ? undefined : Object.fromEntries(rows.map(parseLeastRows)),
    minLabels: parse("min-labels"),
    maxDuplicates: parse("max-duplicates"),
    maxTruncated: parse("max-truncated"),
    maxFailed: parse("max-failed"),
    maxReview: parse("max-review"),
  };
  const named = Object.entries(given).filter(([, value]) => value !== undefined);
  if (!check && named.length === 0) return undefined;
  return { ...DEFAULT_THRESHOLDS, ...Object.fromEntries(named) };
}

function parseLeastRows(value: string): [RowKind, number] {
  const [, name, least] = /^([^=]*)=(\d{1,9})$/.exec(value) ?? [];
  const kind = ROW_KINDS.find((kind) => kind === name);
  if (kind !== undefined) return [kind, Number(least)];
  throw new TypeError(
    `--min-rows is ${value}, expected a kind and a whole number, such as sft=100; kinds are ` +
      ROW_KINDS.join(", "),
  );
}

/** Parses a share in per cent. One below 1 is a fraction, which is never meant. */
function parsePercent(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const share = /^(\d+\.?\d*|\.\d+)$/.test(value) ? Number(value) : NaN;
  if (share === 0 || share >= 1 && share <= 100) return share;
  throw new TypeError(`--${name} is ${value}, expected per cent: 0, or 1 to 100`);
}
