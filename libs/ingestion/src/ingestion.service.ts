import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import {
  type Adoption,
  type Chunking,
  type CollectionScope,
  ContentGoneError,
  ContentsRepository,
  type Document,
  type DocumentMetadata,
  DocumentsRepository,
  FailedDocumentsRepository,
  FOREIGN_KEY_VIOLATION,
  IngestionLedger,
  type KeptFile,
  type NewDocument,
  ReprocessedDocumentsRepository,
  type Said,
  type SearchFilter,
  UploadsRepository,
} from '@vectorlane/documents';
import { type Lane, mergePatch, type OnDuplicate } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import { EventWakes } from '@vectorlane/events';
import { ExtractionService, normaliseFilename } from '@vectorlane/extraction';
import { IngestionScheduler } from './ingestion-scheduler';
import { IntakeLimit } from './intake-limit';
import { Spool, type SpooledFile } from './spool';

/** What an uploader says of the bytes. */
export interface Submission {
  /** Key of the collection it goes to. */
  readonly collection: string;
  /** Id of the uploader's API key: documents of one key wait in one line. */
  readonly uploadedBy: string;
  readonly filename?: string | undefined;
  /** `Content-Type` of the part, parameters included. */
  readonly declaredType?: string | undefined;
  /** Left out: none, or those that the document has. */
  readonly metadata?: DocumentMetadata | undefined;
  /** Its owner's name for it: other bytes under the same one are its next revision. */
  readonly externalId?: string | undefined;
  /** What other bytes under the same name mean; not beside an external id, which says so itself. */
  readonly onDuplicate?: OnDuplicate | undefined;
  /** Left out: as the service is set. */
  readonly chunking?: Chunking | undefined;
}

export interface Submitted {
  readonly document: Document;
  /** The same bytes were here already; nothing was stored. */
  readonly duplicate: boolean;
}

/** Bytes on their way to a document, under the id that they are or will be stored by. */
interface AcceptedBytes extends Pick<SpooledFile, 'sizeBytes' | 'sha256' | 'head'> {
  readonly contentId: string;
}

/** What was done of something asked for many documents; asked again it goes on. */
export interface Retried {
  /** Documents that it concerned when it began. */
  readonly matched: number;
  readonly retried: number;
}

export interface Reprocessed {
  /** Documents that it concerned when it began. */
  readonly matched: number;
  readonly reprocessed: number;
}

export interface Removed {
  /** Documents that it concerned when it began. */
  readonly matched: number;
  readonly deleted: number;
}

/** Of a text that was sent without one. */
const UNNAMED = 'text.txt';

/** Documents removed by one statement: with each go all its chunks. */
const REMOVAL_STEP = 8;
/** Documents moved by one short statement: the embedded database is one session for everybody. */
const RETRY_STEP = 200;
/** One request does no more: its caller does not wait long, and asks again for the rest. */
const LONGEST_REQUEST_MS = 10_000;

/** Accepts documents. Once `submit` has returned, the document survives any crash and ends completed or failed. */
@Injectable()
export class IngestionService {
  private readonly logger = new Logger(IngestionService.name);

  constructor(
    private readonly config: Config,
    private readonly limit: IntakeLimit,
    private readonly spool: Spool,
    private readonly documents: DocumentsRepository,
    private readonly uploads: UploadsRepository,
    private readonly contents: ContentsRepository,
    private readonly ledger: IngestionLedger,
    private readonly failed: FailedDocumentsRepository,
    private readonly reprocessed: ReprocessedDocumentsRepository,
    private readonly scheduler: IngestionScheduler,
    private readonly extraction: ExtractionService,
    private readonly events: EventWakes,
  ) {}

  /**
   * First half: the bytes to disk, hashed, within the limit. The caller discards the file in any case.
   * @param keyId whose upload it is
   * @throws Problem `INGESTION_BUSY` before a byte is read, `UPLOADS_BUSY`, `TOO_LARGE`
   */
  async receive(bytes: AsyncIterable<Buffer>, keyId: string): Promise<SpooledFile> {
    await this.limit.check();
    return this.spool.write(bytes, keyId);
  }

  /**
   * Second half: decides the format, stores the bytes in parts, makes the document, queues it.
   * @throws Problem `UNSUPPORTED_FORMAT`, `INVALID_REQUEST` (no bytes), `COLLECTION_NOT_FOUND`, `DUPLICATE`
   */
  submit(file: SpooledFile, submission: Submission): Promise<Submitted> {
    const contentId = randomUUID();
    // Parts first, each a short transaction; the document adopts them at the end. A crash in between leaves an orphan
    // that is swept, never half a document.
    return this.accept({ ...file, contentId }, submission, () => this.contents.store(contentId, file.path));
  }

