/**
 * Writes rules as a standalone JavaScript module, which needs nothing but a runtime.
 *
 * @module
 */
import { type AST, RegExpParser } from "npm:@eslint-community/regexpp@^4";
import { checkBacktracking } from "../learn/rules/backtracking.ts";
import { compareRules, microThreshold, microVote } from "../learn/rules/decisions.ts";
import { hasModifiers } from "../learn/rules/form.ts";
import { writeOutModifiers } from "../learn/rules/modifiers.ts";
import type { Rule } from "../learn/rules/rule.ts";
import { createFill } from "../learn/rules/running/templates.ts";
import { escapeControls } from "../learn/text/quoting.ts";
import type { RuleSet } from "../learn/rules/rule_set.ts";
import { findLiterals } from "./conditions.ts";
import { createClassify, createExtract, createRuntime, type ModuleRule } from "./runtime.ts";
import { Inexpressible } from "./terms.ts";
import type { RuleExport, UnsaidRule } from "./unsaid.ts";

type Ready = Pick<Rule, "patterns" | "flags"> & { readonly rule: Rule; readonly not: string[] };

/**
 * Writes a rule set as an ECMAScript module that exports `classify` or `extract`, which give what
 * `createClassifier` and `createExtractor` give.
 *
 * @throws {RangeError} if the threshold is below 0
 */
export function writeModule({ task, rules, decision }: RuleSet): RuleExport {
  const refused: UnsaidRule[] = [];
  const isClassification = task === "classification";
  const inOrder = isClassification ? rules : rules.toSorted(compareRules);
  const ready = inOrder.flatMap((rule): Ready[] => {
    try {
      return [prepare(rule)];
    } catch (error) {
      if (!(error instanceof Inexpressible)) throw error;
      refused.push({ rule, reason: error.message });
      return [];
    }
  });
  const { decide, threshold, overlaps = "drop" } = decision;
  const isVote = decide === "vote";
  const ranks = isVote ? undefined : new Map(
    ready.map(({ rule }) => rule).sort(compareRules).map((rule, at) => [rule, at]),
  );
  const literals = chooseLiterals(ready);
  const lines = ready.map(({ rule, flags, patterns, not }, at) => {
    const { id, name, label, group, template } = rule;
    const written: ModuleRule = [
      id,
      name,
      label,
      ranks?.get(rule) ?? microVote(rule),
      flags,
      patterns,
      not,
      literals[at],
    ];
    if (isClassification) return written;
    if (template === undefined) return [...written, group ?? 0];
    return [...written, 0, template];
  });
  const least = Math.min(microThreshold(threshold), Number.MAX_VALUE);
  const fallback = decision.default === undefined ? "undefined" : writeJson(decision.default);
  const run = isClassification
    ? `const classify = (${
      sourceOf(createClassify)
    })(rules, runtime, ${isVote}, ${least}, ${fallback});`
    : `const extract = (${sourceOf(createExtract)})(rules, runtime, ${overlaps === "drop"}${
      ready.some(({ rule }) => rule.template) ? `, (${sourceOf(createFill)})()` : ""
    });`;
  const needs = ready.some(({ flags }) => flags.includes("v")) ? "20" : "18";
  const text = `// ${ready.length} ${
    ready.length === 1 ? "rule" : "rules"
  } by ruletrace. Needs Node ${needs} or newer, Deno, or a browser as new.
const rules = [
${lines.map(writeJson).join(",\n")}
];
const runtime = (${sourceOf(createRuntime)})(rules);
${run}
export { ${isClassification ? "classify" : "extract"} };
`;
  return { text, refused: refused.sort((a, b) => rules.indexOf(a.rule) - rules.indexOf(b.rule)) };
}

/** Returns the source of a function, without its comments and with half of its indentation. */
function sourceOf(run: { toString(): string }): string {
  return run.toString().replace(/^ *\/\/.*\n/gm, "")
    .replace(/^ +/gm, (indent) => indent.slice(indent.length / 2));
}

/** Writes a value in one line that may stand in a page. */
function writeJson(value: unknown): string {
  return escapeControls(JSON.stringify(value)).replaceAll("<", "\\u003c");
}

const OLDER = new RegExpParser({ ecmaVersion: 2024 });

/** Writes patterns so that runtimes of ECMAScript 2024 read them. */
function prepare(rule: Rule): Ready {
  const { patterns, not = [], flags } = rule;
  const all = [...patterns, ...not];
  for (const pattern of all) {
    const defect = checkBacktracking(pattern, flags);
    if (defect !== undefined) throw new Inexpressible(`could take too long: ${defect}`);
  }
  if (!all.some(hasModifiers)) {
    all.forEach((pattern) => requireOlder(pattern, flags));
    return { rule, flags, patterns, not: [...not] };
  }
  const written = all.map((pattern) => {
    try {
      return writeOutModifiers(pattern, flags);
    } catch (error) {
      if (error instanceof SyntaxError) throw new Inexpressible(error.message, { cause: error });
      throw error;
    }
  }).map((pattern) => pattern.replace(/(?<!\\)\(\?:([A-Za-z])\|\[([^\]\\]+)\]\)/g, "[$1$2]"));
  const left = flags.replace(/[ims]/g, "");
  written.forEach((pattern) => requireOlder(pattern, left));
  return {
    rule,
    flags: left,
    patterns: written.slice(0, patterns.length),
    not: written.slice(patterns.length),
  };
}

function requireOlder(pattern: string, flags: string): void {
  const [unicode, unicodeSets] = [flags.includes("u"), flags.includes("v")];
  try {
    const _: AST.Pattern = OLDER.parsePattern(pattern, 0, pattern.length, { unicode, unicodeSets });
  } catch (cause) {
    throw new Inexpressible(`needs newer runtimes: ${(cause as Error).message}`, { cause });
  }
}

/** Chooses for each rule the literals that the fewest other rules need: few texts have them. */
function chooseLiterals(ready: readonly Ready[]): (readonly string[] | 0)[] {
  const lists = ready.map(({ rule }) =>
    rule.patterns.map((pattern) => findLiterals(pattern, rule.flags))
      .filter(({ length }) => length > 0)
  );
  const uses = new Map<string, number>();
  for (const list of lists) {
    for (const key of new Set(list.flat())) uses.set(key, (uses.get(key) ?? 0) + 1);
  }
  const cost = (literals: readonly string[]) =>
    literals.reduce((sum, literal) => sum + uses.get(literal)!, 0);
  return lists.map((list) => list.toSorted((a, b) => cost(a) - cost(b)).at(0) ?? 0);
}
