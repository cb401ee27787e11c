import { assert, assertEquals, assertMatch, assertStringIncludes } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { parseDataset, readDataset } from "../../../learn/data/dataset.ts";
import { evaluateRules } from "../../../learn/score/evaluation.ts";
import { parseRuleChef } from "../../../rulechef/rule_set.ts";
import { learnRules } from "../../../pipeline.ts";
import { runPipeline } from "../../../pipeline/script.ts";
import { formatEvaluation } from "../../../print.ts";
import { displayWidth } from "../../../print/text.ts";
import { readTrace, withTrace, writeTrace } from "../../../trace.ts";
import { propose, refuseArguments, silent, stub } from "../fixture.ts";
import { capture, execute, type Output } from "../../script/process.ts";
import { exists } from "../../../record/journal.ts";

const { pathname: root } = new URL("../../..", import.meta.url);
const { pathname: shared } = new URL("../../../../shared/data", import.meta.url);

const script = ["run", "--no-check", "--no-prompt", `--config=${root}deno.json`];
const program = `${root}pipeline.ts`;

/** Runs the script in a folder, with permission to read it and to write to `runs`. */
function run(folder: string, args: readonly string[], input?: string): Promise<Output> {
  const flags = ["--allow-read=.", "--allow-write=runs"];
  return execute(Deno.execPath(), [...script, ...flags, program, ...args], folder, { input });
}

/** Runs the script with nothing but permission to read. */
function evaluate(folder: string, args: readonly string[], input?: string): Promise<Output> {
  const all = [...script, "--allow-read", program, ...args];
  return execute(Deno.execPath(), all, folder, { input });
}

/** Does what the script does in a folder, in this process. */
function evaluateHere(folder: string, args: readonly string[]): Promise<Omit<Output, "code">> {
  const found = args.map((arg) => /\.jsonl?$/.test(arg) ? join(folder, arg) : arg);
  return capture(() => runPipeline(found, learnRules));
}

/** Lines that have both labels and entities. */
const both = ["Rome", "Oslo", "Paris"].flatMap((city, place) =>
  [`book a table in ${city}`, `a flight to ${city} now`].map((text, index) => {
    const start = text.indexOf(city);
    const entities = [{ start, end: start + city.length, type: place < 2 ? "city" : "place" }];
    return { id: `e${place}${index}`, text, label: index === 0 ? "book" : "fly", entities };
  })
);
const toLines = (examples: readonly unknown[]) =>
  examples.map((example) => `${JSON.stringify(example)}\n`).join("");
const labelled = both.map(({ text, label }) => ({ text, label }));

const read = (task: "ner" | "classification", name: string) =>
  parseDataset(toLines(both), { task, name, format: "jsonl" });
/** Two runs, learned once. */
const learned = [
  await withTrace(learnRules)(read("ner", "spans"), {
    synthesizer: stub({
      added: [propose("city", "(?:in|to) (\\w+)", { group: 1 }), propose("place", "to Paris")],
    }),
    coordinator: silent(),
    match: "partial",
    overlaps: "keep",
  }),
  await withTrace(learnRules)(read("classification", "labels"), {
    synthesizer: stub({ added: [propose("book", "table"), propose("fly", "a", { weight: 9 })] }),
    coordinator: silent(),
    threshold: 0.5,
  }),
];

