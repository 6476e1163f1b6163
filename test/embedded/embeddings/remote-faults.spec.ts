import { EmbeddingsClient } from '../../../libs/embeddings/src/remote/embeddings.client';
import { StandInEmbeddings, type EmbeddingsManner } from '../../support/stand-in-embeddings';
import {
  changed,
  KEY,
  normalised,
  setUpRemoteProvider,
  status,
  UNAVAILABLE,
  withVector,
} from './remote-provider-setup';

const DOCUMENT = 'Bees gather honey all summer long and live on it through the winter.';

const setup = setUpRemoteProvider();

describe('what may pass', () => {
  it.each<[string, EmbeddingsManner]>([
    ['a reset connection', { kind: 'reset' }],
    ['an answer that ends early', { kind: 'close-early' }],
    ['500', status(500)],
    ['503 with words that are no JSON', status(503, '<html>')],
    ['408', status(408)],
  ])('is tried again: %s', async (_name, manner) => {
    setup.server.behave(manner, manner);
    expect(await setup.open().embed(['honey'], 'query')).toEqual([normalised('honey')]);
    expect(setup.server.requests).toHaveLength(3);
    expect(setup.waits).toEqual([250, 500]);
  });

  it.each<[string, EmbeddingsManner]>([
    ['hangs before its headers', { kind: 'hang' }],
    ['hangs in the middle of its body', { kind: 'hang-midway' }],
    ['drips', { kind: 'drip' }],
  ])('is an endpoint that %s: given up in time, tried again, and let go of', async (_name, manner) => {
    setup.server.behave(manner);
    const provider = setup.open({ requestTimeoutMs: 100 });
    expect(await provider.embed(['honey'], 'query')).toEqual([normalised('honey')]);
    await setup.server.requests[0]?.closed;
    expect(setup.waits[0]).toBe(250);
  });

  it.each<[string, EmbeddingsManner, RegExp]>([
    ['resets', { kind: 'reset' }, /^The embedding model cannot be reached \(E?[A-Z a-z]+\)\.$/],
    ['answers 500', status(500, '{"error":"out of memory"}'), /^The embedding model answered 500: "out of memory"\.$/],
    ['hangs', { kind: 'hang' }, /gave no whole answer within 200 ms/],
  ])('ends after four tries of an endpoint that always %s', async (_name, manner, message) => {
    setup.server.behaveAlways(manner);
    const failure = setup.open({ requestTimeoutMs: 200 }).embed(['honey'], 'passage');
    await expect(failure).rejects.toMatchObject(UNAVAILABLE);
    await expect(failure).rejects.toThrow(message);
    expect(setup.server.requests).toHaveLength(4);
    expect(setup.waits).toEqual([250, 500, 1_000]);
  });

  it('is a kept connection that turns out to be closed: the next one is tried at once', async () => {
    const provider = setup.open();
    await provider.embed(['honey'], 'query');
    setup.server.behave({ kind: 'reset' });
    expect(await provider.embed(['honey'], 'query')).toHaveLength(1);
    expect(setup.server.requests).toHaveLength(3);
    expect(setup.waits).toEqual([]);
  });

  it('is an endpoint that is not there', async () => {
    const provider = setup.open();
    await setup.server.close();
    await expect(provider.embed(['honey'], 'query')).rejects.toThrow('cannot be reached (ECONNREFUSED)');
    setup.server = await StandInEmbeddings.start();
  });

  it('is not waited for when the wait is longer than the query has time', async () => {
    setup.server.behaveAlways(status(429, '{"error":{"message":"slow down"}}', { 'retry-after': '30' }));
    await expect(setup.open({ timeoutMs: 5_000 }).embed(['a'], 'query')).rejects.toThrow('answered 429: "slow down"');
    expect(setup.waits).toEqual([]);
  });

  it('ends with the time of a query, whatever the requests are doing', async () => {
    setup.server.behaveAlways({ kind: 'hang' });
    await expect(setup.open({ timeoutMs: 50 }).embed(['a'], 'query')).rejects.toThrow('did not answer within 50 ms');
    await setup.server.requests[0]?.closed;
  });
});

