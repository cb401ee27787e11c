/**
 * Reads a log of feedback: JSON Lines, as `--predict` writes and people mend them, or with an `outcome`.
 *
 * @module
 */
import { checkString, checkUnlabelled } from "../../../learn/data/checks.ts";
import {
  FIELD_NAMES,
  listFields,
  outcomeOf,
  OUTCOMES,
  type ReviewOutcome,
} from "../../../learn/data/fields.ts";
import { parseLines } from "../../../learn/data/formats.ts";
import { Digest } from "../../../learn/text/digest.ts";
import { describeKind, isRecord, own } from "../../../learn/text/json.ts";
import { quote } from "../../../learn/text/quoting.ts";
import { readInput } from "../../../learn/text/reading.ts";
import type { FeedbackLine } from "./format.ts";

/** Options of {@linkcode parseFeedback}. */
export interface FeedbackOptions {
  /**
   * Whether each line was reviewed, so that one whose label is still the one given was accepted. Otherwise nobody is
   * taken to have looked at it, unless its `outcome` says so.
   *
   * @default false
   */
  readonly reviewed?: boolean;
}

/** The most characters of `at`. */
const MAX_TIME = 100;

/**
 * Reads the log of feedback of a file, or of standard input for the path `-`.
 *
 * @throws {Error} if it cannot be read, naming it
 * @throws {Deno.errors.NotCapable} if the permission is missing
 * @throws {SyntaxError | TypeError | RangeError} as {@linkcode parseFeedback} does
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { readFeedbackLog } from "./log.ts";
 *
 * const path = await Deno.makeTempFile({ suffix: ".jsonl" });
 * await Deno.writeTextFile(path, '{"text": "my card", "given": "card", "outcome": "rejected"}\n');
 * assertEquals(await readFeedbackLog(path), [
 *   { line: 1, text: "my card", given: "card", outcome: "rejected" },
 * ]);
 * await Deno.remove(path);
 * ```
 */
export async function readFeedbackLog(
  path: string,
  options: FeedbackOptions = {},
): Promise<FeedbackLine[]> {
  const { text, source } = await readInput(path);
  return parseFeedback(text, source, options);
}

/**
 * Parses a log of feedback: a line of JSON `{ text, given, outcome?, label?, set?, at?, id? }` for each text that rules
 * answered. Other fields are ignored. What a person made of an answer is what `outcome` says. Without it, another label
 * is a correction, a label that was taken away (`null`) a rejection, and the same label, or no field for one, is an
 * answer that nobody reviewed.
 *
 * @param source what errors call the text: `Cannot read <source>: line 3: …`
 * @throws {SyntaxError} if a line is not JSON
 * @throws {TypeError} if a field is missing or has the wrong type, naming the line
 * @throws {RangeError} if a field has a value that is not allowed, fields contradict each other, or there is no line
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { parseFeedback } from "./log.ts";
 *
 * const log = `{"text": "my card", "given": "card", "outcome": "accepted"}
 * {"text": "a rate", "given": "card", "label": "rate"}
 * {"text": "a fee", "given": null, "label": null}`;
 * assertEquals(parseFeedback(log, "the log").map(({ outcome, label }) => [outcome, label]), [
 *   ["accepted", "card"],
 *   ["corrected", "rate"],
 *   [undefined, undefined],
 * ]);
 * ```
 */
export function parseFeedback(
  text: string,
  source: string,
  options: FeedbackOptions = {},
): FeedbackLine[] {
  const lines = [...parseLines(text, source)].map(({ value, line }) =>
    readLine(value, line, `Cannot read ${source}: line ${line}:`, options)
  );
  if (lines.length > 0) return lines;
  throw new RangeError(`Cannot read ${source}: it has no lines of feedback`);
}

function readLine(
  value: unknown,
  line: number,
  prefix: string,
  { reviewed = false }: FeedbackOptions,
): FeedbackLine {
  const { text, id } = checkUnlabelled(value, () => prefix);
  if (!isRecord(value)) throw new TypeError(`${prefix} it is not an object`);
  const given = readGiven(value, prefix);
  const told = own(value, "outcome");
  if (told !== undefined && !OUTCOMES.some((outcome) => outcome === told)) {
    const found = typeof told === "string" ? quote(told) : describeKind(told);
    throw new RangeError(
      `${prefix} "outcome" is ${found}, expected "accepted", "corrected" or "rejected"`,
    );
  }
  const label = own(value, "label");
  if (label !== undefined && label !== null) checkString(label, '"label"', () => prefix);
  const found = outcomeOf(value, FIELD_NAMES);
  const outcome = found ?? (reviewed ? "accepted" : undefined);
  const right = findRight(outcome, given, label, prefix);
  const set = own(value, "set");
  if (set !== undefined && !Digest.safeParse(set).success) {
    throw new RangeError(
      `${prefix} "set" is not the digest of a trace, expected sha256:<64 hex digits>`,
    );
  }
  const at = own(value, "at");
  if (at !== undefined && (typeof at !== "string" || at.length > MAX_TIME)) {
    const kind = typeof at === "string" ? `${at.length} characters long` : describeKind(at);
    throw new TypeError(`${prefix} "at" is ${kind}, expected a string of up to ${MAX_TIME}`);
  }
  return {
    line,
    ...(id !== undefined && { id }),
    text,
    given,
    ...(outcome && { outcome }),
    ...(right !== undefined && { label: right }),
    ...(set !== undefined && { set: set as string }),
    ...(at !== undefined && { at }),
  };
}

function readGiven(value: Record<string, unknown>, prefix: string): string | null {
  const given = own(value, "given");
  if (given === null) return null;
  if (Array.isArray(given)) {
    throw new TypeError(
      `${prefix} "given" is a list of spans, and only feedback on labels is read`,
    );
  }
  if (given === undefined) {
    const fields = listFields(value);
    throw new TypeError(
      `${prefix} "given" is missing, expected the label that rules gave, or null; it has ${fields}`,
    );
  }
  return checkString(given, '"given"', () => prefix);
}

/** Returns the right label, if it is known. */
function findRight(
  outcome: ReviewOutcome | undefined,
  given: string | null,
  label: unknown,
  prefix: string,
): string | undefined {
  const isOther = label !== undefined && label !== given;
  switch (outcome) {
    case "accepted":
      if (isOther) {
        throw new RangeError(`${prefix} it is accepted, but its label is not the one given`);
      }
      return given ?? undefined;
    case "corrected":
      if (isOther && typeof label === "string") return label;
      throw new RangeError(
        `${prefix} it is corrected, expected a "label" other than the one given`,
      );
    case "rejected":
      if (isOther && label !== null) {
        throw new RangeError(
          `${prefix} it is rejected, but has another label than the one given: expected "corrected"`,
        );
      }
      return undefined;
    case undefined:
      return undefined;
  }
}
