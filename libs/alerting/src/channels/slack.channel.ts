import { cutText, replaceToFit } from '@vectorlane/errors';
import type { Alert, AlertEvent } from '../alert';
import { type AlertChannel, factsOf, timestamp, type WebhookMessage } from './alert-channel';

/** Limits of Block Kit (docs.slack.dev/reference/block-kit/blocks). */
export const SLACK_LIMITS = { blocks: 50, header: 150, sectionText: 3_000, fields: 10, fieldText: 2_000 } as const;

/** Space for the code fence and the label around the example. */
const EXAMPLE_CHARACTERS = 2_800;
const FALLBACK_CHARACTERS = 500;

/**
 * Slack's three control characters as entities: without them no text can mention a channel or hide a link. The
 * backquote would begin or end code.
 */
const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '`': 'ˋ' } as const;

const MARKS: Readonly<Record<AlertEvent, string>> = { alert: '🔴', escalation: '🔥', resolved: '✅', test: '🧪' };

/** Slack's incoming webhooks, in Block Kit. */
export class SlackChannel implements AlertChannel {
  readonly kind = 'slack';

  recognises({ hostname }: URL): boolean {
    return /(^|\.)slack(-gov)?\.com$/.test(hostname);
  }

  message(alert: Alert, webhook: URL): WebhookMessage {
    const { event, title, meaning, action, runbook, example, sentAt } = alert;
    const fields = factsOf(alert)
      .slice(0, SLACK_LIMITS.fields)
      .map(([name, value]) => mrkdwn(`*${name}*\n${escaped(value, SLACK_LIMITS.fieldText - name.length - 3)}`));
    const words = event === 'resolved' ? '' : `\n*What to do:* ${escaped(action, 1_000)}`;
    return {
      url: webhook,
      body: {
        // For notifications and screen readers; the blocks are what is shown.
        text: escaped(`${MARKS[event]} ${title}`, FALLBACK_CHARACTERS),
        blocks: [
          {
            type: 'header',
            text: { type: 'plain_text', text: cutText(`${MARKS[event]} ${title}`, SLACK_LIMITS.header), emoji: true },
          },
          { type: 'section', text: mrkdwn(`${escaped(meaning, 1_000)}${words}`) },
          { type: 'section', fields },
          ...(example === undefined ? [] : [{ type: 'section', text: mrkdwn(fenced(example.message)) }]),
          { type: 'context', elements: [mrkdwn(`${escaped(runbook, 300)} · sent ${timestamp(sentAt)}`)] },
        ],
        unfurl_links: false,
        unfurl_media: false,
      },
    };
  }
}

/** `verbatim`: a name or an address in the text stays text. */
function mrkdwn(text: string): { type: 'mrkdwn'; text: string; verbatim: true } {
  return { type: 'mrkdwn', text, verbatim: true };
}

function escaped(text: string, limit: number): string {
  return replaceToFit(text, limit, ENTITIES);
}

function fenced(message: string): string {
  return `*Latest error*\n\`\`\`${escaped(message, EXAMPLE_CHARACTERS)}\`\`\``;
}
