import { assert, assertEquals, assertStringIncludes, assertThrows } from "jsr:@std/assert@^1";
import { createRandom } from "../../../../learn/score/random.ts";
import { chooseArms } from "../../../../review/experiment/bandit/choosing.ts";
import {
  estimatePolicy,
  type JudgedChoice,
  type TargetPolicy,
} from "../../../../review/experiment/bandit/what_if.ts";
import type { ArmCredit, ChoosingPolicy } from "../../../../review/experiment/format.ts";

const arms = ["a", "b", "c"];
/** How often a session goes well with an arm; with two, the mean of both. */
const worth = [0.2, 0.5, 0.8];
const shareOf = (chosen: readonly string[]) =>
  chosen.reduce((sum, arm) => sum + worth[arms.indexOf(arm)], 0) / chosen.length;

/** Writes a log that learns while it is written. */
function writeLog(
  sessions: number,
  seed: number,
  settings: {
    readonly size?: number;
    readonly policy?: ChoosingPolicy;
    readonly explore?: number;
  } = {},
): { readonly log: JudgedChoice[]; readonly credits: ArmCredit[] } {
  const world = createRandom(seed + 1_000);
  const credits: ArmCredit[] = [];
  const log = Array.from({ length: sessions }, (_, session): JudgedChoice => {
    const shared = { arms, context: "", size: 1, credits, draws: 20, ...settings };
    const choice = chooseArms({ ...shared, seed: 10_000 * seed + session });
    const creditsBefore = credits.length;
    const reward = world() < shareOf(choice.chosen) ? 1 : 0;
    credits.push(...choice.chosen.map((arm) => ({ context: "", arm, reward, weight: 1 })));
    return { context: "", arms, ...choice, rewards: [reward], creditsBefore };
  });
  return { log, credits };
}

function estimate(log: readonly JudgedChoice[], target: TargetPolicy) {
  const found = estimatePolicy(log, target);
  if (found.kind === "refused") throw new Error(found.reason);
  return found;
}

function reasonOf(log: readonly JudgedChoice[], target: TargetPolicy): string {
  const found = estimatePolicy(log, target);
  assert(found.kind === "refused");
  return found.reason;
}

const uniform: TargetPolicy = { kind: "choosing", policy: "uniform", credits: [], seed: 0 };
const meanOf = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

Deno.test("over logs that learn, estimates are right on average, and their intervals hold the truth", () => {
  const logs = Array.from({ length: 60 }, (_, seed) => writeLog(200, seed, { explore: 0.3 }).log);
  const targets: readonly [TargetPolicy, number][] = [
    [{ kind: "always", arms: ["c"] }, 0.8],
    [{ kind: "with", arm: "c" }, 0.8],
    [uniform, 0.5],
  ];
  for (const [target, truth] of targets) {
    const estimates = logs.map((log) => estimate(log, target));
    const errors = estimates.map(({ unbiased }) => unbiased - truth);
    const deviation = Math.sqrt(meanOf(errors.map((error) => error ** 2)) / errors.length);
    assert(Math.abs(meanOf(errors)) < 4 * deviation, `${meanOf(errors)}, ${deviation}`);
    assert(Math.abs(meanOf(estimates.map(({ mean }) => mean)) - truth) < 0.03);
    const held = estimates.filter(({ low, high }) => low <= truth && truth <= high).length;
    assert(held >= 54, `${held}`);
  }
  // The mean of what was logged is of another policy: it would be far off.
  assert(meanOf(logs.flatMap((log) => log.map(({ rewards }) => rewards[0]))) > 0.6);
});

Deno.test("with an arm and without it, the others are as they were beside it", () => {
  const { log } = writeLog(3_000, 2, { size: 2, policy: "uniform" });
  for (const [place, arm] of arms.entries()) {
    const others = arms.filter((other) => other !== arm);
    const truths = [meanOf(others.map((other) => shareOf([arm, other]))), shareOf(others)];
    const found = (["with", "without"] as const).map((kind) => estimate(log, { kind, arm }));
    found.forEach(({ mean, low, high }, side) => {
      assert(low < truths[side] && truths[side] < high && high - low < 0.1, `${place} ${mean}`);
    });
  }
  // Rewards that hardly differ do not make more of the sessions.
  const alike = log.slice(0, 120).map((one, place) => ({
    ...one,
    rewards: [0.69 + place % 2 / 50],
  }));
  const { low, high } = estimate(alike, { kind: "with", arm: "a" });
  assert(high - low > 0.15, `${low} to ${high}`);
  const all = estimate(log, uniform);
  assertEquals([all.taken, all.effective.toFixed(3)], [3_000, "3000.000"]);
  assertEquals(all.mean.toFixed(9), meanOf(log.map(({ rewards }) => rewards[0])).toFixed(9));
});

