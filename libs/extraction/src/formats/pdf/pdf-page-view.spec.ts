import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { IngestionFailure } from '@vectorlane/errors';
import type { PageBox, PageView } from '../../page-view';
import { FilesInside } from '../files-inside';
import { column, pdf, text, unicode } from './pdf-fixture';
import { PdfExtractor } from './pdf.extractor';
import { viewPage } from './pdf-page-view';

const WINTER = [
  'Bees cluster around the queen to keep',
  'warm in winter, and take turns at the',
  'edge of the cluster.',
];
const PASSAGE = WINTER.join(' ');
const PAGE = [text('Of bees', { y: 40, size: 20 }), ...column(WINTER, { y: 200 }), text('Drones do not live so long.', { y: 400 })]; // prettier-ignore

interface Ink {
  readonly width: number;
  readonly height: number;
  /** Dark pixels within a part of the page. */
  within(box: PageBox): number;
}

/** Reads what `pngOf` writes of a page in black and white. */
function inkOf(picture: Uint8Array): Ink {
  const png = Buffer.from(picture);
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  // Grey, one byte a pixel.
  expect([png.toString('latin1', 1, 4), png[25]]).toEqual(['PNG', 0]);
  const rows = inflateSync(png.subarray(41, 41 + png.readUInt32BE(33)));
  const above = new Uint8Array(width);
  const pixels = Array.from({ length: height }, (_, y) => {
    for (let x = 0; x < width; x += 1) above[x] = (above[x] ?? 0) + (rows[y * (width + 1) + 1 + x] ?? 0);
    return above.slice();
  });
  return {
    width,
    height,
    within: ({ x, y, width: across, height: down }) => {
      const rows = pixels.slice(Math.floor(y * height), Math.ceil((y + down) * height));
      const part = (row: Uint8Array): Uint8Array =>
        row.subarray(Math.floor(x * width), Math.ceil((x + across) * width));
      return rows.reduce((sum, row) => sum + part(row).filter((pixel) => pixel < 128).length, 0);
    },
  };
}

const WHOLE: PageBox = { x: 0, y: 0, width: 1, height: 1 };

async function both(file: Buffer, passage: string, number = 1): Promise<{ ink: Ink; view: PageView }> {
  const { picture } = await viewPage(file, { number });
  return { ink: inkOf(picture), view: await viewPage(file, { number, passage }) };
}

it.each([0, 90, 180, 270])('finds a passage line by line where its ink is, on a page turned by %s', async (rotate) => {
  const { ink, view } = await both(pdf([PAGE], { rotate }), PASSAGE);
  const isUpright = rotate % 180 === 0;
  expect(view).toMatchObject({ pages: 1, width: isUpright ? 612 : 792, height: isUpright ? 792 : 612 });
  expect([Math.max(ink.width, ink.height), ink.width > ink.height]).toEqual([1_600, !isUpright]);
  expect(view.boxes).toHaveLength(WINTER.length);
  const alone = inkOf((await viewPage(pdf([column(WINTER, { y: 200 })], { rotate }), { number: 1 })).picture);
  const marked = view.boxes.reduce((sum, box) => sum + ink.within(box), 0);
  // The hooks of some letters reach out of their lines.
  expect(marked / alone.within(WHOLE)).toBeCloseTo(1, 1);
  expect(marked / ink.within(WHOLE)).toBeLessThan(0.8);
});

it('marks what is on the page of a passage that goes on over pages', async () => {
  const [first = '', ...rest] = WINTER;
  const file = pdf([[text(first)], [text('Beekeeping, page 2', { y: 20 }), ...column(rest)]]);
  const boxes = await Promise.all(
    [1, 2].map(async (number) => (await viewPage(file, { number, passage: PASSAGE })).boxes),
  );
  expect(boxes.map(({ length }) => length)).toEqual([1, 2]);
});

it('reads letters as their file maps them', async () => {
  const { boxes } = await viewPage(pdf([[unicode('蜜蜂在冬天聚集在蜂王周围取暖')]]), {
    number: 1,
    passage: '冬天聚集在蜂王周围取暖。',
  });
  expect(boxes).toHaveLength(1);
  expect(boxes[0]?.x).toBeGreaterThan(50 / 612);
});

it('has no box for a passage that is elsewhere, and no size for a page that is not there', async () => {
  const file = pdf([PAGE]);
  expect((await viewPage(file, { number: 1, passage: 'Something else altogether is said in this passage.' })).boxes).toEqual([]); // prettier-ignore
  expect(await viewPage(file, { number: 2 })).toMatchObject({ pages: 1, width: 0 });
});

it('says of what is damaged that it is', async () => {
  await expect(viewPage(Buffer.from('%PDF-1.4 nothing'), { number: 1 })).rejects.toMatchObject({
    code: 'CORRUPT_FILE',
  });
  await expect(viewPage(pdf([PAGE, ['broken']]), { number: 2 })).rejects.toMatchObject({ code: 'CORRUPT_FILE' });
});

const OFFICE = join(__dirname, '../../../../../test/fixtures/office');
const MADE_BY = readdirSync(OFFICE).filter((name) => name.endsWith('.pdf'));

it('finds what was read of the files of many programs, columns, tables and all scripts', async () => {
  const missed: string[] = [];
  let found = 0;
  for (const filename of MADE_BY) {
    const bytes = readFileSync(join(OFFICE, filename));
    const extractor = new PdfExtractor(new FilesInside(() => new Map()));
    const document = await extractor
      .extract({ bytes, filename }, new AbortController().signal)
      .catch((error: unknown) => {
        if (error instanceof IngestionFailure) return { text: '', blocks: [] };
        throw error;
      });
    for (const { start, end, page: number } of document.blocks) {
      const passage = document.text.slice(start, end);
      if (number === undefined || passage.length < 20) continue;
      const { boxes } = await viewPage(bytes, { number, passage });
      if (boxes.length > 0) found += 1;
      else missed.push(`${filename}: ${passage}`);
    }
  }
  expect(missed).toEqual([]);
  expect(found).toBeGreaterThan(100);
}, 60_000);
