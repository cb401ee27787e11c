import { assert, assertEquals } from "jsr:@std/assert@^1";
import { readAlternation, writeAlternation } from "../../../learn/labels/alternations.ts";
import { syntaxOf } from "../../../learn/labels/atoms.ts";
import { indexFeatures } from "../../../learn/labels/features.ts";
import { sayRule } from "../../../learn/rules/reading.ts";
import { createRegExp } from "../../../learn/rules/modifiers.ts";
import { SHAPES } from "../../../learn/rules/reading/shapes.ts";
import { finish } from "../../../learn/text/slices.ts";
import { createRandom } from "../../record/generate_run.ts";
import { createNastyCorpora } from "./corpora.ts";

const ascii = syntaxOf("ascii");
const raw = String.raw;

Deno.test("words and phrases are written with their edges once, others each with its own", () => {
  assertEquals(writeAlternation([raw`\brates?\b`], ascii), raw`\brates?\b`);
  assertEquals(
    writeAlternation([raw`\brates?\b`, raw`\bexchang\w*`, raw`\bhow\W+much\b`], ascii),
    raw`\b(?:rates?|exchang\w*|how\W+much)\b`,
  );
  assertEquals(
    writeAlternation([raw`\brates?\b`, raw`\?`, raw`\bhttps?://|\bwww\.`, raw`^\W*what\b`], ascii),
    raw`(?:\brates?\b|\?|(?:\bhttps?://|\bwww\.)|^\W*what\b)`,
  );
  const withShape = writeAlternation([raw`\b\d{4}\b`, raw`\bplay\b`], ascii);
  assertEquals([withShape, sayRule({ patterns: [withShape] })], [
    raw`(?:\b\d{4}\b|\bplay\b)`,
    "4-digit number | play",
  ]);
});

Deno.test("an alternation is read as the patterns that it was written of", () => {
  const random = createRandom(51);
  const shapes = SHAPES.map(([, pattern]) => pattern);
  const choose = (patterns: readonly string[]) =>
    Array.from(
      { length: 2 + Math.floor(random() * 5) },
      () => patterns[Math.floor(random() * patterns.length)],
    );
  for (const { texts } of createNastyCorpora(random, 40)) {
    const worth = ({ length }: Int32Array) => length;
    const { features, syntax } = finish(indexFeatures(texts, { minSupport: 1, worth }));
    const singles = features.filter(({ parts }) => parts === undefined);
    const patterns = [...shapes, ...singles.map((feature) => feature.patterns()[0])];
    for (let round = 0; round < 200; round++) {
      const chosen = choose(patterns);
      assertEquals(readAlternation(writeAlternation(chosen, syntax), syntax), chosen);
    }
    const chosen = choose(shapes);
    const written = writeAlternation(chosen, syntax);
    assertEquals(readAlternation(written, syntax), chosen);
    const [one, ...others] = [written, ...chosen].map((one) => createRegExp(one, syntax.flags));
    for (const text of texts) {
      assertEquals(one.test(text), others.some((other) => other.test(text)), written);
    }
  }
});

/** What people, and models, write. */
const FOREIGN = [
  raw`(?:\ba\b|\bb\b)`,
  raw`(?:a|b)(?:c|d)`,
  raw`\b(?:a|b)|c(?:d)\b`,
  raw`\b(?:a|b)\b|c`,
  raw`\b(?:a|b)\b`,
  raw`\b(?:a|)\b`,
  raw`\b(?:|)\b`,
  raw`\b(?:(?:a|b))\b`,
  raw`(?:a|b)`,
  raw`(?:(?:a)|b)`,
  raw`(?:(?:a|b)|c)`,
  raw`(?:(?:a)|(?:b))`,
  raw`(?:a|b)?`,
  raw`(?:a|b){2}`,
  raw`(?:[)|(]|b)`,
  raw`(?:\(|\)|\|)`,
  raw`(?:[\]|]|c)`,
  raw`(?:(a)|b\1)`,
  raw`\b(?:(a)|b\1)\b`,
  raw`(?:a|b\\)`,
  raw`\b(?:a\\|b)\b`,
  raw`\b(?:a\b|\bb)\b`,
  raw`(?:^|a)|(?:$|b)`,
  raw`(?:(?=a|b)|c)`,
  raw`(?:(?<n>a)|b)`,
  raw`(?:a\w*|b\w*)`,
  raw`\b(?:a\w*|b\\w*)\b`,
  raw`\ba|b\b`,
  raw`a|b`,
  raw`\b`,
  "",
  "|",
];

/** Texts of the letters and signs of these patterns. */
function* createTexts(): Generator<string> {
  const random = createRandom(52);
  for (let round = 0; round < 200; round++) {
    let text = "";
    for (let left = Math.floor(random() * 7); left > 0; left--) {
      text += "aabbcdw \\()|]-"[Math.floor(random() * 14)];
    }
    yield text;
  }
}

Deno.test("patterns of others are written as they were read, and keep what they match when they are extended", () => {
  const texts = [...createTexts()];
  for (const alphabet of ["ascii", "unicode"] as const) {
    const syntax = syntaxOf(alphabet);
    for (const ascii of FOREIGN) {
      const pattern = alphabet === "ascii"
        ? ascii
        : ascii.replaceAll(/^\\b|(?<=[(|])\\b/g, syntax.left).replaceAll(/\\b/g, syntax.right)
          .replaceAll(/(?<!\\)\\w/g, syntax.word);
      const expression = createRegExp(pattern, syntax.flags);
      const parts = readAlternation(pattern, syntax);
      assertEquals(writeAlternation(parts, syntax), pattern);
      for (
        const added of [`${syntax.left}d${syntax.right}`, `${syntax.left}cd${syntax.word}*`, "-"]
      ) {
        const other = createRegExp(added, syntax.flags);
        const extended = createRegExp(writeAlternation([...parts, added], syntax), syntax.flags);
        for (const text of texts) {
          const expected = expression.test(text) || other.test(text);
          assertEquals(extended.test(text), expected, `${pattern} or ${added} on ${text}`);
        }
      }
    }
  }
});

Deno.test("patterns that only look like alternations stay one pattern", () => {
  for (
    const pattern of [
      raw`(?:\ba\b|\bb\b)`,
      raw`(?:a|b)(?:c|d)`,
      raw`\b(?:a|b)|c(?:d)\b`,
    ]
  ) {
    assertEquals(readAlternation(pattern, ascii), [pattern]);
  }
  for (const long of [`(?:${"(".repeat(20_000)}`, `(?:${"a|".repeat(20_000)})`]) {
    assert(readAlternation(long, ascii).length > 0);
  }
});
