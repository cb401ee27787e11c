/**
 * Models that reply by a script. The replies, by what is requested, are in
 * `fixtures/banking_replies.json` and `fixtures/restaurant_replies.json`.
 *
 * @module
 */
import { type Answer, completion, type Received } from "../chat/chat_server.ts";

/** The replies of a model. */
export interface Script {
  /** By the first requested label; other labels get no rules. */
  readonly synthesis: Readonly<Record<string, unknown>>;
  /** In turn; then the last is repeated. */
  readonly patch: readonly unknown[];
  readonly critique: readonly unknown[];
  readonly guide: readonly unknown[];
  readonly audit: readonly unknown[];
}

function readScript(name: string): Script {
  return JSON.parse(Deno.readTextFileSync(new URL(`../../fixtures/${name}`, import.meta.url)));
}

/** Replies for the data of `examples/banking.jsonl` and `examples/restaurant.jsonl`. */
export const banking: Script = readScript("banking_replies.json");
export const restaurant: Script = readScript("restaurant_replies.json");

/** Purposes of requests, by the name of the schema without its version. */
const PURPOSES = new Map([
  ["rules", "synthesis"],
  ["patch", "patch"],
  ["critique", "critique"],
  ["guidance", "guide"],
  ["audit", "audit"],
]);

/** Creates a model, which counts the requests of each purpose. */
export function createScriptedModel(script = banking): (received: Received) => string {
  const counts = new Map<string, number>();
  return ({ body }) => {
    const title: string = body.response_format.json_schema.name;
    const purpose = PURPOSES.get(title.replace(/^span-|-\d+$/g, "")) ?? title;
    if (purpose === "synthesis") {
      const { wantedLabels } = JSON.parse(body.messages.at(-1).content);
      return JSON.stringify(script.synthesis[wantedLabels[0]] ?? { rules: [] });
    }
    if (!Object.hasOwn(script, purpose)) throw new TypeError(`no reply is scripted for ${title}`);
    const replies = script[purpose as Exclude<keyof Script, "synthesis">];
    const count = counts.get(purpose) ?? 0;
    counts.set(purpose, count + 1);
    return JSON.stringify(replies[Math.min(count, replies.length - 1)]);
  };
}

/** Creates the answers of a server whose model follows the script. */
export function createScripted(script = banking): Answer {
  const model = createScriptedModel(script);
  return (received) => Response.json(completion(model(received)));
}
