/**
 * Rules: regular expressions that a person can read, each standing for one label.
 *
 * A rule matches a text where every one of its `patterns` matches and none of its `not` patterns
 * does: a conjunction without lookahead towers.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { compileRule, createRule } from "./rules.ts";
 *
 * const rule = createRule({ name: "fx_rate", label: "exchange", patterns: [String.raw`\brates?\b`] });
 * assertEquals(compileRule(rule).test("Which RATE do I get?"), true);
 * ```
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { checkBacktracking } from "./backtracking.ts";
import { shortDigest } from "./digest.ts";

/** Rule ids: `r` and 12 hexadecimal digits of what the rule matches; `-2` … for imported doubles. */
export const RuleId = z.string().regex(
  /^r[0-9a-f]{12}(-[1-9]\d{0,6})?$/,
  "expected a rule id such as r0123456789ab",
);

/** The longest pattern that is accepted, in UTF-16 code units. */
const MAX_PATTERN_LENGTH = 2_000;

/** The largest weight of a rule. */
export const MAX_WEIGHT = 1e6;

const ruleShape = {
  name: z.string().min(1).max(400),
  label: z.string().min(1),
  patterns: z.array(z.string().min(1)).min(1).max(16),
  not: z.array(z.string().min(1)).min(1).max(16).optional(),
  flags: z.string().regex(/^[imsuv]*$/, "expected flags out of i, m, s, u, v"),
  priority: z.int(),
  weight: z.number().min(0).max(MAX_WEIGHT).optional(),
  precision: z.number().min(0).max(1).optional(),
  support: z.int().min(0).optional(),
};

/**
 * One rule. `weight` is its vote in log-odds (1 where absent), `priority` its place in a decision
 * list (higher first), `precision` (0 to 1) and `support` (examples matched) what it reached on the
 * examples it was learned from.
 */
export const Rule = z.strictObject({ id: RuleId, ...ruleShape });
/** See the schema of the same name. */
export type Rule = Readonly<z.infer<typeof Rule>>;

/** A rule as a synthesizer proposes it: not yet checked, without an id. */
export const Proposal = z.strictObject({
  ...ruleShape,
  flags: ruleShape.flags.default("i"),
  priority: ruleShape.priority.default(0),
});
/** See the schema of the same name; `flags` default to `i`, `priority` to 0. */
export type Proposal = Readonly<z.input<typeof Proposal>>;

/** Why a proposal was refused, as a code that programs can count. */
export const RefusalCode = z.enum([
  "invalid-rule",
  "invalid-pattern",
  "backtracking",
  "catch-all",
  "unknown-label",
  "unknown-rule",
  "duplicate",
]);
/** A proposal that did not become a rule. */
export const Refusal = z.strictObject({ name: z.string(), code: RefusalCode, detail: z.string() });
/** See the schema of the same name. */
export type Refusal = Readonly<z.infer<typeof Refusal>>;

/** What a step may change on a rule that stays. */
export const Reweight = z.strictObject({
  rule: RuleId,
  weight: ruleShape.weight,
  priority: ruleShape.priority.optional(),
  precision: ruleShape.precision,
  support: ruleShape.support,
});
/** See the schema of the same name. */
export type Reweight = Readonly<z.infer<typeof Reweight>>;

/** The id of a rule: from what it matches, so that the same rule has the same id in every run. */
export function ruleId(rule: Pick<Rule, "label" | "patterns" | "not" | "flags">): string {
  const { label, patterns, not, flags } = rule;
  return `r${shortDigest({ label, patterns, not, flags }, 12)}`;
}

/** Rounds a weight to 1e-6, the grain in which votes are counted. */
export function roundWeight(weight: number): number {
  return Math.round(weight * 1e6) / 1e6;
}

/**
 * A rule from a proposal: defaults filled in, weight rounded, id given.
 *
 * @throws {TypeError} where a field is missing or has the wrong type
 */
export function createRule(proposal: Proposal): Rule {
  const parsed = Proposal.safeParse(proposal);
  if (!parsed.success) throw new TypeError(`Not a rule: ${z.prettifyError(parsed.error)}`);
  const { not, weight, precision, support, ...rest } = parsed.data;
  return {
    id: ruleId(parsed.data),
    ...rest,
    // Members that are undefined would not come back from a file.
    ...(not === undefined ? {} : { not }),
    ...(weight === undefined ? {} : { weight: roundWeight(weight) }),
    ...(precision === undefined ? {} : { precision }),
    ...(support === undefined ? {} : { support }),
  };
}

