import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { detectLanguage } from '@vectorlane/analysis';
import { Config } from '@vectorlane/config';
import { type Coverage, coverageNote, MAX_NOTES } from '@vectorlane/domain';
import {
  ChunksRepository,
  type Claim,
  ContentsRepository,
  type EmbeddedChunk,
  EmbeddingSpacesRepository,
  IngestionLedger,
  type LedgerProgress,
  wholeOf,
  type WorkCounts,
} from '@vectorlane/documents';
import { EMBEDDING_PROVIDER, type EmbeddingProvider } from '@vectorlane/embeddings';
import { IngestionFailure } from '@vectorlane/errors';
import { type ExtractedDocument, ExtractionService } from '@vectorlane/extraction';
import type { Chunk } from './chunking/chunk';
import { chunkDocument } from './chunking/chunker';
import { within } from '@vectorlane/time';
import { IngestionObserver } from './ingestion-observer';
import { RemainingTime, type Work } from './remaining-time';

/**
 * Chunks a transaction stores. The embedded database is one session for everybody and an insert under the vector index
 * takes it about 10 ms: eight of them hold a search up by less than a tenth of a second.
 */
const BATCH_CHUNKS = 8;

/** Longest that chunking and embedding of one document may take: a book of 50 MB takes a quarter of it on one core. */
const LONGEST_MS = 3_600_000;
/** More is no document that anybody searches; each is a vector and a row. */
const MAX_CHUNKS = 200_000;

// Where the whole ingestion stands when a stage begins; embedding, by far the longest, fills the rest.
const PERCENT_CHUNKING = 8;
const PERCENT_EMBEDDING = 10;

const NOTHING_EMBEDDED: ReadonlyMap<string, string> = new Map();

/** Of a format without pages, all of which is text. */
const WHOLE: Coverage = { pages: null, pagesWithoutText: [], notes: [] };

/**
 * The stages of one document, from top to bottom: extract → chunk → embed in batches → store → complete.
 *
 * It may run twice for the same document, even at the same time. Everything it writes carries the claim's generation;
 * nothing of it is seen before the last statement, and a superseded worker's next write is refused.
 */
@Injectable()
export class IngestionPipeline {
  private readonly logger = new Logger(IngestionPipeline.name);

  constructor(
    private readonly config: Config,
    private readonly ledger: IngestionLedger,
    private readonly contents: ContentsRepository,
    private readonly chunks: ChunksRepository,
    private readonly extraction: ExtractionService,
    @Inject(EMBEDDING_PROVIDER) private readonly embeddings: EmbeddingProvider,
    private readonly spaces: EmbeddingSpacesRepository,
    private readonly observer: IngestionObserver,
  ) {}

  /**
   * @param signal aborted when the claim is lost or the process cannot wait; nothing is written afterwards
   * @param longestMs bound on chunking and embedding
   * @throws IngestionFailure when the document cannot be ingested; StaleClaimError when the claim is lost
   */
  async run(claim: Claim, signal: AbortSignal, longestMs = LONGEST_MS): Promise<void> {
    const startedAt = performance.now();
    const extracted = await this.extract(claim, signal);
    await this.chunks.storeText(claim, extracted.text);
    const extractedAt = performance.now();
    this.observer.stageEnded('extracting', extractedAt - startedAt);

    const late = (): IngestionFailure =>
      new IngestionFailure('TIMEOUT', `Embedding this document took longer than ${longestMs} ms. Split it.`);
    const work = (giveUp: AbortSignal) => this.chunkAndEmbed(claim, extracted, giveUp);
    const { chunks, language, chunkedAt, reusedChunks } = await within(work, { timeoutMs: longestMs, signal, late });
    const embeddedAt = performance.now();
    this.observer.stageEnded('embedding', embeddedAt - chunkedAt);

    signal.throwIfAborted();
    const timings = {
      extractingMs: Math.round(extractedAt - startedAt),
      chunkingMs: Math.round(chunkedAt - extractedAt),
      embeddingMs: Math.round(embeddedAt - chunkedAt),
      totalMs: Math.round(embeddedAt - startedAt),
    };
    const spaceId = this.spaces.active.id;
    const coverage = withLanguage(extracted.coverage ?? WHOLE, chunks, this.embeddings);
    const result = { chunkCount: chunks.length, language, timings, spaceId, coverage, reusedChunks };
    await this.ledger.complete(claim, result);
    this.observer.completed(claim, { chunks: chunks.length, reusedChunks, coverage }, performance.now() - startedAt);
    this.logger.log({ chunks: chunks.length, ...timings }, 'document completed');
  }

