import { compiledEntry } from '@vectorlane/config';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ParserPool, type ParserPoolOptions } from './parser-pool';
import { parserProcess } from './parser-process';
import { Parsers } from './parsers';
import type { ExtractedDocument } from '../text-extractor';

const MEBIBYTE = 1024 * 1024;
const MEMORY = 256 * MEBIBYTE;
const LITTLE_MEMORY = 160 * MEBIBYTE;
const SERVE = compiledEntry('libs/extraction/src/isolation/parser-process-child');

// A real parser process around parsers that misbehave: which way is asked for by the format.
const CHILD = `
const ERRORS = ${JSON.stringify(compiledEntry('libs/errors/src/ingestion-failure'))};
const { writeFileSync } = require('node:fs');
const { serveProcess } = require(${JSON.stringify(SERVE)});
const block = (text) => ({ kind: 'paragraph', start: 0, end: text.length, headingPath: [] });
const say = (text) => ({ text, blocks: [block(text)] });
// The name of the file is where the process leaves its id, for a test that outlives its reply.
const leavePid = ({ filename }) => writeFileSync(filename, String(process.pid), { flush: true });
const parsers = {
  pid: () => say(String(process.pid)),
  traces: () => say(JSON.stringify({
    environment: process.env,
    execArgv: process.execArgv,
    initial: process.platform === 'linux' ? require('node:fs').readFileSync('/proc/self/environ', 'utf8') : '',
  })),
  score: () => say(require('node:fs').readFileSync('/proc/self/oom_score_adj', 'utf8').trim()),
  size: ({ bytes }) => ({ text: 'ä'.repeat(bytes.length), blocks: [{ kind: 'row', start: 0, end: 3, headingPath: ['Å', 'b'], page: 7, row: 9 }] }),
  exit: () => process.exit(7),
  reject: () => { Promise.reject(new Error('nobody waits for this')); return new Promise(() => undefined); },
  throw: () => { throw new TypeError('ours'); },
  heap: () => { const kept = []; for (;;) kept.push(new Array(1e5).fill({})); },
  buffers: () => { const kept = []; for (;;) kept.push(Buffer.alloc(8 * 1024 * 1024, 1)); },
  suicide: () => process.kill(process.pid, 'SIGKILL'),
  chatter: () => { for (let i = 0; i < 5000; i++) process.stderr.write('words '.repeat(100) + '\\n'); throw new Error('after many words'); },
  chatterExit: () => { for (let i = 0; i < 5000; i++) process.stderr.write('words '.repeat(100) + '\\n'); return new Promise(() => process.stderr.write('last words', () => process.exit(3))); },
  fail: () => { const { IngestionFailure } = require(ERRORS); throw new IngestionFailure('CORRUPT_FILE', 'bad file', { cause: new Error('why') }); },
  allocate: () => say(String(new Array(30_000_000).fill(0.5).length)),
  signals: () => { for (const s of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.kill(process.pid, s); return new Promise((r) => setTimeout(r, 50)).then(() => say('still here')); },
  spin: (source) => { leavePid(source); for (;;); },
};
serveProcess(new Map(Object.entries(parsers).map(([format, extract]) => [format, { format, extract: async (source) => extract(source) }])));
`;

