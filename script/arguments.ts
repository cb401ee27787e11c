/**
 * Arguments of scripts, by `node:util`.
 *
 * @module
 */
import { parseArgs as parseByNode, type ParseArgsConfig } from "node:util";
import { askNearest } from "../learn/text/nearest.ts";

/**
 * Parses arguments as `parseArgs` of `node:util` does, and asks for the nearest option if one is unknown.
 *
 * @throws {TypeError} if an option is unknown, or has a value or none against `config`
 *
 * @example
 * ```ts
 * import { assertThrows } from "jsr:@std/assert@^1";
 * import { parseArgs } from "./arguments.ts";
 *
 * const parse = () => parseArgs({ args: ["--sead=3"], options: { seed: { type: "string" } } });
 * assertThrows(parse, TypeError, "unknown option --sead: did you mean --seed?");
 * ```
 */
export function parseArgs<const C extends ParseArgsConfig>(
  config: C,
): ReturnType<typeof parseByNode<C>> {
  try {
    return parseByNode(config);
  } catch (error) {
    const { code, message } = error as Error & { readonly code?: unknown };
    const option = /^Unknown option '(--?[^']*)'/.exec(message)?.[1];
    if (code !== "ERR_PARSE_ARGS_UNKNOWN_OPTION" || option === undefined) throw error;
    const known = Object.keys(config.options ?? {}).map((name) => `--${name}`);
    // People try -h, which is short for what every script has.
    const near = option === "-h" ? ": did you mean --help?" : askNearest(option, known);
    const advice = near !== "" || option.startsWith("--")
      ? near
      : " (a file whose name begins with a dash is given as ./-…)";
    throw new TypeError(`unknown option ${option}${advice}`, { cause: error });
  }
}

/**
 * Parses the value of an option that is a whole number.
 *
 * @param least the least that it may be, from 0
 * @param most the most that it may be; by default, nine digits
 * @throws {TypeError} if it is another one
 */
export function parseWhole(option: string, value: string, least: number, most?: number): number {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : NaN;
  if (number >= least && number <= (most ?? Infinity)) return number;
  const range = most === undefined ? `from ${least}` : `from ${least} to ${most}`;
  throw new TypeError(`${option} is ${value}, expected a whole number ${range}`);
}

/**
 * Parses the value of an option that is a share.
 *
 * @returns nothing if the option is not given
 * @throws {TypeError} if it is not a number from 0 to 1, written in digits
 */
export function parseShare(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^(?:0|1|[01]?\.\d+)$/.test(value) && Number(value) <= 1) return Number(value);
  throw new TypeError(`${option} is ${value}, expected a number from 0 to 1`);
}
