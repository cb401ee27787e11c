import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { inTempFolder } from "../../bench/data.ts";
import { exportRules, TARGETS } from "../../engines/export.ts";
import { createRule } from "../../learn/rules/rule.ts";
import { renderRules, type RuleSet } from "../../learn/rules/rule_set.ts";
import { readRules } from "../../mod.ts";
import { executeScript } from "../script/process.ts";

const { raw } = String;

function classifier(...patterns: string[]): RuleSet {
  const rules = patterns.map((pattern) =>
    createRule({ name: `rule ${pattern}`, label: "it's\\\n", patterns: [pattern], flags: "u" })
  );
  return {
    task: "classification",
    labels: ["it's\\\n"],
    rules,
    decision: { decide: "vote", threshold: 0 },
    refused: [],
  };
}

function runExport(args: readonly string[], flags?: readonly string[]) {
  return executeScript("engines/export.ts", args, ".", flags === undefined ? {} : { flags });
}

Deno.test("each dialect quotes strings and names, and has its own functions", () => {
  const set = classifier(raw`\..'`);
  const options = { id: `i"d\`\\`, column: "t" };
  const shown = (["duckdb", "bigquery", "clickhouse", "trino", "spark"] as const).map((target) => {
    const { text } = exportRules(set, target, options);
    const line = (start: RegExp) => text.split("\n").find((one) => start.test(one))?.trim();
    return [
      line(/AS rt_id/),
      line(/AS p0/),
      /THEN ('it.*')/s.exec(text)?.[1].split("\n    END")[0],
    ];
  });
  const escapedLabel = raw`'it\'s\\\n'`;
  const escaped = raw`'\\.[^\\x0a\\x0d\\x{2028}\\x{2029}]\''`;
  const plain = raw`'\.[^\x0a\x0d\x{2028}\x{2029}]'''`;
  assertEquals(shown, [
    [raw`"i""d${"`"}\" AS rt_id,`, `regexp_matches(rt_folded, ${plain}) AS p0`, "'it''s\\\n'"],
    ['`i"d\\`\\\\` AS rt_id,', `REGEXP_CONTAINS(rt_folded, ${escaped}) AS p0`, escapedLabel],
    ['`i"d\\`\\\\` AS rt_id,', `match(rt_folded, ${escaped}) AS p0`, escapedLabel],
    [raw`"i""d${"`"}\" AS rt_id,`, `regexp_like(rt_folded, ${plain}) AS p0`, "'it''s\\\n'"],
    ['`i"d``\\` AS rt_id,', `regexp_like(rt_folded, ${escaped}) AS p0`, escapedLabel],
  ]);
});

Deno.test("rules are only written for what they do", () => {
  const set = classifier("a");
  assertThrows(() => exportRules(set, "spacy"), TypeError, "spacy takes rules that find spans");
  const spans: RuleSet = { ...set, task: "ner" };
  assertThrows(() => exportRules(spans, "trino"), TypeError, "trino takes rules that classify");
  for (const target of TARGETS) {
    const of = target === "spacy" ? spans : set;
    assertEquals(exportRules(of, target), exportRules(of, target));
    assert(exportRules({ ...of, rules: [] }, target).text.length > 2);
  }
});

Deno.test("the script writes nothing if a rule is refused, unless it is told to leave it out", async () => {
  await inTempFolder(async (folder) => {
    const path = join(folder, "rules.json");
    await Deno.writeTextFile(path, renderRules(classifier(raw`(a)\1`, "b(?=.*c)", "d")));
    const output = join(folder, "out.sql");
    const to = ["--to", "duckdb", "-o", output];
    const refused = await runExport([path, ...to]);
    assertEquals([refused.code, refused.stdout], [1, ""]);
    assertEquals(
      refused.stderr,
      "export.ts: 2 of 3 rules cannot run on duckdb with equal answers (--drop-refused writes the others):\n" +
        raw`  rule (a)\1: refers back to a group` +
        "\n  rule b(?=.*c): looks ahead at more than one character\n",
    );
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["rules.json"]);
    const flags = [`--allow-read=${folder}`, `--allow-write=${folder}`];
    const { code, stderr } = await runExport([path, ...to, "--drop-refused"], flags);
    assertEquals(code, 0, stderr);
    assertEquals(stderr.split("\n")[0], "2 of 3 rules are left out:");
    const set = await readRules(path);
    const left = { ...set, rules: set.rules.slice(2) };
    assertEquals(await Deno.readTextFile(output), exportRules(left, "duckdb").text);
    const same = await runExport([path, "--to", "js", "-o", path]);
    assertEquals([same.code, /which is an input/.test(same.stderr)], [2, true]);
  });
});

Deno.test("the script says what is wrong with its arguments", async () => {
  const wrong = await Promise.all([
    [],
    ["r.json"],
    ["r.json", "--to", "sqlite"],
    ["r.json", "--to", "js", "--table", "t"],
    ["r.json", "--to", "duckdb", "--column="],
  ].map((args) => runExport(args)));
  assertEquals(wrong.map(({ code }) => code), [2, 2, 2, 2, 2]);
  assertEquals(wrong.map(({ stderr }) => stderr.replace("export.ts: ", "").trim()), [
    "expected one file of rules (or -), got 0 (see --help)",
    `--to is missing, expected one of ${TARGETS.join(", ")} (see --help)`,
    `--to is "sqlite", expected one of ${TARGETS.join(", ")} (see --help)`,
    "--table is for SQL, and js is not (see --help)",
    "--column is empty, expected a name (see --help)",
  ]);
});
