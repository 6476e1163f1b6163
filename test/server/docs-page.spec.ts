import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { TestApp, type Untyped } from '../support/test-app';

/** What is met in a real browser: the documentation, under the policy it is served with, and our client in a page. */
let service: TestApp;
let context: BrowserContext;
let profile: string;
let site: Server;

/** A page of somebody else's, with our client in it. */
const bundle = `
  import { build } from 'vite';
  const lib = { entry: 'clients/typescript/src/index.ts', formats: ['es'] };
  const [{ output }] = await build({ configFile: false, logLevel: 'silent', build: { lib, write: false } });
  process.stdout.write(output[0].code);`;
const SITE = `<!doctype html><title>A site</title>
  <script type="module">import * as client from '/client.js'; window.vectorlane = client;</script>`;
async function startSite(): Promise<Server> {
  const command = ['--input-type=module', '--eval', bundle];
  const { stdout } = await promisify(execFile)(process.execPath, command, {
    ...{ cwd: join(__dirname, '../..'), maxBuffer: 10 ** 7, timeout: 60_000 },
  });
  const server = createServer((request, response) =>
    request.url === '/client.js'
      ? response.setHeader('Content-Type', 'text/javascript').end(stdout)
      : response.setHeader('Content-Type', 'text/html').end(SITE),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}
const originOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeAll(async () => {
  site = await startSite();
  service = await TestApp.start({ CORS_ORIGIN: originOf(site) });
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
  site?.close();
  await rm(profile, { recursive: true, force: true });
}, 60_000);

async function openedWithKey(): Promise<{ page: Page; complaints: string[] }> {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(`${service.url}/docs`, { waitUntil: 'networkidle' });
  await page.locator('button.authorize').click();
  await page.locator('.auth-container input').first().fill(service.key);
  await page.locator('.auth-container button.authorize').first().click();
  await page.locator('.modal-ux button.btn-done').first().click();
  return { page, complaints };
}

/** “Try it out”, and whatever stands there sent as it stands. @returns status, and the answer as the page shows it */
async function tryOut(page: Page, operation: string): Promise<[status: string, answer: string]> {
  const block = page.locator(`[id$="-${operation}"].opblock`);
  await block.locator('.opblock-summary-control').click();
  await block.locator('.try-out__btn').click();
  await block.locator('.execute').click();
  const live = block.locator('.live-responses-table tr.response').first();
  await live.waitFor({ timeout: 20_000 });
  const status = await live.locator('.response-col_status').innerText();
  return [status.trim(), await live.locator('.response-col_description .highlight-code').first().innerText()];
}

it('shows every route, and nothing is refused by the policy', async () => {
  const { page, complaints } = await openedWithKey();
  expect(await page.title()).toBe('Vectorlane API');
  const { paths } = (await (await fetch(`${service.url}/openapi.json`)).json()) as { paths: Record<string, object> };
  const operations = Object.values(paths).flatMap((methods) => Object.keys(methods));
  expect(operations.length).toBeGreaterThan(10);
  expect(await page.locator('.opblock').count()).toBe(operations.length);
  expect(complaints).toEqual([]);
  await page.close();
}, 90_000);

it('answers with something where an example is sent as it stands, after the upload of the greeting', async () => {
  await service.ingest('README.md', await readFile(join(__dirname, '../../README.md'), 'utf8'));
  const { page, complaints } = await openedWithKey();
  const tried: Record<string, [string, string]> = {};
  for (const operation of ['listDocuments', 'search', 'addText']) tried[operation] = await tryOut(page, operation);
  expect(tried).toEqual({
    listDocuments: ['200', expect.stringContaining('"README.md"')],
    search: ['200', expect.stringContaining('"README.md"')],
    addText: ['202', expect.stringContaining('"bees.md"')],
  });
  expect(complaints).toEqual([]);
  await page.close();
  // What the page would send for the others.
  const { paths, components } = (await (await fetch(`${service.url}/openapi.json`)).json()) as Untyped;
  const example = (path: string): object => {
    const { schema } = paths[path].post.requestBody.content['application/json'];
    return components.schemas[schema.$ref.split('/').at(-1)].example as object;
  };
  const answers = {
    '/api/documents/batch': [200, { items: [{ status: 202 }, { status: 202 }] }],
    '/api/documents/status': [200, { items: [{ state: 'missing' }] }],
    '/api/documents/delete': [200, { matched: 1, deleted: 0 }],
    '/api/documents/retry': [200, {}],
    '/api/documents/reprocess': [200, {}],
    '/api/collections': [201, { name: 'handbooks' }],
    '/api/admin/keys': [201, { name: 'nightly import' }],
  };
  for (const [path, [status, body]] of Object.entries(answers))
    expect([path, await service.json(path, example(path))]).toMatchObject([path, { status, body }]);
}, 120_000);

it('is used by a page of another origin, with our client in it: a File in, a passage out', async () => {
  const page = await context.newPage();
  await page.goto(originOf(site));
  await page.waitForFunction(() => 'vectorlane' in globalThis);
  const seen = await page.evaluate(
    async ([url, apiKey]) => {
      const { Vectorlane, hasCode } = (globalThis as Untyped).vectorlane;
      const client = new Vectorlane({ url, apiKey });
      const file = new File(['Gulls nest on the lighthouse in May.'], 'gulls.txt', { type: 'text/plain' });
      const document = await client.upload(file, { collection: 'birds' });
      const percents: number[] = [];
      await client.waitUntilDone(document, { onProgress: ({ percent }: Untyped) => percents.push(percent as number) });
      const { results } = await client.search({ query: 'gulls', collection: 'birds' });
      const names: string[] = [];
      for await (const { filename } of client.documents({ collection: ['birds'] })) names.push(filename as string);
      await client.deleteDocument(document);
      const gone = (await client
        .getDocument(document)
        .catch((error: unknown) => hasCode(error, 'DOCUMENT_NOT_FOUND'))) as boolean;
      return { heard: percents.length > 0, found: results[0].content as string, names, gone };
    },
    [service.url, service.key],
  );
  expect(seen).toEqual({
    heard: true,
    found: 'Gulls nest on the lighthouse in May.',
    names: ['gulls.txt'],
    gone: true,
  });
  await page.close();
}, 60_000);
