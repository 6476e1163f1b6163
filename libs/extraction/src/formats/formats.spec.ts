import fc from 'fast-check';
import { IngestionFailure } from '@vectorlane/errors';
import { detectFormat } from '../detect/format-detection';
import { createExtractors, indexExtractors } from '../extractors';
import type { ExtractedDocument, TextBlock } from '../text-extractor';
import { normaliseText } from '../text-normalisation';
import { GOOD_FILES } from './good-files.fixture';
import { sized } from '../../../../test/support/sizes';
import { epubOf, MAIL, NOTEBOOK, odfOf, pptxOf, RTF, SAVED_PAGE, shape, xlsxOf } from './formats.fixture';

const extractors = indexExtractors(createExtractors());
const signal = new AbortController().signal;

async function read(filename: string, content: Uint8Array | string): Promise<ExtractedDocument> {
  const bytes = Buffer.from(content as string);
  const { format } = detectFormat({ head: bytes.subarray(0, 65_536), filename }, extractors);
  const extractor = extractors.get(format);
  if (extractor === undefined) throw new Error(`no extractor for ${format}`);
  return extractor.extract({ bytes, filename }, signal);
}

async function outline(filename: string, content: Uint8Array | string): Promise<(readonly [string, string, string])[]> {
  const { text, blocks } = await read(filename, content);
  return blocks.map(
    ({ kind, start, end, headingPath }) => [kind, text.slice(start, end), headingPath.join(' > ')] as const,
  );
}

const places = ({ blocks }: ExtractedDocument, key: keyof TextBlock): unknown[] => blocks.map((block) => block[key]);

describe('presentations', () => {
  const table =
    '<p:graphicFrame><a:graphic><a:tbl><a:tr><a:tc><a:p><a:r><a:t>Berth</a:t></a:r></a:p></a:tc><a:tc><a:p><a:r><a:t>Fee</a:t></a:r></a:p></a:tc></a:tr></a:tbl></a:graphic></p:graphicFrame>';
  const SLIDES = [
    {
      shapes: `${shape(['One harbour', 'two piers'], 'body')}${shape(['Tides'], 'title')}${shape(['7'], 'sldNum')}`,
      notes: `${shape(['Say it slowly.'], 'body')}${shape(['1'], 'sldNum')}`,
    },
    { shapes: `${table}<p:pic><p:nvPicPr><p:cNvPr id="2" name="x" descr="A crane"/></p:nvPicPr></p:pic>` },
  ];

  it('give each slide with its title first, its tables, descriptions and notes', async () => {
    expect(await outline('talk.pptx', pptxOf(SLIDES))).toEqual([
      ['heading', 'Tides', ''],
      ['list-item', '- One harbour', 'Tides'],
      ['list-item', '- two piers', 'Tides'],
      ['paragraph', 'Say it slowly.', 'Tides'],
      ['row', 'Berth | Fee', ''],
      ['paragraph', 'A crane', ''],
    ]);
    const document = await read('talk.pptx', pptxOf(SLIDES));
    expect(places(document, 'slide')).toEqual([1, 1, 1, 1, 2, 2]);
    expect(document.coverage).toEqual({ pages: 2, pagesWithoutText: [], notes: [] });
  });

  it.each([
    ['ftr', 'Port of Brest'],
    ['dt', '12 May 2024'],
    ['hdr', 'For the board'],
  ])('give a %s that stands on a slide itself, and a slide with nothing else', async (role, text) => {
    expect(await outline('talk.pptx', pptxOf([{ shapes: shape([text], role) + shape(['7'], 'sldNum') }]))).toEqual([
      ['paragraph', text, ''],
    ]);
  });

  it('of OpenDocument too', async () => {
    const frame = (kind: string, text: string): string =>
      `<draw:frame presentation:class="${kind}"><draw:text-box><text:p>${text}</text:p></draw:text-box></draw:frame>`;
    const body = `<draw:page>${frame('title', 'Tides')}${frame('outline', 'High at noon.')}</draw:page><draw:page><draw:frame><draw:text-box><text:p>Low.</text:p></draw:text-box></draw:frame></draw:page>`;
    expect(await outline('talk.odp', odfOf('presentation', body))).toEqual([
      ['heading', 'Tides', ''],
      ['paragraph', 'High at noon.', 'Tides'],
      ['paragraph', 'Low.', ''],
    ]);
    expect(places(await read('talk.odp', odfOf('presentation', body)), 'slide')).toEqual([1, 1, 2]);
  });
});

