/// <reference lib="dom" />
/** Chromium for tests of pages: without a display, started once for the tests of a file. */
import { join } from "jsr:@std/path@^1";
import axe from "npm:axe-core@^4";
import { type Browser, chromium, type Page } from "npm:playwright-core@^1";
import { write } from "../../script/script.ts";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The path of Chromium; `undefined` if it is not installed, and tests of pages cannot run. */
export const browserPath: string | undefined = places.find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

const ignore = browserPath === undefined;
if (ignore) write("no Chromium: the tests of pages in a browser are skipped\n", "stderr");

/** How a page is opened. */
export interface View {
  /** CSS pixels. */
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: "light" | "dark";
  /** Runs in the page before its own script. */
  readonly before?: () => void;
}

/** What a page did besides being shown. */
export interface PageLog {
  /** Addresses that it asked for, its own among them. */
  readonly requests: string[];
  /** Errors and warnings on its console, exceptions, and dialogs. */
  readonly problems: string[];
}

/** Checks a page that is open. */
export type Check = (page: Page, log: PageLog) => Promise<void>;

/** Adds a test of a page: one check, or several by name, one after the other on the same page. */
export type TestPage = (
  name: string,
  html: () => string,
  checks: Check | Readonly<Record<string, Check>>,
  view?: View,
) => void;

/**
 * Declares a test with a browser of its own.
 *
 * @returns a function that adds a step to it, which opens a page in that browser: one tab shows page
 *   after page, as a new one takes five times as long
 */
export function testPages(name: string): TestPage {
  const pages: Parameters<TestPage>[] = [];
  // The browser goes on between steps: only the test as a whole can leave nothing behind.
  const step = (t: Deno.TestContext, name: string, fn: (t: Deno.TestContext) => Promise<void>) =>
    t.step({ name, fn, sanitizeOps: false, sanitizeResources: false });
  const fn = (t: Deno.TestContext) =>
    withBrowser(async (browser) => {
      const tab = await browser.newPage();
      for (const [name, html, checks, view] of pages) {
        await step(t, name, async (t) => {
          // What runs before a page's own script cannot be taken back from a tab.
          const page = view?.before ? await browser.newPage() : tab;
          await openPage(page, html(), async (page, log) => {
            if (typeof checks === "function") return await checks(page, log);
            for (const [name, check] of Object.entries(checks)) {
              await step(t, name, () => check(page, log));
            }
          }, view);
        });
      }
    });
  Deno.test({ name, ignore, fn });
  return (...page) => pages.push(page);
}

/** Opens `html` as a file, or a URL, in a new browser, and closes that when `use` is done. */
export async function withPage(html: string | URL, use: Check, view?: View): Promise<void> {
  await withBrowser(async (browser) => openPage(await browser.newPage(), html, use, view));
}

async function withBrowser(use: (browser: Browser) => Promise<void>): Promise<void> {
  const browser = await chromium.launch({
    executablePath: browserPath,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  try {
    await use(browser);
  } finally {
    await browser.close();
  }
}

async function openPage(
  page: Page,
  html: string | URL,
  use: Check,
  { width = 1200, height = 900, scheme = "light", before }: View = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    let address = String(html);
    if (typeof html === "string") {
      const path = join(folder, "page.html");
      await Deno.writeTextFile(path, html);
      address = `file://${path}`;
    }
    const log: PageLog = { requests: [], problems: [] };
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: scheme });
    page.on("request", (request) => log.requests.push(request.url()));
    page.on("pageerror", (error) => log.problems.push(`exception: ${error.message}`));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) log.problems.push(message.text());
    });
    page.on("dialog", (dialog) => {
      log.problems.push(`dialog: ${dialog.message()}`);
      return dialog.dismiss();
    });
    if (before) await page.addInitScript(before);
    await page.goto(address);
    await use(page, log);
  } finally {
    for (const event of ["request", "pageerror", "console", "dialog"]) {
      page.removeAllListeners(event);
    }
    await Deno.remove(folder, { recursive: true });
  }
}

/** The views in which every page is looked over, by name: each scheme and each width once. */
const views = {
  "light, wide": { colorScheme: "light", width: 1200, height: 900 },
  "dark, on a phone": { colorScheme: "dark", width: 360, height: 740 },
} as const;

/** Makes a check in each view: light and wide, and dark on a phone. `name` comes before that of the view. */
export function inEachView(name: string, check: Check): Record<string, Check> {
  const checks = Object.entries(views).map(([view, { colorScheme, ...size }]) => [
    `${name} (${view})`,
    async (page: Page, log: PageLog) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(size);
      await check(page, log);
    },
  ]);
  return Object.fromEntries(checks);
}

/** Returns what axe-core finds wrong with a page, and how many of its rules found nothing wrong. */
export async function lookOver(page: Page): Promise<{ violations: string[]; passes: number }> {
  if (!await page.evaluate(() => "axe" in globalThis)) await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("npm:axe-core@^4") };
    const { violations, passes } = await axe.run({ resultTypes: ["violations"], selectors: false });
    const described = violations.map(({ id, nodes }) =>
      `${id}: ${nodes[0].html} (${nodes[0].failureSummary})`
    );
    return { violations: described, passes: passes.length };
  });
}
