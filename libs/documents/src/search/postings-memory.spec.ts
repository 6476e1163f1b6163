import { encodePostings, type UnpackedPostings, unpackPostings } from './postings';
import { PostingsMemory } from './postings-memory';

const row = (chunks: number): UnpackedPostings => {
  const postings = Array.from({ length: chunks }, (_, number) => ({ number, times: 1, length: 9 }));
  return unpackPostings(chunks, encodePostings(postings).bytes);
};
const held = (memory: PostingsMemory, place: string, term: string): string[] => [...memory.get(place, term).keys()];

it('remembers the rows of a word, in the place that was searched', () => {
  const memory = new PostingsMemory();
  const rows = new Map([['a', row(3)]]);
  memory.put('here', 'mooring', rows);
  expect(memory.get('here', 'mooring')).toBe(rows);
  expect(held(memory, 'there', 'mooring')).toEqual([]);
  expect(held(memory, 'here', 'berth')).toEqual([]);
});

it('forgets rows that the database has no more', () => {
  const memory = new PostingsMemory();
  memory.put('', 'mooring', new Map(Object.entries({ a: row(3), b: row(4) })));
  memory.put('', 'mooring', new Map([['c', row(7)]]));
  expect(held(memory, '', 'mooring')).toEqual(['c']);
  memory.put('', 'mooring', new Map());
  expect(held(memory, '', 'mooring')).toEqual([]);
});

it('lets go of the word that was not asked for longest, and takes none that is too large', () => {
  const memory = new PostingsMemory(3 * (200 + 400 + 8_000));
  const words = ['one', 'two', 'three'];
  for (const word of words) memory.put('', word, new Map([[word, row(1_000)]]));
  expect(words.flatMap((word) => held(memory, '', word))).toEqual(words);
  memory.get('', 'one');
  memory.put('', 'four', new Map([['four', row(1_000)]]));
  expect([...words, 'four'].filter((word) => held(memory, '', word).length > 0)).toEqual(['one', 'three', 'four']);
  memory.put('', 'huge', new Map([['huge', row(4_000)]]));
  expect([...words, 'four', 'huge'].filter((word) => held(memory, '', word).length > 0)).toEqual([
    'one',
    'three',
    'four',
  ]);
});
