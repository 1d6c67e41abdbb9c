// Every page of the console in every look: axe, sideways scrolling, foreign hosts, refused content, the page's language.
// {"base":"http://localhost:1","pages":["/"],"lang":"vi","shots":"DIR"}. The pages' own content policy is in force.
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { argument, report, watch, withPhone } from './phone.mjs';

const want = argument();
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
await mkdir(want.shots, { recursive: true });
const host = new URL(want.base).host;
// Phones and a desk, by day and by night.
const LOOKS = [[360, 'light'], [360, 'dark'], [390, 'light'], [1280, 'light'], [1280, 'dark']];

const findings = [];
let checked = 0, renderings = 0, failure = '';
try {
  await withPhone({ locale: want.lang === 'vi' ? 'vi-VN' : 'en-GB' }, async context => {
    await context.addCookies([{ name: 'console_language', value: want.lang, url: want.base }]);
    const page = await context.newPage();
    const seen = watch(page);
    page.on('dialog', dialog => { seen.errors.push(`a dialog opened: ${dialog.message()}`); dialog.dismiss(); });
    for (const path of want.pages) {
      const markup = await (await page.goto(want.base + path)).text();
      if (/ style=|<style|<script(?! defer src="\/)| on[a-z]+="/.test(markup)) findings.push({ path, rule: 'style or script inside the page' });
      const name = path.replaceAll(/[/?=%&:]/g, '_');
      for (const [width, colorScheme] of LOOKS) {
        const find = (rule, nodes = []) => findings.push({ path, width, colorScheme, rule, nodes });
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.setViewportSize({ width, height: 800 });
        await page.evaluate(() => document.querySelectorAll('details').forEach(box => { box.open = true; }));
        await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
        const result = await page.evaluate(`${axe};axe.run(document, { resultTypes: ['violations'] })`);
        checked += result.passes.length > 0 ? 1 : 0;
        renderings += 1;
        for (const violation of result.violations) find(violation.id, violation.nodes.map(node => node.html.slice(0, 200)));
        const facts = await page.evaluate(() => ({
          sideways: document.documentElement.scrollWidth > document.documentElement.clientWidth,
          lang: document.documentElement.lang,
        }));
        if (facts.sideways) find('scrolls sideways');
        if (facts.lang !== want.lang) find(`lang is ${facts.lang}`);
        await page.screenshot({ path: join(want.shots, `${want.lang}-${width}-${colorScheme}${name}.png`), fullPage: true });
      }
      for (const error of seen.errors.splice(0)) {
        // What a page about a mistake is answered with shows in the browser's log, and is not what this looks for.
        if (!/status of 4\d\d/.test(error)) findings.push({ path, rule: 'console', nodes: [error] });
      }
    }
    for (const other of seen.hosts) if (other !== host) findings.push({ path: '*', rule: 'foreign host', nodes: [other] });
  });
} catch (error) {
  failure = String(error);
}
report({ ok: failure === '' && findings.length === 0 && checked > 0, checked, renderings, findings, failure });
