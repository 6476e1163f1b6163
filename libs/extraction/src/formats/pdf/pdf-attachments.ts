import { MAX_NOTES } from '@vectorlane/domain';
import { TextAssembly } from '../../text-assembly';
import type { ExtractedDocument, ExtractionSource } from '../../text-extractor';
import type { FileInside, FilesInside } from '../files-inside';
import type { Pdfium } from './pdfium';

/** Files inside of a PDF: a portfolio is a cover page and nothing but these. */

const MAX_FILES = 100;
const MAX_FILE_BYTES = 32 * 1024 * 1024;
const MAX_BYTES = 96 * 1024 * 1024;

/** The files that lie inside, without bytes where there are none or too many. */
export function filesInside(pdfium: Pdfium, document: number): readonly FileInside[] {
  const { call } = pdfium;
  const count = Math.min(call.FPDFDoc_GetAttachmentCount(document), MAX_FILES);
  let taken = 0;
  return Array.from({ length: Math.max(0, count) }, (_, index) => {
    const attachment = call.FPDFDoc_GetAttachment(document, index);
    const name = pdfium.utf16((buffer, length) => call.FPDFAttachment_GetName(attachment, buffer, length));
    const bytes = pdfium.bytes(
      (buffer, length) => {
        const found = call.FPDFAttachment_GetFile(attachment, buffer, length, pdfium.scratch) !== 0;
        return found ? pdfium.int(pdfium.scratch) : 0;
      },
      Math.min(MAX_FILE_BYTES, MAX_BYTES - taken),
    );
    taken += bytes.length;
    return { name, bytes };
  });
}

/** What programs write onto the cover of a portfolio for those that cannot show one. */
const COVER = /\bPDF Portfolio\b/i;

/**
 * The pages with what the files inside say after them; a cover that only asks for another program is left out.
 * @throws IngestionFailure `TOO_LARGE`; the signal's reason
 */
export async function withFilesInside(
  pages: ExtractedDocument,
  files: readonly FileInside[],
  { inside, source }: { readonly inside: FilesInside; readonly source: ExtractionSource },
  signal: AbortSignal,
): Promise<ExtractedDocument> {
  if (files.length === 0) return pages;
  const assembly = new TextAssembly();
  const notes = await inside.append(files, { assembly, titles: [], source }, signal);
  const read = assembly.finish();
  const { coverage = { pages: null, pagesWithoutText: [], notes: [] } } = pages;
  const all = { ...coverage, notes: [...coverage.notes, ...notes].slice(0, MAX_NOTES) };
  if (read.blocks.length === 0) return { ...pages, coverage: all };
  const isCover = coverage.pages === 1 && COVER.test(pages.text);
  return { ...(isCover || pages.blocks.length === 0 ? read : joined(pages, read)), coverage: all };
}

function joined(first: ExtractedDocument, second: ExtractedDocument): ExtractedDocument {
  const head = `${first.text}\n\n`;
  const moved = second.blocks.map((block) => ({
    ...block,
    start: block.start + head.length,
    end: block.end + head.length,
  }));
  return { ...first, text: head + second.text, blocks: [...first.blocks, ...moved] };
}
