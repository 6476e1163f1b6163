import type { JSX } from 'preact';
import { queryOf, request } from '../api/client';
import type { Chunk, ChunkPage, Document } from '../api/types';
import { counted, placeInWords } from '../ui/format';
import { Failed, Loading } from '../ui/parts';
import { usePages } from '../ui/use-pages';

/** What the document was cut into, as searches see it. */
export function Chunks({ document }: { document: Document }): JSX.Element {
  const path = `/api/documents/${document.id}/chunks`;
  const pages = usePages<Chunk, ChunkPage>(`${path} ${document.revision}`, (cursor, signal) =>
    request(`${path}${queryOf({ limit: 50, cursor })}`, { signal }),
  );
  return (
    <section aria-label="Passages">
      {pages.error !== undefined && <Failed error={pages.error} onRetry={pages.reload} />}
      {pages.isLoading && <Loading lines={6} />}
      <ol class="chunks">
        {pages.items.map((chunk) => {
          const place = placeInWords(chunk.place);
          const page = chunk.place.page === undefined ? '' : `&page=${chunk.place.page}`;
          const address = `/console/documents/${document.id}?at=${chunk.charStart}-${chunk.charEnd}${page}`;
          return (
            <li key={chunk.id} class="chunk">
              <header>
                <span class="hit-rank">{chunk.ordinal + 1}</span>
                {place !== '' && (
                  <span class="hit-place" dir="auto">
                    {place}
                  </span>
                )}
                <span class="quiet">{counted(chunk.tokenCount, 'token')}</span>
                <a href={address} aria-label={`In the text: passage ${chunk.ordinal + 1}`}>
                  In the text
                </a>
              </header>
              <p class="hit-text" dir="auto">
                {chunk.content}
              </p>
            </li>
          );
        })}
      </ol>
      {pages.hasMore && (
        <button type="button" class="button more" onClick={pages.loadMore}>
          More passages
        </button>
      )}
    </section>
  );
}
