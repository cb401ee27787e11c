/**
 * Times that a trace can have.
 *
 * @module
 */

/** The first and the last time that a trace can have, in milliseconds. */
const FIRST_TIME = Date.parse("0000-01-01T00:00:00.000Z");
export const LAST_TIME = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * Returns the time of a clock at the beginning of a run, in milliseconds.
 *
 * @throws {RangeError} if a trace cannot have it
 */
export function readClock(now: Date): number {
  const time = now.getTime();
  if (time >= FIRST_TIME && time <= LAST_TIME) return time;
  const found = Number.isNaN(time) ? "no time" : now.toISOString();
  throw new RangeError(`The clock gives ${found}, expected a year from 0000 to 9999`);
}
