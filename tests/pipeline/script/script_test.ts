import { assert, assertEquals, assertMatch, assertStringIncludes } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { measureReadability } from "../../../learn/rules/reading.ts";
import { flags, Options } from "../../../pipeline/options.ts";
import { formatTrace } from "../../../print.ts";
import { readTrace, rulesAt } from "../../../trace.ts";
import { execute } from "../../script/process.ts";
import { refuseArguments } from "../fixture.ts";

const { pathname: root } = new URL("../../..", import.meta.url);
const { pathname: banking } = new URL("../../../examples/banking.jsonl", import.meta.url);

const lines = Deno.readTextFileSync(banking).trimEnd().split("\n");
/** A part of the examples, which is learned in no time. */
const some = lines.filter((_, place) => place % 8 === 0).join("\n") + "\n";
const others = lines.filter((_, place) => place % 80 === 1).join("\n") + "\n";

const script = ["run", "--no-check", `--config=${root}deno.json`];
const everything = [...script, "-A", `${root}pipeline.ts`];
/** With a budget, synthesis leaves something to iterate on. */
const budget = ["--max-rules", "12"];

/** Runs the script in a folder that holds `train.jsonl` and `test.jsonl`. */
const learn = (folder: string, args: readonly string[], input?: string) =>
  execute(Deno.execPath(), [...everything, ...args], folder, { input });

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "train.jsonl"), some);
    await Deno.writeTextFile(join(folder, "test.jsonl"), others);
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

Deno.test("the script tells the story and the table, then where the trace is", () =>
  inFolder(async (folder) => {
    const { code, stdout, stderr } = await learn(folder, ["train.jsonl", "--test", "test.jsonl"]);
    assertEquals([code, stderr], [0, ""]);
    const trace = await readTrace(join(folder, "runs", "train.trace.json"));
    const path = join("runs", `train.${trace.run.id}.trace.json`);
    assertEquals(stdout, `${formatTrace(trace, { width: 100 })}\ntrace: ${path}\n`);
    assertEquals(trace.run.status, "completed");
    assertEquals(await readTrace(join(folder, path)), trace);
    assertEquals((trace.run.config.test as { examples: number }).examples, 9);
  }));

Deno.test("--json prints one object with path, number of rules, scores and readability, and nothing else", () =>
  inFolder(async (folder) => {
    const args = ["train.jsonl", "--test", "test.jsonl", "--storage", "out/deep", "--json"];
    const { code, stdout, stderr } = await learn(folder, args);
    assertEquals([code, stderr], [0, ""]);
    const printed = JSON.parse(stdout);
    assertEquals(stdout, JSON.stringify(printed) + "\n");
    assertEquals(Object.keys(printed), ["path", "rules", "scores", "readability"]);
    const trace = await readTrace(join(folder, printed.path));
    const final = trace.steps.at(-1);
    assert(final?.type === "final");
    assertEquals([printed.rules, printed.scores], [final.rules.length, final.scores]);
    assertEquals(printed.readability, measureReadability(rulesAt(trace, final.index)));
    assertEquals(Object.keys(printed.scores), ["all", "test"]);
    assertStringIncludes(printed.path, join("out", "deep", "train."));
  }));

Deno.test("every option reaches the run", () =>
  inFolder(async (folder) => {
    const args = {
      name: "other",
      seed: "-42",
      holdout: ".25",
      decide: "first",
      threshold: "0.5",
      default: "majority",
      "max-rules": "3",
      "min-support": "3",
      "max-iterations": "4",
      patience: "5",
      target: "0.99",
      tolerance: "1e-3",
      margin: "2",
    };
    const given = Object.entries(args).map(([name, value]) => `--${name}=${value}`);
    const { code, stderr } = await learn(folder, ["train.jsonl", "--no-refit", ...given]);
    assertEquals([code, stderr], [0, ""]);
    const { run, steps } = await readTrace(join(folder, "runs", "other.trace.json"));
    assertEquals([run.split.seed, run.split.holdout], [-42, 0.25]);
    const { default: fallback, synthesizer: _, ...config } = run.config;
    assert(typeof fallback === "string" && run.dataset.labels.includes(fallback));
    assertEquals(config, {
      maxIterations: 4,
      patience: 5,
      tolerance: 0.001,
      target: 0.99,
      margin: 2,
      decide: "first",
      threshold: 0.5,
      maxRules: 3,
      minSupport: 3,
      refit: false,
      incremental: false,
    });
    const final = steps.at(-1);
    assert(final?.type === "final" && final.rules.length <= 3);
  }));

