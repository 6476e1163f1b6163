import { IngestionFailure } from '@vectorlane/errors';
import type { PDFPageProxy } from 'unpdf/pdfjs';
import { assertBlockCount, assertTextLength } from '../../block-list';
import { TextAssembly } from '../../text-assembly';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../../text-extractor';
import { FormFields } from './pdf-form-fields';
import { corrupt, holdsPictures, PdfFile } from './pdf-file';
import { type PdfPage, withoutFurniture } from './pdf-furniture';
import { bodySize, headingLevels } from './pdf-headings';
import { readLines } from './pdf-lines';
import { outlineLevels, readOutline, type OutlineEntry } from './pdf-outline';
import { joinLines } from './pdf-paragraphs';
import { type PageRuns, readRuns } from './pdf-runs';
import { documentTraits } from './pdf-traits';

/** Pages without text that are looked at for what else they show. */
const MAX_LOOKED_AT = 20;

/**
 * PDF: pdf.js gives pieces of text with their places; lines, paragraphs and headings are found from these. Page by page,
 * of which only the lines are kept. Damaged pages are left out as long as they are the smaller part.
 */
export class PdfExtractor implements TextExtractor {
  readonly format = 'pdf';
  readonly lane = 'heavy';
  readonly extensions = ['pdf'];
  readonly mediaTypes = ['application/pdf'];

  async extract({ bytes }: ExtractionSource): Promise<ExtractedDocument> {
    const file = await PdfFile.open(bytes);
    try {
      const pages = await readPages(file);
      const text = withoutFurniture(pages);
      if (!hasText(pages, text, bytes)) throw await verdictWithoutText(file, bytes);
      return assemble(text, await readOutline(file.document));
    } finally {
      await file.close();
    }
  }
}

/** @throws IngestionFailure `CORRUPT_FILE` when most pages cannot be read, `TOO_LARGE` */
async function readPages(file: PdfFile): Promise<readonly PdfPage[]> {
  const pages: PdfPage[] = [];
  let lineCount = 0;
  let length = 0;
  const tagged = await file.isTagged();
  const fields = await FormFields.of(file.document);
  const read = (page: PDFPageProxy): Promise<PageRuns> => readRuns(page, { tagged, fields });
  const damaged = await file.readPages(read, (runs, number) => {
    const lines = readLines(runs);
    lineCount += lines.length;
    length = lines.reduce((sum, line) => sum + line.text.length, length);
    assertBlockCount(lineCount);
    assertTextLength(length);
    pages.push({ number, height: runs.height, lines });
  });
  if (damaged.length > pages.length) {
    throw corrupt(`${damaged.length} pages of this PDF are damaged, from page ${damaged[0]} on. Export it anew.`);
  }
  return pages;
}

/** Heads and feet that are kept on the first page. */
const MAX_STAMPS = 2;

/** A stamp on every page of a scan is no text. */
function hasText(pages: readonly PdfPage[], text: readonly PdfPage[], bytes: Uint8Array): boolean {
  const lines = text.reduce((sum, page) => sum + page.lines.length, 0);
  if (lines === 0) return false;
  const onlyStamps = text !== pages && lines <= MAX_STAMPS;
  return !(onlyStamps && holdsPictures(bytes));
}

async function verdictWithoutText(file: PdfFile, bytes: Uint8Array): Promise<IngestionFailure> {
  let shows = holdsPictures(bytes);
  for (let number = 1; !shows && number <= Math.min(file.document.numPages, MAX_LOOKED_AT); number += 1) {
    shows = await file.showsAnything(number);
  }
  return shows
    ? new IngestionFailure(
        'NEEDS_OCR',
        'The pages of this PDF are pictures without text. Run text recognition (OCR) on it and upload the result.',
      )
    : new IngestionFailure('EMPTY_CONTENT', 'There is no text on the pages of this PDF.');
}

function assemble(pages: readonly PdfPage[], outline: readonly OutlineEntry[]): ExtractedDocument {
  const traits = documentTraits(pages, outlineLevels(outline, pages));
  const paragraphs = pages.flatMap((page) => joinLines(page, traits));
  const levels = headingLevels(paragraphs, bodySize(pages), traits.bodyFonts);
  const assembly = new TextAssembly();
  for (const paragraph of paragraphs) {
    const { text, page } = paragraph;
    const level = levels.get(paragraph);
    assembly.add(
      level === undefined
        ? { kind: paragraph.kind, text, page }
        : { kind: 'heading', level, text: text.replace(/\s+/g, ' '), page },
    );
  }
  return assembly.finish();
}
