/**
 * Random learning runs, for tests: a data set, and a synthesizer and a coordinator that do whatever
 * they may and much that they may not, all out of one seed. What they were told and what they answered
 * is kept.
 *
 * @module
 */
import type { AuditProposal, Coordinator } from "../learn/coordinator.ts";
import type { DatasetInput } from "../learn/dataset.ts";
import type { Proposal, Rule } from "../learn/rules.ts";
import type { Patch, Synthesizer } from "../learn/synthesizer.ts";
import type { LearnOptions } from "../pipeline.ts";
import { createRandom } from "./generate_run.ts";

/** What a synthesizer was asked, and its answer; `patch` is missing where it threw. */
export interface Asked {
  readonly stage: "synthesis" | "iteration" | "refit";
  readonly rules: readonly Rule[];
  readonly patch?: Patch;
}

/** What an audit was asked, and its answer; `proposals` is missing where it threw or sent garbage. */
export interface Audited {
  readonly rules: readonly Rule[];
  readonly proposals?: readonly AuditProposal[];
}

/** A random run: what to learn from, how, and what was said on the way. */
export interface Chaos {
  readonly dataset: DatasetInput & { readonly examples: readonly Text[] };
  readonly test?: DatasetInput & { readonly examples: readonly Text[] };
  readonly options: LearnOptions;
  readonly asked: Asked[];
  readonly audited: Audited[];
}

type Text = { readonly id: string; readonly text: string; readonly label: string };

const LABELS = ["__proto__", "card", "日本語"];
const WORDS = [["alpha", "amber", "apple"], ["bravo", "beach", "birch"], [
  "cedar",
  "cloud",
  "coral",
]];
const UNKNOWN = "r000000000000";

