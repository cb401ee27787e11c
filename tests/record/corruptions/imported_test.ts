// deno-lint-ignore-file no-explicit-any -- what is changed is a trace that no longer holds
/**
 * Changes of an imported run: it may leave much unknown, but not contradict itself.
 *
 * @module
 */
import { assert, assertThrows } from "jsr:@std/assert@^1";
import { TraceError, verifyTrace } from "../../../trace.ts";
import {
  auditLine,
  decisionLine,
  patchLine,
  resetClock,
  synthesisLine,
} from "../../rulechef/log/fixture.ts";
import { importOne } from "../../rulechef/log/importing.ts";
import { chain } from "../forging.ts";
import { corrupt, type Corruption, type Draft, inStep } from "./corruption.ts";

const [card, rate, late, fee] = ["card", "rate", "late", "fee"].map((name, place) => ({
  id: `id-${place}`,
  name: `${name}_any`,
  content: `\\b${name}\\b`,
  label: place === 1 ? "rate" : "card",
}));
resetClock();
const { trace } = await importOne([
  synthesisLine("card", [card]),
  synthesisLine("rate", [rate]),
  patchLine([card, rate], [late], { failures: [{ text: "it is late", label: "card" }] }),
  decisionLine(1, true, [late], [0.5, 0.5, 0.75, 0.75]),
  patchLine([card, rate, late], [fee], { failures: [{ text: "a fee", label: "card" }] }),
  decisionLine(2, false, [fee], [0.75, 0.75, 0.5, 0.5]),
  auditLine([card, rate, late], [{ action: "remove", rule_ids: ["id-2"], reason: "no hit" }]),
]);

const isAccepted = ({ verdict }: any) => verdict === "accepted";
const always = () => true;
const inTrace = (name: string, refusal: string, apply: (draft: Draft) => unknown): Corruption => ({
  name,
  refusal,
  apply,
});

const corruptions: readonly Corruption[] = [
  inTrace("no origin", "was not imported", ({ run }) => void delete run.origin),
  inTrace("a declared protocol", "config: field", ({ run }) => void (run.protocol = "ruletrace-1")),
  inTrace(
    "a rule of another pattern",
    "does not fit its id",
    ({ rules }) => void (Object.values(rules)[0].patterns = ["x"]),
  ),
  inTrace("a rule of no step", "is defined, but no step mentions it", (draft) => {
    draft.steps = draft.steps.slice(0, 1);
    draft.run.status = "unknown";
  }),
  inTrace("a step less", "synthesis", ({ steps }) => void steps.shift()),
  inTrace(
    "a second synthesis",
    "begins with its one synthesis",
    ({ steps }) => void steps.push(steps[0]),
  ),
  inStep(
    "synthesis",
    "a rule less than proposed",
    "but added and refused",
    always,
    (step) => void step.proposed++,
  ),
  inStep("synthesis", "a rule twice", "which is in the set already", always, (step) => {
    step.added.push(step.added[0]);
    step.proposed++;
  }),
  inStep(
    "iteration",
    "an iteration before its turn",
    "after iteration 1",
    (step) => step.iteration === 2,
    (step) => void (step.iteration = 1),
  ),
  inStep(
    "iteration",
    "accepted by a clause that fell",
    "which did not rise",
    isAccepted,
    (step) => void Object.assign(step, { clause: "f1", after: { ...step.after, f1: 0.1 } }),
  ),
  inStep(
    "iteration",
    "empty with a rule",
    "but its patch changes rules",
    isAccepted,
    (step) => void (step.verdict = "empty"),
  ),
  inStep(
    "iteration",
    "other scores before",
    "begins with other scores",
    (step) => step.iteration === 2,
    (step) => void (step.before = { ...step.before, f1: 0.1 }),
  ),
  inStep(
    "iteration",
    "a cluster of more than all",
    "in its clusters",
    ({ failures }) => failures.clusters.length > 0,
    ({ failures }) => void (failures.clusters[0].count = 1e6),
  ),
  inStep(
    "iteration",
    "more repaired than asked",
    "repaired replies",
    always,
    (step) => void (step.repaired = 1),
  ),
  inStep(
    "iteration",
    "a removed stranger",
    "which no earlier step added",
    always,
    (step, draft) => draft.steps.length > 0 && void step.patch.removed.push("r000000000000"),
  ),
];

Deno.test("the imported run that is changed holds", () => {
  verifyTrace(chain(trace));
  assert(trace.steps.length >= 4, trace.steps.map(({ type }) => type).join());
});

for (const corruption of corruptions) {
  Deno.test(`an imported trace is refused with its digests made anew: ${corruption.name}`, () => {
    const changed = corrupt(trace, corruption);
    assert(changed !== undefined, "the trace does not have what it changes");
    assertThrows(() => verifyTrace(changed), TraceError, corruption.refusal as string);
  });
}
