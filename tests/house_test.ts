/**
 * The order of the house: which modules may import which, what they are called, how long they are.
 *
 * @module
 */
import { assert, assertEquals } from "jsr:@std/assert@^1";
import { dirname, join } from "jsr:@std/path@^1";
import { fileURLToPath } from "node:url";
import { execute } from "./script/process.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const config = join(root, "deno.json");

/** A module of this package: its path, and what it imports, as written and as resolved. */
interface Module {
  readonly path: string;
  readonly imports: readonly Import[];
}

interface Import {
  readonly specifier: string;
  readonly target: string;
  /** Whether only types are imported, of which nothing is left at run time. */
  readonly isType: boolean;
}

/** What `deno info --json` tells, as far as it is used here. */
interface Info {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly specifier: string;
      readonly code?: { readonly specifier?: string };
      readonly type?: { readonly specifier?: string };
    }[];
  }[];
}

/** All modules but tests and benches. */
async function readModules(): Promise<Module[]> {
  const base = new URL("..", import.meta.url).href;
  const paths = listModules(root).map((path) => path.slice(root.length));
  const entry = paths.map((path) => `import ${JSON.stringify(base + path)};`).join("\n");
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "entry.ts"), entry);
    const args = ["info", "--json", "--config", config, "entry.ts"];
    const { code, stdout, stderr } = await execute(Deno.execPath(), args, folder);
    assertEquals(code, 0, stderr);
    return (JSON.parse(stdout) as Info).modules
      .filter(({ specifier }) => specifier.startsWith(base))
      .map(({ specifier, dependencies = [] }) => ({
        path: specifier.slice(base.length),
        imports: dependencies.map(({ specifier, code, type }) => {
          const target = code?.specifier ?? type?.specifier ?? "";
          return {
            specifier,
            target: target.startsWith(base) ? target.slice(base.length) : target,
            isType: code === undefined,
          };
        }),
      }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The modules in a folder and in its folders, but for those `left`: by default tests and benches. */
function listModules(
  folder: string,
  left = /^(\.|node_modules$|tests$|bench$|examples$|runs$)/,
): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = join(folder, name);
    if (isDirectory) return left.test(name) ? [] : listModules(path, left);
    return name.endsWith(".ts") ? [path] : [];
  });
}

/**
 * The floors of the house, lowest first; a module may import from its own and from those below, but
 * not from another room of its own floor (the first group).
 */
const floors = [
  /^system\//,
  /^offline\//,
  /^learn\/text\//,
  /^learn\/(chat\/|data\/)/,
  /^learn\/rules\//,
  /^learn\/score\//,
  /^learn\/synthesizer\.ts$/,
  /^learn\/(coordinator\.ts$|labels\/|spans\/)/,
  /^learn\/(audit\/|llm\/)/,
  /^record\//,
  /^trace\.ts$/,
  /^script\//,
  /^print\//,
  /^print\.ts$/,
  /^rulechef\//,
  /^pipeline\//,
  /^pipeline\.ts$/,
  /^(mod\.ts$|review\/|engines\/)/,
];
const floorOf = (path: string) => floors.findIndex((floor) => floor.test(path));
const roomOf = (path: string) => floors[floorOf(path)]?.exec(path)?.[1];

Deno.test("imports only run downward, and nothing imports the public module", async () => {
  const modules = await readModules();
  const paths = listModules(root).map((path) => path.slice(root.length));
  assertEquals(modules.map(({ path }) => path).sort(), paths.sort());
  assert(paths.length > 100);
  assertEquals(modules.map(({ path }) => path).filter((path) => floorOf(path) === -1), []);
  const wrong = modules.flatMap(({ path, imports }) =>
    imports.filter(({ target }) =>
      floorOf(target) > floorOf(path) || target === "mod.ts" ||
      floorOf(target) === floorOf(path) && roomOf(target) !== roomOf(path)
    ).map(({ target }) => `${path} imports ${target}`)
  );
  assertEquals(wrong, []);
});

