/**
 * Reads the classes of a pattern, such as `[a-z_]`, and the escapes of single characters.
 *
 * @module
 */
import type { CharacterSet, ClassItem, Scope } from "./nodes.ts";
import { holdsAll } from "./sets.ts";
import type { Scanner } from "./scanner.ts";

const HEX_WIDTHS: ReadonlyMap<string, number> = new Map([["x", 2], ["u", 4], ["U", 8]]);
/** The letters of the escapes for the characters 7 to 13. */
const CONTROLS = "abtnvfr";

/** Returns the range of one code point. */
export function rangeOf(point: number): ClassItem {
  return { first: point, last: point };
}

/** Reads a class after its opening bracket. `scope` tells what categories hold. */
export function readClass(scanner: Scanner, scope: Scope): CharacterSet {
  const items: ClassItem[] = [];
  const negate = scanner.take("^");
  while (true) {
    if (scanner.isAtEnd) throw scanner.fail("a class is not closed");
    if (items.length > 0 && scanner.take("]")) return finish(items);
    const item = readClassItem(scanner, scope);
    if (scanner.peek() !== "-" || scanner.at + 1 >= scanner.characters.length) {
      items.push(item);
      continue;
    }
    scanner.at++;
    if (scanner.take("]")) return finish([...items, item, rangeOf(0x2d)]);
    const last = readClassItem(scanner, scope);
    if (!("first" in item) || !("first" in last) || last.first < item.first) {
      throw scanner.fail("a range in a class is reversed, or has an end that is not a character");
    }
    items.push({ first: item.first, last: last.first });
  }

  function finish(items: readonly ClassItem[]): CharacterSet {
    // Against its documentation, `regex` takes the complement of all characters for all of them.
    const isAny = scanner.engine === "regex" && negate && holdsAll(items);
    return { type: "set", negate, items: isAny ? [] : items };
  }
}

function readClassItem(scanner: Scanner, scope: Scope): ClassItem {
  const character = scanner.next();
  if (character === "\\") return readEscape(scanner, scope, true);
  if (character === "[" && scanner.peek() === ":" && scanner.engine === "regex") notePosix(scanner);
  return rangeOf(character.codePointAt(0)!);
}

/** Notes what `regex` reads as a class of POSIX, such as `[:alpha:]`, and `re` as characters. */
function notePosix(scanner: Scanner): void {
  const rest = scanner.characters.slice(scanner.at, scanner.at + MAX_POSIX).join("");
  if (/^:\^?[\w &.=:/-]*:\]/.test(rest)) {
    scanner.note("regex reads [: as the beginning of a POSIX class");
  }
}

const MAX_POSIX = 100;

/** Reads an escape of one character after its backslash. Outside of a class, `\b` is not such an escape. */
export function readEscape(scanner: Scanner, scope: Scope, inClass: boolean): ClassItem {
  if (scanner.isAtEnd) throw scanner.fail("there is a backslash at the end");
  const letter = scanner.next();
  if (/[dswDSW]/.test(letter)) {
    const category = letter.toLowerCase() as "d" | "s" | "w";
    return { category, negate: letter !== category, scope };
  }
  if (/[0-7]/.test(letter)) {
    const value = parseInt(letter + scanner.takeWhile(/[0-7]/, 2), 8);
    if (value > 0o377) throw scanner.fail("an octal escape is above 377");
    return rangeOf(value);
  }
  const width = HEX_WIDTHS.get(letter);
  if (width !== undefined) {
    const digits = scanner.takeWhile(/[0-9a-fA-F]/, width);
    const value = parseInt(digits, 16);
    const isCharacter = digits.length === width && value <= 0x10ffff;
    const reason = `\\${letter} is not followed by the ${width} digits of a character`;
    if (!isCharacter) throw scanner.fail(reason);
    if (value >= 0xd800 && value <= 0xdfff) scanner.note(reason);
    return rangeOf(value);
  }
  const control = letter === "b" && !inClass ? -1 : CONTROLS.indexOf(letter);
  if (control !== -1) return rangeOf(7 + control);
  const unknown = `\\${letter} is an unknown escape`;
  if (letter === "N" && scanner.peek() === "{") {
    // JavaScript has no table of the names of characters.
    scanner.note(unknown);
    scanner.takeUntil("}", "the name of a character");
  } else if (/[a-zA-Z0-9]/.test(letter)) throw scanner.fail(unknown);
  return rangeOf(letter.codePointAt(0)!);
}
