/**
 * Builds the trace of a run of RuleChef: fills in scores, removes texts, makes digests.
 *
 * @module
 */
import { type Dataset, nameAfter } from "../../learn/data/dataset.ts";
import { SPAN_LABEL } from "../../learn/data/examples.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import { nameRuntime } from "../../system/process.ts";
import { redactStep } from "../../record/redact.ts";
import {
  foldSteps,
  FORMAT_VERSION,
  type Run,
  runDigest,
  type Step,
  type StepBody,
  stepDigest,
  type Trace,
  traceDigest,
  VERSION,
} from "../../trace.ts";
import { countOf, textOf } from "./entries.ts";
import type { Ledger, StepDraft } from "./ledger.ts";
import type { RunLog } from "./run.ts";
import { type LoggedExchange, nameAsked } from "./proving/tape.ts";

/** What is known of a run besides the lines that tell its steps. */
export interface SealOptions {
  /** Its examples, and their digest. */
  readonly data?: { readonly dataset: Dataset; readonly digest: string };
  /** The exchanges that its steps are to name, by their lines. */
  readonly exchanges?: ReadonlyMap<number, LoggedExchange>;
}

/** Builds the trace of a run that has ended. `now` gives the time if the log has none. */
export function sealRun(
  log: RunLog,
  status: Run["status"],
  now: () => Date,
  { data, exchanges }: SealOptions = {},
): Trace {
  const drafted = log.ledger.drafts.map((draft) => fillIn(draft, log.ledger));
  const free = new Set<string>();
  const note = (text: string) => (free.add(text), text);
  drafted.forEach((body) => redactStep(body, note));
  const redact = log.texts.redactAll(free);
  const bodies = drafted.map((body, place): StepBody => {
    const { calls = [] } = log.ledger.drafts[place];
    const asked = nameAsked(calls.flatMap((line) => exchanges?.get(line) ?? []));
    return { ...redactStep(body, redact), ...asked };
  });
  const start = log.first.at ?? now().getTime();
  const times = readTimes(log.ledger.drafts, start);
  const rules = defineRules(log, bodies);
  const run = describeRun(log, status, rules, data);
  const first = runDigest(run);
  let last = first;
  const steps = bodies.map((body, index): Step => {
    last = stepDigest(last, { index, ...body });
    const took = times[index] - (index === 0 ? start : times[index - 1]);
    const { type } = body;
    const at = new Date(times[index]).toISOString();
    return Object.assign({ index, type, at, took, digest: last }, body) as Step;
  });
  const digest = traceDigest(first, rules, last);
  const startedAt = new Date(start).toISOString();
  const finishedAt = new Date(times[times.length - 1]).toISOString();
  const stamp = startedAt.replace(/[-:]|\..*/g, "");
  return {
    format: "ruletrace",
    version: FORMAT_VERSION,
    run: {
      ...run,
      id: `${stamp}-${digest.slice("sha256:".length, "sha256:".length + 6)}`,
      startedAt,
      ...(status === "unknown" ? {} : { finishedAt }),
    },
    rules,
    steps,
    digest,
  };
}

/** Fills in the scores of the states of a step. */
function fillIn({ body, before, after }: StepDraft, { scores }: Ledger): StepBody {
  const of = (state: number | undefined) => state === undefined ? {} : scores[state];
  switch (body.type) {
    case "synthesis":
      return { ...body, scores: of(after) };
    case "iteration":
      // The log has the scores of an iteration with a decision.
      if (before === undefined) return body;
      return { ...body, before: of(before), after: of(after) };
    case "audit":
    case "restore": {
      const [from, to] = [of(before), of(after)];
      const areComparable = from.on === undefined || to.on === undefined || from.on === to.on;
      return { ...body, before: areComparable ? from : {}, after: to };
    }
    case "critique":
    case "prune":
    case "refit":
    case "final":
    case "failure":
      return body;
  }
}

/** Returns the time of each step in milliseconds, at least that of the step before. */
function readTimes(drafts: readonly StepDraft[], start: number): number[] {
  let last = start;
  return drafts.map(({ at = last }) => last = Math.max(last, at));
}

/** Returns the rules that the steps introduce, without the texts of examples in their names. */
function defineRules(
  { ledger: { definitions: { rules } }, texts }: RunLog,
  bodies: readonly StepBody[],
): Record<string, Rule> {
  const fold = foldSteps(rules, bodies);
  const redact = texts.redactNames();
  const introduced = [...rules].filter(([id]) => fold.isIntroduced(id));
  return Object.fromEntries(
    introduced.map(([id, rule]) => [id, { ...rule, name: redact(rule.name) ?? id }]),
  );
}

function describeRun(
  log: RunLog,
  status: Run["status"],
  rules: Readonly<Record<string, Rule>>,
  data: SealOptions["data"],
): Run {
  const { first, task, isCoordinated, course: { maxIterations } } = log;
  const labels = new Set(task === "extraction" ? [SPAN_LABEL] : log.labels);
  for (const { label } of Object.values(rules)) labels.add(label);
  for (const label of data?.dataset.labels ?? []) labels.add(label);
  const examples = data?.dataset.examples.length ?? countOf(first, "dataset_size");
  const model = textOf(first, "model");
  return {
    id: "run",
    status,
    dataset: {
      name: fileNameOf(log.name),
      task,
      labels: [...labels].sort(),
      ...(examples === undefined ? {} : { examples }),
      ...(data === undefined ? {} : { digest: data.digest }),
    },
    split: { dev: [] },
    learner: {
      synthesizer: "rulechef",
      coordinator: isCoordinated ? "agentic" : "unknown",
      ...(model === undefined ? {} : { model: model.slice(0, MAX_NAME).toWellFormed() }),
    },
    config: {
      // A decision list, as RuleChef's rules are.
      decide: "first",
      ...(maxIterations === undefined ? {} : { maxIterations }),
    },
    origin: { tool: "RuleChef", version: "unknown" },
    software: { ruletrace: VERSION, runtime: nameRuntime() },
    startedAt: new Date(0).toISOString(),
  };
}

/** How many characters of the name of a model are kept. */
const MAX_NAME = 100;

/** Makes the name of a file from that of a task. */
function fileNameOf(task: string): string {
  const name = nameAfter(task).replace(/-+/g, "-").replace(/^[-.]+|-+$/g, "");
  return name === "" ? "rulechef" : name;
}