  private async chunkAndEmbed(claim: Claim, extracted: ExtractedDocument, signal: AbortSignal) {
    const startedAt = performance.now();
    const pages = extracted.coverage?.pages ?? null;
    await this.ledger.progress(claim, this.at('chunking', PERCENT_CHUNKING, { pages, chunks: null, chunksDone: 0 }));
    const chunks = await this.chunk(extracted, claim, signal);
    const chunkedAt = performance.now();
    this.observer.stageEnded('chunking', chunkedAt - startedAt);
    const language = await detectLanguage(extracted.text);
    // Told before the first batch: a document that waits for its embedder says so.
    const counts = { pages, chunks: chunks.length, chunksDone: 0 };
    await this.ledger.progress(claim, this.at('embedding', PERCENT_EMBEDDING, counts));
    const reusedChunks = await this.embedAndStore(claim, { chunks, language, pages }, signal);
    return { chunks, language, chunkedAt, reusedChunks };
  }

  private async extract(claim: Claim, signal: AbortSignal): Promise<ExtractedDocument> {
    const bytes = await wholeOf(this.contents.read(claim.contentId, claim.sizeBytes), claim.sizeBytes, signal);
    return this.extraction.extract(
      claim.format,
      {
        bytes,
        filename: claim.filename,
        ...(claim.declaredCharset !== undefined && { declaredCharset: claim.declaredCharset }),
      },
      signal,
    );
  }

  private async chunk(extracted: ExtractedDocument, { chunking }: Claim, signal: AbortSignal): Promise<Chunk[]> {
    const chunks: Chunk[] = [];
    const usual = { maxTokens: this.config.CHUNK_TOKENS, overlapTokens: this.config.CHUNK_OVERLAP_TOKENS };
    let sliceEndsAt = performance.now() + 20;
    for (const chunk of chunkDocument(extracted, this.embeddings, chunking ?? usual)) {
      chunks.push(chunk);
      if (chunks.length > MAX_CHUNKS) {
        throw new IngestionFailure(
          'TOO_LARGE',
          'There are too many passages in this document. Split it into smaller files.',
        );
      }
      if (performance.now() > sliceEndsAt) {
        // Tokenising is CPU work on the main thread: probes and searches get their turn in between.
        await new Promise((resolve) => setImmediate(resolve));
        signal.throwIfAborted();
        sliceEndsAt = performance.now() + 20;
      }
    }
    if (chunks.length === 0) throw new IngestionFailure('EMPTY_CONTENT', 'The document holds no text to search in.');
    return chunks;
  }

