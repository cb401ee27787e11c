/**
 * Finds the literals that a match of a regular expression must contain, which tell the few patterns
 * that are worth running on a text.
 *
 * A pattern yields groups of literals: every match contains at least one literal of every group. The
 * literals are sequences of symbols of the folded text (see {@linkcode foldText}). They keep the word
 * boundaries of the pattern, so `\bto\b` is not found in "tomato".
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { foldText } from "../text/folding.ts";
 * import { requiredLiterals } from "./literals.ts";
 *
 * assertEquals(requiredLiterals(String.raw`\b(?:fee|charge)\b`, "i"), [
 *   [foldText("fee"), foldText("charge")],
 * ]);
 * assertEquals(requiredLiterals(String.raw`\b\d{5}\b`, "i"), []);
 * ```
 *
 * @module
 */
import type { AST } from "npm:@eslint-community/regexpp@^4";
import { foldUnit } from "../text/folding.ts";
import {
  CAPITAL,
  type CharacterKind,
  DIGIT,
  EDGE,
  isOpen,
  kindOf,
  type Literal,
  literalsOf,
  MAX_ALTERNATIVES,
  MAX_SYMBOLS,
  MORE,
  NON_WORD,
  open,
  openingsOf,
  REST,
  type UnitSequence,
  WORD,
} from "./literals/sequences.ts";
import { parsePattern } from "./syntax.ts";

export type { Literal } from "./literals/sequences.ts";

/** The most groups kept of one pattern, the longest literals first. */
const MAX_GROUPS = 4;

/** What the literals of a pattern tell of its matches, in texts for which {@linkcode isAmbiguous} is false. */
export interface LiteralNeeds {
  /** Groups of literals: a text that matches contains, once folded, at least one literal of each group. */
  readonly groups: Literal[][];
  /**
   * Literals with one of which each match begins, which may be any digit or capital; missing if this is not
   * known. A boundary is at the beginning of the match.
   */
  readonly opening?: Literal[];
  /** Whether a text matches if it contains one of the literals of the only group. */
  readonly isDecided: boolean;
}

/**
 * Finds what the literals of a pattern tell of its matches.
 *
 * @throws {SyntaxError} if the parser does not know the syntax of the pattern
 */
export function findLiteralNeeds(pattern: string, flags: string): LiteralNeeds {
  const { alternatives } = parsePattern(pattern, flags);
  const shape = analyseDisjunction(alternatives, flags.includes("i"));
  const groups = groupsOf(shape).sort((a, b) => compareGroups(b, a)).slice(0, MAX_GROUPS);
  const opening = openingsOf(shape.starts);
  const isDecided = shape.isSure === true && opening !== undefined &&
    opening.every(({ length }) => length < MAX_SYMBOLS);
  return { groups, isDecided, ...(opening && { opening }) };
}

/**
 * Finds groups of literals: a text can match `pattern` only if it contains, once folded, at least one
 * literal of each group. Without groups, nothing is known of the text.
 *
 * This does not hold for texts for which {@linkcode isAmbiguous} is true.
 *
 * @throws {SyntaxError} if the parser does not know the syntax of the pattern
 */
export function requiredLiterals(pattern: string, flags: string): Literal[][] {
  return findLiteralNeeds(pattern, flags).groups;
}

/** Compares groups by how telling they are: by their shortest literal, then fewer alternatives. */
export function compareGroups(a: readonly Literal[], b: readonly Literal[]): number {
  const shortest = (group: readonly Literal[]) =>
    group.reduce((least, literal) => Math.min(least, literal.length), Infinity);
  return shortest(a) - shortest(b) || b.length - a.length;
}

/** All that is known of the matches of a part of a pattern. */
interface Shape {
  /** Each match begins with one of these, or is one that does not end with `MORE` or `REST`. */
  readonly starts: readonly UnitSequence[];
  /** Other groups of literals that each match contains. */
  readonly groups: Literal[][];
  /** The kind of character that each match ends with. */
  readonly last?: CharacterKind;
  /** Whether the literals of `starts` are found in no other texts than those with a match. */
  readonly isSure?: boolean;
}

