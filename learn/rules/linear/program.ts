/**
 * Patterns as programs: instructions that read a character, choose, assert or remember a place.
 *
 * @module
 */
import type { AST } from "npm:@eslint-community/regexpp@^4";
import { type CharacterElement, findRanges, holdsStrings, type Range } from "../character_sets.ts";
import { canReadNothing, changeFlags, type FlagState, readFlags } from "../syntax.ts";

/** One instruction; the others are given by their numbers in the program. */
export type Instruction =
  /** Reads a character of a set. */
  | { readonly kind: "read"; readonly set: number; readonly next: number }
  /** Tries one after the other. */
  | { readonly kind: "choose"; readonly among: number[] }
  /** Asks for an edge of the text, of a line if `lineEnds` are given, or of a word. */
  | {
    readonly kind: "start" | "end";
    readonly lineEnds: number | undefined;
    readonly next: number;
  }
  | { readonly kind: "word"; readonly set: number; readonly negate: boolean; readonly next: number }
  /** Asks whether another program matches here. */
  | {
    readonly kind: "look";
    readonly inside: Program;
    readonly negate: boolean;
    readonly next: number;
  }
  /** Remembers where the wanted group starts or ends, or forgets both. */
  | { readonly kind: "groupStart" | "groupEnd" | "forget"; readonly next: number }
  | { readonly kind: "match" | "fail" };

/** Instructions, of which one is the first. */
export interface Program {
  readonly instructions: readonly Instruction[];
  readonly entry: number;
  /** Whether it reads the text from right to left. */
  readonly isBackward: boolean;
  /** Whether the wanted group is in it. */
  readonly hasGroup: boolean;
}

/** The most parts of a pattern after counts such as `{3,50}` are written out; empty ones count too. */
const MAX_PARTS = 10_000;

/**
 * Writes a pattern as a program that chooses in the order in which V8 does.
 *
 * V8 gives up on an optional round that reads nothing. Here, what is inside of a repetition that can match
 * nothing is written once for each number of such repetitions around it, outermost first, whose
 * rounds have read something so far: so that an instruction and a place in the text are all that what
 * follows depends on.
 *
 * @param group the number of the group whose place is wanted, or 0
 * @param addSet returns the number of a set of characters
 * @throws {SyntaxError} if the pattern has backreferences, classes of strings, or is too long
 */
