import { assert, assertEquals } from "jsr:@std/assert@^1";
import { findMerges } from "../../../learn/audit/merging.ts";
import { createRule, type Proposal, type Rule } from "../../../learn/rules/rule.ts";
import { compileRule, findDefect } from "../../../learn/rules/running.ts";
import { SAME_MATCHES } from "../../../learn/score/matches.ts";
import { createMatches } from "../../../learn/score/scoring.ts";
import { finish } from "../../../learn/text/slices.ts";
import { createRandom } from "../../record/generate_run.ts";
import { examplesOf, rule } from "./fixture.ts";

/** Merges rules on one text for each, made of its words; returns the patterns of merged rules. */
function mergedPatterns(...rules: Rule[]): string[][] {
  const texts = rules.map(({ patterns }) =>
    patterns.join(" ").replaceAll(String.raw`\W+`, " ").replaceAll(/\\b|\\w\*|s\?|\^\\W\*/g, "")
  );
  const matches = createMatches([...examplesOf(texts), ...examplesOf(["z"], "b")], ["a", "b"]);
  return finish(findMerges(rules, matches))
    .filter(({ reason }) => reason === "one alternation").map(({ to }) => [...to.patterns]);
}

interface Writer {
  readonly flags: string;
  readonly left: string;
  readonly right: string;
  readonly word: string;
  readonly other: string;
  readonly words: readonly string[];
}

const ascii: Writer = {
  flags: "i",
  left: String.raw`\b`,
  right: String.raw`\b`,
  word: String.raw`\w`,
  other: String.raw`\W`,
  words: "card cards carder cardigan rate rates rated rater pay pays a on one ones fee x_1 42"
    .split(" "),
};
const unicode: Writer = {
  flags: "iu",
  left: String.raw`(?<!\p{IDC})`,
  right: String.raw`(?!\p{IDC})`,
  word: String.raw`\p{IDC}`,
  other: String.raw`\P{IDC}`,
  words: "größe größen größer größes karte karten straße ж карта карты 𐐨𐐩𐐪𐐫 𐐨𐐩𐐪𐐫s card cards x_1"
    .split(" "),
};

interface Frame {
  readonly begin: string;
  readonly atoms: readonly string[];
  readonly separator: string;
}

/** Writes a word, stem or list of these, as learning or merging writes them. */
function writeAtom(random: () => number, { word, words }: Writer): string {
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)];
  const open = () => `${pick(words)}${word}*`;
  const one = pick(words);
  return pick([
    one,
    one,
    `${one}s?`,
    open(),
    `(?:${one}|${pick(words)})`,
    `(?:${one}|${pick(words)}s?|${open()})`,
    `(?:${open()}|${open()})`,
  ]);
}

function writeFrame(random: () => number, writer: Writer): Frame {
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)];
  const { left, word, other } = writer;
  return {
    begin: pick([left, left, left, `^${other}*`]),
    atoms: Array.from({ length: pick([1, 2, 2, 3]) }, () => writeAtom(random, writer)),
    separator: pick([`${other}+`, `${other}+`, `${other}+(?:${word}+${other}+){1,2}`]),
  };
}

/** Writes a pattern of a frame with one other atom, or sometimes one that only a person writes. */
function writePattern(
  random: () => number,
  { begin, atoms, separator }: Frame,
  writer: Writer,
): string {
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)];
  const { left, right, other, words } = writer;
  const changed = atoms.with(Math.floor(random() * atoms.length), writeAtom(random, writer));
  const whole = begin + changed.join(separator);
  if (random() < 0.85) return whole + pick([right, right, right, ""]);
  return pick([
    whole,
    `${whole}${other}+`,
    `${whole}${right}|x`,
    changed.join(separator),
    `${left}${pick(words)}(?:s|es)?${right}`,
    String.raw`\b${pick(words)}\b`,
    String.raw`\b${pick(words)}\w*`,
  ]);
}

function writeRules(random: () => number, writer: Writer): Rule[] {
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)];
  const frames = [1, 2, 3, 4].map(() => writeFrame(random, writer));
  const common = writePattern(random, frames[0], writer);
  const rules = Array.from({ length: 30 }, () => {
    const pattern = writePattern(random, pick(frames), writer);
    return createRule({
      name: pick(["fee", "a/fee", "b/fee", "x".repeat(390) + "👍👍👍"]),
      label: pick(["a", "a", "a", "a", "b"]),
      patterns: random() < 0.1 ? [pattern, common] : [pattern],
      ...(random() < 0.08 ? { not: [writer.words[0]] } : {}),
      flags: writer.flags,
      weight: pick([0, 1, 1, 1, 1, 2, 2, 2, 1e6]),
      priority: pick([0, 5, -1]),
    });
  });
  return [...new Map(rules.map((rule) => [rule.id, rule])).values()];
}

