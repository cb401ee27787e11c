/**
 * Rules: regular expressions that a person can read, each standing for one label.
 *
 * A rule matches a text where every one of its `patterns` matches and none of its `not` patterns
 * does: a conjunction without lookahead towers.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { compileRule, createRule } from "./rule.ts";
 *
 * const rule = createRule({ name: "fx_rate", label: "exchange", patterns: [String.raw`\brates?\b`] });
 * assertEquals(compileRule(rule).test("Which RATE do I get?"), true);
 * ```
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { checkBacktracking } from "./backtracking.ts";
import { shortDigest } from "../text/digest.ts";
import type { Span } from "../data/examples.ts";
import { countGroups, createExpression } from "./expressions.ts";

/** Rule ids: `r` and 12 hexadecimal digits of what the rule matches; `-2` … for imported doubles. */
export const RuleId = z.string().regex(
  /^r[0-9a-f]{12}(-[1-9]\d{0,6})?$/,
  "expected a rule id such as r0123456789ab",
);

/** The longest pattern that is accepted, in UTF-16 code units. */
const MAX_PATTERN_LENGTH = 4_000;

/** The largest weight of a rule. */
export const MAX_WEIGHT = 1e6;

const ruleShape = {
  name: z.string().min(1).max(400),
  label: z.string().min(1),
  patterns: z.array(z.string().min(1)).min(1).max(16),
  not: z.array(z.string().min(1)).min(1).max(16).optional(),
  flags: z.string().regex(/^[imsuv]*$/, "expected flags out of i, m, s, u, v"),
  group: z.int().min(1).max(99).optional(),
  template: z.strictObject({ text: z.string().regex(/^\$[1-9]\d?$/) }).optional(),
  priority: z.int(),
  weight: z.number().min(0).max(MAX_WEIGHT).optional(),
  precision: z.number().min(0).max(1).optional(),
  support: z.int().min(0).optional(),
};

/**
 * One rule. To find spans, the first pattern finds them, each match giving one, and the others are
 * conditions on the text; `group` is the capture group of the first pattern that is the span (the
 * whole match where absent). `template` is for rules of RuleChef: the span is the group that it names,
 * and a match in which that group took no part gives the whole match with an empty text. `weight` is its vote in log-odds (1 where absent), `priority` its place in a decision
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
  "over-limit",
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

/** The fields that say what a rule matches. */
export type MatchField = "patterns" | "not" | "flags" | "group" | "template";

