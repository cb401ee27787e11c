/**
 * The command that learns again from a log of feedback.
 *
 * @module
 */
import type { Trace } from "../../../trace.ts";

/** The files that a command names. */
export interface ObservedFiles {
  /** The trace. */
  readonly trace: string;
  /** The log. */
  readonly feedback: string;
  /** The examples that the run learned from, if they are given. */
  readonly data?: string;
}

/**
 * Returns the command that learns again from the examples of a run and a log of feedback. A run that began with rules
 * goes on from its own, so that those of people stay; other rules are learned anew, which costs less mistakes. A file
 * that is not known, or is the standard input, is named in capital letters.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readTrace } from "../../../trace.ts";
 * import { commandToLearn } from "./command.ts";
 *
 * const trace = await readTrace("examples/banking.trace.json");
 * const files = { trace: "b.trace.json", feedback: "my log.jsonl", data: "examples/banking.jsonl" };
 * assertEquals(
 *   commandToLearn(trace, files),
 *   "deno run -A pipeline.ts examples/banking.jsonl --corrections 'my log.jsonl'",
 * );
 * ```
 */
export function commandToLearn({ steps: [first] }: Trace, files: ObservedFiles): string {
  const hasStart = first?.type === "synthesis" && (first.start ?? []).length > 0;
  return [
    "deno run -A pipeline.ts",
    quoteFile(files.data, "FILE"),
    ...hasStart ? ["--rules", quoteFile(files.trace, "TRACE")] : [],
    "--corrections",
    quoteFile(files.feedback, "FEEDBACK"),
  ].join(" ");
}

/** Quotes a path for a shell (POSIX), if it needs that. */
function quoteFile(path: string | undefined, unknown: string): string {
  if (path === undefined || path === "-") return unknown;
  const file = path.startsWith("-") ? `./${path}` : path;
  return /^[\w./:@%+=,-]+$/.test(file) ? file : `'${file.replaceAll("'", String.raw`'\''`)}'`;
}
