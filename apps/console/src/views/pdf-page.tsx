import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { queryOf, request, requestBlob } from '../api/client';
import type { Document, PageBoxes } from '../api/types';
import { count } from '../ui/format';
import { Icon } from '../ui/icons';
import { Failed, Loading } from '../ui/parts';
import type { Span } from '../ui/spans';
import { useServer } from '../ui/use-server';

/** As the server bounds it. */
const LONGEST_PASSAGE = 20_000;

/** One page of a PDF as the server paints it, with the passage marked where it stands. */
export function PdfPage(props: {
  document: Document;
  page: number;
  passage: Span | undefined;
  onPage: (page: number) => void;
  onViewer: () => void;
}): JSX.Element {
  const { document, page, passage, onPage, onViewer } = props;
  const path = `/api/documents/${document.id}/pages/${page}`;
  const key = `${document.id} ${document.revision} ${page}`;
  const picture = useServer(key, (signal) => requestBlob(`${path}/image`, { signal }));
  const at =
    passage === undefined
      ? undefined
      : { charStart: passage.start, charEnd: Math.min(passage.end, passage.start + LONGEST_PASSAGE) };
  const found = useServer(at && `${key} ${at.charStart}-${at.charEnd}`, (signal) =>
    request<PageBoxes>(`${path}/boxes${queryOf(at ?? {})}`, { signal }),
  );
  const boxes = found.data?.boxes;
  const pages = document.coverage?.pages ?? undefined;
  return (
    <section class="pane" aria-label="Original" tabIndex={0}>
      <div class="pane-title pane-bar">
        <h2>Original</h2>
        <Pager page={page} pages={pages} onPage={onPage} />
        <button type="button" class="link-button" onClick={onViewer}>
          Whole file
        </button>
      </div>
      {picture.error !== undefined && <Failed error={picture.error} onRetry={picture.reload} />}
      {picture.isLoading && <Loading lines={12} />}
      {boxes?.length === 0 && (
        <p class="pane-note quiet">
          The passage is not marked here: it stands on another page, or its words are part of a picture.
        </p>
      )}
      {picture.data !== undefined && (
        <Painted
          key={key}
          picture={picture.data}
          boxes={boxes ?? []}
          name={`${document.filename}, page ${page}${boxes?.length ? ', the passage is marked' : ''}`}
        />
      )}
    </section>
  );
}

function Pager(props: { page: number; pages: number | undefined; onPage: (page: number) => void }): JSX.Element {
  const { page, pages, onPage } = props;
  return (
    <div class="pager" role="group" aria-label="Page">
      <button
        type="button"
        class="icon-button"
        aria-label="Page before"
        disabled={page <= 1}
        onClick={() => onPage(page - 1)}
      >
        <Icon name="chevron" />
      </button>
      <span role="status">
        Page {count(page)}
        {pages !== undefined && ` of ${count(pages)}`}
      </span>
      <button
        type="button"
        class="icon-button"
        aria-label="Next page"
        disabled={pages !== undefined && page >= pages}
        onClick={() => onPage(page + 1)}
      >
        <Icon name="chevron" />
      </button>
    </div>
  );
}

const percent = (part: number): string => `${part * 100}%`;

function Painted(props: { picture: Blob; boxes: PageBoxes['boxes']; name: string }): JSX.Element {
  const { picture, boxes, name } = props;
  const [address, setAddress] = useState<string | undefined>(undefined);
  const [isDrawn, setDrawn] = useState(false);
  const sheet = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const made = URL.createObjectURL(picture);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [picture]);
  // The pane alone is scrolled: the head of the page stays where it is.
  useEffect(() => {
    const area = sheet.current?.closest('.pane');
    const mark = sheet.current?.querySelector('.page-mark');
    if (!isDrawn || !area || !mark) return;
    area.scrollTop += mark.getBoundingClientRect().top - area.getBoundingClientRect().top - area.clientHeight / 4;
  }, [isDrawn, boxes]);
  return (
    <div class="sheet" ref={sheet}>
      <img src={address} alt={name} onLoad={() => setDrawn(true)} />
      {isDrawn &&
        boxes.map((box) => (
          <span
            key={`${box.x} ${box.y}`}
            class="page-mark"
            aria-hidden="true"
            style={{
              left: percent(box.x),
              top: percent(box.y),
              width: percent(box.width),
              height: percent(box.height),
            }}
          />
        ))}
    </div>
  );
}
