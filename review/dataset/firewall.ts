/**
 * The firewall: no row shows a protected or a held-out text, none is there twice, and none of a request more often than
 * a few times. Rows are checked when they are made, and what was written of them once more.
 *
 * @module
 */
import { parseJson } from "../../learn/text/json.ts";
import { quote } from "../../learn/text/quoting.ts";
import { hashBytes } from "./files/formats.ts";
import type { QuarantinedRow, RowKind, TrainingRow } from "./format.ts";
import { checkAll, type ProtectedMatch, type Protection, rememberChecks } from "./protecting.ts";
import { findShownTexts } from "./showing.ts";

/** What rows are checked against. */
export interface FirewallOptions {
  /** The texts that no row may show. */
  readonly protection: Protection;
  /**
   * Returns the ids of the examples that a run held out, by the digest of its trace.
   *
   * @default {none}
   */
  readonly heldOutOf?: (trace: string) => ReadonlySet<string>;
  /**
   * The most rows of one kind for one request, from 1.
   *
   * @default {5}
   */
  readonly cap?: number;
}

/** The rows that may be written, and those that may not, each in the order given. */
export interface FilteredRows {
  /** Rows with nothing against them. */
  readonly kept: TrainingRow[];
  /** The others. */
  readonly quarantined: QuarantinedRow[];
}

/** A line of a written file that must not be there. */
export type LineProblem =
  /** It is not JSON. */
  | { readonly line: number; readonly reason: "unreadable"; readonly detail: string }
  /** It shows a protected text. */
  | { readonly line: number } & ProtectedMatch;

/** The kinds of rows that are about texts, and about held-out ones as well. They answer no request. */
const ABOUT_TEXTS: ReadonlySet<RowKind> = new Set(["weak", "hard"]);

/**
 * Leaves out the rows that must not be written. For the first of these that holds:
 *
 * - `protected-…`: one of the examples that it shows, as a whole text, or a text in its content is like a protected
 *   one;
 * - `held-out-in-prompt`: it shows an example that its run held out; `weak` and `hard` rows are about such examples,
 *   and may;
 * - `duplicate`: a row of its kind with the same content is kept before it;
 * - `tie`: runs give a text different weak labels;
 * - `over-cap`: as many rows of its kind with the same prompt are kept, or one `weak` or `hard` row about the same
 *   example of the same data set: else a text would count once for each run, and be on both sides of a split.
 *
 * @throws {RangeError} if `cap` is not a whole number from 1
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { applyFirewall } from "./firewall.ts";
 * import type { TrainingRow } from "./format.ts";
 * import { createProtection } from "./protecting.ts";
 *
 * const protection = createProtection([{ texts: [{ id: "t1", text: "Where is my card?" }] }]);
 * const content = { text: "where is my CARD", label: "card" };
 * const sources = [{ trace: "sha256:…", dataset: "sha256:…" }];
 * const row: TrainingRow = { kind: "weak", content, sources, shown: [] };
 * const { kept, quarantined } = applyFirewall([row], { protection });
 * assertEquals([kept.length, quarantined[0].reason], [0, "protected-normalised"]);
 * ```
 */
