import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { request } from '../api/client';
import type { EventType, Webhook } from '../api/types';
import { Checks, CollectionChecks } from './checks';
import { Dialog, Field } from './parts';
import { attempt } from './toasts';

export const EVENT_WORDS: Readonly<Record<EventType, string>> = {
  'document.accepted': 'a document has arrived',
  'document.progress': 'a document is being read, step by step',
  'document.completed': 'a document is ready',
  'document.failed': 'a document has failed',
  'document.deleted': 'a document is deleted',
  'revision.completed': 'a new revision is ready',
  'revision.failed': 'a new revision has failed',
};
const EVENTS = (Object.keys(EVENT_WORDS) as EventType[]).map((value) => ({
  value,
  label: `${value}: ${EVENT_WORDS[value]}`,
}));

/** Makes a webhook, or changes one. */
export function WebhookForm(props: {
  webhook?: Webhook;
  onSaved: (webhook: Webhook) => void;
  onClose: () => void;
}): JSX.Element {
  const { webhook, onSaved, onClose } = props;
  const [url, setUrl] = useState(webhook?.url ?? '');
  const [description, setDescription] = useState(webhook?.description ?? '');
  const [types, setTypes] = useState<readonly EventType[]>(webhook?.types ?? []);
  const [collections, setCollections] = useState<readonly string[]>(webhook?.collections ?? []);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const isNew = webhook === undefined;
    const json = {
      url,
      ...((description !== '' || !isNew) && { description: description === '' ? null : description }),
      types: types.length === 0 ? null : types,
      collections: collections.length === 0 ? null : collections,
    };
    const path = isNew ? '/api/webhooks' : `/api/webhooks/${webhook.id}`;
    await attempt(async () => onSaved(await request<Webhook>(path, { method: isNew ? 'POST' : 'PATCH', json })));
  };
  return (
    <Dialog title={webhook === undefined ? 'New webhook' : 'Change the webhook'} onClose={onClose}>
      <form class="dialog-body" onSubmit={(event) => void submit(event)}>
        <Field label="Address" hint="A public one, unless the service is set to allow private ones.">
          <input
            class="input mono"
            type="url"
            required
            maxLength={2_048}
            placeholder="https://example.org/hooks"
            value={url}
            onInput={({ currentTarget }) => setUrl(currentTarget.value)}
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
        <Checks legend="Events (none: all but progress)" options={EVENTS} chosen={types} onChange={setTypes} />
        <CollectionChecks legend="Of collections (none: of all)" chosen={collections} onChange={setCollections} />
        <footer class="dialog-foot">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button class="button button-primary">{webhook === undefined ? 'Make it' : 'Save'}</button>
        </footer>
      </form>
    </Dialog>
  );
}
