import { useRoute } from 'preact-iso';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { noteInWords } from '../../../../libs/domain/src/coverage-words';
import { request } from '../api/client';
import { onChange } from '../api/events';
import { may } from '../api/session';
import type { Document } from '../api/types';
import { adviceFor } from '../ui/advice';
import { bytes, count, counted, duration } from '../ui/format';
import { FormatChoice } from '../ui/format-choice';
import { formatName } from '../ui/formats';
import { Icon } from '../ui/icons';
import { Age, Confirm, Failed, Head, Loading, Progress, Segments, StatusChip } from '../ui/parts';
import type { Span } from '../ui/spans';
import { attempt, say } from '../ui/toasts';
import { useDeletion } from '../ui/use-deletion';
import { useQuery } from '../ui/use-query';
import { useServer, useThrottled } from '../ui/use-server';
import { Chunks } from './chunks';
import { Original } from './original';
import { Text } from './text';

const PANES = [
  { value: 'both', label: 'Side by side' },
  { value: 'text', label: 'Text' },
  { value: 'original', label: 'Original' },
  { value: 'passages', label: 'Passages' },
] as const;
type Pane = (typeof PANES)[number]['value'];

export function DocumentView(): JSX.Element {
  const id = useRoute().params['id'] ?? '';
  const path = `/api/documents/${encodeURIComponent(id)}`;
  const { isLeaving, remove } = useDeletion();
  const { data, error, isLoading, reload } = useServer(isLeaving ? undefined : id, (signal) =>
    request<Document>(path, { signal }),
  );
  const refresh = useThrottled(reload, 500);
  useEffect(
    () =>
      onChange((change) => {
        if (change.kind === 'unknown' || change.documentId === id) refresh();
      }),
    [id, refresh],
  );
  if (data === undefined) {
    return (
      <div class="view">
        <Head title="Document" />
        {(isLoading || isLeaving) && <Loading lines={6} />}
        {error?.status === 404 ? (
          <p>
            This document is gone, or your key does not reach it. <a href="/console/documents">All documents</a>
          </p>
        ) : (
          error !== undefined && <Failed error={error} onRetry={reload} />
        )}
      </div>
    );
  }
  const farewell = { to: '/console/documents', words: `${data.filename} is deleted` };
  return <Shown document={data} reload={reload} remove={() => remove(path, farewell)} />;
}

interface ShownProps {
  readonly document: Document;
  readonly reload: () => void;
  readonly remove: () => Promise<void>;
}

function Shown({ document, reload, remove }: ShownProps): JSX.Element {
  const [query, setQuery] = useQuery();
  const pane: Pane = PANES.find(({ value }) => value === query['pane'])?.value ?? 'both';
  const passage = passageOf(query['at']);
  // What was read before stays readable while it is read again.
  const isReadable = document.chunkCount !== null;
  return (
    <div class="view view-document">
      <Head title={document.filename}>
        <Actions document={document} reload={reload} remove={remove} />
      </Head>
      <Facts document={document} />
      <Trouble document={document} reload={reload} />
      {isReadable && (
        <>
          <Segments
            label="What is shown"
            value={pane}
            options={PANES}
            onChange={(value) => setQuery({ pane: value === 'both' ? undefined : value }, true)}
          />
          {pane === 'passages' ? (
            <Chunks document={document} />
          ) : (
            <div class={`panes panes-${pane}`}>
              {pane !== 'text' && <Original document={document} passage={passage} />}
              {pane !== 'original' && <Text document={document} passage={passage} />}
            </div>
          )}
        </>
      )}
      {!isReadable && <Original document={document} passage={undefined} />}
    </div>
  );
}

/** `120-207`: UTF-16 code units of the text. */
function passageOf(at: string | undefined): Span | undefined {
  const match = /^(\d{1,9})-(\d{1,9})$/.exec(at ?? '');
  return match === null ? undefined : { start: Number(match[1]), end: Number(match[2]) };
}

function Actions({ document, reload, remove }: ShownProps): JSX.Element {
  const [isAsking, setAsking] = useState(false);
  const [isReading, setReading] = useState(false);
  const [format, setFormat] = useState<string | undefined>(undefined);
  const isEnded = document.status === 'completed' || document.status === 'failed';
  const path = `/api/documents/${document.id}`;
  const failure = document.failure ?? document.pendingRevision?.failure;
  const retry = async (): Promise<void> => {
    await attempt(() => request(`${path}/retry`, { method: 'POST' }));
    reload();
  };
  const readAgain = async (): Promise<void> => {
    const json = format === undefined ? {} : { format };
    if (await attempt(() => request(`${path}/reprocess`, { method: 'POST', json }))) say('It is read again');
    reload();
  };
  return (
    <>
      {failure !== undefined && may('write') && (
        <button type="button" class="button button-primary" onClick={() => void retry()}>
          <Icon name="retry" />
          Retry
        </button>
      )}
      {isEnded && may('write') && (
        <button type="button" class="button" onClick={() => setReading(true)}>
          <Icon name="documents" />
          Read again
        </button>
      )}
      <a class="button" href={`${path}/content`} download={document.filename}>
        <Icon name="download" />
        Download
      </a>
      {may('write') && (
        <button type="button" class="button button-danger" onClick={() => setAsking(true)}>
          <Icon name="trash" />
          Delete
        </button>
      )}
      {isReading && (
        <Confirm
          title="Read this document again?"
          action="Read it again"
          isHarmless
          onConfirm={readAgain}
          onClose={() => setReading(false)}
        >
          <p>Its kept bytes are read as the service reads today. What is found now is found until that is complete.</p>
          <FormatChoice none="as the format it has" value={format} onChange={setFormat} />
        </Confirm>
      )}
      {isAsking && (
        <Confirm title="Delete this document?" action="Delete it" onConfirm={remove} onClose={() => setAsking(false)}>
          <p>
            <strong>
              <bdi>{document.filename}</bdi>
            </strong>{' '}
            is gone from every search at once, and its file with it. This cannot be undone.
          </p>
        </Confirm>
      )}
    </>
  );
}

