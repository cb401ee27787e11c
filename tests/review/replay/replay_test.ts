import { assert, assertEquals, assertMatch } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { createPatternSynthesizer } from "../../../learn/labels/synthesizer.ts";
import { votingSettings } from "../../../learn/labels/voting.ts";
import type { Exchange } from "../../../learn/chat/exchanges.ts";
import type { Dataset } from "../../../learn/data/dataset.ts";
import type { Synthesizer } from "../../../learn/synthesizer.ts";
import { abbreviate } from "../../../learn/text/digest.ts";
import { type LearnOptions, learnRules } from "../../../pipeline.ts";
import { replayRun } from "../../../review/replay.ts";
import { readTrace, type Step, type StepOf, type Trace, withTrace } from "../../../trace.ts";
import { nameStep } from "../../../review/replay/describing.ts";
import { asVersion2, chain, forge } from "../../record/forging.ts";
import {
  askingLearners,
  banking,
  bankingTest,
  createScriptedChat,
  record,
  restaurant,
} from "./replay_fixture.ts";

const { trace } = await record(banking);
const given = { data: banking };
const asked = await record(banking, askingLearners(createScriptedChat()));
const taped = { data: banking, tape: asked.tape };
/** The same, as format version 2 had it. */
const older = asVersion2(asked.trace);

const others: readonly (readonly [string, Dataset, LearnOptions])[] = [
  ["votes with a test set", banking, { test: bankingTest, seed: 3 }],
  ["a decision list", banking, { decide: "first" }],
  ["a budget of rules and a label by default", banking, {
    maxRules: 12,
    default: "majority",
    threshold: 0.5,
    margin: 2,
  }],
  ["limits, a target and no refit", banking, {
    maxIterations: 1,
    patience: Infinity,
    target: 0.99,
    tolerance: 0.01,
    minSupport: 3,
    refit: false,
  }],
  ["a small set within a loss", banking, { within: 0.01, maxRules: Infinity }],
  ["no iterations", banking, { maxIterations: 0 }],
  ["entities", restaurant, { match: "partial", overlaps: "keep" }],
];
for (const [name, dataset, options] of others) {
  Deno.test(`a run with ${name} is the same when it is computed again`, async () => {
    const { trace } = await record(dataset, options);
    const { test } = options;
    const receipt = await replayRun(trace, { data: dataset, test });
    const { length } = trace.steps;
    assertEquals([receipt.verdict, receipt.detail], ["same", ""]);
    assertEquals(receipt.steps, { same: length, of: length });
    assertEquals(receipt.digests, { recorded: trace.digest, replayed: trace.digest });
  });
}

Deno.test("a run that began with rules, and added none, is the same", async () => {
  const twice = Object.values(trace.rules).slice(0, 3);
  const rules = [...twice, twice[0]];
  for (const options of [{ rules }, { rules, incremental: true }]) {
    const { trace } = await record(banking, options);
    assertEquals((await replayRun(trace, given)).verdict, "same");
  }
});

Deno.test("a run of a language model is the same from its tape, and no model is asked", async () => {
  const chat = createScriptedChat();
  const receipt = await replayRun(asked.trace, { ...taped, chat });
  assertEquals([receipt.verdict, receipt.detail, chat.asked], ["same", "", 0]);
  assertEquals(receipt.exchanges, { answered: asked.tape.length, of: asked.tape.length });
});

Deno.test("the name and the labels of the data set do not count, only its examples", async () => {
  const data = { name: "other", examples: banking.examples };
  assertEquals((await replayRun(trace, { data })).verdict, "same");
});

const [first] = banking.examples;
const without = (place: number) => banking.examples.toSpliced(place, 1);
const held = banking.examples.findIndex(({ id }) => trace.run.split.dev.includes(id));

