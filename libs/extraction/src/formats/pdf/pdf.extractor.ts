import { coverageNote } from '@vectorlane/domain';
import { IngestionFailure } from '@vectorlane/errors';
import { readRecognised } from '../../ai-worker/recognised-pages';
import { assertBlockCount, assertTextLength } from '../../block-list';
import type { PageView, PageWish } from '../../page-view';
import { TextAssembly } from '../../text-assembly';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../../text-extractor';
import type { FileInside, FilesInside } from '../files-inside';
import { PageAnnotations, withNotes } from './pdf-annotations';
import { filesInside, withFilesInside } from './pdf-attachments';
import { FontNames, readCharacters } from './pdf-characters';
import { coverageOf, type ReadPage, wantsRecognition } from './pdf-coverage';
import { composePages } from './pdf-document';
import { corrupt, PdfFile, type PdfiumPage } from './pdf-file';
import { withoutFurniture } from './pdf-furniture';
import { type Line, readLines } from './pdf-lines';
import { readOutline } from './pdf-outline';
import { viewPage } from './pdf-page-view';
import { pictureShown } from './pdf-pictures';
import { recognisedRuns } from './pdf-recognised';
import { joinCharacters } from './pdf-runs';
import { readTags, type Tag } from './pdf-tags';
import { readXfa } from './pdf-xfa';

/**
 * PDF: PDFium gives characters with their places; lines, paragraphs and headings are found from these. Page by page,
 * of which only the lines are kept. Damaged pages are left out as long as they are the smaller part.
 *
 * Pages that only show text are named in `pagesToRecognise` where somebody can recognise them; the file is then read a
 * second time with what was recognised, and both kinds of pages go through the same layout. Files that lie inside are
 * read by their own formats.
 */
export class PdfExtractor implements TextExtractor {
  readonly format = 'pdf';
  readonly lane = 'heavy';
  readonly extensions = ['pdf'];
  readonly mediaTypes = ['application/pdf'];

  constructor(private readonly inside: FilesInside) {}

  async extract(source: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
    const { pages, files } = await readFile(source);
    const { inside } = this;
    const document = pages instanceof IngestionFailure ? NOTHING : pages;
    // By now the file is closed: those inside may be of its kind.
    const whole = await withFilesInside(document, files, { inside, source }, signal);
    if (pages instanceof IngestionFailure && whole.blocks.length === 0) throw pages;
    return whole;
  }

  viewPage(bytes: Uint8Array, wish: PageWish): Promise<PageView> {
    return viewPage(bytes, wish);
  }
}

const NOTHING: ExtractedDocument = { text: '', blocks: [] };

interface ReadFile {
  /** The failure where the pages have no text. */
  readonly pages: ExtractedDocument | IngestionFailure;
  readonly files: readonly FileInside[];
}

async function readFile({ bytes, recognition }: ExtractionSource): Promise<ReadFile> {
  const file = await PdfFile.open(bytes);
  try {
    const files = file.ask(filesInside);
    if (file.xfaForm === 'dynamic') return { pages: readForm(file), files };
    const { pages: read, damaged } = readPages(file);
    if (file.xfaForm === 'static' && asksForProgram(read)) return { pages: readForm(file), files };
    const pages = recognition?.answer === undefined ? read : withRecognised(read, recognition.answer);
    const wanted = pages.filter(wantsRecognition).map(({ number }) => number);
    const canRecognise = recognition !== undefined && recognition.answer === undefined && wanted.length > 0;
    if (!hasText(pages)) {
      if (canRecognise) return { pages: { ...NOTHING, pagesToRecognise: wanted }, files: [] };
      return { pages: failureWithoutText(pages), files };
    }
    const document = {
      ...composePages(pages, file.ask(readOutline)),
      coverage: coverageOf(file, pages, damaged),
      ...(canRecognise && { pagesToRecognise: wanted }),
    };
    return { pages: document, files };
  } finally {
    file.close();
  }
}

/** What is said on the one page of a form in whose place a program shows others. */
const ASKS_FOR_PROGRAM = /^please wait/i;

