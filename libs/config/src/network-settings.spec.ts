import { loadConfig } from './index';

describe('TRUST_PROXY', () => {
  it.each([
    ['0', 0],
    ['1', 1],
    ['10', 10],
    ['10.0.0.0/8', ['10.0.0.0/8']],
    ['10.0.0.1, fd00::/8 ,192.168.0.0/16', ['10.0.0.1', 'fd00::/8', '192.168.0.0/16']],
  ])('takes %j', (value, trusted) => expect(loadConfig({ TRUST_PROXY: value }).TRUST_PROXY).toEqual(trusted));

  it('trusts nobody when it is not set', () => expect(loadConfig({}).TRUST_PROXY).toBeUndefined());

  it.each([
    'true',
    'TRUE',
    'false',
    '11',
    '-1',
    '1.5',
    '*',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/33',
    '10.0.0/8',
    'proxy',
    ',',
  ])('stops the boot for %j', (value) =>
    expect(() => loadConfig({ TRUST_PROXY: value })).toThrow(/TRUST_PROXY is ".*": must be how many proxies/),
  );
});

describe('CORS_ORIGIN', () => {
  it.each([
    ['https://app.example.org', ['https://app.example.org']],
    ['https://a.example, http://localhost:5173/', ['https://a.example', 'http://localhost:5173']],
    ['HTTPS://A.Example', ['https://a.example']],
  ])('takes %j', (value, origins) => expect(loadConfig({ CORS_ORIGIN: value }).CORS_ORIGIN).toEqual(origins));

  it('is nobody when it is not set', () => expect(loadConfig({}).CORS_ORIGIN).toBeUndefined());

  it.each([
    '*',
    'null',
    'example.org',
    'https://a.example/app',
    'https://a.example?x',
    'ftp://a.example',
    'https://*.example',
  ])('stops the boot for %j', (value) =>
    expect(() => loadConfig({ CORS_ORIGIN: value })).toThrow(/CORS_ORIGIN is .*must be origins/),
  );
});
