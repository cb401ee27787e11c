/**
 * x
 *
 * @module
 */
export { replayRun } from "./replay/replay_run.ts";