function asksForProgram(pages: readonly ReadPage[]): boolean {
  const [first] = pages;
  return pages.length === 1 && ASKS_FOR_PROGRAM.test(first?.lines[0]?.text ?? '');
}

/** @throws IngestionFailure `EMPTY_CONTENT` when the form says nothing */
function readForm(file: PdfFile): ExtractedDocument {
  const assembly = new TextAssembly();
  for (const text of file.ask(readXfa)) assembly.add({ kind: 'paragraph', text });
  const document = assembly.finish();
  if (document.blocks.length === 0) {
    throw new IngestionFailure(
      'EMPTY_CONTENT',
      'This PDF is a form that only its own program can show. Print it to a PDF there and upload the result.',
    );
  }
  const notes = [coverageNote('DYNAMIC_FORM')];
  return { ...document, coverage: { pages: file.pageCount, pagesWithoutText: [], notes } };
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
    const notes = annotations.take(page);
    const characters = readCharacters(page, fonts);
    fonts.forget();
    const lines = readLines(withNotes(joinCharacters(characters, tagsOf(page, tagged)), notes));
    lineCount += lines.length;
    length = lines.reduce((sum, line) => sum + line.text.length, length);
    assertBlockCount(lineCount);
    assertTextLength(length);
    pages.push({
      number,
      height: characters.height,
      lines,
      characters: lines.reduce((sum, line) => sum + line.text.length, 0),
      unreadable: characters.unreadable,
      picture: pictureShown(page),
      recognised: false,
    });
  });
  if (damaged.length > pages.length) {
    throw corrupt(`${damaged.length} pages of this PDF are damaged, from page ${damaged[0]} on. Export it again.`);
  }
  return { pages, damaged };
}

function tagsOf(page: PdfiumPage, tagged: boolean): (object: number) => Tag | undefined {
  const tags = tagged ? readTags(page) : undefined;
  if (tags === undefined || tags.size === 0) return () => undefined;
  return (object) => tags.get(page.pdfium.call.FPDFPageObj_GetMarkedContentID(object));
}

/** Pages with what was recognised on them, unless the file itself says more. */
function withRecognised(pages: readonly ReadPage[], answer: Uint8Array): readonly ReadPage[] {
  const recognised = new Map(readRecognised(answer).map((page) => [page.page, page]));
  return pages.map((page) => {
    const found = wantsRecognition(page) ? recognised.get(page.number) : undefined;
    if (found === undefined) return page;
    const lines: readonly Line[] = readLines(recognisedRuns(found));
    const characters = lines.reduce((sum, line) => sum + line.text.length, 0);
    if (characters === 0 || (characters < page.characters && page.unreadable === 0))
      return { ...page, recognised: true };
    return { ...page, lines, characters, unreadable: 0, recognised: true };
  });
}

/** Heads and feet that are kept on the first page. */
const MAX_STAMPS = 2;

/** A stamp on every page of a scan is no text. */
function hasText(pages: readonly ReadPage[]): boolean {
  const text = withoutFurniture(pages);
  const lines = text.reduce((sum, page) => sum + page.lines.length, 0);
  if (lines === 0) return false;
  const onlyStamps = text !== pages && lines <= MAX_STAMPS;
  return !(onlyStamps && pages.some(({ picture, recognised }) => picture !== 'none' && !recognised));
}

function failureWithoutText(pages: readonly ReadPage[]): IngestionFailure {
  if (pages.some(({ recognised }) => recognised)) {
    return new IngestionFailure('EMPTY_CONTENT', 'No text was recognised on the pages of this PDF.');
  }
  return pages.some(({ picture, unreadable }) => picture !== 'none' || unreadable > 0)
    ? new IngestionFailure(
        'NEEDS_OCR',
        'The pages of this PDF are pictures without text. Run text recognition (OCR) on it and upload the result.',
      )
    : new IngestionFailure('EMPTY_CONTENT', 'There is no text on the pages of this PDF.');
}
