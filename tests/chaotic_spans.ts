/**
 * What random runs on spans are about: texts of words, of which some are marked, and rules that find
 * them in every way that rules can.
 *
 * @module
 */
import { type Entity, type Example, SPAN_LABEL, type Task } from "../learn/data/examples.ts";
import type { Proposal } from "../learn/rules/rule.ts";
import { createTag, type Dice, LABELS, type Subject, WORDS } from "./chaotic_learning.ts";

/** A subject of the task `ner` or `extraction`. */
export function createSpanSubject(dice: Dice, task: Exclude<Task, "classification">): Subject {
  const { below, chance, pick, times } = dice;
  const clarity = pick([0.7, 0.9, 1]);
  const labels = task === "ner" ? LABELS : [SPAN_LABEL];
  /** The words that stand for a label: for spans without types, those of two topics out of three. */
  const wordsOf = (label: string) =>
    task === "ner" ? WORDS[labels.indexOf(label)] : [...WORDS[0], ...WORDS[1]];
  const anyWord = () => pick(WORDS.flat());
  return {
    labels,
    createExample(id, about) {
      const marked: Entity[] = [];
      const isKnown = labels.includes(about);
      let text = pick(["", "see ", "🎴 "]);
      for (const place of times(2 + below(4), () => 0).keys()) {
        // The first word is of what the example is about, so that each label occurs.
        const label = place === 0 && isKnown ? about : pick(labels);
        const isMarked = place === 0 ? isKnown || task === "ner" : chance(0.6);
        const word = isMarked && chance(clarity) ? pick(wordsOf(label)) : anyWord();
        const start = text.length;
        text += word;
        if (isMarked) {
          const type = place === 0 ? about : chance(clarity) ? label : pick(labels);
          marked.push({ start, end: text.length, type });
        }
        text += pick([" ", ", ", " in "]);
      }
      text += createTag(dice);
      return createMarked(id, text, marked, task);
    },
    propose() {
      const label = pick(labels);
      const word = () => chance(0.8) ? pick(wordsOf(label)) : anyWord();
      const rest = {
        label,
        ...(chance(0.1) ? { not: [String.raw`\b${anyWord()}\b`] } : {}),
      };
      const conditions = chance(0.15) ? [String.raw`\b${anyWord()}\b`] : [];
      const kind = below(10);
      if (kind < 5) return { ...rest, patterns: [String.raw`\b${word()}\b`, ...conditions] };
      // The same matches under another pattern, and nearly the same.
      if (kind === 5) return { ...rest, patterns: [`(?:${word()})`, ...conditions] };
      if (kind === 6) {
        return { ...rest, patterns: [String.raw`\bin (${word()})\b`, ...conditions], group: 1 };
      }
      if (kind === 7) {
        return { ...rest, patterns: [String.raw`(\w+)?,? (${word()})`], group: 2 };
      }
      if (kind === 8) {
        const template = { text: pick(["$1", "$2"]) };
        return { ...rest, patterns: [String.raw`(in )?\b(${word()})\b`], template };
      }
      return { ...rest, patterns: [String.raw`\b[a-z]{5}\b`, ...conditions] };
    },
    solve: (label) => ({
      label,
      patterns: [String.raw`\b(${wordsOf(label).join("|")})\b`],
      group: 1,
    }),
    spoil(proposal) {
      const unlike = (changes: Partial<Proposal>) => ({ ...proposal, ...changes });
      return [
        unlike({ group: 9 }),
        unlike({ template: { text: "$9" } }),
        unlike({ template: { text: "$start" } }),
        unlike({ group: 0 }),
      ];
    },
    options: {
      match: pick(["exact", "text", "partial"] as const),
      overlaps: pick(["drop", "keep"] as const),
    },
  };
}

function createMarked(id: string, text: string, marked: readonly Entity[], task: Task): Example {
  return task === "ner"
    ? { id, text, entities: marked }
    : { id, text, spans: marked.map(({ start, end }) => ({ start, end })) };
}
