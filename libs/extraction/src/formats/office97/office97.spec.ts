import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'iconv-lite';
import { detectFormat } from '../../detect/format-detection';
import { createExtractors, indexExtractors } from '../../extractors';
import type { ExtractedDocument } from '../../text-extractor';
import {
  biff, compoundOf, currentUser, excel5Of, numbers, powerPoint97Of, powerPoint97Streams, pptRecord, word6Of,
} from './office97.fixture'; // prettier-ignore
import { word97Of } from './word97.fixture';

const extractors = indexExtractors(createExtractors());

/** As an upload goes: the format by name and content, then the text. */
function read(filename: string, bytes: Buffer): Promise<ExtractedDocument> {
  const { format } = detectFormat({ head: bytes.subarray(0, 65_536), filename }, extractors);
  const extractor = extractors.get(format);
  if (extractor === undefined) throw new Error(`no extractor for ${format}`);
  return extractor.extract({ bytes, filename }, new AbortController().signal);
}

async function outline(filename: string, bytes: Buffer): Promise<(readonly [string, string, string])[]> {
  const { text, blocks } = await read(filename, bytes);
  return blocks.map(
    ({ kind, start, end, headingPath }) => [kind, text.slice(start, end), headingPath.join(' > ')] as const,
  );
}

const office = (name: string): Buffer => readFileSync(join(__dirname, '../../../../../test/fixtures/office', name));

