/**
 * Rows of two replies to the same request, of which one is better (`preference`).
 *
 * A run that rejects a patch asks another request next, so that pairs within a run are rare: replies are paired
 * across runs, by the id of their request. Both are judged on every example of the data that the prompt does not
 * show, train and dev alike.
 *
 * @module
 */
import type { Exchange } from "../../../learn/chat/exchanges.ts";
import type { DecisionOptions } from "../../../learn/rules/decisions.ts";
import type { Rule } from "../../../learn/rules/rule.ts";
import { createMatches, type Matches } from "../../../learn/score/matches.ts";
import { score, scoreLabels } from "../../../learn/score/scoring.ts";
import { rulesAt } from "../../../record/fold.ts";
import { decisionOfTrace } from "../../../record/rule_set.ts";
import type { JudgedSource, ReplyEvidence } from "../../evidence/format.ts";
import { type ExchangeForm, formOf } from "../../evidence/forms.ts";
import type { QuarantinedRow, ShownText, TrainingRow } from "../format.ts";
import {
  leaveOut,
  leaveOutReply,
  type MadeRows,
  ShownExamples,
  sourceOfEvidence,
  taintOf,
} from "./lineage.ts";
import { ExchangeFinder } from "./replies.ts";

/** By how much F1 of the better reply must be higher. */
const PREFERENCE_MARGIN = 0.05;

/** A reply that may be one of a pair. */
interface Candidate {
  readonly judged: JudgedSource;
  readonly evidence: ReplyEvidence;
  readonly exchange: Exchange;
  readonly form: ExchangeForm;
  readonly shown: readonly ShownText[];
}

/**
 * Pairs replies to the same request about the same examples. The better one has a higher F1, by at least
 * {@linkcode PREFERENCE_MARGIN}, with the rules that it proposed: of the labels that the request names if it asks for
 * first rules, of the whole set if it asks for a patch.
 */
export function makePreferenceRows(all: readonly JudgedSource[]): MadeRows {
  const rows: TrainingRow[] = [];
  const quarantined: QuarantinedRow[] = [];
  const candidates = all.flatMap((judged) => findCandidates(judged, quarantined));
  const groups = Map.groupBy(
    candidates,
    ({ evidence }) => `${evidence.exchange}:${evidence.dataset}`,
  );
  for (const key of [...groups.keys()].sort()) {
    // The same reply again says nothing new. The order does not depend on the names of files.
    const distinct = new Map(
      groups.get(key)!.toSorted((a, b) => a.evidence.id < b.evidence.id ? -1 : 1)
        .map((one) => [one.evidence.response, one]),
    );
    const replies = [...distinct.values()];
    if (replies.length < 2) continue;
    const unfit = replies.find((reply) => !hasListedRules(reply));
    if (unfit !== undefined) {
      quarantined.push(leaveOut("preference", "numbering-differs", replies.map(sourceOf)));
      continue;
    }
    const scored = measureAll(replies);
    for (const [place, one] of scored.entries()) {
      for (const other of scored.slice(place + 1)) {
        const [better, worse] = one.f1 >= other.f1 ? [one, other] : [other, one];
        const sources = [better, worse].map(({ reply }) => sourceOf(reply));
        const difference = better.f1 - worse.f1;
        const detail = `F1 ${better.f1.toFixed(4)} and ${worse.f1.toFixed(4)}`;
        const { shown } = better.reply;
        if (difference < PREFERENCE_MARGIN) {
          quarantined.push(leaveOut("preference", "tie", sources, detail, shown));
        } else if (better.reply.evidence.outcome !== "parsed") {
          const why = "the better reply could not be used as it came";
          quarantined.push(leaveOut("preference", "category", sources, why, shown));
        } else if (isUncertain(worse.reply)) {
          const why = "the worse reply has rules that find spans, and its run rejected it";
          quarantined.push(leaveOut("preference", "category", sources, why, shown));
        } else {
          rows.push({
            kind: "preference",
            content: {
              prompt: better.reply.exchange.messages,
              chosen: better.reply.exchange.response!,
              rejected: worse.reply.exchange.response!,
            },
            sources,
            shown,
            ...taintOf(better.reply.judged.source),
          });
        }
      }
    }
  }
  return { rows, quarantined };
}

