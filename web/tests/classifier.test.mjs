// The view of a classifier: a drawn digit, the keyboard, the URL, files of images, a dragged series.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { draw, launch, models, needs, open, screenshot, serve, settle, SEVEN, SITE, skip, verdictOf } from "./browser.mjs";

const DIGITS = ["cnn.mnist", "cnn.digits"];
const IMAGES = join(import.meta.dirname, "images");
let browser, server;
before(async () => { if (!skip) [browser, server] = await Promise.all([launch(), serve(SITE)]); });
after(async () => { await browser?.close(); await server?.close(); });

function address(names, state = "") {
  const { folder } = models[names.find((name) => name in models)];
  return `${server.address}/${folder ? `${folder}/` : ""}${state}`;
}

async function answers(page, count) {
  await page.waitForFunction((least) => Number(document.querySelector(".view").dataset.answers) >= least, count, { timeout: 30_000 });
}

test("a drawn 7 is read as a 7, in the URL, and again from the URL", { skip: needs(...DIGITS) }, async () => {
  const page = await open(browser, address(DIGITS));
  await verdictOf(page);
  await draw(page, ".pad", SEVEN);
  await page.waitForFunction(() => location.hash.includes("strokes="));
  await settle(page);
  assert.equal(await page.locator(".answer").innerText(), "7");
  assert.match(await page.locator("[role=status].unseen").textContent(), /^7, /);
  assert.equal(await page.locator(".mistakes li").count() > 0, true);
  await page.waitForFunction(() => document.querySelector(".look-caption").textContent.startsWith("Covering the reddest"));
  await page.evaluate(() => scrollTo(0, 0));
  await screenshot(page, "page.cnn.mnist");
  const again = await open(browser, page.url());
  await verdictOf(again);
  await settle(again);
  assert.equal(await again.locator(".answer").innerText(), "7");
  assert.deepEqual([...page.faults, ...again.faults], []);
  await page.getByRole("button", { name: "Clear" }).click();
  assert.ok(!page.url().includes("strokes="));
});

test("a digit is drawn with a finger", { skip: needs(...DIGITS) }, async () => {
  const page = await open(browser, address(DIGITS), { hasTouch: true, isMobile: true, viewport: { width: 400, height: 800 } });
  await verdictOf(page);
  const pad = page.locator(".pad");
  await pad.scrollIntoViewIfNeeded();
  const box = await pad.boundingBox();
  const client = await page.context().newCDPSession(page);
  const points = SEVEN.map(([x, y]) => ({ x: box.x + x * box.width, y: box.y + y * box.height }));
  const top = await page.evaluate(() => scrollY);
  await client.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [points[0]] });
  for (const point of points.slice(1)) await client.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: [point] });
  await client.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await page.waitForFunction(() => location.hash.includes("strokes="));
  await settle(page);
  assert.equal(await page.locator(".answer").innerText(), "7");
  assert.equal(await page.evaluate(() => scrollY), top, "the page scrolled under the finger");
});

test("the keyboard draws, and chooses examples", { skip: needs(...DIGITS) }, async () => {
  const page = await open(browser, address(DIGITS));
  await verdictOf(page);
  await settle(page);
  await page.locator(".pad").focus();
  for (let at = 0; at < 8; at++) await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Space");
  for (let at = 0; at < 16; at++) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  await settle(page);
  assert.equal(await page.locator(".answer").innerText(), "1");
  await page.locator(".strip button").nth(2).focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.hash.includes("example=2"));
  assert.ok(!page.url().includes("strokes="));
  await settle(page);
  const label = await page.locator(".strip button").nth(2).getAttribute("aria-label");
  assert.equal(label.split(": ")[1], await page.locator(".answer").innerText());
});

test("a URL opens its example", { skip: needs(...DIGITS) }, async () => {
  const page = await open(browser, address(DIGITS, "#example=5"));
  await verdictOf(page);
  await settle(page);
  assert.equal(await page.locator(".strip [aria-pressed=true]").getAttribute("aria-label").then((label) => label.split(":")[0]), "Example 6");
});

for (const resize of ["pad", "crop", "stretch"]) {
  test(`an image file becomes the input that Python makes of it: ${resize}`, { skip: needs("cnn.mnist") }, async () => {
    const page = await open(browser, "about:blank");
    await page.route("**/page.json", async (route) => {
      const content = await (await route.fetch()).json();
      await route.fulfill({ json: { ...content, resize } });
    });
    await page.goto(address(["cnn.mnist"]));
    await verdictOf(page);
    await settle(page);
    const names = readdirSync(IMAGES).filter((name) => !name.includes(".28."));
    assert.ok(names.length > 4);
    for (const name of names) {
      const before = Number(await page.locator(".view").getAttribute("data-answers"));
      await page.locator(".drop input").setInputFiles(join(IMAGES, name));
      await answers(page, before + 1);
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save this input" }).click()]);
      const saved = readFileSync(await download.path()).toString("base64");
      const expected = readFileSync(join(IMAGES, name.replace(/\.\w+$/, `.28.${resize}.png`))).toString("base64");
      const largest = await page.evaluate(largestDifference, [saved, expected]);
      const allowed = name.endsWith(".jpg") || name.startsWith("translucent") ? 2 : 0; // decoders round; canvases premultiply
      assert.ok(largest <= allowed, `${name} is off by up to ${largest} of 255`);
    }
    await page.context().close();
  });
}

