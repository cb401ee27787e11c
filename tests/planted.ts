/**
 * Data sets in which each text holds secrets that no other text has: cards, e-mail addresses, names
 * and the like, in sentences that many texts share. And the search for them in what a run writes.
 *
 * @module
 */
import type { DatasetInput } from "../learn/data/dataset.ts";
import { type LearnResult, learnRules } from "../pipeline.ts";
import { renderReport } from "../review/report.ts";
import { type Recorded, withTrace } from "../trace.ts";
import { createRandom } from "./record/generate_run.ts";

/** What to plant. */
export interface PlantOptions {
  readonly task: "classification" | "ner" | "extraction";
  /** Number of texts. */
  readonly size: number;
  readonly seed: number;
  /** Whether all is in small letters. */
  readonly isSmall: boolean;
  /** Share of the labels that are wrong, in classification. */
  readonly noise?: number;
}

/** A data set, and the secrets in it. */
export interface Planted {
  readonly dataset: DatasetInput;
  readonly secrets: readonly string[];
}

type Kind = "card" | "email" | "token" | "iban" | "person" | "phone" | "street";

/** Sentences by intent; a word in braces is replaced by a secret of that kind, or by a filler. */
const SENTENCES: Readonly<Record<string, readonly string[]>> = {
  lost_card: [
    "I lost my card {card} {when}, please block it",
    "My card {card} was stolen in {place}, what now?",
    "Hello, {person} here, I cannot find card {card}",
    "please cancel {card}, it is gone since {when}",
    "Block card {card} of {person} at once",
  ],
  transfer: [
    "I sent {amount} to {iban} {when} and it has not arrived",
    "Why is the transfer to {person} still pending?",
    "Transfer of {amount} from {iban} was declined {when}",
    "{person} never got my transfer of {amount}",
    "Has the payment to {iban} gone out?",
  ],
  contact: [
    "Please change my address to {email}",
    "Write to {email} or call {phone} {when}",
    "My new number is {phone}, my street is now {street}",
    "I moved to {street} in {place}, says {person}",
    "Reach me at {email}, not at {email}",
  ],
  access: [
    "My token {token} does not work {when}",
    "The app refuses {token} since {when}",
    "I cannot log in as {email}, the code is {token}",
    "Reset the password of {person}, token {token}",
    "Login with {token} fails in {place}",
  ],
};

const FILLERS: Readonly<Record<string, readonly string[]>> = {
  when: ["today", "yesterday", "last week", "on Monday", "this morning", "an hour ago", "in May"],
  place: ["London", "Paris", "Rome", "Oslo", "Madrid", "Vienna", "Dublin", "Prague"],
  amount: ["5 pounds", "20 euros", "100 dollars", "7.50", "1,200 euros", "30 pounds"],
};

const SYLLABLES = "ba che dro fi gu hax je kly mo nur pe qui ro sho ta uv wex yan zor vil".split(
  " ",
);

/** Creates a data set with planted secrets; the same options give the same one. */
export function plantSecrets({ task, size, seed, isSmall, noise = 0 }: PlantOptions): Planted {
  const random = createRandom(seed);
  const below = (count: number) => Math.floor(random() * count);
  const pick = <T>(list: readonly T[]) => list[below(list.length)];
  const times = (count: number, make: () => string) => Array.from({ length: count }, make).join("");
  const digits = (count: number) => times(count, () => String(below(10)));
  const taken = new Set<string>();
  const word = (): string => {
    const made = times(3 + below(2), () => pick(SYLLABLES));
    return taken.size < taken.add(made).size ? made : word();
  };
  const capital = (text: string) => text[0].toUpperCase() + text.slice(1);
  const makers: Readonly<Record<Kind, () => string>> = {
    card: () => `4${digits(3)} ${digits(4)} ${digits(4)} ${digits(4)}`,
    email: () => `${word()}.${word()}@${word()}.com`,
    token: () => `sk_${word()}${digits(5)}${word()}`,
    iban: () => `GB${digits(2)}${word().toUpperCase()}${digits(14)}`,
    person: () => `${capital(word())} ${capital(word())}`,
    phone: () => `+44 ${digits(4)} ${digits(6)}`,
    street: () => `${below(900) + 10} ${capital(word())} Road`,
  };
  const intents = Object.keys(SENTENCES);
  const secrets: string[] = [];
  const isLabelled = task === "classification";
  const examples = Array.from({ length: size }, () => {
    const intent = pick(intents);
    const entities: { start: number; end: number; type: string }[] = [];
    let text = "";
    for (const part of pick(SENTENCES[intent]).split(/(?=\{)|(?<=\})/)) {
      const name = /^\{(\w+)\}$/.exec(part)?.[1];
      const isSecret = name !== undefined && name in makers;
      const written = isSecret ? makers[name as Kind]() : name ? pick(FILLERS[name]) : part;
      const shown = isSmall ? written.toLowerCase() : written;
      if (isSecret) {
        secrets.push(shown);
        entities.push({ start: text.length, end: text.length + shown.length, type: name });
      }
      text += isSmall ? shown.toLowerCase() : shown;
    }
    if (isLabelled) return { text, label: random() < noise ? pick(intents) : intent };
    return task === "ner"
      ? { text, entities }
      : { text, spans: entities.map(({ start, end }) => ({ start, end })) };
  });
  return { dataset: { name: "planted", task, examples } as DatasetInput, secrets };
}

/**
 * Learns with a trace; returns the result, and all that was written: each file in its states at the
 * stages of the run, the page, and the rules.
 */
export async function learnWritten(
  dataset: DatasetInput,
): Promise<LearnResult & Recorded & { written: string[] }> {
  const storage = await Deno.makeTempDir();
  try {
    const files = new Set<string>();
    const readAll = () => {
      for (const { name } of Deno.readDirSync(storage)) {
        files.add(Deno.readTextFileSync(`${storage}/${name}`));
      }
    };
    const result = await withTrace(learnRules, { storage })(dataset, { onProgress: readAll });
    readAll();
    const written = [...files, renderReport(result.trace), JSON.stringify(result.rules)];
    return { ...result, written };
  } finally {
    await Deno.remove(storage, { recursive: true });
  }
}

/**
 * Finds secrets, whole or a word of them, in something written: in any case, and with the escapes of
 * patterns undone.
 */
export function findSecrets(written: string, secrets: readonly string[]): string[] {
  const read = normalize(written.replaceAll(/\\+(?=[^a-z0-9])/gi, ""));
  // The decimals of a weight may be the digits of a secret by chance.
  const words = new Set(read.replaceAll(/\d\.\d+/g, " ").match(/\p{IDC}+/gu));
  return secrets.filter((secret) => {
    const whole = normalize(secret);
    return read.includes(whole) || partsOf(whole).some((part) => words.has(part));
  });
}

/** Returns the words of a secret that only it has: those of five letters or more, or six digits. */
function partsOf(secret: string): string[] {
  return secret.match(/\p{L}[\p{IDC}]{4,}|\d{6,}/gu)?.filter((part) => part !== "road") ?? [];
}

function normalize(text: string): string {
  return text.toLowerCase().replaceAll(/\s+/g, " ");
}