const NOTHING_KNOWN: Shape = { starts: [[MORE]], groups: [] };
const ZERO_WIDTH: Shape = { starts: [[]], groups: [] };
const WORD_EDGE: Shape = { starts: [[EDGE]], groups: [], isSure: true };
const NON_WORD_EDGE: Shape = { starts: [[NON_WORD]], groups: [], last: NON_WORD };
const REST_OF_WORD: Shape = { starts: [[REST]], groups: [], isSure: true };

function analyseDisjunction(alternatives: readonly AST.Alternative[], ignoreCase: boolean): Shape {
  const shapes = alternatives.map(({ elements }) => analyseSequence(elements, ignoreCase));
  if (shapes.length === 1) return shapes[0];
  const last = common(shapes.map((shape) => shape.last));
  const isSure = shapes.every((shape) => shape.isSure);
  const starts = shapes.flatMap((shape) => shape.starts);
  const isFew = starts.length <= MAX_ALTERNATIVES;
  const union: Literal[] = [];
  let isBetter = !isFew;
  for (const shape of shapes) {
    const [best] = groupsOf(shape).sort((a, b) => compareGroups(b, a));
    if (best === undefined) {
      union.length = 0;
      break;
    }
    if (shape.groups.includes(best)) isBetter = true;
    union.push(...best);
  }
  const groups = isBetter && union.length > 0 && union.length <= MAX_ALTERNATIVES ? [union] : [];
  if (isFew) return { starts, groups, last, isSure };
  const first = common(starts.map((sequence) => kindOf(sequence[0])));
  return { starts: [first === undefined ? [MORE] : [first, MORE]], groups, last };
}

function analyseSequence(elements: readonly AST.Element[], ignoreCase: boolean): Shape {
  /** The sequences of the first run, once it is over. */
  let starts: readonly UnitSequence[] | undefined;
  const groups: Literal[][] = [];
  let run: readonly UnitSequence[] = [[]];
  /** Of what comes after a part of which only some sequences are known whole. */
  let later: readonly UnitSequence[] | undefined;
  let isSure = true;
  // A run becomes a group of literals, and a new run begins after what is not known.
  const endRun = (ended: readonly UnitSequence[]) => {
    if (starts === undefined) starts = ended.map(open);
    else groups.push(...literalsOf(ended));
  };
  for (const element of elements) {
    const shape = analyseElement(element, ignoreCase);
    isSure &&= shape.isSure === true &&
      (starts ?? run).every((sequence) => isSureBefore(sequence, shape));
    groups.push(...shape.groups);
    const isAfterOther = isNonWords(element) &&
      run.every((sequence) => kindOf(sequence.at(-1)) === NON_WORD);
    const last = isAfterOther ? NON_WORD : shape.last;
    const after = last === undefined ? [[]] : [[last]];
    if (later !== undefined) {
      later = extend(later, shape.starts);
      if (isTooMuch(later) || later.some(isOpen)) {
        groups.push(...literalsOf(later));
        later = after;
      }
    }
    const extended = extend(run, shape.starts);
    if (isTooMuch(extended)) {
      isSure = false;
      endRun(run);
      run = later ?? shape.starts;
      later = undefined;
    } else run = extended;
    if (run.every(isOpen)) {
      endRun(run);
      run = later ?? after;
      later = undefined;
    } else if (run.some(isOpen)) later ??= after;
  }
  const last = common((later ?? run).map((sequence) => kindOf(sequence.at(-1))));
  if (later !== undefined) groups.push(...literalsOf(later));
  if (starts === undefined) return { starts: run, groups, last, isSure };
  groups.push(...literalsOf(run));
  return { starts, groups, last, isSure };
}

/** Tells whether a sequence that stands before a part is found in no other texts for that. */
function isSureBefore(sequence: UnitSequence, { starts }: Shape): boolean {
  if (sequence.at(-1) !== REST) return true;
  // After the rest of a word that has begun, the word ends.
  const isEdge = starts.every((start) => start.every((part) => part === EDGE));
  return isEdge && kindOf(sequence.at(-2)) === WORD;
}

/** Multiplies out two lists of sequences of which those of one follow those of the other. */
function extend(
  run: readonly UnitSequence[],
  starts: readonly UnitSequence[],
): readonly UnitSequence[] {
  return run.flatMap((sequence) =>
    isOpen(sequence) ? [sequence] : starts.map((start) => [...sequence, ...start])
  );
}

