// The page of `zoo gallery`: found, sorted, linked to, without a violation or a request.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { beside, launch, LOOKS, open, screenshot, skip, violations } from "./browser.mjs";

const PAGE = beside("gallery.html");
const why = skip || (PAGE ? false : "there is no gallery beside the site");
const address = (state = "") => `${pathToFileURL(PAGE).href}${state}`;
let browser;
before(async () => { if (!why) browser = await launch(); });
after(async () => { await browser?.close(); });

test("each channel has a link that shows it", { skip: why }, async () => {
  const page = await open(browser, address());
  const count = await page.locator(".card").count();
  await page.locator(".card .title a").nth(5).click();
  const link = new URL(page.url()).hash;
  const again = await open(browser, address(link));
  assert.equal(await again.locator(".card:target").count(), 1);
  assert.equal(await again.locator(".card:target").evaluate((node) => node.getBoundingClientRect().top < innerHeight), true);
  await page.getByLabel("Find").fill("conv_1");
  assert.ok(await page.locator(".card:visible").count() < count);
  await page.getByLabel("Find").fill("");
  await page.getByLabel("hide dead channels").check();
  assert.equal(await page.locator(".card.dead:visible").count(), 0);
  await page.getByLabel("Sort").selectOption("made");
  assert.deepEqual([...page.faults, ...again.faults], []);
});

test("a gallery fits a phone, in the dark too", { skip: why }, async () => {
  for (const [look, options] of LOOKS) {
    const page = await open(browser, address(), options);
    assert.deepEqual(await violations(page), [], look);
    const [width, wide] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
    assert.ok(wide <= width, `${look}: ${wide} pixels wide on a screen of ${width}`);
    assert.deepEqual(page.faults, []);
    await screenshot(page, `gallery-${look}`);
    await page.context().close();
  }
});