describe('sheets', () => {
  const STYLES =
    '<numFmts><numFmt numFmtId="164" formatCode="0.0%"/><numFmt numFmtId="165" formatCode="#,##0.00&quot; EUR&quot;"/></numFmts>' +
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="22"/></cellXfs>';
  const s = (reference: string, index: number): string => `<c r="${reference}" t="s"><v>${index}</v></c>`;
  const n = (reference: string, value: string, style = 0): string =>
    `<c r="${reference}" s="${style}"><v>${value}</v></c>`;
  const WORKBOOK = {
    strings: [
      '<t>Ship</t>',
      '<t>Built</t>',
      '<r><t>Hal</t></r><r><t>cyon</t></r><rPh><t>no</t></rPh>',
      '<t>Share</t>',
      '<t>Fee</t>',
      '<t>Seen</t>',
    ],
    styles: STYLES,
    sheets: [
      {
        name: 'Fleet',
        rows:
          `<row r="3">${s('A3', 0)}${s('B3', 1)}${s('C3', 3)}${s('D3', 4)}${s('E3', 5)}</row>` +
          `<row r="4">${s('A4', 2)}${n('B4', '36526', 1)}${n('C4', '0.125', 2)}${n('D4', '1234.5', 3)}${n('E4', '46023.5', 4)}</row>` +
          '<row r="6"><c r="A6" t="inlineStr"><is><t>Kestrel</t></is></c><c r="D6"><f>SUM(1,2)</f><v>3</v></c></row>' +
          '<row r="7" hidden="1"><c r="A7" t="str"><v>Filtered</v></c></row>',
      },
      { name: 'Secret', state: 'hidden', rows: `<row r="1">${n('A1', '1')}</row>` },
      { name: 'Flags', rows: '<row r="1"><c r="A1" t="b"><v>1</v></c><c r="C1" t="e"><v>#REF!</v></c></row>' },
    ],
  };

  it('give rows under their headers, with values as they are shown', async () => {
    expect(await outline('fleet.xlsx', xlsxOf(WORKBOOK))).toEqual([
      ['heading', 'Fleet', ''],
      ['row', 'Ship: Halcyon\nBuilt: 2000-01-01\nShare: 12.5%\nFee: 1,234.50 EUR\nSeen: 2026-01-01 12:00', 'Fleet'],
      ['row', 'Ship: Kestrel\nBuilt:\nShare:\nFee: 3\nSeen:', 'Fleet'],
      ['row', 'Ship: Filtered\nBuilt:\nShare:\nFee:\nSeen:', 'Fleet'],
      ['heading', 'Secret', ''],
      ['row', '1', 'Secret'],
      ['heading', 'Flags', ''],
      ['row', 'TRUE |  | #REF!', 'Flags'],
    ]);
    expect(places(await read('fleet.xlsx', xlsxOf(WORKBOOK)), 'row')).toEqual([
      undefined,
      4,
      6,
      7,
      undefined,
      1,
      undefined,
      1,
    ]);
    expect((await read('fleet.xlsx', xlsxOf(WORKBOOK))).coverage).toBeUndefined();
  });

  it.each([
    ['XFD1', ['Anchor']],
    ['BZZ1', ['Anchor']],
    ['ALN1', ['Anchor']],
  ])('give a cell as far to the right as %s', async (reference, shown) => {
    const far = `<row r="1"><c r="${reference}" t="str"><v>Anchor</v></c></row>`;
    const both = `<row r="2"><c r="B2" t="str"><v>Buoy</v></c><c r="XFD2" t="str"><v>Chain</v></c></row>`;
    const found = await outline('far.xlsx', xlsxOf({ sheets: [{ name: 'Far', rows: far + both }] }));
    const words = found.slice(1).map(([, text]) => text.split(/[^A-Za-z]+/).filter(Boolean));
    expect(words).toEqual([shown, ['Buoy', 'Chain']]);
  });

  it('of OpenDocument too', async () => {
    const cell = (text: string, repeat = ''): string =>
      `<table:table-cell${repeat}><text:p>${text}</text:p></table:table-cell>`;
    const empty = '<table:table-cell table:number-columns-repeated="16384"/>';
    const body =
      `<table:table table:name="Fleet"><table:table-row>${cell('Ship')}${cell('Built')}${empty}</table:table-row>` +
      `<table:table-row table:number-rows-repeated="2">${cell('Halcyon')}${cell('2000-01-01')}</table:table-row>` +
      `<table:table-row table:number-rows-repeated="1048576">${empty}</table:table-row></table:table>`;
    expect(await outline('fleet.ods', odfOf('spreadsheet', body))).toEqual([
      ['heading', 'Fleet', ''],
      ['row', 'Ship: Halcyon\nBuilt: 2000-01-01', 'Fleet'],
      ['row', 'Ship: Halcyon\nBuilt: 2000-01-01', 'Fleet'],
    ]);
  });
});

