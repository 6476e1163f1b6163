import { cutText, replaceToFit } from '@vectorlane/errors';
import type { Alert, AlertEvent } from '../alert';
import { type AlertChannel, factsOf, type WebhookMessage } from './alert-channel';

/** Limits of an embed (docs.discord.com/developers/resources/message#embed-object-embed-limits). */
export const DISCORD_LIMITS = {
  content: 2_000,
  title: 256,
  description: 4_096,
  fields: 25,
  fieldName: 256,
  fieldValue: 1_024,
  footer: 2_048,
  total: 6_000,
} as const;

/** With at most twelve fields of 250, a title and a footer this stays below the total. */
const EXAMPLE_CHARACTERS = 1_600;
const WORDS_CHARACTERS = 500;
const VALUE_CHARACTERS = 220;
const FOOTER_CHARACTERS = 300;

const COLOURS: Readonly<Record<AlertEvent, number>> = {
  alert: 0xd93f0b,
  escalation: 0x8b0000,
  resolved: 0x2da44e,
  test: 0x0969da,
};

const ESCAPED: Readonly<Record<string, string>> = Object.fromEntries(
  [...'\\*_~`|>#[]()<@'].map((character) => [character, `\\${character}`]),
);
/** Inside a code fence nothing is markup but the backquote that would end it. */
const IN_FENCE = { '`': 'ˋ' } as const;

/** Discord's webhooks, as one embed. `wait` makes Discord answer for the message and not only for the request. */
export class DiscordChannel implements AlertChannel {
  readonly kind = 'discord';

  recognises({ hostname, pathname }: URL): boolean {
    return /(^|\.)discord(app)?\.com$/.test(hostname) && pathname.startsWith('/api/');
  }

  message(alert: Alert, webhook: URL): WebhookMessage {
    const url = new URL(webhook);
    url.searchParams.set('wait', 'true');
    const { event, title, meaning, action, runbook, example, sentAt } = alert;
    const words = event === 'resolved' ? '' : `\n**What to do:** ${escaped(action, WORDS_CHARACTERS)}`;
    const quoted = example === undefined ? '' : `\n**Latest error**\n${fenced(example.message)}`;
    return {
      url,
      body: {
        embeds: [
          {
            title: escaped(title, DISCORD_LIMITS.title),
            description: `${escaped(meaning, WORDS_CHARACTERS)}${words}${quoted}`,
            color: COLOURS[event],
            fields: factsOf(alert)
              .slice(0, DISCORD_LIMITS.fields)
              .map(([name, value]) => ({ name, value: escaped(value, VALUE_CHARACTERS) || '–', inline: true })),
            footer: { text: cutText(runbook, FOOTER_CHARACTERS) },
            timestamp: sentAt.toISOString(),
          },
        ],
        allowed_mentions: { parse: [] },
      },
    };
  }
}

function escaped(text: string, limit: number): string {
  return replaceToFit(text, limit, ESCAPED);
}

function fenced(message: string): string {
  return `\`\`\`\n${replaceToFit(message, EXAMPLE_CHARACTERS, IN_FENCE) || '–'}\n\`\`\``;
}
