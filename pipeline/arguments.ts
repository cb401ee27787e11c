/**
 * The arguments of the script: each option of a run that has a flag, and those of the script alone.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { DatasetName } from "../learn/data/names.ts";
import { parseArgs } from "../script/arguments.ts";
import { type Flag, flags, type LearnOptions, Options } from "./options.ts";
import { amount, number, oneOf } from "./options/values.ts";

const name = () => z.string().min(1, "a name").optional();
const text = () => z.string().optional();
const flag = () => oneOf(true, false).optional();
// The script's own options of these names are paths.
const {
  rules: _,
  test: _test,
  corrections: _ids,
  feedback: _said,
  playbook: _known,
  ...runOptions
} = Options.shape;

const shape = {
  task: oneOf("classification", "ner", "extraction").optional().register(flags, {
    value: "TASK",
    help: "classification, ner or extraction",
    default: "what the examples have",
  }),
  test: text()
    .register(flags, { value: "FILE", help: "score the rules on these examples once, at the end" }),
  storage: z.string().min(1, "a folder").default("runs")
    .register(flags, { value: "FOLDER", help: "folder for traces" }),
  name: z.string().refine(
    (name) => DatasetName.safeParse(name).success,
    "up to 100 of A-Z a-z 0-9 . _ -",
  ).optional()
    .register(flags, { value: "NAME", help: "name of the data set", default: "the file's" }),
  ...runOptions,
  model: text().register(flags, {
    value: "NAME",
    help: "have this language model write the rules, at --base-url",
  }),
  baseUrl: text().register(flags, {
    value: "URL",
    help: `its endpoint, which speaks the chat-completions protocol (OpenAI, Groq,
Together, Ollama, vLLM, llama.cpp). The key is read from OPENAI_API_KEY if
--allow-env=OPENAI_API_KEY is given; without it, none is sent`,
  }),
  escalateTo: name().register(flags, {
    value: "NAME",
    help: `ask this model of the same endpoint once more if a reply of --model cannot be
read or none of its rules passes the gate, and at once after a patch that
was not accepted`,
  }),
  agentic: flag().register(flags, { help: "have it guide and audit the run as well" }),
  maxExamples: amount.optional()
    .register(flags, { value: "N", help: "show at most this many examples in a prompt" }),
  concurrency: amount.optional()
    .register(flags, { value: "N", help: "make at most this many calls at a time", default: "4" }),
  timeout: number("a number above 0", (value) => value > 0 && value < Infinity).optional()
    .register(flags, { value: "S", help: "seconds for one try of a call", default: "120" }),
  tape: text().register(flags, {
    value: "FILE",
    help: `ask no endpoint: answer from the tape of a run, beside its trace. With the
options of that run, the trace gets the same digest`,
  }),
  json: flag().register(flags, {
    help: "print JSON: { path, rules, scores } of a run, or the evaluation",
  }),
  out: text()
    .register(flags, { value: "FILE", help: "write the rules to a file that --rules takes" }),
  rules: text().register(flags, {
    value: "RULES",
    help: `with FILE: learn on from these rules; with --evaluate or --predict: the
rules to apply. A file of rules, a trace, or a rule set of RuleChef`,
  }),
  lock: text().register(flags, {
    value: "RULES",
    help: "begin with these rules too, which nothing removes or changes",
  }),
  playbook: text().register(flags, {
    value: "FILE",
    help: `begin with what earlier runs proved, unless the examples contradict it: the
playbook.jsonl of review/dataset.ts`,
  }),
  noPlaybook: flag().register(flags, {
    help: "with --playbook: do without it, for comparison, and record that",
  }),
  corrections: text().register(flags, {
    value: "FILE",
    help: `examples that people set right, such as mended lines of --predict: they
are never held out and count twice. Of a log of feedback, those accepted are
further examples`,
  }),
  feedback: text().register(flags, {
    value: "FILE",
    help: `what people say, for the prompts of a model: lines of
{ "text", "label"?, "rule"? }`,
  }),
  evaluate: text()
    .register(flags, { value: "FILE", help: "learn nothing: score the rules on these examples" }),
  predict: text().register(flags, {
    value: "FILE",
    help: `learn nothing: write what --rules say of these texts, a line of JSON for
each. JSON Lines, JSON, CSV, plain text (.txt) with one text a line, or -`,
  }),
  textColumn: name().register(flags, {
    value: "NAME",
    help: "the column of CSV, or field of JSON, with the text",
    default: "text",
  }),
  labelColumn: name().register(flags, {
    value: "NAME",
    help: "the one with the label",
    default: "label",
  }),
  field: name().register(flags, { value: "NAME", help: "another way to write --text-column" }),
  errors: flag().register(flags, {
    help: `with --evaluate: what the rules get wrong, with the texts, the rules that
decided and those that would have been needed`,
  }),
  maxErrors: amount.optional().register(flags, {
    value: "N",
    help: "with --errors: at most this many of a pair of labels",
    default: "5; JSON: all",
  }),
  trust: number("a number from 0 to 1", (value) => value >= 0 && value <= 1).optional()
    .register(flags, {
      value: "N",
      help: `with --predict: leave out answers that can be trusted less than this, 0 to 1;
with --evaluate: measure how many stay at it, and are right, as well`,
    }),
  format: oneOf("text", "json", "markdown").optional().register(flags, {
    value: "FORMAT",
    help: "with --evaluate: text, json or markdown",
    default: "text",
  }),
  help: flag().register(flags, { help: "this text" }),
};

/** Values of options, by their names in the program. */
export type ArgumentValues = Readonly<Partial<z.output<z.ZodObject<typeof shape>>>>;

