import type { BlockKind } from '@vectorlane/domain';
import type { PdfPage } from './pdf-furniture';
import type { Line } from './pdf-lines';
import { FIXED_PITCH } from './pdf-characters';
import { UNSPACED } from './pdf-segments';
import { tableAt } from './pdf-tables';
import { type DocumentTraits, sameSize, SENTENCE_END } from './pdf-traits';

/** Lines joined to paragraphs, by the space between them, indents and short last lines. */

export interface Paragraph {
  readonly kind: Extract<BlockKind, 'paragraph' | 'list-item' | 'row'>;
  readonly text: string;
  readonly page: number;
  readonly size: number;
  readonly lines: number;
  /** Most cells in one of its lines. */
  readonly cells: number;
  /** Of all its lines; empty where there are several. */
  readonly font: string;
  /** Where the file itself calls it a heading. */
  readonly level?: number;
  /** Of a row of a table: its number, 0 for the header. */
  readonly row?: number;
  /** What counts or marks it as an item of a list. */
  readonly marker?: number | string;
}

/** A line further below than this, in parts of the leading, begins a paragraph. */
const PARAGRAPH_GAP = 1.3;
/** The same for the rows of a table. */
const ROW_GAP = 2;
/** The same for a paragraph that its tag holds together. */
const TAGGED_GAP = 2;
/** The same for a line of another font, which needs not be as far away. */
const HEADING_GAP = 1.1;
/** In sizes of the font. */
const MIN_INDENT = 0.8;
const MAX_INDENT = 5;
/** Of the width of the column; a line that leaves more than this empty may be a last one. */
const SHORT_LINE = 0.2;

const BULLET = /^[•◦▪●○■‣⁃∙]/u;
const MARKER = /^(?:([–—*-])\s|\(?(?:(\d{1,3})[.)](?=\s|\p{L})|(\p{L})[.)]\s))/u;

export function joinLines({ number, lines }: PdfPage, traits: DocumentTraits): Paragraph[] {
  const edges = columnEdges(lines);
  const paragraphs: Paragraph[] = [];
  let open: Line[] = [];
  const close = (): void => {
    if (open.length > 0) paragraphs.push(paragraphOf(open, number, traits));
    open = [];
  };
  for (let index = 0; index < lines.length; index += 1) {
    const table = tableAt(lines, index);
    if (table !== undefined) {
      close();
      paragraphs.push(...table.rows.map((text, row) => rowOf(text, row, number, lines[index])));
      index += table.lines - 1;
      continue;
    }
    const line = lines[index];
    if (line === undefined) break;
    const before = open.at(-1);
    if (before !== undefined && begins(before, line, open[0] ?? before, edges, traits)) close();
    open.push(line);
  }
  close();
  return withListItems(paragraphs);
}

function rowOf(text: string, row: number, page: number, line: Line | undefined): Paragraph {
  return { kind: 'row', text, page, row, size: line?.size ?? 0, lines: 1, cells: line?.cells ?? 2, font: '' };
}

/** Tables that go on at the top of the next page, and may repeat their header there, as one. */
export function joinTables(paragraphs: readonly Paragraph[]): Paragraph[] {
  const joined: Paragraph[] = [];
  let header = '';
  let shift = 0;
  for (const paragraph of paragraphs) {
    const { row, text } = paragraph;
    const before = joined.at(-1);
    if (row === undefined) {
      joined.push(paragraph);
      continue;
    }
    const goesOn = row === 0 && before?.row !== undefined && dashesOf(text) === dashesOf(header);
    if (row === 0 && !goesOn) header = text;
    if (row === 0) shift = goesOn ? (before?.row ?? 0) + (text === header ? 0 : 1) : 0;
    if (goesOn && text === header) continue;
    joined.push({ ...paragraph, row: row + shift, text: goesOn ? text.slice(0, text.lastIndexOf('\n')) : text });
  }
  return joined;
}

function dashesOf(header: string): string {
  return header.slice(header.lastIndexOf('\n'));
}

/** Paragraphs that are numbered one after the other, or follow each other with the same dash, are items of a list. */
function withListItems(paragraphs: readonly Paragraph[]): Paragraph[] {
  const isNext = (paragraph: Paragraph | undefined, next: Paragraph | undefined): boolean => {
    if (paragraph?.marker === undefined || next?.marker === undefined || !sameSize(paragraph.size, next.size))
      return false;
    const isCount = typeof paragraph.marker === 'number' && typeof next.marker === 'number';
    return isCount ? next.marker === paragraph.marker + 1 : next.marker === paragraph.marker;
  };
  return paragraphs.map((paragraph, index) =>
    isNext(paragraphs[index - 1], paragraph) || isNext(paragraph, paragraphs[index + 1])
      ? { ...paragraph, kind: 'list-item' as const }
      : paragraph,
  );
}

/** A number, a letter counted from 1001 on, or the dash itself. */
function markerOf(text: string): number | string | undefined {
  const [, dash, number, letter] = MARKER.exec(text) ?? [];
  if (number !== undefined) return Number(number);
  return letter === undefined ? dash : 1000 + (letter.codePointAt(0) ?? 0);
}

