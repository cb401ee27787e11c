/**
 * Finds secrets in texts in whatever form they come back: as they are, in another case, escaped for JSON,
 * HTML, a URL or a regular expression, in hexadecimal, or in base64.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { createConcealer } from "./secrets.ts";
 *
 * const conceal = createConcealer(["sk-0123456789"], "[key]");
 * assertEquals(conceal(String.raw`SK-0123456789, s\u006b\u002D0123456789`), "[key], [key]");
 * assertEquals(conceal(`Basic ${btoa("me:sk-0123456789")}`), "Basic bWU6[key]");
 * ```
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** Shorter secrets are placeholders such as `ollama`, or too common to search for. */
const SHORTEST = 8;

/**
 * Creates a function that replaces each of some secrets in a text by `by`. Secrets of less than 8 characters
 * are not looked for.
 *
 * Found are a secret in any case, of which each character may be as it is or escaped (`\u0041`, `\u{41}`,
 * `\x41`, `%41`, `&#65;`, or after up to four backslashes), its bytes in hexadecimal, and its base64,
 * standard or for URLs, also as a part of that of a longer text. Base64 may be escaped likewise.
 */
export function createConcealer(secrets: readonly string[], by: string): (text: string) => string {
  const long = secrets.filter((secret) => secret.length >= SHORTEST);
  if (long.length === 0) return (text) => text;
  // The longest first, as one may begin with another.
  const ordered = [...new Set(long)].sort((a, b) => b.length - a.length);
  const plain = new RegExp(
    ordered.flatMap((secret) => [writeAll(secret, true), writeHex(secret)]).join("|"),
    "gu",
  );
  const encoded = new RegExp(ordered.flatMap(writeBase64).join("|"), "gu");
  return (text) => text.replace(plain, by).replace(encoded, by);
}

/**
 * Writes a pattern for a text of which each character may be escaped. No text can match it in two ways, as
 * it would take exponential time on some.
 */
function writeAll(text: string, anyCase: boolean): string {
  return Array.from(text, (character) => {
    const cases = anyCase ? [character, character.toLowerCase(), character.toUpperCase()] : [];
    const forms = [...new Set([character, ...cases])].flatMap((one) => [
      writeEscaped(one),
      Array.from(new TextEncoder().encode(one), writeByte).join(""),
    ]);
    return `(?:${forms.join("|")}${anyCase && character === " " ? "|\\+" : ""})`;
  }).join("");
}

/** Writes a pattern for a character as it is, or escaped by backslashes. */
function writeEscaped(character: string): string {
  return Array.from(character, (one) => {
    const point = one.codePointAt(0)!;
    const [first, ...rest] = one.split("").map((unit) => `u${hex(unit.charCodeAt(0), 4)}`);
    // First what begins with an ampersand, which can be the character itself.
    const forms = [
      ...NAMED.get(one) ?? [],
      `&#0*${point};`,
      `&#[xX]0*${hex(point, 1)};`,
      `\\u{${point.toString(16)}}`,
      first + rest.map((unit) => `\\\\{1,4}${unit}`).join(""),
      `u\\{0*${hex(point, 1)}\\}`,
      ...(point > 0xff ? [] : [`x${hex(point, 2)}`]),
    ];
    return `\\\\{0,4}(?:${forms.join("|")})`;
  }).join("");
}

/** What HTML calls its own characters. */
const NAMED = new Map(
  Object.entries({ "&": ["&amp;"], "<": ["&lt;"], ">": ["&gt;"], '"': ["&quot;"] }),
);

/** Writes a pattern for the bytes of a text in hexadecimal. */
function writeHex(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => hex(byte, 2)).join("");
}

/** Writes a pattern for a byte as URLs have it, encoded once or more, each of its signs in any form. */
function writeByte(byte: number): string {
  const [high, low] = byte.toString(16).padStart(2, "0");
  const digit = (one: string) =>
    `(?:${[...new Set([one, one.toUpperCase()])].map(writeEscaped).join("|")})`;
  return `${writeEscaped("%")}(?:${digit("2")}${digit("5")})*${digit(high)}${digit(low)}`;
}

/** Writes a pattern for the digits of a number, in any case. */
function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0")
    .replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

/**
 * Writes a pattern for the base64 of a secret at each of the three places that it can have among groups of
 * three bytes (RFC 4648, 4 and 5). A digit of which it determines a part belongs to it.
 */
function writeBase64(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  return [0, 1, 2].map((before) => {
    const padded = Buffer.concat([new Uint8Array(before), bytes]);
    const digits = padded.toString("base64").replace(/=+$/, "");
    // Each digit says six bits; those that lie between other bytes are not known.
    const first = Math.ceil(before * 8 / 6);
    const last = Math.floor(padded.length * 8 / 6);
    const known = Array.from(digits.slice(first, last), (digit) => {
      const other = OTHER.get(digit);
      const forms = other === undefined ? [digit] : [digit, other];
      return `(?:${forms.map((form) => writeAll(form, false)).join("|")})`;
    });
    const end = last < digits.length ? DIGIT : "";
    return `${before > 0 ? DIGIT : ""}${known.join("")}${end}${writeAll("=", false)}{0,2}`;
  });
}

/** A digit of base64 that may be there, escaped or not. */
const DIGIT = String
  .raw`(?:[A-Za-z0-9+/_-]|(?:\\{1,4}(?:u00|u\{0*|x)|%(?:25)*)[2-7][\da-fA-F]\}?)?`;
/** The digits that base64 for URLs has in place of others. */
const OTHER = new Map([["+", "-"], ["/", "_"]]);