Deno.test("an example that is missing is the cause, by name if the record knows it", async () => {
  const data = { ...banking, examples: without(held) } as Dataset;
  const receipt = await replayRun(trace, { data });
  assertEquals([receipt.verdict, receipt.cause], ["different", "data"]);
  assertEquals(
    receipt.detail,
    `76 examples, 77 in the run; ${trace.run.split.dev[0]} is missing`,
  );
  assertEquals(receipt.steps, { same: 0, of: trace.steps.length });
});

Deno.test("one example that is new is named", async () => {
  const extra = { ...first, id: "extra" };
  const data = {
    ...banking,
    examples: banking.examples.toSpliced(70, 0, extra as never),
  } as Dataset;
  const { cause, detail } = await replayRun(trace, { data });
  assertEquals([cause, detail], ["data", "78 examples, 77 in the run; extra is new"]);
});

Deno.test("an example with another label is told by the digest", async () => {
  const examples = banking.examples.map((example, place) =>
    place === 9 ? { ...example, label: banking.labels[0] } : example
  );
  const { cause, detail } = await replayRun(trace, { data: { ...banking, examples } as Dataset });
  assertEquals(cause, "data");
  assertMatch(detail, /^as many examples, 77, but other .*\(digest sha256:/);
});

Deno.test("a test set that is missing leaves it unknown, and another one is the cause", async () => {
  const { trace } = await record(banking, { test: bankingTest });
  const missing = await replayRun(trace, given);
  assertEquals([missing.verdict, missing.cause], ["unknown", "test"]);
  assertEquals(missing.detail, "The run has a test set of 40 examples, which is not given");
  const test = { ...bankingTest, examples: bankingTest.examples.slice(1) } as Dataset;
  const other = await replayRun(trace, { ...given, test });
  assertEquals([other.verdict, other.cause], ["different", "test"]);
  assertEquals(other.detail, "39 test examples, 40 in the run");
});

Deno.test("other options are named by their paths", async () => {
  const config = {
    ...trace.run.config,
    synthesizer: { ...trace.run.config.synthesizer as object, rounds: -1 },
  };
  const changed = chain({ ...trace, run: { ...trace.run, config } });
  const receipt = await replayRun(changed, given);
  assertEquals([receipt.verdict, receipt.cause], ["different", "options"]);
  assertEquals(receipt.detail, `config.synthesizer.rounds ${votingSettings.rounds}, recorded -1`);
});

Deno.test("a learner that the package does not know leaves it unknown, unless it is given", async () => {
  const own = (): Synthesizer => ({ ...createPatternSynthesizer(), name: "own" });
  const { trace } = await record(banking, { synthesizer: own() });
  const unknown = await replayRun(trace, given);
  assertEquals([unknown.verdict, unknown.cause], ["unknown", "learner"]);
  assertEquals(unknown.detail, 'The synthesizer "own" is not one of this package');
  const known = await replayRun(trace, { ...given, learners: () => ({ synthesizer: own() }) });
  assertEquals(known.verdict, "same");
  const other = await replayRun(trace, {
    ...given,
    learners: () => ({ synthesizer: createPatternSynthesizer() }),
  });
  assertEquals([other.verdict, other.cause], ["different", "learner"]);
  assertEquals(other.detail, 'learner.synthesizer "patterns", recorded "own"');
});

Deno.test("a run that was imported leaves it unknown", async () => {
  const origin = { tool: "rulechef", version: "0.2.2" };
  const imported = chain({ ...trace, run: { ...trace.run, origin, protocol: undefined } });
  const { verdict, cause } = await replayRun(imported, given);
  assertEquals([verdict, cause], ["unknown", "learner"]);
});

Deno.test("a run that failed is the same if it fails again in the same way", async () => {
  const failing = (message: string): LearnOptions => ({
    synthesizer: {
      ...createPatternSynthesizer(),
      name: "failing",
      refit: () => {
        throw new RangeError(message);
      },
    },
  });
  const storage = await Deno.makeTempDir();
  await withTrace(learnRules, { storage })(banking, { ...failing("no"), generateId: () => "run-1" })
    .catch(() => {});
  const failed = await readTrace(join(storage, "banking.run-1.trace.json"));
  await Deno.remove(storage, { recursive: true });
  const { length } = failed.steps;
  const again = await replayRun(failed, { ...given, learners: () => failing("no") });
  assertEquals([again.verdict, again.steps.same], ["same", length]);
  const other = await replayRun(failed, { ...given, learners: () => failing("never") });
  assertEquals([other.cause, other.step], ["code", length - 1]);
  assert(other.detail.includes('error.message "never", recorded "no"'), other.detail);
});

Deno.test("a run of a language model without its tape leaves it unknown", async () => {
  const receipt = await replayRun(asked.trace, given);
  assertEquals([receipt.verdict, receipt.cause], ["unknown", "learner"]);
});

Deno.test("an exchange that the tape lacks is named", async () => {
  const place = asked.tape.length - 2;
  const receipt = await replayRun(asked.trace, { ...taped, tape: asked.tape.toSpliced(place, 1) });
  assertEquals([receipt.verdict, receipt.cause], ["different", "reply-missing"]);
  assert(receipt.detail.includes(asked.tape[place].id.slice(0, 19)), receipt.detail);
  assertEquals(receipt.exchanges, { answered: place, of: asked.tape.length });
});

for (const purpose of ["synthesis", "patch", "guide", "audit"] as const) {
  Deno.test(`a reply to a request for ${purpose} that is another one is the cause`, async () => {
    const place = asked.tape.findIndex((exchange) => exchange.purpose === purpose);
    const { response } = asked.tape[place];
    const changed = purpose === "guide"
      ? JSON.stringify({ guidance: "Look to the other label.", stop: false })
      : purpose === "audit"
      ? '{"actions":[]}'
      : response!.replace(/"patterns":\s*\["/, '"patterns": ["x?');
    const tape = asked.tape.with(place, { ...asked.tape[place], response: changed });
    const receipt = await replayRun(older, { ...taped, tape });
    assertEquals([receipt.verdict, receipt.cause], ["different", "reply-changed"]);
    assert(receipt.detail.includes("sha256:"), receipt.detail);
    await refuseReply(tape, place);
  });
}

/** Checks that a trace that proves its replies names a changed one at once. */
async function refuseReply(tape: Exchange[], place: number): Promise<void> {
  const { id } = asked.tape[place];
  const { steps } = asked.trace;
  const step = steps.findIndex((one) => "exchanges" in one && one.exchanges?.includes(id));
  const changed = `exchange ${abbreviate(id)} has another reply on the tape than the run got`;
  assertEquals(await replayRun(asked.trace, { ...taped, tape }), {
    run: { dataset: "banking", id: "run-1" },
    verdict: "different",
    cause: "reply-changed",
    step,
    detail: `${nameStep(steps[step])}: ${changed}`,
    steps: { same: 0, of: steps.length },
    digests: { recorded: asked.trace.digest },
  });
}

Deno.test("white space that was changed in a reply is named, if the trace proves it", async () => {
  const place = asked.tape.length - 1;
  const response = `${asked.tape[place].response} `;
  const tape = asked.tape.with(place, { ...asked.tape[place], response });
  await refuseReply(tape, place);
  const { verdict, digests } = await replayRun(older, { ...taped, tape });
  assertEquals([verdict, digests?.replayed], ["same", older.digest]);
});

Deno.test("a reply that cannot be read any more is named", async () => {
  const place = asked.tape.findIndex((exchange) => exchange.purpose === "synthesis") + 1;
  const tape = asked.tape.with(place, { ...asked.tape[place], response: "no" });
  const { cause, detail } = await replayRun(older, { ...taped, tape });
  assertEquals(cause, "reply-changed");
  assert(
    detail.startsWith(`the reply of exchange ${asked.tape[place].id.slice(0, 19)}… is now refused`),
    detail,
  );
});

/** A learner whose rules depend on how often it was asked. */
function shaky(choose: () => number): Synthesizer {
  const embedded = createPatternSynthesizer();
  return {
    ...embedded,
    async synthesize(...args) {
      const { added = [] } = await embedded.synthesize(...args);
      return { added: added.slice(0, added.length - choose()) };
    },
  };
}

Deno.test("a step that two replays compute alike, and not as recorded, is told with its first field", async () => {
  const { trace } = await record(banking, { synthesizer: shaky(() => 1) });
  const receipt = await replayRun(trace, given);
  assertEquals([receipt.verdict, receipt.cause, receipt.step], ["different", "code", 0]);
  assertMatch(
    receipt.detail,
    /^two replays agree: step 0 \(synthesis\): proposed \d+, recorded \d+$/,
  );
  assertEquals(receipt.digests?.recorded, trace.steps[0].digest);
  assert(receipt.digests?.replayed !== trace.steps[0].digest);
  assertEquals(receipt.steps.same, 0);
});

Deno.test("the same under another version is put down to the software", async () => {
  const { trace } = await record(banking, { synthesizer: shaky(() => 1) });
  const software = { ...trace.run.software, ruletrace: "0.0.9" };
  const { cause, detail } = await replayRun({ ...trace, run: { ...trace.run, software } }, given);
  assertEquals(cause, "software");
  assert(detail.includes('learned by ruletrace "0.0.9"'), detail);
});

Deno.test("two replays that part from each other are not deterministic", async () => {
  let calls = 0;
  const learners = () => ({ synthesizer: shaky(() => ++calls) });
  const { cause, step, detail } = await replayRun(trace, { ...given, learners });
  assertEquals([cause, step], ["nondeterminism", 0]);
  assertMatch(detail, /^two replays differ: step 0 .*; the other: step 0 /);
});

Deno.test("a record that was changed is refused with the step, without a replay", async () => {
  const steps = trace.steps.map((step, place) =>
    place === 1 ? { ...step, iteration: 9 } as Step : step
  );
  const receipt = await replayRun({ ...trace, steps }, given);
  assertEquals([receipt.verdict, receipt.cause, receipt.step], ["different", "record", 1]);
});

Deno.test("a rule that was changed with all digests is found in the step that brought it", async () => {
  const id = (trace.steps[0] as { added?: string[] }).added![2];
  const rules = { ...trace.rules, [id]: { ...trace.rules[id], weight: 9 } };
  const receipt = await replayRun(chain({ ...trace, rules }), given);
  assertEquals([receipt.cause, receipt.step, receipt.steps.same], ["code", 0, 0]);
  assertMatch(
    receipt.detail,
    /^two replays agree: step 0 \(synthesis\): rule ".*": weight [\d.]+, recorded 9$/,
  );
});

Deno.test("a step that was changed with all digests is found, with the field", async () => {
  const place = trace.steps.findIndex(({ type }) => type === "audit");
  const { actions: [{ reason, ...first }, ...others] } = trace.steps[place] as StepOf<"audit">;
  const changed = forge(place, { actions: [{ ...first, reason: `${reason}!` }, ...others] }, trace);
  const receipt = await replayRun(changed, given);
  assertEquals([receipt.cause, receipt.step, receipt.steps.same], ["code", place, place]);
  const field = `step ${place} (audit): actions[0].reason "${reason}", recorded "${reason}!"`;
  assertEquals(receipt.detail, `two replays agree: ${field}`);
});

Deno.test("a run that was aborted is the same as far as it goes, which leaves the end unknown", async () => {
  const steps = trace.steps.slice(0, 2);
  const cut = chain({
    ...trace,
    steps,
    run: { ...trace.run, status: "running", finishedAt: undefined },
  });
  const rules = Object.fromEntries(
    Object.entries(trace.rules).filter(([id]) => JSON.stringify(steps).includes(id)),
  );
  const receipt = await replayRun(chain({ ...cut, rules }) as Trace, given);
  assertEquals([receipt.verdict, receipt.cause, receipt.steps], ["unknown", "interrupted", {
    same: 2,
    of: 2,
  }]);
  assertMatch(
    receipt.detail,
    /^the record ends after step 1 \(iteration 1\): it is going on or was killed$/,
  );
});
