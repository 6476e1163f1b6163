import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { finishDocument } from '../../document-check';
import type { ExtractedDocument } from '../../text-extractor';
import { compositeFont, HELVETICA, hex, objects, onePage, pdf, stream, text, unicodeMap } from './pdf-fixture';
import { createExtractors, indexExtractors } from '../../extractors';
import { FilesInside } from '../files-inside';
import { PdfExtractor } from './pdf.extractor';

/** Kinds of files that lose or corrupt text in many readers. */

const OFFICE = join(__dirname, '../../../../../test/fixtures/office');
const extractor = new PdfExtractor(new FilesInside(() => indexExtractors(createExtractors())));

async function read(bytes: Uint8Array): Promise<ExtractedDocument> {
  const { signal } = new AbortController();
  return finishDocument(await extractor.extract({ bytes, filename: 'a.pdf' }, signal));
}

const textOf = async (bytes: Uint8Array): Promise<string> => (await read(bytes)).text;
const line = (code: string, y = 700, x = 50, size = 14): string => `BT /F1 ${size} Tf ${x} ${y} Td <${code}> Tj ET`;

describe('CJK without a map to Unicode and without its font', () => {
  // Bytes of each encoding, since Node writes none of them.
  it.each([
    ['GBK-EUC-H', 'GB1', 'b8dbbfdab9dcc0edb0ecb7a8', '港口管理办法'],
    ['ETen-B5-H', 'CNS1', 'b4e4a466badeb27a', '港口管理'],
    ['90ms-RKSJ-H', 'Japan1', '8d6082cc8ac7979d8b4b91a5', '港の管理規則'],
    ['EUC-H', 'Japan1', 'b9c1a4ceb4c9cdfd', '港の管理'],
    ['KSCms-UHC-H', 'Korea1', 'c7d7b1b820b0fcb8ae', '항구 관리'],
    ['UniGB-UCS2-H', 'GB1', hex('港口管理'), '港口管理'],
    ['UniJIS-UTF16-H', 'Japan1', hex('港の管理'), '港の管理'],
    ['UniCNS-UTF16-H', 'CNS1', hex('港口管理'), '港口管理'],
    ['Identity-H', 'Japan1', '034b034d034f', 'あいう'],
  ])('is read by the map %s of %s', async (encoding, ordering, code, expected) => {
    expect(await textOf(onePage(line(code), { more: [compositeFont(encoding, ordering)] }))).toBe(expected);
  });
});

describe('letters printed more than once', () => {
  const helvetica = (words: string, x: number, y: number, size = 16): string =>
    `BT /F1 ${size} Tf ${x} ${y} Td (${words}) Tj ET`;

  it.each([
    ['each by itself, side by side', [...'Harbour'].flatMap((letter, index) => [0, 0.5].map((shift) => helvetica(letter, 50 + 9 * index + shift, 700))).join('\n'), 'Harbour'], // prettier-ignore
    [
      'in one element that goes back',
      'BT /F1 16 Tf 50 700 Td [(H) 700 (H) -20 (a) 530 (a) -20 (t) 250 (t)] TJ ET',
      'Hat',
    ],
    ['line over line', [0, 0.4, 0.8].map((shift) => helvetica('Harbour dues', 50 + shift, 700 - shift)).join('\n'), 'Harbour dues'], // prettier-ignore
    ['as a shadow', `0.7 g ${helvetica('Annual Report', 54, 695, 24)} 0 g ${helvetica('Annual Report', 50, 700, 24)}`, 'Annual Report'], // prettier-ignore
    ['and letters that are double in a word', helvetica('balloon offing', 50, 700), 'balloon offing'],
    [
      'and a word that comes twice in a line',
      `${helvetica('hush', 50, 700)} ${helvetica('hush', 90, 700)}`,
      'hush hush',
    ],
  ])('are read once: %s', async (_, content, expected) => {
    expect(await textOf(onePage(content))).toBe(expected);
  });
});

