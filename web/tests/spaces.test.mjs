// The views of latents, samples, novelty, photographs and units: pixels change, verdicts come, links hold.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { beside, draw, launch, models, needs, open, serve, settle, SEVEN, SITE, skip, verdictOf } from "./browser.mjs";

const PHOTOGRAPHS = beside("photographs");
const DEBLUR = "deblur-gan.photos";
const photographs = needs(DEBLUR) || (existsSync(join(PHOTOGRAPHS, "restored.png")) ? false : "there are no photographs beside the site");
let browser, server;
before(async () => { if (!skip) [browser, server] = await Promise.all([launch(), serve(SITE)]); });
after(async () => { await browser?.close(); await server?.close(); });

function address(name, state = "") {
  const { folder } = models[name];
  return `${server.address}/${folder ? `${folder}/` : ""}${state}`;
}

const first = (...names) => names.find((name) => name in models);
const PLANES = ["vae.mnist", "vae.digits", "vae.digits-3d"];
const LATENTS = ["autoencoder.digits", "autoencoder.conv-digits", "vae.digits-3d", "autoencoder.deep"];
const SERIES = ["autoencoder.italy-power", "autoencoder.gunpoint"];
const WALLS = ["dcgan.digits", "dcgan.mnist"];
const NOVEL = ["novelty-gan.digits", "novelty-gan.mnist"];

async function ready(name, state, options) {
  const page = await open(browser, address(name, state), options);
  assert.equal(await verdictOf(page), "equal");
  await settle(page);
  return page;
}

/** Return what a canvas or a drawing shows. */
const looks = (page, selector) => page.locator(selector).first().evaluate((node) => (node.toDataURL ? node.toDataURL() : node.innerHTML));

test("the point is dragged, the picture changes, and the URL keeps it", { skip: needs(...PLANES) }, async () => {
  const page = await ready(first(...PLANES));
  const before = await looks(page, ".map-side .pixels");
  await draw(page, ".plane", [[0.5, 0.5], [0.3, 0.3], [0.2, 0.7]]);
  await settle(page);
  const dragged = await looks(page, ".map-side .pixels");
  assert.notEqual(dragged, before);
  const again = await ready(first(...PLANES), new URL(page.url()).hash);
  assert.equal(await looks(again, ".map-side .pixels"), dragged);
  await page.locator(".plane").focus();
  await page.keyboard.press("Shift+ArrowRight");
  await settle(page);
  assert.notEqual(await looks(page, ".map-side .pixels"), dragged);
  await page.getByRole("switch").check();
  await settle(page);
  assert.deepEqual([...page.faults, ...again.faults], []);
});

test("a drawing is encoded, marked in the plane, and decoded", { skip: needs(...PLANES) }, async () => {
  const page = await ready(first(...PLANES));
  const before = await looks(page, ".pair .pixels >> nth=1");
  await draw(page, ".pad", SEVEN);
  await settle(page);
  assert.notEqual(await looks(page, ".pair .pixels >> nth=1"), before);
  assert.match(await page.locator(".pair .error").innerText(), /mean squared error 0\.\d+|noise/);
  const film = await looks(page, ".film .pixels >> nth=4");
  await page.locator(".two .strip >> nth=1").locator("button").nth(3).click();
  await settle(page);
  assert.notEqual(await looks(page, ".film .pixels >> nth=4"), film);
  assert.match(page.url(), /b=3/);
  assert.deepEqual(page.faults, []);
});

test("more latents have a slider each, the most active first", { skip: needs(...LATENTS) }, async () => {
  const page = await ready(first(...LATENTS));
  const before = await looks(page, ".map-side .pixels");
  const sliders = page.locator(".sliders input[type=range]");
  assert.ok(await sliders.count() > 2);
  await sliders.first().focus();
  for (let at = 0; at < 30; at++) await page.keyboard.press("ArrowRight");
  await settle(page);
  assert.notEqual(await looks(page, ".map-side .pixels"), before);
  assert.deepEqual(page.faults, []);
});

test("series are traces", { skip: needs(...SERIES) }, async () => {
  const page = await ready(first(...SERIES));
  const before = await looks(page, ".map-side .trace svg");
  await draw(page, ".plane", [[0.5, 0.5], [0.8, 0.2]]);
  await settle(page);
  assert.notEqual(await looks(page, ".map-side .trace svg"), before);
  assert.deepEqual(page.faults, []);
});

