/// <reference lib="dom" />
/** Chromium for tests of pages: started for each test anew, without a display, and closed after it. */
import { join } from "jsr:@std/path@^1";
import axe from "npm:axe-core@^4";
import { chromium, type Page } from "npm:playwright-core@^1";
import { write } from "../../script/script.ts";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where Chromium is; `undefined` where there is none, and tests of pages cannot run. */
export const browserPath: string | undefined = places.find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

const ignore = browserPath === undefined;

/** A test of a page in Chromium. */
export function testPage(
  name: string,
  html: () => string,
  use: (page: Page, deeds: Deeds) => Promise<void>,
  view?: View,
): void {
  Deno.test({ name, ignore, fn: () => withPage(html(), use, view) });
}

/** What axe-core finds wrong with a page, and how many of its rules found nothing wrong. */
export async function lookOver(page: Page): Promise<{ faults: string[]; passes: number }> {
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("npm:axe-core@^4") };
    const { violations, passes } = await axe.run();
    const faults = violations.map(({ id, nodes }) =>
      `${id}: ${nodes[0].html} (${nodes[0].failureSummary})`
    );
    return { faults, passes: passes.length };
  });
}

if (ignore) write("no Chromium: the tests of pages in a browser are skipped\n", Deno.stderr);

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
export interface Deeds {
  /** Addresses that it asked for, its own among them. */
  readonly requests: string[];
  /** Errors and warnings on its console, exceptions, and dialogs. */
  readonly complaints: string[];
}

/** Opens `html` as a file in a new browser, and closes that when `use` is done. */
export async function withPage(
  html: string,
  use: (page: Page, deeds: Deeds) => Promise<void>,
  { width = 1200, height = 900, scheme = "light", before }: View = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
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
    const path = join(folder, "page.html");
    await Deno.writeTextFile(path, html);
    const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme });
    const deeds: Deeds = { requests: [], complaints: [] };
    page.on("request", (request) => deeds.requests.push(request.url()));
    page.on("pageerror", (error) => deeds.complaints.push(`exception: ${error.message}`));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) deeds.complaints.push(message.text());
    });
    page.on("dialog", (dialog) => {
      deeds.complaints.push(`dialog: ${dialog.message()}`);
      return dialog.dismiss();
    });
    if (before) await page.addInitScript(before);
    await page.goto(`file://${path}`);
    await use(page, deeds);
  } finally {
    await browser.close();
    await Deno.remove(folder, { recursive: true });
  }
}
