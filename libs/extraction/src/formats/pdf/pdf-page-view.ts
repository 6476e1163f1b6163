import { IngestionFailure } from '@vectorlane/errors';
import type { PageBox, PageView, PageWish } from '../../page-view';
import { lettersOf, runsOf } from './passage-on-page';
import { rectangle, type View, viewOf } from './pdf-characters';
import { corrupt, PdfFile, type PdfiumPage } from './pdf-file';
import { pngOf } from './png';

/** The longer side of a picture, enough to read small print by; one page takes some 10 MB while it is painted. */
const LONGER_SIDE = 1_600;
const MOST_SCALE = 4;
const WHITE = 0xffffffff;
/** FPDF_ANNOT, FPDF_REVERSE_BYTE_ORDER. */
const FLAGS = 0x01 | 0x10;
const MAX_CHARACTERS = 500_000;
const MAX_BOXES = 500;

/**
 * A page as a reader sees it, or where on it a passage stands.
 * A page that the file does not have is one without size.
 * @throws IngestionFailure `CORRUPT_FILE`, `PASSWORD_PROTECTED`, `TOO_LARGE`
 */
export async function viewPage(bytes: Uint8Array, wish: PageWish): Promise<PageView> {
  const file = await PdfFile.open(bytes);
  try {
    const { pageCount: pages } = file;
    let view: PageView = { pages, width: 0, height: 0, boxes: [], picture: new Uint8Array() };
    if (wish.number > pages) return view;
    const isThere = file.ask(() => file.readPage(wish.number, (page) => (view = { ...view, ...seen(page, wish) })));
    if (!isThere) throw corrupt('This page of the PDF is damaged.');
    return view;
  } finally {
    file.close();
  }
}

function seen(page: PdfiumPage, { passage }: PageWish): Omit<PageView, 'pages'> {
  const view = viewOf(page);
  const { width, height } = view;
  if (!(width > 0 && height > 0)) throw corrupt('This page of the PDF has no size.');
  if (passage === undefined) return { width, height, boxes: [], picture: paint(page, view) };
  return { width, height, boxes: boxesOf(page, view, passage), picture: new Uint8Array() };
}

function paint({ pdfium, page, form }: PdfiumPage, view: View): Uint8Array {
  const { call } = pdfium;
  const scale = Math.min(MOST_SCALE, LONGER_SIDE / Math.max(view.width, view.height));
  const width = Math.max(1, Math.round(view.width * scale));
  const height = Math.max(1, Math.round(view.height * scale));
  const bitmap = call.FPDFBitmap_Create(width, height, 0);
  if (bitmap === 0) throw corrupt('This page of the PDF cannot be painted.');
  try {
    call.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, WHITE);
    call.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, FLAGS);
    if (form !== 0) call.FPDF_FFLDraw(form, bitmap, page, 0, 0, width, height, 0, FLAGS);
    // Four bytes a pixel leave nothing between the rows.
    return pngOf(width, height, pdfium.copy(call.FPDFBitmap_GetBuffer(bitmap), width * height * 4));
  } finally {
    call.FPDFBitmap_Destroy(bitmap);
  }
}

function boxesOf({ pdfium, page }: PdfiumPage, view: View, passage: string): readonly PageBox[] {
  const { call } = pdfium;
  const text = call.FPDFText_LoadPage(page);
  if (text === 0) return [];
  try {
    const { letters, characters } = readLetters(text, call);
    const lines = new LineBoxes();
    for (const { start, end } of runsOf(lettersOf(passage), letters)) {
      lines.next();
      for (const index of new Set(characters.slice(start, end))) {
        call.FPDFText_GetLooseCharBox(text, index, pdfium.scratch);
        const [left, top, right, bottom] = rectangle(pdfium, pdfium.scratch);
        lines.add([...view.point(left, top), ...view.point(right, bottom)]);
      }
    }
    return lines.within(view);
  } finally {
    call.FPDFText_ClosePage(text);
  }
}

