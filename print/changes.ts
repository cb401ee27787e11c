/**
 * What was changed about a run to make another, in words.
 *
 * @module
 */
import { abbreviate } from "../learn/text/digest.ts";
import { showText } from "../learn/text/quoting.ts";
import type { Change, Parent } from "../record/parent.ts";
import { count, listFew, showName } from "./phrases.ts";

/** Phrases one change. */
export function phraseChange(change: Change): string {
  switch (change.kind) {
    case "verdict":
      return `step ${change.step} ${change.to}`;
    case "without":
      return `without ${change.rules.length === 1 ? "rule" : "rules"} ${listFew(change.rules)}`;
    case "reply":
      return `another reply to exchange ${abbreviate(change.exchange)}`;
    case "option":
      return `${showName(change.name)} ${
        change.value === null ? "without a limit" : showText(JSON.stringify(change.value))
      }`;
    case "examples":
      return phraseExamples(change);
    case "rebase":
      return "recorded patches decided anew";
  }
}

function phraseExamples({ dropped, relabelled }: Extract<Change, { kind: "examples" }>): string {
  const parts = [
    ...dropped.length === 0 ? [] : [`without ${count(dropped.length, "example")}`],
    ...relabelled.length === 0 ? [] : [`${count(relabelled.length, "example")} relabelled`],
  ];
  return parts.join(", ") || "the same examples";
}

/** Phrases which run another was made from, and what was changed. */
export function phraseParent({ digest, step, change }: Parent): string {
  if (change === undefined) {
    return `goes on from ${step === undefined ? "" : `step ${step} of `}${abbreviate(digest)}`;
  }
  return `made from ${abbreviate(digest)}: ${change.map(phraseChange).join("; ")}`;
}

/** Says which steps of a run are those of the one that it was made from; `undefined` if none are. */
export function phraseShared({ step, change }: Parent): string | undefined {
  if (step === undefined || change === undefined) return undefined;
  return step === 0 ? "step 0 as in the parent" : `steps 0 to ${step} as in the parent`;
}
