/**
 * A small data set for classification, and its texts with their labels.
 *
 * @module
 */
import type { Example } from "../../../learn/data/examples.ts";

/** Three examples with two labels. */
export const intents = {
  name: "intents",
  examples: [
    { text: "where is my card", label: "card" },
    { text: "what is the rate", label: "exchange" },
    { text: "my card is late", label: "card" },
  ],
};

/** Returns the texts of a data set, each with its label. */
export function pairs(dataset: { readonly examples: readonly Example[] }): string[][] {
  return dataset.examples.map((example) => [example.text, "label" in example ? example.label : ""]);
}
