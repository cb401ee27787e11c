/**
 * A folder with a run that asked a model, its tape, its examples and protected texts; and makers that are as simple
 * as can be.
 *
 * @module
 */
import { dirname, join } from "jsr:@std/path@^1";
import { readDataset } from "../../../learn/data/dataset.ts";
import { digest } from "../../../learn/text/digest.ts";
import type { Evidence, EvidenceSource } from "../../../review/evidence/format.ts";
import type { TrainingRow } from "../../../review/dataset/format.ts";
import type { DatasetMakers } from "../../../review/dataset/making.ts";
import type { DatasetOptions, DatasetPaths } from "../../../review/dataset/options.ts";
import { readTape, readTrace } from "../../../trace.ts";
import { serveChat } from "../../learn/chat/chat_server.ts";
import { chatWith, few, learn } from "../../learn/llm/run_fixture.ts";
import { createScripted } from "../../learn/llm/scripted_model.ts";

/** How the data sets of most tests are made. */
export const options: DatasetOptions = {
  format: "trl",
  kinds: ["sft", "preference", "unpaired", "hard"],
  license: "cc-by-4.0",
};

/** Learns a run into `<folder>/runs`, with its examples and protected texts beside. */
export async function prepareRun(folder: string): Promise<DatasetPaths> {
  await using server = serveChat(createScripted());
  const runs = join(folder, "runs");
  await Deno.mkdir(runs);
  await learn(runs, chatWith(server), { maxIterations: 1 });
  const lines = few.examples.map((example) => JSON.stringify(example));
  await Deno.writeTextFile(join(folder, "train.jsonl"), lines.join("\n"));
  await Deno.writeTextFile(
    join(folder, "test.jsonl"),
    '{"id":"t1","text":"a secret","label":"x"}\n',
  );
  return {
    folder: runs,
    data: [join(folder, "train.jsonl")],
    protect: [join(folder, "test.jsonl")],
  };
}

/** Makers that judge each exchange as its outcome says, and make rows of all kinds of each. */
export const makers: DatasetMakers = {
  async readSources({ data: [path] }, runs) {
    const data = await readDataset(path, { name: "banking" });
    // Beside the trace with the tape there is the one of the last run under the name of the data set.
    const tapes = runs.filter((path) => path.endsWith(".exchanges.jsonl"));
    const sources = await Promise.all(tapes.map(async (tape): Promise<EvidenceSource> => {
      const path = tape.replace(".exchanges.jsonl", ".trace.json");
      return { path, trace: await readTrace(path), data, tape: await readTape(tape) };
    }));
    return {
      sources,
      skipped: [{ path: "runs/x.trace.json", reason: "broken-trace", detail: "it ends" }],
    };
  },
  judge: ({ trace, tape }) =>
    trace.steps.flatMap((step) =>
      ("exchanges" in step ? step.exchanges ?? [] : []).flatMap((id, place): Evidence[] => {
        const exchange = tape.find((one) => one.id === id)!;
        return [{
          id: digest([trace.digest, step.index, id]),
          trace: trace.digest,
          step: step.index,
          stepDigest: step.digest,
          dataset: trace.run.dataset.digest!,
          judgement: exchange.outcome === "parsed" ? "accepted" : "rejected",
          reason: exchange.outcome === "parsed" ? "survived" : "refused",
          kind: "reply",
          exchange: id,
          place,
          response: digest(exchange.response),
          isProved: true,
          purpose: exchange.purpose,
          outcome: exchange.outcome,
          rules: [],
          refused: 0,
          survived: [],
        }];
      })
    ),
  // deno-lint-ignore require-await -- the real one reads files
  async makeRows(judged, _paths, { kinds }) {
    const rows = judged.flatMap(({ source: { tape, data }, evidence }) =>
      evidence.flatMap((one): TrainingRow[] => {
        const exchange = tape.find(({ id }) => id === one.exchange)!;
        const { id, trace, step, stepDigest, dataset, judgement, reason } = one;
        const source = { trace, step, stepDigest, dataset, evidence: id, judgement, reason };
        const response = digest(exchange.response);
        const sources = [{ ...source, exchange: exchange.id, response }];
        const shown = [data.examples[0]];
        const [prompt, completion] = [exchange.messages, exchange.response!];
        return [
          { kind: "sft", content: { prompt, completion }, variant: "verbatim", sources, shown },
          {
            kind: "preference",
            content: { prompt, chosen: completion, rejected: "[]" },
            sources: [...sources, source],
            shown,
            tainted: `dev ${dataset}`,
          },
          { kind: "unpaired", content: { prompt, completion, label: true }, sources, shown },
          { kind: "hard", content: { text: shown[0].text }, sources: [source], shown },
        ];
      })
    );
    const [{ sources: [source] }] = rows;
    return {
      rows: rows.filter(({ kind }) => kinds.includes(kind)),
      quarantined: [{ kind: "sft", reason: "category", sources: [source], shown: [] }],
    };
  },
  // deno-lint-ignore require-await -- the real one reads files
  async guardRows(rows) {
    const [{ kind, sources }] = rows;
    const protectedBy = { file: 0, id: "t1", similarity: 1 };
    const reason = "protected-exact";
    return {
      rows: rows.slice(1),
      quarantined: [{ kind, reason, sources, shown: [], protected: protectedBy }],
    };
  },
  splitRows: (rows) => rows.map((_, place) => place % 3 === 0 ? "test" : "train"),
  // deno-lint-ignore require-await -- the real one reads files
  recheck: async (files) =>
    files.flatMap(({ path, lines }) => {
      const place = lines.findIndex((line) => line.includes("a secret"));
      return place === -1 ? [] : [{ path, line: place + 1, problem: "it shows a protected text" }];
    }),
};

/** Reads all files of a folder and its folders, by path. */
export async function readAll(folder: string, under = ""): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const { name, isDirectory } of Deno.readDir(join(folder, under))) {
    const path = join(under, name);
    if (isDirectory) { for (const one of await readAll(folder, path)) files.set(...one); }
    else files.set(path, await Deno.readTextFile(join(folder, path)));
  }
  return new Map([...files].sort());
}

/** Writes files into a folder. */
export async function writeFiles(
  folder: string,
  files: ReadonlyMap<string, string>,
): Promise<void> {
  for (const [path, text] of files) {
    await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
    await Deno.writeTextFile(join(folder, path), text);
  }
}

/** A folder that goes with its end. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
