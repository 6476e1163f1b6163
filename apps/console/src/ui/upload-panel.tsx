import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { filesIn } from '../api/dropped';
import { session } from '../api/client';
import { clearEnded, isUnderWay, type Upload, upload, uploads } from '../api/uploads';
import { CollectionChoice } from './collection-choice';
import { bytes, counted, percent } from './format';
import { Icon } from './icons';
import { Progress } from './parts';

/** Where dropped files go. */
export const targetCollection = signal('default');

/** More would make the page long; the rest is counted. */
const MOST_SHOWN = 50;

/** A key that is bound to collections has no business in the default one. */
export function firstTarget(): void {
  const bound = session.value?.collections;
  if (bound && !bound.includes(targetCollection.value)) targetCollection.value = bound[0] ?? 'default';
}

/** Buttons that choose files, for those who do not drop. */
export function ChooseFiles(): JSX.Element {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const take = (input: HTMLInputElement): void => {
    upload(filesIn(input.files), targetCollection.value);
    input.value = '';
  };
  return (
    <div class="choose">
      <button type="button" class="button button-primary" onClick={() => files.current?.click()}>
        <Icon name="upload" />
        Choose files
      </button>
      <button type="button" class="button" onClick={() => folder.current?.click()}>
        Choose a folder
      </button>
      <input ref={files} hidden type="file" multiple onChange={({ currentTarget }) => take(currentTarget)} />
      <input
        ref={folder}
        hidden
        type="file"
        {...{ webkitdirectory: true }}
        onChange={({ currentTarget }) => take(currentTarget)}
      />
      <CollectionChoice
        label="into"
        value={targetCollection.value}
        onChange={(name) => (targetCollection.value = name ?? 'default')}
      />
    </div>
  );
}

/** The files of this page: how far each is, and how it ended. Folded, it leaves the room to what was asked for. */
export function UploadPanel({ isFolded = false }: { isFolded?: boolean }): JSX.Element | null {
  const all = uploads.value;
  if (all.length === 0) return null;
  const left = all.filter(isUnderWay).length;
  const failed = all.filter(({ state }) => state === 'failed' || state === 'refused').length;
  const ready = all.filter(({ state }) => state === 'done').length;
  const words = [
    left > 0 && `${counted(left, 'file')} on the way`,
    ready > 0 && `${counted(ready, 'file')} ready`,
    failed > 0 && `${counted(failed, 'file')} failed`,
  ].filter((part) => typeof part === 'string');
  // What needs a look comes first.
  const order = ['refused', 'failed', 'sending', 'working', 'waiting', 'done'];
  const shown = all.toSorted((one, other) => order.indexOf(one.state) - order.indexOf(other.state));
  return (
    <section class="panel" aria-labelledby="uploads-title">
      <header class="panel-head">
        <h2 id="uploads-title">Your files</h2>
        <span class="quiet" role="status">
          {words.join(' · ')}
        </span>
        {left < all.length && (
          <button type="button" class="button button-small" onClick={clearEnded}>
            Clear the list
          </button>
        )}
      </header>
      {left > 0 && <Progress value={(all.length - left) / all.length} label="All files" />}
      <details open={!isFolded}>
        <summary class="quiet">One by one</summary>
        <ul class="uploads">
          {shown.slice(0, MOST_SHOWN).map((entry) => (
            <UploadRow key={entry.key} entry={entry} />
          ))}
        </ul>
        {shown.length > MOST_SHOWN && <p class="quiet">and {counted(shown.length - MOST_SHOWN, 'more file')}</p>}
      </details>
    </section>
  );
}

function UploadRow({ entry }: { entry: Upload }): JSX.Element {
  const { path, file, state, progress, documentId } = entry;
  return (
    <li class={`upload upload-${state}`}>
      <span class="upload-name">
        {documentId === undefined ? (
          <bdi>{path}</bdi>
        ) : (
          <a href={`/console/documents/${documentId}`}>
            <bdi>{path}</bdi>
          </a>
        )}
        <span class="quiet">{bytes(file.size)}</span>
      </span>
      <span class="upload-state">{wordsFor(entry)}</span>
      {(state === 'sending' || state === 'working') && <Progress value={progress} label={`Progress of ${path}`} />}
    </li>
  );
}

function wordsFor({ state, progress, document, duplicate, problem }: Upload): string {
  switch (state) {
    case 'waiting':
      return 'waits for its turn';
    case 'sending':
      return `sending ${percent(progress)}`;
    case 'working': {
      const { stage } = document?.pendingRevision ?? document ?? { stage: 'queued' };
      return stage === 'queued' ? 'in the queue' : `${stage} ${percent(progress)}`;
    }
    case 'done': {
      const passages = counted(document?.chunkCount ?? 0, 'passage');
      return duplicate === true ? `was here already, ${passages}` : `ready, ${passages}`;
    }
    case 'refused':
    case 'failed':
      return problem ?? 'failed';
  }
}
