import { StandInApi, type StoredDocument } from '../../support/stand-in-api';
import { environmentFor, runCli, type CliOptions } from './run-cli';

let api: StandInApi;
beforeEach(async () => {
  api = await StandInApi.start();
});
afterEach(() => api.close());

const documents = (args: readonly string[], options: CliOptions = {}) =>
  runCli(['documents', ...args], { environment: environmentFor(api), ...options });

function hold(id: string, status: StoredDocument['status'], retryable = true): void {
  const failure = { code: retryable ? 'TIMEOUT' : 'CORRUPT_FILE', message: 'It failed.', retryable };
  const stored = { id, filename: `${id}.md`, sizeBytes: 12, metadata: {}, lane: 'fast', pollsLeft: 0, status } as const;
  api.documents.set(id, { ...stored, ...(status === 'failed' && { failure }) });
}

it('lists the newest, page by page, as many as are wanted', async () => {
  for (const id of ['a', 'b', 'c', 'd', 'e']) hold(id, id === 'e' ? 'failed' : 'completed');
  const run = await documents(['list', '--limit', '3']);
  expect(run).toMatchObject({ exitCode: 0, stderr: 'The newest 3 documents; --limit shows more.\n' });
  expect(run.stdout.split('\n').map((line) => line.split(/ {2,}/)[0])).toEqual(['ID', 'a', 'b', 'c', '']);
  const failed = await documents(['list', '--status', 'failed']);
  expect(failed.stdout).toMatch(/^ID .*NAME\ne +failed: TIMEOUT .*e\.md\n$/);
  expect(failed.stderr).toBe('');
  expect(JSON.parse((await documents(['list', '--json', '--limit', '9'])).stdout)).toHaveLength(5);
});

it('shows one with all that the server tells of it', async () => {
  hold('a', 'completed');
  expect((await documents(['show', 'a'])).stdout).toMatch(/^filename +a\.md$/m);
  expect(await documents(['show', 'z'])).toMatchObject({
    exitCode: 1,
    stdout: '',
    stderr: expect.stringContaining('DOCUMENT_NOT_FOUND'),
  });
});

it('deletes what is named, once somebody has agreed, and says nothing of what was refused', async () => {
  for (const id of ['a', 'b']) hold(id, 'completed');
  expect(await documents(['delete', 'a'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--yes') });
  const asked: string[] = [];
  const confirm = (question: string) => Promise.resolve(asked.push(question) < 0);
  expect(await documents(['delete', 'a', 'b'], { confirm })).toMatchObject({ stderr: 'Nothing was changed.\n' });
  expect(asked).toEqual(['Delete 2 documents?']);
  const run = await documents(['delete', '--yes', 'a', 'z', 'b']);
  expect(run).toMatchObject({ exitCode: 1, stdout: 'Document a is deleted.\n' });
  expect([...api.documents.keys()]).toEqual(['b']);
});

it('retries everything that a retry may help, or what is named', async () => {
  for (const id of ['a', 'b', 'c', 'd', 'e']) hold(id, 'failed');
  hold('f', 'failed', false);
  const all = await documents(['retry', '--failed', '--filter', '{"format":["md"]}']);
  expect(all).toEqual({ exitCode: 0, stdout: '5 documents are tried again.\n', stderr: '', waits: [] });
  expect(api.requests.find(({ path }) => path === '/api/documents/retry')?.body).toEqual({
    filter: { format: ['md'] },
  });
  expect((await documents(['retry', '--failed'])).stdout).toBe('There is no failed document that a retry may help.\n');
  expect((await documents(['retry', 'f'])).stdout).toBe('Document f is tried again.\n');
  expect(await documents(['retry', 'f'])).toMatchObject({ exitCode: 1, stdout: '' });
});

it.each([
  [[], 'say what to do'],
  [['remove'], 'there is no "remove"'],
  [['retry'], 'say which documents'],
  [['retry', 'a', '--failed'], 'say which documents'],
  [['delete'], 'say which documents'],
  [['show'], 'say which document'],
  [['show', 'a', '--yes'], '--yes does not go with show'],
  [['list', '--status', 'lost'], '--status must be one of'],
])('%j: wrong usage is told with the help', async (args, message) => {
  const run = await documents(args);
  expect(run).toMatchObject({ exitCode: 2, stdout: '' });
  expect(run.stderr).toContain(message);
  expect(run.stderr).toContain('npm run documents -- --help');
  expect(api.requests).toEqual([]);
});