/** Tells whether a run should end: literals are cut anyway, so a long run can become a group early. */
function isTooMuch(run: readonly UnitSequence[]): boolean {
  return run.length > MAX_ALTERNATIVES || run.some(({ length }) => length > 4 * MAX_SYMBOLS);
}

function analyseElement(element: AST.Element, ignoreCase: boolean): Shape {
  switch (element.type) {
    case "Character":
      return analyseCharacters([element.value], ignoreCase);
    case "CharacterClass":
      return analyseClass(element, ignoreCase);
    case "CharacterSet":
      return analyseSet(element, ignoreCase);
    case "Group":
    case "CapturingGroup":
      return analyseGroup(element, ignoreCase);
    case "Quantifier":
      return analyseQuantifier(element, ignoreCase);
    case "Assertion":
      return analyseAssertion(element, ignoreCase);
    case "Backreference":
    case "ExpressionCharacterClass":
      return NOTHING_KNOWN;
  }
}

/** Analyses a choice of code points. */
function analyseCharacters(values: readonly number[], ignoreCase: boolean): Shape {
  const kind = common(values.map((value) => value > 0xffff ? NON_WORD : kindOf(value)));
  // The folding of code units lacks case pairs outside of the basic plane (Deseret, Adlam).
  if (ignoreCase && values.some((value) => value > 0xffff)) return edges(kind);
  const starts = values.map((value) =>
    String.fromCodePoint(value).split("").map((unit) => unit.charCodeAt(0))
  );
  // Folding joins an ASCII letter with its other case, and with what makes a text ambiguous.
  const isSure = values.every((value) => value < 0x80 && (ignoreCase || !isLetter(value)));
  return { starts, groups: [], last: kind, isSure };
}

function analyseSet(set: AST.CharacterSet, ignoreCase: boolean): Shape {
  if (set.kind === "digit" && !set.negate) {
    return { starts: [[DIGIT, MORE]], groups: [], last: WORD };
  }
  const isCapital = set.kind === "property" && !set.negate && !set.strings && !ignoreCase &&
    set.raw === String.raw`\p{Lu}`;
  return isCapital ? { starts: [[CAPITAL, MORE]], groups: [] } : edges(kindOfSet(set));
}

function analyseClass(element: AST.CharacterClass, ignoreCase: boolean): Shape {
  if (element.negate) return NOTHING_KNOWN;
  const values: number[] = [];
  const kinds: (CharacterKind | undefined)[] = [];
  let isSmall = true;
  for (const part of element.elements) {
    if (part.type === "Character") values.push(part.value);
    else if (part.type === "CharacterClassRange" && part.max.value - part.min.value < 0x80) {
      for (let value = part.min.value; value <= part.max.value; value++) values.push(value);
    } else {
      isSmall = false;
      kinds.push(part.type === "CharacterSet" ? kindOfSet(part) : undefined);
    }
  }
  const distinct = new Set(values.map((value) => value > 0xffff ? value : foldUnit(value)));
  if (isSmall && distinct.size > 0 && distinct.size <= 8) {
    return analyseCharacters([...new Set(values)], ignoreCase);
  }
  kinds.push(...values.map((value) => value > 0xffff ? NON_WORD : kindOf(value)));
  return edges(common(kinds));
}

function analyseGroup(element: AST.Group | AST.CapturingGroup, ignoreCase: boolean): Shape {
  const { add, remove } = (element.type === "Group" && element.modifiers) || {};
  const inner = add?.ignoreCase || ignoreCase && !remove?.ignoreCase;
  return analyseDisjunction(element.alternatives, inner);
}

function analyseQuantifier(element: AST.Quantifier, ignoreCase: boolean): Shape {
  const { min, max } = element;
  if (max === 0) return ZERO_WIDTH;
  const shape = analyseElement(element.element, ignoreCase);
  if (min === 0) {
    if (max === 1 && shape.starts.length < MAX_ALTERNATIVES) {
      return { starts: [...shape.starts, []], groups: [], isSure: shape.isSure };
    }
    return max === Infinity && isWordSet(element.element) ? REST_OF_WORD : NOTHING_KNOWN;
  }
  if (min === 1 && max === 1) return shape;
  const { starts, groups, last } = shape;
  return { starts: starts.map(open), groups, last };
}

