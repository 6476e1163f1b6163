import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { queryOf, request } from '../api/client';
import { onChange } from '../api/events';
import { may } from '../api/session';
import type { DocumentPage, SearchAnswer, SearchMode } from '../api/types';
import { uploads } from '../api/uploads';
import { CollectionChoice } from '../ui/collection-choice';
import { FormatChoice } from '../ui/format-choice';
import { count, counted, duration } from '../ui/format';
import { Icon } from '../ui/icons';
import { Age, Empty, Failed, Head, Loading, Segments, StatusChip } from '../ui/parts';
import { ChooseFiles, firstTarget, UploadPanel } from '../ui/upload-panel';
import { useQuery } from '../ui/use-query';
import { useServer, useThrottled } from '../ui/use-server';
import { type Question, searchBody } from '../ui/question';
import { HitCard } from './hit';

const MODES = [
  { value: 'hybrid', label: 'Both' },
  { value: 'vector', label: 'Meaning' },
  { value: 'keyword', label: 'Words' },
] as const satisfies readonly { value: SearchMode; label: string }[];

const TOP = 10;
const MOST = 100;

export function Ask(): JSX.Element {
  const [query, setQuery] = useQuery();
  const mode = MODES.find(({ value }) => value === query['mode'])?.value ?? 'hybrid';
  const question: Question | undefined =
    query['q'] === undefined
      ? undefined
      : {
          query: query['q'],
          mode,
          ...(query['collection'] !== undefined && { collection: query['collection'] }),
          ...(query['format'] !== undefined && { format: query['format'] }),
        };
  const documents = useServer('first-documents', (signal) =>
    request<DocumentPage>(`/api/documents${queryOf({ limit: 5, count: true })}`, { signal }),
  );
  const reload = useThrottled(documents.reload, 1_000);
  useEffect(() => onChange(reload), [reload]);
  useEffect(firstTarget, []);
  const total = documents.data?.total;
  const isEmpty = total === 0 && uploads.value.length === 0;
  return (
    <div class="view view-ask">
      <Head title="Ask" />
      <SearchForm query={query['q'] ?? ''} onAsk={(q) => setQuery({ q })}>
        <Segments
          label="How it is searched"
          value={mode}
          options={MODES}
          onChange={(value) => setQuery({ mode: value === 'hybrid' ? undefined : value }, true)}
        />
        <CollectionChoice
          label="in"
          withAll
          value={query['collection']}
          onChange={(collection) => setQuery({ collection }, true)}
        />
        <FormatChoice value={query['format']} onChange={(format) => setQuery({ format }, true)} />
      </SearchForm>
      <UploadPanel isFolded={question !== undefined} />
      {question !== undefined && <Answer question={question} />}
      {question === undefined && documents.error !== undefined && (
        <Failed error={documents.error} onRetry={documents.reload} />
      )}
      {question === undefined && documents.isLoading && <Loading />}
      {question === undefined && isEmpty && <FirstStep />}
      {question === undefined && documents.data !== undefined && total !== 0 && (
        <Recent page={documents.data} total={total ?? 0} />
      )}
    </div>
  );
}

function SearchForm(props: {
  query: string;
  onAsk: (query: string) => void;
  children: JSX.Element | JSX.Element[];
}): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(props.query);
  useEffect(() => setText(props.query), [props.query]);
  useEffect(() => {
    input.current?.focus();
    const focus = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      input.current?.focus();
    };
    window.addEventListener('keydown', focus);
    return () => window.removeEventListener('keydown', focus);
  }, []);
  const submit = (event: Event): void => {
    event.preventDefault();
    if (text.trim() !== '') props.onAsk(text.trim());
  };
  return (
    <form class="ask-form" role="search" onSubmit={submit}>
      <div class="ask-line">
        <Icon name="ask" />
        <input
          ref={input}
          type="search"
          name="q"
          dir="auto"
          autocomplete="off"
          enterkeyhint="search"
          maxLength={4_096}
          aria-label="Your question"
          aria-keyshortcuts="/"
          placeholder="Ask in your own words"
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
        <button class="button button-primary">Ask</button>
      </div>
      <div class="ask-options">{props.children}</div>
    </form>
  );
}

