/**
 * Rules: regular expressions that a person can read, each for one label.
 *
 * A rule matches a text if all of its `patterns` match and none of its `not` patterns does, which says
 * a conjunction without nested lookaheads.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createRule } from "./rule.ts";
 *
 * const rule = createRule({ name: "fx_rate", label: "exchange", patterns: [String.raw`\brates?\b`] });
 * assertEquals(rule.flags, "i");
 * ```
 *
 * @module
 */
import * as z from "npm:zod@^4";
import type { Span } from "../data/examples.ts";
import { shortDigest } from "../text/digest.ts";
import { schemaOf } from "../text/schemas.ts";

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
   * Instead of `group`, for rules of RuleChef: a span has a text of its own, and is the first place in the match that
   * has this text in any case of letters, or else the whole match. It may be empty.
   */
  readonly template?: {
    /**
     * The text of a span, up to 1,000 code units. `$1` is replaced by the text of that group, empty if it took no
     * part, `$0` by that of the match, `$start` and `$end` by its offsets in characters. In a longer text they are
     * replaced one after another, `$0` first, so that `$12` there is `$1` and a 2.
     */
    readonly text: string;
    /** The groups of the first pattern that `$1`, `$2` … stand for; by default all, in their order. */
    readonly groups?: readonly number[];
    /** The span if the match does not have the text; by default the match. */
    readonly span?: Span;
  };
  /** The rule's place in a decision list, higher first. */
  readonly priority: number;
  /** The rule's vote in log-odds, 0 to 1e6; by default 1. */
  readonly weight?: number;
  /** Its precision on the examples it was learned from, 0 to 1. */
  readonly precision?: number;
  /** How many of these examples it matched. */
  readonly support?: number;
  /** Whether the rule is to stay as it is: nothing removes, merges or reweights it. Only rules that a run begins with can be locked. */
  readonly locked?: true;
}

/** What makes spans of matches. */
export type SpanTemplate = NonNullable<Rule["template"]>;

/** The longest name of a rule, in UTF-16 code units. */
export const MAX_NAME = 400;
/** The longest text of a template, in UTF-16 code units. */
export const MAX_TEMPLATE_TEXT = 1_000;
/** The most groups that a template lists. */
export const MAX_TEMPLATE_GROUPS = 1_000;

const offset = z.int().min(0);

const SpanTemplateSchema = schemaOf<SpanTemplate>()(z.strictObject({
  text: z.string().max(MAX_TEMPLATE_TEXT),
  groups: z.array(z.int().min(1)).max(MAX_TEMPLATE_GROUPS).optional(),
  span: z.strictObject({ start: offset, end: offset })
    .refine(({ start, end }) => start <= end, "expected a start that is not after the end")
    .optional(),
}));

const ruleShape = {
  name: z.string().min(1).max(MAX_NAME),
  label: z.string().min(1),
  patterns: z.array(z.string().min(1)).min(1).max(16),
  not: z.array(z.string().min(1)).min(1).max(16).optional(),
  flags: z.string().regex(/^[imsuv]*$/, "expected flags out of i, m, s, u, v"),
  group: z.int().min(1).max(99).optional(),
  template: SpanTemplateSchema.optional(),
  priority: z.int(),
  weight: z.number().min(0).max(MAX_WEIGHT).optional(),
  precision: z.number().min(0).max(1).optional(),
  support: z.int().min(0).optional(),
  locked: z.literal(true).optional(),
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
  | "quote"
  | "withheld"
  | "locked"
  | "contradicted";

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
  "withheld",
  "locked",
  "contradicted",
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

/** Returns the id of a rule without the number of a double: that of all rules that match the same. */
export function baseId(id: string): string {
  return id.replace(/-\d+$/, "");
}

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
  const { not, group, template, weight, precision, support, locked, ...rest } = parsed.data;
  const rounded = weight === undefined ? undefined : roundWeight(weight);
  const strengths = { weight: rounded, precision, support, locked };
  return { id: ruleId(parsed.data), ...rest, ...defined({ not, group, template, ...strengths }) };
}

/** Returns `rule` with those of its strengths changed that are defined in `changes`. */
export function changeStrengths(rule: Rule, changes: Omit<Reweight, "rule">): Rule {
  const { weight, priority, precision, support } = changes;
  return { ...rule, ...defined({ weight, priority, precision, support }) };
}

/** Lists the strengths of a rule that differ from those of another. */
export function differingStrengths(rule: Rule, other: Rule): (typeof STRENGTHS)[number][] {
  return STRENGTHS.filter((name) => rule[name] !== other[name]);
}

const STRENGTHS = ["weight", "priority", "precision", "support"] as const;

/** Drops undefined members: they would not come back from a file. */
function defined(members: Partial<Rule>): Partial<Rule> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** Returns the name of a rule without the label that it begins with, to show it under that label. */
export function withoutLabel({ name, label }: Pick<Rule, "name" | "label">): string {
  const prefix = `${label}/`;
  return name.startsWith(prefix) && name !== prefix ? name.slice(prefix.length) : name;
}
