/**
 * Shapes that a text may have, and what people call them.
 *
 * @module
 */

/**
 * Shapes that a text may have, whatever its words: what people call them, and the pattern, for the flag `i`.
 * Bun changes what is not ASCII in `String.raw`.
 */
export const SHAPES: readonly (readonly [name: string, pattern: string])[] = [
  ["digit", String.raw`\d`],
  ["number", String.raw`\b\d+\b`],
  ["2-digit number", String.raw`\b\d{2}\b`],
  ["3-digit number", String.raw`\b\d{3}\b`],
  ["4-digit number", String.raw`\b\d{4}\b`],
  ["5-digit number", String.raw`\b\d{5}\b`],
  ["6-digit number or longer", String.raw`\b\d{6,20}\b`],
  ["10-digit number or longer", String.raw`\b\d{10,20}\b`],
  ["8 digits in a row", String.raw`\d{8}`],
  ["decimals", String.raw`\b\d{1,9}[.,]\d\d\b`],
  ["money", "[£$€¥]\\s?\\d"],
  ["pence", String.raw`\b\d{1,4}p\b`],
  ["letters, then digits", String.raw`\b[a-z]{1,20}\d`],
  ["digits, then letters", String.raw`\b\d{1,20}[a-z]`],
  ["URL", String.raw`\bhttps?://|\bwww\.`],
  ["domain name", String.raw`\w\.(?:com|net|org|co|info|tv)\b`],
  ["e-mail address", String.raw`\w@\w`],
  ["capitals", String.raw`(?-i:\b[A-Z]{3,20}\b)`],
  ["capitals twice", String.raw`(?-i:\b[A-Z]{3,20}\b.*\b[A-Z]{3,20}\b)`],
  ["n't", "n['’]t\\b"],
  ["!", "!"],
  ["?", String.raw`\?`],
  ["..", String.raw`\.\.`],
  ["smiley", String.raw`[:;]-?[()]`],
];

/** What people call each of these patterns. */
export const shapeNames: ReadonlyMap<string, string> = new Map(
  SHAPES.map(([name, pattern]) => [pattern, name]),
);
