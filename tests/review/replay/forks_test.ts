import { assertEquals } from "jsr:@std/assert@^1";
import { labelsOf } from "../../../learn/data/examples.ts";
import { forkRun } from "../../../review/fork.ts";
import type { ChangeRequest } from "../../../review/fork/changes.ts";
import { replayRun } from "../../../review/replay.ts";
import { verifyTrace } from "../../../trace.ts";
import { banking, record } from "./replay_fixture.ts";

const { trace } = await record(banking);
const given = { data: banking };
const [first] = trace.steps.filter((step) => step.type === "iteration");
const [dropped, relabelled] = banking.examples.map(({ id }) => id);
const label = banking.labels.find((label) => !labelsOf(banking.examples[1]).includes(label))!;

const requests: Readonly<Record<string, ChangeRequest>> = {
  "a verdict": {
    kind: "verdict",
    step: first.index,
    to: first.verdict === "accepted" ? "rejected" : "accepted",
  },
  "a rule left out": { kind: "without", rules: [Object.keys(trace.rules)[0]] },
  "another seed": { kind: "option", name: "seed", value: 5 },
  "other examples": {
    kind: "examples",
    dropped: [dropped],
    relabelled: [{ id: relabelled, label }],
  },
};
for (const [name, request] of Object.entries(requests)) {
  Deno.test(`a run that was made from another by ${name} is the same from the data of that one`, async () => {
    const fork = await forkRun(trace, [request], given);
    verifyTrace(fork.trace);
    const receipt = await replayRun(fork.trace, given);
    const { length } = fork.trace.steps;
    assertEquals([receipt.verdict, receipt.detail, receipt.steps.same], ["same", "", length]);
  });
}

Deno.test("data without the examples that were changed are the cause", async () => {
  const fork = await forkRun(trace, [requests["other examples"]], given);
  const data = { ...banking, examples: banking.examples.slice(1) } as typeof banking;
  const { cause, detail } = await replayRun(fork.trace, { data });
  assertEquals([cause, detail], ["data", `The data have no example "${dropped}"`]);
});
