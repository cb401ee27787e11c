/**
 * Rules: regular expressions that a person can read, each for one label.
 *
 * A rule matches a text if all of its `patterns` match and none of its `not` patterns does, which says
 * a conjunction without nested lookaheads.
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
import { quote, toLine } from "../text/quoting.ts";
import { schemaOf } from "../text/schemas.ts";
import type { Span } from "../data/examples.ts";
import { createExpression } from "./expressions.ts";
import { findGroupDefect, findSyntaxDefect, groupOf } from "./form.ts";

/** Rule ids: `r` and 12 hexadecimal digits of what the rule matches; `-2` … for imported duplicates. */
export const RuleId = z.string().regex(
  /^r[0-9a-f]{12}(-[1-9]\d{0,6})?$/,
  "expected a rule id such as r0123456789ab",
);

/** The largest weight of a rule. */
export const MAX_WEIGHT = 1e6;

/**
 * One rule. Each match of the first pattern is a span, if spans are looked for; the other patterns are
 * conditions on the text.
 */
export interface Rule {
  /** `r` and 12 hexadecimal digits of what the rule matches; `-2` … for imported duplicates. */
  readonly id: string;
  /** For people: the label and the pattern in short. */
  readonly name: string;
  /** What the rule votes for: the label of a text, or the type of a span. */
  readonly label: string;
  /** One to 16 regular expressions, all of which match. */
  readonly patterns: readonly string[];
  /** Regular expressions of which none matches. */
  readonly not?: readonly string[];
  /** Flags of the expressions, out of `i`, `m`, `s`, `u` and `v`. */
  readonly flags: string;
  /** The capture group of the first pattern that is the span, from 1; by default the whole match. */
  readonly group?: number;
  /**
   * For rules of RuleChef: the span is the group that it names, as in `$1`. A match without that group gives
   * the whole match with an empty text.
   */
  readonly template?: {
    /** `$` and the number of the group. */
    readonly text: string;
  };
  /** The rule's place in a decision list, higher first. */
  readonly priority: number;
  /** The rule's vote in log-odds, 0 to 1e6; by default 1. */
  readonly weight?: number;
  /** Its precision on the examples it was learned from, 0 to 1. */
  readonly precision?: number;
  /** How many of these examples it matched. */
  readonly support?: number;
}

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

/** Reads a {@linkcode Rule}. */
export const RuleSchema = schemaOf<Rule>()(z.strictObject({ id: RuleId, ...ruleShape }));

/** A rule as a synthesizer or an audit proposes it: not yet checked, without an id. */
export interface Proposal extends Omit<Rule, "id" | "flags" | "priority"> {
  /**
   * Flags of the expressions.
   *
   * @default "i"
   */
  readonly flags?: string;
  /**
   * The rule's place in a decision list, higher first.
   *
   * @default 0
   */
  readonly priority?: number;
}

/** Reads a {@linkcode Proposal}, with its defaults. */
export const ProposalSchema = schemaOf<Omit<Rule, "id">>()(z.strictObject({
  ...ruleShape,
  flags: ruleShape.flags.default("i"),
  priority: ruleShape.priority.default(0),
}));

/** The reason of a refusal, as a code that programs can count. */
export type RefusalCode =
  | "invalid-rule"
  | "invalid-pattern"
  | "backtracking"
  | "catch-all"
  | "unknown-label"
  | "unknown-rule"
  | "duplicate"
  | "over-limit"
  | "quote";

/** Reads a {@linkcode RefusalCode}. */
export const RefusalCodeSchema = schemaOf<RefusalCode>()(z.enum([
  "invalid-rule",
  "invalid-pattern",
  "backtracking",
  "catch-all",
  "unknown-label",
  "unknown-rule",
  "duplicate",
  "over-limit",
  "quote",
]));

/** A proposal that cannot become a rule. */
export interface Refusal {
  /** The name that it was proposed with, empty if it had none. */
  readonly name: string;
  /** The reason. */
  readonly code: RefusalCode;
  /** The reason in words. */
  readonly detail: string;
}

/** Reads a {@linkcode Refusal}. */
export const RefusalSchema = schemaOf<Refusal>()(
  z.strictObject({ name: z.string(), code: RefusalCodeSchema, detail: z.string() }),
);

