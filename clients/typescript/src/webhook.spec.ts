import { Webhook } from 'standardwebhooks';
import { verifyWebhook, WebhookRefused } from './index.ts';

const SECRET = `whsec_${Buffer.from('a secret of twenty-four b').toString('base64')}`;
const OTHER = `whsec_${Buffer.from('another of twenty-four by').toString('base64')}`;
const BODY = '{"type":"document.completed","timestamp":"2026-11-24T09:30:00.000Z","data":{"filename":"Bienen 🐝"}}';
const now = new Date('2026-11-24T09:30:00.000Z');

/** Signed by another's library. */
function headers(secret = SECRET, at = now): Record<string, string> {
  return {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(at.getTime() / 1_000),
    'webhook-signature': `v2,xyz ${new Webhook(secret).sign('msg_1', at, BODY)}`,
  };
}

describe('a webhook', () => {
  it('is believed when a secret has signed it', async () => {
    const event = JSON.parse(BODY) as unknown;
    expect(await verifyWebhook(BODY, headers(), SECRET, { now })).toEqual(event);
    expect(await verifyWebhook(Buffer.from(BODY), new Headers(headers()), [OTHER, SECRET], { now })).toEqual(event);
    const upper = Object.fromEntries(Object.entries(headers()).map(([name, value]) => [name.toUpperCase(), [value]]));
    expect(await verifyWebhook(BODY, upper, SECRET, { now })).toEqual(event);
  });

  it.each([
    ['another body', `${BODY} `, headers()],
    ['another secret', BODY, headers(OTHER)],
    ['another id', BODY, { ...headers(), 'webhook-id': 'msg_2' }],
    ['no signature', BODY, { ...headers(), 'webhook-signature': undefined }],
    ['a signature that is none', BODY, { ...headers(), 'webhook-signature': 'v1,%%% v1,' }],
    ['an old one', BODY, headers(SECRET, new Date(now.getTime() - 301_000))],
    ['one from the future', BODY, headers(SECRET, new Date(now.getTime() + 301_000))],
    ['a time that is none', BODY, { ...headers(), 'webhook-timestamp': 'NaN' }],
  ])('is refused for %s', async (_, body, given) => {
    await expect(verifyWebhook(body, given, SECRET, { now })).rejects.toThrow(WebhookRefused);
  });

  it('tells a secret that is none from a webhook that is refused', async () => {
    await expect(verifyWebhook(BODY, headers(), 'whsec_%', { now })).rejects.toThrow(TypeError);
  });
});