describe('places in sheets', () => {
  it.each([
    ['a.xlsx', xlsxOf({ sheets: [{ name: 'Fleet', rows: '<row r="7"><c><v>1</v></c><c><v>2</v></c></row>' }] }), 7],
    [
      'a.ods',
      odfOf(
        'spreadsheet',
        '<table:table table:name="Fleet"><table:table-row><table:table-cell><text:p>1</text:p></table:table-cell></table:table-row></table:table>',
      ),
      1,
    ],
  ])('are the sheet and its row: %s', async (name, bytes, row) => {
    const { blocks } = await read(name, bytes);
    expect(blocks.map((block) => [block.kind, block.sheet, block.row])).toEqual([
      ['heading', 'Fleet', undefined],
      ['row', 'Fleet', row],
    ]);
  });
});

describe('texts of OpenDocument', () => {
  it('give headings, lists, tables and notes', async () => {
    const body =
      '<text:tracked-changes><text:p>no</text:p></text:tracked-changes><text:h text:outline-level="1">Berths</text:h>' +
      '<text:p>North<text:s text:c="2"/>quay<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>Since 1900.</text:p></text:note-body></text:note> is <text:span>old</text:span>.<office:annotation><text:p>no</text:p></office:annotation></text:p>' +
      '<text:list><text:list-item><text:p>one</text:p><text:list><text:list-item><text:p>two</text:p></text:list-item></text:list></text:list-item></text:list>' +
      '<table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell><table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table>';
    expect(await outline('a.odt', odfOf('text', body))).toEqual([
      ['heading', 'Berths', ''],
      ['paragraph', 'North  quay [Since 1900.]  is old.', 'Berths'],
      ['list-item', '- one', 'Berths'],
      ['list-item', '- two', 'Berths'],
      ['row', 'a | b', 'Berths'],
    ]);
  });

  it('are refused when they are encrypted, with the reason', async () => {
    const manifest = '<m:file-entry m:full-path="content.xml"><m:encryption-data/></m:file-entry>';
    await expect(read('a.odt', odfOf('text', 'x', { manifest }))).rejects.toMatchObject({ code: 'PASSWORD_PROTECTED' });
  });
});

describe('books', () => {
  const CHAPTERS = [
    ['one.xhtml', '<h1>Dawn</h1><p>The light went out.</p>'],
    ['part%20two/zwei drei.xhtml', '<h1>Dusk</h1><p>It came back.</p>'],
  ] as const;

  it('give their chapters in order', async () => {
    const chapters = [CHAPTERS[0], ['b c.xhtml', CHAPTERS[1][1]]] as const;
    expect(await outline('book.epub', epubOf(chapters))).toEqual([
      ['heading', 'Harbour lights', ''],
      ['heading', 'Dawn', 'Harbour lights'],
      ['paragraph', 'The light went out.', 'Harbour lights > Dawn'],
      ['heading', 'Dusk', 'Harbour lights'],
      ['paragraph', 'It came back.', 'Harbour lights > Dusk'],
    ]);
  });

  it('are refused when they are protected', async () => {
    const encryption =
      '<encryption xmlns:e="urn:e"><e:CipherData><e:CipherReference URI="OPS/one.xhtml"/></e:CipherData></encryption>';
    await expect(read('b.epub', epubOf([CHAPTERS[0]], encryption))).rejects.toMatchObject({
      code: 'PASSWORD_PROTECTED',
    });
  });
});

