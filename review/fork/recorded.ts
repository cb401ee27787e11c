/**
 * Learners that propose what a trace records, so that it can be decided anew: on other data, or with another
 * verdict on the way. Nobody is asked.
 *
 * @module
 */
import type { AuditProposal, Coordinator } from "../../learn/coordinator.ts";
import type { Proposal } from "../../learn/rules/rule.ts";
import type { Patch, Synthesizer } from "../../learn/synthesizer.ts";
import type { AuditStep, IterationStep, Trace } from "../../trace.ts";

/**
 * Creates a synthesizer and a coordinator that propose the recorded rules, patches and audits of a trace in
 * their order, and then stop the run. Each run needs new ones.
 *
 * A rejected patch comes with its rules, but without its new weights, which a trace does not have. Rules that
 * a patch would remove or replace and that are not there are refused, as the record of the run says.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { learnRules, readDataset, readTrace } from "../../mod.ts";
 * import { createRecorded } from "./recorded.ts";
 *
 * // The rules of a run, decided on other examples: 200 instead of 691.
 * const trace = await readTrace("examples/banking.trace.json");
 * const data = await readDataset("examples/banking_test.jsonl");
 * const { rules } = await learnRules(data, createRecorded(trace));
 * assertEquals(rules.every(({ id }) => id in trace.rules), true);
 * ```
 */
export function createRecorded(
  trace: Trace,
): { readonly synthesizer: Synthesizer; readonly coordinator: Coordinator } {
  const { steps, run, rules } = trace;
  const propose = (id: string): Proposal => {
    const { id: _, ...proposal } = rules[id];
    return proposal;
  };
  const synthesis = steps.find((step) => step.type === "synthesis");
  const refit = steps.find((step) => step.type === "refit");
  const final = steps.find((step) => step.type === "audit" && step.phase === "final");
  const patches = listPatches(trace);
  /** The patch that was proposed last. */
  let place = -1;
  const proposeAudit = (step: AuditStep | undefined) =>
    step?.actions.filter(({ outcome }) => outcome === "applied").map(
      ({ kind, from, to, reason }): AuditProposal =>
        kind === "merge" || kind === "tighten"
          ? { kind, from, to: propose(to!), reason }
          : { kind, from, reason },
    );
  return {
    synthesizer: {
      name: "recorded",
      // The literals of the embedded learners have the support of several examples.
      mayQuote: ["patterns", "spans"].includes(run.learner.synthesizer),
      synthesize() {
        const { added = [], refused, reweighted } = synthesis ?? {};
        return { added: added.map(propose), refused, reweighted };
      },
      patch(): Patch {
        const step = patches[++place]?.step;
        if (step === undefined) return {};
        const { added, replaced, removed, refused } = step.patch;
        return {
          added: added.map(propose),
          replaced: replaced.map(({ from, to }) => ({ from, to: propose(to) })),
          removed,
          refused,
          reweighted: step.reweighted,
        };
      },
      ...(refit && {
        refit: () => ({
          added: refit.added.map(propose),
          removed: refit.removed,
          refused: refit.refused,
          reweighted: refit.reweighted,
        }),
      }),
    },
    coordinator: {
      name: "recorded",
      mayQuote: run.learner.coordinator === "simple",
      guide: () => ({ stop: place + 1 >= patches.length }),
      audit: ({ phase }) =>
        proposeAudit(phase === "final" ? final as AuditStep | undefined : patches[place]?.audit),
    },
  };
}

/** Lists the patches of a trace, each with the audit right after it. */
function listPatches(
  { steps }: Trace,
): { readonly step: IterationStep; readonly audit?: AuditStep }[] {
  return steps.flatMap((step, place) => {
    if (step.type !== "iteration") return [];
    const next = steps.at(place + 1);
    const isAudited = next?.type === "audit" && next.phase === "refine";
    return [{ step, ...(isAudited ? { audit: next } : {}) }];
  });
}
