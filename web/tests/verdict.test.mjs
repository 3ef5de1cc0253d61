// A page that computes something else, or whose files were changed, says so in red; names stay names.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { pathToFileURL } from "node:url";
import { after, before, beforeEach, afterEach, test } from "node:test";
import { beside, BROWSER, launch, models, open, screenshot, serve, settle, SITE, skip, verdictOf } from "./browser.mjs";

const model = Object.values(models).find(({ view }) => view === "classifier");
const why = skip || (model ? false : "the site has no classifier");
let browser, server, folder, own;

before(async () => { if (BROWSER) browser = await launch(); });
after(async () => { await browser?.close(); });
beforeEach(async () => {
  if (why) return;
  folder = await mkdtemp(join(tmpdir(), "zoo-pages-"));
  await cp(join(SITE, "assets"), join(folder, "assets"), { recursive: true });
  own = model.folder ? join(folder, model.folder) : folder;
  await cp(join(SITE, model.folder), own, { recursive: true });
  server = await serve(folder);
});
afterEach(async () => {
  await server?.close();
  if (folder) await rm(folder, { recursive: true });
  server = folder = undefined;
});

async function change(path, edit) {
  const file = join(own, path);
  const content = await readFile(file);
  await writeFile(file, path.endsWith(".gz") ? gzipSync(edit(gunzipSync(content))) : edit(content));
}

async function content() {
  return JSON.parse(await readFile(join(own, "page.json"), "utf8"));
}

async function expectDifferent(pattern) {
  const page = await open(browser, `${server.address}/${model.folder ? `${model.folder}/` : ""}`);
  assert.equal(await verdictOf(page), "different");
  assert.match(await page.locator(".verdict").innerText(), /Different from Keras in this browser/);
  assert.match(await page.locator(".verdict").innerText(), pattern);
  const [red, green, blue] = await page.$eval(".verdict h2", (node) => getComputedStyle(node).color.match(/\d+/g).map(Number));
  assert.ok(red > 2 * green && red > 2 * blue, `the heading is rgb(${red}, ${green}, ${blue})`);
  return page;
}

function shiftFirst(bytes) {
  bytes.writeFloatLE(bytes.readFloatLE(0) + 0.01, 0);
  return bytes;
}

/** Change one weight of an ONNX file: the last byte of a float in the middle of its longest run of numbers. */
function spoil(bytes) {
  const middle = Math.floor(bytes.length / 2);
  for (let at = middle; at < middle + 64; at++) bytes[at] ^= 0x55;
  return bytes;
}

test("a changed expected output is red", { skip: why }, async () => {
  const [first] = (await content()).tests.classifier;
  await change(Object.values(first.outputs)[0].file, shiftFirst);
  const page = await expectDifferent(/is off by up to 0\.010/);
  await screenshot(page, "different");
});

test("a changed model is red, by its SHA-256 and by what it computes", { skip: why }, async () => {
  const { parts } = await content();
  await change(parts.classifier.file, spoil);
  await (await expectDifferent(/its bytes are not those that were proved|cannot be run/)).context().close();
  const sha256 = createHash("sha256").update(await readFile(join(own, parts.classifier.file))).digest("hex");
  await change("page.json", (text) => String(text).replace(parts.classifier.sha256, sha256));
  await expectDifferent(/is off by|NaN|cannot be run/);
});

test("a missing file is told", { skip: why }, async () => {
  const { parts } = await content();
  await rm(join(own, parts.classifier.file));
  await expectDifferent(/cannot be run here: .*404/);
});

test("names from strangers stay names", { skip: why }, async () => {
  const evil = "<img src=x onerror=alert(1)>\"'&</script><b> Käse 猫 🐈 שלום";
  const { classes } = await content();
  await change("page.json", (text) => {
    const value = JSON.parse(text);
    value.classes = value.classes.map((name) => `${name}${evil}`);
    value.card.push({ title: evil, rows: [[evil, evil]] });
    value.links.push({ label: evil, file: "javascript:alert(1)" });
    return JSON.stringify(value);
  });
  const page = await open(browser, `${server.address}/${model.folder ? `${model.folder}/` : ""}`);
  await verdictOf(page);
  await settle(page);
  assert.equal(await page.locator("main img, main b, main script").count(), 0);
  assert.ok((await page.locator(".bars").innerText()).includes(`${classes[0]}${evil}`));
  assert.deepEqual(page.faults, []);
});

test("the policy forbids scripts and addresses of others", { skip: why }, async () => {
  const page = await open(browser, `${server.address}/${model.folder ? `${model.folder}/` : ""}`);
  await verdictOf(page);
  const results = await page.evaluate(async () => {
    const script = document.createElement("script");
    script.textContent = "window.injected = true";
    document.body.append(script);
    const asked = await fetch("http://127.0.0.1:1/").then(() => "allowed", () => "refused");
    return { injected: Boolean(window.injected), asked };
  });
  assert.deepEqual(results, { injected: false, asked: "refused" });
  assert.ok(page.faults.some((fault) => fault.includes("Content Security Policy")));
});

/** What each view sets when it has answered. */
const ANSWERED = {
  classifier: ".view[data-answers]", latent: ".view[data-decoded]", novelty: ".view[data-verdict]", samples: ".view[data-shown]",
  restore: ".view[data-restored]", gallery: ".unit canvas, .unit img", plain: ".view-parts[data-answers]",
};
const files = beside("files") ? readdirSync(beside("files")) : [];

test("there is a file of every view", { skip: skip || (files.length ? false : "there are no files beside the site") }, () => {
  assert.deepEqual(files.map((name) => name.replace(".html", "")), Object.keys(ANSWERED).sort());
});

for (const file of files) {
  test(`one file opens without a server, and proves itself: ${file}`, { skip: BROWSER ? false : skip }, async () => {
    const page = await open(browser, pathToFileURL(join(beside("files"), file)).href);
    assert.equal(await verdictOf(page), "equal");
    await page.waitForSelector(ANSWERED[file.replace(".html", "")], { timeout: 60_000 });
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
}
