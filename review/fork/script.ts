/**
 * Forking as a script: arguments, files, and what came of the change.
 *
 * @module
 */
import { dirname } from "jsr:@std/path@^1";
import { createDataset } from "../../learn/data/dataset.ts";
import { showText } from "../../learn/text/quoting.ts";
import { readInput } from "../../learn/text/reading.ts";
import type { Json } from "../../learn/text/schemas.ts";
import { readArguments } from "../../pipeline/arguments.ts";
import { printTrace } from "../../print.ts";
import { count, formatPercent, formatPoints } from "../../print/phrases.ts";
import { wrap } from "../../print/text.ts";
import { findRule } from "../../record/explain.ts";
import { phraseProgress } from "../../pipeline/script.ts";
import { INTERRUPTED, listenForInterrupt } from "../../script/interrupting.ts";
import { parseArgs } from "../../script/arguments.ts";
import { parseUsage, requirePermission, write } from "../../script/script.ts";
import { createProgressLine, parseWidth, terminal, toJson } from "../../script/terminal.ts";
import { exit } from "../../system/process.ts";
import { readTrace, type StepOf, type Trace } from "../../trace.ts";
import type { DataComparison } from "../compare/comparison.ts";
import { judge } from "../compare/examples.ts";
import { phraseP } from "../compare/data_section.ts";
import { phraseGain } from "../compare/sections.ts";
import { givenOptions, givenUsage, parseGiven, readGiven } from "../replay/given.ts";
import type { ChangeRequest } from "./changes.ts";
import { explainFork } from "./explaining.ts";
import { forkRun } from "./forking.ts";

const usage = `Make a run from a run by changing something about it, and tell what came of it.

  deno run --allow-read --allow-write=FOLDER review/fork.ts TRACE --data FILE CHANGE... [options]

TRACE is a .trace.json, or - for the standard input. The run is learned again from the start; its
steps before the change are checked to be those of TRACE. The new trace goes to
FOLDER/<data set>.<run id>.trace.json and names its parent and the changes.

Changes, of which there can be several:
  --verdict STEP=TO   take another decision: accepted or rejected for an iteration, kept or reverted
                      for an audit, skipped for a prune or a refit
  --without RULE      do without this rule, by its id, name or pattern
  --seed N            another seed of the split
  --option NAME=VALUE another option of the run, as pipeline.ts has it: max-rules=50, no-refit
  --drop IDS          leave out these examples, by their ids, with commas between them
  --relabel ID=LABEL  give an example another label
  --reply N=FILE      another reply to exchange N of the tape, from 1
  --rebase            decide the recorded patches and audits anew, on other --data if you like;
                      nobody is asked

${givenUsage}  --storage FOLDER    folder for the new trace (default: that of TRACE)
  --json              print JSON: { path, digest, rules, scores, effect }
  --width N           columns (default: the terminal's, or 100)
  --help              this text

If a model was asked, its replies come from the tape, by request, then from --model. If there is none
and a reply is missing, nobody is asked: as with --rebase.
`;

type ForkArguments = ReturnType<typeof parseArguments>;

function parseArguments(args: string[]) {
  const many = { type: "string", multiple: true } as const;
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...givenOptions,
      verdict: many,
      without: many,
      seed: { type: "string" },
      option: many,
      drop: many,
      relabel: many,
      reply: many,
      rebase: { type: "boolean", default: false },
      storage: { type: "string" },
      json: { type: "boolean", default: false },
      width: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  if (positionals.length !== 1) {
    throw new TypeError(`expected one TRACE, got ${positionals.length}`);
  }
  const [path] = positionals;
  const { storage = dirname(path === "-" ? "." : path), json, width } = values;
  if (storage === "") throw new TypeError("--storage is empty, expected a folder");
  const options = [
    ...values.option ?? [],
    ...values.seed === undefined ? [] : [`seed=${values.seed}`],
  ];
  const asked = {
    verdicts: (values.verdict ?? []).map(parseVerdict),
    without: values.without ?? [],
    options: options.flatMap(parseOption),
    dropped: (values.drop ?? []).flatMap((ids) => ids.split(",")).filter((id) => id !== ""),
    relabelled: (values.relabel ?? []).map((value) => {
      const [id, label] = splitPair("relabel", value, "ID=LABEL");
      return { id, label };
    }),
    replies: (values.reply ?? []).map((value) => {
      const [place, file] = splitPair("reply", value, "N=FILE");
      if (!/^[1-9]\d*$/.test(place)) {
        throw new TypeError(`--reply is ${value}, expected the number of an exchange from 1`);
      }
      return { place: Number(place), file };
    }),
    rebase: values.rebase,
  };
  if (
    Object.values(asked).every((one) => one === false || Array.isArray(one) && one.length === 0)
  ) {
    throw new TypeError("nothing is to be changed: name a change");
  }
  return { path, given: parseGiven(values), asked, storage, json, layout: parseWidth(width) };
}

