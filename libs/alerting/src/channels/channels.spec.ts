import fc from 'fast-check';
import { alertOf, testAlert, type Alert } from '../alert';
import type { Outcome } from '../window/alert-rules';
import type { AlertChannel } from './alert-channel';
import { DISCORD_LIMITS, DiscordChannel } from './discord.channel';
import { JsonChannel } from './json.channel';
import { SLACK_LIMITS, SlackChannel } from './slack.channel';

const NOW = new Date('2026-11-24T03:55:00.123Z');
const slack = new SlackChannel();
const discord = new DiscordChannel();
const json = new JsonChannel();
const HOOKS = {
  slack: new URL('https://hooks.slack.com/services/T/B/secret'),
  discord: new URL('https://discord.com/api/webhooks/1/secret?thread_id=7'),
  json: new URL('https://ops.example/hook'),
};

const alert = (example: object, outcome: Outcome = 'alert', errorType = 'HTTP_INTERNAL_ERROR'): Alert =>
  alertOf(
    {
      ...{ outcome, errorType, count: 1_234, incident: 2_000, firstAt: NOW.getTime() - 60_000, lastAt: NOW.getTime() },
      example: { message: 'boom', ...example },
    },
    5,
    [],
    NOW,
  );

/** What errors can hold, in every field that is quoted. */
const HOSTILE = [
  '',
  '@everyone @here <!channel> <!here> <@U123> <@&456> <#C1> <https://evil.example|click> [x](https://evil.example)',
  '``` *bold* _it_ ~~x~~ ||spoiler|| > quote \\ # head - list `code` ```',
  '&<>'.repeat(5_000),
  '`'.repeat(5_000),
  '👩‍👩‍👧‍👦'.repeat(2_000),
  'Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!'.repeat(500),
  'x'.repeat(1_048_576),
  '\ud800 \udfff lone',
  '\u0000\u0007\u001b[2J\u202e',
  '\n'.repeat(10_000),
] as const;

const everywhere = (text: string): object => ({
  ...{ message: text, requestId: text, documentId: text, jobId: text, route: text, stage: text },
});

const hostile = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary', maxLength: 5_000 }));
const outcomes = fc.constantFrom<Outcome>('alert', 'reminder', 'escalation', 'resolved');

interface SlackText {
  type: string;
  text: string;
  verbatim?: boolean;
}
interface SlackBlock {
  type: string;
  text?: SlackText;
  fields?: SlackText[];
  elements?: SlackText[];
}
const slackBody = (from: Alert): { text: string; blocks: SlackBlock[] } =>
  slack.message(from, HOOKS.slack).body as { text: string; blocks: SlackBlock[] };

