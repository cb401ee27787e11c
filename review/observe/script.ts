/**
 * Observation as a script: which of its modes is asked for.
 *
 * @module
 */
import { parseArgs } from "../../script/arguments.ts";
import { fieldUsage } from "../../script/fields.ts";
import { parseUsage, UsageError, write } from "../../script/script.ts";
import { betweenOptions, betweenUsage, runBetween } from "./between/script.ts";
import { feedbackOptions, feedbackUsage, runFeedback } from "./feedback/script.ts";

const usage =
  `Observe rules after their run: what people made of their answers, or which of two sets is better.

  deno run --allow-read review/observe.ts TRACE --feedback FILE [options]
  deno run --allow-read --allow-write review/observe.ts OLD NEW --texts FILE --review QUEUE [options]

TRACE is a .trace.json; OLD and NEW are traces or files of rules. One of the files may be -, for the
standard input.

${feedbackUsage}
${betweenUsage}
With either:

${fieldUsage}  --json              print the result as JSON
  --width N           columns (default: the terminal's, or 100)
  --help              this text
`;

/** Runs the script. */
export async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseUsage(() =>
    parseArgs({
      args,
      allowPositionals: true,
      options: { ...feedbackOptions, ...betweenOptions, help: { type: "boolean" } },
    })
  );
  if (values.help) return write(usage);
  const isBetween = positionals.length === 2 || values.review !== undefined;
  const known: object = isBetween ? betweenOptions : feedbackOptions;
  const stray = Object.keys(values).find((name) => !Object.hasOwn(known, name));
  if (stray !== undefined) {
    throw new UsageError(`--${stray} goes with ${isBetween ? "one TRACE" : "OLD and NEW"}`);
  }
  if (isBetween) await runBetween(values, positionals);
  else await runFeedback(values, positionals);
}
