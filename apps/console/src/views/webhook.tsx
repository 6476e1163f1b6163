import { useRoute } from 'preact-iso';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { queryOf, request } from '../api/client';
import type { Delivery, DeliveryPage, Webhook } from '../api/types';
import { ago, counted } from '../ui/format';
import { Icon } from '../ui/icons';
import { Age, Confirm, Failed, Head, Loading, Secret, Segments } from '../ui/parts';
import { attempt, say } from '../ui/toasts';
import { useDeletion } from '../ui/use-deletion';
import { usePages } from '../ui/use-pages';
import { useQuery } from '../ui/use-query';
import { useServer } from '../ui/use-server';
import { WebhookForm } from '../ui/webhook-form';
import { WebhookState } from '../ui/webhook-state';

const LOOK_EVERY_MS = 3_000;
const PAGE = 50;

const STATES = [
  { value: 'all', label: 'All' },
  { value: 'pending', label: 'Waiting' },
  { value: 'delivered', label: 'Delivered' },
  { value: 'failed', label: 'Failed' },
] as const;

/** One webhook: what it is told of, and what became of that lately. */
export function WebhookView(): JSX.Element {
  const id = encodeURIComponent(useRoute().params['id'] ?? '');
  const { isLeaving, remove } = useDeletion();
  const { data, error, isLoading, reload } = useServer(isLeaving ? undefined : id, (signal) =>
    request<Webhook>(`/api/webhooks/${id}`, { signal }),
  );
  if (data !== undefined) {
    const farewell = { to: '/console/webhooks', words: 'The webhook is deleted' };
    return <Shown webhook={data} reload={reload} remove={() => remove(`/api/webhooks/${id}`, farewell)} />;
  }
  return (
    <div class="view">
      <Head title="Webhook" />
      {(isLoading || isLeaving) && <Loading lines={6} />}
      {error?.status === 404 ? (
        <p>
          This webhook is gone. <a href="/console/webhooks">All webhooks</a>
        </p>
      ) : (
        error !== undefined && <Failed error={error} onRetry={reload} />
      )}
    </div>
  );
}

interface ShownProps {
  readonly webhook: Webhook;
  readonly reload: () => void;
  readonly remove: () => Promise<void>;
}

