import { assert, assertEquals, assertStringIncludes } from "jsr:@std/assert@^1";
import { checkBacktracking } from "../../../learn/rules/backtracking.ts";

type Case = readonly [pattern: string, flags?: string];

const { raw } = String;

const EXPONENTIAL: readonly Case[] = [
  [raw`(a+)+$`],
  [raw`(a|a)*$`],
  [raw`(\w+\s?)*$`],
  [raw`(a|b|ab)*c`],
  [raw`(\w|\d)*$`],
  [raw`(.*)*=`],
  [raw`(x+x+)+y`],
  [raw`(a*)*b`],
  [raw`(a|a?)+$`],
  [raw`(?:a?b?)*$`],
  [raw`(?:the|a|then|hen|n)*c`],
  [raw`([a-z]|\w)*!`],
  [raw`(.|\n|\s)*x`],
  [raw`(a{2}|a{3})*$`],
  [raw`(a{0,70}b?)*$`],
  [raw`^(([a-z])+.)+[A-Z]([a-z])+$`],
  // Ways that differ only in rounds that read nothing.
  [raw`(?:(?:|)a)*$`],
  [raw`(?:(?:(?=a)|\b|)a)*$`],
  [raw`((?:a?)+b)*$`],
  // Counts.
  [raw`(a?){30}a{30}`],
  [raw`(\w+\s?){0,20}$`],
  [raw`((a|a){5}){5}$`],
  // Lookarounds, also within a loop.
  [raw`(?=(a+)+$)b`],
  [raw`(?<!(?:a+)+b)c`],
  [raw`(?:a(?=(b+)+$))*c`],
  [raw`(?<!\p{L})(?:a+b*)+$`, "u"],
  // Backreferences.
  [raw`(?:a+|(b)\1)*$`],
  [raw`(?:(a)|\1a)*$`],
  // Flags.
  [raw`(A|a)*$`, "i"],
  [raw`(?i:(A|a)*)$`],
  [raw`(?:(?-i:[^a])|A)*$`, "i"],
  [raw`(?:ſ|s)*$`, "iu"],
  [raw`(?:.|\n)*$`, "s"],
  [raw`[\q{aa|a}]+$`, "v"],
];

const SAFE: readonly Case[] = [
  [raw`\b(?:a|b)+\b`],
  [raw`^(?:\d{1,3}\.){3}\d{1,3}$`],
  [raw`(foo|far|bar)+x`],
  [raw`(?:\w+\W+){0,30}x`],
  [raw`(?:\w+\s+){0,3}x`],
  [raw`^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}x`],
  [raw`\b(exchange|conversion)\s+rates?\b.*\b(?:abroad|foreign)\b`],
  [raw`^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$`],
  [raw`"(?:[^"\\]|\\.)*"`],
  [raw`(?:(?:\d{3},)+\d{3};)*`],
  [raw`(?:(?=a+)ab)*`],
  [raw`(?:aa|a[])*b`],
  [raw`\)+(a)[)*]`],
  // V8 gives up on a round that reads nothing.
  [raw`(a?)*$`],
  [raw`(a?)+$`],
  [raw`((?:a?)?b)*$`],
  // Few repeats, or one way to count.
  [raw`(?:\w+\s?){0,5}x`],
  [raw`(?:a{3}){30}`],
  // Backreferences.
  [raw`(\w+)\s+\1`],
  [raw`(\w)(?:-\1)+`],
  [raw`(['"])(?:(?!\1).)*\1`],
  // Flags.
  [raw`(A|a)*$`],
  [raw`(?:ſ|s)*$`, "i"],
  [raw`(?:.|\n)*$`],
  [raw`(?-i:\b[A-Z]{3,}\b)`, "i"],
  [raw`(?:\p{Lu}\p{Ll}*\s+)+x`, "u"],
  [raw`[\w--\d]+`, "v"],
  [raw`(?:[\q{ab|cd}])*`, "v"],
];

