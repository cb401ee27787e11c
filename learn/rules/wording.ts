/**
 * The words that a reader finds in a pattern, to look for quotes of texts in it: without the escapes,
 * classes and groups that hide them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { listWordings } from "./wording.ts";
 *
 * const wordings = listWordings(String.raw`\b(?:m[yY])\s+\x63ards?\b.*lost`);
 * assertEquals(wordings.includes("my cards"), true);
 * assertEquals(wordings.includes("my card"), true);
 * ```
 *
 * @module
 */
import { foldUnit } from "../text/folding.ts";
import { MAX_PATTERN_LENGTH } from "./form.ts";

/** Parts words in names: `card_not_arrived`, `cardNotArrived`. */
const JOINTS = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|[_\-./+~:]+/gu;

/**
 * Lists the wordings of a pattern, or of any other text: each a run of characters that stand next to each
 * other, some of them in several readings.
 *
 * - As it is, and with spaces for what joins the words of a name (`_`, `-`, `.` …).
 * - Read as a pattern: escapes decoded, groups opened, classes of one letter (in any case) taken for it.
 *   What matches white space (`\s`, `\W`, `[ ,]`), or any one character (`.`), is a space; what matches
 *   more (`.*`, `\w`, `[a-z]`), and `|` between words, ends a wording.
 * - Read likewise as the text of a pattern in JSON, where a backslash is written twice.
 * - The same without what is optional or looks around, as that can stand between the letters of a text.
 *
 * The pattern need not be valid. One that is longer than a rule may have is not read as a pattern.
 */
export function listWordings(pattern: string): string[] {
  const plain = [pattern, pattern.replace(JOINTS, " ")];
  const read = [...plain, ...readWordings(pattern)];
  const unescaped = pattern.replaceAll("\\\\", "\\");
  return unescaped === pattern ? read : [...read, ...listWordings(unescaped)];
}

/**
 * Lists the wordings of a pattern as {@linkcode listWordings} does, but only those that it has when it is read as a
 * pattern: none of one that is longer than a rule may have.
 */
export function readWordings(pattern: string): string[] {
  if (pattern.length > MAX_PATTERN_LENGTH) return [];
  const pieces: string[] = [];
  for (let start = 0; start === 0 || start + OVERLAP < pattern.length; start += PIECE - OVERLAP) {
    pieces.push(pattern.slice(start, start + PIECE));
  }
  return pieces.flatMap((piece) => [...readPattern(piece, true), ...readPattern(piece, false)]);
}

/** Reading can take time quadratic in the length, so long patterns are read in pieces that overlap. */
const PIECE = 4_000;
const OVERLAP = 1_000;

/** Ends a wording. No text has this code unit. */
const END = "\uffff";

/** The parts of a pattern. What none of the others matches is a character that stands for itself. */
const TOKEN = new RegExp(
  [
    String.raw`\\x(?<hex>[\da-fA-F]{2})`,
    String.raw`\\u(?<unit>[\da-fA-F]{4})`,
    String.raw`\\u\{0*(?<point>[\da-fA-F]{1,6})\}`,
    String.raw`\\(?<octal>[0-3][0-7]{2}|[0-7]{2})`,
    String
      .raw`(?<space>\\(?:[sWtnrvf0]|c[a-zA-Z]|P\{[^}]*\}|p\{(?:Z|P|White|Sep|Punct)[^}]*\}))`,
    String.raw`(?<more>\\(?:[SwdD]|p\{[^}]*\}))`,
    // Edges, groups that were matched before, and flags of other engines.
    String.raw`(?<nothing>\\[bB1-9]|\(\?[a-z]+\)|\\k<[^>]*>|[\^$]|\|(?=\)))`,
    String.raw`\\(?<escaped>[^])`,
    String.raw`\[(?<negated>\^?)(?<members>(?:\\[^]|[^\]\\])*)\]+`,
    String.raw`(?<look>\(\?<?[=!])`,
    String.raw`(?<open>\((?:\?(?::|<[^>]*>|[a-z]*(?:-[a-z]*)?:))?\|?)`,
    String.raw`(?<close>\))`,
    String.raw`(?<or>\|)`,
    String.raw`(?<any>\.)`,
    String.raw`(?<quantifier>[*+?]|\{(?<least>\d{1,9})(?<most>,\d*)?\})\??`,
    String.raw`[^]`,
  ].join("|"),
  "gu",
);

