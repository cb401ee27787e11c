/**
 * Stands in for `jsr:@std/assert` if JSR cannot be reached: the few assertions that the tests use,
 * over `node:assert/strict`. Whatever passes here passes there. `deno task test:jsr` runs the tests with
 * the real package.
 *
 * @module
 */
import assert from "node:assert/strict";
import { notDeepEqual } from "node:assert";

/** Throws unless `condition` holds. */
function assert_(condition: unknown, message?: string): asserts condition {
  assert.ok(condition, message);
}
export { assert_ as assert };

/** Throws unless both values are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  assert.deepStrictEqual(actual, expected, message);
}

/** Throws if both values are deeply equal, or would be after a conversion. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  notDeepEqual(actual, expected, message);
}

/**
 * Throws unless `actual` is within `tolerance` of `expected`: by default a ten-millionth of it, or
 * nothing if it is 0.
 */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance: number = isFinite(expected) ? Math.abs(expected) * 1e-7 : 0,
  message?: string,
): void {
  if (Object.is(actual, expected)) return;
  assert.ok(
    Math.abs(actual - expected) <= tolerance,
    message ?? `${actual} is not within ${tolerance} of ${expected}`,
  );
}

/** Throws unless `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  assert.ok(
    actual.includes(expected),
    message ?? `${JSON.stringify(actual)} lacks ${JSON.stringify(expected)}`,
  );
}

/** Throws unless `actual` matches `expected`. */
export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  assert.match(actual, expected, message);
}

// deno-lint-ignore no-explicit-any -- an error class has any constructor
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

/** Throws unless `run` throws; returns what it throws. */
export function assertThrows(run: () => unknown): unknown;
/** Throws unless `run` throws an `errorClass` whose message includes `message`; returns the error. */
export function assertThrows<E extends Error>(
  run: () => unknown,
  errorClass: ErrorClass<E>,
  message?: string,
): E;
export function assertThrows(
  run: () => unknown,
  errorClass?: ErrorClass<Error>,
  message?: string,
): unknown {
  try {
    run();
  } catch (error) {
    return check(error, errorClass, message);
  }
  throw new assert.AssertionError({ message: "expected the function to throw" });
}

/** Throws unless the promise that `run` returns is rejected; returns the reason. */
export function assertRejects(run: () => PromiseLike<unknown>): Promise<unknown>;
/** Throws unless the reason is an `errorClass` whose message includes `message`; returns it. */
export function assertRejects<E extends Error>(
  run: () => PromiseLike<unknown>,
  errorClass: ErrorClass<E>,
  message?: string,
): Promise<E>;
export async function assertRejects(
  run: () => PromiseLike<unknown>,
  errorClass?: ErrorClass<Error>,
  message?: string,
): Promise<unknown> {
  let promise: unknown;
  try {
    promise = run();
  } catch (cause) {
    throw failure("expected a promise, and the function threw", cause);
  }
  if (typeof (promise as PromiseLike<unknown> | undefined)?.then !== "function") {
    throw failure("expected a promise, and the function returned something else");
  }
  try {
    await promise;
  } catch (error) {
    return check(error, errorClass, message);
  }
  throw failure("expected the promise to be rejected");
}

function failure(message: string, cause?: unknown): Error {
  return Object.assign(new assert.AssertionError({ message }), { cause });
}

function check(error: unknown, errorClass: ErrorClass<Error> | undefined, message = ""): unknown {
  if (errorClass === undefined) return error;
  assert.ok(error instanceof errorClass, `expected ${errorClass.name}, got ${error}`);
  assertStringIncludes(error.message, message);
  return error;
}
