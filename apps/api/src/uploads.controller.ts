import { Readable } from 'node:stream';
import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Principal } from '@vectorlane/auth';
import { Config } from '@vectorlane/config';
import { CollectionsRepository } from '@vectorlane/documents';
import { Problem } from '@vectorlane/errors';
import { toProblem } from '@vectorlane/http';
import { IngestionService, type SpooledFile, type Submission, type Submitted } from '@vectorlane/ingestion';
import { Metrics } from '@vectorlane/metrics';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { Caller } from './caller';
import { LOCATION, uploadBody } from './documents.openapi';
import { type DocumentBody, documentSchema, textDocumentSchema, uploadedBody } from './documents.schemas';
import { receiveMultipart } from './multipart-upload';
import { ApiProblems, problemSchema } from './problem-responses';
import { RequiresScope } from './scope.guard';
import { uploadFields } from './upload-fields';
import { invalidRequest } from './validation';

const TEXT = 'text/plain; charset=utf-8';
const MOST_IN_A_BATCH = 100;

export const batchSchema = z
  .strictObject({
    // Each is judged by itself.
    documents: z.array(z.unknown()).min(1).max(MOST_IN_A_BATCH).meta({ description: 'Bodies of `documents/text`.' }),
  })
  .meta({ example: { documents: [{ text: 'Bees cluster.', externalId: 'bees' }, { text: 'Wasps do not.' }] } });

export const batchItemSchema = z.object({
  status: z
    .int()
    .meta({ description: 'As of a single one: 202, 200 for what is here already, or that of the refusal.' }),
  document: documentSchema.exactOptional(),
  problem: problemSchema.pick({ code: true, detail: true, retryable: true }).exactOptional(),
});
type BatchItem = z.output<typeof batchItemSchema>;

export const batchAnswerSchema = z.object({ items: z.array(batchItemSchema) });

const REVISIONS =
  'The same bytes again are answered with the document that is there. With an `externalId`, other bytes are the next ' +
  'revision of the document that has it: the old one is found until the new one is complete, and stays where that ' +
  'fails; what is not given stays as it was. ';

const ACCEPTED = {
  status: 202,
  description: 'Accepted and queued.',
  standardSchema: documentSchema,
  headers: LOCATION,
};
const KNOWN = {
  status: 200,
  description: 'These bytes are here already (`duplicate`).',
  standardSchema: documentSchema,
  headers: LOCATION,
};

/** What an upload says of itself; `collection` is a name here and not yet a key. */
interface ReceivedDocument extends Omit<Submission, 'collection' | 'uploadedBy'> {
  readonly file: SpooledFile;
  readonly collection?: string | undefined;
}

/** What brings documents in. */
@ApiTags('documents')
@ApiSecurity('apiKey')
@ApiSecurity('bearer')
@Controller('api/documents')
export class UploadsController {
  constructor(
    private readonly config: Config,
    private readonly ingestion: IngestionService,
    private readonly collections: CollectionsRepository,
    private readonly metrics: Metrics,
  ) {}

