/**
 * Rule sets of RuleChef (https://github.com/KRLabsOrg/rulechef), read from its JSON and translated so
 * that they answer as they do there.
 *
 * - **Patterns** are translated from Python, see {@linkcode translatePython}. Only rules of format
 *   `regex` are taken.
 * - **Order**: RuleChef sorts by priority, then validated precision or else confidence, then name without
 *   regard to case, then its own id. The rules here decide in that order: `precision` is the validated
 *   precision, or the confidence where that is all there is and it is not 0.5. Where only the ids tell
 *   rules apart, later ones have theirs added to the name, as in `exchange_rate [b126-008]`.
 * - **Templates**: `label` or `type` becomes the label. The text of a span may be that of a group
 *   (`"text": "$1"`); its offsets are then those of the group, or of the whole match where the group
 *   took no part and the text is empty.
 * - **Doubles**, the same rule under several names or priorities, are kept, with ids that end in `-2` ….
 * - What cannot be taken as it is is refused, with its name and the reason.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { parseRuleChef } from "./rule_set.ts";
 *
 * const { task, rules } = parseRuleChef(JSON.stringify([{
 *   id: "b1",
 *   name: "year",
 *   content: String.raw`\bin (\d{4})`,
 *   priority: 7,
 *   output_template: { text: "$1", start: "$start", end: "$end", type: "DATE" },
 *   output_key: "entities",
 * }]));
 * assertEquals(task, "ner");
 * assertEquals(rules[0].patterns, [String.raw`(?<![\p{L}\p{N}_])in (\p{Nd}{4})`]);
 * assertEquals(rules[0].template, { text: "$1" });
 * ```
 *
 * @module
 */
import { checkBacktracking } from "../learn/rules/backtracking.ts";
import { compareRules } from "../learn/rules/decisions.ts";
import { compareCodeUnits } from "../learn/text/folding.ts";
import { SPAN_LABEL, type Task } from "../learn/data/examples.ts";
import { createExpression } from "../learn/rules/expressions.ts";
import { describeKind, isRecord, parseJson } from "../learn/text/json.ts";
import { translatePython, type Translation } from "./python/translate.ts";
import { quote } from "../learn/text/quoting.ts";
import { readInput } from "../learn/text/reading.ts";
import { createRule, type Refusal, type Rule } from "../learn/rules/rule.ts";

/** The rules of a RuleChef file. */
export interface RuleSet {
  readonly task: Task;
  /** In the order of the file. */
  readonly rules: Rule[];
  /** The id that each rule has in RuleChef, by its id here; missing where the file gives none. */
  readonly origins: ReadonlyMap<string, string>;
  /** The rules that were not taken, in the order of the file. */
  readonly refused: Refusal[];
}

/**
 * Reads rules: a list of them, or an object that has one under `rules`, at the top (a saved data set)
 * or further inside (the result of a benchmark). Of several the outermost counts.
 *
 * The task is that of the saved data set, else the one that most rules are for.
 *
 * @param source what errors call the text: `Cannot read <source>: rule 3: …`
 * @throws {SyntaxError} where the text is not JSON, too deep or too long
 * @throws {TypeError} where there are no rules, or a field has the wrong type
 * @throws {RangeError} where a field has a value that is not allowed, there is no rule, or not one
 * list of rules further out than others
 */
export function parseRuleChef(text: string, source = "the rules"): RuleSet {
  const document = parseJson(text, source);
  const fail = `Cannot read ${source}:`;
  const { list, declared } = findRules(document, fail);
  const given = list.map((one, index) => checkRule(one, `${fail} rule ${index + 1}:`, index));
  const task = declared ?? findTask(given);
  const repeats = new Map<string, number>();
  const origins = new Map<string, string>();
  const refused: Refusal[] = [];
  const taken: { given: GivenRule; rule: Rule }[] = [];
  for (const one of given) {
    const made = makeRule(one, task, declared !== undefined);
    if ("refused" in made) {
      refused.push({ name: one.name, ...made.refused });
      continue;
    }
    const { rule } = made;
    const repeat = (repeats.get(rule.id) ?? 0) + 1;
    repeats.set(rule.id, repeat);
    const id = repeat === 1 ? rule.id : `${rule.id}-${repeat}`;
    if (one.id !== undefined) origins.set(id, one.id);
    taken.push({ given: one, rule: { ...rule, id } });
  }
  return { task, rules: keepOrder(taken, fail), origins, refused };
}

