import type { ExtractedDocument } from '../../text-extractor';
import { type DocxContent, docxOf, p, partsOf, r, relationships, table, type ZipEntry, zipOf } from './docx-fixture';
import { extractDocx } from './docx.extractor';

const extract = (bytes: Uint8Array): Promise<ExtractedDocument> =>
  extractDocx({ bytes, filename: 'a.docx' }, new AbortController().signal);
const textOf = async (content: DocxContent | string): Promise<string> => (await extract(docxOf(content))).text;
const run = (content: string): string => `<w:r>${content}</w:r>`;

describe('equations', () => {
  const t = (text: string): string => `<m:r><m:t>${text}</m:t></m:r>`;
  const e = (content: string): string => `<m:e>${content}</m:e>`;
  const part = (name: string, text: string): string => `<m:${name}>${t(text)}</m:${name}>`;

  it.each([
    ['a fraction', `<m:f>${part('num', '1')}${part('den', '2')}</m:f>`, '1/2'],
    ['a fraction of sums', `<m:f>${part('num', 'a+b')}${part('den', 'c')}</m:f>`, '(a+b)/c'],
    ['a power', `${t('3×')}<m:sSup>${e(t('10'))}${part('sup', '6')}</m:sSup>`, '3×10^6'],
    ['an index and a power', `<m:sSubSup>${e(t('x'))}${part('sub', 'i')}${part('sup', '2')}</m:sSubSup>`, 'x_i^2'],
    ['a root', `<m:rad><m:radPr><m:degHide m:val="1"/></m:radPr><m:deg/>${e(t('x+1'))}</m:rad>`, '√(x+1)'],
    ['a cube root', `<m:rad>${part('deg', '3')}${e(t('8'))}</m:rad>`, '∛8'],
    [
      'a sum',
      `<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr>${part('sub', 'i=1')}${part('sup', 'n')}${e(t('i'))}</m:nary>`,
      '∑_(i=1)^n i',
    ],
    ['an integral', `<m:nary>${part('sub', '0')}${part('sup', '1')}${e(t('x dx'))}</m:nary>`, '∫_0^1 x dx'],
    ['brackets', `${t('f')}<m:d>${e(t('x'))}</m:d>`, 'f(x)'],
    [
      'brackets of another kind',
      `<m:d><m:dPr><m:begChr m:val="["/><m:endChr m:val=")"/></m:dPr>${e(t('0'))}${e(t('1'))}</m:d>`,
      '[0|1)',
    ],
    [
      'a matrix',
      `<m:m><m:mr>${e(t('1'))}${e(t('0'))}</m:mr><m:mr>${e(t('0'))}${e(t('1'))}</m:mr></m:m>`,
      '[1, 0; 0, 1]',
    ],
    [
      'a fraction of fractions',
      `<m:f><m:num><m:f>${part('num', '1')}${part('den', '2')}</m:f></m:num>${part('den', '3')}</m:f>`,
      '(1/2)/3',
    ],
  ])('are written in one line: %s', async (_name, equation, expected) => {
    expect(await textOf(`<w:p>${r('It is ')}<m:oMath>${equation}</m:oMath>${r(' then.')}</w:p>`)).toBe(
      `It is ${expected} then.`,
    );
  });

  it('may be nested without an end', async () => {
    const deep = '<m:f><m:num>'.repeat(2_000) + t('x') + '</m:num></m:f>'.repeat(2_000);
    expect(await textOf(`<w:p>${r('a ')}<m:oMath>${deep}</m:oMath></w:p>`)).toContain('x');
  });
});

