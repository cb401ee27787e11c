/**
 * The package as others use it: imported by URL, bundled to one file, run with few permissions.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { fileURLToPath } from "node:url";
import { learnRules, readTrace, withTrace } from "../mod.ts";
import { execute, type Output } from "./script/process.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const config = join(root, "deno.json");

/** Runs Deno in a folder. */
function deno(cwd: string, args: readonly string[], env: Record<string, string> = {}) {
  return execute(Deno.execPath(), args, cwd, { env: { NO_COLOR: "1", ...env } });
}

/** Calls `use` with a new folder and its files. */
async function inFolder(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    for (const [name, content] of Object.entries(files)) {
      await Deno.writeTextFile(join(folder, name), content);
    }
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function listed(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

const texts = {
  rate: ["What is the exchange rate?", "Which rates do you offer?", "Is the rate fixed?"],
  card: ["My card has not arrived", "When does the card arrive?", "I lost my card"],
};
const examples = Object.entries(texts).flatMap(([label, texts]) =>
  texts.map((text) => ({ text, label }))
);
const jsonLines = examples.map((example) => JSON.stringify(example)).join("\n");

/** A script that learns from memory with what is imported from `source`, and prints the trace. */
const consumer = (source: string) => `
import { createClassifier, learnRules, printTrace, withTrace } from ${JSON.stringify(source)};
import type { Rule, Trace } from ${JSON.stringify(source)};

const examples = ${JSON.stringify(examples)};
const learn = withTrace(learnRules, { storage: "runs" });
const { rules, trace, path }: { rules: Rule[]; trace: Trace; path: string } =
  await learn({ name: "intents", task: "classification", examples });
printTrace(trace);
const { label } = createClassifier(rules)("Which rate is it?");
console.log(\`\${label} \${path} \${trace.digest}\`);
`;

/** Checks what a {@linkcode consumer} printed and wrote. */
async function checkConsumer(
  folder: string,
  { code, stdout: out, stderr: err }: Output,
): Promise<void> {
  assertEquals(code, 0, err);
  assertMatch(out, /^synthesized \d+ rules → [^]*F1 100\.0 % on the examples learned from$/m);
  const [label, path, digest] = out.trim().split("\n").at(-1)!.split(" ");
  assertEquals([label, digest], ["rate", await digestHere()]);
  assertEquals(listed(join(folder, "runs")), [path.slice("runs/".length), "intents.trace.json"]);
  for (const name of listed(join(folder, "runs"))) {
    assertEquals((await readTrace(join(folder, "runs", name))).digest, digest);
  }
}

/** The digest of the same run in this process. */
async function digestHere(): Promise<string> {
  const storage = await Deno.makeTempDir();
  try {
    const dataset = { name: "intents", task: "classification", examples } as const;
    return (await withTrace(learnRules, { storage })(dataset)).trace.digest;
  } finally {
    await Deno.remove(storage, { recursive: true });
  }
}

/** Serves the modules of this package on the loopback while `use` runs. */
async function served(use: (origin: string) => Promise<void>): Promise<void> {
  const requested: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    requested.push(pathname);
    if (!/^\/[a-z0-9_/]+\.ts$/.test(pathname)) return new Response(null, { status: 404 });
    try {
      const content = await Deno.readTextFile(join(root, pathname));
      return new Response(content, { headers: { "content-type": "application/typescript" } });
    } catch {
      return new Response(null, { status: 404 });
    }
  });
  try {
    await use(`127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
  assert(requested.includes("/mod.ts"));
  assertEquals(requested.filter((path) => /^\/(tests|bench|examples)\//.test(path)), []);
}

/** A cache of its own for modules, so that no served one is left behind; npm packages are shared. */
async function cacheIn(folder: string): Promise<Record<string, string>> {
  const { stdout: out } = await deno(root, ["info", "--json"]);
  const { npmCache } = JSON.parse(out) as { readonly npmCache: string };
  await Deno.mkdir(join(folder, "cache"));
  await Deno.mkdir(npmCache, { recursive: true });
  await Deno.symlink(npmCache, join(folder, "cache", "npm"));
  return { DENO_DIR: join(folder, "cache") };
}

Deno.test("a consumer with a deno.json of its own imports by URL, type-checks, learns and prints", () =>
  served((origin) =>
    inFolder({ "main.ts": consumer(`http://${origin}/mod.ts`) }, async (folder) => {
      const { imports = {} } = JSON.parse(await Deno.readTextFile(config)) as {
        readonly imports?: Record<string, string>;
      };
      // As where JSR is not reachable; a consumer elsewhere needs no map.
      const mapped = Object.entries(imports).map(([specifier, target]) =>
        [specifier, target.replace(/^\.\//, `http://${origin}/`)] as const
      );
      const own = { imports: Object.fromEntries(mapped) };
      await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify(own));
      const env = await cacheIn(folder);
      const outcome = await deno(folder, [
        "run",
        "--check",
        "--no-prompt",
        `--allow-import=${origin}`,
        "--allow-read=runs",
        "--allow-write=runs",
        "main.ts",
      ], env);
      await checkConsumer(folder, outcome);
    })
  ));

