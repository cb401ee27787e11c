import { assert, assertEquals, assertMatch } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { parseArgs } from "node:util";
import { writeRules } from "../../../../pipeline/rule_files.ts";
import { betweenOptions, runBetween } from "../../../../review/observe/between/script.ts";
import { UsageError } from "../../../../script/script.ts";
import { inFolder } from "../../../pipeline/fixture.ts";
import { capture } from "../../../script/process.ts";
import { fillIn, setOf } from "./fixture.ts";

/** Calls the script; returns what it prints, or its error. */
async function call(folder: string, ...args: string[]): Promise<string> {
  const path = (name: string) => join(folder, name);
  const files = ["old.json", "new.json"].map(path);
  const rest = ["--texts", path("log.jsonl"), "--review", path("queue.jsonl")];
  return await callWith([...files, ...rest, ...args]);
}

async function callWith(args: string[]): Promise<string> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: betweenOptions,
  });
  const { stdout, stderr } = await capture(() => runBetween(values, positionals));
  assertEquals(stderr, "");
  return stdout;
}

const errorOf = (found: Promise<unknown>) =>
  found.then(() => new Error("no error"), (error: Error) => error);

/** Writes two sets that differ on half of 400 texts, of which the new one is right on two of three. */
async function prepare(
  folder: string,
): Promise<{ queue: string; goldOf: (text: string) => string }> {
  const old = setOf("classification", { lost: "lost", card: "card" });
  await writeRules(join(folder, "old.json"), old);
  await writeRules(
    join(folder, "new.json"),
    setOf("classification", { lost: "lost", rate: "card" }),
  );
  const lines = Array.from(
    { length: 400 },
    (_, n) => ({ text: `${n % 2 ? "card" : "lost"} ${n}` }),
  );
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  await Deno.writeTextFile(join(folder, "log.jsonl"), text);
  const goldOf = (text: string) => Number(text.replace(/\D/g, "")) % 3 === 0 ? "card" : "rate";
  return { queue: join(folder, "queue.jsonl"), goldOf };
}