describe('automatic numbers', () => {
  const level = (ilvl: number, format: string, text: string, more = ''): string =>
    `<w:lvl w:ilvl="${ilvl}"><w:start w:val="1"/><w:numFmt w:val="${format}"/>${more}<w:lvlText w:val="${text}"/></w:lvl>`;
  const list = (levels: string, nums = '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'): string =>
    `<w:abstractNum w:abstractNumId="0">${levels}</w:abstractNum>${nums}`;
  const item = (text: string, ilvl = 0, numId = 1, style = ''): string =>
    p(text, `${style}<w:numPr><w:ilvl w:val="${ilvl}"/><w:numId w:val="${numId}"/></w:numPr>`);
  const HEADING = '<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style>';
  const LEGAL = level(0, 'decimal', '%1.') + level(1, 'decimal', '%1.%2') + level(2, 'lowerLetter', '(%3)');

  it.each([
    [
      'of clauses',
      LEGAL,
      item('Fees') + item('Due in April.', 1) + item('Not on Sundays.', 1) + item('Ends') + item('Late.', 1),
      ['1. Fees', '1.1 Due in April.', '1.2 Not on Sundays.', '2. Ends', '2.1 Late.'],
    ],
    [
      'of clauses three deep',
      LEGAL,
      item('a') + item('b', 1) + item('c', 2) + item('d', 2) + item('e', 1) + item('f', 2),
      ['1. a', '1.1 b', '(a) c', '(b) d', '1.2 e', '(a) f'],
    ],
    ['that begin deep', LEGAL, item('b', 1) + item('c', 1), ['1.1 b', '1.2 c']],
    ['in Roman figures', level(0, 'upperRoman', 'Article %1'), item('a') + item('b'), ['Article I a', 'Article II b']],
    [
      'in the legal way',
      level(0, 'upperRoman', '%1') + level(1, 'decimal', '%1.%2', '<w:isLgl/>'),
      item('a') + item('b', 1),
      ['I a', '1.1 b'],
    ],
    ['with zeros', level(0, 'decimalZero', '%1'), item('a') + item('b'), ['01 a', '02 b']],
    ['over paragraphs without text', level(0, 'decimal', '%1.'), item('a') + item('') + item('b'), ['1. a', '3. b']],
  ])('%s', async (_name, levels, body, expected) => {
    const { text, blocks } = await extract(docxOf({ body, numbering: list(levels) }));
    expect(blocks.map(({ start, end }) => text.slice(start, end))).toEqual(expected);
  });

  it('of headings stand in their titles', async () => {
    const body = item('Definitions', 0, 1, '<w:pStyle w:val="H1"/>') + item('Licensee means the office.', 1);
    const { text, blocks } = await extract(docxOf({ body, numbering: list(LEGAL), styles: HEADING }));
    expect(text).toContain('1. Definitions');
    expect(blocks[1]).toMatchObject({ kind: 'list-item', headingPath: ['1. Definitions'] });
  });

  it('begin again where a list says so, and go on where it does not', async () => {
    const nums =
      '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="0"/></w:num>' +
      '<w:num w:numId="3"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>';
    const body = item('a') + item('b', 0, 2) + item('c', 0, 3) + item('d', 0, 3);
    expect(await textOf({ body, numbering: list(level(0, 'decimal', '%1.'), nums) })).toBe('1. a\n2. b\n5. c\n6. d');
  });
});

describe('numbers in tables', () => {
  it('stand in their cells, and bullets do not', async () => {
    const numbering = ['decimal', 'bullet']
      .map(
        (format, id) =>
          `<w:abstractNum w:abstractNumId="${id}"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="${format}"/><w:lvlText w:val="${id === 0 ? '%1.' : '•'}"/></w:lvl></w:abstractNum>` +
          `<w:num w:numId="${id + 1}"><w:abstractNumId w:val="${id}"/></w:num>`,
      )
      .join('');
    const item = (text: string, list: number): string =>
      p(text, `<w:numPr><w:ilvl w:val="0"/><w:numId w:val="${list}"/></w:numPr>`);
    const body = table([
      [item('Fees', 1) + item('Terms', 1), item('a', 2) + item('b', 2)],
      [item('Law', 1), 'c'],
    ]);
    expect(await textOf({ body, numbering })).toBe('1. Fees 2. Terms | a b\n3. Law | c');
  });
});

describe('form fields', () => {
  const field = (data: string, result = ''): string =>
    run(`<w:fldChar w:fldCharType="begin"><w:ffData>${data}</w:ffData></w:fldChar>`) +
    run('<w:instrText> FORM </w:instrText>') +
    run('<w:fldChar w:fldCharType="separate"/>') +
    result +
    run('<w:fldChar w:fldCharType="end"/>');

  it.each([
    [
      'a choice',
      '<w:ddList><w:result w:val="1"/><w:listEntry w:val="North"/><w:listEntry w:val="South"/></w:ddList>',
      'South',
    ],
    ['the first choice', '<w:ddList><w:listEntry w:val="North"/><w:listEntry w:val="South"/></w:ddList>', 'North'],
    [
      'a preset choice',
      '<w:ddList><w:default w:val="1"/><w:listEntry w:val="North"/><w:listEntry w:val="South"/></w:ddList>',
      'South',
    ],
    ['a tick', '<w:checkBox><w:checked/></w:checkBox>', '☒'],
    ['no tick', '<w:checkBox><w:checked w:val="0"/><w:default/></w:checkBox>', '☐'],
    ['a preset tick', '<w:checkBox><w:default w:val="1"/></w:checkBox>', '☒'],
  ])('show %s', async (_name, data, expected) => {
    expect(await textOf(`<w:p>${r('Berth: ')}${field(data)}${r('.')}</w:p>`)).toBe(`Berth: ${expected}.`);
  });

  it('of text show what was typed', async () => {
    expect(await textOf(`<w:p>${r('Name: ')}${field('<w:textInput/>', r('Halcyon'))}</w:p>`)).toBe('Name: Halcyon');
  });
});

