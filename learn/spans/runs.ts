/**
 * Runs: consecutive tokens that read as one name, such as `Bank of England` or `J. R. Smith`.
 *
 * @module
 */
import { compareCodeUnits } from "../text/folding.ts";
import { type SpanCorpus, WORD } from "./tokens.ts";
import { getOrCreate } from "../text/maps.ts";

/** One kind of run: its regular expression, and where the runs of the kind end. */
export interface NameRun {
  readonly source: string;
  /** How general the kind is; see `Level` of elements. */
  readonly level: 2 | 3;
  /** The edge that a run ends with; it begins with that of a word. */
  readonly last: "word" | "none";
  /** For each token the token after the longest run that begins there, or -1. */
  readonly ends: Int32Array;
}

/** The runs of a corpus. */
export interface NameRuns {
  readonly runs: readonly NameRun[];
  /** Tells whether a token is a capitalised word. */
  isName(token: number): boolean;
  /** Tells whether a token is one of the small words inside of names, such as `of`. */
  isLink(token: number): boolean;
}

/** Source of a capitalised word. */
export const NAME = String.raw`\p{Lu}\p{IDC}{0,30}`;
const NEXT_NAME = `[-'’ ]${NAME}`;
const INITIAL = String.raw`\p{Lu}\.`;
/** Most links, and the least number of different texts in which a link must be found inside of names. */
const MAX_LINKS = 8;
const MIN_LINK_TEXTS = 4;

/** Finds the runs of names, of names with links, of initials and names, and of initials. */
export function findRuns(corpus: SpanCorpus): NameRuns {
  const { kinds, words, gaps, gapNames, size } = corpus;
  const isName = (token: number) => kinds[token] === WORD && /^\p{Lu}/u.test(words[token]);
  const links = findLinks(corpus, isName);
  const isLink = (token: number) => links.includes(words[token]);
  const isSpaced = (token: number) => gapNames[gaps[token]] === " ";
  const isJoined = (token: number) => gapNames[gaps[token]] === "";
  const isInitial = (token: number) =>
    /^\p{Lu}$/u.test(words[token]) && words[token + 1] === "." && isJoined(token + 1);

  const [plain, linked, person, initials] = [0, 1, 2, 3].map(() =>
    new Int32Array(size + 2).fill(-1)
  );
  for (let token = size - 1; token >= 0; token--) {
    if (!isName(token)) continue;
    const next = token + 1;
    const isHyphened = /^[-'’]$/.test(words[next]) && isJoined(next) &&
      isJoined(next + 1) && isName(next + 1);
    for (const ends of [plain, linked]) {
      ends[token] = next;
      if (isName(next) && isSpaced(next)) ends[token] = ends[next];
      else if (isHyphened) ends[token] = ends[next + 1];
    }
    if (linked[token] === next) {
      let link = next;
      while (link < next + 2 && isSpaced(link) && isLink(link)) link++;
      if (link > next && isName(link) && isSpaced(link)) linked[token] = linked[link];
    }
    if (!isInitial(token)) continue;
    const after = token + 2;
    const isClose = isName(after) && (isSpaced(after) || isJoined(after));
    initials[token] = isClose && isInitial(after) ? initials[after] : after;
    if (isClose) person[token] = isInitial(after) ? person[after] : plain[after];
  }

  const link = `(?:${links.join("|")})`;
  // At most five rounds: if case is ignored, a name cannot be told from a link.
  const linkedSource = `${NAME}(?:[-'’ ](?:${link} (?:${link} )?)?${NAME}){0,5}`;
  const personSource = `(?:${INITIAL} ?){1,4}${NAME}(?:${NEXT_NAME}){0,4}`;
  const runs: NameRun[] = [
    { source: `${NAME}(?:${NEXT_NAME}){0,7}`, level: 3, last: "word", ends: plain },
    { source: linkedSource, level: 3, last: "word", ends: linked },
    { source: personSource, level: 2, last: "word", ends: person },
    { source: `(?:${INITIAL} ?){0,3}${INITIAL}`, level: 2, last: "none", ends: initials },
  ];
  return { runs: links.length > 0 ? runs : runs.toSpliced(1, 1), isName, isLink };
}

/** Finds the small words inside of gold spans that are names: those in the most texts, sorted. */
function findLinks(corpus: SpanCorpus, isName: (token: number) => boolean): string[] {
  const { golds, kinds, words, textOf, firstOf, minSupport } = corpus;
  const texts = new Map<string, Set<number>>();
  for (const { start, end } of golds) {
    if (!isName(start) || !isName(end - 1)) continue;
    for (let token = start + 1; token < end - 1; token++) {
      if (kinds[token] !== WORD || !/^\p{Ll}+$/u.test(words[token])) continue;
      getOrCreate(texts, words[token], () => new Set()).add(firstOf[textOf[token]]);
    }
  }
  const least = Math.max(MIN_LINK_TEXTS, minSupport);
  return [...texts].filter(([, { size }]) => size >= least)
    .sort(([a, m], [b, n]) => n.size - m.size || compareCodeUnits(a, b))
    .slice(0, MAX_LINKS).map(([word]) => word).sort();
}