function Answer({ question }: { question: Question }): JSX.Element {
  const [topK, setTopK] = useState(TOP);
  const body = searchBody(question, topK);
  const key = JSON.stringify(body);
  const { data, error, isLoading, reload } = useServer(key, (signal) =>
    request<SearchAnswer>('/api/search', { method: 'POST', json: body, signal }),
  );
  useEffect(() => setTopK(TOP), [question.query, question.mode]);
  // What is found grows with what is read.
  const refresh = useThrottled(reload, 2_000);
  useEffect(() => onChange(refresh), [refresh]);
  if (error !== undefined && data === undefined) return <Failed error={error} onRetry={reload} />;
  if (isLoading || data === undefined) return <Loading lines={6} />;
  const { results, tookMs, degraded } = data;
  return (
    <section class="answer" aria-labelledby="answer-title">
      <header class="answer-head">
        <h2 id="answer-title">{results.length === 0 ? 'Nothing was found' : counted(results.length, 'passage')}</h2>
        <span class="quiet" role="status">
          {results.length === 0 ? 'Nothing found' : 'Found'} in {duration(tookMs)}
        </span>
      </header>
      {degraded?.includes('vector') === true && (
        <p class="notice">
          <Icon name="warn" />
          {degraded.includes('language')
            ? 'The model does not read this language: the words answered alone.'
            : 'The embedding model did not answer in time: the words answered alone.'}
        </p>
      )}
      {results.length === 0 ? (
        <Empty icon="ask" title="No passage fits">
          <p>Try other words, search by meaning alone, or take the filters away.</p>
        </Empty>
      ) : (
        <ol class="hits">
          {results.map((hit, index) => (
            <HitCard key={hit.chunkId} hit={hit} rank={index + 1} best={results[0]?.score ?? 1} question={question} />
          ))}
        </ol>
      )}
      {results.length === topK && topK < MOST && (
        <button type="button" class="button more" onClick={() => setTopK(Math.min(MOST, topK * 2))}>
          More passages
        </button>
      )}
    </section>
  );
}

function FirstStep(): JSX.Element {
  if (!may('write')) {
    return (
      <Empty icon="documents" title="There are no documents yet">
        <p>This key may read and not add any. Ask those who run the service for one with the scope “write”.</p>
      </Empty>
    );
  }
  return (
    <section class="first-step" aria-label="Add documents">
      <span class="empty-icon">
        <Icon name="upload" />
      </span>
      <h2>Drop files or a folder here</h2>
      <p>
        PDF, Word, PowerPoint, Excel, mail, web pages, notes, code: each is read, cut into passages and ready to be
        found within seconds. Then ask above, in your own words.
      </p>
      <ChooseFiles />
    </section>
  );
}

function Recent({ page, total }: { page: DocumentPage; total: number }): JSX.Element {
  return (
    <section class="recent" aria-labelledby="recent-title">
      <header class="panel-head">
        <h2 id="recent-title">Latest documents</h2>
        <a href="/console/documents">all {count(total)}</a>
      </header>
      <ul class="recent-list">
        {page.items.map((document) => (
          <li key={document.id}>
            <a class="recent-name" href={`/console/documents/${document.id}`}>
              <bdi>{document.filename}</bdi>
            </a>
            <StatusChip document={document} />
            <span class="quiet">
              <Age of={document.createdAt} />
            </span>
          </li>
        ))}
      </ul>
      {may('write') && (
        <div class="drop-hint">
          <p class="quiet">Drop more files anywhere on this page, or</p>
          <ChooseFiles />
        </div>
      )}
    </section>
  );
}
