/**
 * Writes rules for other engines: as SQL, as a standalone JavaScript module, as expressions for Python, or as
 * rules of RuleChef. They give the answers of `createClassifier` and `createExtractor`; a rule that would not is refused by
 * name.
 *
 *     deno run --allow-read engines/export.ts examples/banking.trace.json --to duckdb > classify.sql
 *
 * @module
 */
import type { RuleSet } from "../learn/rules/rule_set.ts";
import { askNearest } from "../learn/text/nearest.ts";
import { showText } from "../learn/text/quoting.ts";
import { readRules } from "../pipeline/rule_files.ts";
import { parseArgs } from "../script/arguments.ts";
import { requireOutput, writeOutput } from "../script/outputs.ts";
import { NotedError, parseUsage, requirePermission, runScript, write } from "../script/script.ts";
import { isScript, readArgs } from "../system/process.ts";
import { DIALECTS, type SqlTarget } from "./dialects.ts";
import { writeExpressions } from "./expressions.ts";
import { writeModule } from "./module.ts";
import { writeRuleChef } from "./rulechef.ts";
import { type SqlOptions, writeSql } from "./sql.ts";
import type { RuleExport, UnsaidRule } from "./unsaid.ts";

export type { ExpressionFile, SpanExpression } from "./expressions.ts";
export type { ModuleClassification, ModuleSpan, NamedRule } from "./runtime.ts";
export type { RuleExport, SqlOptions, SqlTarget, UnsaidRule };

/** What rules can be written for: engines with SQL; a module of JavaScript; Python; RuleChef. */
export type ExportTarget = SqlTarget | "js" | "spacy" | "rulechef";

/** All targets. */
export const TARGETS: readonly ExportTarget[] = [
  ...Object.keys(DIALECTS) as SqlTarget[],
  "js",
  "spacy",
  "rulechef",
];

/**
 * Writes rules for another engine.
 *
 * Each rule in the text matches what it matches here, in valid Unicode. Rules decide by each other's side,
 * so that without one that is refused the answers are those of a set without it.
 *
 * @param options for targets with SQL; for `rulechef` the `column` is the field of inputs with the text
 * @throws {TypeError} if the target does not take rules of this task: SQL classifies, `spacy` finds spans
 * @throws {RangeError} if the threshold is below 0
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readRules } from "../mod.ts";
 * import { exportRules } from "./export.ts";
 *
 * const rules = await readRules("examples/banking.trace.json");
 * const { text, refused } = exportRules(rules, "duckdb", { table: "'texts.parquet'" });
 * assertEquals(refused, []);
 * assertEquals(text.trimEnd().split("\n").at(-1), `SELECT rt_text AS "text", label FROM rt_labels;`);
 * ```
 */
export function exportRules(
  set: RuleSet,
  target: ExportTarget,
  options: SqlOptions = {},
): RuleExport {
  const isClassification = set.task === "classification";
  if (target === "js") return writeModule(set);
  if (target === "rulechef") return writeRuleChef(set, options.column);
  if (isClassification === (target === "spacy")) {
    const [does, takes] = isClassification
      ? ["classify", "find spans"]
      : ["find spans", "classify"];
    throw new TypeError(`The rules ${does}, and ${target} takes rules that ${takes}`);
  }
  if (target === "spacy") return writeExpressions(set);
  return writeSql(set.rules, set.decision, target, options);
}

const usage = `Write rules for another engine, which then gives the same answers.

  deno run --allow-read=RULES engines/export.ts RULES --to TARGET [options] > FILE
  deno run --allow-read=RULES,FOLDER --allow-write=FOLDER engines/export.ts RULES --to TARGET -o FILE

RULES is a file of rules, a trace, or a rule set of RuleChef; - is the standard input. TARGET is

  duckdb, bigquery, clickhouse, trino, spark   one SQL statement that labels a table of texts
  js      a standalone module: exports classify(text), or extract(text) for rules that find spans
  spacy   JSON with expressions of Python's re, for rules that find spans
  rulechef  rules of RuleChef: expressions, and code for votes and for spans that must not overlap

  --table TABLE       the table of texts, as the engine writes it (default: texts)
  --column COLUMN     the column with the texts (default: text); for rulechef the field of inputs
                      (default: the longest text)
  --id COLUMN         a column to select beside text and label
  --view VIEW         create this view, as the engine writes it
  --drop-refused      leave out rules that the engine cannot run: the answers are those without
                      them. Otherwise such a rule is an error, and nothing is written
  -o, --output FILE   the file to write (default: the standard output)
  --help              this text
`;

function parseArguments(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      to: { type: "string" },
      table: { type: "string" },
      column: { type: "string" },
      id: { type: "string" },
      view: { type: "string" },
      "drop-refused": { type: "boolean", default: false },
      output: { type: "string", short: "o" },
      help: { type: "boolean", default: false },
    },
  });
  const { to, help, ...rest } = values;
  const target = TARGETS.find((one) => one === to);
  if (!help && positionals.length !== 1) {
    throw new TypeError(`expected one file of rules (or -), got ${positionals.length}`);
  }
  if (!help && target === undefined) {
    const got = to === undefined ? "--to is missing" : `--to is ${JSON.stringify(to)}`;
    const near = to === undefined ? "" : askNearest(to, TARGETS);
    throw new TypeError(`${got}, expected one of ${TARGETS.join(", ")}${near}`);
  }
  for (const name of ["table", "column", "id", "view", "output"] as const) {
    const value = values[name];
    if (value === "") throw new TypeError(`--${name} is empty, expected a name`);
    const isSql = target === undefined || Object.hasOwn(DIALECTS, target);
    const isField = name === "column" && target === "rulechef";
    if (value !== undefined && name !== "output" && !isSql && !isField) {
      throw new TypeError(`--${name} is for SQL, and ${target} is not`);
    }
  }
  return { ...rest, help, path: positionals[0], target: target ?? "js" };
}

async function main(args: string[]): Promise<void> {
  const parsed = parseUsage(() => parseArguments(args));
  const { help, path, target, output, table, column, id, view } = parsed;
  if (help) return write(usage);
  await requirePermission("read", path);
  if (output !== undefined) await requireOutput("--output", output, [path], "export");
  const rules = await readRules(path);
  const { text, refused } = exportRules(rules, target, { table, column, id, view });
  const notes = [
    ...rules.refused.map(({ name, detail }) =>
      `  ${showText(name)} runs nowhere: ${showText(detail)}`
    ),
    ...refused.map(({ rule, reason }) => `  ${showText(rule.name)}: ${showText(reason)}`),
  ];
  const count = rules.rules.length;
  if (refused.length > 0 && !parsed["drop-refused"]) {
    throw new NotedError(
      `${refused.length} of ${count} rules cannot run on ${target} with equal answers ` +
        "(--drop-refused writes the others):",
      notes,
    );
  }
  if (output === undefined) write(text);
  else writeOutput(output, text, "export");
  const left = refused.length === 0 ? "" : `${refused.length} of ${count} rules are left out:\n`;
  if (notes.length > 0) write(`${left}${notes.join("\n")}\n`, "stderr");
}

if (isScript("export", import.meta.main, import.meta.url)) {
  await runScript("export.ts", () => main(readArgs()));
}
