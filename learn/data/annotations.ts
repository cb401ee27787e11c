/**
 * Annotations: the spans that an example marks in its text, checked.
 *
 * What is stated here holds for every way in:
 *
 * - Offsets are UTF-16 code units, from 0: a span goes from `start` to before `end`, is not empty, and
 *   stays within the text. An offset in the middle of a surrogate pair is refused.
 * - A span without offsets, `{ text }` or `{ text, type }`, is the first occurrence of that text; where
 *   there is none it is refused. Where both are given, they must agree.
 * - Spans may overlap and lie within each other, and the same offsets may have several types. The same
 *   offsets and type twice are refused.
 * - Checked spans are sorted by start, end and type, types by code unit.
 * - Errors name the span by its number in the example, and never quote a text.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "jsr:@std/assert@^1";
 * import { checkEntities } from "./annotations.ts";
 *
 * const check = (entities: unknown) => checkEntities(entities, "off to Rome", () => "line 1:");
 * assertEquals(check([{ text: "Rome", type: "city" }]), [{ start: 7, end: 11, type: "city" }]);
 * assertThrows(
 *   () => check([{ start: 7, end: 12, type: "city" }]),
 *   RangeError,
 *   "line 1: entity 1: it ends at 12, outside the text of 11 UTF-16 code units",
 * );
 * ```
 *
 * @module
 */
import { compareEntities, type Entity, type Span, SPAN_LABEL } from "./examples.ts";
import { describeKind, isRecord } from "../text/json.ts";

/**
 * Checks a string that has to say something: neither empty nor only white space, valid Unicode.
 *
 * @param what what errors call it
 * @param fail how errors begin: the source and the place in it
 * @throws {TypeError} where it is no string
 * @throws {RangeError} where it has nothing but white space, or a lone surrogate
 */
export function checkString(value: unknown, what: string, fail: () => string): string {
  if (typeof value !== "string") {
    throw new TypeError(`${fail()} ${what} is ${describeKind(value)}, expected a string`);
  }
  if (!/\S/.test(value)) {
    const found = value === "" ? "empty" : "only white space";
    throw new RangeError(`${fail()} ${what} is ${found}, expected some text`);
  }
  if (!value.isWellFormed()) {
    throw new RangeError(`${fail()} ${what} has a lone surrogate, expected valid Unicode`);
  }
  return value;
}

/**
 * Checks the entities of a text: a list of `{ start, end, type }` or `{ text, type }`.
 *
 * @param text the example's text, valid Unicode
 * @param fail how errors begin: the source and the place in it
 * @throws {TypeError} where a member is missing or has the wrong type
 * @throws {RangeError} where a member has a value that is not allowed, or an entity is given twice
 */
export function checkEntities(value: unknown, text: string, fail: () => string): Entity[] {
  const entities = checkList(value, "entities", fail).map((entity, index) => {
    const name = `entity ${index + 1}`;
    const members = checkMembers(entity, name, '"start", "end" and "type"', fail);
    const type = checkString(members.type, `${name}: "type"`, fail);
    return { ...locate(members, text, () => `${fail()} ${name}:`), type };
  });
  return sortMarks(entities, ["entity", "offsets and type"], fail)
    .map(({ start, end, type }) => ({ start, end, type }));
}

/** Checks the spans of a text, `{ start, end }` or `{ text }`, as {@linkcode checkEntities} does. */
export function checkSpans(value: unknown, text: string, fail: () => string): Span[] {
  const spans = checkList(value, "spans", fail).map((span, index) => {
    const name = `span ${index + 1}`;
    const members = checkMembers(span, name, '"start" and "end"', fail);
    return { ...locate(members, text, () => `${fail()} ${name}:`), type: SPAN_LABEL };
  });
  return sortMarks(spans, ["span", "offsets"], fail).map(({ start, end }) => ({ start, end }));
}

