// Measures the pages of a site: node tests/measure.mjs SITE [ROUNDS]. It prints JSON, one entry for each model.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

process.env.ZOO_PAGES = process.argv[2];
const rounds = Number(process.argv[3] ?? 8);
const { draw, launch, models, open, serve, settle, SEVEN, SITE, verdictOf } = await import("./browser.mjs");
const RUNTIME = statSync(join(import.meta.dirname, "../node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs")).size;

/** The bytes of what a page loads, beside the runtime and the model: as they are, and packed as servers send them. */
function sizes(requests, root) {
  let [plain, packed] = [0, 0];
  for (const url of new Set(requests)) {
    const path = decodeURIComponent(new URL(url).pathname).replace(/\/$/, "/index.html");
    if (path.endsWith("ort.wasm.gz") || path.includes("/parts/")) continue;
    const content = readFileSync(join(root, path));
    const own = path.endsWith("/app.js") ? content.length - RUNTIME : content.length;
    plain += own;
    packed += gzipSync(content, { level: 9 }).length * (own / content.length);
  }
  return { plain, packed: Math.round(packed) };
}

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
  const pad = await page.locator(".pad, .stage .series").first();
  const answers = [];
  if (await pad.count()) {
    await page.evaluate(() => {
      window.answers = [];
      const view = document.querySelector("[data-milliseconds]") ?? document.querySelector(".view");
      new MutationObserver(() => window.answers.push(Number(view.dataset.milliseconds))).observe(view, { attributes: true, attributeFilter: ["data-milliseconds"] });
    });
    for (let round = 0; round < rounds; round++) {
      const moved = SEVEN.map(([x, y]) => [x + 0.01 * (round % 5), y]);
      await draw(page, ".pad, .stage .series", moved);
      await settle(page, 150);
    }
    answers.push(...(await page.evaluate(() => window.answers)));
  }
  results.push({
    name, view, verdict, opened, ...loaded,
    difference: Number(await page.$eval(".verdict", (node) => node.dataset.difference)),
    answers: answers.length, median: quantile(answers, 0.5), late: quantile(answers, 0.95),
  });
  await page.context().close();
}
const version = browser.version();
await browser.close();
await server.close();
console.log(JSON.stringify({ version, results }));