/**
 * Reads rules from a file, or from standard input for the path `-`. Needs read permission for the
 * file, none for standard input.
 *
 * @throws {Error} where the file cannot be read, naming it; the cause is kept
 * @throws {Deno.errors.NotCapable} where the permission is missing
 * @throws {SyntaxError | TypeError | RangeError} as {@linkcode parseRuleChef}
 */
export async function readRuleChef(path: string): Promise<RuleSet> {
  const { text, source } = await readInput(path);
  return parseRuleChef(text, source);
}

/** A rule as the file has it, its fields checked. */
interface GivenRule {
  readonly index: number;
  readonly id?: string;
  readonly name: string;
  readonly format: string;
  readonly content: string;
  readonly priority: number;
  readonly confidence: number;
  readonly precision?: number;
  readonly support?: number;
  readonly template?: Readonly<Record<string, unknown>>;
  readonly key?: string;
}

/** What a rule writes to, by task. */
const KEYS = { classification: "label", ner: "entities", extraction: "spans" } as const;
const TASKS = ["classification", "ner", "extraction"] as const;

function findRules(
  document: unknown,
  fail: string,
): { list: readonly unknown[]; declared?: Task } {
  if (Array.isArray(document)) return { list: notEmpty(document, fail) };
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
      const [{ rules, task }] = holders;
      const list = notEmpty(rules as unknown[], fail);
      const type = isRecord(task) ? task.type : undefined;
      if (type === undefined) return { list };
      const declared = TASKS.find((one) => one === type);
      if (declared !== undefined) return { list, declared };
      const found = typeof type === "string" ? quote(type) : describeKind(type);
      throw new RangeError(`${fail} its task is ${found}, expected one of ${TASKS.join(", ")}`);
    }
    level = level.flatMap((one) => Object.values(one).filter(isRecord));
  }
  throw new TypeError(`${fail} it has no list of rules`);
}

function notEmpty(list: readonly unknown[], fail: string): readonly unknown[] {
  if (list.length === 0) throw new RangeError(`${fail} its list of rules is empty`);
  return list;
}

function checkRule(value: unknown, fail: string, index: number): GivenRule {
  if (!isRecord(value)) {
    throw new TypeError(`${fail} it is ${describeKind(value)}, expected an object`);
  }
  const id = optionalString(value.id, "id", fail);
  const key = optionalString(value.output_key, "output_key", fail);
  const template = value.output_template ?? undefined;
  if (template !== undefined && !isRecord(template)) {
    throw new TypeError(
      `${fail} output_template is ${describeKind(template)}, expected an object`,
    );
  }
  const precision = optionalNumber(value.validated_precision, "validated_precision", fail);
  const support = optionalNumber(value.validated_support, "validated_support", fail);
  const confidence = optionalNumber(value.confidence, "confidence", fail) ?? 0.5;
  for (const [name, share] of [["validated_precision", precision], ["confidence", confidence]]) {
    if (typeof share === "number" && !(share >= 0 && share <= 1)) {
      throw new RangeError(`${fail} ${name} is ${share}, expected 0 to 1`);
    }
  }
  return {
    index,
    ...(id === undefined || id === "" ? {} : { id }),
    name: required(value.name, "name", fail),
    format: optionalString(value.format, "format", fail) ?? "regex",
    content: required(value.content, "content", fail),
    priority: optionalNumber(value.priority, "priority", fail) ?? 5,
    confidence,
    ...(precision === undefined ? {} : { precision }),
    ...(support === undefined ? {} : { support }),
    ...(template === undefined ? {} : { template }),
    ...(key === undefined || key === "" ? {} : { key }),
  };
}

