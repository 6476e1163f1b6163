import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ParserPool } from './parser-pool';
import { parserThread } from './parser-thread';

// Stand-in threads: the behaviour is asked for by the format.
const STAND_IN = `
const { parentPort, threadId } = require('node:worker_threads');
const document = (text) => ({
  kind: 'document',
  document: {
    text: { bytes: new Uint8Array(Buffer.from(text)), encoding: 'latin1' },
    blocks: new Uint32Array(),
    paths: { joined: '', lengths: new Uint32Array() },
    pathLengths: new Uint32Array(),
    positions: [],
  },
});
parentPort.on('message', ({ format, bytes }) => {
  if (format === 'exit') process.exit(7);
  if (format === 'throw') throw new Error('out of its mind');
  if (format === 'memory') { const kept = []; for (;;) kept.push(new Array(1e5).fill({})); }
  if (format === 'spin') for (;;);
  if (format === 'fail') parentPort.postMessage({ kind: 'failure', code: 'CORRUPT_FILE', message: 'bad file', cause: 'why' });
  if (format === 'error') parentPort.postMessage({ kind: 'error', stack: 'TypeError: ours' });
  if (format === 'thread') parentPort.postMessage(document(String(threadId)));
});
parentPort.postMessage({ kind: 'ready' });
`;

describe('ParserPool of threads', () => {
  let folder: string;
  let entry: string;
  let pool: ParserPool;

  const poolOf = (threads: number, of = entry): ParserPool => {
    pool = new ParserPool({ size: threads, open: parserThread({ maxHeapMegabytes: 32, entry: of }) });
    return pool;
  };
  const parse = (format: string, signal = new AbortController().signal, bytes = Buffer.from('x')): Promise<string> =>
    pool.parse(format, { bytes, filename: 'a' }, signal).then(({ text }) => text);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parser-pool-'));
    entry = join(folder, 'stand-in.js');
    await writeFile(entry, STAND_IN);
  });
  afterEach(() => pool.close());
  afterAll(() => rm(folder, { recursive: true }));

  it('uses one thread again and again', async () => {
    poolOf(2);
    const first = await parse('thread');
    expect(await parse('thread')).toBe(first);
  });

  it.each([
    ['exit', 'stopped'],
    ['throw', 'stopped'],
    ['memory', 'memory'],
  ])('reports a thread that dies by %s, and starts another', async (format, words) => {
    poolOf(1);
    const first = await parse('thread');
    await expect(parse(format)).rejects.toMatchObject({
      code: 'PARSER_CRASHED',
      transient: true,
      message: expect.stringContaining(words),
    });
    expect(await parse('thread')).not.toBe(first);
  });

  it('tells a verdict on the file from an error of ours, and keeps the thread', async () => {
    poolOf(1);
    const first = await parse('thread');
    await expect(parse('fail')).rejects.toMatchObject({
      code: 'CORRUPT_FILE',
      message: 'bad file',
      cause: { message: 'why' },
    });
    await expect(parse('error')).rejects.toMatchObject({
      code: 'INTERNAL_ERROR',
      cause: { message: 'TypeError: ours' },
    });
    expect(await parse('thread')).toBe(first);
  });

  it('ends a thread that spins when its caller gives up', async () => {
    poolOf(1);
    const first = await parse('thread');
    const caller = new AbortController();
    const spinning = parse('spin', caller.signal);
    const waiting = parse('thread');
    // The file is handed over within this turn; only from then on must the thread end with it.
    await nextTurn();
    caller.abort(new Error('took too long'));
    await expect(spinning).rejects.toThrow('took too long');
    expect(await waiting).not.toBe(first);
  });

  it('starts no more threads than it may, and serves those who wait in order', async () => {
    poolOf(2);
    const served = await Promise.all(Array.from({ length: 20 }, () => parse('thread')));
    expect(new Set(served).size).toBe(2);
  });

  it('lets go of those who stop waiting', async () => {
    poolOf(1);
    const [first, second] = [new AbortController(), new AbortController()];
    const spinning = parse('spin', first.signal);
    const waiting = parse('thread', second.signal);
    second.abort(new Error('no longer'));
    await expect(waiting).rejects.toThrow('no longer');
    first.abort(new Error('enough'));
    await expect(spinning).rejects.toThrow('enough');
    await expect(parse('thread', first.signal)).rejects.toThrow('enough');
  });

  it('refuses when far too many wait', async () => {
    poolOf(1);
    const held = Promise.allSettled(Array.from({ length: 257 }, () => parse('spin')));
    await expect(parse('thread')).rejects.toMatchObject({ code: 'TIMEOUT' });
    await pool.close();
    expect((await held).every(({ status }) => status === 'rejected')).toBe(true);
  });

  it('gives back the memory of a thread that read a large file', async () => {
    poolOf(1);
    const first = await parse('thread', undefined, Buffer.alloc(8 * 1024 * 1024));
    expect(await parse('thread')).not.toBe(first);
  });

  it('fails what is in hand when it closes, and takes nothing more', async () => {
    poolOf(1);
    const spinning = parse('spin');
    const waiting = parse('thread');
    const settled = Promise.allSettled([spinning, waiting]);
    await pool.close();
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(waiting).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
    await expect(parse('thread')).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
  });

  it('does not blame a file for a parser that cannot be started', async () => {
    poolOf(1, join(folder, 'not-there.js'));
    await expect(parse('thread')).rejects.toMatchObject({
      code: 'INTERNAL_ERROR',
      message: 'The parser could not be started.',
    });
  });
});
