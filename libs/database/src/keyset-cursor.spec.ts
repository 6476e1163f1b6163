import fc from 'fast-check';
import { z } from 'zod';
import { KeysetCursor, momentSchema } from './keyset-cursor';

const cursors = new KeysetCursor(z.tuple([momentSchema, z.uuid()]));
const ordinals = new KeysetCursor(z.tuple([z.number().int().min(0).max(2_147_483_647)]));
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const ID = '5a3c0d4e-6f0b-4b8c-9d53-0f3f6c9f0b11';
const INVALID = expect.objectContaining({ code: 'INVALID_CURSOR' }) as Error;

describe('a cursor', () => {
  it('comes back as it went', () => {
    const position = ['2026-11-24T09:30:00.123456Z', ID] as const;
    expect(cursors.decode(cursors.encode([...position]))).toEqual(position);
    expect(ordinals.decode(ordinals.encode([41]))).toEqual([41]);
  });

  it.each([
    ['nothing', ''],
    ['no base64', '%%%'],
    ['no JSON', 'x'],
    ['another order', encode([41, ID])],
    ['no moment', encode(['yesterday', ID])],
    ['the year 0, which PostgreSQL does not have', encode(['0000-01-01T00:00:00.000000Z', ID])],
    ['a day that does not exist', encode(['2026-02-30T00:00:00.000000Z', ID])],
    ['an hour that does not exist', encode(['2026-02-03T24:00:00.000000Z', ID])],
    ['a year of five digits', encode(['12026-02-03T00:00:00.000000Z', ID])],
    ['no id', encode(['2026-11-24T09:30:00.123456Z', '1'])],
    ['too many values', encode(['2026-11-24T09:30:00.123456Z', ID, 1])],
    ['a key that is not there', encode({ 0: '2026-11-24T09:30:00.123456Z', 1: ID })],
    ['signs that base64 skips', `${encode(['2026-11-24T09:30:00.123456Z', ID])}%%`],
    ['other white space in the JSON', Buffer.from(`["2026-11-24T09:30:00.123456Z", "${ID}"]`).toString('base64url')],
  ])('of %s is refused with a code of its own', (_, cursor) => {
    expect(() => cursors.decode(cursor)).toThrow(INVALID);
    expect(() => ordinals.decode(cursor)).toThrow(INVALID);
  });

  it.each([-1, 0.5, 2_147_483_648, 1e400, '1'])('of the place %s is refused', (ordinal) => {
    expect(() => ordinals.decode(encode([ordinal]))).toThrow(INVALID);
  });

  it('is refused with any of its bytes changed, or is a position that the database takes', () => {
    const cursor = cursors.encode(['2026-11-24T09:30:00.123456Z', ID]);
    fc.assert(
      fc.property(fc.nat(cursor.length - 1), fc.nat(255), (at, value) => {
        const bytes = Buffer.from(cursor);
        bytes[at] = value;
        try {
          const [moment] = cursors.decode(bytes.toString('latin1'));
          expect(new Date(moment).getUTCFullYear()).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toEqual(INVALID);
        }
      }),
    );
  });
});