for (const [pattern, flags = ""] of EXPONENTIAL) {
  Deno.test(`/${pattern}/${flags} is refused as exponential`, () => {
    new RegExp(pattern, flags);
    assertStringIncludes(
      checkBacktracking(pattern, flags) ?? "accepted",
      "exponentially many ways",
    );
  });
}

for (const [pattern, flags = ""] of SAFE) {
  Deno.test(`/${pattern}/${flags} is accepted`, () => {
    new RegExp(pattern, flags);
    assertEquals(checkBacktracking(pattern, flags), undefined);
  });
}

Deno.test("the reason quotes the loop, cut to 60 code units", () => {
  assertEquals(
    checkBacktracking(raw`\bcard (?:\w+\s?)*\bfee`, "i"),
    raw`"(?:\w+\s?)*" can read the same text in exponentially many ways`,
  );
  const reason = checkBacktracking(`(?:${"😀".repeat(70)}|a|a)*`, "u") ?? "";
  assertEquals(reason.slice(1, reason.indexOf('" can')).length, 60);
  assert(reason.isWellFormed());
});

Deno.test("polynomial backtracking is accepted", () => {
  assertEquals(checkBacktracking(raw`\w*\w*\w*(?:a|b)*x`, ""), undefined);
});

/** Runs a pattern on V8 in another process; `undefined` if V8 does not answer within half a second. */
async function runInV8(pattern: string, text: string): Promise<boolean | undefined> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `const regex = new RegExp(${JSON.stringify(pattern)});
      Deno.stdout.writeSync(new TextEncoder().encode("started"));
      Deno.exit(regex.test(${JSON.stringify(text)}) ? 10 : 11);`,
    ],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  assertEquals(new TextDecoder().decode((await reader.read()).value), "started");
  const timer = setTimeout(() => child.kill("SIGKILL"), 500);
  const { code, signal } = await child.status;
  clearTimeout(timer);
  await reader.cancel();
  if (signal !== null) return undefined;
  assert(code === 10 || code === 11);
  return code === 10;
}

const IN_V8: readonly [pattern: string, text: string, verdict: "refused" | "accepted"][] = [
  [raw`^(?:\w+\s?)*$`, "a".repeat(60) + "!", "refused"],
  [raw`^(?:a?){30}$`, "a".repeat(30) + "!", "refused"],
  [raw`^(?:a?){0,30}$`, "a".repeat(30) + "!", "accepted"],
  [raw`^(?:(?:a?)+b)*$`, "ab".repeat(40) + "!", "refused"],
  [raw`^(?:(?:a?)?b)*$`, "ab".repeat(40) + "!", "accepted"],
  [raw`(?:\w+\W+){0,30}x`, "a ".repeat(100), "accepted"],
];

for (const [pattern, text, verdict] of IN_V8) {
  Deno.test(`/${pattern}/ is ${verdict}, and V8 agrees`, async () => {
    assertEquals(checkBacktracking(pattern, "") === undefined, verdict === "accepted");
    assertEquals(await runInV8(pattern, text), verdict === "accepted" ? false : undefined);
  });
}

const DATA = new URL("../../../../shared/data/rulechef/", import.meta.url);

