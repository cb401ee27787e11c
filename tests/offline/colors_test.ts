/** The colours that stand in for those of JSR, beside those that the printer imports. */
import { assertEquals } from "jsr:@std/assert@^1";
import * as imported from "jsr:@std/fmt@^1/colors";
import * as adapter from "../../offline/colors.ts";
import { executeScript } from "../script/process.ts";

/** Uses colours with styling on, unless `NO_COLOR` is set. */
function styled(colors: typeof adapter, use: (colors: typeof adapter) => string): string {
  const before = colors.getColorEnabled();
  colors.setColorEnabled(true);
  try {
    return use(colors);
  } finally {
    colors.setColorEnabled(before);
  }
}

// The codes of ECMA-48: 1 bold, 2 dim, 22 neither; 31 to 36 colours, 39 none.
const styles: readonly (readonly [string, (colors: typeof adapter) => string])[] = [
  ["<1m>x<22m>", ({ bold }) => bold("x")],
  ["<2m>x<22m>", ({ dim }) => dim("x")],
  ["<31m>x<39m>", ({ red }) => red("x")],
  ["<32m>x<39m>", ({ green }) => green("x")],
  ["<33m>x<39m>", ({ yellow }) => yellow("x")],
  ["<36m>x<39m>", ({ cyan }) => cyan("x")],
  ["<31m>a<32m>b<31m>c<39m>", ({ red, green }) => red(`a${green("b")}c`)],
  ["<1m>a<2m>b<1m>c<22m>", ({ bold, dim }) => bold(`a${dim("b")}c`)],
  ["<31m>a<1m>b<22m>c<39m>", ({ red, bold }) => red(`a${bold("b")}c`)],
  ["<1m>a<31m>b<39m><22m>", ({ bold, red }) => bold(`a${red("b")}`)],
  [
    "<36m>a<31m>b<36m>c<33m>d<36m><39m>",
    ({ cyan, red, yellow }) => cyan(`a${red("b")}c${yellow("d")}`),
  ],
  ["<2m><22m>", ({ dim }) => dim("")],
];
for (const [bytes, use] of styles) {
  Deno.test(`colours, also within others, are the bytes ${bytes}`, () => {
    const expected = bytes.replaceAll("<", "\x1b[").replaceAll(">", "");
    // deno-lint-ignore no-control-regex -- the codes that colour consists of
    const plain = expected.replaceAll(/\x1b\[\d+m/g, "");
    for (const colors of [adapter, imported]) {
      assertEquals(styled(colors, use), Deno.noColor ? plain : expected);
    }
  });
}

Deno.test("with NO_COLOR styling stays off", async () => {
  for (const [value, expected] of [["1", "x"], ["", "\x1b[1mx\x1b[22m"]]) {
    const script = "tests/fixtures/bold.ts";
    const env = { NO_COLOR: value };
    const { stdout } = await executeScript(script, [], Deno.cwd(), { flags: [], env });
    assertEquals(stdout, expected);
  }
});
