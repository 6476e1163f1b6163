import { Config } from '@vectorlane/config';
import {
  ChunksRepository,
  ContentsRepository,
  EmbeddingSpacesRepository,
  IngestionLedger,
} from '@vectorlane/documents';
import { EMBEDDING_PROVIDER, type EmbeddingProvider } from '@vectorlane/embeddings';
import { IngestionFailure } from '@vectorlane/errors';
import { ExtractionService } from '@vectorlane/extraction';
import { LogContext } from '@vectorlane/logging';
import { eld } from 'eld/extrasmall';
import { DataSource } from 'typeorm';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { DependencyCircuits } from '../../../libs/ingestion/src/dependency-circuits';
import { DocumentProcessor } from '../../../libs/ingestion/src/document-processor';
import { IngestionObserver } from '../../../libs/ingestion/src/ingestion-observer';
import { IngestionPipeline } from '../../../libs/ingestion/src/ingestion.pipeline';
import { IngestionScheduler } from '../../../libs/ingestion/src/ingestion-scheduler';
import { TestApp, type Untyped } from '../../support/test-app';

/**
 * An error at each await of a document's ingestion, once before the step and once after it took effect (the answer got
 * lost): whatever it hits, the document ends as docs/contract.md §2 says, with the chunks of a quiet run.
 */

const language: { step: () => void } = { step: () => undefined };
const detect = eld.detect.bind(eld);
jest.spyOn(eld, 'detect').mockImplementation((text) => {
  language.step();
  return detect(text);
});
afterAll(() => jest.restoreAllMocks());

const MAX_ATTEMPTS = 3;
/** More deliveries than any single error may cost. */
const MAX_DELIVERIES = 8;
/** Enough for two batches of chunks. */
const TEXT = Array.from({ length: 12 }, (_, index) => `Paragraph ${index} tells of a harbour and its lamp.`).join(
  '\n\n',
);

let service: TestApp;
let dataSource: DataSource;
/** Spaces at the end make the bytes new and change nothing else. */
let uploads = 0;
beforeAll(async () => {
  service = await TestApp.start({
    ROLE: 'api',
    CHUNK_TOKENS: '16',
    CHUNK_OVERLAP_TOKENS: '0',
    INGESTION_MAX_ATTEMPTS: String(MAX_ATTEMPTS),
    INGESTION_BACKOFF_MS: '10',
  });
  dataSource = service.app.get(DataSource);
}, 60_000);
afterAll(() => service?.stop(), 60_000);

/** Says of each step, by name, whether to fail before or after it. */
type Plan = (step: string) => 'before' | 'after' | undefined;

/** The same object, but the named methods go by the plan. */
function underPlan<T extends object>(
  name: string,
  target: T,
  methods: readonly (keyof T & string)[],
  plan: Plan,
  error: () => Error,
): T {
  return new Proxy(target, {
    get(object, property) {
      const value: unknown = Reflect.get(object, property, object);
      if (typeof value !== 'function') return value;
      const method = value as (...args: unknown[]) => unknown;
      if (!(methods as readonly (string | symbol)[]).includes(property)) return method.bind(object);
      const step = `${name}.${String(property)}`;
      return (...args: unknown[]): unknown => {
        const result = (): unknown => method.apply(object, args);
        if (property === 'read') return stepwise(step, result() as AsyncIterable<unknown>, plan, error);
        return (async () => {
          const when = plan(step);
          if (when === 'before') throw error();
          const outcome = await result();
          if (when === 'after') throw error();
          return outcome;
        })();
      };
    },
  });
}

async function* stepwise(step: string, parts: AsyncIterable<unknown>, plan: Plan, error: () => Error): AsyncGenerator {
  for await (const part of parts) {
    if (plan(step) !== undefined) throw error();
    yield part;
  }
}