type Parts = Readonly<Record<string, string | undefined>>;

/**
 * Reads a pattern in one direction.
 *
 * @param keepsOptional whether to read what is optional, or looks around, where it stands
 */
function readPattern(pattern: string, keepsOptional: boolean): string[] {
  const read: string[] = [];
  /** Where the part before a quantifier begins. */
  let last = 0;
  const open: { readonly start: number; readonly isLook: boolean }[] = [];
  const aside: string[] = [];
  for (const { 0: token, groups } of pattern.matchAll(TOKEN)) {
    const parts: Parts = groups!;
    if (parts.nothing !== undefined) continue;
    if (parts.look !== undefined || parts.open !== undefined) {
      open.push({ start: read.length, isLook: parts.look !== undefined });
    } else if (parts.close !== undefined) {
      const { start, isLook } = open.pop() ?? { start: read.length, isLook: false };
      last = start;
      if (isLook && !keepsOptional) aside.push(read.splice(start).join(""));
    } else if (parts.quantifier !== undefined) {
      read.push(repeat(read.splice(last).join(""), parts, keepsOptional));
    } else {
      last = read.length;
      read.push(readCharacter(token, parts));
    }
  }
  return [read.join(""), ...aside].flatMap((text) => text.replaceAll(ANY, " ").split(END));
}

/** Stands for any one character until it is known how often it is repeated. */
const ANY = "\ufffe";

function readCharacter(token: string, parts: Parts): string {
  const { hex, unit, point, octal, members } = parts;
  const code = hex ?? unit ?? point;
  if (code !== undefined) return decode(parseInt(code, 16));
  if (octal !== undefined) return decode(parseInt(octal, 8));
  if (parts.space !== undefined) return " ";
  if (parts.more !== undefined || parts.or !== undefined) return END;
  if (parts.any !== undefined) return ANY;
  if (members !== undefined) return readClass(members, parts.negated === "^");
  return parts.escaped ?? token;
}

function decode(point: number): string {
  return point > 0x10ffff ? END : String.fromCodePoint(point);
}

function readClass(members: string, isNegated: boolean): string {
  // No letters: what stands between words.
  if (isNegated) return /\\[wS]|\\p\{L|a-z/i.test(members) ? " " : ANY;
  const read = Array.from(members.matchAll(TOKEN), ({ 0: token, groups }) => {
    const parts: Parts = groups!;
    // Signs stand for themselves in a class, and `\b` is a backspace.
    if (parts.nothing !== undefined) return token === "\\b" ? " " : token;
    return token.startsWith("\\") ? readCharacter(token, parts) : token;
  }).filter((text) => text !== "[");
  const isWide = read.includes(END) || /[^\\]-[^]/.test(members);
  if (read.some((text) => /^\s$/.test(text))) return isWide ? ANY : " ";
  const folded = new Set(read.map(foldCharacter));
  return !isWide && folded.size === 1 ? read[0] : END;
}

function foldCharacter(text: string): string {
  return text.length === 1 ? String.fromCharCode(foldUnit(text.charCodeAt(0))) : text;
}

/** A longer part is not written out as often as it is repeated. */
const MAX_REPEATED = 200;

/** Repeats what stands before a quantifier. */
function repeat(text: string, { quantifier, least, most }: Parts, keepsOptional: boolean): string {
  const low = least === undefined ? (quantifier === "+" ? 1 : 0) : Number(least);
  const isOnce = quantifier === "?" || least === "1" && most === undefined || most === ",1";
  if (text === " ") return text;
  if (text === ANY) return isOnce ? text : END;
  if (quantifier === "{0}" || most === ",0") return "";
  if (low === 0) return keepsOptional ? text : "";
  return low * text.length > MAX_REPEATED ? text : text.repeat(low);
}
