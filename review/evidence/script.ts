/**
 * Judging the runs of a folder as a script: arguments, files, exit codes.
 *
 * @module
 */
import type { FieldNames } from "../../learn/data/fields.ts";
import { parseArgs } from "../../script/arguments.ts";
import { fieldOptions, fieldUsage, parseFields } from "../../script/fields.ts";
import { requireOutput, writeOutput } from "../../script/outputs.ts";
import { parseUsage, requirePermission, write } from "../../script/script.ts";
import {
  createProgressLine,
  MAX_WIDTH,
  MIN_WIDTH,
  parseWidth,
  terminal,
  toJson,
} from "../../script/terminal.ts";
import { joinLines, renderLine } from "../dataset/files/formats.ts";
import { countEvidence } from "./counting.ts";
import { judgeFolder } from "./folder.ts";
import { formatIndex } from "./text.ts";

const usage = `Judge what the runs of a folder proposed: each rule, and each reply of a model.

  deno run --allow-read review/evidence.ts FOLDER --data FILE [options]

A proposal is accepted, partially_accepted, rejected or needs_human_review, with a reason, by what
became of it in its run and by the examples that the run held out. No model is asked. FOLDER has
traces (.trace.json), and beside them the tapes (.exchanges.jsonl) of runs that asked a model.

  --data FILE         the examples of a run: JSON Lines, JSON or CSV. May be given several times; a
                      run gets the file with the digest that its trace names
  --corrections FILE  the corrections of the runs that had some
  -o, --output FILE   write the evidence as JSON Lines as well
${fieldUsage}  --json              the counts as JSON instead of text
  --width N           columns, ${MIN_WIDTH} to ${MAX_WIDTH} (default: the terminal's, or 100)
  --help              this text

The exit code is 1 if no run can be judged, and for errors; 2 for bad arguments.
`;

interface EvidenceRequest {
  readonly folder: string;
  readonly data: readonly string[];
  readonly corrections?: string;
  readonly fields?: FieldNames;
  readonly output?: string;
  readonly json: boolean;
  readonly layout: ReturnType<typeof parseWidth>;
}

/** Returns what the arguments ask for; nothing for help. */
function parseRequest(args: string[]): EvidenceRequest | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      data: { type: "string", multiple: true },
      corrections: { type: "string" },
      output: { type: "string", short: "o" },
      ...fieldOptions,
      json: { type: "boolean", default: false },
      width: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const { data = [], corrections, output, json, width, help } = values;
  if (help) return undefined;
  if (positionals.length !== 1) {
    throw new TypeError(`expected one folder, got ${positionals.length}`);
  }
  if (data.length === 0) throw new TypeError("--data is missing: name the examples of the runs");
  const [folder] = positionals;
  if ([folder, ...data, corrections, output].includes("")) throw new TypeError("a path is empty");
  if ([...data, corrections].filter((path) => path === "-").length > 1) {
    throw new TypeError("only one input can be the standard input");
  }
  const layout = parseWidth(width);
  return { folder, data, corrections, ...parseFields(values), output, json, layout };
}

/** Judges the runs of a folder, and prints the counts. */
export async function main(args: string[]): Promise<void> {
  const request = parseUsage(() => parseRequest(args));
  if (request === undefined) return write(usage);
  const { folder, data, corrections, fields, output, json, layout } = request;
  for (const path of [folder, ...data, corrections]) {
    if (path !== undefined) await requirePermission("read", path);
  }
  if (output !== undefined) {
    await requireOutput("--output", output, [...data, corrections ?? []].flat(), "evidence");
  }
  const progress = createProgressLine();
  const { judged, skipped } = await judgeFolder(folder, {
    ...{ data, corrections, fields },
    onProgress: (done, all) => progress?.show([`reading ${done} of ${all} traces`]),
  });
  progress?.clear();
  const index = countEvidence(judged, skipped);
  if (output !== undefined) {
    const lines = judged.flatMap(({ evidence }) => evidence.map(renderLine));
    writeOutput(output, joinLines(lines), "evidence");
  }
  write(json ? toJson(index) : formatIndex(index, { ...terminal(), ...layout }));
  if (judged.length === 0) throw new Error("no run of the folder can be judged");
}