describe('an endpoint that asks to wait', () => {
  it('is asked again after the time it names, in seconds or as a date', async () => {
    const date = new Date(Date.now() + 20_000).toUTCString();
    setup.server.behave(status(429, '{}', { 'retry-after': '2' }), status(503, '{}', { 'retry-after': date }));
    expect(await setup.open().embed(['honey'], 'passage')).toHaveLength(1);
    expect(setup.waits[0]).toBe(3_000);
    expect(setup.waits[1]).toBeGreaterThan(10_000);
    expect(setup.waits[1]).toBeLessThanOrEqual(21_000);
  });

  it('is asked in growing intervals when it names none, or one without end', async () => {
    setup.server.behave(status(429), status(429), status(429, '{}', { 'retry-after': '86400' }));
    await setup.open({ timeoutMs: 600_000 }).embed(['honey'], 'query');
    expect(setup.waits).toEqual([1_000, 2_000, 60_000]);
  });

  it('is given up after ten answers', async () => {
    setup.server.behaveAlways(status(429, '{"error":{"message":"You exceeded your current quota"}}'));
    const failure = setup.open().embed(['honey'], 'passage');
    await expect(failure).rejects.toMatchObject(UNAVAILABLE);
    await expect(failure).rejects.toThrow('answered 429: "You exceeded your current quota"');
    expect(setup.server.requests).toHaveLength(10);
  });

  it('is left alone by everybody meanwhile', async () => {
    let goOn: () => void = () => undefined;
    const over = new Promise<void>((resolve) => (goOn = resolve));
    let paused: () => void = () => undefined;
    const began = new Promise<void>((resolve) => (paused = resolve));
    const wait = (ms: number): Promise<void> => {
      setup.waits.push(ms);
      paused();
      return over;
    };
    const provider = setup.open({ timing: { wait, random: () => 0 } });
    setup.server.behave(status(429, '{}', { 'retry-after': '7' }));
    const first = provider.embed(['first'], 'passage');
    await began;
    const later = [provider.embed(['second'], 'passage'), provider.embed(['third'], 'query')];
    // Whatever would be sent, would be by now: another client of the same server is answered after it.
    const other = new EmbeddingsClient({
      baseUrl: setup.server.baseUrl,
      model: 'm',
      timeoutMs: 30_000,
      maxConnections: 1,
    });
    await other.embed(['other'], new AbortController().signal);
    other.close();
    expect(setup.server.inputs).toEqual(['first', 'other']);
    goOn();
    expect(await Promise.all([first, ...later])).toHaveLength(3);
    expect(setup.server.inputs).toHaveLength(5);
    expect(setup.waits).toEqual([7_000]);
  });

  it('refuses queries early while the pause is longer than they can wait', async () => {
    let paused: () => void = () => undefined;
    const began = new Promise<void>((resolve) => (paused = resolve));
    const wait = (_ms: number, signal?: AbortSignal): Promise<never> => {
      paused();
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))));
    };
    const provider = setup.open({ timeoutMs: 5_000, timing: { wait, random: () => 0 } });
    setup.server.behave(status(429, '{}', { 'retry-after': '30' }));
    const passage = provider.embed(['first'], 'passage');
    passage.catch(() => undefined);
    await began;
    await expect(provider.embed(['query'], 'query')).rejects.toThrow('asks to be left alone for longer');
    await provider.close();
    await expect(passage).rejects.toThrow('is shutting down');
    expect(setup.server.inputs).toEqual(['first']);
  });
});