test("a direction changes the sample, and a path joins two", { skip: needs(...WALLS) }, async () => {
  const page = await ready(first(...WALLS));
  await page.locator(".wall label").nth(4).click();
  await settle(page);
  const before = await looks(page, ".samples .shown .pixels");
  const slider = page.locator(".directions input").first();
  await slider.focus();
  for (let at = 0; at < 40; at++) await page.keyboard.press("ArrowRight");
  await settle(page);
  assert.notEqual(await looks(page, ".samples .shown .pixels"), before);
  assert.match(page.url(), /sample=4/);
  const film = await looks(page, ".film .pixels >> nth=8");
  await page.getByRole("button", { name: "End a path here" }).click();
  await settle(page);
  assert.notEqual(await looks(page, ".film .pixels >> nth=8"), film);
  assert.deepEqual(page.faults, []);
});

test("a normal example passes, and another one is novel", { skip: needs(...NOVEL) }, async () => {
  const page = await ready(first(...NOVEL));
  const labels = await page.locator(".strip button").evaluateAll((nodes) => nodes.map((node) => node.getAttribute("aria-label")));
  const normal = (await page.locator(".key.normal").innerText()).match(/class (\S+),/)[1];
  const kinds = { normal: [], novel: [] };
  labels.forEach((label, at) => kinds[label.endsWith(`class ${normal}`) ? "normal" : "novel"].push(at));
  for (const [kind, least] of [["normal", 2], ["novel", 5]]) {
    let right = 0;
    for (const at of kinds[kind].slice(0, 6)) {
      await page.locator(".strip button").nth(at).click();
      await settle(page, 100);
      const verdict = await page.locator(".view").getAttribute("data-verdict");
      assert.equal(await page.locator(".answer").innerText(), verdict);
      assert.match(page.url(), new RegExp(`example=${at}`));
      right += Number(verdict === kind);
    }
    assert.ok(right >= least, `${right} ${kind} examples are called ${kind}`);
  }
  assert.equal(await page.locator(".histogram .here").count(), 1);
  assert.deepEqual(page.faults, []);
});

/** Wait for a result, and forget it. */
async function forget(page) {
  await page.waitForSelector(".view[data-restored]", { timeout: 60_000 });
  await page.evaluate(() => { delete document.querySelector(".view").dataset.restored; });
}

/** Open a file in the page that restores photographs, and return the pixels of the result. */
async function restored(page, name) {
  await forget(page);
  await page.locator(".drop input").setInputFiles(join(PHOTOGRAPHS, name));
  await page.waitForSelector(".view[data-restored]", { timeout: 60_000 });
  return pixels(page, ".divider .after");
}

const pixels = (page, selector) => page.locator(selector).evaluate((canvas) => {
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  return { width: canvas.width, height: canvas.height, data: [...copy.getImageData(0, 0, canvas.width, canvas.height).data] };
});

async function pixelsOf(page, name) {
  const { readFileSync } = await import("node:fs");
  const text = readFileSync(join(PHOTOGRAPHS, name)).toString("base64");
  return page.evaluate(async (encoded) => {
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes]), { colorSpaceConversion: "none" });
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    return { width: bitmap.width, height: bitmap.height, data: [...context.getImageData(0, 0, bitmap.width, bitmap.height).data] };
  }, text);
}

function psnr(one, other) {
  assert.deepEqual([one.width, one.height], [other.width, other.height]);
  let [sum, count] = [0, 0];
  one.data.forEach((value, at) => {
    if (at % 4 === 3) return;
    sum += (value - other.data[at]) ** 2;
    count += 1;
  });
  return 10 * Math.log10(255 ** 2 / Math.max(sum / count, 1e-6));
}

