/**
 * What a replay found.
 *
 * @module
 */

/** Why a run is not the same, or why that cannot be told. */
export type ReplayCause =
  /** The examples are others. */
  | "data"
  /** The test set is another one, or is not given. */
  | "test"
  /** The run had other options than there are now. */
  | "options"
  /** Who learned is not known, or cannot be asked. */
  | "learner"
  /** The tape lacks an exchange that the record names. */
  | "reply-missing"
  /** A reply on the tape is not the one that the run got, as the trace proves or what came of it shows. */
  | "reply-changed"
  /** Another version of this package, or of what runs it, gives other steps. */
  | "software"
  /** Two replays agree with each other, and not with the record. */
  | "code"
  /** Two replays part from each other. */
  | "nondeterminism"
  /** The record does not hold: it was changed. */
  | "record"
  /** The record ends before the run did. All its steps are the same. */
  | "interrupted";

/** Whether a run is the same when it is computed again. */
export interface Receipt {
  /** Name of the data set, and id of the run; missing if the record cannot be read. */
  readonly run?: { readonly dataset: string; readonly id: string };
  /** `unknown` if it cannot be told. */
  readonly verdict: "same" | "different" | "unknown";
  /** Missing if it is the same. */
  readonly cause?: ReplayCause;
  /** The first step that differs, from 0, if the cause is found in one. */
  readonly step?: number;
  /** What was found, in words; empty if it is the same. Quotes no example. */
  readonly detail: string;
  /** How many steps are the same from the first on, of how many in the record. */
  readonly steps: { readonly same: number; readonly of: number };
  /** How many exchanges the tape answered, of how many in the record; missing if there are none. */
  readonly exchanges?: { readonly answered: number; readonly of: number };
  /**
   * The digest of the trace; or, in the chain of digests, of the first step that differs, or of the last
   * step of a record that was cut short. `replayed` is
   * missing if nothing was computed to compare it with. Missing if the record cannot be read.
   */
  readonly digests?: { readonly recorded: string; readonly replayed?: string };
}