describe('from right to left', () => {
  const font = compositeFont('Identity-H', 'Identity', { toUnicode: 6, width: 600 });
  const drawn = (content: string, codes: Record<string, string>): Promise<string> =>
    textOf(onePage(content, { more: [font, unicodeMap(codes)] }));
  const SALAM = { '0001': '\u0645', '0002': '\u0644\u0627', '0003': '\u0633' };

  it.each([
    ['drawn from left to right', line('000100020003'), SALAM],
    ['drawn letter by letter from the right', [3, 2, 1].map((code, index) => line(`000${code}`, 700, 100 - 8.4 * index)).join('\n'), SALAM], // prettier-ignore
    ['with a ligature as one character', line('000100020003'), { ...SALAM, '0002': '\ufefb' }],
    ['in shapes by position', line('000100020003'), { '0001': '\ufee1', '0002': '\ufefc', '0003': '\ufeb3' }],
  ])('keeps the letters of a ligature in their order: %s', async (_, content, codes) => {
    expect(await drawn(content, codes)).toBe('\u0633\u0644\u0627\u0645');
  });

  /** What stands on the page from left to right, below a line of the script. */
  const standing = async (shown: string): Promise<string> => {
    const above = 'תירבעב הרוש';
    const letters = [...new Set(above + shown)];
    const code = (letter: string): string => (letters.indexOf(letter) + 1).toString(16).padStart(4, '0');
    const codes = (words: string): string => [...words].map(code).join('');
    const map = Object.fromEntries(letters.map((letter) => [code(letter), letter]));
    const found = await drawn(`${line(codes(above), 750)} ${line(codes(shown))}`, map);
    return found.split('\n\n').at(-1) ?? '';
  };

  it.each([
    ['a number', 'םיפד 42 שי', 'יש 42 דפים'],
    ['a number with signs', 'ח״ש 3,141.59 ריחמ', 'מחיר 3,141.59 ש״ח'],
    ['words of the other direction', 'רפס harbour dues הז', 'זה harbour dues ספר'],
    ['letters and digits in one word', 'רדח B12', 'B12 חדר'],
  ])('keeps %s in order', async (_, shown, expected) => {
    expect(await standing(shown)).toBe(expected);
  });
});

describe('vertical writing', () => {
  const vertical = compositeFont('UniJIS-UCS2-V', 'Japan1');
  const upright = compositeFont('UniJIS-UCS2-H', 'Japan1');
  const columns = ['縦書きの文章です。', '二行目はここから。'];

  it('is read column by column from the right', async () => {
    const content = columns.map((column, index) => line(hex(column), 700, 300 - 30 * index)).join('\n');
    expect(await textOf(onePage(content, { more: [vertical] }))).toBe(columns.join(''));
  });

  it('is found where each letter is placed by itself', async () => {
    const content = columns.map((column, index) => [...column].map((letter, row) => line(hex(letter), 700 - 15 * row, 300 - 30 * index)).join('\n')); // prettier-ignore
    expect(await textOf(onePage(content.join('\n'), { more: [upright] }))).toBe(columns.join(''));
  });

  it('is not seen in a column of a table', async () => {
    const rows = ['一', '二', '三', '四', '五'].map((number, row) => `${line(hex(number), 700 - 30 * row)} ${line(hex('番号'), 700 - 30 * row, 120)}`); // prettier-ignore
    const found = await textOf(onePage(rows.join('\n'), { more: [upright] }));
    expect(found.split(/\n+/)[0]).toMatch(/^\| 一 \| 番号 \|$/);
  });
});

describe('text that is turned', () => {
  const turned = (matrix: string, words: string, size = 12): string =>
    `BT /F1 ${size} Tf ${matrix} Tm (${words}) Tj ET`;

  it.each([
    ['by an angle', turned('0.7071 0.7071 -0.7071 0.7071 100 300', 'Kept dry in the loft')],
    ['by a smaller one', turned('0.9659 0.2588 -0.2588 0.9659 100 300', 'Kept dry in the loft')],
    ['upside down by a size below zero', turned('1 0 0 1 300 300', 'Kept dry in the loft', -12)],
    ['there and back', turned('-1 0 0 -1 100 300', 'Kept dry in the loft', -12)],
  ])('is read along its line: %s', async (_, content) => {
    expect(await textOf(onePage(content))).toBe('Kept dry in the loft');
  });

  it('is not mixed with the lines it crosses', async () => {
    const level = [0, 1, 2].map((row) => `BT /F1 12 Tf 50 ${340 - 14 * row} Td (line ${row} of the text that stands level) Tj ET`); // prettier-ignore
    const mark = turned('0.7071 0.7071 -0.7071 0.7071 90 280', 'DRAFT COPY', 24);
    const found = await textOf(onePage([...level, mark].join('\n')));
    expect(found.replace(/\s+/g, ' ')).toBe(
      'line 0 of the text that stands level line 1 of the text that stands level line 2 of the text that stands level DRAFT COPY',
    );
  });
});

