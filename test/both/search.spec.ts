import { EMBEDDING_PROVIDER, type EmbeddingProvider } from '@vectorlane/embeddings';
import { TestApp } from '../support/test-app';

let service: TestApp;
const ids: Record<string, string> = {};

const DOCUMENTS = {
  'bees.md': {
    text: '# Bees\n\n## Winter\n\nIn the cold months the colony forms a tight cluster around the queen and shivers to keep warm.',
    metadata: { year: 2021, topic: 'animals', tags: ['insects'], public: true },
  },
  'sails.txt': {
    text: 'Reef the mainsail early: once the wind has risen, taking in canvas on a heeling deck is hard and dangerous work.',
    metadata: { year: 2019, topic: 'boats', published: '2019-05-01' },
  },
  'bread.html': {
    text: '<html><body><h1>Bread</h1><p>A long cold rise in the refrigerator gives the loaf its sour taste and open crumb.</p></body></html>',
    metadata: { year: 2023, topic: 'food' },
  },
  'haus.txt': {
    text: 'Die alten Häuser am Fluss wurden nach dem Hochwasser neu verputzt.',
    metadata: { topic: 'boats' },
  },
  'pueblo.txt': {
    text: 'Los pescadores del pueblo vendieron sus barcas y compraron tierras para cultivar olivos.',
    metadata: {},
  },
} as const;

beforeAll(async () => {
  service = await TestApp.start({}, 'local');
  for (const [name, { text, metadata }] of Object.entries(DOCUMENTS)) {
    const document = await service.ingest(name, text, { metadata });
    expect(document.status).toBe('completed');
    ids[name] = document.id;
  }
}, 90_000);
afterAll(() => service?.stop(), 60_000);

const search = async (
  body: object,
): Promise<{ results: { documentId: string; metadata: { filename: string }; score: number }[] }> => {
  const { status, body: answer } = await service.json('/api/search', body);
  expect(status).toBe(200);
  return answer;
};
const names = async (body: object): Promise<string[]> =>
  (await search(body)).results.map(({ metadata }) => metadata.filename);

describe('POST /api/search', () => {
  it.each(['hybrid', 'vector'])('finds by meaning in mode %s', async (mode) => {
    expect((await names({ query: 'How do insects survive low temperatures?', mode }))[0]).toBe('bees.md');
    expect((await names({ query: 'baking a tangy loaf', mode }))[0]).toBe('bread.html');
  });

  it('answers with the passage, its place and a score', async () => {
    const { results } = await search({ query: 'How do bees keep warm?', topK: 1 });
    expect(results).toEqual([
      {
        documentId: ids['bees.md'],
        chunkId: expect.any(String),
        content: expect.stringContaining('tight cluster'),
        score: expect.any(Number),
        metadata: expect.objectContaining({
          filename: 'bees.md',
          format: 'md',
          heading: expect.stringContaining('Winter'),
          charStart: expect.any(Number),
          charEnd: expect.any(Number),
          document: DOCUMENTS['bees.md'].metadata,
        }),
      },
    ]);
  });

  it('finds by any of the words, in a question in plain words', async () => {
    const found = await names({
      query: 'What is it that makes the colony shiver, exactly, I wonder?',
      mode: 'keyword',
    });
    expect(found[0]).toBe('bees.md');
    expect(await names({ query: 'qwertyuiop', mode: 'keyword' })).toEqual([]);
    expect(await names({ query: '???', mode: 'keyword' })).toEqual([]);
  });

  it('meets inflected words in their own language', async () => {
    expect(await names({ query: 'Haus', mode: 'keyword' })).toEqual(['haus.txt']);
    expect(await names({ query: 'pescador', mode: 'keyword' })).toEqual(['pueblo.txt']);
    expect(await names({ query: 'months', mode: 'keyword' })).toEqual(['bees.md']);
  });

  it('keeps every score between 0 and 1, falling', async () => {
    for (const mode of ['hybrid', 'vector', 'keyword']) {
      const { results } = await search({ query: 'cold wind and warm bread', mode, topK: 100 });
      results.forEach(({ score }, index) => {
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(index === 0 ? 1 : (results[index - 1]?.score ?? 1));
      });
    }
  });

  const everything = { query: 'a text about something', topK: 100 };
  it.each([
    ['format', { format: ['html', 'md'] }, ['bees.md', 'bread.html']],
    ['an equal value', { metadata: { topic: 'boats' } }, ['haus.txt', 'sails.txt']],
    ['a list of values', { metadata: { topic: { in: ['food', 'animals'] } } }, ['bees.md', 'bread.html']],
    ['a range of numbers', { metadata: { year: { gte: 2019, lt: 2023 } } }, ['bees.md', 'sails.txt']],
    ['a range of strings', { metadata: { published: { gt: '2019-01-01' } } }, ['sails.txt']],
    ['a boolean', { metadata: { public: true } }, ['bees.md']],
    ['two keys', { metadata: { topic: 'boats', year: { lte: 2019 } } }, ['sails.txt']],
    ['nothing that matches', { metadata: { topic: 'nothing' } }, []],
    ['an empty list', { format: [] }, []],
    ['a type that does not compare', { metadata: { topic: { gt: 5 } } }, []],
  ])('filters by %s', async (_, filter, expected) => {
    for (const mode of ['hybrid', 'vector']) {
      expect((await names({ ...everything, mode, filter })).toSorted()).toEqual(expected);
    }
  });

  it('filters by document', async () => {
    expect(await names({ ...everything, filter: { documentId: [ids['sails.txt']] } })).toEqual(['sails.txt']);
  });

  it.each([
    [{}, 'query'],
    [{ query: '' }, 'query'],
    [{ query: '   ' }, 'query'],
    [{ query: 'x', topK: 0 }, 'topK'],
    [{ query: 'x', topK: 101 }, 'topK'],
    [{ query: 'x', topK: 1.5 }, 'topK'],
    [{ query: 'x', mode: 'magic' }, 'mode'],
    [{ query: 'x', colour: 'red' }, 'colour'],
    [{ query: 'x', filter: { size: 1 } }, 'size'],
    [{ query: 'x', filter: { documentId: ['abc'] } }, 'documentId'],
    [{ query: 'x', filter: { metadata: { a: { like: 'b' } } } }, 'metadata'],
    [{ query: 'nul \u0000' }, 'query'],
    [{ query: 'x'.repeat(5_000) }, 'query'],
    [[], 'object'],
  ])('refuses %j, naming %s', async (body, named) => {
    const answer = await service.json('/api/search', body);
    expect(answer.status).toBe(400);
    expect(answer.body.code).toBe('INVALID_REQUEST');
    expect(answer.body.detail).toContain(named);
  });
});

it('stops a search whose client has left', async () => {
  const provider = service.app.get<EmbeddingProvider>(EMBEDDING_PROVIDER, { strict: false });
  const leaving = new AbortController();
  const dropped = new Promise<unknown>((resolve) => {
    jest.spyOn(provider, 'embed').mockImplementationOnce((_texts, _kind, signal) => {
      leaving.abort();
      return new Promise((_, reject) => {
        signal?.addEventListener('abort', () => {
          reject(signal.reason as Error);
          resolve(signal.reason);
        });
      });
    });
  });
  await expect(
    service.json('/api/search', { query: 'How do bees keep warm?' }, { signal: leaving.signal }),
  ).rejects.toThrow();
  expect(await dropped).toMatchObject({ message: expect.stringContaining('The client left') });
});
