import { loadConfig } from './index';

const ENDPOINT = { EMBEDDING_API_URL: 'https://api.example.com/v1', EMBEDDING_API_MODEL: 'small' };

describe('the settings of an embedding endpoint', () => {
  it('are unset as long as nothing is set', () => {
    expect(loadConfig({}).EMBEDDING_API_URL).toBeUndefined();
  });

  it('need no more than an address and a model', () => {
    expect(loadConfig(ENDPOINT)).toMatchObject({ ...ENDPOINT, EMBEDDING_API_CONCURRENCY: 4 });
    expect(loadConfig(ENDPOINT).EMBEDDING_API_KEY).toBeUndefined();
  });

  it.each([
    [
      { EMBEDDING_API_URL: ENDPOINT.EMBEDDING_API_URL },
      /EMBEDDING_API_MODEL is not set: EMBEDDING_API_URL goes with it/,
    ],
    [{ EMBEDDING_API_MODEL: 'small' }, /EMBEDDING_API_MODEL is "small": has no effect without EMBEDDING_API_URL/],
    [{ EMBEDDING_API_DIMENSIONS: '256' }, /EMBEDDING_API_DIMENSIONS is "256": has no effect without EMBEDDING_API_URL/],
    [{ EMBEDDING_QUERY_PREFIX: 'query:' }, /EMBEDDING_QUERY_PREFIX is "query:": has no effect/],
    [
      { ...ENDPOINT, EMBEDDING_MODEL_PATH: '/models/x' },
      /EMBEDDING_MODEL_PATH .* set either this or EMBEDDING_API_URL/,
    ],
    [{ ...ENDPOINT, EMBEDDING_API_DIMENSIONS: '3072' }, /EMBEDDING_API_DIMENSIONS is "3072".*1 to 2000/],
    [{ ...ENDPOINT, EMBEDDING_API_URL: 'ftp://host/v1' }, /EMBEDDING_API_URL .*http:\/\/ or https:\/\//],
    [{ ...ENDPOINT, EMBEDDING_API_URL: 'https://' }, /EMBEDDING_API_URL .*must be a URL/],
    [{ ...ENDPOINT, EMBEDDING_API_URL: 'https://host/v1?x=1' }, /EMBEDDING_API_URL .*without user, password, query/],
    [{ ...ENDPOINT, EMBEDDING_API_KEY: 'two words' }, /EMBEDDING_API_KEY has a bad value \(hidden\).*visible ASCII/],
  ])('are refused when they do not go together: %j', (environment, message) => {
    expect(() => loadConfig(environment)).toThrow(message);
  });

  it('hide a password in the address and a bad key', () => {
    const secret = 'hunter2';
    const url = { ...ENDPOINT, EMBEDDING_API_URL: `https://user:${secret}@host/v1` };
    expect(() => loadConfig(url)).toThrow(/without user, password/);
    expect(() => loadConfig(url)).not.toThrow(secret);
    const key = { ...ENDPOINT, EMBEDDING_API_KEY: `${secret} \u00e9` };
    expect(() => loadConfig(key)).toThrow(/EMBEDDING_API_KEY/);
    expect(() => loadConfig(key)).not.toThrow(secret);
  });
});

describe('the settings of the AI worker', () => {
  const token = 'a'.repeat(32);
  const worker = { AI_WORKER_URL: 'http://ai-worker:8000', AI_WORKER_TOKEN: token };

  it('go together, and with those of an endpoint or a local model', () => {
    expect(loadConfig(worker)).toMatchObject({ ...worker, AI_WORKER_MAX_WAIT_MS: 60_000 });
    expect(loadConfig({ ...worker, ...ENDPOINT })).toMatchObject({ ...worker, ...ENDPOINT });
    expect(loadConfig({ ...worker, EMBEDDING_MODEL_PATH: '/models/x' }).EMBEDDING_MODEL_PATH).toBe('/models/x');
  });

  it.each([
    [
      { AI_WORKER_URL: worker.AI_WORKER_URL },
      /AI_WORKER_TOKEN is not set: AI_WORKER_URL and AI_WORKER_TOKEN go together/,
    ],
    [{ AI_WORKER_TOKEN: token }, /AI_WORKER_URL is not set: .* go together/],
    [
      { ...worker, AI_WORKER_TOKEN: 'short' },
      /AI_WORKER_TOKEN has a bad value \(hidden\): must be 32 or more visible ASCII/,
    ],
    [{ ...worker, AI_WORKER_TOKEN: `${'a'.repeat(40)} b` }, /AI_WORKER_TOKEN .*visible ASCII/],
    [{ ...worker, AI_WORKER_URL: 'ai-worker:8000' }, /AI_WORKER_URL .*http:\/\/ or https:\/\//],
    [{ ...worker, AI_WORKER_URL: 'http://user:word@host' }, /AI_WORKER_URL .*without user, password/],
    [{ ...worker, AI_WORKER_URL: 'http://host/?a=b' }, /AI_WORKER_URL .*without user, password, query or hash/],
  ])('are refused: %j', (environment, message) => {
    expect(() => loadConfig(environment)).toThrow(message);
  });
});
