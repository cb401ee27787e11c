/**
 * Rules as one function of Python, as RuleChef runs it: `extract(input_data)`, with `re`, without imports, and read
 * anew for each text. So all that it knows of rules stands in one text, a rule a line, and only expressions of which
 * the text has a literal are compiled.
 *
 * @module
 */
import { findLiterals } from "./conditions.ts";
import { microThreshold, microVote } from "../learn/rules/decisions.ts";
import type { Rule } from "../learn/rules/rule.ts";
import { escapeControls } from "../learn/text/quoting.ts";
import type { PythonRule } from "./python.ts";

/** A rule and what it is in Python. */
export interface WrittenRule {
  /** The rule. */
  readonly rule: Rule;
  /** Its expressions; long sets in them are the numbers of `sets`: `{{0}}`. */
  readonly python: PythonRule;
}

/** A long set of characters, as Python writes it, and what it has of ASCII. */
export interface LongSet {
  /** The whole set, in brackets. */
  readonly set: string;
  /** Its characters of ASCII, without brackets; may be empty. */
  readonly ascii: string;
}

/** What goes into a function besides its rules. */
export interface CodeOptions {
  /** Long sets of characters, which expressions name by their places. */
  readonly sets: readonly LongSet[];
  /** The field of inputs with the text; by default the longest text. */
  readonly field?: string;
}

/**
 * Writes the function that gives the label for which the rules vote, or None.
 *
 * @throws {RangeError} if the threshold is below 0
 */
export function writeVotes(
  written: readonly WrittenRule[],
  threshold: number,
  options: CodeOptions,
): string {
  const labels = labelsOf(written);
  const least = Math.min(microThreshold(threshold), Number.MAX_VALUE);
  const lines = written.map((one) => writeLine(one, [microVote(one.rule)], labels));
  return `# Rules of ruletrace, a line each: its vote in millionths, the number of its label, and what it needs of a text.
# The label with the most votes, if they are over ${least}, is the answer; of labels with as many the first.
${writeHead(written, lines, labels, options)}
    votes = [0 for _ in LABELS]
    for line in RULES.split("\\n")[1:-1]:
        vote, label, *parts = line.split("\\t")
        if holds(parts, parts, ${formOf(written)}, folded, sets):
            votes[int(label)] += int(vote)
    most = max(votes, default=0)
    return LABELS[votes.index(most)] if most > ${least} else None
`;
}

/** Writes the function that gives the label of the first rule that matches, or None. */
export function writeList(written: readonly WrittenRule[], options: CodeOptions): string {
  const labels = labelsOf(written);
  const lines = written.map((one) => writeLine(one, [], labels));
  return `# Rules of ruletrace, a line each: the number of its label, and what it needs of a text. The first that matches decides.
${writeHead(written, lines, labels, options)}
    for line in RULES.split("\\n")[1:-1]:
        label, *parts = line.split("\\t")
        if holds(parts, parts, ${formOf(written)}, folded, sets):
            return LABELS[int(label)]
    return None
`;
}

/** How a function gives spans. */
export interface SpanCodeOptions extends CodeOptions {
  /** Whether spans have types. */
  readonly isTyped: boolean;
  /** Whether a span is dropped that overlaps one of an earlier rule. */
  readonly isDropping: boolean;
}

/** Writes the function that gives the spans of rules, which are in the order in which they decide. */
export function writeSpans(written: readonly WrittenRule[], options: SpanCodeOptions): string {
  const { isTyped, isDropping } = options;
  const labels = labelsOf(written);
  const lines = written.map((one) => writeLine(one, [one.python.group], labels));
  const hasUnits = written.some(({ python }) => python.units);
  const order = !isDropping
    ? ""
    : "\n# In the order in which they decide: a span that overlaps one of an earlier line is dropped.";
  const type = isTyped ? ', "type": LABELS[label]' : "";
  const places = `
    # A character outside the basic plane is two in UTF-16, by which rules may count.
    places = [place for place, one in enumerate(text) for _ in range(2 if one > "\\uffff" else 1)]
    places.append(len(text))
    offsets = {place: offset for offset, place in reversed(list(enumerate(places)))}`;
  return `# Rules of ruletrace, a line each: the group that is the span, the number of its label, what finds it, and what it
# needs of a text.${order}
${writeHead(written, lines, labels, options)}${hasUnits ? places : ""}
    kept = []
    for line in RULES.split("\\n")[1:-1]:
        group, label, *parts = line.split("\\t")
        found, *others = [part for part in parts if part[0] in "=!"]
        seen = ${formOf(written)}
        if not holds(parts, others, seen, folded, sets):
            continue
        for match in re.finditer(expand(found, sets), seen):
            start, end = match.span(int(group))
            if start == end:
                continue
${
    hasUnits
      ? `            if seen is text:
                start, end = offsets[start], offsets[end]
`
      : ""
  }${
    !isDropping ? "" : `            if any(start < to and from_ < end for from_, to, _ in kept):
                continue
`
  }            kept.append((start, end, int(label)))
${
    hasUnits
      ? "    kept = [(places[start], places[end - 1] + 1, label) for start, end, label in kept]\n"
      : ""
  }    return [
        {"text": text[start:end], "start": start, "end": end${type}}
        for start, end, label in kept
    ]
`;
}

