import type { PdfiumPage } from './pdf-file';
import { rectangle, viewOf } from './pdf-characters';
import { type PageRuns, type Run, withLettersForShapes } from './pdf-runs';

/** What lies on a page and is no part of its content: values of fields, and text that a reader has typed onto it. */

/** Bits of an annotation's flags (ISO 32000-1, 12.5.3). */
const HIDDEN = 2;
const NO_VIEW = 32;
/** Kinds of annotations, as PDFium counts them. */
const FREE_TEXT = 3;
const WIDGET = 20;
/** Kinds of fields, as PDFium counts them. */
const CHECK_BOX = 2;
const RADIO_BUTTON = 3;
const COMBO_BOX = 4;
const LIST_BOX = 5;
const TEXT_FIELD = 6;
/** Of a text field's flags: what is typed is not shown. */
const PASSWORD = 1 << 13;
const MAX_ANNOTATIONS = 10_000;
const MAX_OPTIONS = 1_000;
const TICK = '☑';
/** Sizes that the program chooses to fill the field are often larger than the text around it. */
const MAX_SIZE = 12;
const LINE_HEIGHT = 1.2;
const MAX_LENGTH = 100_000;

/** Reads what lies on the pages; the value of a field once, however often it is shown. */
export class PageAnnotations {
  private readonly shown = new Set<string>();

  /** The runs of a page with those of its annotations after them. */
  addTo(runs: PageRuns, page: PdfiumPage): PageRuns {
    const { call } = page.pdfium;
    const count = Math.min(call.FPDFPage_GetAnnotCount(page.page), MAX_ANNOTATIONS);
    for (let index = 0; index < count; index += 1) {
      const annotation = call.FPDFPage_GetAnnot(page.page, index);
      if (annotation === 0) continue;
      try {
        this.addOne(runs, page, annotation);
      } finally {
        call.FPDFPage_CloseAnnot(annotation);
      }
    }
    return runs;
  }

  private addOne(runs: PageRuns, page: PdfiumPage, annotation: number): void {
    const { call, scratch } = page.pdfium;
    const kind = call.FPDFAnnot_GetSubtype(annotation);
    if ((kind !== WIDGET && kind !== FREE_TEXT) || (call.FPDFAnnot_GetFlags(annotation) & (HIDDEN | NO_VIEW)) !== 0)
      return;
    call.FPDFAnnot_GetRect(annotation, scratch);
    const [left, top, right, bottom] = rectangle(page.pdfium, scratch);
    const text = kind === WIDGET ? this.valueOf(page, annotation) : stringOf(page, annotation, 'Contents');
    if (text.trim() === '' || right <= left || top <= bottom) return;
    const isField = kind === WIDGET && page.form !== 0;
    const given =
      isField && call.FPDFAnnot_GetFontSize(page.form, annotation, scratch) ? page.pdfium.float(scratch) : 0;
    const lines = text.slice(0, MAX_LENGTH).split(/\r\n?|\n/);
    const height = (top - bottom) / lines.length;
    const size = Math.min(given > 0 ? given : MAX_SIZE, MAX_SIZE, height);
    // Above each other from the top; a single line in the middle of its field.
    const first = lines.length === 1 && isField ? (bottom + top) / 2 - size * 0.35 : top - size * LINE_HEIGHT;
    const view = viewOf(page);
    const [dx, dy] = view.direction(1, 0);
    const turns = Math.abs(dx) >= Math.abs(dy) ? (dx >= 0 ? 0 : 2) : dy > 0 ? 1 : 3;
    lines.forEach((line, index) => {
      const [x, y] = view.point(left, first - index * Math.min(size * LINE_HEIGHT, height));
      const along = turns === 0 ? x : turns === 1 ? y : turns === 2 ? -x : -y;
      const down = turns === 0 ? y : turns === 1 ? -x : turns === 2 ? -y : x;
      const width = Math.min(right - left, line.length * size * 0.5);
      const run: Run = {
        text: withLettersForShapes(line),
        x0: along,
        x1: along + width,
        y: down,
        size,
        rightToLeft: false,
        spaced: true,
        font: '',
      };
      const drawn = runs.directions[turns] as Run[] | undefined;
      // Some programs draw the value on the page and leave the field in place.
      if (drawn !== undefined && line.trim() !== '' && !isDrawn(drawn, run)) drawn.push(run);
    });
  }

  private valueOf(page: PdfiumPage, annotation: number): string {
    const { pdfium, form } = page;
    const { call } = pdfium;
    if (form === 0) return '';
    const text = shownValue(page, annotation);
    // Ticks are as many as their boxes; a name or a date may come again on each page.
    const name = pdfium.utf16((buffer, length) => call.FPDFAnnot_GetFormFieldName(form, annotation, buffer, length));
    if (name === '' || text === TICK || text.trim() === '') return text;
    if (this.shown.has(name)) return '';
    this.shown.add(name);
    return text;
  }
}

function shownValue({ pdfium, form }: PdfiumPage, annotation: number): string {
  const { call } = pdfium;
  const kind = call.FPDFAnnot_GetFormFieldType(form, annotation);
  const value = (): string =>
    pdfium.utf16((buffer, length) => call.FPDFAnnot_GetFormFieldValue(form, annotation, buffer, length));
  if (kind === TEXT_FIELD) return (call.FPDFAnnot_GetFormFieldFlags(form, annotation) & PASSWORD) === 0 ? value() : '';
  if (kind === CHECK_BOX || kind === RADIO_BUTTON) return call.FPDFAnnot_IsChecked(form, annotation) === 1 ? TICK : '';
  if (kind !== COMBO_BOX && kind !== LIST_BOX) return '';
  const chosen: string[] = [];
  const options = Math.min(call.FPDFAnnot_GetOptionCount(form, annotation), MAX_OPTIONS);
  for (let index = 0; index < options; index += 1) {
    if (call.FPDFAnnot_IsOptionSelected(form, annotation, index) !== 1) continue;
    chosen.push(
      pdfium.utf16((buffer, length) => call.FPDFAnnot_GetOptionLabel(form, annotation, index, buffer, length)),
    );
  }
  return chosen.length > 0 ? chosen.join(', ') : value();
}

function stringOf({ pdfium }: PdfiumPage, annotation: number, key: string): string {
  return pdfium.withString(key, (name) =>
    pdfium.utf16((buffer, length) => pdfium.call.FPDFAnnot_GetStringValue(annotation, name, buffer, length)),
  );
}

/** Whether the content of the page has the same text in the same place. */
function isDrawn(drawn: readonly Run[], { text, x0, x1, y, size }: Run): boolean {
  const there = drawn.filter((run) => run.x1 > x0 - size && run.x0 < x1 + size && Math.abs(run.y - y) < 2 * size);
  const letters = (part: string): string => part.replace(/\s/g, '');
  return letters(there.map((run) => run.text).join('')).includes(letters(text));
}
