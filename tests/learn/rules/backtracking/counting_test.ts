import { assert, assertEquals } from "jsr:@std/assert@^1";
import { boundBacktracking, checkBacktracking } from "../../../../learn/rules/backtracking.ts";

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

/**
 * Matches as V8 does, by backtracking.
 *
 * @param next tells whether the rest of the text, from `at` on, matches what follows
 * @param visit is told of each part that is tried; true ends the search
 */
function match(
  node: Pattern,
  text: string,
  at: number,
  next: (at: number) => boolean,
  visit: (node: Pattern) => boolean,
): boolean {
  return matchNode(node, at, next);

  function matchNode(node: Pattern, at: number, next: (at: number) => boolean): boolean {
    if (visit(node)) return true;
    switch (node.kind) {
      case "letter":
        return text[at] === node.letter && next(at + 1);
      case "sequence":
        return matchNode(node.parts[0], at, (end) => matchNode(node.parts[1], end, next));
      case "choice":
        return node.parts.some((part) => matchNode(part, at, next));
      case "+":
        return matchNode(node.body, at, (end) => matchNode(node.more, end, next));
      case "*":
        return matchNode(node.body, at, (end) => end > at && matchNode(node, end, next)) ||
          next(at);
      case "?":
        return matchNode(node.body, at, (end) => end > at && next(end)) || next(at);
    }
  }
}

/** Counts the steps, up to `limit`, until `pattern` has failed to match the whole of `text`. */
function countSteps(pattern: Pattern, text: string, limit: number): number {
  let steps = 0;
  match(pattern, text, 0, (at) => at === text.length, () => ++steps >= limit);
  return steps;
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
  for (let round = 0; round < 200; round++) {
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
  assert(counts.refused > 20 && counts.accepted > 70, JSON.stringify(counts));
});

/**
 * Counts what a backtracking matcher tries until it has failed from each start: letters, and ends of
 * the pattern, at which it always fails.
 */
function countTries(pattern: Pattern, text: string): number {
  let tries = 0;
  const fail = () => {
    tries++;
    return false;
  };
  const countLetter = ({ kind }: Pattern) => {
    if (kind === "letter") tries++;
    return false;
  };
  for (let start = 0; start <= text.length; start++) match(pattern, text, start, fail, countLetter);
  return tries;
}

/** Finds the bound of the steps, up to a tenth more, by asking how often it fits. */
function findBound(source: string, length: number): number {
  const { allows } = boundBacktracking(source, "");
  let times = 1;
  while (allows(length, times * 1.1)) times *= 1.1;
  return 100_000_000 / times;
}

Deno.test("a backtracking matcher never takes more steps than the bound", () => {
  const random = createRandom(11);
  let compared = 0;
  let closest = 0;
  for (let round = 0; round < 120; round++) {
    const pattern = createPattern(2 + Math.floor(random() * 7), random);
    // The empty class matches nothing, so that all ways are tried.
    const source = `${render(pattern)}[]`;
    if (checkBacktracking(source, "") !== undefined) continue;
    for (const length of [1, 3, 6, 9]) {
      const bound = findBound(source, length);
      for (let text = 0; text < 12; text++) {
        const letters = Array.from({ length }, () => random() < 0.7 ? "a" : "b").join("");
        const tries = countTries(pattern, text === 0 ? "a".repeat(length) : letters);
        assert(tries <= bound, `/${source}/ on ${letters}: ${tries}, not at most ${bound}`);
        closest = Math.max(closest, tries / bound);
        compared++;
      }
    }
  }
  assert(compared > 2_500 && closest > 0.5, `${compared} ${closest}`);
});
