/**
 * Why a run cannot be forked: what a replay of it says.
 *
 * @module
 */
import { explainRefusal } from "../../pipeline/model.ts";
import type { Trace } from "../../trace.ts";
import { replayRun } from "../replay/replay_run.ts";
import type { Given } from "../replay/rerun.ts";
import { ForkError } from "./forking.ts";

/** What is told of causes that the user can do something about, whatever the step. */
const PLAIN: Readonly<Record<string, (detail: string) => string>> = {
  test: (detail) => `The test set is not that of the run: ${detail}`,
  interrupted: (detail) =>
    `The run did not come to its end: ${detail}; replay.ts --resume takes it up`,
};

/** Returns the error of a fork; of one whose steps are not the parent's, with the cause that a replay finds. */
export async function explainFork(error: unknown, trace: Trace, given: Given): Promise<unknown> {
  if (!(error instanceof ForkError)) return explainRefusal(error);
  const { cause, detail } = await replayRun(trace, given);
  if (cause === undefined) return error;
  const plain = PLAIN[cause];
  if (plain !== undefined) return new Error(plain(detail), { cause: error });
  const message = `Step ${error.step} is not the one of the parent: ${cause}. ${detail}`;
  return new Error(message, { cause: error });
}