/** A folder with data for two tasks, a trace of each, and a rule set of RuleChef. */
async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const write = (name: string, text: string) => Deno.writeTextFile(join(folder, name), text);
  try {
    await write("both.jsonl", toLines(both));
    await write("labels.jsonl", toLines(labelled));
    await write("rulechef.json", JSON.stringify(rulechef));
    await Deno.mkdir(join(folder, "runs"));
    for (const { trace } of learned) {
      await writeTrace(join(folder, "runs", `${trace.run.dataset.name}.trace.json`), trace);
    }
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const template = { text: "$0", start: "$start", end: "$end", type: "city" };
const rulechef = [
  {
    name: "cities",
    content: String.raw`(?i)\b(?:rome|oslo)\b`,
    priority: 5,
    output_template: template,
    output_key: "entities",
  },
  {
    name: "conditional",
    content: "(?:(a)|b(?(1)c|d))+",
    priority: 1,
    output_template: template,
    output_key: "entities",
  },
].map((rule, place) => ({ id: `b${place}`, format: "regex", confidence: 0.5, ...rule }));

const spanTrace = join("runs", "spans.trace.json");
const labelTrace = join("runs", "labels.trace.json");

Deno.test("--task and --match reach the run, and lines with labels and entities serve both tasks", () =>
  inFolder(async (folder) => {
    const args = ["both.jsonl", "--task", "ner", "--match", "text", "--overlaps=keep"];
    const { code, stdout, stderr } = await run(folder, args);
    assertEquals([code, stderr], [0, ""]);
    assert(stdout.startsWith("both · ner, text match · 2 types: city, place · "), stdout);
    const { run: found } = await readTrace(join(folder, "runs", "both.trace.json"));
    const { match, overlaps, decide } = found.config;
    assertEquals([found.dataset.task, match, overlaps, decide], ["ner", "text", "keep", "first"]);
    const other = await run(folder, ["both.jsonl"]);
    assertEquals(other.code, 0);
    assert(other.stdout.startsWith("both · classification · 2 labels: book, fly · "), other.stdout);
  }));

Deno.test("a trace is evaluated as its run decided, with nothing but permission to read", () =>
  inFolder(async (folder) => {
    const args = ["--rules", spanTrace, "--evaluate", "both.jsonl"];
    const { code, stdout, stderr } = await evaluate(folder, args);
    assertEquals([code, stderr], [0, ""]);
    const { steps, rules } = await readTrace(join(folder, spanTrace));
    const final = steps.at(-1);
    assert(final?.type === "final");
    const last = final.rules.map((id) => rules[id]);
    const dataset = await readDataset(join(folder, "both.jsonl"), { task: "ner" });
    const evaluation = evaluateRules(last, dataset, {
      decide: "first",
      threshold: 0,
      overlaps: "keep",
      match: "partial",
    });
    assertEquals(stdout, formatEvaluation({ rules: last, evaluation }, { width: 100 }));
    const { match: _, on: __, ...scores } = evaluation.scores[0];
    const { on: ___, ...recorded } = final.scores.train!;
    assertEquals(scores, recorded);
  }));

Deno.test("--json prints scores, labels and rules with their names, and nothing else", () =>
  inFolder(async (folder) => {
    const args = ["--rules", "rulechef.json", "--evaluate", "both.jsonl", "--json"];
    const { code, stdout, stderr } = await evaluate(folder, args);
    assertEquals([code, stderr], [0, ""]);
    const printed = JSON.parse(stdout);
    assertEquals(stdout, JSON.stringify(printed) + "\n");
    assertEquals(Object.keys(printed).join(), "scores,labels,rules,coverage,readability,refused");
    assertEquals(printed.readability.labels, 1);
    assertEquals(
      printed.scores.map(({ match, tp }: { match: string; tp: number }) => [match, tp]),
      [["text", 4], ["exact", 4], ["partial", 4]],
    );
    const [{ name, label, tp, fp, marginal }] = printed.rules;
    assertEquals([name, label, tp, fp, marginal], ["cities", "city", 4, 0, -0.8]);
    assertEquals(printed.refused.map(({ name }: { name: string }) => name), ["conditional"]);
    assertEquals(printed.coverage.basis, "examples");
  }));

Deno.test("a name cannot steer a terminal, as JSON or as text", () =>
  inFolder(async (folder) => {
    const [{ name: _, ...rule }] = rulechef;
    const name = "evil\u009b31m\u202e\u001b[2J";
    await Deno.writeTextFile(join(folder, "evil.json"), JSON.stringify([{ ...rule, name }]));
    const args = ["--rules", "evil.json", "--evaluate", "both.jsonl"];
    for (const more of [["--json"], []]) {
      const { code, stdout } = await evaluate(folder, [...args, ...more]);
      assertEquals(code, 0);
      for (const character of "\u009b\u202e\u001b") assert(!stdout.includes(character), stdout);
    }
    const { stdout } = await evaluate(folder, [...args, "--json"]);
    assertEquals(JSON.parse(stdout).rules[0].name, name);
  }));

Deno.test("rules that could not be translated are listed after the others", () =>
  inFolder(async (folder) => {
    const args = ["--rules", "rulechef.json", "--evaluate", "both.jsonl"];
    const { code, stdout } = await evaluate(folder, args);
    assertEquals(code, 0);
    assert(stdout.startsWith("1 rule on 6 examples, labels and rules by text match\n"), stdout);
    assertMatch(stdout, /\n\nrefused 1, [a-z-]+: conditional\n$/);
  }));

Deno.test("options override how rules decide and spans match", () =>
  inFolder(async (folder) => {
    const tpOf = async (...args: string[]) => {
      const { stdout, stderr } = await evaluateHere(folder, [...args, "--json"]);
      assertEquals(stderr, "");
      return JSON.parse(stdout).scores[0].tp;
    };
    const spans = ["--rules", spanTrace, "--evaluate", "both.jsonl"];
    assertEquals([await tpOf(...spans), await tpOf(...spans, "--match", "exact")], [5, 4]);
    assertEquals(await tpOf(...spans, "--overlaps", "drop"), 4);
    const labels = ["--rules", labelTrace, "--evaluate", "labels.jsonl"];
    assertEquals([await tpOf(...labels), await tpOf(...labels, "--decide", "first")], [3, 6]);
    assertEquals(await tpOf(...labels, "--threshold", "9"), 0);
  }));

Deno.test("rules or examples come from the standard input too", () =>
  inFolder(async (folder) => {
    const usual = ["--rules", spanTrace, "--evaluate", "both.jsonl"];
    const { stdout } = await evaluate(folder, usual);
    const rules = await Deno.readTextFile(join(folder, spanTrace));
    const fromRules = await evaluate(folder, ["--rules", "-", "--evaluate", "both.jsonl"], rules);
    const piped = ["--rules", spanTrace, "--evaluate", "-"];
    const fromExamples = await evaluate(folder, piped, toLines(both));
    assertEquals([fromRules.stdout, fromExamples.stdout], [stdout, stdout]);
  }));

Deno.test("the rules of an unfinished run are evaluated", () =>
  inFolder(async (folder) => {
    const { run, steps, rules } = await readTrace(join(folder, spanTrace));
    const [first] = steps;
    assert(first.type === "synthesis");
    const lines = [
      { version: 1, run: { ...run, status: "running", finishedAt: undefined } },
      { step: first, rules: first.added.map((id) => rules[id]) },
    ];
    await Deno.writeTextFile(join(folder, "killed.trace.jsonl"), toLines(lines));
    const args = ["--rules", "killed.trace.jsonl", "--evaluate", "both.jsonl"];
    const { code, stdout, stderr } = await evaluate(folder, args);
    assertEquals([code, stderr], [0, ""]);
    assert(stdout.startsWith("2 rules on 6 examples"), stdout);
  }));

const misused: [string[], string][] = [
  [["both.jsonl", "--task", "ner", "--decide", "vote"], "The option decide is vote"],
  [
    ["both.jsonl", "--task", "extraction", "--default", "majority"],
    "The option default is majority",
  ],
  [["both.jsonl", "--task", "classification", "--match", "text"], "The option match is for spans"],
  [
    ["both.jsonl", "--overlaps", "keep", "--decide", "vote"],
    "--overlaps is for spans, and --decide",
  ],
  [["labels.jsonl", "--match", "text"], "The option match is for spans, and the task is class"],
  [["both.jsonl", "--task", "nerd"], "--task is nerd, expected classification or ner or"],
  [["both.jsonl", "--match", "fuzzy"], "--match is fuzzy, expected exact or text or partial"],
  [["both.jsonl", "--overlaps", "both"], "--overlaps is both, expected drop or keep"],
  [["--rules", spanTrace], "--rules needs a FILE to learn from, --evaluate or --predict"],
  [["--evaluate", "both.jsonl"], "--evaluate needs --rules"],
  [["--rules", "-", "--evaluate", "-"], "cannot both be the standard input"],
  [["--rules", spanTrace, "--evaluate", "both.jsonl", "both.jsonl"], "expected no FILE"],
  [
    ["--rules", spanTrace, "--evaluate", "both.jsonl", "--seed", "1"],
    "--seed and --evaluate do not",
  ],
  [["--rules", spanTrace, "--evaluate", "both.jsonl", "--no-refit"], "--no-refit and --evaluate"],
  [["--rules", spanTrace, "--evaluate", "both.jsonl", "--decide", "vote"], "--decide is vote"],
  [["--rules", spanTrace, "--evaluate", "both.jsonl", "--threshold", "1"], "--threshold is 1"],
  [["--rules", spanTrace, "--evaluate", "both.jsonl", "--threshold", "-1"], "--threshold"],
  [["--rules", labelTrace, "--evaluate", "both.jsonl", "--match", "text"], "--match is text"],
  [["--rules", labelTrace, "--evaluate", "both.jsonl", "--overlaps=keep"], "--overlaps is keep"],
  [["--rules", labelTrace, "--evaluate", "both.jsonl", "--threshold=-1"], "--threshold is -1"],
  [["both.jsonl", "--errors"], "--errors goes with --evaluate"],
  [["--rules", labelTrace, "--evaluate", "a.jsonl", "--max-errors=2"], "--max-errors goes with"],
  [
    ["--rules", labelTrace, "--evaluate", "a.jsonl", "--json", "--format=text"],
    "do not go together",
  ],
  [["--rules", labelTrace, "--evaluate", "a.jsonl", "--format=html"], "expected text or json or"],
];
for (const [args, message] of misused) {
  Deno.test(`the arguments ${args.join(" ")} are refused as usage`, () =>
    inFolder((folder) => refuseArguments(args, folder, message, "usage")));
}

Deno.test("arguments that exclude each other give an error in one line and the exit code 2", () =>
  inFolder(async (folder) => {
    const before = [...Deno.readDirSync(join(folder, "runs"))].length;
    const { code, stdout, stderr } = await run(folder, ["labels.jsonl", "--match", "text"]);
    assertEquals([code, stdout], [2, ""]);
    assertMatch(stderr, /^pipeline\.ts: The option match is for spans[^\n]+\n$/);
    assertEquals([...Deno.readDirSync(join(folder, "runs"))].length, before);
  }));

const failing: [string[], string][] = [
  [["both.jsonl", "--task", "ner", "--test", "labels.jsonl"], 'labels.jsonl": line 1'],
  [["both.jsonl", "--task", "extraction"], 'both.jsonl": line 1'],
  [["--rules", "none.json", "--evaluate", "both.jsonl"], "there is no such file"],
  [["--rules", ".", "--evaluate", "both.jsonl"], "it is a folder"],
  [["--rules", "both.jsonl", "--evaluate", "both.jsonl"], 'both.jsonl"'],
  [["--rules", "empty.json", "--evaluate", "both.jsonl"], 'empty.json"'],
  [["--rules", "newer.json", "--evaluate", "both.jsonl"], "format version 4"],
  [["--rules", "odd.json", "--evaluate", "both.jsonl"], "config: field decide"],
  [["--rules", spanTrace, "--evaluate", "none.jsonl"], "there is no such file"],
  [["--rules", spanTrace, "--evaluate", "labels.jsonl"], 'labels.jsonl": line 1'],
  [["--rules", spanTrace, "--evaluate", spanTrace], "Cannot read"],
];
Deno.test("files that cannot be evaluated give an error in one line without a stack and the exit code 1", () =>
  inFolder(async (folder) => {
    const write = (name: string, text: string) => Deno.writeTextFile(join(folder, name), text);
    const trace = await Deno.readTextFile(join(folder, labelTrace));
    await write("empty.json", "");
    await write("newer.json", trace.replace(/"version":\d/, '"version":4'));
    await withTrace(
      (_: object, { onStart }: { onStart?(run: unknown): void } = {}) => {
        // A learner of another make, which does not say by which protocol it decides.
        const { protocol: _protocol, ...run } = JSON.parse(trace).run;
        onStart?.({ ...run, status: "running", config: { decide: "dice" } });
        return Promise.reject(new Error("enough"));
      },
      { storage: folder },
    )({}).catch(() => {});
    await Deno.rename(join(folder, "labels.trace.json"), join(folder, "odd.json"));
    for (const [args, message] of failing) {
      const storage = args[0] === "--rules" ? [] : ["--storage", join(folder, "runs")];
      await refuseArguments([...args, ...storage], folder, message, "other");
    }
    const { code, stdout, stderr } = await run(folder, failing.at(-1)![0]);
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, /^pipeline\.ts: Cannot read [^\n]+\n$/);
  }));

