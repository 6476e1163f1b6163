import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { changeAll } from '../api/bulk';
import type { Document } from '../api/types';
import { count, counted } from '../ui/format';
import { Icon } from '../ui/icons';
import { Confirm } from '../ui/parts';
import { attempt, say } from '../ui/toasts';

type Asked = 'retry' | 'reprocess' | 'delete';

const ids = (documents: readonly Document[]): readonly string[] => documents.map(({ id }) => id);

/** What can be done to all that are chosen. */
export function Selection({ documents, onDone }: { documents: readonly Document[]; onDone: () => void }): JSX.Element {
  const [asked, setAsked] = useState<Asked | undefined>(undefined);
  const failed = documents.filter(({ status, failure }) => status === 'failed' && failure?.retryable === true);
  const ended = documents.filter(({ status }) => status === 'completed' || status === 'failed');
  const change = async (what: Parameters<typeof changeAll>[0], which: readonly Document[], words: string) => {
    await attempt(async () => {
      const changed = await changeAll(what, ids(which));
      const left = which.length - changed;
      say(`${counted(changed, 'document')} ${words}${left > 0 ? `, ${count(left)} left as before` : ''}`);
    });
    onDone();
  };
  return (
    <div class="selection" role="region" aria-label="What is selected">
      <strong role="status">{counted(documents.length, 'document')} selected</strong>
      {failed.length > 0 && (
        <button type="button" class="button" onClick={() => setAsked('retry')}>
          <Icon name="retry" />
          Retry {count(failed.length)} failed
        </button>
      )}
      {ended.length > 0 && (
        <button type="button" class="button" onClick={() => setAsked('reprocess')}>
          <Icon name="documents" />
          Read again
        </button>
      )}
      <button type="button" class="button button-danger" onClick={() => setAsked('delete')}>
        <Icon name="trash" />
        Delete
      </button>
      <button type="button" class="button" onClick={onDone}>
        Select none
      </button>
      {asked === 'retry' && (
        <Confirm
          title={`Retry ${counted(failed.length, 'document')}?`}
          action={`Retry ${count(failed.length)}`}
          isHarmless
          onConfirm={() => change('retry', failed, 'queued again')}
          onClose={() => setAsked(undefined)}
        >
          <p>They go through all stages again, with as many attempts as new ones.</p>
        </Confirm>
      )}
      {asked === 'reprocess' && (
        <Confirm
          title={`Read ${counted(ended.length, 'document')} again?`}
          action={`Read ${count(ended.length)} again`}
          isHarmless
          onConfirm={() => change('reprocess', ended, 'queued to be read again')}
          onClose={() => setAsked(undefined)}
        >
          <p>
            Their kept bytes are read as the service reads today. What is found now is found until that is complete.
          </p>
        </Confirm>
      )}
      {asked === 'delete' && (
        <Confirm
          title={`Delete ${counted(documents.length, 'document')}?`}
          action={`Delete ${count(documents.length)}`}
          onConfirm={() => change('delete', documents, 'deleted')}
          onClose={() => setAsked(undefined)}
        >
          <p>They are gone from every search at once, and their files with them. This cannot be undone.</p>
        </Confirm>
      )}
    </div>
  );
}