describe('what will not pass', () => {
  it.each<[string, EmbeddingsManner, RegExp]>([
    ['400', status(400, '{"error":{"message":"bad model"}}'), /answered 400: "bad model"/],
    ['403', status(403), /answered 403\.$/],
    ['404', status(404, '{"detail":"Not Found"}'), /answered 404: "Not Found"/],
    [
      'a redirect',
      status(302, '', { location: 'http://169.254.169.254/' }),
      /a redirect \(302\), which is not followed/,
    ],
    ['a redirect that keeps the method', status(307, '', { location: '/v1/embeddings' }), /redirect \(307\)/],
    ['an endless body', { kind: 'endless' }, /answered with more than \d+ bytes/],
    ['an endless error', { kind: 'endless-error' }, /answered 400: "x{199}…"/],
    ['no JSON', { kind: 'body', body: `{"data":[${DOCUMENT}` }, /an answer that is no valid JSON/],
    ['HTML', { kind: 'body', body: '<html>', contentType: 'text/html' }, /something that is not JSON/],
    [
      'JSON by another name',
      { kind: 'body', body: '{}', contentType: 'application/jsonp' },
      /something that is not JSON/,
    ],
    ['204', status(204, ''), /answered 204/],
    ['too few', changed((answer) => ({ data: answer.data.slice(1) })), /0 vectors for 1 texts/],
    [
      'a wrong index',
      changed((answer) => ({ data: answer.data.map((entry) => ({ ...entry, index: 1 })) })),
      /valid index/,
    ],
    ['another dimension', withVector([1, 0, 0]), /vectors of 3 dimensions instead of 256/],
    ['strings', withVector(new Array(256).fill('1')), /not all numbers/],
    ['nulls', withVector(new Array(256).fill(null)), /not all numbers/],
    ['zeros', withVector(new Array(256).fill(0)), /without a direction/],
  ])('fails at the first try: %s', async (_name, manner, message) => {
    setup.server.behave(manner);
    const failure = setup.open().embed([DOCUMENT], 'passage');
    await expect(failure).rejects.toMatchObject(UNAVAILABLE);
    await expect(failure).rejects.toThrow(message);
    expect(setup.server.requests).toHaveLength(1);
    expect(setup.waits).toEqual([]);
  });

  it.each<[string, string]>([
    ['the key in its words', `{"error":{"message":"Incorrect API key provided: ${KEY}."}}`],
    ['the key as it came', `no: Bearer ${KEY}`],
    ['the document', JSON.stringify({ error: `bad key for input "${DOCUMENT.slice(10, 40)}"` })],
    ['the request', JSON.stringify({ detail: [{ input: DOCUMENT, key: KEY }] })],
  ])('says nothing that it must not when a 401 holds %s', async (_name, body) => {
    setup.server.behave(status(401, body));
    const failure: Error = await setup
      .open()
      .embed([DOCUMENT], 'passage')
      .then(
        () => Promise.reject(new Error('answered')),
        (error: Error) => error,
      );
    expect(failure).toMatchObject(UNAVAILABLE);
    expect(failure.message).toMatch(/^The embedding model answered 401[:.]/);
    for (let error: unknown = failure; error instanceof Error; error = error.cause) {
      const everything = `${error.message} ${error.stack} ${JSON.stringify(Object.values(error))}`;
      expect(everything).not.toContain(KEY.slice(0, 12));
      expect(everything).not.toContain(DOCUMENT.slice(15, 35));
    }
  });

  it('accepts vectors in any order', async () => {
    setup.server.behave(changed((answer) => ({ ...answer, data: answer.data.toReversed() })));
    const texts = ['honey', 'sails', 'bread'];
    expect(await setup.open().embed(texts, 'passage')).toEqual(texts.map(normalised));
  });

  it('does without dimensions where they are not known, as long as the vectors have them', async () => {
    const words = JSON.stringify({ error: { message: 'this model does not support matryoshka representation' } });
    setup.server.behaveAlways(({ dimensions }) => (dimensions === undefined ? { kind: 'well' } : status(400, words)));
    const provider = setup.open();
    expect(await provider.embed(['honey'], 'query')).toHaveLength(1);
    await provider.embed(['honey'], 'query');
    expect(setup.server.requests.map(({ body }) => body.dimensions)).toEqual([256, undefined, undefined]);
    await expect(setup.open({ dimension: 128 }).embed(['honey'], 'query')).rejects.toThrow(
      '256 dimensions instead of 128',
    );
  });
});

describe('a text that is too long for the endpoint', () => {
  const refusing = (maxChars: number, code = 413): void => {
    const words = '{"error":"Input validation error: `inputs` must have less than 512 tokens. Given: 600"}';
    setup.server.behaveAlways(({ input }) =>
      input.some((text) => text.length > maxChars) ? status(code, words) : { kind: 'well' },
    );
  };

  it.each(['query', 'passage'] as const)('is halved until it fits: %s', async (kind) => {
    refusing(100, 400);
    const text = 'honey '.repeat(60).trim();
    expect(await setup.open().embed([text], kind)).toEqual([normalised(text.slice(0, 89))]);
    expect(setup.server.requests.map(({ body }) => body.input[0]?.length)).toEqual([359, 179, 89]);
  });

  it('is found in its batch, and the others are left as they are', async () => {
    refusing(100);
    const texts = ['honey', 'sails', 'bread '.repeat(30), 'tides', 'knots'];
    const vectors = await setup.open().embed(texts, 'passage');
    expect(vectors).toEqual(texts.map((text) => normalised(text.slice(0, 90))));
  });

  it('is given up when no half of it is short enough', async () => {
    refusing(0);
    const failure = setup.open().embed(['honey '.repeat(1_000)], 'passage');
    await expect(failure).rejects.toMatchObject(UNAVAILABLE);
    expect(setup.server.requests).toHaveLength(7);
  });

  it('may be the whole batch', async () => {
    setup.server.behaveAlways(({ input }) =>
      input.length > 2 ? status(422, '{"error":"batch size 5 > maximum allowed batch size 2"}') : { kind: 'well' },
    );
    const texts = ['honey', 'sails', 'bread', 'tides', 'knots'];
    expect(await setup.open().embed(texts, 'passage')).toEqual(texts.map(normalised));
  });
});
