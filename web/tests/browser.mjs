// What every test of pages needs: a browser, a server of a folder, and a page whose console and requests are kept.
import { readFile } from "node:fs/promises";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";
import { chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];
const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".json": "application/json",
  ".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp", ".md": "text/plain; charset=utf-8",
};
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const SITE = process.env.ZOO_PAGES ?? "";
const SCREENSHOTS = process.env.ZOO_SCREENSHOTS ?? "";

/** Whether pictures of every page are wanted, in every look. */
export const PICTURES = Boolean(SCREENSHOTS && process.env.ZOO_LOOKS);

/** Return the path of what make_site.py wrote beside the site; empty where it is not there. */
export function beside(name) {
  const path = join(SITE, "..", name);
  return SITE && existsSync(path) ? path : "";
}

/** The path of the browser; empty where none is installed. */
export const BROWSER = (process.env.PATH ?? "").split(":").flatMap((folder) => NAMES.map((name) => join(folder, name))).find(existsSync) ?? "";

/** Why nothing can be tested; false where everything is there. */
export const skip = !BROWSER ? "no Chromium, Chrome or Edge on the PATH" : !SITE ? "ZOO_PAGES names no folder of pages" : false;

/** The models of the site, by name: what site.json says of each. */
export const models = SITE ? Object.fromEntries(JSON.parse(readFileSync(join(SITE, "site.json"), "utf8")).models.map((model) => [model.name, model])) : {};

/** Why a test of some models is skipped: none of them is in the site. */
export function needs(...names) {
  return skip || (names.some((name) => name in models) ? false : `the site has no ${names.join(" or ")}`);
}

export async function launch() {
  const args = ["--disable-gpu", "--disable-dev-shm-usage"];
  return chromium.launch({ executablePath: BROWSER, args, chromiumSandbox: process.getuid?.() !== 0 });
}

/** Serve a folder on 127.0.0.1; return its address and a function that ends it. */
export async function serve(folder) {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname));
    const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
    try {
      const content = await readFile(file);
      response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream" }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const address = `http://127.0.0.1:${server.address().port}`;
  const close = () => { server.closeAllConnections(); return new Promise((ended) => server.close(ended)); };
  return { address, close };
}

/** Open an address; the page keeps its errors and the requests that leave the origin in `faults`. */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) faults.push(`console: ${message.text()}`); });
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("request", (request) => {
    const own = new URL(url).protocol === "file:" ? "file:" : new URL(url).origin;
    if (![own, "blob:", "data:"].some((start) => request.url().startsWith(start))) faults.push(`request: ${request.url()}`);
  });
  page.on("response", (response) => { if (response.status() >= 400) faults.push(`${response.status()}: ${response.url()}`); });
  await page.addInitScript(() => {
    window.shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(url);
  return Object.assign(page, { faults });
}

/** Wait for the verdict of a model's page, and return "equal" or "different". */
export async function verdictOf(page) {
  await page.waitForSelector("body[data-state=open]", { timeout: 60_000 });
  await page.waitForSelector(".verdict:not(.checking)", { timeout: 120_000 });
  return page.$eval(".verdict", (node) => (node.classList.contains("equal") ? "equal" : "different"));
}

/** Wait until a node has no new attribute for a while: what is computed at rest has been shown. */
export async function settle(page, milliseconds = 400) {
  await page.evaluate((quiet) => new Promise((done) => {
    let timer = setTimeout(done, quiet);
    new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(done, quiet); })
      .observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  }), milliseconds);
}

const STOPS = "a[href], button, input, select, summary, [tabindex]";

/** Press Tab from the first to the last element; return what it does not reach, and where the focus is not seen. */
export async function keyboardFaults(page) {
  await page.evaluate((stops) => {
    const own = [...document.querySelectorAll(stops)].filter((node) => node.tabIndex >= 0 && !node.disabled && node.checkVisibility());
    window.stops = new Set(own.map((node) => (node.type === "radio" ? node.name : node))); // one stop for a group
    window.first = null;
  }, STOPS);
  const faults = [];
  for (let at = 0; at < 300; at++) {
    await page.keyboard.press("Tab");
    const fault = await page.evaluate(() => {
      const node = document.activeElement;
      if (node === document.body || node === window.first) return null;
      window.first ??= node;
      window.stops.delete(node.type === "radio" ? node.name : node);
      const framed = [node, node.closest("label"), node.closest(".divider")].some((each) => {
        const { outlineStyle, outlineWidth } = each ? getComputedStyle(each) : {};
        return outlineStyle && outlineStyle !== "none" && outlineWidth !== "0px";
      });
      return framed ? "" : `no frame: ${node.outerHTML.slice(0, 120)}`;
    });
    if (fault === null) break;
    if (fault) faults.push(fault);
  }
  const left = await page.evaluate(() => [...window.stops].map((node) => node.outerHTML?.slice(0, 120) ?? node));
  return [...faults, ...left.map((node) => `not reached: ${node}`)];
}

/** Return the violations that axe-core finds, one line for each. */
export async function violations(page) {
  await page.evaluate(AXE);
  const result = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
  return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`).join(" | ")}`);
}

/** Write a picture of the page into the folder that ZOO_SCREENSHOTS names; nothing without it. */
export async function screenshot(page, name) {
  if (!SCREENSHOTS) return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.evaluate(() => Promise.all([...document.images].map((image) => { image.loading = "eager"; return image.decode(); })));
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

export const LOOKS = [
  ["desktop", { viewport: { width: 1280, height: 900 }, colorScheme: "light" }],
  ["desktop-dark", { viewport: { width: 1280, height: 900 }, colorScheme: "dark" }],
  ["phone", { viewport: { width: 400, height: 800 }, colorScheme: "light", hasTouch: true, isMobile: true, deviceScaleFactor: 2 }],
  ["phone-dark", { viewport: { width: 400, height: 800 }, colorScheme: "dark", hasTouch: true, isMobile: true, deviceScaleFactor: 2 }],
];

/** Draw a line through points, given as shares of a node's box, with the mouse. */
export async function draw(page, selector, points) {
  const node = page.locator(selector).first();
  await node.scrollIntoViewIfNeeded();
  const box = await node.boundingBox();
  const place = ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
  await page.mouse.move(...place(points[0]));
  await page.mouse.down();
  for (const point of points.slice(1)) await page.mouse.move(...place(point), { steps: 6 });
  await page.mouse.up();
}

export const SEVEN = [[0.28, 0.22], [0.72, 0.22], [0.6, 0.45], [0.5, 0.65], [0.44, 0.85]];
