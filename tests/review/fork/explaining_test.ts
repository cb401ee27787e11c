import { assert, assertMatch } from "jsr:@std/assert@^1";
import { explainFork } from "../../../review/fork/explaining.ts";
import { ForkError } from "../../../review/fork/forking.ts";
import type { Trace } from "../../../trace.ts";
import { chain } from "../../record/forging.ts";
import { fewBanking, record } from "./fork_fixture.ts";

Deno.test("of a run that was cut short, it is told how to take it up", async () => {
  const trace = await record(fewBanking);
  const steps = trace.steps.slice(0, 1);
  const rules = Object.fromEntries(
    Object.entries(trace.rules).filter(([id]) => JSON.stringify(steps).includes(id)),
  );
  const run = { ...trace.run, status: "running", finishedAt: undefined } as const;
  const cut = chain({ ...trace, steps, rules, run }) as Trace;
  const error = await explainFork(new ForkError(1), cut, { data: fewBanking });
  assert(error instanceof Error);
  assertMatch(
    error.message,
    /^The run did not come to its end: .*; replay\.ts --resume takes it up$/,
  );
});
