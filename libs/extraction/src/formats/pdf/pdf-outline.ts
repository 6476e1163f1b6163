import type { PDFDocumentProxy } from 'unpdf/pdfjs';
import type { PdfPage } from './pdf-furniture';
import type { Line } from './pdf-lines';

/** The table of contents that some files carry, matched to the lines it speaks of. */

export interface OutlineEntry {
  readonly title: string;
  /** 1 is outermost. */
  readonly level: number;
  /** 1-based. */
  readonly page: number;
}

type OutlineNodes = Awaited<ReturnType<PDFDocumentProxy['getOutline']>>;

const MAX_ENTRIES = 5_000;
const MAX_LEVEL = 6;
/** A title may be broken into this many lines. */
const MAX_TITLE_LINES = 3;

/** Entries in their order; none when the outline is missing or cannot be read, which is no fault of the text. */
export async function readOutline(document: PDFDocumentProxy): Promise<readonly OutlineEntry[]> {
  const entries: OutlineEntry[] = [];
  const visit = async (nodes: OutlineNodes | null, level: number): Promise<void> => {
    for (const { title, dest, items } of nodes ?? []) {
      if (entries.length >= MAX_ENTRIES) return;
      const page = await pageOf(document, dest);
      if (page !== undefined) entries.push({ title, level, page });
      if (level < MAX_LEVEL) await visit(items as OutlineNodes, level + 1);
    }
  };
  try {
    await visit(await document.getOutline(), 1);
  } catch {
    // A damaged outline is worth as much as none: headings are then told by their size.
    return [];
  }
  return entries;
}

async function pageOf(document: PDFDocumentProxy, dest: unknown): Promise<number | undefined> {
  try {
    const target: unknown = typeof dest === 'string' ? await document.getDestination(dest) : dest;
    const place: unknown = Array.isArray(target) ? target[0] : undefined;
    if (typeof place === 'number') return place + 1;
    return isReference(place) ? (await document.getPageIndex(place)) + 1 : undefined;
  } catch {
    // An entry that leads nowhere titles nothing.
    return undefined;
  }
}

function isReference(place: unknown): place is { num: number; gen: number } {
  return typeof place === 'object' && place !== null && 'num' in place && 'gen' in place;
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
