import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiProduces, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Principal } from '@vectorlane/auth';
import { ChunksRepository, CollectionsRepository, type Document, DocumentsRepository } from '@vectorlane/documents';
import { Problem } from '@vectorlane/errors';
import { VERSION } from '@vectorlane/health';
import { PageViews } from '@vectorlane/ingestion';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { Caller } from './caller';
import { callerGone } from './caller-gone';
import { ApiProblems } from './problem-responses';
import { RequiresScope } from './scope.guard';
import { documentId } from './validation';

/** No passage is as long; more would be looked for in vain. */
const MOST_LETTERS = 20_000;

const position = (description: string) => z.coerce.number().int().min(0).max(2_147_483_647).meta({ description });

const passageSchema = z
  .strictObject({
    charStart: position('Where the passage begins in the extracted text, as in `metadata.charStart` of a result.'),
    charEnd: position('Where it ends, exclusive.'),
  })
  .refine(({ charStart, charEnd }) => charEnd > charStart && charEnd - charStart <= MOST_LETTERS, {
    path: ['charEnd'],
    message: `must be above charStart, by ${MOST_LETTERS} at most`,
  });

const part = z.number().min(0).max(1);

export const pageBoxSchema = z
  .object({ x: part, y: part, width: part, height: part })
  .meta({ description: 'A part of a page: fractions of its width and height, from its upper left corner.' });

export const pageBoxesSchema = z.object({
  page: z.int().min(1),
  pages: z.int().min(1).meta({ description: 'Pages of the document.' }),
  width: z.number().meta({ description: 'Of the page as it is shown, in points of 1/72 inch.' }),
  height: z.number(),
  boxes: z.array(pageBoxSchema).meta({
    description: 'Lines of the passage on this page; none where its letters are not in the page, as on a scanned one.',
  }),
});

/** Pages of a document as people see them. */
@ApiTags('documents')
@ApiSecurity('apiKey')
@ApiSecurity('bearer')
@Controller('api/documents')
export class PagesController {
  constructor(
    private readonly documents: DocumentsRepository,
    private readonly collections: CollectionsRepository,
    private readonly chunks: ChunksRepository,
    private readonly views: PageViews,
  ) {}

  @Get(':id/pages/:page/image')
  @RequiresScope('read', 'within-collections')
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiParam({ name: 'page', schema: { type: 'integer', minimum: 1 } })
  @ApiOperation({
    operationId: 'getPageImage',
    summary: 'Get a page of a PDF as a picture',
    description: 'PNG, 1,600 pixels along the longer side, painted from the original bytes of at most 50 MB.',
  })
  @ApiProduces('image/png')
  @ApiResponse({
    status: 200,
    description: 'The page.',
    content: { 'image/png': { schema: { type: 'string', format: 'binary' } } },
  })
  @ApiProblems('DOCUMENT_NOT_FOUND', 'PAGE_NOT_AVAILABLE')
  async image(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Param('page') page: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const document = await this.find(caller, id);
    const number = pageNumber(page);
    // The same bytes give the same picture; who may see it is asked each time.
    response.setHeader('Cache-Control', 'private, no-cache');
    response.setHeader('ETag', `"${VERSION}-${document.contentId}-${number}"`);
    if (request.fresh) {
      response.status(304).end();
      return;
    }
    const { picture } = await this.views.view(document, { number }, callerGone(response));
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Content-Length', picture.length);
    response.type('image/png').end(picture);
  }

  @Get(':id/pages/:page/boxes')
  @RequiresScope('read', 'within-collections')
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiParam({ name: 'page', schema: { type: 'integer', minimum: 1 } })
  @ApiOperation({
    operationId: 'getPassageBoxes',
    summary: 'Find a passage on a page of a PDF',
    description: 'A box for each line, to be laid over the picture of the page.',
  })
  @ApiResponse({ status: 200, description: 'Where it stands.', standardSchema: pageBoxesSchema })
  @ApiProblems('INVALID_REQUEST', 'DOCUMENT_NOT_FOUND', 'TEXT_NOT_AVAILABLE', 'PAGE_NOT_AVAILABLE')
  async boxes(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Param('page') page: string,
    @Query({ schema: passageSchema }) { charStart, charEnd }: z.output<typeof passageSchema>,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.output<typeof pageBoxesSchema>> {
    const document = await this.find(caller, id);
    const number = pageNumber(page);
    const text = await this.chunks.visibleText(document.id);
    if (text === null) {
      throw new Problem('TEXT_NOT_AVAILABLE', `The document is ${document.status}; it has no passages yet.`);
    }
    const wish = { number, passage: text.slice(charStart, charEnd) };
    const { pages, width, height, boxes } = await this.views.view(document, wish, callerGone(response));
    return { page: number, pages, width, height, boxes: [...boxes] };
  }

  private async find(caller: Principal, id: string): Promise<Document> {
    const document = await this.documents.findById(await this.collections.scopeOf(caller), documentId(id));
    if (document === null) throw new Problem('DOCUMENT_NOT_FOUND', `There is no document ${id}.`);
    return document;
  }
}

/** @throws Problem `PAGE_NOT_AVAILABLE` */
function pageNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Problem('PAGE_NOT_AVAILABLE', 'Pages are counted from 1.');
  return Number(text);
}