  @Post()
  @HttpCode(202)
  @RequiresScope('write', 'within-collections')
  @ApiOperation({
    operationId: 'uploadDocument',
    summary: 'Upload a document',
    description:
      'A file as `multipart/form-data`. Answered as soon as the document is safe; follow `Location`, or its events, ' +
      `until its status is \`completed\` or \`failed\`. ${REVISIONS}`,
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody(uploadBody)
  @ApiResponse(ACCEPTED)
  @ApiResponse(KNOWN)
  @ApiProblems(
    'INVALID_REQUEST',
    'INVALID_MULTIPART',
    'COLLECTION_NOT_FOUND',
    'DUPLICATE',
    'TOO_LARGE',
    'UNSUPPORTED_FORMAT',
    'INGESTION_BUSY',
    'UPLOADS_BUSY',
    'BODY_TOO_SLOW',
  )
  async upload(
    @Caller() caller: Principal,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<DocumentBody> {
    if (!request.is('multipart/form-data')) {
      throw new Problem(
        'UNSUPPORTED_FORMAT',
        'Send multipart/form-data with a "file" part here, or a text as JSON to POST /api/documents/text.',
      );
    }
    const receive = (bytes: AsyncIterable<Buffer>): Promise<SpooledFile> => this.ingestion.receive(bytes, caller.keyId);
    let received: ReceivedDocument;
    try {
      const { fields, ...upload } = await receiveMultipart(
        request,
        receive,
        this.config.MAX_UPLOAD_BYTES,
        uploadFields,
      );
      received = { ...upload, ...fields };
    } catch (error) {
      const isSlow = error instanceof Problem && error.code === 'BODY_TOO_SLOW';
      if (isSlow) this.metrics.uploadsRefused.inc({ reason: 'slow' });
      throw error;
    }
    return this.submit(caller, received, response);
  }

  @Post('text')
  @HttpCode(202)
  @RequiresScope('write', 'within-collections')
  @ApiOperation({
    operationId: 'addText',
    summary: 'Add a text as a document',
    description: `A text in a JSON body of up to 1 MB; otherwise as an upload. ${REVISIONS}`,
  })
  @ApiResponse(ACCEPTED)
  @ApiResponse(KNOWN)
  @ApiProblems(
    'INVALID_REQUEST',
    'INVALID_JSON',
    'COLLECTION_NOT_FOUND',
    'DUPLICATE',
    'TOO_LARGE',
    'UNSUPPORTED_FORMAT',
    'INGESTION_BUSY',
    'UPLOADS_BUSY',
  )
  async addText(
    @Caller() caller: Principal,
    @Body({ schema: textDocumentSchema }) { text, ...said }: z.output<typeof textDocumentSchema>,
    @Res({ passthrough: true }) response: Response,
  ): Promise<DocumentBody> {
    const file = await this.ingestion.receive(Readable.from([Buffer.from(text, 'utf8')]), caller.keyId);
    return this.submit(caller, { ...said, file, declaredType: TEXT }, response);
  }

  @Post('batch')
  @HttpCode(200)
  @RequiresScope('write', 'within-collections')
  @ApiOperation({
    operationId: 'addTexts',
    summary: 'Add up to 100 texts',
    description: 'Each as by `POST /api/documents/text`, with an answer of its own; together up to 1 MB.',
  })
  @ApiResponse({ status: 200, description: 'What became of each, in order.', standardSchema: batchAnswerSchema })
  @ApiProblems('INVALID_REQUEST', 'INVALID_JSON', 'TOO_LARGE')
  async addTexts(
    @Caller() caller: Principal,
    @Body({ schema: batchSchema }) { documents }: z.output<typeof batchSchema>,
  ): Promise<z.output<typeof batchAnswerSchema>> {
    const items: z.output<typeof batchAnswerSchema>['items'] = [];
    // One after the other: a batch takes no more of the database than one caller.
    for (const document of documents) items.push(await this.addOne(caller, document));
    return { items };
  }

  private async addOne(caller: Principal, given: unknown): Promise<BatchItem> {
    try {
      const parsed = textDocumentSchema.safeParse(given);
      if (!parsed.success) throw invalidRequest(parsed.error.issues);
      const { text, ...said } = parsed.data;
      const file = await this.ingestion.receive(Readable.from([Buffer.from(text, 'utf8')]), caller.keyId);
      const { document, duplicate } = await this.place(caller, { ...said, file, declaredType: TEXT });
      return { status: duplicate ? 200 : 202, document: uploadedBody(document, duplicate) };
    } catch (error) {
      const { status, code, detail, retryable } = toProblem(error);
      // Nothing is known of the others then: the whole request says so.
      if (status === 500) throw error;
      return { status, problem: { code, detail, ...(retryable && { retryable }) } };
    }
  }

  private async submit(caller: Principal, received: ReceivedDocument, response: Response): Promise<DocumentBody> {
    const { document, duplicate } = await this.place(caller, received);
    response.setHeader('Location', `/api/documents/${document.id}`);
    if (duplicate) response.status(200);
    return uploadedBody(document, duplicate);
  }

  private async place(caller: Principal, { file, collection: name, ...said }: ReceivedDocument): Promise<Submitted> {
    try {
      const collection = await this.collections.keyFor(caller, name);
      return await this.ingestion.submit(file, { ...said, collection, uploadedBy: caller.keyId });
    } finally {
      await file.discard();
    }
  }
}
