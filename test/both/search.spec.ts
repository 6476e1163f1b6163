import { EMBEDDING_PROVIDER, type EmbeddingProvider } from '@vectorlane/embeddings';
import { IngestionFailure } from '@vectorlane/errors';
import { type Reranker, RERANKER } from '@vectorlane/search';
import { TestApp, type Untyped } from '../support/test-app';

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
  'odd.txt': {
    text: 'A lap record was set on the coast route before the tide came in.',
    metadata: { constructor: 'Ferrari', prototype: 7 },
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
        place: { heading: expect.stringContaining('Winter') },
        metadata: expect.objectContaining({
          filename: 'bees.md',
          format: 'md',
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
    ['an element of an array', { metadata: { tags: 'insects' } }, ['bees.md']],
    ['elements of an array in a list', { metadata: { tags: { in: ['insects', 'x'] } } }, ['bees.md']],
    ['a range over elements', { metadata: { tags: { gte: 'insects' } } }, ['bees.md']],
    ['what is not', { metadata: { topic: { ne: 'boats' } } }, ['bees.md', 'bread.html', 'odd.txt', 'pueblo.txt']],
    ['what is none of', { metadata: { topic: { nin: ['boats', 'food'] } } }, ['bees.md', 'odd.txt', 'pueblo.txt']],
    ['what is there', { metadata: { year: { exists: true } } }, ['bees.md', 'bread.html', 'sails.txt']],
    ['what is not there', { metadata: { topic: { exists: false } } }, ['odd.txt', 'pueblo.txt']],
    ['either', { or: [{ format: ['html'] }, { metadata: { topic: 'animals' } }] }, ['bees.md', 'bread.html']],
    ['both', { and: [{ format: ['txt'] }, { metadata: { topic: 'boats' } }] }, ['haus.txt', 'sails.txt']],
    ['neither', { not: { or: [{ format: ['txt'] }, { format: ['md'] }] } }, ['bread.html']],
    ['one of two ranges', { metadata: { year: { or: [{ lt: 2020 }, { gt: 2022 }] } } }, ['bread.html', 'sails.txt']],
    ['no such range', { metadata: { year: { not: { gte: 2020 }, exists: true } } }, ['sails.txt']],
    ['a key of every object', { metadata: { constructor: 'Ferrari' } }, ['odd.txt']],
    ['a key of prototypes', { metadata: { prototype: 7 } }, ['odd.txt']],
    ['a key that only JavaScript has', { metadata: { toString: 'x' } }, []],
    ['a negated list that is empty', { not: { metadata: { topic: { in: [] } } }, format: ['md'] }, ['bees.md']],
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
    [{ query: 'x', filter: { metadata: { a: { like: 'b' } } } }, 'filter.metadata.a.like'],
    [{ query: 'x', filter: { metadata: { a: {} } } }, 'filter.metadata.a'],
    [{ query: 'x', filter: { metadata: { a: { in: [{}] } } } }, 'filter.metadata.a.in'],
    [{ query: 'x', filter: { or: [{ format: 'md' }] } }, 'filter.or'],
    [{ query: 'x', filter: { metadata: { constructor: { like: 1 } } } }, 'filter.metadata.constructor.like'],
    [{ query: 'x', filter: 'format=md' }, 'filter'],
    [{ query: 'x', offset: 1_000 }, 'offset'],
    [{ query: 'x', minScore: 2 }, 'minScore'],
    [{ query: 'x', groupBy: 'format' }, 'groupBy'],
    [{ query: 'x', context: 6 }, 'context'],
    [{ query: 'x', highlights: 'yes' }, 'highlights'],
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

describe('what an answer holds on request', () => {
  const long = Array.from(
    { length: 12 },
    (_, number) =>
      `## Part ${number}\n\nThe ${number}th lantern of the old lighthouse was lit by keeper ${number} at dusk.`,
  ).join('\n\n');
  let id: string;
  beforeAll(async () => {
    id = (await service.ingest('lighthouse.md', `# Lanterns\n\n${long}`)).id as string;
  });
  const inLighthouse = { filter: { documentId: [] as string[] } };
  const ask = async (body: object): Promise<Untyped[]> => {
    inLighthouse.filter.documentId = [id];
    return (await search({ query: 'the 5th lantern', ...inLighthouse, ...body })).results;
  };

  it('chunks before and after, in order, cut at the ends of the document', async () => {
    const { body } = await service.json(`/api/documents/${id}/chunks`);
    const chunks = body.items as { id: string; content: string }[];
    expect(chunks.length).toBeGreaterThan(3);
    for (const hit of await ask({ context: 2, topK: 100 })) {
      const at = chunks.findIndex((chunk) => chunk.id === hit.chunkId);
      expect(hit.before.map(({ chunkId }: Untyped) => chunkId)).toEqual(
        chunks.slice(Math.max(0, at - 2), at).map((chunk) => chunk.id),
      );
      expect(hit.after.map(({ content }: Untyped) => content)).toEqual(
        chunks.slice(at + 1, at + 3).map(({ content }) => content),
      );
    }
    expect((await ask({}))[0].before).toBeUndefined();
  });

  it('where the words of the question stand', async () => {
    const [hit] = await ask({ query: 'lanterns of a lighthouse keeper', highlights: true, mode: 'keyword' });
    const marked = hit.highlights.map(({ start, end }: Untyped) => hit.content.slice(start, end).toLowerCase());
    expect(marked).toEqual(expect.arrayContaining(['lantern', 'lighthouse', 'keeper']));
    expect(marked).not.toContain('of');
  });

  it.each(['hybrid', 'vector', 'keyword'])('pages that join to the whole list in mode %s', async (mode) => {
    const whole = await ask({ query: 'old lantern at dusk', topK: 10, mode });
    const pages = [
      ...(await ask({ query: 'old lantern at dusk', topK: 4, mode })),
      ...(await ask({ query: 'old lantern at dusk', topK: 6, offset: 4, mode })),
    ];
    const chunkIds = (hits: Untyped[]): string[] => hits.map(({ chunkId }) => chunkId as string);
    if (mode === 'hybrid') expect(new Set(chunkIds(pages).slice(0, 4))).toEqual(new Set(chunkIds(whole).slice(0, 4)));
    else expect(chunkIds(pages)).toEqual(chunkIds(whole));
    // The last page that there is: short, and no mistake of the caller's.
    expect(await ask({ query: 'old lantern at dusk', topK: 100, offset: 999, mode })).toEqual([]);
  });

  it('nothing under the least score', async () => {
    const all = await ask({ topK: 100 });
    const scores = all.map(({ score }) => score as number);
    const drop = (at: number): number => (scores[at - 1] ?? 0) - (scores[at] ?? 0);
    // Where they lie far apart: the ways there are to the same passage differ in the last digits of its score.
    const kept = [1, 2, 3, 4, 5, 6].toSorted((one, other) => drop(other) - drop(one))[0] ?? 0;
    expect(drop(kept)).toBeGreaterThan(0.001);
    const minScore = ((scores[kept - 1] ?? 0) + (scores[kept] ?? 0)) / 2;
    const good = await ask({ topK: 100, minScore });
    expect(good.map(({ chunkId }) => chunkId as string)).toEqual(
      all.slice(0, kept).map(({ chunkId }) => chunkId as string),
    );
  });

  it('the best passage of each document alone', async () => {
    const { results } = await search({ query: 'lantern at dusk', topK: 3, groupBy: 'document' });
    const documents = results.map(({ documentId }) => documentId);
    expect(new Set(documents).size).toBe(3);
    expect(documents[0]).toBe(id);
  });
});

describe('marks in a question', () => {
  it('a phrase must occur as it stands', async () => {
    for (const mode of ['hybrid', 'vector', 'keyword']) {
      expect(await names({ query: '"a tight cluster" wind', mode })).toEqual(['bees.md']);
      expect(await names({ query: '"cluster tight a"', mode })).toEqual([]);
    }
  });

  it('a word must not occur, in any of its forms', async () => {
    for (const mode of ['hybrid', 'vector', 'keyword']) {
      const all = await names({ query: 'cold months in the refrigerator', mode, topK: 100 });
      expect(all).toEqual(expect.arrayContaining(['bees.md', 'bread.html']));
      const without = await names({ query: 'cold months in the refrigerator -loaf', mode, topK: 100 });
      expect(without).toContain('bees.md');
      expect(without).not.toContain('bread.html');
    }
  });

  it.each(['a 5" pipe "', '"', '-', 'wind -', 'What does tar -xvf do?', '"" -'])('%s breaks nothing', async (query) => {
    expect((await service.json('/api/search', { query })).status).toBe(200);
  });
});

describe('letters that the model does not read', () => {
  const RUSSIAN = 'Смотритель маяка каждый вечер записывает направление ветра и высоту прилива.';
  const CHINESE = '值班人员每天记录风速。机器学习模型用于预测潮汐高度。';

  it('take no part by meaning, and the document and the answer say so', async () => {
    const { coverage } = await service.ingest('маяк.txt', RUSSIAN);
    expect(coverage.notes).toEqual(['MODEL_LANGUAGE']);
    await service.ingest('tide.txt', CHINESE);
    expect((await service.ingest('plain.txt', 'A keeper wrote in plain words.')).coverage.notes).toEqual([]);
    for (const mode of ['hybrid', 'vector']) {
      const { body } = await service.json('/api/search', { query: 'высота прилива', mode });
      expect(body.degraded).toEqual(['vector', 'language']);
      expect(body.results.map(({ metadata }: Untyped) => metadata.filename)).toEqual(['маяк.txt']);
      expect((await service.json('/api/search', { query: '潮汐高度', mode })).body.results[0].content).toBe(CHINESE);
    }
    expect(await names({ query: 'a text about something', mode: 'vector', topK: 100 })).not.toContain('маяк.txt');
    const { body } = await service.json('/api/search', { query: 'высота прилива', mode: 'keyword' });
    expect(body.degraded).toBeUndefined();
  });

  it('are found in a question that the model does read', async () => {
    const { body } = await service.json('/api/search', { query: 'What does the keeper mean by 潮汐高度?' });
    expect(body.degraded).toBeUndefined();
    expect(body.results.map(({ content }: Untyped) => content)).toContain(CHINESE);
  });
});

it('puts the passage that holds the whole question first', async () => {
  const { results } = await search({ query: 'set on the coast route before the TIDE came in' });
  expect(results[0]?.metadata.filename).toBe('odd.txt');
});

it('answers by words, and says so, while the model is away', async () => {
  const provider = service.app.get<EmbeddingProvider>(EMBEDDING_PROVIDER, { strict: false });
  const away = new IngestionFailure('EMBEDDING_UNAVAILABLE', 'The model is away.');
  jest.spyOn(provider, 'embed').mockRejectedValueOnce(away);
  const { body } = await service.json('/api/search', { query: 'tight cluster of the colony' });
  expect(body.degraded).toEqual(['vector']);
  expect(body.results[0].metadata.filename).toBe('bees.md');
  jest.spyOn(provider, 'embed').mockRejectedValueOnce(away);
  expect((await service.json('/api/search', { query: 'cluster', mode: 'vector' })).body.code).toBe(
    'EMBEDDING_UNAVAILABLE',
  );
});

describe('rerank', () => {
  const query = 'cold wind and warm bread';

  it('gives the order to a reranker, in every mode, and says so', async () => {
    const { results: fused } = await search({ query, topK: 4 });
    const rate = jest.spyOn(service.app.get<Reranker>(RERANKER, { strict: false }), 'rate');
    rate.mockImplementation((_question, passages) => Promise.resolve(passages.map((_, at) => (at + 1) / 100)));
    for (const mode of ['hybrid', 'vector', 'keyword']) {
      const { body } = await service.json('/api/search', { query, mode, rerank: true, topK: 100 });
      expect(body.reranked).toBe(true);
      const scores = body.results.map(({ score }: Untyped) => score);
      expect(scores).toEqual(scores.toSorted((a: number, b: number) => b - a));
      const [question, passages] = rate.mock.lastCall ?? [];
      expect(question).toBe(query);
      expect(body.results[0].content).toBe(passages?.at(-1));
    }
    const { body } = await service.json('/api/search', { query, rerank: true, topK: 1 });
    expect(body.results[0].documentId).not.toBe(fused[0]?.documentId);
    rate.mockRestore();
  });

  it('keeps the order that there is where the reranker cannot be used', async () => {
    const { results } = await search({ query });
    const { body } = await service.json('/api/search', { query, rerank: true });
    expect(body.reranked).toBe(false);
    expect(body.results).toEqual(results);
    expect((await service.json('/api/search', { query })).body.reranked).toBeUndefined();
    expect((await service.json('/api/search', { query, rerank: 'yes' })).status).toBe(400);
  });
});

it('embeds a question that is asked again once', async () => {
  const provider = service.app.get<EmbeddingProvider>(EMBEDDING_PROVIDER, { strict: false });
  const embed = jest.spyOn(provider, 'embed');
  embed.mockClear();
  const first = await search({ query: 'asked twice in a row' });
  expect(await search({ query: 'asked twice in a row', mode: 'hybrid' })).toMatchObject({ results: first.results });
  expect(embed).toHaveBeenCalledTimes(1);
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
    service.json('/api/search', { query: 'Who leaves before the answer?' }, { signal: leaving.signal }),
  ).rejects.toThrow();
  expect(await dropped).toMatchObject({ message: expect.stringContaining('The client left') });
});
