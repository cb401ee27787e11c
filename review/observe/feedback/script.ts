/**
 * Observation by a log of feedback as a script: arguments, files, and what is printed.
 *
 * @module
 */
import { readDataset } from "../../../learn/data/dataset.ts";
import type { FieldNames } from "../../../learn/data/fields.ts";
import { readTexts } from "../../../learn/data/texts.ts";
import { parseWhole } from "../../../script/arguments.ts";
import { fieldOptions, parseFields } from "../../../script/fields.ts";
import { parseUsage, requirePermission, write } from "../../../script/script.ts";
import { type FormatOptions, parseWidth, terminal, toJson } from "../../../script/terminal.ts";
import { readTrace } from "../../../trace.ts";
import { commandToLearn } from "./command.ts";
import type { ObservationOutput, UnreviewedText } from "./format.ts";
import { readFeedbackLog } from "./log.ts";
import { observe, requireLabelRules } from "./observing.ts";
import { formatObservation } from "./text.ts";

/** Kinds of mistakes, rules and texts that are listed, by default. */
const LISTED = 10;

/** The lines of `--help` about feedback. */
export const feedbackUsage =
  `With --feedback, what people made of the answers of the rules: mistakes and repeats, rules more
often wrong than right, what to review next, and whether to learn again. Nothing is changed.

  --feedback FILE     a line of JSON for each answer: { "text", "given", "outcome"?, "label"?,
                      "set"?, "at"? }, such as pipeline.ts --predict writes: mend its label to
                      correct it. outcome is accepted, corrected or rejected; set is the digest of
                      the trace whose rules answered
  --all-reviewed      a line whose label is the one given was accepted, even if it does not say so
  --texts FILE        choose what to review next from these texts (default: the lines that nobody
                      reviewed)
  --data FILE         the examples of the run, to compare the mix of labels with
  --limit N           kinds of mistakes, rules and texts to list (default: ${LISTED})
`;

/** The options of {@linkcode feedbackUsage}, for `parseArgs`. */
export const feedbackOptions = {
  feedback: { type: "string" },
  "all-reviewed": { type: "boolean" },
  texts: { type: "string" },
  data: { type: "string" },
  limit: { type: "string" },
  ...fieldOptions,
  json: { type: "boolean" },
  width: { type: "string" },
} as const;

/** Values of {@linkcode feedbackOptions}. */
export type FeedbackValues =
  & Readonly<
    Partial<
      Record<
        Exclude<keyof typeof feedbackOptions, "all-reviewed" | "json">,
        string
      >
    >
  >
  & { readonly "all-reviewed"?: boolean; readonly json?: boolean };

/** What to observe, and how to print it. */
interface FeedbackRequest {
  readonly trace: string;
  readonly feedback: string;
  readonly texts?: string;
  readonly data?: string;
  readonly fields?: FieldNames;
  readonly reviewed: boolean;
  readonly listed: number;
  readonly json: boolean;
  readonly layout: Pick<FormatOptions, "width">;
}

function toRequest(values: FeedbackValues, positionals: readonly string[]): FeedbackRequest {
  const { feedback, texts, data, limit } = values;
  if (positionals.length !== 1) {
    throw new TypeError(`--feedback needs one TRACE, got ${positionals.length}`);
  }
  if (feedback === undefined) throw new TypeError("--feedback is missing: name a log of feedback");
  const [trace] = positionals;
  if ([trace, feedback, texts, data].filter((path) => path === "-").length > 1) {
    throw new TypeError("only one of TRACE and the files can be the standard input");
  }
  return {
    trace,
    feedback,
    texts,
    data,
    ...parseFields(values),
    reviewed: values["all-reviewed"] ?? false,
    listed: limit === undefined ? LISTED : parseWhole("--limit", limit, 1, 1_000_000),
    json: values.json ?? false,
    layout: parseWidth(values.width),
  };
}

/** Prints what a log of feedback tells of the rules of a trace. */
export async function runFeedback(
  values: FeedbackValues,
  positionals: readonly string[],
): Promise<void> {
  const request = parseUsage(() => toRequest(values, positionals));
  const { feedback, texts, data: path, fields, reviewed, listed, json, layout } = request;
  for (const file of [request.trace, feedback, texts, path]) {
    if (file !== undefined) await requirePermission("read", file);
  }
  const trace = await readTrace(request.trace);
  // Before other files, which may be long.
  requireLabelRules(trace);
  const lines = await readFeedbackLog(feedback, { reviewed });
  const data = path === undefined
    ? undefined
    : await readDataset(path, { task: "classification", fields });
  const observation = observe(trace, lines, {
    data,
    reviews: listed,
    ...(texts !== undefined && { texts: await readAllTexts(texts, fields) }),
  });
  const command = commandToLearn(trace, { trace: request.trace, feedback, data: path });
  if (json) {
    const output: ObservationOutput = { ...observation, command };
    return write(toJson(output));
  }
  write(formatObservation(observation, { listed, command, ...terminal(), ...layout }));
}

async function readAllTexts(
  path: string,
  fields: FieldNames | undefined,
): Promise<UnreviewedText[]> {
  const all: UnreviewedText[] = [];
  for await (const texts of readTexts(path, { fields })) for (const text of texts) all.push(text);
  return all;
}