/** The strengths that a step changes on a rule that stays. */
export interface Reweight
  extends Partial<Pick<Rule, "weight" | "priority" | "precision" | "support">> {
  /** Id of the rule. */
  readonly rule: string;
}

/** Reads a {@linkcode Reweight}. */
export const ReweightSchema = schemaOf<Reweight>()(z.strictObject({
  rule: RuleId,
  weight: ruleShape.weight,
  priority: ruleShape.priority.optional(),
  precision: ruleShape.precision,
  support: ruleShape.support,
}));

/** A field that says what a rule matches. */
export type MatchField = "patterns" | "not" | "flags" | "group" | "template";

/** Derives the id of a rule from what it matches: the same rule has the same id in every run. */
export function ruleId(rule: Pick<Rule, "label" | MatchField>): string {
  const { label, patterns, not, flags, group, template } = rule;
  return `r${shortDigest({ label, patterns, not, flags, group, template }, 12)}`;
}

/** Rounds a weight to a millionth, the unit in which votes are counted. */
export function roundWeight(weight: number): number {
  return Math.round(weight * 1e6) / 1e6;
}

/**
 * Creates a rule from a proposal: fills in defaults, rounds the weight, adds the id.
 *
 * @throws {TypeError} if a field is missing or has the wrong type
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createRule } from "./rule.ts";
 *
 * const rule = createRule({ name: "rate", label: "exchange", patterns: [String.raw`\brates?\b`] });
 * assertEquals([rule.id, rule.flags, rule.priority], ["r420745867907", "i", 0]);
 * ```
 */
export function createRule(proposal: Proposal): Rule {
  const parsed = ProposalSchema.safeParse(proposal);
  if (!parsed.success) throw new TypeError(`Not a rule: ${z.prettifyError(parsed.error)}`);
  const { not, group, template, weight, precision, support, ...rest } = parsed.data;
  const rounded = weight === undefined ? undefined : roundWeight(weight);
  const strengths = { weight: rounded, precision, support };
  return { id: ruleId(parsed.data), ...rest, ...defined({ not, group, template, ...strengths }) };
}

/** Returns `rule` with those of its strengths changed that are defined in `changes`. */
export function changeStrengths(rule: Rule, changes: Omit<Reweight, "rule">): Rule {
  const { weight, priority, precision, support } = changes;
  return { ...rule, ...defined({ weight, priority, precision, support }) };
}

/** Drops undefined members: they would not come back from a file. */
function defined(members: Partial<Rule>): Partial<Rule> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** A span that a rule finds. */
export interface MatchedSpan extends Span {
  /** The text of the span, as the rule gives it: empty for a template without its group. */
  readonly text: string;
}

/** A rule ready to run. */
export interface CompiledRule {
  readonly rule: Rule;
  /**
   * Tells whether the rule matches `text`.
   *
   * @param onUnfinished called if the search for a pattern was given up before the end of the text
   */
  test(text: string, onUnfinished?: () => void): boolean;
  /**
   * Returns the spans that the rule finds in `text`, from left to right, without empty ones.
   *
   * @param onUnfinished called as by `test`
   */
  find(text: string, onUnfinished?: () => void): MatchedSpan[];
}

/** Compiled rules, as the same rule runs on several sets of examples. */
const compiledRules = new WeakMap<Rule, CompiledRule>();

/**
 * Makes a rule ready to run. The same rule is compiled once.
 *
 * @throws {SyntaxError} if a pattern is not a regular expression, or no engine can run it in reasonable
 * time
 */
export function compileRule(rule: Rule): CompiledRule {
  const compiled = compiledRules.get(rule) ?? createCompiled(rule);
  compiledRules.set(rule, compiled);
  return compiled;
}