export function applyFirewall(
  rows: readonly TrainingRow[],
  options: FirewallOptions,
): FilteredRows {
  const { heldOutOf = () => new Set<string>(), cap = 5 } = options;
  if (!Number.isSafeInteger(cap) || cap < 1) {
    throw new RangeError(`cap is ${cap}, expected a whole number from 1`);
  }
  const protection = rememberChecks(options.protection);
  const contents = new Set<string>();
  const perSubject = new Map<string, number>();
  const disputed = findDisputed(rows);
  const kept: TrainingRow[] = [];
  const quarantined: QuarantinedRow[] = [];
  for (const row of rows) {
    const leaveOut = (why: Pick<QuarantinedRow, "reason" | "detail" | "protected">) => {
      const { kind, sources, shown } = row;
      quarantined.push({ kind, ...why, sources, shown: shown.map(({ id }) => id) });
    };
    const texts = [...row.shown.map(({ text }) => text), ...findShownTexts(row.content)];
    const match = checkAll(texts, protection);
    if (match !== undefined) {
      const { reason, ...found } = match;
      leaveOut({ reason, protected: found });
      continue;
    }
    const heldOut = findHeldOut(row, heldOutOf);
    if (heldOut !== undefined) {
      leaveOut({ reason: "held-out-in-prompt", detail: `it shows ${quote(heldOut)}` });
      continue;
    }
    const content = hash([row.kind, row.content]);
    if (contents.has(content)) {
      leaveOut({ reason: "duplicate" });
      continue;
    }
    const subject = subjectOf(row);
    if (subject !== undefined && disputed.has(subject)) {
      leaveOut({ reason: "tie", detail: "runs give it other labels" });
      continue;
    }
    if (subject !== undefined) {
      const isOfText = ABOUT_TEXTS.has(row.kind);
      const count = (perSubject.get(subject) ?? 0) + 1;
      if (count > (isOfText ? 1 : cap)) {
        const detail = isOfText ? "one of a text" : `at most ${cap} of a request`;
        leaveOut({ reason: "over-cap", detail });
        continue;
      }
      perSubject.set(subject, count);
    }
    contents.add(content);
    kept.push(row);
  }
  return { kept, quarantined };
}

/**
 * Checks the lines of a file of rows as they were written, whatever they were made of. It needs nothing of the first
 * check but what is protected.
 *
 * @param lines without line feeds
 * @returns the lines with a problem, in order, each with its strongest; lines are counted from 1
 */
export function recheckLines(lines: readonly string[], protection: Protection): LineProblem[] {
  const remembered = rememberChecks(protection);
  return lines.flatMap((text, place): LineProblem | [] => {
    const line = place + 1;
    let value;
    try {
      value = parseJson(text, "the row", { firstLine: line });
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return { line, reason: "unreadable", detail: error.message };
    }
    const match = checkAll(findShownTexts(value), remembered);
    return match === undefined ? [] : { line, ...match };
  });
}

/** Returns the id of the first example that a row shows and the run of a source held out. */
function findHeldOut(
  { kind, sources, shown }: TrainingRow,
  heldOutOf: (trace: string) => ReadonlySet<string>,
): string | undefined {
  if (ABOUT_TEXTS.has(kind) || shown.length === 0) return undefined;
  const heldOut = sources.map(({ trace }) => heldOutOf(trace));
  return shown.find(({ id }) => heldOut.some((ids) => ids.has(id)))?.id;
}

/** Returns what a row asks or is about, of which there are only a few: its prompt, or its text. */
function subjectOf({ kind, content, sources, shown }: TrainingRow): string | undefined {
  if ("prompt" in content) return hash([kind, content.prompt]);
  if (!ABOUT_TEXTS.has(kind) || shown.length === 0) return undefined;
  return hash([kind, sources[0].dataset, shown[0].id]);
}

/** Finds the texts that runs give different weak labels. */
function findDisputed(rows: readonly TrainingRow[]): ReadonlySet<string> {
  const labels = new Map<string, unknown>();
  const disputed = new Set<string>();
  for (const row of rows) {
    const subject = row.kind === "weak" ? subjectOf(row) : undefined;
    if (subject === undefined || row.kind !== "weak") continue;
    const { label } = row.content;
    if (labels.has(subject) && labels.get(subject) !== label) disputed.add(subject);
    labels.set(subject, label);
  }
  return disputed;
}

/** Tells contents apart; members of equal ones come in the same order, as one maker wrote them. */
function hash(value: unknown): string {
  // Not the digest of the project, which takes no lone surrogates: a reply may have them.
  return hashBytes(JSON.stringify(value));
}
