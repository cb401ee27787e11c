/**
 * Experiments as a script: arguments, files, and what is printed.
 *
 * @module
 */
import { quote, showText } from "../../learn/text/quoting.ts";
import { askNearest } from "../../learn/text/nearest.ts";
import { formatCount } from "../../print/phrases.ts";
import { parseArgs, parseShare, parseWhole } from "../../script/arguments.ts";
import { requireOutput, writeOutput } from "../../script/outputs.ts";
import { parseUsage, requirePermission, write } from "../../script/script.ts";
import { parseWidth, terminal, toJson } from "../../script/terminal.ts";
import { choicesOf, creditsOf } from "./credits.ts";
import { estimatePolicy, type TargetPolicy } from "./bandit/what_if.ts";
import type { ExperimentState } from "./folding.ts";
import { ATTRIBUTIONS, CHOOSING_POLICIES, OUTCOMES } from "./format.ts";
import { nameLog, readExperiment, type TornLine } from "./log.ts";
import { findStateRepeats, measureSession, reportExperiment } from "./metrics.ts";
import { renderExperimentPage } from "./page.ts";
import { readNames } from "./names.ts";
import { type AttributionOptions, type Experiment, openExperiment } from "./sessions.ts";
import { formatExperiment, formatSession, formatTotals, formatWhatIf, LISTED } from "./text.ts";
import { COMMANDS, type ExperimentCommand, usage, usages } from "./usage.ts";

const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;
const common = {
  log: { type: "string", default: "experiment.jsonl" },
  json: flag,
  help: flag,
} as const;
const credited = { session: text, credit: text, arms: text, item: text } as const;
const ruled = { rules: text, "rules-from": text, notes: text } as const;
const listed = { limit: text, width: text } as const;

/** The options of each command, for `parseArgs`. */
const scriptOptions = {
  start: {
    ...common,
    arms: text,
    "arms-from": text,
    context: text,
    size: text,
    boost: text,
    policy: text,
    explore: text,
    seed: text,
    ...ruled,
  },
  mistake: { ...common, class: text, corrected: text, repeats: text, ...credited },
  reward: { ...common, distance: text, mistake: text, source: text, notes: text, ...credited },
  end: { ...common, session: text, entry: text, ...ruled, width: text },
  metrics: { ...common, session: text, ...listed },
  report: { ...common, ...listed, html: text },
  "what-if": { ...common, policy: text, context: text, width: text },
} as const;

/** Values of options, by name. */
type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

/** What is given to a command. */
interface CommandInput {
  readonly log: string;
  readonly json: boolean;
  readonly positionals: readonly string[];
  /** Returns the value of an option, if it is given. */
  value(name: string): string | undefined;
}

/** What a command does with a checked input. */
type CommandWork = () => Promise<void>;

/** Runs the script. */
export async function main(args: string[]): Promise<void> {
  const work = parseUsage(() => parseCommand(args));
  await work();
}

function parseCommand([name, ...rest]: string[]): CommandWork {
  // deno-lint-ignore require-await -- errors become rejections
  const help = (shown: string) => async () => write(shown);
  if (name === "--help") return help(usage);
  if (name === undefined) throw new TypeError(`expected a command: ${COMMANDS.join(", ")}`);
  const command = COMMANDS.find((one) => one === name);
  if (command === undefined) {
    throw new TypeError(`there is no command ${quote(name)}${askNearest(name, COMMANDS)}`);
  }
  const { values, positionals } = parseArgs({
    args: rest,
    allowPositionals: true,
    options: scriptOptions[command],
  });
  if (values.help) return help(usages[command]);
  const given = values as OptionValues;
  const empty = Object.keys(given).find((option) => given[option] === "");
  if (empty !== undefined) throw new TypeError(`--${empty} is empty`);
  const wanted = command === "mistake" || command === "reward" ? 1 : 0;
  if (positionals.length !== wanted) {
    const what = command === "mistake" ? "one TEXT" : wanted === 1 ? "one OUTCOME" : "no file";
    throw new TypeError(`expected ${what}, got ${positionals.length} (--log names the log)`);
  }
  if (values.log === "-") throw new TypeError("--log is -, expected a file");
  return commands[command]({
    log: values.log,
    json: values.json,
    positionals,
    value: (option) => given[option] as string | undefined,
  });
}