Deno.test("the same seed gives the same digest, another seed another", () =>
  inFolder(async (folder) => {
    const digestWith = async (seed: string) => {
      const { stdout } = await learn(folder, ["train.jsonl", "--json", "--seed", seed]);
      return (await readTrace(join(folder, JSON.parse(stdout).path))).digest;
    };
    const [one, again, other] = await Promise.all(["7", "7", "8"].map(digestWith));
    assert(one === again && one !== other);
  }));

Deno.test("examples come from the standard input too, as JSON Lines or CSV", () =>
  inFolder(async (folder) => {
    const { code, stdout } = await learn(folder, ["-", "--json"], some);
    assertEquals(code, 0);
    assertStringIncludes(JSON.parse(stdout).path, join("runs", "stdin."));
    const csv = "text,label\n" + some.trimEnd().split("\n").map((line) => {
      const { text, label } = JSON.parse(line);
      return `"${text.replaceAll('"', '""')}",${label}\n`;
    }).join("");
    const again = await learn(folder, ["-", "--json", "--name", "csv"], csv);
    assertEquals(JSON.parse(again.stdout).scores, JSON.parse(stdout).scores);
  }));

Deno.test("--help names every option, and needs no permission", async () => {
  const args = [...script, "--no-prompt", `${root}pipeline.ts`, "--help"];
  const { code, stdout, stderr } = await execute(Deno.execPath(), args, root);
  assertEquals([code, stderr], [0, ""]);
  // Those of a run are read off its options, so that none is forgotten; the script has more of its own.
  const options = Object.entries(Options.shape).flatMap(([name, field]) => {
    const flag = flags.get(field);
    const kebab = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return flag === undefined ? [] : `${flag.isNegated ? "no-" : ""}${kebab}`;
  });
  for (const name of ["sample", "within", "no-refit"]) assert(options.includes(name));
  const names = "test storage name json help task rules lock playbook no-playbook corrections " +
    "feedback evaluate predict model base-url escalate-to agentic max-examples concurrency timeout " +
    "tape out errors max-errors format";
  for (const name of [...options, ...names.split(" ")]) {
    assertMatch(stdout, new RegExp(`^  --${name}\\b`, "m"));
  }
  assert(stdout.split("\n").every((line) => line.length <= 100));
});

const misused: [string[], string][] = [
  [[], "expected one FILE"],
  [["train.jsonl", "test.jsonl"], "expected one FILE"],
  [["train.jsonl", "--speed", "5"], "--speed"],
  [["train.jsonl", "--seed"], "--seed"],
  [["train.jsonl", "--seed", "x"], "--seed is x, expected a whole number"],
  [["train.jsonl", "--margin", "0x10"], "--margin is 0x10"],
  [["train.jsonl", "--within", "2"], "--within is 2, expected a number from 0 to 1"],
  [["train.jsonl", "--decide", "last"], "--decide is last"],
  [["train.jsonl", "--default", "card"], "--default is card"],
  [["-", "--test", "-"], "standard input"],
  [["train.jsonl", "--patience", "0"], "--patience is 0, expected a whole number of 1 or more"],
  [["train.jsonl", "--storage", ""], "--storage is empty, expected a folder"],
  [["train.jsonl", "--name", "a/b"], "--name is a/b, expected up to 100 of A-Z a-z 0-9 . _ -"],
  [["train.jsonl", "--seed", "-1"], "a value that begins with a dash is given as --seed=-…"],
];
for (const [args, message] of misused) {
  Deno.test(`the arguments ${JSON.stringify(args)} are refused as usage`, () =>
    inFolder((folder) => refuseArguments(args, folder, message, "usage")));
}

Deno.test("bad arguments give an error in one line and the exit code 2, and nothing is written", () =>
  inFolder(async (folder) => {
    const { code, stdout, stderr } = await learn(folder, ["-dash.jsonl"]);
    assertEquals([code, stdout], [2, ""]);
    const expected = "unknown option -d (a file whose name begins with a dash is given as ./-…)";
    assertEquals(stderr, `pipeline.ts: ${expected} (see --help)\n`);
    assert(!await exists(join(folder, "runs")));
  }));

const failing: [string[], string][] = [
  [["none.jsonl"], "there is no such file"],
  [["bad.jsonl"], 'bad.jsonl": line 2'],
  [["one.jsonl"], "needs two labels"],
  [["train.jsonl", "--test", "none.jsonl"], "there is no such file"],
];
for (const [args, message] of failing) {
  Deno.test(`the script fails on ${args.join(" ")} in one line`, () =>
    inFolder(async (folder) => {
      await Deno.writeTextFile(join(folder, "bad.jsonl"), '{"text":"a","label":"b"}\n{"text":5}\n');
      await Deno.writeTextFile(join(folder, "one.jsonl"), '{"text":"a","label":"b"}\n');
      const storage = ["--storage", join(folder, "runs")];
      await refuseArguments([...args, ...storage], folder, message, "other");
      assert(!await exists(join(folder, "runs")));
    }));
}

