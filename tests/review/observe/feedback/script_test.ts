import { assert, assertEquals, assertMatch, assertStringIncludes } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { fileURLToPath } from "node:url";
import { createRule } from "../../../../learn/rules/rule.ts";
import { learnRules } from "../../../../pipeline.ts";
import { createPredictor } from "../../../../pipeline/predicting.ts";
import { readRules } from "../../../../pipeline/rule_files.ts";
import {
  formatObservation,
  type Observation,
  observe,
  parseFeedback,
} from "../../../../review/observe.ts";
import { main } from "../../../../review/observe/script.ts";
import { readTrace, withTrace } from "../../../../trace.ts";
import { inFolder } from "../../../pipeline/fixture.ts";
import { executeScript } from "../../../script/process.ts";

const examples = fileURLToPath(new URL("../../../../examples", import.meta.url));
const path = join(examples, "banking.trace.json");
const texts = [
  ["Which rate do I get?", "exchange_rate"],
  ["What rate do I pay to park\u001b[2J?", "pending_card_payment"],
  ["Which rate do I pay to park here?", "pending_card_payment"],
  ["Which rate will I pay to park here?", "pending_card_payment"],
  ["Hello there", "greeting"],
] as const;

const words = {
  exchange_rate: "rate",
  disposable_card_limits: "virtual",
  pending_card_payment: "pending",
};

/** Records a run whose rules are one for each word, and returns the path of its trace. */
async function recordWords(storage: string): Promise<string> {
  const labels = Object.entries(words);
  const rules = labels.map(([label, word]) =>
    createRule({ name: `${label}/${word}(s)`, label, patterns: [`\\b${word}s?\\b`] })
  );
  const examples = labels.flatMap(([label, word]) =>
    Array.from({ length: 15 }, (_, n) => ({ text: `${word} ${n}`, label }))
  );
  const { path } = await withTrace(learnRules, { storage })({ name: "banking", examples }, {
    rules,
    incremental: true,
    maxIterations: 0,
    refit: false,
  });
  return path!;
}

/** The lines that `--predict` writes, of which a person mended the labels. */
async function predict(path: string): Promise<string> {
  const predictor = createPredictor(await readRules(path));
  const lines = texts.map(([text, label]) => ({ ...predictor({ text }), label }));
  return [...lines, predictor({ text: "A virtual card?" })]
    .map((line) => JSON.stringify(line)).join("\n");
}

