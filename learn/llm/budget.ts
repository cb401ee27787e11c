/**
 * Prompts within a budget of tokens: where one is too long, it is made shorter in a fixed order.
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
 * const { tokens, leftOut } = fitPrompt(render, all, { maxTokens: 20, what: "Cannot ask" });
 * assertEquals([tokens, leftOut], [19, { examples: 6 }]);
 * ```
 *
 * @module
 */
import type { Message } from "../chat/client.ts";

/** How much a prompt shows of what it could. */
export interface Amounts {
  readonly examples: number;
  readonly clusters: number;
  readonly rules: number;
}

/** A prompt within its budget. */
export interface FittedPrompt {
  readonly messages: Message[];
  /** Estimated: the characters of its messages divided by 4, rounded up. */
  readonly tokens: number;
  readonly shown: Amounts;
  /** What the budget left no room for; empty where everything is shown. */
  readonly leftOut: Partial<Amounts>;
}

/** Characters (UTF-16 code units) that count as a token: the rule of thumb for English text. */
const CHARACTERS_PER_TOKEN = 4;

/** What is shortened first, and how far. */
const FALLBACK: readonly (readonly [name: keyof Amounts, least: number])[] = [
  ["examples", 1],
  ["clusters", 1],
  ["rules", 0],
];

/**
 * Checks limits, by the names of their options.
 *
 * @throws {RangeError} naming the first that is no whole number of 1 or more
 */
export function checkLimits(limits: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(limits)) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new RangeError(`The option ${name} is ${value}, expected a whole number of 1 or more`);
  }
}

/** The tokens of some messages, estimated: their characters divided by 4, rounded up. */
function estimateTokens(messages: readonly Message[]): number {
  const characters = messages.reduce((sum, { content }) => sum + content.length, 0);
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}

/**
 * Makes a prompt that shows as much as the budget allows. Where all is too much: fewer examples, down
 * to one; then fewer clusters of failures, down to one; then fewer rules, down to none.
 *
 * @param render makes the prompt that shows the first so many of each; more of them is never shorter
 * @param all how much there is
 * @param options.what how the error begins
 * @throws {RangeError} where even the shortest prompt is over `maxTokens`
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
    if (shown[name] > least) shown = shorten(shown, name, least, fits);
  }
  const messages = render(shown);
  const tokens = estimateTokens(messages);
  if (tokens > maxTokens) {
    throw new RangeError(
      `${what}: the shortest prompt takes about ${tokens} tokens, and maxTokens is ${maxTokens}`,
    );
  }
  const leftOut = Object.fromEntries(
    FALLBACK.map(([name]) => [name, all[name] - shown[name]] as const)
      .filter(([, count]) => count > 0),
  );
  return { messages, tokens, shown, leftOut };
}

/** How a prompt was made to fit, for the tape. */
export function describeBudget(
  { tokens, shown, leftOut }: FittedPrompt,
  maxTokens: number,
): Record<string, number | Record<string, number>> {
  return { maxTokens, tokens, shown: { ...shown }, leftOut: { ...leftOut } };
}

/** The most of one amount, from `least` to below what it is, that fits; `least` where nothing does. */
function shorten(
  amounts: Amounts,
  name: keyof Amounts,
  least: number,
  fits: (amounts: Amounts) => boolean,
): Amounts {
  let [low, high] = [least, amounts[name] - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits({ ...amounts, [name]: middle })) low = middle;
    else high = middle - 1;
  }
  return { ...amounts, [name]: low };
}
