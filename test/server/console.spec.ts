import { execFile } from 'node:child_process';
import { copyFile, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ConsoleSessions } from '@vectorlane/auth';
import type { BrowserContext, Page } from 'playwright-core';
import { Webhook } from 'standardwebhooks';
import { DataSource } from 'typeorm';
import { ROOT } from '../support/compose-file';
import { ConsoleBrowser } from '../support/console-browser';
import { KEEPS_PICTURES, keepPictures } from '../support/console-pictures';
import { curled } from '../support/curl-command';
import { eventually } from '../support/eventually';
import { sized } from '../support/sizes';
import { answers, StandInWebhook } from '../support/stand-in-webhook';
import { TcpProxy } from '../support/tcp-proxy';
import { TestApp } from '../support/test-app';

/** The console as a person meets it: a real browser, the real service, every view judged by axe-core. */
let service: TestApp;
let browser: ConsoleBrowser;
let page: Page;
let context: BrowserContext;

beforeAll(async () => {
  service = await TestApp.start({ WEBHOOK_ALLOW_PRIVATE: 'true' }, KEEPS_PICTURES ? 'local' : 'stand-in');
  browser = await ConsoleBrowser.start(service.url);
  ({ page, context } = browser);
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await service?.stop();
}, 60_000);

const run = promisify(execFile);

async function listed(filename: string): Promise<{ status: string; updatedAt: string }> {
  return (await service.json(`/api/documents?filename=${filename}`)).body.items[0];
}

const open = (path: string): Promise<unknown> => browser.open(path);
const violations = (): Promise<string[]> => browser.violations();
const expectNarrow = async (): Promise<void> => expect(await browser.widthOnNarrowScreen()).toBe(360);

it('weighs at most 120 kB, compressed, in all', async () => {
  const folder = join(ROOT, 'dist', 'console');
  const names = await readdir(folder, { recursive: true });
  const sent = names.filter((name) => /\.(br|woff2)$/.test(name));
  const sizes = await Promise.all(sent.map(async (name) => (await stat(join(folder, name))).size));
  expect(sizes.length).toBeGreaterThan(3);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(120_000);
});

it('signs in by a key, and by the link of a start, once', async () => {
  await open('');
  await page.getByLabel('API key').fill(service.key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Ask', exact: true }).waitFor();
  expect(await page.evaluate('localStorage.length + document.cookie.length')).toBe(0);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(await violations()).toEqual([]);
  const link = service.app.get(ConsoleSessions).makeLink(service.key.split('_')[1] ?? '');
  await open(`?x#sign-in=${link}`);
  await page.getByRole('heading', { name: 'Drop files or a folder here' }).waitFor();
  expect(page.url()).not.toContain(link);
  expect(await violations()).toEqual([]);
}, 90_000);

it('reads files with progress, answers the first question, and opens the document at the passage', async () => {
  const bees = `${'The hive is quiet today.\n\n'.repeat(400)}Bees cluster around the queen to keep warm in winter.\n`;
  const files = [
    { name: 'bees.md', mimeType: 'text/markdown', buffer: Buffer.from(bees) },
    { name: 'broken.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4 nothing') },
  ];
  await page.locator('input[type=file]').first().setInputFiles(files);
  await page.getByText('1 file ready · 1 file failed').waitFor({ timeout: 60_000 });
  await page.getByLabel('Your question').fill('cluster queen winter');
  await page.keyboard.press('Enter');
  const hit = page.locator('.hit').filter({ hasText: 'cluster' }).first();
  await hit.waitFor();
  expect(await hit.locator('mark').allInnerTexts()).toEqual(expect.arrayContaining(['cluster', 'queen', 'winter']));
  await hit.getByRole('button', { name: 'Why is it here?' }).click();
  await page.getByText('By meaning').waitFor();
  expect(await violations()).toEqual([]);
  await hit.getByRole('link', { name: /^Open at this passage/ }).click();
  const mark = page.locator('.text mark').filter({ hasText: 'Bees cluster' });
  await mark.waitFor();
  // The passage stands at the end of a long text: its pane has been scrolled to it.
  await eventually(() => browser.isOnScreen('.text mark'));
  expect(await violations()).toEqual([]);
}, 120_000);

