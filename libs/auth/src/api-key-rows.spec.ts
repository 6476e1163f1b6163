import { ApiKeyRows } from './api-key-rows';
import type { ApiKey } from './api-key';

const SECRET = Buffer.alloc(32, 7);
const rowOf = (id: string, revokedAt: Date | null = null): ApiKey =>
  ({ id, secretSha256: SECRET, revokedAt }) as ApiKey;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A database that answers when it is told to. */
class SlowRows {
  readonly queries: {
    ids: readonly string[];
    answer: (rows: readonly ApiKey[]) => void;
    fail: (error: Error) => void;
  }[] = [];
  readonly rows = new ApiKeyRows(
    (ids) => new Promise((resolve, reject) => this.queries.push({ ids, answer: resolve, fail: reject })),
  );
}

afterEach(() => jest.useRealTimers());

describe('ApiKeyRows', () => {
  it('asks once for a row, however many want it at once, and not again while it is fresh', async () => {
    const { rows, queries } = new SlowRows();
    const wanted = Promise.all(Array.from({ length: 50 }, () => rows.find('a')));
    expect(queries).toHaveLength(1);
    queries[0]?.answer([rowOf('a')]);
    expect(new Set(await wanted).size).toBe(1);
    expect(await rows.find('a')).toMatchObject({ id: 'a' });
    expect(queries).toHaveLength(1);
  });

  it('remembers that there is no such row', async () => {
    const { rows, queries } = new SlowRows();
    const wanted = rows.find('made-up');
    queries[0]?.answer([]);
    expect(await wanted).toBeNull();
    expect(await rows.find('made-up')).toBeNull();
    expect(queries).toHaveLength(1);
  });

  it('does not ask once per made-up key: a flood shares four queries at a time', async () => {
    const { rows, queries } = new SlowRows();
    const wanted = Promise.all(Array.from({ length: 2_000 }, (_, index) => rows.find(`made-up-${index}`)));
    let answered = 0;
    while (answered < queries.length) {
      expect(queries.length - answered).toBeLessThanOrEqual(4);
      queries[answered]?.answer([]);
      answered += 1;
      await turn();
    }
    expect((await wanted).every((row) => row === null)).toBe(true);
    expect(queries.length).toBeLessThanOrEqual(8);
    expect(Math.max(...queries.map(({ ids }) => ids.length))).toBeLessThanOrEqual(500);
  });

  it('does not let made-up keys push a real one out', async () => {
    let reads = 0;
    const rows = new ApiKeyRows((ids) => {
      reads += ids.includes('real') ? 1 : 0;
      return Promise.resolve(ids.includes('real') ? [rowOf('real')] : []);
    });
    await rows.find('real');
    for (let index = 0; index < 10_500; index += 1) await rows.find(`made-up-${index}`);
    await rows.find('real');
    expect(reads).toBe(1);
  });

  it('reads again after five seconds', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    let reads = 0;
    const rows = new ApiKeyRows(() => Promise.resolve([rowOf(`a`, (reads += 1) > 1 ? new Date() : null)]));
    expect(await rows.find('a')).toMatchObject({ revokedAt: null });
    jest.advanceTimersByTime(4_900);
    expect(await rows.find('a')).toMatchObject({ revokedAt: null });
    jest.advanceTimersByTime(200);
    expect((await rows.find('a'))?.revokedAt).not.toBeNull();
  });

  it('does not keep a row that was being read while its key was revoked', async () => {
    const { rows, queries } = new SlowRows();
    const inFlight = rows.find('a');
    rows.forget('a'); // revoked in the database by now
    const after = rows.find('a');
    expect(queries).toHaveLength(2);
    queries[0]?.answer([rowOf('a')]);
    expect(await inFlight).toMatchObject({ revokedAt: null });
    queries[1]?.answer([rowOf('a', new Date())]);
    expect((await after)?.revokedAt).not.toBeNull();
    expect((await rows.find('a'))?.revokedAt).not.toBeNull();
    expect(queries).toHaveLength(2);
  });

  it('passes a failure on and tries again with the next', async () => {
    const { rows, queries } = new SlowRows();
    const failing = rows.find('a');
    queries[0]?.fail(new Error('gone'));
    await expect(failing).rejects.toThrow('gone');
    await turn();
    const next = rows.find('a');
    queries[1]?.answer([rowOf('a')]);
    expect(await next).toMatchObject({ id: 'a' });
  });

  it('passes a failure on to those that wait behind it, who would only wait as long again', async () => {
    const { rows, queries } = new SlowRows();
    const wanted = Array.from({ length: 10 }, (_, index) => rows.find(`key-${index}`).catch(() => 'failed'));
    expect(queries).toHaveLength(4);
    queries[0]?.fail(new Error('the database is silent'));
    await turn();
    // One that was being read, and all that had not been asked for yet.
    const settled = await Promise.all(wanted.map((one) => Promise.race([one, Promise.resolve('waiting')])));
    expect(settled.filter((outcome) => outcome === 'failed')).toHaveLength(7);
    expect(queries).toHaveLength(4);
    for (const query of queries.slice(1)) query.answer([]);
    await Promise.all(wanted);
  });

  it('knows for a minute whose secret was verified, and only with that secret', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const rows = new ApiKeyRows(() => Promise.resolve([rowOf('a')]));
    const shown = { id: 'a', secretSha256: SECRET };
    expect(rows.verifiedLately(shown)).toBeUndefined();
    const row = await rows.find('a');
    expect(rows.verifiedLately(shown)).toBeUndefined();
    rows.noteVerified(row as ApiKey);
    expect(rows.verifiedLately(shown)).toBe(row);
    expect(rows.verifiedLately({ id: 'a', secretSha256: Buffer.alloc(32) })).toBeUndefined();
    jest.advanceTimersByTime(59_000);
    expect(rows.verifiedLately(shown)).toBe(row);
    jest.advanceTimersByTime(1_500);
    expect(rows.verifiedLately(shown)).toBeUndefined();

    rows.noteVerified(row as ApiKey);
    rows.forget('a');
    rows.noteVerified(row as ApiKey);
    expect(rows.verifiedLately(shown)).toBeUndefined();
  });
});
