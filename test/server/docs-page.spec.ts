import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { TestApp } from '../support/test-app';

/** The documentation as a person meets it: in a real browser, under the content security policy it is served with. */
let service: TestApp;
let context: BrowserContext;
let profile: string;

beforeAll(async () => {
  service = await TestApp.start();
  profile = await mkdtemp(join(tmpdir(), 'vectorlane-browser-'));
  context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env['TEST_CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}, 90_000);
afterAll(async () => {
  await context?.close();
  await service?.stop();
  await rm(profile, { recursive: true, force: true });
}, 60_000);

it('shows every route, and tries one out with a key, with nothing refused by the policy', async () => {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));

  await page.goto(`${service.url}/docs`, { waitUntil: 'networkidle' });
  expect(await page.title()).toBe('Vectorlane API');
  const { paths } = (await (await fetch(`${service.url}/openapi.json`)).json()) as { paths: Record<string, object> };
  const operations = Object.values(paths).flatMap((methods) => Object.keys(methods));
  expect(operations.length).toBeGreaterThan(10);
  expect(await page.locator('.opblock').count()).toBe(operations.length);

  await page.locator('button.authorize').click();
  await page.locator('.auth-container input').first().fill(service.key);
  await page.locator('.auth-container button.authorize').first().click();
  await page.locator('.modal-ux button.btn-done').first().click();

  await page.locator('#operations-documents-listDocuments .opblock-summary-control').click();
  await page.locator('#operations-documents-listDocuments .try-out__btn').click();
  await page.locator('#operations-documents-listDocuments .execute').click();
  const answer = page
    .locator('#operations-documents-listDocuments .live-responses-table tr.response .response-col_status')
    .first();
  await answer.waitFor({ timeout: 20_000 });
  expect(await answer.innerText()).toContain('200');
  expect(complaints).toEqual([]);
}, 90_000);