describe('alternative text', () => {
  const picture = (inside: string): string => p(run(`<w:drawing><wp:inline>${inside}</wp:inline></w:drawing>`));

  it.each([
    ['a picture', picture('<wp:docPr id="1" descr="Herring fell to 40 tonnes"/>')],
    [
      'an anchored picture',
      p(run('<w:drawing><wp:anchor><wp:docPr descr="Herring fell to 40 tonnes"/></wp:anchor></w:drawing>')),
    ],
    ['an old picture', p(run('<w:pict><v:shape alt="Herring fell to 40 tonnes"/></w:pict>'))],
  ])('of %s is text', async (_name, body) => {
    expect(await textOf(p('Landings.') + body)).toBe('Landings.\n\nHerring fell to 40 tonnes');
  });

  it('runs into no word', async () => {
    const body = `<w:p>${r('before')}${run('<w:drawing><wp:inline><wp:docPr descr="a crane"/></wp:inline></w:drawing>')}${r('after')}</w:p>`;
    expect(await textOf(body)).toBe('before a crane after');
  });
});

describe('documents inside of a document', () => {
  const around = (name: string, data: string | Uint8Array): ZipEntry[] => [
    ...partsOf({ body: `${p('First.')}<w:altChunk r:id="r0"/>${p('Last.')}` }),
    { name: 'word/_rels/document.xml.rels', data: relationships([['aFChunk', name]]) },
    { name: `word/${name}`, data },
  ];

  it.each([
    ['HTML', 'chunk.htm', '<html><body><p>Seventy boats.</p></body></html>'],
    ['HTML without an ending', 'afchunk.dat', '<html><body><p>Seventy boats.</p></body></html>'],
    ['text', 'chunk.txt', 'Seventy boats.'],
    ['DOCX', 'chunk.docx', docxOf(p('Seventy boats.'))],
    ['RTF', 'chunk.rtf', '{\\rtf1 Seventy boats.}'],
    ['MHT', 'chunk.mht', 'MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<p>Seventy boats.</p>\r\n'],
  ])('are read where they stand: %s', async (_name, name, data) => {
    expect((await extract(zipOf(around(name, data)))).text).toBe('First.\n\nSeventy boats.\n\nLast.');
  });

  it('are left out and noted when they cannot be read', async () => {
    const { text, coverage } = await extract(zipOf(around('chunk.docx', 'PK, but no archive')));
    expect(text).toBe('First.\n\nLast.');
    expect(coverage?.notes).toEqual(['FILE_INSIDE_NOT_READ: word/chunk.docx']);
  });

  it('are read three deep and no deeper', async () => {
    let data: Uint8Array = docxOf(p('innermost'));
    for (let depth = 0; depth < 6; depth += 1) data = zipOf(around('chunk.docx', data));
    const { text } = await extract(data);
    expect(text).not.toContain('innermost');
    expect(text.match(/First/g)).toHaveLength(4);
  });
});

it.each<[string, (name: string) => string]>([
  ['in upper case', (name) => name.toUpperCase()],
  ['with a folder in upper case', (name) => name.replace(/^word/, 'WORD')],
  [
    'with a large letter at the beginning of each',
    (name) => name.replace(/(?<![a-z])[a-z]/g, (letter) => letter.toUpperCase()),
  ],
])('reads archives whose names are %s', async (_name, named) => {
  const entries = partsOf({ body: p('Loud.') }).map((entry) => ({ ...entry, name: named(entry.name) }));
  expect((await extract(zipOf(entries))).text).toBe('Loud.');
});

describe('what stands beside the text', () => {
  const W_PART = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';
  const header = (text: string): string => `<w:hdr ${W_PART}>${p(r(text))}</w:hdr>`;
  const bytes = zipOf([
    ...partsOf({ body: p(r('The text.')) }),
    {
      name: 'word/_rels/document.xml.rels',
      data: relationships([
        ['header', 'first.xml'],
        ['header', 'other.xml'],
        ['footer', 'footer.xml'],
        ['comments', 'comments.xml'],
      ]),
    },
    { name: 'word/first.xml', data: header('Harbour rules') },
    { name: 'word/other.xml', data: header('Harbour rules') },
    { name: 'word/footer.xml', data: `<w:ftr ${W_PART}>${p(r('Draft of May'))}</w:ftr>` },
    { name: 'word/comments.xml', data: `<w:comments ${W_PART}><w:comment>${p(r('Is it?'))}</w:comment></w:comments>` },
  ]);

  it.each([
    [undefined, 'The text.'],
    ['none', 'The text.'],
    ['comments', 'The text.\n\nIs it?'],
    ['all', 'The text.\n\nHarbour rules\n\nDraft of May\n\nIs it?'],
  ] as const)('is read as the settings say: %s', async (docxAsides, expected) => {
    const options = docxAsides === undefined ? {} : { options: { docxAsides } };
    const source = { bytes, filename: 'a.docx', ...options };
    expect((await extractDocx(source, new AbortController().signal)).text).toBe(expected);
  });
});