function expectWithinSlack(body: { text: string; blocks: SlackBlock[] }): void {
  expect(body.blocks.length).toBeLessThanOrEqual(SLACK_LIMITS.blocks);
  const marked: string[] = [body.text];
  for (const block of body.blocks) {
    const { text, fields, elements } = block;
    if (block.type === 'header') {
      expect(text?.text.length).toBeLessThanOrEqual(SLACK_LIMITS.header);
      expect(text?.text.length).toBeGreaterThan(0);
      continue;
    }
    if (text !== undefined) expect(text.text.length).toBeLessThanOrEqual(SLACK_LIMITS.sectionText);
    expect(fields?.length ?? 0).toBeLessThanOrEqual(SLACK_LIMITS.fields);
    for (const field of fields ?? []) expect(field.text.length).toBeLessThanOrEqual(SLACK_LIMITS.fieldText);
    marked.push(...[text, ...(fields ?? []), ...(elements ?? [])].map((element) => element?.text ?? 'none'));
  }
  for (const text of marked) {
    expect(text.length).toBeGreaterThan(0);
    // Neither a mention nor a link without one of these, and every & begins an entity that is whole.
    expect(text).not.toMatch(/[<>]/);
    expect(text.replaceAll(/&(amp|lt|gt);/g, '')).not.toContain('&');
    expect(text.isWellFormed()).toBe(true);
    // A fence that is opened is closed, and by us.
    expect((text.match(/`/g) ?? []).length % 6).toBe(0);
  }
}

interface Embed {
  title: string;
  description: string;
  footer: { text: string };
  fields: { name: string; value: string }[];
}
const discordBody = (from: Alert): { embeds: Embed[]; allowed_mentions: unknown } =>
  discord.message(from, HOOKS.discord).body as { embeds: Embed[]; allowed_mentions: unknown };

function expectWithinDiscord(body: { embeds: Embed[]; allowed_mentions: unknown }): void {
  expect(body.allowed_mentions).toEqual({ parse: [] });
  expect(body.embeds).toHaveLength(1);
  const [{ title, description, footer, fields }] = body.embeds as [Embed];
  expect(title.length).toBeLessThanOrEqual(DISCORD_LIMITS.title);
  expect(description.length).toBeLessThanOrEqual(DISCORD_LIMITS.description);
  expect(footer.text.length).toBeLessThanOrEqual(DISCORD_LIMITS.footer);
  expect(fields.length).toBeLessThanOrEqual(DISCORD_LIMITS.fields);
  for (const { name, value } of fields) {
    expect(name.length).toBeLessThanOrEqual(DISCORD_LIMITS.fieldName);
    expect(value.length).toBeLessThanOrEqual(DISCORD_LIMITS.fieldValue);
    expect(Math.min(name.length, value.length)).toBeGreaterThan(0);
  }
  const all = [title, description, footer.text, ...fields.flatMap(({ name, value }) => [name, value])];
  expect(all.join('').length).toBeLessThanOrEqual(DISCORD_LIMITS.total);
  for (const text of all) expect(text.isWellFormed()).toBe(true);
}

describe.each([
  ['slack', 'https://hooks.slack.com/services/T/B/x', slack],
  ['slack', 'https://hooks.slack-gov.com/services/T/B/x', slack],
  ['discord', 'https://discord.com/api/webhooks/1/x', discord],
  ['discord', 'https://ptb.discord.com/api/webhooks/1/x', discord],
  ['discord', 'https://discordapp.com/api/webhooks/1/x', discord],
  ['json', 'https://notslack.com/services', json],
  ['json', 'https://hooks.slack.com.evil.example/services', json],
  ['json', 'https://discord.com.evil.example/api/webhooks/1/x', json],
  ['json', 'https://discord.com/invite', json],
  ['json', 'http://10.0.0.1:9000/', json],
])('%s', (kind, address, channel) => {
  it(`is picked for ${address}`, () => {
    const channels: AlertChannel[] = [slack, discord, json];
    expect(channels.find((candidate) => candidate.recognises(new URL(address)))).toBe(channel);
    expect(channel.kind).toBe(kind);
  });
});

describe('Slack', () => {
  it('says what happened, how often, where, with an example and what to do', () => {
    const text = JSON.stringify(slackBody(alert({ message: 'TypeError: x is < y', requestId: 'req-1' })));
    for (const part of ['HTTP_INTERNAL_ERROR: 1,234 errors within an hour', '1234', '2026-11-24T03:54:00Z', 'req-1'])
      expect(text).toContain(part);
    for (const part of ['TypeError: x is &lt; y', 'What to do', 'docs/alerting.md#http_internal_error', 'vectorlane'])
      expect(text).toContain(part);
  });

  it('stays within the limits of Block Kit, and no text turns into a mention or a link', () => {
    fc.assert(
      fc.property(hostile, outcomes, (text, outcome) => {
        expectWithinSlack(slackBody(alert(everywhere(text), outcome)));
      }),
      { examples: HOSTILE.map((text) => [text, 'alert' as const]) },
    );
    expectWithinSlack(slackBody(testAlert(5, NOW)));
  });
});

describe('Discord', () => {
  it('waits for the message and mentions nobody', () => {
    const { url } = discord.message(alert({}), HOOKS.discord);
    expect(url.href).toBe('https://discord.com/api/webhooks/1/secret?thread_id=7&wait=true');
    expect(HOOKS.discord.search).toBe('?thread_id=7');
  });

  it('stays within the limits of an embed', () => {
    fc.assert(
      fc.property(hostile, outcomes, (text, outcome) => {
        expectWithinDiscord(discordBody(alert(everywhere(text), outcome)));
      }),
      { examples: HOSTILE.map((text) => [text, 'alert' as const]) },
    );
    expectWithinDiscord(discordBody(testAlert(5, NOW)));
  });

  it('turns no text into markup', () => {
    const [embed] = discordBody(alert({ message: '``` @everyone', route: '[x](https://evil.example) **b**' })).embeds;
    expect(embed?.description.match(/`/g)).toHaveLength(6);
    expect(JSON.stringify(embed?.fields)).toContain(
      JSON.stringify('\\[x\\]\\(https://evil.example\\) \\*\\*b\\*\\*').slice(1, -1),
    );
  });
});

describe('JSON', () => {
  it('has its documented shape', () => {
    const { url, body } = json.message(alert({ requestId: 'req-1' }), HOOKS.json);
    expect(url).toBe(HOOKS.json);
    expect(body).toEqual({
      schema: 'vectorlane.alert.v1',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      event: 'alert',
      repeated: false,
      errorType: 'HTTP_INTERNAL_ERROR',
      title: 'HTTP_INTERNAL_ERROR: 1,234 errors within an hour',
      meaning: expect.any(String),
      action: expect.any(String),
      runbook: 'docs/alerting.md#http_internal_error',
      count: 1_234,
      incidentCount: 2_000,
      threshold: 5,
      windowSeconds: 3_600,
      firstAt: '2026-11-24T03:54:00.123Z',
      lastAt: '2026-11-24T03:55:00.123Z',
      sentAt: '2026-11-24T03:55:00.123Z',
      service: 'vectorlane',
      version: expect.any(String),
      host: expect.any(String),
      example: { message: 'boom', requestId: 'req-1' },
    });
  });

  it.each(['reminder', 'escalation', 'resolved'] as const)('has words of its own for: %s', (outcome) => {
    const body = json.message(alert({}, outcome), HOOKS.json).body as Record<string, unknown>;
    expect(body['event']).toBe(outcome === 'reminder' ? 'alert' : outcome);
    expect(body['repeated']).toBe(outcome === 'reminder');
    expect(body['title']).toMatch(/still failing|escalating|resolved, none for an hour \(2,000 in all\)/);
    if (outcome === 'resolved') expect(body['example']).toBeNull();
  });

  it('carries no secret that an error quotes', () => {
    const text = JSON.stringify(
      [slack, discord, json].map(
        (channel) =>
          channel.message(
            alert(everywhere('postgres://u:hunter2@db Bearer hunter2hunter2 password=hunter2')),
            HOOKS.json,
          ).body,
      ),
    );
    expect(text).not.toContain('hunter2');
  });
});
