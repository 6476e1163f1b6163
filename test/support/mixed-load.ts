import { randomUUID } from 'node:crypto';
import { docxOf, p, r } from '../../libs/extraction/src/formats/docx/docx-fixture';
import { readOfficeFile, OFFICE_FILES } from './fixtures';
import { Stopwatch } from './stopwatch';
import type { Untyped } from './test-app';

/** What callers do all day. */
export type Kind = 'status' | 'search' | 'upload';
export const KINDS: readonly Kind[] = ['status', 'search', 'upload'];

export interface Answer {
  readonly kind: Kind;
  readonly tookMs: number;
  /** 0: none came within the bound, or the connection broke; `code` says which. */
  readonly status: number;
  readonly code?: string;
  readonly retryAfter?: string | null;
}

/**
 * Longest a caller waits: the five seconds that are promised, and what a machine that runs four suites on two cores
 * takes from the service. A request that nothing gives up would wait for a minute.
 */
const BOUND_MS = 12_000;
/** Pauses of one caller between two requests, so that refusals, which come at once, are no flood. */
const PAUSE_MS: Readonly<Record<Kind, number>> = { status: 50, search: 100, upload: 200 };
const CALLERS = 2;
/** Longest wait for what a test expects of the load. */
const WAIT_MS = 45_000;

/** One of as many uploads is a PDF, and another one a DOCX: they take the heavy lane. */
const HEAVY_EVERY = 8;
const PDF = OFFICE_FILES.find(({ file }) => file === 'pdflatex.pdf');

/** Another document each time, so that none is taken for one that is there already. */
function fileOf(index: number): { name: string; bytes: Uint8Array<ArrayBuffer> } {
  const words = `The lighthouse log of ${randomUUID()}.`;
  if (index % HEAVY_EVERY === 2 && PDF !== undefined) {
    // What stands behind a PDF's end is not read.
    const bytes = Buffer.concat([readOfficeFile(PDF), Buffer.from(`\n% ${words}\n`)]);
    return { name: 'log.pdf', bytes: new Uint8Array(bytes) };
  }
  if (index % HEAVY_EVERY === 5) return { name: 'log.docx', bytes: new Uint8Array(docxOf({ body: p(r(words)) })) };
  return { name: 'log.txt', bytes: new Uint8Array(Buffer.from(words)) };
}

/** Callers that go on whatever they are answered, and write everything down. */
export class MixedLoad {
  readonly answers: Answer[] = [];
  /** Ids of the documents that were answered 202. */
  readonly accepted: string[] = [];
  private stopping = false;
  private uploads = 0;
  private readonly callers: readonly Promise<void>[];

  /** @param known id of a completed document, to be asked for and searched */
  constructor(
    private readonly url: string,
    private readonly key: string,
    private readonly known: string,
  ) {
    this.callers = KINDS.flatMap((kind) => Array.from({ length: CALLERS }, () => this.goOn(kind)));
  }

  /** Waits until each kind of request has been answered so from now on, `count` times at least. */
  async untilEach(wanted: (answer: Answer) => boolean, count: number): Promise<void> {
    const from = this.answers.length;
    const deadline = performance.now() + WAIT_MS;
    const missing = (): readonly Kind[] =>
      KINDS.filter(
        (kind) => this.answers.slice(from).filter((answer) => answer.kind === kind && wanted(answer)).length < count,
      );
    while (missing().length > 0) {
      if (performance.now() > deadline) {
        throw new Error(`${missing().join()} not answered so: ${JSON.stringify(this.answers.slice(from).slice(-6))}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.callers);
  }

  private async goOn(kind: Kind): Promise<void> {
    while (!this.stopping) {
      const startedAt = performance.now();
      const answer = await this.ask(kind).catch((error: Error) => ({
        status: 0,
        code: `${error.name} ${error.message}`,
      }));
      this.answers.push({ kind, tookMs: Math.round(performance.now() - startedAt), ...answer });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS[kind]));
    }
  }

  private async ask(kind: Kind): Promise<Omit<Answer, 'kind' | 'tookMs'>> {
    const path = kind === 'status' ? `/api/documents/${this.known}` : PATHS[kind];
    const watch = Stopwatch.start(BOUND_MS);
    try {
      const response = await fetch(`${this.url}${path}`, { ...this.request(kind), signal: watch.signal });
      const body = (await response.json()) as Untyped;
      if (kind === 'upload' && response.status === 202) this.accepted.push(body.id as string);
      return { status: response.status, code: body.code as string, retryAfter: response.headers.get('retry-after') };
    } finally {
      watch.stop();
    }
  }

  private request(kind: Kind): RequestInit {
    const headers = { 'X-API-Key': this.key };
    if (kind === 'status') return { headers };
    if (kind === 'search') {
      const body = JSON.stringify({ query: 'Who keeps the lighthouse?' });
      return { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body };
    }
    const form = new FormData();
    const { name, bytes } = fileOf(this.uploads++);
    form.set('file', new Blob([bytes]), name);
    return { method: 'POST', headers, body: form };
  }
}

const PATHS = { search: '/api/search', upload: '/api/documents' } as const;
