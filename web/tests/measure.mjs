// Measures the pages of a site: node tests/measure.mjs SITE [ROUNDS]. It prints JSON, one entry for each model.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

process.env.ZOO_PAGES = process.argv[2];
const rounds = Number(process.argv[3] ?? 8);
const { draw, launch, models, open, serve, settle, SEVEN, SITE, verdictOf, violations } = await import("./browser.mjs");

const RUNTIME = ["/ort.wasm.gz", "/worker.js"]; // 2 % of worker.js is ours

/**
 * The bytes of what a page loads, beside the runtime and the model: as they are, and packed as servers send
 * them. Those of the export's own tests are counted apart.
 */
function sizes(requests, root) {
  const count = { page: [0, 0], tests: [0, 0] };
  for (const url of new Set(requests)) {
    const path = decodeURIComponent(new URL(url).pathname).replace(/\/$/, "/index.html");
    if (RUNTIME.some((name) => path.endsWith(name)) || path.includes("/parts/")) continue;
    const content = readFileSync(join(root, path));
    const sums = path.includes("/tests/") ? count.tests : count.page;
    sums[0] += content.length;
    sums[1] += gzipSync(content, { level: 9 }).length;
  }
  return count;
}

/** Return how many violations axe-core finds, in light and in dark. */
async function faultsOf(page) {
  let count = 0;
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    count += (await violations(page)).length;
  }
  await page.emulateMedia({ colorScheme: "light" });
  return count;
}

/** Return the milliseconds of a photograph of 640 x 480, the longest time between two frames, and the page's largest memory in MB. */
async function restoredPhotograph(page) {
  await page.waitForSelector(".view[data-restored]", { timeout: 120_000 });
  const image = await page.evaluate(async () => {
    const context = new OffscreenCanvas(640, 480).getContext("2d");
    for (let at = 0; at < 400; at++) {
      context.fillStyle = `hsl(${(at * 47) % 360} 60% ${20 + ((at * 13) % 60)}%)`;
      context.fillRect((at * 97) % 640, (at * 61) % 480, 20 + (at % 90), 15 + (at % 70));
    }
    delete document.querySelector(".view").dataset.restored;
    const bytes = new Uint8Array(await (await context.canvas.convertToBlob()).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  });
  const frames = page.evaluate(async () => {
    let [last, most] = [performance.now(), 0];
    while (!document.querySelector(".view").dataset.restored) {
      await new Promise((done) => { requestAnimationFrame(done); });
      most = Math.max(most, performance.now() - last);
      last = performance.now();
    }
    return most;
  });
  await page.locator(".drop input").setInputFiles({ name: "photograph.png", mimeType: "image/png", buffer: Buffer.from(image, "base64") });
  await page.waitForSelector(".view[data-restored]", { timeout: 120_000 });
  const client = await browser.newBrowserCDPSession();
  const { processInfo } = await client.send("SystemInfo.getProcessInfo");
  const peaks = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1] ?? 0) / 1e3);
  await client.detach();
  return { milliseconds: Number(await page.locator(".view").getAttribute("data-restored")), frame: await frames, memory: Math.max(...peaks) };
}

const HELD = ".plane, .pad, .stage .series"; // what a visitor drags
const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? null;

const browser = await launch();
const server = await serve(SITE);
const results = [];
for (const { name, folder, view } of Object.values(models)) {
  const page = await open(browser, "about:blank");
  const requests = [];
  page.on("request", (request) => { if (request.url().startsWith("http")) requests.push(request.url()); });
  const started = performance.now();
  await page.goto(`${server.address}/${folder ? `${folder}/` : ""}`);
  const verdict = await verdictOf(page);
  const opened = performance.now() - started;
  await settle(page);
  const loaded = sizes(requests, SITE);
  const photograph = view === "restore" ? await restoredPhotograph(page) : null;
  const pad = page.locator(HELD).first();
  const answers = [];
  if (await pad.count()) {
    await page.evaluate(() => {
      window.answers = [];
      const view = document.querySelector("[data-milliseconds]") ?? document.querySelector(".view");
      new MutationObserver(() => window.answers.push(Number(view.dataset.milliseconds))).observe(view, { attributes: true, attributeFilter: ["data-milliseconds"] });
    });
    for (let round = 0; round < rounds; round++) {
      const moved = SEVEN.map(([x, y]) => [x + 0.01 * (round % 5), y]);
      await draw(page, HELD, moved);
      await settle(page, 150);
    }
    answers.push(...(await page.evaluate(() => window.answers)));
  }
  results.push({
    name, view, verdict, opened, ...loaded, photograph, axe: await faultsOf(page), console: page.faults.filter((fault) => !fault.startsWith(`request: ${server.address}/`)).length,
    difference: Number(await page.$eval(".verdict", (node) => node.dataset.difference)),
    answers: answers.length, median: quantile(answers, 0.5), late: quantile(answers, 0.95),
  });
  await page.context().close();
}
const version = browser.version();
await browser.close();
await server.close();
console.log(JSON.stringify({ version, results }));
