/**
 * The judge: turns a run into its evidence. It asks no model, no clock and no chance, and looks at nothing but the
 * run.
 *
 * @module
 */
import { digest } from "../../learn/text/digest.ts";
import type { Step } from "../../trace.ts";
import type {
  Evidence,
  EvidenceFields,
  EvidenceSource,
  JudgedSource,
  ReplyEvidence,
} from "./format.ts";
import { digestOfResponse, judgeReplies } from "./replies.ts";
import { judgeRules, listRefused, type Verdict } from "./rules.ts";

/**
 * Judges every proposal of a run: first its rules, then its replies, each in the order of the steps.
 *
 * @throws {TraceError} if a step does not fit the rules before it
 * @throws {SyntaxError} if a rule cannot run
 * @throws {RangeError} if the run's config does not say how rules decide
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readDataset, readTrace } from "../../mod.ts";
 * import { judge } from "./judging.ts";
 *
 * const path = "examples/banking.trace.json";
 * const data = await readDataset("examples/banking.jsonl");
 * const evidence = judge({ path, trace: await readTrace(path), data, tape: [] });
 * assertEquals(evidence.find(({ judgement }) => judgement === "accepted")?.kind, "rule");
 * ```
 */
export function judge(source: EvidenceSource): Evidence[] {
  const { trace } = source;
  const replies = judgeReplies(source);
  const askedFor = new Map<string, string>();
  for (const { step, rules, exchange: { id } } of replies) {
    for (const rule of rules) {
      const key = JSON.stringify([step.index, rule]);
      if (!askedFor.has(key)) askedFor.set(key, id);
    }
  }
  const describe = (
    step: Step,
    [judgement, reason]: Verdict,
    about: readonly [kind: Evidence["kind"], what: string | number],
  ): EvidenceFields => ({
    id: digest({ trace: trace.digest, step: step.index, about }),
    trace: trace.digest,
    step: step.index,
    stepDigest: step.digest,
    dataset: trace.run.dataset.digest ?? "",
    judgement,
    reason,
  });
  const rules = judgeRules(source).map(({ step, rule: { id, name, label }, verdict, dev }) => {
    const exchange = askedFor.get(JSON.stringify([step.index, id]));
    return {
      ...describe(step, verdict, ["rule", id]),
      kind: "rule" as const,
      ...{ rule: id, name, label },
      ...(exchange !== undefined && { exchange }),
      ...(dev && { dev }),
    };
  });
  const refused = listRefused(trace).map(({ step, refusal: { name, code } }, place) => ({
    ...describe(step, ["rejected", "refused"], ["rule", place]),
    kind: "rule" as const,
    ...{ name, code },
  }));
  const byStep = [...rules, ...refused].sort((a, b) => a.step - b.step);
  return [...byStep, ...replies.map((reply) => describeReply(reply))];

  function describeReply(reply: (typeof replies)[number]): ReplyEvidence {
    const { step, place, exchange, isProved, outcome, verdict, refused, survived } = reply;
    const { id, purpose } = exchange;
    const response = digestOfResponse(exchange);
    return {
      ...describe(step, verdict, ["reply", place]),
      kind: "reply",
      exchange: id,
      place,
      ...(response !== undefined && { response }),
      ...{ isProved, purpose, outcome, rules: reply.rules, refused, survived },
    };
  }
}

/**
 * Judges runs, each for itself.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readDataset, readTrace } from "../../mod.ts";
 * import { judgeAll } from "../evidence.ts";
 *
 * const path = "examples/banking.trace.json";
 * const [trace, data] = [await readTrace(path), await readDataset("examples/banking.jsonl")];
 * const [{ evidence }] = judgeAll([{ path, trace, data, tape: [] }]);
 * assertEquals(evidence.some(({ judgement }) => judgement === "accepted"), true);
 * ```
 */
export function judgeAll(sources: readonly EvidenceSource[]): JudgedSource[] {
  return sources.map((source) => ({ source, evidence: judge(source) }));
}
