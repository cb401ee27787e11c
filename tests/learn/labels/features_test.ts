import { assert, assertEquals, assertThrows } from "jsr:@std/assert@^1";
import { readAlternation } from "../../../learn/labels/alternations.ts";
import { createAtoms, syntaxOf } from "../../../learn/labels/atoms.ts";
import { extend } from "../../../learn/labels/extending.ts";
import { type FeatureIndex, indexFeatures } from "../../../learn/labels/features.ts";
import { grow } from "../../../learn/labels/growing.ts";
import { collectPostings, intersect } from "../../../learn/labels/postings.ts";
import {
  keyOfPatterns,
  type VotingRule,
  writePatterns,
} from "../../../learn/labels/voting_rules.ts";
import { createRegExp } from "../../../learn/rules/modifiers.ts";
import { finish } from "../../../learn/text/slices.ts";
import { corpora, createNastyCorpora, readExamples } from "./corpora.ts";
import { createRandom } from "../../record/generate_run.ts";
import { createEnsemble, poolOf } from "./pools.ts";

const worth = (texts: Int32Array) => texts.length;

/** The atom that stands for a word's stem, or the word, as a part of a pattern. */
function stemOf(word: string, others: readonly string[], alphabet: "ascii" | "unicode" = "ascii") {
  const { atoms, stemOf } = createAtoms([word, ...others], alphabet);
  return atoms[stemOf[0]].source;
}

/** Patterns of all candidates, several for a conjunction. */
function patternsOf(texts: readonly string[], minSupport = 1): string[][] {
  return finish(indexFeatures(texts, { minSupport, worth })).features.map((feature) =>
    feature.patterns()
  );
}

/** Runs the patterns of about `sample` candidates on every text; returns how many there were. */
function checkFaithful(texts: readonly string[], minSupport: number, sample: number): FeatureIndex {
  const index = finish(indexFeatures(texts, { minSupport, worth }));
  const { syntax: { flags }, features } = index;
  // An odd stride, so that no kind of candidate is passed over for being at even places.
  const stride = Math.ceil(features.length / sample) | 1;
  for (let at = 0; at < features.length; at += stride) {
    const { texts: expected, patterns } = features[at];
    const expressions = patterns().map((pattern) => new RegExp(pattern, flags));
    const found = [...texts.keys()].filter((text) =>
      expressions.every((expression) => expression.test(texts[text]))
    );
    if (found.join() !== expected.join()) {
      assertEquals(found, [...expected], `${patterns()}`);
    }
    assert(found.length >= minSupport, `${patterns()} has a support of ${found.length}`);
  }
  return index;
}

/**
 * Grows and extends rules of texts that are labelled at random, writes them, reads them and extends them again: their
 * patterns must match the texts that they are counted for.
 */
function checkExtended(texts: readonly string[], size: number): void {
  const random = createRandom(15);
  const examples = texts.map((text, at) => ({
    id: `${at}`,
    text,
    label: "abc"[Math.floor(random() * 3)],
  }));
  const { pool, syntax, labels } = poolOf(examples, 1);
  const expressionOf = (pattern: string) => createRegExp(pattern, syntax.flags);
  let rules: VotingRule[] = [];
  let count = 0;
  for (let time = 0; time < 2; time++) {
    const ensemble = createEnsemble(pool, rules, { syntax, labels });
    finish(grow(ensemble, size, 3, 0));
    for (let round = 0; round < 3; round++) count += finish(extend(ensemble, 0));
    rules = ensemble.rules.map((rule) => {
      const patterns = writePatterns(rule, syntax);
      const expressions = patterns.map(expressionOf);
      const found = [...texts.keys()].filter((text) =>
        expressions.every((expression) => expression.test(texts[text]))
      );
      assertEquals(found, [...rule.texts], patterns.join(" & "));
      const conditions = patterns.map((pattern) => readAlternation(pattern, syntax));
      assertEquals(writePatterns({ conditions }, syntax), patterns);
      return { ...rule, conditions };
    });
    const keys = rules.map((rule) => keyOfPatterns(rule.label, writePatterns(rule, syntax)));
    assertEquals(new Set(keys).size, keys.length, "a rule came twice");
  }
  assert(count > 20, `${count} rules were extended`);
}

Deno.test("postings hold each key's texts once, ascending, for keys of enough support", () => {
  const keys = [[7, 3, 7], [], [3, 0], [7, 3]];
  const postings = finish(collectPostings(keys, 2, (keys, emit) => keys.forEach(emit)));
  assertEquals(postings, { keys: [3, 7], texts: [Int32Array.of(0, 2, 3), Int32Array.of(0, 3)] });
});

