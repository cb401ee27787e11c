/**
 * The laws of every run, with any synthesizer and any coordinator.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import type { Dataset } from "../../../learn/data/dataset.ts";
import type { DecisionOptions } from "../../../learn/rules/decisions.ts";
import type { Exchange } from "../../../learn/chat/exchanges.ts";
import { createMatches, type Match, score } from "../../../learn/score/scoring.ts";
import { splitDataset } from "../../../learn/data/split.ts";
import type { LearnResult } from "../../../pipeline.ts";
import { formatTrace } from "../../../print.ts";
import {
  readTape,
  readTrace,
  type Recorded,
  redact,
  rulesAt,
  type Step,
  type Trace,
  verifyTape,
  verifyTrace,
} from "../../../trace.ts";

/** A key that must not be in any record. */
export const KEY = "sk-test-0123456789abcdef";

type Learned = LearnResult & Recorded;

/** Checks the laws of a run with the default split. */
export async function checkLaws(learned: Learned, dataset: Dataset): Promise<void> {
  const { trace, path, rules, tape } = learned;
  verifyTrace(trace);
  assertEquals(await readTrace(path), trace);
  assertEquals(rulesAt(trace, trace.steps.length - 1), rules);
  checkScores(learned, dataset);
  const exchanges = tape === undefined ? [] : await readTape(tape);
  checkExchanges(trace, exchanges);
  const proof = { proved: exchanges.length, unproved: 0, unnamed: 0 };
  assertEquals(verifyTape(trace, exchanges), proof);
  // Rules may contain words of texts; steps contain neither rules nor texts.
  const written = JSON.stringify([trace.run, trace.steps]);
  assertEquals(redact(written, dataset.examples), written);
  for (const text of [JSON.stringify(trace), JSON.stringify(exchanges)]) {
    assert(!text.includes(KEY));
  }
  for (const width of [20, 100]) assertStringIncludes(formatTrace(trace, { width }), "final");
}

function checkScores({ trace, rules, scores }: Learned, dataset: Dataset): void {
  const { train, dev } = splitDataset(dataset, { holdout: 0.2, seed: 0 });
  const examples = { train, dev, all: dataset.examples, test: [] };
  const { decide, threshold, match } = trace.run.config as unknown as
    & DecisionOptions
    & { match?: Match };
  for (const recorded of Object.values(scores)) {
    const matches = createMatches(examples[recorded.on], dataset.labels, match);
    assertEquals(score(matches, rules, { decide, threshold }, recorded.on), recorded);
  }
}

/** Checks that one step names each exchange, and accounts for all items of its reply. */
function checkExchanges({ steps }: Pick<Trace, "steps">, exchanges: readonly Exchange[]): void {
  const byId = new Map(exchanges.map((exchange) => [exchange.id, exchange]));
  const named = steps.flatMap((step) => "exchanges" in step ? step.exchanges ?? [] : []);
  assertEquals(named.toSorted(), exchanges.map(({ id }) => id).sort());
  for (const step of steps) {
    if (!("exchanges" in step)) continue;
    const ownExchanges = step.exchanges!.map((id) => byId.get(id)!);
    const repaired = ownExchanges.filter(({ outcome }) => outcome === "repaired").length;
    assertEquals(step.repaired ?? 0, repaired);
    // A repaired reply is not valid JSON.
    if (repaired > 0) continue;
    // Under the guidance of the model, another synthesizer may have made the proposals.
    const isPatched = ownExchanges.some(({ purpose }) =>
      purpose === "synthesis" || purpose === "patch"
    );
    if ((step.type === "synthesis" || step.type === "iteration") && !isPatched) continue;
    const held = { rules: 0, remove: 0, actions: 0, advice: 0 };
    for (const { outcome, response } of ownExchanges) {
      if (outcome !== "parsed") continue;
      const reply = JSON.parse(response!);
      for (const name of Object.keys(held) as (keyof typeof held)[]) {
        held[name] += reply[name]?.length ?? 0;
      }
    }
    assertEquals(countRecorded(step), held.rules + held.remove + held.actions + held.advice);
  }
}

/** Counts the items of a step that a model may have proposed. */
function countRecorded(step: Step): number {
  switch (step.type) {
    case "synthesis":
      return step.added.length + step.refused.length;
    case "iteration": {
      const { added, replaced, removed, refused } = step.patch;
      return added.length + replaced.length + removed.length + refused.length;
    }
    case "audit":
      return step.actions.length;
    case "critique":
      return step.advice.length;
    default:
      return 0;
  }
}