describe('text that lies on the page', () => {
  const note = (entries: string, appearance?: string): Buffer =>
    onePage('BT /F1 12 Tf 50 750 Td (Survey of the basin) Tj ET', {
      more: [
        HELVETICA,
        `<< /Type /Annot /Rect [50 600 300 640] ${entries} ${appearance === undefined ? '' : '/AP << /N 7 0 R >>'} >>`,
        ...(appearance === undefined ? [] : [stream(appearance, '/Type /XObject /Subtype /Form /BBox [0 0 250 40] /Resources << /Font << /F1 5 0 R >> >>')]), // prettier-ignore
      ],
      page: '/Annots [6 0 R]',
    });
  const DRAWN = 'BT /F1 10 Tf 4 24 Td (Approved by the board) Tj 0 -12 Td (on the third of May) Tj ET';

  it.each([
    ['free text', note('/Subtype /FreeText /Contents (Approved by the board) /DA (/Helv 10 Tf 0 g)'), 'Approved by the board'], // prettier-ignore
    ['free text of several lines', note('/Subtype /FreeText /Contents (Approved\\rby the board) /DA (/Helv 10 Tf 0 g)'), 'Approved by the board'], // prettier-ignore
    ['free text as it is drawn, once', note('/Subtype /FreeText /Contents (Approved by the board on the third of May)', DRAWN), 'Approved by the board on the third of May'], // prettier-ignore
    [
      'a stamp',
      note('/Subtype /Stamp /Contents (a comment on it)', DRAWN),
      'Approved by the board on the third of May',
    ],
  ])('is read: %s', async (_, bytes, expected) => {
    expect(await textOf(bytes)).toBe(`Survey of the basin\n\n${expected}`);
  });

  it.each([
    ['hidden', note('/Subtype /FreeText /F 2 /Contents (Approved)', DRAWN)],
    ['not to be viewed', note('/Subtype /Stamp /F 32', DRAWN)],
    ['a comment', note('/Subtype /Text /Contents (Approved)', DRAWN)],
    ['a link', note('/Subtype /Link /Contents (Approved)', DRAWN)],
  ])('is left out when it is %s', async (_, bytes) => {
    expect(await textOf(bytes)).toBe('Survey of the basin');
  });

  it('is all there is', async () => {
    const bytes = onePage('', {
      more: [HELVETICA, '<< /Type /Annot /Subtype /FreeText /Rect [50 600 300 640] /Contents (Only this) >>'],
      page: '/Annots [6 0 R]',
    });
    expect(await textOf(bytes)).toBe('Only this');
  });
});

describe('values of fields', () => {
  const field = (entries: string): Promise<string> =>
    textOf(
      onePage('BT /F1 12 Tf 50 700 Td (Name of the boat:) Tj ET', {
        more: [
          HELVETICA,
          `<< /Type /Annot /Subtype /Widget /T (boat) /Rect [160 695 300 712] ${entries} >>`,
          stream('', '/Type /XObject /Subtype /Form /BBox [0 0 9 9]'),
          stream(
            '/Tx BMC BT /Helv 10 Tf 2 4 Td (1,250.00) Tj ET EMC',
            '/Type /XObject /Subtype /Form /BBox [0 0 140 17] /Resources << /Font << /Helv 5 0 R >> >>',
          ),
        ],
        page: '/Annots [6 0 R]',
        catalog: '/AcroForm << /Fields [6 0 R] /DA (/Helv 0 Tf 0 g) /DR << /Font << /Helv 5 0 R >> >> >>',
      }),
    );

  it.each([
    ['a text', '/FT /Tx /V (Kestrel)', 'Name of the boat: Kestrel'],
    ['a text in UTF-16', `/FT /Tx /V <feff${hex('Чайка')}>`, 'Name of the boat: Чайка'],
    [
      'a choice, by its label',
      '/FT /Ch /Ff 131072 /V (k) /Opt [[(k) (Kestrel)] [(t) (Tern)]]',
      'Name of the boat: Kestrel',
    ],
    [
      'a box that is ticked',
      '/FT /Btn /V /Yes /AS /Yes /AP << /N << /Yes 7 0 R /Off 7 0 R >> >>',
      'Name of the boat: ☑',
    ],
    ['a box that is not', '/FT /Btn /V /Off /AS /Off /AP << /N << /Yes 7 0 R /Off 7 0 R >> >>', 'Name of the boat:'],
    ['a password', '/FT /Tx /Ff 8192 /V (secret)', 'Name of the boat:'],
    ['an empty one', '/FT /Tx', 'Name of the boat:'],
    ['what it shows without a value', '/FT /Tx /AP << /N 8 0 R >>', 'Name of the boat: 1,250.00'],
    ['what it shows of an empty value', '/FT /Tx /V () /AP << /N 8 0 R >>', 'Name of the boat: 1,250.00'],
    ['its value where it shows it otherwise', '/FT /Tx /V (1250) /AP << /N 8 0 R >>', 'Name of the boat: 1250'],
    ['nothing of a password that is drawn', '/FT /Tx /Ff 8192 /AP << /N 8 0 R >>', 'Name of the boat:'],
    ['nothing of one that is hidden', '/FT /Tx /F 2 /AP << /N 8 0 R >>', 'Name of the boat:'],
  ])('are read as they are shown: %s', async (_, entries, expected) => {
    expect((await field(entries)).replace(/\s+/g, ' ')).toBe(expected);
  });
});

