// What every script here shares: a Chromium that trusts only the certificates in this phone's store.
import { chromium } from 'playwright-core';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FLAGS = [
  '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

/** Opens a browser with a new profile, runs `use(context)`, and closes it whatever happens. */
export async function withPhone(options, use) {
  const profile = await mkdtemp(join(tmpdir(), 'phone-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: FLAGS,
    viewport: { width: 390, height: 844 },
    ...options,
  });
  context.setDefaultTimeout(15000);
  try {
    return await use(context);
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
}

/** Collects the hosts a page asks for and every console error. */
export function watch(page) {
  const seen = { hosts: new Set(), errors: [] };
  page.on('request', request => seen.hosts.add(new URL(request.url()).host));
  page.on('pageerror', error => seen.errors.push(String(error)));
  page.on('console', message => { if (message.type() === 'error') seen.errors.push(message.text()); });
  return seen;
}

/** Reads the arguments: one JSON object. */
export function argument() {
  const text = process.argv[2];
  if (!text) throw new Error('give one JSON object as the only argument');
  return JSON.parse(text);
}

/** Prints the result as one JSON line and ends with its verdict. */
export function report(result) {
  console.log(JSON.stringify(result));
  process.exitCode = result.ok ? 0 : 1;
}