/** All letters of the page, and for each of their code units the character that it is of. */
function readLetters(
  text: number,
  call: PdfiumPage['pdfium']['call'],
): { readonly letters: string; readonly characters: readonly number[] } {
  const count = call.FPDFText_CountChars(text);
  if (count > MAX_CHARACTERS) throw new IngestionFailure('TOO_LARGE', 'This page holds too much text to look through.');
  const known = new Map<number, string>();
  const parts: string[] = [];
  const characters: number[] = [];
  let high = 0;
  for (let index = 0; index < count; index += 1) {
    const code = call.FPDFText_GetUnicode(text, index);
    // Halves of one character.
    if (code >= 0xd800 && code <= 0xdbff) {
      high = code;
      continue;
    }
    const isLow = code >= 0xdc00 && code <= 0xdfff;
    const whole = isLow ? 0x10000 + ((high - 0xd800) << 10) + (code - 0xdc00) : code;
    if (whole < 0 || whole > 0x10ffff) continue;
    let letters = known.get(whole);
    if (letters === undefined) known.set(whole, (letters = lettersOf(String.fromCodePoint(whole))));
    parts.push(letters);
    for (let unit = 0; unit < letters.length; unit += 1) characters.push(index);
  }
  return { letters: parts.join(''), characters };
}

interface Edges {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Boxes of letters that follow each other, as one box a line. */
class LineBoxes {
  private readonly lines: Edges[] = [];
  private line: Edges | undefined;

  /** What follows does not go on with what was before. */
  next(): void {
    this.line = undefined;
  }

  add([x0, y0, x1, y1]: readonly [number, number, number, number]): void {
    if (![x0, y0, x1, y1].every(Number.isFinite) || x0 === x1 || y0 === y1) return;
    const box = { left: Math.min(x0, x1), top: Math.min(y0, y1), right: Math.max(x0, x1), bottom: Math.max(y0, y1) };
    const { line } = this;
    if (line === undefined || !isBeside(line, box)) {
      this.line = box;
      this.lines.push(box);
      return;
    }
    line.left = Math.min(line.left, box.left);
    line.top = Math.min(line.top, box.top);
    line.right = Math.max(line.right, box.right);
    line.bottom = Math.max(line.bottom, box.bottom);
  }

  /** As parts of the page; what lies outside of it is not seen. */
  within({ width, height }: View): readonly PageBox[] {
    const part = (value: number, whole: number): number => Math.min(1, Math.max(0, value / whole));
    return this.lines
      .map(({ left, top, right, bottom }) => {
        const [x, y] = [part(left, width), part(top, height)];
        return { x, y, width: part(right, width) - x, height: part(bottom, height) - y };
      })
      .filter((box) => box.width > 0 && box.height > 0)
      .slice(0, MAX_BOXES);
  }
}

/** On the same line, or in the same column where lines stand upright, and no more than a few letters away. */
function isBeside(line: Edges, box: Edges): boolean {
  const overlap = (from: number, to: number, start: number, end: number): number =>
    (Math.min(to, end) - Math.max(from, start)) / Math.max(0.01, Math.min(to - from, end - start));
  const size = Math.max(box.bottom - box.top, box.right - box.left);
  const across = Math.max(box.left - line.right, line.left - box.right);
  const down = Math.max(box.top - line.bottom, line.top - box.bottom);
  // Lines run one way: a tall one goes on below and not beside itself.
  const isLevel = overlap(line.top, line.bottom, box.top, box.bottom) > 0.5 && across < 3 * size;
  const isBelow = overlap(line.left, line.right, box.left, box.right) > 0.5 && down < 3 * size;
  const isFlat = line.bottom - line.top < 2 * (box.bottom - box.top);
  const isNarrow = line.right - line.left < 2 * (box.right - box.left);
  return (isLevel && isFlat) || (isBelow && isNarrow);
}
