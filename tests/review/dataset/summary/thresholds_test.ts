import { assertEquals, assertThrows } from "jsr:@std/assert@^1";
import type { DatasetSummary } from "../../../../review/dataset/summary/format.ts";
import { summariseDataset } from "../../../../review/dataset/summary/summarising.ts";
import {
  checkSummary,
  DEFAULT_THRESHOLDS,
  parseThresholds,
} from "../../../../review/dataset/summary/thresholds.ts";
import { makeCoverage, makeParts, makeRow } from "./summary_fixture.ts";

const rows = ["card", "fee", "rate"].map((label) => ({ row: makeRow("sft", label) }));
const whole = summariseDataset(makeParts({ rows, skipped: [], quarantined: [] }));
const check = (changes: Partial<DatasetSummary>, thresholds = {}) =>
  checkSummary({ ...whole, evidence: [], ...changes }, { ...DEFAULT_THRESHOLDS, ...thresholds });

Deno.test("each threshold that does not hold is one sentence with the figure and the threshold", () => {
  assertEquals(check({}), []);
  assertEquals(check({ kinds: [] }), ["There is no row."]);
  assertEquals(check({}, { minRows: { sft: 4, hard: 1, teacher: 0 } }), [
    "There are 3 rows of sft, expected at least 4.",
    "There are 0 rows of hard, expected at least 1.",
  ]);
  const rule = { kind: "rule", reason: "harmful" } as const;
  const evidence = [
    { ...rule, judgement: "needs_human_review", count: 2 },
    { ...rule, judgement: "accepted", count: 5 },
  ] as const;
  assertEquals(check({ evidence }), [
    "Of the evidence 28.6 % (2 of 7) needs human review, expected at most 25 %.",
  ]);
  const { truncation, logging } = whole;
  assertEquals(check({ truncation: { ...truncation, rows: 1_000, truncated: 101 } }), [
    "Of the rows with a prompt 10.1 % (101 of 1,000) show a part of a text or hold a reply without " +
    "its end, expected at most 10 %.",
  ]);
  // As many decimals as tell the share from the threshold.
  assertEquals(check({ logging: { ...logging, runs: 99_000, broken: 1_000, lost: 20_001 } }), [
    "Of the runs 20.001 % (20,001 of 100,000) failed, were aborted, left no tape or cannot be " +
    "read, expected at most 20 %.",
  ]);
  const duplicates = [{ kind: "sft", leftOut: 1 }] as const;
  assertEquals(check({ duplicates }), []);
  assertEquals(check({ duplicates }, { maxDuplicates: 24.9 }), [
    "Of the rows 25.0 % (1 of 4) are duplicates, expected at most 24.9 %.",
  ]);
});

Deno.test("labels that only texts are about have no row, unless there are no other rows", () => {
  const taught = makeCoverage("arts", { a: { sft: 1, hard: 2 }, b: { hard: 1 }, "\u001b": {} });
  const labelled = makeCoverage("texts", { a: { hard: 2 }, b: { weak: 1 } });
  const empty = makeCoverage("none", {});
  assertEquals(check({ coverage: [taught, labelled, empty] }), [
    String
      .raw`Rows are about 33.3 % of the labels of arts (1 of 3), expected at least 75 %: none ` +
    String.raw`is about b, \x1b.`,
  ]);
  assertEquals(check({ coverage: [taught] }, { minLabels: 33 }), []);
});

Deno.test("thresholds are per cent, hold if one is given, and are the defaults otherwise", () => {
  assertEquals(parseThresholds({}), undefined);
  assertEquals(parseThresholds({ check: true }), DEFAULT_THRESHOLDS);
  const values = { "min-rows": ["sft=10", "hard=0"], "min-labels": "99.5", "max-failed": "0" };
  const asked = { minRows: { sft: 10, hard: 0 }, minLabels: 99.5, maxFailed: 0 };
  assertEquals(parseThresholds(values), { ...DEFAULT_THRESHOLDS, ...asked });
  for (const rows of ["10", "sft", "sft=", "sft=-1", "all=3", "__proto__=3", "sft=1e3"]) {
    const parse = () => parseThresholds({ "min-rows": [rows] });
    assertThrows(parse, TypeError, `--min-rows is ${rows}, expected a kind and a whole number`);
  }
  for (const share of ["0.9", "101", "x", "", "-1", "90%"]) {
    const parse = () => parseThresholds({ "max-review": share });
    assertThrows(parse, TypeError, `--max-review is ${share}, expected per cent: 0, or 1 to 100`);
  }
});
