import { Logger } from '@nestjs/common';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalEmbeddingProvider } from './local-embedding.provider';
import type { ModelFiles } from './model-files';

/**
 * Threads, order, failures and endings, with a scripted program in the model's place. A text's first word is its
 * script; what the thread worked on, in order, stands in memory shared with the test.
 */
const WORDS = [
  '[UNK]',
  '[CLS]',
  '[SEP]',
  'hold',
  'crash',
  'refuse',
  ...Array.from({ length: 64 }, (_, n) => `p${n}`),
  'q',
];

const SCRIPTED_THREAD = `
  const { parentPort, workerData } = require('node:worker_threads');
  // 0: released, 1: refuse to start, 2: texts seen, 3…: their scripts, 254: starts, 255: ends
  const control = new Int32Array(workerData.weights);
  Atomics.add(control, 254, 1);
  if (Atomics.load(control, 1) === 1) throw new Error('scripted start failure');
  parentPort.on('message', ({ kind, ids }) => {
    if (kind === 'stop') return Atomics.add(control, 255, 1), parentPort.close();
    const [, script] = ids;
    Atomics.store(control, 3 + Atomics.add(control, 2, 1), script);
    if (script === ${WORDS.indexOf('hold')}) Atomics.wait(control, 0, 0);
    if (script === ${WORDS.indexOf('crash')}) process.exit(7);
    if (script === ${WORDS.indexOf('refuse')}) return parentPort.postMessage({ kind: 'refused', reason: 'scripted' });
    const vector = Float32Array.of(script, ids.length);
    parentPort.postMessage({ kind: 'vector', vector }, [vector.buffer]);
  });
  parentPort.postMessage({ kind: 'ready' });
`;

const files: ModelFiles = {
  name: 'scripted',
  weightsPath: '',
  weightsDigest: 'digest',
  dimension: 2,
  windowTokens: 8,
  pooling: 'mean',
  tokenizer: {
    vocabulary: new Map(WORDS.map((word, id) => [word, id])),
    continuationPrefix: '##',
    maxCharactersPerWord: 100,
    unknownId: 0,
    firstId: 1,
    lastId: 2,
    addedTokens: [],
    cleanText: true,
    handleChineseChars: true,
    stripAccents: true,
    lowercase: true,
  },
};

