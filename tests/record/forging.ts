/**
 * Traces that were changed after they were recorded, for tests of refusals.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import {
  type AskedFields,
  parseTrace,
  runDigest,
  type Step,
  stepDigest,
  type StepOf,
  type Trace,
  traceDigest,
  TraceError,
  verifyTrace,
} from "../../trace.ts";

/** The fixture of format version 1. */
export const fixture = new URL("../fixtures/v1.trace.json", import.meta.url);
export const text: string = await Deno.readTextFile(fixture);
export const base: Trace = parseTrace(text);

/** The place of the first step of a type in the fixture, and the step. */
export const indexOf = (type: Step["type"]): number =>
  base.steps.findIndex((step) => step.type === type);
export const stepOf = <T extends Step["type"]>(type: T): StepOf<T> =>
  base.steps[indexOf(type)] as StepOf<T>;

/** A trace with one step changed and all digests made anew, so that only its content is wrong. */
export function forge(index: number, change: object, from = base): Trace {
  const steps = from.steps.map((step, at) => at === index ? { ...step, ...change } as Step : step);
  return chain({ ...from, steps });
}

/** Makes all digests of a trace anew. */
export function chain(trace: Trace): Trace {
  const first = runDigest(trace.run);
  let last = first;
  const steps = trace.steps.map((step) => ({ ...step, digest: last = stepDigest(last, step) }));
  return { ...trace, steps, digest: traceDigest(first, trace.rules, last) };
}

/** Checks that a trace is refused with a message that names the step. */
export function refuse(trace: Trace, message: string, step?: number): void {
  const error = assertThrows(() => verifyTrace(trace), TraceError, message);
  assertEquals(error.step, step);
  if (step !== undefined) assert(error.message.startsWith(`step ${step} `), error.message);
}

/** Returns a trace as version 2 of the format had it: its steps prove no replies. */
export function asVersion2(trace: Trace): Trace {
  const steps = trace.steps.map((step) => {
    const { responses: _, ...rest } = step as Step & AskedFields;
    return rest as Step;
  });
  return chain({ ...trace, version: 2, steps });
}
