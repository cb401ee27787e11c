/**
 * The public module and the scripts, bundled and run on Node and Bun. npm brings both; without npm these
 * tests say so and are skipped.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { fileURLToPath } from "node:url";
import { readDataset } from "../../learn/data/dataset.ts";
import { learnRules } from "../../pipeline.ts";
import { readTape, readTrace, type Trace, withTrace, writeTrace } from "../../trace.ts";
import { hang, serveChat } from "../learn/chat/chat_server.ts";
import { synthesisLine } from "../rulechef/log/fixture.ts";
import { execute, type Output } from "../script/process.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const examples = join(root, "examples");
const trace = join(examples, "banking.trace.json");
const review = ["report", "compare", "rulechef_log", "replay", "serve"];
const scripts = ["print", "pipeline", ...review];

/** Programs that npm brings: their packages, and what names the program's file. */
const packages = [["node@22", "-p", "process.execPath"], ["bun@1", "-p", "process.execPath"]];

/** Returns the file of the program of a package; nothing without npm. */
async function find([name, ...args]: readonly string[]): Promise<string | undefined> {
  try {
    const { code, stdout } = await execute("npx", ["-y", name, ...args], root);
    return code === 0 ? stdout.trim() : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The folder with the bundles, without their packages and sources. */
const bundles = await Deno.realPath(await Deno.makeTempDir());
globalThis.addEventListener("unload", () => Deno.removeSync(bundles, { recursive: true }));

async function bundle(source: string, name: string): Promise<void> {
  const config = `--config=${join(root, "deno.json")}`;
  const args = ["bundle", "-q", config, "--output", join(bundles, `${name}.js`), source];
  const { code, stderr } = await execute(Deno.execPath(), args, bundles);
  assertEquals(code, 0, stderr);
}

const app = `
import { learnRules, withTrace } from ${JSON.stringify(join(root, "mod.ts"))};
const texts = { rate: ["What is the rate?", "Which rates?"], card: ["Lost my card", "A new card"] };
const examples = Object.entries(texts).flatMap(([label, texts]) => texts.map((text) => ({ text, label })));
const { trace } = await withTrace(learnRules)({ name: "tiny", examples });
console.log(trace.digest);
`;

const runtimes = (await Promise.all(packages.map(async (named) => {
  const path = await find(named);
  // deno-lint-ignore no-console
  if (path === undefined) console.error(`no ${named[0]}: the tests of bundles on it are skipped`);
  return { name: named[0], path: path ?? "" };
}))).filter(({ path }) => path !== "");
if (runtimes.length > 0) {
  await Deno.writeTextFile(join(bundles, "app.ts"), app);
  await Promise.all([
    bundle(join(bundles, "app.ts"), "app"),
    ...scripts.map((name) => {
      const folder = review.includes(name) ? "review" : "";
      return bundle(join(root, folder, `${name}.ts`), name);
    }),
  ]);
  for (const name of ["banking", "banking_test", "restaurant"]) {
    const lines = (await Deno.readTextFile(join(examples, `${name}.jsonl`))).split("\n");
    const some = lines.filter((line, place) => line !== "" && place % 9 === 0);
    await Deno.writeTextFile(join(bundles, `${name}.jsonl`), some.join("\n"));
  }
  await learnSome();
}

/** Learns from a part of the examples, for a run that is quick to replay. */
async function learnSome(): Promise<void> {
  const [data, test] = await Promise.all(
    ["banking", "banking_test"].map((name) => readDataset(join(bundles, `${name}.jsonl`))),
  );
  const { trace } = await withTrace(learnRules)(data, { test });
  await writeTrace(join(bundles, "some.trace.json"), trace);
}

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs a bundle in a folder. */
function run(
  [command, ...first]: readonly string[],
  [script, args, input]: Call,
  folder: string,
): Promise<Output> {
  const options = input === undefined ? {} : { input };
  return execute(command, [...first, join(bundles, `${script}.js`), ...args], folder, options);
}

/** A script, its arguments, and what it reads from the standard input. */
type Call = readonly [string, readonly string[], string?];

const deno = [Deno.execPath(), "run", "-A", "--no-prompt"];

/** Learns from two data sets; returns the traces without clock, id and runtime. */
async function learnBoth(command: readonly string[], runtime: string): Promise<string[]> {
  const texts: string[] = [];
  await inFolder(async (folder) => {
    for (const data of ["banking", "restaurant"]) {
      const args = [join(bundles, `${data}.jsonl`), "--max-iterations", "1"];
      const { code, stderr } = await run(command, ["pipeline", args], folder);
      assertEquals([code, stderr], [0, ""]);
      const file = join(folder, "runs", `${data}.trace.json`);
      const { software } = (await readTrace(file)).run;
      assertEquals(software.runtime.split(" ")[0], runtime);
      texts.push(
        (await Deno.readTextFile(file))
          .replace(/("run":\{"id":|"runtime":|"startedAt":|"finishedAt":)"[^"]*"/g, "$1")
          .replace(/"at":"[^"]*","took":\d+/g, ""),
      );
    }
  });
  return texts;
}

const text = await Deno.readTextFile(trace);
const data = [["--data", "banking"], ["--test", "banking_test"]]
  .flatMap(([option, name]) => [option, join(bundles, `${name}.jsonl`)]);
const calls: readonly Call[] = [
  ["print", [trace]],
  ["print", ["-", "--json"], text],
  ["print", ["-"], text.slice(0, 2_000)],
  ["print", ["--unknown"]],
  ["print", ["none\u001b[31m.json"]],
  ["print", [join(trace, "below")]],
  ["compare", [trace, "-"], text],
  ["compare", [examples]],
  ["report", [trace, "-o", trace]],
  ["rulechef_log", ["-", "--storage", "runs"], `${synthesisLine("card", [])}\n`],
  ["pipeline", ["--rules", trace, "--evaluate", join(examples, "banking_test.jsonl")]],
  ["pipeline", ["--rules", trace, "--predict", join(examples, "banking_test.jsonl")]],
  ["pipeline", ["--rules", trace, "--predict", "-"], 'id,text\n1,"a rate,\nplease"\n2,"rate\n'],
  ["pipeline", [join(examples, "banking.jsonl"), "--storage", trace]],
  ["replay", [join(bundles, "some.trace.json"), ...data]],
  ["serve", ["none"]],
];

/** Makes the calls one after the other. */
async function callAll(command: readonly string[]): Promise<Output[]> {
  const outputs: Output[] = [];
  await inFolder(async (folder) => {
    for (const call of calls) {
      const { stderr, ...output } = await run(command, call, folder);
      outputs.push({ ...output, stderr: stderr.replace(/\d{8}T\d{6}-[0-9a-f]{6}/g, "ID") });
    }
  });
  return outputs;
}

/** What Deno does with the bundles, once for all runtimes. */
let learned: Promise<string[]> | undefined;
let called: Promise<Output[]> | undefined;

for (const { name, path } of runtimes) {
  Deno.test(`learning on ${name} gives the bytes that it gives on Deno, but for clock, id and runtime`, async () => {
    const [found, expected] = await Promise.all([
      learnBoth([path], name.split("@")[0]),
      learned ??= learnBoth(deno, "deno"),
    ]);
    assertEquals(found, expected);
  });

  Deno.test(`scripts print on ${name} what they print on Deno, errors and exit codes included`, async () => {
    const [found, expected] = await Promise.all([callAll([path]), called ??= callAll(deno)]);
    for (const [place, output] of expected.entries()) {
      assertEquals(found[place], output, calls[place].join(" ").slice(0, 200));
      assert(output.stdout !== "" || output.stderr !== "");
    }
    await inFolder(async (folder) => {
      const { code, stderr } = await run([path], ["report", [trace, "-o", "page.html"]], folder);
      assertEquals([code, stderr], [0, ""]);
      assertStringIncludes(await Deno.readTextFile(join(folder, "page.html")), "</html>");
    });
  });

  Deno.test(`an application on ${name} that has the package in its bundle runs as itself`, async () => {
    const { code, stdout, stderr } = await run([path], ["app", ["--unknown-argument"]], root);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(stdout, (await run(deno, ["app", []], root)).stdout);
    // Under another name than its own, the bundle of a script is an application too.
    await Deno.copyFile(join(bundles, "print.js"), join(bundles, "other.js"));
    const other = await run([path], ["other", ["--unknown"]], root);
    assertEquals(other, { code: 0, stdout: "", stderr: "" });
  });

  Deno.test({
    name: `a reader that goes away ends print.ts on ${name} without an error`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      const command = `"$0" "$1" "$2" --json | head -c 10; exit \${PIPESTATUS[0]}`;
      const args = ["-c", command, path, join(bundles, "print.js"), trace];
      const { code, stdout, stderr } = await execute("bash", args, root);
      assertEquals([code, stdout.length, stderr], [0, 10, ""]);
    },
  });

  Deno.test({
    name: `Ctrl-C on ${name} ends a run that asks a model, with its trace and tape`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      inFolder(async (folder) => {
        const asked = Promise.withResolvers<void>();
        await using server = serveChat((received, closing) => {
          asked.resolve();
          return hang(received, closing);
        });
        const data = join(examples, "banking.jsonl");
        const child = new Deno.Command(path, {
          args: [
            join(bundles, "pipeline.js"),
            ...[data, "--model", "slow", "--base-url", server.baseUrl],
          ],
          cwd: folder,
          stdin: "null",
          stdout: "piped",
          stderr: "piped",
        }).spawn();
        const output = child.output();
        await Promise.race([asked.promise, output]);
        child.kill("SIGINT");
        const { code, stderr } = await output;
        const shown = new TextDecoder().decode(stderr);
        assertEquals([code, shown.split("\n")[0]], [130, "pipeline.ts: aborted"], shown);
        const { run }: Trace = await readTrace(join(folder, "runs", "banking.trace.json"));
        assertEquals(run.status, "aborted");
        const tape = await readTape(join(folder, "runs", `banking.${run.id}.exchanges.jsonl`));
        assert(tape.every(({ error }) => error?.name === "AbortError"));
      }),
  });
}
