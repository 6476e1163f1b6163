import { displayWidth } from '../../../apps/cli/src/text-layout';
import { STAND_IN_KEY, StandInApi } from '../../support/stand-in-api';
import { environmentFor, runCli, type CliOptions } from './run-cli';

const content =
  'In the cold months the bees form a cluster around the queen and shiver to keep warm.\n\nA second paragraph \u001b[31mwith a trap\u009b.';
const searchAnswer = {
  results: [
    {
      documentId: 'd1',
      chunkId: 'c1',
      content,
      score: 0.98765,
      place: { page: 4, heading: 'Bees > Winter' },
      metadata: {
        filename: 'bees.md',
        format: 'md',
        charStart: 120,
        charEnd: 207,
        document: {},
      },
    },
    {
      documentId: 'd2',
      chunkId: 'c2',
      content: 'Honey.',
      score: 0.5,
      place: {},
      metadata: { filename: 'honey.txt', charStart: 0, charEnd: 6 },
    },
  ],
  tookMs: 31.4,
};

describe('search', () => {
  let api: StandInApi;
  beforeEach(async () => {
    api = await StandInApi.start({ searchAnswer });
  });
  afterEach(() => api.close());

  const search = (args: readonly string[], options: CliOptions = {}) =>
    runCli(['search', ...args], { environment: environmentFor(api), ...options });

  it('prints ranked passages, wrapped, with their places', async () => {
    const run = await search(['winter', 'bees', '--top', '2', '--mode', 'keyword', '--filter', '{"format":["md"]}'], {
      columns: 50,
    });
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.stdout).toContain(
      '1. bees.md  score 0.988\n   page 4 · Bees > Winter · characters 120-207\n   In the cold months the bees form a cluster\n',
    );
    expect(run.stdout).toContain('\n\n2. honey.txt  score 0.500\n   characters 0-6\n   Honey.\n\ntook 31 ms\n');
    expect(run.stdout).not.toMatch(/\x1b|\u009b/);
    for (const line of run.stdout.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(50);
    expect(api.requests[0]?.body).toEqual({
      query: 'winter bees',
      topK: 2,
      mode: 'keyword',
      filter: { format: ['md'] },
    });
  });

  it('marks the words on a terminal, unless colours are not wanted', async () => {
    const marked = await search(['bees'], { isTTY: true });
    expect(marked.stdout).toContain('the \x1b[1;33mbees\x1b[22;39m form');
    expect(marked.stdout).not.toContain('\x1b[31m');
    const plain = await search(['bees'], { isTTY: true, environment: { ...environmentFor(api), NO_COLOR: '1' } });
    expect(plain.stdout).not.toContain('\x1b');
  });

  it('prints JSON whole and harmless', async () => {
    const { stdout } = await search(['bees', '--json'], { isTTY: true });
    expect(JSON.parse(stdout)).toEqual(searchAnswer);
    expect(stdout).not.toMatch(/\x1b|\u009b/);
  });

  it('finds nothing without failing', async () => {
    await api.close();
    api = await StandInApi.start();
    expect(await search(['bees'])).toEqual({
      exitCode: 0,
      stdout: 'nothing found, took 1 ms\n',
      stderr: '',
      waits: [],
    });
  });

  it('shows a refusal in words', async () => {
    api.misbehave('POST', /search/, { kind: 'problem', status: 400, code: 'INVALID_REQUEST' });
    const run = await search(['bees']);
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toBe(
      'The server refused: INVALID_REQUEST: Stand-in says INVALID_REQUEST. (request request-1)\n',
    );
  });

  it('says what it waits for', async () => {
    api.misbehave('POST', /search/, { kind: 'problem', status: 503, code: 'EMBEDDING_UNAVAILABLE', retryAfter: '2' });
    const run = await search(['bees']);
    expect(run).toMatchObject({
      exitCode: 0,
      stderr: 'Waiting 3 s for the server (EMBEDDING_UNAVAILABLE).\n',
      waits: [2_500],
    });
  });
});

