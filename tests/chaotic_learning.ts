/**
 * Random learning runs of every task, for tests: a data set, and a synthesizer and a coordinator that
 * do whatever they may and much that they may not, all out of one seed. What they were told and what
 * they answered is kept.
 *
 * @module
 */
import type { AuditProposal, Coordinator } from "../learn/coordinator.ts";
import type { DatasetInput } from "../learn/data/dataset.ts";
import type { Example, Task } from "../learn/data/examples.ts";
import {
  createPlaybook,
  type PlaybookEntry,
  PlaybookEntrySchema,
} from "../learn/rules/playbook.ts";
import type { Proposal, Rule } from "../learn/rules/rule.ts";
import type { Patch, Synthesizer } from "../learn/synthesizer.ts";
import type { LearnOptions } from "../pipeline.ts";
import { createSpanSubject } from "./chaotic_spans.ts";
import { createRandom } from "./record/generate_run.ts";

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

/** A data set whose examples all have ids. */
type Examples = Omit<DatasetInput, "examples"> & { readonly examples: readonly Example[] };

/** A random run: what to learn from, how, and what was said on the way. */
export interface Chaos {
  readonly dataset: Examples;
  readonly test?: Examples;
  readonly options: LearnOptions;
  readonly asked: Asked[];
  readonly audited: Audited[];
}

/** What a run is about: its examples, and rules for them that are sound. */
export interface Subject {
  readonly labels: readonly string[];
  /** An example that is about one of the labels, or one that no other example has. */
  createExample(id: string, label: string): Example;
  /** Patterns for a label out of three, and what else says what a rule matches. */
  propose(): Pick<Proposal, "label" | "patterns" | "not" | "group" | "template">;
  /** A rule that finds all there is of a label. */
  solve(label: string): Pick<Proposal, "label" | "patterns" | "group">;
  /** Proposals that are no better than `proposal`, and refused for what the subject is. */
  spoil(proposal: Proposal): Proposal[];
  readonly options: LearnOptions;
}

/** Numbers out of a seed, and choices by them. */
export interface Dice {
  random(): number;
  below(limit: number): number;
  chance(share: number): boolean;
  pick<T>(list: readonly T[]): T;
  times<T>(count: number, make: () => T): T[];
}

/** Labels, or types of entities. */
export const LABELS = ["__proto__", "card", "日本語"];
/** The words that speak for each label. */
export const WORDS = [["alpha", "amber", "apple"], ["bravo", "beach", "birch"], [
  "cedar",
  "cloud",
  "coral",
]];
const UNKNOWN = "r000000000000";

function createLabelSubject({ below, chance, pick, times }: Dice): Subject {
  const clarity = pick([0.7, 0.7, 1]);
  return {
    labels: LABELS,
    createExample(id, label) {
      const own = LABELS.indexOf(label);
      const words = times(3, () => pick(WORDS[chance(clarity) && own >= 0 ? own : below(3)]));
      return { id, text: `${words.join(" ")} ${createTag({ below, times })}`, label };
    },
    propose() {
      const own = below(3);
      const word = () => String.raw`\b${pick(WORDS[chance(0.8) ? own : below(3)])}\b`;
      return {
        label: LABELS[own],
        patterns: chance(0.8) ? [word()] : [word(), word()],
        ...(chance(0.1) ? { not: [word()] } : {}),
      };
    },
    solve: (label) => ({ label, patterns: [WORDS[LABELS.indexOf(label)].join("|")] }),
    spoil: () => [],
    options: {
      decide: pick(["first", "vote"] as const),
      default: pick([undefined, "majority"] as const),
      threshold: pick([0, 0.5]),
    },
  };
}

/** The end of a text: no two share a run of characters that is long enough to be a quote. */
export function createTag({ below, times }: Pick<Dice, "below" | "times">): string {
  return times(24, () => "bcdfghjklmnpqrstvwxz"[below(20)]).join("");
}

