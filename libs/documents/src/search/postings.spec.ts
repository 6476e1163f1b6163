import fc from 'fast-check';
import { decodePostings, encodePostings, unpackPostings } from './postings';

it('gives back what was packed', () => {
  const posting = fc.record({
    gap: fc.integer({ min: 1, max: 2 ** 40 }),
    times: fc.integer({ min: 1, max: 70_000 }),
    length: fc.integer({ min: 1, max: 70_000 }),
  });
  fc.assert(
    fc.property(fc.array(posting, { minLength: 1, maxLength: 50 }), (gaps) => {
      let number = 0;
      const postings = gaps.map(({ gap, times, length }) => ({ number: (number += gap), times, length }));
      const { first, bytes } = encodePostings(postings);
      expect(decodePostings(first, bytes)).toEqual(
        postings.map((one) => ({
          ...one,
          times: Math.min(one.times, 65_535),
          length: Math.min(one.length, 65_535),
        })),
      );
      const { offsets, counts } = unpackPostings(postings.length, bytes);
      expect(Array.from(offsets, (offset) => first + offset)).toEqual(postings.map(({ number: one }) => one));
      expect(Array.from(counts, (packed) => [packed & 0xffff, packed >>> 16])).toEqual(
        postings.map(({ times, length }) => [Math.min(times, 65_535), Math.min(length, 65_535)]),
      );
    }),
  );
});

it('takes three bytes for a chunk of usual length near the one before', () => {
  const postings = Array.from({ length: 1_000 }, (_, index) => ({ number: 5_000 + index * 3, times: 1, length: 150 }));
  expect(encodePostings(postings).bytes.length).toBe(3_000);
});
