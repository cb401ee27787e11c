/**
 * Taking up a run that was cut short: computed again up to where its record ends, then on to its end.
 *
 * @module
 */
import { type Exchange, exchangeId, parseTape } from "../../learn/chat/exchanges.ts";
import type { Chat } from "../../learn/chat/client.ts";
import { quote } from "../../learn/text/quoting.ts";
import { readBytes } from "../../learn/text/reading.ts";
import { type LearnOptions, learnRules } from "../../pipeline.ts";
import { exists, recordPaths } from "../../record/journal.ts";
import { Recording, saveRecording } from "../../record/recording.ts";
import { statOrNothing } from "../../system/files.ts";
import { readTrace, runDigest, type Trace, TraceWriteError, verifyTrace } from "../../trace.ts";
import { isOpen, learnedDigest, learnedSteps, StepComparison } from "./attempt.ts";
import type { Receipt } from "./receipt.ts";
import { checkInputs, replayRun } from "./replay_run.ts";
import { type Given, rerunOptions } from "./rerun.ts";

/** Options of {@linkcode resumeRun}. */
export interface ResumeOptions extends Pick<LearnOptions, "signal" | "onProgress"> {
  /** The folder with the journal and the tape of the run, to which its trace is written. */
  readonly storage: string;
  /**
   * The clock for the steps after those recorded.
   *
   * @default {() => new Date()}
   */
  readonly now?: () => Date;
}

/** A run that was taken up, or why it was not. */
export interface Resumption extends Receipt {
  /** Digest of the whole trace, if the run is at its end. `digests` are those of its last recorded step. */
  readonly digest?: string;
  /** The whole record. */
  readonly trace?: Trace;
  /** The file of the trace. */
  readonly path?: string;
  /** The file with the exchanges, if a model was asked. */
  readonly tape?: string;
}

/** Thrown by a sink, to end a run that parts from its record. */
class Parted extends Error {}

/**
 * Takes up a run that was killed or aborted, and learns it to its end, with the digest that it would have
 * had. It is computed again from its beginning: a tape answers what was asked before, and only what it does
 * not answer is asked of `given.chat` and `given.escalateTo`. Recorded steps are compared one by one. If one differs, nothing is
 * written, and the cause is returned as {@linkcode replayRun} finds it.
 *
 * After the last recorded step, new steps and exchanges are added to the journal and the tape in `storage`,
 * so that what was there stays, and the run can be taken up once more if it is cut short again. At the end,
 * the trace replaces the journal as `withTrace` writes it; a trace of the aborted run is replaced with it.
 *
 * Make sure that the run has ended: a journal that grows meanwhile is refused, but one that does not may
 * still belong to a run that waits for its model.
 *
 * @throws {RangeError} if the run has not been cut short
 * @throws {TraceError} if its record does not hold
 * @throws {TypeError | RangeError} if what is given is not a data set of the run's task
 * @throws {Error} if the files in `storage` are not those of this record, or are complete already; what the
 * learner throws, such as the reason of `signal`. The journal then stays as far as it went
 * @throws {TraceWriteError} if the record could not be written
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { learnRules, readDataset, readTrace, withTrace } from "../../mod.ts";
 * import { resumeRun } from "./resume.ts";
 *
 * const storage = await Deno.makeTempDir();
 * const { examples } = await readDataset("examples/banking_test.jsonl");
 * const data = { name: "banking", examples: examples.filter((_, place) => place % 4 === 0) };
 * const controller = new AbortController();
 * const learn = withTrace(learnRules, { storage });
 * await learn(data, {
 *   generateId: () => "run-1",
 *   signal: controller.signal,
 *   onStep: () => controller.abort(),
 * }).catch(() => {});
 *
 * const cut = await readTrace(`${storage}/banking.run-1.trace.json`);
 * const { trace } = await resumeRun(cut, { data }, { storage });
 * assertEquals([cut.run.status, trace?.run.status], ["aborted", "completed"]);
 * assertEquals(trace?.digest, (await learn(data)).trace.digest);
 * await Deno.remove(storage, { recursive: true });
 * ```
 */
