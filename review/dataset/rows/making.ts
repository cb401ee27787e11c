/**
 * Makes the rows of runs, kind by kind.
 *
 * @module
 */
import type { UnlabelledText } from "../../../learn/data/checks.ts";
import { compareCodeUnits } from "../../../learn/text/folding.ts";
import type { JudgedSource } from "../../evidence/format.ts";
import { makeHardRows } from "../../label/hard.ts";
import { makeWeakRows } from "../../label/weak.ts";
import { ROW_KINDS, type RowKind } from "../format.ts";
import type { MadeRows } from "./lineage.ts";
import { makePlaybookRows } from "./playbook.ts";
import { makePreferenceRows } from "./preference.ts";
import { makeReplyRows } from "./replies.ts";
import { makeTeacherRows } from "./teacher.ts";

/**
 * Makes the rows of runs, in the order of the kinds and, of one kind, of the digests of the traces, so that names of files
 * do not matter.
 *
 * @param kinds of rows to make
 * @param texts without labels, of which rows of kind `weak` are made
 */
export function makeRows(
  judged: readonly JudgedSource[],
  kinds: ReadonlySet<RowKind> = new Set(ROW_KINDS),
  texts: readonly UnlabelledText[] = [],
): MadeRows {
  const ordered = judged.toSorted((a, b) =>
    compareCodeUnits(a.source.trace.digest, b.source.trace.digest)
  );
  const makers: Readonly<Record<RowKind, () => MadeRows[]>> = {
    sft: () => ordered.map((one) => makeReplyRows(one, "sft")),
    teacher: () => ordered.map(makeTeacherRows),
    preference: () => [makePreferenceRows(ordered)],
    unpaired: () => ordered.map((one) => makeReplyRows(one, "unpaired")),
    playbook: () => ordered.map(makePlaybookRows),
    weak: () => texts.length === 0 ? [] : ordered.map(({ source }) => makeWeakRows(source, texts)),
    hard: () => ordered.map(({ source }) => makeHardRows(source)),
  };
  const made = ROW_KINDS.flatMap((kind) => kinds.has(kind) ? makers[kind]() : []);
  return {
    rows: made.flatMap(({ rows }) => rows),
    quarantined: made.flatMap(({ quarantined }) => quarantined),
  };
}
