import type { PDFPageProxy } from 'unpdf/pdfjs';
import { composeAccents } from './pdf-accents';
import type { FormFields } from './pdf-form-fields';
import type { Run } from './pdf-run';
import { readTags, type Tag } from './pdf-tags';

/** Text as it stands on a page: pieces with positions, turned so that every piece reads from left to right. */

export interface PageRuns {
  /** Runs by the direction they read in: across, and then those turned by a quarter, a half, three quarters. */
  readonly directions: readonly (readonly Run[])[];
  readonly height: number;
}

type Matrix = readonly [number, number, number, number, number, number];

/** Marks fonts whose letters are all of one width. */
export const FIXED_PITCH = 'fixed-pitch ';

/**
 * @param tagged the file says that it is
 * @throws Error whatever pdf.js throws for a damaged page
 */
export async function readRuns(
  page: PDFPageProxy,
  { tagged = false, fields }: { tagged?: boolean; fields?: FormFields | undefined } = {},
): Promise<PageRuns> {
  const viewport = page.getViewport({ scale: 1 });
  const view = viewport.transform as unknown as Matrix;
  const tags = tagged ? await readTags(page) : undefined;
  const { items, styles } = await page.getTextContent({ includeMarkedContent: (tags?.size ?? 0) > 0 });
  const directions: Run[][] = [[], [], [], []];
  const open: (Tag | undefined)[] = [];
  let spaced = false;
  for (const item of items) {
    if (!('str' in item)) {
      if (item.type === 'endMarkedContent') open.pop();
      else open.push(tagOf(item, open.at(-1), tags));
      continue;
    }
    const text = readable(item.str);
    if (text.trim() === '') {
      spaced ||= item.str !== '';
      continue;
    }
    const matrix = multiply(view, item.transform as unknown as Matrix);
    const vertical = styles[item.fontName]?.vertical === true;
    const turns = vertical ? 1 : quarterTurns(matrix);
    const [x0, y] = turned(matrix[4], matrix[5], turns);
    const size = Math.hypot(matrix[2], matrix[3]);
    const length = Math.abs(vertical ? item.height : item.width);
    if (![x0, y, size, length].every(Number.isFinite)) continue;
    const pitch = styles[item.fontName]?.fontFamily === 'monospace' ? FIXED_PITCH : '';
    const font = pitch + item.fontName;
    const tag = open.at(-1);
    const rightToLeft = item.dir === 'rtl';
    directions[turns]?.push({ text, x0, x1: x0 + length, y, size, rightToLeft, spaced, font, ...(tag && { tag }) });
    spaced = false;
  }
  for (const { text, x, y: above, width, size } of (await fields?.read(page)) ?? []) {
    const matrix = multiply(view, [size, 0, 0, size, x, above]);
    const turns = quarterTurns(matrix);
    const [x0, y] = turned(matrix[4], matrix[5], turns);
    const run = { text: readable(text), x0, x1: x0 + width, y, size, rightToLeft: false, spaced: true, font: '' };
    // Some programs draw the value on the page and leave the field in place.
    if (!directions[turns]?.some((drawn) => isAt(drawn, run))) directions[turns]?.push(run);
  }
  return { directions: directions.map(composeAccents), height: viewport.height };
}

/** What is marked without an id, a link or a span, belongs to what it stands in; artifacts belong to nothing. */
function tagOf(
  item: { readonly id?: string; readonly tag?: unknown },
  above: Tag | undefined,
  tags: ReadonlyMap<string, Tag> | undefined,
): Tag | undefined {
  if (typeof item.id === 'string') return tags?.get(item.id);
  return item.tag === 'Artifact' ? undefined : above;
}

function isAt(drawn: Run, { text, x0, x1, y, size }: Run): boolean {
  return drawn.text.trim() === text.trim() && drawn.x1 > x0 && drawn.x0 < x1 && Math.abs(drawn.y - y) < 2 * size;
}

function multiply(a: Matrix, b: Matrix): Matrix {
  return [
    a[0] * b[0] + a[2] * b[1],
    a[1] * b[0] + a[3] * b[1],
    a[0] * b[2] + a[2] * b[3],
    a[1] * b[2] + a[3] * b[3],
    a[0] * b[4] + a[2] * b[5] + a[4],
    a[1] * b[4] + a[3] * b[5] + a[5],
  ];
}

/** Clockwise, from the way the text runs. */
function quarterTurns([dx, dy]: Matrix): 0 | 1 | 2 | 3 {
  if (Math.abs(dx) >= Math.abs(dy)) return dx >= 0 ? 0 : 2;
  return dy > 0 ? 1 : 3;
}

function turned(x: number, y: number, turns: 0 | 1 | 2 | 3): readonly [number, number] {
  if (turns === 0) return [x, y];
  if (turns === 1) return [y, -x];
  return turns === 2 ? [-x, -y] : [-y, x];
}

/** Bullets of the fonts Symbol and Wingdings, which come as private characters. */
const PRIVATE_BULLETS = /[\uf0a7\uf0b7\uf0d8\uf0fc\uf076\uf0a8]/g;

/** Glyphs that fonts name by their shape: ligatures, Arabic by position, radicals for ideographs. */
const SHAPES = /[\u2e9f\u2ef3\u2f00-\u2fd5\ufb00-\ufc5d\ufc64-\ufdfb\ufe80-\ufefc]+/g;

/** Without control characters and with letters for shapes; tabs are white space like any other. */
function readable(text: string): string {
  return text
    .replace(/[\0-\x08\x0e-\x1f\x7f-\x9f]/g, '')
    .replace(/\s/g, ' ')
    .replace(PRIVATE_BULLETS, '•')
    .replace(SHAPES, (shapes) => shapes.normalize('NFKC'));
}
