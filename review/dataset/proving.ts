/**
 * The proof of one row: from its bytes to the exchange, the step and the examples that it comes from.
 *
 * @module
 */
import { join } from "jsr:@std/path@^1";
import { plainMessages } from "../../learn/chat/client.ts";
import type { Exchange } from "../../learn/chat/exchanges.ts";
import { datasetDigest } from "../../learn/data/dataset.ts";
import { abbreviate } from "../../learn/text/digest.ts";
import { isSame, parseJson } from "../../learn/text/json.ts";
import { quote } from "../../learn/text/quoting.ts";
import { readInput } from "../../learn/text/reading.ts";
import type { Json } from "../../learn/text/schemas.ts";
import { count } from "../../print/phrases.ts";
import { statOrNothing } from "../../system/files.ts";
import type { Step } from "../../trace.ts";
import type { Evidence, EvidenceSource } from "../evidence/format.ts";
import { digestOfResponse } from "../evidence/replies.ts";
import { checkRows, describeLine, lineagePath, ROW_FILES, stemOf } from "./files/checking.ts";
import type { Lineage, LineageSource } from "./format.ts";
import { readConversation, splitText } from "./files/formats.ts";
import { checkKeys, compareInputs, makeAgain } from "./auditing.ts";
import { createMakers } from "./makers.ts";
import { type DatasetMakers, EVIDENCE_FILE, type FileProblem } from "./making.ts";
import { DATASET_STAGES, readReceipt, recallPlan } from "./receipts.ts";

/** One link of the chain from a row to what it comes from. */
export interface ProofLink {
  /** What was checked. */
  readonly of:
    | "row"
    | "inputs"
    | "evidence"
    | "trace"
    | "step"
    | "exchange"
    | "response"
    | "answer"
    | "data"
    | "shown"
    | "protected"
    | "remade";
  /** Whether it holds. */
  readonly holds: boolean;
  /** What was found, in words, without texts of examples. */
  readonly detail: string;
}

/** The proof of a row. */
export interface RowProof {
  /** The path of its file in the folder of the data set. */
  readonly path: string;
  /** Its line, from 1. */
  readonly line: number;
  /** What it says. */
  readonly row: Json;
  /** What it is said to come from. */
  readonly lineage: Lineage;
  /** Each link that was checked; the row is proved if all hold. */
  readonly links: readonly ProofLink[];
}

/**
 * Proves a row of a data set.
 *
 * @param out the folder of the data set
 * @param name the file of the row without its extension: `sft`, or `sft.train` if the data set is split
 * @param line its line, from 1
 * @throws {RangeError} if there is no such row
 * @throws {Error} if a receipt, the row or its lineage cannot be read
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { exportDataset, proveRow } from "../dataset.ts";
 *
 * const out = await Deno.makeTempDir();
 * const data = ["examples/banking.jsonl"];
 * const paths = { folder: "examples", data, protect: ["examples/banking_test.jsonl"] };
 * await exportDataset(out, paths, { format: "trl", kinds: ["playbook"] });
 * const { links } = await proveRow(out, "playbook", 1);
 * assertEquals(links.every(({ holds }) => holds), true);
 * await Deno.remove(out, { recursive: true });
 * ```
 */
export async function proveRow(
  out: string,
  name: string,
  line: number,
  makers: DatasetMakers = createMakers(),
): Promise<RowProof> {
  const receipts = Object.fromEntries(
    await Promise.all(DATASET_STAGES.map(async (stage) => [stage, await readReceipt(out, stage)])),
  ) as Parameters<typeof recallPlan>[1];
  const plan = recallPlan(out, receipts);
  const { paths, runs, options } = plan;
  const path = requireRowFile(out, name);
  const one = new Map<string, string>();
  for (const file of [path, lineagePath(path)]) {
    const lines = splitText((await readInput(join(out, file))).text);
    if (line > lines.length) {
      throw new RangeError(
        `There is no row ${name}:${line}: ${file} has ${count(lines.length, "line")}`,
      );
    }
    one.set(file, lines[line - 1]);
  }
  const { written: [written], problems } = checkRows(one, options.format);
  if (written === undefined) {
    throw new Error(`Cannot prove ${name}:${line}: ${describeLine({ ...problems[0], line })}`);
  }
  const [lineage] = written.lineage;
  const row = parseJson(written.lines[0], path) as Json;
  const links: ProofLink[] = [];
  const tell = (of: ProofLink["of"], holds: boolean, detail: string) =>
    void links.push({ of, holds, detail });
  tell(
    "row",
    problems.length === 0,
    problems[0]?.problem ?? `its digest is ${abbreviate(lineage.row)}`,
  );
  const inputs = DATASET_STAGES.flatMap((stage) => receipts[stage].inputs);
  const broken: FileProblem[] = [];
  checkKeys(receipts, broken);
  const [changed] = [...broken, ...await compareInputs(out, inputs)];
  const unchanged = "all are those that the export read";
  tell("inputs", changed === undefined, changed ? describeLine(changed) : unchanged);
  const folder = await makers.readSources(paths, runs, options);
  const { sources } = folder;
  const judged = await readEvidence(out);
  const found = lineage.sources.map((one) =>
    sources.find(({ trace }) => trace.digest === one.trace)
  );
  for (const [place, source] of lineage.sources.entries()) {
    proveSource(source, place, found[place], judged, lineage, row, tell);
  }
  const lost = lineage.shown.filter((id) =>
    !found.some((source) => source?.data.examples.some((example) => example.id === id))
  );
  // Of weak labels, the text is of another file and has no label.
  if (lineage.kind !== "weak") {
    const shown = count(new Set(lineage.shown).size, "example");
    tell(
      "shown",
      lost.length === 0,
      lost.length === 0 ? `it shows ${shown} of the data` : `the data lack ${quote(lost[0])}`,
    );
  }
  const [leak] = await makers.recheck([written], paths, options);
  const files = count(paths.protect.length, "file");
  tell("protected", leak === undefined, leak?.problem ?? `it shows no text of ${files}`);
  // Digests, and what no digest covers, can be brought up to date: only the inputs say what a row has to be.
  const unmade: FileProblem[] = [];
  const read = { ...makers, readSources: () => Promise.resolve(folder) };
  const made = await makeAgain(receipts, plan, read, unmade);
  const different = [...one].find(([file, text]) => {
    const same = made?.files.find((made) => made.path === file);
    return splitText(same?.text ?? "")[line - 1] !== text;
  });
  tell(
    "remade",
    different === undefined,
    made === undefined
      ? unmade[0].problem
      : different === undefined
      ? "the row and its lineage are the same byte by byte"
      : describeLine({ path: different[0], line, problem: "it is not what the inputs give" }),
  );
  return { path, line, row, lineage, links };
}

