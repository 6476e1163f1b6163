import { setTimeout as delay } from 'node:timers/promises';
import type { RequestApi } from './ingestion-digest';
import type { Untyped } from './test-app';

interface Piece {
  readonly content: string;
  readonly start: number;
  readonly end: number;
}

/** In every paragraph of every version. */
const MARKER = 'zqrevised';
const PARAGRAPHS = 24;
const MOST_AGAIN = 40;
const MOST_PIECES = 100;
const PAUSE_MS = 20;
/** The process that is asked is being killed, or says that it cannot answer now. */
const NO_ANSWER = new Set(['refused', 'busy']);

/**
 * A document of many versions, and a reader that looks at it in every way there is. Each answer must show one version,
 * whole: never two, never none, and never one that is older than what was seen before it was asked.
 */
export class RevisedDocument {
  readonly externalId = 'revised';
  private readonly texts: string[] = [];
  /** The newest version that an answer has shown. */
  newest = -1;
  /** Answers in all, by what was asked. */
  readonly answers: Record<string, number> = {};
  /** Versions that some answer has shown. */
  readonly shown = new Set<number>();
  /** What was wrong with answers. */
  readonly wrongs: string[] = [];
  private id = '';
  private isOver = false;

  /** The text of the next version: half of its paragraphs are those of all versions, and every position is another. */
  next(): string {
    const version = this.texts.length;
    const paragraphs = Array.from({ length: PARAGRAPHS }, (_, index) => {
      const own = index % 2 === 0 ? `part ${index} of version ${version}` : `part ${index}`;
      return `${MARKER} ${own}. ${'A sentence about ropes, salt and the harbour. '.repeat(4)}`.trim();
    });
    // Never so long that a chunk has none of the marker, which a search by words would not find.
    const rounds = Math.floor(version / MOST_AGAIN);
    const begins = `${MARKER} begin${'s'.repeat(rounds)}${' again'.repeat(version % MOST_AGAIN)}.`;
    const text = [begins, ...paragraphs].join('\n\n');
    // The list tells versions apart by their sizes.
    if (this.texts.some(({ length }) => length === text.length)) throw new Error(`version ${version} has no size`);
    this.texts.push(text);
    return text;
  }

  get lastVersion(): number {
    return this.texts.length - 1;
  }

  /** Reads until it is stopped. @param request of the process that is asked now */
  async read(request: () => Promise<RequestApi>): Promise<void> {
    while (!this.isOver) {
      const ask = await request();
      if (this.id === '') this.id = (await listed(ask, this)).id as string;
      await Promise.all(Object.entries(LOOKS).map(([name, look]) => this.check(name, () => look(ask, this))));
      // Others want something of the machine too.
      await delay(PAUSE_MS);
    }
  }

  stop(): void {
    this.isOver = true;
  }

  private async check(name: string, look: () => Promise<readonly Piece[] | string | number>): Promise<void> {
    const least = this.newest;
    let seen: Awaited<ReturnType<typeof look>>;
    try {
      seen = await look();
    } catch (error) {
      // The connection is gone, which no answer is.
      if (error instanceof TypeError || (error instanceof Error && NO_ANSWER.has(error.message))) return;
      this.wrongs.push(`${name}: ${String(error)}`);
      return;
    }
    this.answers[name] = (this.answers[name] ?? 0) + 1;
    const version = this.texts.findIndex((text) => shows(text, seen));
    if (version < 0) this.wrongs.push(`${name} shows no version whole: ${JSON.stringify(seen).slice(0, 2_000)}`);
    else if (version < least) this.wrongs.push(`${name} shows version ${version} after ${least}`);
    this.shown.add(version);
    this.newest = Math.max(this.newest, version);
  }

  get path(): string {
    return `/api/documents/${this.id}`;
  }
  get filter(): object {
    return { documentId: [this.id] };
  }
}

type Look = (ask: RequestApi, document: RevisedDocument) => Promise<readonly Piece[] | string | number>;

const search =
  (request: object): Look =>
  async (ask, { filter }) => {
    const { results } = await bodyOf(
      await ask('/api/search', { query: MARKER, topK: MOST_PIECES, filter, ...request }),
    );
    return results.map(({ content, metadata }: Untyped) => ({
      ...{ content, start: metadata.charStart, end: metadata.charEnd },
    }));
  };

const LOOKS: Readonly<Record<string, Look>> = {
  list: async (ask, document) => (await listed(ask, document)).sizeBytes as number,
  text: async (ask, { path }) => {
    const response = await ask(`${path}/text`);
    return response.status === 200 ? response.text() : bodyOf(response);
  },
  chunks: async (ask, { path }) => {
    const { items } = await bodyOf(await ask(`${path}/chunks?limit=${MOST_PIECES}`));
    return items.map(({ content, charStart, charEnd }: Untyped) => ({ content, start: charStart, end: charEnd }));
  },
  words: search({ mode: 'keyword' }),
  meaning: search({ mode: 'vector' }),
  both: search({ mode: 'hybrid', context: 1 }),
};

async function listed(ask: RequestApi, { externalId }: RevisedDocument): Promise<Untyped> {
  const { items } = await bodyOf(await ask(`/api/documents?externalId=${externalId}`));
  if (items.length !== 1) throw new Error(`listed ${items.length} times`);
  return items[0];
}

async function bodyOf(response: Response): Promise<Untyped> {
  if (response.status === 503) throw new Error('busy');
  const body = (await response.json()) as Untyped;
  if (response.status !== 200) throw new Error(`answered ${response.status}: ${JSON.stringify(body)}`);
  return body;
}

function shows(text: string, seen: readonly Piece[] | string | number): boolean {
  if (typeof seen === 'number') return seen === Buffer.byteLength(text);
  if (typeof seen === 'string') return seen === text;
  let covered = 0;
  for (const { content, start, end } of seen.toSorted((one, other) => one.start - other.start)) {
    if (text.slice(start, end) !== content || text.slice(covered, start).trim() !== '') return false;
    covered = Math.max(covered, end);
  }
  return text.slice(covered).trim() === '' && seen.length > 0;
}
