/**
 * Rule sets: rules with all that is needed to use them, and the file of rules that people edit, keep and
 * hand on.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createClassifier } from "./classifier.ts";
 * import { parseRules, renderRules } from "./rule_set.ts";
 *
 * const text = `{
 * "format": "ruletrace-rules", "version": 1, "task": "classification",
 * "rules": [
 *   { "name": "rate", "label": "exchange", "patterns": ["\\\\brates?\\\\b"] }
 * ]}`;
 * const set = parseRules(text, "by hand");
 * assertEquals(createClassifier(set)("Which rate do I get?").label, "exchange");
 * assertEquals(parseRules(renderRules(set), "again"), set);
 * ```
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { SPAN_LABEL, type Task } from "../data/examples.ts";
import { Digest, digest } from "../text/digest.ts";
import { describeKind, findItemLines, isRecord, parseJson } from "../text/json.ts";
import { createNumbering } from "../text/numbering.ts";
import { escapeControls, quote, toLine } from "../text/quoting.ts";
import { describeProblem, schemaOf } from "../text/schemas.ts";
import { type Confidence, ConfidenceSchema } from "./confidence.ts";
import { type DecisionOptions, microVote } from "./decisions.ts";
import type { Match } from "./overlaps.ts";
import { baseId, createRule, ProposalSchema, type Refusal, type Rule, RuleId } from "./rule.ts";
import { findRunDefect } from "./running.ts";

/** The run that rules come from. */
export interface RulesOrigin {
  /** The digest of its trace. */
  readonly digest: string;
  /** Its id. */
  readonly run: string;
}

/** Rules, and how they decide. */
export interface RuleSet {
  /** What the rules are for. */
  readonly task: Task;
  /** The labels that rules may have, or the types of spans; by code unit. */
  readonly labels: readonly string[];
  /** The rules. */
  readonly rules: readonly Rule[];
  /** How they decide. */
  readonly decision: DecisionOptions;
  /** What makes a predicted span correct; for spans only. */
  readonly match?: Match;
  /** Rules of the file that cannot run here. */
  readonly refused: readonly Refusal[];
  /** Where the rules come from, if that is known. */
  readonly trace?: RulesOrigin;
  /** What the margin of a label means; for votes with held-out examples only. */
  readonly confidence?: Confidence;
}

/**
 * Tells whether rules come as a set, not as a list alone.
 *
 * @throws {TypeError} if they are neither, as JavaScript may have it
 */
export function isRuleSet(rules: readonly Rule[] | RuleSet): rules is RuleSet {
  if (Array.isArray(rules)) return false;
  if (isRecord(rules) && Array.isArray(rules.rules) && isRecord(rules.decision)) return true;
  throw new TypeError(
    `The rules are ${describeKind(rules)}, expected a list of rules or a rule set`,
  );
}

/** The format that a file of rules names itself by. */
export const RULES_FORMAT = "ruletrace-rules";

const RULES_VERSION = 1;

const Decision = z.strictObject({
  decide: z.enum(["first", "vote"]).optional(),
  threshold: z.number().min(0).optional(),
  default: z.string().optional(),
  overlaps: z.enum(["drop", "keep"]).optional(),
});

const Origin = schemaOf<RulesOrigin>()(z.strictObject({ digest: Digest, run: z.string() }));

const RuleFile = z.strictObject({
  format: z.literal(RULES_FORMAT),
  version: z.literal(RULES_VERSION),
  task: z.enum(["classification", "extraction", "ner"]),
  labels: z.array(z.string().min(1)).optional(),
  decision: Decision.default({}),
  match: z.enum(["exact", "text", "partial"]).optional(),
  rules: z.array(z.unknown()),
  trace: Origin.optional(),
  /** `rules` is the digest of the rules that it is of. */
  confidence: ConfidenceSchema.extend({ rules: z.string().optional() }).optional(),
});

const FileRule = ProposalSchema.extend({
  id: RuleId.optional(),
  locked: z.boolean().optional().transform((isLocked) => isLocked || undefined),
});

/** Tells whether a parsed document says that it is a file of rules. */
export function isRuleFile(document: unknown): boolean {
  return isRecord(document) && document.format === RULES_FORMAT;
}

/**
 * Returns rules as the text of a file: JSON with a line for each rule. The same rules give the same text.
 * Leaves out rules that cannot run.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { parseRules, renderRules } from "./rule_set.ts";
 *
 * const rules = [{ name: "rate", label: "exchange", patterns: ["rate"] }];
 * const head = { format: "ruletrace-rules", version: 1, task: "classification" };
 * const set = parseRules(JSON.stringify({ ...head, rules }), "by hand");
 * assertEquals(parseRules(renderRules(set), "again"), set);
 * ```
 */
export function renderRules(set: RuleSet): string {
  const { task, labels, decision, match, rules, trace, confidence } = set;
  const { decide, threshold, default: fallback, overlaps } = decision;
  const head = { format: RULES_FORMAT, version: RULES_VERSION, task, labels };
  const members = [
    ...Object.entries({ ...head, decision: { decide, threshold, default: fallback, overlaps } }),
    ["match", match],
    ["trace", trace],
    ["confidence", confidence && { ...confidence, rules: digestOf(rules) }],
  ].flatMap(([name, value]) => value === undefined ? [] : [`${render(name)}:${render(value)},\n`]);
  const lines = rules.map(render).join(",\n");
  return `{\n${members.join("")}"rules":[${lines === "" ? "" : `\n${lines}\n`}]\n}\n`;
}

/** Renders a value as JSON in one line, without characters that act on a terminal. */
function render(value: unknown): string {
  return escapeControls(JSON.stringify(value));
}