function Shown({ webhook, reload, remove }: ShownProps): JSX.Element {
  const [query, setQuery] = useQuery();
  const state = STATES.find(({ value }) => value === query['status'])?.value ?? 'all';
  const path = `/api/webhooks/${webhook.id}`;
  const pages = usePages<Delivery, DeliveryPage>(`${webhook.id} ${state}`, (cursor, signal) =>
    request(`${path}/deliveries${queryOf({ limit: PAGE, cursor, status: state === 'all' ? undefined : state })}`, {
      signal,
    }),
  );
  useEffect(() => {
    const timer = setInterval(() => {
      pages.reload();
      reload();
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [pages.reload, reload]);
  const send = async (route: string, words: string): Promise<void> => {
    if (await attempt(() => request(`${path}/${route}`, { method: 'POST' }))) say(words);
    pages.reload();
  };
  return (
    <div class="view">
      <Head title={webhook.url}>
        <Actions {...{ webhook, reload, remove }} onTest={() => void send('test', 'A test is on its way')} />
      </Head>
      <div class="facts">
        <WebhookState webhook={webhook} />
        <span>{webhook.types === null ? 'all events but progress' : webhook.types.join(', ')}</span>
        <span>of {webhook.collections?.join(', ') ?? 'all collections'}</span>
        {webhook.description !== null && <span dir="auto">{webhook.description}</span>}
        <span>
          made <Age of={webhook.createdAt} />
        </span>
      </div>
      {!webhook.enabled && (
        <div class="notice notice-warn">
          <Icon name="warn" />
          <div>
            <strong>It is off and is told nothing</strong>
            {webhook.disabledReason !== null && <p>Why: {webhook.disabledReason}.</p>}
            <p>Switched on, it is told of what happens from then on.</p>
          </div>
        </div>
      )}
      <section class="panel" aria-labelledby="deliveries-title">
        <header class="panel-head">
          <h2 id="deliveries-title">Deliveries of the last three days</h2>
          <Segments
            label="Which deliveries"
            value={state}
            options={STATES}
            onChange={(value) => setQuery({ status: value === 'all' ? undefined : value }, true)}
          />
        </header>
        {pages.error !== undefined && <Failed error={pages.error} onRetry={pages.reload} />}
        {pages.isLoading && <Loading lines={4} />}
        {!pages.isLoading && pages.error === undefined && pages.items.length === 0 && <p class="quiet">None.</p>}
        <ul class="deliveries">
          {pages.items.map((delivery) => (
            <Row
              key={delivery.id}
              delivery={delivery}
              isOn={webhook.enabled}
              onAgain={() => void send(`deliveries/${delivery.id}/retry`, 'It is sent again')}
            />
          ))}
        </ul>
        {pages.hasMore && (
          <button type="button" class="button more" onClick={pages.loadMore}>
            More deliveries
          </button>
        )}
      </section>
    </div>
  );
}

type Asked = 'change' | 'rotate' | 'remove';

function Actions({ webhook, reload, remove, onTest }: ShownProps & { readonly onTest: () => void }): JSX.Element {
  const [asked, setAsked] = useState<Asked | undefined>(undefined);
  const [secret, setSecret] = useState<string | undefined>(undefined);
  const close = (): void => setAsked(undefined);
  const path = `/api/webhooks/${webhook.id}`;
  const turn = async (enabled: boolean): Promise<void> => {
    const done = await attempt(() => request(path, { method: 'PATCH', json: { enabled } }));
    if (done) say(enabled ? 'It is on' : 'It is off');
    reload();
  };
  const rotate = async (): Promise<void> => {
    const json = { rotateSecret: true };
    await attempt(async () => setSecret((await request<Webhook>(path, { method: 'PATCH', json })).secret));
  };
  return (
    <>
      {webhook.enabled ? (
        <>
          <button type="button" class="button button-primary" onClick={onTest}>
            Send a test
          </button>
          <button type="button" class="button" onClick={() => void turn(false)}>
            Switch off
          </button>
        </>
      ) : (
        <button type="button" class="button button-primary" onClick={() => void turn(true)}>
          Switch on
        </button>
      )}
      <button type="button" class="button" onClick={() => setAsked('change')}>
        Change
      </button>
      <button type="button" class="button" onClick={() => setAsked('rotate')}>
        New secret
      </button>
      <button type="button" class="button button-danger" onClick={() => setAsked('remove')}>
        <Icon name="trash" />
        Delete
      </button>
      {asked === 'change' && (
        <WebhookForm
          webhook={webhook}
          onClose={close}
          onSaved={() => {
            close();
            reload();
          }}
        />
      )}
      {asked === 'rotate' && (
        <Confirm title="Make a new secret?" action="Make it" onConfirm={rotate} onClose={close}>
          <p>For a day requests are signed with the old one too, so that the receiver may change over.</p>
        </Confirm>
      )}
      {asked === 'remove' && (
        <Confirm title="Delete this webhook?" action="Delete it" onConfirm={remove} onClose={close}>
          <p>It is told nothing more, and what is listed of its deliveries is gone. This cannot be undone.</p>
        </Confirm>
      )}
      {secret !== undefined && (
        <Secret
          title="The new secret of the webhook"
          secret={secret}
          label="Copy the secret"
          onClose={() => setSecret(undefined)}
        />
      )}
    </>
  );
}

const CHIPS = {
  pending: { kind: 'pending', words: 'Waiting' },
  delivered: { kind: 'completed', words: 'Delivered' },
  failed: { kind: 'failed', words: 'Failed' },
} as const satisfies Readonly<Record<Delivery['status'], unknown>>;

function Row(props: { delivery: Delivery; isOn: boolean; onAgain: () => void }): JSX.Element {
  const { delivery, isOn, onAgain } = props;
  const { type, status, attempts, lastStatus, lastError, nextAttemptAt, createdAt } = delivery;
  const { kind, words } = CHIPS[status];
  return (
    <li>
      <details>
        <summary>
          <strong>{type}</strong> <Age of={createdAt} />
        </summary>
        <pre dir="auto">{JSON.stringify(delivery.body, undefined, 2)}</pre>
        <p class="quiet mono">{delivery.id}</p>
      </details>
      <div class="delivery-end">
        <span class={`chip chip-${kind}`}>
          <span class="chip-dot" aria-hidden="true" />
          {words}
          {lastStatus !== null && ` · ${lastStatus}`}
        </span>
        <span class="quiet">
          {attempts === 0 ? 'not tried yet' : counted(attempts, 'attempt')}
          {isOn && attempts > 0 && nextAttemptAt !== undefined && `, next ${ago(nextAttemptAt)}`}
        </span>
        {lastError !== null && (
          <span class="quiet delivery-error" dir="auto">
            {lastError}
          </span>
        )}
      </div>
      {isOn && attempts > 0 && (
        <button type="button" class="button button-small" aria-label={`Send again: ${type}`} onClick={onAgain}>
          <Icon name="retry" />
          Send again
        </button>
      )}
    </li>
  );
}