function sourceOf({ evidence }: Candidate) {
  return sourceOfEvidence(evidence);
}

/** Finds the replies of a run with rules, or in which rules were asked for. */
function findCandidates(judged: JudgedSource, quarantined: QuarantinedRow[]): Candidate[] {
  const { source: { tape, data, trace }, evidence } = judged;
  const form = formOf(trace.run);
  const examples = new ShownExamples(data.examples);
  const exchanges = new ExchangeFinder(tape);
  return evidence.flatMap((one): Candidate[] => {
    if (one.kind !== "reply" || one.response === undefined) return [];
    if (one.purpose !== "synthesis" && one.purpose !== "patch") return [];
    if (one.reason === "run-not-completed") {
      quarantined.push(leaveOutReply("preference", one));
      return [];
    }
    const exchange = exchanges.find(one);
    const shown = examples.find(exchange.messages, form);
    if (!one.isProved || typeof shown === "string") {
      const detail = typeof shown === "string" ? shown : "the trace has no digest of the response";
      quarantined.push(leaveOut("preference", "unproved", [sourceOfEvidence(one)], detail));
      return [];
    }
    return [{ judged, evidence: one, exchange, form, shown }];
  });
}

/** Tells whether the rules that the prompt numbers were in the set of this run. */
function hasListedRules(
  { judged: { source: { trace } }, evidence, exchange, form }: Candidate,
): boolean {
  if (evidence.purpose !== "patch") return true;
  const present = new Set(rulesAt(trace, evidence.step - 1).map(({ id }) => id));
  return form.readListed(exchange.messages).every((id) => present.has(id ?? ""));
}

/** Tells whether a worse reply may be good all the same: rules for spans that a run rejected are often right. */
function isUncertain({ judged: { source }, evidence }: Candidate): boolean {
  return source.trace.run.dataset.task !== "classification" && evidence.rules.length > 0 &&
    evidence.judgement === "rejected";
}

function measureAll(
  replies: readonly Candidate[],
): { readonly reply: Candidate; readonly f1: number }[] {
  const [{ judged: { source }, shown }] = replies;
  const seen = new Set(shown.map(({ text }) => text));
  const unseen = source.data.examples.filter(({ text }) => !seen.has(text));
  if (unseen.length === 0) return replies.map((reply) => ({ reply, f1: 0 }));
  const { decision, match } = decisionOfTrace(source.trace);
  const matches = createMatches(unseen, source.trace.run.dataset.labels, match);
  return replies.map((reply) => ({ reply, f1: measure(reply, matches, decision) }));
}

/** Returns F1 of what a reply proposed. */
function measure(
  { judged: { source: { trace } }, evidence, exchange, form }: Candidate,
  matches: Matches,
  decision: DecisionOptions,
): number {
  const proposed = evidence.rules.map((id) => trace.rules[id]);
  if (evidence.purpose === "synthesis") {
    const labels = form.readWanted(exchange);
    const wanted = labels && new Set(labels);
    const counts = scoreLabels(matches, proposed, decision).filter(({ label }) =>
      wanted?.has(label) ?? true
    );
    const sum = (field: "tp" | "fp" | "fn") => counts.reduce((all, one) => all + one[field], 0);
    const [tp, wrong] = [sum("tp"), sum("fp") + sum("fn")];
    return tp === 0 ? 0 : 2 * tp / (2 * tp + wrong);
  }
  return score(matches, patched(trace, evidence, proposed), decision, "all").f1;
}

/** Returns the rules before a patch with the patch, whether or not it was accepted. */
function patched(
  trace: JudgedSource["source"]["trace"],
  { step: index }: ReplyEvidence,
  proposed: readonly Rule[],
): Rule[] {
  const step = trace.steps[index];
  const before = rulesAt(trace, index - 1);
  if (step.type !== "iteration") return before;
  const gone = new Set([...step.patch.removed, ...step.patch.replaced.map(({ from }) => from)]);
  const stay = before.filter(({ id }) => !gone.has(id));
  const ids = new Set(stay.map(({ id }) => id));
  return [...stay, ...proposed.filter(({ id }) => !ids.has(id))];
}
