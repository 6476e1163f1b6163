import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Interrupted } from '../../../apps/cli/src/terminal';
import { STAND_IN_KEY, StandInApi, type StandInOptions } from '../../support/stand-in-api';
import { environmentFor, runCli, type CliOptions } from './run-cli';

describe('ingest', () => {
  let folder: string;
  let api: StandInApi;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vectorlane-ingest-'));
    api = await StandInApi.start({ pollsUntilDone: 1 });
  });
  afterEach(async () => {
    await api.close();
    await rm(folder, { recursive: true, force: true });
  });

  const restart = async (options: StandInOptions) => {
    await api.close();
    api = await StandInApi.start(options);
  };
  const write = async (files: Record<string, string>) => {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
  };
  const ingest = (args: readonly string[] = [], options: CliOptions = {}) =>
    runCli(['ingest', folder, ...args], { environment: environmentFor(api), ...options });
  const uploads = () => api.count('POST', /^\/api\/documents$/);

  it('uploads a folder and follows each document to its end', async () => {
    await write({ 'a.txt': 'a'.repeat(1_500), 'sub/b.md': 'b', 'sub/ünï "quoted".txt': 'c', '.hidden': 'x' });
    const run = await ingest(['--metadata', '{"team":"legal"}']);
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.stdout).toMatch(
      /^3 documents, 4 chunks · 0\.00 MB in \d+\.\d s · 0 duplicates · 0 failed · 0 refused or unreadable\.\n$/,
    );
    const documents = [...api.documents.values()];
    const pathOf = (metadata: unknown): unknown => (metadata as { path?: unknown }).path;
    expect(documents.map(({ sizeBytes }) => sizeBytes).toSorted((left, right) => left - right)).toEqual([1, 1, 1_500]);
    for (const document of documents)
      expect(document).toMatchObject({ status: 'completed', metadata: { team: 'legal' } });
    expect(documents.filter(({ metadata }) => pathOf(metadata) === basename(folder))).toHaveLength(1);
    expect(documents.filter(({ metadata }) => pathOf(metadata) === `${basename(folder)}/sub`)).toHaveLength(2);
    expect(documents.map(({ filename }) => filename)).toEqual(expect.arrayContaining(['a.txt', 'b.md']));
    for (const { key } of api.requests) expect(key).toBe(STAND_IN_KEY);
  });

  it('asks for `read` before the first upload, in words that say how to get it, and sums nothing up', async () => {
    await write({ 'a.txt': 'a' });
    api.misbehave('GET', /limit=1$/, { kind: 'problem', status: 403, code: 'INSUFFICIENT_SCOPE' });
    const run = await ingest();
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toContain('nothing was uploaded');
    expect(run.stderr).toContain('--scopes read,write');
    expect(uploads()).toBe(0);
  });

  it('prints no summary where every request is refused', async () => {
    await write({ 'a.txt': 'a' });
    const run = await ingest(['--key', 'vl_wrong']);
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toContain('INVALID_API_KEY');
  });

  it('takes an empty file and one of unknown kind to the server', async () => {
    await write({ 'empty.txt': '', 'thing.xyz': '?' });
    await restart({
      unsupported: ['xyz'],
      failing: { 'empty.txt': { code: 'EMPTY_CONTENT', message: 'There is no text in it.' } },
    });
    const run = await ingest();
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain(`failed: ${folder}/empty.txt: EMPTY_CONTENT: There is no text in it.\n`);
    expect(run.stderr).toContain(
      `refused: ${folder}/thing.xyz: UNSUPPORTED_FORMAT: Stand-in says UNSUPPORTED_FORMAT. (request request-1)\n`,
    );
    expect(run.stdout).toContain('0 documents, 0 chunks');
    expect(run.stdout).toContain('1 failed · 1 refused or unreadable');
  });

  it('says of which documents not everything was read', async () => {
    await write({ 'whole.pdf': 'a', 'partly.pdf': 'b', 'greek.txt': 'c' });
    const pagesWithoutText = Array.from({ length: 12 }, (_, index) => index + 3);
    await restart({
      coverage: {
        'whole.pdf': { pages: 9, pagesWithoutText: [], notes: [] },
        'greek.txt': { pages: null, pagesWithoutText: [], notes: ['MODEL_LANGUAGE'] },
        'partly.pdf': { pages: 20, pagesWithoutText, notes: ['SCANNED_PAGES'] },
      },
    });
    const run = await ingest();
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toContain(
      `not wholly read: ${folder}/partly.pdf: pages that are pictures were not read; the AI worker reads them; ` +
        '12 pages without text (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, …)\n',
    );
    expect(run.stderr).toContain(
      `to know: ${folder}/greek.txt: some passages are in letters that the model does not know`,
    );
    expect(run.stderr).not.toContain('whole.pdf');
    expect(run.stdout).toMatch(/^3 documents, .* 0 refused or unreadable · 1 not wholly read\.\n$/);
  });

  it('counts what is there already as duplicates, also twice in one run', async () => {
    await write({ 'a.txt': 'same', 'b.txt': 'same', 'c.txt': 'other' });
    expect((await ingest()).stdout).toMatch(/^2 documents, 2 chunks .* 1 duplicate /);
    const second = await ingest();
    expect(second).toMatchObject({ exitCode: 0 });
    expect(second.stdout).toMatch(/^0 documents, 0 chunks .* 3 duplicates /);
  });

  it('follows a duplicate that is still in work, and reports one that had failed', async () => {
    await restart({ pollsUntilDone: 1, failing: { 'bad.txt': { code: 'CORRUPT_FILE', message: 'It is broken.' } } });
    await write({ 'bad.txt': 'bad', 'good.txt': 'good' });
    await ingest();
    const good = [...api.documents.values()].find(({ filename }) => filename === 'good.txt');
    Object.assign(good ?? {}, { status: 'pending', pollsLeft: 2 });
    const run = await ingest();
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(
      /failed: .*bad\.txt: CORRUPT_FILE: uploaded before and failed then: It is broken\. \(try again: POST .*\/retry\)/,
    );
    expect(run.stdout).toContain('1 duplicate ');
    expect(good?.status).toBe('completed');
  });

  it('waits as long as the server asks and then goes on', async () => {
    await write({ 'a.txt': 'a', 'b.txt': 'b' });
    api.misbehave('POST', /documents/, { kind: 'problem', status: 429, code: 'RATE_LIMITED', retryAfter: '7' }, 2);
    api.misbehave('POST', /documents/, { kind: 'problem', status: 503, code: 'UPLOADS_BUSY', retryAfter: '3' });
    api.misbehave('GET', /documents/, { kind: 'problem', status: 503, code: 'SHUTTING_DOWN' });
    const run = await ingest(['--concurrency', '1']);
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toMatch(/^2 documents/);
    expect(run.waits.filter((wait) => wait === 7_500)).toHaveLength(2);
    expect(run.waits).toContain(3_500);
    expect(run.stderr).toContain('waiting 8 s for the server (RATE_LIMITED)');
  });

  it('gives up politely after a bounded number of tries', async () => {
    await write({ 'a.txt': 'a', 'b.txt': 'b' });
    api.misbehave('POST', /documents/, { kind: 'problem', status: 503, code: 'UPLOADS_BUSY' }, 8);
    const run = await ingest(['--concurrency', '1']);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('a.txt: UPLOADS_BUSY');
    expect(run.stdout).toMatch(/^1 document, .* 1 refused/);
    expect(uploads()).toBe(9);
  });

  it.each(['drop', 'drop-midway'] as const)('sends a file again after a connection that broke (%s)', async (kind) => {
    await write({ 'a.txt': 'a' });
    api.misbehave('POST', /documents/, { kind });
    expect(await ingest()).toMatchObject({ exitCode: 0 });
    expect(uploads()).toBe(2);
    expect(api.documents.size).toBe(1);
  });

  it('reports a file the server stumbles over and goes on', async () => {
    await write({ 'a.txt': 'a', 'b.txt': 'b' });
    api.misbehave('POST', /documents/, { kind: 'problem', status: 500, code: 'INTERNAL_ERROR' });
    const run = await ingest(['--concurrency', '1']);
    expect(run).toMatchObject({ exitCode: 1 });
    expect(run.stderr).toMatch(/refused: .*a\.txt: INTERNAL_ERROR: .*\(request request-1\)/);
    expect(run.stdout).toMatch(/^1 document,/);
  });

  it('stops at once when the key opens nothing, and never shows it', async () => {
    await write({ 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c' });
    const run = await ingest(['--concurrency', '1', '--key', 'vl_wrong_hunter2']);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/INVALID_API_KEY[^]*--key, VECTORLANE_API_KEY or the file api-key/);
    expect(run.stdout + run.stderr).not.toContain('hunter2');
    expect(uploads()).toBe(0);
  });

  it('asks whether the server runs when nobody takes the connection', async () => {
    await write({ 'a.txt': 'a' });
    const environment = environmentFor(api);
    await api.close();
    const run = await runCli(['ingest', folder], { environment });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('ECONNREFUSED');
    expect(run.stderr).toContain('npm start');
    expect(run.waits).toEqual([]);
  });

  it('knows a program that is not this server', async () => {
    await write({ 'a.txt': 'a', 'b.txt': 'b' });
    api.misbehave('POST', /documents/, { kind: 'answer', status: 200, body: '<html>hello</html>' });
    const run = await ingest(['--concurrency', '1']);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('Is it Vectorlane');
    expect(uploads()).toBe(1);
  });

  it('carries its key to no other address', async () => {
    await write({ 'a.txt': 'a' });
    const headers = { location: `${api.url}/elsewhere` };
    api.misbehave('POST', /documents/, { kind: 'answer', status: 307, body: '', headers });
    const run = await ingest();
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('redirects to another address');
    expect(api.requests.map(({ path }) => path)).toEqual(['/api/documents?limit=1', '/api/events', '/api/documents']);
  });

  it('says where it stood when it is interrupted', async () => {
    await restart({ pollsUntilDone: 0 });
    await write({ 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c' });
    const controller = new AbortController();
    // The first upload goes through, the second is never answered.
    const first = api.next('POST', /documents/);
    const running = ingest(['--concurrency', '1'], { interrupt: controller.signal });
    await first;
    api.misbehave('POST', /documents/, { kind: 'hang' });
    await api.next('POST', /documents/);
    controller.abort(new Interrupted(130));
    const run = await running;
    expect(run.exitCode).toBe(130);
    expect(run.stderr).toMatch(/Stopped: 1 of 3 files uploaded.* The server goes on with what it has/);
    expect(api.documents.size).toBe(1);
  });

  it('draws one line on a terminal and takes it away at the end', async () => {
    await write({ 'a.txt': 'a', 'b.txt': 'b', 'bad\u001b[2J.xyz': 'c' });
    await restart({ unsupported: ['xyz'], pollsUntilDone: 3 });
    const run = await ingest(['--concurrency', '1'], { isTTY: true, columns: 90 });
    expect(run.stderr).toMatch(/\r\x1b\[2K\d\/3 \[[█░]+\]/);
    expect(run.stderr.endsWith('\r\x1b[2K')).toBe(true);
    // A file's name cannot drive the terminal.
    expect(run.stderr).not.toContain('\x1b[2J');
    expect(run.stderr).toContain('bad\ufffd[2J.xyz: UNSUPPORTED_FORMAT');
  });

  it('reports paths that are not there and uploads the rest', async () => {
    await write({ 'a.txt': 'a' });
    const run = await runCli(['ingest', 'none.txt', 'a.txt'], {
      environment: { ...environmentFor(api), INIT_CWD: folder },
    });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toBe('unreadable: none.txt: ENOENT: there is no such file or folder\n');
    expect(run.stdout).toMatch(/^1 document,/);
  });

  it('has nothing to do in an empty folder', async () => {
    expect(await ingest()).toMatchObject({ exitCode: 0, stderr: 'There are no files to upload.\n' });
  });

  it('reads the key a local server left behind', async () => {
    await write({ 'data/api-key': `${STAND_IN_KEY}\n`, 'docs/a.txt': 'a' });
    const environment = { VECTORLANE_URL: api.url, DATA_DIR: join(folder, 'data') };
    expect(await runCli(['ingest', join(folder, 'docs')], { environment })).toMatchObject({ exitCode: 0 });
    await write({ 'data/api-key': 'two\nlines' });
    const broken = await runCli(['ingest', join(folder, 'docs')], { environment });
    expect(broken).toMatchObject({ exitCode: 2 });
    expect(broken.stderr).toContain('does not hold an API key');
  });
});