Deno.test("a failure gives an error in one line without a stack and the exit code 1", () =>
  inFolder(async (folder) => {
    const args = ["train.jsonl", "--storage", "train.jsonl"];
    const { code, stdout, stderr } = await learn(folder, args);
    assertEquals([code, stdout], [1, ""]);
    assertStringIncludes(stderr, "expected a folder");
    assertMatch(stderr, /^pipeline\.ts: [^\n]+\n$/);
  }));

Deno.test("the permissions it says it needs are enough, and a missing one is named in one line", () =>
  inFolder(async (folder) => {
    const run = (flags: string[]) =>
      execute(
        Deno.execPath(),
        [...script, "--no-prompt", ...flags, `${root}pipeline.ts`, "train.jsonl", "--json"],
        folder,
      );
    const enough = await run(["--allow-read=train.jsonl,runs", "--allow-write=runs"]);
    assertEquals([enough.code, enough.stderr], [0, ""]);
    const lacking: [string[], string][] = [
      [["--allow-write=runs"], "--allow-read=train.jsonl"],
      [["--allow-read=train.jsonl,runs"], "--allow-write=runs"],
    ];
    for (const [flags, missing] of lacking) {
      const { code, stdout, stderr } = await run(flags);
      assertEquals([code, stdout], [1, ""]);
      assertStringIncludes(stderr, missing);
      assertMatch(stderr, /^pipeline\.ts: [^\n]+\n$/);
    }
  }));

Deno.test({
  name: "Ctrl-C leaves an aborted trace, and exits with 130",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      // So many patches take minutes: the run cannot end before it is interrupted.
      const endless = ["--patience", "1000000", "--max-iterations", "1000000"];
      const child = new Deno.Command(Deno.execPath(), {
        args: [...everything, banking, ...endless],
        cwd: folder,
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const output = child.output();
      const runs = join(folder, "runs");
      const began = () =>
        exists(runs).then((made) => made && [...Deno.readDirSync(runs)].length > 0);
      let hasEnded = false;
      const end = output.finally(() => hasEnded = true);
      while (!hasEnded && !await began()) await new Promise((resolve) => setTimeout(resolve, 5));
      child.kill("SIGINT");
      const { code, stdout, stderr } = await end;
      assertEquals([code, stdout.length], [130, 0]);
      const { run, steps } = await readTrace(join(runs, "banking.trace.json"));
      const path = join("runs", `banking.${run.id}.trace.json`);
      assertEquals(new TextDecoder().decode(stderr), `pipeline.ts: aborted\ntrace: ${path}\n`);
      assertEquals(run.status, "aborted");
      const last = steps.at(-1);
      assert(last?.type === "failure" && last.error.name === "AbortError");
      assertEquals([...Deno.readDirSync(runs)].filter(({ name }) => name.endsWith("l")), []);
    }),
});

Deno.test({
  name: "progress is one line on a terminal, rewritten and at last cleared",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (folder) => {
      const command = [Deno.execPath(), ...everything, ...budget, "train.jsonl"].join(" ");
      const { code, stdout } = await execute("script", ["-qec", command, "/dev/null"], folder);
      assertEquals(code, 0);
      const clear = "\r\x1b[K";
      const [first, ...rest] = stdout.slice(0, stdout.lastIndexOf(clear)).split(clear);
      assertEquals(first, "");
      assertMatch(rest[0], /^synthesis · \d+\.\d s$/);
      const [iteration] = rest.filter((line) => line.startsWith("iteration 1"));
      assertMatch(iteration, /^iteration 1 · dev F1 \d+\.\d % · \d+\.\d s$/);
      assertMatch(rest.at(-1)!, /^final(: \d+ % · [a-z ]+)? · dev F1 \d+\.\d % · \d+\.\d s$/);
      // A moving line never reaches the edge of the terminal.
      assert(rest.every((line) => line.length < 80));
      assert(rest.every((line) => !line.includes("\n")));
      const story = stdout.slice(stdout.lastIndexOf(clear) + clear.length);
      assert(story.startsWith("train · classification"));
    }),
});

Deno.test({
  name: "on a terminal with the output piped away, the output has no progress in it",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (folder) => {
      const command = [
        Deno.execPath(),
        ...everything,
        ...budget,
        "train.jsonl",
        "--json",
        ">out.json",
      ].join(
        " ",
      );
      const { code, stdout } = await execute("script", ["-qec", command, "/dev/null"], folder);
      assertEquals(code, 0);
      assertStringIncludes(stdout, "iteration 1");
      const written = await Deno.readTextFile(join(folder, "out.json"));
      assertEquals(written, JSON.stringify(JSON.parse(written)) + "\n");
    }),
});
