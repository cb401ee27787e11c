/**
 * Patterns cut into alternatives, and these into the pieces that readers have words for.
 *
 * @module
 */

/** A part of an alternative. */
export interface Piece {
  readonly kind: "edge" | "start" | "end" | "gap" | "space" | "open" | "group" | "signs";
  /** Of a group what is inside; of signs the characters. */
  readonly source: string;
  readonly isOptional: boolean;
}

/** A word character, as in rules that are learned, and in those translated from Python. */
const word = String.raw`(?:\\w|\\p\{IDC\}|\[\\p\{Alpha\}\\p\{M\}\\p\{Nd\}\\p\{Pc\}\\p\{Join_C\}\])`;
const other = String.raw`(?:\\W|\\P\{IDC\}|\\s|\\p\{White_Space\})`;

/** Any character, but for the end of a line. */
const any = String.raw`(?:\.|\[\^\\n\])`;
const plain = String.raw`[^\\^$.*+?()[\]{}|\s]`;

/** The parts that a reading knows. None may be repeated, as a reading does not say how often. */
const PIECE = new RegExp(
  [
    String.raw`(?:(?<edge>\\b|\(\?(?:<!|!)${word}\))`,
    String.raw`(?<start>\^(?:${other}\*)?)`,
    String.raw`(?<end>(?:${other}\*)?\$)`,
    String.raw`(?<gap>${other}\+\(\?:${word}\+${other}\+\)\{1,2\}|${any}[*+]\??)`,
    String.raw`(?<space>${other}\+| \+?)`,
    String.raw`(?<open>${word}\*)`,
    String.raw`(?<signs>${plain}+)`,
    String.raw`(?:\\(?<escaped>[^\w\s])|(?<plain>${plain}))(?<optional>\?)?)(?![*+?{])`,
    String.raw`(?<group>\((?:\?:|(?!\?)))`,
  ].join("|"),
  "uy",
);

/** Splits an alternative into pieces; `undefined` if one is not known. */
export function splitPieces(source: string): Piece[] | undefined {
  const pieces: Piece[] = [];
  for (let at = 0; at < source.length;) {
    PIECE.lastIndex = at;
    const groups = PIECE.exec(source)?.groups;
    if (groups === undefined) return undefined;
    at = PIECE.lastIndex;
    if (groups.group === undefined) {
      const signs = groups.signs ?? groups.escaped ?? groups.plain;
      const [kind] = KINDS.filter((kind) => groups[kind] !== undefined);
      const isOptional = groups.optional !== undefined;
      pieces.push({ kind: kind ?? "signs", source: signs ?? "", isOptional });
      continue;
    }
    const close = findClose(source, at);
    if (close === undefined) return undefined;
    const isOptional = source[close + 1] === "?";
    const next = close + (isOptional ? 2 : 1);
    if ("*+?{".includes(source[next] ?? " ")) return undefined;
    pieces.push({ kind: "group", source: source.slice(at, close), isOptional });
    at = next;
  }
  return pieces;
}

const KINDS = ["edge", "start", "end", "gap", "space", "open"] as const;

/** The signs that structure a pattern: escapes, classes, groups, alternatives. */
const STRUCTURE = /\\[^]|\[(?:\\[^]|[^\]\\])*\]?|[()|]/g;

/** Finds the next such sign from a place on. */
function findStructure(source: string, from: number): RegExpExecArray | null {
  STRUCTURE.lastIndex = from;
  return STRUCTURE.exec(source);
}

/** Finds the bracket that closes the group whose content begins at `from`. */
function findClose(source: string, from: number): number | undefined {
  let depth = 1;
  for (let found = findStructure(source, from); found !== null;) {
    const { 0: sign, index } = found;
    if (sign === "(") depth++;
    else if (sign === ")" && --depth === 0) return index;
    found = findStructure(source, index + sign.length);
  }
}

/** Splits a pattern at the `|` outside of its groups; `undefined` if brackets do not pair. */
export function splitAlternatives(source: string): string[] | undefined {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let found = findStructure(source, 0); found !== null;) {
    const { 0: sign, index } = found;
    if (sign === "(") depth++;
    else if (sign === ")" && --depth < 0) return undefined;
    else if (sign === "|" && depth === 0) {
      parts.push(source.slice(from, index));
      from = index + 1;
    }
    found = findStructure(source, index + sign.length);
  }
  return depth === 0 ? [...parts, source.slice(from)] : undefined;
}
