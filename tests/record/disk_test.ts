/**
 * What is on the disk when: the order of writing, flushing, renaming and removing, and faults of each.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "jsr:@std/assert@^1";
import { basename, join } from "jsr:@std/path@^1";
import fs from "node:fs";
import { readTrace, TraceWriteError, verifyTrace, withTrace, writeTrace } from "../../trace.ts";
import { inFolder } from "../pipeline/fixture.ts";
import { scriptedLearner } from "./generate_run.ts";
import { dataset, failing, journal, listed, own, script } from "./trace_fixture.ts";

const latest = "words.trace.json";
const temporary = "words.run-11.tmp";
const ignore = Deno.build.os === "windows";

/** A call to the system: what, and of which file. */
type Call = readonly [string, string];

/**
 * Records the calls that change what is on the disk while `run` runs. `fail` may throw instead of a call.
 * Marks of the learner, for each step that was reported, are among the calls.
 */
async function watch(
  run: (mark: () => void) => Promise<unknown>,
  fail: (call: Call, count: number) => void = () => {},
): Promise<string[]> {
  const calls: Call[] = [];
  const names = new Map<number, string>();
  const { openSync, writeSync, fsyncSync, renameSync, unlinkSync } = fs;
  const note = (...call: Call) => {
    calls.push(call);
    fail(call, calls.filter(([what, name]) => what === call[0] && name === call[1]).length);
  };
  fs.openSync = (path, flags, mode) => {
    const file = openSync(path, flags, mode);
    names.set(file, basename(String(path)));
    return file;
  };
  fs.writeSync = (file: number, bytes: NodeJS.ArrayBufferView | string, from?: number | null) => {
    note("write", names.get(file) ?? "?");
    return writeSync(file, bytes as Uint8Array, from);
  };
  fs.fsyncSync = (file) => {
    note("sync", names.get(file) ?? "?");
    fsyncSync(file);
  };
  fs.renameSync = (from, to) => {
    note("rename", basename(String(to)));
    renameSync(from, to);
  };
  fs.unlinkSync = (path) => {
    note("remove", basename(String(path)));
    unlinkSync(path);
  };
  try {
    await run(() => calls.push(["reported", "step"]));
  } finally {
    Object.assign(fs, { openSync, writeSync, fsyncSync, renameSync, unlinkSync });
  }
  return calls.map((call) => call.join(" "));
}

const count = script.reports.length;

/** What follows the steps: the trace and its copy are on the disk, then their names, then the journal goes. */
const ending = (folder: string) => [
  `write ${temporary}`,
  `sync ${temporary}`,
  `rename ${own}`,
  `write ${temporary}`,
  `sync ${temporary}`,
  `rename ${latest}`,
  `sync ${folder}`,
  `remove ${journal}`,
];

Deno.test("each step is on the disk when it is reported, and the trace before the journal goes", () =>
  inFolder(async (storage) => {
    const folder = basename(storage);
    const learn = withTrace(scriptedLearner(script), { storage });
    const calls = await watch((mark) => learn(dataset, { onStep: mark }));
    const step = [`write ${journal}`, `sync ${journal}`, "reported step"];
    assertEquals(calls, [
      ...[`write ${journal}`, `sync ${journal}`, `sync ${folder}`],
      ...Array.from({ length: count }, () => step).flat(),
      ...ending(folder),
    ]);
  }));

Deno.test("with flush: end, the journal is on the disk once, before the trace is written", () =>
  inFolder(async (storage) => {
    const folder = basename(storage);
    const learn = withTrace(scriptedLearner(script), { storage, flush: "end" });
    const calls = await watch((mark) => learn(dataset, { onStep: mark }));
    assertEquals(calls, [
      `write ${journal}`,
      ...Array.from({ length: count }, () => [`write ${journal}`, "reported step"]).flat(),
      ...[`sync ${journal}`, `sync ${folder}`],
      ...ending(folder),
    ]);
  }));

Deno.test("a way to flush that there is not is refused at once", () => {
  const flush = "never" as "end";
  assertThrows(
    () => withTrace(scriptedLearner(script), { flush }),
    TypeError,
    'The option flush is "never", expected step or end',
  );
});

Deno.test("writeTrace returns when the trace and its name are on the disk", () =>
  inFolder(async (storage) => {
    const { trace } = await withTrace(scriptedLearner(script))(dataset);
    const calls = await watch(() => writeTrace(join(storage, "copy.json"), trace));
    assertEquals(calls, [
      ...[`write ${temporary}`, `sync ${temporary}`, "rename copy.json"],
      `sync ${basename(storage)}`,
    ]);
  }));

/** Throws what a disk says that is broken. */
function breakDown(): never {
  throw Object.assign(new Error("EIO: i/o error, fsync"), { code: "EIO" });
}

