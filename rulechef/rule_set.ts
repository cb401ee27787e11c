/**
 * Reads rule sets of RuleChef (https://github.com/KRLabsOrg/rulechef) from its JSON, translated so that
 * they answer as they do there.
 *
 * - **Patterns** are translated from Python, see {@linkcode translatePython}: from the package `regex`,
 *   which RuleChef runs, or from the module `re` if `"engine": "re"` stands beside the list of rules. Only
 *   rules of format `regex` are taken.
 * - **Order**: RuleChef sorts by priority, then validated precision or else confidence, then name without
 *   regard to case, then its own id. The rules here decide in that order: `precision` is the validated
 *   precision, or else the confidence unless that is 0.5. If only the ids tell rules apart, the names of
 *   later ones get theirs, as in `exchange_rate [b126-008]`.
 * - **Templates**: `label` or `type` becomes the label. The text of a span may be made of groups
 *   (`"text": "$1 $2"`); its offsets are then those of the first place in the match that has this text in any
 *   case, or those of the whole match. Other fields change nothing. A rule without a template may have a plain
 *   `label`.
 * - **Doubles**, the same rule under several names or priorities, are kept, with ids that end in `-2` ….
 * - A rule that cannot be taken as it is is refused, with its name and the reason: also one that lacks a field or
 *   has an odd one, unless no rule of the file has the fields of a rule.
 *
 * @module
 */
import type { Task } from "../learn/data/examples.ts";
import { createRule, MAX_NAME, type Refusal, type Rule } from "../learn/rules/rule.ts";
import { findRunDefect, proposedName } from "../learn/rules/running.ts";
import { describeKind, isRecord, parseJson } from "../learn/text/json.ts";
import { createNumbering } from "../learn/text/numbering.ts";
import { quote } from "../learn/text/quoting.ts";
import { readInput } from "../learn/text/reading.ts";
import { keepOrder, type MisplacedRule, type TakenRule } from "./order.ts";
import { PYTHON_ENGINES, type PythonEngine } from "./python/nodes.ts";
import { translatePython, type Translation } from "./python/translate.ts";
import {
  type ConvertedPattern,
  describe,
  isFalse,
  readTemplate,
  refuse,
  type Refused,
} from "./templates.ts";

/** The rules of a RuleChef file. */
export interface RuleChefRules {
  /** What the rules are for. */
  readonly task: Task;
  /** In the order of the file. */
  readonly rules: Rule[];
  /** The id of each rule in RuleChef, by its id here; missing if the file gives none. */
  readonly origins: ReadonlyMap<string, string>;
  /** The rules that were not taken, in the order of the file. */
  readonly refused: Refusal[];
  /** The formats of all rules, each once, in the order of the file; only `regex` is taken. */
  readonly formats: readonly string[];
}

/**
 * Parses rules: a list of them, or an object that has one under `rules`, at the top (a saved data set)
 * or further inside (the result of a benchmark). The outermost of several lists counts.
 *
 * The task is that of the saved data set, else the one that most rules are for, of those that are regular
 * expressions if there are any.
 *
 * @param source what errors call the text: `Cannot read <source>: rule 3: …`
 * @throws {SyntaxError} if the text is not JSON, or too deep or too long
 * @throws {TypeError} if no list of rules is found, or no rule has the fields of a rule
 * @throws {RangeError} if the task or the engine is unknown, the list is empty, several lists are equally far
 * out, or no rule has fields with values that are allowed
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { parseRuleChef } from "./rule_set.ts";
 *
 * const { task, rules } = parseRuleChef(JSON.stringify([{
 *   id: "b1",
 *   name: "year",
 *   content: String.raw`in (\d{4})`,
 *   priority: 7,
 *   output_template: { text: "$1", start: "$start", end: "$end", type: "DATE" },
 *   output_key: "entities",
 * }]));
 * assertEquals(task, "ner");
 * assertEquals(rules[0].patterns, [String.raw`in (\p{Nd}{4})`]);
 * assertEquals(rules[0].template, { text: "$1" });
 * ```
 */
export function parseRuleChef(text: string, source = "the rules"): RuleChefRules {
  const document = parseJson(text, source);
  const fail = `Cannot read ${source}:`;
  const { list, declared, engine } = findRules(document, fail);
  const read = list.map((one, index) => readRule(one, `${fail} rule ${index + 1}: `));
  const fileRules = read.filter((one): one is FileRule => !("error" in one));
  // Without any, it is a list of something else.
  if (fileRules.length === 0 && "error" in read[0]) throw read[0].error;
  const task = declared ?? findTask(fileRules);
  const numberId = createNumbering();
  const origins = new Map<string, string>();
  const refused: MisplacedRule[] = [];
  const taken: TakenRule[] = [];
  for (const [index, one] of read.entries()) {
    const isDeclared = declared !== undefined;
    const converted = "error" in one ? one : convertRule(one, { task, isDeclared, engine });
    if ("refused" in converted) {
      refused.push({ refused: { name: proposedName(one), ...converted.refused }, index });
      continue;
    }
    const id = numberId(converted.rule.id);
    taken.push({
      rule: { ...converted.rule, id },
      source: "id" in one ? one.id : undefined,
      index,
    });
  }
  const { kept, misplaced } = keepOrder(taken);
  for (const { rule, source } of kept) if (source) origins.set(rule.id, source);
  return {
    task,
    rules: kept.map(({ rule }) => rule),
    origins,
    refused: [...refused, ...misplaced].sort((a, b) => a.index - b.index)
      .map(({ refused }) => refused),
    formats: [...new Set(fileRules.map(({ format }) => format))],
  };
}

