import type { PdfiumPage } from './pdf-file';

/**
 * The structure that tagged files carry (ISO 32000-1, 14.8): which element of it each piece of a page belongs to. It
 * says where paragraphs, items and headings begin; the order and the lines still come from the places on the page.
 */

export interface Tag {
  /** The same for all pieces of one paragraph, item, heading or table of a page. */
  readonly block: number;
  readonly role: 'heading' | 'list-item' | 'paragraph' | 'table';
  /** Of a heading. */
  readonly level?: number;
  /** In a table: the same for all pieces of one cell. */
  readonly cell?: number;
  /** The number or bullet of an item. */
  readonly label?: true;
}

const MAX_DEPTH = 64;
const MAX_LEVEL = 6;
const PARAGRAPHS: ReadonlySet<string> = new Set([
  'P',
  'Caption',
  'TOCI',
  'Note',
  'FENote',
  'BibEntry',
  'Code',
  'Index',
]);
const CELLS: ReadonlySet<string> = new Set(['TD', 'TH', 'Caption']);

/** More elements than this on one page are a trap, not a structure. */
const MAX_ELEMENTS = 100_000;

/** @returns tags by the ids of marked content; none where the structure is missing, which is no fault of the text */
export function readTags({ pdfium, page }: PdfiumPage): ReadonlyMap<number, Tag> {
  const { call } = pdfium;
  const tags = new Map<number, Tag>();
  let count = 0;
  let elements = 0;
  const visit = (element: number, above: Tag | undefined, depth: number, sections: number): void => {
    elements += 1;
    if (element === 0 || depth > MAX_DEPTH || elements > MAX_ELEMENTS) return;
    const role = pdfium.utf16((buffer, length) => call.FPDF_StructElement_GetType(element, buffer, length));
    const tag = tagOf(role, above, sections, () => (count += 1));
    const children = call.FPDF_StructElement_CountChildren(element);
    for (let index = 0; index < children && elements <= MAX_ELEMENTS; index += 1) {
      const content = call.FPDF_StructElement_GetChildMarkedContentID(element, index);
      if (content >= 0) {
        if (tag !== undefined) tags.set(content, tag);
        continue;
      }
      const child = call.FPDF_StructElement_GetChildAtIndex(element, index);
      visit(child, tag, depth + 1, sections + (SECTIONS.has(role) ? 1 : 0));
    }
  };
  const tree = call.FPDF_StructTree_GetForPage(page);
  if (tree === 0) return tags;
  const roots = call.FPDF_StructTree_CountChildren(tree);
  for (let index = 0; index < roots; index += 1)
    visit(call.FPDF_StructTree_GetChildAtIndex(tree, index), undefined, 0, 0);
  call.FPDF_StructTree_Close(tree);
  return tags;
}

const SECTIONS: ReadonlySet<string> = new Set(['Part', 'Art', 'Sect']);

function tagOf(role: string, above: Tag | undefined, sections: number, next: () => number): Tag | undefined {
  if (above?.role === 'table') return CELLS.has(role) ? { ...above, cell: next() } : above;
  if (role === 'Table') return { block: next(), role: 'table' };
  const heading = /^H([1-6])?$/.exec(role);
  // Without a number the level is that of the section.
  if (heading)
    return { block: next(), role: 'heading', level: Number(heading[1] ?? Math.min(Math.max(sections, 1), MAX_LEVEL)) };
  if (role === 'LI') return { block: next(), role: 'list-item' };
  if (role === 'Lbl' && above?.role === 'list-item') return { ...above, label: true };
  if (role === 'Code' && above === undefined) return { block: next(), role: 'paragraph' };
  // Paragraphs of an item are its text.
  return PARAGRAPHS.has(role) && above?.role !== 'list-item' ? { block: next(), role: 'paragraph' } : above;
}
