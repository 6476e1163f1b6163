import { Logger } from '@nestjs/common';
import { loadConfig } from '@vectorlane/config';
import type {
  ChunksRepository,
  Claim,
  ContentsRepository,
  EmbeddingSpacesRepository,
  IngestionLedger,
} from '@vectorlane/documents';
import type { EmbeddingProvider } from '@vectorlane/embeddings';
import type { ExtractionService } from '@vectorlane/extraction';
import type { IngestionObserver } from './ingestion-observer';
import { IngestionPipeline } from './ingestion.pipeline';

beforeAll(() => Logger.overrideLogger(false));

/** A token is a word. */
function tokenize(text: string): { count: number; starts: Uint32Array; ends: Uint32Array } {
  const words = [...text.matchAll(/\S+/g)];
  const starts = Uint32Array.from(words, ({ index }) => index);
  return { count: words.length, starts, ends: Uint32Array.from(words, ({ index, 0: word }) => index + word.length) };
}

/** A pipeline over a text and an embedder that may never answer. */
function pipelineOver(text: string, embed: EmbeddingProvider['embed']): IngestionPipeline {
  const blocks = [{ kind: 'paragraph', start: 0, end: text.length, headingPath: [] }];
  return new IngestionPipeline(
    loadConfig({ NODE_ENV: 'test' }),
    { progress: () => Promise.resolve(), complete: () => Promise.resolve() } as unknown as IngestionLedger,
    { read: () => [] } as unknown as ContentsRepository,
    {
      storeText: () => Promise.resolve(),
      storeBatch: () => Promise.resolve(),
      embeddedInputs: () => new Map(),
    } as unknown as ChunksRepository,
    { extract: () => Promise.resolve({ text, blocks }) } as unknown as ExtractionService,
    {
      windowTokens: 512,
      specialTokens: 2,
      reads: () => true,
      tokenize,
      embed,
    } as unknown as EmbeddingProvider,
    { active: { id: 1 } } as unknown as EmbeddingSpacesRepository,
    { stageEnded: () => undefined, completed: () => undefined } as unknown as IngestionObserver,
  );
}

it('gives up on a document whose chunks take too long to embed, and stops the embedder', async () => {
  let stopped = false;
  const pipeline = pipelineOver('Words.', (_texts, _kind, signal) => {
    signal?.addEventListener('abort', () => (stopped = true));
    return new Promise(() => undefined);
  });
  const claim = { documentId: 'd', sizeBytes: 0, format: 'txt', filename: 'a.txt' } as unknown as Claim;
  const running = pipeline.run(claim, new AbortController().signal, 50);
  await expect(running).rejects.toMatchObject({ code: 'TIMEOUT', transient: true });
  expect(stopped).toBe(true);
});

it('lets others have the thread while it chunks, every 20 ms at least', async () => {
  // Of a clock on which each look takes 5 ms; other turns are counted.
  let clock = 0;
  const now = jest.spyOn(performance, 'now').mockImplementation(() => (clock += 5));
  let turns = 0;
  let isRunning = true;
  const others = (): void => {
    turns += 1;
    if (isRunning) setImmediate(others);
  };
  setImmediate(others);
  try {
    const pipeline = pipelineOver('A word of many. '.repeat(2_000), (texts) =>
      Promise.resolve(texts.map(() => new Float32Array(1))),
    );
    const claim = { documentId: 'd', sizeBytes: 0, format: 'txt', filename: 'a.txt' } as unknown as Claim;
    await pipeline.run({ ...claim, chunking: { maxTokens: 16, overlapTokens: 0 } }, new AbortController().signal);
  } finally {
    isRunning = false;
    now.mockRestore();
  }
  expect(turns).toBeGreaterThan(50);
});
