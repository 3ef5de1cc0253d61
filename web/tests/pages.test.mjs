// Every page of a site: the verdict, the console, the network, layout shift and axe-core, and pictures of it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { keyboardFaults, launch, LOOKS, models, open, PICTURES, screenshot, serve, settle, SITE, skip, verdictOf, violations } from "./browser.mjs";

let browser, server;
before(async () => { if (!skip) [browser, server] = await Promise.all([launch(), serve(SITE)]); });
after(async () => { await browser?.close(); await server?.close(); });

for (const { name, folder } of Object.values(models)) {
  test(`${name} proves itself, and asks nobody else`, { skip }, async () => {
    const page = await open(browser, `${server.address}/${folder ? `${folder}/` : ""}`);
    assert.equal(await verdictOf(page), "equal");
    assert.match(await page.locator(".verdict .hint").innerText(), /Chrom\w+ \d+, \d+ tests in [\d.]+ m?s; the SHA-256 of each part checked/);
    await settle(page);
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(await keyboardFaults(page), []);
    assert.deepEqual(page.faults, []);
    assert.ok((await page.evaluate(() => window.shift)) < 0.01, `layout shift ${await page.evaluate(() => window.shift)}`);
    await page.context().close();
  });

  test(`${name} fits a phone, in the dark too`, { skip }, async () => {
    for (const [look, options] of LOOKS.filter(([look]) => PICTURES || look === "phone-dark")) {
      const page = await open(browser, `${server.address}/${folder ? `${folder}/` : ""}`, options);
      await verdictOf(page);
      await settle(page);
      const [width, wide] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
      assert.ok(wide <= width, `${look}: ${wide} pixels wide on a screen of ${width}`);
      assert.ok((await page.evaluate(() => window.shift)) < 0.01, `${look}: layout shift ${await page.evaluate(() => window.shift)}`);
      if (look.endsWith("dark")) assert.deepEqual(await violations(page), []);
      await screenshot(page, `${name}-${look}`);
      await page.context().close();
    }
  });
}

test("the index names every model, and checks all of them here", { skip: skip || (Object.keys(models).length < 2 ? "the site has one model" : false) }, async () => {
  const page = await open(browser, `${server.address}/`);
  await page.waitForSelector("body[data-state=open]");
  for (const name of Object.keys(models)) assert.equal(await page.getByRole("link", { name, exact: true }).count(), 1);
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Check all in this browser" }).click();
  await page.waitForFunction((count) => document.querySelectorAll(".here.equal").length === count, Object.keys(models).length, { timeout: 120_000 });
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(page.faults, []);
  await page.context().close();
  for (const [look, options] of PICTURES ? LOOKS : []) {
    const shown = await open(browser, `${server.address}/`, options);
    await shown.waitForSelector("body[data-state=open]");
    await screenshot(shown, `index-${look}`);
    await shown.context().close();
  }
});
