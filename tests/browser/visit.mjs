// One visit in a real browser: probe, splash, tap, success, a page of the internet.
// {"probe":"http://…/generate_204","portal":"https://…","site":"http://…","siteText":"…","lang":"vi","js":true,"shots":"DIR"}
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { argument, report, watch, withPhone } from './phone.mjs';

const want = argument();
const portalHost = new URL(want.portal).host;
await mkdir(want.shots, { recursive: true });
const shot = (page, name) =>
  page.screenshot({ path: join(want.shots, `visit-${want.lang}-${want.js ? 'js' : 'nojs'}-${name}.png`), fullPage: true });

const steps = [];
const check = (name, fine, detail = '') => {
  steps.push({ name, ok: Boolean(fine), detail: String(detail) });
  if (!fine) throw new Error(`${name}: ${detail}`);
};

let failure = '';
try {
  await withPhone({ javaScriptEnabled: want.js, locale: want.lang === 'vi' ? 'vi-VN' : 'en-GB' }, async context => {
    const page = await context.newPage();
    const seen = watch(page);

    const splash = await page.goto(want.probe);
    check('the probe ends at the portal', new URL(page.url()).host === portalHost, page.url());
    check('the splash is served with a valid certificate', splash.ok() && (await splash.securityDetails()), splash.status());
    check('the splash speaks the visitor\'s language', (await page.getAttribute('html', 'lang')) === want.lang,
      await page.getAttribute('html', 'lang'));
    check('the splash has one button', (await page.locator('form[method=post] button').count()) === 1,
      await page.locator('form[method=post] button').count());
    await shot(page, '1-splash');

    await page.locator('form[method=post] button').click();
    // The access point may need a moment; the page then refreshes itself.
    await page.waitForURL(url => url.pathname === '/session', { timeout: 15000 });
    check('the tap ends at the session page', new URL(page.url()).pathname === '/session', page.url());
    check('the session page offers to log out', (await page.locator('form[action^="/session/end"]').count()) === 1);
    await shot(page, '2-success');
    check('no foreign host was asked', [...seen.hosts].every(host => host === portalHost || host === new URL(want.probe).host),
      [...seen.hosts]);
    check('nothing secret stands in the address', !/[0-9a-f]{2}([:-])[0-9a-f]{2}\1/i.test(page.url()), page.url());

    const site = await page.goto(want.site);
    check('a page of the internet opens', site.ok() && (await page.content()).includes(want.siteText), page.url());
    await shot(page, '3-internet');

    await page.goto(want.portal + '/');
    check('the portal is this place\'s guide when on line', (await page.locator('h1').count()) === 1, page.url());
    await shot(page, '4-guide');
  });
} catch (error) {
  failure = String(error);
}
report({ ok: failure === '' && steps.length >= 10, steps, failure });