it('lists documents by name, says what to do about a failure, reads again, retries, and deletes after a count', async () => {
  await open('documents?name=BROKEN');
  await page.getByRole('link', { name: 'broken.pdf' }).click();
  await page.getByText('Open it in its own program, save it again').waitFor();
  expect(await violations()).toEqual([]);
  // One that a retry may help is told from one that it does not.
  await service.app.get(DataSource).query(`UPDATE documents SET failure_retryable = true WHERE status = 'failed'`);
  await open('documents?name=BROKEN');
  await page.getByLabel('Select broken.pdf').check();
  await page.getByRole('button', { name: 'Retry 1 failed' }).click();
  await page.getByRole('button', { name: 'Retry 1', exact: true }).click();
  await page.getByText('1 document queued again').waitFor();
  await page.getByRole('link', { name: 'broken.pdf' }).click();
  await page.getByText('Open it in its own program, save it again').waitFor();
  await page.getByRole('button', { name: 'Read again' }).click();
  await page.getByRole('dialog').getByLabel('Format').selectOption('txt');
  expect(await violations()).toEqual([]);
  await page.getByRole('button', { name: 'Read it again' }).click();
  await page.locator('.text').getByText('%PDF-1.4 nothing').waitFor();
  const before = await listed('bees.md');
  await open('documents');
  await page.getByLabel('Select all 2 shown').check();
  await page.getByRole('button', { name: 'Read again' }).click();
  await page.getByRole('button', { name: 'Read 2 again' }).click();
  await page.getByText('2 documents queued to be read again').waitFor();
  await eventually(async () => {
    const { status, updatedAt } = await listed('bees.md');
    return status === 'completed' && updatedAt > before.updatedAt;
  });
  await open('documents?name=BROKEN');
  await page.getByLabel('Select broken.pdf').check();
  expect(await violations()).toEqual([]);
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete 1' }).click();
  await page.getByText('1 document deleted').waitFor();
  await page.getByText('No document fits these filters').waitFor();
}, 90_000);