/** Writes texts that rules may match: the words of one, some of them changed, between others. */
function writeTexts(
  random: () => number,
  { words, word, other }: Writer,
  rules: readonly Rule[],
): string[] {
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)];
  const change = (text: string) =>
    pick([
      text,
      text,
      text,
      text,
      `${text}s`,
      `${text}x`,
      `x${text}`,
      text.toUpperCase(),
      `${text}ü`,
      "!",
    ]);
  return Array.from({ length: 100 }, () => {
    const plain = pick(rules).patterns.join(`${other}+`)
      .replaceAll(`(?:${word}+${other}+){1,2}`, () => `${pick(words)} `)
      .replaceAll(/\(\?:([^()]*)\)/g, (_, list: string) => pick(list.split("|")))
      .replaceAll(/\(\?.*?\)|\\[bd]|\\[wW][+*]|\\[pP]\{IDC\}[+*]|\?|\^|\|/g, " ");
    const all = [pick(["", ...words]), ...plain.split(" "), pick(words)].filter((text) =>
      text !== ""
    );
    return all.map(change).join(pick([" ", " ", ", ", "-"])) + pick(["", "", ".", "\n"]);
  });
}

for (const [name, writer] of [["ASCII", ascii], ["Unicode", unicode]] as const) {
  Deno.test(`a merged rule matches exactly what one of its parts matches: ${name}`, () => {
    const random = createRandom(31);
    let merged = 0;
    for (let round = 0; round < (writer === ascii ? 20 : 6); round++) {
      const rules = writeRules(random, writer);
      const texts = writeTexts(random, writer, rules);
      const examples = texts.map((text, index) => ({
        id: `${index}`,
        text,
        label: "ab"[index % 2],
      }));
      const byId = new Map(rules.map((rule) => [rule.id, rule]));
      const merges = finish(findMerges(rules, createMatches(examples, ["a", "b"])));
      for (const { from, to, reason } of merges) {
        const parts = from.map((id) => compileRule(byId.get(id)!));
        const whole = compileRule(createRule(to));
        for (const text of texts) {
          const expected = parts.some(({ test }) => test(text));
          if (whole.test(text) === expected) continue;
          const patterns = parts.map(({ rule }) => rule.patterns.join(" & "));
          throw new Error(
            `${to.patterns} is not ${patterns.join(" or ")} on ${JSON.stringify(text)}`,
          );
        }
        if (reason === "one alternation") merged++;
      }
    }
    assert(merged > 10, `${merged} merges`);
  });
}

Deno.test("merges take each rule once, keep the label, list at most six alternatives, and can be run", () => {
  const random = createRandom(32);
  for (let round = 0; round < 12; round++) {
    const writer = [ascii, unicode][round % 2];
    const rules = writeRules(random, writer);
    const texts = writeTexts(random, writer, rules).slice(0, 40);
    const matches = createMatches([...examplesOf(texts), ...examplesOf(["z"], "b")], ["a", "b"]);
    const byId = new Map(rules.map((rule) => [rule.id, rule]));
    const merges = finish(findMerges(rules, matches));
    const taken = merges.flatMap(({ from }) => from);
    assertEquals(new Set(taken).size, taken.length);
    const left = new Set(rules.map(({ id }) => id).filter((id) => !taken.includes(id)));
    for (const { from, to, reason } of merges) {
      const parts = from.map((id) => byId.get(id)!);
      assert(from.length > 1);
      assert(parts.every(({ label, flags }) => label === to.label && flags === to.flags));
      assertEquals(to.priority, Math.max(...parts.map(({ priority }) => priority)));
      assert(to.name.isWellFormed() && to.name.length <= 400);
      const whole = createRule(to);
      assert(!left.has(whole.id), `${to.patterns} is a rule already`);
      assertEquals(findDefect(whole), undefined);
      assertEquals(to.support, matches.of(whole.id).length);
      if (reason !== "one alternation") continue;
      const lists = to.patterns.flatMap((pattern) => pattern.match(/\(\?:[^()]*\|[^()]*\)/g) ?? []);
      assert(lists.every((list) => list.split("|").length <= 6), to.patterns.join());
    }
  }
});

Deno.test("sequences that differ in one word become one with an alternation", () => {
  assertEquals(
    mergedPatterns(rule(String.raw`\bcard\W+declined\b`), rule(String.raw`\bpayment\W+declined\b`)),
    [[String.raw`\b(?:card|payment)\W+declined\b`]],
  );
  assertEquals(
    mergedPatterns(rule(String.raw`^\W*what\W+rates?\b`), rule(String.raw`^\W*what\W+fees?\b`)),
    [[String.raw`^\W*what\W+(?:fees?|rates?)\b`]],
  );
});

Deno.test("conjunctions that share one pattern are merged in the other", () => {
  const [one, other] = [String.raw`\bpending\b`, String.raw`\bstill\b`].map((pattern) =>
    createRule({ name: pattern, label: "a", patterns: [pattern, String.raw`\bpaym\w*`] })
  );
  assertEquals(mergedPatterns(one, other), [[
    String.raw`\b(?:pending|still)\b`,
    String.raw`\bpaym\w*`,
  ]]);
});

Deno.test("a word and its plural become one, written as such", () => {
  assertEquals(
    mergedPatterns(rule(String.raw`\bfx\W+rate\b`), rule(String.raw`\bfx\W+rates\b`)),
    [[String.raw`\bfx\W+rates?\b`]],
  );
});

