/**
 * A simulated model: a chat whose replies follow from the request and a seed, and whose skill varies from reply to
 * reply.
 *
 * It reads nothing but the JSON of the prompt. Some replies cannot be parsed, some break off or have to be repaired,
 * and some calls bring no reply.
 *
 * @module
 */
import type { Chat, Message } from "../../learn/chat/client.ts";
import type { Purpose } from "../../learn/chat/exchanges.ts";
import { schemaName } from "../../learn/chat/format.ts";
import { ChatError } from "../../learn/chat/response.ts";
import { createRandom } from "../../learn/score/random.ts";
import { digest } from "../../learn/text/digest.ts";
import {
  guessRules,
  listWords,
  pick,
  type Random,
  type ShownText,
  type WrittenRule,
} from "./guessing.ts";

/** Options of {@linkcode createSimulatedModel}. */
export interface SimulatedOptions {
  /** The same request with the same seed gets the same reply. */
  readonly seed: number;
  /** Other seeds for requests of some purposes. */
  readonly seeds?: Partial<Readonly<Record<Purpose, number>>>;
  /** Mean share of rules and reviews that are made with care, 0 to 1. */
  readonly skill: number;
  /** Calls from this one on bring no reply, counted from 0. */
  readonly diesAt?: number;
}

/** A rule as prompts show it: those for reviews name it, those for patches number it. */
interface ShownRule extends Omit<WrittenRule, "not" | "flags"> {
  /** Left out if there are none. */
  readonly not?: readonly string[];
  readonly flags?: string;
  readonly number?: number;
  readonly rule?: string;
  readonly right: number;
  readonly wrong: number;
  readonly gain?: number;
}

/** The data of a prompt, as far as the model looks at it. */
interface PromptData {
  readonly wantedLabels?: readonly string[];
  readonly otherLabels?: readonly string[];
  readonly rulesPerLabel?: number;
  readonly rulesAtMost?: number;
  readonly iteration?: number;
  readonly clusters?: readonly {
    readonly expected: string | null;
    readonly given: string | null;
    readonly failures: number;
  }[];
  readonly examples?: readonly ShownText[];
  readonly rules?: readonly ShownRule[];
  readonly rejected?: readonly ShownRule[];
}

/** How far the skill of a reply is from the mean, at most. */
const SPREAD = 0.35;

/** What a reply says, with the randomness and the skill that it has. */
interface ReplyContext {
  readonly data: PromptData;
  readonly random: Random;
  readonly skill: number;
}

/** Creates the model. All have the same name, as one model has at any temperature. */
export function createSimulatedModel(options: SimulatedOptions): Chat {
  let calls = 0;
  const chat: (...call: Parameters<Chat>) => ReturnType<Chat> = (messages, { schema } = {}) => {
    const title = schema === undefined ? "" : schemaName(schema);
    const purpose = purposeOf(title);
    const random = seedRandom([
      options.seeds?.[purpose] ?? options.seed,
      title,
      ...contents(messages),
    ]);
    const { diesAt = Infinity } = options;
    if (calls++ >= diesAt) return Promise.reject(noReply());
    const skill = Math.min(1, Math.max(0, options.skill + SPREAD * (2 * random() - 1)));
    const data = JSON.parse(messages[messages.length - 1].content) as PromptData;
    return deliver(JSON.stringify(REPLIES[purpose]({ data, random, skill })), random);
  };
  return Object.assign(chat, { model: "simulated" });
}

function contents(messages: readonly Message[]): string[] {
  return messages.map(({ content }) => content);
}

/** Creates random numbers that follow from a value. */
export function seedRandom(value: readonly (string | number)[]): Random {
  return createRandom(
    parseInt(digest([...value]).slice("sha256:".length, "sha256:".length + 8), 16),
  );
}

function noReply(): ChatError {
  return new ChatError("no whole reply within 120 s", "timeout");
}

const PURPOSES = new Map<string, Purpose>([
  ["rules", "synthesis"],
  ["patch", "patch"],
  ["critique", "critique"],
  ["guidance", "guide"],
  ["audit", "audit"],
]);

/** Returns the purpose of a request by the title of its schema, such as `span-rules-1`. */
function purposeOf(title: string): Purpose {
  const purpose = PURPOSES.get(title.replace(/^span-/, "").replace(/-\d+$/, ""));
  if (purpose === undefined) throw new TypeError(`no reply is simulated for ${title}`);
  return purpose;
}

/** Delivers a reply as it is, or spoilt: with words around it, in a fence, cut off, or not at all. */
async function deliver(json: string, random: Random): ReturnType<Chat> {
  const reply = (text: string, finishReason = "stop") => ({ text, finishReason, took: 0 });
  const kind = random();
  if (kind < 0.02) throw noReply();
  if (kind < 0.05) return reply("I would need to see more examples before I can say anything.");
  if (kind < 0.08) {
    const begun = reply(json.slice(0, Math.floor(json.length * (0.3 + random() / 2))), "length");
    throw new ChatError("the reply was cut off at the limit of tokens", "length", { reply: begun });
  }
  if (kind < 0.14) return reply("```json\n" + json + "\n```");
  if (kind < 0.18) return reply(`Here is what I found.\n\n${json}\n\nTell me if you need more.`);
  if (kind < 0.20) return reply(json.replace("{", '{"thoughts":"as asked",'));
  return await Promise.resolve(reply(json));
}

