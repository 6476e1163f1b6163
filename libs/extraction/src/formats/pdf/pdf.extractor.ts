import { type Coverage, coverageNote, MAX_LISTED_PAGES } from '@vectorlane/domain';
import { IngestionFailure } from '@vectorlane/errors';
import { assertBlockCount, assertTextLength } from '../../block-list';
import { TextAssembly } from '../../text-assembly';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../../text-extractor';
import { PageAnnotations } from './pdf-annotations';
import { FontNames, readCharacters } from './pdf-characters';
import { corrupt, PdfFile } from './pdf-file';
import { type PdfPage, withoutFurniture } from './pdf-furniture';
import { bodySize, headingLevels } from './pdf-headings';
import { readLines } from './pdf-lines';
import { outlineLevels, readOutline, type OutlineEntry } from './pdf-outline';
import { joinLines } from './pdf-paragraphs';
import { joinCharacters } from './pdf-runs';
import { pictureShown } from './pdf-pictures';
import { readTags, type Tag } from './pdf-tags';
import { documentTraits } from './pdf-traits';

/**
 * PDF: PDFium gives characters with their places; lines, paragraphs and headings are found from these. Page by page,
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
      const { pages, damaged } = readPages(file);
      const text = withoutFurniture(pages);
      if (!hasText(pages, text)) throw failureWithoutText(pages);
      return { ...assemble(text, file.ask(readOutline)), coverage: coverageOf(file.pageCount, pages, damaged) };
    } finally {
      file.close();
    }
  }
}

/** A page as it was read. */
interface ReadPage extends PdfPage {
  readonly characters: number;
  readonly unreadable: number;
  /** What is to be seen on it beside its text. */
  readonly picture: 'none' | 'some' | 'filling';
}

/** @throws IngestionFailure `CORRUPT_FILE` when most pages cannot be read, `TOO_LARGE` */
function readPages(file: PdfFile): { readonly pages: readonly ReadPage[]; readonly damaged: readonly number[] } {
  const pages: ReadPage[] = [];
  let lineCount = 0;
  let length = 0;
  const tagged = file.isTagged;
  const fonts = new FontNames();
  const annotations = new PageAnnotations();
  const damaged = file.readPages((page, number) => {
    const characters = readCharacters(page, fonts);
    fonts.forget();
    const tags = tagged ? readTags(page) : undefined;
    const tagOf = (object: number): Tag | undefined =>
      tags === undefined || tags.size === 0
        ? undefined
        : tags.get(page.pdfium.call.FPDFPageObj_GetMarkedContentID(object));
    const lines = readLines(annotations.addTo(joinCharacters(characters, tagOf), page));
    lineCount += lines.length;
    length = lines.reduce((sum, line) => sum + line.text.length, length);
    assertBlockCount(lineCount);
    assertTextLength(length);
    pages.push({
      number,
      height: characters.height,
      lines,
      characters: characters.characters.length,
      unreadable: characters.unreadable,
      picture: pictureShown(page),
    });
  });
  if (damaged.length > pages.length) {
    throw corrupt(`${damaged.length} pages of this PDF are damaged, from page ${damaged[0]} on. Export it again.`);
  }
  return { pages, damaged };
}

/** Letters without a meaning, of all letters of a page, from which on the page counts as one without text. */
const UNREADABLE_SHARE = 0.3;
/** A sign here and there that no font explains is nothing to tell of. */
const MIN_UNREADABLE_SHARE = 0.01;

function coverageOf(count: number, pages: readonly ReadPage[], damaged: readonly number[]): Coverage {
  const scanned = pages.filter((page) => page.characters === 0 && page.picture !== 'none').map(({ number }) => number);
  const unreadable = pages
    .filter((page) => page.unreadable > UNREADABLE_SHARE * (page.characters + page.unreadable))
    .map(({ number }) => number);
  const letters = pages.reduce((sum, page) => sum + page.characters, 0);
  const unknown = pages.reduce((sum, page) => sum + page.unreadable, 0);
  const without = [...new Set([...damaged, ...scanned, ...unreadable])].sort((a, b) => a - b);
  return {
    pages: count,
    pagesWithoutText: without.slice(0, MAX_LISTED_PAGES),
    notes: [
      ...(scanned.length > 0 ? [coverageNote('SCANNED_PAGES')] : []),
      ...(damaged.length > 0 ? [coverageNote('DAMAGED_PAGES')] : []),
      ...(unknown > MIN_UNREADABLE_SHARE * (letters + unknown) ? [coverageNote('UNREADABLE_LETTERS')] : []),
    ],
  };
}

/** Heads and feet that are kept on the first page. */
const MAX_STAMPS = 2;

/** A stamp on every page of a scan is no text. */
function hasText(pages: readonly ReadPage[], text: readonly PdfPage[]): boolean {
  const lines = text.reduce((sum, page) => sum + page.lines.length, 0);
  if (lines === 0) return false;
  const onlyStamps = text !== pages && lines <= MAX_STAMPS;
  return !(onlyStamps && pages.some(({ picture }) => picture !== 'none'));
}

function failureWithoutText(pages: readonly ReadPage[]): IngestionFailure {
  return pages.some(({ picture, unreadable }) => picture !== 'none' || unreadable > 0)
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