/** A run out of a seed. */
export function createChaos(seed: number): Chaos {
  const random = createRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const chance = (share: number) => random() < share;
  const pick = <T>(list: readonly T[]): T => list[below(list.length)];
  const times = <T>(count: number, make: () => T) => Array.from({ length: count }, make);

  const clarity = pick([0.7, 0.7, 1]);
  let serial = 0;
  const createText = (label: string): Text => {
    const own = LABELS.indexOf(label);
    const words = times(3, () => pick(WORDS[chance(clarity) && own >= 0 ? own : below(3)]));
    // No two texts share a run of characters that is long enough to be a quote.
    const tag = times(24, () => "bcdfghjklmnpqrstvwxz"[below(20)]).join("");
    return { id: `e${seed}-${serial++}`, text: `${words.join(" ")} ${tag}`, label };
  };
  const size = pick([12, 45]);
  const dataset = {
    name: "chaos",
    examples: times(size, () => 0).map((_, place) => createText(LABELS[place % 3])),
  };
  const test = chance(0.3)
    ? { name: "test", examples: [createText("card"), createText("never seen")] }
    : undefined;
  const quote = () => pick([...dataset.examples, ...test?.examples ?? []]).text;

  let names = 0;
  const proposed: Proposal[] = [];
  const strengths = () => ({
    ...(chance(0.6) ? { weight: random() * 3 } : {}),
    ...(chance(0.3) ? { priority: below(5) } : {}),
    ...(chance(0.3) ? { precision: random(), support: below(20) } : {}),
  });
  const propose = (): Proposal => {
    const own = below(3);
    const name = `p${names++}`;
    if (proposed.length > 0 && chance(0.2)) {
      const { label, patterns, not } = pick(proposed);
      return { name, label, patterns, not, ...strengths() };
    }
    const word = () => String.raw`\b${pick(WORDS[chance(0.8) ? own : below(3)])}\b`;
    const proposal = {
      name,
      label: LABELS[own],
      patterns: chance(0.8) ? [word()] : [word(), word()],
      ...(chance(0.1) ? { not: [word()] } : {}),
      ...strengths(),
    };
    proposed.push(proposal);
    return proposal;
  };
  const spoil = (proposal: Proposal): Proposal => {
    const unlike = (changes: unknown) => ({ ...proposal, ...changes as Proposal });
    return pick([
      unlike({ patterns: undefined }),
      unlike({ weight: -1 }),
      unlike({ patterns: ["\ud800"] }),
      unlike({ patterns: ["("] }),
      unlike({ patterns: [quote() + "("] }),
      unlike({ patterns: ["(a+)+$"] }),
      unlike({ patterns: ["x*"] }),
      unlike({ label: "nowhere" }),
      unlike({ label: quote() }),
    ]);
  };
  const solve = (label: string, own: number): Proposal => {
    return { name: `p${names++}`, label, patterns: [WORDS[own].join("|")], weight: 9 };
  };
  const proposeAny = () => chance(0.15) ? spoil(propose()) : propose();

  const anyId = (rules: readonly Rule[]) =>
    rules.length === 0 || chance(0.15) ? pick([UNKNOWN, quote()]) : pick(rules).id;
  const createPatch = (rules: readonly Rule[], stage: Asked["stage"]): Patch => {
    if (chance(0.08)) return {};
    if (chance(0.04)) return { added: LABELS.map(solve) };
    const from = anyId(rules);
    if (stage === "iteration" && chance(0.25)) return { removed: [from] };
    const others = chance(stage === "synthesis" ? 0.2 : 0.7);
    return {
      added: times(below(stage === "synthesis" ? 6 : 4), proposeAny),
      ...(chance(0.3) ? { reweighted: [{ rule: anyId(rules), ...strengths() }] } : {}),
      ...(chance(0.1) ? { reweighted: [{ rule: anyId(rules), weight: -3 }] } : {}),
      ...(others && chance(0.4) ? { removed: times(1 + below(2), () => anyId(rules)) } : {}),
      ...(others && chance(0.4) ? { replaced: [{ from, to: proposeAny() }] } : {}),
    };
  };

  const asked: Asked[] = [];
  const answer = (stage: Asked["stage"], rules: readonly Rule[]): Patch => {
    if (stage === "iteration" && chance(0.1)) {
      asked.push({ stage, rules });
      if (chance(0.3)) return { added: quote() } as unknown as Patch;
      throw new RangeError(`the model said "${quote()}"`);
    }
    const patch = createPatch(rules, stage);
    // What was just added comes back with another weight, as something to be replaced or removed.
    const again = patch.added?.[0];
    const changed = again !== undefined && chance(0.1)
      ? { ...patch, added: [...patch.added!, { ...again, name: `p${names++}`, weight: 0.5 }] }
      : patch;
    asked.push({ stage, rules, patch: changed });
    return changed;
  };
  const synthesizer: Synthesizer = {
    name: "chaos",
    settings: { seed },
    synthesize: (_task, _train, start) => answer("synthesis", start),
    patch: ({ rules }) => Promise.resolve().then(() => answer("iteration", rules)),
    ...(chance(0.5) ? { refit: ({ rules }) => answer("refit", rules) } : {}),
  };

  const audited: Audited[] = [];
  const createAction = (rules: readonly Rule[]): AuditProposal => {
    const reason = chance(0.2) ? `as in "${quote()}"` : "because";
    const kind = pick(["merge", "remove", "tighten"] as const);
    const first = anyId(rules);
    const label = rules.find(({ id }) => id === first)?.label;
    const alike = rules.filter((rule) => rule.label === label).map(({ id }) => id);
    if (kind === "remove") return { kind, from: [first], reason };
    const from = kind === "merge" && !chance(0.2) ? [first, ...alike.slice(0, 2)] : [first];
    const same = rules.find(({ id }) => id === first);
    if (same !== undefined && chance(0.2)) {
      const { id: _, ...to } = same;
      return { kind, from, reason, to: { ...to, weight: 2.5 } };
    }
    const to = proposeAny();
    return { kind, from, reason, to: label !== undefined && chance(0.8) ? { ...to, label } : to };
  };
  const coordinator: Coordinator = {
    name: "chaos",
    critique() {
      if (chance(0.6)) return undefined;
      if (chance(0.2)) throw new Error(`no critique of ${quote()}`);
      if (chance(0.1)) return { analysis: 5 } as unknown as { analysis: string; advice: [] };
      return { analysis: `see ${quote()}`, advice: [{ rule: UNKNOWN, text: quote() }] };
    },
    guide() {
      if (chance(0.05)) return { stop: true };
      if (chance(0.1)) throw new TypeError(quote());
      return chance(0.5) ? undefined : { guidance: `more like "${quote()}"` };
    },
    audit({ rules }) {
      if (chance(0.2)) return undefined;
      if (chance(0.15)) {
        audited.push({ rules });
        if (chance(0.5)) throw new Error(`the model said "${quote()}"`);
        return pick([[{ kind: "rename" }], 5]) as unknown as AuditProposal[];
      }
      const proposals = times(below(4), () => createAction(rules));
      audited.push({ rules, proposals });
      return proposals;
    },
  };

  const start = chance(0.4) ? times(1 + below(4), propose) : [];
  const options: LearnOptions = {
    synthesizer,
    ...(chance(0.8) ? { coordinator } : {}),
    holdout: pick([0, 0.2]),
    seed: below(3),
    decide: pick(["first", "vote"] as const),
    default: pick([undefined, "majority"] as const),
    maxIterations: pick([0, 2, 12]),
    patience: pick([2, 6]),
    threshold: pick([0, 0.5]),
    tolerance: pick([0, 0.5, 1]),
    margin: pick([0, 1]),
    ...(chance(0.3) ? { target: pick([0.6, 0.9]) } : {}),
    ...(chance(0.4) ? { maxRules: 1 + below(4) } : {}),
    rules: start,
    incremental: start.length > 0 && chance(0.3),
    ...(chance(0.2) ? { refit: false } : {}),
    test,
  };
  return { dataset, test, options, asked, audited };
}