describe('text that the file gives in other words (ActualText)', () => {
  const span = (actual: string, drawn: string): Buffer =>
    onePage(`BT /F1 12 Tf 50 700 Td (The ) Tj /Span << /ActualText ${actual} >> BDC (${drawn}) Tj EMC ( master) Tj ET`);

  it.each([
    ['for a word', '(harbour)', 'h@rb0ur', 'The harbour master'],
    ['for a word of another script', `<feff${hex('жук')}>`, 'xx', 'The жук master'],
    ['for a ligature', '(office)', 'oUce', 'The office master'],
  ])('is taken: %s', async (_, actual, drawn, expected) => {
    expect(await textOf(span(actual, drawn))).toBe(expected);
  });
});

describe('a form that a program makes the pages of (XFA)', () => {
  const TEMPLATE = `<template xmlns="http://www.xfa.org/schema/xfa-template/3.0/"><subform name="a">
    <draw><value><text>Application for a berth</text></value></draw>
    <field name="boat"><caption><value><text>Name of the boat</text></value></caption><value><text/></value></field>
    <field name="crew"><caption><value><text>Crew</text></value></caption><value><integer>2</integer></value></field>
    <field name="kind"><items><text>Yacht</text></items><event><script>app.alert("no")</script></event></field>
    <field name="old" presence="hidden"><caption><value><text>Office use</text></value></caption></field>
  </subform></template>`;
  const DATA = '<xfa:datasets xmlns:xfa="http://www.xfa.org/schema/xfa-data/1.0/"><xfa:data><a><boat>Kestrel &amp; Tern</boat><remark>Draws two metres</remark></a></xfa:data></xfa:datasets>'; // prettier-ignore
  const form = (packets: string, more: readonly Buffer[], { dynamic = true, shown = 'Please wait...' } = {}): Buffer =>
    onePage(`BT /F1 12 Tf 50 700 Td (${shown}) Tj ET`, {
      more: [HELVETICA, ...more],
      catalog: `${dynamic ? '/NeedsRendering true' : ''} /AcroForm << /Fields [] /XFA ${packets} >>`,
    });
  const WORDS = ['Application for a berth', 'Name of the boat Kestrel & Tern', 'Crew 2', 'remark: Draws two metres'];

  it.each([
    ['in packets', form('[(template) 6 0 R (datasets) 7 0 R]', [stream(TEMPLATE), stream(DATA)])],
    ['in one piece', form('6 0 R', [stream(`<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/">${TEMPLATE}${DATA}</xdp:xdp>`)])], // prettier-ignore
    ['not said to be dynamic, with pages that ask for a program', form('[(template) 6 0 R (datasets) 7 0 R]', [stream(TEMPLATE), stream(DATA)], { dynamic: false })], // prettier-ignore
  ])('is read by its words and data: %s', async (_, bytes) => {
    const { text: words, coverage } = await read(bytes);
    expect(words.split('\n\n')).toEqual(WORDS);
    expect(coverage).toEqual({ pages: 1, pagesWithoutText: [], notes: ['DYNAMIC_FORM'] });
  });

  it('keeps the pages that are in the file', async () => {
    const shown = 'Name of the boat: Kestrel';
    expect(await textOf(form('[(template) 6 0 R]', [stream(TEMPLATE)], { dynamic: false, shown }))).toBe(shown);
  });

  it.each([
    ['says nothing', '<template/>'],
    ['is damaged', '<template><draw><text>a</b>'],
  ])('fails and says why when it %s', async (_, template) => {
    await expect(read(form('[(template) 6 0 R]', [stream(template)]))).rejects.toMatchObject({
      code: 'EMPTY_CONTENT',
      message: expect.stringContaining('its own program'),
    });
  });
});

