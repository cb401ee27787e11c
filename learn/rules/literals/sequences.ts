/**
 * Sequences of characters and edges of words, as patterns have them, and literals made of them.
 *
 * @module
 */
import { BOUNDARY, foldUnit, isWordUnit } from "../../text/folding.ts";

/**
 * A sequence of at most {@linkcode MAX_SYMBOLS} folded code units and boundaries. That of an opening can end
 * with {@linkcode ANY_DIGIT} or {@linkcode ANY_CAPITAL}.
 */
export type Literal = readonly number[];

/** The symbol of any ASCII digit. */
export const ANY_DIGIT = 0x10001;
/** The symbol of any ASCII capital, or of any code unit that is not ASCII: it may be a capital. */
export const ANY_CAPITAL = 0x10002;

/** The length to which literals are cut. */
export const MAX_SYMBOLS = 16;
/** The most literals in a group, and the most sequences that a run is multiplied out to (`[ab][cd]` is 4). */
export const MAX_ALTERNATIVES = 256;
/** Stands in a sequence for `\b`. */
export const EDGE = -1;
/** Stands in a sequence for a non-word character, or an end of the text, next to it. */
export const NON_WORD = -2;
/** Stands in a sequence for a word character next to it. */
export const WORD = -3;
/** Ends a sequence after which a match goes on with what is not known. */
export const MORE = -4;
/** Ends a sequence after which a match goes on with any number of word characters. */
export const REST = -5;
/** Stands in a sequence, before {@linkcode MORE}, for an ASCII digit. */
export const DIGIT = -6;
/** Stands in a sequence, before {@linkcode MORE}, for a capital. */
export const CAPITAL = -7;

/** What a sequence knows of a character: that it is one of a word, or is not. */
export type CharacterKind = typeof NON_WORD | typeof WORD;

/** Code units, {@linkcode EDGE}, {@linkcode NON_WORD} and {@linkcode WORD}; one of the others at the end. */
export type UnitSequence = readonly number[];

/** Tells whether a sequence is only the beginning of a match. */
export function isOpen(sequence: UnitSequence): boolean {
  const last = sequence.at(-1);
  return last === MORE || last === REST;
}

/** Makes a sequence the beginning of a match. */
export function open(sequence: UnitSequence): UnitSequence {
  return isOpen(sequence) ? sequence : [...sequence, MORE];
}

/** Returns the kind of a character of a sequence, if it is known. */
export function kindOf(unit: number | undefined): CharacterKind | undefined {
  switch (unit) {
    case undefined:
    case EDGE:
    case MORE:
    case REST:
    case CAPITAL:
      return undefined;
    case WORD:
    case NON_WORD:
      return unit;
    case DIGIT:
      return WORD;
  }
  return isWordUnit(foldUnit(unit)) ? WORD : NON_WORD;
}

/** Returns literals with one of which each match begins that begins with one of the sequences, if this is known. */
export function openingsOf(sequences: readonly UnitSequence[]): Literal[] | undefined {
  const literals = new Map<string, Literal>();
  for (const sequence of sequences) {
    const literal = openingOf(sequence);
    if (literal === undefined) return undefined;
    literals.set(literal.join(), literal);
  }
  return [...literals.values()];
}

function openingOf(sequence: UnitSequence): Literal | undefined {
  const literal = createLiteral(sequence);
  const last = sequence.at(-2);
  const any = last === DIGIT ? [ANY_DIGIT] : last === CAPITAL ? [ANY_CAPITAL] : [];
  if (literal.some((symbol) => symbol !== BOUNDARY)) {
    return literal.length < MAX_SYMBOLS ? [...literal, ...any] : literal;
  }
  if (any.length === 0) return undefined;
  if (last === DIGIT) return [...literal, ...any];
  // A capital that is not ASCII may have no boundary before it.
  return sequence.at(-3) === NON_WORD ? [BOUNDARY, ...any] : any;
}

/** Returns the sequences as one group of literals, or no group if one of them has no character. */
export function literalsOf(sequences: readonly UnitSequence[]): Literal[][] {
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
    if (part === MORE || part === REST || part === CAPITAL) break;
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