describe('ParserPool of processes', () => {
  let folder: string;
  let entry: string;
  let pool: ParserPool;
  let counter = 0;

  const poolOf = (options: Partial<ParserPoolOptions> = {}, of = entry): ParserPool => {
    pool = new ParserPool({ size: 1, open: parserProcess({ maxMemoryBytes: MEMORY, entry: of }), ...options });
    return pool;
  };
  const extract = (
    format: string,
    { signal = new AbortController().signal, bytes = Buffer.from('x'), filename = 'a' } = {},
  ): Promise<ExtractedDocument> => pool.parse(format, { bytes, filename }, signal);
  const parse = (...args: Parameters<typeof extract>): Promise<string> => extract(...args).then(({ text }) => text);
  const pidFile = (): string => join(folder, `pid-${(counter += 1)}`);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parser-process-'));
    entry = join(folder, 'child.js');
    await writeFile(entry, CHILD);
  });
  beforeEach(() => poolOf());
  afterEach(() => pool.close());
  afterAll(() => rm(folder, { recursive: true }));

  it('uses one process again and again', async () => {
    const first = await parse('pid');
    expect(Number(first)).not.toBe(process.pid);
    expect(await parse('pid')).toBe(first);
  });

  if (process.platform === 'linux') {
    it('is what the kernel takes first when memory runs out', async () => {
      expect(await parse('score')).toBe('1000');
    });
  }

  it('brings documents of any size across', async () => {
    const { text, blocks } = await extract('size', { bytes: Buffer.alloc(6_000_001) });
    expect(text).toBe('ä'.repeat(6_000_001));
    expect(blocks).toEqual([{ kind: 'row', start: 0, end: 3, headingPath: ['Å', 'b'], page: 7, row: 9 }]);
  });

  it('reports a process that dies, of whatever, and starts another', async () => {
    poolOf({ open: parserProcess({ maxMemoryBytes: LITTLE_MEMORY, entry }) });
    let before = await parse('pid');
    for (const [format, words, cause] of [
      ['exit', 'The parser stopped', 'code 7'],
      ['reject', 'The parser stopped', 'nobody waits for this'],
      ['heap', 'more memory', 'heap out of memory'],
      ['buffers', 'more memory', 'SIGKILL'],
      ['allocate', 'more memory', ''],
      ['suicide', 'was killed', 'SIGKILL'],
      ['chatterExit', 'The parser stopped', 'last words'],
    ] as const) {
      const failure = (await parse(format).catch((error: unknown) => error)) as Error & { cause: Error };
      expect([format, failure]).toEqual([
        format,
        expect.objectContaining({ code: 'PARSER_CRASHED', message: expect.stringContaining(words) }),
      ]);
      expect(failure.cause.message).toContain(cause);
      // No more than the end of what it said.
      expect(failure.cause.message.length).toBeLessThan(5_000);
      const next = await parse('pid');
      expect(next).not.toBe(before);
      before = next;
    }
  }, 120_000);

  it('keeps a process whose parser throws, however much it says', async () => {
    const first = await parse('pid');
    await expect(parse('throw')).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
    await expect(parse('chatter')).rejects.toMatchObject({
      code: 'INTERNAL_ERROR',
      cause: { message: expect.stringContaining('after many words') },
    });
    expect(await parse('pid')).toBe(first);
  });

  it('reports a process that is killed from outside', async () => {
    const file = pidFile();
    const spinning = parse('spin', { filename: file });
    process.kill(await pidIn(file), 'SIGKILL');
    await expect(spinning).rejects.toMatchObject({ code: 'PARSER_CRASHED' });
  });

  it('leaves signals of the terminal to its parent', async () => {
    expect(await parse('signals')).toBe('still here');
  });

  it('kills a process that spins when its caller gives up', async () => {
    const file = pidFile();
    const caller = new AbortController();
    const spinning = parse('spin', { filename: file, signal: caller.signal });
    const pid = await pidIn(file);
    caller.abort(new Error('took too long'));
    await expect(spinning).rejects.toThrow('took too long');
    await gone(pid);
    expect(await parse('pid')).not.toBe(String(pid));
  });

  it('ends a process that has had nothing to do for long', async () => {
    poolOf({ idleMs: 20 });
    await gone(Number(await parse('pid')));
    expect(await parse('pid')).not.toBe('');
  });

  it('tells what a parser says of a file, and keeps the process', async () => {
    const first = await parse('pid');
    await expect(parse('fail')).rejects.toMatchObject({
      code: 'CORRUPT_FILE',
      message: 'bad file',
      cause: { message: 'why' },
    });
    expect(await parse('pid')).toBe(first);
  });

  it('gives a small file that needs much what a large one may have, and does not let small ones wait for it', async () => {
    const small = poolOf({ open: parserProcess({ maxMemoryBytes: 128 * MEBIBYTE, entry }) });
    const large = poolOf({ open: parserProcess({ maxMemoryBytes: 1024 * MEBIBYTE, entry }) });
    const parsers = new Parsers(small, large);
    const signal = new AbortController().signal;
    const small1 = (format: string): Promise<ExtractedDocument> =>
      parsers.parse({ format, lane: 'fast' }, { bytes: Buffer.from('x'), filename: 'a' }, signal);
    expect((await small1('allocate')).text).toBe('30000000');
    const file = pidFile();
    const spinning = parsers.parse(
      { format: 'spin', lane: 'heavy' },
      { bytes: Buffer.from('x'), filename: file },
      signal,
    );
    const settled = spinning.catch((error: unknown) => error);
    await pidIn(file);
    expect((await small1('pid')).text).not.toBe('');
    await parsers.close();
    expect(await settled).toMatchObject({ code: 'INTERNAL_ERROR' });
  }, 60_000);

  it('ends all when it closes, those that spin too, and blames no file', async () => {
    poolOf({ size: 2 });
    const files = [pidFile(), pidFile()];
    const settled = Promise.allSettled([...files.map((filename) => parse('spin', { filename })), parse('pid')]);
    const pids = await Promise.all(files.map(pidIn));
    await pool.close();
    for (const pid of pids) expect(lives(pid)).toBe(false);
    for (const result of await settled) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'INTERNAL_ERROR' } });
    }
    await expect(parse('pid')).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
  });

  it('does not blame a file for a parser that cannot be started', async () => {
    poolOf({}, join(folder, 'not-there.js'));
    await expect(parse('pid')).rejects.toMatchObject({
      code: 'INTERNAL_ERROR',
      message: 'The parser could not be started.',
      cause: { message: expect.stringContaining('Cannot find module') },
    });
  });

  describe('in a program of its own', () => {
    const PARENT = `
    const { ParserPool } = require(${JSON.stringify(compiledEntry('libs/extraction/src/isolation/parser-pool'))});
    const { parserProcess } = require(${JSON.stringify(compiledEntry('libs/extraction/src/isolation/parser-process'))});
    const [entry, format, filename] = process.argv.slice(2);
    const pool = new ParserPool({ size: 1, open: parserProcess({ maxMemoryBytes: ${MEMORY}, entry }) });
    pool.parse(format, { bytes: Buffer.from('x'), filename }, new AbortController().signal).then(({ text }) => console.log(text));
    `;
    let program: ChildProcess;

    const start = async (format: string, filename: string): Promise<void> => {
      const script = join(folder, 'parent.js');
      await writeFile(script, PARENT);
      program = spawn(process.execPath, ['--no-deprecation', script, entry, format, filename], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { DATABASE_URL: 'postgres://secret', PATH: '/bin', NODE_OPTIONS: '--no-warnings' },
      });
    };
    const firstLine = async (): Promise<string> => {
      if (program.stdout === null) throw new Error('the program has no output');
      const [line] = (await once(createInterface(program.stdout), 'line')) as [string];
      return line;
    };
    afterEach(() => program.kill('SIGKILL'));

    it('has nothing of the program, and was given nothing when it was started', async () => {
      await start('traces', 'a');
      const { initial, ...traces } = JSON.parse(await firstLine()) as Record<string, unknown>;
      expect(traces).toEqual({ environment: {}, execArgv: ['--max-old-space-size=160', '--max-semi-space-size=4'] });
      expect(initial).not.toMatch(/secret|PATH|NODE_OPTIONS/);
    });

    it('is gone soon after its parent was killed, even when it spins', async () => {
      const file = pidFile();
      await start('spin', file);
      const pid = await pidIn(file);
      expect(lives(pid)).toBe(true);
      program.kill('SIGKILL');
      await gone(pid);
    });

    it('holds up its parent only while it works, and ends with it', async () => {
      await start('pid', 'a');
      const exited = once(program, 'exit');
      const pid = await firstLine();
      expect(await exited).toEqual([0, null]);
      await gone(Number(pid));
    });
  });
});

const DEADLINE_MS = 20_000;

/** Waits for a condition that another process brings about and cannot tell of. */
async function until<T>(look: () => Promise<T | undefined> | T | undefined, what: string): Promise<T> {
  const deadline = performance.now() + DEADLINE_MS;
  while (performance.now() < deadline) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${what} did not come about within ${DEADLINE_MS} ms`);
}

function pidIn(file: string): Promise<number> {
  return until(async () => (existsSync(file) && Number(await readFile(file, 'utf8'))) || undefined, 'the process id');
}

function gone(pid: number): Promise<boolean> {
  return until(() => !lives(pid) || undefined, `the end of process ${pid}`);
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
