/**
 * Reads the templates of RuleChef's rules: what a match becomes, a label or a span.
 *
 * RuleChef fills in each field of a template for each match. Here a rule has one label, so that what tells the
 * label must be the same for all matches; other fields change nothing.
 *
 * @module
 */
import { type Span, SPAN_LABEL, type Task } from "../learn/data/examples.ts";
import { countGroups } from "../learn/rules/form.ts";
import {
  MAX_TEMPLATE_GROUPS,
  MAX_TEMPLATE_TEXT,
  type Refusal,
  type SpanTemplate,
} from "../learn/rules/rule.ts";
import { canReadNothing, parsePattern } from "../learn/rules/syntax.ts";
import { describeKind, isRecord } from "../learn/text/json.ts";
import { quote } from "../learn/text/quoting.ts";

/** Why a rule is refused. */
export interface Refused {
  readonly refused: Omit<Refusal, "name">;
}

/** Refuses a rule. */
export function refuse(code: Refusal["code"], detail: string): Refused {
  return { refused: { code, detail } };
}

/** A pattern as it runs here. */
export interface ConvertedPattern {
  readonly pattern: string;
  readonly flags: string;
  /** For each group of Python, from 1 on, its number in JavaScript. */
  readonly groups: readonly number[];
  /** The numbers in Python of the groups that may hold another text here. */
  readonly unsettled: readonly number[];
}

/** What a template gives. */
export interface TemplateOutput {
  readonly label: string;
  /** Missing if the span is the match. */
  readonly template?: SpanTemplate;
}

/** The type that RuleChef gives in its scores to spans without one. */
const NO_TYPE = "_NONE";

/** Reads a template, or tells why it is refused. */
export function readTemplate(
  template: Readonly<Record<string, unknown>> | undefined,
  task: Task,
  converted: ConvertedPattern,
): TemplateOutput | Refused {
  const { groups: { length: groups } } = converted;
  const problem = template && findUnfillable(template);
  if (problem !== undefined) return invalid(problem);
  if (task === "classification") return readLabel(template, groups);
  const type = template === undefined ? NO_TYPE : readType(template, task, groups);
  if (typeof type !== "string") return type;
  const label = task === "extraction" && type === NO_TYPE ? SPAN_LABEL : type;
  const read = template === undefined ? {} : readSpan(template, converted);
  if ("refused" in read) return read;
  if (read.template !== undefined || !canMatchNothing(converted)) return { label, ...read };
  return { label, template: { text: "$0" } };
}

/** Describes a value: a text by itself, others by their kind. */
export function describe(value: unknown): string {
  return typeof value === "string" ? quote(value) : describeKind(value);
}

function invalid(detail: string): Refused {
  return refuse("invalid-rule", detail);
}

/** Returns why RuleChef fails to fill in a template, so that its rule never answers. */
function findUnfillable(template: Readonly<Record<string, unknown>>): string | undefined {
  for (const [name, value] of Object.entries(template)) {
    if (isRecord(value)) {
      const problem = findUnfillable(value);
      if (problem !== undefined) return problem;
    }
    // Python takes other signs for digits as well, and cannot read some of them.
    if (typeof value === "string" && /^\$(?![0-9]+$)[\p{Nd}\p{No}]+$/u.test(value)) {
      return `its ${quote(name)} is ${quote(value)}, expected digits from 0 to 9`;
    }
  }
}

/** What becomes of a field: the same for every match, or something else. */
type Filled = { readonly same: unknown } | { readonly varies: "text" | "place" };

/** Tells what RuleChef makes of a field of a template if the pattern has so many groups. */
function fill(value: unknown, groups: number): Filled {
  if (typeof value !== "string") return { same: value };
  if (value === "$start" || value === "$end") return { varies: "place" };
  if (/^\$\d+$/.test(value)) {
    return Number(value.slice(1)) <= groups ? { varies: "text" } : { same: "" };
  }
  const token = /^\$(\d+)\.(start|end|text)\n?$/.exec(value);
  if (token !== null) {
    if (Number(token[1]) > 0) return { same: "" };
    return { varies: token[2] === "text" ? "text" : "place" };
  }
  return usesMatch(value, groups) ? { varies: "text" } : { same: value };
}

/** Tells whether a text has variables in it. */
function usesMatch(text: string, groups: number): boolean {
  if (/\$(?:0|start|end)/.test(text)) return true;
  return Array.from({ length: groups }, (_, index) => `$${index + 1}`)
    .some((variable) => text.includes(variable));
}

