import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Principal } from '@vectorlane/auth';
import { ChunksRepository, DocumentsRepository, fileIdOf, StoreFilesRepository } from '@vectorlane/documents';
import { type DocumentStatus, UnfinishedStatus } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import { IngestionService } from '@vectorlane/ingestion';
import type { Response } from 'express';
import type { z } from 'zod';
import { Caller } from '../caller';
import { RequiresScope } from '../scope.guard';
import { attributesOf, listBody, pageBody, type StoreFileBody, agePageOf, withAttributes } from './openai.bodies';
import { type AttachFile, attachFile, storeFilesQuery, type StoreFilesQuery, updateFile } from './openai.schemas';
import { VectorStoresService } from './vector-stores.service';

/** When a client that waits asks again. */
export const POLL_AFTER_MS = '250';

/** Documents of a collection as files of a vector store. */
@ApiExcludeController()
@Controller('openai/v1/vector_stores/:store/files')
export class OpenAiStoreFilesController {
  constructor(
    private readonly service: VectorStoresService,
    private readonly storeFiles: StoreFilesRepository,
    private readonly documents: DocumentsRepository,
    private readonly chunks: ChunksRepository,
    private readonly ingestion: IngestionService,
  ) {}

  @Post()
  @HttpCode(200)
  @RequiresScope('write', 'within-collections')
  async attach(
    @Caller() caller: Principal,
    @Param('store') id: string,
    @Body({ schema: attachFile }) body: AttachFile,
  ): Promise<StoreFileBody> {
    const open = await this.service.openLive(caller, id);
    const document = await this.service.attach(open, await this.service.file(caller, body.file_id), body);
    return this.service.fileBody(document, open.store.key);
  }

  @Get()
  @RequiresScope('read', 'within-collections')
  async list(
    @Caller() caller: Principal,
    @Param('store') id: string,
    @Query({ schema: storeFilesQuery }) query: StoreFilesQuery,
  ): Promise<object> {
    const { store, scope } = await this.service.open(caller, id);
    // What is cancelled is not kept.
    if (query.filter === 'cancelled') return listBody([], false);
    const page = await this.storeFiles.list(scope, store.key, statusesOf(query.filter), agePageOf(query));
    return pageBody(page, (document) => this.service.fileBody(document, store.key));
  }

  @Get(':file')
  @RequiresScope('read', 'within-collections')
  async get(
    @Caller() caller: Principal,
    @Param('store') id: string,
    @Param('file') fileId: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StoreFileBody> {
    const { store, scope } = await this.service.open(caller, id);
    const body = this.service.fileBody(await this.storeFiles.find(scope, store.key, fileId), store.key);
    if (body.status === 'in_progress') response.setHeader('openai-poll-after-ms', POLL_AFTER_MS);
    return body;
  }

  @Post(':file')
  @HttpCode(200)
  @RequiresScope('write', 'within-collections')
  async change(
    @Caller() caller: Principal,
    @Param('store') id: string,
    @Param('file') fileId: string,
    @Body({ schema: updateFile }) { attributes }: z.output<typeof updateFile>,
  ): Promise<StoreFileBody> {
    const { store, scope } = await this.service.open(caller, id);
    const { id: documentId } = await this.storeFiles.find(scope, store.key, fileId);
    const changed = await this.documents.change(scope, documentId, ({ filename, metadata }) => ({
      filename,
      metadata: withAttributes(metadata, attributes),
    }));
    if (changed === undefined) throw new Problem('FILE_NOT_FOUND', 'The file was deleted meanwhile.');
    return this.service.fileBody(changed, store.key);
  }

  @Delete(':file')
  @RequiresScope('write', 'within-collections')
  async remove(
    @Caller() caller: Principal,
    @Param('store') id: string,
    @Param('file') fileId: string,
  ): Promise<object> {
    const { store, scope } = await this.service.open(caller, id);
    const document = await this.storeFiles.find(scope, store.key, fileId);
    await this.ingestion.remove(scope, document.id);
    return { id: fileIdOf(document), object: 'vector_store.file.deleted', deleted: true };
  }

  @Get(':file/content')
  @RequiresScope('read', 'within-collections')
  async content(
    @Caller() caller: Principal,
    @Param('store') id: string,
    @Param('file') fileId: string,
  ): Promise<object> {
    const { store, scope } = await this.service.open(caller, id);
    const document = await this.storeFiles.find(scope, store.key, fileId);
    const text = await this.chunks.visibleText(document.id);
    if (text === null) {
      throw new Problem('TEXT_NOT_AVAILABLE', `The file is ${document.status}; its text is there once it completed.`);
    }
    return {
      ...{ object: 'vector_store.file_content.page', file_id: fileIdOf(document), filename: document.filename },
      ...{ attributes: attributesOf(document.metadata), data: [{ type: 'text', text }] },
      ...{ has_more: false, next_page: null },
    };
  }
}

function statusesOf(filter: Exclude<StoreFilesQuery['filter'], 'cancelled'>): readonly DocumentStatus[] | undefined {
  if (filter === undefined) return undefined;
  return filter === 'in_progress' ? UnfinishedStatus.options : [filter];
}
