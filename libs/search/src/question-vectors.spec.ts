import { QuestionVectors } from './question-vectors';

const space = { model: 'm', weightsDigest: 'w', numberType: 'int8', dimension: 1, pooling: 'mean' } as const;
const vector = (value: number): Float32Array => Float32Array.of(value);

it('remembers a question in its space alone', () => {
  const vectors = new QuestionVectors();
  vectors.put({ space }, 'a', vector(1));
  expect(vectors.get({ space }, 'a')).toEqual(vector(1));
  expect(vectors.get({ space }, 'A')).toBeUndefined();
  for (const other of [{ model: 'n' }, { weightsDigest: 'x' }, { numberType: 'fp32' as const }, { dimension: 2 }]) {
    expect(vectors.get({ space: { ...space, ...other } }, 'a')).toBeUndefined();
  }
});

it('forgets the one that was not asked for longest', () => {
  const vectors = new QuestionVectors(2);
  vectors.put({ space }, 'a', vector(1));
  vectors.put({ space }, 'b', vector(2));
  vectors.get({ space }, 'a');
  vectors.put({ space }, 'c', vector(3));
  expect(['a', 'b', 'c'].map((question) => vectors.get({ space }, question)?.[0])).toEqual([1, undefined, 3]);
});
