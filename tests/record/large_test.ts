import { assert, assertEquals, assertRejects, assertThrows } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { createRule, type Rule } from "../../learn/rules/rule.ts";
import { MAX_BYTES, readAtMost } from "../../learn/text/reading.ts";
import {
  explainRule,
  parseTrace,
  readTrace,
  renderTrace,
  type StepBody,
  type Trace,
  TraceError,
} from "../../trace.ts";
import { inFolder } from "../pipeline/fixture.ts";
import { executeScript } from "../script/process.ts";
import { base, chain, text } from "./forging.ts";
import { createScores } from "./generate_run.ts";

const scores = createScores("dev", 6, 0, 6);
const same = { before: scores, after: scores };

/** A trace of a run on the data of the fixture. */
function build(rules: readonly Rule[], bodies: readonly StepBody[], last: readonly Rule[]): Trace {
  const final: StepBody = {
    type: "final",
    rules: last.map(({ id }) => id),
    scores: { dev: scores },
    stop: "stale",
  };
  const steps = [...bodies, final].map((body, index) => ({
    index,
    at: "2026-01-02T03:04:05.000Z",
    took: 0,
    digest: "",
    ...body,
  })) as Trace["steps"];
  return chain({ ...base, rules: Object.fromEntries(rules.map((rule) => [rule.id, rule])), steps });
}

const [label] = base.run.dataset.labels;
const makeRules = (count: number) =>
  Array.from(
    { length: count },
    (_, place) => createRule({ name: `rule ${place}`, label, patterns: [`word${place}`] }),
  );
const begin = (rules: readonly Rule[]): StepBody => ({
  type: "synthesis",
  proposed: rules.length,
  added: rules.map(({ id }) => id),
  refused: [],
  scores,
});

Deno.test("thousands of restores of thousands of rules are read, printed and explained in little memory", () =>
  inFolder(async (folder) => {
    const rules = makeRules(6_000);
    const restores = rules.map((_, to): StepBody => ({ type: "restore", to, ...same }));
    const path = join(folder, "restores.trace.json");
    await Deno.writeTextFile(path, renderTrace(build(rules, [begin(rules), ...restores], rules)));
    // A copy of the set for each step takes gigabytes.
    const flags = ["-A", "--v8-flags=--max-old-space-size=250"];
    for (const args of [[path, "--width", "80"], [path, "--why", rules[0].id]]) {
      const { code, stdout, stderr } = await executeScript("print.ts", args, folder, { flags });
      assertEquals([code, stderr], [0, ""]);
      assert(stdout.includes("synthesized"));
    }
  }));

Deno.test("the life of a rule has only its ancestors, however many rules a restore brings back", () => {
  const [first, second, ...others] = makeRules(500);
  const replace: StepBody = {
    type: "iteration",
    iteration: 1,
    failures: { count: 0, clusters: [] },
    patch: { added: [], replaced: [{ from: first.id, to: second.id }], removed: [], refused: [] },
    verdict: "accepted",
    clause: "f1",
    ...same,
    best: true,
  };
  const drop: StepBody = {
    type: "prune",
    dropped: others.map(({ id }) => ({ rule: id, reason: "budget" })),
    ...same,
  };
  const rules = [first, ...others];
  const trace = build([first, second, ...others], [
    begin(rules),
    replace,
    drop,
    { type: "restore", to: 0, ...same },
    { type: "restore", to: 1, ...same },
  ], [second, ...others]);
  const { events, ancestors } = explainRule(trace, second.id);
  assertEquals(events.map(({ kind }) => kind), ["added", "undone", "restored"]);
  assertEquals(ancestors.map(({ rule }) => rule.id), [first.id]);
  assertEquals(ancestors[0].events.map(({ kind }) => kind), [
    "synthesized",
    "replaced",
    "restored",
    "undone",
  ]);
});

