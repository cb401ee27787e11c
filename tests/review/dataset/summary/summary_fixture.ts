/**
 * Runs that were judged, rows of every kind, and a summary of them, with names and texts as bad as they come.
 *
 * @module
 */
import { join } from "jsr:@std/path@^1";
import { createDataset } from "../../../../learn/data/dataset.ts";
import type { RowKind, TrainingRow } from "../../../../review/dataset/format.ts";
import type { DatasetOptions } from "../../../../review/dataset/options.ts";
import { makeRows } from "../../../../review/dataset/rows/making.ts";
import type { DatasetParts, SetCoverage } from "../../../../review/dataset/summary/format.ts";
import type { JudgedSource } from "../../../../review/evidence/format.ts";
import { judgeAll } from "../../../../review/evidence/judging.ts";
import { readTape } from "../../../../trace.ts";
import { many } from "../../../pipeline/fixture.ts";
import { item, recordRun, RIGHT } from "../../evidence/evidence_fixture.ts";
import { temporaryFolder } from "../dataset_fixture.ts";

/** A text that is markup, ends a script and a line, and acts on a terminal. */
export const HOSTILE = "</script><img src=x onerror=alert(1)>\u001b[2J\u202e\n# *h* |";

/** How the data set is made. */
export const options: DatasetOptions = {
  format: "trl",
  kinds: ["sft", "teacher", "preference", "unpaired", "playbook", "hard"],
  split: { share: 0.5, seed: 0 },
};

/** Two runs that asked a model: all of the first one's replies are right, none of the other one's first. */
export const judged: readonly JudgedSource[] = await judgeRuns();

async function judgeRuns(): Promise<JudgedSource[]> {
  await using folder = await temporaryFolder();
  const wrong = ["no JSON", { rules: [item("card", "the")] }, ...RIGHT];
  const data = createDataset(many);
  const sources = [];
  for (const [id, replies] of [["b", wrong], ["a", RIGHT]] as const) {
    const { path, trace, tape } = await recordRun(folder.path, id, replies);
    sources.push({ path: join("runs", path), trace, data, tape: await readTape(tape!) });
  }
  return judgeAll(sources);
}

/** Makes a row of a kind that is about a label and shows no text. */
export function makeRow(kind: RowKind, label: string, text = "a text"): TrainingRow {
  const { digest: trace, run } = judged[0].source.trace;
  const rest = { sources: [{ trace, dataset: run.dataset.digest! }], shown: [] };
  const prompt = [{ role: "user", content: `{"about":${JSON.stringify(label)}}` }] as const;
  const completion = JSON.stringify({ rules: [item(label)] });
  switch (kind) {
    case "sft":
    case "teacher":
      return { kind, content: { prompt, completion }, ...rest };
    case "unpaired":
      return { kind, content: { prompt, completion, label: false }, ...rest };
    case "preference": {
      const rejected = JSON.stringify({ rules: [item("other")] });
      return { kind, content: { prompt, chosen: completion, rejected }, ...rest };
    }
    case "playbook":
      return { kind, content: { rules: [{ label }] }, ...rest };
    case "weak":
    case "hard":
      return { kind, content: { text, label }, ...rest };
  }
}

/** All that a data set is made of: the rows of the runs, every second one to test with. */
export function makeParts(changes: Partial<DatasetParts> = {}): DatasetParts {
  const { rows, quarantined } = makeRows(judged);
  const split = rows.map((row, place) => ({
    row,
    split: place % 2 ? "test" as const : "train" as const,
  }));
  const detail = "JSON ends too early";
  const skipped = [{ path: "runs/x.trace.json", reason: "broken-trace", detail }] as const;
  return { judged, skipped, rows: split, quarantined, options, ...changes };
}

/** A data set of the runs with these labels, of which each kind has so many rows. */
export function makeCoverage(
  name: string,
  labels: Readonly<Record<string, Partial<Record<RowKind, number>>>>,
): SetCoverage {
  return {
    dataset: `sha256:${"0".repeat(64)}`,
    name,
    task: "classification",
    labels: Object.entries(labels).map(([label, rows]) => ({ label, rows })),
  };
}
