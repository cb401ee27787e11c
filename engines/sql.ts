/**
 * Writes a classifier as one SQL statement over a table of texts.
 *
 * Each distinct pattern is a column of booleans, and each label a column of votes in whole millionths,
 * so that sums are exact. A pattern runs only on texts with a literal that it needs.
 *
 * @module
 */
import {
  compareRules,
  type DecisionOptions,
  microThreshold,
  microVote,
} from "../learn/rules/decisions.ts";
import type { Rule } from "../learn/rules/rule.ts";
import { compareCodeUnits } from "../learn/text/folding.ts";
import { showText } from "../learn/text/quoting.ts";
import { type ConditionedRule, type TextCondition, writeConditions } from "./conditions.ts";
import { DIALECTS, type SqlDialect, type SqlTarget } from "./dialects.ts";
import type { RuleExport } from "./unsaid.ts";

/** The table of texts. */
export interface SqlOptions {
  /**
   * The table, or what stands for one, in the engine's own words: it goes into the statement as it is.
   *
   * @default "texts"
   */
  readonly table?: string;
  /**
   * The name of the column with the texts.
   *
   * @default "text"
   */
  readonly column?: string;
  /** The name of a column to select beside text and label; by default none. */
  readonly id?: string;
  /** The view to create, in the engine's own words; by default the statement only selects. */
  readonly view?: string;
}

/** A query that the next one selects from. */
interface Query {
  readonly name: string;
  /** The columns, with those of the step before that are still needed. */
  readonly columns: readonly string[];
}

/** The most operands side by side: engines limit how deep they nest, and how many a function takes. */
const MAX_OPERANDS = 50;
/** The largest number of 32 bits, which engines take sums of small numbers for. */
const MAX_INTEGER = 2 ** 31 - 1;
/** Above any sum of votes, and in the range of whole numbers of all engines. */
const MOST_VOTES = Number.MAX_SAFE_INTEGER;

/**
 * Writes a statement that selects the text and the label of each row, as `createClassifier` decides: NULL if
 * the rules abstain, or the text is NULL.
 *
 * @throws {RangeError} if the threshold is below 0
 */
export function writeSql(
  rules: readonly Rule[],
  decision: DecisionOptions,
  target: SqlTarget,
  options: SqlOptions = {},
): RuleExport {
  const { table = "texts", column = "text", id, view } = options;
  const sql = DIALECTS[target];
  const written = writeConditions(rules, sql.syntax);
  const kept = [...(id === undefined ? [] : ["rt_id"]), "rt_text"];
  const source = [
    ...(id === undefined ? [] : [`${sql.name(id)} AS rt_id`]),
    `${sql.name(column)} AS rt_text`,
  ];
  const decide = decision.decide === "vote" ? writeVotes : writeFirst;
  const steps: Query[] = [
    { name: "rt_texts", columns: source },
    ...writePatterns(written.conditions, kept, sql),
    ...decide(written.rules, decision, kept, sql),
  ];
  const queries = steps.map(({ name, columns }, at) => {
    const from = at === 0 ? table : steps[at - 1].name;
    return `${name} AS (SELECT\n  ${columns.join(",\n  ")}\nFROM ${from})`;
  });
  const names = [...(id === undefined ? [] : [id]), column];
  const selected = [...names.map((name, at) => `${kept[at]} AS ${sql.name(name)}`), "label"];
  const create = view === undefined ? "" : `CREATE OR REPLACE VIEW ${view} AS\n`;
  const last = steps.at(-1)!.name;
  const text = `${create}WITH ${queries.join(",\n")}\nSELECT ${
    selected.join(", ")
  } FROM ${last};\n`;
  return { text, refused: written.refused };
}

/** Writes the texts in the forms that patterns need, then literals, then patterns: `p0` … */
function writePatterns(
  conditions: readonly TextCondition[],
  kept: readonly string[],
  sql: SqlDialect,
): Query[] {
  const literals = [...new Set(conditions.flatMap((condition) => condition.literals))];
  const numbers = new Map(literals.map((literal, at) => [literal, at]));
  const forms = new Map<string, Form>(conditions.map((one) => [formOf(one), one]));
  const patterns = conditions.map((condition, at) => {
    const match = sql.matches(formOf(condition), sql.text(condition.expression));
    const needed = condition.literals.map((literal) => `g${numbers.get(literal)}`);
    const gated = needed.length === 0
      ? match
      : `CASE WHEN ${needed.join(" OR ")} THEN ${match} ELSE false END`;
    return `${gated} AS p${at}`;
  });
  forms.delete("rt_text");
  const formColumns = [...forms.keys()];
  const writeForms = [...forms].map(([form, one]) => `${writeForm(one, sql)} AS ${form}`);
  if (literals.length > 0) {
    // Long s and kelvin are letters of ASCII to some patterns.
    const folded = writeLower(sql, "rt_text", "\u017f\u212a", "sk");
    const columns = literals.map((literal, at) =>
      `${sql.contains("rt_found", sql.text(literal))} AS g${at}`
    );
    return [
      { name: "rt_forms", columns: [...kept, ...writeForms, `${folded} AS rt_found`] },
      { name: "rt_literals", columns: [...kept, ...formColumns, ...columns] },
      { name: "rt_patterns", columns: [...kept, ...patterns] },
    ];
  }
  return [
    ...(forms.size > 0 ? [{ name: "rt_forms", columns: [...kept, ...writeForms] }] : []),
    { name: "rt_patterns", columns: [...kept, ...patterns] },
  ];
}

