/**
 * Reads the replies of a model that coordinates: critiques, guidance and audits, checked and cut to size.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import type { Reply } from "../chat/response.ts";
import type { AuditProposal, Critique, Guidance } from "../coordinator.ts";
import { MAX_ACTIONS, MAX_ADVICE } from "./review_prompts.ts";
import type { Reading } from "../chat/exchanges.ts";
import { isRecord } from "../text/json.ts";
import { countMatches } from "./failures.ts";
import { admitAlone, readRule, resolveRule, statisticsOf } from "./replies.ts";
import type { Matches } from "../score/matches.ts";
import { cut, quote, toLine } from "../text/quoting.ts";
import { readReply } from "../chat/structured.ts";
import { type Proposal, roundWeight, type Rule } from "../rules/rule.ts";
import type { SynthesisTask } from "../synthesizer.ts";

/** Most characters (UTF-16 code units) of one text that are kept. */
const MAX_TEXT = 2_000;
/** Most rules that one action may name. */
const MAX_NAMED = 200;

const CritiqueReply = z.strictObject({
  analysis: z.string(),
  advice: z.array(z.unknown()).default([]),
});
const Reference = z.union([z.string(), z.number()]);
const Advice = z.object({ rule: Reference.nullish(), text: z.string() });

/**
 * Reads a critique. Advice of another form, or over the limit, is left out and counted in the error.
 *
 * @param listed the rules as the prompt numbers them
 */
export function readCritique(
  reply: Pick<Reply, "text">,
  listed: readonly Rule[],
): Reading<Critique> {
  return convert(readReply(CritiqueReply, reply), ({ analysis, advice }) => {
    const parsed = advice.slice(0, MAX_ADVICE).flatMap((item) => Advice.safeParse(item).data ?? []);
    const over = Math.max(0, advice.length - MAX_ADVICE);
    const malformed = advice.length - over - parsed.length;
    const problems = [
      ...malformed > 0 ? [`${malformed} are not what was asked for`] : [],
      ...over > 0 ? [`${over} are over the limit of ${MAX_ADVICE}`] : [],
    ];
    const message = `Of ${advice.length} pieces of advice ${problems.join(", and ")}`;
    return {
      analysis: tidy(analysis, listed),
      advice: parsed.map(({ rule, text }) => ({
        ...(rule === undefined || rule === null ? {} : { rule: resolveRule(rule, listed) }),
        text: tidy(text, listed),
      })),
      ...(problems.length === 0 ? {} : { error: { name: "RefusedAdvice", message } }),
    };
  });
}

const GuidanceReply = z.strictObject({
  guidance: z.string().nullish(),
  stop: z.boolean().nullish(),
}).refine(
  ({ guidance, stop }) => typeof guidance === "string" || typeof stop === "boolean",
  "expected guidance or stop",
);

/** Reads guidance. An empty text counts as no guidance. */
export function readGuidance(
  reply: Pick<Reply, "text">,
  listed: readonly Rule[],
): Reading<Guidance> {
  return convert(readReply(GuidanceReply, reply), ({ guidance, stop }) => {
    const text = tidy(guidance ?? "", listed);
    return { ...(text === "" ? {} : { guidance: text }), stop: stop ?? false };
  });
}

const AuditReply = z.strictObject({ actions: z.array(z.unknown()) });
const Action = z.object({
  kind: z.enum(["merge", "remove", "tighten"]),
  rules: z.array(Reference).max(MAX_NAMED),
  rule: z.unknown(),
  reason: z.string().nullish(),
});

/** The rules that an audit is of, with their matches. */
interface AuditContext {
  readonly task: SynthesisTask;
  readonly matches: Matches;
  /** The rules as the prompt numbers them. */
  readonly listed: readonly Rule[];
}

/**
 * Reads an audit: an action for each that the reply holds. One of another form, or over the limit, is a
 * `change` with the reason why it cannot be done. Unknown rules keep the names that the model gave them,
 * so that the run records them.
 *
 * A rule that replaces others has their label if the model gives none, the mean of their weights (if
 * they have any) and the highest of their priorities; precision and support come from the examples.
 */
export function readActions(
  reply: Pick<Reply, "text">,
  context: AuditContext,
): Reading<AuditProposal[]> {
  return convert(
    readReply(AuditReply, reply),
    ({ actions }) => actions.map((item, place) => readAction(item, place, context)),
  );
}

function readAction(item: unknown, place: number, context: AuditContext): AuditProposal {
  const { listed } = context;
  if (place >= MAX_ACTIONS) {
    return refuse(item, "over-limit", `at most ${MAX_ACTIONS} actions are looked at`, listed);
  }
  const parsed = Action.safeParse(item);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    const field = path.length === 0 ? "" : `${path.join(".")}: `;
    return refuse(item, "invalid-action", `${field}${message}`, listed);
  }
  const { kind, rules, rule, reason } = parsed.data;
  const from = rules.map((reference) => resolveRule(reference, listed));
  const action = { from, reason: tidy(reason ?? "", listed) || "no reason given" };
  if (kind === "remove") return { kind, ...action };
  const sources = from.flatMap((id) => listed.find((one) => one.id === id) ?? []);
  return { kind, ...action, to: createSuccessor(rule, sources, context) };
}

/** Creates an action that cannot be done, with the rules that it names. */
function refuse(
  item: unknown,
  code: string,
  detail: string,
  listed: readonly Rule[],
): AuditProposal {
  const { kind, rules, rule } = isRecord(item) ? item : {};
  const references = Array.isArray(rules) ? rules.slice(0, MAX_NAMED) : [];
  const from = references.filter((one) => Reference.safeParse(one).success)
    .map((one) => resolveRule(one, listed));
  const named = [kind, isRecord(rule) ? rule.name : undefined]
    .flatMap((one) => typeof one === "string" ? `${quote(toLine(one))}: ` : []);
  return { kind: "change", from, reason: cut(`${code}: ${named.join("")}${detail}`, MAX_TEXT) };
}

/** Creates the rule that replaces `sources`; the run refuses what is not a rule. */
function createSuccessor(
  item: unknown,
  sources: readonly Rule[],
  { task, matches }: AuditContext,
): Proposal {
  const read = readRule(item);
  const [first] = sources;
  if (first === undefined || !isRecord(read)) return read;
  const { name, label, flags } = first;
  const weights = sources.map(({ weight }) => weight ?? 1);
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  const proposal: Proposal = {
    ...{ name, label, flags },
    ...read,
    ...(sources.every(({ weight }) => weight === undefined) ? {} : { weight: roundWeight(mean) }),
    priority: Math.max(...sources.map(({ priority }) => priority)),
  };
  const rule = admitAlone(proposal, task);
  if (rule === undefined) return proposal;
  return { ...proposal, ...statisticsOf(countMatches(matches, rule)) };
}

/** Converts the value of a reading, if it has one. */
function convert<From, To>(reading: Reading<From>, transform: (value: From) => To): Reading<To> {
  return reading.outcome === "refused" ? reading : { ...reading, value: transform(reading.value) };
}

/** Puts free text on one line, with the name of rule 3 in place of `R3`. */
function tidy(text: string, listed: readonly Rule[]): string {
  const plain = cut(toLine(text.slice(0, 2 * MAX_TEXT)).trim(), MAX_TEXT);
  const named = plain.replaceAll(/\bR([1-9]\d{0,3})\b/g, (reference, number) => {
    const rule = listed[Number(number) - 1];
    return rule === undefined ? reference : quote(rule.name, 80);
  });
  return cut(named, MAX_TEXT);
}
