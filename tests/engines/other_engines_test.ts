/**
 * Expressions run by the engines they are for, if these are on the machine.
 *
 * @module
 */
import { assert, assertEquals } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { writeConditions } from "../../engines/conditions.ts";
import { exportRules } from "../../engines/export.ts";
import { createExtractor } from "../../learn/rules/extractor.ts";
import { createRule, type Rule } from "../../learn/rules/rule.ts";
import { compileRule } from "../../learn/rules/running.ts";
import type { RuleSet } from "../../learn/rules/rule_set.ts";
import { inTempFolder } from "../../bench/data.ts";
import { learnRules } from "../../mod.ts";
import { execute } from "../script/process.ts";
import { createRules, createTexts } from "./adversary.ts";

const { raw } = String;

async function has(command: string, ...args: string[]): Promise<boolean> {
  return await execute(command, args, ".").then(({ code }) => code === 0, () => false);
}

const JAVA = `import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.regex.Pattern;
class Check {
  public static void main(String[] args) {
    var in = new Scanner(System.in, StandardCharsets.UTF_8);
    var pattern = Pattern.compile("");
    var found = new StringBuilder();
    while (in.hasNextLine()) {
      var line = in.nextLine();
      var value = new String(Base64.getDecoder().decode(line.substring(1)), StandardCharsets.UTF_8);
      if (line.charAt(0) == 'p') pattern = Pattern.compile(value);
      else found.append(pattern.matcher(value).find() ? 1 : 0);
    }
    System.out.println(found);
  }
}
`;

/** The text as a statement gives it to a pattern. */
function formOf(text: string, form: { isFolded: boolean; needsUnits: boolean }): string {
  const units = form.needsUnits ? text.replace(/[\u{10000}-\u{10ffff}]/gu, "\uffff\uffff") : text;
  return form.isFolded ? units.replace(/[A-Z]/g, (one) => one.toLowerCase()) : units;
}

function encode(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

Deno.test({
  name: "Java, which Spark runs and Trino is like, finds in odd texts what each pattern finds",
  ignore: !await has("java", "--version"),
  async fn() {
    const rules = createRules(4, 90).filter((_, at) => at % 3 === 0);
    const texts = createTexts(5, 25);
    const cases = (["java", "joni"] as const).flatMap((syntax) => {
      const { conditions, rules: said, refused } = writeConditions(rules, syntax);
      assert(refused.length < rules.length / 8, `${syntax}: ${refused.length} refused`);
      return said.map(({ rule, all: [number] }) => ({ rule, condition: conditions[number] }));
    });
    const input = cases.map(({ condition }) =>
      [
        `p${encode(condition.expression)}`,
        ...texts.map((text) => `t${encode(formOf(text, condition))}`),
      ].join("\n")
    ).join("\n");
    const { stdout, stderr } = await inTempFolder(async (folder) => {
      await Deno.writeTextFile(join(folder, "Check.java"), JAVA);
      return await execute(
        "java",
        ["-Xshare:auto", "-XX:TieredStopAtLevel=1", "Check.java"],
        folder,
        { input },
      );
    });
    assertEquals(stderr, "");
    const wrong = cases.flatMap(({ rule, condition }, at) =>
      texts.filter((text, index) =>
        (stdout[at * texts.length + index] === "1") !== compileRule(rule).test(text)
      ).map((text) =>
        `${rule.patterns} ${rule.flags} → ${condition.expression.slice(0, 200)} on ${
          JSON.stringify(text)
        }`
      )
    );
    assertEquals(wrong, []);
  },
});

const docs = await Deno.readTextFile(new URL("../../docs/engines.md", import.meta.url));
/** The program of the docs that applies expressions. */
const PYTHON = /```python\n(.*?)```/s.exec(docs)?.[1] ?? "";

Deno.test({
  name: "Python finds the spans that the library finds, by the program of the docs",
  ignore: !await has("python3", "--version"),
  async fn() {
    assert(PYTHON.includes("def extract("));
    const examples = (await Deno.readTextFile("examples/restaurant.jsonl")).trim().split("\n").map((
      line,
    ) => JSON.parse(line));
    const { rules } = await learnRules({ name: "restaurant", examples: examples.slice(0, 60) }, {
      refit: false,
      maxIterations: 1,
    });
    const odd = createRules(6, 90).filter((_, at) => at % 5 === 0).map(({ id: _, ...rule }) =>
      createRule({ ...rule, group: undefined })
    );
    const grouped = [
      ["iu", raw`\bto (\w+)`],
      ["i", raw`(?:(a)|s)(k)?`],
      ["u", raw`(?<=s)(.)(?=k)|a`],
    ].map(([flags, pattern]) =>
      createRule({ name: pattern, label: "G", patterns: [pattern], flags, group: 1, priority: 5 })
    );
    const template = { text: "$1" };
    const templates = { name: "t", label: "T", template } as const;
    const templated = createRule({ ...templates, patterns: ["(b)?s"], not: ["k"] });
    // The text of the group often stands earlier in the match.
    const earlier = createRule({ ...templates, patterns: [raw`[a-zß-ÿ]+([a-z])`] });
    const filled = createRule({ ...templates, patterns: ["(s)"], template: { text: "$1!" } });
    for (const overlaps of ["drop", "keep"] as const) {
      for (
        const [kind, list, texts] of [
          ["learned", rules, examples.slice(40, 100).map(({ text }: { text: string }) => text)],
          ["odd", [...odd, ...grouped, templated, earlier, filled], createTexts(8, 40)],
        ] as const
      ) {
        const set: RuleSet = {
          task: "ner",
          labels: [],
          rules: list,
          decision: { decide: "first", threshold: 0, overlaps },
          refused: [],
        };
        const { text, refused } = exportRules(set, "spacy");
        const left = new Set<Rule>(refused.map(({ rule }) => rule));
        assertEquals(left.has(filled), kind === "odd");
        assert(
          kind === "odd" ? left.size < list.length / 3 : left.size === 0,
          `${left.size} of ${list.length}`,
        );
        const found = await inTempFolder(async (folder) => {
          await Deno.writeTextFile(join(folder, "rules.json"), text);
          await Deno.writeTextFile(join(folder, "texts.json"), JSON.stringify(texts));
          await Deno.writeTextFile(
            join(folder, "use.py"),
            `${PYTHON}
rules = load_rules("rules.json")
with open("texts.json", encoding="utf-8") as file:
    print(json.dumps([extract(rules, text) for text in json.load(file)]))
`,
          );
          const { stdout, stderr } = await execute("python3", ["use.py"], folder);
          assertEquals(stderr, "");
          return JSON.parse(stdout);
        });
        const extract = createExtractor({ ...set, rules: list.filter((rule) => !left.has(rule)) });
        const expected = texts.map((text) => {
          const points = (end: number) => [...text.slice(0, end)].length;
          // Half of a character counts as the character.
          return extract(text).map(({ start, end, label, rule }) => {
            return [points(start + 1) - 1, points(end), label, rule.name];
          });
        });
        assertEquals(found, expected);
      }
    }
  },
});