Deno.test("--feedback tells of mended predictions, with their texts, on any terminal", () =>
  inFolder(async (folder) => {
    const path = await recordWords(folder);
    const log = await predict(path);
    const args = [path, "--feedback", "-", "--width", "90"];
    const flags = [`--allow-read=${folder}`];
    const { code, stdout, stderr } = await executeScript("review/observe.ts", args, ".", {
      flags,
      input: log,
    });
    assertEquals([code, stderr], [0, ""]);
    const trace = await readTrace(path);
    assertEquals(
      stdout,
      `banking · run ${trace.run.id}: 6 lines, 4 reviewed: 4 corrected

4 mistakes of 2 kinds, 2 repeats of a kind, 1 of them of nearly the same text
times  near  wanted                given          by                     last line
    3     1  pending_card_payment  exchange_rate  exchange_rate/rate(s)          4
    Which rate will I pay to park here?
    1     0  greeting              (none)                                        5
    Hello there

1 rule fired on reviewed texts, 1 of them wrongly, 1 of which decided the answer; no alarm
rule                   right  wrong  deciding   right in %
exchange_rate/rate(s)      0      3         3  0.6 to 60.2

review next
place  why     given                   by
    1  unsure  exchange_rate           exchange_rate/rate(s)
    Which rate do I get?
    6  unsure  disposable_card_limits  disposable_card_limits/virtual(s)
    A virtual card?

do not learn again yet: 4 texts reviewed since the rules were learned (every 150 it pays);
4 corrections not learned from yet; too few to compare their labels
labels that no rule has: greeting (1)
`,
    );
    const all = observe(trace, parseFeedback(log, "it", { reviewed: true }));
    assertEquals([all.lines.accepted, all.lines.unreviewed], [2, 0]);
    for (const width of [20, 37, 200]) {
      const text = formatObservation(all, { width, color: true, command: "x".repeat(9) });
      // deno-lint-ignore no-control-regex -- colours are escape sequences
      const plain = text.replace(/\x1b\[\d+m/g, "");
      assert(!plain.includes("\x1b"));
      assert(plain.split("\n").every((line) => [...line].length <= width), plain);
    }
  }));

Deno.test("--json has the command that learns again, which reads the log of all outcomes", () =>
  inFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const toLines = (values: readonly object[]) =>
      values.map((one) => JSON.stringify(one)).join("\n");
    const data = ["card", "rate"].flatMap((label) =>
      ["one", "two", "three", "four"].map((word) => ({ text: `${label} ${word}`, label }))
    );
    await Deno.writeTextFile(at("data.jsonl"), toLines(data));
    const { path: trace, trace: { digest } } = await withTrace(learnRules, { storage: folder })({
      name: "few",
      examples: data,
    });
    const log = [
      { text: "card five", given: "card", outcome: "accepted", set: digest },
      { text: "my card bill", given: "card", outcome: "corrected", label: "fee", set: digest },
      { text: "card six", given: "card", outcome: "rejected", set: digest },
      { text: "card seven", given: "card", label: "card" },
      { text: "a rate", given: "rate", label: "fee" },
      { text: "a rate", given: "rate", outcome: "accepted" },
      { text: "card eight", given: "rate", outcome: "corrected", label: "card", id: "8" },
      { text: "card eight", given: "rate", outcome: "corrected", label: "fee", id: "8" },
      { text: "hm", given: null, outcome: "accepted" },
    ];
    await Deno.writeTextFile(at("my log.jsonl"), toLines(log));
    const args = [trace!, "--feedback", at("my log.jsonl"), "--data", at("data.jsonl")];
    const { stdout } = await executeScript("review/observe.ts", [...args, "--json"], folder);
    const { command, ...observation } = JSON.parse(stdout) as Observation & { command: string };
    assertEquals(
      command,
      `deno run -A pipeline.ts ${at("data.jsonl")} --corrections '${at("my log.jsonl")}'`,
    );
    assertEquals(observation.run.digest, digest);
    const [script, ...learn] = command.replaceAll("'", "").split(/ (?!log)/).slice(3);
    const again = await executeScript(script, [...learn, "--storage", folder, "--json"], folder);
    assertEquals(again.stderr, "");
    const { run } = await readTrace(JSON.parse(again.stdout).path);
    // Two corrections, and two texts that were accepted: as any other example.
    assertEquals([run.split.corrections?.length, run.dataset.examples], [2, 8 + 4]);
    assertEquals(run.dataset.labels, ["card", "fee", "rate"]);
    const replay = ["--data", at("data.jsonl"), "--corrections", at("my log.jsonl")];
    const name = JSON.parse(again.stdout).path;
    const same = await executeScript("review/replay.ts", [name, ...replay], folder);
    assertEquals(same.code, 0, same.stdout + same.stderr);
    const next = await executeScript(
      "review/observe.ts",
      [name, ...args.slice(1), "--json"],
      folder,
    );
    assertEquals(JSON.parse(next.stdout).recommendation.corrections, 0);
    // Its rules are those of people as far as it began with them.
    const own = await executeScript(script, [
      ...[...learn, "--rules", name, "--storage", folder, "--json"],
    ], folder);
    const ownPath = JSON.parse(own.stdout).path;
    const kept = await executeScript(
      "review/observe.ts",
      [ownPath, ...args.slice(1, 3), "--json"],
      folder,
    );
    assertStringIncludes(JSON.parse(kept.stdout).command, ` FILE --rules ${ownPath} --corrections`);
  }));

Deno.test("what cannot be observed is refused in one line, with what to do", () =>
  inFolder(async (folder) => {
    const messageOf = (...args: string[]) => main(args).then(() => "", ({ message }) => message);
    assertMatch(await messageOf(path), /--feedback is missing/);
    assertMatch(await messageOf("--feedback", "x"), /needs one TRACE, got 0/);
    assertMatch(await messageOf("-", "--feedback", "-"), /only one of/);
    assertMatch(await messageOf(path, "--feedback", "x", "--limit", "0"), /--limit is 0/);
    assertMatch(await messageOf(path, "--feedbak", "x"), /did you mean --feedback\?/);
    assertMatch(
      await messageOf(path, "--feedback", join(examples, "banking.jsonl")),
      /"given" is mis/,
    );
    const found = { text: "at 5", spans: [{ start: 3, end: 4 }] };
    const spans = [found, { text: "or 6", spans: [{ start: 3, end: 4 }] }];
    const { path: trace } = await withTrace(learnRules, { storage: folder })({
      name: "spans",
      examples: spans,
    });
    assertMatch(await messageOf(trace!, "--feedback", "none"), /only feedback on labels is read$/);
  }));
