/** The script with a model that writes the rules: real processes and a server on loopback. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { learnRules } from "../../../pipeline.ts";
import { createLearners } from "../../../pipeline/model.ts";
import { runPipeline } from "../../../pipeline/script.ts";
import { UsageError } from "../../../script/script.ts";
import { readTape, readTrace } from "../../../trace.ts";
import { type Answer, hang, refuse, serveChat } from "../../learn/chat/chat_server.ts";
import { executeScript, type Output } from "../../script/process.ts";
import { createScripted } from "../../learn/llm/scripted_model.ts";

const { pathname: root } = new URL("../../..", import.meta.url);
const { pathname: banking } = new URL("../../../examples/banking.jsonl", import.meta.url);
const KEY = "sk-script-0123456789";
const lines = Deno.readTextFileSync(banking).trimEnd().split("\n");
const some = lines.filter((_, place) => place % 6 === 0).join("\n") + "\n";

/** Runs the script with these permissions, in a folder that holds `train.jsonl`. */
function learn(
  folder: string,
  args: readonly string[],
  flags: readonly string[] = ["-A"],
): Promise<Output> {
  const env = { NO_COLOR: "1", OPENAI_API_KEY: KEY };
  return executeScript("pipeline.ts", ["train.jsonl", ...args], folder, { flags, env });
}

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "train.jsonl"), some);
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Every file in the folder of traces, as one text. */
function written(folder: string): string {
  const runs = join(folder, "runs");
  return [...Deno.readDirSync(runs)].map(({ name }) => Deno.readTextFileSync(join(runs, name)))
    .join("\n");
}

/** Where the script says that the trace and the tape of a run are. */
const listFiles = (id: string) => [
  `trace: ${join("runs", `train.${id}.trace.json`)}`,
  `tape: ${join("runs", `train.${id}.exchanges.jsonl`)}`,
];

const files = ["--allow-read=train.jsonl,runs", "--allow-write=runs"];
const short = ["--max-iterations", "3"];

Deno.test("a model at an endpoint writes the rules, and the key is nowhere but in the request", () =>
  inFolder(async (folder) => {
    await using server = serveChat(createScripted());
    const { baseUrl, received } = server;
    const args = ["--model", "scripted", "--base-url", baseUrl, "--agentic", ...short];
    const { code, stdout, stderr } = await learn(folder, args, [
      ...files,
      `--allow-net=${new URL(baseUrl).host}`,
      "--allow-env=OPENAI_API_KEY",
    ]);
    assertEquals([code, stderr], [0, ""]);
    const trace = await readTrace(join(folder, "runs", "train.trace.json"));
    assertEquals(trace.run.learner, {
      synthesizer: "llm",
      coordinator: "agentic",
      model: "scripted",
    });
    const tape = join("runs", `train.${trace.run.id}.exchanges.jsonl`);
    assert(stdout.endsWith(`.trace.json\ntape: ${tape}\n`), stdout);
    assertStringIncludes(stdout, "model scripted");
    assertEquals((await readTape(join(folder, tape))).length, received.length);
    for (const { headers } of received) {
      assertEquals(headers.get("authorization"), `Bearer ${KEY}`);
    }
    assert(![stdout, stderr, written(folder)].some((text) => text.includes(KEY)));
    assert(!JSON.stringify(trace.run).includes("127.0.0.1"));
  }));

