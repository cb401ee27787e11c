/**
 * Blame as a script: arguments, files, what it takes, and the result.
 *
 * @module
 */
import { escapeControls, showText } from "../../learn/text/quoting.ts";
import { count, formatCount, formatDuration } from "../../print/phrases.ts";
import { parseArgs, parseWhole } from "../../script/arguments.ts";
import { requireOutput, writeOutput } from "../../script/outputs.ts";
import { parseUsage, requirePermission, write } from "../../script/script.ts";
import { createProgressLine, parseWidth, terminal } from "../../script/terminal.ts";
import { readTrace } from "../../trace.ts";
import { explainFork } from "../fork/explaining.ts";
import { givenOptions, givenUsage, parseGiven, readGiven } from "../replay/given.ts";
import { BLAME_SECTIONS, type BlameEstimate, type BlameSection, planBlame } from "./blaming.ts";
import { formatBlame } from "./text.ts";

const usage =
  `Tell what of a run is to blame for its predictions on test examples: its seed, its steps, its
decisions, its rules, its examples.

  deno run --allow-read review/blame.ts TRACE --data FILE --test FILE [options]

TRACE is a .trace.json, or - for the standard input. The run is computed again, then with other
seeds, without each of its decisions, and without some of its examples. How many runs that are and
how long they take is told before they begin.

${givenUsage}  --example ID        explain the prediction of this test example as well
  --only SECTIONS     of seeds, forks and examples, which take other runs, only these
  --seeds N           other seeds, 0 to 1000 (default: 10; with fewer, nothing is blamed)
  --budget TIME       begin no run that would not end within this time: 60s, 5m, 1h
  --estimate          tell what it would take, and end
  --price IN,OUT      what a million tokens cost, sent and received, for the estimate
  -o, --output FILE   write the result as JSON as well, for report.ts --blame; serve.ts finds it
                      beside the trace as <data set>.<run id>.blame.json
  --json              print the result as JSON
  --width N           columns (default: the terminal's, or 100)
  --help              this text

A decision is blamed, or credited, only if its interval says so, enough examples differ, and no other
seed differs as much. With a model, name it (--model) for replies to be asked for again; without, its
recorded patches are decided anew, nobody is asked, and no decision is blamed.
`;

function parseArguments(args: string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...givenOptions,
      example: text,
      only: text,
      seeds: text,
      budget: text,
      estimate: flag,
      price: text,
      output: { type: "string", short: "o" },
      json: flag,
      width: text,
      help: flag,
    },
  });
  if (values.help) return undefined;
  if (positionals.length !== 1) {
    throw new TypeError(`expected one TRACE, got ${positionals.length}`);
  }
  if (values.test === undefined) throw new TypeError("--test is missing: name examples to test on");
  if (values.output === "") throw new TypeError("--output is empty, expected the name of a file");
  const { seeds = "10", budget, price, example, estimate, output, json, width } = values;
  return {
    path: positionals[0],
    given: parseGiven(values),
    options: {
      example,
      seeds: parseWhole("--seeds", seeds, 0, 1_000),
      budget: parseTime(budget),
      sections: parseSections(values.only),
    },
    prices: parsePrices(price),
    estimate,
    output,
    json,
    layout: parseWidth(width),
  };
}

function parseSections(value: string | undefined): readonly BlameSection[] | undefined {
  if (value === undefined) return undefined;
  return value.split(",").map((name) => {
    const section = BLAME_SECTIONS.find((one) => one === name);
    if (section !== undefined) return section;
    throw new TypeError(`--only is ${value}, expected ${BLAME_SECTIONS.join(", ")}`);
  });
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

function parseTime(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const [, amount, unit] = /^(\d{1,7}(?:\.\d+)?)(ms|s|m|h)$/.exec(value) ?? [];
  if (amount !== undefined) return Number(amount) * UNITS[unit];
  throw new TypeError(`--budget is ${value}, expected a time such as 60s, 5m or 1h`);
}

function parsePrices(value: string | undefined): readonly [number, number] | undefined {
  if (value === undefined) return undefined;
  const [, sent, received] = /^(\d+\.?\d*|\.\d+),(\d+\.?\d*|\.\d+)$/.exec(value) ?? [];
  if (sent !== undefined) return [Number(sent), Number(received)];
  throw new TypeError(`--price is ${value}, expected two prices such as 0.15,0.60`);
}

/** Runs the script. */
export async function main(args: string[]): Promise<void> {
  const request = parseUsage(() => parseArguments(args));
  if (request === undefined) return write(usage);
  const { path, output, json, layout, prices } = request;
  await requirePermission("read", path);
  const files = [request.given.data, request.given.test, request.given.tape];
  const inputs = [path, ...files.filter((file) => file !== undefined)];
  if (output !== undefined) await requireOutput("--output", output, inputs);
  const trace = await readTrace(path);
  const given = await readGiven(trace, path, request.given);
  const progress = createProgressLine();
  let runs = 0;
  try {
    const tell = (what: string) =>
      progress?.show((since) => [what, `${(since / 1000).toFixed(1)} s`]);
    tell("computing the run again");
    const plan = await planBlame(trace, { ...given, test: given.test! }, {
      ...request.options,
      onRun: (number) => tell(`run ${number} of about ${runs}`),
    });
    progress?.clear();
    runs = plan.estimate.runs;
    write(`blame.ts: ${phraseEstimate(plan.estimate, prices)}\n`, "stderr");
    if (request.estimate) {
      return write(plan.left.map((what) => `left out: ${showText(what)}\n`).join(""), "stderr");
    }
    const blame = await plan.run();
    progress?.clear();
    const text = `${escapeControls(JSON.stringify(blame))}\n`;
    if (output !== undefined) writeOutput(output, text, "result");
    write(json ? text : formatBlame(blame, trace, { ...terminal(), ...layout }));
  } catch (error) {
    progress?.clear();
    throw await explainFork(error, trace, given);
  }
}

/** Phrases what blame takes. */
function phraseEstimate(
  { runs, milliseconds, calls, tokens }: BlameEstimate,
  prices: readonly [number, number] | undefined,
): string {
  if (runs === 0) return "no other runs";
  const parts = [`about ${count(runs, "run")}`, formatDuration(milliseconds)];
  if (calls > 0) {
    const { prompt, completion } = tokens;
    parts.push(`at most ${count(calls, "request")}`);
    parts.push(`${formatCount(prompt)} tokens sent and ${formatCount(completion)} received`);
    if (prices !== undefined) {
      const cost = (prompt * prices[0] + completion * prices[1]) / 1e6;
      parts.push(cost > 0 && cost < 0.01 ? "under 0.01 in all" : `${cost.toFixed(2)} in all`);
    }
  }
  return parts.join(", ");
}