/** A copy of a list, without holes. */
function checkList(value: unknown, field: string, fail: () => string): unknown[] {
  if (Array.isArray(value)) return Array.from(value);
  throw new TypeError(`${fail()} "${field}" is ${describeKind(value)}, expected an array`);
}

/** What may be a span. Each member is read once: what was checked is what is kept. */
interface Members {
  readonly start: unknown;
  readonly end: unknown;
  readonly text: unknown;
  readonly type: unknown;
}

function checkMembers(
  value: unknown,
  name: string,
  expected: string,
  fail: () => string,
): Members {
  if (isRecord(value)) {
    const { start, end, text, type } = value;
    return { start, end, text, type };
  }
  const found = describeKind(value);
  throw new TypeError(`${fail()} ${name}: it is ${found}, expected an object with ${expected}`);
}

interface Located extends Span {
  /** Whether the offsets were looked up rather than given. */
  readonly found: boolean;
}

/** Where a span lies in the text. `fail` names the span. */
function locate({ start, end, text: part }: Members, text: string, fail: () => string): Located {
  if (part === undefined) return { ...checkOffsets(start, end, text, fail), found: false };
  const checked = checkString(part, '"text"', fail);
  if (start === undefined && end === undefined) {
    const first = text.indexOf(checked);
    if (first !== -1) return { start: first, end: first + checked.length, found: true };
    throw new RangeError(`${fail()} its "text" does not occur in the text of the example`);
  }
  const span = checkOffsets(start, end, text, fail);
  if (checked === text.slice(span.start, span.end)) return { ...span, found: false };
  throw new RangeError(
    `${fail()} its "text" is not what the example has from ${span.start} to ${span.end}`,
  );
}

function checkOffsets(start: unknown, end: unknown, text: string, fail: () => string): Span {
  const [from, to] = [checkOffset(start, "start", fail), checkOffset(end, "end", fail)];
  if (from < 0) throw new RangeError(`${fail()} it starts at ${from}, expected 0 or more`);
  if (to > text.length) {
    const outside = `outside the text of ${text.length} UTF-16 code units`;
    throw new RangeError(`${fail()} it ends at ${to}, ${outside}`);
  }
  if (from >= to) {
    const found = from === to
      ? `is empty, from ${from} to ${to}`
      : `goes back from ${from} to ${to}`;
    throw new RangeError(`${fail()} it ${found}, expected "start" before "end"`);
  }
  for (const [field, offset] of [["start", from], ["end", to]] as const) {
    // No pair begins at the last code unit of a text that is valid Unicode.
    if (offset > 0 && text.codePointAt(offset - 1)! > 0xffff) {
      throw new RangeError(
        `${fail()} "${field}" is ${offset}, in the middle of a character (a surrogate pair)`,
      );
    }
  }
  return { start: from, end: to };
}

function checkOffset(value: unknown, field: string, fail: () => string): number {
  if (typeof value !== "number") {
    throw new TypeError(`${fail()} "${field}" is ${describeKind(value)}, expected a number`);
  }
  if (!Number.isInteger(value)) {
    throw new RangeError(`${fail()} "${field}" is ${value}, expected a whole number`);
  }
  return value;
}

/** Sorts spans, none of which may be there twice. */
function sortMarks(
  marks: readonly (Entity & Located)[],
  [noun, same]: readonly [string, string],
  fail: () => string,
): (Entity & Located)[] {
  const numbered = marks.map((mark, index) => ({ ...mark, index }));
  // Equal ones stay in the order given, so that the later one of two is named.
  numbered.sort(compareEntities);
  for (let at = 1; at < numbered.length; at++) {
    const [first, second] = [numbered[at - 1], numbered[at]];
    if (compareEntities(first, second) !== 0) continue;
    const advice = first.found || second.found ? '; give "start" and "end" to tell them apart' : "";
    throw new RangeError(
      `${fail()} ${noun} ${second.index + 1} has the ${same} of ${noun} ${
        first.index + 1
      }${advice}`,
    );
  }
  return numbered;
}