Deno.test("the life of a rule with a pattern of millions of characters is printed", () =>
  inFolder(async (folder) => {
    const rules = [createRule({ name: "long", label, patterns: ["ab".repeat(1_500_000)] })];
    const path = join(folder, "long.trace.json");
    await Deno.writeTextFile(path, renderTrace(build(rules, [begin(rules)], rules)));
    const args = ["run", "-A", "--no-check", "print.ts", path, "--why", "long"];
    const { success, stdout } = await new Deno.Command(Deno.execPath(), {
      args,
      cwd: new URL("../..", import.meta.url),
      // To look at all that is left for each line takes minutes.
      signal: AbortSignal.timeout(60_000),
    }).output();
    assert(success && stdout.length > 3_000_000);
  }));

Deno.test("the first line of a journal that is not valid ends it, whatever comes after", () => {
  const journal = `${JSON.stringify({ version: 1, run: base.run })}\n{}\nnot JSON\n{}\n`;
  const error = assertThrows(() => parseTrace(journal, "it"), TraceError);
  assertEquals(
    error.message,
    "Cannot read it: step 0: field step: expected object, received undefined",
  );
});

Deno.test("a file that is too large is refused before it is read", () =>
  inFolder(async (folder) => {
    const path = join(folder, "large.json");
    await Deno.writeTextFile(path, "{");
    // No more than a page of it is on the disk.
    await Deno.truncate(path, MAX_BYTES + 1);
    const message =
      `Cannot read trace "${path}": it has 536870913 bytes, at most 536870912 are read`;
    assertEquals((await assertRejects(() => readTrace(path), Error)).message, message);
  }));

Deno.test("a stream that is too long is not read further", async () => {
  let chunks = 0;
  let isEnded = false;
  async function* endless() {
    try {
      for (;; chunks++) yield await Promise.resolve(new Uint8Array(10));
    } finally {
      isEnded = true;
    }
  }
  const problem = "it has over 35 bytes, which is the limit";
  await assertRejects(() => readAtMost(endless(), 35), RangeError, problem);
  assertEquals([chunks, isEnded], [3, true]);
  async function* whole() {
    for (const length of [3, 0, 4]) {
      yield await Promise.resolve(new Uint8Array(length).fill(length));
    }
  }
  for (const expected of [0, 5, 7, 9]) {
    assertEquals([...await readAtMost(whole(), 7, expected)], [3, 3, 3, 4, 4, 4, 4]);
  }
});

/** Reads a trace in a process of its own; returns the error, and the most memory that it took in bytes. */
async function readApart(path: string): Promise<[message: string, memory: number]> {
  const child = new URL("../fixtures/read_large.ts", import.meta.url).pathname;
  const args = ["run", "-A", "--no-check", child, path];
  const cwd = new URL("../..", import.meta.url);
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, cwd }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("the first step of a trace that is not valid ends it, however many come after", () =>
  inFolder(async (folder) => {
    const path = join(folder, "empty.json");
    await Deno.writeTextFile(
      path,
      text.replace('"steps":[', `"steps":[${"{},".repeat(1_500_000)}`),
    );
    const [message, memory] = await readApart(path);
    assert(message.startsWith(`Cannot read trace "${path}": step 0: field type: `), message);
    // A list of all problems takes hundreds of megabytes.
    assert(memory < 350e6, `${memory} bytes of memory`);
  }));

Deno.test("a large trace that was cut off is refused without being decoded or parsed", () =>
  inFolder(async (folder) => {
    const path = join(folder, "cut.json");
    // Decoded, a text with wide characters takes two bytes a character.
    const line = `{"name":"日本語 \\" [","values":[${"[1,2],".repeat(50_000)}[]]},\n`;
    const whole = `{"format":"ruletrace",\n"steps":[\n${line.repeat(130)}`;
    await Deno.writeTextFile(path, `${whole}{"name":"日𝒳`);
    const [message, memory] = await readApart(path);
    const problem = "line 133, column 13: expected the end of the string, but the text ends";
    assertEquals(message, `Cannot read trace "${path}": ${problem}`);
    assert(memory < 250e6, `${memory} bytes of memory`);
  }));
