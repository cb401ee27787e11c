/**
 * Rules ready to run, and what is refused because it cannot run.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { compileRule } from "./running.ts";
 * import { createRule } from "./rule.ts";
 *
 * const rule = createRule({ name: "fx_rate", label: "exchange", patterns: [String.raw`\brates?\b`] });
 * assertEquals(compileRule(rule).test("Which RATE do I get?"), true);
 * ```
 *
 * @module
 */
import * as z from "npm:zod@^4";
import type { Span } from "../data/examples.ts";
import { describeKind, isRecord } from "../text/json.ts";
import { quote, toLine } from "../text/quoting.ts";
import { checkBacktracking } from "./backtracking.ts";
import { createExpression } from "./expressions.ts";
import { countGroups, findGroupDefect, findSyntaxDefect, groupOf } from "./form.ts";
import type { ExpressionMatch } from "./linear.ts";
import {
  createRule,
  type MatchField,
  ProposalSchema,
  type Refusal,
  type Rule,
  type SpanTemplate,
} from "./rule.ts";
import { fillTemplate } from "./running/templates.ts";

/** A span that a rule finds. */
export interface MatchedSpan extends Span {
  /** The text of the span, as the rule gives it: a template may give another than stands there. */
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
   * Returns the spans that the rule finds in `text`, from left to right. Only those of a template may be empty,
   * or reach beyond the end.
   *
   * @param onUnfinished called as by `test`
   * @param places all places at which a match of the first pattern can begin, and maybe others, ascending;
   * by default all
   */
  find(text: string, onUnfinished?: () => void, places?: readonly number[]): MatchedSpan[];
  /** Returns the first match of each pattern in `text`, by start, without empty ones: what to mark. */
  locate(text: string): Span[];
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
  const patterns = rule.patterns.map((pattern) => createExpression(pattern, flags));
  const [first, ...conditions] = patterns;
  const none = (rule.not ?? []).map((pattern) => createExpression(pattern, flags));
  const holds = (text: string, onUnfinished?: () => void) =>
    conditions.every((one) => one.test(text, onUnfinished)) &&
    !none.some((one) => one.test(text, onUnfinished));
  /** How many groups the first pattern has; counted when a template first needs it. */
  let groups: number | undefined;
  return {
    rule,
    test: (text, onUnfinished) => first.test(text, onUnfinished) && holds(text, onUnfinished),
    find(text, onUnfinished, places) {
      const search = (group?: number) => first.findAll(text, group, onUnfinished, places);
      const found = search(template === undefined ? group : groupOf(template));
      if (found.length === 0 || !holds(text, onUnfinished)) return [];
      if (template !== undefined) {
        groups ??= countGroups(rule.patterns[0], flags);
        return fillAll(template, groups, text, found, search);
      }
      return found.flatMap((match): MatchedSpan[] => {
        const span = group === undefined ? match : match.group;
        if (span === undefined || span.start === span.end) return [];
        const { start, end } = span;
        return [{ start, end, text: text.slice(start, end) }];
      });
    },
    locate: (text) =>
      patterns.flatMap((pattern) => pattern.findAll(text).slice(0, 1))
        .map(({ start, end }) => ({ start, end }))
        .filter(({ start, end }) => start < end)
        .sort((a, b) => a.start - b.start || a.end - b.end),
  };
}

/** Makes the spans of matches. `search` finds them again, with another group. */
function fillAll(
  template: SpanTemplate,
  groups: number,
  text: string,
  found: readonly ExpressionMatch[],
  search: (group: number) => readonly ExpressionMatch[],
): MatchedSpan[] {
  const searched = new Map([[groupOf(template), found]]);
  const matchesWith = (group: number) => {
    const matches = searched.get(group) ?? search(group);
    searched.set(group, matches);
    return matches;
  };
  return found.map((match, index) => {
    const textOf = (group: number) => {
      // Missing if this search was given up earlier.
      const span = matchesWith(group)[index]?.group;
      return span && text.slice(span.start, span.end);
    };
    return fillTemplate(template, text, match, textOf, groups);
  });
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

/** Returns why a rule cannot run, or `undefined` if it can; as {@linkcode findDefect}, but takes a catch-all. */
export function findRunDefect(
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
 * @throws {TypeError} if something is not a list of rules, naming the first that is not a rule
 * @throws {SyntaxError} if a pattern is not a regular expression, or no engine can run it in reasonable
 * time, or the first pattern does not have the group of the rule
 */
export function requireRunnable(rules: readonly Rule[]): void {
  requireRules(rules);
  for (const rule of rules) {
    const defect = findRunDefect(rule, { linear: true });
    if (defect === undefined) continue;
    throw new SyntaxError(`Rule ${rule.id} cannot run: ${defect.code}: ${defect.detail}`);
  }
}

/**
 * Throws unless a value is a list of rules, whether or not they can run.
 *
 * @throws {TypeError} if it is not, naming the first that is not a rule
 */
export function requireRules(rules: readonly Rule[]): void {
  if (!Array.isArray(rules)) {
    throw new TypeError(`The rules are ${describeKind(rules)}, expected a list of rules`);
  }
  for (const [index, rule] of rules.entries()) {
    const misfit = findMisfit(rule);
    if (misfit === undefined) continue;
    throw new TypeError(`Rule ${index + 1}: ${misfit}, expected a rule as createRule makes it`);
  }
}

/** Returns why a value, which may come from JavaScript, cannot be taken for a rule. */
function findMisfit(rule: unknown): string | undefined {
  if (!isRecord(rule)) return `it is ${describeKind(rule)}`;
  for (const field of ["id", "name", "label", "flags"]) {
    if (typeof rule[field] !== "string") return describeField(field, rule[field]);
  }
  for (const field of ["patterns", "not"]) {
    const value = rule[field];
    if (field === "not" && value === undefined) continue;
    if (!Array.isArray(value)) return describeField(field, value);
    if (!value.every((one) => typeof one === "string")) return `its ${field} are not all texts`;
  }
  return undefined;
}

function describeField(field: string, value: unknown): string {
  return `its ${field} is ${describeKind(value)}`;
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
    return { refused: { name: proposedName(proposal), code, detail } };
  };
  const parsed = ProposalSchema.safeParse(proposal);
  if (!parsed.success) {
    return refuse("invalid-rule", z.prettifyError(parsed.error).slice(0, 400).toWellFormed());
  }
  const { name, label, patterns, not = [], template } = parsed.data;
  if (
    ![name, label, ...patterns, ...not, template?.text ?? ""].every((text) => text.isWellFormed())
  ) {
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

/** Returns the name of what may be a proposal, for a refusal; empty if it has none. */
export function proposedName(proposal: unknown): string {
  const name = (proposal as { name?: unknown } | null | undefined)?.name;
  return typeof name === "string" ? name.slice(0, 400).toWellFormed() : "";
}