function required(value: unknown, name: string, fail: string): string {
  if (typeof value === "string") return value;
  throw new TypeError(`${fail} ${name} is ${describeKind(value)}, expected a string`);
}

function optionalString(value: unknown, name: string, fail: string): string | undefined {
  if (value === undefined || value === null || typeof value === "string") return value ?? undefined;
  throw new TypeError(`${fail} ${name} is ${describeKind(value)}, expected a string`);
}

function optionalNumber(value: unknown, name: string, fail: string): number | undefined {
  if (value === undefined || value === null || typeof value === "number") return value ?? undefined;
  throw new TypeError(`${fail} ${name} is ${describeKind(value)}, expected a number`);
}

/** What a rule is for by itself, if that can be told. */
function taskOf({ key, template }: GivenRule): Task | undefined {
  if (key !== undefined) return TASKS.find((task) => KEYS[task] === key);
  if (template === undefined) return "extraction";
  if (Object.hasOwn(template, "label")) return "classification";
  return Object.hasOwn(template, "type") ? "ner" : "extraction";
}

/** The task of most rules, of equally many the first in the order of {@linkcode TASKS}. */
function findTask(rules: readonly GivenRule[]): Task {
  const counts = TASKS.map((task) => rules.filter((rule) => taskOf(rule) === task).length);
  return TASKS[counts.indexOf(Math.max(...counts))];
}

type Made = { readonly rule: Rule } | { readonly refused: Omit<Refusal, "name"> };

function refuse(code: Refusal["code"], detail: string): Made {
  return { refused: { code, detail } };
}

/** @param isDeclared whether a rule without a key writes to what the task says */
function makeRule(given: GivenRule, task: Task, isDeclared: boolean): Made {
  const { name, format, content, key, precision, support, confidence } = given;
  if (name === "" || name.length > MAX_NAME || !name.isWellFormed()) {
    return refuse("invalid-rule", `its name is empty, over ${MAX_NAME} long or not valid Unicode`);
  }
  if (format !== "regex") {
    return refuse("invalid-rule", `its format is ${quote(format)}, expected "regex"`);
  }
  if (!Number.isSafeInteger(given.priority)) {
    return refuse("invalid-rule", `its priority is ${given.priority}, expected a whole number`);
  }
  const own = isDeclared && key === undefined ? task : taskOf(given);
  if (own !== task) {
    const other = own ?? `output ${quote(key ?? "")}`;
    return refuse("invalid-rule", `it is for ${other}, the others are for ${task}`);
  }
  let translation: Translation;
  try {
    translation = translatePython(content);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return refuse("invalid-pattern", error.message);
  }
  const { pattern, flags } = translation;
  if (pattern === "") return refuse("catch-all", "its pattern is empty");
  try {
    createExpression(pattern, flags);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const isExponential = checkBacktracking(pattern, flags) !== undefined;
    return refuse(isExponential ? "backtracking" : "invalid-pattern", error.message);
  }
  const output = readTemplate(given, task, translation);
  if ("refused" in output) return output;
  const measured = precision ?? (confidence === 0.5 ? undefined : confidence);
  return {
    rule: createRule({
      name,
      label: output.label,
      patterns: [pattern],
      flags,
      ...(output.text === undefined ? {} : { template: { text: output.text } }),
      priority: given.priority,
      ...(measured === undefined ? {} : { precision: measured }),
      ...(precision === undefined || !Number.isSafeInteger(support) || support! < 0
        ? {}
        : { support }),
    }),
  };
}

const MAX_NAME = 400;

interface Output {
  readonly label: string;
  /** `$1` to `$99` where the text is that of a group. */
  readonly text?: string;
}

