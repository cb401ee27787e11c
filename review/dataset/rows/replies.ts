/**
 * Rows of replies: to learn to write as they do (`sft`), and to tell good ones from bad (`unpaired`).
 *
 * @module
 */
import type { Exchange } from "../../../learn/chat/exchanges.ts";
import { baseId } from "../../../learn/rules/rule.ts";
import type { Evidence, JudgedSource, ReplyEvidence, RuleEvidence } from "../../evidence/format.ts";
import { type ExchangeForm, formOf } from "../../evidence/forms.ts";
import { digestOfResponse } from "../../evidence/replies.ts";
import type { QuarantinedRow, ShownText, TrainingRow } from "../format.ts";
import {
  isGood,
  isTaught,
  leaveOut,
  leaveOutReply,
  type MadeRows,
  ShownExamples,
  sourceOfEvidence,
  taintOf,
} from "./lineage.ts";

/** A reply whose prompt and response are proved, with the examples that the prompt shows. */
interface ProvedReply {
  readonly exchange: Exchange;
  readonly response: string;
  readonly shown: readonly ShownText[];
}

/**
 * Makes rows of one kind of the replies of a run. For `sft`, an accepted reply as it came if all of its rules are good;
 * of others, and of partially accepted ones, the rules that survived and may be taught. For `unpaired`, accepted
 * replies of which all rules are good, and rejected ones; but if rules find spans, a rejected reply only if none of
 * its rules could be used, as rules that a run rejected are often right.
 */
export function makeReplyRows(
  { source, evidence }: JudgedSource,
  kind: "sft" | "unpaired",
): MadeRows {
  const examples = new ShownExamples(source.data.examples);
  const exchanges = new ExchangeFinder(source.tape);
  const form = formOf(source.trace.run);
  const findsSpans = source.trace.run.dataset.task !== "classification";
  const rows: TrainingRow[] = [];
  const quarantined: QuarantinedRow[] = [];
  for (const one of evidence) {
    if (one.kind !== "reply") continue;
    const wanted = kind === "sft"
      ? chooseAnswer(one, evidence)
      : judgeExample(one, evidence, findsSpans);
    if (wanted === undefined) {
      quarantined.push(leaveOutReply(kind, one));
      continue;
    }
    const reply = proveReply(one, exchanges.find(one), examples, form, kind);
    if ("reason" in reply) quarantined.push(reply);
    else {
      const sources = [sourceOfEvidence(one)];
      const { exchange: { messages: prompt }, response, shown } = reply;
      const rest = { sources, shown, ...taintOf(source) };
      if ("label" in wanted) {
        rows.push({
          kind: "unpaired",
          content: { prompt, completion: response, ...wanted },
          ...rest,
        });
        continue;
      }
      const completion = wanted.good === undefined
        ? response
        : curateReply(response, wanted.good, form);
      if (completion === undefined) quarantined.push(leaveOut(kind, "unreadable", sources));
      else {
        const variant = wanted.good === undefined ? "verbatim" : "curated";
        rows.push({ kind: "sft", content: { prompt, completion }, variant, ...rest });
      }
    }
  }
  return { rows, quarantined };
}

/**
 * Chooses what to keep of a reply: all of it, or only the rules with the ids in `good`; `undefined` if nothing.
 */
function chooseAnswer(
  reply: ReplyEvidence,
  evidence: readonly Evidence[],
): { readonly good?: ReadonlySet<string> } | undefined {
  if (isWhole(reply, evidence)) return {};
  const isAboutRules = reply.purpose === "synthesis" || reply.purpose === "patch";
  if (!isGood(reply) || !isAboutRules) return undefined;
  const taught = rulesOf(reply, evidence).filter(isTaught);
  return taught.length > 0
    ? { good: new Set(taught.flatMap(({ rule }) => rule ?? [])) }
    : undefined;
}

/** Tells whether a reply is accepted, and each of its rules is good. */
function isWhole(reply: ReplyEvidence, evidence: readonly Evidence[]): boolean {
  return reply.judgement === "accepted" && rulesOf(reply, evidence).every(isGood);
}

/** Finds the rules of a reply that are in the set at the end. */
function rulesOf({ step, survived }: ReplyEvidence, evidence: readonly Evidence[]): RuleEvidence[] {
  const isLeft = new Set(survived);
  return evidence.filter((one): one is RuleEvidence =>
    one.kind === "rule" && one.step === step && isLeft.has(one.rule ?? "")
  );
}

/** Tells whether a reply is a good or a bad example; `undefined` if it is neither. */
function judgeExample(
  reply: ReplyEvidence,
  evidence: readonly Evidence[],
  findsSpans: boolean,
): { readonly label: boolean } | undefined {
  const { judgement, purpose, rules } = reply;
  if (purpose === "critique" || purpose === "guide") return undefined;
  if (judgement === "accepted") return isWhole(reply, evidence) ? { label: true } : undefined;
  if (judgement !== "rejected") return undefined;
  return findsSpans && rules.length > 0 ? undefined : { label: false };
}

/** The exchanges of a tape, by id and response. */
export class ExchangeFinder {
  readonly #byId: ReadonlyMap<string, readonly Exchange[]>;

  /** Finds exchanges on `tape`. */
  constructor(tape: readonly Exchange[]) {
    this.#byId = Map.groupBy(tape, ({ id }) => id);
  }

  /** Returns the exchange that a piece of evidence is about. */
  find({ exchange, response }: Pick<ReplyEvidence, "exchange" | "response">): Exchange {
    const same = this.#byId.get(exchange) ?? [];
    return same.find((one) => digestOfResponse(one) === response)!;
  }
}

/** Checks that all of a reply is proved; returns the row that is left out if it is not. */
function proveReply(
  evidence: ReplyEvidence,
  exchange: Exchange,
  examples: ShownExamples,
  form: ExchangeForm,
  kind: "sft" | "unpaired",
): ProvedReply | QuarantinedRow {
  const sources = [sourceOfEvidence(evidence)];
  const { response } = exchange;
  if (response === undefined) return leaveOutReply(kind, evidence);
  if (!evidence.isProved) {
    return leaveOut(kind, "unproved", sources, "the trace has no digest of the response");
  }
  const shown = examples.find(exchange.messages, form);
  if (typeof shown === "string") return leaveOut(kind, "unproved", sources, shown);
  return { exchange, response, shown };
}

/** Returns a reply with only some of its rules, in the form that was asked for; nothing if it cannot be read. */
function curateReply(
  response: string,
  good: ReadonlySet<string>,
  form: ExchangeForm,
): string | undefined {
  const reading = form.readReply(response);
  if (reading === undefined) return undefined;
  const bases = new Set([...good].map(baseId));
  const seen = new Set<string>();
  const items = reading.items.filter(({ id }) => {
    if (id === undefined || !bases.has(id) || seen.has(id)) return false;
    seen.add(id);
    return true;
  });
  return reading.write(items);
}
