import type { PdfPage } from './pdf-furniture';
import type { Line } from './pdf-lines';
import type { Pdfium } from './pdfium';

/** The table of contents that some files carry, matched to the lines it speaks of. */

export interface OutlineEntry {
  readonly title: string;
  /** 1 is outermost. */
  readonly level: number;
  /** 1-based. */
  readonly page: number;
}

const MAX_ENTRIES = 5_000;
const MAX_LEVEL = 6;
/** A title may be broken into this many lines. */
const MAX_TITLE_LINES = 3;

/** Entries in their order; none when there is no outline. */
export function readOutline(pdfium: Pdfium, document: number): readonly OutlineEntry[] {
  const { call } = pdfium;
  const entries: OutlineEntry[] = [];
  // Damaged outlines go in circles; what is counted ends.
  let seen = 0;
  const visit = (parent: number, level: number): void => {
    let node = call.FPDFBookmark_GetFirstChild(document, parent);
    for (; node !== 0 && seen < MAX_ENTRIES; node = call.FPDFBookmark_GetNextSibling(document, node)) {
      seen += 1;
      const page = pageOf(pdfium, document, node);
      const title = pdfium.utf16((buffer, length) => call.FPDFBookmark_GetTitle(node, buffer, length));
      if (page !== undefined) entries.push({ title, level, page });
      if (level < MAX_LEVEL) visit(node, level + 1);
    }
  };
  visit(0, 1);
  return entries;
}

function pageOf({ call }: Pdfium, document: number, node: number): number | undefined {
  const direct = call.FPDFBookmark_GetDest(document, node);
  const action = direct === 0 ? call.FPDFBookmark_GetAction(node) : 0;
  const dest = action === 0 ? direct : call.FPDFAction_GetDest(document, action);
  const index = dest === 0 ? -1 : call.FPDFDest_GetDestPageIndex(document, dest);
  return index < 0 ? undefined : index + 1;
}

/** @returns the level of each line that an entry names, for as long as the lines live */
export function outlineLevels(entries: readonly OutlineEntry[], pages: readonly PdfPage[]): Map<Line, number> {
  const byNumber = new Map(pages.map((page) => [page.number, page.lines]));
  const levels = new Map<Line, number>();
  for (const { title, level, page } of entries) {
    const named = titleLines(letters(title), byNumber.get(page) ?? [], levels);
    for (const line of named) levels.set(line, level);
  }
  return levels;
}

function titleLines(title: string, lines: readonly Line[], taken: ReadonlyMap<Line, number>): readonly Line[] {
  if (title === '') return [];
  for (let start = 0; start < lines.length; start += 1) {
    let found = '';
    for (let end = start; end < Math.min(start + MAX_TITLE_LINES, lines.length); end += 1) {
      const line = lines[end];
      if (line === undefined || taken.has(line)) break;
      found += letters(line.text);
      if (found.length > title.length + MAX_NUMBERING) break;
      if (unnumbered(found) === unnumbered(title)) return lines.slice(start, end + 1);
    }
  }
  return [];
}

/** `Chapter 12.3.4` and the like may stand before the one and not before the other. */
const MAX_NUMBERING = 20;

function letters(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

function unnumbered(title: string): string {
  return title.replace(/^(?:chapter|section|part|kapitel|abschnitt)?\d+(?=\p{L})/u, '');
}