describe('mail', () => {
  const MESSAGE = [
    ['heading', 'Hafengebühren', ''],
    ['record', 'From: Ada <ada@example.org>\nTo: <b@example.org>\nDate: 2026-02-02T10:00:00.000Z', 'Hafengebühren'],
    ['paragraph', 'Die Liegegebühren steigen im Mai um zehn Prozent.', 'Hafengebühren'],
    ['heading', 'fees.csv', 'Hafengebühren'],
    ['row', 'berth: north\nfee: 12', 'Hafengebühren > fees.csv'],
    ['heading', 'letter.docx', 'Hafengebühren'],
    ['paragraph', 'A letter inside.', 'Hafengebühren > letter.docx'],
  ];

  it('gives its subject, who wrote it, its text and its attachments in order; what cannot be read is noted', async () => {
    expect(await outline('a.eml', MAIL)).toEqual(MESSAGE);
    expect((await read('a.eml', MAIL)).coverage?.notes).toEqual(['FILE_INSIDE_NOT_READ: blob.bin']);
  });

  it.each([
    ['Crew: Ada <a@x.org>, b@x.org;', 'Crew: Ada <a@x.org>, <b@x.org>'],
    ['Board:c@x.org;, Eve <e@x.org>', 'Board: <c@x.org>, Eve <e@x.org>'],
    ['undisclosed-recipients:;', 'undisclosed-recipients'],
  ])('names the people of a group: %s', async (to, shown) => {
    const { text } = await read('a.eml', `Subject: Hi\r\nFrom: z@x.org\r\nTo: ${to}\r\n\r\nCome aboard.\r\n`);
    expect(text.split('\n')).toContain(`To: ${shown}`);
  });

  it('is known by its first lines', async () => {
    expect(await outline('message', MAIL)).toEqual(MESSAGE);
  });

  it('in a box is read message by message', async () => {
    const box = `From ada Mon Feb  2 10:00:00 2026\n${MAIL}\nFrom bob Tue Feb  3 10:00:00 2026\nSubject: Second\n\nShort.\n`;
    expect(await outline('all.mbox', box)).toEqual([
      ...MESSAGE,
      ['heading', 'Second', ''],
      ['paragraph', 'Short.', 'Second'],
    ]);
  });

  it('as HTML alone is read as a page', async () => {
    const html = 'Subject: Hi\r\nFrom: a@b.c\r\nContent-Type: text/html; charset=iso-8859-1\r\n\r\n<p>caf\xe9</p>';
    expect((await read('a.eml', Buffer.from(html, 'latin1'))).text).toContain('café');
  });

  it('within mail within mail is read three deep', async () => {
    let inner = 'Subject: innermost\r\n\r\nwords\r\n';
    for (let depth = 0; depth < 6; depth += 1) {
      inner = `Subject: level${depth}\r\nContent-Type: multipart/mixed; boundary="b${depth}"\r\n\r\n--b${depth}\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="m.eml"\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(inner).toString('base64')}\r\n--b${depth}--\r\n`;
    }
    const document = await read('a.eml', inner);
    expect(document.text).not.toContain('innermost');
    expect(document.coverage?.notes).toEqual(['FILE_INSIDE_NOT_READ: m.eml']);
  });
});