/** Parses the rest of a command's input. */
const commands: Readonly<Record<ExperimentCommand, (input: CommandInput) => CommandWork>> = {
  start(input) {
    const { value, log, json } = input;
    const arms = parseSource(input, "arms");
    if (arms === undefined) throw new TypeError("--arms or --arms-from is missing");
    const rules = parseSource(input, "rules");
    const options = {
      context: value("context"),
      boosted: parseNames("--boost", value("boost")),
      policy: parseOneOf("--policy", value("policy"), CHOOSING_POLICIES),
      explore: parseShare("--explore", value("explore")),
      notes: value("notes"),
      ...ifGiven(value("size"), (size) => ({ size: parseWhole("--size", size, 0) })),
      ...ifGiven(value("seed"), (seed) => ({ seed: parseWhole("--seed", seed, 0) })),
    };
    return async () => {
      const experiment = await open(log);
      const event = await experiment.start({
        ...options,
        arms: await arms(),
        rules: await rules?.(),
      });
      if (json) return write(toJson(event));
      const { session, chosen, propensity, policy, seed, context } = event;
      note(
        `began ${session} in ${context}: ${formatCount(chosen.length)} of ${
          formatCount(event.arms.length)
        } arms, by ${policy} with seed ${seed}, probability ${propensity.toFixed(3)}`,
      );
      write([session, ...chosen, ""].join("\n"));
    };
  },
  mistake(input) {
    const { value, log, json, positionals: [description] } = input;
    const options = {
      ...parseCredit(input),
      description,
      class: value("class"),
      corrected: value("corrected"),
      repeats: value("repeats"),
    };
    return async () => {
      const experiment = await open(log);
      const event = await experiment.mistake(options);
      const state = await experiment.read();
      const repeatOf = findStateRepeats(state).get(event.id);
      if (json) return write(toJson({ ...event, ...(repeatOf !== undefined && { repeatOf }) }));
      if (repeatOf !== undefined) note(describeFirst(state, repeatOf));
      write(`${event.id}\n`);
    };
  },
  reward(input) {
    const { value, log, json, positionals: [named] } = input;
    const outcome = parseOneOf("OUTCOME", named, OUTCOMES)!;
    const distance = parseShare("--distance", value("distance"));
    if (outcome === "revision" && distance === undefined) {
      throw new TypeError("a revision needs --distance: how much of it was changed, 0 to 1");
    }
    if (outcome !== "revision" && distance !== undefined) {
      throw new TypeError(`--distance is for a revision, not for ${outcome}`);
    }
    const mistake = value("mistake");
    const options = {
      ...parseCredit(input),
      ...{ outcome, distance, mistake, source: value("source"), notes: value("notes") },
    };
    if (mistake !== undefined && options.item !== undefined) {
      throw new TypeError("--mistake and --item do not go together: the item is the mistake's");
    }
    return async () => {
      const event = await (await open(log)).reward(options);
      write(json ? toJson(event) : `${event.id}\n`);
    };
  },
  end(input) {
    const { value, log, json } = input;
    const rules = parseSource(input, "rules");
    const options = { session: value("session"), entry: value("entry"), notes: value("notes") };
    const layout = parseWidth(value("width"));
    return async () => {
      const experiment = await open(log);
      const { session } = await experiment.end({ ...options, rules: await rules?.() });
      const metrics = measureSession(await experiment.read(), session)!;
      write(json ? toJson(metrics) : formatSession(metrics, { ...terminal(), ...layout }));
    };
  },
  metrics(input) {
    const { value, log, json } = input;
    const id = value("session");
    const { limit, layout } = parseListed(input);
    return async () => {
      const state = await read(log);
      if (id === undefined) {
        const { totals, contexts } = reportExperiment(state);
        return write(
          json
            ? toJson({ totals, contexts })
            : formatTotals({ totals, contexts }, limit, { ...terminal(), ...layout }),
        );
      }
      const metrics = measureSession(state, id);
      if (metrics === undefined) {
        const near = askNearest(id, state.sessions.map(({ start }) => start.event.session), quote);
        throw new RangeError(`there is no session ${quote(id)}${near}`);
      }
      write(json ? toJson(metrics) : formatSession(metrics, { ...terminal(), ...layout }));
    };
  },
  report(input) {
    const { value, log, json } = input;
    const { limit, layout } = parseListed(input);
    const html = value("html");
    return async () => {
      if (html !== undefined) await requireOutput("--html", html, [log]);
      const report = reportExperiment(await read(log));
      if (html !== undefined) {
        writeOutput(html, renderExperimentPage(report));
        note(`wrote ${html}`);
      }
      write(
        json ? toJson(report) : formatExperiment(report, limit, { ...terminal(), ...layout }),
      );
    };
  },
  "what-if"({ value, log, json }) {
    const named = value("policy");
    if (named === undefined) throw new TypeError("--policy is missing");
    const policy = parsePolicy(named);
    const context = value("context");
    const layout = parseWidth(value("width"));
    return async () => {
      const state = await read(log);
      const choices = choicesOf(state).filter((choice) =>
        context === undefined || choice.context === context
      );
      const estimate = estimatePolicy(choices, policy(state));
      write(
        json ? toJson(estimate) : formatWhatIf(named, estimate, { ...terminal(), ...layout }),
      );
    };
  },
};