  private async embedAndStore(
    claim: Claim,
    { chunks, language, pages }: { chunks: readonly Chunk[]; language: string; pages: number | null },
    signal: AbortSignal,
  ): Promise<number> {
    const space = this.spaces.active;
    // Of the first generation nothing was seen before.
    const known = claim.generation > 1 ? await this.chunks.embeddedInputs(claim, space) : NOTHING_EMBEDDED;
    const digests = new Map(chunks.map((chunk) => [chunk, digestOf(chunk)]));
    const workOf = (chunk: Chunk): Work => ({
      tokenCount: chunk.tokenCount,
      isEmbedded: !known.has(digests.get(chunk)?.toString('hex') ?? '') && this.embeddings.reads(chunk.embeddingInput),
    });
    const remaining = new RemainingTime(chunks.map(workOf));
    let reused = 0;
    // When a batch cannot be stored, the model need not go on with the one after it.
    const ahead = new AbortController();
    const wanted = AbortSignal.any([signal, ahead.signal]);
    const vectorsFor = async (batch: readonly Chunk[]): Promise<Map<Chunk, Float32Array>> => {
      // Embedded before, as part of the content that readers see now: the same input gives the same vector.
      const sources = new Map(batch.map((chunk) => [chunk, known.get(digests.get(chunk)?.toString('hex') ?? '')]));
      const ids = [...sources.values()].filter((id) => id !== undefined);
      const old = ids.length === 0 ? undefined : await this.chunks.vectorsOf(space, ids);
      const vectors = new Map<Chunk, Float32Array>();
      for (const [chunk, id] of sources) {
        const vector = id === undefined ? undefined : old?.get(id);
        if (vector !== undefined) vectors.set(chunk, vector);
      }
      reused += vectors.size;
      // What the model does not read has no vector: it would be near to anything.
      const unread = batch.filter((chunk) => !vectors.has(chunk) && this.embeddings.reads(chunk.embeddingInput));
      if (unread.length === 0) return vectors;
      const texts = unread.map(({ embeddingInput }) => embeddingInput);
      const found = await this.embeddings.embed(texts, 'passage', wanted);
      for (const [index, chunk] of unread.entries()) {
        const vector = found[index];
        if (vector === undefined) {
          throw new IngestionFailure('EMBEDDING_UNAVAILABLE', 'The embedding model returned fewer vectors than texts.');
        }
        vectors.set(chunk, vector);
      }
      return vectors;
    };
    const embed = (from: number) => {
      const batch = chunks.slice(from, from + BATCH_CHUNKS);
      const vectors = vectorsFor(batch);
      // Handled where it is awaited; this one only keeps an early rejection from counting as unhandled.
      vectors.catch(() => undefined);
      return { batch, vectors };
    };
    let next = embed(0);
    try {
      for (let from = 0; from < chunks.length; from += BATCH_CHUNKS) {
        const { batch, vectors } = next;
        const embedded = await vectors;
        // The model works on the next batch while the database stores this one.
        if (from + BATCH_CHUNKS < chunks.length) next = embed(from + BATCH_CHUNKS);
        signal.throwIfAborted();
        const chunksDone = from + batch.length;
        const done = chunksDone / chunks.length;
        await this.chunks.storeBatch(
          claim,
          space,
          language,
          batch.map((chunk): EmbeddedChunk => {
            const inputDigest = digests.get(chunk) ?? digestOf(chunk);
            return { ...chunk, inputDigest, vector: embedded.get(chunk) };
          }),
          {
            ...this.at('embedding', PERCENT_EMBEDDING + Math.floor((99 - PERCENT_EMBEDDING) * done), {
              ...{ pages, chunks: chunks.length, chunksDone },
            }),
            etaMs: remaining.after(batch.map(workOf), performance.now()),
          },
        );
      }
      return reused;
    } finally {
      ahead.abort(new Error('The ingestion has ended.'));
    }
  }

  private at(stage: LedgerProgress['stage'], percent: number, counts: WorkCounts): LedgerProgress {
    return { stage, percent, counts, leaseMs: this.config.INGESTION_LEASE_MS };
  }
}

function digestOf({ embeddingInput }: Chunk): Buffer {
  return createHash('sha256').update(embeddingInput).digest();
}

/** Says so where some of the chunks are found by their words alone. */
function withLanguage(coverage: Coverage, chunks: readonly Chunk[], model: Pick<EmbeddingProvider, 'reads'>): Coverage {
  if (chunks.every(({ embeddingInput }) => model.reads(embeddingInput))) return coverage;
  return { ...coverage, notes: [...coverage.notes.slice(0, MAX_NOTES - 1), coverageNote('MODEL_LANGUAGE')] };
}