/** Reads the label of a text: the first of three fields that has a text. */
function readLabel(
  template: Readonly<Record<string, unknown>> | undefined,
  groups: number,
): TemplateOutput | Refused {
  if (template === undefined) return invalid("it has no output_template, and so no label");
  for (const name of ["label", "type", "text"]) {
    const filled = fill(template[name], groups);
    if ("same" in filled) {
      const label = typeof filled.same === "string" ? filled.same.trim() : "";
      if (label !== "") return label.isWellFormed() ? { label } : refuseVarying(name, template);
    } else if (filled.varies === "text") return refuseVarying(name, template);
  }
  const { label } = template;
  return invalid(`its label is ${describe(label)}, expected a string that is not empty`);
}

/** Reads the type of spans, which may be in either of two fields. */
function readType(
  template: Readonly<Record<string, unknown>>,
  task: Task,
  groups: number,
): string | Refused {
  for (const name of ["type", "label"]) {
    const filled = fill(template[name], groups);
    if ("varies" in filled) return refuseVarying(name, template);
    const { same } = filled;
    if (isFalse(same)) continue;
    if (typeof same !== "string") {
      return invalid(`its ${name} is ${describeKind(same)}, expected a string`);
    }
    if (!same.isWellFormed()) return refuseVarying(name, template);
    if (task === "extraction" && same === SPAN_LABEL) {
      return invalid(`its ${name} is ${quote(same)}, which RuleChef takes for a type of its own`);
    }
    return same;
  }
  return NO_TYPE;
}

function refuseVarying(name: string, template: Readonly<Record<string, unknown>>): Refused {
  return invalid(`its ${name} is ${describe(template[name])}, expected a fixed one`);
}

/** Tells whether Python takes a value for false. */
export function isFalse(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) ? Object.keys(value).length === 0 : !value;
}

/** Reads what makes the span. */
function readSpan(
  template: Readonly<Record<string, unknown>>,
  { pattern, flags, groups, unsettled }: ConvertedPattern,
): { readonly template?: SpanTemplate } | Refused {
  const span = readPlace(template);
  if (span !== undefined && "refused" in span) return span;
  const others = span === undefined ? {} : { span };
  const text = readText(template.text, groups.length);
  if (text.length > MAX_TEMPLATE_TEXT || !text.isWellFormed()) {
    return invalid(`its text is over ${MAX_TEMPLATE_TEXT} long or not valid Unicode`);
  }
  if (text === "$0") return span === undefined ? {} : { template: { text, span } };
  const sole = /^\$([1-9]\d*)$/.exec(text);
  const used = sole === null
    ? groups.flatMap((_, index) => text.includes(`$${index + 1}`) ? [index + 1] : [])
    : [Number(sole[1])];
  const other = used.find((number) => unsettled.includes(number));
  if (other !== undefined) {
    const [found, group] = [quote(text), `$${other}`];
    return invalid(`its text is ${found}, and ${group} may hold another text than in Python`);
  }
  if (sole !== null) return { template: { text: `$${groups[used[0] - 1]}`, ...others } };
  const isShifted = used.length > 0 && (groups.some((number, index) => number !== index + 1) ||
    groups.length !== countGroups(pattern, flags));
  if (isShifted && groups.length > MAX_TEMPLATE_GROUPS) {
    return invalid(
      `its pattern has ${groups.length} groups, expected at most ${MAX_TEMPLATE_GROUPS}`,
    );
  }
  return { template: { text, ...(isShifted ? { groups } : {}), ...others } };
}

/** Returns the text of a template as {@linkcode SpanTemplate} has it: empty if RuleChef has no text. */
function readText(value: unknown, groups: number): string {
  const filled = fill(value, groups);
  if ("same" in filled) return typeof filled.same === "string" ? filled.same : "";
  if (filled.varies === "place") return "";
  const text = String(value);
  if (/^\$0+$|^\$0+\.text\n?$/.test(text)) return "$0";
  return /^\$\d+$/.test(text) ? `$${Number(text.slice(1))}` : text;
}

/** Reads where a span is if its text is not found: `undefined` for the place of the match. */
function readPlace(template: Readonly<Record<string, unknown>>): Span | Refused | undefined {
  const isVariable = (name: "start" | "end") =>
    new RegExp(`^\\$(?:0+\\.)?${name}\\n?$`).test(String(template[name]));
  if (isVariable("start") && isVariable("end")) return undefined;
  const { start, end } = template;
  if (isOffset(start) && isOffset(end) && start <= end) return { start, end };
  const name = isVariable("start") || isOffset(start) && !isVariable("end") ? "end" : "start";
  const isToken = /^\$\d+\.(?:start|end)\n?$/.test(String(template[name]));
  const why = isToken ? ", which RuleChef leaves empty for regular expressions" : "";
  return invalid(`its ${name} is ${describe(template[name])}${why}, expected "$${name}"`);
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Tells whether a pattern may match nothing, for which RuleChef has a span as well. */
function canMatchNothing({ pattern, flags }: ConvertedPattern): boolean {
  return parsePattern(pattern, flags).alternatives
    .some(({ elements }) => elements.every(canReadNothing));
}
