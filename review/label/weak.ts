/**
 * Weak labels: what the rules of a run say of texts that have no label, if labels with such a margin were correct often
 * enough on the examples that the run held out.
 *
 * @module
 */
import { nameText, type UnlabelledText } from "../../learn/data/checks.ts";
import type { Example } from "../../learn/data/examples.ts";
import { createClassifier } from "../../learn/rules/classifier.ts";
import { rulesOfTrace, type Trace } from "../../trace.ts";
import type { QuarantinedRow, TrainingRow } from "../dataset/format.ts";
import { leaveOut, type MadeRows, sourceOfStep, taintOf } from "../dataset/rows/lineage.ts";
import type { EvidenceSource } from "../evidence/format.ts";

/** A label for a text that had none. It is also an example, which can be learned from. */
export interface WeakLabel {
  /** The id of the text, or one derived from it, as examples have. */
  readonly id: string;
  /** The text. */
  readonly text: string;
  /** The label. */
  readonly label: string;
  /** How often a label with such a margin was correct on held-out examples, 0 to 1. */
  readonly confidence: number;
  /** The names of the rules that voted for the label, in the order of the rule set; none if it is the default. */
  readonly rules: readonly string[];
}

/** Why a text gets no label. */
export type UnlabelledReason =
  /** It is an example of the run: it has a gold label, and the confidence is not about such texts. */
  | "example"
  /** No rule decides. */
  | "abstained"
  /** A search for a rule was given up, so that it may be another label. */
  | "unfinished"
  /** The confidence is too low. */
  | "confidence";

/** What is said of a text. */
export type Labelling =
  | { readonly weak: WeakLabel }
  | { readonly left: UnlabelledReason; readonly id: string };

/** Options of {@linkcode createLabeller}. */
export interface LabelOptions {
  /**
   * The least confidence of a label, 0 to 1.
   *
   * @default {MIN_CONFIDENCE}
   */
  readonly minConfidence?: number;
}

/** The least confidence of a label, by default. */
export const MIN_CONFIDENCE = 0.95;

/**
 * Says why the labels of a run have no confidence, and what to do; `undefined` if they have one.
 *
 * @example
 * ```ts
 * import { assertEquals, assertMatch } from "jsr:@std/assert@^1";
 * import { readTrace } from "../../mod.ts";
 * import { explainUnsure } from "./weak.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * assertEquals(explainUnsure(trace), undefined);
 * assertMatch(explainUnsure({ ...trace, steps: [] })!, /did not come to its end/);
 * ```
 */
export function explainUnsure(trace: Trace): string | undefined {
  const { run, steps } = trace;
  if (run.dataset.task !== "classification") {
    return "its rules find spans, which have no confidence: label texts by rules that give labels";
  }
  const final = steps.findLast(({ type }) => type === "final");
  if (final?.type !== "final" || run.status !== "completed") {
    return "the run did not come to its end, and confidence is measured there: learn again";
  }
  if (final.confidence !== undefined) return undefined;
  if (rulesOfTrace(trace).decision.decide === "first") {
    return "the first match decides, so that there are no votes to measure: learn with --decide vote";
  }
  return run.split.dev.length === 0
    ? "the run held no example out, so that confidence was not measured: learn with --holdout, and " +
      "at least 10 examples a label"
    : "it has no confidence, which older versions did not measure: learn again";
}

/**
 * Creates a function that labels texts by the rules that a run ended with.
 *
 * Confidence was measured before the refit, on the last examples that were held out, and is about texts like those.
 *
 * @throws {RangeError} if the labels of the run have no confidence, or `minConfidence` is not from 0 to 1
 * @throws {SyntaxError} if a rule cannot run
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readDataset, readTrace } from "../../mod.ts";
 * import { createLabeller } from "./weak.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * const label = createLabeller({ trace, data: await readDataset("examples/banking.jsonl") });
 * const rate = label({ text: "Which rate do I get?" });
 * assertEquals("weak" in rate && rate.weak.label, "exchange_rate");
 * assertEquals(label({ id: "hi", text: "Hello" }), { left: "abstained", id: "hi" });
 * ```
 */
