import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { queryOf, request } from '../api/client';
import { onChange } from '../api/events';
import { may } from '../api/session';
import type { Document, DocumentPage } from '../api/types';
import { CollectionChoice } from '../ui/collection-choice';
import { FormatChoice } from '../ui/format-choice';
import { bytes, count, counted } from '../ui/format';
import { formatName } from '../ui/formats';
import { Age, Empty, Failed, Head, Loading, StatusChip } from '../ui/parts';
import { ChooseFiles, UploadPanel } from '../ui/upload-panel';
import { usePages } from '../ui/use-pages';
import { useQuery } from '../ui/use-query';
import { useThrottled } from '../ui/use-server';
import { useRowWindow } from '../ui/use-window';
import { Selection } from './selection';

const PAGE = 100;
/** As the style sheet has it. */
const ROW_HEIGHT = 52;

const STATUSES = [
  { value: '', label: 'any status' },
  { value: 'completed', label: 'ready' },
  { value: 'processing', label: 'in work' },
  { value: 'pending', label: 'waiting' },
  { value: 'failed', label: 'failed' },
];
const SORTS = [
  { value: '', label: 'newest first' },
  { value: 'createdAt', label: 'oldest first' },
  { value: '-updatedAt', label: 'changed last' },
  { value: 'filename', label: 'by name' },
  { value: '-sizeBytes', label: 'largest first' },
];

export function Documents(): JSX.Element {
  const [query, setQuery] = useQuery();
  const filters = {
    filenameContains: query['name'],
    status: query['status'],
    format: query['format'],
    collection: query['collection'],
    sort: query['sort'],
  };
  const pages = usePages<Document, DocumentPage>(JSON.stringify(filters), (cursor, signal) =>
    request(`/api/documents${queryOf({ ...filters, limit: PAGE, count: cursor === undefined, cursor })}`, { signal }),
  );
  // All pages that are there are asked for again: the more there are, the more seldom.
  const refresh = useThrottled(pages.reload, 1_500 + pages.items.length * 3);
  useEffect(() => onChange(refresh), [refresh]);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => setSelected(new Set()), [JSON.stringify(filters)]);
  const total = pages.first?.total;
  const isFiltered = Object.entries(filters).some(([name, value]) => name !== 'sort' && value !== undefined);
  return (
    <div class="view">
      <Head title="Documents">{may('write') && <ChooseFiles />}</Head>
      <div class="filters" role="search" aria-label="Filter the documents">
        <NameFilter value={query['name'] ?? ''} onChange={(name) => setQuery({ name }, true)} />
        <Choice label="Status" options={STATUSES} value={query['status']} onChange={(status) => setQuery({ status })} />
        <FormatChoice value={query['format']} onChange={(format) => setQuery({ format })} />
        <CollectionChoice
          label="in"
          withAll
          value={query['collection']}
          onChange={(collection) => setQuery({ collection })}
        />
        <Choice label="Order" options={SORTS} value={query['sort']} onChange={(sort) => setQuery({ sort })} />
        <span class="quiet filters-total" role="status">
          {total !== undefined &&
            `${pages.first?.totalIsEstimate === true ? 'about ' : ''}${counted(total, 'document')}`}
        </span>
      </div>
      <UploadPanel />
      {pages.error !== undefined && <Failed error={pages.error} onRetry={pages.reload} />}
      {pages.isLoading && <Loading lines={8} />}
      {!pages.isLoading && pages.error === undefined && pages.items.length === 0 && (
        <Empty icon="documents" title={isFiltered ? 'No document fits these filters' : 'There are no documents yet'}>
          {isFiltered ? (
            <a href="/console/documents">Take the filters away</a>
          ) : (
            <p>Drop files or a folder anywhere on this page.</p>
          )}
        </Empty>
      )}
      {pages.items.length > 0 && (
        <Table
          documents={pages.items}
          hasMore={pages.hasMore}
          loadMore={pages.loadMore}
          selected={selected}
          onSelect={setSelected}
        />
      )}
      {selected.size > 0 && (
        <Selection
          documents={pages.items.filter(({ id }) => selected.has(id))}
          onDone={() => {
            setSelected(new Set());
            pages.reload();
          }}
        />
      )}
    </div>
  );
}

