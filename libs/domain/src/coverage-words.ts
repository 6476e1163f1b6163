import type { CoverageCode } from './coverage';

/** What the codes of a document's coverage mean to a person; it imports nothing, so that a page can have it too. */
const WORDS: Readonly<Record<CoverageCode, string>> = {
  SCANNED_PAGES: 'pages that are pictures were not read; the AI worker reads them',
  DAMAGED_PAGES: 'some pages could not be opened',
  UNREADABLE_LETTERS: 'the file does not say what some of its letters stand for',
  FILE_INSIDE_NOT_READ: 'a file inside of it was not read',
  DYNAMIC_FORM: 'a form that a program fills: its words are read, its layout is not',
  MODEL_LANGUAGE: 'some passages are in letters that the model does not know: they are found by their words alone',
};

/** @param note as `coverageNote` makes it, `CODE: subject` or the code alone; an unknown one is shown as it is */
export function noteInWords(note: string): string {
  const [code = '', ...subject] = note.split(': ');
  return [code in WORDS ? WORDS[code as CoverageCode] : code, ...subject].join(': ');
}

/** Whether something was not read. That the model does not know the letters is about the finding. */
export function isAboutReading(note: string): boolean {
  return note !== ('MODEL_LANGUAGE' satisfies CoverageCode);
}