describe('files inside of a file', () => {
  const inside = (names: readonly string[], catalog = '', content = 'content', cover = 'A cover page'): Buffer => {
    const numbers = names.map((_, index) => 6 + 2 * index);
    return onePage(`BT /F1 12 Tf 50 700 Td (${cover}) Tj ET`, {
      more: [
        HELVETICA,
        ...names.flatMap((name, index) => [
          `<< /Type /Filespec /F (file) /UF <feff${hex(name)}> /EF << /F ${7 + 2 * index} 0 R >> >>`,
          stream(content, '/Type /EmbeddedFile'),
        ]),
      ],
      catalog: `${catalog} /Names << /EmbeddedFiles << /Names [${numbers.map((number) => `(n${number}) ${number} 0 R`).join(' ')}] >> >>`, // prettier-ignore
    });
  };

  it.each([
    ['an attachment', inside(['plan.xlsx']), ['FILE_INSIDE_NOT_READ: plan.xlsx']],
    ['a portfolio', inside(['a.docx', 'Übersicht.pdf'], '/Collection << /Type /Collection >>'), ['FILE_INSIDE_NOT_READ: a.docx', 'FILE_INSIDE_NOT_READ: Übersicht.pdf']], // prettier-ignore
    ['a portfolio of one file', inside(['a.xlsx'], '/Collection << /View /H >>'), ['FILE_INSIDE_NOT_READ: a.xlsx']],
    ['none', inside([]), []],
  ])('are named where they cannot be read: %s', async (_, bytes, notes) => {
    const { text: words, coverage } = await read(bytes);
    expect(words).toBe('A cover page');
    expect(coverage?.notes).toEqual(notes);
  });

  it('are read by their own formats, after the pages', async () => {
    const { text: words, blocks, coverage } = await read(inside(['fees.csv', 'x.bin'], '', 'berth,fee\nEast,15'));
    expect(words).toBe('A cover page\n\nfees.csv\n\nberth: East\nfee: 15\n\nx.bin\n\nberth,fee\nEast,15');
    expect(blocks.map(({ page, row, headingPath }) => [page, row, headingPath])).toEqual([
      [1, undefined, []],
      [undefined, undefined, []],
      [undefined, undefined, ['fees.csv']],
      [undefined, undefined, []],
      [undefined, undefined, ['x.bin']],
    ]);
    expect(coverage).toEqual({ pages: 1, pagesWithoutText: [], notes: [] });
  });

  it('are all there is where the page has no text, or is the cover of a portfolio', async () => {
    const file = 'The mooring fee is due in April.';
    expect(await textOf(inside(['a.txt'], '', file, ''))).toBe(`a.txt\n\n${file}`);
    const cover = 'For the best experience, open this PDF portfolio in another program.';
    expect(await textOf(inside(['a.txt'], '', file, cover))).toBe(`a.txt\n\n${file}`);
    expect(await textOf(inside(['a.txt'], '/Collection << /Type /Collection >>', file, ''))).toBe(`a.txt\n\n${file}`);
  });

  it('may be PDF files, as deep as mail may be nested', async () => {
    let bytes = inside(['a.txt'], '', 'innermost');
    const within = (outer: Buffer): Buffer => inside(['a.pdf'], '', outer.toString('latin1'));
    for (let depth = 0; depth < 2; depth += 1) bytes = within(bytes);
    expect(await textOf(bytes)).toMatch(/innermost$/);
    expect((await read(within(bytes))).coverage?.notes).toEqual(['FILE_INSIDE_NOT_READ: a.txt']);
  });
});

