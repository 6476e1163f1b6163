import { execFile } from 'node:child_process';
import { openAsBlob } from 'node:fs';
import { readdir, readFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ConsoleSessions } from '@vectorlane/auth';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { Webhook } from 'standardwebhooks';
import { DataSource } from 'typeorm';
import { ROOT } from '../support/compose-file';
import { eventually } from '../support/eventually';
import { answers, StandInWebhook } from '../support/stand-in-webhook';
import { TestApp } from '../support/test-app';

/** The console as a person meets it: a real browser, the real service, every view judged by axe-core. */
let service: TestApp;
let context: BrowserContext;
let page: Page;
let profile: string;
const complaints: string[] = [];

beforeAll(async () => {
  service = await TestApp.start({ WEBHOOK_ALLOW_PRIVATE: 'true' });
  profile = await mkdtemp(join(tmpdir(), 'vectorlane-console-'));
  context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env['TEST_CHROMIUM'] ?? '/usr/bin/chromium',
    locale: 'en',
    viewport: { width: 1280, height: 860 },
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
  page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
}, 90_000);
afterAll(async () => {
  await context?.close();
  await service?.stop();
  await rm(profile, { recursive: true, force: true });
}, 60_000);

const run = promisify(execFile);

/** What a command of curl is answered, its words as a shell takes them; curl itself is not on every machine. */
async function curled(command: string): Promise<Record<string, unknown>> {
  const { stdout } = await run('sh', ['-c', `curl() { printf '%s\\0' "$@"; }; ${command}`]);
  const headers = new Headers();
  let body: string | FormData | undefined;
  let url = '';
  const words = stdout.split('\0').slice(0, -1).values();
  for (const word of words) {
    if (word === '-sS') continue;
    if (!word.startsWith('-')) url = word;
    else {
      const value = words.next().value ?? '';
      if (word === '-H') headers.set(...(value.split(': ') as [string, string]));
      else if (word === '-d') body = value;
      else if (word === '-F') {
        const [field = '', name = ''] = value.split('=@');
        body = new FormData();
        body.set(field, await openAsBlob(join(ROOT, name)), name);
      } else throw new Error(`It has the option ${word}.`);
    }
  }
  const answer = await fetch(url, { headers, ...(body !== undefined && { method: 'POST', body }) });
  return (await answer.json()) as Record<string, unknown>;
}

/** Violations of WCAG 2.2 AA, in both colours; the policy of the page lets no script in but through the debugger. */
async function violations(): Promise<string[]> {
  const axe = await readFile(require.resolve('axe-core/axe.min.js'), 'utf8');
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
  const debug = await context.newCDPSession(page);
  const found: string[] = [];
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    const { result } = await debug.send('Runtime.evaluate', {
      expression: `${axe};axe.run(document, { runOnly: ${JSON.stringify(tags)}, iframes: false })
        .then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes.map(({ html }) => html).join()))`,
      awaitPromise: true,
      returnByValue: true,
    });
    found.push(...(result.value as string[]));
  }
  await debug.detach();
  return found;
}

async function listed(filename: string): Promise<{ status: string; updatedAt: string }> {
  return (await service.json(`/api/documents?filename=${filename}`)).body.items[0];
}

const open = (path: string): Promise<unknown> => page.goto(`${service.url}/console/${path}`);

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
  await eventually(async () => {
    const { y = -1 } = (await mark.boundingBox()) ?? {};
    return y > 0 && y < 860;
  });
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
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete it' }).click();
    await page.getByText('There are no webhooks').waitFor();
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
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    await page.setViewportSize({ width: 1280, height: 860 });
  },
  60_000,
);

it('had nothing refused by its policy, and no error', () => expect(complaints).toEqual([]));