  /**
   * The same of a file that is kept already: the document shares its bytes.
   * @throws Problem `UNSUPPORTED_FORMAT`, `COLLECTION_NOT_FOUND`, `FILE_NOT_FOUND`
   */
  async attach(file: KeptFile, submission: Submission): Promise<Submitted> {
    try {
      const head = await this.contents.head(file.contentId);
      return await this.accept({ ...file, head }, submission, () => Promise.resolve());
    } catch (error) {
      const isGone = error instanceof ContentGoneError || (error as { code?: unknown }).code === FOREIGN_KEY_VIOLATION;
      if (!isGone) throw error;
      throw new Problem('FILE_NOT_FOUND', `The file ${file.fileId} was deleted meanwhile.`, { cause: error });
    }
  }

  private async accept(file: AcceptedBytes, submission: Submission, store: () => Promise<void>): Promise<Submitted> {
    if (file.sizeBytes === 0) throw new Problem('INVALID_REQUEST', 'The file is empty.');
    const [declaredMediaType, declaredCharset] = parseContentType(submission.declaredType);
    const { collection, uploadedBy, externalId, metadata, onDuplicate, chunking } = submission;
    if (externalId !== undefined && onDuplicate !== undefined) {
      throw new Problem('INVALID_REQUEST', 'onDuplicate: does not go with externalId, which says so itself.');
    }
    const known = externalId === undefined ? null : await this.uploads.findByExternalId(collection, externalId);
    const said = {
      filename: submission.filename === undefined ? undefined : normaliseFilename(submission.filename),
      metadata,
    };
    const filename = said.filename ?? known?.filename ?? UNNAMED;
    const detected = this.extraction.detect({
      head: file.head,
      filename,
      ...(declaredMediaType !== undefined && { declaredMediaType }),
    });
    const { sha256, sizeBytes, contentId } = file;
    const same = await this.uploads.takeOver({ collection, externalId, sha256, filename }, said, onDuplicate);
    if (same !== null) return { document: same, duplicate: true };

    const next: NewDocument = {
      ...{
        id: randomUUID(),
        collection,
        externalId,
        sha256,
        contentId,
        filename,
        sizeBytes,
        declaredCharset,
        chunking,
        uploadedBy,
      },
      format: detected.format,
      lane: this.laneFor(detected.lane, sizeBytes),
      mediaType: detected.mediaType,
      metadata: metadata ?? {},
    };
    const adoption = await this.storeAndAdopt(store, next, said, onDuplicate);
    const { document } = adoption;
    if (adoption.outcome === 'same') return { document, duplicate: true };
    this.events.happened();
    await this.scheduler.schedule(adoption.rowId);
    this.logger.log(
      { documentId: document.id, format: document.format, lane: document.lane, bytes: document.sizeBytes },
      adoption.outcome === 'revised' ? 'revision accepted' : 'document accepted',
    );
    return { document, duplicate: false };
  }

  /** @throws Problem `DOCUMENT_NOT_FOUND`, `NOT_FAILED` */
  async retry(scope: CollectionScope, documentId: string): Promise<Document> {
    const isOwn = (await this.documents.findById(scope, documentId)) !== null;
    const moved = isOwn ? await this.ledger.retry(documentId) : [];
    const document = isOwn ? await this.documents.findById(scope, documentId) : null;
    if (document === null) throw new Problem('DOCUMENT_NOT_FOUND', `There is no document ${documentId}.`);
    if (moved.length === 0) {
      throw new Problem('NOT_FAILED', `The document is ${document.status}; only a failed one can be retried.`);
    }
    this.events.happened();
    for (const rowId of moved) await this.scheduler.schedule(rowId);
    return document;
  }

  /**
   * Reads a document that has ended again from the bytes that are kept, as another format if one is given.
   * @throws Problem `DOCUMENT_NOT_FOUND`, `NOT_FINISHED`, `UNSUPPORTED_FORMAT`
   */
  async reprocess(scope: CollectionScope, documentId: string, format: string | undefined): Promise<Document> {
    const known = await this.documents.findById(scope, documentId);
    if (known === null) throw new Problem('DOCUMENT_NOT_FOUND', `There is no document ${documentId}.`);
    const as = format === undefined ? undefined : this.extraction.formatCalled(format);
    const change = as && { ...as, lane: this.laneFor(as.lane, known.sizeBytes) };
    const isMoved = await this.reprocessed.reprocess(scope, documentId, change);
    const document = await this.documents.findById(scope, documentId);
    if (document === null) throw new Problem('DOCUMENT_NOT_FOUND', `There is no document ${documentId}.`);
    if (!isMoved) throw new Problem('NOT_FINISHED', `The document is ${document.status}: it is being read already.`);
    this.events.happened();
    await this.scheduler.schedule(documentId);
    return document;
  }

