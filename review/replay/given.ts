/**
 * The files that a script computes a run again from: its data, its test set, its tape, and a model to ask.
 *
 * @module
 */
import { dirname } from "jsr:@std/path@^1";
import { readDataset } from "../../learn/data/dataset.ts";
import type { FieldNames } from "../../learn/data/fields.ts";
import { readCorrected } from "../../pipeline/inputs.ts";
import { checkEndpoint, type ModelRequest, openChat } from "../../pipeline/model.ts";
import { exists, recordPaths } from "../../record/journal.ts";
import { fieldOptions, fieldUsage, parseFields } from "../../script/fields.ts";
import { requirePermission, UsageError } from "../../script/script.ts";
import { isPermitted } from "../../system/permissions.ts";
import { readTape, type Trace } from "../../trace.ts";
import { type Given, secondModel } from "./rerun.ts";

/** The options of scripts that name these files, for `parseArgs`. */
export const givenOptions = {
  data: { type: "string" },
  test: { type: "string" },
  corrections: { type: "string" },
  tape: { type: "string" },
  model: { type: "string" },
  "base-url": { type: "string" },
  ...fieldOptions,
} as const;

/** The lines of `--help` about {@linkcode givenOptions}. */
export const givenUsage =
  `  --data FILE         the examples that the run learned from: JSON Lines, JSON or CSV
  --test FILE         examples to score on; those of the run, if it had some
  --corrections FILE  its corrections, if it had some
  --tape FILE         its exchanges with a model (default: the file beside the trace)
  --model NAME --base-url URL
                      a model to ask for what the tape does not answer; there, too, the second model
                      of the run, if it had one. The key is read from OPENAI_API_KEY if
                      --allow-env=OPENAI_API_KEY is given
${fieldUsage}`;

/** The values of {@linkcode givenOptions}. */
export interface GivenRequest {
  readonly data: string;
  readonly test?: string;
  readonly fields?: FieldNames;
  readonly corrections?: string;
  readonly tape?: string;
  readonly model?: string;
  readonly baseUrl?: string;
}

/**
 * Checks the values of {@linkcode givenOptions}.
 *
 * @throws {TypeError} if `--data` is missing, or a model has no endpoint
 */
export function parseGiven(
  { data, test, corrections, tape, model, "base-url": baseUrl, ...names }: Readonly<
    Partial<Record<keyof typeof givenOptions, string>>
  >,
): GivenRequest {
  if (data === undefined) throw new TypeError("--data is missing: name the examples of the run");
  if (model === undefined && baseUrl !== undefined) {
    throw new TypeError("--base-url needs --model");
  }
  if (model !== undefined) checkEndpoint({ model, baseUrl });
  return { data, test, ...parseFields(names), corrections, tape, model, baseUrl };
}

/**
 * Reads the files for the run of a trace.
 *
 * @param path the file of the trace, beside which its tape may be
 * @throws {UsageError} if two of them are the standard input
 */
export async function readGiven(
  trace: Trace,
  path: string,
  { data, test, fields, corrections, tape, model, baseUrl }: GivenRequest,
): Promise<Given> {
  if ([path, data, test, corrections].filter((one) => one === "-").length > 1) {
    throw new UsageError("only one of the trace and the files can be the standard input");
  }
  const { task } = trace.run.dataset;
  for (const file of [data, test, corrections, tape]) {
    if (file !== undefined) await requirePermission("read", file);
  }
  const exchanges = tape ?? findTape(trace, path);
  return {
    data: await readCorrected(data, corrections, { task, fields }),
    ...(test === undefined ? {} : { test: await readDataset(test, { task, fields }) }),
    ...(exchanges === undefined ? {} : { tape: await readTape(exchanges) }),
    ...(model === undefined ? {} : await openModels(trace, { model, baseUrl })),
  };
}

/** Opens a model, and the second one of the run, if it had one, at the same endpoint. */
export async function openModels(
  { run }: Trace,
  request: ModelRequest,
): Promise<Pick<Given, "chat" | "escalateTo">> {
  const model = secondModel(run);
  return {
    chat: await openChat(request),
    ...(model !== undefined && { escalateTo: await openChat({ ...request, model }) }),
  };
}

/** Finds the tape beside a trace, if the run asked a model and the tape may be read. */
export function findTape({ run }: Trace, path: string): string | undefined {
  if (run.learner.model === undefined || path === "-") return undefined;
  const { tape } = recordPaths(dirname(path), run);
  return isPermitted({ name: "read", path: tape }) && exists(tape) ? tape : undefined;
}
