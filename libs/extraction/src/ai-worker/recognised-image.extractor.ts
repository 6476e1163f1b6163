import { IngestionFailure } from '@vectorlane/errors';
import { composePages } from '../formats/pdf/pdf-document';
import { readLines } from '../formats/pdf/pdf-lines';
import { recognisedRuns } from '../formats/pdf/pdf-recognised';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../text-extractor';
import { readRecognised } from './recognised-pages';

/** Name under which a parser thread knows it; no upload has it. */
export const RECOGNISED_IMAGE = 'recognised-image';

/**
 * The AI worker's answer about a picture, read like a file: tens of megabytes of JSON have no place on the main thread.
 * Its words are laid out as those of a PDF's pages are.
 */
export class RecognisedImageExtractor implements TextExtractor {
  readonly format = RECOGNISED_IMAGE;
  readonly lane = 'fast';
  readonly extensions = [];
  readonly mediaTypes = [];

  /** @throws IngestionFailure `INTERNAL_ERROR` when it is no answer that the contract allows, `EMPTY_CONTENT` */
  extract({ bytes }: ExtractionSource): Promise<ExtractedDocument> {
    const recognised = readRecognised(bytes);
    const pages = recognised.map((page) => {
      const runs = recognisedRuns(page);
      return { number: page.page, height: runs.height, lines: readLines(runs) };
    });
    if (pages.every(({ lines }) => lines.length === 0)) {
      throw new IngestionFailure('EMPTY_CONTENT', 'No text was recognised in this picture.');
    }
    const coverage = { pages: pages.length, pagesWithoutText: [], notes: [] };
    return Promise.resolve({ ...composePages(pages, []), coverage });
  }
}
