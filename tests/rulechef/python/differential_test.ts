import { assert, assertEquals } from "jsr:@std/assert@^1";
import { createExpression } from "../../../learn/rules/expressions.ts";
import { createRandom } from "../../../learn/score/random.ts";
import { PythonSyntaxError } from "../../../rulechef/python/scanner.ts";
import { translatePython, type Translation } from "../../../rulechef/python/translate.ts";
import { drawPattern, ODD_TEXTS } from "./random_patterns.ts";

/** Returns the starts and ends of all matches of a translation. */
function findSpans({ pattern, flags }: Translation, texts: readonly string[]): number[][] {
  const expression = createExpression(pattern, flags);
  return texts.map((text) => expression.findAll(text).flatMap(({ start, end }) => [start, end]));
}

const DATA = new URL("../../../../shared/data/rulechef/", import.meta.url);

function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(new URL(path, DATA));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const recorded = readIfThere("regex_spans.json");

Deno.test({
  name: "over a thousand patterns find what Python's regex found, or are refused by name",
  ignore: recorded === undefined,
  fn() {
    const { texts, patterns } = JSON.parse(recorded!) as {
      texts: string[];
      patterns: { pattern: string; spans: number[][] }[];
    };
    const refused = new Map<string, number>();
    for (const { pattern, spans } of patterns) {
      let found: number[][];
      try {
        found = findSpans(translatePython(pattern), texts);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        const reason = error.message.replace(/^at character \d+ |".*", ?|^".*" (?=can)/g, "")
          .replaceAll(/\d+/g, "#");
        refused.set(reason, (refused.get(reason) ?? 0) + 1);
        continue;
      }
      // Equal strings need no comparison by value.
      if (JSON.stringify(found) !== JSON.stringify(spans)) {
        assertEquals([pattern, found], [pattern, spans]);
      }
    }
    assertEquals(Object.fromEntries(refused), {
      "JavaScript differs: it may match nothing where a longer match begins": 69,
      "JavaScript differs: it refers to group #, which may not have matched": 2,
      "JavaScript differs: it repeats what may match nothing before it matches something": 10,
      "can read the same text in exponentially many ways, and the linear-time engine has no backreferences":
        5,
      "it has a condition on group #, which may not have matched": 2,
      "it refers to a group, and has a part in which case is not ignored": 3,
      "it refers to group #, which may not have matched": 3,
      "regex reads [: as the beginning of a POSIX class": 1,
      "there is a reference to a group where case is ignored": 1,
      "what a group captures depends on a condition or a reference": 2,
    });
  },
});

/** A Python with `regex`. */
const python = findPython();
const withRegex = python === undefined
  ? "Python's regex (skipped: no Python 3 has the package)"
  : "Python's regex";

function findPython(): string | undefined {
  for (const name of ["python3", "python", "/usr/bin/python3"]) {
    try {
      const { success } = new Deno.Command(name, { args: ["-c", "import regex"], stderr: "null" })
        .outputSync();
      if (success) return name;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable)) {
        throw error;
      }
    }
  }
  return undefined;
}

/** Reads `[patterns, texts]`, and writes the spans of each pattern in each text, or null if it is not valid. */
const ASK = `
import json, re, regex, sys
patterns, texts = json.load(sys.stdin)
def offsets(text):
    at = [0]
    for character in text:
        at.append(at[-1] + (2 if ord(character) > 0xffff else 1))
    return at
places = [offsets(text) for text in texts]
def ask(pattern):
    try:
        engine = re.compile(pattern)
    except re.error:
        return None
    try:
        engine = regex.compile(pattern)
    except regex.error:
        pass
    return [[at[place] for one in engine.finditer(text) for place in one.span()]
            for text, at in zip(texts, places)]
json.dump([ask(pattern) for pattern in patterns], sys.stdout)
`;

async function askPython(
  patterns: readonly string[],
  texts: readonly string[],
): Promise<(number[][] | null)[]> {
  const command = new Deno.Command(python!, {
    args: ["-W", "ignore", "-c", ASK],
    stdin: "piped",
    stdout: "piped",
  });
  const child = command.spawn();
  const writer = child.stdin.getWriter();
  const answer = child.output();
  await writer.write(new TextEncoder().encode(JSON.stringify([patterns, texts])));
  await writer.close();
  return JSON.parse(new TextDecoder().decode((await answer).stdout));
}

Deno.test({
  name: `random patterns find on odd texts what they find in ${withRegex}`,
  ignore: python === undefined,
  async fn() {
    const random = createRandom(18);
    const patterns = Array.from({ length: 400 }, () => drawPattern(random));
    // In words, these letters differ, as documented.
    const texts = ODD_TEXTS.map((text) => text.replaceAll(/[İı]/g, "I"));
    const answers = await askPython(patterns, texts);
    let compared = 0;
    patterns.forEach((pattern, index) => {
      const answer = answers[index];
      try {
        const found = findSpans(translatePython(pattern), texts);
        compared++;
        if (JSON.stringify(found) !== JSON.stringify(answer)) {
          assertEquals([pattern, found], [pattern, answer]);
        }
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        assertEquals(error instanceof PythonSyntaxError, answer === null, pattern);
      }
    });
    assert(compared > 250, `${compared}`);
  },
});

for (
  const [rules, texts] of [
    ["rules_banking77_126.json", "../banking77/test.jsonl"],
    ["rules_banking77_108.json", "../banking77/test.jsonl"],
    ["rules_tab_22.json", "../tab/test.jsonl"],
  ]
) {
  const file = readIfThere(rules);
  const lines = readIfThere(texts);
  Deno.test({
    name: `the patterns of ${rules} find on real texts what they find in ${withRegex}`,
    ignore: python === undefined || file === undefined || lines === undefined,
    async fn() {
      const patterns = (JSON.parse(file!) as { content: string }[]).map(({ content }) => content);
      const some = lines!.trimEnd().split("\n").filter((_, index) => index % 40 === 0)
        .map((line) => (JSON.parse(line) as { text: string }).text);
      const all = [...some, ...ODD_TEXTS.map((text) => text.replaceAll(/[İı]/g, "I"))];
      const answers = await askPython(patterns, all);
      patterns.forEach((pattern, index) => {
        findSpans(translatePython(pattern), all).forEach((spans, at) => {
          const answer = answers[index]?.[at];
          if (`${spans}` !== `${answer}`) assertEquals([pattern, at, spans], [pattern, at, answer]);
        });
      });
    },
  });
}
