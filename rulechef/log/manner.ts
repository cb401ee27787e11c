/**
 * Tells how the version of RuleChef that asked for a patch goes about patches, by what stands on its line.
 *
 * Up to 0.1.3 there is no `num_deleted` on it: patches delete nothing and keep doubles, and only the rules that
 * are returned are audited. Later prompts of iterations show scores by label, which other prompts do not.
 *
 * @module
 */
import { type LogEntry, textOf } from "./entries.ts";
import { isFalsy, readReply } from "./replies.ts";

/** How a version of RuleChef goes about patches. */
export interface Manner {
  /** Whether patches delete rules, and those of iterations drop doubles. */
  readonly deletes: boolean;
  /** Whether the patch comes before the iterations, for rules that the run was given; missing if unknown. */
  readonly isStart?: boolean;
}

/** Begins the scores by label that only prompts of iterations show. */
const METRICS = "\nPER-CLASS METRICS (";

const manners = new WeakMap<LogEntry, Manner>();

/** Reads how a patch was asked for. */
export function readManner(entry: LogEntry): Manner {
  const known = manners.get(entry) ?? findManner(entry);
  manners.set(entry, known);
  return known;
}

function findManner(entry: LogEntry): Manner {
  const { metadata, prompt } = entry;
  const deletes = metadata.num_deleted !== undefined;
  // A coordinator guides iterations only.
  if (textOf(entry, "guidance") !== undefined) return { deletes, isStart: false };
  return { deletes, ...(deletes ? { isStart: !prompt.includes(METRICS) } : {}) };
}

/** How many code points of the guidance stand on the line of a patch. */
const GUIDANCE = 200;

/** Tells whether a patch was asked for with the guidance of a line; undefined if that cannot be told. */
export function isGuidedBy(
  { metadata: { guidance } }: LogEntry,
  guide: LogEntry,
): boolean | undefined {
  if (guidance === undefined) return undefined;
  const given = readReply(guide.reply)?.guidance;
  if (isFalsy(given)) return guidance === null ? undefined : false;
  if (typeof given === "string") return [...given].slice(0, GUIDANCE).join("") === guidance;
  return JSON.stringify(given) === JSON.stringify(guidance);
}
