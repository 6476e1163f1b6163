import * as fc from 'fast-check';
import { concat, messageField, readFields, readPackedVarints, stringField, varintField } from './protobuf-wire';

describe('the protobuf wire format', () => {
  it('reads back what it wrote, field by field, and the raw fields make up the message', () => {
    const field = fc.integer({ min: 1, max: 2 ** 20 });
    const entry = fc.oneof(
      fc.record({ number: field, value: fc.maxSafeNat() }),
      fc.record({ number: field, text: fc.string({ unit: 'grapheme' }) }),
    );
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const message = concat(
          entries.map((item) =>
            'text' in item ? stringField(item.number, item.text) : varintField(item.number, item.value),
          ),
        );
        const fields = [...readFields(message)];
        expect(
          fields.map(({ number, value, bytes }, index) => {
            const written = entries[index];
            return written !== undefined && 'text' in written
              ? { number, text: Buffer.from(bytes).toString('utf8') }
              : { number, value };
          }),
        ).toEqual(entries);
        expect(Buffer.from(concat(fields.map(({ raw }) => raw)))).toEqual(Buffer.from(message));
      }),
    );
  });

  it('nests messages, and passes fixed-width fields through', () => {
    const fixed = Uint8Array.of((5 << 3) | 5, 1, 2, 3, 4, (6 << 3) | 1, 1, 2, 3, 4, 5, 6, 7, 8);
    const [outer] = readFields(concat(messageField(7, [varintField(1, 300), fixed])));
    const inner = [...readFields(outer?.bytes ?? new Uint8Array())];
    expect(inner.map(({ number, value, raw }) => [number, value, raw.length])).toEqual([
      [1, 300, 3],
      [5, 0, 5],
      [6, 0, 9],
    ]);
  });

  it('reads packed numbers', () => {
    expect(readPackedVarints(Uint8Array.of(0, 0x7f, 0xac, 0x02))).toEqual([0, 127, 300]);
  });

  it.each([
    ['a field longer than the message', Uint8Array.of(0x0a, 5, 1)],
    ['a number that does not end', Uint8Array.of(0x08, 0x80)],
    ['a number longer than any', Uint8Array.of(0x08, ...Array<number>(11).fill(0xff), 1)],
    ['a group', Uint8Array.of(0x0b)],
  ])('refuses %s', (_, message) => {
    expect(() => [...readFields(message)]).toThrow(/damaged|wire type/);
  });
});
