/**
 * Rules as a model proposed them to RuleChef: which RuleChef took, and which of those a trace can hold.
 *
 * RuleChef takes a rule that compiles and is no catch-all. A trace holds regular expressions that mean here
 * what they mean in Python: a rule of another format, or one that cannot be translated, is among RuleChef's
 * rules all the same, and has no `rule` here.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { Proposals } from "./proposals.ts";
 *
 * const proposals = new Proposals("classification");
 * const all = { name: "all", content: "^.{1,}$", output_template: { label: "card" } };
 * assertEquals(proposals.read(all).refused?.code, "catch-all");
 * ```
 *
 * @module
 */
import type { Task } from "../../learn/data/examples.ts";
import { createExpression } from "../../learn/rules/expressions.ts";
import { foldText } from "../../learn/text/folding.ts";
import { isRecord } from "../../learn/text/json.ts";
import { requiredLiterals } from "../../learn/rules/literals.ts";
import { PythonSyntaxError } from "../python/scanner.ts";
import { translatePython } from "../python/translate.ts";
import { parseRuleChef } from "../rule_set.ts";
import { compileRule, type Refusal, type Rule } from "../../learn/rules/rule.ts";

/** A rule as RuleChef has it. */
export interface ChefRule {
  /** RuleChef's id, where the log tells it. */
  readonly source?: string;
  readonly name: string;
  readonly format: string;
  readonly content: string;
  readonly priority: number;
  /** `type` of its template and its key: with the content, what RuleChef tells doubles by. */
  readonly type: string;
  readonly key: string;
  /** What RuleChef puts a rule together from. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The rule here, where there is one. */
  readonly rule?: Rule;
}

/** What came of a proposal: the rule as RuleChef has it, why a trace does not hold it, or both. */
export interface ReadProposal {
  /** Missing where RuleChef did not take it. */
  readonly chef?: ChefRule;
  readonly refused?: Refusal;
}

/** A proposal that was read. */
interface Known {
  readonly read: ReadProposal;
  /** Why RuleChef would not take the rule, once that was asked. */
  fault?: Fault | "none";
}

type Fault = readonly [Refusal["code"], string];

/** How it is told that RuleChef has a rule that is not in the trace. */
export const TAKEN = "RuleChef took it, but";

const KEYS = { classification: "label", ner: "entities", extraction: "spans" } as const;
const FORMATS = ["regex", "code", "python", "spacy"];
/** Rules that are remembered: the same ones are in a reply, a decision and many prompts. */
const MAX_REMEMBERED = 5_000;
/** Longer rules than these are read anew. */
const MAX_KEY = 4_000;
const DIGITS = "1234567890";
const digitSymbols: ReadonlySet<number> = new Set(foldText(DIGITS));
/**
 * Texts of the kinds and lengths that RuleChef tries a pattern on: what matches them all says nothing about
 * any.
 */
const PROBES = [
  "a",
  DIGITS,
  "!@#$%^&*()",
  "façade élève naïve",
  "some words in a row that mean nothing",
  "the quick brown fox jumps over the lazy dog",
];

/** Reads the proposals of a run. */
export class Proposals {
  readonly #task: Task;
  readonly #known = new Map<string, Known>();

  /** A reader for rules of a task. */
  constructor(task: Task) {
    this.#task = task;
  }

