import type { RemoteEmbeddingOptions } from '../../../libs/embeddings/src/remote/remote-embedding.provider';
import type { EmbeddingsManner } from '../../support/stand-in-embeddings';
import { KEY, normalised, setUpRemoteProvider, status, UNAVAILABLE, withVector } from './remote-provider-setup';

const setup = setUpRemoteProvider();

describe('a request', () => {
  it('is OpenAI-shaped, and its vectors are normalised and in order', async () => {
    const texts = ['honey and bees', 'sails', 'bread'];
    expect(await setup.open().embed(texts, 'passage')).toEqual(texts.map(normalised));
    const [request] = setup.server.requests;
    expect(request).toMatchObject({
      path: '/v1/embeddings',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: { model: 'stand-in', input: texts, encoding_format: 'float', dimensions: 256 },
    });
  });

  it('has no authorization without a key, and no dimensions unless they are configured', async () => {
    const provider = setup.open({ token: undefined, dimension: undefined });
    await provider.onModuleInit();
    expect(setup.server.requests[0]?.headers.authorization).toBeUndefined();
    expect(setup.server.requests[0]?.body).not.toHaveProperty('dimensions');
    expect(provider.space.dimension).toBe(256);
  });

  it('bears a base URL with a slash at the end', async () => {
    await setup.open({ baseUrl: `${setup.server.baseUrl}/` }).embed(['a'], 'query');
    expect(setup.server.requests[0]?.path).toBe('/v1/embeddings');
  });

  it('has the prefix of its kind', async () => {
    const provider = setup.open({ queryPrefix: 'query:', passagePrefix: 'passage:' });
    await provider.embed(['honey'], 'query');
    await provider.embed(['honey', ''], 'passage');
    expect(setup.server.inputs).toEqual(['query: honey', 'passage: honey', 'passage: ']);
    expect(provider.specialTokens).toBeGreaterThan(2);
  });

  it('never holds an empty text or half a surrogate pair', async () => {
    await setup.open().embed(['', 'a\ud83d'], 'passage');
    expect(setup.server.inputs).toEqual([' ', 'a\ufffd']);
    expect(await setup.open().embed([], 'passage')).toEqual([]);
  });

  it('holds texts cut to the window', async () => {
    await setup.open({ windowTokens: 32, queryPrefix: 'query:' }).embed(['word '.repeat(200_000)], 'query');
    expect(setup.server.inputs[0]?.trim().split(' ')).toHaveLength(28);
  });

  it('holds no more texts and tokens than a batch may, and none of another call', async () => {
    const provider = setup.open({ batchTexts: 3, batchTokens: 12 });
    const calls = [provider.embed(['a', 'b', 'c', 'd'], 'passage'), provider.embed(['e f g h', 'i j k l'], 'passage')];
    expect((await Promise.all(calls)).map((vectors) => vectors.length)).toEqual([4, 2]);
    const batches = setup.server.requests.map(({ body }) => body.input.join('|')).sort();
    expect(batches).toEqual(['a|b|c', 'd', 'e f g h|i j k l']);
  });

  it('goes over a kept connection', async () => {
    const provider = setup.open();
    for (let time = 0; time < 3; time += 1) await provider.embed(['a'], 'query');
    expect(new Set(setup.server.requests.map(({ clientPort }) => clientPort)).size).toBe(1);
  });
});

describe('many at once', () => {
  it('are at most as many as allowed, and one place is kept for queries', async () => {
    let goOn: () => void = () => undefined;
    const held: EmbeddingsManner = { kind: 'held', until: new Promise<void>((resolve) => (goOn = resolve)) };
    setup.server.behaveAlways(({ input }) => (input[0]?.startsWith('query') === true ? { kind: 'well' } : held));
    const provider = setup.open({ concurrency: 3 });
    const passages = Array.from({ length: 6 }, (_, n) => provider.embed([`passage ${n}`], 'passage'));
    await setup.server.arrived(2);
    expect(await provider.embed(['query'], 'query')).toHaveLength(1);
    expect(setup.server.inputs).toHaveLength(3);
    goOn();
    await Promise.all(passages);
    expect(setup.server.mostAtOnce).toBeLessThanOrEqual(3);
    expect(setup.server.inputs).toHaveLength(7);
  });

  it('lets queries overtake where there is one place for all', async () => {
    let goOn: () => void = () => undefined;
    setup.server.behave({ kind: 'held', until: new Promise<void>((resolve) => (goOn = resolve)) });
    const provider = setup.open({ concurrency: 1 });
    const passages = ['first', 'second', 'third'].map((text) => provider.embed([text], 'passage'));
    await setup.server.arrived(1);
    const query = provider.embed(['query'], 'query');
    goOn();
    await Promise.all([...passages, query]);
    expect(setup.server.inputs).toEqual(['first', 'query', 'second', 'third']);
  });

  it('are refused early when too many wait', async () => {
    setup.server.behaveAlways({ kind: 'hang' });
    const provider = setup.open({ concurrency: 1 });
    const waiting = Array.from({ length: 1_025 }, () => provider.embed(['a'], 'passage'));
    const outcomes = Promise.allSettled(waiting);
    await expect(provider.embed(['b'], 'passage')).rejects.toThrow('has too much waiting for it');
    await provider.close();
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: UNAVAILABLE });
  });

  it('do not leave warnings about listeners', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): number => warnings.push(warning);
    process.on('warning', note);
    const abort = new AbortController();
    await setup
      .open({ concurrency: 32, batchTexts: 1 })
      .embed(new Array<string>(64).fill('a'), 'passage', abort.signal);
    await new Promise(setImmediate);
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });
});

