/**
 * Prompts within a budget of tokens: one that is too long is shortened in a fixed order.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { fitPrompt } from "./budget.ts";
 *
 * const render = ({ examples }: { examples: number }) => [
 *   { role: "user" as const, content: "Twenty characters. ".repeat(examples) },
 * ];
 * const all = { examples: 10, clusters: 0, rules: 0 };
 * const { budget } = fitPrompt(render, all, { maxTokens: 20, what: "Cannot ask" });
 * assertEquals([budget.tokens, budget.leftOut], [19, { examples: 6 }]);
 * ```
 *
 * @module
 */
import type { Message } from "../chat/client.ts";

/** How much of the data a prompt shows. */
export type Amounts =
  & Readonly<Record<"examples" | "clusters" | "rules", number>>
  // Left out without a playbook.
  & Readonly<Partial<Record<"playbook", number>>>;

/** A prompt within its budget. */
export interface FittedPrompt {
  readonly messages: Message[];
  /** How the prompt was made to fit, for the tape. */
  readonly budget: {
    readonly maxTokens: number;
    /** Estimated: the characters of the messages divided by 4, rounded up. */
    readonly tokens: number;
    readonly shown: Amounts;
    /** How much the budget left no room for; empty if everything is shown. */
    readonly leftOut: Readonly<Record<string, number>>;
  };
}

/** Characters (UTF-16 code units) that count as a token: the rule of thumb for English text. */
const CHARACTERS_PER_TOKEN = 4;

/** The amounts in the order in which they are lowered, and how far. */
const FALLBACK: readonly (readonly [name: keyof Amounts, least: number])[] = [
  ["playbook", 0],
  ["examples", 1],
  ["clusters", 1],
  ["rules", 0],
];

/**
 * Checks limits, by the names of their options.
 *
 * @throws {RangeError} naming the first that is not a whole number of 1 or more
 */
export function checkLimits(limits: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(limits)) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new RangeError(`The option ${name} is ${value}, expected a whole number of 1 or more`);
  }
}

function estimateTokens(messages: readonly Message[]): number {
  const characters = messages.reduce((sum, { content }) => sum + content.length, 0);
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}

/**
 * Makes a prompt that shows as much as the budget allows. If all of it is too much, the prompt shows
 * fewer entries of the playbook, down to none, as what they tell is not about these texts; then fewer examples, down to
 * one; then fewer clusters, down to one; then fewer rules, down to none.
 *
 * @param render makes the prompt that shows the first so many of each; more of them is never shorter
 * @param all how much there is to show
 * @param options.what how the error begins
 * @throws {RangeError} if even the shortest prompt is over `maxTokens`
 */
export function fitPrompt(
  render: (amounts: Amounts) => Message[],
  all: Amounts,
  options: { readonly maxTokens: number; readonly what: string },
): FittedPrompt {
  const { maxTokens, what } = options;
  const fits = (amounts: Amounts) => estimateTokens(render(amounts)) <= maxTokens;
  let shown = all;
  for (const [name, least] of FALLBACK) {
    if (fits(shown)) break;
    if (amountOf(shown, name) > least) shown = shorten(shown, name, least, fits);
  }
  const messages = render(shown);
  const tokens = estimateTokens(messages);
  if (tokens > maxTokens) {
    throw new RangeError(
      `${what}: the shortest prompt takes about ${tokens} tokens, and maxTokens is ${maxTokens}`,
    );
  }
  const leftOut = Object.fromEntries(
    FALLBACK.map(([name]) => [name, amountOf(all, name) - amountOf(shown, name)] as const)
      .filter(([, count]) => count > 0),
  );
  return { messages, budget: { maxTokens, tokens, shown, leftOut } };
}

function amountOf(amounts: Amounts, name: keyof Amounts): number {
  return amounts[name] ?? 0;
}

/** Lowers one amount to the most, from `least` up, that fits; to `least` if nothing does. */
function shorten(
  amounts: Amounts,
  name: keyof Amounts,
  least: number,
  fits: (amounts: Amounts) => boolean,
): Amounts {
  let [low, high] = [least, amountOf(amounts, name) - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits({ ...amounts, [name]: middle })) low = middle;
    else high = middle - 1;
  }
  return { ...amounts, [name]: low };
}
