/**
 * Reads the lines of the log of an experiment.
 *
 * @module
 */
import * as z from "npm:zod@^4";
import { UNSAFE } from "../../learn/text/quoting.ts";
import { schemaOf } from "../../learn/text/schemas.ts";
import {
  ATTRIBUTIONS,
  CHOOSING_POLICIES,
  EXPERIMENT_FORMAT,
  EXPERIMENT_VERSION,
  type ExperimentEvent,
  type ExperimentHeader,
  OUTCOMES,
} from "./format.ts";

/** The longest name of a session, context, arm, class or item, in UTF-16 code units. */
const MAX_NAME = 200;
/** The longest description or notes, in UTF-16 code units. */
const MAX_TEXT = 4_000;
/** The most arms and rules of an event. */
const MAX_ARMS = 10_000;
// Names go from script to script, a line each.
const Name = z.string().min(1).max(MAX_NAME).refine(
  (name) => name.search(UNSAFE) === -1,
  "expected a name without control characters",
);
const Text = z.string().max(MAX_TEXT);
const Names = z.array(Name).max(MAX_ARMS).refine(
  (names) => new Set(names).size === names.length,
  "expected each name once",
);
const Time = z.iso.datetime();
const Share = z.number().min(0).max(1);

/** Reads an {@linkcode ExperimentHeader}. */
export const ExperimentHeaderSchema = schemaOf<ExperimentHeader>()(z.strictObject({
  format: z.literal(EXPERIMENT_FORMAT),
  version: z.literal(EXPERIMENT_VERSION),
}));

/** Reads an {@linkcode ExperimentEvent}. What depends on earlier lines is checked by the fold. */
export const ExperimentEventSchema = schemaOf<ExperimentEvent>()(z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("start"),
    session: Name,
    at: Time,
    context: Name,
    arms: Names,
    boosted: Names.optional(),
    chosen: Names,
    propensity: Share.gt(0),
    inclusion: z.array(Share).max(MAX_ARMS),
    seed: z.int().min(0),
    policy: z.enum(CHOOSING_POLICIES),
    explore: Share.optional(),
    rules: Names.optional(),
    notes: Text.optional(),
  }),
  z.strictObject({
    type: z.literal("end"),
    session: Name,
    at: Time,
    rules: Names.optional(),
    entry: Text.optional(),
    notes: Text.optional(),
  }),
  z.strictObject({
    type: z.literal("mistake"),
    id: Name,
    session: Name,
    at: Time,
    class: Name,
    description: Text.regex(/\S/, "expected some words"),
    credit: z.enum(ATTRIBUTIONS),
    arms: Names.min(1).optional(),
    corrected: Name.optional(),
    repeats: Name.optional(),
    item: Name.optional(),
  }),
  z.strictObject({
    type: z.literal("reward"),
    id: Name,
    session: Name,
    at: Time,
    outcome: z.enum(OUTCOMES),
    distance: Share.optional(),
    credit: z.enum(ATTRIBUTIONS),
    arms: Names.min(1).optional(),
    mistake: Name.optional(),
    item: Name.optional(),
    source: Name.optional(),
    notes: Text.optional(),
  }),
]));