describe('leaving', () => {
  it('an aborted call rejects at once with its reason, and its requests end', async () => {
    setup.server.behaveAlways({ kind: 'hang' });
    const provider = setup.open({ batchTexts: 1 });
    const abort = new AbortController();
    const call = provider.embed(['a', 'b', 'c', 'd', 'e'], 'passage', abort.signal);
    await setup.server.arrived(3);
    const reason = new Error('the user left');
    abort.abort(reason);
    await expect(call).rejects.toBe(reason);
    await Promise.all(setup.server.requests.map(({ closed }) => closed));
    await expect(provider.embed(['f'], 'query', abort.signal)).rejects.toBe(reason);
    setup.server.behaveAlways({ kind: 'well' });
    expect(await provider.embed(['g'], 'passage')).toHaveLength(1);
    expect(setup.server.inputs).toEqual(['a', 'b', 'c', 'g']);
  });

  it('an aborted call leaves other callers alone', async () => {
    let goOn: () => void = () => undefined;
    setup.server.behaveAlways({ kind: 'held', until: new Promise<void>((resolve) => (goOn = resolve)) });
    const provider = setup.open();
    const abort = new AbortController();
    const leaving = provider.embed(['a'], 'passage', abort.signal);
    const staying = provider.embed(['b'], 'passage');
    await setup.server.arrived(2);
    abort.abort(new Error('left'));
    await expect(leaving).rejects.toThrow('left');
    goOn();
    expect(await staying).toHaveLength(1);
  });

  it('the failure of one batch ends the others of its call', async () => {
    setup.server.behave({ kind: 'hang' }, { kind: 'hang' }, status(400));
    await expect(setup.open({ batchTexts: 1 }).embed(['a', 'b', 'c', 'd'], 'passage')).rejects.toThrow('answered 400');
    await Promise.all(setup.server.requests.map(({ closed }) => closed));
    expect(setup.server.inputs).toHaveLength(3);
  });

  it('closing rejects what setup.waits and ends what is in hand, even a wait for the next try', async () => {
    const never = (_ms: number, signal?: AbortSignal): Promise<never> =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true }));
    const provider = setup.open({ concurrency: 3, timing: { wait: never, random: () => 0 } });
    setup.server.behaveAlways({ kind: 'hang' });
    setup.server.behave(status(500));
    const calls = [
      provider.embed(['a'], 'passage'),
      provider.embed(['b'], 'passage'),
      provider.embed(['c'], 'passage'),
    ];
    calls.push(provider.embed(['d'], 'query'));
    const outcomes = Promise.allSettled(calls);
    await setup.server.arrived(3);
    await Promise.all([provider.close(), provider.close()]);
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: UNAVAILABLE });
    await Promise.all(setup.server.requests.map(({ closed }) => closed));
    await expect(provider.embed(['e'], 'query')).rejects.toThrow('is shutting down');
  });
});

describe('the boot', () => {
  it('learns the dimension', async () => {
    setup.server.behave(status(503), { kind: 'reset' });
    const provider = setup.open({ dimension: undefined });
    expect(() => provider.space).toThrow('has not been learned yet');
    await provider.onModuleInit();
    expect(provider.space).toMatchObject({ model: 'stand-in', dimension: 256, numberType: 'provider' });
  });

  it('gives up learning it after a bounded time, and tells both ways out', async () => {
    setup.server.behaveAlways(status(503));
    const booting = setup.open({ dimension: undefined }).onModuleInit();
    await expect(booting).rejects.toMatchObject({ name: 'EmbeddingEndpointError' });
    await expect(booting).rejects.toThrow(
      /cannot be learned from http:.*answered 503.*Start again once it answers, or set EMBEDDING_API_DIMENSIONS/,
    );
    expect(setup.waits.filter((ms) => ms >= 2_000)).toEqual([2_000, 4_000, 8_000, 15_000]);
    expect(setup.server.requests).toHaveLength(24);
  });

  it('gives up at once where waiting does not help', async () => {
    setup.server.behaveAlways(status(401, '{"error":{"message":"no key"}}'));
    await expect(setup.open({ dimension: undefined }).onModuleInit()).rejects.toThrow('answered 401: "no key"');
    expect(setup.server.requests).toHaveLength(1);
  });

  it('refuses vectors that the index does not take', async () => {
    setup.server.behaveAlways(withVector(new Array(3_072).fill(1)));
    await expect(setup.open({ dimension: undefined }).onModuleInit()).rejects.toThrow(
      /3072 dimensions.*at most 2000.*Set EMBEDDING_API_DIMENSIONS/,
    );
  });

  it('is not held up by an endpoint that is away when the dimension is configured', async () => {
    setup.server.behaveAlways({ kind: 'hang' });
    const provider = setup.open();
    await provider.onModuleInit();
    expect(provider.space.dimension).toBe(256);
    await provider.close();
  });

  it('has a space of its own for everything that changes what vectors mean', () => {
    const changes: Partial<RemoteEmbeddingOptions>[] = [
      {},
      { model: 'other' },
      { revision: '2' },
      { queryPrefix: 'query:' },
      { passagePrefix: 'query:' },
    ];
    const digests = changes.map((change) => setup.open(change).space.weightsDigest);
    expect(new Set(digests).size).toBe(changes.length);
    for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{64}$/);
    // Where it is asked, and with what key, is not part of what it means.
    const elsewhere = setup.open({ baseUrl: 'http://elsewhere/v1', token: undefined, batchTexts: 1 });
    expect(elsewhere.space).toEqual(setup.open().space);
  });
});
