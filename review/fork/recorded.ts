/**
 * Learners that propose what a trace records, so that it can be decided anew: on other data, or with another
 * verdict on the way. Nobody is asked.
 *
 * @module
 */
import type { AuditProposal, Coordinator } from "../../learn/coordinator.ts";
import type { Proposal } from "../../learn/rules/rule.ts";
import type { Patch, Synthesizer } from "../../learn/synthesizer.ts";
import type {
  AuditStep,
  CritiqueStep,
  IterationStep,
  RecordedError,
  Step,
  SynthesisStep,
  Trace,
} from "../../trace.ts";

/** What is recorded of one iteration; of the time after the last one, only critiques. */
interface Turn {
  readonly critiques: CritiqueStep[];
  step?: IterationStep;
  /** The audit right after the patch. */
  audit?: AuditStep;
}

/** What a step says of the rules that were proposed. */
type Proposed =
  & Pick<SynthesisStep, "added" | "refused">
  & Partial<Pick<SynthesisStep, "reweighted" | "error">>;

/**
 * Creates a synthesizer and a coordinator that propose the recorded rules, patches and audits of a trace in
 * their order, say what was said, fail where they failed, and then stop the run. Each run needs new ones.
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
  const synthesis = steps.find((step) => step.type === "synthesis");
  const refit = steps.find((step) => step.type === "refit");
  const turns = listTurns(steps);
  /** The turn of the patch that was proposed last. */
  let place = -1;
  const propose = (id: string): Proposal => {
    const { id: _, ...proposal } = rules[id];
    return proposal;
  };
  const proposeAll = (step: Proposed): Patch => {
    const { added, reweighted, error } = step;
    // A run that is told to do without rules withholds them itself.
    const refused = step.refused.filter(({ code }) => code !== "withheld");
    return { added: added.map(propose), refused, reweighted, error };
  };
  return {
    synthesizer: {
      name: "recorded",
      // The literals of the embedded learners have the support of several examples.
      mayQuote: ["patterns", "spans"].includes(run.learner.synthesizer),
      synthesize: () => synthesis === undefined ? {} : proposeAll(synthesis),
      patch() {
        const { step } = turns[++place];
        if (step === undefined) return {};
        const { patch, verdict, reweighted, error } = step;
        if (verdict === "failed") throw recreate(error);
        const { replaced, removed } = patch;
        return {
          ...proposeAll({ ...patch, reweighted, error }),
          replaced: replaced.map(({ from, to }) => ({ from, to: propose(to) })),
          removed,
        };
      },
      ...(refit && { refit: () => ({ ...proposeAll(refit), removed: refit.removed }) }),
    },
    coordinator: {
      name: "recorded",
      mayQuote: run.learner.coordinator === "simple",
      critique() {
        const said = turns[place + 1].critiques.find((step) => !isOfGuidance(step));
        if (said === undefined) return undefined;
        if (said.error?.message.startsWith("critique: ")) throw recreate(said.error, "critique: ");
        const { analysis, advice, error } = said;
        return { analysis, advice, error };
      },
      guide() {
        const { critiques, step } = turns[place + 1];
        const failed = critiques.find(isOfGuidance);
        if (failed !== undefined) throw recreate(failed.error, "guidance: ");
        return { guidance: step?.guidance, stop: step === undefined };
      },
      audit({ phase }) {
        const step = phase === "refine" ? turns[place]?.audit : steps.find(isFinalAudit);
        if (step?.error !== undefined) throw recreate(step.error);
        return step?.actions.filter(({ outcome }) => outcome === "applied").map(
          ({ kind, from, to, reason }): AuditProposal =>
            kind === "merge" || kind === "tighten"
              ? { kind, from, to: strengthen(propose(to!), to!, step.reweighted), reason }
              : { kind, from, reason },
        );
      },
    },
  };
}

/** Returns the rule of an audit with the strengths that it then had, if another step had proposed it before. */
function strengthen(
  proposal: Proposal,
  id: string,
  reweighted: AuditStep["reweighted"] = [],
): Proposal {
  const { rule: _, ...strengths } = reweighted.find(({ rule }) => rule === id) ?? {};
  return { ...proposal, ...strengths };
}

function isFinalAudit(step: Step): step is Step & AuditStep {
  return step.type === "audit" && step.phase === "final";
}

/** Tells whether a critique is the record of guidance that failed. */
function isOfGuidance({ error }: CritiqueStep): boolean {
  return error?.message.startsWith("guidance: ") ?? false;
}

function recreate(error: RecordedError | undefined, lead = ""): Error {
  const { name, message } = error ?? { name: "Error", message: "no reason was recorded" };
  return Object.assign(new Error(message.slice(lead.length)), { name });
}

/** Lists the iterations with what was said before and done after each; the last one has no patch. */
function listTurns(steps: readonly Step[]): Turn[] {
  const turns: Turn[] = [{ critiques: [] }];
  for (const step of steps) {
    const last = turns[turns.length - 1];
    if (step.type === "critique") last.critiques.push(step);
    if (step.type === "iteration") {
      last.step = step;
      turns.push({ critiques: [] });
    }
    if (step.type === "audit" && step.phase === "refine") turns.at(-2)!.audit = step;
  }
  return turns;
}
