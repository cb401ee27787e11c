import { parseRules } from "../../learn/rules/rule_set.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import type { Trace } from "../../record/schema.ts";
import { formatTrace } from "../../print.ts";
import { displayWidth } from "../../print/text.ts";
import { completed, makeRule, makeTrace, run, running } from "./print_fixture.ts";

const root = new URL("../..", import.meta.url);
const printer = new URL("print.ts", root).pathname;

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `print.ts` with these permissions and arguments. */
async function print(
  flags: readonly string[],
  args: readonly string[],
  stdin?: string,
): Promise<Outcome> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...flags, printer, ...args],
    cwd: root,
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(stdin));
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** Runs a shell command on a pseudo-terminal of so many columns; returns its output. */
async function onTerminal(columns: number, command: string, env: Record<string, string> = {}) {
  const { stdout } = await new Deno.Command("script", {
    args: ["-qfec", `stty cols ${columns} rows 50; ${command}`, "/dev/null"],
    cwd: root,
    env: { TERM: "xterm-256color", ...env },
    stdin: "null",
    stderr: "piped",
  }).output();
  return new TextDecoder().decode(stdout);
}

/** Whether there is a `script` that makes pseudo-terminals. */
async function hasTerminals(): Promise<boolean> {
  try {
    const { code } = await new Deno.Command("script", {
      args: ["-qfec", "stty cols 80", "/dev/null"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return code === 0;
  } catch {
    return false;
  }
}
const noTerminals = !await hasTerminals();

/** Calls `use` with the path of a file that holds `content`. */
async function withFile(
  content: Trace | string,
  use: (path: string, folder: string) => Promise<void>,
  name = "banking.trace.json",
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, name);
    await Deno.writeTextFile(path, typeof content === "string" ? content : JSON.stringify(content));
    await use(path, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

// deno-lint-ignore no-control-regex -- the codes that colour consists of
const colour = /\u001b\[\d+m/g;

for (const columns of [40, 80, 200]) {
  // One width is enough to see that NO_COLOR is heeded.
  for (const env of columns === 80 ? [{ NO_COLOR: "" }, { NO_COLOR: "1" }] : [{ NO_COLOR: "" }]) {
    const painted = env.NO_COLOR === "";
    Deno.test({
      name: `on a terminal of ${columns} columns the text fits, ${
        painted ? "in colour" : "without colour"
      }`,
      ignore: noTerminals,
      fn: () =>
        withFile(completed, async (path) => {
          const command =
            `${Deno.execPath()} run --quiet --allow-read='${path}' print.ts '${path}'`;
          const shown = await onTerminal(columns, command, env);
          assertEquals(colour.test(shown), painted);
          colour.lastIndex = 0;
          const text = shown.replace(colour, "").replaceAll("\r\n", "\n");
          assertEquals(text, formatTrace(completed, { width: columns }));
          for (const line of text.split("\n")) assert(displayWidth(line) <= columns, line);
        }),
    });
  }
}

const allowed = "--allow-env=FORCE_COLOR,TERM";
const choices: readonly (readonly [where: "terminal" | "pipe", string, string, boolean])[] = [
  ["terminal", "", "", true],
  ["terminal", "TERM=dumb", allowed, false],
  ["terminal", "TERM=dumb FORCE_COLOR=1", allowed, true],
  ["terminal", "FORCE_COLOR=0", allowed, false],
  ["terminal", "FORCE_COLOR=false", allowed, false],
  ["terminal", "FORCE_COLOR=", allowed, true],
  ["terminal", "FORCE_COLOR=0", "", true],
  ["terminal", "NO_COLOR=1", allowed, false],
  // As in Deno itself.
  ["terminal", "NO_COLOR=1 FORCE_COLOR=1", allowed, true],
  ["pipe", "", allowed, false],
  ["pipe", "FORCE_COLOR=1", allowed, true],
  ["pipe", "FORCE_COLOR=3", "--allow-env", true],
  ["pipe", "FORCE_COLOR=1", "", false],
  ["pipe", "FORCE_COLOR=", allowed, false],
];
for (const [where, variables, flags, painted] of choices) {
  Deno.test({
    name: `${painted ? "colours" : "no colours"} on a ${where} with ${
      variables || "no variables"
    } ${flags || "without permission"}`,
    ignore: noTerminals,
    fn: () =>
      withFile(completed, async (path) => {
        const run = `run --quiet --no-prompt --allow-read='${path}' ${flags} print.ts '${path}'`;
        const piped = where === "pipe" ? " | cat" : "";
        const set = `env -u NO_COLOR -u FORCE_COLOR ${variables}`;
        const shown = await onTerminal(100, `${set} ${Deno.execPath()} ${run}${piped}`);
        const text = shown.replaceAll("\r\n", "\n");
        assertEquals(text.replace(colour, ""), formatTrace(completed, { width: 100 }));
        assertEquals(text.includes("\u001b["), painted);
      }),
  });
}

Deno.test({
  name: "on a terminal a missing permission is an error, not a question",
  ignore: noTerminals,
  fn: () =>
    withFile(completed, async (path) => {
      const command =
        `timeout 20 ${Deno.execPath()} run --quiet print.ts '${path}'; echo "exit $?"`;
      const shown = await onTerminal(200, command);
      assertStringIncludes(shown, `--allow-read=${path}`);
      assertEquals(shown.trim().split("\r\n").length, 2, shown);
      assertMatch(shown, /exit 1\r\n$/);
    }),
});

Deno.test({
  name: "a name cannot send escape sequences to a terminal",
  ignore: noTerminals,
  fn: async () => {
    const rule = makeRule("\u001b[2J\u009b31m\u202eevil", "card");
    const body = completed.steps[0];
    assert(body.type === "synthesis");
    const { index: _index, at: _at, took: _took, digest: _digest, ...rest } = body;
    const trace = makeTrace({ ...run, status: "running" }, [rule], [
      { ...rest, proposed: 4, added: [rule.id] },
    ]);
    await withFile(trace, async (path) => {
      const command = `${Deno.execPath()} run --quiet --allow-read='${path}' print.ts '${path}'`;
      for (const option of ["", " --rules", ` --why ${rule.id}`]) {
        const shown = (await onTerminal(80, command + option)).replace(colour, "");
        assertStringIncludes(shown, String.raw`\x1b[2J\x9b31m\u202eevil`);
        // deno-lint-ignore no-control-regex -- they must not be there
        assertEquals(shown.match(/[\u0000-\u0009\u000e-\u001f\u007f-\u009f\u202e]/), null);
      }
      const json = await onTerminal(80, `${command} --json`);
      assertStringIncludes(json, String.raw`"\u001b[2J\u009b31m\u202eevil"`);
    });
  },
});

Deno.test("reading the one file is all the permission it needs", () =>
  withFile(completed, async (path) => {
    const { code, out, err } = await print(["--no-prompt", `--allow-read=${path}`], [path]);
    assertEquals({ code, err }, { code: 0, err: "" });
    assertEquals(out, formatTrace(completed, { width: 100 }));
  }));

Deno.test("a missing permission is an error in one line that names the flag", () =>
  withFile(completed, async (path) => {
    const { code, out, err } = await print(["--no-prompt"], [path]);
    assertEquals({ code, out }, { code: 1, out: "" });
    assertEquals(err, `print.ts: Cannot read ${path}: run with --allow-read=${path}\n`);
  }));

Deno.test("the standard input needs no permission at all", async () => {
  const { code, out } = await print(["--no-prompt"], ["-"], JSON.stringify(completed));
  assertEquals(code, 0);
  assertEquals(out, formatTrace(completed, { width: 100 }));
});

Deno.test("--json gives the trace back as it was, and nothing else", () =>
  withFile(completed, async (path) => {
    const { out } = await print([`--allow-read=${path}`], [path, "--json"]);
    assertEquals(JSON.parse(out), JSON.parse(JSON.stringify(completed)));
  }));

Deno.test("--rules --json gives the file of the rules at the end", () =>
  withFile(completed, async (path) => {
    const { out } = await print([`--allow-read=${path}`], [path, "--rules", "--json"]);
    const { rules } = parseRules(out, "the output");
    assertEquals(rules.map(({ name }) => name), ["card_lost", "fx_rate", "refund", "statement"]);
    assertEquals(rules[1].weight, 2.5);
  }));

Deno.test("--width sets the columns", () =>
  withFile(running, async (path) => {
    const { out } = await print([`--allow-read=${path}`], [path, "--width", "64"]);
    assertEquals(out, formatTrace(running, { width: 64 }));
  }));

Deno.test("--help tells the usage without any permission", async () => {
  const { code, out } = await print(["--no-prompt"], ["--help"]);
  assertEquals(code, 0);
  for (const option of ["--why", "--rules", "--json", "--width"]) assertStringIncludes(out, option);
  for (const line of out.split("\n")) assert(line.length <= 100, line);
});

const wrong: readonly (readonly string[])[] = [
  [],
  ["a", "b"],
  ["a", "--nosuch"],
  ["a", "--why"],
  ["a", "--why", "x", "--rules"],
  ["a", "--width", "19"],
  ["a", "--width", "1001"],
  ["a", "--width", "wide"],
];
for (const args of wrong) {
  Deno.test(`invalid arguments are refused: ${args.join(" ") || "none"}`, async () => {
    const { code, out, err } = await print(["--no-prompt"], args);
    assertEquals({ code, out }, { code: 2, out: "" });
    assertMatch(err, /^print\.ts: [^\n]+\n$/);
  });
}

const broken: Record<string, string> = {
  "an empty file": "",
  "a file that is not JSON": "{\u001b[31m",
  "another JSON file": '{"name": "\u001b[31m"}',
  "a truncated trace": JSON.stringify(completed).slice(0, -40),
  "an edited trace": JSON.stringify(completed).replace('"tp":28', '"tp":29'),
  "a trace of a version to come": JSON.stringify({ ...completed, version: 4 }),
};
for (const [what, content] of Object.entries(broken)) {
  Deno.test(`${what} is refused in one line`, () =>
    withFile(content, async (path) => {
      const { code, out, err } = await print([`--allow-read=${path}`], [path]);
      assertEquals({ code, out }, { code: 1, out: "" });
      assertMatch(err, /^print\.ts: [^\n]+\n$/);
      // deno-lint-ignore no-control-regex -- they must not be there
      assert(!/[\u0000-\u0009\u000b-\u001f]/.test(err), err);
    }));
}

Deno.test("a missing file is an error with its name, which is shown as text", () =>
  withFile(completed, async (_path, folder) => {
    const path = join(folder, "no\u001b[31msuch.json");
    const { code, err } = await print([`--allow-read=${folder}`], [path]);
    assertEquals(code, 1);
    assertMatch(err, /^print\.ts: [^\n]*no\\(x1b|u001b)\[31msuch\.json[^\n]*\n$/);
  }));

Deno.test("--why lists the rules that may be meant, and shows the one that is", async () => {
  const path = "examples/banking.trace.json";
  const ask = (asked: string) => print([`--allow-read=${path}`], [path, "--why", asked]);
  const [one, many] = await Promise.all([ask(String.raw`\brates?\b`), ask("exchange")]);
  assertMatch(one.out, /^exchange_rate\/rate\(s\) · exchange_rate · r18535c940bd8/);
  assertEquals([one.code, many.code, many.out], [0, 1, ""]);
  assertMatch(
    many.err,
    /^print\.ts: \d+ rules may be meant by "exchange", expected one of these\n/,
  );
  assertStringIncludes(many.err, "\n  r2133b232813d  exchange_rate/how + exchange(s)\n");
});

Deno.test("a closed pipe is not an error", () =>
  withFile(completed, async (path) => {
    const command =
      `${Deno.execPath()} run --quiet --allow-read='${path}' print.ts '${path}' --json`;
    const { stdout, stderr } = await new Deno.Command("bash", {
      args: ["-c", `${command} | head -c 1; echo " \${PIPESTATUS[0]}"`],
      cwd: root,
    }).output();
    const decoder = new TextDecoder();
    assertEquals([decoder.decode(stdout), decoder.decode(stderr)], ["{ 0\n", ""]);
  }));
