import { join } from 'node:path';
import { compiledEntry } from './compiled-entry';

const root = join(__dirname, '../../..');

describe('compiledEntry', () => {
  it('finds the compiled twin of a source folder, and a built one where it is', () => {
    const built = join(root, 'dist/libs/redis/src/embedded');
    expect(compiledEntry(join(root, 'libs/redis/src/embedded'), 'valkey.thread')).toBe(join(built, 'valkey.thread.js'));
    expect(compiledEntry(built, 'valkey.thread')).toBe(join(built, 'valkey.thread.js'));
  });

  it('says what to do when it was not built', () => {
    expect(() => compiledEntry(join(root, 'libs/redis/src'), 'nothing')).toThrow(/npm run build/);
  });
});