function analyseAssertion(element: AST.Assertion, ignoreCase: boolean): Shape {
  switch (element.kind) {
    case "word":
      return element.negate ? ZERO_WIDTH : WORD_EDGE;
    case "start":
    case "end":
      // With flag m the neighbour is a line terminator, which is not a word character either.
      return NON_WORD_EDGE;
    case "lookahead":
    case "lookbehind":
      if (!element.negate) {
        // The text contains what it looks at, but not necessarily next to the elements around it.
        const shape = analyseDisjunction(element.alternatives, ignoreCase);
        return { ...NOTHING_KNOWN, groups: groupsOf(shape) };
      }
      return refusesWords(element.alternatives) ? NON_WORD_EDGE : ZERO_WIDTH;
  }
}

/** Tells whether a negative lookaround rules out all word characters: `(?!\w)`, `(?<!\p{IDC})`, `(?!\S)`. */
function refusesWords(alternatives: readonly AST.Alternative[]): boolean {
  return alternatives.some(({ elements }) => {
    if (elements.length !== 1) return false;
    const [element] = elements;
    if (element.type === "CharacterClass") return holdsWords(element);
    if (element.type !== "CharacterSet") return false;
    if (element.kind === "word") return !element.negate;
    if (element.kind === "space") return element.negate;
    return isIdContinue(element) && !element.negate;
  });
}

/** Tells whether a class has all word characters: letters, digits and the underscore. */
function holdsWords({ negate, elements }: AST.CharacterClass): boolean {
  const raws = new Set(elements.map(({ raw }) => raw));
  return !negate && ALL_WORDS.every((some) => some.some((raw) => raws.has(raw)));
}

/** Of each, one is in a class that has all word characters. */
const ALL_WORDS = [
  [String.raw`\p{L}`, String.raw`\p{Alpha}`],
  [String.raw`\p{N}`, String.raw`\p{Nd}`],
  ["_", String.raw`\p{Pc}`],
];

/** Returns the kind of all characters of a set, if it is one. */
function kindOfSet(
  set: AST.CharacterSet | AST.EscapeCharacterSet | AST.UnicodePropertyCharacterSet,
): CharacterKind | undefined {
  switch (set.kind) {
    case "digit":
      return set.negate ? undefined : WORD;
    case "space":
      return set.negate ? undefined : NON_WORD;
    case "word":
      return set.negate ? NON_WORD : WORD;
    case "property":
      return set.negate && isIdContinue(set) ? NON_WORD : undefined;
    case "any":
      return undefined;
  }
}

/** Tells whether a set is `\p{IDC}` or `\P{IDC}`: ID_Continue, which has all word characters. */
function isIdContinue(set: AST.CharacterSet): set is AST.CharacterUnicodePropertyCharacterSet {
  return set.kind === "property" && set.value === null &&
    (set.key === "IDC" || set.key === "ID_Continue");
}

/** Returns the shape of a part of which only the edges are known. */
function edges(kind: CharacterKind | undefined): Shape {
  return { starts: [kind === undefined ? [MORE] : [kind, MORE]], groups: [], last: kind };
}

function isLetter(value: number): boolean {
  return value >= 0x41 && value <= 0x5a || value >= 0x61 && value <= 0x7a;
}

/** Tells whether a part of a pattern is `\w`. */
function isWordSet(element: AST.Element): boolean {
  return element.type === "CharacterSet" && element.kind === "word" && !element.negate;
}

/** Tells whether a part of a pattern is `\W*`. */
function isNonWords(element: AST.Element): boolean {
  return element.type === "Quantifier" && element.element.type === "CharacterSet" &&
    kindOfSet(element.element) === NON_WORD;
}

/** Returns the kind that all are of, if it is one. */
function common(kinds: readonly (CharacterKind | undefined)[]): CharacterKind | undefined {
  return kinds.every((kind) => kind === kinds[0]) ? kinds[0] : undefined;
}

function groupsOf(shape: Shape): Literal[][] {
  return [...literalsOf(shape.starts), ...shape.groups];
}
