import { Problem } from '@vectorlane/errors';
import fc from 'fast-check';
import { parseJson, utf8 } from './json-body';

describe('JSON', () => {
  it.each([
    '{"__proto__":{"a":1}}',
    '{"a":[{"__proto__":null}]}',
    '{"\\u005f_proto__":1}',
    '{"__pr\\u006fto__":1,"\\u005f":2}',
  ])('with a field that would be lost on its way is refused: %s', (text) =>
    expect(() => parseJson(text)).toThrow(Problem),
  );

  it.each(['{"a":"__proto__"}', '{"proto":1}', '{"constructor":1,"prototype":2}', '[1,"\\u005f"]'])(
    'is read: %s',
    (text) => {
      expect(parseJson(text)).toEqual(JSON.parse(text));
    },
  );
});

describe('bytes', () => {
  const plain = (bytes: Uint8Array): string | undefined => {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      return undefined;
    }
  };
  const ours = (bytes: Uint8Array): string | undefined => {
    try {
      return utf8(Buffer.from(bytes));
    } catch {
      return undefined;
    }
  };

  it('are read as a fatal TextDecoder reads them', () => {
    const texts = fc.string({ unit: 'binary' }).map((text) => new TextEncoder().encode(text));
    // Some of the first bytes that mean something: a mark, halves of surrogates, forms that are too long.
    const front = fc.constantFrom([0xef, 0xbb, 0xbf], [0xef, 0xbb], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xfe], []);
    const mixed = fc
      .tuple(front, fc.uint8Array({ maxLength: 8 }), texts)
      .map((parts) => Buffer.concat(parts.map((part) => Buffer.from(part))));
    fc.assert(
      fc.property(fc.oneof(texts, fc.uint8Array(), mixed), (bytes) => {
        expect(ours(bytes)).toBe(plain(bytes));
      }),
    );
    expect(ours(Buffer.from('\uFEFF\uFEFFa'))).toBe('\uFEFFa');
  });
});
