/**
 * Schemas of single values. The message of each completes an error: "The option seed is 0.5, expected …".
 *
 * @module
 */
import * as z from "npm:zod@^4";

/** A number in a range. */
export function number(
  expected: string,
  isInRange: (value: number) => boolean,
): z.ZodType<number> {
  return z.custom<number>((value) => typeof value === "number" && isInRange(value), expected);
}

/** A whole number of `low` or more, or infinity. */
export function limit(low: number): z.ZodType<number> {
  const isInRange = (value: number) =>
    value >= low && (Number.isInteger(value) || value === Infinity);
  return number(`a whole number of ${low} or more`, isInRange);
}

/** A whole number of 1 or more. */
export const amount: z.ZodType<number> = number(
  "a whole number of 1 or more",
  (value) => Number.isSafeInteger(value) && value >= 1,
);

/** A share. */
export const share: z.ZodType<number> = number(
  "a number from 0 to 1",
  (value) => value >= 0 && value <= 1,
);

/** An amount of votes. */
export const votes: z.ZodType<number> = number(
  "a number of 0 or more",
  (value) => value >= 0 && value < Infinity,
);

/** One of some values. */
export function oneOf<const T extends string | boolean>(...values: T[]): z.ZodType<T> {
  return z.literal(values, values.join(" or "));
}

/** A function. */
export const method: z.ZodType<object> = z.instanceof(Function, { error: "a function" });

/** An `AbortSignal`. */
export const signal: z.ZodType<AbortSignal> = z.instanceof(AbortSignal, {
  error: "an AbortSignal",
}) as unknown as z.ZodType<AbortSignal>;

/** A function of a type. */
export function callback<F>(): z.ZodType<NonNullable<F>> {
  return method as unknown as z.ZodType<NonNullable<F>>;
}