  /**
   * Reads a proposal.
   *
   * @param value any value
   * @param isTaken whether RuleChef has the rule already, so that it is not asked what it would refuse
   * @param place in the reply, from 0: RuleChef names a rule without a name by it
   */
  read(value: unknown, isTaken = false, place?: number): ReadProposal {
    if (!isRecord(value)) return refuse("", "invalid-rule", "it is no object");
    const isNamed = place === undefined || Object.hasOwn(value, "name");
    const fields = pick(isNamed ? value : { ...value, name: `Rule ${place + 1}` }, this.#task);
    const known = this.#recall(fields);
    const { chef } = known.read;
    if (chef === undefined) return known.read;
    if (!isTaken && chef.format === "regex") {
      known.fault ??= findFault(chef.content, chef.rule) ?? "none";
      if (known.fault !== "none") return refuse(chef.name, ...known.fault);
    }
    return typeof value.id === "string"
      ? { ...known.read, chef: { ...chef, source: value.id } }
      : known.read;
  }

  #recall(fields: Record<string, unknown>): Known {
    const key = JSON.stringify(fields);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made: Known = { read: this.#read(fields) };
    if (this.#known.size < MAX_REMEMBERED && key.length <= MAX_KEY) this.#known.set(key, made);
    return made;
  }

  /** A rule that RuleChef has, or why it can have none like this. */
  #read(fields: Record<string, unknown>): ReadProposal {
    const name = nameOf(fields);
    const { content, format, output_template: template } = fields;
    if (typeof content !== "string" || typeof format !== "string" || !FORMATS.includes(format)) {
      return refuse(name, "invalid-rule", "it has no content of a format that RuleChef knows");
    }
    if (template !== undefined && !isRecord(template)) {
      return refuse(name, "invalid-rule", "its output_template is no object");
    }
    if (template === undefined && this.#task === "ner") {
      return refuse(name, "invalid-rule", "it has no output_template");
    }
    const chef = chefOf(name, fields);
    if (format !== "regex") {
      const detail = `${TAKEN} a trace holds no rules of format ${format}`;
      return { chef, ...refuse(name, "invalid-rule", detail) };
    }
    return this.#translate(chef);
  }

  /** The rule as it runs here, or why there is none. */
  #translate(chef: ChefRule): ReadProposal {
    const { name, fields } = chef;
    let detail: string;
    try {
      const document = { rules: [fields], task: { type: this.#task } };
      const { rules, refused } = parseRuleChef(JSON.stringify(document), "the rule");
      if (rules.length > 0) return { chef: { ...chef, rule: rules[0] } };
      const { code } = refused[0];
      return { chef, ...refuse(name, code, `${TAKEN} ${refused[0].detail}`) };
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
      detail = error.message.replace(/^Cannot read the rule: (?:rule 1: )?/, "");
    }
    return { chef, ...refuse(name, "invalid-rule", `${TAKEN} ${detail}`) };
  }
}

function chefOf(name: string, fields: Record<string, unknown>): ChefRule {
  const { content, format, output_template: template, output_key: key, priority } = fields;
  return {
    name,
    format: String(format),
    content: String(content),
    priority: typeof priority === "number" ? priority : 5,
    type: isRecord(template) && typeof template.type === "string" ? template.type : "",
    key: typeof key === "string" ? key : "",
    fields,
  };
}

/** The fields that make a rule, with what RuleChef fills in. */
function pick(value: Record<string, unknown>, task: Task): Record<string, unknown> {
  const content = value.pattern || value.content;
  const template = value.output_template || undefined;
  const priority = value.priority ?? 5;
  return {
    name: nameOf(value),
    format: value.format ?? "regex",
    content: typeof content === "object" ? JSON.stringify(content) : content,
    priority,
    ...(template === undefined ? {} : { output_template: template }),
    ...(value.output_key || template ? { output_key: value.output_key || KEYS[task] } : {}),
  };
}

function nameOf({ name }: Record<string, unknown>): string {
  return typeof name === "string" ? name.slice(0, MAX_NAME).toWellFormed() : "";
}

const MAX_NAME = 400;

function refuse(name: string, code: Refusal["code"], detail: string): { refused: Refusal } {
  return { refused: { name, code, detail: detail.slice(0, MAX_NAME).toWellFormed() } };
}

/** Why RuleChef does not take a pattern, as far as it can be told here; `rule` is what it runs as. */
function findFault(content: string, rule?: Rule): Fault | undefined {
  try {
    const { test } = rule === undefined ? createTest(content) : compileRule(rule);
    if (rule !== undefined && needsMore(rule)) return undefined;
    return PROBES.every(test) ? ["catch-all", "it matches any text"] : undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return compiles(content) ? undefined : ["invalid-pattern", error.message];
  }
}

/** Whether a rule needs what {@linkcode DIGITS} lacks. To see that takes less than to run it once. */
function needsMore({ patterns: [pattern], flags }: Rule): boolean {
  try {
    return requiredLiterals(pattern, flags).some((group) =>
      group.every((literal) => literal.some((symbol) => !digitSymbols.has(symbol)))
    );
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function createTest(content: string): { readonly test: (text: string) => boolean } {
  const { pattern, flags } = translatePython(content);
  const expression = createExpression(pattern, flags);
  return { test: (text) => expression.test(text) };
}

/** Whether a pattern compiles in Python, as far as it can be told here. */
export function compiles(content: string): boolean {
  try {
    translatePython(content);
    return true;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return !(error instanceof PythonSyntaxError);
  }
}
