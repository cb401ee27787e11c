/**
 * The form of a rule: whether its patterns compile and have its group. Loads neither a parser nor an engine.
 *
 * @module
 */
import { cut } from "../text/quoting.ts";
import { soleNumber } from "./running/templates.ts";
import type { MatchField, Refusal, Rule } from "./rule.ts";

/**
 * The longest pattern that is accepted, in UTF-16 code units. People and models write far shorter ones; what is
 * translated from another tool can be ten times as long as it was.
 */
export const MAX_PATTERN_LENGTH = 100_000;

/** How much of a pattern a defect quotes. */
const LONGEST_QUOTE = 1_000;

/**
 * Returns why no engine can run a rule, without a look at the time that it takes: a pattern is too long or does
 * not compile, or the first one does not have the group. Takes time linear in the length of the patterns.
 */
export function findFormDefect(rule: Pick<Rule, MatchField>): Omit<Refusal, "name"> | undefined {
  for (const pattern of [...rule.patterns, ...rule.not ?? []]) {
    const defect = findSyntaxDefect(pattern, rule.flags);
    if (defect !== undefined) return defect;
  }
  return findGroupDefect(rule);
}

/** Returns why a pattern is too long or does not compile, or `undefined` if neither. */
export function findSyntaxDefect(
  pattern: string,
  flags: string,
): Omit<Refusal, "name"> | undefined {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    const detail = `pattern of ${pattern.length} characters, at most ${MAX_PATTERN_LENGTH}`;
    return { code: "invalid-pattern", detail };
  }
  try {
    checkSyntax(pattern, flags);
  } catch (error) {
    // The runtime quotes the pattern.
    const detail = (error as Error).message.replace(pattern, () => cut(pattern, LONGEST_QUOTE));
    return { code: "invalid-pattern", detail };
  }
}

/** Returns a refusal if the first pattern of a rule does not have its group. */
export function findGroupDefect(
  { patterns, flags, group = 0, template }: Pick<Rule, MatchField>,
): Omit<Refusal, "name"> | undefined {
  const last = Math.max(group, ...groupsOf(template));
  let groups = 0;
  try {
    if (last !== 0) groups = countGroups(patterns[0], flags);
  } catch (error) {
    return { code: "invalid-pattern", detail: (error as Error).message };
  }
  if (last <= groups) return undefined;
  const detail = `group ${last} is wanted, and the first pattern has ${groups || "none"}`;
  return { code: "invalid-rule", detail };
}

/** Returns the number of the group if that is all that a template is: that of `$1`, say. */
export function groupOf(template: Rule["template"]): number | undefined {
  const number = template && soleNumber(template);
  return number && (template!.groups?.[number - 1] ?? number);
}

/** Lists groups that a template must find in its pattern. */
function groupsOf(template: Rule["template"]): readonly number[] {
  const sole = groupOf(template);
  return [...template?.groups ?? [], ...(sole === undefined ? [] : [sole])];
}

/** Tells whether a pattern has modifiers such as `(?i:`; it may also only look so. */
export function hasModifiers(pattern: string): boolean {
  return MODIFIERS.test(pattern);
}

const MODIFIERS = /\(\?[-ims]+:/;

/** Creates a regular expression of the form of a pattern: without modifiers if the runtime knows none. */
function createForm(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags);
  } catch (error) {
    if (knowsModifiers || !hasModifiers(pattern)) throw error;
    return new RegExp(pattern.replaceAll(new RegExp(MODIFIERS, "g"), "(?:"), flags);
  }
}

/** Whether the runtime knows modifiers: Node does from version 23 on. */
export const knowsModifiers: boolean = (() => {
  try {
    new RegExp("(?-i:)");
    return true;
  } catch {
    return false;
  }
})();

/** Patterns up to this length are never too large for V8, and hold few classes. */
const LONG = 4_000;

/** The most different classes: to look one up takes milliseconds. */
const MAX_CLASSES = 1_000;

/**
 * Throws if a pattern has very many different classes.
 *
 * @throws {SyntaxError} if so
 */
function requireFewClasses(pattern: string): void {
  const classes = new Set<string>();
  // One that is not closed goes to the end, so that none is read twice.
  for (const [sign] of pattern.matchAll(/\\[^]|\[(?:\\[^]|[^\]\\])*(?:\]|$)/g)) {
    if (sign.startsWith("[")) classes.add(sign);
  }
  if (classes.size <= MAX_CLASSES) return;
  throw new SyntaxError(
    `it has ${classes.size} different classes, expected at most ${MAX_CLASSES}`,
  );
}

/** Returns a pattern of the same form without the sets that take V8 the longest: `\w` may stand wherever they may. */
function lighten(pattern: string, flags: string): string {
  if (!/[uv]/.test(flags)) return pattern;
  return pattern.replace(LARGE_SETS, (escape) => escape.length > 2 ? "\\w" : escape);
}

const LARGE_SETS = /\\(?:[pP]\{(?:L|N|Nd|M|Pc|Alpha)\}|[^])/g;

/**
 * Throws the error that V8 has for a pattern, without making it ready to run: compiling the sets of all
 * letters and all digits takes V8 longer than the rest of most patterns together. A pattern of over 4,000
 * characters is run without these sets: V8 finds only then that it is too large.
 *
 * @throws {SyntaxError} if it is not a regular expression, or too large to be run
 */
export function checkSyntax(pattern: string, flags: string): void {
  requireShallow(pattern, flags);
  if (pattern.length > LONG) requireFewClasses(pattern);
  const light = lighten(pattern, flags);
  let form: RegExp;
  try {
    form = createForm(light, flags);
  } catch {
    // Throws again, with the pattern as given in the message.
    form = createForm(pattern, flags);
  }
  if (pattern.length <= LONG) return;
  try {
    // Only once it is run does V8 find that a pattern is too large.
    form.exec("");
  } catch (cause) {
    throw new SyntaxError("it is too large for the runtime", { cause });
  }
}

/**
 * Counts the capture groups of a pattern.
 *
 * @throws {SyntaxError} if it is not a regular expression
 */
export function countGroups(pattern: string, flags: string): number {
  createForm(pattern, flags);
  // The empty alternative makes it match before the pattern is tried, and a match lists all groups.
  return createForm(`|${lighten(pattern, flags)}`, flags).exec("")!.length - 1;
}

/** The deepest nesting of groups and classes that is taken: what walks a tree needs a stack. */
const MAX_NESTING = 64;

/**
 * Throws if groups and classes nest over 64 deep.
 *
 * @throws {SyntaxError} if so
 */
export function requireShallow(pattern: string, flags: string): void {
  let groups = 0;
  let classes = 0;
  for (const [sign] of pattern.matchAll(/\\[^]|[()[\]]/g)) {
    // Only with flag v does a class hold classes.
    if (sign === "[") classes = flags.includes("v") ? classes + 1 : 1;
    else if (sign === "]") classes = Math.max(0, classes - 1);
    else if (classes === 0 && sign === "(") groups++;
    else if (classes === 0 && sign === ")") groups--;
    if (groups + classes > MAX_NESTING) {
      throw new SyntaxError(`too deeply nested, expected groups at most ${MAX_NESTING} deep`);
    }
  }
}
