/**
 * Rules in the words of their readers: `rate(s) | exchange` for `\b(?:rates?|exchange)\b`, and what a rule set costs
 * to read.
 *
 * | said        | of the pattern                                               |
 * | ----------- | ------------------------------------------------------------ |
 * | `a \| b`    | one or the other                                             |
 * | `a + b`     | both, anywhere in the text                                   |
 * | `a b`       | one after the other                                          |
 * | `a … b`     | with something between                                       |
 * | `rate(s)`   | with or without the `s`                                      |
 * | `arriv*`    | a word that begins so; before a word: one that ends so       |
 * | `^a`, `a$`  | at the start of the text, at its end                         |
 * | `"+"`       | a sign of this notation that stands for itself               |
 * | `/[a-z]x/`  | a pattern, or an alternative, that has no such reading       |
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { listAlternatives, sayPattern, sayRule } from "./reading.ts";
 *
 * assertEquals(sayPattern(String.raw`(?:^\W*how\W+do\b|\bwhere\b|\?)`), "^how do | where | ?");
 * const rule = { patterns: [String.raw`\bcards?\b`, String.raw`\b(?:arriv\w*|lost)\b`] };
 * assertEquals(sayRule(rule), "card(s) + (arriv* | lost)");
 * assertEquals(listAlternatives(rule), [["card(s)"], ["arriv*", "lost"]]);
 * ```
 *
 * @module
 */
import { UNSPACED } from "../text/tokens.ts";
import { type Piece, splitAlternatives, splitPieces } from "./reading/pieces.ts";
import { shapeNames } from "./reading/shapes.ts";
import { MAX_PATTERN_LENGTH } from "./form.ts";
import { MAX_NAME, type Rule, withoutLabel } from "./rule.ts";

/** The deepest groups that are read. */
const MAX_DEPTH = 8;

/** An alternative as people read it, or as it is if it cannot be read so. */
interface SaidAlternative {
  readonly text: string;
  readonly isRead: boolean;
  /** How many alternatives it counts for, from 1: those listed within it count as well. */
  readonly amount: number;
}

/** Whether something before or after a part of a pattern keeps it from matching inside a word. */
interface Bounds {
  readonly left: boolean;
  readonly right: boolean;
}

const UNBOUND: Bounds = { left: false, right: false };

/** Signs that mean something in a reading. */
const NOTATION = "*|+()^$";
/** A letter that may go on as a word: not of a script that writes no spaces. */
const letter = String.raw`(?![${UNSPACED}])[\p{L}\p{N}\p{M}_]`;
const beginsInWord = new RegExp(`^${letter}`, "u");
const endsInWord = new RegExp(`${letter}$`, "u");

/**
 * Says a pattern in the words of its readers; a pattern that has no such reading as it is, between slashes.
 * Takes time linear in the length of the pattern.
 */
export function sayPattern(pattern: string): string {
  return joinReadings(pattern, readPattern(pattern));
}

/**
 * Says a rule in the words of its readers: its patterns joined by `+`, and `but not` what its texts must not have.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { sayRule } from "./reading.ts";
 *
 * const rule = { patterns: [String.raw`\bcards?\b`, String.raw`\b(?:arriv\w*|lost)\b`] };
 * assertEquals(sayRule(rule), "card(s) + (arriv* | lost)");
 * ```
 */
export function sayRule({ patterns, not = [] }: Pick<Rule, "patterns" | "not">): string {
  const isAlone = patterns.length + not.length === 1;
  const say = (pattern: string) => {
    const readings = readPattern(pattern);
    const said = joinReadings(pattern, readings);
    const isList = readings.length > 1 && readings.some(({ isRead }) => isRead);
    return isList && !isAlone ? `(${said})` : said;
  };
  const without = not.length === 0 ? "" : ` but not ${not.map(say).join(", not ")}`;
  return patterns.map(say).join(" + ") + without;
}