Deno.test("only system/ uses Deno, or what Node and Bun have of files and processes", async () => {
  const found: string[] = [];
  for (const path of listModules(root).map((path) => path.slice(root.length))) {
    if (path.startsWith("system/")) continue;
    // Comments may name Deno: permissions and examples are of it.
    const code = (await Deno.readTextFile(join(root, path))).replace(
      /\/\*\*.*?\*\/|^ *\/\/.*?$/gms,
      "",
    );
    const used = code.match(/\bDeno\.\w+|"node:(?:fs|process|tty)[^"]*"|\bprocess\.(?!ts")\w+/g) ??
      [];
    found.push(...used.map((use) => `${path}: ${use}`));
  }
  assertEquals(found, []);
});

Deno.test("each type name names one type", async () => {
  const places = new Map<string, Set<string>>();
  for (const path of listModules(root)) {
    const declared = (await Deno.readTextFile(path))
      .matchAll(/^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|type) (\w+)/gm);
    for (const [, name] of declared) {
      places.set(name, (places.get(name) ?? new Set()).add(path.slice(root.length)));
    }
  }
  assert(places.size > 100);
  const repeated = [...places].filter(([, paths]) => paths.size > 1)
    .map(([name, paths]) => `${name}: ${[...paths].join(", ")}`);
  assertEquals(repeated, []);
});

Deno.test("no file has over 400 lines, and no folder over 20 modules", async () => {
  const files = listModules(root, /^(\.|node_modules$|runs$)/);
  const folders = Map.groupBy(files, dirname);
  assert(folders.size > 20);
  const crowded = [...folders].filter(([, members]) => members.length > 20)
    .map(([folder]) => folder);
  const long: string[] = [];
  for (const file of files) {
    const lines = (await Deno.readTextFile(file)).split("\n").length - 1;
    if (lines > 400) long.push(`${file}: ${lines}`);
  }
  assertEquals([crowded, long], [[], []]);
});

Deno.test("no module needs itself by way of others, but for types", async () => {
  const modules = new Map((await readModules()).map((module) => [module.path, module]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, way: readonly string[]) => {
    if (way.includes(path)) cycles.push([...way.slice(way.indexOf(path)), path].join(" → "));
    if (way.includes(path) || done.has(path)) return;
    for (const { target, isType } of modules.get(path)?.imports ?? []) {
      if (!isType) visit(target, [...way, path]);
    }
    done.add(path);
  };
  for (const path of modules.keys()) visit(path, []);
  assertEquals(cycles, []);
});

const { imports } = JSON.parse(await Deno.readTextFile(config));
/** Under `deno task test:jsr` there is no map, and the lock has the real packages. */
const testMapped = imports === undefined ? Deno.test.ignore : Deno.test;

testMapped(
  "dependencies are named in full, with their versions, and those from JSR are mapped",
  async () => {
    const full = /^(\.\.?\/|node:|(jsr|npm):(@[^/@]+\/)?[^/@]+@\^\d)/;
    const wrong = (await readModules()).flatMap(({ path, imports: found }) =>
      found.map(({ specifier }) => specifier)
        .filter((specifier) => {
          return !full.test(specifier) ||
            specifier.startsWith("jsr:") && !Object.hasOwn(imports, specifier);
        })
        .map((specifier) => `${path}: ${specifier}`)
    );
    assertEquals(wrong, []);
  },
);

testMapped(
  "deno.lock lists the packages that modules, tests and benches import, and no others",
  async () => {
    const imported = new Set<string>();
    for (const path of listModules(root, /^(\.|node_modules$|runs$)/)) {
      const specifiers = (await Deno.readTextFile(path))
        .matchAll(/^(?:import|export|\} from)[^;]*"(npm:(?:@[^/@"]+\/)?[^/@"]+)@\^([\w.-]+)/gm);
      for (const [, name, version] of specifiers) {
        // A package of which all versions are previews is named by one of them.
        imported.add(version.includes("-") ? `${name}@^${version}` : `${name}@${version}`);
      }
    }
    const { specifiers } = JSON.parse(await Deno.readTextFile(join(root, "deno.lock")));
    assertEquals(Object.keys(specifiers).sort(), [...imported].sort());
  },
);
