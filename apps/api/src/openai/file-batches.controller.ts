import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Principal } from '@vectorlane/auth';
import {
  type Document,
  FileBatchesRepository,
  type FileBatch,
  type FileBatchItem,
  type KeptFile,
  StoreFilesRepository,
} from '@vectorlane/documents';
import { Problem } from '@vectorlane/errors';
import { IngestionService } from '@vectorlane/ingestion';
import type { Response } from 'express';
import type { z } from 'zod';
import { Caller } from '../caller';
import { RequiresScope } from '../scope.guard';
import {
  batchId,
  errorCode,
  fileStatus,
  goneFileBody,
  listBody,
  seconds,
  type StoreFileBody,
  storeId,
  uuidOfBatch,
} from './openai.bodies';
import { type AttachFile, createBatch, storeFilesQuery, type StoreFilesQuery } from './openai.schemas';
import { POLL_AFTER_MS } from './store-files.controller';
import { type OpenStore, VectorStoresService } from './vector-stores.service';

interface Member {
  readonly body: StoreFileBody;
  readonly document: Document | undefined;
}

/** Many files into a vector store by one request. */
@ApiExcludeController()
@Controller('openai/v1/vector_stores/:store/file_batches')
export class OpenAiFileBatchesController {
  constructor(
    private readonly service: VectorStoresService,
    private readonly batches: FileBatchesRepository,
    private readonly storeFiles: StoreFilesRepository,
    private readonly ingestion: IngestionService,
  ) {}

  @Post()
  @HttpCode(200)
  @RequiresScope('write', 'within-collections')
  async create(
    @Caller() caller: Principal,
    @Param('store') id: string,
    @Body({ schema: createBatch }) body: z.output<typeof createBatch>,
  ): Promise<object> {
    const open = await this.service.openLive(caller, id);
    const { file_ids: fileIds = [], files = [], ...common } = body;
    const wanted: AttachFile[] = [...fileIds.map((fileId) => ({ ...common, file_id: fileId })), ...files];
    // All of them first: a batch is refused as a whole for an id that is none.
    const found: KeptFile[] = [];
    for (const { file_id: fileId } of wanted) found.push(await this.service.file(caller, fileId));
    const items: Omit<FileBatchItem, 'cancelled'>[] = [];
    for (const [index, file] of found.entries()) {
      items.push(await this.member(open, file, wanted[index] ?? common));
    }
    const uuid = await this.batches.create(open.store.key, items);
    return this.batchBody(open, await this.batches.find(open.scope, open.store.key, uuid));
  }

  @Get(':batch')
  @RequiresScope('read', 'within-collections')
  async get(
    @Caller() caller: Principal,
    @Param('store') id: string,
    @Param('batch') batch: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<object> {
    const open = await this.service.open(caller, id);
    const body = await this.batchBody(open, await this.find(open, batch));
    if (body.status === 'in_progress') response.setHeader('openai-poll-after-ms', POLL_AFTER_MS);
    return body;
  }

  @Post(':batch/cancel')
  @HttpCode(200)
  @RequiresScope('write', 'within-collections')
  async cancel(
    @Caller() caller: Principal,
    @Param('store') id: string,
    @Param('batch') batch: string,
  ): Promise<object> {
    const open = await this.service.open(caller, id);
    const found = await this.find(open, batch);
    const members = await this.membersOf(open, found);
    // What readers see already stays.
    const unfinished = members.flatMap(({ document }) =>
      document !== undefined && document.visibleGeneration === null && fileStatus(document) === 'in_progress'
        ? [document.id]
        : [],
    );
    for (const documentId of unfinished) await this.ingestion.remove(open.scope, documentId);
    await this.batches.cancel(found.id, unfinished);
    return this.batchBody(open, await this.find(open, batch));
  }

  @Get(':batch/files')
  @RequiresScope('read', 'within-collections')
  async list(
    @Caller() caller: Principal,
    @Param('store') id: string,
    @Param('batch') batch: string,
    @Query({ schema: storeFilesQuery }) query: StoreFilesQuery,
  ): Promise<object> {
    const open = await this.service.open(caller, id);
    const members = (await this.membersOf(open, await this.find(open, batch))).map(({ body }) => body);
    return pageOf(members, query);
  }

  private async member(
    open: OpenStore,
    file: KeptFile,
    said: Pick<AttachFile, 'attributes' | 'chunking_strategy'>,
  ): Promise<Omit<FileBatchItem, 'cancelled'>> {
    const { fileId } = file;
    try {
      const { id: documentId } = await this.service.attach(open, file, said);
      return { fileId, documentId, code: null, message: null };
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'UNSUPPORTED_FORMAT') throw error;
      return { fileId, documentId: null, code: errorCode(error.code), message: error.detail };
    }
  }

  private find({ store, scope }: OpenStore, batch: string): Promise<FileBatch> {
    return this.batches.find(scope, store.key, uuidOfBatch(batch));
  }

  /** In the order of the request; a document that was deleted since is no member any more. */
  private async membersOf({ store, scope }: OpenStore, { items, createdAt }: FileBatch): Promise<Member[]> {
    const ids = items.flatMap(({ documentId }) => documentId ?? []);
    const documents = new Map((await this.storeFiles.byIds(scope, ids)).map((document) => [document.id, document]));
    return items.flatMap((item): Member[] => {
      const document = item.documentId === null ? undefined : documents.get(item.documentId);
      if (document !== undefined) return [{ document, body: this.service.fileBody(document, store.key) }];
      if (!item.cancelled && item.code === null) return [];
      return [{ document, body: goneFileBody(item, store.key, createdAt) }];
    });
  }

  private async batchBody(open: OpenStore, batch: FileBatch): Promise<{ readonly status: string }> {
    const members = await this.membersOf(open, batch);
    const count = (status: StoreFileBody['status']): number =>
      members.filter(({ body }) => body.status === status).length;
    const counts = {
      ...{ in_progress: count('in_progress'), completed: count('completed'), failed: count('failed') },
      ...{ cancelled: count('cancelled'), total: members.length },
    };
    const body = {
      ...{ id: batchId(batch.id), object: 'vector_store.files_batch', created_at: seconds(batch.createdAt) },
      ...{ vector_store_id: storeId(open.store.key), file_counts: counts },
      status: statusOf(counts, batch.cancelledAt !== null),
    };
    return body;
  }
}

function statusOf(counts: { in_progress: number; failed: number; total: number }, isCancelled: boolean): string {
  if (isCancelled) return 'cancelled';
  if (counts.in_progress > 0) return 'in_progress';
  return counts.total > 0 && counts.failed === counts.total ? 'failed' : 'completed';
}

/** A batch is read as a whole, so a page of it is a part of the list: in the order of the request, or from its end. */
function pageOf(members: readonly StoreFileBody[], { filter, order, limit, after, before }: StoreFilesQuery): object {
  const ordered = order === 'asc' ? members : members.toReversed();
  const matching = ordered.filter(({ id, status }) => filter === undefined || status === filter || id === after);
  const place = (id: string): number => {
    const index = matching.findIndex((member) => member.id === id);
    if (index < 0) throw new Problem('FILE_NOT_FOUND', `There is no file "${id}" in this batch.`);
    return index;
  };
  const start = after === undefined ? 0 : place(after) + 1;
  const end = before === undefined ? matching.length : place(before);
  const isBackwards = before !== undefined && after === undefined;
  const page = isBackwards
    ? matching.slice(Math.max(start, end - limit), end)
    : matching.slice(start, Math.min(end, start + limit));
  return listBody(page, page.length < end - start);
}
