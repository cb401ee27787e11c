/**
 * Ctrl-C in a script that leaves a record.
 *
 * @module
 */
import { exit, onInterrupt } from "../system/process.ts";
import type { ProgressLine } from "./terminal.ts";

/** The exit code of a program that Ctrl-C ended. */
export const INTERRUPTED = 130;

/** What hears Ctrl-C. */
export interface Interruption {
  /** Aborts at the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Leaves Ctrl-C to the system again. */
  stop(): void;
}

/**
 * Listens for Ctrl-C: the first is acknowledged at once on `progress`, and aborts the signal, so that the work
 * can end its record; the second ends the process with {@linkcode INTERRUPTED}.
 */
export function listenForInterrupt(progress: ProgressLine | undefined): Interruption {
  const controller = new AbortController();
  const stop = onInterrupt(() => {
    if (controller.signal.aborted) {
      progress?.clear();
      exit(INTERRUPTED);
    }
    progress?.end("stopping …");
    controller.abort(new DOMException("Interrupted", "AbortError"));
  });
  return { signal: controller.signal, stop };
}