/** Writes the replies, by what is asked for. */
const REPLIES: Readonly<Record<Purpose, (context: ReplyContext) => unknown>> = {
  synthesis({ data, random, skill }) {
    const { wantedLabels = [], otherLabels = [], rulesPerLabel = 4, examples = [] } = data;
    const labels = [...wantedLabels, ...otherLabels];
    const rules = wantedLabels.flatMap((label) => {
      const count = Math.min(rulesPerLabel, 3 + Math.floor(4 * random()));
      return guessRules({ label, labels, examples, tried: new Set(), skill, random }, count);
    });
    return { rules };
  },

  patch({ data, random, skill }) {
    const { clusters = [], examples = [], rules = [], rejected = [], rulesAtMost = 12 } = data;
    // Now and then nothing comes to its mind.
    if (random() < 0.06) return { remove: [], rules: [] };
    const expected = clusters.flatMap(({ expected }) => expected ?? []);
    const labels = [...new Set([...expected, ...rules.map(({ label }) => label)])].sort();
    const tried = new Set([...rules, ...rejected].flatMap(({ patterns }) => patterns));
    const added = [...new Set(expected)].slice(0, 5).flatMap((label) =>
      guessRules({ label, labels, examples, tried, skill, random }, 2)
    );
    const bad = rules.filter(({ right, wrong }) => wrong > right);
    const good = rules.filter(({ right, wrong }) => right > 4 * wrong);
    const isCareful = random() < skill;
    const removed = isCareful ? bad.slice(0, 3) : random() < 0.3 ? good.slice(0, 2) : [];
    const mended = rules.filter((rule) => !removed.includes(rule) && rule.wrong > 0).slice(0, 3)
      .flatMap((rule) => {
        const mended = mend(rule, examples, random() < skill, random);
        return mended === undefined ? [] : [{ ...mended, replaces: rule.number ?? null }];
      });
    return {
      // Now and then it names a rule that is not there.
      remove: [...removed.map(({ number }) => number), ...(random() < 0.1 ? [999] : [])],
      rules: [...mended, ...added.map((rule) => ({ ...rule, replaces: null }))]
        .slice(0, rulesAtMost),
    };
  },

  critique({ data, random, skill }) {
    const { rules = [], clusters = [] } = data;
    const [first] = clusters;
    const named = rules.filter(({ right, wrong }) => random() < skill ? wrong > right : right > 0);
    return {
      analysis: first === undefined
        ? "The rules have no failures that stand out."
        : `Most failures are ${first.expected ?? "nothing"} taken for ${first.given ?? "nothing"}.`,
      advice: named.slice(0, 3).map(({ rule }) => ({
        rule: rule ?? null,
        text: "It is wrong too often: ask for one more word.",
      })),
    };
  },

  guide({ data, random }) {
    const { clusters = [], iteration = 1 } = data;
    const [first] = clusters;
    const label = first?.expected ?? first?.given ?? "the rest";
    return {
      guidance: `Work on ${label} by ${pick(["words", "pairs of words", "exceptions"], random)}.`,
      stop: iteration > 3 && random() < 0.2,
    };
  },

  audit({ data, random, skill }) {
    const { rules = [] } = data;
    const harmful = rules.filter(({ gain = 0 }) => gain < 0);
    const idle = rules.filter(({ gain = 0, right }) => gain === 0 && right === 0);
    const strong = rules.toSorted((a, b) => b.right - a.right);
    const isCareful = random() < skill;
    const removed = isCareful
      ? [...harmful.slice(0, 2), ...idle.slice(0, 3)]
      : strong.slice(0, Math.ceil(rules.length / 6));
    const names = new Set(removed.map(({ rule }) => rule));
    return {
      actions: [
        ...removed.map(({ rule }) => {
          return { kind: "remove", rules: [rule], rule: null, reason: "it is not needed" };
        }),
        ...mergeAlike(rules.filter(({ rule }) => !names.has(rule))).slice(0, isCareful ? 3 : 1),
        ...(random() < 0.2
          ? [{ kind: "remove", rules: ["R999"], rule: null, reason: "it is gone" }]
          : []),
      ],
    };
  },
};

/** Keeps a rule from where it is wrong, by a word of the examples there; without care, makes it more general. */
function mend(
  rule: ShownRule,
  examples: readonly ShownText[],
  isCareful: boolean,
  random: Random,
): WrittenRule | undefined {
  const { name, label, patterns, not = [], flags = "", group } = rule;
  const kept = { name, label, patterns, not, flags, ...(group === undefined ? {} : { group }) };
  if (!isCareful) {
    const wider = patterns[0].replaceAll("\\b", "");
    return wider === patterns[0] ? undefined : { ...kept, patterns: [wider] };
  }
  const called = rule.number ?? rule.rule ?? "";
  const wrong = examples.filter(({ misfired = [] }) => misfired.includes(called));
  const own = new Set(
    examples.filter((one) => one.label === label).flatMap(({ text }) => listWords(text)),
  );
  const words = wrong.flatMap(({ text }) => listWords(text))
    .filter((word) => word.length > 3 && !own.has(word) && !patterns[0].includes(word));
  if (words.length === 0) return undefined;
  return { ...kept, not: [...not, `\\b${pick(words.toSorted(), random)}\\b`] };
}

/** Merges pairs of rules that have one label and one pattern each. */
function mergeAlike(rules: readonly ShownRule[]): unknown[] {
  const alike = Map.groupBy(
    rules.filter(({ patterns, not, group }) => patterns.length === 1 && !not?.length && !group),
    ({ label, flags }) => `${label} ${flags}`,
  );
  return [...alike.values()].flatMap(([one, other]) => {
    if (other === undefined) return [];
    const { name, flags = "", group } = one;
    const patterns = [`(?:${one.patterns[0]})|(?:${other.patterns[0]})`];
    const rule = { name, patterns, not: [], flags, ...(group === undefined ? {} : { group }) };
    return [{ kind: "merge", rules: [one.rule, other.rule], rule, reason: "they say the same" }];
  });
}