test("a photograph is restored as Python restores it, in one piece and in tiles", { skip: photographs }, async () => {
  const page = await ready(DEBLUR);
  const [sharp, blurred, python] = await Promise.all(["sharp.png", "blurred.png", "restored.png"].map((name) => pixelsOf(page, name)));
  const whole = await restored(page, "blurred.png");
  assert.ok(psnr(whole, python) > 55, `${psnr(whole, python)} dB from Python's`);
  assert.ok(Math.abs(psnr(whole, sharp) - psnr(python, sharp)) < 0.01);
  assert.ok(psnr(whole, sharp) > psnr(blurred, sharp) + 0.3);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save the result" }).click()]);
  assert.equal(download.suggestedFilename(), "blurred-restored.png");
  const turned = await restored(page, "turned.jpg");
  assert.deepEqual([turned.width, turned.height], [blurred.width, blurred.height]);
  assert.ok(psnr(turned, python) > 25, `${psnr(turned, python)} dB from the upright one`);
  assert.deepEqual(page.faults, []);

  const context = await browser.newContext();
  const tiled = Object.assign(await context.newPage(), { faults: [] });
  await tiled.route("**/page.json", async (route) => {
    const response = await route.fetch();
    const content = await response.json();
    Object.assign(content.data, { whole: 8, tile: 32 });
    await route.fulfill({ json: content });
  });
  await tiled.goto(address(DEBLUR));
  const tiles = await restored(tiled, "blurred.png");
  assert.ok(psnr(tiles, python) > 55, `${psnr(tiles, python)} dB from Python's, in tiles`);
});

test("the divider is dragged, and the page answers while it computes", { skip: needs(DEBLUR) }, async () => {
  const page = await ready(DEBLUR);
  await forget(page);
  await page.getByRole("button", { name: "Use the page's photograph" }).click();
  const longest = await page.evaluate(async () => {
    const view = document.querySelector(".view");
    let [last, most] = [performance.now(), 0];
    while (!view.dataset.restored) {
      await new Promise((done) => { requestAnimationFrame(done); });
      most = Math.max(most, performance.now() - last);
      last = performance.now();
    }
    return most;
  });
  assert.ok(longest < 500, `the page stood still for ${longest} ms`);
  await page.locator(".divider input").focus();
  await page.keyboard.press("Home");
  assert.match(page.url(), /divider=0/);
  assert.match(await page.locator(".progress-line").innerText(), /PSNR to the sharp photograph: [\d.]+ dB before, [\d.]+ dB after/);
  assert.deepEqual(page.faults, []);
});

const stranger = Object.values(models).find(({ name }) => name.startsWith("Fremdes"))?.name;
const units = Object.values(models).find(({ name }) => name.startsWith("cnn-vis"))?.name;
test("units are found, sorted and linked to", { skip: skip || (units ? false : "the site has no cnn-vis") }, async () => {
  const page = await ready(units);
  const cards = page.locator(".unit");
  const count = await cards.count();
  await page.locator(".unit a").nth(2).click();
  const link = page.url();
  const title = await page.locator(".unit.wanted a").innerText();
  const again = await ready(units, new URL(link).hash);
  assert.equal(await again.locator(".unit.wanted a").innerText(), title);
  await page.getByLabel("Find").fill(title);
  const shown = await page.locator(".unit:visible").count();
  assert.ok(shown >= 1 && shown < count, `${shown} of ${count}`);
  await page.getByLabel("Find").fill("");
  await page.getByLabel("Sort").selectOption("value");
  const values = (await page.locator(".unit-words span").allInnerTexts()).map(Number);
  assert.deepEqual(values, [...values].sort((a, b) => b - a));
  assert.deepEqual([...page.faults, ...again.faults], []);
});

test("a series is bent until it is novel", { skip: needs("novelty-gan.series") }, async () => {
  const page = await ready("novelty-gan.series");
  const score = () => page.locator(".view").getAttribute("data-score").then(Number);
  const before = await score();
  await draw(page, ".stage .series", [[0.3, 0.5], [0.4, 0.02], [0.6, 0.98]]);
  await settle(page);
  assert.ok(await score() > before);
  assert.equal(await page.locator(".view").getAttribute("data-verdict"), "novel");
  assert.deepEqual(page.faults, []);
});

test("a model from elsewhere is shown by its inputs and outputs", { skip: skip || (stranger ? false : "the site has no such model") }, async () => {
  const page = await ready(stranger);
  assert.equal(await page.locator("h1").innerText(), stranger);
  assert.equal(await page.locator(".tensors li").count(), 2);
  assert.equal(await page.locator(".output canvas").count(), 1);
  const numbers = await page.locator(".output-numbers").innerText();
  await page.getByRole("button", { name: "Other random inputs" }).click();
  await settle(page);
  assert.notEqual(await page.locator(".output-numbers").innerText(), numbers);
  assert.deepEqual(page.faults, []);
});