describe('LocalEmbeddingProvider', () => {
  let folder: string;
  let entry: string;
  let control: Int32Array<SharedArrayBuffer>;
  const opened: LocalEmbeddingProvider[] = [];

  beforeAll(async () => {
    Logger.overrideLogger(false);
    folder = await mkdtemp(join(tmpdir(), 'scripted-thread-'));
    entry = join(folder, 'scripted.thread.js');
    await writeFile(entry, SCRIPTED_THREAD);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  beforeEach(() => {
    control = new Int32Array(new SharedArrayBuffer(4 * 256));
  });
  afterEach(async () => {
    release();
    await Promise.all(opened.splice(0).map((provider) => provider.close()));
  });

  async function open(
    threads: number,
    timeoutMs = 60_000,
    restartDelaysMs = [0, 0],
    waits: { wakeAfterMs: number; restAfterMs?: number } = { wakeAfterMs: 0 },
  ): Promise<LocalEmbeddingProvider> {
    const provider = new LocalEmbeddingProvider(
      files,
      { numberType: 'fp32', weights: control.buffer },
      { threads, timeoutMs, ...waits, thread: { entry, restartDelaysMs } },
    );
    opened.push(provider);
    await provider.onModuleInit();
    return provider;
  }

  function release(): void {
    Atomics.store(control, 0, 1);
    Atomics.notify(control, 0);
  }

  /** Resolves when the threads have taken up so many texts; Jest's own timeout bounds it. */
  async function seen(count: number): Promise<void> {
    for (;;) {
      if (Atomics.load(control, 2) >= count) return;
      await new Promise(setImmediate);
    }
  }

  const started = (): number => Atomics.load(control, 254);
  async function ended(count: number): Promise<void> {
    while (Atomics.load(control, 255) < count) await new Promise(setImmediate);
  }

  const worked = (): (string | undefined)[] =>
    Array.from(control.subarray(3, 3 + Atomics.load(control, 2)), (script) => WORDS[script]);
  const idOf = (word: string): number => WORDS.indexOf(word);
  const UNAVAILABLE = { name: 'IngestionFailure', code: 'EMBEDDING_UNAVAILABLE', transient: true };

  it('answers in the order of the texts, whatever thread was first', async () => {
    const provider = await open(2);
    const held = provider.embed(['hold', 'p1', 'p2', 'p3'], 'passage');
    await seen(4);
    release();
    expect((await held).map(([script]) => script)).toEqual(['hold', 'p1', 'p2', 'p3'].map(idOf));
  });

  it('starts a second thread when texts have been waiting for long, and ends it when none wait any more', async () => {
    const provider = await open(3, 60_000, [], { wakeAfterMs: 0, restAfterMs: 0 });
    expect(started()).toBe(1);
    await provider.embed(['p1'], 'query');
    expect(started()).toBe(1);
    // The second waits for the first.
    const held = provider.embed(['hold', 'p1'], 'passage');
    await seen(3);
    expect(started()).toBe(2);
    release();
    await held;
    await ended(1);
    expect(await provider.embed(['p2'], 'query')).toHaveLength(1);
    expect([started(), worked().at(-1)]).toEqual([2, 'p2']);
  });

  it('does not start a second thread for what waits a moment only', async () => {
    const provider = await open(2, 60_000, [], { wakeAfterMs: 60_000 });
    await provider.embed(['p1', 'p2', 'p3'], 'passage');
    await Promise.all([provider.embed(['q'], 'query'), provider.embed(['q'], 'query')]);
    expect(started()).toBe(1);
  });

  it('starts another thread at once when the only one has died', async () => {
    const provider = await open(2, 60_000, [600_000], { wakeAfterMs: 60_000 });
    await expect(provider.embed(['crash'], 'passage')).rejects.toMatchObject(UNAVAILABLE);
    expect(await provider.embed(['p1'], 'passage')).toHaveLength(1);
    expect(started()).toBe(2);
  });

  it('cuts a text to the window and gives an empty one its special tokens', async () => {
    const provider = await open(1);
    const vectors = await provider.embed([Array(50).fill('p1').join(' '), ''], 'passage');
    expect(vectors.map(([, length]) => length)).toEqual([8, 2]);
    expect(await provider.embed([], 'passage')).toEqual([]);
  });

  it('lets a query overtake the passages that wait, even those of a batch under way', async () => {
    const provider = await open(1);
    const passages = provider.embed(['hold', 'p1', 'p2'], 'passage');
    await seen(1);
    const query = provider.embed(['q'], 'query');
    release();
    await Promise.all([passages, query]);
    expect(worked()).toEqual(['hold', 'q', 'p1', 'p2']);
  });

  it('gives passages a turn after eight queries, so that a stream of them does not stop ingestion', async () => {
    const provider = await open(1);
    const held = provider.embed(['hold'], 'query');
    await seen(1);
    const queries = Array.from({ length: 18 }, () => provider.embed(['q'], 'query'));
    const passages = provider.embed(['p1', 'p2'], 'passage');
    release();
    await Promise.all([held, passages, ...queries]);
    const order = worked();
    expect(order.indexOf('p1')).toBeLessThanOrEqual(9);
    expect(order.indexOf('p2') - order.indexOf('p1')).toBe(9);
  });

  it('refuses early when too many calls wait', async () => {
    const provider = await open(1);
    const held = provider.embed(['hold'], 'passage');
    await seen(1);
    const waiting = Array.from({ length: 1_024 }, () => provider.embed(['p1'], 'passage'));
    await expect(provider.embed(['p2'], 'passage')).rejects.toMatchObject(UNAVAILABLE);
    const query = provider.embed(['q'], 'query');
    const outcomes = Promise.allSettled([held, query, ...waiting]);
    const closing = provider.close();
    release();
    await closing;
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: UNAVAILABLE });
    }
  });

  it('makes room for new calls by forgetting aborted ones', async () => {
    const provider = await open(1);
    const held = provider.embed(['hold'], 'passage');
    await seen(1);
    const aborts = Array.from({ length: 1_023 }, () => new AbortController());
    const first = provider.embed(['p1'], 'passage');
    const outcomes = Promise.allSettled(aborts.map(({ signal }) => provider.embed(['p2'], 'passage', signal)));
    for (const abort of aborts) abort.abort(new Error('no longer wanted'));
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: { message: 'no longer wanted' } });
    const last = provider.embed(['p3'], 'passage');
    release();
    await Promise.all([held, first, last]);
    expect(worked()).toEqual(['hold', 'p1', 'p3']);
  });

  it('rejects an aborted call at once and does not start the rest of it', async () => {
    const provider = await open(1);
    const abort = new AbortController();
    const reason = new Error('the user left');
    const call = provider.embed(['hold', 'p1', 'p2'], 'passage', abort.signal);
    await seen(1);
    abort.abort(reason);
    await expect(call).rejects.toBe(reason);
    await expect(provider.embed(['p3'], 'passage', abort.signal)).rejects.toBe(reason);
    release();
    await provider.embed(['p4'], 'passage');
    expect(worked()).toEqual(['hold', 'p4']);
  });

  it('fails the text that killed its thread, lets the others go on and brings the thread back', async () => {
    const provider = await open(2);
    const held = provider.embed(['hold'], 'passage');
    await seen(1);
    await expect(provider.embed(['crash', 'p1'], 'passage')).rejects.toMatchObject({
      ...UNAVAILABLE,
      cause: { message: 'the thread ended with code 7' },
    });
    // The other thread is still held: only the restarted one can answer this.
    await expect(provider.embed(['p2'], 'query')).resolves.toHaveLength(1);
    release();
    await expect(held).resolves.toHaveLength(1);
  });

  it('starts the row of restarts again after each vector', async () => {
    const provider = await open(1);
    for (let round = 0; round < 4; round += 1) {
      await expect(provider.embed(['crash'], 'passage')).rejects.toMatchObject(UNAVAILABLE);
      await expect(provider.embed(['p1'], 'passage')).resolves.toHaveLength(1);
    }
  });

  it('gives up a thread that does not start any more, and answers everybody who waits for it', async () => {
    const provider = await open(1);
    Atomics.store(control, 1, 1);
    const calls = [
      provider.embed(['crash'], 'passage'),
      provider.embed(['p1'], 'passage'),
      provider.embed(['q'], 'query'),
    ];
    for (const outcome of await Promise.allSettled(calls)) expect(outcome).toMatchObject({ reason: UNAVAILABLE });
    await expect(provider.embed(['p2'], 'passage')).rejects.toMatchObject(UNAVAILABLE);
    expect(worked()).toEqual(['crash']);
  });

  it('passes on that the model refused a text, and keeps the thread', async () => {
    const provider = await open(1, 60_000, []);
    await expect(provider.embed(['refuse'], 'passage')).rejects.toMatchObject({
      ...UNAVAILABLE,
      cause: { message: 'scripted' },
    });
    await expect(provider.embed(['p1'], 'passage')).resolves.toHaveLength(1);
  });

  it('gives up a text that takes too long, and uses its thread again once it answers', async () => {
    const provider = await open(1, 50);
    const late = provider.embed(['hold'], 'passage');
    const waiting = provider.embed(['p1'], 'passage');
    for (const outcome of await Promise.allSettled([late, waiting]))
      expect(outcome).toMatchObject({ reason: UNAVAILABLE });
    await expect(provider.embed(['p2'], 'query')).rejects.toThrow('does not answer at present');
    release();
    const deadline = Date.now() + 10_000;
    let vectors: Float32Array[] | undefined;
    while (vectors === undefined && Date.now() < deadline) {
      await new Promise(setImmediate);
      vectors = await provider.embed(['p3'], 'query').catch(() => undefined);
    }
    // Not the vector of the text that came too late.
    expect(vectors?.[0]?.[0]).toBe(idOf('p3'));
  });

  it('answers every call when it closes, ends its threads, and closes only once', async () => {
    const provider = await open(2);
    const passages = provider.embed(['hold', 'hold', 'p1'], 'passage');
    await seen(2);
    const calls = [passages, provider.embed(['q'], 'query')];
    const closing = [provider.close(), provider.close()];
    for (const outcome of await Promise.allSettled(calls)) expect(outcome).toMatchObject({ reason: UNAVAILABLE });
    await expect(provider.embed(['p2'], 'passage')).rejects.toThrow('is shutting down');
    release();
    await Promise.all(closing);
    expect(worked()).toEqual(['hold', 'hold']);
  });

  it('fails the boot with the reason when a thread does not start, and leaves nothing running', async () => {
    Atomics.store(control, 1, 1);
    const starting = open(2);
    await expect(starting).rejects.toMatchObject({
      message: 'The embedding model scripted cannot be loaded',
      cause: { message: 'scripted start failure' },
    });
    await expect(opened[0]?.embed(['p1'], 'passage')).rejects.toMatchObject(UNAVAILABLE);
  });
});