/**
 * Reads rules from a file, or from standard input for the path `-`. Needs read permission for a file.
 *
 * @throws {Error} if the file cannot be read, naming it; the cause is kept
 * @throws {Deno.errors.NotCapable} if the permission is missing
 * @throws {SyntaxError | TypeError | RangeError} as {@linkcode parseRuleChef}
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readRuleChef } from "./rule_set.ts";
 *
 * const path = await Deno.makeTempFile({ suffix: ".json" });
 * const rule = { name: "rate", content: "rate", output_template: { label: "exchange" } };
 * await Deno.writeTextFile(path, JSON.stringify([rule]));
 * const { rules } = await readRuleChef(path);
 * assertEquals(rules[0].label, "exchange");
 * await Deno.remove(path);
 * ```
 */
export async function readRuleChef(path: string): Promise<RuleChefRules> {
  const { text, source } = await readInput(path);
  return parseRuleChef(text, source);
}

/** A rule as the file has it, with its fields checked. */
type FileRule = Readonly<ReturnType<typeof checkRule>>;

/** The tasks that RuleChef's rules can be for here. */
export const TASKS = ["classification", "ner", "extraction"] as const;
/** The `output_key` of a rule, by task. */
export const OUTPUT_KEYS = {
  classification: "label",
  ner: "entities",
  extraction: "spans",
} as const;

function findRules(
  document: unknown,
  fail: string,
): { list: readonly unknown[]; declared?: Task; engine: PythonEngine } {
  if (Array.isArray(document)) return { list: notEmpty(document, fail), engine: "regex" };
  if (!isRecord(document)) {
    throw new TypeError(`${fail} it is ${describeKind(document)}, expected a list of rules`);
  }
  let level: Record<string, unknown>[] = [document];
  while (level.length > 0) {
    const holders = level.filter(({ rules }) => Array.isArray(rules));
    if (holders.length > 1) {
      throw new RangeError(`${fail} it has ${holders.length} lists of rules, expected one`);
    }
    if (holders.length === 1) {
      const [{ rules, task, engine: named = "regex" }] = holders;
      const list = notEmpty(rules as unknown[], fail);
      const engine = PYTHON_ENGINES.find((one) => one === named);
      if (engine === undefined) {
        throw new RangeError(`${fail} its engine is ${describe(named)}, expected "regex" or "re"`);
      }
      const type = isRecord(task) ? task.type : undefined;
      if (type === undefined) return { list, engine };
      const declared = TASKS.find((one) => one === type);
      if (declared !== undefined) return { list, declared, engine };
      const expected = `expected one of ${TASKS.join(", ")}`;
      throw new RangeError(`${fail} its task is ${describe(type)}, ${expected}`);
    }
    level = level.flatMap((one) => Object.values(one).filter(isRecord));
  }
  throw new TypeError(`${fail} it has no list of rules`);
}

function notEmpty(list: readonly unknown[], fail: string): readonly unknown[] {
  if (list.length === 0) throw new RangeError(`${fail} its list of rules is empty`);
  return list;
}

/** A rule without the fields of one. */
interface MalformedRule extends Refused {
  readonly name: string;
  /** The error to throw if no rule of the file has them. */
  readonly error: Error;
}

function readRule(value: unknown, fail: string): FileRule | MalformedRule {
  try {
    return checkRule(value, fail);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    const refused = refuse("invalid-rule", error.message.slice(fail.length));
    return { name: proposedName(value), error, ...refused };
  }
}

function checkRule(value: unknown, fail: string) {
  if (!isRecord(value)) {
    throw new TypeError(`${fail}it is ${describeKind(value)}, expected an object`);
  }
  const hasTemplate = !isFalse(value.output_template);
  const isPlain = typeof value.label === "string" && !hasTemplate;
  const template = hasTemplate
    ? value.output_template
    : isPlain
    ? { label: value.label }
    : undefined;
  if (template !== undefined && !isRecord(template)) {
    throw new TypeError(
      `${fail}its output_template is ${describeKind(template)}, expected an object`,
    );
  }
  const id = optional(value, "id", "string", fail);
  const key = isPlain ? OUTPUT_KEYS.classification : optional(value, "output_key", "string", fail);
  const precision = optional(value, "validated_precision", "number", fail);
  const support = optional(value, "validated_support", "number", fail);
  const confidence = optional(value, "confidence", "number", fail) ?? 0.5;
  for (const [name, share] of Object.entries({ validated_precision: precision, confidence })) {
    if (share !== undefined && !(share >= 0 && share <= 1)) {
      throw new RangeError(`${fail}its ${name} is ${share}, expected 0 to 1`);
    }
  }
  return {
    id,
    name: required(value, "name", fail),
    format: optional(value, "format", "string", fail) ?? "regex",
    content: required(value, "content", fail),
    priority: optional(value, "priority", "number", fail) ?? 5,
    confidence,
    precision,
    support,
    template,
    key,
  };
}

