import { vectorParameter } from './vector-parameter';

describe('vectorParameter', () => {
  it('is pgvector’s binary format', () => {
    const buffer = vectorParameter(Float32Array.of(1, -0.5));
    expect([...buffer]).toEqual([0, 2, 0, 0, 0x3f, 0x80, 0, 0, 0xbf, 0, 0, 0]);
  });
});
