/**
 * Stands in for `jsr:@std/assert` if JSR cannot be reached: the few assertions that the tests use,
 * over `node:assert/strict`. `deno task test:jsr` runs the tests with the real package.
 *
 * @module
 */
import assert from "node:assert/strict";

/** Throws unless `condition` holds. */
export function assert_(condition: unknown, message?: string): asserts condition {
  assert.ok(condition, message);
}
export { assert_ as assert };

/** Throws unless both values are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  assert.deepStrictEqual(actual, expected, message);
}

/** Throws if both values are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  assert.notDeepStrictEqual(actual, expected, message);
}

/** Throws unless `actual` is within `tolerance` of `expected`. */
export function assertAlmostEquals(actual: number, expected: number, tolerance = 1e-7): void {
  assert.ok(
    Math.abs(actual - expected) <= tolerance,
    `${actual} is not within ${tolerance} of ${expected}`,
  );
}

/** Throws unless `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string): void {
  assert.ok(
    actual.includes(expected),
    `${JSON.stringify(actual)} lacks ${JSON.stringify(expected)}`,
  );
}

/** Throws unless `actual` matches `expected`. */
export function assertMatch(actual: string, expected: RegExp): void {
  assert.match(actual, expected);
}

// deno-lint-ignore no-explicit-any -- an error class has any constructor
type ErrorClass<E extends Error> = new (...args: any[]) => E;

/** Throws unless `run` throws an `errorClass` whose message includes `message`; returns the error. */
export function assertThrows<E extends Error = Error>(
  run: () => unknown,
  errorClass?: ErrorClass<E>,
  message = "",
): E {
  try {
    run();
  } catch (error) {
    return checked(error, errorClass, message);
  }
  throw new assert.AssertionError({ message: "expected the function to throw" });
}

/** Throws unless the promise that `run` returns is rejected likewise; returns the error. */
export async function assertRejects<E extends Error = Error>(
  run: () => PromiseLike<unknown>,
  errorClass?: ErrorClass<E>,
  message = "",
): Promise<E> {
  try {
    await run();
  } catch (error) {
    return checked(error, errorClass, message);
  }
  throw new assert.AssertionError({ message: "expected the promise to be rejected" });
}

function checked<E extends Error>(
  error: unknown,
  errorClass: ErrorClass<E> | undefined,
  message: string,
): E {
  const expected = errorClass ?? Error;
  assert.ok(error instanceof expected, `expected ${expected.name}, got ${error}`);
  assertStringIncludes(error.message, message);
  return error as E;
}
