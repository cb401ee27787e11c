import { assert, assertEquals } from "jsr:@std/assert@^1";
import { chain, refuse } from "../forging.ts";
import { learnRules } from "../../../pipeline.ts";
import type { Change } from "../../../record/parent.ts";
import { type Step, type StepOf, type Trace, verifyTrace, withTrace } from "../../../trace.ts";
import { many, propose, silent, stub } from "../../pipeline/fixture.ts";

const digest = `sha256:${"0".repeat(64)}`;
const change = (one: Change) => ({ digest, change: [one] });

/** A run that was told to reject a patch that it would have accepted, and to revert an audit. */
const [accepted, kept] = await Promise.all([
  fork({ kind: "verdict", step: 1, to: "rejected" }),
  fork({ kind: "verdict", step: 2, to: "reverted" }),
]);

async function fork(one?: Change): Promise<Trace> {
  const words = ["a", "b", "c", "d"];
  const [card, fee, rate] = ["card", "fee", "rate"].map((label) => propose(label));
  const { trace } = await withTrace(learnRules)(many, {
    synthesizer: stub({ added: [card, ...words.map((word) => propose("card", `card ${word}`))] }, {
      added: [fee],
    }, { added: [rate] }),
    coordinator: {
      ...silent(),
      audit: ({ rules }) => {
        const extra = rules.find(({ name }) => name === "card/card a");
        return extra && [{ kind: "remove", from: [extra.id], reason: "not needed" }];
      },
    },
    refit: false,
    parent: one && change(one),
  });
  return trace;
}

const edit = (trace: Trace, place: number, changed: object) =>
  chain({
    ...trace,
    steps: trace.steps.map((step, at) => at === place ? { ...step, ...changed } as Step : step),
  });
const withParent = (trace: Trace, parent: Trace["run"]["parent"]) =>
  chain({ ...trace, run: { ...trace.run, parent } });

Deno.test("a run that was told its verdicts verifies, with the marks of what it was told", () => {
  verifyTrace(chain(accepted));
  verifyTrace(chain(kept));
  const patch = accepted.steps[1] as StepOf<"iteration">;
  const audit = kept.steps[2] as StepOf<"audit">;
  assertEquals([patch.verdict, patch.forced, patch.clause], ["rejected", true, undefined]);
  assertEquals([audit.verdict, audit.forced], ["reverted", true]);
  assert(patch.after.f1! > patch.before.f1!);
});

Deno.test("a forced verdict without a parent that says so does not hold", () => {
  refuse(
    withParent(accepted, undefined),
    "is forced to be rejected, but the run was not told so",
    1,
  );
  const other = change({ kind: "verdict", step: 3, to: "rejected" });
  refuse(withParent(accepted, other), "is forced to be rejected, but the run was not told so", 1);
  const opposite = change({ kind: "verdict", step: 1, to: "accepted" });
  refuse(
    withParent(accepted, opposite),
    "is forced to be rejected, but the run was not told so",
    1,
  );
});

Deno.test("a verdict that the run was told and that is not marked does not hold", () => {
  const bare = { ...accepted.steps[1], forced: undefined };
  refuse(edit(accepted, 1, bare), "is not forced to be rejected, as the run was told", 1);
});

Deno.test("a forced verdict that the scores give anyway does not hold", async () => {
  const trace = await fork();
  const place = trace.steps.findIndex((step) => step.type === "iteration");
  const parent = change({ kind: "verdict", step: place, to: "accepted" });
  const forced = edit(trace, place, { forced: true, clause: undefined });
  const message = "is forced to be accepted, which it is by its scores";
  refuse(withParent(forced, parent), message, place);
});

Deno.test("a forced verdict has no clause", () => {
  const forced = edit(accepted, 1, { clause: "f1" });
  refuse(forced, "has the verdict rejected, but a clause", 1);
});

Deno.test("a run holds no rule that it was told to do without", () => {
  const [rule] = Object.keys(accepted.rules);
  const parent = change({ kind: "without", rules: [rule] });
  refuse(withParent(kept, parent), `proposes the rule ${rule}, which the run is to do without`, 0);
});

Deno.test("only a run that was told to do without rules refuses some as withheld", async () => {
  const trace = await fork();
  const refused = [{ name: "card", code: "withheld", detail: "the run is to do without it" }];
  const [first] = trace.steps;
  assert(first.type === "synthesis");
  const edited = edit(trace, 0, { refused, proposed: first.proposed + 1 });
  refuse(edited, "withholds a rule, but the run was not told to", 0);
});