Deno.test("--tape repeats a run of two models without the network, and its trace has the same digest", () =>
  inFolder(async (folder) => {
    const second = ["--escalate-to", "large"];
    const host = await (async () => {
      await using server = serveChat(createScripted());
      const args = ["--model", "scripted", "--base-url", server.baseUrl, "--concurrency", "2"];
      const limits = [...second, "--max-examples", "7", ...short];
      const { code, stderr } = await learn(folder, [...args, ...limits]);
      assertEquals([code, stderr], [0, ""]);
      return server.baseUrl;
    })();
    const { digest, run } = await readTrace(join(folder, "runs", "train.trace.json"));
    const tape = join("runs", `train.${run.id}.exchanges.jsonl`);
    await assertRejects(
      () => createLearners({ tape: join(folder, tape), agentic: false }),
      RangeError,
      'had a second model, "large": name it by --escalate-to',
    );
    const replay = ["--tape", tape, ...second, "--storage", "again", "--max-examples"];
    const permissions = ["--allow-read", "--allow-write=again"];
    const same = await learn(folder, [...replay, "7", ...short], permissions);
    assertEquals([same.code, same.stderr], [0, ""]);
    const again = await readTrace(join(folder, "again", "train.trace.json"));
    assertEquals([again.digest, again.run.learner.model], [digest, "scripted, large"]);
    assert(again.run.id !== run.id && host.startsWith("http://127.0.0.1:"));
    const other = await learn(folder, [...replay, "3", ...short], permissions);
    assertEquals([other.code, other.stdout], [1, ""]);
    assertMatch(
      other.stderr,
      /^pipeline\.ts: Cannot replay the request: [^\n]+\ntrace: again\S+\ntape: again\S+\n$/,
    );
  }));

Deno.test("without the permission for the key none is sent", () =>
  inFolder(async (folder) => {
    await using server = serveChat(createScripted());
    const { baseUrl, received } = server;
    const args = ["--model", "scripted", "--base-url", baseUrl, "--json", ...short];
    const permissions = [...files, `--allow-net=${new URL(baseUrl).host}`];
    const { code, stderr } = await learn(folder, args, permissions);
    assertEquals([code, stderr], [0, ""]);
    assert(received.length > 0);
    assert(received.every(({ headers }) => !headers.has("authorization")));
  }));

Deno.test("if an endpoint wants a key that may not be read, the error names the flag", () =>
  inFolder(async (folder) => {
    await using server = serveChat(refuse(401, "who are you"));
    const args = ["--model", "small", "--base-url", server.baseUrl];
    const net = [...files, `--allow-net=${new URL(server.baseUrl).host}`];
    const hint = "(the key is read from OPENAI_API_KEY, which needs --allow-env=OPENAI_API_KEY)";
    const without = await learn(folder, args, net);
    assertMatch(without.stderr, /^pipeline\.ts: [^\n]*: no API key was given [^\n]+\ntrace: /);
    assertStringIncludes(without.stderr, hint);
    const refused = await learn(folder, args, [...net, "--allow-env=OPENAI_API_KEY"]);
    assertStringIncludes(refused.stderr, "status 401: the API key is refused\ntrace: ");
    assertEquals([without.code, refused.code], [1, 1]);
  }));

Deno.test("without the permission for the network, an error in one line names the flag", () =>
  inFolder(async (folder) => {
    for (
      const [baseUrl, flag] of [
        ["http://127.0.0.1:9/v1", "--allow-net=127.0.0.1:9"],
        ["https://models.example/v1", "--allow-net=models.example:443"],
      ]
    ) {
      const args = ["--model", "small", "--base-url", baseUrl];
      const { code, stdout, stderr } = await learn(folder, args, files);
      assertEquals([code, stdout], [1, ""]);
      assertMatch(stderr, /^pipeline\.ts: [^\n]+\n$/);
      assertStringIncludes(stderr, flag);
    }
  }));

Deno.test("an endpoint that refuses gives an error in one line, without the key, and leaves trace and tape", () =>
  inFolder(async (folder) => {
    const answer: Answer = refuse(404, `no such model, said with ${KEY}`);
    await using server = serveChat(answer);
    const args = ["--model", "none", "--base-url", server.baseUrl];
    const { code, stdout, stderr } = await learn(folder, args);
    assertEquals([code, stdout], [1, ""]);
    assertStringIncludes(stderr, "status 404");
    const { run } = await readTrace(join(folder, "runs", "train.trace.json"));
    assertEquals(run.status, "failed");
    const [line, ...rest] = stderr.split("\n");
    assertMatch(line, /^pipeline\.ts: /);
    assertEquals(rest, [...listFiles(run.id), ""]);
    const tape = await readTape(join(folder, "runs", `train.${run.id}.exchanges.jsonl`));
    assertEquals(tape.length, server.received.length);
    assert(![stderr, written(folder)].some((text) => text.includes(KEY)));
  }));

