import { useLocation } from 'preact-iso';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { queryOf, request } from '../api/client';
import type { Webhook, WebhookPage } from '../api/types';
import { Icon } from '../ui/icons';
import { Age, Empty, Failed, Head, Loading, Secret } from '../ui/parts';
import { usePages } from '../ui/use-pages';
import { WebhookForm } from '../ui/webhook-form';
import { WebhookState } from '../ui/webhook-state';

export function Webhooks(): JSX.Element {
  const { route } = useLocation();
  const pages = usePages<Webhook, WebhookPage>('webhooks', (cursor, signal) =>
    request(`/api/webhooks${queryOf({ limit: 100, cursor })}`, { signal }),
  );
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<Webhook | undefined>(undefined);
  const isEmpty = !pages.isLoading && pages.error === undefined && pages.items.length === 0;
  return (
    <div class="view">
      <Head title="Webhooks">
        <button type="button" class="button button-primary" onClick={() => setMaking(true)}>
          <Icon name="plus" />
          New webhook
        </button>
      </Head>
      <p class="lead">
        A webhook is told of what happens to documents by a signed request to an address of yours, at least once and in
        the order of each document.
      </p>
      {pages.error !== undefined && <Failed error={pages.error} onRetry={pages.reload} />}
      {pages.isLoading && <Loading lines={4} />}
      {isEmpty && (
        <Empty icon="webhooks" title="There are no webhooks">
          <p>Make one, and your program need not ask whether a document is ready.</p>
        </Empty>
      )}
      {pages.items.length > 0 && <WebhookTable webhooks={pages.items} />}
      {pages.hasMore && (
        <button type="button" class="button more" onClick={pages.loadMore}>
          More webhooks
        </button>
      )}
      {isMaking && (
        <WebhookForm
          onClose={() => setMaking(false)}
          onSaved={(webhook) => {
            setMaking(false);
            setMade(webhook);
          }}
        />
      )}
      {made !== undefined && (
        <Secret
          title="The secret of the webhook"
          secret={made.secret ?? ''}
          label="Copy the secret"
          note="The receiver checks each request by it."
          onClose={() => route(`/console/webhooks/${made.id}`)}
        />
      )}
    </div>
  );
}

function WebhookTable({ webhooks }: { webhooks: readonly Webhook[] }): JSX.Element {
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">Address</th>
          <th scope="col">State</th>
          <th scope="col" class="cell-far">
            Events
          </th>
          <th scope="col" class="cell-far">
            Collections
          </th>
          <th scope="col" class="cell-number cell-far">
            Made
          </th>
        </tr>
      </thead>
      <tbody>
        {webhooks.map((webhook) => (
          <tr key={webhook.id} class={webhook.enabled ? undefined : 'row-off'}>
            <td class="cell-name">
              <a href={`/console/webhooks/${webhook.id}`} title={webhook.url}>
                <bdi>{webhook.url}</bdi>
              </a>
              {webhook.description !== null && (
                <span class="quiet" dir="auto">
                  {webhook.description}
                </span>
              )}
            </td>
            <td>
              <WebhookState webhook={webhook} />
            </td>
            <td class="cell-far">{webhook.types === null ? 'all but progress' : webhook.types.length}</td>
            <td class="cell-far cell-clip">{webhook.collections?.join(', ') ?? 'all'}</td>
            <td class="cell-number cell-far">
              <Age of={webhook.createdAt} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
