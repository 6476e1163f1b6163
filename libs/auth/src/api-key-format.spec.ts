import { generateApiKey, parseApiKey } from './api-key-format';

describe('API keys', () => {
  it('are never the same and parse to their public id and the hash of their secret', () => {
    const keys = Array.from({ length: 200 }, generateApiKey);
    expect(new Set(keys).size).toBe(200);
    for (const key of keys) {
      const parsed = parseApiKey(key);
      expect(key.split('_')[1]).toBe(parsed?.id);
      expect(parsed?.secretSha256).toHaveLength(32);
      expect(parsed?.secretSha256.toString('base64url')).not.toBe(key.slice(16));
    }
  });

  it.each([
    '',
    'vl_',
    'vl_short_x',
    `${generateApiKey()}x`,
    ` ${generateApiKey()}`,
    generateApiKey().replace('vl', 'VL'),
  ])('refuses %j', (key) => expect(parseApiKey(key)).toBeUndefined());
});
