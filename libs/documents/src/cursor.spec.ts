import { decodeChunkCursor, decodeDocumentCursor, encodeCursor } from './cursor';

describe('cursors', () => {
  it('come back as they went', () => {
    const position = ['2026-11-24T09:30:00.123456Z', '5a3c0d4e-6f0b-4b8c-9d53-0f3f6c9f0b11'] as const;
    expect(decodeDocumentCursor(encodeCursor(position))).toEqual(position);
    expect(decodeChunkCursor(encodeCursor([41]))).toBe(41);
  });

  it.each([
    '',
    'x',
    '%%%',
    encodeCursor(['yesterday', '1']),
    encodeCursor([-1]),
    encodeCursor([1, 2]),
    encodeCursor([]),
  ])('refuses %j with a code of its own', (cursor) => {
    expect(() => decodeDocumentCursor(cursor)).toThrow(expect.objectContaining({ code: 'INVALID_CURSOR' }));
    expect(() => decodeChunkCursor(cursor)).toThrow(expect.objectContaining({ code: 'INVALID_CURSOR' }));
  });
});