  /** Reads all that have ended and pass the filter again, in short steps, as far as the time of a request goes. */
  async reprocessMatching(filter: SearchFilter): Promise<Reprocessed> {
    const { matched, moment } = await this.reprocessed.count(filter);
    const next = (): Promise<readonly string[]> =>
      this.reprocessed.reprocessMatching(filter, moment, RETRY_STEP, undefined);
    const reprocessed = await this.scheduleAll(next);
    if (reprocessed > 0) this.logger.log({ matched, reprocessed }, 'documents are read again');
    return { matched, reprocessed };
  }

  /** Everything that failed for a reason that may have passed, in short steps, as far as the time of a request goes. */
  async retryMatching(filter: SearchFilter): Promise<Retried> {
    const { matched, moment } = await this.failed.count(filter);
    const retried = await this.scheduleAll(() => this.failed.retry(filter, moment, RETRY_STEP));
    if (retried > 0) this.logger.log({ matched, retried }, 'failed documents are tried again');
    return { matched, retried };
  }

  /**
   * Gone with all that hangs on it, in any state.
   * @throws Problem `DOCUMENT_NOT_FOUND`
   */
  async remove(scope: CollectionScope, documentId: string): Promise<void> {
    const removed = await this.documents.remove(scope, documentId);
    if (!removed) throw new Problem('DOCUMENT_NOT_FOUND', `There is no document ${documentId}.`);
    this.events.happened();
  }

  /** @param next moves the next `RETRY_STEP` of them @returns how many */
  private async scheduleAll(next: () => Promise<readonly string[]>): Promise<number> {
    const until = performance.now() + LONGEST_REQUEST_MS;
    let moved = 0;
    let isQueueUp = true;
    do {
      const ids = await next();
      moved += ids.length;
      for (const id of ids) {
        // Pending all the same where the queue refuses them: the reconciler brings them once it is back.
        if (isQueueUp) isQueueUp = (await this.scheduler.schedule(id)) !== 'refused';
      }
      if (ids.length < RETRY_STEP) break;
    } while (performance.now() < until);
    this.events.happened();
    return moved;
  }

  /** Deletes what passes the filter, in short steps, as far as the time of a request goes. */
  async removeMatching(filter: SearchFilter, dryRun: boolean): Promise<Removed> {
    const until = performance.now() + LONGEST_REQUEST_MS;
    const { matched, moment } = await this.documents.countMatching(filter);
    let deleted = 0;
    while (!dryRun && deleted < matched && performance.now() < until) {
      const removed = await this.documents.removeMatching(filter, moment, REMOVAL_STEP);
      if (removed === 0) break;
      deleted += removed;
    }
    this.events.happened();
    if (deleted > 0) this.logger.log({ matched, deleted }, 'documents deleted by filter');
    return { matched, deleted };
  }

  /**
   * @param patch merge patch (RFC 7396) of the metadata
   * @param check of what the metadata becomes; throws where that may not be
   * @throws Problem `DOCUMENT_NOT_FOUND`
   */
  async change(
    scope: CollectionScope,
    documentId: string,
    patch: { readonly filename?: string; readonly metadata?: DocumentMetadata },
    check: (metadata: DocumentMetadata) => void,
  ): Promise<Document> {
    const changed = await this.documents.change(scope, documentId, ({ filename, metadata }) => {
      const merged = patch.metadata === undefined ? metadata : mergePatch(metadata, patch.metadata);
      check(merged);
      return {
        filename: patch.filename === undefined ? filename : normaliseFilename(patch.filename),
        metadata: merged,
      };
    });
    if (changed === undefined) throw new Problem('DOCUMENT_NOT_FOUND', `There is no document ${documentId}.`);
    return changed;
  }

  /** A refusal of the database leaves no bytes behind; a crash in between does, until the sweep. */
  private async storeAndAdopt(
    store: () => Promise<void>,
    document: NewDocument,
    said: Said,
    onDuplicate: OnDuplicate | undefined,
  ): Promise<Adoption> {
    try {
      await store();
      return await this.uploads.adopt(document, said, onDuplicate);
    } catch (error) {
      await this.contents.remove(document.contentId).catch((removing: unknown) => {
        this.logger.warn({ err: removing }, 'the bytes of a refused upload are left to the sweep');
      });
      throw error;
    }
  }

  private laneFor(lane: Lane, sizeBytes: number): Lane {
    return sizeBytes > this.config.FAST_LANE_MAX_BYTES ? 'heavy' : lane;
  }
}

function parseContentType(value: string | undefined): [mediaType: string | undefined, charset: string | undefined] {
  if (value === undefined) return [undefined, undefined];
  const [mediaType, ...parameters] = value.toLowerCase().split(';');
  const charset = parameters
    .map((parameter) => /^\s*charset\s*=\s*"?([a-z0-9._:-]{1,40})"?\s*$/.exec(parameter)?.[1])
    .find(Boolean);
  return [mediaType?.trim() === '' ? undefined : mediaType?.trim(), charset];
}
