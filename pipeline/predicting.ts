/**
 * Predictions: what rules say of texts that have no label, in a form that people can correct.
 *
 * @module
 */
import type { UnlabelledText } from "../learn/data/checks.ts";
import type { Span, Task } from "../learn/data/examples.ts";
import { createClassifier } from "../learn/rules/classifier.ts";
import { createExtractor, type Extraction } from "../learn/rules/extractor.ts";
import type { Rule } from "../learn/rules/rule.ts";
import type { RuleSet } from "../learn/rules/rule_set.ts";

/**
 * The label of a text. It is also an example: to correct it, change `label`. What rules said stays in `given`.
 */
export interface LabelPrediction {
  /** The id of the text, if it has one. */
  readonly id?: string;
  /** The text. */
  readonly text: string;
  /** The label; `null` if the rules abstain. */
  readonly label: string | null;
  /** The label again, which stays if `label` is changed. */
  readonly given: string | null;
  /**
   * How often a label with such a margin was correct on held-out examples, 0 to 1; only if the rules say what a
   * margin means.
   */
  readonly confidence?: number;
  /** How many votes the label has more than the next one; 0 if rules do not decide; by `vote` only. */
  readonly margin?: number;
  /** The votes of each label that has some, most first; by `vote` only. */
  readonly votes?: readonly { readonly label: string; readonly votes: number }[];
  /** The name of the rule that decided; by `first` only. */
  readonly by?: string;
  /** The names of the rules that match, in the order of the rule set. */
  readonly rules: readonly string[];
}

/** A span that a rule finds in a text, in UTF-16 code units. */
export interface FoundSpan {
  /** Where it begins, from 0. */
  readonly start: number;
  /** Where it ends: after its last code unit. */
  readonly end: number;
  /** The type; not for the task `extraction`. */
  readonly type?: string;
  /** The part of the text. */
  readonly text: string;
  /** The name of the rule that found it. */
  readonly rule: string;
}

/** The spans of a text. It is also an example: to correct it, change them. */
export interface SpanPrediction {
  /** The id of the text, if it has one. */
  readonly id?: string;
  /** The text. */
  readonly text: string;
  /** The spans by start, for the task `ner`. */
  readonly entities?: readonly FoundSpan[];
  /** The spans by start, for the task `extraction`. */
  readonly spans?: readonly FoundSpan[];
  /** The same spans by their offsets and types: they stay when the others are corrected. */
  readonly given: readonly (Span & { readonly type?: string })[];
}

/** What rules say of a text. */
export type Prediction = LabelPrediction | SpanPrediction;

/** Options of {@linkcode createPredictor}. */
export interface PredictorOptions {
  /** Called with a rule if a search for it was given up before the end of a text, once or several times. */
  readonly onUnfinished?: (rule: Rule) => void;
}

/**
 * Creates a function that predicts the label, or the spans, of a text.
 *
 * @throws {SyntaxError} if a pattern of a rule is not a regular expression, or no engine can run it in
 * reasonable time
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createPredictor } from "./predicting.ts";
 * import { readRules } from "./rule_files.ts";
 *
 * const predict = createPredictor(await readRules("examples/banking.trace.json"));
 * const prediction = predict({ id: "t1", text: "Which rate do I get?" });
 * assertEquals("label" in prediction && prediction.label, "exchange_rate");
 * ```
 */
export function createPredictor(
  set: RuleSet,
  options: PredictorOptions = {},
): (text: UnlabelledText) => Prediction {
  if (set.task === "classification") return createLabeller(set, options);
  const extract = createExtractor(set, options);
  const field = set.task === "ner" ? "entities" : "spans";
  return ({ id, text }) => {
    const found = extract(text).map((span) => toSpan(span, text, set.task));
    const given = found.map(({ start, end, type }) => ({ start, end, ...(type && { type }) }));
    return { ...(id !== undefined && { id }), text, [field]: found, given };
  };
}

function createLabeller(
  set: RuleSet,
  options: PredictorOptions,
): (text: UnlabelledText) => LabelPrediction {
  const classify = createClassifier(set, options);
  return ({ id, text }) => {
    const { label = null, confidence, margin, votes, by, rules } = classify(text);
    return {
      ...(id !== undefined && { id }),
      text,
      label,
      given: label,
      ...(confidence !== undefined && { confidence }),
      ...(margin !== undefined && { margin, votes }),
      ...(by !== undefined && { by: by.name }),
      rules: rules.map(({ name }) => name),
    };
  };
}

function toSpan({ start, end, label, rule }: Extraction, text: string, task: Task): FoundSpan {
  // A rule may give another text, which could not be read again.
  const part = text.slice(start, end);
  return { start, end, ...(task === "ner" && { type: label }), text: part, rule: rule.name };
}
