// Takes pictures of the demo's comment, light and dark, for README: the overview, and the section of one config.
//
//     node picture.mjs PAGE FOLDER
//
// playwright-core is found by NODE_PATH. CHROMIUM may name the browser.
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { launch } from './browser.mjs';

const [page, folder] = process.argv.slice(2);
if (!folder) {
  console.error('usage: picture.mjs PAGE FOLDER');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const browser = await launch();
for (const colorScheme of ['light', 'dark']) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 1600 }, colorScheme, deviceScaleFactor: 1.5 });
  const tab = await context.newPage();
  await tab.goto(pathToFileURL(resolve(page)).href);
  const clip = await tab.evaluate(() => {
    // The sections begin with the path of the config.
    const shown = (heading) => heading.textContent.includes('edge-prod-b001-us-west-1-s3.yaml');
    let keep = true;
    for (const element of [...document.querySelector('.body').children]) {
      keep = element.tagName === 'H3' ? shown(element) : keep;
      if (!keep || element.tagName === 'DETAILS' || element.tagName === 'SUB') {
        element.remove();
      }
    }
    document.querySelector('.note').remove();
    const { x, y, width, height } = document.querySelector('article').getBoundingClientRect();
    return { x, y, width, height, scale: 1 };
  });
  const session = await context.newCDPSession(tab);
  const picture = await session.send('Page.captureScreenshot', { format: 'webp', quality: 80, clip });
  writeFileSync(`${folder}/comment-${colorScheme}.webp`, Buffer.from(picture.data, 'base64'));
  console.log(`${folder}/comment-${colorScheme}.webp`);
}
await browser.close();
