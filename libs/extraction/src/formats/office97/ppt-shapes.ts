import { assertBlockCount, assertTextLength } from '../../block-list';
import { first, PPT, type PptRecord, within } from './ppt-records';

/** What the header of a text says that it is. */
export const TEXT_KIND = {
  title: 0,
  body: 1,
  notes: 2,
  other: 4,
  centredBody: 5,
  centredTitle: 6,
  half: 7,
  quarter: 8,
} as const;
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
  for (const record of records) {
    // Shapes count headers, those of placeholders too in which nothing was written.
    if (record.type === PPT.textHeader) found.push({ kind: record.body.readUInt32LE(0), text: '' });
    const text = lettersOf(record);
    const header = found.at(-1);
    if (text !== undefined && header !== undefined) found.splice(-1, 1, { ...header, text });
  }
  return found;
}

function lettersOf({ type, body }: PptRecord): string | undefined {
  if (type === PPT.textCharacters) return body.toString('utf16le');
  return type === PPT.textBytes ? body.toString('latin1') : undefined;
}

/** The texts of a slide, or of its notes, in the order of their shapes. */
export function textsOfSlide(slide: Buffer, outline: readonly SlideText[]): readonly SlideText[] {
  const drawing = first(slide, PPT.drawing);
  const shapes = drawing && first(drawing.body, PPT.shapes);
  const reader = new ShapesReader(outline);
  if (shapes !== undefined) reader.collect(shapes.body, 0);
  return [...reader.found, ...reader.unshown()];
}

class ShapesReader {
  readonly found: SlideText[] = [];
  /** Of all texts; many shapes may refer to the same one. */
  private length = 0;
  /** Which of the outline's texts have a shape. */
  private readonly shown = new Set<number>();

  constructor(private readonly outline: readonly SlideText[]) {}

  /** What stands in the outline of the slide alone. */
  unshown(): readonly SlideText[] {
    return this.outline.filter((_, index) => !this.shown.has(index));
  }

  collect(body: Buffer, depth: number): void {
    if (depth > MAX_DEPTH) return;
    for (const { type, body: inner } of within(body)) {
      if (type === PPT.shape) this.add(this.textsOfShape(inner));
      else if (type === PPT.group && isTable(inner)) this.add(this.rowsOf(inner));
      else if (type === PPT.group) this.collect(inner, depth + 1);
    }
  }

  private add(texts: readonly SlideText[]): void {
    assertBlockCount(this.found.length + texts.length);
    for (const one of texts) this.found.push(one);
  }

  private textsOfShape(shape: Buffer): readonly SlideText[] {
    const text = first(shape, PPT.shapeText);
    if (text === undefined) return [];
    const data = first(shape, PPT.shapeClientData);
    const placeholder = data && first(data.body, PPT.placeholder);
    const isFurniture = placeholder !== undefined && FURNITURE.has(placeholder.body.readUInt8(4));
    const found: SlideText[] = [];
    let kind: number = TEXT_KIND.other;
    const isNumber = first(text.body, PPT.slideNumber) !== undefined;
    for (const record of within(text.body)) {
      const { type, body } = record;
      const letters = lettersOf(record);
      const place = type === PPT.outlineText ? body.readUInt32LE(0) : -1;
      const referred = this.outline[place];
      this.shown.add(place);
      if (type === PPT.textHeader) kind = body.readUInt32LE(0);
      // A sign stands where the number of the slide does.
      else if (isNumber && letters === '*') continue;
      else if (letters !== undefined) found.push({ kind, text: letters });
      else if (referred !== undefined) found.push(referred);
      assertTextLength((this.length += letters?.length ?? referred?.text.length ?? 0));
    }
    return isFurniture ? [] : found;
  }

  /** Cells are shapes; those that begin at one height are a row. */
  private rowsOf(group: Buffer): readonly SlideText[] {
    const cells: { readonly left: number; readonly top: number; readonly text: string }[] = [];
    for (const { type, body } of within(group)) {
      const anchor = type === PPT.shape ? first(body, PPT.childAnchor) : undefined;
      if (anchor === undefined || first(body, PPT.shapeText) === undefined) continue;
      const texts = this.textsOfShape(body).map((one) => one.text);
      const text = texts.join(' ').replace(/\s+/g, ' ').trim();
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
      .map((row) => ({ kind: TEXT_KIND.other, text: row.join(' | '), isRow: true }));
  }
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
