/**
 * Writes rules as RuleChef's JSON, so that RuleChef gives the answers that they give here.
 *
 * - Rules that decide by the first match are a rule of format `regex` each, as are rules that find spans if
 *   overlapping ones are kept. What `regex` cannot say of one, as a group that is the span, is of format `code`.
 * - Rules that vote, and those whose spans must not overlap, are one rule of format `code`.
 *
 * @module
 */
import type { Range } from "../learn/rules/character_sets.ts";
import { compareRules } from "../learn/rules/decisions.ts";
import type { Task } from "../learn/data/examples.ts";
import { groupOf } from "../learn/rules/form.ts";
import type { Rule } from "../learn/rules/rule.ts";
import type { RuleSet } from "../learn/rules/rule_set.ts";
import { escapeBeyondAscii } from "../learn/text/quoting.ts";
import { OUTPUT_KEYS } from "../rulechef/rule_set.ts";
import { writePython } from "./python.ts";
import {
  type LongSet,
  writeList,
  writeSpans,
  writeVotes,
  type WrittenRule,
} from "./rulechef_code.ts";
import { Inexpressible } from "./terms.ts";
import type { RuleExport, UnsaidRule } from "./unsaid.ts";

/** A rule as RuleChef has it, with the fields that it does not fill in itself. */
interface RuleChefRule extends RuleChefContent {
  readonly id: string;
  readonly name: string;
  readonly priority: number;
  readonly confidence?: number;
  readonly validated_precision?: number;
  readonly validated_support?: number;
}

/** What a rule of RuleChef does. */
interface RuleChefContent {
  readonly format: "regex" | "code";
  readonly content: string;
  readonly output_template?: Readonly<Record<string, string>>;
  readonly output_key: string;
}

/** A rule that is said by an expression, or that goes into code. */
type ReadRule = WrittenRule | { readonly rule: Rule; readonly expression: string };

/**
 * Writes rules as a list of rules of RuleChef, one a line.
 *
 * @param field the field of inputs that code reads; by default the longest text, as RuleChef does
 * @throws {RangeError} if the threshold is below 0, or RuleChef would change the default label
 */
export function writeRuleChef(set: RuleSet, field?: string): RuleExport {
  const { task, decision } = set;
  const isClassification = task === "classification";
  const { default: fallback, overlaps = "drop" } = decision;
  const isVote = isClassification && decision.decide === "vote";
  const isTogether = isVote || !isClassification && overlaps === "drop";
  const sets: LongSet[] = [];
  const refused: UnsaidRule[] = [];
  const read = set.rules.toSorted(compareRules).flatMap((rule): ReadRule[] => {
    try {
      const expression = isTogether ? undefined : writeExpression(rule, !isClassification);
      if (isClassification) requireLabel(rule.label);
      return [expression === undefined ? prepare(rule) : { rule, expression }];
    } catch (error) {
      if (!(error instanceof Inexpressible || error instanceof SyntaxError)) throw error;
      refused.push({ rule, reason: error.message });
      return [];
    }
  });
  const groups: ReadRule[][] = [];
  for (const one of read) {
    const before = groups.at(-1)?.[0];
    // Code of neighbours is one rule: RuleChef reads code anew for each text.
    if (before !== undefined && "python" in before && "python" in one) groups.at(-1)!.push(one);
    else groups.push([one]);
  }
  const areOwn = groups.length === read.length && keepsOrder(read.map(({ rule }) => rule));
  const list = groups.map((group, at): RuleChefRule => {
    const [{ rule }] = group;
    const isOne = group.length === 1;
    const name = `${
      isVote ? "votes" : isClassification ? "labels" : "spans"
    } of ${group.length} rules`;
    return {
      id: isOne ? rule.id : `ruletrace-${at + 1}`,
      name: isOne ? rule.name : name,
      ...writeGroup(group),
      priority: areOwn ? rule.priority : groups.length - at,
      ...(isOne && strengthOf(rule)),
    };
  });
  if (isClassification && fallback !== undefined) {
    requireDefault(fallback);
    const priority = list.reduce((least, one) => Math.min(least, one.priority), 0) - 1;
    const last = { id: "default", name: "default", ...writeRegex("\\A", fallback, task), priority };
    list.push(last);
  }
  // RuleChef reads a file in the encoding of its machine.
  const lines = list.map((one) => escapeBeyondAscii(JSON.stringify(one)));
  return { text: `[\n${lines.join(",\n")}\n]\n`, refused };

  /** Reads a rule for code. */
  function prepare(rule: Rule): WrittenRule {
    if (rule.template !== undefined) {
      throw new Inexpressible("has a template, which RuleChef fills in for an expression alone");
    }
    const options = { findsPlaces: !isClassification, takesFlags: true, writeLong: nameSet };
    return { rule, python: writePython(rule, options) };
  }

  function nameSet(set: string, ranges: readonly Range[]): string {
    const known = sets.findIndex((one) => one.set === set);
    return `{{${known < 0 ? sets.push({ set, ascii: writeAscii(ranges) }) - 1 : known}}}`;
  }

  function writeGroup(group: readonly ReadRule[]): RuleChefContent {
    const [first] = group;
    if ("expression" in first) {
      const { rule: { label, template }, expression } = first;
      const text = groupOf(template) === undefined ? template?.text : "$1";
      return writeRegex(expression, label, task, text);
    }
    const written = group.filter((one) => "python" in one);
    const options = { sets, field, isTyped: task === "ner", isDropping: overlaps === "drop" };
    const content = isVote
      ? writeVotes(written, decision.threshold, options)
      : isClassification
      ? writeList(written, options)
      : writeSpans(written, options);
    return { format: "code", content, output_key: OUTPUT_KEYS[task] };
  }
}

