/**
 * Observation as a script: which of its modes is asked for.
 *
 * @module
 */
import { parseArgs } from "../../script/arguments.ts";
import { fieldUsage } from "../../script/fields.ts";
import { parseUsage, write } from "../../script/script.ts";
import { feedbackOptions, feedbackUsage, runFeedback } from "./feedback/script.ts";

const usage = `Observe the rules of a run after it.

  deno run --allow-read review/observe.ts TRACE --feedback FILE [options]

TRACE is a .trace.json; it or one of the files may be -, for the standard input.

${feedbackUsage}${fieldUsage}  --json              print the result as JSON
  --width N           columns (default: the terminal's, or 100)
  --help              this text
`;

/** Runs the script. */
export async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseUsage(() =>
    parseArgs({
      args,
      allowPositionals: true,
      options: { ...feedbackOptions, help: { type: "boolean" } },
    })
  );
  if (values.help) return write(usage);
  await runFeedback(values, positionals);
}