function processorUnder(plan: Plan, error: () => Error): DocumentProcessor {
  const { app } = service;
  const config = app.get(Config);
  const spaces = app.get(EmbeddingSpacesRepository);
  const ledger = underPlan(
    'ledger',
    app.get(IngestionLedger),
    ['claim', 'progress', 'complete', 'postpone', 'wait', 'fail', 'release'],
    plan,
    error,
  );
  const chunks = underPlan(
    'chunks',
    app.get(ChunksRepository),
    ['storeText', 'storeBatch', 'sweepDocument'],
    plan,
    error,
  );
  const embeddings = underPlan('embeddings', app.get<EmbeddingProvider>(EMBEDDING_PROVIDER), ['embed'], plan, error);
  language.step = () => {
    if (plan('language') !== undefined) throw error();
  };
  const pipeline = new IngestionPipeline(
    config,
    ledger,
    underPlan('contents', app.get(ContentsRepository), ['read'], plan, error),
    chunks,
    underPlan('extraction', app.get(ExtractionService), ['extract'], plan, error),
    embeddings,
    spaces,
    app.get(IngestionObserver),
  );
  const scheduler = underPlan('scheduler', app.get(IngestionScheduler), ['schedule'], plan, error);
  return new DocumentProcessor(
    config,
    ledger,
    chunks,
    spaces,
    pipeline,
    scheduler,
    app.get(IngestionObserver),
    app.get(LogContext),
    // Of its own: no test waits for the pause of another.
    new DependencyCircuits(new ShutdownSequence()),
    app.get(ExtractionService),
  );
}

interface Ending {
  readonly status: string;
  readonly code: string | null;
  readonly attempts: number;
  readonly interruptions: number;
  /** Content and place of the visible chunks. */
  readonly chunks: readonly unknown[];
}

/** Delivers a new document until it has ended. A delivery that throws is a worker that is gone. */
async function endingUnder(plan: Plan, error: () => Error): Promise<Ending> {
  const { body } = await service.upload('harbour.txt', TEXT + ' '.repeat((uploads += 1)));
  const id = body.id as string;
  for (let delivery = 1; delivery <= MAX_DELIVERIES; delivery += 1) {
    await processorUnder(plan, error)
      .process(id, `${id}-${delivery}`, new AbortController().signal)
      .catch(() => undefined);
    const ending = await read(id);
    if (ending.status === 'completed' || ending.status === 'failed') return ending;
    // Time passes: backoffs are over, and a worker that gave no sign has lost its lease.
    await dataSource.query(
      `UPDATE documents SET next_attempt_at = now(),
              lease_expires_at = CASE WHEN lease_expires_at IS NULL THEN NULL ELSE now() - interval '1 second' END WHERE id = $1`,
      [id],
    );
  }
  throw new Error(`The document has not ended after ${MAX_DELIVERIES} deliveries.`);
}

async function read(id: string): Promise<Ending> {
  const [row] = await dataSource.query<Untyped[]>(
    `SELECT status, failure_code AS code, attempts, interruptions,
            (SELECT coalesce(json_agg(json_build_array(ordinal, length(content), char_start, char_end) ORDER BY ordinal), '[]')
               FROM visible_chunks v WHERE v.document_id = d.id) AS chunks FROM documents d WHERE d.id = $1`,
    [id],
  );
  return row as Ending;
}

const never: Plan = () => undefined;
const unexpected = (): Error => new Error('something that nobody foresaw');

/** The steps of a quiet run, in order; the heartbeat is none of them. */
async function quietRun(): Promise<{ steps: string[]; ending: Ending }> {
  const steps: string[] = [];
  const ending = await endingUnder((step) => void steps.push(step), unexpected);
  return { steps, ending };
}