/** Faults at the end of a run, after which the journal is what is left. */
const faults: [string, string, number][] = [
  ["sync", temporary, 1],
  ["write", temporary, 1],
  ["rename", own, 1],
];
for (const [what, name, which] of faults) {
  Deno.test(`a disk that breaks at ${what} ${name} leaves the journal, which the error names`, () =>
    inFolder(async (storage) => {
      const learn = withTrace(scriptedLearner(script), { storage });
      let error: unknown;
      await watch(
        async () => error = await assertRejects(() => learn(dataset), TraceWriteError),
        (call, count) => {
          if (call[0] === what && call[1] === name && count === which) breakDown();
        },
      );
      assert(error instanceof TraceWriteError);
      const path = join(storage, journal);
      assertEquals(
        error.message,
        `Cannot write trace "${join(storage, own)}": i/o error; the journal "${path}" stays`,
      );
      assertEquals(error.journal, path);
      verifyTrace(error.trace);
      assertEquals((await readTrace(path)).steps, error.trace.steps);
      assertEquals(listed(storage), [journal]);
    }));
}

Deno.test("a disk that cannot keep the name of the trace leaves the journal", () =>
  inFolder(async (storage) => {
    const learn = withTrace(scriptedLearner(script), { storage });
    await watch(
      () => assertRejects(() => learn(dataset), TraceWriteError, `the journal "${storage}`),
      ([what, name], count) => {
        if (what === "sync" && name === basename(storage) && count === 2) breakDown();
      },
    );
    assertEquals(listed(storage), [own, journal, latest]);
  }));

Deno.test("a disk that breaks at a step is an error after learning, and the whole trace is written", () =>
  inFolder(async (storage) => {
    const learn = withTrace(scriptedLearner(script), { storage });
    await watch(
      () =>
        assertRejects(
          () => learn(dataset),
          TraceWriteError,
          `Cannot write the journal "${join(storage, journal)}": i/o error; ` +
            `the trace "${join(storage, own)}" is written`,
        ),
      ([what, name], count) => {
        if (what === "sync" && name === journal && count === 2) breakDown();
      },
    );
    assertEquals((await readTrace(join(storage, own))).steps.length, count);
    assertEquals(listed(storage), [own, latest]);
  }));

Deno.test("a learner that fails while the disk breaks has its error thrown, with the journal named", () =>
  inFolder(async (storage) => {
    const learn = withTrace(failing(1, new Error("mine")), { storage });
    await watch(
      async () => {
        const { suppressed } = await assertRejects(() => learn(dataset), Error, "mine") as {
          suppressed?: TraceWriteError;
        };
        assertEquals(suppressed?.journal, join(storage, journal));
      },
      ([what, name]) => {
        if (what === "sync" && name === temporary) breakDown();
      },
    );
    assertEquals((await readTrace(join(storage, journal))).steps.at(-1)?.type, "failure");
  }));

Deno.test({
  name:
    "a pipe in place of the latest copy is an error that waits for nobody, and the trace is there",
  ignore,
  fn: () =>
    inFolder(async (storage) => {
      await new Deno.Command("mkfifo", { args: [join(storage, latest)] }).output();
      const learn = withTrace(scriptedLearner(script), { storage });
      await assertRejects(
        () => learn(dataset),
        TraceWriteError,
        `Cannot write trace "${join(storage, latest)}": it is a pipe, expected a file; ` +
          `the trace "${join(storage, own)}" is written`,
      );
      assertEquals((await readTrace(join(storage, own))).run.status, "completed");
      assertEquals(listed(storage), [own, latest]);
    }),
});

Deno.test({
  name: "writeTrace writes to a pipe that is read, and not to one that nobody reads",
  ignore,
  fn: () =>
    inFolder(async (storage) => {
      const { trace } = await withTrace(scriptedLearner(script))(dataset);
      const pipe = join(storage, "pipe");
      await new Deno.Command("mkfifo", { args: [pipe] }).output();
      await assertRejects(() => writeTrace(pipe, trace), Error, `"${pipe}": nobody reads the pipe`);
      const command = `exec 3<>"$0"; touch "$1"; exec head -c "$2" <&3`;
      const size = new TextEncoder().encode(JSON.stringify(trace)).length;
      const ready = join(storage, "ready");
      const args = ["-c", command, pipe, ready, `${size}`];
      const reader = new Deno.Command("bash", { args, stdout: "piped" }).spawn();
      while (!fs.existsSync(ready)) await new Promise((resolve) => setTimeout(resolve, 5));
      await writeTrace(pipe, trace);
      const { stdout } = await reader.output();
      assertStringIncludes(new TextDecoder().decode(stdout), trace.run.id);
    }),
});

Deno.test({
  name: "a pipe, a link or a file that a crash left in place of the temporary file is replaced",
  ignore,
  fn: () =>
    inFolder(async (storage) => {
      const { trace } = await withTrace(scriptedLearner(script))(dataset);
      const [path, target] = ["copy.json", "target"].map((name) => join(storage, name));
      await Deno.writeTextFile(target, "mine");
      const lay: (() => Promise<unknown>)[] = [
        () => new Deno.Command("mkfifo", { args: [join(storage, temporary)] }).output(),
        () => Deno.symlink(target, join(storage, temporary)),
        () => Deno.writeTextFile(join(storage, temporary), "half"),
      ];
      for (const one of lay) {
        await one();
        await writeTrace(path, trace);
        assertEquals(await readTrace(path), trace);
        assertEquals(listed(storage), ["copy.json", "target"]);
      }
      assertEquals(await Deno.readTextFile(target), "mine");
    }),
});