function readTemplate(
  { template }: GivenRule,
  task: Task,
  translation: Translation,
): Output | { readonly refused: Omit<Refusal, "name"> } {
  const invalid = (detail: string) => ({ refused: { code: "invalid-rule" as const, detail } });
  if (template === undefined) {
    if (task === "extraction") return { label: SPAN_LABEL };
    return invalid("it has no output_template, and so no label");
  }
  const labelField = { classification: "label", ner: "type", extraction: undefined }[task];
  const known = ["text", "start", "end", ...(labelField === undefined ? [] : [labelField])];
  const unknown = Object.keys(template).find((field) => !known.includes(field));
  if (unknown !== undefined) {
    return invalid(`its output_template has the unknown field ${quote(unknown)}`);
  }
  let label: string = SPAN_LABEL;
  if (labelField !== undefined) {
    const value = template[labelField];
    if (typeof value !== "string") {
      return invalid(`its ${labelField} is ${describeKind(value)}, expected a string`);
    }
    label = value.trim();
    if (label === "" || !label.isWellFormed() || /\$(?:\d|start|end|ent_)/.test(label)) {
      return invalid(`its ${labelField} is ${quote(value)}, expected a fixed one`);
    }
  }
  if (task === "classification") return { label };
  for (const field of ["start", "end"]) {
    if (template[field] === `$${field}`) continue;
    return invalid(`its ${field} is ${describe(template[field])}, expected "$${field}"`);
  }
  const { text } = template;
  if (text === "$0") return { label };
  const group = typeof text === "string" ? /^\$([1-9]\d?)$/.exec(text) : null;
  if (group === null) return invalid(`its text is ${describe(text)}, expected "$0" or a group`);
  const number = Number(group[1]);
  if (number > translation.groups) {
    return invalid(`its text is ${group[0]}, and its pattern has ${translation.groups} groups`);
  }
  if (translation.unsettled.includes(number)) {
    return invalid(`its text is ${group[0]}, a group that may hold another text than in Python`);
  }
  return { label, text: group[0] };
}

function describe(value: unknown): string {
  return typeof value === "string" ? quote(value) : describeKind(value);
}

/**
 * The rules, renamed where they would decide in another order than in RuleChef.
 *
 * @throws {RangeError} where new names do not help
 */
function keepOrder(
  taken: readonly { readonly given: GivenRule; readonly rule: Rule }[],
  fail: string,
): Rule[] {
  // Rules without an id get one at random there, so they stay in the order of the file.
  const ordered = taken.toSorted((a, b) => {
    return compareRules({ ...a.rule, id: "" }, { ...b.rule, id: "" }) ||
      compareCodeUnits(a.given.id ?? "", b.given.id ?? "") || a.given.index - b.given.index;
  });
  const renamed = new Map<Rule, Rule>();
  ordered.forEach(({ given, rule }, index) => {
    const before = index === 0 ? undefined : ordered[index - 1].rule;
    const isTied = before !== undefined &&
      compareRules({ ...before, id: "" }, { ...rule, id: "" }) === 0;
    if (!isTied) return;
    const previous = renamed.get(before) ?? before;
    // Once one of them is renamed, all that follow must be.
    if (previous === before && compareRules(before, rule) < 0) return;
    const mark = given.id ?? String(given.index + 1);
    const name = `${rule.name} [${mark.toWellFormed()}]`;
    if (name.length <= MAX_NAME) renamed.set(rule, { ...rule, name });
  });
  const result = ordered.map(({ rule }) => renamed.get(rule) ?? rule);
  result.forEach((rule, index) => {
    if (index === 0 || compareRules(result[index - 1], rule) < 0) return;
    const names = `${quote(result[index - 1].name)} and ${quote(rule.name)}`;
    throw new RangeError(`${fail} the rules ${names} would change places, give them other names`);
  });
  return taken.map(({ rule }) => renamed.get(rule) ?? rule);
}
