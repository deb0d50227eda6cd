// Opens pages in a browser: at two widths, light and dark. Takes pictures, and fails if axe-core finds a violation, a page is wider
// than its window, a page logs an error or loads anything from elsewhere, or the search finds nothing.
//
//     node look.mjs SITE DEMO ESTATE PICTURES    the built site, the pages of `make demo`, the sample page of the estate, and where pictures go
//
// The packages playwright-core and axe-core are found by NODE_PATH. CHROMIUM may name the browser.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { launch } from './browser.mjs';

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const [site, demo, estate, pictures] = process.argv.slice(2).map((folder) => resolve(folder));
if (!pictures) {
  console.error('usage: look.mjs SITE DEMO ESTATE PICTURES');
  process.exit(2);
}
const PAGES = {
  start: `${site}/index.html`,
  guide: `${site}/getting-started.html`,
  table: `${site}/security-hub.html`,
  list: `${site}/diagnostics.html`,
  code: `${site}/codes/wrong-file-name.html`,
  github: `${demo}/github.html`,
  gitlab: `${demo}/gitlab.html`,
  estate,
};
const WIDTHS = [390, 1280];
const SCHEMES = ['light', 'dark'];

let passed = 0;
const problems = [];
const expect = (holds, problem) => (holds ? (passed += 1) : problems.push(problem));

const browser = await launch();
mkdirSync(pictures, { recursive: true });
for (const [name, path] of Object.entries(PAGES)) {
  for (const width of WIDTHS) {
    for (const colorScheme of SCHEMES) {
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
      const page = await context.newPage();
      const seen = `${name}, ${width} px, ${colorScheme}`;
      page.on('console', (message) => message.type() === 'error' && problems.push(`${seen}: ${message.text()}`));
      page.on('pageerror', (error) => problems.push(`${seen}: ${error.message}`));
      page.on('request', (request) => {
        const isLocal = /^(file|data|blob):/.test(request.url());
        expect(isLocal, `${seen}: loads ${request.url()}`);
      });
      await page.goto(pathToFileURL(path).href);
      await page.waitForLoadState('load');
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow <= 0, `${seen}: ${overflow} px wider than the window`);
      await page.screenshot({ path: `${pictures}/${name}-${width}-${colorScheme}.png` });
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => axe.run({ preload: false }));
      expect(violations.length === 0, `${seen}: ${violations.length} violations`);
      for (const { id, help, nodes } of violations) {
        for (const { html, failureSummary } of nodes.slice(0, 3)) {
          console.log(`${seen}: ${id}: ${help}: ${html.slice(0, 160)}\n  ${failureSummary.split('\n').slice(1, 3).join(' ')}`);
        }
      }
      await context.close();
    }
  }
}

// The estate filters and sorts by keyboard, and is a whole table without its script.
for (const javaScriptEnabled of [true, false]) {
  const context = await browser.newContext({ javaScriptEnabled });
  const table = await context.newPage();
  await table.goto(pathToFileURL(estate).href);
  const rows = () => table.locator('#rows tbody tr:visible').count();
  const all = await rows();
  expect(all === 10, `estate: ${all} rows`);
  if (javaScriptEnabled) {
    await table.selectOption('#by-state', 'drifted');
    expect((await rows()) === 1, 'estate: the filter shows other rows');
    await table.click('button[type=reset]');
    await table.waitForFunction(() => document.getElementById('shown').textContent === '10 of 10 rows');
    await table.fill('#by-text', 'T0004');
    expect((await rows()) === 1, 'estate: the text filter shows other rows');
    await table.fill('#by-text', '');
    const heading = table.locator('#rows thead th').nth(1);
    for (const sort of ['ascending', 'descending']) {
      await heading.locator('button').focus();
      await table.keyboard.press('Enter');
      expect((await heading.getAttribute('aria-sort')) === sort, `estate: not ${sort}`);
    }
  } else {
    expect(!(await table.locator('#filters').isVisible()), 'estate: filters without a script');
  }
  await context.close();
}

// Opened from a file, without a server.
const page = await browser.newPage();
await page.goto(pathToFileURL(PAGES.start).href);
for (const [words, found] of [['second person', 'commands.html'], ['wrong-file-name', 'codes/wrong-file-name.html']]) {
  await page.goto(`${pathToFileURL(PAGES.start).href}?search=${encodeURIComponent(words)}`);
  await page.waitForSelector('#mdbook-searchresults li, #searchresults li', { timeout: 20000 }).catch(() => {});
  const links = await page.$$eval('#mdbook-searchresults a, #searchresults a', (all) => all.map((link) => link.href));
  expect(links.some((link) => link.includes(found)), `search for ${words}: no ${found} among ${links.length} results`);
}
await page.screenshot({ path: `${pictures}/search.png` });
await browser.close();

for (const problem of problems) {
  console.log(problem);
}
console.log(`${passed} passed, ${problems.length} failed`);
process.exit(problems.length ? 1 : 0);
