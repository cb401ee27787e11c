import { assert, assertEquals } from "jsr:@std/assert@^1";
import { learnRules } from "../../../pipeline.ts";
import { type Trace, verifyTrace, withTrace } from "../../../trace.ts";
import { many, propose, stub } from "../../pipeline/fixture.ts";
import { chain, forge, refuse } from "../forging.ts";

/** Learns three rules that miss one example of 30, and then one more for it. */
async function learn(within?: number): Promise<Trace> {
  const some = [propose("card"), propose("fee"), propose("rate", "rate [^j]")];
  const { trace } = await withTrace(learnRules)(many, {
    within,
    holdout: 0,
    synthesizer: stub({ added: some }, { added: [propose("rate", "rate j")] }),
    maxIterations: 1,
    refit: false,
  });
  return trace;
}

const [exact, near, far] = await Promise.all([learn(), learn(0.01), learn(0.05)]);
const patch = far.steps.findIndex(({ type }) => type === "iteration");
const restore = far.steps.findIndex(({ type }) => type === "restore");

Deno.test("a run returns to the smallest rules whose loss is within what it may be, and verifies", () => {
  for (const trace of [exact, near, far]) verifyTrace(trace);
  assertEquals([exact, near, far].map(({ run }) => run.config.within ?? null), [null, 0.01, 0.05]);
  const sizes = [exact, near, far].map(({ steps }) => {
    const final = steps.at(-1)!;
    assert(final.type === "final");
    return final.rules.length;
  });
  assertEquals(sizes, [4, 4, 3]);
  const [step, back] = [far.steps[patch], far.steps[restore]];
  assert(step.type === "iteration" && back.type === "restore");
  assertEquals([step.verdict, step.best, back.to], ["accepted", false, 0]);
});

Deno.test("what a run says of its best rules has to be so by how small a set it looked for", () => {
  refuse(forge(patch, { best: true }, far), "says best true, expected false", patch);
  const at = near.steps.findIndex(({ type }) => type === "iteration");
  refuse(forge(at, { best: false }, near), "says best false, expected true", at);
  for (const { run: { config } } of [exact, near]) {
    const run = { ...far.run, config };
    refuse(chain({ ...far, run }), "says best false, expected true", patch);
  }
  const wide = { ...near.run, config: { ...near.run.config, within: 2 } };
  refuse(chain({ ...near, run: wide }), "the run has config");
});

Deno.test("a return to other rules than the best, and one that was left out, are refused", () => {
  const { steps } = far;
  const left = steps.toSpliced(restore, 1).map((step, index) => ({ ...step, index }));
  const message = "expected a return to the rules of step 0, the best";
  refuse(chain({ ...far, steps: left }), message, restore);
  refuse(forge(restore, { to: patch }, far), `step ${patch}`, restore);
});