function createCompiled(rule: Rule): CompiledRule {
  const { flags, group, template } = rule;
  const [first, ...conditions] = rule.patterns.map((pattern) => createExpression(pattern, flags));
  const none = (rule.not ?? []).map((pattern) => createExpression(pattern, flags));
  const holds = (text: string, onUnfinished?: () => void) =>
    conditions.every((one) => one.test(text, onUnfinished)) &&
    !none.some((one) => one.test(text, onUnfinished));
  const spanGroup = group ?? groupOf(template);
  return {
    rule,
    test: (text, onUnfinished) => first.test(text, onUnfinished) && holds(text, onUnfinished),
    find(text, onUnfinished) {
      const found = first.findAll(text, spanGroup, onUnfinished);
      if (found.length === 0 || !holds(text, onUnfinished)) return [];
      return found.flatMap((match): MatchedSpan[] => {
        const span = spanGroup === undefined ? match : match.group;
        if (span === undefined) {
          // RuleChef then gives the empty text for the whole match.
          return template === undefined ? [] : [{ start: match.start, end: match.end, text: "" }];
        }
        const { start, end } = span;
        return start === end ? [] : [{ start, end, text: text.slice(start, end) }];
      });
    },
  };
}

/**
 * Returns why a rule must be refused, or `undefined` if it need not: a pattern is too long or too deeply
 * nested, does not compile or can backtrack for too long; the first pattern does not have the group;
 * or the rule is a catch-all, which matches even the empty text.
 *
 * @param options.linear whether a pattern that can backtrack for too long may run on the engine that
 * takes linear time, if it can
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

/** Returns why a rule cannot run, or `undefined` if it can. */
function findRunDefect(
  rule: Pick<Rule, MatchField>,
  options: { readonly linear?: boolean },
): Omit<Refusal, "name"> | undefined {
  const { patterns, not = [], flags } = rule;
  for (const pattern of [...patterns, ...not]) {
    const defect = findSyntaxDefect(pattern, flags);
    if (defect !== undefined) return defect;
    const detail = checkBacktracking(pattern, flags);
    if (detail === undefined) continue;
    if (!options.linear) return { code: "backtracking", detail };
    try {
      createExpression(pattern, flags);
    } catch (error) {
      return { code: "backtracking", detail: (error as Error).message };
    }
  }
  return findGroupDefect(rule);
}

/**
 * Throws unless every rule can run.
 *
 * @throws {SyntaxError} if a pattern is not a regular expression, or no engine can run it in reasonable
 * time, or the first pattern does not have the group of the rule
 */
export function requireRunnable(rules: readonly Rule[]): void {
  for (const rule of rules) {
    const defect = findRunDefect(rule, { linear: true });
    if (defect === undefined) continue;
    throw new SyntaxError(`Rule ${rule.id} cannot run: ${defect.code}: ${defect.detail}`);
  }
}

/**
 * Turns a proposal, which may be any value, into a rule or a refusal.
 *
 * @param labels the labels of the data set
 * @param taken the ids of other rules
 * @param options see {@linkcode findDefect}
 */
export function admit(
  proposal: unknown,
  labels: ReadonlySet<string>,
  taken: { has(id: string): boolean },
  options: { readonly linear?: boolean } = {},
): { rule: Rule } | { refused: Refusal } {
  const refuse = (code: Refusal["code"], detail: string) => {
    return { refused: { name: nameOf(proposal), code, detail } };
  };
  const parsed = ProposalSchema.safeParse(proposal);
  if (!parsed.success) {
    return refuse("invalid-rule", z.prettifyError(parsed.error).slice(0, 400).toWellFormed());
  }
  const { name, label, patterns, not = [] } = parsed.data;
  if (![name, label, ...patterns, ...not].every((text) => text.isWellFormed())) {
    return refuse("invalid-rule", "has a lone surrogate, expected valid Unicode");
  }
  if (!labels.has(label)) {
    return refuse("unknown-label", `no example has the label ${quote(toLine(label), 200)}`);
  }
  const defect = findDefect(parsed.data, options);
  if (defect) return refuse(defect.code, defect.detail);
  const rule = createRule(parsed.data);
  return taken.has(rule.id) ? refuse("duplicate", `matches what ${rule.id} matches`) : { rule };
}

function nameOf(proposal: unknown): string {
  const name = (proposal as { name?: unknown } | null | undefined)?.name;
  return typeof name === "string" ? name.slice(0, 400).toWellFormed() : "";
}

/** Returns the name of a rule without the label that it begins with, to show it under that label. */
export function withoutLabel({ name, label }: Rule): string {
  const prefix = `${label}/`;
  return name.startsWith(prefix) && name !== prefix ? name.slice(prefix.length) : name;
}