function labelsOf(written: readonly WrittenRule[]): string[] {
  return [...new Set(written.map(({ rule }) => rule.label))].sort();
}

/** Writes a value that JSON and Python write alike. */
function literal(value: unknown): string {
  return escapeControls(JSON.stringify(value));
}

/** Chooses the text for a line: units, if any rule needs them. */
function formOf(written: readonly WrittenRule[]): string {
  return written.some(({ python }) => python.units) ? 'units if "~" in parts else text' : "text";
}

/** Writes what both functions begin with. */
function writeHead(
  written: readonly WrittenRule[],
  lines: readonly string[],
  labels: readonly string[],
  { sets, field }: CodeOptions,
): string {
  const hasUnits = written.some(({ python }) => python.units);
  const units = `
    units = re.sub("[\\U00010000-\\U0010ffff]", "\\uffff\\uffff", text)`;
  const used = sets.filter((_, at) => lines.some((line) => line.includes(`{{${at}}}`)));
  const numbered = lines.map((line) =>
    line.replace(/\{\{(\d+)\}\}/g, (_, at) => `{{${used.indexOf(sets[Number(at)])}}}`)
  );
  const pairs = used.map(({ ascii, set }) => `    (${literal(ascii)}, ${literal(set)}),\n`);
  return `# ?: the text in lower case has one of these. =, !: this matches somewhere, or nowhere.${
    hasUnits ? " ~: with two characters for\n# each outside the basic plane." : ""
  }
LABELS = ${literal(labels)}
# What {{0}} and so on stand for: the characters of ASCII, and all.
SETS = [${pairs.length === 0 ? "" : "\n"}${pairs.join("")}]
RULES = r"""
${numbered.join("\n")}
"""


def choose(text):
    # Of long sets only what is in the text, so that expressions are short.
    others = "".join(sorted({one for one in text if one > "\\x7f"}))
    chosen = [ascii + "".join(re.findall(whole, others)) for ascii, whole in SETS]
    return ["[" + one + "]" if one else "[^\\x00-\\U0010ffff]" for one in chosen]


def expand(part, sets):
    pattern = part[1:]
    for number, characters in enumerate(sets):
        pattern = pattern.replace("{{%d}}" % number, characters)
    return pattern


def holds(parts, conditions, seen, folded, sets):
    literals = [part[1:].split("|") for part in parts if part[0] == "?"]
    if not all(any(one in folded for one in some) for some in literals):
        return False
    return all(
        (part[0] == "=") == bool(re.search(expand(part, sets), seen))
        for part in conditions
        if part[0] in "=!"
    )


def extract(input_data):
${readText(field)}
    folded = text.lower().replace("\\u017f", "s")${hasUnits ? units : ""}
    sets = choose(${hasUnits ? "text + units" : "text"})`;
}

/** Writes the lines that read the text of a field, or else the longest text. */
function readText(field: string | undefined): string {
  const longest =
    'text = max([one for one in input_data.values() if isinstance(one, str)], key=len, default="")';
  if (field === undefined) return `    ${longest}`;
  return `    text = input_data.get(${literal(field)})
    if not isinstance(text, str):
        ${longest}`;
}

/** Writes a rule as a line of fields between tabs, which are in no expression and no literal. */
function writeLine(
  { rule, python }: WrittenRule,
  first: readonly (string | number)[],
  labels: readonly string[],
): string {
  const { patterns, not, flags, units } = python;
  // Three quotes would end the text.
  const write = (sign: string, one: string) => sign + flags + one.replaceAll('"', "\\x22");
  return [
    ...first,
    labels.indexOf(rule.label),
    ...units ? ["~"] : [],
    ...literalsOf(rule),
    ...patterns.map((one) => write("=", one)),
    ...not.map((one) => write("!", one)),
  ].join("\t");
}

/** Returns for each pattern literals of which each text that the rule matches has one, if they are known and plain. */
function literalsOf({ patterns, flags }: Rule): string[] {
  return patterns.map((pattern) => findLiterals(pattern, flags))
    .filter((list) => list.length > 0 && list.every((one) => /^[ !#-{}~]+$/.test(one)))
    .map((list) => `?${list.join("|")}`);
}
