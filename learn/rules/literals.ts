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
import { BOUNDARY, foldUnit, isWordUnit } from "../text/folding.ts";
import { parsePattern } from "./syntax.ts";

/** A sequence of at most {@linkcode MAX_SYMBOLS} folded code units and boundaries. */
export type Literal = readonly number[];

/** The length to which literals are cut. */
export const MAX_SYMBOLS = 16;
/** The most literals in a group; a part of a pattern with more alternatives yields no group. */
const MAX_ALTERNATIVES = 256;
/** The most sequences that a run of characters is multiplied out to (`[ab][cd]` is 4). */
const MAX_PRODUCT = 64;
/** The most groups kept of one pattern, the longest literals first. */
const MAX_GROUPS = 4;

/**
 * Finds groups of literals: a text can match `pattern` only if it contains, once folded, at least one
 * literal of each group. Without groups, nothing is known of the text.
 *
 * This does not hold for texts for which {@linkcode isAmbiguous} is true.
 *
 * @throws {SyntaxError} if the parser does not know the syntax of the pattern
 */
export function requiredLiterals(pattern: string, flags: string): Literal[][] {
  const { alternatives } = parsePattern(pattern, flags);
  const groups = groupsOf(analyseDisjunction(alternatives, flags.includes("i")));
  return groups.sort((a, b) => compareGroups(b, a)).slice(0, MAX_GROUPS);
}

/** Compares groups by how telling they are: by their shortest literal, then fewer alternatives. */
export function compareGroups(a: readonly Literal[], b: readonly Literal[]): number {
  const shortest = (group: readonly Literal[]) =>
    group.reduce((least, literal) => Math.min(least, literal.length), Infinity);
  return shortest(a) - shortest(b) || b.length - a.length;
}

/** Stands in a sequence for `\b`. */
const EDGE = -1;
/** Stands in a sequence for a non-word character, or an end of the text, next to it. */
const NON_WORD = -2;
/** Stands in a sequence for a word character next to it. */
const WORD = -3;
type CharacterKind = typeof NON_WORD | typeof WORD;

/** Code units, {@linkcode EDGE}, {@linkcode NON_WORD} and {@linkcode WORD}. */
type UnitSequence = readonly number[];

/** All that is known of the matches of a part of a pattern. */
interface Shape {
  /** All matches, if these are few sequences. */
  readonly exact?: readonly UnitSequence[];
  /** Groups of literals that each match contains; empty if `exact` is known. */
  readonly groups: Literal[][];
  /** The kind of character that each match begins with. */
  readonly first?: CharacterKind;
  /** The kind of character that each match ends with. */
  readonly last?: CharacterKind;
}

const NOTHING_KNOWN: Shape = { groups: [] };
const ZERO_WIDTH: Shape = { exact: [[]], groups: [] };
const NON_WORD_EDGE: Shape = { exact: [[NON_WORD]], groups: [], first: NON_WORD, last: NON_WORD };

function analyseDisjunction(alternatives: readonly AST.Alternative[], ignoreCase: boolean): Shape {
  const shapes = alternatives.map(({ elements }) => analyseSequence(elements, ignoreCase));
  if (shapes.length === 1) return shapes[0];
  const first = common(shapes.map((shape) => shape.first));
  const last = common(shapes.map((shape) => shape.last));
  if (shapes.every((shape) => shape.exact !== undefined)) {
    const exact = shapes.flatMap((shape) => shape.exact!);
    if (exact.length <= MAX_PRODUCT) return { exact, groups: [], first, last };
  }
  const union: Literal[] = [];
  for (const shape of shapes) {
    const [best] = groupsOf(shape).sort((a, b) => compareGroups(b, a));
    if (best === undefined) return { groups: [], first, last };
    union.push(...best);
  }
  const groups = union.length <= MAX_ALTERNATIVES ? [union] : [];
  return { groups, first, last };
}

