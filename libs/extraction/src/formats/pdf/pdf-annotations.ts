import { quarterTurns, rectangle, turnedPoint, type Turns, viewOf } from './pdf-characters';
import { RIGHT_TO_LEFT } from './pdf-direction';
import type { PdfiumPage } from './pdf-file';
import { type PageRuns, type Run, withLettersForShapes } from './pdf-runs';

/** What lies on a page and is no part of its content: values of fields, and text that a reader has typed onto it. */

/** Bits of an annotation's flags (ISO 32000-1, 12.5.3). */
const INVISIBLE = 1;
const HIDDEN = 2;
const NO_VIEW = 32;
/** Kinds of annotations, as PDFium counts them. */
const FREE_TEXT = 3;
const STAMP = 13;
const WIDGET = 20;
/** Kinds of fields, as PDFium counts them. */
const CHECK_BOX = 2;
const RADIO_BUTTON = 3;
const COMBO_BOX = 4;
const LIST_BOX = 5;
const TEXT_FIELD = 6;
/** Of a text field's flags: what is typed is not shown. */
const PASSWORD = 1 << 13;
/** Of drawing annotations onto their page: as on a screen; done. */
const NORMAL_DISPLAY = 0;
const FLATTENED = 1;
const MAX_ANNOTATIONS = 10_000;
const MAX_OPTIONS = 1_000;
const MAX_OBJECTS = 1_000;
/** Kinds of page objects, as PDFium counts them. */
const TEXT_OBJECT = 1;
const FORM_OBJECT = 5;
const TICK = '☑';
/** Sizes that the program chooses to fill the field are often larger than the text around it. */
const MAX_SIZE = 12;
const LINE_HEIGHT = 1.2;
const MAX_LENGTH = 100_000;

/** A line in the space of the page, as the text of the page is given. */
interface NoteLine {
  readonly run: Run;
  readonly turns: Turns;
}

/** Reads what lies on the pages; the value of a field once, however often it is shown. */
export class PageAnnotations {
  private readonly shown = new Set<string>();

  /**
   * Takes the annotations of a page: those that are drawn as text (stamps, most free text, fields that show what is not
   * their value) become a part of its content, and the lines of the others are given back. To be called before the
   * content is read.
   */
  take(page: PdfiumPage): readonly NoteLine[] {
    const { call } = page.pdfium;
    const lines: NoteLine[] = [];
    let drawn = false;
    const count = Math.min(call.FPDFPage_GetAnnotCount(page.page), MAX_ANNOTATIONS);
    for (let index = 0; index < count; index += 1) {
      const annotation = call.FPDFPage_GetAnnot(page.page, index);
      if (annotation === 0) continue;
      const kind = call.FPDFAnnot_GetSubtype(annotation);
      const flags = call.FPDFAnnot_GetFlags(annotation);
      const isShown = (flags & (HIDDEN | NO_VIEW)) === 0;
      const mayBeText =
        kind === FREE_TEXT || kind === STAMP || (kind === WIDGET && isTextWithoutValue(page, annotation));
      const isDrawnAsText = isShown && mayBeText && hasDrawnText(page, annotation);
      if (isDrawnAsText) drawn = true;
      // What is invisible is not drawn with the others.
      else call.FPDFAnnot_SetFlags(annotation, flags | INVISIBLE);
      if (isShown && !isDrawnAsText && (kind === WIDGET || kind === FREE_TEXT))
        lines.push(...this.linesOf(page, annotation, kind));
      call.FPDFPage_CloseAnnot(annotation);
    }
    if (drawn && call.FPDFPage_Flatten(page.page, NORMAL_DISPLAY) === FLATTENED) page.reload();
    return lines;
  }

