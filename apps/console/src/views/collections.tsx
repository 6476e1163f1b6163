import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { queryOf, request } from '../api/client';
import { isUnbound, may } from '../api/session';
import type { Collection, CollectionPage } from '../api/types';
import { bytes, count, counted } from '../ui/format';
import { Icon } from '../ui/icons';
import { Dialog, Failed, Field, Head, Loading } from '../ui/parts';
import { attempt, say } from '../ui/toasts';
import { usePages } from '../ui/use-pages';

export function Collections(): JSX.Element {
  const pages = usePages<Collection, CollectionPage>('collections', (cursor, signal) =>
    request(`/api/collections${queryOf({ limit: 100, cursor })}`, { signal }),
  );
  const [isMaking, setMaking] = useState(false);
  const [removed, setRemoved] = useState<Collection | undefined>(undefined);
  return (
    <div class="view">
      <Head title="Collections">
        {may('write') && isUnbound() && (
          <button type="button" class="button button-primary" onClick={() => setMaking(true)}>
            <Icon name="plus" />
            New collection
          </button>
        )}
      </Head>
      <p class="lead">
        Collections keep documents apart. A key can be bound to some of them and then sees nothing else; word statistics
        are those of the collections that are searched.
      </p>
      {pages.error !== undefined && <Failed error={pages.error} onRetry={pages.reload} />}
      {pages.isLoading && <Loading lines={4} />}
      {pages.items.length > 0 && (
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col" class="cell-number">
                Documents
              </th>
              <th scope="col" class="cell-number cell-far">
                Passages
              </th>
              <th scope="col" class="cell-number cell-far">
                Size
              </th>
              <th scope="col">
                <span class="unseen">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {pages.items.map((collection) => (
              <tr key={collection.name}>
                <td class="cell-name">
                  <a href={`/console/documents?collection=${collection.name}`}>{collection.name}</a>
                  {collection.description !== null && (
                    <span class="quiet" dir="auto">
                      {collection.description}
                    </span>
                  )}
                </td>
                <td class="cell-number">{count(collection.documents)}</td>
                <td class="cell-number cell-far">{count(collection.chunks)}</td>
                <td class="cell-number cell-far">{bytes(collection.bytes)}</td>
                <td class="cell-number">
                  {may('write') && collection.name !== 'default' && (
                    <button
                      type="button"
                      class="button button-small"
                      aria-label={`Delete ${collection.name}`}
                      onClick={() => setRemoved(collection)}
                    >
                      Delete
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {pages.hasMore && (
        <button type="button" class="button more" onClick={pages.loadMore}>
          More collections
        </button>
      )}
      {isMaking && (
        <NewCollection
          onClose={() => setMaking(false)}
          onMade={() => {
            setMaking(false);
            pages.reload();
          }}
        />
      )}
      {removed !== undefined && (
        <Remove collection={removed} onClose={() => setRemoved(undefined)} onRemoved={pages.reload} />
      )}
    </div>
  );
}

function NewCollection({ onMade, onClose }: { onMade: () => void; onClose: () => void }): JSX.Element {
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const json = { name, ...(description !== '' && { description }) };
    if (await attempt(() => request('/api/collections', { method: 'POST', json }))) onMade();
  };
  return (
    <Dialog title="New collection" onClose={onClose}>
      <form class="dialog-body" onSubmit={(event) => void submit(event)}>
        <Field label="Name" hint="Small letters, digits, dots, dashes and underscores.">
          <input
            class="input mono"
            required
            pattern="[a-z0-9][a-z0-9._\-]{0,62}"
            value={name}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </Field>
        <Field label="Description">
          <input
            class="input"
            dir="auto"
            maxLength={1_000}
            value={description}
            onInput={({ currentTarget }) => setDescription(currentTarget.value)}
          />
        </Field>
        <footer class="dialog-foot">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button class="button button-primary">Make it</button>
        </footer>
      </form>
    </Dialog>
  );
}

/** Many documents go at once: its name has to be written. */
function Remove(props: { collection: Collection; onRemoved: () => void; onClose: () => void }): JSX.Element {
  const { collection, onRemoved, onClose } = props;
  const { name, documents } = collection;
  const [typed, setTyped] = useState('');
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (await attempt(() => request(`/api/collections/${name}`, { method: 'DELETE' }))) say(`${name} is deleted`);
    onRemoved();
    onClose();
  };
  return (
    <Dialog title={`Delete ${name}?`} onClose={onClose}>
      <form class="dialog-body" onSubmit={(event) => void submit(event)}>
        <p>
          {counted(documents, 'document')} {documents === 1 ? 'goes' : 'go'} with it. This cannot be undone.
        </p>
        <Field label="Write its name to go on">
          <input
            class="input mono"
            autocomplete="off"
            value={typed}
            onInput={({ currentTarget }) => setTyped(currentTarget.value)}
          />
        </Field>
        <footer class="dialog-foot">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button class="button button-danger" disabled={typed !== name}>
            Delete {counted(documents, 'document')}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
