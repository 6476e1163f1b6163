import { createHash, randomBytes, randomUUID } from 'node:crypto';
import {
  type Adoption,
  ChunksRepository,
  type Claim,
  CollectionScope,
  DocumentsRepository,
  EmbeddingSpacesRepository,
  IngestionLedger,
  type StoredSpace,
  UploadsRepository,
} from '@vectorlane/documents';
import type { Lane } from '@vectorlane/domain';
import { DataSource } from 'typeorm';
import type { TestApp } from './test-app';

export const EVERYTHING = CollectionScope.allBut([]);
export const LEASE_MS = 60_000;
const DIMENSION = 384;

/** The moves of an ingestion one by one, over a service whose own workers stand still (`ROLE=api`). */
export class LedgerMoves {
  readonly ledger: IngestionLedger;
  readonly documents: DocumentsRepository;
  readonly uploads: UploadsRepository;
  readonly chunks: ChunksRepository;
  readonly dataSource: DataSource;
  readonly space: StoredSpace;

  constructor({ app }: TestApp) {
    this.ledger = app.get(IngestionLedger);
    this.documents = app.get(DocumentsRepository);
    this.uploads = app.get(UploadsRepository);
    this.chunks = app.get(ChunksRepository);
    this.dataSource = app.get(DataSource);
    this.space = app.get(EmbeddingSpacesRepository).active;
  }

  /** @returns the id of a pending document of its own bytes */
  async upload(externalId?: string): Promise<string> {
    return (await this.adopt(externalId)).document.id;
  }

  /** An upload of its own bytes. */
  async adopt(
    externalId?: string,
    sha256: Buffer = randomBytes(32),
    { uploadedBy = 'key', lane = 'fast' }: { uploadedBy?: string; lane?: Lane } = {},
  ): Promise<Adoption> {
    const contentId = randomUUID();
    await this.dataSource.query('INSERT INTO contents (id) VALUES ($1)', [contentId]);
    return this.uploads.adopt({
      id: randomUUID(),
      collection: 'default',
      sha256,
      externalId,
      contentId,
      filename: 'a.txt',
      format: 'txt',
      lane,
      mediaType: 'text/plain',
      declaredCharset: undefined,
      sizeBytes: 1,
      metadata: {},
      uploadedBy,
    });
  }

  claim(id: string): Promise<Claim | undefined> {
    return this.ledger.claim(id, LEASE_MS, this.space.id);
  }

  /** @throws Error when it cannot be claimed */
  async claimed(id: string): Promise<Claim> {
    const claim = await this.claim(id);
    if (claim === undefined) throw new Error('The document could not be claimed.');
    return claim;
  }

  /** Its worker gives no sign any more. */
  async lapse(id: string): Promise<void> {
    await this.dataSource.query(
      `UPDATE documents SET lease_expires_at = now() - interval '1 second'
        WHERE id = $1 AND lease_expires_at IS NOT NULL`,
      [id],
    );
  }

  /** Stores one chunk of one word. */
  store(claim: Claim, ordinal: number, word: string): Promise<void> {
    const chunk = {
      ordinal,
      content: word,
      charStart: ordinal * 100,
      charEnd: ordinal * 100 + word.length,
      tokenCount: 3,
      place: { heading: 'One > Two' },
      inputDigest: createHash('sha256').update(word).digest(),
      vector: new Float32Array(DIMENSION).fill(0).with(ordinal, 1),
    };
    return this.chunks.storeBatch(claim, this.space, 'english', [chunk], {
      ...{ percent: 50, leaseMs: LEASE_MS, counts: { pages: null, chunks: 2, chunksDone: 1 } },
    });
  }

  complete(claim: Claim, chunkCount = 1): Promise<void> {
    return this.ledger.complete(claim, {
      chunkCount,
      language: 'english',
      timings: { totalMs: 1 },
      spaceId: this.space.id,
      reusedChunks: 0,
      coverage: { pages: null, pagesWithoutText: [], notes: [] },
    });
  }
}