/** `rule` with those of the strengths that are given: weight, priority, precision, support. */
export function changeStrengths(rule: Rule, changes: Omit<Reweight, "rule">): Rule {
  const { weight, priority, precision, support } = changes;
  const changed: { -readonly [Field in keyof Rule]: Rule[Field] } = { ...rule };
  if (weight !== undefined) changed.weight = weight;
  if (priority !== undefined) changed.priority = priority;
  if (precision !== undefined) changed.precision = precision;
  if (support !== undefined) changed.support = support;
  return changed;
}

/** A rule ready to run. */
export interface CompiledRule {
  readonly rule: Rule;
  /** Whether the rule matches `text`. */
  test(text: string): boolean;
}

/**
 * Makes a rule ready to run.
 *
 * @throws {SyntaxError} where a pattern is no regular expression
 */
export function compileRule(rule: Rule): CompiledRule {
  const all = rule.patterns.map((pattern) => new RegExp(pattern, rule.flags));
  const none = (rule.not ?? []).map((pattern) => new RegExp(pattern, rule.flags));
  return {
    rule,
    test: (text) => all.every((one) => one.test(text)) && !none.some((one) => one.test(text)),
  };
}

/**
 * Why a rule must not run, or `undefined` where it may: a pattern that is too long or does not
 * compile, one that can backtrack exponentially, a rule that matches the empty text and so says
 * nothing about any other.
 */
export function findFault(
  rule: Pick<Rule, "patterns" | "not" | "flags">,
): Omit<Refusal, "name"> | undefined {
  const { patterns, not = [], flags } = rule;
  for (const pattern of [...patterns, ...not]) {
    if (pattern.length > MAX_PATTERN_LENGTH) {
      const detail = `pattern of ${pattern.length} characters, at most ${MAX_PATTERN_LENGTH}`;
      return { code: "invalid-pattern", detail };
    }
    try {
      new RegExp(pattern, flags);
    } catch (error) {
      return { code: "invalid-pattern", detail: (error as Error).message };
    }
    const detail = checkBacktracking(pattern, flags);
    if (detail !== undefined) return { code: "backtracking", detail };
  }
  const matchesEmpty = patterns.every((pattern) => new RegExp(pattern, flags).test(""));
  if (matchesEmpty && !not.some((pattern) => new RegExp(pattern, flags).test(""))) {
    return { code: "catch-all", detail: "matches the empty text" };
  }
  return undefined;
}

/**
 * Turns what a synthesizer proposed into a rule, or says why not. `proposal` may be any value.
 *
 * @param labels the labels of the data set
 * @param taken ids that exist already
 */
export function admit(
  proposal: unknown,
  labels: ReadonlySet<string>,
  taken: { has(id: string): boolean },
): { rule: Rule } | { refused: Refusal } {
  const parsed = Proposal.safeParse(proposal);
  if (!parsed.success) {
    const detail = z.prettifyError(parsed.error).slice(0, 400).toWellFormed();
    return { refused: { name: nameOf(proposal), code: "invalid-rule", detail } };
  }
  const { name, label, patterns, not = [] } = parsed.data;
  if (![name, label, ...patterns, ...not].every((text) => text.isWellFormed())) {
    const detail = "has a lone surrogate, expected valid Unicode";
    return { refused: { name: name.toWellFormed(), code: "invalid-rule", detail } };
  }
  if (!labels.has(label)) {
    const detail = `no example has the label ${JSON.stringify(label).slice(0, 200)}`;
    return { refused: { name, code: "unknown-label", detail: detail.toWellFormed() } };
  }
  const fault = findFault(parsed.data);
  if (fault) return { refused: { name, ...fault } };
  const rule = createRule(parsed.data);
  if (taken.has(rule.id)) {
    return { refused: { name, code: "duplicate", detail: `matches what ${rule.id} matches` } };
  }
  return { rule };
}

function nameOf(proposal: unknown): string {
  const name = (proposal as { name?: unknown } | null | undefined)?.name;
  return typeof name === "string" ? name.slice(0, 400).toWellFormed() : "";
}