export async function resumeRun(
  trace: Trace,
  given: Given,
  { storage, now = () => new Date(), signal, onProgress }: ResumeOptions,
): Promise<Resumption> {
  const { run } = trace;
  if (!isOpen(trace)) {
    throw new RangeError(`The run ${run.id} is ${run.status}: it was not cut short`);
  }
  verifyTrace(trace);
  const files = await readFiles(storage, trace, given.tape);
  const all = { ...given, tape: files.tape };
  const inputs = checkInputs(trace, all);
  if ("verdict" in inputs) return await replayRun(trace, all);
  const live = countCalls(given);
  const learning = new Resuming(trace, files, storage, now, live.isLive);
  const began = now().getTime();
  try {
    await learnRules(inputs.dataset, {
      ...rerunOptions(trace, { ...all, ...live.chats }),
      signal,
      onProgress,
      generateId: () => run.id,
      now: () => new Date(Date.parse(run.startedAt) + Math.max(0, now().getTime() - began)),
      onStart: (run) => learning.start(run),
      onStep: (report) => learning.step(report),
      onExchange: (exchange) => learning.exchange(exchange),
    });
  } catch (error) {
    learning.recording.close();
    if (!(error instanceof Parted)) throw error;
    return await explainParted(trace, all);
  }
  const { length } = learnedSteps(trace);
  // As forks do, a run that was made from another leaves the copy of the latest run alone.
  const isLatest = run.parent === undefined;
  const saved = saveRecording(learning.recording, "completed", storage, isLatest);
  if (saved.writeError !== undefined) {
    throw new TraceWriteError(undefined, saved.trace, saved.writeError, saved.left);
  }
  const { tape } = recordPaths(storage, run);
  return {
    run: { dataset: run.dataset.name, id: run.id },
    verdict: "same",
    detail: "",
    steps: { same: length, of: length },
    digests: {
      recorded: learnedDigest(trace),
      replayed: learnedDigest({ ...saved.trace, steps: saved.trace.steps.slice(0, length) }),
    },
    digest: saved.trace.digest,
    trace: saved.trace,
    path: saved.path,
    ...(exists(tape) ? { tape } : {}),
  };
}

/** Finds out why a run parts from its record; if it now does not, it is not deterministic. */
async function explainParted(trace: Trace, given: Given): Promise<Receipt> {
  const receipt = await replayRun(trace, given);
  if (receipt.cause !== "interrupted") return receipt;
  const detail = "two replays differ, and one of them is as recorded";
  return { ...receipt, verdict: "different", cause: "nondeterminism", detail };
}

/** What an unfinished run has left in its folder. */
interface LeftFiles {
  /** Lengths in bytes, for those that are there. */
  readonly sizes: { readonly journal?: number; readonly tape?: number };
  /** How many bytes of them are whole lines. */
  readonly kept: { readonly journal?: number; readonly tape?: number };
  /** All exchanges so far. */
  readonly tape: readonly Exchange[];
  /** Those of them that have no whole line in the file. */
  readonly unwritten: readonly Exchange[];
}

async function readFiles(
  storage: string,
  trace: Trace,
  given: readonly Exchange[] | undefined,
): Promise<LeftFiles> {
  const paths = recordPaths(storage, trace.run);
  if (exists(paths.trace)) {
    const { run } = await readTrace(paths.trace);
    const name = quote(paths.trace, Infinity);
    if (run.status === "completed") throw new Error(`The run is complete already, in ${name}`);
    if (runDigest(run) !== runDigest(trace.run)) {
      throw new Error(`The trace ${name} is of another run, and would be replaced`);
    }
  }
  const sizes: { journal?: number; tape?: number } = {};
  const kept: { journal?: number; tape?: number } = {};
  if (exists(paths.journal)) {
    const name = quote(paths.journal, Infinity);
    if ((await readTrace(paths.journal)).digest !== trace.digest) {
      throw new Error(`The journal ${name} has other steps than the trace: take up the journal`);
    }
    const bytes = await readBytes(paths.journal, `trace ${name}`);
    sizes.journal = bytes.length;
    kept.journal = 0;
    for (let lines = 0; lines <= learnedSteps(trace).length; lines++) {
      kept.journal = bytes.indexOf(0x0a, kept.journal) + 1;
    }
  }
  if (!exists(paths.tape)) return { sizes, kept, tape: given ?? [], unwritten: given ?? [] };
  const source = `tape ${quote(paths.tape, Infinity)}`;
  const bytes = await readBytes(paths.tape, source);
  sizes.tape = bytes.length;
  kept.tape = bytes.lastIndexOf(0x0a) + 1;
  const written = new IdCounts();
  for (const { id } of parseTape(bytes.subarray(0, kept.tape), source).exchanges) written.add(id);
  // The file has what came of the run; another tape may answer what is not asked yet.
  const left = parseTape(bytes, source).exchanges;
  const known = new IdCounts();
  for (const { id } of left) known.add(id);
  const tape = [...left, ...(given ?? []).filter(({ id }) => !known.take(id))];
  return { sizes, kept, tape, unwritten: tape.filter(({ id }) => !written.take(id)) };
}

