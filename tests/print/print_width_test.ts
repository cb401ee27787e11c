import { assert, assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import { eastAsianWidth } from "npm:get-east-asian-width@^1";
import type { StepBody, Trace } from "../../record/schema.ts";
import { formatRuleLife, formatRules, formatTrace } from "../../print.ts";
import { displayWidth, truncate, wrap } from "../../print/text.ts";
import { showText } from "../../learn/text/quoting.ts";
import {
  bodies,
  completed,
  lines,
  makeRule,
  makeScores,
  makeTrace,
  run,
  tableOf,
  unsafe,
} from "./print_fixture.ts";
import { createRandom } from "../record/generate_run.ts";

const pieces = [
  ..."abc xyz,.→…\\*",
  ..."日本語のカナｶ한국어中文字",
  ..."русскийελληνικάעבריתالعربية",
  "ｶﾞ",
  "ไทย",
  "किताब",
  "e\u0301",
  "o\u0302\u0323",
  "👩‍👩‍👧‍👦",
  "🇩🇪",
  "👍🏽",
  "1️⃣",
  "☎️",
  "\u200b",
  "a\u200db",
  "\u1100\u1161\u11a8",
  "\u001b[31m",
  "\u0007",
  "\u009b2J",
  "\u202e",
  "\u2066",
  "\u2028",
  "\ud800",
  "\n",
  "\t",
];

function scramble(seed: number): Trace {
  const random = createRandom(seed);
  const pick = () => pieces[Math.floor(random() * pieces.length)];
  const name = () => Array.from({ length: 1 + Math.floor(random() * 30) }, pick).join("");
  const made = Object.fromEntries(
    Object.entries(completed.rules).map((
      [id, rule],
    ) => [id, { ...rule, name: name(), label: name(), patterns: [name(), name()] }]),
  );
  const steps = completed.steps.map((step) => {
    const took = 10 ** (random() * 8);
    if (step.type === "iteration" && step.error) {
      return { ...step, took, error: { name: name(), message: name() + name() } };
    }
    if (step.type === "synthesis") {
      return { ...step, took, refused: step.refused.map((one) => ({ ...one, name: name() })) };
    }
    return { ...step, took };
  });
  const dataset = { ...run.dataset, labels: [name(), name(), name(), name(), name()] };
  return { ...completed, run: { ...run, dataset }, rules: made, steps };
}

const graphemes = new Intl.Segmenter("en");

/** Counts columns in another way: graphemes, 2 for emoji, jamo syllables and wide characters. */
function countColumns(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let columns = 0;
  for (const { segment } of graphemes.segment(text)) {
    if (/^(?:\p{Regional_Indicator}{2}|.*\p{Emoji_Modifier}|.*\ufe0f.*)$/u.test(segment)) {
      columns += 2;
      continue;
    }
    const [first, ...rest] = segment.replace(/[\p{Mn}\p{Me}\p{Cf}]/gu, "");
    if (first !== undefined) columns += eastAsianWidth(first.codePointAt(0) ?? 0);
    if (/\p{Extended_Pictographic}|\p{Script=Hangul}/u.test(segment)) continue;
    for (const mark of rest) if (/\p{Mc}|[ﾞﾟ]/u.test(mark)) columns++;
  }
  return columns;
}

for (const width of [40, 80, 200]) {
  Deno.test(`names of any script keep the columns aligned at ${width} columns`, () => {
    for (let seed = 1; seed <= 30; seed++) {
      const [heading, ...rows] = tableOf(formatTrace(scramble(seed), { width }));
      const expected = countColumns(heading);
      assert(expected <= width);
      const steps = rows.filter((row) => /^ {2,3}\d+ {2}\S/.test(row));
      assertEquals(steps.length, completed.steps.length);
      for (const row of steps) assertEquals(countColumns(row), expected, row);
    }
  });

  Deno.test(`no line is wider than ${width} columns`, () => {
    for (let seed = 100; seed <= 120; seed++) {
      const trace = scramble(seed);
      const text = formatTrace(trace, { width }) + formatRules(trace, { width }) +
        Object.keys(trace.rules).map((id) => formatRuleLife(trace, id, { width })).join("");
      for (const line of lines(text)) {
        assert(countColumns(line) <= width, `${countColumns(line)}: ${line}`);
      }
    }
  });
}

Deno.test("the narrowest width still holds", () => {
  const label = "a_label_that_is_longer_than_the_page";
  const rules = Array.from({ length: 1_000 }, (_, n) => makeRule(`r${n}`, label));
  const added = rules.map(({ id }) => id);
  const trace = makeTrace(run, rules, [
    { type: "synthesis", proposed: 1_000, added, refused: [], scores: makeScores("dev", 1, 1, 1) },
  ]);
  for (const text of [formatRules(trace, { width: 20 }), formatTrace(scramble(7), { width: 20 })]) {
    for (const line of lines(text)) assert(displayWidth(line) <= 20, line);
  }
});

Deno.test("control, escape and direction characters are shown as text", () => {
  for (let seed = 200; seed <= 230; seed++) {
    const trace = scramble(seed);
    const lives = Object.keys(trace.rules).map((id) => formatRuleLife(trace, id));
    const text = formatTrace(trace) + formatRules(trace) + lives.join("");
    const found = text.match(unsafe);
    assertEquals(found, null);
  }
  assertEquals(
    showText("a\u001b[31m\u202e\u2028\u009b\ud800\r\n\tb"),
    String.raw`a\x1b[31m\u202e\u2028\x9b\ud800\r\n\tb`,
  );
});

Deno.test("names that objects inherit are names like others", () => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
  const made = names.map((name) => makeRule(name, name));
  const body = bodies[0] as Extract<StepBody, { type: "synthesis" }>;
  const audit: StepBody = {
    type: "audit",
    phase: "refine",
    actions: [{ kind: "remove", from: ["__proto__"], outcome: "skipped", reason: "unknown-rule" }],
    verdict: "none",
    before: body.scores,
    after: body.scores,
  };
  const trace = makeTrace(run, made, [{ ...body, added: made.map(({ id }) => id) }, audit]);
  assertStringIncludes(formatTrace(trace), "__proto__, constructor, toString + 1 more");
  assertStringIncludes(formatTrace(trace), "skipped remove __proto__, unknown-rule");
  for (const name of names) assertStringIncludes(formatRules(trace), `${name}, 1 rule\n`);
});

