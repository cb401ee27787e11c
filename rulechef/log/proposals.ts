/**
 * Reads the rules that a model proposed to RuleChef, and tells which of them RuleChef took and which of
 * those a trace can hold.
 *
 * RuleChef takes a rule that compiles and is not a catch-all. A trace holds regular expressions that mean
 * here what they mean in Python: a rule of another format, or one that cannot be translated, is still one
 * of RuleChef's rules, but has no `rule` here.
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
import { requiredLiterals } from "../../learn/rules/literals.ts";
import { MAX_NAME, type Refusal, type Rule } from "../../learn/rules/rule.ts";
import { compileRule } from "../../learn/rules/running.ts";
import { foldText } from "../../learn/text/folding.ts";
import { isRecord } from "../../learn/text/json.ts";
import { PythonSyntaxError } from "../python/scanner.ts";
import { translatePython } from "../python/translate.ts";
import { OUTPUT_KEYS, parseRuleChef } from "../rule_set.ts";
import { isFalsy } from "./replies.ts";

/** A rule as RuleChef has it. */
export interface ChefRule {
  /** RuleChef's id, if the log tells it. */
  readonly source?: string;
  readonly name: string;
  readonly format: string;
  readonly content: string;
  readonly priority: number;
  /** `type` of its template and its key: with the content, they tell RuleChef which rules are doubles. */
  readonly type: string;
  readonly key: string;
  /** The fields that RuleChef makes the rule from. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The rule in the trace, if a trace can hold it. */
  readonly rule?: Rule;
}

/** A proposal that was read: the rule as RuleChef has it, why a trace does not hold it, or both. */
export interface ReadProposal {
  /** Missing if RuleChef did not take it. */
  readonly chef?: ChefRule;
  readonly refused?: Refusal;
}

/** A proposal that was read before. */
interface CachedProposal {
  readonly read: ReadProposal;
  /** Why RuleChef would refuse the rule, once that was asked. */
  refusal?: Refusal | "none";
}

/** Begins the detail of a refusal if RuleChef has the rule and the trace does not. */
const TAKEN = "RuleChef took it, but";

const FORMATS = ["regex", "code", "spacy"];
/** How many proposals are cached: the same ones are in a reply, a decision and many prompts. */
const MAX_CACHED = 5_000;
/** The longest proposal that is cached, as JSON. */
const MAX_KEY = 4_000;
const DIGITS = "1234567890";
const digitSymbols: ReadonlySet<number> = new Set(foldText(DIGITS));
/** Texts like those that RuleChef tries a pattern on: a pattern that matches them all is a catch-all. */
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
  readonly #cache = new Map<string, CachedProposal>();

  /** Creates a reader for rules of a task. */
  constructor(task: Task) {
    this.#task = task;
  }

  /**
   * Reads a proposal.
   *
   * @param value any value
   * @param isTaken whether RuleChef is known to have the rule, so that its own checks are not repeated
   * @param place the place in the reply, from 0: RuleChef names a rule without a name by it
   */
  read(value: unknown, isTaken = false, place?: number): ReadProposal {
    if (!isRecord(value)) return refuse("", "invalid-rule", "it is not an object");
    const isNamed = place === undefined || Object.hasOwn(value, "name");
    const fields = pick(isNamed ? value : { ...value, name: `Rule ${place + 1}` }, this.#task);
    const cached = this.#recall(fields);
    const { chef } = cached.read;
    if (chef === undefined) return cached.read;
    if (!isTaken && chef.format === "regex") {
      cached.refusal ??= findRefusal(chef) ?? "none";
      if (cached.refusal !== "none") return { refused: cached.refusal };
    }
    if (typeof value.id !== "string") return cached.read;
    return { ...cached.read, chef: { ...chef, source: value.id } };
  }

  #recall(fields: Record<string, unknown>): CachedProposal {
    const key = JSON.stringify(fields);
    const cached = this.#cache.get(key) ?? { read: this.#read(fields) };
    if (this.#cache.size < MAX_CACHED && key.length <= MAX_KEY) this.#cache.set(key, cached);
    return cached;
  }

  /** Reads a rule that RuleChef has, or tells why it cannot have it. */
  #read(fields: Record<string, unknown>): ReadProposal {
    const name = nameOf(fields);
    const { content, format, output_template: template } = fields;
    if (typeof content !== "string" || typeof format !== "string" || !FORMATS.includes(format)) {
      return refuse(name, "invalid-rule", "it has no content of a format that RuleChef knows");
    }
    if (template !== undefined && !isRecord(template)) {
      return refuse(name, "invalid-rule", "its output_template is not an object");
    }
    if (template === undefined && this.#task === "ner") {
      return refuse(name, "invalid-rule", "it has no output_template");
    }
    const { output_key: key, priority } = fields;
    const chef = {
      name,
      format,
      content,
      priority: typeof priority === "number" ? priority : 5,
      type: typeof template?.type === "string" ? template.type : "",
      key: typeof key === "string" ? key : "",
      fields,
    };
    if (format !== "regex") {
      const detail = `${TAKEN} a trace holds no rules of format ${format}`;
      return { chef, ...refuse(name, "invalid-rule", detail) };
    }
    return this.#translate(chef);
  }

  /** Adds the rule as it runs here, or tells why a trace cannot hold it. */
  #translate(chef: ChefRule): ReadProposal {
    const { name, fields } = chef;
    try {
      const document = { rules: [fields], task: { type: this.#task } };
      const { rules, refused } = parseRuleChef(JSON.stringify(document), "the rule");
      if (rules.length > 0) return { chef: { ...chef, rule: rules[0] } };
      const { code, detail } = refused[0];
      return { chef, ...refuse(name, code, `${TAKEN} ${detail}`) };
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
      const detail = error.message.replace(/^Cannot read the rule: (?:rule 1: )?/, "");
      return { chef, ...refuse(name, "invalid-rule", `${TAKEN} ${detail}`) };
    }
  }
}

