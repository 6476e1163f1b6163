import { assertBlockCount } from '../../block-list';
import { first, PPT, type PptRecord, within } from './ppt-records';

/** What the header of a text says that it is. */
export const TEXT_KIND = { title: 0, body: 1, notes: 2, centredBody: 5, centredTitle: 6, half: 7, quarter: 8 } as const;
/** Placeholders of dates, numbers, footers, headers and the pictures of slides, on masters and on slides. */
const FURNITURE: ReadonlySet<number> = new Set([5, 7, 8, 9, 10, 11]);
/** Property that makes a group of shapes a table. */
const TABLE_PROPERTIES = 0x39f;
const PROPERTY_BYTES = 6;
/** Groups within groups. */
const MAX_DEPTH = 64;

/** One text of a slide; of a table, one row. */
export interface SlideText {
  readonly kind: number;
  readonly text: string;
  readonly isRow?: true;
}

/** Texts that a slide's list has for it, in their order: shapes may say no more than which of them is theirs. */
export function outlineOf(records: readonly PptRecord[]): readonly SlideText[] {
  const found: SlideText[] = [];
  for (const { type, body } of records) {
    // Shapes count headers, those of placeholders too in which nothing was written.
    if (type === PPT.textHeader) found.push({ kind: body.readUInt32LE(0), text: '' });
    const [written] = textsOf([{ type, body }], []);
    const header = found.at(-1);
    if (written !== undefined && header !== undefined) found.splice(-1, 1, { ...header, text: written.text });
  }
  return found;
}

/** The texts of a slide, or of its notes, in the order of their shapes. */
export function textsOfSlide(slide: Buffer, outline: readonly SlideText[]): readonly SlideText[] {
  const drawing = first(slide, PPT.drawing);
  const shapes = drawing && first(drawing.body, PPT.shapes);
  const found: SlideText[] = [];
  if (shapes !== undefined) collect(shapes.body, outline, found, 0);
  return found;
}

function collect(body: Buffer, outline: readonly SlideText[], found: SlideText[], depth: number): void {
  if (depth > MAX_DEPTH) return;
  for (const { type, body: inner } of within(body)) {
    if (type === PPT.shape) found.push(...textsOfShape(inner, outline));
    else if (type === PPT.group && isTable(inner)) found.push(...rowsOf(inner, outline));
    else if (type === PPT.group) collect(inner, outline, found, depth + 1);
    assertBlockCount(found.length);
  }
}

function textsOfShape(shape: Buffer, outline: readonly SlideText[]): readonly SlideText[] {
  const text = first(shape, PPT.shapeText);
  if (text === undefined) return [];
  const data = first(shape, PPT.shapeClientData);
  const placeholder = data && first(data.body, PPT.placeholder);
  if (placeholder !== undefined && FURNITURE.has(placeholder.body.readUInt8(4))) return [];
  return textsOf([...within(text.body)], outline);
}

function textsOf(
  records: readonly Pick<PptRecord, 'type' | 'body'>[],
  outline: readonly SlideText[],
): readonly SlideText[] {
  const found: SlideText[] = [];
  let kind = 4;
  for (const { type, body } of records) {
    if (type === PPT.textHeader) kind = body.readUInt32LE(0);
    else if (type === PPT.outlineText) found.push(outline[body.readUInt32LE(0)] ?? { kind, text: '' });
    else if (type === PPT.textCharacters) found.push({ kind, text: body.toString('utf16le') });
    else if (type === PPT.textBytes) found.push({ kind, text: body.toString('latin1') });
  }
  return found;
}

function isTable(group: Buffer): boolean {
  const own = first(group, PPT.shape);
  if (own === undefined) return false;
  for (const { type, instance, body } of within(own.body)) {
    if (type !== PPT.moreProperties && type !== PPT.properties) continue;
    for (let index = 0; index < instance && (index + 1) * PROPERTY_BYTES <= body.length; index += 1) {
      const id = body.readUInt16LE(index * PROPERTY_BYTES) & 0x3fff;
      if (id === TABLE_PROPERTIES) return (body.readUInt32LE(index * PROPERTY_BYTES + 2) & 1) === 1;
    }
  }
  return false;
}

/** Cells are shapes; those that begin at one height are a row. */
function rowsOf(group: Buffer, outline: readonly SlideText[]): readonly SlideText[] {
  const cells: { readonly left: number; readonly top: number; readonly text: string }[] = [];
  for (const { type, body } of within(group)) {
    const anchor = type === PPT.shape ? first(body, PPT.childAnchor) : undefined;
    if (anchor === undefined) continue;
    const text = textsOfShape(body, outline).map((one) => one.text).join(' ').replace(/\s+/g, ' ').trim(); // prettier-ignore
    if (first(body, PPT.shapeText) === undefined) continue;
    cells.push({ left: anchor.body.readInt32LE(0), top: anchor.body.readInt32LE(4), text });
  }
  const rows = new Map<number, typeof cells>();
  for (const cell of cells) {
    const row = rows.get(cell.top) ?? [];
    row.push(cell);
    rows.set(cell.top, row);
  }
  return [...rows.keys()]
    .toSorted((above, below) => above - below)
    .map((top) => (rows.get(top) ?? []).toSorted((one, other) => one.left - other.left).map(({ text }) => text))
    .filter((row) => row.some((text) => text !== ''))
    .map((row) => ({ kind: 4, text: row.join(' | '), isRow: true }));
}
