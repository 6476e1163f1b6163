import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyse } from '@vectorlane/analysis';
import { CollectionScope, WordIndexRepository, WordsRepository } from '@vectorlane/documents';
import { DataSource, EntityManager, type ObjectLiteral } from 'typeorm';
import { sized } from '../../support/sizes';
import { TestApp } from '../../support/test-app';

// The words of chunks from upload to answer, on the engine: what is found, how it is weighed, and that none of the work
// behind it (folding, new analysis, removal of what is gone) changes an answer.

const CORPUS = join(__dirname, '../../corpus');
const NOTES: Readonly<Record<string, string>> = {
  'identifiers.txt':
    'Invoice INV-2031 covers the fiscal year 2024-2025. Flight LH-404 left on 2026-03-27. The form lies at ' +
    '/srv/forms/mooring.pdf and https://www.harbour.example.org/rules/berths?x=1',
  'soft.txt':
    'Das Gesamt\u00adkon\u00adzept der Donau\u00addampf\u00adschiff\u00adfahrt liegt aus. The brine\u200bshrimp feeder was sold.',
  'chinese.txt': '渔港管理办法规定凡进出渔港的船舶应当遵守本办法。机器学习模型用于预测潮汐高度。值班人员每天记录风速。',
  'japanese.txt': '港の潮位は毎日記録される。漁船は夜明け前に出港する。',
  'korean.txt': '어선이 새벽에 항구에서 출발했다. 조수 높이는 매일 기록된다.',
  'thai.txt': 'เรือประมงออกจากท่าเรือตอนเช้า ระดับน้ำขึ้นถูกบันทึกทุกวัน',
};

let service: TestApp;
let dataSource: DataSource;
let index: WordIndexRepository;

beforeAll(async () => {
  service = await TestApp.start();
  dataSource = service.app.get(DataSource);
  index = service.app.get(WordIndexRepository);
  await Promise.all(Object.entries(NOTES).map(([name, text]) => service.ingest(name, text)));
  for (const name of ['tide-tables.txt', 'sailing-knots.txt', 'sourdough.txt', 'soil-ph.md', 'riego-huerta.md']) {
    await service.ingest(name, readFileSync(join(CORPUS, name), 'utf8'));
  }
}, 120_000);
afterAll(() => service?.stop(), 60_000);

interface Hit {
  readonly chunkId: string;
  readonly score: number;
  readonly metadata: { readonly filename: string };
}
const hits = async (query: string, topK = 100): Promise<Hit[]> => {
  const { status, body } = await service.json('/api/search', { query, mode: 'keyword', topK });
  expect(status).toBe(200);
  return body.results as Hit[];
};
const names = async (query: string): Promise<string[]> => (await hits(query)).map(({ metadata }) => metadata.filename);

const QUESTIONS = [
  'how high does the tide rise at spring tides',
  'tie two ropes of different diameter',
  'acid soil lime iron',
  'riego por goteo en la huerta',
  'the dough the dough the dough',
  'INV-2031 harbour',
];
const answers = async (): Promise<unknown> => {
  const all: unknown[] = [];
  for (const question of QUESTIONS)
    all.push((await hits(question)).map(({ chunkId, score }) => [chunkId, score.toFixed(5)]));
  return all;
};

it.each([
  ['2031', 'identifiers.txt'],
  ['INV-2031', 'identifiers.txt'],
  ['2025', 'identifiers.txt'],
  ['404', 'identifiers.txt'],
  ['mooring.pdf', 'identifiers.txt'],
  ['harbour.example.org', 'identifiers.txt'],
  ['berths', 'identifiers.txt'],
  ['Gesamtkonzept', 'soft.txt'],
  ['brineshrimp', 'soft.txt'],
  ['Gesamt\u00adkonzept', 'soft.txt'],
  ['机器学习', 'chinese.txt'],
  ['潮汐', 'chinese.txt'],
  ['潮位', 'japanese.txt'],
  ['항구', 'korean.txt'],
  ['ท่าเรือ', 'thai.txt'],
])('finds %s', async (query, name) => {
  expect((await names(query))[0]).toBe(name);
});