/** Writes an expression as a rule of RuleChef does. */
function writeRegex(
  content: string,
  label: string,
  task: Task,
  text = "$0",
): RuleChefContent {
  const output_key = OUTPUT_KEYS[task];
  const templates: Readonly<Record<Task, Readonly<Record<string, string>> | undefined>> = {
    classification: { label },
    ner: { text, start: "$start", end: "$end", type: label },
    extraction: text === "$0" ? undefined : { text, start: "$start", end: "$end" },
  };
  const output_template = templates[task];
  return { format: "regex", content, ...(output_template && { output_template }), output_key };
}

/** The longest expression of a rule without a template. Code says long sets once, but fills in no templates. */
const MAX_EXPRESSION = 4_000;

/**
 * Writes a rule as one expression.
 *
 * @returns undefined if that takes code
 * @throws {Inexpressible} if Python would find something else
 * @throws {SyntaxError} if the parser does not know the syntax of a pattern
 */
function writeExpression(rule: Rule, findsPlaces: boolean): string | undefined {
  const options = { findsPlaces, takesFlags: true, takesTemplates: true };
  const { patterns, not, group, flags, units } = writePython(rule, options);
  const isOne = patterns.length + not.length === 1;
  const isGroup = group !== 0 && rule.template === undefined;
  if (units || isGroup || findsPlaces && !isOne || FILLED_IN.test(rule.label)) return undefined;
  const ahead = (sign: string) => (pattern: string) => `(?${sign}(?s:.)*?(?:${pattern}))`;
  const content = flags +
    (isOne ? patterns[0] : ["\\A", ...patterns.map(ahead("=")), ...not.map(ahead("!"))].join(""));
  return content.length > MAX_EXPRESSION && rule.template === undefined ? undefined : content;
}

/** What RuleChef fills in where it stands in a template. */
const FILLED_IN = /\$(?:\d|start|end|ent_)/;
/** What Python takes for white space at an edge of a text. */
// deno-lint-ignore no-control-regex -- four of them are controls
const SPACED = /^[\s\x1c-\x1f\x85]|[\s\x1c-\x1f\x85]$/;

/**
 * Throws if RuleChef would change a label.
 *
 * @throws {Inexpressible} if so
 */
function requireLabel(label: string): void {
  if (!SPACED.test(label)) return;
  throw new Inexpressible("its label begins or ends with white space, which RuleChef takes off");
}

function requireDefault(label: string): void {
  if (!SPACED.test(label) && !FILLED_IN.test(label)) return;
  throw new RangeError("RuleChef would change the default label, for its white space or a $");
}

/** Writes the characters of a set that are of ASCII, without brackets. */
function writeAscii(ranges: readonly Range[]): string {
  const write = (point: number) => {
    const character = String.fromCharCode(point);
    return /\w/.test(character) ? character : `\\x${point.toString(16).padStart(2, "0")}`;
  };
  return ranges.filter(([first]) => first < 0x80).map(([first, last]) =>
    first === last ? write(first) : `${write(first)}-${write(Math.min(last, 0x7f))}`
  ).join("");
}

/** Tells whether RuleChef keeps the order of rules by itself: names that Python may fold in another way must not decide. */
function keepsOrder(rules: readonly Rule[]): boolean {
  return rules.every((rule, at) => {
    const before = rules[at - 1];
    if (at === 0 || before.priority !== rule.priority) return true;
    if ((before.precision ?? 0.5) !== (rule.precision ?? 0.5)) return true;
    return [before.name, rule.name].every((name) => /^[ -~]*$/.test(name));
  });
}

/** Returns what RuleChef orders rules of one priority by, so that it is read again as it is. */
function strengthOf(
  { precision, support }: Rule,
): Pick<RuleChefRule, "confidence" | "validated_precision" | "validated_support"> {
  if (precision === undefined) return {};
  if (support === undefined) return { confidence: precision };
  return { validated_precision: precision, validated_support: support };
}