/** Return the largest difference between two PNG files; it runs in the page. */
async function largestDifference(pair) {
  const decode = async (text) => {
    const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))]), { colorSpaceConversion: "none" });
    const context = new OffscreenCanvas(28, 28).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, 28, 28).data;
  };
  const [a, b] = await Promise.all(pair.map(decode));
  return a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at])), 0);
}

test("a file that is no image is refused in words", { skip: needs(...DIGITS) }, async () => {
  const page = await open(browser, address(DIGITS));
  await verdictOf(page);
  await page.locator(".drop input").setInputFiles({ name: "notes.png", mimeType: "image/png", buffer: Buffer.from("no image") });
  await page.waitForSelector(".drop ~ .alert:not(:empty), .drop .alert:not(:empty)");
  assert.match(await page.locator(".drop .alert").innerText(), /^notes\.png cannot be used: /);
});

test("a series is dragged, and the answer follows", { skip: needs("cnn.gunpoint", "cnn.italy-power") }, async () => {
  const page = await open(browser, address(["cnn.gunpoint", "cnn.italy-power"]));
  await verdictOf(page);
  await settle(page);
  const before = await page.locator(".stage .line-0").getAttribute("points");
  const first = Number(await page.locator(".view").getAttribute("data-answers"));
  await draw(page, ".stage .series", [[0.5, 0.5], [0.5, 0.1], [0.6, 0.9]]);
  await answers(page, first + 2);
  await settle(page);
  assert.notEqual(await page.locator(".stage .line-0").getAttribute("points"), before);
  assert.ok(await page.locator(".look .heat rect").count() > 0);
  assert.deepEqual(page.faults, []);
});

/** Return the bytes of an .npy file with a row of numbers for each time step. */
function npy(rows) {
  const shape = `(${rows.length}, ${rows[0].length})`;
  const header = `{'descr': '<f8', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117) + "\n";
  const head = Buffer.alloc(10);
  head.write("\x93NUMPY\x01\x00", "latin1");
  head.writeUInt16LE(header.length, 8);
  return Buffer.concat([head, Buffer.from(header), Buffer.from(Float64Array.from(rows.flat()).buffer)]);
}

test("an .npy file is an input, and one of another shape is refused", { skip: needs("cnn.gunpoint") }, async () => {
  const page = await open(browser, address(["cnn.gunpoint"]));
  await verdictOf(page);
  await settle(page);
  const rows = Array.from({ length: 150 }, (_, at) => [Math.sin(at / 9)]);
  const file = (content) => ({ name: "mine.npy", mimeType: "application/octet-stream", buffer: npy(content) });
  const first = Number(await page.locator(".view").getAttribute("data-answers"));
  await page.locator(".drop input").setInputFiles(file(rows));
  await answers(page, first + 1);
  await page.locator(".drop input").setInputFiles(file(rows.slice(1)));
  await page.waitForSelector(".drop .alert:not(:empty)");
  assert.equal(await page.locator(".drop .alert").innerText(), "mine.npy cannot be used: its shape is (149, 1); the model takes (150, 1)");
});

test("a volume is shown in slices, and where it looked too", { skip: needs("cnn.adrenal3d") }, async () => {
  const page = await open(browser, address(["cnn.adrenal3d"]));
  await verdictOf(page);
  await settle(page, 1500);
  assert.equal(await page.locator(".stage.slices canvas").count(), 9);
  const first = await page.locator(".answer").innerText();
  assert.notEqual(first, "–");
  const slice = () => page.locator(".stage.slices canvas").nth(4).evaluate((node) => node.toDataURL());
  const before = await slice();
  await page.locator(".strip button").nth(1).click();
  await page.waitForFunction(() => location.hash.includes("example=1"));
  await settle(page);
  assert.notEqual(await slice(), before);
  assert.deepEqual(page.faults, []);
});

test("each channel of a series is dragged by itself", { skip: needs("cnn.basic-motions") }, async () => {
  const page = await open(browser, address(["cnn.basic-motions"]));
  await verdictOf(page);
  await settle(page);
  const lines = () => page.locator(".stage polyline").evaluateAll((nodes) => nodes.map((node) => node.getAttribute("points")));
  const before = await lines();
  assert.equal(before.length, 6);
  await draw(page, ".stage .series", [[0.5, 0.5], [0.5, 0.1]]);
  await settle(page);
  const after = await lines();
  assert.equal(after.filter((points, at) => points !== before[at]).length, 1);
  assert.deepEqual(page.faults, []);
});
