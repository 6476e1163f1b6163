import type { PDFDocumentProxy, PDFPageProxy } from 'unpdf/pdfjs';

/** What is filled into the fields of a form, which lies on the page and is no part of its text. */

/** A line in the space of the page, as the text of the page is given. */
export interface FieldLine {
  readonly text: string;
  readonly x: number;
  /** Of the base line, from below. */
  readonly y: number;
  readonly width: number;
  readonly size: number;
}

/** Bits of an annotation's flags (ISO 32000-1, 12.5.3). */
const HIDDEN = 2;
const NO_VIEW = 32;
const TICK = '☑';
/** Sizes that the program chooses to fill the field are often larger than the text around it. */
const MAX_SIZE = 12;
const LINE_HEIGHT = 1.2;
const MAX_LENGTH = 100_000;

/** What pdf.js tells of a field; its types say `any`. */
interface Widget {
  readonly subtype?: unknown;
  readonly annotationFlags?: unknown;
  readonly fieldType?: unknown;
  readonly fieldName?: unknown;
  readonly fieldValue?: unknown;
  readonly rect?: unknown;
  readonly options?: unknown;
  readonly password?: unknown;
  readonly checkBox?: unknown;
  readonly radioButton?: unknown;
  readonly exportValue?: unknown;
  readonly buttonValue?: unknown;
  readonly defaultAppearanceData?: { readonly fontSize?: unknown };
}

/** Reads the values of each field once, however often it is shown. */
export class FormFields {
  private readonly shown = new Set<string>();

  /** @returns undefined for a file without a form */
  static async of(document: PDFDocumentProxy): Promise<FormFields | undefined> {
    try {
      return (await document.getFieldObjects()) === null ? undefined : new FormFields();
    } catch {
      // A damaged form; the text of the pages is read without it.
      return undefined;
    }
  }

  async read(page: PDFPageProxy): Promise<readonly FieldLine[]> {
    try {
      const annotations = (await page.getAnnotations({ intent: 'display' })) as readonly Widget[];
      return annotations.flatMap((widget) => this.linesOf(widget));
    } catch {
      return [];
    }
  }

  private linesOf(widget: Widget): readonly FieldLine[] {
    const flags = typeof widget.annotationFlags === 'number' ? widget.annotationFlags : 0;
    if (widget.subtype !== 'Widget' || (flags & (HIDDEN | NO_VIEW)) !== 0 || !isRectangle(widget.rect)) return [];
    const [left, bottom, right, top] = widget.rect;
    const text = valueOf(widget);
    if (text.trim() === '' || right <= left || top <= bottom) return [];
    // Ticks are as many as their boxes; a name or a date may come again on each page.
    const name = typeof widget.fieldName === 'string' && text !== TICK ? widget.fieldName : '';
    if (name !== '' && this.shown.has(name)) return [];
    this.shown.add(name);
    const given = widget.defaultAppearanceData?.fontSize;
    const lines = text.slice(0, MAX_LENGTH).split(/\r\n?|\n/);
    const height = (top - bottom) / lines.length;
    const size = Math.min(typeof given === 'number' && given > 0 ? given : MAX_SIZE, MAX_SIZE, height);
    // Above each other from the top; a single line in the middle of its field.
    const first = lines.length === 1 ? (bottom + top) / 2 - size * 0.35 : top - size * LINE_HEIGHT;
    return lines.map((line, index) => ({
      text: line,
      x: left,
      y: first - index * Math.min(size * LINE_HEIGHT, height),
      width: Math.min(right - left, line.length * size * 0.5),
      size,
    }));
  }
}

function valueOf(widget: Widget): string {
  const { fieldType, fieldValue, options, password } = widget;
  if (fieldType === 'Tx') return typeof fieldValue === 'string' && password !== true ? fieldValue : '';
  if (fieldType === 'Ch') {
    const chosen: readonly unknown[] = Array.isArray(fieldValue) ? fieldValue : [fieldValue];
    const choices: readonly unknown[] = Array.isArray(options) ? options : [];
    return chosen
      .filter((value) => typeof value === 'string')
      .map((value) => choices.filter(isOption).find(({ exportValue }) => exportValue === value)?.displayValue ?? value)
      .join(', ');
  }
  if (fieldType !== 'Btn' || typeof fieldValue !== 'string') return '';
  const on =
    widget.checkBox === true ? widget.exportValue : widget.radioButton === true ? widget.buttonValue : undefined;
  return fieldValue !== 'Off' && fieldValue === on ? TICK : '';
}

function isOption(value: unknown): value is { exportValue: string; displayValue: string } {
  return (
    typeof value === 'object' && value !== null && 'displayValue' in value && typeof value.displayValue === 'string'
  );
}

function isRectangle(value: unknown): value is readonly [number, number, number, number] {
  return Array.isArray(value) && value.length === 4 && value.every((place) => Number.isFinite(place));
}
