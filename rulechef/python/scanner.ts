/**
 * Reads a pattern character by character, with errors that name the place.
 *
 * @module
 */
import type { PythonEngine } from "./nodes.ts";

/** A pattern that Python itself does not compile. */
export class PythonSyntaxError extends SyntaxError {
  override readonly name = "PythonSyntaxError";
}

/** A pattern that `re` compiles and `regex` does not: RuleChef runs it on `re`. */
export class RegexError extends Error {
  override readonly name = "RegexError";
}

/** The characters of a pattern, and the place that is read next. */
export class Scanner {
  readonly characters: readonly string[];
  /** The engine of Python that the pattern is read for. */
  readonly engine: PythonEngine;
  /** The index of the next character. */
  at = 0;
  /** The first part that Python takes and JavaScript does not; thrown once Python takes all of it. */
  unsupported?: SyntaxError;

  /** A scanner at the first of the code points of a pattern. */
  constructor(characters: readonly string[], engine: PythonEngine) {
    this.characters = characters;
    this.engine = engine;
  }

  /** Whether all characters are read. */
  get isAtEnd(): boolean {
    return this.at >= this.characters.length;
  }

  /** Returns the next character without reading it; undefined at the end. */
  peek(): string | undefined {
    return this.characters[this.at];
  }

  /** Reads the next character, which must exist. */
  next(): string {
    return this.characters[this.at++];
  }

  /** Reads `expected` if it comes next, and tells whether it does. */
  take(expected: string): boolean {
    if (![...expected].every((one, place) => this.characters[this.at + place] === one)) {
      return false;
    }
    this.at += expected.length;
    return true;
  }

  /** Reads characters that match `pattern`, at most `most`. */
  takeWhile(pattern: RegExp, most = Infinity): string {
    const start = this.at;
    while (!this.isAtEnd && this.at - start < most && pattern.test(this.characters[this.at])) {
      this.at++;
    }
    return this.characters.slice(start, this.at).join("");
  }

  /** Reads the text before `end`, and `end`. `what` is what an error calls the text. */
  takeUntil(end: string, what: string): string {
    const found = this.characters.indexOf(end, this.at);
    if (found === -1) throw this.fail(`${what} is not closed`);
    const text = this.characters.slice(this.at, found).join("");
    this.at = found + 1;
    return text;
  }

  /** Creates the error of a pattern that Python does not compile. */
  fail(reason: string): PythonSyntaxError {
    return new PythonSyntaxError(this.locate(reason));
  }

  /** Notes a part that has no counterpart in JavaScript. */
  note(reason: string): void {
    this.unsupported ??= new SyntaxError(this.locate(reason));
  }

  /** Returns the reason with the number of the character. */
  locate(reason: string): string {
    return `at character ${Math.min(this.at + 1, this.characters.length)} ${reason}`;
  }
}