describe('an error during the ingestion of a document', () => {
  it('can strike at every await there is', async () => {
    const { steps, ending } = await quietRun();
    expect(ending).toMatchObject({ status: 'completed', attempts: 0, interruptions: 0 });
    expect(ending.chunks.length).toBeGreaterThan(8);
    expect(steps).toEqual([
      'ledger.claim',
      'contents.read',
      'extraction.extract',
      'chunks.storeText',
      'ledger.progress',
      'language',
      'ledger.progress',
      'embeddings.embed',
      'embeddings.embed',
      'chunks.storeBatch',
      'chunks.storeBatch',
      'ledger.complete',
    ]);
  });

  it.each(['before', 'after'] as const)(
    'costs one attempt at most when it passes (%s each step)',
    async (when) => {
      const quiet = await quietRun();
      for (const at of quiet.steps.keys()) {
        let count = -1;
        const ending = await endingUnder(() => ((count += 1) === at ? when : undefined), unexpected);
        const where = `${when} ${quiet.steps[at]} (step ${at})`;
        expect({ where, status: ending.status, chunks: ending.chunks }).toEqual({
          where,
          status: 'completed',
          chunks: quiet.ending.chunks,
        });
        expect({ where, cost: ending.attempts + ending.interruptions <= 1 }).toEqual({ where, cost: true });
      }
    },
    60_000,
  );

  it.each([
    ['a database whose disk is full', () => Object.assign(new Error('full'), { code: '53100' })],
    ['an embedder that resets', () => new IngestionFailure('EMBEDDING_UNAVAILABLE', 'It cannot be reached.')],
    ['a full temporary folder', () => Object.assign(new Error('no space'), { code: 'ENOSPC' })],
  ])(
    'costs nothing at all when it is of %s',
    async (_, fault) => {
      const { steps } = await quietRun();
      for (const struck of [...new Set(steps)].filter((step) => step !== 'chunks.sweepDocument')) {
        // More often than a document has attempts.
        let left = MAX_ATTEMPTS + 1;
        const inPipeline = !struck.startsWith('ledger.claim');
        const ending = await endingUnder((step) => (step === struck && (left -= 1) >= 0 ? 'before' : undefined), fault);
        expect({ struck, ...ending }).toMatchObject({ struck, status: 'completed', attempts: 0 });
        if (inPipeline) expect(ending.interruptions).toBe(0);
      }
    },
    120_000,
  );

  it('ends the document after three attempts when it does not pass', async () => {
    const { steps } = await quietRun();
    const inPipeline = [...new Set(steps)].filter((step) => !['ledger.claim', 'chunks.sweepDocument'].includes(step));
    for (const struck of inPipeline) {
      const ending = await endingUnder((step) => (step === struck ? 'before' : undefined), unexpected);
      expect({ struck, ...ending }).toEqual({
        struck,
        status: 'failed',
        code: 'INTERNAL_ERROR',
        attempts: MAX_ATTEMPTS,
        interruptions: 0,
        chunks: [],
      });
    }
  }, 60_000);

  it('ends the document at once when it cannot pass', async () => {
    for (const struck of ['extraction.extract', 'embeddings.embed', 'chunks.storeBatch']) {
      const ending = await endingUnder(
        (step) => (step === struck ? 'before' : undefined),
        () => new IngestionFailure('CORRUPT_FILE', 'It is broken.'),
      );
      expect(ending).toEqual({ status: 'failed', code: 'CORRUPT_FILE', attempts: 0, interruptions: 0, chunks: [] });
    }
  }, 60_000);

  it('may strike the noting of an error as well: the lease finds the document again', async () => {
    for (const struck of ['ledger.postpone', 'scheduler.schedule']) {
      for (const when of ['before', 'after'] as const) {
        const failing = new Set(['extraction.extract', struck]);
        const once: Plan = (step) => (failing.delete(step) ? (step === struck ? when : 'before') : undefined);
        const ending = await endingUnder(once, unexpected);
        expect({ struck, when, ...ending }).toMatchObject({ status: 'completed' });
        expect(ending.attempts + ending.interruptions).toBe(1);
      }
    }
    const failing = new Set(['extraction.extract', 'ledger.fail']);
    const ending = await endingUnder(
      (step) => (failing.delete(step) ? 'before' : undefined),
      () => new IngestionFailure('CORRUPT_FILE', 'It is broken.'),
    );
    expect(ending).toMatchObject({ status: 'completed', attempts: 0, interruptions: 1 });
  }, 60_000);

  it('leaves nothing of dead generations behind', async () => {
    await endingUnder(never, unexpected);
    await service.app.get(ChunksRepository).sweepDeadGenerations(10_000);
    const rows = await dataSource.query<object[]>(
      `SELECT c.generation FROM chunks c JOIN documents d ON d.id = c.document_id
        WHERE c.generation IS DISTINCT FROM d.visible_generation`,
    );
    expect(rows).toEqual([]);
  });
});
