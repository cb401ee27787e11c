/**
 * Numbers the iterations of a run, most of whose lines do not tell their number.
 *
 * @module
 */
import type { StepBody } from "../../trace.ts";

/** Stands for the number of an iteration until all are read. */
export const OPEN = -1;
/** After so many iterations that all left lines, the ones at the end are taken to have left theirs. */
const ENOUGH = 3;

/**
 * Numbers the iterations that are open, if those with numbers before and after leave one for each of them, or
 * if they end a run whose iterations all left lines so far, and these are {@linkcode ENOUGH}. The others get 0.
 *
 * @param bodies the steps of a run, in their order
 * @param last how many iterations the run had, if that is known
 */
export function numberIterations(bodies: readonly StepBody[], last: number | undefined): void {
  let open: { iteration: number }[] = [];
  let before = 0;
  let isWhole = true;
  const settle = (end: number | undefined) => {
    isWhole &&= (end ?? before + open.length) === before + open.length;
    const isTold = end === undefined ? isWhole && before >= ENOUGH : end === before + open.length;
    open.forEach((one, place) => one.iteration = isTold ? before + place + 1 : 0);
    open = [];
  };
  for (const body of bodies) {
    if (body.type !== "iteration" || body.iteration === 0) continue;
    if (body.iteration === OPEN) {
      open.push(body as { iteration: number });
      continue;
    }
    settle(body.iteration - 1);
    before = body.iteration;
  }
  settle(last);
}