Deno.test("postings of many keys are those that a map of sets gives", () => {
  const random = createRandom(1);
  const held = Array.from(
    { length: 300 },
    () => Array.from({ length: 40 }, () => Math.floor(random() ** 4 * 1e9)),
  );
  const sets = new Map<number, Set<number>>();
  held.forEach((keys, text) =>
    keys.forEach((key) => sets.set(key, (sets.get(key) ?? new Set()).add(text)))
  );
  const { keys, texts } = finish(collectPostings(held, 2, (keys, emit) => keys.forEach(emit)));
  const expected = [...sets].filter(([, texts]) => texts.size >= 2).sort(([a], [b]) => a - b);
  assert(expected.length > 10);
  assertEquals(keys, expected.map(([key]) => key));
  assertEquals(texts.map((texts) => [...texts]), expected.map(([, texts]) => [...texts]));
});

Deno.test("postings of no text, or of texts without keys, are empty", () => {
  for (const count of [0, 3]) {
    assertEquals(finish(collectPostings(Array(count).fill(0), 1, () => {})), {
      keys: [],
      texts: [],
    });
  }
});

Deno.test("a key that is too large for the number of texts is an error, not another key", () => {
  const collect = () => finish(collectPostings(Array(1000).fill(0), 1, (_, emit) => emit(2 ** 52)));
  assertThrows(collect, RangeError, "Cannot index 1000 texts");
});

Deno.test("the intersection of two lists is what they share", () => {
  const random = createRandom(2);
  for (let round = 0; round < 200; round++) {
    const [one, other] = [random(), random()].map((share) =>
      Int32Array.from([...Array(30).keys()].filter(() => random() < share))
    );
    assertEquals(intersect(one, other), one.filter((text) => other.includes(text)));
  }
});

Deno.test("a word and its plural are one pattern", () => {
  assertEquals(stemOf("rate", ["rates"]), "rates?");
  assertEquals(stemOf("rates", ["rate", "card"]), "rates?");
});

Deno.test("forms of a stem are a prefix pattern if no other word shares the prefix", () => {
  assertEquals(stemOf("arrive", ["arrived", "arriving"]), String.raw`arriv\w*`);
  assertEquals(stemOf("arrived", []), String.raw`arriv\w*`);
  assertEquals(stemOf("größer", ["größen"], "unicode"), String.raw`größe\p{IDC}*`);
});

Deno.test("forms of a stem are an alternation if another word shares the prefix", () => {
  assertEquals(stemOf("arrive", ["arriving", "arrivxyz"]), "(?:arrive|arriving)");
  assertEquals(stemOf("arrived", ["arrivxyz"]), "arrived");
});

Deno.test("a word that is too long to be in a pattern still counts as sharing a prefix", () => {
  const long = `arriv${"e".repeat(40)}`;
  assertEquals(stemOf("arrive", ["arriving", long]), "(?:arrive|arriving)");
  assertEquals(stemOf("arrived", [long]), "arrived");
});

Deno.test("short words that are not forms of each other are not joined", () => {
  for (const word of ["on", "one", "ones"]) {
    const others = ["on", "one", "ones"].filter((other) => other !== word);
    assertEquals(stemOf(word, others), word);
  }
});

Deno.test("a stem lists six forms at most, and the others stand for themselves", () => {
  const forms = ["aa", "bb", "cc", "dd", "ee", "ff", "gg", "hh"].map((ending) => `größe${ending}`);
  const { atoms, stemOf } = createAtoms([...forms, "größ", "größenwahn"], "unicode");
  for (const [index, form] of forms.entries()) {
    const { source } = atoms[stemOf[index]];
    assertEquals(source === form || source.split("|").length <= 6, true, source);
    assert(new RegExp(`^${source}$`, "iu").test(form));
  }
});

Deno.test("each word matches the pattern of its stem, and no word of another stem does", () => {
  const words = corpora.slice(0, 1).flatMap(({ path }) => readExamples(path))
    .flatMap(({ text }) => text.toLowerCase().match(/\w+/g) ?? []);
  const vocabulary = [...new Set([...words, "x".repeat(41), `arriv${"e".repeat(40)}`])];
  for (const alphabet of ["ascii", "unicode"] as const) {
    const { atoms, stemOf, isTooLong } = createAtoms(vocabulary, alphabet);
    const { flags } = syntaxOf(alphabet);
    for (const stem of new Set(stemOf)) {
      const expression = new RegExp(`^(?:${atoms[stem].source})$`, flags);
      vocabulary.forEach((word, index) => {
        if (isTooLong(index) && stemOf[index] === index) return;
        const isForm = stemOf[index] === stem;
        if (expression.test(word) !== isForm) throw new Error(`${word} and ${expression}`);
      });
    }
  }
});

