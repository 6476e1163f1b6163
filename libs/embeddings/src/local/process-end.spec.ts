import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

jest.setTimeout(120_000);

/** The ends of a process that nobody announced, in a process of their own: the compiled program with the real model. */
describe('a process that ends without closing the provider', () => {
  let folder: string;
  beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'process-end-'))));
  afterAll(() => rm(folder, { recursive: true, force: true }));

  function run(body: string, home?: string): Promise<{ code: number | string | null; errors: string; output: string }> {
    const dist = resolve(__dirname, '../../../../dist/libs');
    const script = `
      const { Logger } = require('@nestjs/common');
      const { loadConfig } = require('${dist}/config/src');
      const { ShutdownSequence } = require('${dist}/shutdown/src');
      const { selectProvider } = require('${dist}/embeddings/src/provider-selection');
      Logger.overrideLogger(false);
      (async () => {
        const config = loadConfig({ DATA_DIR: process.argv[1], EMBEDDING_THREADS: '2' });
        const provider = await selectProvider(config, new ShutdownSequence());
        await provider.onModuleInit();
        const long = 'a long text that takes a while '.repeat(100);
        ${body}
      })();`;
    const options = { timeout: 60_000, ...(home !== undefined && { env: { HOME: home, TMPDIR: home } }) };
    return new Promise((done) => {
      const child = execFile(process.execPath, ['-e', script, folder], options, (error, output, errors) =>
        done({ code: error === null ? child.exitCode : (error.code ?? error.signal ?? null), errors, output }),
      );
    });
  }

  it('keeps its exit code although threads are inside the model', async () => {
    // A thread gets its next text in the moment it answers: at the first vector both are at work.
    const calls = 'const calls = Array.from({ length: 8 }, () => provider.embed([long], "passage"));';
    const ended = await run(`${calls} await Promise.race(calls); process.exit(3);`);
    expect(ended).toEqual({ code: 3, errors: '', output: '' });
  });

  it('ends by itself when nothing is left to do, but not before its texts are done', async () => {
    const ended = await run('console.log((await provider.embed([long, long, long], "passage")).length);');
    expect(ended).toEqual({ code: 0, errors: '', output: '3\n' });
  });

  it('leaves nothing of its libraries in the home and temporary folders, and so reports to nobody', async () => {
    const home = await mkdtemp(join(tmpdir(), 'process-home-'));
    try {
      const ended = await run('await provider.embed(["one"], "passage"); await provider.close();', home);
      expect(ended).toEqual({ code: 0, errors: '', output: '' });
      expect(await readdir(home)).toEqual([]);
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });
});