Deno.test("a missing permission is named in one line, for the rules and for the examples", () =>
  inFolder(async (folder) => {
    const args = ["--rules", spanTrace, "--evaluate", "both.jsonl"];
    const lacking: [string[], string][] = [
      [[], `--allow-read=${spanTrace}`],
      [[`--allow-read=${spanTrace}`], "--allow-read=both.jsonl"],
    ];
    for (const [flags, missing] of lacking) {
      const all = [...script, ...flags, program, ...args];
      const { code, stdout, stderr } = await execute(Deno.execPath(), all, folder);
      assertEquals([code, stdout], [1, ""]);
      assertStringIncludes(stderr, missing);
      assertMatch(stderr, /^pipeline\.ts: [^\n]+\n$/);
    }
    const enough = [...script, `--allow-read=${spanTrace},both.jsonl`, program, ...args];
    assertEquals((await execute(Deno.execPath(), enough, folder)).code, 0);
  }));

// deno-lint-ignore no-control-regex -- the codes that colour consists of
const colour = /\u001b\[\d+m/g;
for (const columns of [20, 40, 200]) {
  // One width is enough to see that NO_COLOR is heeded.
  for (const env of columns === 40 ? [{ NO_COLOR: "" }, { NO_COLOR: "1" }] : [{ NO_COLOR: "" }]) {
    const isPainted = env.NO_COLOR === "";
    Deno.test({
      name: `on a terminal of ${columns} columns an evaluation fits, ${
        isPainted ? "in colour" : "without colour"
      }`,
      ignore: Deno.build.os !== "linux",
      fn: () =>
        inFolder(async (folder) => {
          const command = [Deno.execPath(), ...script, "--allow-read", program];
          const args = ["--rules", "rulechef.json", "--evaluate", "both.jsonl"];
          const line = `stty cols ${columns}; ${[...command, ...args].join(" ")}`;
          const { code, stdout } = await execute("script", ["-qec", line, "/dev/null"], folder, {
            env: { TERM: "xterm-256color", ...env },
          });
          assertEquals([code, stdout.match(colour) !== null], [0, isPainted]);
          const text = stdout.replace(colour, "").replaceAll("\r\n", "\n");
          for (const line of text.split("\n")) assert(displayWidth(line) <= columns, line);
          assertEquals(text.includes("  says"), columns === 200);
          assertStringIncludes(text, "\nrule ");
        }),
    });
  }
}

Deno.test({
  name: "rule sets that RuleChef published are read and scored, whatever their task",
  ignore: !exists(shared),
  fn: () =>
    inFolder(async (folder) => {
      const sets = [
        ["rulechef/rules_tab_22.json", "tab/test.jsonl", 12],
        ["rulechef/rules_banking77_108.json", "banking77/five_class.test.jsonl", 60],
      ] as const;
      for (const [rules, examples, count] of sets) {
        const lines = (await Deno.readTextFile(join(shared, examples))).split("\n");
        const some = join(folder, "some.jsonl");
        await Deno.writeTextFile(some, lines.slice(0, count).join("\n"));
        const path = join(shared, rules);
        const args = ["--rules", path, "--evaluate", some, "--json"];
        const { stdout, stderr } = await capture(() => runPipeline(args, learnRules));
        assertEquals(stderr, "");
        const printed = JSON.parse(stdout);
        const set = parseRuleChef(await Deno.readTextFile(path));
        assertEquals(
          printed.rules.map(({ name }: { name: string }) => name),
          set.rules.map(({ name }) => name),
        );
        const decision = {
          ...{ decide: "first", threshold: 0 } as const,
          ...set.task !== "classification" && { overlaps: "keep", match: "text" } as const,
        };
        const dataset = await readDataset(some, { task: set.task });
        assertEquals(printed.scores, [...evaluateRules(set.rules, dataset, decision).scores]);
      }
    }),
});
