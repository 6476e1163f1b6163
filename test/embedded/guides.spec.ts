import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../apps/cli/src/terminal';
import { read } from '../support/compose-file';
import { curled, curledText, wordsOf } from '../support/curl-command';
import { TestApp, type Untyped } from '../support/test-app';
import { type CliRun, runCli } from './cli/run-cli';

/** The commands of the guides to documents that change, one after the other, as they stand there. */

let service: TestApp;
let folder: string;
let variables: Record<string, string>;
beforeAll(async () => {
  service = await TestApp.start();
  folder = join(service.dataDir, 'home');
  await mkdir(join(folder, 'handbooks'), { recursive: true });
  for (const name of ['leave.md', 'gone.md']) await writeFile(join(folder, 'handbooks', name), `# Handbook: ${name}`);
  await writeFile(join(folder, 'handbook.md'), '# Leave\n\nThere are thirty days of leave.');
  variables = { URL: service.url, KEY: service.key, ADMIN_KEY: service.key };
}, 60_000);
afterAll(() => service?.stop(), 60_000);

/** The commands of a page; one that goes on in the next line is one. */
function commandsOf(guide: string): Iterator<string> {
  const blocks = [...read('docs/guides', `${guide}.md`).matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text]) => text);
  return blocks
    .flatMap((block = '') => block.replaceAll('\\\n', ' ').split('\n'))
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .values();
}

/** Runs the commands of one guide in their order; at the end none may be left. */
function commandsIn(guide: string) {
  const commands = commandsOf(guide);
  const next = (program: string): string => {
    const { value } = commands.next() as { value: string | undefined };
    expect({ guide, command: value }).toEqual({ guide, command: expect.stringMatching(new RegExp(`^${program} `)) });
    return value ?? '';
  };
  return {
    curl: (): Promise<Untyped> => curled(next('curl'), { variables, folder }),
    stream: (until: RegExp) => curledText(next('curl'), { variables, folder, until }),
    npm: async (): Promise<CliRun> => {
      const [, name = '', , ...words] = await wordsOf(next('npm'), { variables, folder });
      const environment = { VECTORLANE_URL: service.url, VECTORLANE_API_KEY: service.key, INIT_CWD: folder };
      return runCli([name, ...words], { environment, clock: systemClock });
    },
    end: () => expect(commands.next()).toEqual({ value: undefined, done: true }),
  };
}

it('sync: a folder is kept in step, by the command and by requests', async () => {
  const { npm, curl, end } = commandsIn('sync');
  expect(await npm()).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^2 documents/) });
  await rm(join(folder, 'handbooks/gone.md'));
  const pruned = await npm();
  expect(pruned).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('1 unchanged') });
  expect(pruned.stderr).toContain('1 document deleted');
  const text = '# Leave, once more';
  await writeFile(join(folder, 'handbooks/leave.md'), text);
  variables['SHA256'] = createHash('sha256').update(text).digest('hex');
  expect((await curl()).items).toMatchObject([{ externalId: 'handbooks/leave.md', state: 'changed' }]);
  const { id } = await curl();
  await service.reached(id as string, ({ revision }) => revision === 2);
  end();
}, 60_000);

it('tenants: a customer is made, sees its own alone, and is gone at the end', async () => {
  const { curl, end } = commandsIn('tenants');
  expect(await curl()).toMatchObject({ name: 'acme' });
  const { key } = await curl();
  variables['ACME_KEY'] = key as string;
  const { id } = await curl();
  await service.finished(id as string);
  const { results } = await curl();
  expect(results.map(({ documentId }: Untyped) => documentId)).toEqual([id]);
  await curl();
  end();
  expect((await service.json(`/api/documents/${id}`)).body.code).toBe('DOCUMENT_NOT_FOUND');
}, 60_000);

it('events: a stream of one document, of all, and after a break', async () => {
  const { stream, end } = commandsIn('events');
  const put = async (text: string): Promise<string> =>
    (await service.json('/api/documents/text', { text, filename: 'bees.md' })).body.id as string;
  variables['ID'] = await put('The bees sleep.');
  const told = await stream(/event: document\.completed\n.*\n\n/);
  expect(told).toMatch(/^id: \d+\nevent: document\.accepted\ndata: \{.*"filename": ?"bees\.md"/);
  // One that began before the upload is told of it; who begins afterwards is told by the break below.
  const all = stream(/event: document\.(completed|failed)\n/);
  const second = put('The bees wake up.');
  expect(await all).not.toContain('document.progress');
  variables['LAST'] = /^id: (\d+)$/m.exec(told)?.[1] ?? '';
  expect(await stream(new RegExp(`event: document\\.completed\\n.*${await second}`))).not.toMatch(
    new RegExp(`^id: ${variables['LAST']}$`, 'm'),
  );
  end();
}, 60_000);

it('webhooks: one is made, tried, looked after and sent to again, by requests and by the command', async () => {
  await service.json('/api/collections', { name: 'acme' });
  const { curl, npm, end } = commandsIn('webhooks');
  const made = await curl();
  expect(made).toMatchObject({ url: 'https://example.org/hooks', secret: expect.stringMatching(/^whsec_/) });
  variables['ID'] = made.id as string;
  await service.json(`/api/webhooks/${made.id}/test`, {});
  const [first] = (await service.json(`/api/webhooks/${made.id}/deliveries`)).body.items as [{ id: string }];
  variables['DELIVERY'] = first.id;
  expect((await npm()).stdout).toContain(made.id);
  expect(await npm()).toMatchObject({ exitCode: 0 });
  expect((await npm()).stdout).toBe('1 sent again.\n');
  expect(await npm()).toMatchObject({ exitCode: 0 });
  await curl();
  expect(await curl()).toHaveProperty('items');
  expect(await curl()).toMatchObject({ id: first.id });
  end();
}, 60_000);