describe('DOC', () => {
  it.each([
    ['Russian', 0x419, encode('Причал закрыт.\rДо вторника.\r', 'windows-1251'), ['Причал закрыт.', 'До вторника.']],
    ['Polish', 0x415, encode('Zażółć gęślą jaźń.\r', 'windows-1250'), ['Zażółć gęślą jaźń.']],
    ['English', 0x409, encode('Fees – “due”\x0bon Monday.\r', 'windows-1252'), ['Fees – “due”\non Monday.']],
    ['Japanese', 0x411, encode('埠頭\r', 'shift_jis'), ['埠頭']],
  ])('of Word 6 in %s', async (_name, language, text, expected) => {
    expect((await outline('a.doc', word6Of(text, { language }))).map(([, block]) => block)).toEqual(expected);
  });

  it.each([
    ['Russian', 0x419, 'Причал закрыт.'],
    ['Japanese', 0x411, '埠頭は閉鎖中です。'],
    ['no language', 0, 'Fees – “due” 10 €'],
  ])('of Word 95 with letters of two bytes, in %s', async (_name, language, text) => {
    const bytes = word6Of(Buffer.from(`${text}\r`, 'utf16le'), { language, flags: 0x1000 });
    expect((await outline('a.doc', bytes)).map(([, block]) => block)).toEqual([text]);
  });

  it('gives what fields came to, and the cells of tables', async () => {
    const text =
      'See \x13PAGEREF x \x13 nested \x14 y \x15 \x14page 4\x15.\rBerth\x07Fee\x07\x07north\x0712\x07\x07After.\r';
    expect(await outline('a.doc', word6Of(Buffer.from(text, 'latin1')))).toEqual([
      ['paragraph', 'See page 4.', ''],
      ['row', 'Berth | Fee', ''],
      ['row', 'north | 12', ''],
      ['paragraph', 'After.', ''],
    ]);
  });

  it('gives notes where the text refers to them', async () => {
    const paragraphs = [{ text: 'Fees\x02 are due\x02.' }, { text: 'Other words\x02.' }];
    const bytes = word97Of({ paragraphs, notes: ['Of 2030', ' on \x13DATE\x14Monday\x15', 'See above'] });
    expect((await outline('a.doc', bytes)).map(([, text]) => text.replace(/ +/g, ' '))).toEqual([
      'Fees [Of 2030] are due [on Monday] .',
      'Other words [See above] .',
    ]);
  });

  it('keeps what was deleted, headers and comments out', async () => {
    const { text } = await read('a.doc', office('libreoffice.doc'));
    expect(text).not.toMatch(/gestrichene|Seite 1|Handbuch der Dorfmolkerei/);
  });

  it('that is RTF, or a page, is read as what it is', async () => {
    expect(await outline('a.doc', Buffer.from('{\\rtf1 Words.\\par}'))).toEqual([['paragraph', 'Words.', '']]);
    expect(await outline('a.doc', Buffer.from('<html><body><p>Words.</p></body></html>'))).toEqual([
      ['paragraph', 'Words.', ''],
    ]);
  });

  it.each([
    ['a password', word6Of(Buffer.from('x'), { flags: 0x100 }), 'PASSWORD_PROTECTED', /without one/],
    ['no document', compoundOf({ Other: Buffer.alloc(5_000) }), 'CORRUPT_FILE', /no Word document.*DOCX/],
    ['an older one', compoundOf({ WordDocument: Buffer.alloc(5_000, 1) }), 'CORRUPT_FILE', /older than Word 6.*DOCX/],
    ['half of it', office('libreoffice.doc').subarray(0, 9_000), 'CORRUPT_FILE', /save it as DOCX/],
  ])('with %s is refused with advice', async (_name, bytes, code, message) => {
    await expect(read('a.doc', bytes)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe('XLS', () => {
  const label = (row: number, column: number, text: Buffer): Buffer =>
    biff(0x204, [2, row], [2, column], [2, 0], [2, text.length], text);
  const number = (row: number, column: number, value: number): Buffer => {
    const double = Buffer.alloc(8);
    double.writeDoubleLE(value);
    return biff(0x203, [2, row], [2, column], [2, 0], double);
  };

  it.each([
    [1251, 'windows-1251', 'Причал'],
    [932, 'shift_jis', '埠頭'],
    [0x8000, 'macintosh', 'Café'],
    [10_007, 'maccyrillic', 'Причал'],
    [10_029, 'maccenteuro', 'Ładowność'],
  ])('of Excel 5 in code page %i', async (page, charset, word) => {
    const text = encode(word, charset);
    const cells = [
      label(4, 0, text),
      label(4, 1, Buffer.from('Since')),
      label(5, 0, encode(`${word} ${word}`, charset)),
      number(5, 1, 36_526),
    ];
    const document = await read('a.xls', excel5Of(page, text, cells));
    expect(document.blocks.map(({ start, end }) => document.text.slice(start, end))).toEqual([
      word,
      `${word}: ${word} ${word}\nSince: 2000-01-01`,
    ]);
    expect(document.blocks.map(({ sheet, row }) => [sheet, row])).toEqual([
      [word, undefined],
      [word, 6],
    ]);
  });

  it('gives packed numbers, flags, errors and results of formulas', async () => {
    const rk = (bits: number): Buffer => biff(0x27e, [2, 0], [2, 0], [2, 9], [4, bits]);
    const formula = (column: number, value: readonly number[]): Buffer =>
      biff(0x06, [2, 0], [2, column], [2, 9], Buffer.from(value), Buffer.alloc(8));
    const cells = [
      rk((1234 << 2) | 3),
      biff(0xbd, [2, 0], [2, 1], [2, 9], [4, (-7 << 2) | 2], [2, 9], [4, 0x3ff80000], [2, 2]),
      biff(0x205, [2, 0], [2, 3], [2, 9], [1, 1], [1, 0]),
      biff(0x205, [2, 0], [2, 4], [2, 9], [1, 0x2a], [1, 1]),
      formula(5, [0, 0, 0, 0, 0, 0, 0xff, 0xff]),
      biff(0x207, [2, 4], Buffer.from('said')),
      formula(6, [1, 0, 0, 0, 0, 0, 0xff, 0xff]),
    ];
    const [, [, row = ''] = []] = await outline('a.xls', excel5Of(1252, Buffer.from('S'), cells));
    expect(row).toBe('12.34 | -7 | 1.5 | TRUE | #N/A | said | FALSE');
  });

  /** A workbook of Excel 97 with one cell of each shared text; `pieces` are the records that hold them. */
  const excel97Of = (count: number, pieces: readonly Buffer[], cells: readonly Buffer[] = []): Buffer => {
    const begin = (kind: number): Buffer => biff(0x809, [2, 0x600], [2, kind], Buffer.alloc(12));
    const shared = pieces.map((piece, at) =>
      at === 0 ? biff(0xfc, [4, count], [4, count], piece) : biff(0x3c, piece),
    );
    const globals = (start: number): Buffer =>
      Buffer.concat([
        begin(5),
        biff(0x85, [4, start], [2, 0], [1, 1], [1, 0], Buffer.from('S')),
        ...shared,
        biff(0x0a),
      ]);
    const texts = Array.from({ length: count }, (_, row) => biff(0xfd, [2, row], [2, 0], [2, 0], [4, row]));
    return compoundOf({ Workbook: Buffer.concat([globals(globals(0).length), begin(0x10), ...texts, ...cells, biff(0x0a)]) }); // prettier-ignore
  };
  const shared = (text: string, wide = false): Buffer =>
    Buffer.concat([Buffer.from([text.length, 0, wide ? 1 : 0]), Buffer.from(text, wide ? 'utf16le' : 'latin1')]);

  it.each<[string, readonly Buffer[]]>([
    ['within letters', [Buffer.concat([shared('Halcyon'), shared('Kestrel').subarray(0, 6)]), Buffer.from('\0trel')]],
    ['before all of its letters', [Buffer.concat([shared('Halcyon'), shared('Kestrel').subarray(0, 3)]), Buffer.from('\0Kestrel')]],
    ['before letters that are wider', [Buffer.concat([shared('Halcyon'), shared('Kestrel').subarray(0, 3)]), Buffer.concat([Buffer.from([1]), Buffer.from('Kestrel', 'utf16le')])]],
    ['between texts', [shared('Halcyon'), shared('Kestrel', true)]],
  ])('joins shared texts that a record cuts %s', async (_name, pieces) => {
    const last = Buffer.from([...shared('Osprey')]);
    const whole = [...pieces.slice(0, -1), Buffer.concat([pieces.at(-1) ?? last, last])];
    const texts = (await outline('a.xls', excel97Of(3, whole))).map(([, text]) => text);
    expect(texts).toEqual(['S', 'Halcyon: Kestrel', 'Halcyon: Osprey']);
  }); // prettier-ignore

  it.each([0x06, 0x206, 0x406])('reads long results of formulas, of records of kind %i', async (kind) => {
    const result = Buffer.from([0, 0, 0, 0, 0, 0, 0xff, 0xff]);
    const long = 'Berths along the northern quay are let by the month. '.repeat(200);
    const cells = [
      biff(kind, [2, 0], [2, 0], [2, 9], result, Buffer.alloc(8)),
      biff(0x207, [2, long.length], [1, 0], Buffer.from(long.slice(0, 8_000))),
      biff(0x3c, [1, 0], Buffer.from(long.slice(8_000))),
    ];
    const [, [, text = ''] = []] = await outline('a.xls', excel97Of(0, [Buffer.alloc(0)], cells));
    expect(text).toBe(long.trim());
  });

  it('reads hidden sheets', async () => {
    const cells = [label(0, 0, Buffer.from('kept'))];
    const { text, coverage } = await read('a.xls', excel5Of(1252, Buffer.from('Own'), cells, true));
    expect({ text, coverage }).toEqual({ text: 'Own\n\nkept', coverage: undefined });
  });

  it('that is a page is read as one', async () => {
    const page = '<html><table><tr><th>Ship<th>Port<tr><td>Halcyon<td>Bergen</table></html>';
    expect((await read('a.xls', Buffer.from(page))).text).toContain('Halcyon');
  });

  it.each([
    ['a password', excel5Of(1252, Buffer.from('S'), []), 'PASSWORD_PROTECTED'],
    ['no workbook', compoundOf({ Other: Buffer.alloc(5_000) }), 'CORRUPT_FILE'],
  ])('with %s is refused', async (name, bytes, code) => {
    // The record that says so stands right behind the first one.
    const locked = name === 'a password' ? compoundOf({ Workbook: Buffer.concat([biff(0x809, [2, 0x600], [2, 5]), biff(0x2f, [2, 0])]) }) : bytes; // prettier-ignore
    await expect(read('a.xls', locked)).rejects.toMatchObject({ code });
  });
});

describe('PPT', () => {
  it('gives each slide with its title, its lists and other texts', async () => {
    const slides = [
      [[2, ''], [0, 'Tides'], [1, 'High\rLow\x0bwater'], [4, 'A note']],
      [[6, 'Причал'], [5, 'от зари']],
      [[4, 'No title here']],
    ] as const; // prettier-ignore
    const document = await read('a.ppt', powerPoint97Of(slides));
    expect(await outline('a.pps', powerPoint97Of(slides))).toEqual([
      ['heading', 'Tides', ''],
      ['list-item', '- High', 'Tides'],
      ['list-item', '- Low\nwater', 'Tides'],
      ['paragraph', 'A note', 'Tides'],
      ['heading', 'Причал', ''],
      ['paragraph', 'от зари', 'Причал'],
      ['paragraph', 'No title here', ''],
    ]);
    expect(document.blocks.map(({ slide }) => slide)).toEqual([1, 1, 1, 1, 2, 2, 3]);
    expect(document.coverage?.pages).toBe(3);
  });

  it('gives texts of the outline that no shape shows, behind the others', async () => {
    const bytes = powerPoint97Of([[[0, 'Tides'], [1, 'High'], [4, 'Low']]], 1); // prettier-ignore
    expect(await outline('a.ppt', bytes)).toEqual([
      ['heading', 'Tides', ''],
      ['list-item', '- High', 'Tides'],
      ['paragraph', 'Low', 'Tides'],
    ]);
  });

  const tides = powerPoint97Streams([[[0, 'Tides'], [1, 'High']]]); // prettier-ignore
  const records = tides['PowerPoint Document'];
  const EDIT_BYTES = 36;
  const whole = [
    ['heading', 'Tides', ''],
    ['list-item', '- High', 'Tides'],
  ];

  it.each<[string, Buffer | undefined]>([
    ['is missing', undefined],
    ['is empty', Buffer.alloc(0)],
    ['is of another kind', Buffer.from('The name of somebody who wrote this.')],
    ['leads to the beginning', currentUser(0)],
    ['leads into a slide', currentUser(40)],
    ['leads out of the presentation', currentUser(0x7fffffff)],
  ])('is read when what leads to its latest edit %s', async (_name, user) => {
    const bytes = compoundOf({ 'PowerPoint Document': records, ...(user !== undefined && { 'Current User': user }) });
    expect(await outline('a.ppt', bytes)).toEqual(whole);
  });

  it.each<[string, (older: Buffer) => Buffer]>([
    ['is cut off', (older) => Buffer.concat([older, records.subarray(-EDIT_BYTES, -10)])],
    ['leads nowhere', (older) => Buffer.concat([older, pptRecord(0xff5, Buffer.alloc(28, 0x7f))])],
    ['is zeros', (older) => Buffer.concat([older, Buffer.alloc(EDIT_BYTES)])],
  ])('is read as it was before, and says so, when its latest edit %s', async (_name, damage) => {
    const streams = { 'PowerPoint Document': damage(records), 'Current User': currentUser(records.length) };
    const { text, coverage } = await read('a.ppt', compoundOf(streams));
    expect([text, coverage?.notes]).toEqual(['Tides\n\n- High', ['DAMAGED_PAGES']]);
  });

  it('says that a slide is damaged', async () => {
    const streams = powerPoint97Streams([[[0, 'Tides']], [[0, 'Winds']], [[0, 'Stars']]]);
    const damaged = Buffer.from(streams['PowerPoint Document']);
    // The second of the slides, which stand one behind the other.
    const slide = Buffer.from('0f00ee03', 'hex');
    damaged.writeUInt16LE(0x3333, damaged.indexOf(slide, damaged.indexOf(slide) + 1) + 2);
    const document = await read('a.ppt', compoundOf({ ...streams, 'PowerPoint Document': damaged }));
    expect([document.text, document.coverage]).toEqual([
      'Tides\n\nStars',
      { pages: 3, pagesWithoutText: [], notes: ['DAMAGED_PAGES'] },
    ]);
  });

  it('that is one of PowerPoint 95 too is read as that of 97', async () => {
    const of95 = { 'Current User': Buffer.alloc(80), 'PowerPoint Document': Buffer.from('03000000ffff0000', 'hex') };
    expect(await outline('a.ppt', compoundOf({ ...of95, PP97_DUALSTORAGE: tides }))).toEqual(whole);
    await expect(read('a.ppt', compoundOf(of95))).rejects.toMatchObject({
      code: 'CORRUPT_FILE',
      message: expect.stringMatching(/older than PowerPoint 97/),
    });
  });

  it('that is encrypted says so without what leads to its latest edit', async () => {
    const cipher = pptRecord(0x2f14, [Buffer.alloc(40)]);
    const directory = pptRecord(0x1772, numbers((1 << 20) | 7, records.length));
    const place = records.length + cipher.length;
    const edit = pptRecord(0xff5, numbers(0, 0, 0, place, 1, 0, 0, 7));
    const streams = { 'PowerPoint Document': Buffer.concat([records, cipher, directory, edit]) };
    await expect(read('a.ppt', compoundOf(streams))).rejects.toMatchObject({ code: 'PASSWORD_PROTECTED' });
  });

  it.each([
    ['a password', { EncryptedSummary: Buffer.alloc(8) }, 'PASSWORD_PROTECTED', /without one/],
    ['an older version', { PP40: Buffer.alloc(8) }, 'CORRUPT_FILE', /older than PowerPoint 97.*PPTX/],
    ['no presentation', { Other: Buffer.alloc(8) }, 'CORRUPT_FILE', /no presentation.*PPTX/],
  ])('with %s is refused with advice', async (_name, streams, code, message) => {
    await expect(read('a.ppt', compoundOf(streams))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});
