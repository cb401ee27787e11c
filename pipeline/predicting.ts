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
import { trustOf } from "../learn/score/coverage.ts";

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
  /** The label that the rules give, if it cannot be trusted enough: then `label` is `null`. */
  readonly deferred?: string;
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
  /** How far that rule can be trusted, 0 to 1, if it says how often it was right: see `trustOf`. */
  readonly trust?: number;
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
  /** How far that rule can be trusted, 0 to 1, if it says how often it was right: see `trustOf`. */
  readonly trust?: number;
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
  /** The spans that cannot be trusted enough; missing if there are none. */
  readonly deferred?: readonly FoundSpan[];
  /** The same spans by their offsets and types: they stay when the others are corrected. */
  readonly given: readonly (Span & { readonly type?: string })[];
}

/** What rules say of a text. */
export type Prediction = LabelPrediction | SpanPrediction;

/** Options of {@linkcode createPredictor}. */
export interface PredictorOptions {
  /** Called with a rule if a search for it was given up before the end of a text, once or several times. */
  readonly onUnfinished?: (rule: Rule) => void;
  /**
   * The least trust of an answer, 0 to 1: the confidence of a label by vote, else the trust of the rule that decides.
   * Other answers are deferred.
   *
   * @default {all are given}
   */
  readonly trust?: number;
}

/**
 * Creates a function that predicts the label, or the spans, of a text.
 *
 * @throws {SyntaxError} if a pattern of a rule is not a regular expression, or no engine can run it in
 * reasonable time
 * @throws {RangeError} if `trust` is given, and the rules do not tell how far they can be trusted
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
  if (options.trust !== undefined) requireTrust(set);
  if (set.task === "classification") return createLabeller(set, options);
  const extract = createExtractor(set, options);
  const trusts = trustRules(set);
  const field = set.task === "ner" ? "entities" : "spans";
  return ({ id, text }) => {
    // A template of RuleChef can give spans that could not be read again: empty ones, or beyond the end.
    const all = extract(text).filter(({ start, end }) => start < end && end <= text.length)
      .map((span) => toSpan(span, text, set.task, trusts));
    const { yes: found = [], no: deferred } = Object.groupBy(
      all,
      ({ trust = 0 }) => trust >= (options.trust ?? 0) ? "yes" : "no",
    );
    const given = found.map(({ start, end, type }) => ({ start, end, ...(type && { type }) }));
    return {
      ...(id !== undefined && { id }),
      text,
      [field]: found,
      ...(deferred && { deferred }),
      given,
    };
  };
}

/**
 * Checks that rules tell how far their answers can be trusted.
 *
 * @throws {RangeError} if they do not
 */
export function requireTrust({ task, rules, decision, confidence }: RuleSet): void {
  const isVote = task === "classification" && decision.decide === "vote";
  const isKnown = isVote
    ? confidence !== undefined
    : rules.some((rule) => trustOf(rule) !== undefined);
  if (isKnown) return;
  const why = isVote
    ? "they vote, and have no confidence"
    : "none has both a precision and a support";
  throw new RangeError(`The rules do not tell how far they can be trusted: ${why}`);
}

/** Returns the trust of each rule that tells it. */
function trustRules({ rules }: RuleSet): ReadonlyMap<string, number> {
  return new Map(rules.flatMap((rule) => {
    const trust = trustOf(rule);
    return trust === undefined ? [] : [[rule.id, trust]];
  }));
}

function createLabeller(
  set: RuleSet,
  options: PredictorOptions,
): (text: UnlabelledText) => LabelPrediction {
  const classify = createClassifier(set, options);
  const trusts = trustRules(set);
  return ({ id, text }) => {
    const { label: decided, confidence, margin, votes, by, rules } = classify(text);
    const trust = by && trusts.get(by.id);
    const known = (margin === undefined ? trust : confidence) ?? 0;
    const isDeferred = decided !== undefined && known < (options.trust ?? 0);
    const label = isDeferred ? null : decided ?? null;
    return {
      ...(id !== undefined && { id }),
      text,
      label,
      given: label,
      ...(isDeferred && { deferred: decided }),
      ...(confidence !== undefined && { confidence }),
      ...(margin !== undefined && { margin, votes }),
      ...(by !== undefined && { by: by.name }),
      ...(trust !== undefined && { trust }),
      rules: rules.map(({ name }) => name),
    };
  };
}

function toSpan(
  { start, end, label, rule }: Extraction,
  text: string,
  task: Task,
  trusts: ReadonlyMap<string, number>,
): FoundSpan {
  // A rule may give another text, which could not be read again.
  const part = text.slice(start, end);
  const trust = trusts.get(rule.id);
  return {
    start,
    end,
    ...(task === "ner" && { type: label }),
    text: part,
    rule: rule.name,
    ...(trust !== undefined && { trust }),
  };
}
