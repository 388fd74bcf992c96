/** The documentation as a reader meets it: in a real browser, from a plain file server, on a desk and on a phone. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { siteInputs } from "../../generators/docs/inputs.ts";
import { siteOf } from "../../generators/docs/site.ts";
import { output } from "@keywright/manifest/output";
import { has } from "./services/service.ts";

const present = has("chromium");
const folder = mkdtempSync(join(tmpdir(), "kw-docs-"));
/** Below a path, because many sites are. */
const base = "/keywright/docs/";
const types: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};
const samples = {
  home: "index.html",
  concept: "concepts/grants.html",
  "how-to": "how-to/any-language.html",
  overview: "reference/index.html",
  type: "reference/aws/index.html",
  method: "reference/aws/methods/iam-role.html",
  resource: "reference/aws/resources/s3-bucket.html",
  secret: "reference/secrets/aws-access-key.html",
  kind: "reference/kinds/aws-session.html",
  store: "reference/stores/local.html",
  commands: "reference/cli/index.html",
  command: "reference/cli/connector-register.html",
  api: "reference/api/core.html",
  errors: "reference/errors.html",
  schemas: "reference/schemas.html",
} as const;

let files: ReadonlyMap<string, string>;
let server: Server;
let browser: Browser;
let site = "";
beforeAll(async () => {
  files = siteOf(await siteInputs(join(import.meta.dirname, "../..")));
  await output(files, { check: false, root: folder, owned: [] });
  server = createServer((request, response) => {
    const path = decodeURI(new URL(request.url ?? "/", "http://x").pathname).slice(base.length);
    const text = files.get(path);
    response.writeHead(text === undefined ? 404 : 200, { "content-type": types[extname(path)] ?? "text/plain" });
    response.end(text);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`;
  if (!present) return;
  const executablePath = execFileSync("sh", ["-c", "command -v chromium"], { encoding: "utf8" }).trim();
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
});
afterAll(async () => {
  await browser?.close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const absent = (): boolean => {
  if (!present) expect(process.env["CI"], "chromium is missing: run test/real/install.sh").toBeUndefined();
  return !present;
};
type Options = Parameters<Browser["newContext"]>[0];
/** A page, and all that went wrong on it: messages of the console, failures, requests that left this machine. */
const open = async (options: Options = {}) => {
  const context: BrowserContext = await browser.newContext(options);
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) wrong.push(message.text());
  });
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol !== "file:" && hostname !== "127.0.0.1") wrong.push(`left this machine: ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) wrong.push(`${response.status()} ${response.url()}`);
  });
  return { context, page, wrong };
};
const overflow = (page: Page) =>
  page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
const colours = (page: Page) => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");

describe("the site in a browser", () => {
  it.each([390, 1280])(
    "every kind of page fits %i pixels, without an error and without a request elsewhere",
    async (width) => {
      if (absent()) return;
      const { context, page, wrong } = await open({ viewport: { width, height: 900 } });
      for (const [name, path] of Object.entries(samples)) {
        await page.goto(site + path);
        expect(await overflow(page), `${name} at ${width}`).toBe(0);
        expect(await page.title(), name).toMatch(/Keywright/);
      }
      expect(wrong).toEqual([]);
      await context.close();
    },
  );

  it("searches from the keyboard, and goes where the first result leads", async () => {
    if (absent()) return;
    const { context, page, wrong } = await open({ viewport: { width: 1280, height: 900 } });
    await page.goto(`${site}concepts/lifetimes.html`);
    await page.keyboard.press("/");
    await page.keyboard.type("s3-bucket");
    const first = page.locator("#results li").first();
    await first.waitFor();
    expect(await first.textContent()).toContain("s3-bucket");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${site}reference/aws/resources/s3-bucket.html`);
    await page.keyboard.press("/");
    await page.keyboard.type("nothing-is-called-so");
    await page.getByText("Nothing found").waitFor();
    expect(await page.locator("#results li").count()).toBe(0);
    await page.keyboard.press("Escape");
    expect(await page.locator("dialog.search").isVisible()).toBe(false);
    expect(wrong).toEqual([]);
    await context.close();
  });

  it("keeps the theme that was chosen", async () => {
    if (absent()) return;
    const { context, page } = await open({ colorScheme: "light" });
    await page.goto(`${site}index.html`);
    const light = await colours(page);
    await page.locator(".theme-button").click();
    const dark = await colours(page);
    expect(dark).not.toBe(light);
    await page.goto(`${site}quickstart.html`);
    expect(await colours(page)).toBe(dark);
    await page.locator(".theme-button").click();
    expect(await colours(page)).toBe(light);
    await context.close();
  });

  it("copies commands without their prompts", async () => {
    if (absent()) return;
    const { context, page } = await open({ permissions: ["clipboard-read", "clipboard-write"] });
    await page.goto(`${site}how-to/rotate.html`);
    await page.locator(".code").first().hover();
    await page.locator("button.copy").first().click();
    await page.getByText("Copied").waitFor();
    const copied = await page.evaluate<string>("navigator.clipboard.readText()");
    expect(copied).toMatch(/^keywright connector rotate prod .*--overlap 1h$/);
    await context.close();
  });

  it("opens its menu on a phone", async () => {
    if (absent()) return;
    const { context, page } = await open({ viewport: { width: 390, height: 800 }, hasTouch: true });
    await page.goto(`${site}index.html`);
    const menu = page.locator("nav.menu");
    expect(await menu.isVisible()).toBe(false);
    await page.locator(".menu-button").tap();
    expect(await menu.isVisible()).toBe(true);
    await menu.getByText("Quickstart").tap();
    await page.waitForURL(`${site}quickstart.html`);
    expect(await menu.isVisible()).toBe(false);
    await context.close();
  });

  it("works from a folder, search included", async () => {
    if (absent()) return;
    const { context, page, wrong } = await open();
    await page.goto(pathToFileURL(join(folder, "reference/aws/methods/iam-role.html")).href);
    await page.keyboard.press("/");
    await page.keyboard.type("confinement");
    await page.locator("#results li a").first().click();
    await page.waitForURL(/concepts\/grants\.html/);
    expect(wrong).toEqual([]);
    await context.close();
  });

  it("looks like something: light and dark, on a desk and on a phone", async () => {
    if (absent()) return;
    const shots = mkdtempSync(join(tmpdir(), "kw-docs-shots-"));
    const sizes = { desk: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } } as const;
    for (const colorScheme of ["light", "dark"] as const)
      for (const [device, viewport] of Object.entries(sizes)) {
        const { context, page } = await open({ viewport, colorScheme });
        for (const name of ["home", "method", "resource", "command"] as const) {
          const path = join(shots, `${name}-${device}-${colorScheme}.png`);
          await page.goto(site + samples[name]);
          await page.screenshot({ path });
          // A blank page of this size compresses to a few hundred bytes.
          expect(statSync(path).size, path).toBeGreaterThan(15_000);
          expect(readFileSync(path).subarray(1, 4).toString()).toBe("PNG");
        }
        await context.close();
      }
    console.log(`screenshots: ${shots}`);
  });
});