function Facts({ document }: { document: Document }): JSX.Element {
  const { coverage, timings, metadata } = document;
  return (
    <>
      <div class="facts">
        <StatusChip document={document} />
        <span>{formatName(document.format)}</span>
        <span>{bytes(document.sizeBytes)}</span>
        {document.chunkCount !== null && <span>{counted(document.chunkCount, 'passage')}</span>}
        {typeof coverage?.pages === 'number' && <span>{counted(coverage.pages, 'page')}</span>}
        <span>
          in <a href={`/console/documents?collection=${document.collection}`}>{document.collection}</a>
        </span>
        {document.revision > 1 && <span>revision {count(document.revision)}</span>}
        <span>
          added <Age of={document.createdAt} />
        </span>
        {document.externalId !== undefined && (
          <span class="mono cell-clip" title="Its owner’s name for it">
            <bdi>{document.externalId}</bdi>
          </span>
        )}
      </div>
      {timings.totalMs !== undefined && <Timings timings={timings} />}
      {Object.keys(metadata).length > 0 && (
        <details class="metadata">
          <summary>Metadata</summary>
          <pre dir="auto">{JSON.stringify(metadata, undefined, 2)}</pre>
        </details>
      )}
    </>
  );
}

const STAGES = [
  { name: 'read', key: 'extractingMs' },
  { name: 'cut', key: 'chunkingMs' },
  { name: 'embedded', key: 'embeddingMs' },
] as const;

/** Where the time went, as one bar. */
function Timings({ timings }: { timings: Document['timings'] }): JSX.Element {
  const parts = STAGES.map(({ name, key }) => ({ name, key, ms: timings[key] ?? 0 })).filter(({ ms }) => ms > 0);
  const sum = parts.reduce((total, { ms }) => total + ms, 0);
  return (
    <div class="timings">
      <div class="timings-bar" aria-hidden="true">
        {parts.map(({ key, ms }) => (
          <span key={key} class={`timing timing-${key}`} style={{ flexGrow: String(ms / Math.max(sum, 1)) }} />
        ))}
      </div>
      <p class="quiet">
        Ready in {duration(timings.totalMs ?? sum)}
        {parts.map(({ key, name, ms }) => (
          <span key={key} class="timings-part">
            <span class={`swatch timing-${key}`} aria-hidden="true" /> {name} {duration(ms)}
          </span>
        ))}
      </p>
    </div>
  );
}

/** What stands in the way of it, and what can be done. */
function Trouble({ document, reload }: { document: Document; reload: () => void }): JSX.Element | null {
  const { failure, pendingRevision, coverage, waitingFor, status } = document;
  const isUnderWay = status === 'pending' || status === 'processing';
  return (
    <>
      {failure !== undefined && <FailureNotice failure={failure} title="It could not be read" />}
      {pendingRevision?.failure !== undefined && (
        <FailureNotice failure={pendingRevision.failure} title="Its next revision could not be read; this one stays" />
      )}
      {isUnderWay && (
        <div class="notice">
          <div class="notice-wide">
            <strong>{waitingFor === undefined ? 'It is on its way' : `It waits for ${waitingFor.dependency}`}</strong>
            <p class="quiet">
              {waitingFor === undefined
                ? `${document.stage}, ${document.percent} %`
                : 'It goes on by itself, and loses no attempt.'}
            </p>
            <Progress value={document.percent / 100} label="Progress" />
          </div>
          <button type="button" class="button button-small" onClick={reload}>
            Look again
          </button>
        </div>
      )}
      {coverage !== undefined && (coverage.pagesWithoutText.length > 0 || coverage.notes.length > 0) && (
        <div class="notice notice-warn">
          <Icon name="warn" />
          <div>
            <strong>Not all of it was read</strong>
            {coverage.pagesWithoutText.length > 0 && (
              <p>
                Without text: {coverage.pagesWithoutText.length === 1 ? 'page' : 'pages'}{' '}
                {coverage.pagesWithoutText.join(', ')}
              </p>
            )}
            <ul>
              {coverage.notes.map((note) => (
                <li key={note}>{noteInWords(note)}</li>
              ))}
            </ul>
          </div>
        </div>
      )}
    </>
  );
}

function FailureNotice(props: { failure: NonNullable<Document['failure']>; title: string }): JSX.Element {
  const { failure, title } = props;
  return (
    <div class="notice notice-problem" role="alert">
      <Icon name="warn" />
      <div>
        <strong>{title}</strong>
        <p dir="auto">{failure.message}</p>
        <p>{adviceFor(failure.code)}</p>
        <p class="quiet mono">{failure.code}</p>
      </div>
    </div>
  );
}
