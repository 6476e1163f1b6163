import { z } from 'zod';

/**
 * What of a document was not read, as a code and, where there is one, a subject after it (`FILE_INSIDE_NOT_READ:
 * a.zip`). The codes are stable: callers may act on them.
 */
export const CoverageCode = z.enum([
  /** Pages that are pictures, in a service without text recognition. */
  'SCANNED_PAGES',
  /** Pages that could not be opened. */
  'DAMAGED_PAGES',
  /** Letters for which the file does not tell what they stand for. */
  'UNREADABLE_LETTERS',
  /** A file inside of this one that is of no format that is read here. */
  'FILE_INSIDE_NOT_READ',
  /** A form that a program fills its pages with: its words and data are read, its layout is not. */
  'DYNAMIC_FORM',
  /** A sheet that its workbook hides. */
  /** Passages in letters that the embedding model does not know: found by their words alone. */
  'MODEL_LANGUAGE',
]);
export type CoverageCode = z.infer<typeof CoverageCode>;

/** Listed at most; a longer list helps nobody who has to look at the pages. */
export const MAX_LISTED_PAGES = 100;
export const MAX_NOTES = 50;

/** What of a completed document was read (contract §9). */
export const Coverage = z.object({
  pages: z
    .number()
    .int()
    .min(0)
    .nullable()
    .meta({ description: 'Pages of the document; null where its format has none.' }),
  pagesWithoutText: z
    .array(z.number().int().min(1))
    .max(MAX_LISTED_PAGES)
    .meta({ description: 'Pages that show something of which no text was read, from 1; the first 100.' }),
  notes: z
    .array(z.string())
    .max(MAX_NOTES)
    .meta({ description: 'What was not read: codes, some with a subject after a colon.', example: ['SCANNED_PAGES'] }),
});
export type Coverage = z.infer<typeof Coverage>;

const MAX_SUBJECT = 200;

export function coverageNote(code: CoverageCode, subject?: string): string {
  return subject === undefined ? code : `${code}: ${subject.slice(0, MAX_SUBJECT)}`;
}