function isThere(url: URL): boolean {
  try {
    return Deno.statSync(url).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test({
  name: "of 256 rules that a language model wrote, the one with an ambiguous loop is refused",
  ignore: !isThere(DATA),
  fn() {
    const refused: string[] = [];
    for (const file of ["rules_banking77_108", "rules_banking77_126", "rules_tab_22"]) {
      const rules: { id: string; content: string }[] = JSON.parse(
        Deno.readTextFileSync(new URL(`${file}.json`, DATA)),
      );
      for (const { id, content } of rules) {
        const pattern = content.replace(/^\(\?i\)/, "");
        const flags = pattern === content ? "" : "i";
        if (checkBacktracking(pattern, flags) !== undefined) refused.push(id);
      }
    }
    // (?:[A-Z][a-z]*(?:-[A-Z][a-z]*)*\.?\s*)+ reads "AA" in one round or in two.
    assertEquals(refused, ["t22-012"]);
  },
});

/** Makes `count` strings, each from its number. */
function many(count: number, create: (index: number) => string, separator = ""): string {
  return Array.from({ length: count }, (_, index) => create(index)).join(separator);
}

const han = (index: number) => String.fromCodePoint(0x4e00 + index);

const HOSTILE: Record<string, Case> = {
  "nested groups": ["(".repeat(660) + "a" + ")*".repeat(660)],
  "nested lookaheads": [`${"(?=".repeat(390)}a${")*".repeat(390)}`],
  "optional characters": [`(?:x${"a?".repeat(900)})*`],
  "different optional characters": [`(?:x${many(600, (index) => `${han(index)}?`)})*`],
  "empty alternatives": [`(?:${"|".repeat(1_900)})*`],
  "one-character alternatives": [`(?:${many(900, han, "|")})*`, "iu"],
  "words": [`(?:${many(320, (index) => `w${1_000 + index}`, "|")})*!`],
  "common prefixes": [`(?:${many(60, (index) => `${"a".repeat(index)}b`, "|")})*c`],
  "long overlaps": [`(?:${many(130, (index) => `.{9}${index}`, "\\n|")}\\n)*`],
  "counts in counts": ["(?:(?:(?:x{64}){64}){64}){64}"],
  "many counts": ["(?:(?:x{60}y){30}){6,}".repeat(80)],
  "backreferences to backreferences": [
    `(?:()${many(180, (index) => `(\\${index + 1}\\${index + 1})`)})*`,
  ],
  "backreferences in a circle": [raw`(?:(a\2)(b\1))*`],
  "properties": [`(?:${many(250, () => raw`[\p{L}]`)})*`, "iu"],
  "properties under the limit": [`(?:${many(48, (index) => raw`[\p{L}${han(index)}]`)})*`, "iu"],
  "emoji": [`(?:[${raw`\p{RGI_Emoji}`.repeat(48)}])*`, "v"],
};

for (const [name, [pattern, flags = ""]] of Object.entries(HOSTILE)) {
  // A check that takes for ever would hang the tests.
  Deno.test(`a hostile pattern of ${name} is checked to the end`, () => {
    assert(pattern.length <= 2_000);
    new RegExp(pattern, flags);
    const reason = checkBacktracking(pattern, flags);
    assert(reason === undefined || reason.length > 0);
  });
}

Deno.test("a pattern past a limit is refused as too complex", () => {
  for (
    const [pattern, flags = ""] of [
      [`(?:${"ab".repeat(1_000)})*`],
      HOSTILE["properties"],
      HOSTILE["many counts"],
      HOSTILE["backreferences to backreferences"],
      HOSTILE["backreferences in a circle"],
      HOSTILE["different optional characters"],
      HOSTILE["emoji"],
    ]
  ) {
    assertStringIncludes(checkBacktracking(pattern, flags) ?? "accepted", "too complex to check");
  }
});

// A backtracking matcher that counts its steps, over random small patterns.

type Pattern =
  | { readonly kind: "letter"; readonly letter: string }
  | { readonly kind: "sequence" | "choice"; readonly parts: readonly Pattern[] }
  | { readonly kind: "*" | "?"; readonly body: Pattern }
  | { readonly kind: "+"; readonly body: Pattern; readonly more: Pattern };

/** Returns a generator of numbers from 0 to below 1, the same for the same seed (Mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Makes a pattern of `letters` letters. */
function createPattern(letters: number, random: () => number): Pattern {
  if (random() < 0.35) {
    const kind = (["*", "+", "?"] as const)[Math.floor(random() * 3)];
    const body = createBody(letters, random);
    return kind === "+" ? { kind, body, more: { kind: "*", body } } : { kind, body };
  }
  return createBody(letters, random);
}

function createBody(letters: number, random: () => number): Pattern {
  if (letters === 1) return { kind: "letter", letter: random() < 0.6 ? "a" : "b" };
  const left = 1 + Math.floor(random() * (letters - 1));
  const parts = [createPattern(left, random), createPattern(letters - left, random)];
  return { kind: random() < 0.5 ? "sequence" : "choice", parts };
}

function render(pattern: Pattern): string {
  switch (pattern.kind) {
    case "letter":
      return pattern.letter;
    case "sequence":
      return pattern.parts.map((part) => `(?:${render(part)})`).join("");
    case "choice":
      return `(?:${pattern.parts.map(render).join("|")})`;
    default:
      return `(?:${render(pattern.body)})${pattern.kind}`;
  }
}

/** Counts the steps, up to `limit`, until `pattern` has failed to match the whole of `text`. */
function countSteps(pattern: Pattern, text: string, limit: number): number {
  let steps = 0;
  match(pattern, 0, (at) => at === text.length);
  return steps;

  function match(node: Pattern, at: number, next: (at: number) => boolean): boolean {
    if (++steps >= limit) return true; // ends the search
    switch (node.kind) {
      case "letter":
        return text[at] === node.letter && next(at + 1);
      case "sequence":
        return match(node.parts[0], at, (end) => match(node.parts[1], end, next));
      case "choice":
        return node.parts.some((part) => match(part, at, next));
      case "+":
        return match(node.body, at, (end) => match(node.more, end, next));
      case "*":
        return match(node.body, at, (end) => end > at && match(node, end, next)) || next(at);
      case "?":
        return match(node.body, at, (end) => end > at && next(end)) || next(at);
    }
  }
}

const MAX_STEPS = 1_000_000;

/**
 * Whether the steps over `prefix`, more and more of `word`, and "!" grow exponentially: twice the
 * text takes the square of the steps if so, and at most 2^degree (here 2^4) times the steps if not.
 */
function isExponential(pattern: Pattern, prefix: string, word: string): boolean {
  let before = Infinity;
  for (let times = 2; times * word.length <= 64; times *= 2) {
    const steps = countSteps(pattern, `${prefix}${word.repeat(times)}!`, MAX_STEPS);
    if (steps > 20 * before) return true;
    before = steps;
  }
  return false;
}

/** Lists all words over a and b of `from` to `to` letters, except those that repeat a shorter one. */
function words(from: number, to: number): string[] {
  const all: string[] = [];
  for (let length = from; length <= to; length++) {
    for (let number = 0; number < 2 ** length; number++) {
      const bits = length === 0 ? "" : number.toString(2).padStart(length, "0");
      all.push(bits.replaceAll("0", "a").replaceAll("1", "b"));
    }
  }
  return all.filter((word) => !/^(.+)\1+$/.test(word));
}

Deno.test("random patterns are refused if and only if a backtracking matcher takes exponential time", () => {
  const random = createRandom(7);
  // Short texts show most: safe patterns are tried on those, others on all texts.
  const texts = words(0, 2).flatMap((prefix) => words(1, 4).map((word) => ({ prefix, word })));
  const more = words(0, 3).flatMap((prefix) => words(1, 6).map((word) => ({ prefix, word })));
  const counts = { refused: 0, accepted: 0 };
  for (let round = 0; round < 300; round++) {
    const pattern = createPattern(2 + Math.floor(random() * 4), random);
    const source = `^${render(pattern)}$`;
    const refused = checkBacktracking(source, "") !== undefined;
    const witness = (refused ? [...texts, ...more] : texts).find(({ prefix, word }) =>
      isExponential(pattern, prefix, word)
    );
    assertEquals(
      { source, exponential: witness !== undefined },
      { source, exponential: refused },
      JSON.stringify(witness),
    );
    counts[refused ? "refused" : "accepted"]++;
  }
  assert(counts.refused > 30 && counts.accepted > 100, JSON.stringify(counts));
});
