import { compiledEntry } from '@vectorlane/config';
import { IngestionFailure } from '@vectorlane/errors';
import fc from 'fast-check';
import { finishDocument } from '../../document-check';
import { ParserPool } from '../../isolation/parser-pool';
import { parserProcess } from '../../isolation/parser-process';
import type { ExtractedDocument } from '../../text-extractor';
import { BEYOND_BASIC_PLANE, column, linearized, pdf, text, unicode } from './pdf-fixture';
import { FilesInside } from '../files-inside';
import { PdfExtractor } from './pdf.extractor';
import { sized } from '../../../../../test/support/sizes';

/** No word on the file, but ours. */
const TROUBLE: ReadonlySet<string> = new Set(['INTERNAL_ERROR', 'PARSER_CRASHED', 'TIMEOUT']);

describe('PdfExtractor', () => {
  let pool: ParserPool | undefined;

  afterAll(() => pool?.close());

  it('gives paragraphs with their pages, and headings by their size', async () => {
    const document = await read(
      pdf([
        [
          text('A Guide to Tea', { size: 20, y: 50 }),
          ...column(['Tea is made of leaves and of hot water.', 'It is drunk all over the world, by most of', 'its people.'], { y: 90 }), // prettier-ignore
          text('Green tea', { size: 14, y: 150 }),
          ...column(['The leaves are not', 'oxidised.'], { y: 170 }),
          ...column(['They keep their colour.'], { y: 210 }),
        ],
        [text('Black tea', { size: 14, y: 50 }), ...column(['These leaves are oxidised.'], { y: 70 })],
      ]),
    );
    expect(outline(document)).toEqual([
      '1 heading [] A Guide to Tea',
      '1 paragraph [A Guide to Tea] Tea is made of leaves and of hot water. It is drunk all over the world, by most of its people.',
      '1 heading [A Guide to Tea] Green tea',
      '1 paragraph [A Guide to Tea > Green tea] The leaves are not oxidised.',
      '1 paragraph [A Guide to Tea > Green tea] They keep their colour.',
      '2 heading [A Guide to Tea] Black tea',
      '2 paragraph [A Guide to Tea > Black tea] These leaves are oxidised.',
    ]);
  });

  it('joins words divided at the end of a line, and keeps those written with a hyphen', async () => {
    const lines = ['this well-known ingre-', 'dient and its well-', 'known taste of 2019-', '2020 by Jean-', 'Paul'];
    expect(texts(await read(pdf([column(lines)])))).toEqual([
      'this well-known ingredient and its well-known taste of 2019-2020 by Jean-Paul',
    ]);
  });

  it('begins a paragraph at an indent, after a short last line and at a bullet', async () => {
    const wide = 'words that fill the line up to its very end, and then some';
    const document = await read(
      pdf([
        [
          ...column([wide, `${wide}.`]),
          ...column([wide], { x: 70, y: 74 }),
          ...column([wide, 'end here.', wide, wide, '\u2022 one', '\u2022 two'], { y: 86 }),
        ],
      ]),
    );
    expect(outline(document)).toEqual([
      `1 paragraph [] ${wide} ${wide}.`,
      `1 paragraph [] ${wide} ${wide} end here.`,
      `1 paragraph [] ${wide} ${wide}`,
      '1 list-item [] • one',
      '1 list-item [] • two',
    ]);
  });

  it('puts pieces of a line together, whatever their order, with the space that the eye sees', async () => {
    const pieces = [
      text('up', { x: 50 + 4 * 6 }),
      text('Join', { x: 50 }),
      text('words', { x: 50 + 7 * 6 }),
      text('E=mc', { x: 50, y: 100 }),
      text('2', { x: 50 + 4 * 6, y: 96, size: 6 }),
    ];
    expect(texts(await read(pdf([pieces])))).toEqual(['Joinup words', 'E=mc2']);
  });

  it('reads two columns one after the other, even when the file draws them row by row', async () => {
    const words = (column: string): string[] =>
      Array.from({ length: 12 }, (_, row) => `${column} row ${row} with as many words as fit it`);
    const left = column(words('left'), { x: 40, y: 120 });
    const right = column(words('right'), { x: 320, y: 123 });
    const rows = left.flatMap((line, row) => [line, right[row] ?? line]);
    const title = text('A title that stands across both of the columns of the page', { x: 80, y: 80, size: 12 });
    const foot = text('A note at the foot of the page that spans the columns as well, and ends.', { x: 40, y: 300 });
    const found = (await read(pdf([[...rows, title, foot]]))).text;
    const places = ['A title', 'left row 0', 'left row 11', 'right row 0', 'right row 11', 'A note'].map((words) =>
      found.indexOf(words),
    );
    expect(Math.min(...places)).toBe(0);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  describe('a table', () => {
    const row = (cells: readonly string[], y: number, step = 100): string[] =>
      cells.map((cell, at) => text(cell, { x: 50 + at * step, y }));
    const rows = (cells: readonly (readonly string[])[], y = 50): string[] =>
      cells.flatMap((found, index) => row(found, y + index * 12));
    const CITIES = [
      ['City', 'People', 'River'],
      ['Berlin', '3,600,000', 'Spree'],
      ['Bonn', '330,000', 'Rhine'],
    ];

    it('becomes rows of Markdown', async () => {
      const document = await read(pdf([[...rows(CITIES), ...column(['Some words of the text below.'], { y: 200 })]]));
      expect(outline(document)).toEqual([
        '1 row [] | City | People | River |\n| --- | --- | --- |',
        '1 row [] | Berlin | 3,600,000 | Spree |',
        '1 row [] | Bonn | 330,000 | Rhine |',
        '1 paragraph [] Some words of the text below.',
      ]);
      expect(document.blocks.map((block) => block.row)).toEqual([undefined, 1, 2, undefined]);
      expect(document.text).toContain('|\n| Berlin |');
    });

    it('keeps its empty cells, and signs that mean something to Markdown', async () => {
      const cells = [...CITIES, ['Ulm', '', 'Danube'], ['a|b', '12', 'none']];
      expect(texts(await read(pdf([rows(cells)]))).slice(-2)).toEqual(['| Ulm |  | Danube |', '| a\\|b | 12 | none |']);
    });

    it('goes on with the next page, whose header may be there again', async () => {
      const more = [
        ['Ulm', '126,000', 'Danube'],
        ['Trier', '110,000', 'Mosel'],
        ['Mainz', '217,000', 'Rhine'],
      ];
      for (const next of [more, [...CITIES.slice(0, 1), ...more]]) {
        const document = await read(pdf([rows(CITIES), rows(next)]));
        expect(texts(document)).toEqual([
          '| City | People | River |\n| --- | --- | --- |',
          ...[...CITIES.slice(1), ...more].map((cells) => `| ${cells.join(' | ')} |`),
        ]);
        expect(document.blocks.map((block) => block.page)).toEqual([1, 1, 1, 2, 2, 2]);
        expect(document.blocks.map((block) => block.row)).toEqual([undefined, 1, 2, 3, 4, 5]);
      }
    });

    it('is none where words stand beside each other by chance', async () => {
      const two = [
        ['Left', 'Right'],
        ['One', 'Two'],
      ];
      expect(texts(await read(pdf([rows(two)])))).toEqual(['Left\tRight\nOne\tTwo']);
      const ragged = [0, 37, 11, 61].flatMap((shift, index) => row(['Some', 'words'], 50 + index * 12, 150 + shift));
      expect((await read(pdf([ragged]))).blocks.every(({ kind }) => kind === 'paragraph')).toBe(true);
    });
  });

  describe('what repeats on the pages', () => {
    const book = (pages: number): Buffer =>
      pdf(
        Array.from({ length: pages }, (_, index) => [
          text('The Book of Tea', { y: 30, x: index % 2 === 0 ? 50 : 300 }),
          ...column([`Page about subject ${String.fromCharCode(65 + index)}.`], { y: 100 }),
          text(`${index + 12}`, { y: 770 }),
        ]),
      );

    it('is dropped, apart from the first place of words', async () => {
      expect(texts(await read(book(5)))).toEqual([
        'The Book of Tea',
        ...['A', 'B', 'C', 'D', 'E'].map((subject) => `Page about subject ${subject}.`),
      ]);
    });

    it('stays when there are too few pages to tell', async () => {
      expect(texts(await read(book(3)))).toHaveLength(9);
    });

    it('stays when it only looks alike: numbers that do not follow the pages', async () => {
      const numbers = [311, 27, 4501, 88, 9034];
      const file = pdf(
        numbers.map((number) => [...column(['Some words.'], { y: 400 }), text(`${number}`, { y: 770 })]),
      );
      expect(texts(await read(file))).toEqual(numbers.flatMap((number) => ['Some words.', `${number}`]));
    });
  });

  it('takes headings from the outline, though they are no larger than the text', async () => {
    const body = 'Here is text that goes on for a while, so that it fills a line.';
    const file = pdf(
      [
        [text('1 Beginnings', { y: 50 }), ...column([body, body], { y: 62 })],
        [text('1.1 Of the', { y: 50 }), text('First Leaf', { y: 62 }), ...column([body], { y: 74 })],
      ],
      { outline: [{ title: 'Beginnings', page: 0, children: [{ title: 'Of the First Leaf', page: 1 }] }] },
    );
    expect(outline(await read(file))).toEqual([
      '1 heading [] 1 Beginnings',
      `1 paragraph [1 Beginnings] ${body} ${body}`,
      '2 heading [1 Beginnings] 1.1 Of the First Leaf',
      `2 paragraph [1 Beginnings > 1.1 Of the First Leaf] ${body}`,
    ]);
  });

  it('does not call a text heading because it is large', async () => {
    const half = Array.from({ length: 40 }, (_, page) => [
      ...column(['small words of the body text that are the most common ones'], { y: 300 }),
      text(`Large words ${page} like on a slide`, { size: 24, y: 200 }),
    ]);
    expect((await read(pdf(half))).blocks.filter(({ kind }) => kind === 'heading')).toEqual([]);
  });

  it.each([90, 180, 270])('reads a page that is turned by %i degrees', async (rotate) => {
    const turned = new Map([
      [90, '0 1 -1 0 300 50'],
      [180, '-1 0 0 -1 500 700'],
      [270, '0 -1 1 0 300 700'],
    ]).get(rotate);
    const content = `q ${turned} cm BT /F1 10 Tf 0 0 Td (first line of) Tj 0 -12 Td (the turned text) Tj ET Q`;
    // Drawn askew, and either shown so or turned upright by the page.
    for (const upright of [0, rotate]) {
      expect(texts(await read(pdf([[content]], { rotate: upright })))).toEqual(['first line of the turned text']);
    }
  });

  it.each([
    ['ideographs, without spaces where a line ends', ['中文測試的第一行', '第二行'], '中文測試的第一行第二行'],
    ['Hangul, with spaces', ['한국어 문장', '계속'], '한국어 문장 계속'],
    ['Hebrew, drawn from left to right', ['םלוע םולש'], 'שלום עולם'],
    ['Arabic in its shapes', ['\ufe8e\ufe92\ufea3\ufeae\ufee3'], 'مرحبا'],
    ['ligatures', ['e\ufb03cient \ufb01sh'], 'efficient fish'],
    ['accents put on letters', ['Cafe\u0301'], 'Café'],
    ['characters beyond the basic plane', [`smile ${BEYOND_BASIC_PLANE} end`], 'smile 😀 end'],
    ['what stands around controls', ['a\u0000b\u0007c\u009dd'], 'a b c d'],
  ])('keeps %s', async (_, lines, expected) => {
    expect(texts(await read(pdf([lines.map((line, row) => unicode(line, 50 + row * 12))])))).toEqual([expected]);
  });

  describe('its outcomes', () => {
    const page = column(['Some words to read.']);

    it.each([
      ['a user password', pdf([page], { password: 'secret' }), 'PASSWORD_PROTECTED', 'password'],
      ['no content but its head', Buffer.from('%PDF-1.7\n'), 'CORRUPT_FILE', 'complete'],
      ['a missing end', pdf([page, page, page]).subarray(0, 900), 'CORRUPT_FILE', 'complete'],
      ['less than it promises', Buffer.concat([linearized(99_999), pdf([page])]), 'CORRUPT_FILE', 'complete'],
      ['garbage', Buffer.from('%PDF-1.7\n garbage startxref 3 %%EOF'), 'CORRUPT_FILE', 'again'],
      ['nothing', Buffer.alloc(0), 'CORRUPT_FILE', 'again'],
      ['no pages', pdf([]), 'CORRUPT_FILE', 'PDF'],
      ['mostly damaged pages', pdf([page, ['broken'], ['broken'], ['broken'], page]), 'CORRUPT_FILE', '3 pages'],
      ['pictures alone', pdf([['picture'], ['picture']]), 'NEEDS_OCR', 'OCR'],
      ['a picture within a page', pdf([['BI /W 1 /H 1 /CS /G /BPC 8 ID x EI']]), 'NEEDS_OCR', 'OCR'],
      ['letters drawn as shapes', pdf([['0 0 m 9 9 l f\n'.repeat(80)]]), 'NEEDS_OCR', 'OCR'],
      ['scans with a stamp', pdf(Array(5).fill(['picture', text('Scanned by me', { y: 30 })])), 'NEEDS_OCR', 'OCR'],
      ['empty pages', pdf([[], ['0 0 m 9 9 l S']]), 'EMPTY_CONTENT', 'no text'],
      ['too many pages', pdf(Array(5_001).fill([])), 'TOO_LARGE', 'Split'],
    ])('on a file with %s', async (_, bytes, code, words) => {
      await expect(read(bytes)).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
    });

    it('let a file that anyone may open be read', async () => {
      expect(texts(await read(pdf([page], { password: '' })))).toEqual(['Some words to read.']);
    });

    it('let the good pages be read when fewer are damaged, and the text when others are pictures', async () => {
      const { blocks } = await read(pdf([page, ['broken'], ['picture'], page]));
      expect(blocks.map((block) => block.page)).toEqual([1, 4]);
    });

    it('leave the bytes of the caller alone', async () => {
      const bytes = pdf([page]);
      const copy = Buffer.from(bytes);
      await read(bytes);
      expect(bytes.equals(copy)).toBe(true);
    });
  });

  it('gives a document or a failure for any damage, and never brings its process down', async () => {
    const entry = compiledEntry('libs/extraction/src/isolation/extraction.process');
    pool = new ParserPool({ size: 1, open: parserProcess({ maxMemoryBytes: 512 * 1024 * 1024, entry }) });
    const whole = pdf([[text('Title', { size: 20 }), ...column(['some words', 'more words'], { y: 90 })], [unicode('中文')]], {
      outline: [{ title: 'Title', page: 0 }],
    }); // prettier-ignore
    const processes = pool;
    const place = fc.nat(whole.length - 1);
    const damage = fc.record({
      bytes: fc.array(fc.tuple(place, fc.nat(255)), { maxLength: 12 }),
      cut: fc.option(fc.tuple(place, fc.nat(200))),
      doubled: fc.option(fc.tuple(place, fc.nat(200))),
    });
    let survivors = 0;
    await fc.assert(
      fc.asyncProperty(damage, async ({ bytes, cut, doubled }) => {
        let damaged = Buffer.from(whole);
        for (const [at, value] of bytes) damaged[at] = value;
        if (cut !== null) damaged = without(damaged, ...cut);
        if (doubled !== null)
          damaged = Buffer.concat([damaged.subarray(0, doubled[0] + doubled[1]), damaged.subarray(doubled[0])]);
        try {
          const source = { bytes: damaged, filename: 'a.pdf' };
          await finishDocument(await processes.parse('pdf', source, new AbortController().signal));
          survivors += 1;
        } catch (error) {
          if (!(error instanceof IngestionFailure) || TROUBLE.has(error.code)) throw error;
        }
      }),
      { numRuns: sized(100, 500) },
    );
    expect(survivors).toBeGreaterThan(10);
  }, 120_000);
});

async function read(bytes: Uint8Array): Promise<ExtractedDocument> {
  const source = { bytes, filename: 'a.pdf' };
  // Whatever it gives has to be sound, and normal without being repaired.
  const document = await new PdfExtractor(new FilesInside(() => new Map())).extract(
    source,
    new AbortController().signal,
  );
  expect(await finishDocument(document)).toBe(document);
  return document;
}

function texts({ text: whole, blocks }: ExtractedDocument): string[] {
  return blocks.map(({ start, end }) => whole.slice(start, end));
}

function outline(document: ExtractedDocument): string[] {
  return texts(document).map((found, index) => {
    const { page, kind, headingPath } = document.blocks[index] ?? { kind: 'none', headingPath: [] };
    return `${page} ${kind} [${headingPath.join(' > ')}] ${found}`;
  });
}

function without(bytes: Buffer, at: number, length: number): Buffer<ArrayBuffer> {
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
}
