// axe-core on every given page, light and dark, at 320 and 1280 px, with every <details> open.
// {"pages":[{"url":"https://…","status":200,"name":"…"}],"lang":"vi","shots":"DIR"}; a page with "from" is what a form on
// that page gets by posting nothing, one with "answered" is what another client got.
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { argument, report, withPhone } from './phone.mjs';

const want = argument();
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
await mkdir(want.shots, { recursive: true });

/** Opens a page as it says and returns the answer's status. */
async function open(page, { url, from, answered }) {
  if (answered !== undefined) {
    const served = route => route.fulfill({ ...answered, contentType: 'text/html; charset=utf-8' });
    await page.route(url, served);
    try {
      return (await page.goto(url)).status();
    } finally {
      await page.unroute(url, served);
    }
  }
  if (from === undefined) return (await page.goto(url)).status();
  await page.goto(from);
  const [response] = await Promise.all([
    page.waitForResponse(response => response.request().isNavigationRequest() && response.url() === url),
    page.waitForNavigation(),
    page.evaluate(action => {
      const form = document.body.appendChild(document.createElement('form'));
      Object.assign(form, { method: 'post', action }).submit();
    }, url),
  ]);
  return response.status();
}

const findings = [];
const headings = {};
let checked = 0;
let failure = '';
try {
  // The pages forbid every script; axe is injected past that policy, which changes nothing else of the page.
  await withPhone({ bypassCSP: true, locale: want.lang === 'vi' ? 'vi-VN' : 'en-GB' }, async context => {
    const page = await context.newPage();
    for (const colorScheme of ['light', 'dark']) {
      for (const width of [320, 1280]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 800 });
        for (const wanted of want.pages) {
          const { url } = wanted;
          const { pathname, search } = new URL(url);
          const name = wanted.name ?? (pathname + search).replaceAll(/[/?=%]/g, '_');
          const status = await open(page, wanted);
          if (status !== wanted.status) throw new Error(`${name} was answered with ${status}`);
          headings[name] = await page.locator('h1, p').first().innerText();
          await page.evaluate(() => document.querySelectorAll('details').forEach(box => { box.open = true; }));
          await page.evaluate(axe);
          const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
          const sideways = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
          await page.screenshot({ path: join(want.shots, `axe-${want.lang}-${colorScheme}-${width}-${name}.png`), fullPage: true });
          checked += 1;
          for (const violation of result.violations) {
            findings.push({ name, url: url.slice(0, 120), colorScheme, width, rule: violation.id, nodes: violation.nodes.map(node => node.html.slice(0, 200)) });
          }
          if (sideways) findings.push({ name, url: url.slice(0, 120), colorScheme, width, rule: 'scrolls sideways', nodes: [] });
        }
      }
    }
  });
} catch (error) {
  failure = String(error);
}
report({ ok: failure === '' && findings.length === 0 && checked > 0, checked, headings, findings, failure });
