/**
 * Reads how often a part of a pattern is repeated, such as `*`, `+?` or `{2,3}`.
 *
 * @module
 */
import { RegexError, type Scanner } from "./scanner.ts";

/** How often a part is repeated: lazily if fewer times are tried first, possessively if nothing is given back. */
export interface Count {
  readonly min: number;
  readonly max: number;
  readonly mode: "greedy" | "lazy" | "possessive";
}

/**
 * Reads a count; a brace that does not begin one is a character.
 *
 * @param skip reads what is ignored between the characters of a count
 * @throws {RegexError} if `regex` does not compile it, unlike `re`
 */
export function readCount(scanner: Scanner, skip: () => void): Count | undefined {
  const start = scanner.at;
  let [min, max] = [0, Infinity];
  if (scanner.take("?")) max = 1;
  else if (scanner.take("+")) min = 1;
  else if (scanner.take("{")) {
    const low = readDigits(scanner, skip);
    const hasComma = scanner.take(",");
    const high = hasComma ? readDigits(scanner, skip) : low;
    if (!scanner.take("}") || !hasComma && low === "") {
      scanner.at = start;
      if (scanner.engine === "regex") refuseFuzzy(scanner, skip);
      return undefined;
    }
    if (low !== "") min = Number(low);
    if (high !== "") max = Number(high);
    const largest = Number.isFinite(max) ? Math.max(min, max) : min;
    const reason = "the count of a repetition is too large, or its bounds are reversed";
    if (max < min || largest > MAX_PYTHON_COUNT) throw scanner.fail(reason);
    if (largest > MAX_COUNT) scanner.note(reason);
  } else if (!scanner.take("*")) return undefined;
  const mode = scanner.take("+") ? "possessive" : scanner.take("?") ? "lazy" : "greedy";
  return { min, max, mode };
}

function readDigits(scanner: Scanner, skip: () => void): string {
  let digits = "";
  while (true) {
    skip();
    const more = scanner.takeWhile(/[0-9]/);
    if (more === "") return digits;
    digits += more;
  }
}

/**
 * Refuses what `regex` reads as a constraint of a fuzzy match, such as `{e<=1}`, and `re` as characters.
 *
 * @throws {RegexError} if `regex` does not compile it: a constraint that is not closed
 */
function refuseFuzzy(scanner: Scanner, skip: () => void): void {
  const start = scanner.at++;
  let text = "";
  while (text.length < MAX_FUZZY) {
    skip();
    if (scanner.isAtEnd) break;
    text += scanner.next();
  }
  scanner.at = start;
  const constraints = FUZZY.exec(text)?.[0];
  if (constraints === undefined) return;
  const next = text[constraints.length];
  if (next === ",") return;
  if (next !== "}" && next !== ":") throw new RegexError();
  scanner.note("regex reads a { as the beginning of a fuzzy match");
}

/** One item or several: an error of a kind, at most so many of it, or what errors cost. */
const FUZZY = (() => {
  const cost = String.raw`\d*[dis](?:\+\d*[dis])*<=?\d+`;
  const item = String.raw`(?:[deis](?:<=?\d+)?|\d+<=?[deis]<=?\d+|${cost})`;
  return new RegExp(`^${item}(?:,${item})*`);
})();
/** How many characters are looked at. */
const MAX_FUZZY = 100;

/** The largest count that JavaScript takes as well. */
const MAX_COUNT = 2 ** 31 - 1;
/** The largest count that Python takes. */
const MAX_PYTHON_COUNT = 2 ** 32 - 2;
