/**
 * The whole lives of rules, as `print.ts --why` tells them: as data in the page, from which its script shows
 * the one that is asked for.
 *
 * @module
 */
import { describeLife, describeRule } from "../../../print/life.ts";
import { findOrigins } from "../../../record/explain.ts";
import { replayRules, sourcesOf } from "../../../record/replay.ts";
import type { Trace } from "../../../record/schema.ts";
import { embedJson, type Markup, markup } from "../../markup.ts";
import { nameByIds } from "../links.ts";

/** The lives of all rules of a page: lists instead of members, and each text once, as there are thousands. */
export interface LivesData {
  /** All texts. In them, the id of a rule stands for its name. */
  readonly texts: readonly string[];
  /** By the id of the rule. */
  readonly lives: Readonly<Record<string, LifeData>>;
}

/** The life of a rule: the rules that it was made of, what it says in words, and what steps did to it. */
export type LifeData = readonly [
  from: readonly string[],
  said: readonly number[],
  ...events: (readonly [step: number, text: number, ...notes: number[]])[],
];

/** Renders the lives of all rules as data. */
export function embedLives(trace: Trace): Markup {
  return markup`<script type="application/json" id="lives-data">${
    embedJson(JSON.stringify(gatherLives(trace)))
  }</script>`;
}

/** Gathers the lives of all rules. */
export function gatherLives(trace: Trace): LivesData {
  const texts = new Map<string, number>();
  const place = (text: string) => {
    const known = texts.get(text) ?? texts.size;
    texts.set(text, known);
    return known;
  };
  const byIds = nameByIds(trace);
  const stories = replayRules(byIds);
  const origins = findOrigins(trace, stories);
  const lives = Array.from(stories, ([id, story]): [string, LifeData] => {
    const said = describeRule(trace, trace.rules[id], origins.get(id) ?? []).map(place);
    const events = describeLife(byIds, story).map(({ step, text, notes }) =>
      [step, place(text), ...notes.map(place)] as const
    );
    return [id, [[...new Set(story.events.flatMap(sourcesOf))], said, ...events]];
  });
  return { texts: [...texts.keys()], lives: Object.fromEntries(lives) };
}
