import { coverageNote } from '@vectorlane/domain';
import type { Pdfium } from './pdfium';

/** Files inside of a PDF: a portfolio is a cover page and nothing but these. */

const MAX_NAMED = 20;

/** @returns a note for each file that lies inside and is not read */
export function notesOnFilesInside(pdfium: Pdfium, document: number): readonly string[] {
  const { call } = pdfium;
  const count = Math.min(call.FPDFDoc_GetAttachmentCount(document), MAX_NAMED);
  return Array.from({ length: Math.max(0, count) }, (_, index) => {
    const attachment = call.FPDFDoc_GetAttachment(document, index);
    const name = pdfium.utf16((buffer, length) => call.FPDFAttachment_GetName(attachment, buffer, length));
    return coverageNote('FILE_INSIDE_NOT_READ', name);
  });
}