interface Edges {
  readonly left: number;
  readonly right: number;
}

function columnEdges(lines: readonly Line[]): ReadonlyMap<number, Edges> {
  const edges = new Map<number, Edges>();
  for (const { flow, x0, x1 } of lines) {
    const known = edges.get(flow) ?? { left: x0, right: x1 };
    edges.set(flow, { left: Math.min(known.left, x0), right: Math.max(known.right, x1) });
  }
  return edges;
}

/** Whether a paragraph begins with `line`. */
function begins(
  before: Line,
  line: Line,
  first: Line,
  edges: ReadonlyMap<number, Edges>,
  { leading, levels, tagged, bodyFonts }: DocumentTraits,
): boolean {
  if (levels.get(before) !== levels.get(line)) return true;
  const distance = (line.y - before.y) / (leading * line.size);
  if (tagged && before.tag !== undefined && line.tag !== undefined) {
    if (before.tag.block !== line.tag.block) return true;
    if (line.tag.role !== 'table' && (line.flow !== before.flow || distance <= TAGGED_GAP))
      return BULLET.test(line.text);
  }
  if (!sameSize(before.size, line.size) || before.across !== line.across) return true;
  if (BULLET.test(line.text)) return true;
  const ended = SENTENCE_END.test(before.text);
  // The next column goes on with the sentence, or does not.
  if (line.flow !== before.flow) return ended || !/^[\p{Ll}\p{Lo}]/u.test(line.text);
  if (distance > (before.cells > 1 && line.cells > 1 ? ROW_GAP : PARAGRAPH_GAP)) return true;
  const { left, right } = edges.get(line.flow) ?? { left: line.x0, right: line.x1 };
  const isShort = before.x1 < right - SHORT_LINE * (right - left);
  if ((isShort || ended) && MARKER.test(line.text)) return true;
  if (isShort && ended) return true;
  if (changesFont(before, line) && (ended || !/^\p{Ll}/u.test(line.text))) {
    // A heading within the column; or words in italics that happen to fill a line.
    if (ended || (!bodyFonts.has(before.font) && (isShort || distance > HEADING_GAP))) return true;
  }
  const indent = line.x0 - before.x0;
  const isItem = BULLET.test(first.text) || MARKER.test(first.text);
  return !isItem && ended && indent > MIN_INDENT * line.size && indent < MAX_INDENT * line.size;
}

function changesFont(before: Line, line: Line): boolean {
  const isText = before.cells === 1 && line.cells === 1;
  if (before.font.startsWith(FIXED_PITCH) && line.font.startsWith(FIXED_PITCH)) return false;
  return isText && before.font !== '' && line.font !== '' && before.font !== line.font;
}

function paragraphOf(lines: readonly Line[], page: number, { hyphenated, levels, tagged }: DocumentTraits): Paragraph {
  const parts: string[] = [];
  lines.forEach((line, index) => {
    const before = lines[index - 1];
    if (before === undefined) {
      parts.push(line.text);
      return;
    }
    const [end, start] = joint(before, line, hyphenated);
    const last = parts.pop() ?? '';
    parts.push(last.slice(0, last.length - end), start, line.text);
  });
  const [first] = lines;
  const level = first && levels.get(first);
  const text = parts.join('');
  const marker = markerOf(text);
  const isItem = BULLET.test(text) || (tagged && first?.tag?.role === 'list-item');
  return {
    kind: isItem ? 'list-item' : 'paragraph',
    text,
    page,
    size: first?.size ?? 0,
    lines: lines.length,
    cells: Math.max(0, ...lines.map(({ cells }) => cells)),
    font: lines.every(({ font }) => font === first?.font) ? (first?.font ?? '') : '',
    ...(level !== undefined && { level }),
    ...(marker !== undefined && { marker }),
  };
}

/** What is cut off at the end of one line and put before the next. */
function joint(before: Line, line: Line, hyphenated: ReadonlySet<string>): readonly [cut: number, put: string] {
  // Rows of a table stay rows.
  if (before.cells > 1 || line.cells > 1) return [0, '\n'];
  const divided = /(\p{L}+)([-\u2010\u00ad])$/u.exec(before.text);
  if (divided !== null) {
    const [, head = '', hyphen = ''] = divided;
    const tail = /^\p{L}+/u.exec(line.text)?.[0] ?? '';
    if (hyphen === '\u00ad' && tail !== '') return [1, ''];
    if (/^\p{Ll}/u.test(tail)) return hyphenated.has(`${head}-${tail}`.toLowerCase()) ? [0, ''] : [1, ''];
    return tail === '' ? [0, ' '] : [0, ''];
  }
  if (/[\d/]-$/.test(before.text) && /^\d/.test(line.text)) return [0, ''];
  const unspaced = UNSPACED.test(before.text.slice(-1)) && UNSPACED.test(line.text.slice(0, 1));
  return [0, unspaced ? '' : ' '];
}