function required(fields: Readonly<Record<string, unknown>>, name: string, fail: string): string {
  const value = fields[name];
  if (typeof value === "string") return value;
  throw new TypeError(`${fail}its ${name} is ${describeKind(value)}, expected a string`);
}

/** Returns a field that may be missing or null. */
function optional<Type extends "string" | "number">(
  fields: Readonly<Record<string, unknown>>,
  name: string,
  type: Type,
  fail: string,
): { string: string; number: number }[Type] | undefined {
  const value = fields[name] ?? undefined;
  if (value === undefined || typeof value === type) return value as never;
  throw new TypeError(`${fail}its ${name} is ${describeKind(value)}, expected a ${type}`);
}

/** Returns the task that a rule is for by itself, if it tells one. */
function taskOf({ key, template }: FileRule): Task | undefined {
  const keyTask = TASKS.find((task) => OUTPUT_KEYS[task] === key);
  if (keyTask !== undefined) return keyTask;
  if (template === undefined) return key ? undefined : "extraction";
  const has = (field: string) => Object.hasOwn(template, field);
  const hasPlace = has("start") || has("end");
  // RuleChef has one label for a text, whatever its key.
  if (has("label") && !hasPlace) return "classification";
  if (key) return undefined;
  return has("type") || has("label") ? "ner" : "extraction";
}

/** Returns the task of most rules; of equally many, the first in the order of {@linkcode TASKS}. */
function findTask(rules: readonly FileRule[]): Task {
  const expressions = rules.filter(({ format }) => format === "regex");
  const asked = expressions.length > 0 ? expressions : rules;
  const counts = TASKS.map((task) => asked.filter((rule) => taskOf(rule) === task).length);
  return TASKS[counts.indexOf(Math.max(...counts))];
}

/** What the rules of a file share. */
interface RuleContext {
  readonly task: Task;
  /** Whether the file names the task, which rules without a key are then for. */
  readonly isDeclared: boolean;
  readonly engine: PythonEngine;
}

/** Converts a rule, or tells why it is refused. */
function convertRule(
  fileRule: FileRule,
  { task, isDeclared, engine }: RuleContext,
): { readonly rule: Rule } | Refused {
  const { name, format, content, priority, key, precision, support, confidence } = fileRule;
  if (name === "" || name.length > MAX_NAME || !name.isWellFormed()) {
    return refuse("invalid-rule", `its name is empty, over ${MAX_NAME} long or not valid Unicode`);
  }
  if (format !== "regex") {
    return refuse("invalid-rule", `its format is ${quote(format)}, expected "regex"`);
  }
  if (!Number.isSafeInteger(priority)) {
    return refuse("invalid-rule", `its priority is ${priority}, expected a whole number`);
  }
  const isOwn = isDeclared && (!key || task === "classification");
  const ownTask = isOwn ? task : taskOf(fileRule);
  if (ownTask !== task) {
    const other = ownTask ?? `output ${quote(key ?? "")}`;
    return refuse("invalid-rule", `it is for ${other}, the others are for ${task}`);
  }
  const converted = convertPattern(content, task, engine);
  if ("refused" in converted) return converted;
  const output = readTemplate(fileRule.template, task, converted);
  if ("refused" in output) return output;
  const isSupport = precision !== undefined && Number.isSafeInteger(support) && support! >= 0;
  return {
    rule: createRule({
      name,
      label: output.label,
      patterns: [converted.pattern],
      flags: converted.flags,
      ...(output.template === undefined ? {} : { template: output.template }),
      priority,
      precision: precision ?? (confidence === 0.5 ? undefined : confidence),
      support: isSupport ? support : undefined,
    }),
  };
}

/** Translates a pattern and makes sure that it runs, or tells why it is refused. */
function convertPattern(
  content: string,
  task: Task,
  engine: PythonEngine,
): ConvertedPattern | Refused {
  let translation: Translation;
  try {
    const finds = task === "classification" ? "match" : "spans";
    translation = translatePython(content, { engine, finds });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return refuse("invalid-pattern", error.message);
  }
  const { pattern, flags, groups, unsettled } = translation;
  if (pattern === "") return refuse("catch-all", "its pattern is empty");
  const defect = findRunDefect({ patterns: [pattern], flags }, { linear: true });
  if (defect !== undefined) return { refused: defect };
  return { pattern, flags, groups, unsettled };
}
