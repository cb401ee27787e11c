import { assertEquals, assertMatch, assertRejects, assertThrows } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import {
  type ExperimentState,
  foldExperiment,
  openExperiment,
  parseExperiment,
  readExperiment,
} from "../../../review/experiment.ts";
import { end, HEADER, logOf, mistake, reward, start } from "./events.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const countOf = ({ sessions }: ExperimentState) =>
  sessions.reduce(
    (sum, { end, mistakes, rewards }) =>
      sum + 1 + mistakes.length + rewards.length + (end === undefined ? 0 : 1),
    0,
  );
const events = [
  start({ notes: "größer\n\u001b" }),
  mistake("m-1", { description: "日本 \ud83d\ude00", item: "__proto__", class: "__proto__" }),
  reward("r-1", { outcome: "revision", distance: 0.25, item: "__proto__" }),
  end({ rules: ["a", "__proto__"] }),
];
const whole = bytesOf(logOf(events));

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a log that is cut at any byte reads up to its last whole line, and is mended by the next event", () =>
  inFolder(async (folder) => {
    assertEquals(parseExperiment(whole), { state: foldExperiment(events) });
    for (let length = 0; length <= whole.length; length++) {
      const bytes = whole.subarray(0, length);
      const lines = bytes.filter((byte) => byte === 0x0a).length;
      const isEnded = length === 0 || bytes[length - 1] === 0x0a;
      const isWhole = !isEnded && whole[length] === 0x0a;
      const { state, torn } = parseExperiment(bytes);
      const read = Math.max(0, lines - 1) + (isWhole && lines > 0 ? 1 : 0);
      assertEquals(state, foldExperiment(events.slice(0, read)));
      const rest = length - (bytes.lastIndexOf(0x0a) + 1);
      assertEquals(torn, isEnded || isWhole ? undefined : { line: lines + 1, bytes: rest });
      if (length % 11 !== 0 && !isWhole) continue;
      const path = join(folder, "log.jsonl");
      await Deno.writeFile(path, bytes);
      let told: unknown;
      await openExperiment(path, { onTorn: (line) => told = line }).start({ arms: ["a"] });
      assertEquals(told, torn);
      const mended = await readExperiment(path);
      assertEquals([mended.torn, countOf(mended.state)], [undefined, read + 1]);
      const kept = torn === undefined ? length : length - rest;
      assertEquals((await Deno.readFile(path)).subarray(0, kept), whole.slice(0, kept));
    }
  }));

