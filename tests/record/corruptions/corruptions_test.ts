import { assert, assertEquals, assertMatch, assertStringIncludes } from "jsr:@std/assert@^1";
import { learnRules } from "../../../pipeline.ts";
import { readTrace, type Trace, TraceError, verifyTrace, withTrace } from "../../../trace.ts";
import { createChaos } from "../../chaotic_learning.ts";
import { corrupt, type Corruption } from "./corruption.ts";
import { decisions } from "./decisions.ts";
import { facts } from "./facts.ts";
import { forms } from "./forms.ts";
import { orders } from "./order.ts";
import { chain } from "../forging.ts";
import { few } from "../../pipeline/fixture.ts";
import { asking, askingSynthesizer, base, chat, wrong } from "../asking.ts";
import { createClock } from "../generate_run.ts";

/** Runs of every kind: on labels and on spans, by votes and as decision lists. */
const traces: Trace[] = [
  await readTrace(new URL("../../../examples/banking.trace.json", import.meta.url).pathname),
];
for (let seed = 0; seed < 600; seed += 8) {
  const task = seed < 400 ? "classification" : seed % 16 === 0 ? "ner" : "extraction";
  const { dataset, options } = createChaos(seed, task);
  const now = createClock();
  const generateId = () => `run-${seed}`;
  const { trace } = await withTrace(learnRules, { now })(dataset, { ...options, now, generateId });
  traces.push(trace);
}

// Runs that ask a model: of rules that are all found, and of none, which the patches then bring.
for (const options of [{}, wrong]) {
  const coordinator = asking(chat, {
    critique: () => ({ analysis: "thin", advice: [] }),
    guide: () => ({ guidance: "go on" }),
    audit: () => [],
  });
  const synthesizer = askingSynthesizer(chat);
  const { trace } = await withTrace(learnRules)(few, {
    ...base,
    synthesizer,
    ...options,
    coordinator,
  });
  traces.push(trace);
}

/** Returns what was recorded of a run that was killed after some steps, or failed then. */
function interrupt(trace: Trace, count: number, status: "running" | "failed" = "running"): Trace {
  const steps = trace.steps.slice(0, count);
  const { at, digest } = steps[count - 1];
  const error = { name: "Error", message: "enough" };
  const failure = {
    index: count,
    type: "failure",
    at,
    took: 0,
    digest,
    stage: "x",
    error,
  } as const;
  const told = JSON.stringify(steps);
  const rules = Object.entries(trace.rules).filter(([id]) => told.includes(`"${id}"`));
  const { finishedAt, ...run } = trace.run;
  return chain({
    ...trace,
    run: { ...run, status, ...(status === "failed" && { finishedAt: finishedAt ?? at }) },
    rules: Object.fromEntries(rules),
    steps: status === "failed" ? [...steps, failure] : steps,
  });
}
traces.push(
  ...traces.filter((_, place) => place % 5 === 0).map((trace, place) => {
    const count = Math.ceil(trace.steps.length * 2 / 3);
    return interrupt(trace, count, place % 2 === 0 ? "running" : "failed");
  }),
);

const corruptions: readonly Corruption[] = [...decisions, ...orders, ...facts, ...forms];

Deno.test("the corruptions are of traces that hold, and have names of their own", () => {
  for (const trace of traces) verifyTrace(chain(trace));
  const names = corruptions.map(({ name }) => name);
  assertEquals(names.filter((name, place) => names.indexOf(name) < place), []);
  assert(names.length >= 64);
});

Deno.test("a run that was killed or failed after any step leaves a trace that holds", () => {
  for (const trace of traces) {
    for (let count = 1; count < trace.steps.length; count++) {
      verifyTrace(interrupt(trace, count));
      verifyTrace(interrupt(trace, count, "failed"));
    }
  }
});

Deno.test("a run that declares no protocol decides as it likes", () => {
  let accepted = 0;
  for (const trace of traces.filter((_, place) => place % 4 === 0)) {
    const other = { ...trace, run: { ...trace.run, protocol: undefined } };
    for (const corruption of decisions) {
      const changed = corrupt(other, corruption);
      if (changed !== undefined && holds(changed)) accepted++;
    }
  }
  assert(accepted > 110, `${accepted} accepted`);
});

for (const corruption of corruptions) {
  Deno.test(`a trace is refused with its digests made anew: ${corruption.name}`, () => {
    let found = 0;
    for (const trace of traces) {
      const changed = corrupt(trace, corruption);
      if (changed === undefined) continue;
      found++;
      const { message, step } = refusalOf(changed, trace.run.id);
      const { refusal } = corruption;
      if (typeof refusal === "string") assertStringIncludes(message, refusal);
      else assertMatch(message, refusal);
      assert(/^(the run|rule r\w+) /.test(message) || message.startsWith(`step ${step} `), message);
    }
    assert(found > 0, "no trace has what it changes");
  });
}

function holds(trace: Trace): boolean {
  try {
    verifyTrace(trace);
    return true;
  } catch (error) {
    if (error instanceof TraceError) return false;
    throw error;
  }
}

function refusalOf(trace: Trace, run: string): TraceError {
  try {
    verifyTrace(trace);
  } catch (error) {
    if (error instanceof TraceError) return error;
    throw error;
  }
  throw new Error(`the changed trace of ${run} was accepted`);
}
