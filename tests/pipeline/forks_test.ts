import { assert, assertEquals } from "jsr:@std/assert@^1";
import type { VerdictChange } from "../../record/parent.ts";
import { learnRules } from "../../pipeline.ts";
import { parseTrace, renderTrace, type Step, type Trace, withTrace } from "../../trace.ts";
import { createChaos } from "../chaotic_learning.ts";

const RUNS = 48;
const TASKS = ["classification", "ner", "extraction"] as const;

/** Makes a random run once more, told a verdict if one is given. */
async function learn(seed: number, change?: VerdictChange): Promise<Trace> {
  const { dataset, test, options } = createChaos(seed, TASKS[seed % TASKS.length]);
  const parent = change && { digest: `sha256:${"0".repeat(64)}`, change: [change] };
  const { trace } = await withTrace(learnRules)(dataset, { ...options, test, parent });
  return trace;
}

/** The other verdict of a step; nothing if there is nothing to decide. */
function findOther(step: Step): VerdictChange["to"] | undefined {
  if (step.type === "prune" || step.type === "refit") return "skipped";
  const others = { accepted: "rejected", rejected: "accepted", kept: "reverted", reverted: "kept" };
  const to = "verdict" in step ? others[step.verdict as keyof typeof others] : undefined;
  return to as VerdictChange["to"];
}

Deno.test("a random run that is told any other verdict is the same up to it, and verifies", async () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < RUNS; seed++) {
    const free = await learn(seed);
    for (const step of free.steps) {
      const to = findOther(step);
      // One step of each run, but each kind of decision often.
      if (to === undefined || (seen.get(to) ?? 0) > seed / 6) continue;
      seen.set(to, (seen.get(to) ?? 0) + 1);
      const told = await learn(seed, { kind: "verdict", step: step.index, to });
      assertEquals(parseTrace(renderTrace(told)), told);
      const bodies = [free, told].map(({ steps }) =>
        steps.slice(0, step.index).map(({ at: _, took: __, digest: ___, ...body }) => body)
      );
      assertEquals(bodies[1], bodies[0]);
      const there = { verdict: undefined, forced: undefined, ...told.steps[step.index] };
      if (to === "skipped") assert(there.type !== step.type, `seed ${seed}`);
      else assertEquals([there.verdict, there.forced], [to, true]);
      break;
    }
  }
  for (const to of ["accepted", "rejected", "kept", "reverted", "skipped"]) {
    assert((seen.get(to) ?? 0) > 2, `${to}: ${seen.get(to)}`);
  }
});
