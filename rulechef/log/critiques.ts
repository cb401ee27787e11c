/**
 * What a coordinator of RuleChef says of the rules without changing any.
 *
 * @module
 */
import { isRecord } from "../../learn/text/json.ts";
import { nameAll } from "./audits.ts";
import { type Entry, textOf } from "./entries.ts";
import type { Body } from "./ledger.ts";
import { readReply, textOr } from "./replies.ts";
import type { Member } from "./members.ts";

/** The step of a `critique_rules`: what it says of these rules one by one, and of the task. */
export function readCritique(entry: Entry, members: readonly Member[]): Body<"critique"> {
  const reply = readReply(entry.reply)?.value ?? {};
  const feedback = isRecord(reply.rule_feedback) ? Object.entries(reply.rule_feedback) : [];
  const rules = nameAll(feedback.map(([source]) => source.toWellFormed()), members);
  const advice = feedback.map(([, text], place) => ({ rule: rules[place], text: textOr(text) }));
  const guidance = textOr(reply.task_guidance);
  return {
    type: "critique",
    analysis: textOr(reply.analysis) || (textOf(entry, "analysis") ?? ""),
    advice: guidance === "" ? advice : [...advice, { text: guidance }],
  };
}

/** The step of a `guide_refinement` that ends the run. */
export function readStop(entry: Entry): Body<"critique"> {
  const analysis = textOr(readReply(entry.reply)?.value.guidance);
  return { type: "critique", analysis, advice: [{ text: "stop refining" }] };
}
