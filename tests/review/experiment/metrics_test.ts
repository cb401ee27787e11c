import { assertEquals, assertMatch } from "jsr:@std/assert@^1";
import {
  creditsOf,
  foldExperiment,
  formatExperiment,
  measureSession,
  posteriorsOf,
  reportExperiment,
} from "../../../review/experiment.ts";
import { end, mistake, reward, start } from "./events.ts";

const session = "s-2";
const events = [
  start({ notes: "first", boosted: ["c"] }),
  start({ session, context: "tone", policy: "uniform", rules: ["r1", "r2", "r3"] }),
  mistake("m1", { description: "the index on orders was forgotten" }),
  mistake("m2", { session, description: "The index on orders  was forgotten" }),
  mistake("m4", { class: "other", item: "i" }),
  ...Array.from({ length: 8 }, (_, place) => reward(`r${place}`)),
  reward("r8", { outcome: "rejected", item: "i" }),
  end({ at: "2026-01-05T10:30:00.000Z", notes: "last", entry: "notes/1.md" }),
  end({ session, at: "2026-01-05T08:59:59.000Z", rules: ["r4", "r1", "r3", "__proto__"] }),
];

Deno.test("a session is measured by what is recorded: repeats over sessions, rules as sets, times if they hold", () => {
  const state = foldExperiment(events);
  const one = measureSession(state, "s-1")!;
  assertEquals([one.mistakes, one.repeats, one.repeatRate], [2, 0, 0]);
  assertEquals(one.outcomes, { accepted: 8, revision: 0, rejected: 1, mistakes: 1 });
  assertEquals([one.replaced, one.milliseconds, one.rules], [1, 5_400_000, undefined]);
  assertEquals([one.notes, one.entry, one.arms], ["first\nlast", "notes/1.md", 3]);
  // As of 8 right and 2 wrong cases.
  const { mean, low, high } = one.reward!;
  assertEquals([mean, low.toFixed(10), high.toFixed(10)], [0.8, "0.4822441476", "0.9397822658"]);
  const other = measureSession(state, session)!;
  assertEquals([other.mistakes, other.repeats, other.repeatRate], [1, 1, 1]);
  // The same number of rules at both ends is not the same rules; the clock went back.
  assertEquals(other.rules, { added: ["__proto__", "r4"], removed: ["r2"] });
  assertEquals([other.endedAt, other.milliseconds], ["2026-01-05T08:59:59.000Z", undefined]);
  assertEquals([other.reward?.mean, other.reward?.low, other.reward?.high.toFixed(4)], [
    ...[0, 0, "0.8419"],
  ]);
  assertEquals(measureSession(state, "s-9"), undefined);
});

Deno.test("a report has all sessions in sum, contexts, classes of mistakes, and each arm where it could be chosen", () => {
  const { totals, contexts, classes, arms, sessions } = reportExperiment(foldExperiment(events));
  assertEquals([totals.sessions, totals.open, totals.mistakes, totals.repeats], [2, 0, 3, 1]);
  // From the arms at the first start to the rules at the last end.
  assertEquals(totals.rules?.removed, ["a", "b", "c"]);
  assertEquals(contexts.map(({ context, sessions, repeats }) => [context, sessions, repeats]), [
    ["sql", 1, 0],
    ["tone", 1, 1],
  ]);
  assertEquals(classes.map((one) => [one.class, one.mistakes, one.repeats]), [
    ["sql", 2, 1],
    ["other", 1, 0],
  ]);
  const [{ id, repeats }] = classes[0].repeated;
  assertEquals([id, repeats], ["m1", 1]);
  assertEquals(arms.map(({ context, arm, trials }) => [context, arm, trials]), [
    ...[["sql", "a", 10], ["sql", "b", 0], ["sql", "c", 0]],
    ...[["tone", "a", 1], ["tone", "b", 0], ["tone", "c", 0]],
  ]);
  const options = { arms: ["a", "b", "c"], contexts: ["sql", "tone"], boosted: ["c"] };
  assertEquals(arms, posteriorsOf(creditsOf(foldExperiment(events)), options));
  assertEquals(sessions.map(({ policy }) => policy), ["thompson", "uniform"]);
});

Deno.test("a report is text that fits its width, cut where tables are long, and nothing in it acts on a terminal", () => {
  const hostile = [
    ...events,
    mistake("m5", { description: "\u001b[2J\u202e", class: "sql" }),
    mistake("m6", { description: "\u001b[2J\u202e", class: "sql" }),
  ];
  const report = reportExperiment(foldExperiment(hostile));
  for (const width of [40, 80, 200]) {
    const text = formatExperiment(report, 1, { width });
    // An arm has a row in each context.
    assertMatch(text, /^arm +context /m);
    assertEquals(text.split("\n").filter((line) => [...line].length > width), []);
    // deno-lint-ignore no-control-regex -- this is what must not be there
    assertEquals(/[\u001b\u202e]/.test(text), false);
    assertEquals(text.match(/^\+ \d more/gm), ["+ 1 more", "+ 1 more", "+ 5 more", "+ 1 more"]);
  }
  assertEquals(
    formatExperiment(report).split("\n").slice(0, 6).join("\n"),
    `2 sessions
  mistakes 5, 2 repeats (40.0 %)
  reward   0.62 (95 %: 0.35 to 0.82) over 8 accepted, 1 rejected, 4 mistakes; 1
           replaced by a later reward
  rules    4 added: __proto__, r1, r3 + 1 more; 3 removed: a, b, c
`,
  );
  assertEquals(formatExperiment(reportExperiment(foldExperiment([]))), "no sessions\n");
});
