/**
 * A small data set for classification, and the folder of larger ones.
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

/** The folder of data sets that are too large to ship. */
export const shared = `${import.meta.dirname}/../../../../shared/data`;

/** Whether that folder exists. */
export const hasShared = await Deno.stat(shared).then(() => true, () => false);