/** A run out of a seed. */
export function createChaos(seed: number, task: Task = "classification"): Chaos {
  const random = createRandom(seed);
  /** Whether people lock rules, correct examples and give feedback. */
  const isManaged = seed % 4 === 1;
  /** Whether the run begins with a playbook. */
  const isKnown = seed % 4 === 2;
  const below = (limit: number) => Math.floor(random() * limit);
  const chance = (share: number) => random() < share;
  const pick = <T>(list: readonly T[]): T => list[below(list.length)];
  const times = <T>(count: number, make: () => T) => Array.from({ length: count }, make);
  const dice = { random, below, chance, pick, times };
  const subject = task === "classification"
    ? createLabelSubject(dice)
    : createSpanSubject(dice, task);
  const { labels } = subject;

  let serial = 0;
  const createExample = (label: string) => subject.createExample(`e${seed}-${serial++}`, label);
  const size = pick([12, 45]);
  const dataset = {
    name: "chaos",
    task,
    examples: times(size, () => 0).map((_, place) => createExample(labels[place % labels.length])),
  };
  const test = chance(0.3)
    ? { name: "test", task, examples: [createExample(labels[0]), createExample("never seen")] }
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
    const name = `p${names++}`;
    if (proposed.length > 0 && chance(0.2)) {
      const { label, patterns, not, group, template } = pick(proposed);
      return { name, label, patterns, not, group, template, ...strengths() };
    }
    const proposal = { name, ...subject.propose(), ...strengths() };
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
      ...subject.spoil(proposal),
    ]);
  };
  const solve = (label: string): Proposal => ({
    name: `p${names++}`,
    ...subject.solve(label),
    weight: 9,
    priority: 9,
  });
  const proposeAny = () => chance(0.15) ? spoil(propose()) : propose();

  const anyId = (rules: readonly Rule[]) =>
    rules.length === 0 || chance(0.15) ? pick([UNKNOWN, quote()]) : pick(rules).id;
  const createPatch = (rules: readonly Rule[], stage: Asked["stage"]): Patch => {
    if (chance(0.08)) return {};
    if (chance(0.04)) return { added: labels.map(solve) };
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
    const doubled = again !== undefined && chance(0.1)
      ? { ...patch, added: [...patch.added!, { ...again, name: `p${names++}`, weight: 0.5 }] }
      : patch;
    // What the synthesizer has refused itself; it may quote, too.
    const [{ text }] = dataset.examples;
    const refused = [{ name: `p${names}-over`, code: "over-limit" as const, detail: text }];
    const changed = names % 5 === 0 ? { ...doubled, refused } : doubled;
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
      if (proposals.length === 3) {
        const { from } = proposals[0];
        proposals.push({ kind: "change", from, reason: `over-limit: ${dataset.examples[0].text}` });
      }
      audited.push({ rules, proposals });
      return proposals;
    },
  };

  const start = chance(0.4) ? times(1 + below(4), propose) : [];
  // Rules of a playbook, by names of their own: some are right, some are of another label or cannot run.
  const know = (label: string, place: number): PlaybookEntry => {
    const { name: _, ...other } = solve(labels[(place + 1) % labels.length]);
    const { name: __, ...sound } = propose();
    const rules = [{ ...other, label }, { ...sound, label }, sound, {
      ...sound,
      label,
      patterns: ["("],
    }];
    return PlaybookEntrySchema.parse({
      task,
      failure: { expected: label, predicted: null, count: place },
      rules: rules.map((rule, at) => ({ ...rule, name: `known ${place}.${at}` })),
      support: place,
    });
  };
  const options: LearnOptions = {
    ...subject.options,
    synthesizer,
    ...(chance(0.8) ? { coordinator } : {}),
    holdout: pick([0, 0.2]),
    seed: below(3),
    maxIterations: pick([0, 2, 12]),
    patience: pick([2, 6]),
    tolerance: pick([0, 0.5, 1]),
    margin: pick([0, 1]),
    ...(chance(0.3) ? { target: pick([0.6, 0.9]) } : {}),
    ...(chance(0.4) ? { maxRules: 1 + below(4) } : {}),
    ...(seed % 3 === 1 && { within: [0, 0.05, 0.2][seed % 7 % 3] }),
    rules: isManaged
      ? start.map((rule, at) => at % 2 === 0 ? { ...rule, locked: true } : rule)
      : start,
    ...(isKnown && { playbook: createPlaybook([...labels, "never seen"].map(know)) }),
    ...(isManaged && {
      corrections: dataset.examples.filter((_, at) => at % 5 === 0).map(({ id }) => id),
      feedback: [{ text: "look closer", label: labels[0] }],
    }),
    incremental: start.length > 0 && chance(0.3),
    ...(chance(0.2) ? { refit: false } : {}),
    test,
  };
  return { dataset, test, options, asked, audited };
}
