import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import {
  type Beholder,
  CollectionScope,
  ContentsRepository,
  DocumentsRepository,
  FileBatchesRepository,
  FilesRepository,
  type KeptFile,
  StoreFilesRepository,
  VectorStoresRepository,
} from '@vectorlane/documents';
import { EventWakes } from '@vectorlane/events';
import { Problem } from '@vectorlane/errors';
import { normaliseFilename } from '@vectorlane/extraction';
import type { SpooledFile } from './spool';

export interface FileUpload {
  readonly filename: string;
  readonly declaredType: string | undefined;
  readonly purpose: string;
  readonly expiresAfterSeconds: number | undefined;
}

/** Files or documents that one step of a sweep takes away. */
const STEP = 100;

/** Files that are kept until somebody puts them into a collection, and what ends with them. */
@Injectable()
export class FilesService {
  private readonly logger = new Logger(FilesService.name);

  constructor(
    private readonly files: FilesRepository,
    private readonly storeFiles: StoreFilesRepository,
    private readonly stores: VectorStoresRepository,
    private readonly batches: FileBatchesRepository,
    private readonly documents: DocumentsRepository,
    private readonly contents: ContentsRepository,
    private readonly events: EventWakes,
  ) {}

  /** @throws Problem `INVALID_REQUEST` (no bytes) */
  async keep(beholder: Beholder, file: SpooledFile, upload: FileUpload): Promise<KeptFile> {
    if (file.sizeBytes === 0) throw new Problem('INVALID_REQUEST', 'The file is empty.', { field: 'file' });
    const [id, contentId] = [randomUUID(), randomUUID()];
    const { sha256, sizeBytes } = file;
    const filename = normaliseFilename(upload.filename);
    try {
      await this.contents.store(contentId, file.path);
      return await this.files.create(beholder, { ...upload, id, contentId, sha256, sizeBytes, filename });
    } catch (error) {
      await this.contents.remove(contentId).catch((removing: unknown) => {
        this.logger.warn({ err: removing }, 'the bytes of a refused file are left to the sweep');
      });
      throw error;
    }
  }

  /**
   * The file, and every document in the scope that was made of it or is it.
   * @returns whether there was any of it
   */
  async remove(beholder: Beholder, scope: CollectionScope, fileId: string): Promise<boolean> {
    const documentIds = await this.storeFiles.documentsOf(scope, fileId);
    for (const id of documentIds) await this.documents.remove(scope, id);
    if (documentIds.length > 0) this.events.happened();
    const contentId = await this.files.remove(beholder, fileId);
    if (contentId !== undefined) await this.contents.remove(contentId);
    return contentId !== undefined || documentIds.length > 0;
  }

  /** What has outlived its time. @returns whether there may be more of it */
  async sweepExpired(): Promise<boolean> {
    const everything = CollectionScope.allBut([]);
    const files = await this.files.expired(STEP);
    for (const fileId of files) await this.remove({ collections: null }, everything, fileId);
    const documents = await this.stores.expiredDocuments(STEP);
    for (const id of documents) await this.documents.remove(everything, id);
    if (documents.length > 0) this.events.happened();
    await this.batches.sweep();
    const removed = { files: files.length, documents: documents.length };
    if (removed.files + removed.documents > 0) this.logger.log(removed, 'removed what had expired');
    return removed.files === STEP || removed.documents === STEP;
  }
}