/**
 * Lists the alternatives of each pattern of a rule, in the words of its readers: one if the pattern is no
 * alternation. Lists within an alternative, as in `cash (machine | point)`, are part of it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { listAlternatives } from "./reading.ts";
 *
 * const rule = { patterns: [String.raw`\b(?:rates?|exchange)\b`] };
 * assertEquals(listAlternatives(rule), [["rate(s)", "exchange"]]);
 * ```
 */
export function listAlternatives({ patterns }: Pick<Rule, "patterns">): string[][] {
  return patterns.map((pattern) => [...new Set(readPattern(pattern).map(({ text }) => text))]);
}

/** Names a rule after its label and its words, as far as they fit. */
export function nameRule(rule: Pick<Rule, "label" | "patterns" | "not">): string {
  return `${rule.label}/${sayRule(rule)}`.slice(0, MAX_NAME).toWellFormed();
}

/** Tells whether {@linkcode sayRule} says all of a rule in words, and shows no pattern as it is. */
export function isReadable({ patterns, not = [] }: Pick<Rule, "patterns" | "not">): boolean {
  return [...patterns, ...not].every((pattern) =>
    readPattern(pattern).every(({ isRead }) => isRead)
  );
}

/**
 * Tells whether the name of a rule says the same as {@linkcode sayRule}, apart from label and brackets; a name that is
 * as long as one may be can be cut.
 */
export function isNamedAsSaid(rule: Pick<Rule, "name" | "label" | "patterns" | "not">): boolean {
  const [name, said] = [bare(withoutLabel(rule)), bare(sayRule(rule))];
  return name === said || rule.name.length >= MAX_NAME && said.startsWith(name);
}

function bare(text: string): string {
  return text.replace(/[\s()]/g, "");
}

function joinReadings(pattern: string, readings: readonly SaidAlternative[]): string {
  if (!readings.some(({ isRead }) => isRead)) return `/${pattern}/`;
  return readings.map(({ text }) => text).join(" | ");
}

function readPattern(pattern: string): SaidAlternative[] {
  return pattern.length > MAX_PATTERN_LENGTH
    ? [leaveUnread(pattern)]
    : readAll(pattern, UNBOUND, 0);
}

function leaveUnread(source: string): SaidAlternative {
  return { text: `/${source}/`, isRead: false, amount: countAlternatives(source) };
}

function readAll(source: string, bounds: Bounds, depth: number): SaidAlternative[] {
  const shape = shapeNames.get(source);
  if (shape !== undefined) return [{ text: shape, isRead: true, amount: 1 }];
  const parts = depth > MAX_DEPTH ? undefined : splitAlternatives(source);
  if (parts === undefined) return [leaveUnread(source)];
  return parts.flatMap((part) => readAlternative(part, bounds, depth));
}

/** Reads an alternative, or those of the group that it consists of. */
function readAlternative(source: string, bounds: Bounds, depth: number): SaidAlternative[] {
  const shape = shapeNames.get(source);
  if (shape !== undefined) return [{ text: shape, isRead: true, amount: 1 }];
  const pieces = splitPieces(source);
  const inner = pieces?.filter(({ kind }) => kind !== "edge");
  if (pieces !== undefined && inner?.length === 1) {
    const [only] = inner;
    if (only.kind === "group" && !only.isOptional) {
      return readAll(only.source, boundsAt(pieces, pieces.indexOf(only), bounds), depth + 1);
    }
  }
  const text = pieces && sayPieces(pieces, bounds, depth);
  if (!text) return [leaveUnread(source)];
  return [{ text, isRead: true, amount: countAlternatives(source) }];
}

/** Only at the ends of an alternative does it depend on what is around it what bounds a piece. */
function boundsAt(pieces: readonly Piece[], place: number, { left, right }: Bounds): Bounds {
  return { left: place > 0 || left, right: place < pieces.length - 1 || right };
}

/** Says the pieces of an alternative one after the other; `undefined` if a group cannot be read. */
function sayPieces(pieces: readonly Piece[], bounds: Bounds, depth: number): string | undefined {
  let said = "";
  for (const [place, piece] of pieces.entries()) {
    const own = boundsAt(pieces, place, bounds);
    const text = piece.kind === "group" ? sayGroup(piece, own, depth) : sayPiece(piece, own);
    if (text === undefined) return undefined;
    said += text;
  }
  return said.trim();
}