export function writeProgram(
  pattern: AST.Pattern,
  flags: string,
  group: number,
  addSet: (ranges: readonly Range[]) => number,
): Program {
  const mode = /[uv]/.exec(flags)?.[0] ?? "";
  const wanted = group === 0 ? undefined : groupsOf(pattern)[group - 1];
  let parts = 0;
  return write(pattern.alternatives, readFlags(flags), false);

  function write(
    alternatives: readonly AST.Alternative[],
    flags: FlagState,
    isBackward: boolean,
  ): Program {
    const instructions: Instruction[] = [];
    const { parent } = alternatives[0];
    const match = add({ kind: "match" });
    const entry = writeChoice(alternatives, flags, { read: 0, depth: 0 }, () => match);
    return { instructions, entry, isBackward, hasGroup: isAround(parent, wanted) };

    function add(instruction: Instruction): number {
      return instructions.push(instruction) - 1;
    }

    /** Counts parts: as many whatever the wanted group, so that all groups can be found or none. */
    function spend(count: number): void {
      parts += count;
      if (parts > MAX_PARTS) {
        throw lacks(`patterns with over ${MAX_PARTS} parts, counts multiplied out`);
      }
    }

    function writeChoice(
      list: readonly AST.Alternative[],
      flags: FlagState,
      rounds: Rounds,
      next: Next,
    ): number {
      spend(list.length - 1);
      const among = list.map(({ elements }) => writeSequence(elements, flags, rounds, next));
      return among.length === 1 ? among[0] : add({ kind: "choose", among });
    }

    function writeSequence(
      elements: readonly AST.Element[],
      flags: FlagState,
      { read, depth }: Rounds,
      next: Next,
    ): number {
      const inOrder = isBackward ? elements.toReversed() : elements;
      const reading = inOrder.findIndex((one) => !canReadNothing(one));
      const lastUnread = reading < 0 ? inOrder.length : reading;
      let follow = next;
      for (let at = inOrder.length - 1; at >= 0; at--) {
        const after = follow;
        follow = once((read) => writeElement(inOrder[at], flags, { read, depth }, after));
        // From the end on, so that a long sequence does not need a deep stack.
        if (at > 0) follow(depth);
        if (at <= lastUnread) follow(read);
      }
      return follow(read);
    }

    function writeElement(
      node: AST.Element,
      flags: FlagState,
      rounds: Rounds,
      next: Next,
    ): number {
      spend(1);
      switch (node.type) {
        case "Group":
          return writeChoice(node.alternatives, changeFlags(flags, node), rounds, next);
        case "CapturingGroup":
          return writeGroup(node, flags, rounds, next);
        case "Quantifier":
          return writeQuantifier(node, flags, rounds, next);
        case "Assertion":
          return writeAssertion(node, flags, next(rounds.read));
        case "Backreference":
          throw lacks("backreferences");
        default:
          return add({ kind: "read", set: setOf(node, flags), next: next(rounds.depth) });
      }
    }

    function writeGroup(
      node: AST.CapturingGroup,
      flags: FlagState,
      rounds: Rounds,
      next: Next,
    ): number {
      if (node !== wanted) return writeChoice(node.alternatives, flags, rounds, next);
      const [first, last] = isBackward
        ? ["groupEnd", "groupStart"] as const
        : ["groupStart", "groupEnd"] as const;
      const close = once((read) => add({ kind: last, next: next(read) }));
      const inner = writeChoice(node.alternatives, flags, rounds, close);
      return add({ kind: first, next: inner });
    }

    function writeQuantifier(
      { element, min, max, greedy }: AST.Quantifier,
      flags: FlagState,
      { read, depth }: Rounds,
      next: Next,
    ): number {
      const canBeEmpty = canReadNothing(element);
      const forgets = isAround(element, wanted);

      const writeRound = (rounds: Rounds, after: Next): number => {
        const round = writeElement(element, flags, rounds, after);
        return forgets ? add({ kind: "forget", next: round }) : round;
      };
      const writeOptional = (read: number, after: Next): number => {
        if (!canBeEmpty) return writeRound({ read, depth }, after);
        // If this round has read something, then so have those around it.
        const inner = depth + 1;
        const check = once((read) => read === inner ? after(depth) : add({ kind: "fail" }));
        return writeRound({ read, depth: inner }, check);
      };
      /** Fills in the choice between another round and what follows. */
      const offer = (among: number[], read: number, after: Next): void => {
        if (greedy) among.push(writeOptional(read, after), next(read));
        else among.push(next(read), writeOptional(read, after));
      };

      let follow = next;
      if (max === Infinity) {
        const heads: number[] = [];
        const head: Next = (read) => {
          if (heads[read] !== undefined) return heads[read];
          const among: number[] = [];
          heads[read] = add({ kind: "choose", among });
          offer(among, read, head);
          return heads[read];
        };
        follow = head;
      }
      for (let round = min; round < max && max !== Infinity; round++) {
        const after = follow;
        follow = once((read) => {
          const among: number[] = [];
          offer(among, read, after);
          return add({ kind: "choose", among });
        });
        follow(depth);
      }
      for (let round = 0; round < min; round++) {
        const after = follow;
        follow = once((read) => writeRound({ read, depth }, after));
        follow(depth);
        if (canBeEmpty) follow(read);
      }
      return follow(read);
    }

    function writeAssertion(node: AST.Assertion, flags: FlagState, next: number): number {
      switch (node.kind) {
        case "start":
        case "end": {
          const lineEnds = flags.multiline ? addRanges("[\\n\\r\\u2028\\u2029]", "") : undefined;
          return add({ kind: node.kind, lineEnds, next });
        }
        case "word": {
          const set = addRanges("\\w", flags.ignoreCase ? "i" : "");
          return add({ kind: "word", set, negate: node.negate, next });
        }
        case "lookahead":
        case "lookbehind": {
          const inside = write(node.alternatives, flags, node.kind === "lookbehind");
          return add({ kind: "look", inside, negate: node.negate, next });
        }
      }
    }
  }

  function setOf(node: CharacterElement, { ignoreCase, dotAll }: FlagState): number {
    if (mode === "v" && holdsStrings(node)) throw lacks("classes that hold strings");
    return addRanges(node.raw, (ignoreCase ? "i" : "") + (dotAll && node.raw === "." ? "s" : ""));
  }

  function addRanges(source: string, flags: string): number {
    return addSet(findRanges(source, mode + flags));
  }
}

/** The repetitions around a part that can match nothing. */
interface Rounds {
  /** How many there are. */
  readonly depth: number;
  /** How many of them, from the outermost, have read something in this round. */
  readonly read: number;
}

/** Writes what follows, given how many rounds have read something, and returns where it begins. */
type Next = (read: number) => number;

/** Keeps what a function returns. */
function once(write: Next): Next {
  const known: number[] = [];
  return (read) => known[read] ??= write(read);
}

/** Lists the capture groups of a pattern in the order of their numbers. */
function groupsOf(pattern: AST.Pattern): AST.CapturingGroup[] {
  const groups: AST.CapturingGroup[] = [];
  const visit = (node: AST.Element | AST.Pattern): void => {
    if (node.type === "CapturingGroup") groups.push(node);
    if (node.type === "Quantifier") visit(node.element);
    if (!("alternatives" in node)) return;
    for (const { elements } of node.alternatives) elements.forEach(visit);
  };
  visit(pattern);
  return groups;
}

function isAround(node: AST.Node, group: AST.Node | undefined): boolean {
  for (let inner: AST.Node | null | undefined = group; inner; inner = inner.parent) {
    if (inner === node) return true;
  }
  return false;
}

function lacks(what: string): SyntaxError {
  return new SyntaxError(`the linear-time engine has no ${what}`);
}