const live = "--model small --base-url http://localhost:1/v1";
const misused: readonly (readonly [string, string])[] = [
  ["--model small", "--model needs --base-url: name the endpoint to ask"],
  ["--base-url http://localhost:1/v1", "--base-url needs --model"],
  ["--agentic", "--agentic needs --model"],
  ["--escalate-to large", "--escalate-to needs --model"],
  [
    "--model small --base-url http://localhost:1/v1 --escalate-to small",
    "--escalate-to names the model of --model",
  ],
  [
    "--model small --base-url http://localhost:1/v1 --escalate-to large --patience 1",
    "--escalate-to needs a --patience of 2 or more",
  ],
  ["--max-examples 5", "--max-examples needs --model"],
  ["--model small --base-url nowhere", "the base URL is not valid"],
  ["--model small --base-url http://me:secret@localhost/v1", "the base URL has a user"],
  ["--tape a.jsonl --base-url http://localhost:1/v1", "does not go together with --base-url"],
  ["--tape a.jsonl --timeout 60", "does not go together with --timeout"],
  ["--tape a.jsonl --concurrency 4", "does not go together with --concurrency"],
  [`${live} --timeout 0`, "--timeout is 0, expected a number above 0"],
  [`${live} --concurrency 1.5`, "--concurrency is 1.5, expected a whole number of 1 or more"],
  [`${live} --timeout 1e999`, "--timeout is 1e999, expected a number above 0"],
  [`${live} --concurrency 1e999`, "--concurrency is 1e999, expected a whole number of 1 or more"],
  [`${live} --max-examples 1e999`, "--max-examples is 1e999, expected a whole number of 1 or more"],
  [
    "--tape a.jsonl --max-examples=-1",
    "--max-examples is -1, expected a whole number of 1 or more",
  ],
];
for (const [args, message] of misused) {
  Deno.test(`the arguments ${args} are refused as usage`, async () => {
    const all = ["train.jsonl", ...args.split(" ")];
    const error = await assertRejects(() => runPipeline(all, learnRules), UsageError, message);
    assert(!error.message.includes("\n") && !error.message.includes("secret"));
  });
}

Deno.test({
  name: "Ctrl-C while a model is asked ends at once, with trace and tape",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const asked = Promise.withResolvers<void>();
      await using server = serveChat((received, closing) => {
        asked.resolve();
        return hang(received, closing);
      });
      const args = ["train.jsonl", "--model", "slow", "--base-url", server.baseUrl];
      const config = `--config=${root}deno.json`;
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-check", config, "-A", `${root}pipeline.ts`, ...args],
        cwd: folder,
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const output = child.output();
      await asked.promise;
      child.kill("SIGINT");
      const { code, stdout, stderr } = await output;
      assertEquals([code, stdout.length], [130, 0]);
      const { run, steps } = await readTrace(join(folder, "runs", "train.trace.json"));
      const expected = ["pipeline.ts: aborted", ...listFiles(run.id), ""].join("\n");
      assertEquals(new TextDecoder().decode(stderr), expected);
      assertEquals([run.status, steps.length], ["aborted", 1]);
      const tape = await readTape(join(folder, "runs", `train.${run.id}.exchanges.jsonl`));
      assert(tape.length > 0 && tape.every(({ error }) => error?.name === "AbortError"));
    }),
});

Deno.test("a key in the query of the URL is in no output, whatever the endpoint says of it", () =>
  inFolder(async (folder) => {
    const secret = "Az-query/0123456789";
    const said = `no model at ?api-key=${encodeURIComponent(secret)}: ${
      btoa(`key ${secret}`)
    }, ${secret.toUpperCase()}`;
    await using server = serveChat(refuse(404, said));
    const url = `${server.baseUrl}?api-key=${encodeURIComponent(secret)}`;
    const { code, stdout, stderr } = await learn(folder, ["--model", "none", "--base-url", url]);
    assertEquals([code, stdout], [1, ""]);
    assertStringIncludes(stderr, "[query]");
    for (const text of [stderr, written(folder)]) {
      assert(!/0123456789|az-query|MDEyMzQ1/i.test(text), text);
    }
  }));