/** Returns the fields that make a rule, with the defaults of RuleChef. */
function pick(value: Record<string, unknown>, task: Task): Record<string, unknown> {
  const content = isFalsy(value.pattern) ? value.content ?? "" : value.pattern;
  const template = isFalsy(value.output_template) ? undefined : value.output_template;
  return {
    name: nameOf(value),
    format: value.format === "python" ? "code" : value.format ?? "regex",
    content: typeof content === "object" ? JSON.stringify(content) : content,
    priority: value.priority ?? 5,
    ...(template === undefined ? {} : { output_template: template }),
    ...(value.output_key || template ? { output_key: value.output_key || OUTPUT_KEYS[task] } : {}),
  };
}

function nameOf({ name }: Record<string, unknown>): string {
  return typeof name === "string" ? name.slice(0, MAX_NAME).toWellFormed() : "";
}

function refuse(name: string, code: Refusal["code"], detail: string): { refused: Refusal } {
  return { refused: { name, code, detail: detail.slice(0, MAX_NAME).toWellFormed() } };
}

/** Tells why RuleChef refuses a pattern, as far as that can be told here. */
function findRefusal({ name, content, rule }: ChefRule): Refusal | undefined {
  try {
    const { test } = rule === undefined ? createTest(content) : compileRule(rule);
    if (rule !== undefined && needsMore(rule)) return undefined;
    if (!PROBES.every((probe) => test(probe))) return undefined;
    return refuse(name, "catch-all", "it matches any text").refused;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return compiles(content) ? undefined : refuse(name, "invalid-pattern", error.message).refused;
  }
}

/** Tells whether a rule needs a literal that {@linkcode DIGITS} lacks, which is faster than a match. */
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

/** Creates the test of a pattern as RuleChef makes it, which takes the module `re` for it. */
function createTest(content: string): { readonly test: (text: string) => boolean } {
  const { pattern, flags } = translatePython(content, { engine: "re", finds: "match" });
  const expression = createExpression(pattern, flags);
  return { test: (text) => expression.test(text) };
}

/** Tells whether a pattern compiles in Python, as far as that can be told here. */
export function compiles(content: string): boolean {
  try {
    translatePython(content);
    return true;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return !(error instanceof PythonSyntaxError);
  }
}