Deno.test("any other bad line is an error with its number, and nothing is changed", () =>
  inFolder(async (folder) => {
    const lineOf = (value: unknown) => `${JSON.stringify(value)}\n`;
    const begun = logOf([start()]);
    const cases: readonly (readonly [string | Uint8Array, RegExp])[] = [
      [`${begun}oops\n${lineOf(end())}`, /line 3, column 1: expected a value$/],
      [`${begun}\n${lineOf(end())}`, /line 3, column 1: expected a value/],
      [begun + lineOf({ ...end(), more: 1 }), /line 3: Unrecognized key: "more"$/],
      [
        `${begun}{"type":"end","session":"s-1","at":"2026-01-05T09:00:00Z","__proto__":{}}\n`,
        /line 3/,
      ],
      [begun + lineOf({ ...end(), type: "__proto__" }), /line 3: field type/],
      [begun + lineOf({ ...end(), at: "today" }), /line 3: field at/],
      [begun + lineOf(end({ session: "s-2" })), /line 3: there is no session "s-2": did you mean/],
      [begun + lineOf(start()), /line 3: the id "s-1" is taken$/],
      [logOf([start(), end(), end()]), /line 4: the session s-1 has ended already$/],
      [logOf([start({ chosen: ["d"] })]), /line 2: "d" is not among the arms/],
      [logOf([start({ inclusion: [1] })]), /line 2: inclusion has 1 numbers for 3 arms$/],
      [logOf([start({ arms: ["a", "a"] })]), /line 2: field arms: expected each name once$/],
      [logOf([start({ propensity: 0 })]), /line 2: field propensity/],
      [logOf([start({ context: "a\u001b[2J" })]), /expected a name without control characters$/],
      [logOf([start(), mistake("m", { description: " \n" })]), /line 3: field description/],
      [
        logOf([start(), mistake("m", { description: "x".repeat(4_001) })]),
        /line 3: field description/,
      ],
      [
        logOf([start(), reward("r", { outcome: "revision" })]),
        /line 3: a revision needs its distance/,
      ],
      [logOf([start(), reward("r", { distance: 0 })]), /line 3: only a revision has a distance/],
      [logOf([start(), reward("r", { credit: "fired" })]), /line 3: credit to what fired needs/],
      [logOf([start(), reward("r", { mistake: "m" })]), /line 3: there is no mistake "m" before$/],
      [begun.slice(0, -1) + "]", /line 2, column \d+: expected the end of the text$/],
      [`${begun}my own words`, /line 3, column 1: expected a value$/],
      [`${begun}{"type":"end"}`, /line 3: field session/],
      ["my own words", /line 1, column 1: expected a value$/],
      [
        '{"text":"my card","label":"card"}\n',
        /it holds examples, expected the log of an experiment$/,
      ],
      ["[1]\n", /line 1: expected {\\?"format/],
      [HEADER.replace("1}", "2}"), /line 1: version 2 is newer than 1$/],
      [Uint8Array.of(...bytesOf(begun), 0xff, 0x0a), /line 3 is not valid UTF-8$/],
    ];
    const path = join(folder, "log.jsonl");
    for (const [content, problem] of cases) {
      const bytes = typeof content === "string" ? bytesOf(content) : content;
      const error = assertThrows(() => parseExperiment(bytes, "it"), Error);
      assertMatch(error.message, problem);
      assertMatch(error.message, /^Cannot read it: \P{Cc}*$/u);
      await Deno.writeFile(path, bytes);
      await assertRejects(() => openExperiment(path).start({ arms: ["a"] }), Error, "Cannot read");
      assertEquals(await Deno.readFile(path), bytes);
    }
  }));

Deno.test("what is not a file that can grow is told, and no log is made for what has not begun", () =>
  inFolder(async (folder) => {
    await assertRejects(() => readExperiment(folder), Error, "it is a folder");
    await assertRejects(() => openExperiment(folder).start({ arms: [] }), Error, "it is a folder");
    const path = join(folder, "log.jsonl");
    await assertRejects(() => readExperiment(path), Error, "there is no such file");
    await assertRejects(() => openExperiment(path).end(), Error, "there is no such file");
    assertEquals([...Deno.readDirSync(folder)], []);
    const below = openExperiment(join(folder, "no", "log.jsonl"));
    await assertRejects(() => below.start({ arms: [] }), Error, "there is no such folder");
  }));

/** Logs rewards in a session of its own, in another process. */
function logApart(path: string, rewards: number): Deno.ChildProcess {
  const script = new URL("logging.ts", import.meta.url).pathname;
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", `--config=${config}`, "-A", script, path, String(rewards)],
    stdout: "piped",
  }).spawn();
}

Deno.test("two processes lose none of their events, and one that is killed leaves a log that reads", () =>
  inFolder(async (folder) => {
    const path = join(folder, "log.jsonl");
    const [one, other, killed] = [200, 200, 1e6].map((rewards) => logApart(path, rewards));
    // Its first line says that it logs.
    const reader = killed.stdout.getReader();
    await reader.read();
    killed.kill("SIGKILL");
    while (!(await reader.read()).done) { /* The rest. */ }
    const [first, second] = await Promise.all([one.output(), other.output(), killed.status]);
    assertEquals([first.code, second.code], [0, 0]);
    await openExperiment(path).start({ arms: ["a"] });
    const { state, torn } = await readExperiment(path);
    assertEquals(torn, undefined);
    const ended = state.sessions.filter(({ end }) => end !== undefined);
    assertEquals(ended.map(({ rewards }) => rewards.length), [200, 200]);
    assertEquals((await Deno.readTextFile(path)).split("\n").length - 2, countOf(state));
  }));
