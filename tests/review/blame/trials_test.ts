import { assertEquals } from "jsr:@std/assert@^1";
import type { ExampleCounts } from "../../../learn/score/scoring.ts";
import { judgeTrials, type PlannedTrial, type TrialResult } from "../../../review/blame/trials.ts";

const right = { tp: 1, fp: 0, fn: 0 };
const missed = { tp: 0, fp: 0, fn: 1 };

/** Test examples of which some are missed. */
function miss(size: number, lost: number): ExampleCounts[] {
  return Array.from({ length: size }, (_, place) => place < lost ? missed : right);
}

function makeResult(counts: readonly ExampleCounts[]): TrialResult {
  const tp = counts.reduce((sum, one) => sum + one.tp, 0);
  const f1 = 2 * tp / (tp + counts.length);
  const change = { kind: "verdict", step: 1, to: "rejected" } as const;
  return { change, digest: `sha256:${"0".repeat(64)}`, rules: 1, f1, counts };
}

/** Judges forks that lose so many of the test examples; no other seed changes anything. */
function judge(size: number, ...lost: number[]) {
  const own = makeResult(miss(size, 0));
  const planned: PlannedTrial = {
    type: "iteration",
    step: 1,
    request: { kind: "verdict", step: 1, to: "rejected" },
  };
  const trials = lost.map((few) => ({ planned, result: makeResult(miss(size, few)) }));
  const seeds = Array.from({ length: 10 }, () => own);
  return judgeTrials(own, trials, seeds).trials
    .map(({ evidence, isFinding }) => [evidence, isFinding]);
}

Deno.test("a difference in few examples is no evidence, however many points it makes", () => {
  // All resamples of one example are the same, so its interval has no length.
  assertEquals(judge(1, 1), [["no evidence", false]]);
  assertEquals(judge(20, 5), [["no evidence", false]]);
  assertEquals(judge(20, 6), [["decisive", true]]);
});

Deno.test("the more forks differ, the more examples a difference takes", () => {
  const [six] = judge(200, 6, 0, 6);
  assertEquals(six, ["suggestive", true]);
  const [first, second] = judge(200, 6, 12);
  assertEquals([first, second], [["no evidence", false], ["decisive", true]]);
});

Deno.test("of the worst of its seeds, a loss is no more than luck if others are as far away", () => {
  const own = makeResult(miss(200, 30));
  const planned: PlannedTrial = {
    type: "iteration",
    step: 1,
    request: { kind: "verdict", step: 1, to: "rejected" },
  };
  const trials = [{ planned, result: makeResult(miss(200, 45)) }];
  const judgeAmong = (lost: number) => {
    const seeds = Array.from({ length: 10 }, (_, seed) => makeResult(miss(200, lost + seed % 3)));
    return judgeTrials(own, trials, seeds).trials[0];
  };
  assertEquals([judgeAmong(24).luck?.asMuch, judgeAmong(24).isFinding], [0, true]);
  assertEquals([judgeAmong(10).luck?.asMuch, judgeAmong(10).isFinding], [3, false]);
});