/** Splits a value at its first or last `=`. */
function splitPair(name: string, value: string, expected: string): [string, string] {
  const at = value.indexOf("=");
  if (at > 0 && at < value.length - 1) return [value.slice(0, at), value.slice(at + 1)];
  throw new TypeError(`--${name} is ${value}, expected ${expected}`);
}

function parseVerdict(value: string): ChangeRequest {
  const [, step, to] = /^(\d{1,9})=(accepted|rejected|kept|reverted|skipped)$/.exec(value) ?? [];
  if (step === undefined) {
    const choices = "accepted, rejected, kept, reverted or skipped";
    throw new TypeError(`--verdict is ${value}, expected STEP= and ${choices}`);
  }
  return { kind: "verdict", step: Number(step), to: to as "accepted" };
}

function parseOption(value: string): ChangeRequest[] {
  const changed = Object.entries(readArguments([`--${value}`]).runOptions);
  if (changed.length === 0) throw new TypeError(`--option is ${value}, expected one of a run`);
  return changed.map(([name, value]) => ({ kind: "option", name, value: value as Json }));
}

/** Returns the requests of the arguments, with rules by their ids and replies with their texts. */
async function readRequests(
  trace: Trace,
  { verdicts, without, options, dropped, relabelled, replies, rebase }: NonNullable<
    ForkArguments
  >["asked"],
): Promise<ChangeRequest[]> {
  const isOfExamples = dropped.length + relabelled.length > 0;
  const texts = [];
  for (const { place, file } of replies) {
    await requirePermission("read", file);
    texts.push({ kind: "reply", place, text: (await readInput(file)).text } as const);
  }
  return [
    ...verdicts,
    ...without.length === 0
      ? []
      : [{ kind: "without", rules: without.map((name) => findRule(trace, name).id) } as const],
    ...texts,
    ...options,
    ...isOfExamples ? [{ kind: "examples", dropped, relabelled } as const] : [],
    ...rebase ? [{ kind: "rebase" } as const] : [],
  ];
}

/** What the script prints with `--json`. */
export interface ForkOutput {
  /** The file of the fork's trace. */
  readonly path?: string;
  /** Digest of that trace. */
  readonly digest: string;
  /** How many rules it ended with. */
  readonly rules: number;
  /** Their scores, by split. */
  readonly scores: StepOf<"final">["scores"];
  /** Both rule sets on the test examples, if there are some. */
  readonly effect?: DataComparison;
}

/** Runs the script. */
export async function main(args: string[]): Promise<void> {
  const request = parseUsage(() => parseArguments(args));
  if (request === undefined) return write(usage);
  const { path, storage, json, layout } = request;
  await requirePermission("read", path);
  await requirePermission("read", storage);
  await requirePermission("write", storage);
  const trace = await readTrace(path);
  const given = await readGiven(trace, path, request.given);
  const requests = await readRequests(trace, request.asked);
  const progress = createProgressLine();
  const { signal, stop } = listenForInterrupt(progress);
  const fork = await forkRun(trace, requests, given, {
    storage,
    signal,
    onProgress: progress && ((state) =>
      progress.show((since) => {
        const [stage, ...rest] = phraseProgress(state, since);
        return [`learning again: ${stage}`, ...rest];
      })),
  }).catch(async (error) => {
    progress?.clear();
    if (error === signal.reason) {
      write("fork.ts: aborted\n", "stderr");
      exit(INTERRUPTED);
    }
    throw await explainFork(error, trace, given);
  }).finally(() => {
    progress?.clear();
    stop();
  });
  const effect = given.test && judge(trace, fork.trace, { dataset: createDataset(given.test) });
  if (json) {
    const { rules, scores } = fork;
    const { digest } = fork.trace;
    const result: ForkOutput = {
      path: fork.path,
      digest,
      rules: rules.length,
      scores,
      effect: effect?.comparison,
    };
    return write(toJson(result));
  }
  printTrace(fork.trace, layout);
  if (effect !== undefined) {
    const { width } = { ...terminal(), ...layout };
    write(`\n${wrap(phraseEffect(effect.comparison), width ?? 100).join("\n")}\n`);
  }
  write(`\ntrace: ${showText(fork.path!)}\n`);
}

/** Phrases what a change did to the predictions on the test set. */
function phraseEffect(
  { name, before, after, f1, gained, lost, mcnemar }: ReturnType<typeof judge>["comparison"],
): string {
  const [was, is] = [before.f1, after.f1];
  return `on ${count(before.examples, "example")} of ${name}: F1 ${formatPercent(was)} → ` +
    `${formatPercent(is)} % (${formatPoints(was, is)}, 95 % interval ${
      phraseGain(f1.low).text
    } to ` +
    `${phraseGain(f1.high).text}), ${
      count(gained.length, "example")
    } gained, ${lost.length} lost ` +
    `(p = ${phraseP(mcnemar.pValue)}, McNemar)`;
}
