/**
 * The rules that a reply proposes: those that RuleChef took, and those that it did not.
 *
 * @module
 */
import type { Refusal } from "../../learn/rules/rule.ts";
import { countOf, type Entry } from "./entries.ts";
import { readLimit } from "./prompts.ts";
import { type ChefRule, type Proposals, TAKEN } from "./proposals.ts";
import { readReply } from "./replies.ts";

/** What a reply proposes, in its order. */
export interface Proposed {
  /** The rules that RuleChef has of it. */
  readonly taken: ChefRule[];
  /** What is not in the trace. */
  readonly refused: Refusal[];
}

/** The rules of a reply; what is beyond the number that the prompt asks for is refused. */
export function readProposed(entry: Entry, proposals: Proposals): Proposed {
  const { rules } = readReply(entry.reply)?.value ?? {};
  const limit = countOf(entry, "max_rules") ?? readLimit(entry.prompt) ?? Infinity;
  const taken: ChefRule[] = [];
  const refused: Refusal[] = [];
  const list: unknown[] = Array.isArray(rules) ? rules : [];
  // Where RuleChef took them all, there is nothing to find out.
  const areTaken = countOf(entry, "num_rules_in_response") === list.length;
  for (const [place, value] of list.entries()) {
    const read = proposals.read(value, areTaken, place);
    if (place >= limit) {
      const name = read.chef?.name ?? read.refused?.name ?? "";
      const detail = `it is beyond the ${limit} rules that were asked for`;
      refused.push({ name, code: "invalid-rule", detail });
      continue;
    }
    if (read.chef !== undefined) taken.push(read.chef);
    if (read.refused !== undefined) refused.push(read.refused);
  }
  return dropOthers(taken, refused, countOf(entry, "num_rules_in_response"));
}

/** Without the rules of other formats, where RuleChef took as many as are left: it may allow only one. */
function dropOthers(taken: ChefRule[], refused: Refusal[], said: number | undefined): Proposed {
  const kept = taken.filter(({ format }) => format === "regex");
  if (said === undefined || said === taken.length || said !== kept.length) {
    return { taken, refused };
  }
  const formats = new Map(taken.map(({ name, format }) => [name, format]));
  return {
    taken: kept,
    refused: refused.map((one) => {
      const format = formats.get(one.name) ?? "regex";
      if (format === "regex" || !one.detail.startsWith(TAKEN)) return one;
      return { ...one, detail: `RuleChef took no rule of format ${format}` };
    }),
  };
}
