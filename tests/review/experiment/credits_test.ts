import { assertEquals } from "jsr:@std/assert@^1";
import { choicesOf, creditsOf, foldExperiment, judgeWork } from "../../../review/experiment.ts";
import type {
  ExperimentEvent,
  MistakeEvent,
  RewardEvent,
} from "../../../review/experiment/format.ts";
import { end, mistake, reward, start } from "./events.ts";

/** What counts of `s-1`: the id and the value. */
function countedOf(...events: readonly (MistakeEvent | RewardEvent)[]) {
  const { sessions: [session] } = foldExperiment([start(), ...events]);
  return judgeWork(session).map(({ event, value }) => [event.id, value] as const);
}

Deno.test("a mistake and its reward count once, whichever way they are told to belong together", () => {
  const revision = { outcome: "revision", distance: 0.25 } as const;
  assertEquals(countedOf(mistake("m1")), [["m1", 0]]);
  assertEquals(countedOf(mistake("m1"), reward("r1", { ...revision, mistake: "m1" })), [[
    "r1",
    0.75,
  ]]);
  assertEquals(countedOf(mistake("m1", { item: "i" }), reward("r1", { item: "i" })), [["r1", 1]]);
  // The reward may come first, and the mistake be found later.
  assertEquals(countedOf(reward("r1", { item: "i" }), mistake("m1", { item: "i" })), [["r1", 1]]);
  // A mistake that is named has the item of the mistake.
  const named = reward("r1", { mistake: "m1" });
  const later = reward("r2", { outcome: "rejected", item: "i" });
  assertEquals(countedOf(mistake("m1", { item: "i" }), named, later), [["r2", 0]]);
  assertEquals(countedOf(mistake("m1"), named, reward("r2", { mistake: "m1" })), [["r2", 1]]);
  assertEquals(countedOf(mistake("m1", { item: "i" }), mistake("m2", { item: "i" })), [["m2", 0]]);
  // A rejection is of the last mistake that nothing was said of yet, if there is one.
  const rejected = (id: string) => reward(id, { outcome: "rejected" });
  const told = (...events: readonly (MistakeEvent | RewardEvent)[]) =>
    countedOf(...events).map(([id]) => id).join(" ");
  assertEquals(told(mistake("m1"), rejected("r1"), rejected("r2")), "r1 r2");
  assertEquals(told(mistake("m1"), mistake("m2"), rejected("r1")), "m1 r1");
  assertEquals(told(mistake("m1"), reward("r1", { mistake: "m1" }), rejected("r2")), "r1 r2");
  assertEquals(told(rejected("r1"), mistake("m1")), "r1 m1");
  assertEquals(told(mistake("m1", { item: "i" }), rejected("r1")), "m1 r1");
  // What does not say that it belongs together does not.
  const apart = countedOf(mistake("m1"), mistake("m2", { item: "j" }), reward("r1"), reward("r2"));
  assertEquals(apart.map(([id]) => id), ["m1", "m2", "r1", "r2"]);
  const others = countedOf(mistake("m1", { item: "mistake m2" }), mistake("m2"));
  assertEquals(others.length, 2);
});

Deno.test("the same item is another piece of work in another session", () => {
  const session = "s-2";
  const events = [
    start(),
    start({ session }),
    mistake("m1", { item: "i" }),
    reward("r1", { session, item: "i" }),
  ];
  assertEquals(creditsOf(foldExperiment(events)).map(({ reward }) => reward), [0, 1]);
});

Deno.test("credit goes to the arms that are declared, as whole cases, or in parts to all", () => {
  const credit = (...events: readonly ExperimentEvent[]) =>
    creditsOf(foldExperiment([start({ chosen: ["a", "b"] }), ...events]))
      .map(({ arm, reward, weight }) => [arm, reward, weight]);
  assertEquals(credit(reward("r1")), [["a", 1, 1], ["b", 1, 1]]);
  assertEquals(credit(reward("r1", { credit: "fired", arms: ["c"] })), [["c", 1, 1]]);
  const third = 1 / 3;
  assertEquals(credit(reward("r1", { credit: "all", outcome: "rejected" })), [
    ...[["a", 0, third], ["b", 0, third], ["c", 0, third]],
  ]);
  // The arm that put it right is not blamed, nor in the reward that comes in its place.
  assertEquals(credit(mistake("m1", { corrected: "b" })), [["a", 0, 1]]);
  const corrected = [mistake("m1", { corrected: "b" }), reward("r1", { mistake: "m1" })];
  assertEquals(credit(...corrected), [["a", 1, 1]]);
  const firing = reward("r1", { mistake: "m1", credit: "fired", arms: ["b"] });
  assertEquals(credit(corrected[0], firing), [["b", 1, 1]]);
  assertEquals(credit(end()), []);
});

Deno.test("credits come in the order of the log, and a choice knows those before it", () => {
  const session = "s-2";
  const events = [
    start(),
    mistake("m1", { item: "i" }),
    reward("r1"),
    start({ session, context: "tone", chosen: ["b", "c"], boosted: ["c"] }),
    reward("r2", { session }),
    reward("r3", { item: "i" }),
    start({ session: "s-3", chosen: [], propensity: 1 }),
  ];
  const state = foldExperiment(events);
  assertEquals(
    creditsOf(state).map(({ context, arm }) => `${context} ${arm}`),
    ["sql a", "tone b", "tone c", "sql a"],
  );
  // What a reward replaced later was not known otherwise when arms were chosen.
  assertEquals(choicesOf(state).map(({ creditsBefore }) => creditsBefore), [0, 1, 4]);
  assertEquals(choicesOf(state).map(({ rewards }) => rewards), [[1, 1], [1], []]);
  assertEquals(choicesOf(state)[1].boosted, ["c"]);
});