Deno.test("Thompson sampling as it was logged is what was logged, and other settings are told from it", () => {
  const { log, credits } = writeLog(150, 2, { explore: 0.3 });
  const same: TargetPolicy = { kind: "choosing", credits, explore: 0.3, draws: 20, seed: 20_000 };
  const logged = meanOf(log.map(({ rewards }) => rewards[0]));
  const found = estimate(log, same);
  assertEquals([found.mean.toFixed(9), found.effective.toFixed(3)], [logged.toFixed(9), "150.000"]);
  const other = estimate(log, { ...same, boosted: ["a"], explore: 0, draws: 200, seed: 5 });
  assert(other.effective < 150 && other.low < other.mean && other.mean < other.high);
  // Of what came later it knows nothing.
  const blind = log.map((session) => ({ ...session, creditsBefore: 0 }));
  assert(estimate(blind, { ...same, explore: 0 }).mean < logged);
});

Deno.test("sets that were chosen without chance tell nothing of others, and that is said", () => {
  const fixed = writeLog(100, 3).log.map((session): JudgedChoice => (
    { ...session, chosen: ["a"], propensity: 1, inclusion: [1, 0, 0] }
  ));
  for (
    const target of [
      { kind: "always", arms: ["c"] },
      { kind: "with", arm: "c" },
      { kind: "without", arm: "a" },
      uniform,
    ] as const
  ) assertStringIncludes(reasonOf(fixed, target), "as its sets were chosen without chance");
  // They tell what they came to themselves.
  const found = estimate(fixed, { kind: "always", arms: ["a"] });
  assertEquals(found.mean, meanOf(fixed.map(({ rewards }) => rewards[0])));
});

Deno.test("what the log lacks is told: choices that it could not make, did not make, or made too seldom", () => {
  const { log } = writeLog(300, 4, { explore: 0.3 });
  const never = (count: number) =>
    log.map((one, place): JudgedChoice =>
      place < count ? { ...one, chosen: ["a"], inclusion: [0.7, 0.3, 0] } : one
    );
  const always: TargetPolicy = { kind: "always", arms: ["c"] };
  assertEquals(
    reasonOf(never(6), always),
    "the log could not have made 2.0 % of these choices, expected at most 1.0 %",
  );
  // Up to 1 %, the bounds allow for anything in these sessions.
  const [found, whole] = [estimate(never(3), always), estimate(log, always)];
  assertEquals(found.unreachable.toFixed(9), "0.010000000");
  assert(found.high - found.low > whole.high - whole.low + 0.005);
  assertEquals(
    reasonOf(log, { kind: "always", arms: ["c", "a"] }),
    "no session chose 2 arms, and sets of another size do not tell",
  );
  for (const kind of ["with", "without"] as const) {
    assertEquals(reasonOf(log, { kind, arm: "d\n" }), String.raw`no session could choose "d\n"`);
  }
  const others = log.filter(({ chosen }) => chosen[0] !== "b");
  assertStringIncludes(reasonOf(others, { kind: "always", arms: ["b"] }), "no session chose what");
  assertEquals(
    reasonOf(writeLog(60, 5, { policy: "uniform" }).log, { kind: "always", arms: ["a"] }),
    "17 sessions with such choices are worth 17.0, expected at least 30",
  );
  const unjudged = log.map((session) => ({ ...session, rewards: [] }));
  assertEquals(reasonOf(unjudged, always), "no session has a reward");
});

Deno.test("probabilities that cannot hold are noticed, and broken ones are errors", () => {
  const { log } = writeLog(400, 6, { size: 2, policy: "uniform" });
  // Each arm was possible, but one of the pairs never was: its part is missing from the weights.
  const without = log.filter(({ chosen }) => chosen.join() !== "a,c")
    .map((session) => ({ ...session, propensity: 0.5, inclusion: [0.5, 1, 0.5] }));
  assertStringIncludes(reasonOf(without, uniform), "could not have made 33.3 %");
  const told = without.map((session) => ({ ...session, inclusion: [0.6, 0.8, 0.6] }));
  assertStringIncludes(reasonOf(told, uniform), "some of these sets were not possible");
  const low = log.map((session) => ({ ...session, propensity: 0.1 }));
  assertStringIncludes(reasonOf(low, uniform), "the probabilities logged do not hold");
  for (
    const broken of [
      { propensity: 0 },
      { propensity: NaN },
      { inclusion: [0.5, 1.5, 0] },
      { rewards: [2] },
    ]
  ) {
    assertThrows(
      () => estimatePolicy([{ ...log[0], ...broken }], uniform),
      RangeError,
      "Session 0",
    );
  }
  const short = [{ ...log[0], inclusion: [1] }];
  assertThrows(() => estimatePolicy(short, uniform), RangeError, "has 1 probabilities, expected");
});

Deno.test("however small a probability of the log is, an answer is finite, or a refusal says why", () => {
  const { log } = writeLog(100, 1, { policy: "uniform" });
  for (const tiny of [Number.MIN_VALUE, 1e-200, 1e-153, 1e-30]) {
    for (const many of [1, 100]) {
      const forged = log.map((one, place) => place < many ? { ...one, propensity: tiny } : one);
      const found = estimatePolicy(forged, { kind: "always", arms: forged[0].chosen });
      assert(found.kind === "refused" && Number.isFinite(found.effective));
    }
  }
});