type Form = Pick<TextCondition, "isFolded" | "needsUnits">;

function formOf({ isFolded, needsUnits }: Form): string {
  return `rt_${isFolded ? "folded" : "text"}${needsUnits ? "_units" : ""}`;
}

/** Writes the text in a form: the same case for ASCII letters, two characters for one. */
function writeForm({ isFolded, needsUnits }: Form, sql: SqlDialect): string {
  const units = needsUnits
    ? sql.replaces("rt_text", sql.text("[\\x{10000}-\\x{10ffff}]"), sql.halves)
    : "rt_text";
  return isFolded ? writeLower(sql, units) : units;
}

const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Writes a text with ASCII letters in lower case, and other characters replaced. */
function writeLower(
  { translate }: SqlDialect,
  text: string,
  others = "",
  replacements = "",
): string {
  const lower = UPPER.toLowerCase();
  return `${translate}(${text}, '${UPPER}${others}', '${lower}${replacements}')`;
}

/** Writes the votes for each label, `v0` …, the most votes, and the label. */
function writeVotes(
  rules: readonly ConditionedRule[],
  { threshold, default: fallback }: DecisionOptions,
  kept: readonly string[],
  sql: SqlDialect,
): Query[] {
  // Of labels with equal votes the first in code unit order decides.
  const labels = [...new Set(rules.map(({ rule }) => rule.label))].sort(compareCodeUnits);
  const byLabel = Map.groupBy(rules, ({ rule }) => rule.label);
  // Engines take long to plan a sum of thousands.
  const sums: string[] = [];
  const votes = labels.map((label, at) => {
    const parts = split(byLabel.get(label)!).map((some) => {
      sums.push(`${writeSum(some)} AS s${sums.length}`);
      return `CAST(s${sums.length - 1} AS BIGINT)`;
    });
    return `${nest(parts, (some) => some.join(" + "))} AS v${at}`;
  });
  const columns = labels.map((_, at) => `v${at}`);
  const most = labels.length === 0
    ? "0"
    : nest(columns, (some) => some.length === 1 ? some[0] : `greatest(${some.join(", ")})`);
  const least = Math.min(microThreshold(threshold), MOST_VOTES);
  const cases = labels.map((label, at) => `WHEN v${at} = rt_most THEN ${sql.text(label)}`);
  const label = [
    "CASE WHEN rt_text IS NULL THEN NULL",
    `WHEN rt_most <= ${least} THEN ${writeLabel(fallback, sql)}`,
    ...cases,
    "END AS label",
  ].join("\n    ");
  return [
    { name: "rt_sums", columns: [...kept, ...sums] },
    { name: "rt_votes", columns: [...kept, ...votes] },
    { name: "rt_most", columns: [...kept, ...columns, `${most} AS rt_most`] },
    { name: "rt_labels", columns: [...kept, label] },
  ];
}

/** Writes the label of the first rule that matches. */
function writeFirst(
  rules: readonly ConditionedRule[],
  { default: fallback }: DecisionOptions,
  kept: readonly string[],
  sql: SqlDialect,
): Query[] {
  const cases = rules.toSorted((a, b) => compareRules(a.rule, b.rule)).map((one) =>
    `WHEN ${writeHolds(one)} THEN ${sql.text(one.rule.label)}${nameOf(one.rule)}`
  );
  const first = nest(
    cases,
    (some) =>
      some[0].startsWith("WHEN") ? `CASE ${some.join("")}END` : `COALESCE(${some.join(",\n    ")})`,
  );
  const found = cases.length === 0 ? [] : [first];
  const label = `CASE WHEN rt_text IS NULL THEN NULL ELSE COALESCE(${
    [...found, writeLabel(fallback, sql)].join(",\n    ")
  }) END AS label`;
  return [{ name: "rt_labels", columns: [...kept, label] }];
}

function writeHolds({ all, none }: ConditionedRule): string {
  return [...all.map((number) => `p${number}`), ...none.map((number) => `NOT p${number}`)]
    .join(" AND ");
}

function writeLabel(label: string | undefined, sql: SqlDialect): string {
  return label === undefined ? "NULL" : sql.text(label);
}

/** Writes the name of a rule as a comment that ends with the line. */
function nameOf({ name }: Rule): string {
  return ` -- ${showText(name)}\n    `;
}

/** Writes the sum of the votes of a few rules. */
function writeSum(rules: readonly ConditionedRule[]): string {
  const votes = rules.map(({ rule }) => microVote(rule));
  const isSmall = votes.reduce((sum, one) => sum + one, 0) <= MAX_INTEGER;
  return rules.map((one, at) => {
    const vote = isSmall ? `${votes[at]}` : `CAST(${votes[at]} AS BIGINT)`;
    return `CASE WHEN ${writeHolds(one)} THEN ${vote} ELSE 0 END${nameOf(one.rule)}`;
  }).join("+ ");
}

function split<T>(list: readonly T[]): T[][] {
  const groups: T[][] = [];
  for (let at = 0; at < list.length; at += MAX_OPERANDS) {
    groups.push(list.slice(at, at + MAX_OPERANDS));
  }
  return groups;
}

/** Joins operands so that few stand side by side, and few are nested. */
function nest(operands: readonly string[], join: (some: readonly string[]) => string): string {
  if (operands.length <= MAX_OPERANDS) return join(operands);
  return nest(split(operands).map((some) => `(${join(some)})`), join);
}
