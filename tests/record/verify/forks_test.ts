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

Deno.test("a run that ends before a step that it was told does not hold", async () => {
  const last = accepted.steps.length - 1;
  const told = accepted.run.parent!.change!;
  for (const to of ["accepted", "skipped"] as const) {
    const parent = { digest, change: [...told, { kind: "verdict", step: last + 1, to } as const] };
    refuse(withParent(accepted, parent), `its parent and changes name step ${last + 1}`, last);
  }
  const trace = await fork();
  const shared = { digest, step: trace.steps.length, change: [{ kind: "rebase" }] as const };
  refuse(withParent(trace, shared), "its parent and changes name step", trace.steps.length - 1);
});

Deno.test("what is said of a parent does not contradict itself", () => {
  const [told] = accepted.run.parent!.change!;
  const parent = (one: Change, step?: number) => ({ digest, step, change: [told, one] });
  const other = { kind: "verdict", step: 1, to: "accepted" } as const;
  refuse(
    withParent(accepted, parent(other)),
    "the run was told that step 1 is rejected, and once more that it is accepted",
  );
  refuse(withParent(accepted, parent(told)), "once more that it is rejected");
  refuse(
    withParent(accepted, { digest, step: 1, change: [told] }),
    "the run was told another step 1, but shares step 1",
  );
});

Deno.test("a step that is left out comes right before the refit or the end", async () => {
  const trace = await fork();
  for (const step of [0, 1]) {
    const parent = change({ kind: "verdict", step, to: "skipped" });
    refuse(withParent(trace, parent), "where the run was told to leave out 1 of", step);
  }
  const last = trace.steps.length - 1;
  const skip = { kind: "verdict", step: last, to: "skipped" } as const;
  verifyTrace(withParent(trace, { digest, change: [skip, skip] }));
  refuse(
    withParent(trace, { digest, change: [skip, skip, skip] }),
    "where the run was told to leave out 3 of prune and refit",
    last,
  );
});

Deno.test("only a run that left its refit out there ends without one", async () => {
  const trace = await fork();
  const last = trace.steps.length - 1;
  const config = { ...trace.run.config, refit: true };
  const refitting = (one: Change) =>
    chain({ ...trace, run: { ...trace.run, config, parent: change(one) } });
  verifyTrace(refitting({ kind: "verdict", step: last, to: "skipped" }));
  refuse(refitting({ kind: "rebase" }), "ends the run without the refit", last);
});

Deno.test("a run that was imported was not made by changes", async () => {
  const trace = await fork();
  const origin = { tool: "other", version: "1" };
  const imported = chain({ ...trace, run: { ...trace.run, origin, protocol: undefined } });
  verifyTrace(imported);
  refuse(
    withParent(imported, change({ kind: "rebase" })),
    "the run was imported, but is said to be made by changes",
  );
});

Deno.test("a run has the options that it was made with", async () => {
  const trace = await fork();
  const made = (...options: [name: string, value: unknown][]) =>
    withParent(trace, {
      digest,
      change: options.map(([name, value]) => ({ kind: "option", name, value } as Change)),
    });
  const { split, config } = trace.run;
  verifyTrace(
    made(["seed", split.seed], ["holdout", split.holdout], ["patience", config.patience]),
  );
  verifyTrace(made(["maxRules", 3], ["maxRules", null]));
  for (
    const name of ["seed", "maxRules", "patience", "default", "refit", "toString", "__proto__"]
  ) {
    refuse(made([name, 7]), `the run was made with another "${name}", but does not have it`);
  }
});
