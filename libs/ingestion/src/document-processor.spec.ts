import { loadConfig } from '@vectorlane/config';
import {
  type ChunksRepository,
  type Claim,
  type EmbeddingSpacesRepository,
  type IngestionLedger,
  StaleClaimError,
} from '@vectorlane/documents';
import { IngestionFailure } from '@vectorlane/errors';
import type { EventWakes } from '@vectorlane/events';
import type { ExtractionService } from '@vectorlane/extraction';
import type { LogContext } from '@vectorlane/logging';
import { Metrics } from '@vectorlane/metrics';
import { Logger } from '@nestjs/common';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { DependencyCircuits } from './dependency-circuits';
import { DocumentProcessor } from './document-processor';
import { IngestionObserver } from './ingestion-observer';
import type { IngestionPipeline } from './ingestion.pipeline';
import type { IngestionScheduler } from './ingestion-scheduler';

const CLAIM: Claim = {
  rowId: 'd',
  documentId: 'd',
  isRevision: false,
  generation: 3,
  contentId: 'c',
  filename: 'a.txt',
  format: 'txt',
  lane: 'fast',
  declaredCharset: undefined,
  chunking: null,
  uploadedBy: 'Ab1Ab1Ab1Ab1',
  sizeBytes: 1,
  attempts: 0,
  interruptions: 0,
  parserDeaths: 0,
  interrupted: false,
  waits: 0,
  waitedMs: 0,
};

/** The processor over a ledger that records its moves and a pipeline that does what the test says. */
function processorOver(run: (signal: AbortSignal) => Promise<void>, claim: Claim | null = CLAIM, leaseMs = 500) {
  const moves: string[] = [];
  const record =
    (name: string) =>
    (...details: unknown[]): Promise<void> => {
      moves.push([name, ...details.slice(1).map((detail) => JSON.stringify(detail))].join(' '));
      return Promise.resolve();
    };
  const ledger = {
    claim: () => Promise.resolve(claim ?? undefined),
    prolong: jest.fn(() => Promise.resolve()),
    holds: jest.fn(() => Promise.resolve(true)),
    postpone: record('postpone'),
    wait: record('wait'),
    hold: jest.fn(() => Promise.resolve(true)),
    fail: record('fail'),
    release: record('release'),
  };
  const scheduled: unknown[][] = [];
  const sweepDocument = jest.fn(() => Promise.resolve());
  const circuits = new DependencyCircuits(new ShutdownSequence());
  const metrics = new Metrics();
  const tracked: string[] = [];
  const contexts: unknown[] = [];
  const processor = new DocumentProcessor(
    loadConfig({
      INGESTION_MAX_ATTEMPTS: '3',
      INGESTION_BACKOFF_MS: '100',
      INGESTION_LEASE_MS: String(leaseMs),
      INGESTION_MAX_INTERRUPTIONS: '5',
      INGESTION_MAX_PARSER_DEATHS: '3',
    }),
    ledger as unknown as IngestionLedger,
    { sweepDocument } as unknown as ChunksRepository,
    { active: { id: 1, table: 'vectors_1', current: true } } as unknown as EmbeddingSpacesRepository,
    { run: (_: Claim, signal: AbortSignal) => run(signal) } as unknown as IngestionPipeline,
    {
      schedule: (...details: unknown[]) => {
        scheduled.push(details);
        return Promise.resolve();
      },
    } as unknown as IngestionScheduler,
    new IngestionObserver(metrics, { happened: () => undefined } as unknown as EventWakes, {
      trackError: (type, context) => {
        tracked.push(type);
        contexts.push(context);
      },
    }),
    { run: (_: unknown, work: () => unknown) => work() } as unknown as LogContext,
    circuits,
    {
      formatsNeeding: (dependency: string) => (dependency === 'ai-worker' ? ['png'] : undefined),
    } as unknown as ExtractionService,
  );
  return { processor, moves, circuits, scheduled, ledger, metrics, tracked, contexts, sweepDocument };
}

const shutdown = new AbortController().signal;
const failing = (error: Error) => () => Promise.reject(error);

beforeAll(() => Logger.overrideLogger(false));