/**
 * Reads the text of a file of rules, which people may have written. By default classification is by `vote`,
 * the labels are those of the rules, ids follow from what rules match. An id that does not fit its rule,
 * as when a pattern was changed, is made anew, and a confidence that was measured of other rules is left out.
 *
 * @param source what errors call the text: `Cannot read <source>: …`
 * @throws {SyntaxError} if the text is not JSON, or a pattern cannot run, naming the rule and its line
 * @throws {TypeError | RangeError} if a field is unknown, is missing or has a value that is not allowed,
 * naming the rule and its line
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { parseRules, renderRules } from "./rule_set.ts";
 *
 * const rules = [{ name: "rate", label: "exchange", patterns: ["rate"] }];
 * const head = { format: "ruletrace-rules", version: 1, task: "classification" };
 * const set = parseRules(JSON.stringify({ ...head, rules }), "by hand");
 * assertEquals(parseRules(renderRules(set), "again"), set);
 * ```
 */
export function parseRules(text: string, source: string): RuleSet {
  const parsed = RuleFile.safeParse(parseJson(text, source));
  if (!parsed.success) {
    throw new TypeError(`Cannot read ${source}: ${describeProblem(parsed.error)}`);
  }
  const { task, decision, match, trace } = parsed.data;
  const lines = findItemLines(text, ["rules"]);
  const chooseId = createIds();
  const rules = parsed.data.rules.map((one, index) => {
    const place = `Cannot read ${source}: rule ${index + 1}${nameOf(one)} (line ${lines[index]}): `;
    return readRule(one, chooseId, place);
  });
  const found = [...new Set(rules.map(({ label }) => label))].sort();
  const labels = [...new Set(parsed.data.labels ?? found)].sort();
  if (task === "extraction" && labels.length === 0) labels.push(SPAN_LABEL);
  const known = new Set(labels);
  rules.forEach(({ label }, index) => {
    if (known.has(label)) return;
    const place = `rule ${index + 1}${nameOf(rules[index])} (line ${lines[index]})`;
    throw new RangeError(
      `Cannot read ${source}: ${place}: the label ${quote(label)} is not in labels`,
    );
  });
  const problem = findMisfit(parsed.data, known);
  if (problem !== undefined) throw new RangeError(`Cannot read ${source}: ${problem}`);
  return {
    task,
    labels,
    rules,
    decision: {
      decide: task === "classification" ? "vote" : "first",
      threshold: 0,
      ...decision,
    },
    ...(match && { match }),
    refused: [],
    ...(trace && { trace }),
    ...findConfidence(parsed.data, rules),
  };
}

/** Returns the confidence of a file, unless it was measured of other rules: their margins mean something else. */
function findConfidence(
  { confidence }: Pick<z.output<typeof RuleFile>, "confidence">,
  rules: readonly Rule[],
): Pick<RuleSet, "confidence"> {
  if (confidence === undefined) return {};
  const { rules: measured = digestOf(rules), ...rest } = confidence;
  return measured === digestOf(rules) ? { confidence: rest } : {};
}

/** Returns the digest of what rules match and how they vote, in any order. */
function digestOf(rules: readonly Rule[]): string {
  return digest(rules.map((rule) => `${rule.id} ${microVote(rule)}`).sort());
}

/** Returns what of a file does not go together. */
function findMisfit(
  { task, decision, match, confidence }: z.output<typeof RuleFile>,
  labels: ReadonlySet<string>,
): string | undefined {
  const { decide, overlaps, default: fallback } = decision;
  if (task === "classification") {
    const field = match !== undefined ? "match" : overlaps && "decision.overlaps";
    if (field !== undefined) return `${field} is for spans, and the task is classification`;
    if (fallback === undefined || labels.has(fallback)) return undefined;
    return `decision.default ${quote(fallback)} is not in labels`;
  }
  const field = decide === "vote"
    ? "decision.decide vote"
    : fallback !== undefined
    ? "decision.default"
    : confidence && "confidence";
  return field && `${field} is for classification, and the task is ${task}`;
}

function readRule(
  one: unknown,
  chooseId: ReturnType<typeof createIds>,
  place: string,
): Rule {
  const parsed = FileRule.safeParse(one);
  if (!parsed.success) throw new TypeError(place + describeProblem(parsed.error));
  const { id: given, ...proposal } = parsed.data;
  const { name, label, patterns, not = [] } = proposal;
  if (![name, label, ...patterns, ...not].every((text) => text.isWellFormed())) {
    throw new RangeError(`${place}has a lone surrogate, expected valid Unicode`);
  }
  const defect = findRunDefect(proposal, { linear: true });
  if (defect !== undefined) {
    throw new SyntaxError(`${place}${defect.code}: ${toLine(defect.detail)}`);
  }
  const rule = createRule(proposal);
  return { ...rule, id: chooseId(rule.id, given) };
}

function nameOf(one: unknown): string {
  const name = isRecord(one) ? one.name : undefined;
  return typeof name === "string" ? ` ${quote(name)}` : "";
}

/**
 * Creates a function that returns the ids of rules: the one given if it fits what the rule matches and no other
 * rule has it, else the next of `r…`, `r…-2`, `r…-3` that is free.
 */
export function createIds(): (id: string, given?: string) => string {
  const numberId = createNumbering();
  const taken = new Set<string>();
  return (id, given) => {
    const isKept = given !== undefined && baseId(given) === id && !taken.has(given);
    let chosen = isKept ? given : numberId(id);
    while (taken.has(chosen)) chosen = numberId(id);
    taken.add(chosen);
    return chosen;
  };
}