it('takes a file and a folder dropped anywhere, and marks a passage on the page of the PDF', async () => {
  const folder = join(browser.profile, 'dropped');
  await mkdir(join(folder, 'notes', 'deep'), { recursive: true });
  const survey = join(folder, 'survey.pdf');
  await copyFile(join(ROOT, 'test', 'fixtures', 'office', 'pdfunite-scan-and-text.pdf'), survey);
  await writeFile(join(folder, 'notes', 'wasps.md'), 'Wasps chew wood into paper.\n');
  await writeFile(join(folder, 'notes', 'deep', 'ants.md'), 'Ants keep their eggs dry.\n');
  await writeFile(join(folder, 'notes', '.DS_Store'), 'not for anybody');
  await open('live');
  await page.getByText('What it stands on').waitFor();
  await browser.drop([survey, join(folder, 'notes')]);
  await page.getByText('3 files ready').waitFor({ timeout: 60_000 });
  expect(await listed('ants.md')).toMatchObject({ externalId: 'notes/deep/ants.md' });

  await page.getByLabel('Your question').fill('goma laca grietas');
  await page.keyboard.press('Enter');
  await page.locator('.segments').getByText('Words', { exact: true }).click();
  const hit = page.locator('.hit').filter({ hasText: 'barniz' }).first();
  await hit.waitFor();
  // The list of files does not stand before the answer.
  await eventually(() => browser.isOnScreen('.hit'));
  await hit.getByRole('link', { name: /^Open at this passage/ }).click();
  await page.getByRole('img', { name: /^survey.pdf, page \d, the passage is marked$/ }).waitFor();
  await eventually(() => browser.isOnScreen('.page-mark'));
  await page.locator('.text mark').first().waitFor();
  await page.getByText('Not all of it was read').waitFor();
  await page.getByText('Without text: page 1').waitFor();
  await page.getByText(/^Ready in/).waitFor();
  expect(await violations()).toEqual([]);
  await expectNarrow();
  while (await page.getByRole('button', { name: 'Page before' }).isEnabled()) {
    await page.getByRole('button', { name: 'Page before' }).click();
  }
  await page.getByText('The passage is not marked here').waitFor();
  await page.getByRole('img', { name: 'survey.pdf, page 1', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Whole file' }).click();
  await page.getByRole('button', { name: 'Page by page' }).click();
  await page.getByText('Passages', { exact: true }).click();
  await page.getByRole('link', { name: 'In the text: passage 1' }).click();
  await page.locator('.page-mark').first().waitFor();
}, 120_000);

it('shows the original of a page without running it, and texts from right to left with names of any length', async () => {
  const name = `${'كتاب-النحل-'.repeat(20)}.html`;
  const html = `<title>From the left</title><body dir="rtl"><p>يتجمع النحل حول الملكة في الشتاء.</p><script>parent.stolen = 1</script>`;
  const { id } = await service.ingest(name, html);
  await open(`documents/${id}`);
  const frame = page.locator('iframe');
  expect(await frame.getAttribute('sandbox')).toBe('');
  expect(await page.evaluate('window.stolen')).toBeUndefined();
  // The browser says of the script that it has not run it, and of nothing else.
  await eventually(() => browser.complaints.length > 0);
  for (const words of browser.complaints.splice(0)) expect(words).toMatch(/^Blocked script execution/);
  await page.locator('.text-block').getByText('يتجمع').waitFor();
  expect(await browser.fromTheRight('.text-block', 'يتجمع')).toBeLessThan(2);
  expect(await violations()).toEqual([]);
  await expectNarrow();
  for (const path of ['documents', '?q=النحل&mode=keyword']) {
    await open(path);
    await page.getByText('كتاب').first().waitFor();
    await expectNarrow();
  }
  expect(await browser.fromTheRight('.hit-text', 'يتجمع')).toBeLessThan(2);
}, 90_000);

it('shows a picture as it was uploaded, asks in one collection and one format alone, and tells lanes and troubles', async () => {
  const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  const { id } = await service.ingest('quay.txt', 'A quay at low water.');
  // Pictures are taken where there is an AI worker alone: what it would have made of one is made up here.
  await page.route(`**/api/documents/${id}`, async (route) => {
    const response = await route.fetch();
    const document = (await response.json()) as object;
    await route.fulfill({ response, json: { ...document, filename: 'quay.png', format: 'png' } });
  });
  await page.route(`**/api/documents/${id}/content`, (route) =>
    route.fulfill({ body: Buffer.from(pixel, 'base64'), contentType: 'image/png' }),
  );
  await open(`documents/${id}`);
  const shown = page.getByAltText('quay.png, as it was uploaded');
  await shown.waitFor();
  await eventually(() => shown.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth === 1));

  const apart = await service.json('/api/documents/text', {
    ...{ text: 'The pilot boards at the outer buoy.', filename: 'pilot.txt', collection: 'apart' },
  });
  await service.finished(apart.body.id as string);
  await service.ingest('buoys.md', '# Buoys\n\nThe outer buoy flashes white.');
  const found = (): Promise<string[]> => page.locator('.hit .hit-name').allInnerTexts();
  const isFoundAlone = (name: string) => async (): Promise<boolean> => {
    const names = await found();
    return names.length > 0 && names.every((one) => one.includes(name));
  };
  await open('?q=outer buoy&mode=keyword');
  await eventually(async () => (await found()).length === 2);
  const [collections, formats] = [0, 1].map((index) => page.getByRole('search').locator('select').nth(index));
  await collections?.selectOption('apart');
  await eventually(isFoundAlone('pilot.txt'));
  await collections?.selectOption('');
  await formats?.selectOption('md');
  await eventually(isFoundAlone('buoys.md'));
  expect(page.url()).toMatch(/format=md/);

  await service.ingest('torn.pdf', '%PDF-1.4 and nothing more');
  await page.getByRole('link', { name: 'Live', exact: true }).click();
  await page.getByLabel('Lane heavy').getByText('waiting').waitFor();
  const { total } = (await service.json('/api/documents?status=failed&count=true&limit=1')).body;
  await page.getByLabel('Failed within the hour').getByText(String(total), { exact: true }).waitFor();
  for (const part of ['database', 'redis', 'queue']) await page.getByText(part, { exact: true }).first().waitFor();
  await page.getByRole('button', { name: 'Retry all' }).click();
  await page.getByRole('dialog').getByText(`Retry ${total} document`).waitFor();
  expect(await violations()).toEqual([]);
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await page.unrouteAll();
}, 120_000);

it('keeps filters in the address, and is worked by keyboard alone', async () => {
  await open('documents');
  await page.getByLabel('Status').selectOption('completed');
  await page.getByLabel('Order').selectOption('filename');
  await page.getByLabel('Name', { exact: true }).fill('ants');
  await eventually(() => /name=ants/.test(page.url()) && /status=completed/.test(page.url()));
  await page.getByLabel('Select ants.md').focus();
  await page.keyboard.press('Space');
  await page.getByText('1 document selected').waitFor();
  await page.getByRole('button', { name: 'Delete' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByRole('link', { name: 'ants.md' }).focus();
  await page.keyboard.press('Enter');
  await page.locator('.text').getByText('Ants keep their eggs dry').waitFor();
  await page.keyboard.press('/');
  await page.goBack();
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('ants');
}, 90_000);

it('scrolls through thousands of documents with no more rows than a screen needs', async () => {
  const all = sized(600, 10_000);
  const sample = await listed('ants.md');
  await browser.makeUpDocuments(sample, all);
  try {
    await open('documents');
    const last = page.getByRole('link', { name: `${all - 1}.md`, exact: true });
    let most = 0;
    await eventually(async () => {
      await page.evaluate('window.scrollTo(0, document.documentElement.scrollHeight)');
      most = Math.max(most, await page.locator('tbody tr').count());
      return last.isVisible();
    });
    expect(most).toBeLessThan(80);
    await page.evaluate('window.scrollTo(0, document.documentElement.scrollHeight / 2)');
    await page.getByRole('link', { name: `${all / 2}.md`, exact: true }).waitFor();
    expect(await page.locator('tbody tr').count()).toBeLessThan(80);
  } finally {
    await page.unrouteAll();
  }
}, 120_000);

it('says that the server is away, goes on by itself, and is not left with files that were not sent', async () => {
  const proxy = await TcpProxy.start(service.url);
  const other = await context.newPage();
  try {
    await other.goto(`${new URL(proxy.url).origin}/console/live`);
    await other.getByText('What it stands on').waitFor();
    await proxy.vanish();
    await other.locator('.banner').getByText('The server does not answer').waitFor({ timeout: 60_000 });
    await proxy.recover();
    await other.locator('.banner').waitFor({ state: 'detached', timeout: 60_000 });
    await service.ingest('meanwhile.md', 'Told without being asked.');
    await other.getByRole('link', { name: 'Documents', exact: true }).click();
    await other.getByText('meanwhile.md').waitFor({ timeout: 60_000 });
    await service.ingest('afterwards.md', 'Told by the stream that is there again.');
    await other.getByText('afterwards.md').waitFor({ timeout: 60_000 });
    // What is not sent yet would be lost with the page.
    proxy.silence();
    await other
      .locator('input[type=file]')
      .first()
      .setInputFiles({ name: 'late.md', mimeType: '', buffer: Buffer.from('x') });
    await other.getByText(/^sending/).waitFor();
    await other.getByText('late.md').click();
    const asked = other.waitForEvent('dialog');
    await other.close({ runBeforeUnload: true });
    expect((await asked).type()).toBe('beforeunload');
    await (await asked).accept();
  } finally {
    await other.close();
    await proxy.close();
  }
}, 150_000);

it('makes a collection and a key that is bound to it, and copies it', async () => {
  await open('collections');
  await page.getByRole('button', { name: 'New collection' }).click();
  await page.getByLabel('Name').fill('bees');
  expect(await violations()).toEqual([]);
  await page.getByRole('button', { name: 'Make it' }).click();
  await page.getByRole('link', { name: 'bees', exact: true }).waitFor();
  await open('keys');
  await page.getByRole('button', { name: 'New key' }).click();
  await page.getByLabel('Name').fill('bee reader');
  await page
    .getByRole('group', { name: /^Bound to/ })
    .getByLabel('bees')
    .check();
  await page.getByRole('button', { name: 'Make it' }).click();
  const key = await page.locator('.secret code').innerText();
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: service.url });
  await page.getByRole('button', { name: 'Copy the key' }).click();
  await page.getByText('Copied').waitFor();
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(key);
  expect((await service.json('/api/documents', undefined, { key })).body.items).toEqual([]);
  expect((await service.fetch('/api/documents?collection=default', { key })).status).toBe(404);
}, 90_000);

it('makes a key that is shown once, and revokes it', async () => {
  await open('keys');
  await page.getByRole('button', { name: 'New key' }).click();
  await page.getByLabel('Name').fill('nightly');
  expect(await violations()).toEqual([]);
  await page.getByRole('button', { name: 'Make it' }).click();
  const key = await page.locator('.secret code').innerText();
  expect((await service.fetch('/api/documents', { key })).status).toBe(200);
  await page.getByRole('button', { name: 'I have it' }).click();
  await page.getByRole('button', { name: 'Revoke nightly' }).click();
  await page.getByRole('button', { name: 'Revoke it' }).click();
  await page.getByText('nightly is revoked').waitFor();
  expect((await service.fetch('/api/documents', { key })).status).toBe(401);
}, 90_000);

it('makes a webhook, shows its secret once and what became of deliveries, sends again, and deletes it', async () => {
  const receiver = await StandInWebhook.start(answers.status(200), answers.status(500));
  try {
    await open('webhooks');
    await page.getByText('There are no webhooks').waitFor();
    await page.getByRole('button', { name: 'New webhook' }).click();
    await page.getByLabel('Address').fill(receiver.url);
    await page.getByLabel('document.deleted').check();
    expect(await violations()).toEqual([]);
    await page.getByRole('button', { name: 'Make it' }).click();
    const secret = await page.locator('.secret code').innerText();
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.getByText('Delivered · 200').waitFor();
    const [post] = receiver.posts;
    expect(new Webhook(secret).verify(post?.text ?? '', post?.headers as Record<string, string>)).toMatchObject({
      type: 'webhook.test',
    });
    await page.getByRole('button', { name: 'Send again: webhook.test' }).click();
    await page.getByText('Waiting · 500').waitFor();
    expect(receiver.posts[1]?.headers['webhook-id']).toBe(post?.headers['webhook-id']);
    expect(await violations()).toEqual([]);
    await open('live');
    await page.getByRole('link', { name: receiver.url }).click();
    await page.getByRole('button', { name: 'New secret' }).click();
    await page.getByRole('button', { name: 'Make it' }).click();
    expect(await page.locator('.secret code').innerText()).not.toBe(secret);
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByRole('button', { name: 'Switch off' }).click();
    await page.getByText('It is off and is told nothing').waitFor();
    expect(await violations()).toEqual([]);
    await page.getByRole('button', { name: 'Switch on' }).click();
    await page.getByRole('button', { name: 'Send a test' }).waitFor();
    // It looks every three seconds what became of deliveries: of one that is being deleted it asks nothing.
    const title = page.getByText('Deliveries of the last three days');
    await page.route('**/api/webhooks/*', async (route) => {
      if (route.request().method() === 'DELETE') await title.waitFor({ state: 'detached' });
      await route.continue();
    });
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete it' }).click();
    await page.getByText('There are no webhooks').waitFor();
    await page.unrouteAll();
  } finally {
    await receiver.close();
  }
}, 120_000);

it('gives programs to begin with that work as they are', async () => {
  await open('start');
  await page.getByRole('button', { name: 'Make a key' }).click();
  await page.getByText('Filled in, this once').waitFor();
  const shown = async (tab: string): Promise<string[]> => {
    await page.locator('.segments').getByText(tab, { exact: true }).click();
    return page.locator('.snippet pre').allInnerTexts();
  };
  const asModule = (code: string) => run(process.execPath, ['--input-type=module', '-e', code], { cwd: ROOT });
  const [upload = '', ask = ''] = await shown('curl');
  expect(await curled(upload)).toMatchObject({ filename: 'README.md' });
  const [typescript = ''] = await shown('TypeScript');
  expect((await asModule(typescript)).stdout).toMatch(/^[01][.\d]* \S/);
  expect((await curled(ask)).results).toHaveLength(3);
  const openai = await shown('OpenAI');
  expect((await asModule(openai[1] ?? '')).stdout).toMatch(/^[01][.\d]* README\.md \S/);
  const [configuration = ''] = await shown('MCP');
  const { url, headers } = JSON.parse(configuration).mcpServers.vectorlane;
  const client = new Client({ name: 'console', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  expect((await client.listTools()).tools.length).toBeGreaterThan(0);
  await client.close();
}, 120_000);

it.each([
  ['live', 'What it stands on'],
  ['collections', 'Collections keep documents apart'],
  ['webhooks', 'There are no webhooks'],
  ['start', 'Upload a file'],
  ['nowhere', 'Nothing is here'],
])(
  'shows %s, on a narrow screen too',
  async (path, words) => {
    await open(path);
    await page.getByText(words).first().waitFor();
    expect(await violations()).toEqual([]);
    await expectNarrow();
  },
  60_000,
);

if (KEEPS_PICTURES) it('is kept in pictures', () => keepPictures(service, browser), 120_000);

it('had nothing refused by its policy, and no error', () => expect(browser.complaints).toEqual([]));
