import { rectangle } from './pdf-characters';
import type { PdfiumPage } from './pdf-file';

/** What a page shows beside its text: pictures, and letters drawn as shapes. */

/** Kinds of page objects, as PDFium counts them. */
const PATH = 2;
const IMAGE = 3;
const FORM = 5;
/** Letters drawn as shapes are many; a rule or a frame is none of them. */
const MIN_DRAWN_PATHS = 50;
const MAX_OBJECTS = 5_000;
const MAX_DEPTH = 4;
/** Of the page: a picture this large is the page. */
const FILLING_SHARE = 0.5;

/** Whether there is a picture (or a drawing of some size), and whether it fills the page. */
export function pictureShown({ pdfium, page }: PdfiumPage): 'none' | 'some' | 'filling' {
  const { call, scratch } = pdfium;
  call.FPDF_GetPageBoundingBox(page, scratch);
  const area = areaOf(rectangle(pdfium, scratch));
  let looked = 0;
  let paths = 0;
  let pictures = 0;
  let largest = 0;
  const visit = (object: number, depth: number): void => {
    looked += 1;
    if (object === 0 || looked > MAX_OBJECTS) return;
    const kind = call.FPDFPageObj_GetType(object);
    if (kind === PATH) paths += 1;
    if (kind === IMAGE) {
      pictures += 1;
      const known = call.FPDFPageObj_GetBounds(object, scratch, scratch + 4, scratch + 8, scratch + 12);
      const [left, bottom, right, top] = [0, 4, 8, 12].map((offset) => pdfium.float(scratch + offset));
      // Inside a form the bounds are the form's: no smaller than what is shown, as a rule.
      if (known !== 0)
        largest = Math.max(largest, Math.abs(((right ?? 0) - (left ?? 0)) * ((top ?? 0) - (bottom ?? 0))));
    }
    if (kind !== FORM || depth >= MAX_DEPTH) return;
    const children = call.FPDFFormObj_CountObjects(object);
    for (let index = 0; index < children && looked <= MAX_OBJECTS; index += 1) {
      visit(call.FPDFFormObj_GetObject(object, index), depth + 1);
    }
  };
  const count = call.FPDFPage_CountObjects(page);
  for (let index = 0; index < count && looked <= MAX_OBJECTS; index += 1)
    visit(call.FPDFPage_GetObject(page, index), 0);
  if (pictures > 0 && largest >= FILLING_SHARE * area) return 'filling';
  return pictures > 0 || paths >= MIN_DRAWN_PATHS ? 'some' : 'none';
}

function areaOf([left, top, right, bottom]: readonly [number, number, number, number]): number {
  return Math.max(1, (right - left) * (top - bottom));
}
