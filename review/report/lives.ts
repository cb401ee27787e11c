/**
 * The lives of all rules of a trace in one pass: when each came into the set, and what became of it.
 *
 * @module
 */
import type { Rule } from "../../learn/rules/rule.ts";
import { restoredSteps } from "../../record/fold.ts";
import type { Step, StepOf, Trace } from "../../record/schema.ts";

/** A time in the set. */
export interface Stay {
  /** Index of the step that the rule came with. */
  readonly from: number;
  readonly how: "started" | "synthesized" | "added" | "made" | "refitted" | "restored" | "unlogged";
  /** The rules that it was made of, or the one whose place it took. */
  readonly sources: readonly string[];
  /** How it ended, where it did. */
  readonly end?: {
    readonly step: number;
    readonly how:
      | "replaced"
      | "merged"
      | "tightened"
      | "removed"
      | "pruned"
      | "undone"
      | "unlogged";
    /** The rule that came instead, or that matches all it matched. */
    readonly by?: string;
  };
}

/** The life of one rule. */
export interface Life {
  readonly rule: Rule;
  /** Times in the set, in order. */
  readonly stays: readonly Stay[];
  /** Steps that proposed it in vain. */
  readonly attempts: readonly {
    readonly step: number;
    readonly how: "rejected" | "reverted" | "skipped" | "unknown";
  }[];
  /** Whether it is in the set after the last step, was once, or never. */
  readonly fate: "final" | "left" | "never";
}

/** The lives of the rules of a trace that holds, in the order of first mention. */
export function tellLives(trace: Trace): Life[] {
  const recorder = new LifeRecorder(restoredSteps(trace.steps));
  for (const step of trace.steps) recorder.apply(step);
  return [...recorder.lives].map(([id, { stays, attempts }]) => {
    const last = stays.at(-1);
    const fate = last === undefined ? "never" : last.end === undefined ? "final" : "left";
    return { rule: trace.rules[id], stays, attempts, fate };
  });
}

interface Draft {
  readonly stays: { -readonly [Field in keyof Stay]: Stay[Field] }[];
  readonly attempts: Life["attempts"][number][];
}

type End = NonNullable<Stay["end"]>;

class LifeRecorder {
  readonly lives = new Map<string, Draft>();
  readonly #members = new Set<string>();
  readonly #remember: ReadonlySet<number>;
  readonly #remembered = new Map<number, ReadonlySet<string>>();
  #step = 0;

  constructor(remember: ReadonlySet<number>) {
    this.#remember = remember;
  }

  apply(step: Step): void {
    this.#step = step.index;
    if ("unlogged" in step && step.unlogged !== undefined) {
      for (const id of step.unlogged.removed) this.#leave(id, "unlogged");
      for (const id of step.unlogged.added) this.#enter(id, "unlogged");
    }
    switch (step.type) {
      case "synthesis":
        for (const id of step.start ?? []) this.#enter(id, "started");
        for (const id of step.added) this.#enter(id, "synthesized");
        break;
      case "iteration":
        this.#patch(step);
        break;
      case "audit":
        this.#audit(step);
        break;
      case "restore": {
        const past = this.#remembered.get(step.to) ?? new Set();
        for (const id of [...this.#members]) if (!past.has(id)) this.#leave(id, "undone");
        for (const id of past) if (!this.#members.has(id)) this.#enter(id, "restored");
        break;
      }
      case "prune":
        for (const { rule, by } of step.dropped) this.#leave(rule, "pruned", by);
        break;
      case "refit":
        for (const id of step.removed) this.#leave(id, "removed");
        for (const id of step.added) this.#enter(id, "refitted");
        break;
      case "critique":
      case "final":
      case "failure":
        break;
    }
    if (this.#remember.has(step.index)) {
      this.#remembered.set(step.index, new Set(this.#members));
    }
  }

  #patch({ patch, verdict }: StepOf<"iteration">): void {
    if (verdict !== "accepted") {
      for (const id of [...patch.replaced.map(({ to }) => to), ...patch.added]) {
        const how = verdict === "unknown" ? "unknown" : "rejected";
        this.#draft(id).attempts.push({ step: this.#step, how });
      }
      return;
    }
    for (const id of patch.removed) this.#leave(id, "removed");
    for (const { from, to } of patch.replaced) this.#leave(from, "replaced", to);
    for (const { from, to } of patch.replaced) this.#enter(to, "added", [from]);
    for (const id of patch.added) this.#enter(id, "added");
  }

  #audit({ actions, verdict }: StepOf<"audit">): void {
    const ends = { merge: "merged", tighten: "tightened", remove: "removed" } as const;
    for (const { kind, from, to, outcome } of actions) {
      if (outcome === "skipped" || verdict !== "kept" || kind === "change") {
        // A skipped action may name a rule that is in use.
        if (to === undefined || this.#members.has(to)) continue;
        const undone = verdict === "unknown" ? "unknown" : "reverted";
        const how = outcome === "applied" ? undone : "skipped";
        this.#draft(to).attempts.push({ step: this.#step, how });
        continue;
      }
      // A rule may be merged into itself: it stays.
      for (const id of from) if (id !== to) this.#leave(id, ends[kind], to);
      if (to !== undefined && !this.#members.has(to)) this.#enter(to, "made", from);
    }
  }

  #draft(id: string): Draft {
    const known = this.lives.get(id);
    if (known !== undefined) return known;
    const draft: Draft = { stays: [], attempts: [] };
    this.lives.set(id, draft);
    return draft;
  }

  #enter(id: string, how: Stay["how"], sources: readonly string[] = []): void {
    this.#members.add(id);
    this.#draft(id).stays.push({ from: this.#step, how, sources });
  }

  #leave(id: string, how: End["how"], by?: string): void {
    this.#members.delete(id);
    const stay = this.#draft(id).stays.at(-1);
    if (stay !== undefined) {
      stay.end = { step: this.#step, how, ...(by === undefined ? {} : { by }) };
    }
  }
}