describe('encryption', () => {
  const handler = (filters: string): string =>
    `/Encrypt << /Filter /Standard /V 4 /R 4 /Length 128 /P -4 /O <${'41'.repeat(32)}> /U <${'42'.repeat(32)}> /CF << /StdCF << /Type /CryptFilter /CFM /AESV2 /AuthEvent /EFOpen /Length 16 >> >> ${filters} >> /ID [<01> <01>]`; // prettier-ignore
  const CONTENT = 'BT /F1 12 Tf 50 700 Td (Open to everybody) Tj ET';

  it.each([
    ['said in so many words', handler('/StmF /Identity /StrF /Identity /EFF /StdCF')],
    ['left to the defaults', handler('/EFF /StdCF')],
    ['with other entries between', handler('/StrF /Identity /EncryptMetadata false /EFF /StdCF')],
  ])('of attached files alone leaves the pages to be read: %s', async (_, trailer) => {
    expect(await textOf(onePage(CONTENT, { trailer }))).toBe('Open to everybody');
  });

  it('of the pages asks for the password', async () => {
    const trailer = handler('/StmF /StdCF /StrF /StdCF /EFF /StdCF');
    await expect(read(onePage(CONTENT, { trailer }))).rejects.toMatchObject({ code: 'PASSWORD_PROTECTED' });
  });

  it.each([
    ['of one page', pdf([[text('Open to everybody')]], { password: '' }), /^Open to everybody$/],
    ['of several', pdf([[text('Open')], [text('to everybody')]], { password: '' }), /^Open\n\nto everybody$/],
    ['of 256 bits, that forbids to copy', readFileSync(join(OFFICE, 'qpdf-owner-password.pdf')), /\w{3,} \w{3,}/],
  ])('with an empty user password is none: %s', async (_, bytes, expected) => {
    expect(await textOf(bytes)).toMatch(expected);
  });
});

describe('letters that no font explains', () => {
  const unknown = (
    codes: Record<string, string>,
    first = 'BT /F2 12 Tf 50 740 Td (Some words that can be read.) Tj ET',
  ) =>
    objects([
      '<< /Type /Catalog /Pages 2 0 R >>',
      '<< /Type /Pages /Count 1 /Kids [3 0 R] >>',
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R /F2 7 0 R >> >> >>',
      stream(`${first} ${line('0001000200030004')}`),
      compositeFont('Identity-H', 'Identity', { toUnicode: Object.keys(codes).length > 0 ? 6 : 0 }),
      unicodeMap(codes),
      HELVETICA,
    ]);
  const PRIVATE = { '0001': '\ue123', '0002': '\ue124', '0003': '\ue125', '0004': '\ue126' };
  const NONE = { '0001': '\uffff', '0002': '\ufffd', '0003': '\ufffe\uffff', '0004': '\0' };

  it.each([
    ['no map', unknown({})],
    ['a map to private characters', unknown(PRIVATE)],
    ['a map to characters that are none', unknown(NONE)],
  ])('are left out and told of: %s', async (_, bytes) => {
    const { text: words, coverage } = await read(bytes);
    expect(words).toBe('Some words that can be read.');
    expect(words).not.toMatch(/[\ufffd-\uffff\ue000-\uf8ff]/);
    expect(coverage?.notes).toEqual(['UNREADABLE_LETTERS']);
  });

  it('are no text where they are all there is', async () => {
    await expect(read(unknown(PRIVATE, ''))).rejects.toMatchObject({ code: 'NEEDS_OCR' });
  });

  it('are read by their codes where these are the letters', async () => {
    const words = 'The tide table of the northern harbour is read aloud every morning';
    const font = compositeFont('Identity-H', 'Identity');
    expect(await textOf(onePage(line(hex(words)), { more: [font] }))).toBe(words);
  });

  it('are not taken for letters where their codes count shapes', async () => {
    const shapes = [...'The tide table of the northern harbour is read aloud'].map((letter) => String.fromCharCode(letter.charCodeAt(0) - 29)).join(''); // prettier-ignore
    const font = compositeFont('Identity-H', 'Identity');
    await expect(read(onePage(line(hex(shapes)), { more: [font] }))).rejects.toMatchObject({ code: 'NEEDS_OCR' });
  });
});
