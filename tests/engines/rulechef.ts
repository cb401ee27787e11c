/**
 * Python, which runs rules that are written for RuleChef as RuleChef does.
 *
 * @module
 */
import { assertEquals } from "jsr:@std/assert@^1";
import { join } from "jsr:@std/path@^1";
import { inTempFolder } from "../../bench/data.ts";
import { exportRules } from "../../engines/export.ts";
import { createClassifier } from "../../learn/rules/classifier.ts";
import { createExtractor } from "../../learn/rules/extractor.ts";
import type { Rule } from "../../learn/rules/rule.ts";
import type { RuleSet } from "../../learn/rules/rule_set.ts";
import { execute } from "../script/process.ts";

/** Runs sets of rules as RuleChef does: expressions by `regex` if it is there, code with few builtins. */
const PYTHON = `
import builtins, json, re
try:
    import regex
except ImportError:
    regex = re

NAMES = "all any bool enumerate int isinstance len list max min range reversed sorted str".split()
SAFE = {name: getattr(builtins, name) for name in NAMES}

def run(rule, data):
    if rule["format"] == "code":
        namespace = {"__builtins__": SAFE, "re": re}
        exec(rule["content"], namespace)
        return namespace["extract"](data)
    re.compile(rule["content"])
    spans = []
    for match in regex.compile(rule["content"]).finditer(max(data.values(), key=len)):
        span = {"text": match.group(), "start": match.start(), "end": match.end()}
        template = rule.get("output_template", {})
        if template.get("text") == "$1":
            # The first place that has the text of the group in any case.
            span["text"] = match.group(1) or ""
            at = match.group().lower().find(span["text"].lower())
            if span["text"]:
                span["start"] += at
                span["end"] = span["start"] + len(span["text"])
        spans.append({**template, **span})
    return spans

def order(rule):
    sure = rule.get("validated_precision", rule.get("confidence", 0.5))
    return (-rule["priority"], -sure, rule["name"].casefold(), rule["id"])

def alike(a, b):
    shared = max(0, min(a["end"], b["end"]) - max(a["start"], b["start"]))
    union = a["end"] - a["start"] + b["end"] - b["start"] - shared
    return a.get("type") == b.get("type") and union > 0 and shared / union > 0.7

def answer(rules, task, data):
    spans = []
    for rule in rules:
        found = run(rule, data)
        if not found:
            continue
        if task == "classification":
            return found.strip() if isinstance(found, str) else found[0]["label"].strip()
        for one in found:
            if not any((one["start"], one["end"]) == (other["start"], other["end"]) for other in spans):
                spans.append(one)
    kept = []
    for one in spans:
        if not any(alike(one, other) for other in kept):
            kept.append(one)
    if task == "classification":
        return None
    return sorted([one["start"], one["end"], one.get("type", "span"), one["text"]] for one in kept)

with open("sets.json", encoding="utf-8") as file:
    for one in json.load(file):
        rules = sorted(one["rules"], key=order)
        print(json.dumps([answer(rules, one["task"], {"n": "", "t": text}) for text in one["texts"]]))
`;

/** Asserts that Python answers on texts as the library does by the rules that are written; returns these. */
export async function assertSameAnswers(
  cases: readonly (readonly [RuleSet, readonly string[]])[],
): Promise<readonly { readonly rules: readonly { readonly format: string }[] }[]> {
  const written = cases.map(([set, texts]) => {
    const { text, refused } = exportRules(set, "rulechef");
    const left = new Set<Rule>(refused.map(({ rule }) => rule));
    const said = { ...set, rules: set.rules.filter((rule) => !left.has(rule)) };
    const rules: readonly { format: string; content: string }[] = JSON.parse(text);
    return { said, texts, rules };
  });
  const answers = await inTempFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "run.py"), PYTHON);
    const sets = written.map(({ said: { task }, texts, rules }) => ({ task, texts, rules }));
    await Deno.writeTextFile(join(folder, "sets.json"), JSON.stringify(sets));
    const { stdout, stderr } = await execute("python3", ["run.py"], folder);
    assertEquals(stderr, "");
    return stdout.trim().split("\n").map((line) => JSON.parse(line));
  });
  const wrong = written.flatMap(({ said, texts, rules }, at) => {
    const expected = expect(said, texts);
    return texts.flatMap((text, index) => {
      const [found, right] = [answers[at][index], expected[index]];
      if (JSON.stringify(found) === JSON.stringify(right)) return [];
      const { patterns, flags } = said.rules[0] ?? {};
      return [{ text, found, right, patterns, flags, content: rules[0].content.slice(0, 200) }];
    });
  });
  assertEquals(wrong.slice(0, 3), []);
  return written;
}

function expect(set: RuleSet, texts: readonly string[]): unknown[] {
  if (set.task === "classification") {
    const classify = createClassifier(set);
    return texts.map((text) => classify(text).label ?? null);
  }
  const extract = createExtractor(set);
  return texts.map((text) => {
    const points = (end: number) => [...text.slice(0, end)].length;
    // Half of a character counts as the character.
    return extract(text).map(({ start, end, label, text: words }) => {
      const [from, to] = [points(start + 1) - 1, points(end)];
      return [from, to, label, words && [...text].slice(from, to).join("")];
    }).sort((a, b) => Number(a[0]) - Number(b[0]) || Number(a[1]) - Number(b[1]));
  });
}
