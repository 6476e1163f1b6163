import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { request } from '../api/client';
import type { Hit, SearchAnswer, SearchMode } from '../api/types';
import { placeInWords } from '../ui/format';
import { formatName } from '../ui/formats';
import { Icon } from '../ui/icons';
import { MarkedText } from '../ui/marked-text';
import { Bar, Failed, Loading } from '../ui/parts';
import { useServer } from '../ui/use-server';
import { type Question, searchBody } from '../ui/question';

/** How far down each search is looked for the same passage. */
const LOOKED_AT = 100;

/** Where the passage stands: the document opens there. */
export function addressOf({ documentId, metadata, place }: Hit): string {
  const page = place.page === undefined ? '' : `&page=${place.page}`;
  return `/console/documents/${documentId}?at=${metadata.charStart}-${metadata.charEnd}${page}`;
}

export function HitCard(props: { hit: Hit; rank: number; best: number; question: Question }): JSX.Element {
  const { hit, rank, best, question } = props;
  const [isExplained, setExplained] = useState(false);
  const place = placeInWords(hit.place);
  return (
    <li class="hit">
      <article aria-label={`Passage ${rank}, ${hit.metadata.filename}`}>
        <header class="hit-head">
          <span class="hit-rank" aria-hidden="true">
            {rank}
          </span>
          <a class="hit-name" href={addressOf(hit)}>
            <bdi>{hit.metadata.filename}</bdi>
          </a>
          <span class="tag">{formatName(hit.metadata.format)}</span>
          {place !== '' && (
            <span class="hit-place" dir="auto">
              {place}
            </span>
          )}
        </header>
        <p class="hit-text" dir="auto">
          <MarkedText text={hit.content} spans={hit.highlights ?? []} />
        </p>
        <footer class="hit-foot">
          <Bar value={best > 0 ? hit.score / best : 0} />
          <span class="quiet">
            <span class="unseen">Score </span>
            {hit.score.toFixed(3)}
          </span>
          <button
            type="button"
            class="link-button"
            aria-expanded={isExplained}
            onClick={() => setExplained(!isExplained)}
          >
            Why is it here?
          </button>
          <a
            class="hit-open"
            href={addressOf(hit)}
            aria-label={`Open at this passage: ${hit.metadata.filename}, passage ${rank}`}
          >
            Open at this passage <Icon name="chevron" />
          </a>
        </footer>
        {isExplained && <Explanation hit={hit} question={question} />}
      </article>
    </li>
  );
}

const EXPLAINED = [
  { mode: 'vector', name: 'By meaning', note: 'how near the passage is to the question as the model reads them' },
  { mode: 'keyword', name: 'By words', note: 'how many of the words it holds, and how rare they are' },
  { mode: 'hybrid', name: 'Both together', note: 'the two of them fused' },
] as const satisfies readonly { mode: SearchMode; name: string; note: string }[];

/** The same question by each way: where this passage comes in it. */
function Explanation({ hit, question }: { hit: Hit; question: Question }): JSX.Element {
  const { data, error, reload } = useServer(JSON.stringify([question, hit.chunkId]), (signal) =>
    Promise.all(
      EXPLAINED.map(async ({ mode }) => {
        const json = searchBody({ ...question, mode }, LOOKED_AT);
        const { results } = await request<SearchAnswer>('/api/search', { method: 'POST', json, signal });
        const index = results.findIndex(({ chunkId }) => chunkId === hit.chunkId);
        return { rank: index + 1, score: results[index]?.score };
      }),
    ),
  );
  if (error !== undefined) return <Failed error={error} onRetry={reload} />;
  if (data === undefined) return <Loading lines={3} />;
  return (
    <dl class="explained">
      {EXPLAINED.map(({ mode, name, note }, index) => {
        const found = data[index];
        return (
          <div key={mode}>
            <dt>{name}</dt>
            <dd>
              {found?.score === undefined ? (
                <span class="quiet">not among the first {LOOKED_AT}</span>
              ) : (
                <>
                  <strong>no. {found.rank}</strong> <Bar value={found.score} /> {found.score.toFixed(3)}
                </>
              )}
              <span class="quiet">{note}</span>
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
