import { assert, assertEquals, assertRejects } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import {
  chooseArms,
  creditsOf,
  type ExperimentOptions,
  foldExperiment,
  openExperiment,
  type SessionStart,
} from "../../../review/experiment.ts";
import type { ExperimentEvent } from "../../../review/experiment/format.ts";

async function inLog(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(join(folder, "log.jsonl"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A clock that goes by seconds, and ids that count. */
function createSource(): ExperimentOptions {
  let [seconds, ids] = [0, 0];
  return {
    now: () => new Date(Date.UTC(2026, 0, 5, 9) + 1_000 * seconds++),
    generateId: () => `${ids++}`,
  };
}

async function readEvents(path: string): Promise<ExperimentEvent[]> {
  const lines = (await Deno.readTextFile(path)).trimEnd().split("\n").slice(1);
  return lines.map((line) => JSON.parse(line) as ExperimentEvent);
}

const arms = ["plan", "tests", "style", "__proto__"];

/** Logs some sessions, two of them at once. */
async function logSome(path: string): Promise<void> {
  const experiment = openExperiment(path, createSource());
  for (const context of ["sql", "tone", "sql"]) {
    const options = { arms, context, size: 2, boosted: ["tests"], explore: 0.2 };
    const { session } = await experiment.start(options);
    const other = await experiment.start({ arms, size: 0, policy: "uniform", rules: ["r1"] });
    await experiment.mistake({ session, description: "no index", item: "q1" });
    await experiment.reward({ session, outcome: "revision", distance: 0.5, item: "q1" });
    await experiment.reward({ session: other.session, outcome: "accepted", credit: "all" });
    await experiment.end({ session: other.session, rules: ["r2"] });
    await experiment.reward({ outcome: "accepted", arms: ["tests"], source: "me", notes: "good" });
    await experiment.end();
  }
}

Deno.test("the same clock, ids and seeds give the same bytes, and each choice can be made again from the lines before", () =>
  inLog(async (path) => {
    await logSome(path);
    const text = await Deno.readTextFile(path);
    await Deno.remove(path);
    await logSome(path);
    assertEquals(await Deno.readTextFile(path), text);
    const events = await readEvents(path);
    const starts = events.flatMap((event, place) =>
      event.type === "start" ? [[event, place] as const] : []
    );
    assertEquals(starts.map(([{ seed }]) => seed), [0, 1, 2, 3, 4, 5]);
    for (const [event, place] of starts) {
      const { chosen, propensity, inclusion, context, boosted, seed, policy, explore } = event;
      const credits = creditsOf(foldExperiment(events.slice(0, place)));
      if (chosen.length === 0) {
        assertEquals([propensity, inclusion], [1, [0, 0, 0, 0]]);
        continue;
      }
      const options = { arms, context, size: 2, credits, boosted, seed, policy, explore };
      assertEquals(chooseArms(options), { chosen, propensity, inclusion });
    }
  }));

Deno.test("a session is named, unless exactly one is open; one that has ended takes what comes late", () =>
  inLog(async (path) => {
    const experiment = openExperiment(path, createSource());
    const { session } = await experiment.start({ arms });
    assertEquals((await experiment.mistake({ description: "one" })).session, session);
    assertEquals((await experiment.mistake({ description: "one" })).class, "general");
    const other = await experiment.start({ arms });
    const problem = `2 sessions are open, so name one: ${session}, ${other.session}`;
    await assertRejects(() => experiment.end(), RangeError, problem);
    await experiment.end({ session, notes: "done" });
    await experiment.end();
    const none = "no session is open: begin one, or name one that has ended";
    await assertRejects(() => experiment.reward({ outcome: "accepted" }), RangeError, none);
    await assertRejects(() => experiment.end({ session }), RangeError, "has ended already");
    await experiment.reward({ session, outcome: "rejected" });
    const { sessions } = await experiment.read();
    assertEquals(sessions.map(({ end, rewards }) => [end?.event.notes, rewards.length]), [
      ["done", 1],
      [undefined, 0],
    ]);
  }));

Deno.test("what does not fit is not logged, and what follows is", () =>
  inLog(async (path) => {
    const experiment = openExperiment(path, createSource());
    const { session, chosen } = await experiment.start({ arms, size: 1 });
    const before = await Deno.readTextFile(path);
    const [shown] = chosen;
    const description = "x";
    const cases: readonly (readonly [() => Promise<unknown>, string])[] = [
      [() => experiment.start({ arms: ["a", "a"] }), "twice"],
      [() => experiment.start({ arms, boosted: ["plam"] }), '"plam" is not among the arms'],
      [() => experiment.start({ arms: ["a\nb"] }), "without control characters"],
      [() => experiment.start({ arms, size: -1 }), "The size is -1"],
      [() => experiment.start({ arms, seed: 0.5 }), "field seed"],
      [() => experiment.mistake({ description: "" }), "field description: expected some words"],
      [() => experiment.mistake({ description: "x".repeat(1e6) }), "field description: Too big"],
      [() => experiment.mistake({ description, class: "x".repeat(201) }), "field class: Too big"],
      [() => experiment.mistake({ description, repeats: session }), "there is no mistake"],
      [
        () => experiment.mistake({ description, corrected: shown, arms: [shown] }),
        "is both blamed",
      ],
      [() => experiment.reward({ outcome: "revision" }), "a revision needs its distance"],
      [() => experiment.reward({ outcome: "revision", distance: NaN }), "field distance"],
      [
        () => experiment.reward({ outcome: "accepted", credit: "all", arms }),
        "only named if they fired",
      ],
      [() => experiment.reward({ outcome: "accepted", arms: ["none"] }), '"none" is not among'],
      [() => experiment.reward({ outcome: "accepted", session: "s-9" }), 'no session "s-9"'],
    ];
    for (const [log, problem] of cases) await assertRejects(log, Error, problem);
    assertEquals(await Deno.readTextFile(path), before);
    const { id } = await experiment.mistake({ description });
    const naming = { outcome: "accepted", mistake: id, item: "i" } as const;
    await assertRejects(() => experiment.reward(naming), RangeError, "a mistake or an item, not");
    await experiment.start({ arms });
    const elsewhere = { outcome: "accepted", mistake: id, session: "s-9" } as const;
    await assertRejects(() => experiment.reward(elsewhere), RangeError, 'no session "s-9"');
    const last = (await readEvents(path)).at(-1) as SessionStart;
    const stray = { ...elsewhere, session: last.session };
    await assertRejects(() => experiment.reward(stray), RangeError, `is of the session ${session}`);
  }));

Deno.test("an id that is taken is not given again, and a clock without a year is refused", () =>
  inLog(async (path) => {
    const ids = ["1", "1", "1", "2"];
    const experiment = openExperiment(path, { generateId: () => ids.shift() ?? "2" });
    assertEquals((await experiment.start({ arms })).session, "s-1");
    assertEquals((await experiment.start({ arms })).session, "s-2");
    await assertRejects(() => experiment.start({ arms }), RangeError, "100 ids in a row are taken");
    const timeless = openExperiment(path, { now: () => new Date(NaN) });
    await assertRejects(() => timeless.end({ session: "s-1" }), RangeError, "no time");
  }));

Deno.test("events that are logged at once by one process and two handles are all there, once", () =>
  inLog(async (path) => {
    const handles = [openExperiment(path), openExperiment(path)];
    const { session } = await handles[0].start({ arms, size: 1 });
    const logged = await Promise.all(
      Array.from(
        { length: 40 },
        (_, place) => handles[place % 2].mistake({ session, description: `mistake ${place}` }),
      ),
    );
    const { sessions: [{ mistakes }] } = await handles[1].read();
    assertEquals(
      new Set(mistakes.map(({ event }) => event.id)),
      new Set(logged.map(({ id }) => id)),
    );
    assertEquals(mistakes.length, 40);
    // A log that was begun anew is read anew.
    await Deno.remove(path);
    await assertRejects(() => handles[0].end({ session }), Error, "there is no such file");
    assert((await handles[0].start({ arms })).seed === 0);
  }));
