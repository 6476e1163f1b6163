import { describeClientSettings, loadClientSettings, serverAddress } from './client-settings';
import { InvalidSettingsError } from './config';

describe('loadClientSettings', () => {
  it('finds the local server when nothing is set', () => {
    expect(loadClientSettings({})).toEqual({
      url: 'http://127.0.0.1:3000',
      apiKey: undefined,
      dataDir: './data',
      callerDir: undefined,
      color: true,
    });
  });

  it.each([
    [{ HOST: '0.0.0.0', PORT: '8080' }, 'http://127.0.0.1:8080'],
    [{ HOST: '::' }, 'http://[::1]:3000'],
    [{ HOST: 'box.local', PORT: '0' }, 'http://box.local:3000'],
    [{ HOST: 'box.local', VECTORLANE_URL: 'https://example.org/lane/' }, 'https://example.org/lane'],
    [{ VECTORLANE_URL: '  ' }, 'http://127.0.0.1:3000'],
  ])('%j -> %s', (environment, url) => {
    expect(loadClientSettings(environment).url).toBe(url);
  });

  it('needs no valid setting of the server', () => {
    expect(loadClientSettings({ DATABASE_URL: 'nonsense', VECTORLANE_API_KEY: 'k' }).apiKey).toBe('k');
  });

  it.each([
    ['VECTORLANE_URL', 'ftp://example.org'],
    ['VECTORLANE_URL', 'http://user:hunter2@example.org'],
    ['VECTORLANE_API_KEY', 'hunter2\nX-Evil: 1'],
    ['PORT', '99999'],
  ])('refuses a bad %s and names it', (name, value) => {
    expect(() => loadClientSettings({ [name]: value })).toThrow(InvalidSettingsError);
    expect(() => loadClientSettings({ [name]: value })).toThrow(name);
  });

  it('never repeats a secret', () => {
    const messages: string[] = [];
    for (const environment of [{ VECTORLANE_API_KEY: 'hunter2 x' }, { VECTORLANE_URL: 'http://a:hunter2@b' }]) {
      try {
        loadClientSettings(environment);
      } catch (error) {
        messages.push(String(error));
      }
    }
    expect(messages).toHaveLength(2);
    expect(messages.join()).not.toContain('hunter2');
  });

  it('refuses what would leak or be lost in an address', () => {
    expect(serverAddress('http://h/?a=1')).toBeUndefined();
    expect(serverAddress('h:3000')).toBeUndefined();
    expect(serverAddress('http://h:3000//')).toBe('http://h:3000');
  });

  it('describes each variable', () => {
    expect(describeClientSettings().map(({ name, secret }) => [name, secret])).toEqual([
      ['VECTORLANE_URL', false],
      ['VECTORLANE_API_KEY', true],
      ['NO_COLOR', false],
    ]);
    for (const { reason, allowed } of describeClientSettings())
      expect(reason.length * allowed.length).toBeGreaterThan(0);
  });
});
