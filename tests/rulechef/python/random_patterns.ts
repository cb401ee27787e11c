/** Random patterns of Python, of all the syntax that a translation has to get right. */

const LETTERS = [..."aabbciIxéßſσςΣяК_1٣²½₂İıK\u0301\u200d\u0345日𐐀𐐨😀 \n-.'"];
const CLASSES = [
  ...[
    String.raw`\w`,
    String.raw`\d`,
    String.raw`\s`,
    String.raw`\W`,
    String.raw`\D`,
    String.raw`\S`,
    ".",
  ],
  ...[
    "[a-c]",
    "[^a]",
    "[ix]",
    "[A-Z]",
    "[a-z]",
    "[^a-z]",
    "[^I]",
    "[İé]",
    "[^ı ]",
    "[а-я]",
    "[À-ſ]",
  ],
  ...[
    String.raw`[\w-]`,
    String.raw`[^\W\d]`,
    String.raw`[\s\d]`,
    String.raw`[^\s,]`,
    String.raw`[\Wi]`,
  ],
  ...["[^.]", "[]a]", "[^]]", "[[a]", "[a&&b]", String.raw`[\]i-k]`, String.raw`[\s\S]`],
];
const EDGES = [
  ...[String.raw`\b`, String.raw`\b`, String.raw`\B`, "^", "$", String.raw`\A`, String.raw`\Z`],
];
const COUNTS = ["*", "+", "?", "{2}", "{1,2}", "{,2}", "{2,}", "{0}"];
const FLAGS = [
  "",
  "",
  "",
  "",
  "(?i)",
  "(?i)",
  "(?i)",
  "(?im)",
  "(?s)",
  "(?m)",
  "(?a)",
  "(?ia)",
  "(?x)",
];

/** Returns a pattern that may be invalid. `random` draws from 0 to 1. */
export function drawPattern(random: () => number): string {
  let groups = 0;
  const names: string[] = [];
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)];

  function drawAtom(depth: number): string {
    const share = random();
    if (share < 0.45) return escape(pick(LETTERS));
    if (share < 0.62) return pick(CLASSES);
    if (share < 0.68) return pick(EDGES);
    if (depth === 0) return pick(["ab", "a", "b", "ai", "1"]);
    if (share < 0.72 && groups > 0) return `\\${1 + Math.floor(random() * groups)}`;
    if (share < 0.73 && names.length > 0) return `(?P=${pick(names)})`;
    if (share < 0.76 && groups > 0) {
      const no = random() < 0.5 ? `|${drawSequence(0)}` : "";
      return `(?(${1 + Math.floor(random() * groups)})${drawSequence(0)}${no})`;
    }
    return drawGroup(depth);
  }

  function drawGroup(depth: number): string {
    const share = random();
    if (share < 0.25) return `(?:${drawChoice(depth - 1)})`;
    if (share < 0.5) {
      // It may be referred to from inside, which is refused.
      const body = drawChoice(depth - 1);
      groups++;
      if (random() < 0.8) return `(${body})`;
      names.push(`n${groups}`);
      return `(?P<n${groups}>${body})`;
    }
    if (share < 0.72) return `(?>${drawChoice(depth - 1)})`;
    if (share < 0.8) return `(?=${drawChoice(depth - 1)})`;
    if (share < 0.86) return `(?!${drawChoice(depth - 1)})`;
    if (share < 0.94) {
      return `(?<${pick(["=", "!"])}${pick(LETTERS.slice(0, 6))}${
        pick(["", "b", ".", String.raw`\s`])
      })`;
    }
    return `(?${pick(["i", "-i", "s", "a", "u", "ai"])}:${drawChoice(depth - 1)})`;
  }

  function drawSequence(depth: number): string {
    const length = Math.floor(random() * 4) + (random() < 0.93 ? 1 : 0);
    return Array.from({ length }, () => {
      const atom = drawAtom(depth);
      if (random() < 0.62) return atom;
      return `${atom}${pick(COUNTS)}${pick(["", "", "", "?", "+", "+"])}`;
    }).join("");
  }

  function drawChoice(depth: number): string {
    const length = random() < 0.7 ? 1 : random() < 0.8 ? 2 : 3;
    return Array.from({ length }, () => drawSequence(depth)).join("|");
  }

  return pick(FLAGS) + drawChoice(2);
}

function escape(letter: string): string {
  return letter === "." ? "\\." : letter;
}

/** Texts of characters on which engines differ. */
export const ODD_TEXTS: readonly string[] = [
  "",
  "aab abb aabb ab1 1a1",
  "baab cabac aaa bbb xaxb",
  "Is it iI Ii? IİIıiİ ıiı xi İ",
  "limit LIMIT lımıt LİMİT i I",
  "दरवाज़ा हिन्दी\u200dकक \u200c",
  "e\u0301a a\u0301b i\u0307 \u0345ΑΙ",
  "CO₂ x²y ½a ²a1 Ⅷa ⓐb",
  "٣4a १२ _1_ a_b",
  "σςΣ ſsS ßẞ KkK åÅ яЯ",
  "𐐀𐐨a 😀b 日a本 𝟙1",
  "a\nb\r\nab\u2028a\u0085b\n",
  "a\u001cb\u001f a\u00a0b\u3000b\ufeffa",
  "a-b.c, 'a' \"b\" [a] (a) {a}",
  "aaaaaaaaab",
  "ababababac\n",
];