/** Counts ids. */
class IdCounts {
  readonly #counts = new Map<string, number>();

  add(id: string): void {
    this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1);
  }

  /** Takes one of an id away; returns whether there was one. */
  take(id: string): boolean {
    const count = this.#counts.get(id) ?? 0;
    if (count > 0) this.#counts.set(id, count - 1);
    return count > 0;
  }
}

/** Wraps the models of a run so that their exchanges can be told from those of a tape. */
function countCalls({ chat, escalateTo }: Pick<Given, "chat" | "escalateTo">) {
  const calls = new IdCounts();
  const count = (chat: Chat | undefined): Chat | undefined =>
    chat && Object.assign(
      (...[messages, call]: Parameters<Chat>) => {
        calls.add(exchangeId(chat, { messages, schema: call?.schema }));
        return chat(messages, call);
      },
      chat.parameters === undefined
        ? { model: chat.model }
        : { model: chat.model, parameters: chat.parameters },
    );
  return {
    chats: { chat: count(chat), escalateTo: count(escalateTo) },
    isLive: ({ id }: Exchange) => calls.take(id),
  };
}

/** The record of a run that is taken up: compared first, then gone on with. */
class Resuming {
  readonly recording: Recording;
  readonly #comparison: StepComparison;
  readonly #trace: Trace;
  readonly #files: LeftFiles;
  readonly #storage: string;
  readonly #isLive: (exchange: Exchange) => boolean;
  /** Exchanges to be written once the files are open. */
  readonly #waiting: Exchange[];
  /** The recorded time of the step that is compared. */
  #time?: Date;
  #isGoingOn = false;

  constructor(
    trace: Trace,
    files: LeftFiles,
    storage: string,
    now: () => Date,
    isLive: (exchange: Exchange) => boolean,
  ) {
    this.#trace = trace;
    this.#files = files;
    this.#storage = storage;
    this.#isLive = isLive;
    this.#waiting = [...files.unwritten];
    this.#comparison = new StepComparison(trace);
    this.recording = new Recording(undefined, () => this.#time ?? now(), "step", trace.version);
  }

  start(run: Trace["run"]): void {
    this.#time = new Date(this.#trace.run.startedAt);
    this.recording.start(run);
    this.#comparison.start(run);
    this.#goOnIfDone();
  }

  step(report: Parameters<Recording["step"]>[0]): void {
    // The journal then ends before the failure, and can be taken up once more.
    if (report.step.type === "failure") return;
    if (this.#isGoingOn) return this.recording.step(report);
    this.#time = new Date(learnedSteps(this.#trace)[this.#comparison.same].at);
    this.recording.step(report);
    this.#comparison.step(this.recording.lastStep!, report.rules);
    this.#goOnIfDone();
  }

  exchange(exchange: Exchange): void {
    if (!this.#isLive(exchange)) return;
    if (this.#isGoingOn) this.recording.exchange(exchange);
    else this.#waiting.push(exchange);
  }

  #goOnIfDone(): void {
    if (this.#comparison.parting !== undefined) throw new Parted();
    if (!this.#comparison.isDone) return;
    this.#time = undefined;
    const paths = recordPaths(this.#storage, this.#trace.run);
    for (const name of ["journal", "tape"] as const) {
      if (statOrNothing(paths[name])?.size === this.#files.sizes[name]) continue;
      throw new Error(
        `The ${name} ${quote(paths[name], Infinity)} has changed: the run is going on`,
      );
    }
    this.recording.goOn(this.#storage, this.#files.kept);
    this.#isGoingOn = true;
    for (const exchange of this.#waiting) this.recording.exchange(exchange);
  }
}
