import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { queryOf, request, session } from '../api/client';
import type { ApiKey, ApiKeyPage, NewApiKey, Scope } from '../api/types';
import { Checks, CollectionChecks } from '../ui/checks';
import { count, moment } from '../ui/format';
import { Icon } from '../ui/icons';
import { Age, Confirm, Dialog, Empty, Failed, Field, Head, Loading, Secret } from '../ui/parts';
import { attempt, say } from '../ui/toasts';
import { usePages } from '../ui/use-pages';

const SCOPES = [
  { scope: 'read', words: 'read: search, look at documents' },
  { scope: 'write', words: 'write: upload, change and delete documents' },
  { scope: 'admin', words: 'admin: make and revoke keys and webhooks' },
] as const satisfies readonly { scope: Scope; words: string }[];

export function Keys(): JSX.Element {
  const pages = usePages<ApiKey, ApiKeyPage>('keys', (cursor, signal) =>
    request(`/api/admin/keys${queryOf({ limit: 100, cursor })}`, { signal }),
  );
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<NewApiKey | undefined>(undefined);
  const [revoked, setRevoked] = useState<ApiKey | undefined>(undefined);
  const revoke = async ({ id, name }: ApiKey): Promise<void> => {
    if (await attempt(() => request(`/api/admin/keys/${id}`, { method: 'DELETE' }))) say(`${name} is revoked`);
    pages.reload();
  };
  return (
    <div class="view">
      <Head title="Keys">
        <button type="button" class="button button-primary" onClick={() => setMaking(true)}>
          <Icon name="plus" />
          New key
        </button>
      </Head>
      <p class="lead">A key lets a program in. Give each one its own, so that one can be revoked alone.</p>
      {pages.error !== undefined && <Failed error={pages.error} onRetry={pages.reload} />}
      {pages.isLoading && <Loading lines={4} />}
      {pages.items.length > 0 && <KeyTable keys={pages.items} onRevoke={setRevoked} />}
      {pages.hasMore && (
        <button type="button" class="button more" onClick={pages.loadMore}>
          More keys
        </button>
      )}
      {isMaking && (
        <NewKey
          onClose={() => setMaking(false)}
          onMade={(key) => {
            setMaking(false);
            setMade(key);
            pages.reload();
          }}
        />
      )}
      {made !== undefined && (
        <Secret
          title={`The key ${made.name}`}
          secret={made.key}
          label="Copy the key"
          note={made.expiresAt === null ? undefined : `It is good until ${moment(made.expiresAt)}.`}
          onClose={() => setMade(undefined)}
        />
      )}
      {revoked !== undefined && (
        <Confirm
          title={`Revoke ${revoked.name}?`}
          action="Revoke it"
          onConfirm={() => revoke(revoked)}
          onClose={() => setRevoked(undefined)}
        >
          <p>Programs that use it are refused from now on, and those who signed in here with it are signed out.</p>
        </Confirm>
      )}
    </div>
  );
}

function stateOf({ revokedAt, expiresAt }: ApiKey): { readonly words: string; readonly kind: string } {
  if (revokedAt !== null) return { words: 'Revoked', kind: 'failed' };
  if (expiresAt !== null && new Date(expiresAt).getTime() < Date.now()) return { words: 'Expired', kind: 'failed' };
  return { words: 'Good', kind: 'completed' };
}

function KeyTable({ keys, onRevoke }: { keys: readonly ApiKey[]; onRevoke: (key: ApiKey) => void }): JSX.Element {
  if (keys.length === 0) return <Empty icon="keys" title="There are no keys" />;
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">State</th>
          <th scope="col">May</th>
          <th scope="col" class="cell-far">
            Collections
          </th>
          <th scope="col" class="cell-far">
            A minute
          </th>
          <th scope="col" class="cell-far">
            Last used
          </th>
          <th scope="col">
            <span class="unseen">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => {
          const { words, kind } = stateOf(key);
          return (
            <tr key={key.id} class={key.revokedAt === null ? undefined : 'row-off'}>
              <td class="cell-name">
                <bdi>{key.name}</bdi>
                <span class="quiet mono">{key.id}</span>
              </td>
              <td>
                <span class={`chip chip-${kind}`}>
                  <span class="chip-dot" aria-hidden="true" />
                  {words}
                </span>
              </td>
              <td>{key.scopes.join(', ')}</td>
              <td class="cell-far">{key.collections === null ? 'all' : key.collections.join(', ')}</td>
              <td class="cell-far">{limitInWords(key.rateLimitPerMinute)}</td>
              <td class="cell-far">{key.lastUsedAt === null ? 'never' : <Age of={key.lastUsedAt} />}</td>
              <td class="cell-number">
                {key.revokedAt === null && key.id !== session.value?.keyId && (
                  <button
                    type="button"
                    class="button button-small"
                    aria-label={`Revoke ${key.name}`}
                    onClick={() => onRevoke(key)}
                  >
                    Revoke
                  </button>
                )}
                {key.id === session.value?.keyId && <span class="quiet">you</span>}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function limitInWords(limit: ApiKey['rateLimitPerMinute']): string {
  if (limit === null) return 'by address';
  return limit === 'none' ? 'no limit' : count(limit);
}

function NewKey({ onMade, onClose }: { onMade: (key: NewApiKey) => void; onClose: () => void }): JSX.Element {
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly Scope[]>(['read']);
  const [bound, setBound] = useState<readonly string[]>([]);
  const [days, setDays] = useState('');
  const [limit, setLimit] = useState('');
  const isAdmin = scopes.includes('admin');
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const expiresAt = days === '' ? undefined : new Date(Date.now() + Number(days) * 86_400_000).toISOString();
    const json = {
      name,
      scopes,
      ...(expiresAt !== undefined && { expiresAt }),
      ...(bound.length > 0 && !isAdmin && { collections: bound }),
      ...(limit !== '' && { rateLimitPerMinute: Number(limit) }),
    };
    await attempt(async () => onMade(await request<NewApiKey>('/api/admin/keys', { method: 'POST', json })));
  };
  return (
    <Dialog title="New key" onClose={onClose}>
      <form class="dialog-body" onSubmit={(event) => void submit(event)}>
        <Field label="Name" hint="Which program it is for.">
          <input
            class="input"
            required
            maxLength={200}
            value={name}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </Field>
        <Checks
          legend="What it may do"
          options={SCOPES.map(({ scope, words }) => ({ value: scope, label: words }))}
          chosen={scopes}
          onChange={setScopes}
        />
        {!isAdmin && (
          <CollectionChecks legend="Bound to collections (none: it sees all)" chosen={bound} onChange={setBound} />
        )}
        <div class="field-row">
          <Field label="Good for, days" hint="Empty: until it is revoked.">
            <input
              class="input"
              type="number"
              min={1}
              max={3_650}
              value={days}
              onInput={({ currentTarget }) => setDays(currentTarget.value)}
            />
          </Field>
          <Field label="Requests a minute" hint="Empty: counted with its address.">
            <input
              class="input"
              type="number"
              min={1}
              value={limit}
              onInput={({ currentTarget }) => setLimit(currentTarget.value)}
            />
          </Field>
        </div>
        <footer class="dialog-foot">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button class="button button-primary" disabled={scopes.length === 0}>
            Make it
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