/** Opens the log of an experiment to write to it. */
async function open(log: string): Promise<Experiment> {
  await requirePermission("read", log);
  await requirePermission("write", log);
  return openExperiment(log, { onTorn: (torn) => noteTorn(log, torn, "took away") });
}

async function read(log: string): Promise<ExperimentState> {
  await requirePermission("read", log);
  const { state, torn } = await readExperiment(log);
  if (torn !== undefined) noteTorn(log, torn, "left out");
  return state;
}

function noteTorn(log: string, { line, bytes }: TornLine, did: string): void {
  note(
    `${did} line ${line} of ${nameLog(log)}, of which only ${
      formatCount(bytes)
    } bytes were written`,
  );
}

/** Says on the standard error what the result does not tell. */
function note(said: string): void {
  write(`experiment.ts: ${showText(said)}\n`, "stderr");
}

function describeFirst({ sessions }: ExperimentState, id: string): string {
  for (const { start, mistakes } of sessions) {
    const first = mistakes.find(({ event }) => event.id === id)?.event;
    if (first === undefined) continue;
    return `repeats ${id} of ${start.event.session}: ${quote(first.description)}`;
  }
  return `repeats ${id}`;
}

function parseCredit({ value }: CommandInput): AttributionOptions {
  const credit = parseOneOf("--credit", value("credit"), ATTRIBUTIONS);
  const arms = parseNames("--arms", value("arms"));
  if (credit === "fired" && arms === undefined) throw new TypeError("--credit fired needs --arms");
  if (arms !== undefined && credit !== undefined && credit !== "fired") {
    throw new TypeError(`--arms is for --credit fired, not ${credit}`);
  }
  return { session: value("session"), credit, arms, item: value("item") };
}

/** Parses the options that give names or name a file of them. */
function parseSource(
  { value }: CommandInput,
  option: "arms" | "rules",
): (() => Promise<readonly string[]>) | undefined {
  const path = value(`${option}-from`);
  const names = parseNames(`--${option}`, value(option));
  if (path === undefined) return names && (() => Promise.resolve(names));
  if (names !== undefined) {
    throw new TypeError(`--${option} and --${option}-from do not go together`);
  }
  return async () => {
    await requirePermission("read", path);
    return await readNames(path);
  };
}

function parseNames(option: string, value: string | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const names = value.split(",").map((name) => name.trim());
  if (names.includes("")) throw new TypeError(`${option} is ${value}, expected names by commas`);
  const again = names.find((name, place) => names.indexOf(name) < place);
  if (again !== undefined) throw new TypeError(`${option} names ${quote(again)} twice`);
  return names;
}

function parseOneOf<Value extends string>(
  option: string,
  value: string | undefined,
  values: readonly Value[],
): Value | undefined {
  const found = values.find((one) => one === value);
  if (value === undefined || found !== undefined) return found;
  throw new TypeError(`${option} is ${value}, expected ${values.join(", ")}`);
}

function parseListed({ value }: CommandInput) {
  return {
    limit: ifGiven(value("limit"), (limit) => parseWhole("--limit", limit, 1)) ?? LISTED,
    layout: parseWidth(value("width")),
  };
}

function ifGiven<T>(value: string | undefined, parse: (value: string) => T): T | undefined {
  return value === undefined ? undefined : parse(value);
}

/** Parses a policy; returns what makes a target of it. */
function parsePolicy(named: string): (state: ExperimentState) => TargetPolicy {
  const [, kind, arms] = /^(fixed|with|without):(.+)$/.exec(named) ?? [];
  if (kind === "fixed") {
    const names = parseNames("--policy fixed:", arms)!;
    return () => ({ kind: "always", arms: names });
  }
  if (kind === "with" || kind === "without") return () => ({ kind, arm: arms });
  const policy = CHOOSING_POLICIES.find((one) => one === named);
  if (policy === undefined) {
    const expected = "uniform, thompson, fixed:ARM,…, with:ARM or without:ARM";
    throw new TypeError(`--policy is ${named}, expected ${expected}`);
  }
  return (state) => {
    const boosted = new Set(state.sessions.flatMap(({ start }) => start.event.boosted ?? []));
    return { kind: "choosing", policy, credits: creditsOf(state), boosted, seed: 0 };
  };
}
