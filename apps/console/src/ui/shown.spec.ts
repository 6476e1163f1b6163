import { charsetOf, decoded } from './charset';
import fc from 'fast-check';
import { piecesOf } from './spans';
import { blocksOf } from './text-blocks';
import { samplesOf } from './metrics-text';
import { perMinute } from './throughput';
import { ago, bytes, duration, placeInWords } from './format';

it.each([
  ['ab cd', [{ start: 3, end: 5 }], ['ab ', '*cd']],
  ['ab', [], ['ab']],
  [
    'abcd',
    [
      { start: 2, end: 9 },
      { start: 0, end: 1 },
    ],
    ['*a', 'b', '*cd'],
  ],
  [
    'abcd',
    [
      { start: 1, end: 3 },
      { start: 2, end: 4 },
      { start: 2, end: 2 },
    ],
    ['a', '*bc', '*d'],
  ],
  ['ab', [{ start: 7, end: 9 }], ['ab']],
])('marks %s by %j', (text, spans, expected) => {
  expect(piecesOf(text, spans).map((piece) => (piece.isMarked ? `*${piece.text}` : piece.text))).toEqual(expected);
});

it('marks lose and repeat nothing of the text', () => {
  const span = fc.record({ start: fc.nat(30), end: fc.nat(40) });
  fc.assert(
    fc.property(fc.string({ maxLength: 30, unit: 'binary' }), fc.array(span), (text, spans) => {
      expect(
        piecesOf(text, spans)
          .map((piece) => piece.text)
          .join(''),
      ).toBe(text);
    }),
  );
});

it('blocks are the text again, end with a line where one ends, and split no letter', () => {
  const piece = fc.oneof(fc.constant('\n'), fc.constant('😀'.repeat(700)), fc.string({ maxLength: 900 }));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const text = pieces.join('');
      const blocks = blocksOf(text);
      expect(blocks.map((block) => block.text).join('')).toBe(text);
      let at = 0;
      for (const block of blocks) {
        expect(block.start).toBe(at);
        expect(block.text.length).toBeLessThanOrEqual(8_000);
        expect(/[\uD800-\uDBFF]$/.test(block.text)).toBe(false);
        at += block.text.length;
      }
    }),
    { numRuns: 200 },
  );
});

it('reads samples of the names it is asked for', () => {
  const text = '# HELP age x\nage{lane="fast"} 1.5\nage{lane="he\\"avy"} 0\nother 3\nbare 2\nage broken line here\n';
  expect(samplesOf(text, new Set(['age', 'bare']))).toEqual([
    { name: 'age', labels: { lane: 'fast' }, value: 1.5 },
    { name: 'age', labels: { lane: 'he\\"avy' }, value: 0 },
    { name: 'bare', labels: {}, value: 2 },
    { name: 'age', labels: {}, value: Number.NaN },
  ]);
});

it('counts by minutes, the latest last; a clock that runs ahead counts as now', () => {
  const now = Date.parse('2026-11-29T12:00:00Z');
  const moments = ['2026-11-29T12:00:05Z', '2026-11-29T11:59:59Z', '2026-11-29T11:57:30Z', '2026-11-29T10:00:00Z'];
  expect(perMinute(moments, now, 4)).toEqual([0, 1, 0, 2]);
});

it('writes sizes, times and places', () => {
  expect([0, 999, 1_500, 2_340_000].map(bytes)).toEqual(['0 bytes', '999 bytes', '2 kB', '2.3 MB']);
  expect([0.4, 999, 1_250, 90_000].map(duration)).toEqual(['0 ms', '999 ms', '1.3 s', '1.5 min']);
  const now = Date.parse('2026-11-29T12:00:00Z');
  expect(ago('2026-11-29T11:57:30Z', now)).toBe('2 min. ago');
  expect(ago('2026-11-30T12:00:00Z', now)).toBe('tomorrow');
  expect(placeInWords({ page: 3, heading: 'Bees > Winter' })).toBe('page 3 · Bees › Winter');
  expect(placeInWords({})).toBe('');
});

it.each([
  ['UTF-8', Buffer.from('Bienen – النحل'), 'utf-8', 'Bienen – النحل'],
  ['UTF-16 with its mark', Buffer.from('\ufeffBienen', 'utf16le'), 'utf-16le', 'Bienen'],
  ['an old one', Buffer.from('Stra\xdfe', 'latin1'), undefined, 'Straße'],
])('reads a text in %s', (_name, bytes, charset, text) => {
  expect([charsetOf(bytes), decoded(bytes)]).toEqual([charset, text]);
});
