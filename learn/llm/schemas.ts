/**
 * The schemas of the replies that a model is asked for: every member is required, as strict modes want
 * it. A change to a schema raises the version in its title.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import type { Purpose } from "../chat/exchanges.ts";
import type { SynthesisTask } from "../synthesizer.ts";
import { findsSpans } from "./instructions.ts";

const LabelRule = z.strictObject({
  name: z.string(),
  label: z.string(),
  patterns: z.array(z.string()),
  not: z.array(z.string()),
  flags: z.string(),
});
const SpanRule = LabelRule.extend({ group: z.number().nullable() });

/** Two schemas of a reply: for rules that match texts, and for rules that find spans. */
function forBoth(
  title: string,
  create: (rule: z.ZodObject) => z.ZodType,
): Record<"labels" | "spans", z.ZodType> {
  return {
    labels: create(LabelRule).meta({ title }),
    spans: create(SpanRule).meta({ title: `span-${title}` }),
  };
}

const SCHEMAS = {
  synthesis: forBoth("rules-1", (rule) => z.strictObject({ rules: z.array(rule) })),
  patch: forBoth("patch-1", (rule) =>
    z.strictObject({
      remove: z.array(z.number()),
      rules: z.array(rule.extend({ replaces: z.number().nullable() })),
    })),
  audit: forBoth("audit-1", (rule) =>
    z.strictObject({
      actions: z.array(z.strictObject({
        kind: z.enum(["merge", "remove", "tighten"]),
        rules: z.array(z.string()),
        rule: rule.omit({ label: true }).nullable(),
        reason: z.string(),
      })),
    })),
};

const CRITIQUE = z.strictObject({
  analysis: z.string(),
  advice: z.array(z.strictObject({ rule: z.string().nullable(), text: z.string() })),
}).meta({ title: "critique-1" });
const GUIDANCE = z.strictObject({ guidance: z.string(), stop: z.boolean() })
  .meta({ title: "guidance-1" });

/** Returns the schema of the reply that a model is asked for. */
export function schemaFor(purpose: Purpose, task: Pick<SynthesisTask, "task">): z.ZodType {
  if (purpose === "critique") return CRITIQUE;
  if (purpose === "guide") return GUIDANCE;
  return SCHEMAS[purpose][findsSpans(task) ? "spans" : "labels"];
}