export function createLabeller(
  { trace, data }: Pick<EvidenceSource, "trace" | "data">,
  { minConfidence = MIN_CONFIDENCE }: LabelOptions = {},
): (text: UnlabelledText) => Labelling {
  if (!(minConfidence >= 0 && minConfidence <= 1)) {
    throw new RangeError(`minConfidence is ${minConfidence}, expected a number from 0 to 1`);
  }
  const unsure = explainUnsure(trace);
  if (unsure !== undefined) throw new RangeError(`Cannot label by the run: ${unsure}`);
  const examples: readonly Example[] = data.examples;
  const learned = new Set(examples.map(({ text }) => text));
  let isUnfinished = false;
  const classify = createClassifier(rulesOfTrace(trace), {
    onUnfinished: () => isUnfinished = true,
  });
  return ({ text, id = nameText(text) }) => {
    if (learned.has(text)) return { left: "example", id };
    isUnfinished = false;
    const { label, confidence, rules } = classify(text);
    if (label === undefined || confidence === undefined) return { left: "abstained", id };
    if (isUnfinished) return { left: "unfinished", id };
    if (confidence < minConfidence) return { left: "confidence", id };
    const names = rules.filter((rule) => rule.label === label).map(({ name }) => name);
    return { weak: { id, text, label, confidence, rules: names } };
  };
}

/**
 * Makes rows of the kind `weak` of texts that have no label, in their order, and lists the texts that get none. If the
 * labels of the run have no confidence, one entry stands for all texts.
 *
 * @throws {RangeError} if `minConfidence` is not from 0 to 1
 * @throws {SyntaxError} if a rule cannot run
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readDataset, readTrace } from "../../mod.ts";
 * import { makeWeakRows } from "./weak.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * const data = await readDataset("examples/banking.jsonl");
 * const texts = [{ text: "Which rate do I get?" }, { text: "Hello" }];
 * const { rows, quarantined } = makeWeakRows({ trace, data }, texts);
 * assertEquals([rows.length, quarantined.map(({ detail }) => detail)], [1, ["no rule decides"]]);
 * ```
 */
export function makeWeakRows(
  source: Pick<EvidenceSource, "trace" | "data">,
  texts: Iterable<UnlabelledText>,
  options: LabelOptions = {},
): MadeRows {
  const unsure = explainUnsure(source.trace);
  const sources = [sourceOfStep(source)];
  if (unsure !== undefined) {
    const isCompleted = source.trace.run.status === "completed";
    const reason = isCompleted ? "category" : "run-not-completed";
    return { rows: [], quarantined: [leaveOut("weak", reason, sources, unsure)] };
  }
  const { minConfidence = MIN_CONFIDENCE } = options;
  const label = createLabeller(source, options);
  const taint = taintOf(source);
  const rows: TrainingRow[] = [];
  const quarantined: QuarantinedRow[] = [];
  for (const one of texts) {
    const { text } = one;
    const labelling = label(one);
    if ("left" in labelling) {
      const detail = phraseUnlabelled(labelling.left, minConfidence);
      const shown = [{ id: labelling.id, text }];
      quarantined.push(leaveOut("weak", "category", sources, detail, shown));
      continue;
    }
    const shown = [{ id: labelling.weak.id, text }];
    rows.push({ kind: "weak", content: { ...labelling.weak }, sources, shown, ...taint });
  }
  return { rows, quarantined };
}

/** Phrases why a text gets no label: `no rule decides`. */
export function phraseUnlabelled(reason: UnlabelledReason, minConfidence: number): string {
  switch (reason) {
    case "example":
      return "an example of the run";
    case "abstained":
      return "no rule decides";
    case "unfinished":
      return "a search for a rule was given up";
    case "confidence":
      return `confidence below ${minConfidence}`;
  }
}