describe('keys', () => {
  let api: StandInApi;
  beforeEach(async () => {
    api = await StandInApi.start();
  });
  afterEach(() => api.close());

  const keys = (args: readonly string[], options: CliOptions = {}) =>
    runCli(['keys', ...args], { environment: environmentFor(api), ...options });

  it('makes a key, alone on standard output, and lists it', async () => {
    const made = await keys(['create', '--name', 'nightly', '--scopes', 'write, read', '--expires', '2999-12-31']);
    const [key] = api.keys.values();
    expect(made).toMatchObject({ exitCode: 0, stdout: `vl_made_${key?.id}\n` });
    expect(made.stderr).toContain('It is shown this once.');
    expect(key).toMatchObject({ name: 'nightly', scopes: ['read', 'write'], expiresAt: '2999-12-31T00:00:00.000Z' });
    const listed = await keys(['list']);
    expect(listed.stdout).toMatch(/^ID +NAME +SCOPES +LIMIT +CREATED +LAST USED +STATE\n/);
    expect(listed.stdout).toMatch(
      /nightly +read,write +address +20\d\d-\d\d-\d\d \d\d:\d\d +never +until 2999-12-31 00:00\n$/,
    );
    expect(listed.stdout).not.toContain('vl_made');
  });

  it.each([
    ['600', 600, '600/min'],
    ['none', 'none', 'none'],
  ])('gives a key a limit of its own: %s', async (given, sent, shown) => {
    await keys(['create', '--name', 'bulk', '--scopes', 'write', '--rate-limit', given]);
    expect([...api.keys.values()][0]).toMatchObject({ rateLimitPerMinute: sent });
    expect((await keys(['list'])).stdout).toMatch(new RegExp(`bulk +write +${shown} `));
  });

  it('revokes after a question, or with --yes', async () => {
    await keys(['create', '--name', 'a', '--scopes', 'read']);
    const [key] = api.keys.values();
    const id = key?.id ?? '';
    const questions: string[] = [];
    const confirm = (answer: boolean) => (question: string) => Promise.resolve(questions.push(question) > 0 && answer);
    expect(await keys(['revoke', id], { confirm: confirm(false) })).toMatchObject({
      exitCode: 0,
      stderr: 'Nothing was changed.\n',
    });
    expect(key?.revokedAt).toBeNull();
    expect(await keys(['revoke', id], { confirm: confirm(true) })).toMatchObject({ exitCode: 0 });
    expect(key?.revokedAt).not.toBeNull();
    expect(questions).toHaveLength(2);
    expect(await keys(['revoke', id, '--yes'])).toMatchObject({ exitCode: 0 });
    expect((await keys(['list'])).stdout).toContain('revoked 20');
  });

  it('does not revoke unasked', async () => {
    expect(await keys(['revoke', 'some-id'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--yes') });
    expect(api.requests).toHaveLength(0);
  });

  it('says that there is no such key', async () => {
    expect(await keys(['revoke', 'none', '--yes'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('NOT_FOUND'),
    });
  });

  it.each([
    [['create', '--scopes', 'read'], '--name'],
    [['create', '--name', 'n'], '--scopes'],
    [['create', '--name', 'n', '--scopes', 'read,all'], '"all"'],
    [['create', '--name', 'n', '--scopes', 'read', '--expires', '2027-02-31'], '--expires'],
    [['create', '--name', 'n', '--scopes', 'read', '--expires', '2001-01-01'], 'past'],
    [['create', '--name', 'n', '--scopes', 'read', '--expires', '2999-01-01', '--offline'], '--offline'],
    [['create', '--name', 'n', '--scopes', 'read', '--rate-limit', '0'], '--rate-limit'],
    [['create', '--name', 'n', '--scopes', 'read', '--rate-limit', 'all'], '"all"'],
    [['list', '--offline'], '--offline'],
    [['list', 'more'], 'too many'],
    [['revoke'], 'ID'],
    [['toString'], 'toString'],
    [[], 'create, list, revoke'],
  ])('refuses %j', async (args, named) => {
    const run = await keys(args);
    expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(named) });
    expect(api.requests).toHaveLength(0);
  });
});

describe('every command', () => {
  it.each([
    [['ingest', '--help'], '--concurrency'],
    [['search', '-h'], '--top'],
    [['keys', '--help'], '--scopes'],
    [['--help'], 'npm run search'],
  ])('%j explains', async (argv, named) => {
    expect(await runCli(argv)).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining(named) });
  });

  it.each([
    [['ingest', '--cuncurrency', '3', 'x'], '--cuncurrency'],
    [['ingest'], 'file or folder'],
    [['ingest', 'x', '--concurrency', '0'], '--concurrency'],
    [['ingest', 'x', '--metadata', '[]'], '--metadata'],
    [['search'], 'search for'],
    [['search', 'x', '--mode', 'fuzzy'], 'hybrid, vector, keyword'],
    [['search', 'x', '--url', 'http://user:hunter2@h'], '--url'],
    [['search', 'x', '--key', 'hunter2 hunter2'], '--key'],
    [['serach', 'x'], 'serach'],
    [[], 'npm run ingest'],
  ])('%j is wrong usage', async (argv, named) => {
    const run = await runCli(argv, { environment: { VECTORLANE_API_KEY: STAND_IN_KEY } });
    expect(run).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(named) });
    expect(run.stderr).not.toContain('hunter2');
  });

  it('names a bad setting', async () => {
    const run = await runCli(['search', 'x'], { environment: { VECTORLANE_URL: 'nonsense' } });
    expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('VECTORLANE_URL') });
  });
});