/** The id of a rule: from what it matches, so that the same rule has the same id in every run. */
export function ruleId(rule: Pick<Rule, "label" | MatchField>): string {
  const { label, patterns, not, flags, group, template } = rule;
  return `r${shortDigest({ label, patterns, not, flags, group, template }, 12)}`;
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
  const { not, group, template, weight, precision, support, ...rest } = parsed.data;
  return {
    id: ruleId(parsed.data),
    ...rest,
    // Members that are undefined would not come back from a file.
    ...(not === undefined ? {} : { not }),
    ...(group === undefined ? {} : { group }),
    ...(template === undefined ? {} : { template }),
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

/** A span that a rule finds. */
export interface MatchedSpan extends Span {
  /** What the rule says the span's text is: mostly what the text holds there. */
  readonly text: string;
}

/** A rule ready to run. */
export interface CompiledRule {
  readonly rule: Rule;
  /** Whether the rule matches `text`. */
  test(text: string): boolean;
  /** The spans that the rule finds in `text`, from left to right: none that is empty. */
  find(text: string): MatchedSpan[];
}

/** Rules that are ready, as the same rule is run on several sets of examples. */
const compiledRules = new WeakMap<Rule, CompiledRule>();

/**
 * Makes a rule ready to run. The same rule is made ready once.
 *
 * @throws {SyntaxError} where a pattern is no regular expression, or no engine can run it in
 * reasonable time
 */
export function compileRule(rule: Rule): CompiledRule {
  const known = compiledRules.get(rule);
  if (known !== undefined) return known;
  const compiled = createCompiled(rule);
  compiledRules.set(rule, compiled);
  return compiled;
}

function createCompiled(rule: Rule): CompiledRule {
  const { flags, group, template } = rule;
  const [first, ...conditions] = rule.patterns.map((pattern) => createExpression(pattern, flags));
  const none = (rule.not ?? []).map((pattern) => createExpression(pattern, flags));
  const holds = (text: string) =>
    conditions.every((one) => one.test(text)) && !none.some((one) => one.test(text));
  const source = template === undefined ? undefined : Number(template.text.slice(1));
  return {
    rule,
    test: (text) => first.test(text) && holds(text),
    find(text) {
      const found = first.findAll(text, group ?? source);
      if (found.length === 0 || !holds(text)) return [];
      return found.flatMap((match): MatchedSpan[] => {
        const wanted = group ?? source;
        const span = wanted === undefined ? match : match.group;
        if (span === undefined) {
          // RuleChef then gives the empty text for the whole match.
          return source === undefined ? [] : [{ start: match.start, end: match.end, text: "" }];
        }
        const { start, end } = span;
        return start === end ? [] : [{ start, end, text: text.slice(start, end) }];
      });
    },
  };
}

/**
 * Why a rule is refused, or `undefined` where it is not: a pattern that is too long or does not
 * compile, one that can backtrack exponentially, a group that the first pattern does not have, a rule
 * that matches the empty text and so says nothing about any other.
 *
 * @param options.linear whether a pattern that can backtrack exponentially may run on the engine that
 * does not backtrack, if it can
 */
export function findDefect(
  rule: Pick<Rule, MatchField>,
  options: { readonly linear?: boolean } = {},
): Omit<Refusal, "name"> | undefined {
  const defect = findRunDefect(rule, options);
  if (defect !== undefined) return defect;
  const { patterns, not = [], flags } = rule;
  const matchesEmpty = (pattern: string) => createExpression(pattern, flags).test("");
  if (patterns.every(matchesEmpty) && !not.some(matchesEmpty)) {
    return { code: "catch-all", detail: "matches the empty text" };
  }
  return undefined;
}

/** Why a rule cannot run, if there is a reason. */
function findRunDefect(
  { patterns, not = [], flags, group = 0, template }: Pick<Rule, MatchField>,
  options: { readonly linear?: boolean },
): Omit<Refusal, "name"> | undefined {
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
    if (detail === undefined) continue;
    if (!options.linear) return { code: "backtracking", detail };
    try {
      createExpression(pattern, flags);
    } catch (error) {
      return { code: "backtracking", detail: (error as Error).message };
    }
  }
  const wanted = Math.max(group, template === undefined ? 0 : Number(template.text.slice(1)));
  if (wanted === 0) return undefined;
  const groups = countGroups(patterns[0], flags);
  if (wanted <= groups) return undefined;
  const detail = `group ${wanted} is wanted, and the first pattern has ${groups || "none"}`;
  return { code: "invalid-rule", detail };
}

/**
 * Nothing, where every rule can run.
 *
 * @throws {SyntaxError} where a pattern is no regular expression, or no engine can run it in
 * reasonable time, or a rule wants a group that it does not have
 */
export function requireRunnable(rules: readonly Rule[]): void {
  for (const rule of rules) {
    const defect = findRunDefect(rule, { linear: true });
    if (defect === undefined) continue;
    throw new SyntaxError(`Rule ${rule.id} cannot run: ${defect.code}: ${defect.detail}`);
  }
}

/**
 * Turns what a synthesizer proposed into a rule, or says why not. `proposal` may be any value.
 *
 * @param labels the labels of the data set
 * @param taken ids that exist already
 * @param options as {@linkcode findDefect} takes them
 */
export function admit(
  proposal: unknown,
  labels: ReadonlySet<string>,
  taken: { has(id: string): boolean },
  options: { readonly linear?: boolean } = {},
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
  const defect = findDefect(parsed.data, options);
  if (defect) return { refused: { name, ...defect } };
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

/** The name without the label that it begins with: what is left to show under a label. */
export function withoutLabel({ name, label }: Rule): string {
  const prefix = `${label}/`;
  return name.startsWith(prefix) && name !== prefix ? name.slice(prefix.length) : name;
}