const alone = ["--no-config", "--no-remote", "--no-npm", "--cached-only", "--no-prompt"];

Deno.test("the public module as one bundle learns without configuration, network or packages", () =>
  inFolder({ "main.ts": consumer("./ruletrace.js") }, async (folder) => {
    const bundled = await deno(root, [
      "bundle",
      "--output",
      join(folder, "ruletrace.js"),
      "mod.ts",
    ]);
    assertEquals(bundled.code, 0, bundled.stderr);
    const outcome = await deno(folder, [
      "run",
      ...alone,
      "--allow-read=runs",
      "--allow-write=runs",
      "main.ts",
    ]);
    await checkConsumer(folder, outcome);
  }));

Deno.test("a consumer's script bundled with the package runs as itself, not as a script of ours", () =>
  inFolder({ "main.ts": consumer(join(root, "mod.ts")) }, async (folder) => {
    const args = ["bundle", "--config", config, "--output", "app.js", "main.ts"];
    const bundled = await deno(folder, args);
    assertEquals(bundled.code, 0, bundled.stderr);
    await Deno.mkdir(join(folder, "elsewhere"));
    await Deno.rename(join(folder, "app.js"), join(folder, "elsewhere", "app.js"));
    const outcome = await deno(join(folder, "elsewhere"), [
      "run",
      ...alone,
      "--allow-read=runs",
      "--allow-write=runs",
      "app.js",
      "--unknown-argument",
    ]);
    await checkConsumer(join(folder, "elsewhere"), outcome);
  }));

/** Runs `pipeline.ts` in a folder with these permissions. */
function learnWith(folder: string, flags: readonly string[]): Promise<Output> {
  const script = join(root, "pipeline.ts");
  const args = ["train.jsonl", "--test", "test.jsonl", "--storage", "runs", "--json"];
  return deno(folder, ["run", "--no-prompt", "--config", config, ...flags, script, ...args]);
}

const inputs = {
  "train.jsonl": jsonLines,
  "test.jsonl": jsonLines.replaceAll('"text":"', '"text":"So '),
};

Deno.test("learning needs to read its inputs, to read and write its storage, and nothing else", () =>
  inFolder(inputs, async (folder) => {
    const flags = ["--allow-read=train.jsonl,test.jsonl,runs", "--allow-write=runs"];
    const { code, stdout: out, stderr: err } = await learnWith(folder, flags);
    assertEquals([code, err], [0, ""]);
    const { path, scores } = JSON.parse(out);
    assertEquals((await readTrace(join(folder, path))).run.status, "completed");
    assertEquals(scores.test.exact, 1);
  }));

for (
  const [lacking, flags] of [
    ["--allow-read=train.jsonl", ["--allow-read=test.jsonl,runs", "--allow-write=runs"]],
    ["--allow-read=test.jsonl", ["--allow-read=train.jsonl,runs", "--allow-write=runs"]],
    ["--allow-read=runs", ["--allow-read=train.jsonl,test.jsonl", "--allow-write=runs"]],
    ["--allow-write=runs", ["--allow-read=train.jsonl,test.jsonl,runs"]],
  ] as const
) {
  Deno.test(`learning without ${lacking} is told in one line that names it`, () =>
    inFolder(inputs, async (folder) => {
      const { code, stdout: out, stderr: err } = await learnWith(folder, flags);
      assertEquals([code, out, err.trim().split("\n").length], [1, "", 1], err);
      assertStringIncludes(err, lacking);
      assertEquals(listed(folder), ["test.jsonl", "train.jsonl"]);
    }));
}
