import { type BlockKind, coverageNote, MAX_NOTES } from '@vectorlane/domain';
import { IngestionFailure } from '@vectorlane/errors';
import { type XmlAttributes, type XmlVisitor, visitXml } from '../container/xml-reader';
import type { ZipArchive } from '../container/zip-archive';
import { NumberFormats } from '../xlsx/number-format';

/**
 * What a chart or a diagram says: the part beside the document that holds its words, and of a chart the values as they
 * were last shown.
 */
export interface GraphicText {
  readonly kind: Extract<BlockKind, 'paragraph' | 'row'>;
  readonly text: string;
}

const PART_LIMIT = 16 * 1024 * 1024;
const MAX_POINTS = 20_000;
const MAX_SERIES = 255;

/**
 * @param kind last word of the relationship's type
 * @param notes are told of a damaged one, which does not make the rest unreadable
 * @returns nothing for parts of other kinds
 */
export async function readGraphic(
  archive: ZipArchive,
  { kind, target }: { readonly kind: string; readonly target: string },
  notes: string[],
  signal: AbortSignal,
): Promise<readonly GraphicText[]> {
  if ((kind !== 'chart' && kind !== 'diagramData') || !archive.has(target)) return [];
  const reader = kind === 'chart' ? new ChartReader(await NumberFormats.load()) : new DiagramReader();
  try {
    await visitXml(archive.read(target, PART_LIMIT, signal), target, reader);
    return reader.finish();
  } catch (error) {
    if (!(error instanceof IngestionFailure) || error.code !== 'CORRUPT_FILE') throw error;
    if (notes.length < MAX_NOTES) notes.push(coverageNote('FILE_INSIDE_NOT_READ', target));
    return [];
  }
}

/** Points by their index; where labels have several levels, the words of all of them. */
type Points = Map<number, string>;

interface Series {
  readonly name: Points;
  readonly categories: Points;
  readonly values: Points;
}

class ChartReader implements XmlVisitor {
  private readonly titles: string[] = [];
  private readonly series: Series[] = [];
  private points: Points | undefined;
  private index = 0;
  private count = 0;
  /** None where the points are texts. */
  private format: string | undefined;
  private title: string[] | undefined;
  private pieces: string[] | undefined;

  constructor(private readonly formats: NumberFormats) {}

  open(name: string, attributes: XmlAttributes): boolean | void {
    const series = this.series.at(-1);
    switch (name) {
      case 'c:dLbls':
      case 'c:trendline':
      case 'c:errBars':
      case 'c:legend':
        return false;
      case 'c:title':
        this.title = [];
        return;
      case 'c:ser':
        if (this.series.length >= MAX_SERIES) return false;
        this.series.push({ name: new Map(), categories: new Map(), values: new Map() });
        return;
      case 'c:tx':
        if (this.title === undefined) this.points = series?.name;
        return;
      case 'c:cat':
      case 'c:xVal':
        this.points = series?.categories;
        return;
      case 'c:val':
      case 'c:yVal':
        this.points = series?.values;
        return;
      case 'c:bubbleSize':
        this.points = undefined;
        return;
      case 'c:strCache':
        this.format = undefined;
        return;
      case 'c:numCache':
        this.format = '';
        return;
      case 'c:pt':
        this.index = Number(attributes.get('idx') ?? '0') || 0;
        return;
      case 'c:v':
      case 'c:formatCode':
      case 'a:t':
        this.pieces = [];
    }
  }

  close(name: string): void {
    switch (name) {
      case 'c:formatCode':
        this.format = this.take();
        return;
      case 'c:v':
        return this.endValue(this.take());
      case 'a:t':
        this.title?.push(this.take());
        return;
      case 'c:title':
        this.titles.push((this.title ?? []).join('').trim());
        this.title = undefined;
        return;
      case 'c:tx':
      case 'c:cat':
      case 'c:xVal':
      case 'c:val':
      case 'c:yVal':
        this.points = undefined;
    }
  }

  text(text: string): void {
    this.pieces?.push(text);
  }

  finish(): readonly GraphicText[] {
    const titles = this.titles.filter((title) => title !== '');
    const names = this.series.map(({ name }) => [...name.values()].join(' '));
    const indices = new Set(this.series.flatMap(({ categories, values }) => [...categories.keys(), ...values.keys()]));
    const label = (index: number): string =>
      this.series.find(({ categories }) => categories.has(index))?.categories.get(index) ?? '';
    const rows = [...indices]
      .sort((one, other) => one - other)
      .map((index) => [label(index), ...this.series.map(({ values }) => values.get(index) ?? '')]);
    const all = names.some((name) => name !== '') ? [['', ...names], ...rows] : rows;
    return [
      ...titles.map((text) => ({ kind: 'paragraph', text }) as const),
      ...all.map((cells) => ({ kind: 'row', text: cells.map(oneLine).join(' | ') }) as const),
    ];
  }

  private endValue(value: string): void {
    const { points, index, title } = this;
    if (title !== undefined) title.push(value);
    if (points === undefined || title !== undefined || this.count >= MAX_POINTS) return;
    this.count += 1;
    const shown = this.shown(value);
    const below = points.get(index);
    points.set(index, below === undefined ? shown : `${shown} ${below}`);
  }

  private shown(value: string): string {
    const number = Number(value);
    if (this.format === undefined || value.trim() === '' || !Number.isFinite(number)) return value;
    return this.formats.get(this.format).number(number);
  }

  private take(): string {
    const text = (this.pieces ?? []).join('');
    this.pieces = undefined;
    return text;
  }
}

/** The words of a diagram (SmartArt), in the order in which they were typed. */
class DiagramReader implements XmlVisitor {
  private readonly paragraphs: GraphicText[] = [];
  private pieces: string[] = [];
  private inText = false;

  open(name: string): void {
    if (name === 'a:t') this.inText = true;
    else if (name === 'a:br') this.pieces.push(' ');
  }

  close(name: string): void {
    if (name === 'a:t') this.inText = false;
    if (name !== 'a:p') return;
    const text = oneLine(this.pieces.join(''));
    this.pieces = [];
    if (text !== '') this.paragraphs.push({ kind: 'paragraph', text });
  }

  text(text: string): void {
    if (this.inText) this.pieces.push(text);
  }

  finish(): readonly GraphicText[] {
    return this.paragraphs;
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