  private linesOf(page: PdfiumPage, annotation: number, kind: number): readonly NoteLine[] {
    const { call, scratch } = page.pdfium;
    call.FPDFAnnot_GetRect(annotation, scratch);
    const [left, top, right, bottom] = rectangle(page.pdfium, scratch);
    const isField = kind === WIDGET;
    const text = isField ? this.valueOf(page, annotation) : stringOf(page, annotation, 'Contents');
    if (text.trim() === '' || right <= left || top <= bottom) return [];
    const hasSize = page.form !== 0 && call.FPDFAnnot_GetFontSize(page.form, annotation, scratch) !== 0;
    const given = hasSize ? page.pdfium.float(scratch) : 0;
    const lines = text.slice(0, MAX_LENGTH).split(/\r\n?|\n/);
    const height = (top - bottom) / lines.length;
    const size = Math.min(given > 0 ? given : MAX_SIZE, MAX_SIZE, height);
    // Above each other from the top; a single line in the middle of its field.
    const first = lines.length === 1 && isField ? (bottom + top) / 2 - size * 0.35 : top - size * LINE_HEIGHT;
    const view = viewOf(page);
    const turns = quarterTurns(...view.direction(1, 0));
    return lines.flatMap((line, index): NoteLine[] => {
      if (line.trim() === '') return [];
      const at = view.point(left, first - index * Math.min(size * LINE_HEIGHT, height));
      const [x0, y] = turnedPoint(...at, turns);
      const x1 = x0 + Math.min(right - left, line.length * size * 0.5);
      const written = withLettersForShapes(line);
      const rightToLeft = RIGHT_TO_LEFT.test(written);
      return [{ turns, run: { text: written, x0, x1, y, size, rightToLeft, spaced: true, font: '' } }];
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

/** Whether the appearance of a note is made of text, or of further drawings in which it may be. */
function hasDrawnText({ pdfium }: PdfiumPage, annotation: number): boolean {
  const { call } = pdfium;
  const count = Math.min(call.FPDFAnnot_GetObjectCount(annotation), MAX_OBJECTS);
  for (let index = 0; index < count; index += 1) {
    const object = call.FPDFAnnot_GetObject(annotation, index);
    const kind = object === 0 ? 0 : call.FPDFPageObj_GetType(object);
    if (kind === TEXT_OBJECT || kind === FORM_OBJECT) return true;
  }
  return false;
}

/** A script of the form may have written what the field shows, and the field has no value. */
function isTextWithoutValue(page: PdfiumPage, annotation: number): boolean {
  const { form, pdfium } = page;
  const { call } = pdfium;
  if (form === 0 || call.FPDFAnnot_GetFormFieldType(form, annotation) !== TEXT_FIELD) return false;
  const isPassword = (call.FPDFAnnot_GetFormFieldFlags(form, annotation) & PASSWORD) !== 0;
  return !isPassword && shownValue(page, annotation).trim() === '';
}

function shownValue(page: PdfiumPage, annotation: number): string {
  const { pdfium, form } = page;
  const { call } = pdfium;
  const kind = call.FPDFAnnot_GetFormFieldType(form, annotation);
  const value = (): string =>
    pdfium.utf16((buffer, length) => call.FPDFAnnot_GetFormFieldValue(form, annotation, buffer, length));
  if (kind === TEXT_FIELD) return (call.FPDFAnnot_GetFormFieldFlags(form, annotation) & PASSWORD) === 0 ? value() : '';
  if (kind === CHECK_BOX || kind === RADIO_BUTTON) {
    // The state that this box shows; the value is that of all boxes of its group.
    const state = stringOf(page, annotation, 'AS') || value();
    return state !== '' && state !== 'Off' ? TICK : '';
  }
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

/** The runs of a page with the lines of its annotations, but for those that its content shows as well. */
export function withNotes(runs: PageRuns, lines: readonly NoteLine[]): PageRuns {
  if (lines.length === 0) return runs;
  const directions = runs.directions.map((drawn, turns) => [
    ...drawn,
    ...lines.filter((line) => line.turns === turns && !isDrawn(drawn, line.run)).map(({ run }) => run),
  ]);
  return { ...runs, directions };
}

/** Whether the content of the page has the same text in the same place: some programs leave the field where it was. */
function isDrawn(drawn: readonly Run[], { text, x0, x1, y, size }: Run): boolean {
  const there = drawn.filter((run) => run.x1 > x0 - size && run.x0 < x1 + size && Math.abs(run.y - y) < 2 * size);
  const letters = (part: string): string => part.replace(/[\s\u00ad-]/g, '');
  return letters(there.map((run) => run.text).join('')).includes(letters(text));
}