Deno.test("no pattern holds a word that is longer than forty characters", () => {
  const [short, long] = ["x".repeat(40), "y".repeat(41)];
  const texts = [`the ${short} and ${long} here`, `the ${short} or ${long} there`, long];
  const patterns = patternsOf(texts).flat();
  assert(patterns.includes(String.raw`\b${short}\b`));
  assert(!patterns.some((pattern) => pattern.includes(long)));
});

Deno.test("candidates are words, sequences, anchors, shapes and conjunctions", () => {
  const texts = ["What rates do you get for 500?", "What rate would I get"];
  const patterns = patternsOf(texts, 2).map((patterns) => patterns.join(" & "));
  for (
    const expected of [
      String.raw`\brates?\b`,
      String.raw`\bwhat\W+rates?\b`,
      String.raw`^\W*what\b`,
      String.raw`^\W*what\W+rates?\b`,
      String.raw`\bwhat\b & \bget\b`,
    ]
  ) assert(patterns.includes(expected), `${expected} is not among ${patterns.join("  ")}`);
  assert(patternsOf(texts).some(([pattern]) => pattern === String.raw`\b\d{3}\b`));
});

Deno.test("a conjunction names its parts, and matches what both match", () => {
  const texts = createNastyCorpora(createRandom(5), 60)[0].texts;
  const { features } = finish(indexFeatures(texts, { minSupport: 1, worth }));
  const pairs = features.filter(({ parts }) => parts !== undefined);
  assert(pairs.length > 300, `${pairs.length}`);
  for (const { parts, texts, patterns } of pairs) {
    const [one, other] = parts!.map((part) => features[part]);
    assertEquals(texts, intersect(one.texts, other.texts));
    assertEquals(patterns(), [...one.patterns(), ...other.patterns()]);
  }
});

Deno.test("conjunctions are exact in texts of which only the most telling words are joined", () => {
  const random = createRandom(6);
  const word = () => `w${Math.floor(random() ** 2 * 120)}`;
  const texts = Array.from({ length: 60 }, () => Array.from({ length: 80 }, word).join(" "));
  checkFaithful(texts, 2, 3000);
});

Deno.test("no texts, one text and texts without words are indexed", () => {
  assertEquals(finish(indexFeatures([], { minSupport: 1, worth })).features, []);
  assertEquals(patternsOf(["", "", ""]), []);
  assertEquals(patternsOf(["", "?", "???"], 2), [[String.raw`\?`]]);
  const [word, anchored] = [[String.raw`\bhi\b`], [String.raw`^\W*hi\b`]];
  assertEquals(patternsOf(["hi", ""]), [word, word, anchored]);
});

Deno.test("candidates are the same whenever they are searched for", () => {
  const { texts } = createNastyCorpora(createRandom(7), 40)[6];
  const read = () => {
    const { syntax, features } = finish(indexFeatures(texts, { minSupport: 1, worth }));
    return [
      syntax,
      features.map((feature) => [[...feature.texts], feature.patterns()]),
    ];
  };
  assertEquals(read(), read());
});

for (const [place, { name, texts }] of createNastyCorpora(createRandom(11), 90).entries()) {
  Deno.test(`patterns match the texts of their postings: ${name}`, () => {
    const { syntax: { flags }, features } = checkFaithful(texts, 1, 250);
    assert(features.length > 300);
    // Each alphabet is tested: both kinds of flags, and runs without edges.
    assertEquals(flags, ["i", "iu", "iu", "i"][place] ?? flags);
    checkExtended(texts, 150);
  });
}

Deno.test("patterns match the texts of their postings: very long words and texts", () => {
  const random = createRandom(13);
  const words = [
    "rate",
    "rates",
    "arrive",
    "arrived",
    "don't",
    "42",
    "z".repeat(100_000),
    "x".repeat(41),
  ];
  const write = (length: number) =>
    Array.from({ length }, () => words[Math.floor(random() * (length > 100 ? 6 : 8))]).join(" ");
  checkFaithful(
    [...[20_000, 5_000, 12, 8, 6, 3, 1].map(write), "arriv" + "e".repeat(99_999), ""],
    1,
    500,
  );
});

for (const { name, path, ignore } of corpora) {
  Deno.test({
    name: `patterns match the texts of their postings: ${name}`,
    ignore,
    fn() {
      const texts = readExamples(path).slice(0, 1_500).map(({ text }) => text);
      const minSupport = texts.length < 100 ? 1 : 3;
      checkFaithful(texts, minSupport, Math.round(800_000 / texts.length));
      checkExtended(texts.slice(0, 300), 100);
    },
  });
}
