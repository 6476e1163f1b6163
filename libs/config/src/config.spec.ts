import { describeSettings, InvalidSettingsError, loadConfig } from './index';

describe('loadConfig', () => {
  it('starts with nothing set, embedded', () => {
    const config = loadConfig({});
    expect(config).toMatchObject({ HOST: '127.0.0.1', PORT: 3000, DATA_DIR: './data', ROLE: 'all', embedded: true });
  });

  it('takes an empty variable as unset, as compose files write it', () => {
    expect(loadConfig({ PORT: '', DATABASE_URL: '  ' })).toMatchObject({ PORT: 3000, embedded: true });
  });

  it('names the variable, its value and what is allowed', () => {
    expect(() => loadConfig({ PORT: '70000', LOG_LEVEL: 'loud' })).toThrow(InvalidSettingsError);
    expect(() => loadConfig({ PORT: '70000', LOG_LEVEL: 'loud' })).toThrow(
      /PORT is "70000".*Allowed: integer, 0 to 65535\.[^]*LOG_LEVEL is "loud".*Allowed: trace \| debug/,
    );
  });

  it('hides the value of a secret', () => {
    const secret = 'mysql://user:hunter2@db/x';
    expect(() => loadConfig({ DATABASE_URL: secret, REDIS_URL: 'redis://r' })).toThrow(
      /DATABASE_URL has a bad value \(hidden\)/,
    );
    expect(() => loadConfig({ DATABASE_URL: secret, REDIS_URL: 'redis://r' })).not.toThrow(/hunter2/);
  });

  it.each([
    [{ DATABASE_URL: 'postgres://db/x' }, /REDIS_URL is not set: DATABASE_URL and REDIS_URL go together/],
    [{ REDIS_URL: 'redis://r' }, /DATABASE_URL is not set/],
    [
      { CHUNK_TOKENS: '64', CHUNK_OVERLAP_TOKENS: '33' },
      /CHUNK_OVERLAP_TOKENS is "33": must be at most half of CHUNK_TOKENS/,
    ],
  ])('refuses settings that do not go together: %j', (environment, message) => {
    expect(() => loadConfig(environment)).toThrow(message);
  });
});

describe('describeSettings', () => {
  it('has a reason for every setting and shows no default of a secret', () => {
    for (const setting of describeSettings()) {
      expect(setting.reason).toMatch(/\S.{10,}/);
      if (setting.secret) expect(setting.defaultValue).toBeUndefined();
    }
  });
});
