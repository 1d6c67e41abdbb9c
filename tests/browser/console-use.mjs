// Using the console: the keyboard, without a script, live figures, the choice of language.
// {"base":"http://localhost:1"}. Answers with what was seen under the name of each check; the caller judges.
import { argument, report, watch, withPhone } from './phone.mjs';

const { base } = argument();
const seen = {};

/** Presses Tab until the focus is on what `selector` finds, at most 200 times; says how often, and how the focus looks. */
async function tabTo(page, selector) {
  for (let presses = 1; presses <= 200; presses += 1) {
    await page.keyboard.press('Tab');
    const here = await page.evaluate(wanted => {
      const element = document.activeElement;
      if (!element?.matches(wanted)) return null;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return { outlineStyle, outlineWidth: parseFloat(outlineWidth) };
    }, selector);
    if (here) return { presses, ...here };
  }
  return null;
}

/** Ends a visit with the keyboard alone. */
async function kick(javaScriptEnabled) {
  return withPhone({ javaScriptEnabled, locale: 'en-GB', viewport: { width: 1280, height: 800 } }, async context => {
    const page = await context.newPage();
    await page.goto(`${base}/sessions`);
    if (!javaScriptEnabled) {
      // Without a script the page cannot be asked where the focus is: the address it leads to says it.
      await page.locator('#end-s1').focus();
      await page.keyboard.press('Enter');
      await page.waitForURL('**/sessions/s1/end');
      await page.locator('form[action$="/end"] button').focus();
      await page.keyboard.press('Enter');
      await page.waitForURL('**/sessions?state=ended');
      return { said: await page.locator('[role=status]').innerText() };
    }
    const link = await tabTo(page, '#end-s1');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/sessions/s1/end');
    const button = await tabTo(page, 'form[action$="/end"] button');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/sessions?state=ended');
    return { link, button, said: await page.locator('[role=status]').innerText() };
  });
}

/** What stands on the pages of figures when no script runs. */
async function withoutScript() {
  return withPhone({ javaScriptEnabled: false, locale: 'en-GB' }, async context => {
    const page = await context.newPage();
    await page.goto(`${base}/usage`);
    const box = await page.locator('#plot > svg.line').boundingBox();
    const rows = await page.locator('#numbers tbody tr').count();
    await page.goto(`${base}/`);
    return { plot: box?.height ?? 0, rows, pause: await page.locator('#pause').isVisible() };
  });
}

/** A change of figures arrives while somebody reads. */
async function live() {
  return withPhone({ locale: 'en-GB', viewport: { width: 390, height: 600 } }, async context => {
    const page = await context.newPage();
    const log = watch(page);
    await page.goto(`${base}/`);
    await page.waitForFunction(() => document.getElementById('pause')?.hidden === false);
    await page.evaluate(() => {
      globalThis.sameDocument = true;
      document.querySelector('#day-numbers').open = true;
      document.querySelector('#day-numbers summary').focus();
      globalThis.keptNode = document.activeElement;
    });
    const figure = () => page.locator('.nums dd b').first().innerText();
    const before = await figure();
    const scroll = await page.evaluate(() => scrollY);
    await context.request.post(`${base}/change`);
    await page.waitForFunction(was => document.querySelector('.nums dd b').innerText !== was, before);
    const after = await figure();
    const kept = await page.evaluate(() => ({
      document: globalThis.sameDocument === true,
      focus: document.activeElement === globalThis.keptNode,
      open: document.querySelector('#day-numbers').open,
      scroll: scrollY,
    }));
    // A pause stops it: the next change does not arrive, the one after "go on" does.
    await page.locator('#pause').click();
    const swaps = () => page.evaluate(() => Number(document.documentElement.dataset.swaps));
    const swapped = await swaps();
    await context.request.post(`${base}/change`);
    await page.waitForTimeout(1500);
    const paused = (await swaps()) === swapped && (await figure()) === after;
    await page.locator('#pause').click();
    await page.waitForFunction(was => document.querySelector('.nums dd b').innerText !== was, after);
    return { before, after, ...kept, scrollBefore: scroll, paused, errors: log.errors };
  });
}

/** The language is chosen by a link and remembered. */
async function language() {
  return withPhone({ locale: 'en-GB' }, async context => {
    const page = await context.newPage();
    const lang = () => page.evaluate(() => document.documentElement.lang);
    await page.goto(`${base}/aps?sort=id`);
    const first = await lang();
    await page.locator('.who a[lang=vi]').click();
    const address = new URL(page.url());
    const chosen = await lang();
    await page.goto(`${base}/load`);
    return { first, chosen, back: address.pathname + address.search, remembered: await lang() };
  });
}

/** What strangers named shows, and does nothing. */
async function strangers() {
  return withPhone({ locale: 'en-GB' }, async context => {
    const page = await context.newPage();
    const log = watch(page);
    let dialogs = 0;
    page.on('dialog', dialog => { dialogs += 1; dialog.dismiss(); });
    await page.goto(`${base}/sessions`);
    const text = await page.locator('#live').innerText();
    const made = await page.evaluate(() => document.querySelectorAll('#live script, #live img, tbody th span b').length);
    return { text, made, dialogs, errors: log.errors };
  });
}

let failure = '';
try {
  seen.kick = await kick(true);
  seen.kickWithoutScript = await kick(false);
  seen.withoutScript = await withoutScript();
  seen.live = await live();
  seen.language = await language();
  seen.strangers = await strangers();
} catch (error) {
  failure = String(error);
}
report({ ok: failure === '', ...seen, failure });