function analyseSequence(elements: readonly AST.Element[], ignoreCase: boolean): Shape {
  let run: readonly UnitSequence[] = [[]];
  const groups: Literal[][] = [];
  let first: CharacterKind | undefined;
  let broken = false;
  const kindAt = (end: 0 | -1) => common(run.map((sequence) => kindOf(sequence.at(end))));
  // The run becomes a group of literals, and a new run begins after what is not known.
  const breakRun = (next: readonly UnitSequence[]) => {
    groups.push(...literalsOf(run));
    if (!broken) first = kindAt(0);
    broken = true;
    run = next;
  };
  for (const element of elements) {
    const shape = analyseElement(element, ignoreCase);
    if (shape.exact !== undefined) {
      if (run.length * shape.exact.length > MAX_PRODUCT) breakRun([[]]);
      run = run.flatMap((start) => shape.exact!.map((end) => [...start, ...end]));
      // Literals are cut anyway, so a long run can become a group early.
      if (run.some((sequence) => sequence.length > 4 * MAX_SYMBOLS)) breakRun([[]]);
      continue;
    }
    if (shape.first !== undefined) run = run.map((sequence) => [...sequence, shape.first!]);
    breakRun(shape.last === undefined ? [[]] : [[shape.last]]);
    groups.push(...shape.groups);
  }
  if (!broken) return { exact: run, groups, first: kindAt(0), last: kindAt(-1) };
  groups.push(...literalsOf(run));
  return { groups, first, last: kindAt(-1) };
}

function analyseElement(element: AST.Element, ignoreCase: boolean): Shape {
  switch (element.type) {
    case "Character":
      return analyseCharacters([element.value], ignoreCase);
    case "CharacterClass":
      return analyseClass(element, ignoreCase);
    case "CharacterSet":
      return edges(kindOfSet(element));
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
  const exact = values.map((value) =>
    String.fromCodePoint(value).split("").map((unit) => unit.charCodeAt(0))
  );
  return { exact, groups: [], first: kind, last: kind };
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
    if (max === 1 && shape.exact && shape.exact.length < MAX_PRODUCT) {
      return { exact: [...shape.exact, []], groups: [] };
    }
    return NOTHING_KNOWN;
  }
  if (min === 1 && max === 1) return shape;
  const { first, last } = shape;
  return { groups: groupsOf(shape), first, last };
}

function analyseAssertion(element: AST.Assertion, ignoreCase: boolean): Shape {
  switch (element.kind) {
    case "word":
      return element.negate ? ZERO_WIDTH : { exact: [[EDGE]], groups: [] };
    case "start":
    case "end":
      // With flag m the neighbour is a line terminator, which is not a word character either.
      return NON_WORD_EDGE;
    case "lookahead":
    case "lookbehind":
      if (!element.negate) {
        // The text contains what it looks at, but not necessarily next to the elements around it.
        return { groups: groupsOf(analyseDisjunction(element.alternatives, ignoreCase)) };
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

/** Tells whether a class has all word characters: letters, numbers and the underscore. */
function holdsWords({ negate, elements }: AST.CharacterClass): boolean {
  const raws = new Set(elements.map(({ raw }) => raw));
  return !negate && raws.has(String.raw`\p{L}`) && raws.has(String.raw`\p{N}`) && raws.has("_");
}

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
  return { groups: [], first: kind, last: kind };
}

function kindOf(unit: number | undefined): CharacterKind | undefined {
  if (unit === undefined || unit === EDGE) return undefined;
  if (unit < 0) return unit as CharacterKind;
  return isWordUnit(foldUnit(unit)) ? WORD : NON_WORD;
}

/** Returns the kind that all are of, if it is one. */
function common(kinds: readonly (CharacterKind | undefined)[]): CharacterKind | undefined {
  return kinds.every((kind) => kind === kinds[0]) ? kinds[0] : undefined;
}

function groupsOf(shape: Shape): Literal[][] {
  return shape.exact === undefined ? shape.groups : literalsOf(shape.exact);
}

/** Returns the sequences as one group of literals, or no group if one of them has no character. */
function literalsOf(sequences: readonly UnitSequence[]): Literal[][] {
  const literals = new Map<string, Literal>();
  for (const sequence of sequences) {
    const literal = createLiteral(sequence);
    if (literal.every((symbol) => symbol === BOUNDARY)) return [];
    literals.set(literal.join(), literal);
  }
  return literals.size <= MAX_ALTERNATIVES ? [[...literals.values()]] : [];
}

/** Folds a sequence, with boundaries where a text would have them, as far as this is known. */
function createLiteral(sequence: UnitSequence): Literal {
  const symbols: number[] = [];
  let previous: CharacterKind | undefined;
  let boundary = false;
  for (const part of sequence) {
    if (part === EDGE) {
      boundary = true;
      continue;
    }
    const kind = kindOf(part);
    if (previous !== undefined && previous !== kind) boundary = true;
    if (part >= 0) {
      if (boundary) symbols.push(BOUNDARY);
      symbols.push(foldUnit(part));
      boundary = false;
    }
    previous = kind;
  }
  if (boundary) symbols.push(BOUNDARY);
  return symbols.slice(0, MAX_SYMBOLS);
}
