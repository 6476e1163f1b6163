import * as fc from 'fast-check';
import { quantiseMatrix } from './quantise-matrix';

const bytesOf = (values: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

describe('quantiseMatrix', () => {
  it('gives each column of a product its own scale, so that a large one does not flatten the others', () => {
    const { values, scales, scaleDimensions } = quantiseMatrix(bytesOf([63, 0.63, -31, 0.31]), 2, 2, 'column');
    expect(scaleDimensions).toEqual([2]);
    expect(Array.from(scales)).toEqual([1, Math.fround(Math.fround(0.63) / 63)]);
    expect(Array.from(values)).toEqual([63, 63, -31, 31]);
  });

  it('gives each row of a table its own scale', () => {
    const { values, scales, scaleDimensions } = quantiseMatrix(bytesOf([63, -63, 126, 2]), 2, 2, 'row');
    expect(scaleDimensions).toEqual([2, 1]);
    expect(Array.from(scales)).toEqual([1, 2]);
    expect(Array.from(values)).toEqual([63, -63, 63, 1]);
  });

  it('keeps every value to half a step, zeros exactly, and stays within seven bits', () => {
    const matrix = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })).chain(([rows, columns]) =>
      fc.record({
        rows: fc.constant(rows),
        columns: fc.constant(columns),
        values: fc.array(
          fc.integer({ min: -1_000_000, max: 1_000_000 }).map((value) => Math.fround(value / 1_024)),
          {
            minLength: rows * columns,
            maxLength: rows * columns,
          },
        ),
      }),
    );
    fc.assert(
      fc.property(matrix, fc.constantFrom('row' as const, 'column' as const), ({ rows, columns, values }, scalePer) => {
        const quantised = quantiseMatrix(bytesOf(values), rows, columns, scalePer);
        values.forEach((value, at) => {
          const scale = quantised.scales[scalePer === 'row' ? Math.floor(at / columns) : at % columns] as number;
          const level = quantised.values[at] as number;
          expect(Math.abs(level)).toBeLessThanOrEqual(63);
          expect(Math.abs(value - level * scale)).toBeLessThanOrEqual(scale * 0.5001);
          if (value === 0) expect(Math.abs(level)).toBe(0);
        });
      }),
    );
  });

  it('refuses data of another size', () => {
    expect(() => quantiseMatrix(bytesOf([1, 2, 3]), 2, 2, 'row')).toThrow('2 × 2 has 12 bytes');
  });
});
