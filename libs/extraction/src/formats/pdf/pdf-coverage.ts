import { type Coverage, coverageNote, MAX_LISTED_PAGES } from '@vectorlane/domain';
import type { PdfFile } from './pdf-file';
import type { PdfPage } from './pdf-furniture';

/** What of the pages was read, and which of them only text recognition can read. */

/** A page as it was read. */
export interface ReadPage extends PdfPage {
  readonly characters: number;
  /** Letters for which the file tells no character. */
  readonly unreadable: number;
  /** What is to be seen on it beside its text. */
  readonly picture: 'none' | 'some' | 'filling';
  /** Text recognition has looked at it. */
  readonly recognised: boolean;
}

/** Letters without a meaning, of all letters of a page, from which on the page counts as one without text. */
const UNREADABLE_SHARE = 0.3;
/** A sign here and there that no font explains is nothing to tell of. */
const MIN_UNREADABLE_SHARE = 0.01;
/** Up to so many characters over a picture that fills the page are a stamp, and the picture is what is meant. */
const STAMP_CHARACTERS = 80;

export function wantsRecognition(page: ReadPage): boolean {
  const { characters, picture, recognised } = page;
  if (recognised) return false;
  if (characters === 0) return picture !== 'none' || page.unreadable > 0;
  return isUnreadable(page) || (characters <= STAMP_CHARACTERS && picture === 'filling');
}

export function coverageOf(file: PdfFile, pages: readonly ReadPage[], damaged: readonly number[]): Coverage {
  const left = pages.filter(({ recognised }) => !recognised);
  const scanned = left.filter(({ characters, picture }) => characters === 0 && picture !== 'none');
  const letters = pages.reduce((sum, page) => sum + page.characters, 0);
  const unknown = pages.reduce((sum, page) => sum + page.unreadable, 0);
  const without = [...damaged, ...[...scanned, ...left.filter(isUnreadable)].map(({ number }) => number)];
  return {
    pages: file.pageCount,
    pagesWithoutText: [...new Set(without)].sort((a, b) => a - b).slice(0, MAX_LISTED_PAGES),
    notes: [
      ...(scanned.length > 0 ? [coverageNote('SCANNED_PAGES')] : []),
      ...(damaged.length > 0 ? [coverageNote('DAMAGED_PAGES')] : []),
      ...(unknown > MIN_UNREADABLE_SHARE * (letters + unknown) ? [coverageNote('UNREADABLE_LETTERS')] : []),
    ],
  };
}

function isUnreadable({ characters, unreadable }: ReadPage): boolean {
  return unreadable > UNREADABLE_SHARE * (characters + unreadable);
}
