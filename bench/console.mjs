// How soon the console can be used, on a slowed-down processor: from the address until the field for the question has
// the focus and the page answers to a key. Each time a browser that has never been there. node bench/console.mjs
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { quantile, startService } from './support/service.mjs';

const VISITS = 11;
const RATES = [1, 4, 6];

const service = await startService();
const key = readFileSync(join(service.dataDir, 'api-key'), 'utf8').trim();
await service.call('/api/documents/text', { text: 'Bees cluster around the queen to keep warm in winter.' });
await service.untilIdle();
const browser = await chromium.launch({
  executablePath: process.env.TEST_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});

/** @param {number} rate how many times slower the processor is made */
async function visit(rate) {
  const context = await browser.newContext();
  await context.request.post(`${service.url}/console/session`, {
    data: { key },
    headers: { 'X-Vectorlane-Console': '1' },
  });
  const page = await context.newPage();
  await page.addInitScript(`
    window.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
    }).observe({ type: 'longtask', buffered: true });
    const look = () => {
      if (document.activeElement?.name !== 'q') return requestAnimationFrame(look);
      // What is asked of the page now is answered when nothing stands before it any more.
      setTimeout(() => (window.usableAt = performance.now()));
    };
    requestAnimationFrame(look);
  `);
  const debug = await context.newCDPSession(page);
  await debug.send('Network.enable');
  let bytes = 0;
  debug.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
  await debug.send('Emulation.setCPUThrottlingRate', { rate });
  await page.goto(`${service.url}/console/`);
  // The policy of the page lets nothing be evaluated in it but through the debugger.
  while (!(await page.evaluate('window.usableAt !== undefined')))
    await new Promise((resolve) => setTimeout(resolve, 20));
  await page.keyboard.type('w');
  if ((await page.inputValue('input[name=q]')) !== 'w') throw new Error('The field did not take the key.');
  const seen = { usableAt: Number(await page.evaluate('window.usableAt')), longest: 0, bytes: 0 };
  await page.waitForLoadState('load');
  seen.longest = Number(await page.evaluate('window.longest'));
  seen.bytes = bytes;
  await context.close();
  return seen;
}

const rows = [];
try {
  for (const rate of RATES) {
    const visits = [];
    for (let time = 0; time < VISITS; time += 1) visits.push(await visit(rate));
    const times = visits.map(({ usableAt }) => usableAt);
    const longest = Math.max(...visits.map((seen) => seen.longest));
    const sent = Math.max(...visits.map((seen) => seen.bytes));
    rows.push(
      `| ${rate === 1 ? 'as it is' : `${rate} times slower`} | ${Math.round(quantile(times, 0.5))} ms | ` +
        `${Math.round(Math.max(...times))} ms | ${Math.round(longest)} ms | ${Math.round(sent / 1000)} kB |`,
    );
  }
  process.stdout.write(
    `| processor | usable after, median | slowest of ${VISITS} | longest task | sent |\n|---|---|---|---|---|\n${rows.join('\n')}\n`,
  );
} finally {
  await browser.close();
  await service.stop();
}