function NameFilter({ value, onChange: changed }: { value: string; onChange: (name: string) => void }): JSX.Element {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const later = useThrottled(() => changed(text.trim()), 300);
  return (
    <label class="choice choice-wide">
      <span class="unseen">Name</span>
      <input
        class="input"
        type="search"
        placeholder="Part of a name"
        dir="auto"
        value={text}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
          later();
        }}
      />
    </label>
  );
}

function Choice(props: {
  label: string;
  options: readonly { readonly value: string; readonly label: string }[];
  value: string | undefined;
  onChange: (value: string) => void;
}): JSX.Element {
  return (
    <label class="choice">
      <span class="unseen">{props.label}</span>
      <select
        class="input"
        value={props.value ?? ''}
        onChange={({ currentTarget }) => props.onChange(currentTarget.value)}
      >
        {props.options.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}

function Table(props: {
  documents: readonly Document[];
  hasMore: boolean;
  loadMore: () => void;
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
}): JSX.Element {
  const { documents, hasMore, loadMore, selected, onSelect } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const { from, to } = useRowWindow(body, documents.length, ROW_HEIGHT);
  useEffect(() => {
    if (hasMore && to >= documents.length - PAGE / 2) loadMore();
  }, [to, documents.length, hasMore, loadMore]);
  const toggle = (id: string, isOn: boolean): void => {
    const next = new Set(selected);
    if (isOn) next.add(id);
    else next.delete(id);
    onSelect(next);
  };
  const areAll = documents.every(({ id }) => selected.has(id));
  return (
    <table class="table documents" aria-rowcount={documents.length + 1}>
      <thead>
        <tr aria-rowindex={1}>
          {may('write') && (
            <th scope="col" class="cell-check">
              <input
                type="checkbox"
                aria-label={`Select all ${documents.length} shown`}
                checked={areAll}
                onChange={() => onSelect(new Set(areAll ? [] : documents.map(({ id }) => id)))}
              />
            </th>
          )}
          <th scope="col">Name</th>
          <th scope="col">Status</th>
          <th scope="col" class="cell-far">
            Format
          </th>
          <th scope="col" class="cell-far">
            Collection
          </th>
          <th scope="col" class="cell-number cell-far">
            Passages
          </th>
          <th scope="col" class="cell-number cell-far">
            Size
          </th>
          <th scope="col" class="cell-number cell-far">
            Added
          </th>
        </tr>
      </thead>
      <tbody ref={body}>
        {from > 0 && <tr class="gap" aria-hidden="true" style={{ height: `${from * ROW_HEIGHT}px` }} />}
        {documents.slice(from, to).map((document, index) => (
          <Row
            key={document.id}
            document={document}
            index={from + index}
            isSelected={selected.has(document.id)}
            onToggle={toggle}
          />
        ))}
        {to < documents.length && (
          <tr class="gap" aria-hidden="true" style={{ height: `${(documents.length - to) * ROW_HEIGHT}px` }} />
        )}
      </tbody>
    </table>
  );
}

function Row(props: {
  document: Document;
  index: number;
  isSelected: boolean;
  onToggle: (id: string, isOn: boolean) => void;
}): JSX.Element {
  const { document, index, isSelected, onToggle } = props;
  return (
    <tr aria-rowindex={index + 2} class={isSelected ? 'row-selected' : undefined}>
      {may('write') && (
        <td class="cell-check">
          <input
            type="checkbox"
            aria-label={`Select ${document.filename}`}
            checked={isSelected}
            onChange={({ currentTarget }) => onToggle(document.id, currentTarget.checked)}
          />
        </td>
      )}
      <td class="cell-name">
        <a href={`/console/documents/${document.id}`} title={document.externalId ?? document.filename}>
          <bdi>{document.filename}</bdi>
        </a>
      </td>
      <td>
        <StatusChip document={document.pendingRevision ?? document} />
      </td>
      <td class="cell-far">{formatName(document.format)}</td>
      <td class="cell-far cell-clip">{document.collection}</td>
      <td class="cell-number cell-far">{document.chunkCount === null ? '' : count(document.chunkCount)}</td>
      <td class="cell-number cell-far">{bytes(document.sizeBytes)}</td>
      <td class="cell-number cell-far">
        <Age of={document.createdAt} />
      </td>
    </tr>
  );
}
