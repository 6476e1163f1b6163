import { IngestionFailure } from '@vectorlane/errors';
import { ParserPool, type ParserPoolOptions } from './parser-pool';
import type { OpenParser } from './parser-host';

/**
 * Parsers that only say which one they are, hold too much then ("large") or never answer ("spin"): what a pool does
 * with them needs no process.
 */
class StandIns {
  started = 0;
  readonly living = new Set<number>();

  readonly open: OpenParser = (events) => {
    const id = (this.started += 1);
    this.living.add(id);
    events.reply({ kind: 'ready' });
    return {
      send: (request) => {
        if (request.kind === 'file' && request.format !== 'spin') {
          const residentBytes = (request.format === 'id' ? 70 : 100) * 1024 * 1024;
          queueMicrotask(() =>
            events.reply({ kind: 'failure', code: 'CORRUPT_FILE', message: String(id), residentBytes }),
          );
        }
        return Promise.resolve();
      },
      hold: () => undefined,
      release: () => undefined,
      kill: () => {
        this.living.delete(id);
        return Promise.resolve();
      },
    };
  };
}

describe('ParserPool', () => {
  let parsers: StandIns;
  let pool: ParserPool;
  const poolOf = (options: Partial<ParserPoolOptions> = {}): void => {
    parsers = new StandIns();
    pool = new ParserPool({ size: 1, open: parsers.open, ...options });
  };
  /** @returns the parser that answered */
  const parse = async (format: string, signal = new AbortController().signal): Promise<number> => {
    const source = { bytes: Buffer.alloc(1), filename: 'a' };
    const failure = await pool.parse(format, source, signal).catch((error: unknown) => error);
    if (failure instanceof IngestionFailure && failure.code === 'CORRUPT_FILE') return Number(failure.message);
    throw failure;
  };
  afterEach(() => pool.close());

  it('recycles a parser after so many files, and after one that leaves much in it', async () => {
    poolOf({ maxFiles: 3, maxKeptBytes: 96 * 1024 * 1024 });
    const ids = [];
    for (let file = 0; file < 7; file += 1) ids.push(await parse('id'));
    expect(ids).toEqual([1, 1, 1, 2, 2, 2, 3]);
    expect(await parse('large')).toBe(3);
    expect(await parse('id')).toBe(4);
    expect([...parsers.living]).toEqual([4]);
  });

  it('starts no more than it may, however many files come', async () => {
    poolOf({ size: 2 });
    await Promise.all(Array.from({ length: 60 }, () => parse('id')));
    expect(parsers.started).toBe(2);
  });

  it('ends a file that takes too long; the wait for a parser does not count', async () => {
    poolOf({ timeoutMs: 50 });
    const [spinning, waiting] = [parse('spin'), parse('spin'), parse('id')].map((file) =>
      file.catch((error: unknown) => error),
    );
    expect(await spinning).toMatchObject({ code: 'TIMEOUT' });
    expect(await waiting).toMatchObject({ code: 'TIMEOUT' });
    expect(await parse('id')).toBe(3);
  });

  it('lets go of those who stop waiting', async () => {
    poolOf();
    const [first, second] = [new AbortController(), new AbortController()];
    const spinning = parse('spin', first.signal);
    const waiting = parse('id', second.signal);
    second.abort(new Error('no longer'));
    await expect(waiting).rejects.toThrow('no longer');
    first.abort(new Error('enough'));
    await expect(spinning).rejects.toThrow('enough');
    expect(parsers.started).toBe(1);
  });

  it('refuses when far too many wait', async () => {
    poolOf();
    const held = Promise.allSettled(Array.from({ length: 257 }, () => parse('spin')));
    await expect(parse('id')).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
    await pool.close();
    expect((await held).every(({ status }) => status === 'rejected')).toBe(true);
  });

  it('keeps one started when it is asked to, also after the time for idle ones', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      poolOf({ size: 2, warm: 1, idleMs: 20 });
      pool.prepare();
      expect(parsers.started).toBe(1);
      await Promise.all([parse('id'), parse('id')]);
      expect(parsers.living.size).toBe(2);
      jest.advanceTimersByTime(20);
      expect(parsers.living.size).toBe(1);
      expect(parsers.living).toContain(await parse('id'));
    } finally {
      jest.useRealTimers();
    }
  });
});
