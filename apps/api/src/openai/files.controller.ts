import { Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Principal } from '@vectorlane/auth';
import { Config } from '@vectorlane/config';
import { CollectionsRepository, ContentsRepository, FilesRepository } from '@vectorlane/documents';
import { Problem } from '@vectorlane/errors';
import { FilesService, IngestionService } from '@vectorlane/ingestion';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { Caller } from '../caller';
import { sendContent } from '../content-response';
import { receiveMultipart } from '../multipart-upload';
import { RequiresScope } from '../scope.guard';
import { checked } from '../validation';
import { fileBody, pageBody, agePageOf } from './openai.bodies';
import { fileLifetime, FilePurpose, filesQuery } from './openai.schemas';

const FIELDS = {
  purpose: (value: string) => checked(FilePurpose, value, 'purpose'),
  'expires_after[anchor]': (value: string) => checked(z.literal('created_at'), value, 'expires_after.anchor'),
  'expires_after[seconds]': (value: string) => checked(fileLifetime, value, 'expires_after.seconds'),
};

/** Files that wait for a vector store, and documents as files. */
@ApiExcludeController()
@Controller('openai/v1/files')
export class OpenAiFilesController {
  constructor(
    private readonly config: Config,
    private readonly ingestion: IngestionService,
    private readonly service: FilesService,
    private readonly files: FilesRepository,
    private readonly collections: CollectionsRepository,
    private readonly contents: ContentsRepository,
  ) {}

  @Post()
  @HttpCode(200)
  @RequiresScope('write', 'within-collections')
  async create(@Caller() caller: Principal, @Req() request: Request): Promise<object> {
    if (!request.is('multipart/form-data')) {
      throw new Problem('INVALID_MULTIPART', 'Send multipart/form-data with "file" and "purpose".');
    }
    const { file, fields, ...upload } = await receiveMultipart(
      request,
      (bytes) => this.ingestion.receive(bytes, caller.keyId),
      this.config.MAX_UPLOAD_BYTES,
      FIELDS,
    );
    try {
      const { purpose, 'expires_after[seconds]': expiresAfterSeconds } = fields;
      if (purpose === undefined) throw new Problem('INVALID_REQUEST', 'purpose: is missing.', { field: 'purpose' });
      return fileBody(await this.service.keep(caller, file, { ...upload, purpose, expiresAfterSeconds }));
    } finally {
      await file.discard();
    }
  }

  @Get()
  @RequiresScope('read', 'within-collections')
  async list(
    @Caller() caller: Principal,
    @Query({ schema: filesQuery }) query: z.output<typeof filesQuery>,
  ): Promise<object> {
    const scope = await this.collections.scopeOf(caller);
    return pageBody(await this.files.list(caller, scope, agePageOf(query), query.purpose), fileBody);
  }

  @Get(':file')
  @RequiresScope('read', 'within-collections')
  async get(@Caller() caller: Principal, @Param('file') fileId: string): Promise<object> {
    return fileBody(await this.files.find(caller, await this.collections.scopeOf(caller), fileId));
  }

  @Get(':file/content')
  @RequiresScope('read', 'within-collections')
  async content(@Caller() caller: Principal, @Param('file') fileId: string, @Res() response: Response): Promise<void> {
    const file = await this.files.find(caller, await this.collections.scopeOf(caller), fileId);
    const parts = this.contents.read(file.contentId, file.sizeBytes);
    await sendContent(response, parts, { ...file, mediaType: 'application/octet-stream' });
  }

  @Delete(':file')
  @RequiresScope('write', 'within-collections')
  async remove(@Caller() caller: Principal, @Param('file') fileId: string): Promise<object> {
    const scope = await this.collections.scopeOf(caller);
    const file = await this.files.find(caller, scope, fileId);
    await this.service.remove(caller, scope, file.fileId);
    return { id: file.fileId, object: 'file', deleted: true };
  }
}
