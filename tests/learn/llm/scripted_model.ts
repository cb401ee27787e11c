/**
 * Models that reply by a script: what they are asked for decides, the replies are in
 * `fixtures/banking_replies.json` and `fixtures/restaurant_replies.json`.
 *
 * @module
 */
import { type Answer, completion, type Received } from "../chat/chat_server.ts";

/** What a model replies. */
export interface Script {
  /** By the first label that rules are wanted for; for other labels no rules. */
  readonly synthesis: Readonly<Record<string, unknown>>;
  /** In turn, the last again and again. */
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

/** What is asked for, by the name of the schema without its version. */
const PURPOSES = new Map([
  ["rules", "synthesis"],
  ["patch", "patch"],
  ["critique", "critique"],
  ["guidance", "guide"],
  ["audit", "audit"],
]);

/** Creates a model; it counts how often it was asked for what. */
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

/** Answers as the model does; `change` replaces members of the choice. */
export function createScripted(script = banking): Answer {
  const model = createScriptedModel(script);
  return (received) => Response.json(completion(model(received)));
}