it('scores by BM25 over the words of all chunks', async () => {
  const chunks = await dataSource.query<{ id: string; text: string; language: 'english' }[]>(
    `SELECT c.id, coalesce((c.place ->> 'heading') || E'\\n', '') || c.content AS text, d.language
       FROM visible_chunks c JOIN documents d ON d.id = c.document_id`,
  );
  const words = chunks.map(({ text, language }) => analyse(text, language));
  const lengths = words.map((tokens) => tokens.filter(({ beside }) => !beside).length);
  const average = lengths.reduce((sum, length) => sum + length, 0) / chunks.length;
  const has = (position: number, term: string): number =>
    words[position]?.filter((token) => token.term === term).length ?? 0;
  const exact = (terms: readonly string[]): string[] =>
    chunks
      .map(({ id }, position) => ({
        id,
        score: terms.reduce((sum, term) => {
          const holding = words.filter((_, other) => has(other, term) > 0).length;
          const idf = Math.log(1 + (chunks.length - holding + 0.5) / (holding + 0.5));
          const times = has(position, term);
          return sum + (idf * times * 2.2) / (times + 1.2 * (0.25 + (0.75 * (lengths[position] ?? 0)) / average));
        }, 0),
      }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score)
      .map(({ id }) => id);
  // Words that stand alike in each language here, so that the sum needs no stems.
  for (const terms of [['tide', 'rope', 'soil'], ['knot'], ['dough', 'dough', 'salt']]) {
    expect((await hits(terms.join(' '))).map(({ chunkId }) => chunkId)).toEqual(exact(terms));
  }
});

it('answers the same once its rows are folded, and once more after that', async () => {
  const before = await answers();
  await index.foldAll();
  expect(await dataSource.query('SELECT 1 FROM fresh_words')).toEqual([]);
  expect(await answers()).toEqual(before);
  await service.ingest('more.txt', 'Nothing that anybody asks for lies in this note.');
  await index.foldAll();
  expect((await names('anybody'))[0]).toBe('more.txt');
  const rows = await dataSource.query<{ term: string }[]>('SELECT term FROM words GROUP BY term HAVING count(*) > 3');
  expect(rows).toEqual([]);
});

it('folds by the index alone, whatever the database thinks how many fresh rows there are', async () => {
  const plans: string[] = [];
  const { query } = EntityManager.prototype;
  const asked = jest.spyOn(EntityManager.prototype, 'query');
  asked.mockImplementation(async function (this: EntityManager, statement: string, values?: unknown[] | ObjectLiteral) {
    const isRead = /words/.test(statement) && !/^\s*INSERT/.test(statement);
    if (isRead) plans.push(JSON.stringify(await query.call(this, `EXPLAIN ${statement}`, values)));
    return query.call(this, statement, values);
  });
  await service.ingest('fold.txt', 'Some words that lie fresh in the table.');
  // As cleaning up leaves it that could not take the pages away.
  await dataSource.query(`UPDATE pg_class SET reltuples = 0, relpages = 1000 WHERE relname = 'fresh_words'`);
  plans.length = 0;
  await index.foldAll();
  asked.mockRestore();
  expect(plans.length).toBeGreaterThan(2);
  const isWide = /Seq Scan on (fresh_)?words|Hash|Merge|Nested Loop.*fresh_words|fresh_words.*Nested Loop/;
  expect(plans.filter((plan) => isWide.test(plan))).toEqual([]);
});

it('finds everything once another analyser has left it to this one, without its files', async () => {
  const before = await answers();
  await dataSource.query('UPDATE chunk_words SET analyser = 0');
  await dataSource.query('DELETE FROM chunk_words WHERE number % 3 = 0');
  await dataSource.query('DELETE FROM word_analyser');
  expect(await index.analyseAll()).toBe(true);
  expect(await dataSource.query('SELECT 1 FROM chunk_words WHERE analyser = 0')).toEqual([]);
  // Those that were there before are gone, and weigh on the others no more.
  await index.foldAll();
  await index.removeAllGone(undefined, 0);
  const sorted = (given: unknown): string => JSON.stringify((given as unknown[][]).map((list) => list.toSorted()));
  expect(sorted(await answers())).toBe(sorted(before));
});

it('keeps the postings of a word in memory as long as its rows are the same', async () => {
  const words = service.app.get(WordsRepository);
  const read = async (): Promise<Awaited<ReturnType<WordsRepository['read']>>['runs']> =>
    (await words.read(CollectionScope.allBut([]), ['wombat', 'burrow'], 1_000)).runs;
  const numbers = (runs: Awaited<ReturnType<typeof read>>): number[] =>
    runs.flatMap(({ firstNumber, postings }) => Array.from(postings?.offsets ?? [], (offset) => firstNumber + offset));
  await service.ingest('wombat-1.txt', 'A wombat digs its burrow.');
  const first = await read();
  const second = await read();
  expect(second).toEqual(first);
  first.forEach(({ postings }, at) => expect(second[at]?.postings).toBe(postings));

  await service.ingest('wombat-2.txt', 'Another wombat shares the burrow.');
  const third = await read();
  expect(new Set(numbers(third))).toHaveProperty('size', 2);
  await index.foldAll();
  const folded = await read();
  expect(folded.map(({ term, chunks }) => [term, chunks]).toSorted()).toEqual([
    ['burrow', 2],
    ['wombat', 2],
  ]);
  expect(numbers(folded).toSorted()).toEqual(numbers(third).toSorted());
});

it('forgets a deleted document at once, and its words in the background', async () => {
  const { id } = await service.ingest('passing.txt', 'A zyzzyva crossed the harbour.');
  expect(await names('zyzzyva')).toEqual(['passing.txt']);
  await service.json(`/api/documents/${id}`, undefined, { method: 'DELETE' });
  expect(await names('zyzzyva')).toEqual([]);
  await index.foldAll();
  await index.removeAllGone(undefined, 0);
  expect((await service.app.get(WordsRepository).read(CollectionScope.allBut([]), ['zyzzyva'], 1_000)).runs).toEqual(
    [],
  );
});

it('finds as many as are wanted behind those that nobody sees', async () => {
  const words = 'quokka '.repeat(20);
  const documents = await Promise.all(
    Array.from({ length: 12 }, (_, number) => service.ingest(`quokka-${number}.txt`, `${words} ${number}`)),
  );
  await service.ingest(
    'quokka.txt',
    'There was one quokka among a hundred other animals of the island, said the warden.',
  );
  await dataSource.query(
    `UPDATE documents SET status = 'pending', stage = 'queued', next_attempt_at = now() + interval '1 hour', visible_generation = NULL
      WHERE id = ANY($1::uuid[])`,
    [documents.map(({ id }) => id as string)],
  );
  const { body } = await service.json('/api/search', { query: 'quokka', mode: 'keyword', topK: 1 });
  expect(body.results.map(({ metadata }: Hit) => metadata.filename)).toEqual(['quokka.txt']);
});

it('puts a passage that holds the whole question first, for any phrase copied out of a text', async () => {
  const rows = await dataSource.query<{ content: string }[]>(
    `SELECT content FROM visible_chunks
      WHERE filename IN ('tide-tables.txt', 'sailing-knots.txt', 'sourdough.txt', 'soil-ph.md', 'riego-huerta.md')
      ORDER BY filename, ordinal`,
  );
  let state = 42;
  const below = (most: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
  const plain = (text: string): string =>
    text
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu)
      ?.join(' ') ?? '';
  const phrases = Array.from({ length: sized(20, 300) }, () => {
    const words = rows[below(rows.length)]?.content.split(/\s+/) ?? [];
    const length = 6 + below(5);
    // What has a meaning of its own in a question is another test's matter.
    return words
      .slice(below(Math.max(1, words.length - length)))
      .slice(0, length)
      .join(' ')
      .replace(/["]|(?<!\S)-/g, '');
  });
  for (const query of phrases) {
    const { body } = await service.json('/api/search', { query, topK: 1 });
    const [best] = body.results as { content: string }[];
    expect({ query, holds: plain(best?.content ?? '').includes(plain(query)) }).toEqual({ query, holds: true });
  }
}, 60_000);

it('puts the one passage that holds a quotation of frequent words before those that hold its words', async () => {
  const quoted = 'and these were then compared with the';
  const words = 'compared with these and then the others were compared again, as these are compared with the rest';
  await service.ingest(
    'quoted.txt',
    `At the end of a long day the keepers read all gauges, ${quoted} old ones in full.`,
  );
  for (const round of [1, 2, 3]) {
    const names = Array.from({ length: 12 }, (_, number) => `compared-${round}-${number}.txt`);
    await Promise.all(names.map((name) => service.ingest(name, `${words} ${name}`)));
  }
  for (const query of [quoted, `"${quoted}"`, `"${quoted}" keepers`]) {
    const { body } = await service.json('/api/search', { query });
    expect(body.results[0].metadata.filename).toBe('quoted.txt');
  }
  const { body } = await service.json('/api/search', { query: `"${quoted}"`, mode: 'keyword', topK: 100 });
  expect(body.results.map(({ metadata }: Hit) => metadata.filename)).toEqual(['quoted.txt']);
});