Deno.test("a stem replaces words that begin with it, but not a shorter word", () => {
  assertEquals(
    mergedPatterns(rule(String.raw`\bmy\W+card\w*`), rule(String.raw`\bmy\W+cards\b`)),
    [[String.raw`\bmy\W+card\w*`]],
  );
  assertEquals(
    mergedPatterns(rule(String.raw`\bmy\W+cards\w*`), rule(String.raw`\bmy\W+cards?\b`)),
    [[String.raw`\bmy\W+(?:cards?|cards\w*)\b`]],
  );
});

Deno.test("single words are listed together only if they begin alike", () => {
  assertEquals(
    mergedPatterns(rule(String.raw`\bdecline\b`), rule(String.raw`\bdeclining\b`)),
    [[String.raw`\b(?:decline|declining)\b`]],
  );
  assertEquals(mergedPatterns(rule(String.raw`\bcard\b`), rule(String.raw`\bpayment\b`)), []);
});

Deno.test("rules of different labels, flags, exclusions or weights are not merged", () => {
  const one = rule(String.raw`\bcard\W+declined\b`);
  const changes: readonly Partial<Proposal>[] = [
    { label: "b" },
    { flags: "" },
    { not: ["rate"] },
    { weight: 3.1 },
  ];
  for (const change of changes) {
    assertEquals(mergedPatterns(one, rule(String.raw`\bpayment\W+declined\b`, change)), []);
  }
  const other = rule(String.raw`\bpayment\W+declined\b`, { weight: 3 });
  assertEquals(mergedPatterns(one, other).length, 1);
});

Deno.test("patterns that do not end with a whole word are left as they are", () => {
  const patterns = [
    [String.raw`\bcardig`, String.raw`\bcards\b`],
    [String.raw`\bdeclined\W+`, String.raw`\bdeclining\W+`],
    ["decline", "declining"],
    [String.raw`\bgrö\w*`, String.raw`\bgrün\b`],
  ];
  for (const [one, other] of patterns) assertEquals(mergedPatterns(rule(one), rule(other)), []);
});

Deno.test("a merged rule that is in the set already is not made again", () => {
  const pair = [rule(String.raw`\bfx\W+rate\b`), rule(String.raw`\bfx\W+rates\b`)];
  const there = rule(String.raw`\bfx\W+rates?\b`, { weight: 100 });
  assertEquals(mergedPatterns(...pair, there), []);
});

Deno.test("rules that match the same become the shortest of them, with the sum of the weights", () => {
  const times = (text: string) => Array(SAME_MATCHES).fill(text);
  const examples = [...examplesOf([...times("the rate"), "no"]), ...examplesOf(["rates of"], "b")];
  const short = rule(String.raw`\bthe\b`, { weight: 0.5, priority: 1 });
  const long = rule(String.raw`\bthe\W+rate\b`, { weight: 1.25, priority: 7 });
  const none = rule(String.raw`\bthe\W+rates?\b`);
  const other = rule(String.raw`\bthe\W+rate\w*`, { label: "b" });
  const merges = finish(
    findMerges([long, short, none, other], createMatches(examples, ["a", "b"])),
  );
  assertEquals(merges.map(({ from, reason }) => [from, reason]), [
    [[long.id, short.id, none.id], "same matches"],
  ]);
  const { id, ...expected } = {
    ...short,
    weight: 2.75,
    priority: 7,
    precision: 1,
    support: SAME_MATCHES,
  };
  assertEquals(merges[0].to, expected);
  assertEquals(createRule(merges[0].to).id, id);
  // Of fewer examples it could be chance.
  const some = createMatches(examples.slice(1), ["a", "b"]);
  const reasons = finish(findMerges([long, short, none, other], some)).map(({ reason }) => reason);
  assert(!reasons.includes("same matches"));
});

Deno.test("weights that are summed stay within what a rule may have", () => {
  const heavy = { weight: 9e5 };
  const texts = Array(SAME_MATCHES).fill("the rate");
  const rules = [rule(String.raw`\bthe\b`, heavy), rule(String.raw`\brate\b`, heavy)];
  const [{ to }] = finish(findMerges(rules, createMatches(examplesOf(texts), ["a"])));
  assertEquals(to.weight, 1e6);
});

Deno.test("weights of rules that match different examples are averaged, and the rule is measured", () => {
  const texts = ["card declined", "payment declined", "declined"];
  const examples = [...examplesOf(texts), ...examplesOf(["card declined card declined"], "b")];
  const rules = [
    rule(String.raw`\bcard\W+declined\b`, { weight: 1 }),
    rule(String.raw`\bpayment\W+declined\b`, { weight: 2 }),
  ];
  const [{ to }] = finish(findMerges(rules, createMatches(examples, ["a", "b"])));
  assertEquals([to.weight, to.precision, to.support], [1.5, 2 / 3, 3]);
});

Deno.test("no rules, or one rule, cannot be merged", () => {
  const matches = createMatches(examplesOf(["card"]), ["a"]);
  assertEquals(finish(findMerges([], matches)), []);
  assertEquals(finish(findMerges([rule("card")], matches)), []);
});
