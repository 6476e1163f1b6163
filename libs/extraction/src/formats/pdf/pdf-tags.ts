import type { PDFPageProxy } from 'unpdf/pdfjs';

/**
 * The structure that tagged files carry (ISO 32000-1, 14.8): which element of it each piece of a page belongs to. It says
 * where paragraphs, items and headings begin; the order and the lines still come from the places on the page.
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

type Node = NonNullable<Awaited<ReturnType<PDFPageProxy['getStructTree']>>>;

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

/** @returns tags by the ids of marked content; none where the structure is missing or damaged, which is no fault of the text */
export async function readTags(page: PDFPageProxy): Promise<ReadonlyMap<string, Tag>> {
  const tags = new Map<string, Tag>();
  let count = 0;
  const visit = (node: Node, above: Tag | undefined, depth: number, sections: number): void => {
    const tag = tagOf(node.role, above, sections, () => (count += 1));
    for (const child of node.children) {
      if (!('children' in child)) {
        if (child.type === 'content' && tag !== undefined) tags.set(child.id, tag);
      } else if (depth < MAX_DEPTH) {
        visit(child, tag, depth + 1, sections + (SECTIONS.has(node.role) ? 1 : 0));
      }
    }
  };
  try {
    const tree = await page.getStructTree();
    if (tree) visit(tree, undefined, 0, 0);
  } catch {
    return new Map();
  }
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
