import type { ApiKeysService } from '@vectorlane/auth';
import express, { type Request, type Response } from 'express';
import { clientAddress, clientBucket } from './client-bucket';

const KEY = `vl_${'A'.repeat(12)}_${'b'.repeat(43)}`;

/** A request as Express makes it, from `peer`, under `TRUST_PROXY`. */
const requestFrom = (
  peer: string | undefined,
  headers: Record<string, string> = {},
  trust: unknown = false,
): Request => {
  const app = express();
  app.set('trust proxy', trust);
  return Object.assign(Object.create(app.request), { app, headers, socket: { remoteAddress: peer } }) as Request;
};
const response = (): Response => ({ locals: {} }) as Response;

describe('the address of a client', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
    ['::1', '::1'],
    [undefined, 'unknown'],
  ])('%s counts as %s', (peer, counted) => expect(clientAddress(requestFrom(peer))).toBe(counted));

  const spoofed = { 'x-forwarded-for': '1.1.1.1, 198.51.100.9' };
  it.each([
    ['of a header alone is not believed', '203.0.113.7', spoofed, false, '203.0.113.7'],
    ['comes from the one proxy in front', '10.0.0.1', spoofed, 1, '198.51.100.9'],
    ['comes from two proxies', '10.0.0.1', spoofed, 2, '1.1.1.1'],
    ['comes from a trusted network', '10.0.0.1', spoofed, ['10.0.0.0/8'], '198.51.100.9'],
    ['does not come from another one', '203.0.113.7', spoofed, ['10.0.0.0/8'], '203.0.113.7'],
    ['may have a port', '10.0.0.1', { 'x-forwarded-for': '198.51.100.9:4711' }, 1, '198.51.100.9'],
    ['may have brackets', '10.0.0.1', { 'x-forwarded-for': '[2001:db8::7]:4711' }, 1, '2001:db8::/64'],
    ['that is none counts as the proxy’s', '10.0.0.1', { 'x-forwarded-for': 'unknown' }, 1, '10.0.0.1'],
    [
      'that is hostile counts as the proxy’s',
      '10.0.0.1',
      { 'x-forwarded-for': `x${'y'.repeat(5_000)}` },
      1,
      '10.0.0.1',
    ],
  ])('%s', (_, peer, headers, trust, counted) => {
    expect(clientAddress(requestFrom(peer, headers, trust))).toBe(counted);
  });
});

describe('the bucket of a request', () => {
  const keysThatSay = (limit: number | 'none' | null | undefined): ApiKeysService =>
    ({
      limitOf: () => Promise.resolve(limit === undefined ? undefined : { keyId: 'A', limit }),
    }) as unknown as ApiKeysService;
  const bucket = (limit: number | 'none' | null | undefined, headers: Record<string, string>) =>
    clientBucket(requestFrom('203.0.113.7', headers), response(), keysThatSay(limit), sessions, 100);
  const sessions = {
    limitOf: (token: string) => Promise.resolve(token === 'good' ? { keyId: 'B', limit: 50 } : undefined),
  };

  it.each([
    ['a key with a limit of its own', 600, { 'x-api-key': KEY }, { id: 'key:A', limit: 600 }],
    ['a key without a limit', 'none' as const, { 'x-api-key': KEY }, { id: 'key:A', limit: 'none' }],
    ['a bearer token', 600, { authorization: `Bearer ${KEY}` }, { id: 'key:A', limit: 600 }],
    ['a key that has none of its own', null, { 'x-api-key': KEY }, { id: 'ip:203.0.113.7', limit: 100 }],
    ['a key that is not known to be good', undefined, { 'x-api-key': KEY }, { id: 'ip:203.0.113.7', limit: 100 }],
    ['what is no key', 600, { 'x-api-key': 'nonsense' }, { id: 'ip:203.0.113.7', limit: 100 }],
    ['no key', 600, {}, { id: 'ip:203.0.113.7', limit: 100 }],
    ['a session', 600, { cookie: 'a=b; vectorlane_session=good' }, { id: 'key:B', limit: 50 }],
    ['a session that is none', 600, { cookie: 'vectorlane_session=bad' }, { id: 'ip:203.0.113.7', limit: 100 }],
    [
      'a key beside a session',
      600,
      { 'x-api-key': KEY, cookie: 'vectorlane_session=good' },
      { id: 'key:A', limit: 600 },
    ],
  ])('for %s', async (_, limit, headers, expected) => {
    expect(await bucket(limit, headers as Record<string, string>)).toEqual(expected);
  });
});