Deno.test("colour is asked for, and adds nothing but colour", () => {
  const plain = formatTrace(completed);
  assert(!plain.includes("\u001b"));
  const painted = formatTrace(completed, { color: true });
  assertEquals(painted.includes("\u001b["), !Deno.noColor);
  // deno-lint-ignore no-control-regex -- the codes that colour consists of
  assertEquals(painted.replaceAll(/\u001b\[\d+m/g, ""), plain);
});

Deno.test("text is cut between graphemes, never inside one", () => {
  const family = "👩‍👩‍👧‍👦";
  assertEquals(truncate(family.repeat(3), 5), `${family}${family}…`);
  assertEquals(truncate(family.repeat(3), 4), `${family}…`);
  assertEquals(truncate("e\u0301e\u0301e\u0301", 2), "e\u0301…");
});

Deno.test("text is broken at spaces, and inside a word only if it is longer than a line", () => {
  assertEquals(wrap("one two three 81.2 % and", 14), ["one two three", "81.2 % and"]);
  assertEquals(wrap("abcdefghijkl mn", 5), ["abcde", "fghij", "kl mn"]);
  assertEquals(wrap("日本語日本語", 5), ["日本", "語日", "本語"]);
  assertEquals(wrap("one two", 9, 6), ["one", "two"]);
});