Deno.test("the same call goes on until it is decided, and keeps what was written", () =>
  inFolder(async (folder) => {
    const { queue, goldOf } = await prepare(folder);
    assertMatch(await call(folder), /^Not decided: no text is reviewed yet\n/);
    let output = "";
    let text = await Deno.readTextFile(queue);
    let calls = 0;
    for (; !output.startsWith("The ") && calls < 20; calls++) {
      const filled = fillIn(text, "label", goldOf).replace('{"queue"', '{ "by":"me","queue"');
      await Deno.writeTextFile(queue, filled);
      output = await call(folder);
      text = await Deno.readTextFile(queue);
      assert(text.startsWith(filled));
      assertEquals(await call(folder), output);
      assertEquals(await Deno.readTextFile(queue), text);
    }
    assertMatch(
      output,
      /^The new set is better: \+\d+\.\d points of accuracy on these texts \(95 %: \+/,
    );
    assertEquals(text.trimEnd().split("\n").length, 20 * calls);
    const { verdict, counts, review, isExact, ...found } = JSON.parse(await call(folder, "--json"));
    assertEquals([verdict, isExact, review.reviewed, review.waiting], [
      "new",
      false,
      20 * calls,
      0,
    ]);
    assertEquals(counts.newOnly + counts.oldOnly, 20 * calls);
    assertEquals([found.texts, found.differing, found.old.answered], [400, 200, 400]);
    assert(found.bayesFactor >= 20 && found.difference.low > 0);
    // The whole of the text is read again, in another place.
    const names = (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
    assertEquals(names, ["log.jsonl", "new.json", "old.json", "queue.jsonl"]);
  }));

Deno.test("a budget ends the queue, a greater one goes on, and all texts make it exact", () =>
  inFolder(async (folder) => {
    const { queue } = await prepare(folder);
    const fill = async () => {
      // As many for one set as for the other.
      const even = fillIn(await Deno.readTextFile(queue), "better", (_, at) => at % 2 ? "a" : "b");
      await Deno.writeTextFile(queue, even);
    };
    await call(folder, "--budget", "6");
    await fill();
    const used = await call(folder, "--budget", "6");
    assertMatch(used, /\nThe budget of 6 reviews is used up: a greater --budget goes on\n$/);
    await call(folder, "--budget", "300", "--batch", "300");
    const lines = (await Deno.readTextFile(queue)).trimEnd().split("\n");
    assertEquals(lines.length, 200);
    // All but one.
    const fields = lines.map((line) => JSON.parse(line));
    const half = fields.map((one, at) => ({ ...one, better: "", label: at % 2 ? "rate" : "card" }));
    const write = (all: readonly unknown[]) =>
      Deno.writeTextFile(queue, all.map((one) => JSON.stringify(one)).join("\n"));
    await write(half.with(99, fields[99]));
    assertMatch(
      await call(folder),
      /from line 100 on: 1 text to review[^]*\n100 reviews below line 100/,
    );
    await write(half);
    assertMatch(await call(folder), /^The sets are as good as each other on these texts\n/);
    await write(half.with(0, { ...half[0], label: "rate" }));
    const output = await call(folder);
    assertMatch(output, /^The new set is better: \+0\.5 points of accuracy on these texts\n/);
    assertMatch(output, /all 200 reviewed\nBayes factor 0\.\d+, 20 decides: on other texts/);
  }));

Deno.test("of two calls at once none loses a line, and a file that is not a queue stays as it is", () =>
  inFolder(async (folder) => {
    const { queue } = await prepare(folder);
    await Promise.all([30, 50, 40].map((batch) => {
      const { values, positionals } = parseArgs({
        args: ["old.json", "new.json"].map((name) => join(folder, name)),
        allowPositionals: true,
        options: betweenOptions,
      });
      const files = { texts: join(folder, "log.jsonl"), review: queue, json: true };
      return capture(() => runBetween({ ...values, ...files, batch: String(batch) }, positionals));
    }));
    const lines = (await Deno.readTextFile(queue)).trimEnd().split("\n");
    assertEquals([lines.length, new Set(lines).size], [50, 50]);
    for (const other of ['{"text":"my data","label":"x"}\n', "plain text\n", "\xff"]) {
      const bytes = Uint8Array.from(other, (character) => character.charCodeAt(0));
      await Deno.writeFile(queue, bytes);
      const { message } = await errorOf(call(folder));
      assertMatch(message, /^Cannot read ".*queue\.jsonl": line 1/);
      assertEquals(await Deno.readFile(queue), bytes);
    }
    await Deno.writeTextFile(queue, `${lines.join("\n")}\n`);
    assertMatch(
      (await errorOf(call(folder, "--seed", "1"))).message,
      /line 1: it is of a queue for other/,
    );
  }));

Deno.test("arguments that do not go together are refused in one line", () =>
  inFolder(async (folder) => {
    await prepare(folder);
    const path = (name: string) => join(folder, name);
    const [old, log, queue] = ["old.json", "log.jsonl", "queue.jsonl"].map(path);
    const usage = async (message: RegExp, ...args: string[]) => {
      const error = await errorOf(callWith(args));
      assert(error instanceof UsageError, error.message);
      assertMatch(error.message, message);
    };
    await usage(/expected two rule sets, OLD and NEW, got 1/, old);
    await usage(/--texts is missing/, old, old);
    await usage(/--review is missing/, old, old, "--texts", log);
    await usage(/only one of/, "-", old, "--texts", "-", "--review", queue);
    await usage(/which is an input/, old, old, "--texts", log, "--review", log);
    await usage(/--batch is 0/, old, old, "--texts", log, "--review", queue, "--batch", "0");
    await usage(/--review is -/, old, old, "--texts", log, "--review", "-");
    const { message } = await errorOf(callWith([old, old, "--texts", log, "--review", folder]));
    assertMatch(message, /it is a folder, expected a file/);
    await writeRules(path("ner.json"), setOf("ner", { city: "Rome" }));
    const other = await errorOf(
      callWith([old, path("ner.json"), "--texts", log, "--review", queue]),
    );
    assertMatch(other.message, /expected the same task/);
  }));