/** Returns the path of a file of rows, by its name. */
function requireRowFile(out: string, name: string): string {
  const there = [...ROW_FILES.keys()].filter((path) => statOrNothing(join(out, path))?.isFile());
  const path = there.find((path) => stemOf(path) === name);
  if (path !== undefined) return path;
  const names = there.map(stemOf).join(", ");
  throw new RangeError(
    `There are no rows ${quote(name)}: expected ${names || "a data set with rows"}`,
  );
}

async function readEvidence(out: string): Promise<ReadonlyMap<string, Evidence>> {
  const { text, source } = await readInput(join(out, EVIDENCE_FILE));
  const all = splitText(text).map((line, place) =>
    parseJson(line, source, { firstLine: place + 1 }) as Evidence
  );
  return new Map(all.map((one) => [one.id, one]));
}

type Tell = (of: ProofLink["of"], holds: boolean, detail: string) => void;

/** Proves one of the sources of a row. */
function proveSource(
  said: LineageSource,
  place: number,
  source: EvidenceSource | undefined,
  judged: ReadonlyMap<string, Evidence>,
  lineage: Lineage,
  row: Json,
  tell: Tell,
): void {
  if (said.evidence !== undefined) proveEvidence(said, judged.get(said.evidence), tell);
  if (source === undefined) {
    return tell("trace", false, `no trace that holds has the digest ${abbreviate(said.trace)}`);
  }
  const { trace, data, tape } = source;
  // Reading it checked the chain of its digests.
  tell(
    "trace",
    true,
    `${abbreviate(trace.digest)} of run ${quote(trace.run.id)}, whose chain holds`,
  );
  const held = datasetDigest(data);
  tell("data", held === said.dataset, `its examples are ${abbreviate(held)}`);
  if (said.step === undefined) return;
  const step = trace.steps[said.step];
  tell("step", step?.digest === said.stepDigest, `step ${said.step} of ${trace.steps.length}`);
  if (said.exchange !== undefined && step !== undefined) {
    proveExchange(said, said.exchange, place, step, tape, lineage, row, tell);
  }
}

/** Proves that evidence says what a source says of it. */
function proveEvidence(said: LineageSource, one: Evidence | undefined, tell: Tell): void {
  const names = ["trace", "step", "stepDigest", "dataset", "judgement", "reason"] as const;
  const differs = names.find((name) => one?.[name] !== said[name]);
  tell(
    "evidence",
    one !== undefined && differs === undefined,
    one === undefined
      ? "there is no such evidence"
      : differs === undefined
      ? `${one.judgement}: ${one.reason}`
      : `its evidence has another ${differs}`,
  );
}

/** Proves that a row holds the request and the reply of an exchange. */
function proveExchange(
  said: LineageSource,
  id: string,
  place: number,
  step: Step,
  tape: readonly Exchange[],
  lineage: Lineage,
  row: Json,
  tell: Tell,
): void {
  const asked = "exchanges" in step ? step.exchanges ?? [] : [];
  const taped = tape.filter((one) => one.id === id);
  const exchange =
    taped.find((one) => one.response !== undefined && digestOfResponse(one) === said.response) ??
      taped[0];
  const isAsked = asked.includes(id);
  if (exchange === undefined) {
    return tell("exchange", false, `the tape has no exchange ${abbreviate(id)}`);
  }
  const { messages, response } = exchange;
  // Reading the tape checked that its id is that of its request.
  tell(
    "exchange",
    isAsked,
    isAsked ? `${abbreviate(id)} of its request` : "its step does not name it",
  );
  if (said.response === undefined) return;
  const digests = "responses" in step ? step.responses : undefined;
  const isTaped = digestOfResponse(exchange) === said.response;
  const isNamed = digests === undefined ||
    asked.some((one, place) => one === id && digests[place] === said.response);
  tell(
    "response",
    isTaped && isNamed,
    !isTaped
      ? "the tape has another response"
      : !isNamed
      ? "its step has the digest of another response"
      : digests === undefined
      ? "the tape has it; the trace is of a version without digests of responses"
      : "the tape has it, and its step its digest",
  );
  if (response === undefined) return;
  const { prompt, answers } = readConversation(row);
  const hasPrompt = isSame(prompt, plainMessages(messages));
  // Of a curated answer, only the rules that survived are left.
  const isWhole = lineage.variant !== "curated";
  const hasAnswer = !isWhole || answers[place] === response.toWellFormed();
  tell(
    "answer",
    hasPrompt && hasAnswer,
    !hasPrompt
      ? "the prompt of the row is another one"
      : !hasAnswer
      ? "the answer of the row is another one"
      : `the row has its prompt${isWhole ? " and its response" : ""}, word for word`,
  );
}
