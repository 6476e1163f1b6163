import { join } from 'node:path';
import { compiledEntry, INSTALLED_AT } from './compiled-entry';

describe('compiledEntry', () => {
  it('finds what was compiled of a source', () => {
    expect(INSTALLED_AT).toBe(join(__dirname, '../../..'));
    const thread = 'libs/redis/src/embedded/valkey.thread';
    expect(compiledEntry(thread)).toBe(join(INSTALLED_AT, `dist/${thread}.js`));
  });

  it('says what to do when it was not built', () => {
    expect(() => compiledEntry('libs/redis/src/nothing')).toThrow(/npm run build/);
  });
});