describe('other formats', () => {
  it('saved pages', async () => {
    expect(await outline('a.mht', SAVED_PAGE)).toEqual([
      ['heading', 'Tides', ''],
      ['paragraph', 'High water at nöon.', 'Tides'],
    ]);
  });

  it('RTF', async () => {
    expect(await outline('a.rtf', RTF)).toEqual([
      ['heading', 'Berths', ''],
      ['paragraph', 'Привет, мир.\nNext line.', 'Berths'],
      ['row', 'Berth | Fee', 'Berths'],
      ['row', 'north | 12', 'Berths'],
      ['paragraph', 'After.', 'Berths'],
    ]);
  });

  it('RTF whose text is marked as ignorable, but not at the start of its group', async () => {
    const body = String.raw`{\rtf1\ansi{\*\gone no}{\loch\*\cs7\f2 The quick fox}{ \*\x jumps}{\*\cs8 never}\par}`;
    expect(await outline('a.rtf', body)).toEqual([['paragraph', 'The quick fox jumps', '']]);
  });

  it.each([
    [
      'a font of Japanese of the Mac',
      String.raw`\mac\ansicpg10001{\fonttbl\f0\fcharset78 X;}\f0 \'82\'a8\'93\'c7`,
      'お読',
    ],
    ['a code page of the Mac', String.raw`\mac\ansicpg10001 \'82\'a8\'93\'c7`, 'お読'],
    ['Cyrillic of the Mac', String.raw`\mac\ansicpg10007 \'8a\'ee\'ec\'e0\'ed\'e4\'e0`, 'Команда'],
    ['Chinese of the Mac', String.raw`\mac\ansicpg10008 \'d6\'d0\'b9\'fa`, '中国'],
    ['a second byte that is a letter', String.raw`\ansicpg932 \'83A\'83c`, 'アツ'],
    ['a second byte that is escaped', String.raw`\ansicpg932 \'95\\\'8e\'a6\'83\{`, '表示ボ'],
    ['bytes that stand as they are', '\\ansicpg932 \x83A\x83\x63\x82\xa8', 'アツお'],
    ['letters behind whole ones', String.raw`\ansicpg950 \'a4\'a4A\'a4\'e5B`, '中A文B'],
    ['letters of one byte', String.raw`\ansicpg932 \'b1A\'b2`, 'ｱAｲ'],
  ])('RTF in %s', async (_, body, text) => {
    expect(await outline('a.rtf', Buffer.from(`{\\rtf1${body}\\par}`, 'latin1'))).toEqual([
      ['paragraph', text.normalize('NFC'), ''],
    ]);
  });

  it('notebooks, without their pictures', async () => {
    expect(await outline('a.ipynb', NOTEBOOK)).toEqual([
      ['heading', '# Landings', ''],
      ['paragraph', 'By year.', 'Landings'],
      ['code', 'plot(x)', 'Landings'],
      ['code', '900\n40', 'Landings'],
      ['code', '<Figure>', 'Landings'],
      ['code', 'ValueError: bad', 'Landings'],
    ]);
  });

  it.each([
    [
      'a.py',
      'import os\n\ndef one():\n    a = 1\n\n    return a\n\ndef two():\n    pass\n',
      ['import os', 'def one():\n    a = 1\n\n    return a', 'def two():\n    pass'],
    ],
    ['a.yaml', 'a: 1\nb:\n  - x\n\nc: 2\n', ['a: 1\nb:\n  - x', 'c: 2']],
    [
      'a.xml',
      '<?xml version="1.0" encoding="iso-8859-1"?>\n<a>caf\u00e9</a>',
      ['<?xml version="1.0" encoding="iso-8859-1"?>\n<a>café</a>'],
    ],
  ])('code and the like: %s', async (filename, content, expected) => {
    expect((await outline(filename, content)).map(([kind, text]) => [kind, text])).toEqual(
      expected.map((text) => ['code', text]),
    );
  });

  it.each([
    ['a.zip', Buffer.from('PK\x03\x04 something'), /Unpack it/],
    ['a.bin', Buffer.from('d0cf11e0a1b11ae1', 'hex'), /name that ends in/],
    ['a.gz', Buffer.from('1f8b0800', 'hex'), /Unpack it/],
  ])('refuses %s with advice', (filename, head, advice) => {
    expect(() => detectFormat({ head, filename }, extractors)).toThrow(
      expect.objectContaining({ detail: expect.stringMatching(advice) }),
    );
  });
});

describe('damaged files of every format', () => {
  const REFUSALS = ['CORRUPT_FILE', 'PASSWORD_PROTECTED', 'TOO_LARGE', 'UNKNOWN_CHARSET', 'EMPTY_CONTENT', 'NEEDS_OCR'];

  it('are tried of each', () => expect(Object.keys(GOOD_FILES).sort()).toEqual([...extractors.keys()].sort()));

  it.each(Object.entries(GOOD_FILES))('%s: a sound text, or a refusal', async (format, good) => {
    const extractor = extractors.get(format);
    if (extractor === undefined) throw new Error(`no extractor for ${format}`);
    const change = fc.tuple(fc.nat(good.length - 1), fc.oneof(fc.constant(-1), fc.nat(255)));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), fc.nat(good.length), async (changes, cut) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[at] = value < 0 ? (bytes[at] ?? 0) ^ 0x20 : value;
        const source = { bytes: cut % 3 === 0 ? bytes.subarray(0, cut) : bytes, filename: `a.${format}` };
        try {
          expectSound(await extractor.extract(source, signal));
        } catch (error) {
          if (!(error instanceof IngestionFailure) || !REFUSALS.includes(error.code)) throw error;
        }
      }),
      { numRuns: sized(40, 1_000) },
    );
  });

  function expectSound({ text, blocks }: ExtractedDocument): void {
    expect(normaliseText(text)).toBe(text);
    let reached = 0;
    for (const { start, end } of blocks) {
      expect(start).toBeGreaterThanOrEqual(reached);
      expect(end).toBeGreaterThan(start);
      expect(text.slice(reached, start).trim()).toBe('');
      reached = end;
    }
    expect(text.slice(reached).trim()).toBe('');
  }
});
