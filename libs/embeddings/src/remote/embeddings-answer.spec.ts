import { readEmbeddings } from './embeddings-answer';

const answer = (...data: unknown[]): string => JSON.stringify({ object: 'list', data, model: 'm' });
const vector = (index: unknown, embedding: unknown): unknown => ({ object: 'embedding', index, embedding });

describe("an endpoint's answer", () => {
  it('is put in the order of the texts and brought to length 1', () => {
    const vectors = readEmbeddings(answer(vector(1, [0, -2]), vector(0, [3, 4])), 2, { dimension: 2 });
    expect(vectors).toEqual([Float32Array.of(0.6, 0.8), Float32Array.of(0, -1)]);
  });

  it('may have any one dimension when none is expected', () => {
    expect(readEmbeddings(answer(vector(0, [1, 0, 0])), 1)[0]).toHaveLength(3);
    expect(() => readEmbeddings(answer(vector(0, [1]), vector(1, [1, 0])), 2)).toThrow('2 dimensions instead of 1');
  });

  it('may have numbers beyond the range of its floats, as long as they have a direction', () => {
    expect(readEmbeddings(answer(vector(0, [1e150, 0])), 1)[0]).toEqual(Float32Array.of(1, 0));
    expect(readEmbeddings(answer(vector(0, [1e-100, 0])), 1)[0]).toEqual(Float32Array.of(1, 0));
  });

  it.each([
    ['no JSON', '{"data":[', 'no valid JSON'],
    ['no object', 'null', 'no list "data"'],
    ['no list', '{"data":{}}', 'no list "data"'],
    ['too few', answer(vector(0, [1, 0])), '1 vectors for 2 texts'],
    ['too many', answer(vector(0, [1, 0]), vector(1, [1, 0]), vector(2, [1, 0])), '3 vectors for 2 texts'],
    ['an index twice', answer(vector(0, [1, 0]), vector(0, [1, 0])), 'index 0 twice'],
    ['an index beyond', answer(vector(0, [1, 0]), vector(2, [1, 0])), 'without a valid index'],
    ['a negative index', answer(vector(-1, [1, 0]), vector(1, [1, 0])), 'without a valid index'],
    ['half an index', answer(vector(0.5, [1, 0]), vector(1, [1, 0])), 'without a valid index'],
    ['an index in words', answer(vector('0', [1, 0]), vector(1, [1, 0])), 'without a valid index'],
    ['no index', answer({ embedding: [1, 0] }, vector(1, [1, 0])), 'without a valid index'],
    ['nothing in place of a vector', answer(null, vector(1, [1, 0])), 'without a valid index'],
    ['base64', answer(vector(0, 'AACAPw=='), vector(1, [1, 0])), 'no list of numbers'],
    ['another dimension', answer(vector(0, [1, 0]), vector(1, [1, 0, 0])), '3 dimensions instead of 2'],
    ['strings', answer(vector(0, [1, '0']), vector(1, [1, 0])), 'not all numbers'],
    ['null', answer(vector(0, [1, null]), vector(1, [1, 0])), 'not all numbers'],
    ['infinity', '{"data":[{"index":0,"embedding":[1e999,0]},{"index":1,"embedding":[1,0]}]}', 'not all numbers'],
    ['NaN', '{"data":[{"index":0,"embedding":[NaN,0]}]}', 'no valid JSON'],
    ['zeros', answer(vector(0, [0, -0]), vector(1, [1, 0])), 'without a direction'],
    ['an overflow', answer(vector(0, [1e200, 1e200]), vector(1, [1, 0])), 'without a direction'],
  ])('is refused for %s', (_name, body, message) => {
    expect(() => readEmbeddings(body, 2, { dimension: 2 })).toThrow(message);
    expect(() => readEmbeddings(body, 2, { dimension: 2 })).toThrow(expect.objectContaining({ fault: 'final' }));
  });
});