/** Checked arguments. */
export interface PipelineArguments {
  /** Values of the given options. */
  readonly values: ArgumentValues;
  /** Those of the values that are options of a run. */
  readonly runOptions: LearnOptions;
  /** The flags of the given options, without dashes. */
  readonly given: readonly string[];
  readonly positionals: readonly string[];
}

/** An option that the script takes, and the name of its flag. */
interface FlaggedOption extends Flag {
  readonly option: string;
  readonly name: string;
  readonly schema: z.ZodType;
}

const flagged: readonly FlaggedOption[] = Object.entries(shape).flatMap(([option, schema]) => {
  const flag = flags.get(schema);
  if (flag === undefined) return [];
  const name = option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return [{ option, name: flag.isNegated ? `no-${name}` : name, schema, ...flag }];
});

/** The lines of `--help` about the options. */
export const optionLines: string = flagged.map(
  ({ name, value, help, schema, default: fallback }) => {
    const head = `--${name}${value === undefined ? "" : ` ${value}`}`;
    const shown = fallback ?? schema.safeParse(undefined).data;
    const text = shown === undefined ? help : `${help} (default: ${shown})`;
    return `  ${head.padEnd(20)}${text.replaceAll("\n", `\n${" ".repeat(22)}`)}\n`;
  },
).join("");

/**
 * Reads arguments, and converts and checks the value of each option.
 *
 * @throws {TypeError} if an option is unknown, lacks its value or has another than expected
 */
export function readArguments(args: string[]): PipelineArguments {
  const config = flagged.map(({ name, value }) =>
    [name, { type: value === undefined ? "boolean" : "string" }] as const
  );
  const { values: texts, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: Object.fromEntries(config),
  });
  const given = flagged.filter(({ name }) => texts[name] !== undefined);
  const values = given.map((one) => [one.option, readValue(one, texts[one.name])] as const);
  return {
    values: Object.fromEntries(values),
    runOptions: Object.fromEntries(values.filter(([name]) => Object.hasOwn(runOptions, name))),
    given: given.map(({ name }) => name),
    positionals,
  };
}

function readValue({ name, schema, isNegated = false }: FlaggedOption, given: unknown): unknown {
  if (typeof given !== "string") return !isNegated;
  const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(given) ? Number(given) : NaN;
  const parsed = [given, number].map((value) => schema.safeParse(value));
  const valid = parsed.find(({ success }) => success);
  if (valid !== undefined) return valid.data;
  const [{ message }] = parsed[0].error!.issues;
  throw new TypeError(`--${name} is ${given === "" ? "empty" : given}, expected ${message}`);
}
