/**
 * What the stages of an export are done by: the judge, the makers of rows, the firewall.
 *
 * @module
 */
import { basename } from "jsr:@std/path@^1";
import { nameText, type UnlabelledText } from "../../learn/data/checks.ts";
import { quote } from "../../learn/text/quoting.ts";
import { readTexts } from "../../learn/data/texts.ts";
import { judge } from "../evidence/judging.ts";
import { readSources } from "../evidence/sources.ts";
import { DatasetFiles } from "../replay/dataset_files.ts";
import { applyFirewall, type LineProblem, recheckLines } from "./firewall.ts";
import type { DatasetMakers } from "./making.ts";
import type { DatasetOptions, DatasetPaths } from "./options.ts";
import { createProtection, type Protection, rememberChecks } from "./protecting.ts";
import { makeRows } from "./rows/making.ts";
import { splitRows } from "./splitting.ts";

/** Creates what the stages of one export, or of its audit, are done by. Protected files are read once. */
export function createMakers(): DatasetMakers {
  let protection: Promise<Protection> | undefined;
  const protect = (paths: DatasetPaths, options: DatasetOptions) =>
    protection ??= readProtection(paths, options);
  return {
    async readSources({ folder, data, corrections }, runs, { fields }) {
      const files = new DatasetFiles({ data, test: [], fields, corrections, isOfMany: true });
      return await readSources(folder, files, {
        only: new Set(runs.map((path) => basename(path))),
      });
    },
    judge,
    async makeRows(judged, { texts }, { kinds, fields }) {
      const unlabelled = texts === undefined ? [] : await readAllTexts(texts, { fields });
      return makeRows(judged, new Set(kinds), unlabelled);
    },
    async guardRows(rows, sources, paths, options) {
      const heldOut = new Map(
        sources.map(({ trace }) => [trace.digest, new Set(trace.run.split.dev)]),
      );
      const { kept, quarantined } = applyFirewall(rows, {
        protection: await protect(paths, options),
        heldOutOf: (trace) => heldOut.get(trace) ?? new Set(),
        cap: options.cap,
      });
      return { rows: kept, quarantined };
    },
    splitRows(rows, sources, split) {
      const parents = new Map(
        sources.map(({ trace }) => [trace.digest, trace.run.parent?.digest]),
      );
      return splitRows(rows, { ...split, parentOf: (trace) => parents.get(trace) });
    },
    async recheck(files, paths, options) {
      const protection = await protect(paths, options);
      return files.flatMap(({ path, lines }) =>
        recheckLines(lines, protection).map((found) => ({
          path,
          line: found.line,
          problem: phraseLine(found),
        }))
      );
    },
  };
}

async function readProtection(
  { protect }: DatasetPaths,
  { fields }: DatasetOptions,
): Promise<Protection> {
  const files = [];
  for (const path of protect) {
    const texts = await readAllTexts(path, { fields });
    if (texts.every(({ text }) => text.trim() === "")) {
      throw new Error(`Cannot protect the texts of ${quote(path, Infinity)}: it has none`);
    }
    files.push({ texts: texts.map(({ id, text }) => ({ id: id ?? nameText(text), text })) });
  }
  // What a text is like is the same in both checks: only the texts are found anew.
  return rememberChecks(createProtection(files));
}

async function readAllTexts(
  path: string,
  options: Pick<DatasetOptions, "fields">,
): Promise<UnlabelledText[]> {
  return (await Array.fromAsync(readTexts(path, options))).flat();
}

function phraseLine(found: LineProblem): string {
  if (found.reason === "unreadable") return found.detail;
  return `it shows protected text ${found.id} of file ${found.file} (${found.reason})`;
}
