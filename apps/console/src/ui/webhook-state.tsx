import type { JSX } from 'preact';
import type { Webhook } from '../api/types';
import { moment } from './format';

export function WebhookState({ webhook }: { webhook: Webhook }): JSX.Element {
  const { words, kind } = stateOf(webhook);
  return (
    <span class={`chip chip-${kind}`}>
      <span class="chip-dot" aria-hidden="true" />
      {words}
    </span>
  );
}

function stateOf({ enabled, failingSince }: Webhook): { readonly words: string; readonly kind: string } {
  if (!enabled) return { words: 'Off', kind: 'failed' };
  if (failingSince !== null) return { words: `Failing since ${moment(failingSince)}`, kind: 'pending' };
  return { words: 'On', kind: 'completed' };
}
