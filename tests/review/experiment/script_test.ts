import { assert, assertEquals, assertMatch, assertStringIncludes } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { fileURLToPath } from "node:url";
import { entryId, type PlaybookEntry } from "../../../learn/rules/playbook.ts";
import { readNames } from "../../../review/experiment/names.ts";
import { executeScript } from "../../script/process.ts";

const examples = fileURLToPath(new URL("../../../examples/", import.meta.url));
const own = ["--allow-read=experiment.jsonl", "--allow-write=experiment.jsonl"];

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a session goes from start to report by commands that need no more than the log", () =>
  inFolder(async (folder) => {
    const run = async (args: readonly string[], flags: readonly string[] = own) => {
      const { code, stdout, stderr } = await executeScript(
        "review/experiment.ts",
        args,
        folder,
        { flags },
      );
      assertEquals(code, 0, stderr);
      return { stdout, stderr };
    };
    const begun = await run(["start", "--arms", "plan, tests", "--size=1", "--seed=4"]);
    const [session, chosen, ...rest] = begun.stdout.split("\n");
    assertMatch(session, /^s-[0-9a-f]{12}$/);
    assert(["plan", "tests"].includes(chosen) && rest.join("") === "");
    assertMatch(begun.stderr, /1 of 2 arms, by thompson with seed 4, probability 0\.\d{3}\n$/);
    const first = await run(["mistake", "the tests were not run", "--item", "7"]);
    assertMatch(first.stdout, /^m-[0-9a-f]{12}\n$/);
    assertEquals(first.stderr, "");
    const log = join(folder, "experiment.jsonl");
    await Deno.writeTextFile(log, '{"type":"rew', { append: true });
    const second = await run(["mistake", "The tests were not run!", "--json"]);
    assertEquals(JSON.parse(second.stdout).repeatOf, first.stdout.trim());
    assertStringIncludes(second.stderr, "took away line 4 of experiment");
    await run(["reward", "revision", "--distance", ".25", "--item", "7"]);
    const ended = await run(["end", "--rules", "plan,new", "--notes", "done"]);
    const lines = ["  rules    1 added: new; 1 removed: tests", "  notes    done", ""];
    assertEquals(ended.stdout.split("\n").slice(-3), lines);
    const [report, estimate, page] = await Promise.all([
      run(["report", "--json"], own.slice(0, 1)),
      run(["what-if", "--policy", `fixed:${chosen}`], own.slice(0, 1)),
      run(["report", "--html", "page.html"], ["--allow-read", "--allow-write"]),
    ]);
    const { totals } = JSON.parse(report.stdout);
    assertEquals([totals.mistakes, totals.repeats, totals.reward.mean], [2, 1, 0.375]);
    assertMatch(estimate.stdout, /^fixed:\w+: cannot tell: .* worth 1\.0, expected at least 30/);
    assertStringIncludes(page.stderr, "wrote page.html");
    assertMatch(await Deno.readTextFile(join(folder, "page.html")), /^<!DOCTYPE html>/i);
  }));

Deno.test("bad arguments are told in one line with 2, and other errors with 1", () =>
  inFolder(async (folder) => {
    const log = "log.jsonl";
    await Deno.writeTextFile(
      join(folder, log),
      '{"format":"ruletrace experiment","version":1}\nx\n',
    );
    const trace = join(examples, "banking.trace.json");
    const entry: PlaybookEntry = {
      task: "classification",
      failure: { expected: "card", predicted: null, count: 1 },
      rules: [{ name: "card", label: "card", patterns: ["card"], flags: "i", priority: 0 }],
      support: 1,
    };
    await Deno.writeTextFile(join(folder, "playbook.jsonl"), JSON.stringify(entry));
    const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
      [["mistke"], 2, /no command "mistke": did you mean mistake\? \(see --help\)/],
      [["start", "--arms", "a,,b"], 2, /--arms is a,,b, expected names by commas/],
      [["start", "--arms", "a,a"], 2, /--arms names "a" twice/],
      [["reward", "fine"], 2, /OUTCOME is fine, expected accepted, revision, rejected/],
      [["reward", "revision"], 2, /a revision needs --distance/],
      [["mistake", "x", "--credit", "fired"], 2, /--credit fired needs --arms/],
      [["what-if", "--policy", "best"], 2, /--policy is best, expected uniform/],
      [["report", "x.jsonl"], 2, /expected no file, got 1/],
      [["report", "--log", log], 1, /line 2, column 1: expected a value/],
      [["metrics", "--log", "lag.jsonl"], 1, /there is no such file: did you mean "log.jsonl"\?/],
      [["start", "--arms-from", join(examples, "banking.jsonl")], 1, /expected names, a trace or/],
      [["start", "--arms-from", trace, "--size=0", "--json", "--log=from.jsonl"], 0, /^$/],
      [["start", "--arms-from", "playbook.jsonl", "--json", "--log=of.jsonl"], 0, /^$/],
    ];
    // A process each, two at a time.
    const runs = cases.entries();
    await Promise.all([0, 1].map(async () => {
      for (const [, [args, code, message]] of runs) {
        const found = await executeScript("review/experiment.ts", args, folder);
        assertEquals(found.code, code, found.stderr);
        assertMatch(found.stderr, message);
        assertEquals(found.stderr.split("\n").length, code === 0 ? 1 : 2);
        if (code !== 0) continue;
        const { arms } = JSON.parse(found.stdout);
        if (args[2] === trace) assertEquals(arms, await readNames(trace));
        else assertEquals(arms, [entryId(entry)]);
      }
    }));
  }));