describe('DocumentProcessor', () => {
  it('does nothing when there is nothing to claim', async () => {
    const run = jest.fn(() => Promise.resolve());
    const { processor, moves } = processorOver(run, null);
    await processor.process('d', 'd-1', shutdown);
    expect(run).not.toHaveBeenCalled();
    expect(moves).toEqual([]);
  });

  it.each([
    [1, 0],
    [2, 1],
  ])('sweeps what generations before %i left: %i times', async (generation, times) => {
    const { processor, sweepDocument } = processorOver(() => Promise.resolve(), { ...CLAIM, generation });
    await processor.process('d', 'd-1', shutdown);
    expect(sweepDocument).toHaveBeenCalledTimes(times);
  });

  it('fails a document at once for what cannot pass', async () => {
    const { processor, moves } = processorOver(failing(new IngestionFailure('CORRUPT_FILE', 'It is broken.')));
    await processor.process('d', 'd-1', shutdown);
    expect(moves).toEqual(['fail {"code":"CORRUPT_FILE","message":"It is broken.","retryable":false} "none"']);
  });

  it.each([
    [0, 100],
    [1, 200],
  ])('tries what may pass again after attempt %i, with a backoff that doubles', async (attempts, delayMs) => {
    const { processor, moves, scheduled, metrics } = processorOver(
      failing(new IngestionFailure('INTERNAL_ERROR', 'Odd.')),
      {
        ...CLAIM,
        attempts,
      },
    );
    await processor.process('d', 'd-1', shutdown);
    expect(moves).toEqual([`postpone ${delayMs} "attempt"`]);
    expect(scheduled).toEqual([['d', delayMs]]);
    const text = await metrics.scrape();
    expect(text).toContain('ingestion_attempts_retried_total 1\n');
    expect(text).not.toMatch(/^documents_processed_total\{/m);
  });

  it('gives up after the last attempt, and says that a retry may help', async () => {
    const failure = new IngestionFailure('INTERNAL_ERROR', 'Odd.');
    const { processor, moves } = processorOver(failing(failure), { ...CLAIM, attempts: 2 });
    await processor.process('d', 'd-1', shutdown);
    expect(moves).toEqual(['fail {"code":"INTERNAL_ERROR","message":"Odd.","retryable":true} "attempt"']);
  });

  it.each([
    [0, 'postpone 100 "attempt"'],
    [1, 'fail {"code":"TIMEOUT","message":"Too slow.","retryable":true} "attempt"'],
  ])('tries what took too long twice at most: after %i attempts', async (attempts, move) => {
    const failure = new IngestionFailure('TIMEOUT', 'Too slow.');
    const { processor, moves } = processorOver(failing(failure), { ...CLAIM, attempts });
    await processor.process('d', 'd-1', shutdown);
    expect(moves).toEqual([move]);
  });

  it.each([
    [0, 2, 'postpone 100 "parser-death"'],
    [1, 2, 'postpone 200 "parser-death"'],
    [2, 0, 'fail {"code":"PARSER_CRASHED","message":"It died.","retryable":true} "parser-death"'],
  ])('counts parser deaths apart: after %i of them and %i attempts', async (parserDeaths, attempts, move) => {
    const failure = new IngestionFailure('PARSER_CRASHED', 'It died.');
    const { processor, moves } = processorOver(failing(failure), { ...CLAIM, parserDeaths, attempts });
    await processor.process('d', 'd-1', shutdown);
    expect(moves).toEqual([move]);
  });

  it.each([
    ['CORRUPT_FILE', {}, undefined],
    ['TIMEOUT', { attempts: 2 }, 'attempts'],
    ['PARSER_CRASHED', { parserDeaths: 2 }, 'parser_deaths'],
    ['PROCESS_CRASHED', { interruptions: 5, interrupted: true }, 'interruptions'],
  ] as const)('reports %s once, after the document has failed of it', async (code, spent, reason) => {
    const { processor, metrics, tracked } = processorOver(failing(new IngestionFailure(code, 'No.')), {
      ...CLAIM,
      ...spent,
    });
    await processor.process('d', 'd-1', shutdown);
    const text = await metrics.scrape();
    expect(tracked).toEqual([`INGESTION_${code}`]);
    expect(text).toContain('documents_processed_total{status="failed",format="txt",lane="fast"} 1\n');
    const dead = [...text.matchAll(/^ingestion_documents_dead_total\{reason="(\w+)"\} 1$/gm)].map(([, name]) => name);
    expect(dead).toEqual(reason === undefined ? [] : [reason]);
    expect(text).toContain(`extraction_parser_deaths_total ${code === 'PARSER_CRASHED' ? 1 : 0}\n`);
    expect(text).toContain(`ingestion_interruptions_total ${reason === 'interruptions' ? 1 : 0}\n`);
  });

  it.each(['TIMEOUT', 'CORRUPT_FILE', 'PARSER_CRASHED', 'INTERNAL_ERROR'] as const)(
    'names no part of the document in an alert: %s',
    async (code) => {
      const failure = new IngestionFailure(code, 'Part "pay of Jane Doe.xml" cannot be read.', {
        cause: new Error('xl/pay of Jane Doe.xml'),
      });
      const spent = { ...CLAIM, attempts: 2, parserDeaths: 2 };
      const { processor, tracked, contexts } = processorOver(failing(failure), spent);
      await processor.process('d', 'd-1', shutdown);
      expect(tracked).toHaveLength(1);
      expect(JSON.stringify(contexts)).not.toContain('Jane Doe');
      expect(contexts).toEqual([{ message: expect.any(String), documentId: 'd' }]);
    },
  );

  it('tells nobody what an unexpected error was', async () => {
    const secret = new TypeError('cannot read password of undefined');
    const { processor, moves } = processorOver(failing(secret), { ...CLAIM, attempts: 2 });
    await processor.process('d', 'd-1', shutdown);
    expect(moves.join()).toMatch(/^fail \{"code":"INTERNAL_ERROR"/);
    expect(moves.join()).not.toContain('password');
  });

  it('sets a document aside that was interrupted too often, without touching it again', async () => {
    const run = jest.fn(() => Promise.resolve());
    const { processor, moves } = processorOver(run, { ...CLAIM, interruptions: 5 });
    await processor.process('d', 'd-1', shutdown);
    expect(run).not.toHaveBeenCalled();
    expect(moves.join()).toMatch(/^fail \{"code":"PROCESS_CRASHED".* "none"$/);
  });

  it('writes nothing once its claim is stale', async () => {
    const { processor, moves } = processorOver(failing(new StaleClaimError(CLAIM)));
    await processor.process('d', 'd-1', shutdown);
    expect(moves).toEqual([]);
  });

  it('stops the work when the heartbeat finds the claim lost', async () => {
    const { processor, moves, ledger } = processorOver(
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
    );
    ledger.prolong.mockRejectedValue(new StaleClaimError(CLAIM));
    await processor.process('d', 'd-1', shutdown);
    expect(moves).toEqual([]);
  });

  it('stops the work within two seconds of the end of its document, however long the lease', async () => {
    jest.useFakeTimers();
    try {
      const { processor, moves, ledger } = processorOver(
        (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
        CLAIM,
        600_000,
      );
      const done = processor.process('d', 'd-1', shutdown);
      await jest.advanceTimersByTimeAsync(400_000);
      // Two thirds of its lease have passed, and it was prolonged by then.
      expect(ledger.prolong).toHaveBeenCalledTimes(2);
      ledger.holds.mockResolvedValue(false);
      await jest.advanceTimersByTimeAsync(2_000);
      await done;
      expect(moves).toEqual([]);
      const looks = ledger.holds.mock.calls.length;
      await jest.advanceTimersByTimeAsync(60_000);
      expect(ledger.holds).toHaveBeenCalledTimes(looks);
    } finally {
      jest.useRealTimers();
    }
  });

  it('goes on when a heartbeat merely fails', async () => {
    let finish: () => void = () => undefined;
    const { processor, moves, ledger } = processorOver(() => new Promise((resolve) => (finish = resolve)));
    ledger.prolong.mockImplementation(() => {
      finish();
      return Promise.reject(new Error('the database is away'));
    });
    await processor.process('d', 'd-1', shutdown);
    expect(moves).toEqual([]);
    expect(ledger.prolong).toHaveBeenCalled();
  });

  it('hands the document back when the process cannot wait', async () => {
    const leaving = new AbortController();
    const { processor, moves } = processorOver(
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
    );
    const done = processor.process('d', 'd-1', leaving.signal);
    setImmediate(() => leaving.abort(new Error('shutting down')));
    await done;
    expect(moves).toEqual(['release']);
  });
});

describe('a fault of a dependency', () => {
  const sqlError = (code: string): Error =>
    Object.assign(new Error('QueryFailedError'), { driverError: Object.assign(new Error('no'), { code }) });
  const faults: [string, Error, string][] = [
    ['an embedder that is away', new IngestionFailure('EMBEDDING_UNAVAILABLE', 'Away.'), 'embeddings'],
    ['an AI worker that is away', new IngestionFailure('EXTRACTION_UNAVAILABLE', 'Away.'), 'ai-worker'],
    ['a database with a full disk', sqlError('53100'), 'disk'],
    ['a database that was demoted', sqlError('25006'), 'database'],
    ['a full temporary folder', Object.assign(new Error('no space'), { code: 'ENOSPC' }), 'disk'],
  ];

  it.each(faults)('costs no attempt, however often: %s', async (_, error, dependency) => {
    const claim = { ...CLAIM, attempts: 2, waits: 500, waitedMs: 3_600_000 };
    const { processor, moves, scheduled, metrics, tracked } = processorOver(failing(error), claim);
    await processor.process('d', 'd-1', shutdown);
    expect(moves).toHaveLength(1);
    expect(moves[0]).toMatch(new RegExp(`^wait "${dependency}" \\d+$`));
    expect(Number(moves[0]?.split(' ')[2])).toBeLessThanOrEqual(15_000);
    // The reconciler does that, once the dependency is worth another try.
    expect(scheduled).toEqual([]);
    expect(tracked).toHaveLength(1);
    expect(await metrics.scrape()).toContain(`ingestion_dependency_waits_total{dependency="${dependency}"} 1\n`);
  });

  it('keeps the next document from being tried, unless it needs something else', async () => {
    const run = jest.fn(failing(new IngestionFailure('EXTRACTION_UNAVAILABLE', 'Away.')));
    const { processor, ledger } = processorOver(run);
    await processor.process('image', 'i-1', shutdown);
    await processor.process('image', 'i-2', shutdown);
    expect(run).toHaveBeenCalledTimes(1);
    expect(ledger.hold).toHaveBeenLastCalledWith('image', 'ai-worker', 1_000, ['png']);
    ledger.hold.mockResolvedValue(false);
    await processor.process('pdf', 'p-1', shutdown);
    expect(run).toHaveBeenCalledTimes(2);
  });

  it('counts as an attempt for a document that keeps failing while others get through', async () => {
    const claim = { ...CLAIM, waits: 8, waitedMs: 60_000 };
    const failure = new IngestionFailure('EMBEDDING_UNAVAILABLE', 'answered 400');
    const { processor, moves, circuits } = processorOver(failing(failure), claim);
    circuits.succeeded(['embeddings']);
    await processor.process('d', 'd-1', shutdown);
    expect(moves).toEqual(['postpone 100 "attempt"']);
  });

  it('counts as an attempt where the document may have caused it', async () => {
    const failure = new IngestionFailure('EMBEDDING_UNAVAILABLE', 'The thread died.', { ofDocument: true });
    const { processor, moves } = processorOver(failing(failure));
    await processor.process('d', 'd-1', shutdown);
    expect(moves).toEqual(['postpone 100 "attempt"']);
  });

  it('closes the circuit with the first document that gets through', async () => {
    const { processor, circuits } = processorOver(() => Promise.resolve());
    circuits.failed('embeddings', performance.now() - 5_000);
    expect(circuits.state('embeddings')).toBe('trial');
    await processor.process('d', 'd-1', shutdown);
    expect(circuits.state('embeddings')).toBe('closed');
  });

  it('that keeps the move from being noted is waited out, and the move made then', async () => {
    const { processor, moves, ledger } = processorOver(failing(new IngestionFailure('CORRUPT_FILE', 'It is broken.')));
    const { fail } = ledger;
    let refusals = 2;
    ledger.fail = (...details) => ((refusals -= 1) >= 0 ? Promise.reject(sqlError('57P03')) : fail(...details));
    await processor.process('d', 'd-1', shutdown);
    expect(refusals).toBe(-1);
    expect(moves).toHaveLength(1);
  });
});
