/**
 * How the prompts and the replies of runs read: those of this package, and those of RuleChef.
 *
 * @module
 */
import type { Message } from "../../learn/chat/client.ts";
import type { Exchange } from "../../learn/chat/exchanges.ts";
import { readReply } from "../../learn/chat/structured.ts";
import type { Task } from "../../learn/data/examples.ts";
import { readRule, RulesReply } from "../../learn/llm/replies.ts";
import { createRule } from "../../learn/rules/rule.ts";
import { isRecord, own, parseJson } from "../../learn/text/json.ts";
import { readInputs, readRules } from "../../rulechef/log/prompts.ts";
import { Proposals } from "../../rulechef/log/proposals.ts";
import * as chef from "../../rulechef/log/replies.ts";
import type { Run } from "../../trace.ts";

/** What tells the form of the exchanges of a run. */
interface FormedRun extends Pick<Run, "origin"> {
  readonly dataset: Pick<Run["dataset"], "task">;
}

/** A rule that a reply proposes. */
export interface ProposedItem {
  /** The id of what it matches, as the trace has it but for a number at the end; missing if it is not a rule. */
  readonly id?: string;
  /** As the reply has it. */
  readonly value: unknown;
}

/** A reply with rules. */
export interface RulesReading {
  /** Whether it is used as it came. */
  readonly outcome: "parsed" | "repaired";
  /** Its rules, in its order. */
  readonly items: readonly ProposedItem[];
  /** Writes the reply with only some of its rules, in the form that was asked for. */
  readonly write: (items: readonly ProposedItem[]) => string;
}

/** A text of an example that a prompt shows. */
export interface PromptText {
  /** Texts of which one is that of the example: an example of RuleChef may have several fields. */
  readonly texts: readonly string[];
  /** Whether it may be a part of the text only. */
  readonly isCut: boolean;
}

/** How the prompts and the replies of a run read. */
export interface ExchangeForm {
  /** Reads a reply with rules; `undefined` if none can be read. */
  readReply(response: string): RulesReading | undefined;
  /** Returns the texts that a prompt shows, in their order; `undefined` if it has another form. */
  readTexts(messages: readonly Message[]): readonly PromptText[] | undefined;
  /** Returns the ids of the rules that a prompt lists, in their order; `undefined` for one that is not told in full. */
  readListed(messages: readonly Message[]): readonly (string | undefined)[];
  /** Returns the labels that first rules were asked for; `undefined` if that is all of them. */
  readWanted(exchange: Pick<Exchange, "messages" | "metadata">): readonly unknown[] | undefined;
}

/** Returns the form of the exchanges of a run. */
export function formOf({ origin, dataset: { task } }: FormedRun): ExchangeForm {
  return origin === undefined ? OWN_FORM : createChefForm(task);
}

const OWN_FORM: ExchangeForm = {
  readReply(response) {
    const reading = readReply(RulesReply, { text: response });
    if (reading.outcome === "refused") return undefined;
    const { outcome, value } = reading;
    return {
      outcome,
      items: value.rules.map((item) => ({ id: idOfItem(item), value: item })),
      write: (items) => JSON.stringify({ ...value, rules: items.map(({ value }) => value) }),
    };
  },
  readTexts(messages) {
    const data = readPrompt(messages);
    return data && listOf(data, "examples").map((item) => {
      const text = isRecord(item) ? own(item, "text") : undefined;
      const isCut = isRecord(item) && own(item, "cut") === true;
      return { texts: typeof text === "string" ? [text] : [], isCut };
    });
  },
  readListed: (messages) => listOf(readPrompt(messages) ?? {}, "rules").map(idOfItem),
  readWanted: ({ messages }) => listOf(readPrompt(messages) ?? {}, "wantedLabels"),
};

/** Creates the form of RuleChef, as the tape of its log has it. */
function createChefForm(task: Task): ExchangeForm {
  const proposals = new Proposals(task);
  // What RuleChef refused is told by the step.
  const idOf = (item: unknown) => proposals.read(item, true).chef?.rule?.id;
  const asEntry = (messages: readonly Message[]) => ({
    line: 1,
    call: "rule_patch" as const,
    metadata: {},
    prompt: messages.map(({ content }) => content).join("\n"),
    reply: "",
  });
  return {
    readReply(response) {
      const fields = chef.readReply(response);
      const outcome = chef.judgeReading(response);
      if (fields === undefined || outcome === "refused") return undefined;
      const rules: readonly unknown[] = Array.isArray(fields.rules) ? fields.rules : [];
      return {
        outcome,
        items: rules.map((item) => ({ id: idOf(item), value: item })),
        write: (items) => JSON.stringify({ ...fields, rules: items.map(({ value }) => value) }),
      };
    },
    readTexts(messages) {
      const shown = new Map<string, PromptText>();
      readInputs(asEntry(messages), (texts, isWhole) => {
        const text = { texts, isCut: !isWhole };
        if (texts.some((one) => one !== "")) shown.set(JSON.stringify(text), text);
      });
      return [...shown.values()];
    },
    readListed: (messages) =>
      (readRules(asEntry(messages)) ?? []).map(({ fields, content, isCut }) =>
        isCut ? undefined : idOf({ ...fields, content, pattern: undefined })
      ),
    readWanted: ({ metadata }) => {
      const label = own(metadata, "target_class");
      return typeof label === "string" ? [label] : undefined;
    },
  };
}

/** Returns the id of the rule that an item of a reply stands for, if it is one. */
function idOfItem(item: unknown): string | undefined {
  try {
    return createRule(readRule(item)).id;
  } catch (error) {
    // The step has it among the refused.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Returns the data of a prompt of this package: the JSON of its last message; `undefined` if that is something else. */
export function readPrompt(
  messages: readonly Message[],
): Readonly<Record<string, unknown>> | undefined {
  const last = messages.at(-1);
  if (last === undefined) return undefined;
  try {
    const data = parseJson(last.content, "the prompt");
    return isRecord(data) ? data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Returns the list under a name, empty if there is none. */
export function listOf(data: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const list = own(data, name);
  return Array.isArray(list) ? list : [];
}
