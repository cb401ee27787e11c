/** Patterns and texts on which engines do not agree. */
import { createRule, type Rule } from "../../learn/rules/rule.ts";
import { requireRunnable } from "../../learn/rules/running.ts";
import { createDice, createText, ODD } from "../learn/rules/engine_texts.ts";

const { raw } = String;

const ANY = [
  raw`\bpay(?:ment)?s?\b`,
  raw`^\W*can\b`,
  raw`\ba\W+(?:\w+\W+){1,2}s`,
  raw`k`,
  raw`s+k`,
  raw`\bs|k\b`,
  raw`[^s]k`,
  raw`\w`,
  raw`^\W+$`,
  raw`^\w+$`,
  raw`\B`,
  raw`a\B.`,
  raw`^.$`,
  raw`^..$`,
  raw`a.b`,
  raw`a.{2}b`,
  raw`a.{1,3}?s`,
  raw`^[^]{3,4}$`,
  raw`[^]|b`,
  raw`[]|b`,
  raw`\s`,
  raw`^\S+$`,
  raw`\d\D`,
  raw`[\d\s]{2,3}`,
  raw`^a|1$`,
  raw`a$`,
  raw`é|ß|σ|µ`,
  raw`[à-ÿ]`,
  raw`[^à-ÿ]b`,
  raw`[A-Z]`,
  raw`\x61\u0062|\cJ|\t|\0`,
  raw`(?:|a)b`,
  raw`(?:a{2,3}?|b{0,2})1`,
  raw`(?<name>a|s)(\d)?`,
  raw`(?-i:a)b`,
  raw`(?i:s)k`,
  raw`(?s:.)a`,
  raw`(?m:^)a|(?m:b$)`,
  raw`(?<!a)s`,
  raw`s(?!k)`,
  raw`(?<![\w-])a(?![\w-])`,
  raw`a(?!\w).*s`,
  raw`a(?=[sk]).*(?<=[12])k`,
  raw`(?:a(?!s)|b)+k?`,
  raw`(?<=^|\s)a(?=\s|$)`,
  raw`b(?=.*a)`,
  raw`^(?=.*a)(?!.*s)(?=.*k.)`,
  raw`^(?=.*\bs)(?!a).*1$`,
  raw`(?=.*a)(?=.*s)k`,
  raw`(?<=a.)k`,
  raw`(a)\1`,
  raw`ı|İ|i`,
  raw`ǆ|ﬁ`,
  raw`s(?:^|$)+`,
  raw`"'\\&&~~--||[[]`,
  raw`[-&~|\[\]^'"\\]+_`,
  raw`a++`.replace("++", raw`\++`),
  raw`a{1,2}{0}`.replace("{0}", "b?"),
];
const UNICODE = [
  raw`\p{L}+s`,
  raw`^\P{L}+$`,
  raw`[\p{Lu}\d]k`,
  raw`[^\p{Lu}]k`,
  raw`\u{1F600}|\u{10400}`,
  "[😀𐐀]",
  raw`(?<!\p{IDC})a(?!\p{IDC})`,
  raw`(?<![\p{L}\p{N}_])a(?![\p{L}\p{N}_])[^\n]*(?<![\p{L}\p{N}_])s`,
];
const SETS = [raw`[\p{L}--[a-k]]s`, raw`[\w&&[^a]]k`, raw`[\q{as|k}]`];
const HALVES = [
  raw`\ud83d`,
  raw`[\ud83d\ude00]`,
  "😀",
  "a😀?b",
  "😀.",
  raw`[\u2000-\uffff]`,
  raw`[^\uffff]a`,
];

/** Returns rules with a pattern each: listed ones under all flags, then random ones. */
export function createRules(seed: number, count: number): Rule[] {
  const listed = ["", "i", "is", "m", "u", "iu", "v", "iv"].flatMap((flags) => {
    const more = /[uv]/.test(flags) ? UNICODE : HALVES;
    return [...ANY, ...more, ...(flags.includes("v") ? SETS : [])].map((pattern) => ({
      pattern,
      flags,
    }));
  });
  const roll = createDice(seed);
  const random = Array.from({ length: count }, (_, at) => ({
    pattern: createPattern(roll, 1 + roll(4)),
    flags: ["", "i", "u", "iu", "m", "iv"][at % 6],
  }));
  return [...listed, ...random].flatMap(({ pattern, flags }, at) => {
    const rule = createRule({
      name: `${at} ${pattern}`,
      label: `l${at}`,
      patterns: [pattern || "a"],
      flags,
    });
    try {
      requireRunnable([rule]);
      return [rule];
    } catch {
      return [];
    }
  });
}

const ATOMS = [
  ..."ask1 -",
  ...[
    ".",
    raw`\w`,
    raw`\W`,
    raw`\b`,
    raw`\B`,
    raw`\s`,
    raw`\S`,
    "[^a]",
    "[a-k]",
    "[^ks]",
    "^",
    "$",
  ],
  ...["(?!a)", "(?=s)", "(?<!k)", "(?<=a)", raw`(?!\w)`, raw`(?<!\w)`, raw`(?=\s|$)`, raw`\d`],
];
const COUNTS = ["", "", "", "", "*", "+", "?", "{2}", "{1,3}", "+?"];

function createPattern(roll: (limit: number) => number, depth: number): string {
  return Array.from({ length: 1 + roll(3) }, () => {
    const kind = roll(8);
    if (kind === 0 && depth > 0) return `(?:${createPattern(roll, depth - 1)})${COUNTS[roll(10)]}`;
    if (kind === 1 && depth > 0) {
      return `(?:${createPattern(roll, depth - 1)}|${createPattern(roll, depth - 1)})`;
    }
    const atom = ATOMS[roll(ATOMS.length)];
    return atom +
      (/^(?:\(|\\b|\\B|\^|\$)/i.test(atom) && atom.length !== 2 || /^(?:\\[bB]|[$^])$/.test(atom)
        ? ""
        : COUNTS[roll(10)]);
  }).join("");
}

/** Returns texts of odd characters, all valid Unicode. */
export function createTexts(seed: number, count: number): string[] {
  const roll = createDice(seed);
  const made = Array.from(
    { length: count },
    () => createText(roll, 1 + roll(9), roll(3) > 0 ? ODD : "aasskk1 -\n😀K"),
  );
  return [
    ...new Set([
      "",
      "😀",
      "a😀b",
      "😀a",
      "a😀",
      "\uffff",
      "a\uffffb",
      "Payments?",
      "can I",
      "PAYſ",
      "pay\u2028s",
      ...made,
    ]),
  ];
}
