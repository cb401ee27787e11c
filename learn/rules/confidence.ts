/**
 * Confidence in a predicted label: how often labels with such a margin were correct on held-out examples.
 *
 * @example
 * ```ts
 * import { assertEquals } from "jsr:@std/assert@^1";
 * import { calibrate, confidenceAt } from "./confidence.ts";
 *
 * const held = [1, 2, 3, 4].flatMap((margin) =>
 *   Array.from({ length: 50 }, (_, n) => ({ margin, isCorrect: n < 10 * margin }))
 * );
 * const confidence = calibrate(held)!;
 * assertEquals(confidence.examples, 200);
 * assertEquals(confidenceAt(confidence, 2.5) < confidenceAt(confidence, 4), true);
 * ```
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { schemaOf } from "../text/schemas.ts";

/** A point of a curve of confidence. */
export interface ConfidencePoint {
  /** A margin in votes; the point holds from it up to the next. */
  readonly margin: number;
  /** The share of correct labels at such margins, 0 to 1. */
  readonly confidence: number;
}

/** The confidence in a label by its margin, learned from examples that the rules were not learned from. */
export interface Confidence {
  /** The number of the held-out examples whose labels it was learned from, 1 or more. */
  readonly examples: number;
  /** Points by margin, ascending; the confidence never falls. */
  readonly curve: readonly ConfidencePoint[];
}

/** Reads a {@linkcode Confidence}. */
export const ConfidenceSchema = schemaOf<Confidence>()(z.strictObject({
  examples: z.int().min(1),
  curve: z.array(z.strictObject({
    margin: z.number(),
    confidence: z.number().min(0).max(1),
  })).min(1).refine(
    (points) =>
      points.every(({ margin, confidence }, place) =>
        place === 0 ||
        margin > points[place - 1].margin && confidence >= points[place - 1].confidence
      ),
    "expected points by margin, ascending, of which no confidence falls",
  ),
}));

/** A block of examples with neighbouring margins. */
interface Block {
  readonly margin: number;
  readonly count: number;
  readonly correct: number;
}

/**
 * Learns the confidence from labels that were predicted on held-out examples: isotonic regression by pooling
 * adjacent violators (Ayer et al. 1955). A block counts half a correct and half a wrong label more than it has
 * (Jeffreys's prior), so that no finite number of examples makes a label certain.
 *
 * @param labels the margin of each predicted label in votes, and whether it was correct
 * @returns `undefined` if there are no labels
 */
export function calibrate(
  labels: readonly { readonly margin: number; readonly isCorrect: boolean }[],
): Confidence | undefined {
  if (labels.length === 0) return undefined;
  const blocks: Block[] = [];
  for (const { margin, isCorrect } of labels.toSorted((a, b) => a.margin - b.margin)) {
    let block: Block = { margin, count: 1, correct: isCorrect ? 1 : 0 };
    for (let last = blocks.at(-1); last !== undefined; last = blocks.at(-1)) {
      if (last.margin < block.margin && shareOf(last) < shareOf(block)) break;
      blocks.pop();
      block = {
        margin: last.margin,
        count: last.count + block.count,
        correct: last.correct + block.correct,
      };
    }
    blocks.push(block);
  }
  const curve = smooth(blocks);
  return { examples: labels.length, curve };
}

function shareOf({ correct, count }: Block): number {
  return correct / count;
}

/** Returns the points of blocks. Small blocks are drawn to a half, which may not make the curve fall. */
function smooth(blocks: readonly Block[]): ConfidencePoint[] {
  const points: ConfidencePoint[] = [];
  for (const { margin, count, correct } of blocks) {
    const share = Math.round(1e6 * (correct + .5) / (count + 1)) / 1e6;
    const confidence = Math.max(share, points.at(-1)?.confidence ?? 0);
    if (confidence !== points.at(-1)?.confidence) points.push({ margin, confidence });
  }
  return points;
}

/**
 * Returns the confidence in a label with a margin in votes: that of the point at or below it, or of the first
 * point.
 */
export function confidenceAt({ curve }: Confidence, margin: number): number {
  let [low, high] = [0, curve.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (curve[middle].margin <= margin) low = middle;
    else high = middle;
  }
  return curve[low].confidence;
}
