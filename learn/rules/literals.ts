/**
 * Literals that a regular expression cannot match without, for finding the few patterns that are
 * worth running on a text.
 *
 * A pattern yields groups of literals: every match contains at least one literal of every group. The
 * literals are sequences of symbols of the folded text (see {@linkcode foldText}): where the pattern
 * says that a word begins or ends there, the literal says so too, so `\bto\b` is not found in "tomato".
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
import { type AST, RegExpParser } from "npm:@eslint-community/regexpp@^4";
import { BOUNDARY, foldUnit, isWordUnit } from "../text/folding.ts";

/** A sequence of folded code units and boundaries, {@linkcode MAX_SYMBOLS} at most. */
export type Literal = readonly number[];

/** The longest literal; of a longer one the first symbols are kept. */
export const MAX_SYMBOLS = 16;
/** The most literals in a group; a pattern part with more alternatives yields no group. */
const MAX_ALTERNATIVES = 256;
/** The most sequences that a run of characters is multiplied out to (`[ab][cd]` is 4). */
const MAX_PRODUCT = 64;
/** The most groups kept of one pattern, the longest literals first. */
const MAX_GROUPS = 4;

/**
 * Groups of literals: a text can match `pattern` only if it contains, once folded, at least one
 * literal of each group. No group means that nothing is known.
 *
 * This does not hold for texts that {@linkcode isAmbiguous} names.
 *
 * @throws {SyntaxError} where the pattern is no regular expression that the parser knows
 */
export function requiredLiterals(pattern: string, flags: string): Literal[][] {
  const unicode = flags.includes("u");
  const unicodeSets = flags.includes("v");
  const ast = parser.parsePattern(pattern, 0, undefined, { unicode, unicodeSets });
  const ignoreCase = flags.includes("i");
  const groups = groupsOf(analyseDisjunction(ast.alternatives, ignoreCase));
  return groups.sort((a, b) => compareGroups(b, a)).slice(0, MAX_GROUPS);
}

/** Compares by how telling groups are: by their shortest literal, then fewer alternatives. */
export function compareGroups(a: readonly Literal[], b: readonly Literal[]): number {
  const shortest = (group: readonly Literal[]) => {
    return group.reduce((least, literal) => Math.min(least, literal.length), Infinity);
  };
  return shortest(a) - shortest(b) || b.length - a.length;
}

const parser = new RegExpParser({ ecmaVersion: 2025 });

/**
 * What may stand in a sequence besides code units: a `\b`, or the knowledge that the text goes on (or
 * began) there with a character that is no word character (or nothing at all), or with one that is.
 */
const EDGE = -1;
const NON_WORD = -2;
const WORD = -3;
type CharacterKind = typeof NON_WORD | typeof WORD;

/** What a part of a pattern says about the text it matches. */
interface Shape {
  /** All that it can match, where that is a few sequences of code units and the above. */
  readonly exact?: readonly (readonly number[])[];
  /** Groups of literals that any match of the part contains, where it is not exact. */
  readonly groups: Literal[][];
  /** What any match of the part begins with. */
  readonly first?: CharacterKind;
  /** What any match of the part ends with. */
  readonly last?: CharacterKind;
}

const NOTHING_KNOWN: Shape = { groups: [] };
const ZERO_WIDTH: Shape = { exact: [[]], groups: [] };

function analyseDisjunction(alternatives: readonly AST.Alternative[], ignoreCase: boolean): Shape {
  const shapes = alternatives.map((alternative) =>
    analyseSequence(alternative.elements, ignoreCase)
  );
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
  let run: readonly (readonly number[])[] = [[]];
  const groups: Literal[][] = [];
  let first: CharacterKind | undefined;
  let broken = false;
  const kindAt = (end: 0 | -1) => common(run.map((sequence) => kindOf(sequence.at(end))));
  // What is known of the run becomes a group, and a new run begins: what lies between is not known.
  const breakRun = (next: readonly (readonly number[])[]) => {
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
      // No literal gets longer than its first symbols, so nothing is lost by looking at them early.
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

/** One of these code points. */
function analyseCharacters(values: readonly number[], ignoreCase: boolean): Shape {
  const kind = common(values.map((value) => value > 0xffff ? NON_WORD : kindOf(value)));
  // Case pairs outside of the basic plane (Deseret, Adlam) are not in the folding of code units.
  if (ignoreCase && values.some((value) => value > 0xffff)) return edges(kind);
  const exact = values.map((value) => {
    const text = String.fromCodePoint(value);
    return Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
  });
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
  const modifiers = element.type === "Group" ? element.modifiers : null;
  if (!modifiers) return analyseDisjunction(element.alternatives, ignoreCase);
  const removed = modifiers.remove?.ignoreCase ?? false;
  const inner = modifiers.add.ignoreCase || ignoreCase && !removed;
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
      // With flag m the neighbour is a line terminator, which is no word character either.
      return { exact: [[NON_WORD]], groups: [], first: NON_WORD, last: NON_WORD };
    case "lookahead":
    case "lookbehind":
      if (!element.negate) {
        // What is looked at is somewhere in the text, and says nothing of what is next to it.
        return { groups: groupsOf(analyseDisjunction(element.alternatives, ignoreCase)) };
      }
      return refusesWords(element.alternatives)
        ? { exact: [[NON_WORD]], groups: [], first: NON_WORD, last: NON_WORD }
        : ZERO_WIDTH;
  }
}

/** Whether a negative lookaround rules out every word character: `(?!\w)`, `(?<!\p{IDC})`, `(?!\S)`. */
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

/** Whether a class has all word characters: letters, numbers and the underscore. */
function holdsWords({ negate, elements }: AST.CharacterClass): boolean {
  const raws = new Set(elements.map(({ raw }) => raw));
  return !negate && raws.has(String.raw`\p{L}`) && raws.has(String.raw`\p{N}`) && raws.has("_");
}

/** What any character of the set is. */
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

/** Whether this is `\p{IDC}` or `\P{IDC}`: ID_Continue, which holds all word characters. */
function isIdContinue(set: AST.CharacterSet): set is AST.CharacterUnicodePropertyCharacterSet {
  return set.kind === "property" && set.value === null &&
    (set.key === "IDC" || set.key === "ID_Continue");
}

/** A part of which only the edges are known. */
function edges(kind: CharacterKind | undefined): Shape {
  return { groups: [], first: kind, last: kind };
}

function kindOf(unit: number | undefined): CharacterKind | undefined {
  if (unit === undefined || unit === EDGE) return undefined;
  if (unit < 0) return unit as CharacterKind;
  return isWordUnit(foldUnit(unit)) ? WORD : NON_WORD;
}

/** The kind that all are of, if they are of one. */
function common(kinds: readonly (CharacterKind | undefined)[]): CharacterKind | undefined {
  return kinds.every((kind) => kind === kinds[0]) ? kinds[0] : undefined;
}

function groupsOf(shape: Shape): Literal[][] {
  return shape.exact === undefined ? shape.groups : literalsOf(shape.exact);
}

/** The sequences as one group of literals, or no group where one of them holds no character. */
function literalsOf(sequences: readonly (readonly number[])[]): Literal[][] {
  const literals = new Map<string, Literal>();
  for (const sequence of sequences) {
    const literal = createLiteral(sequence);
    if (literal.every((symbol) => symbol === BOUNDARY)) return [];
    literals.set(literal.join(), literal);
  }
  return literals.size <= MAX_ALTERNATIVES ? [[...literals.values()]] : [];
}

/** Folds a sequence and places boundaries by the same rule as in a text, as far as it is known. */
function createLiteral(sequence: readonly number[]): Literal {
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
