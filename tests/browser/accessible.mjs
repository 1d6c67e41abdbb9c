// axe-core on every given page, light and dark, at 320 and 1280 px, with every <details> open.
// {"pages":["https://…"],"lang":"vi","shots":"DIR"}
import { readFile } from 'node:fs/promises';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { argument, report, withPhone } from './phone.mjs';

const want = argument();
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
await mkdir(want.shots, { recursive: true });

const findings = [];
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
        for (const url of want.pages) {
          await page.goto(url);
          await page.evaluate(() => document.querySelectorAll('details').forEach(box => { box.open = true; }));
          await page.evaluate(axe);
          const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
          const sideways = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
          const name = new URL(url).pathname.replaceAll('/', '_') || '_';
          await page.screenshot({ path: join(want.shots, `axe-${want.lang}-${colorScheme}-${width}${name}.png`), fullPage: true });
          checked += 1;
          for (const violation of result.violations) {
            findings.push({ url, colorScheme, width, rule: violation.id, nodes: violation.nodes.map(node => node.html.slice(0, 200)) });
          }
          if (sideways) findings.push({ url, colorScheme, width, rule: 'scrolls sideways', nodes: [] });
        }
      }
    }
  });
} catch (error) {
  failure = String(error);
}
report({ ok: failure === '' && findings.length === 0 && checked > 0, checked, findings, failure });