function sayPiece({ kind, source, isOptional }: Piece, { left, right }: Bounds): string {
  switch (kind) {
    case "start":
      return "^";
    case "end":
      return "$";
    case "gap":
      return " … ";
    case "space":
      return " ";
    case "open":
      return "*";
    case "signs": {
      const shown = NOTATION.includes(source) ? `"${source}"` : source;
      const said = isOptional ? `(${shown})` : shown;
      const isOpen = !left && beginsInWord.test(source);
      return (isOpen ? "*" : "") + said + (!right && endsInWord.test(source) ? "*" : "");
    }
    case "edge":
    case "group":
      return "";
  }
}

function sayGroup(
  { source, isOptional }: Piece,
  bounds: Bounds,
  depth: number,
): string | undefined {
  const readings = readAll(source, bounds, depth + 1);
  if (readings.some(({ isRead }) => !isRead)) return undefined;
  // Brackets around one word say that it may be missing, so several that may be have no reading.
  if (isOptional) return readings.length === 1 ? `(${readings[0].text})` : undefined;
  const said = readings.map(({ text }) => text).join(" | ");
  return readings.length === 1 ? said : `(${said})`;
}

/** What a rule set costs to read: means over the labels that have rules. */
export interface Readability {
  /** How many labels have rules. */
  readonly labels: number;
  /** Rules for each of them; 0 if there are none. */
  readonly rules: number;
  /**
   * Alternatives for each of them: a pattern has one, and one more for each `|` in it, at any depth. Shapes with
   * a name and what looks around a match add none.
   */
  readonly alternatives: number;
  /** Characters of these rules as they are said to people: code points. */
  readonly characters: number;
}

/**
 * Measures what rules cost to read. Follows from the rules alone, so that no record needs it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createRule } from "./rule.ts";
 * import { measureReadability } from "./reading.ts";
 *
 * const rules = [
 *   createRule({ name: "rate", label: "exchange", patterns: [String.raw`\b(?:rates?|exchange)\b`] }),
 *   createRule({ name: "card", label: "card", patterns: [String.raw`\bcard\b`] }),
 * ];
 * const { alternatives, characters } = measureReadability(rules);
 * assertEquals(alternatives, 1.5);
 * assertEquals(characters, ("rate(s) | exchange".length + "card".length) / 2);
 * ```
 */
export function measureReadability(
  rules: readonly Pick<Rule, "label" | "patterns" | "not">[],
): Readability {
  const labels = new Set(rules.map(({ label }) => label)).size;
  const mean = (total: number) => labels === 0 ? 0 : total / labels;
  const sum = (measure: (rule: typeof rules[number]) => number) =>
    rules.reduce((total, rule) => total + measure(rule), 0);
  return {
    labels,
    rules: mean(rules.length),
    alternatives: mean(
      sum(({ patterns, not = [] }) =>
        [...patterns, ...not].flatMap(readPattern).reduce((total, { amount }) => total + amount, 0)
      ),
    ),
    characters: mean(sum((rule) => [...sayRule(rule)].length)),
  };
}

/** Escapes and classes, where brackets and bars mean nothing; groups that look around; other signs. */
const BARS = /\\[^]|\[(?:\\[^]|[^\]\\])*\]?|\((?:\?<?[=!])?|[)|]/g;

/** Counts the alternatives of a part of a pattern, outside of what looks around; takes time linear in its length. */
function countAlternatives(pattern: string): number {
  let amount = 1;
  /** For each open group whether it, or one around it, looks around. */
  const open: boolean[] = [];
  for (const [sign] of pattern.matchAll(BARS)) {
    if (sign.startsWith("(")) open.push(sign.length > 1 || open.at(-1) === true);
    else if (sign === ")") open.pop();
    else if (sign === "|" && open.at(-1) !== true) amount++;
  }
  return amount;
}
