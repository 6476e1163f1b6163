import type { ExtractedDocument } from '../../text-extractor';
import { type DocxContent, docxOf, p, partsOf, r, relationships, styled, table, zipOf } from './docx-fixture';
import { extractDocx } from './docx.extractor';

const extract = (bytes: Uint8Array): Promise<ExtractedDocument> =>
  extractDocx({ bytes, filename: 'a.docx' }, new AbortController().signal);
const read = (content: DocxContent | string): Promise<ExtractedDocument> => extract(docxOf(content));
const textOf = async (content: DocxContent | string): Promise<string> => (await read(content)).text;
const blocksOf = async (content: DocxContent | string): Promise<[string, string, string][]> => {
  const { text, blocks } = await read(content);
  return blocks.map(({ kind, start, end, headingPath }) => [kind, text.slice(start, end), headingPath.join(' > ')]);
};
const pagesOf = async (content: DocxContent | string): Promise<[string, number | undefined][]> => {
  const { text, blocks } = await read(content);
  return blocks.map(({ start, end, page }) => [text.slice(start, end), page]);
};

const RENDERED = '<w:r><w:lastRenderedPageBreak/></w:r>';
const BREAK = '<w:r><w:br w:type="page"/></w:r>';
const field = (type: string): string => `<w:r><w:fldChar w:fldCharType="${type}"/></w:r>`;
const textBox = (content: string): string =>
  '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:wsp><wps:txbx><w:txbxContent>' +
  `${content}</w:txbxContent></wps:txbx></wps:wsp></w:drawing></mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox>` +
  `<w:txbxContent>${content}</w:txbxContent></v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r>`;

describe('headings', () => {
  const style = (id: string, name: string, more = ''): string =>
    `<w:style w:type="paragraph" w:styleId="${id}"><w:name w:val="${name}"/>${more}</w:style>`;
  const outline = (level: number): string => `<w:pPr><w:outlineLvl w:val="${level}"/></w:pPr>`;

  it.each([
    ['Word in German', 'berschrift', (level: number) => `heading ${level}`, true],
    ['Word in French', 'Titre', (level: number) => `heading ${level}`, true],
    ['LibreOffice', 'Heading', (level: number) => `Heading ${level}`, true],
    ['Google Docs, without outline levels', 'Heading', (level: number) => `heading ${level}`, false],
    ['a maker of own names', 'Kapitel', (level: number) => `Kapitel ${level}`, true],
  ])('are found in files of %s', async (_name, id, name, outlined) => {
    const styles = [1, 2].map((level) => style(`${id}${level}`, name(level), outlined ? outline(level - 1) : ''));
    const body = styled(`${id}1`, 'One') + p('a') + styled(`${id}2`, 'Two') + p('b') + styled(`${id}1`, 'Three');
    expect(await blocksOf({ body, styles: styles.join('') })).toEqual([
      ['heading', 'One', ''],
      ['paragraph', 'a', 'One'],
      ['heading', 'Two', 'One'],
      ['paragraph', 'b', 'One > Two'],
      ['heading', 'Three', ''],
    ]);
  });

  it('are found by the id alone where there are no styles', async () => {
    expect(await blocksOf(styled('Heading1', 'One') + styled('heading 2', 'Two') + p('a'))).toEqual([
      ['heading', 'One', ''],
      ['heading', 'Two', 'One'],
      ['paragraph', 'a', 'One > Two'],
    ]);
  });

  it('inherit along basedOn, end where a style says so, and survive circles', async () => {
    const styles =
      style('H1', 'heading 1', outline(0)) +
      style('Mine', 'My chapter', '<w:basedOn w:val="H1"/>') +
      style('TocHeading', 'TOC Heading', `<w:basedOn w:val="H1"/>${outline(9)}`) +
      style('A', 'a', '<w:basedOn w:val="B"/>') +
      style('B', 'b', '<w:basedOn w:val="A"/>');
    const body = styled('Mine', 'One') + styled('TocHeading', 'Contents') + styled('A', 'circle') + styled('?', 'none');
    expect(await blocksOf({ body, styles })).toEqual([
      ['heading', 'One', ''],
      ['paragraph', 'Contents', 'One'],
      ['paragraph', 'circle', 'One'],
      ['paragraph', 'none', 'One'],
    ]);
  });

  it('take the level of the paragraph before that of its style, on one line', async () => {
    const styles = style('H1', 'heading 1', outline(0)) + style('Title', 'Title');
    const level = (value: number, text: string): string =>
      p(text, `<w:pStyle w:val="H1"/><w:outlineLvl w:val="${value}"/>`);
    const body = styled('Title', 'Book') + level(1, `${r('Two')}<w:r><w:br/></w:r>${r('lines')}`) + level(9, 'plain');
    expect(await blocksOf({ body, styles })).toEqual([
      ['heading', 'Book', ''],
      ['heading', 'Two lines', 'Book'],
      ['paragraph', 'plain', 'Book > Two lines'],
    ]);
  });

  it('are no whole paragraphs of text', async () => {
    expect((await blocksOf(styled('Heading1', 'word '.repeat(100))))[0]?.[0]).toBe('paragraph');
  });

  it('are told from text in files that count levels from one', async () => {
    const at = (level: number, text: string): string => p(text, `<w:outlineLvl w:val="${level}"/>`);
    expect(await blocksOf(at(1, 'One') + at(0, 'a') + at(0, 'b') + at(2, 'Two') + at(0, 'c'))).toEqual([
      ['heading', 'One', ''],
      ['paragraph', 'a', 'One'],
      ['paragraph', 'b', 'One'],
      ['heading', 'Two', 'One'],
      ['paragraph', 'c', 'One > Two'],
    ]);
  });
});

describe('lists', () => {
  const numbered = (numId: number, ilvl: number, text: string): string =>
    p(text, `<w:numPr><w:ilvl w:val="${ilvl}"/><w:numId w:val="${numId}"/></w:numPr>`);

  it('are served with dashes, indented by level', async () => {
    expect(
      await textOf(p('a') + numbered(1, 0, 'one') + numbered(1, 1, 'two') + numbered(1, 0, 'three') + p('b')),
    ).toBe('a\n\n- one\n  - two\n- three\n\nb');
  });

  it('follow the numbering of styles, and leave it where a paragraph says zero', async () => {
    const styles =
      '<w:style w:styleId="List"><w:name w:val="List Bullet"/><w:pPr><w:numPr><w:numId w:val="7"/></w:numPr></w:pPr></w:style>';
    const body = styled('List', 'item') + p('none', '<w:pStyle w:val="List"/><w:numPr><w:numId w:val="0"/></w:numPr>');
    expect(await blocksOf({ body, styles })).toEqual([
      ['list-item', '- item', ''],
      ['paragraph', 'none', ''],
    ]);
  });

  it('know levels that show no mark', async () => {
    const level = (format: string, text: string): string =>
      `<w:lvl w:ilvl="0"><w:numFmt w:val="${format}"/><w:lvlText w:val="${text}"/></w:lvl>`;
    const numbering =
      `<w:abstractNum w:abstractNumId="1">${level('bullet', ' ')}</w:abstractNum>` +
      `<w:abstractNum w:abstractNumId="2">${level('none', '')}</w:abstractNum>` +
      '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="2"/></w:num>' +
      `<w:num w:numId="3"><w:abstractNumId w:val="2"/><w:lvlOverride w:ilvl="0">${level('decimal', '%1.')}</w:lvlOverride></w:num>`;
    const body = numbered(1, 0, 'continued') + numbered(2, 0, 'plain') + numbered(3, 0, 'item');
    expect(await blocksOf({ body, numbering })).toEqual([
      ['list-item', 'continued', ''],
      ['paragraph', 'plain', ''],
      ['list-item', '2. item', ''],
    ]);
  });
});

describe('tables', () => {
  it('are one block a row, cells beside each other', async () => {
    const body =
      p('before') +
      table([
        ['Name', 'Age'],
        [p('Ada') + p('L.'), ''],
        ['', ''],
        ['Bob', '7'],
      ]) +
      p('after');
    expect(await textOf(body)).toBe('before\n\nName | Age\nAda L. | \nBob | 7\n\nafter'.replace('| \n', '|\n'));
    expect((await blocksOf(body)).map(([kind]) => kind)).toEqual(['paragraph', 'row', 'row', 'row', 'paragraph']);
  });

  it('that were made for layout are running text', async () => {
    const inner = table([['x', 'y']]);
    const body =
      table([[p('left') + p('below'), inner + p('end'), 'last']]) +
      table([['date', styled('Heading1', 'Job') + p('did')]]);
    expect(await blocksOf(body)).toEqual([
      ['paragraph', 'left', ''],
      ['paragraph', 'below', ''],
      ['row', 'x | y', ''],
      ['paragraph', 'end', ''],
      ['paragraph', 'last', ''],
      ['paragraph', 'date', ''],
      ['heading', 'Job', ''],
      ['paragraph', 'did', 'Job'],
    ]);
  });

  it('of one cell are frames when there are several paragraphs in it', async () => {
    expect(await blocksOf(table([[p('a') + p('b')], ['c']]))).toEqual([
      ['paragraph', 'a', ''],
      ['paragraph', 'b', ''],
      ['row', 'c', ''],
    ]);
  });

  it('lose the rows that a tracked change took out', async () => {
    const row = (properties: string, text: string): string =>
      `<w:tr><w:trPr>${properties}</w:trPr><w:tc>${p(text)}</w:tc></w:tr>`;
    expect(
      await textOf(`<w:tbl>${row('', 'a')}${row('<w:del w:id="1"/>', 'b')}${row('<w:ins w:id="2"/>', 'c')}</w:tbl>`),
    ).toBe('a\nc');
  });
});

describe('text', () => {
  it('has tabs, line breaks, hyphens and symbols, and no soft hyphens', async () => {
    const run = (content: string): string => `<w:r>${content}</w:r>`;
    const body =
      p(r('a') + run('<w:tab/>') + r('b') + run('<w:br/>') + r('c') + run('<w:cr/>') + r('so\u00adft')) +
      p(r('e') + run('<w:noBreakHyphen/>') + r('mail') + run('<w:softHyphen/>')) +
      p(
        [
          'Symbol" w:char="F061',
          'Symbol" w:char="00B3',
          'Wingdings" w:char="F0FC',
          'Arial" w:char="2192',
          'Odd" w:char="F041',
        ]
          .map((font) => run(`<w:sym w:font="${font}"/>`))
          .join('') + r('.'),
      );
    expect(await textOf(body)).toBe('a\tb\nc\nsoft\n\ne-mail\n\nα≥✓→.');
  });

  it('keeps the spaces between runs, and not the layout of the source', async () => {
    const body = `<w:p>${r('a ')}<w:r><w:t>b </w:t></w:r><w:r>
      <w:t>
        c
      </w:t></w:r>${r(' d')}</w:p>`;
    expect(await textOf(body)).toBe('a b c d');
  });

  it('of links, content controls, smart tags, formulas and bases of ruby is in', async () => {
    const body = p(
      `<w:hyperlink>${r('link')}</w:hyperlink>${r(' ')}` +
        `<w:sdt><w:sdtPr><w:alias w:val="x"/><w:t>no</w:t></w:sdtPr><w:sdtContent>${r('control')}</w:sdtContent></w:sdt>` +
        `<w:smartTag>${r(' tag ')}</w:smartTag><m:oMath><m:r><m:t>x+1</m:t></m:r></m:oMath>` +
        `<w:r><w:ruby><w:rt>${r('no')}</w:rt><w:rubyBase>${r(' 漢字')}</w:rubyBase></w:ruby></w:r>`,
    );
    expect(await textOf(body)).toBe('link control tag x+1 漢字');
  });

  it('is that after tracked changes', async () => {
    const body =
      p(
        `${r('kept ')}<w:ins>${r('in')}</w:ins><w:del>${r('out')}<w:r><w:delText>out</w:delText></w:r></w:del>` +
          `<w:moveFrom>${r('from')}</w:moveFrom><w:moveTo>${r(' to')}</w:moveTo>`,
        '<w:pPrChange><w:pPr><w:pStyle w:val="Heading1"/></w:pPr></w:pPrChange>',
      ) +
      p('joined ', '<w:rPr><w:del w:id="1"/></w:rPr>') +
      p('up') +
      p(r('shown', '<w:rPrChange><w:rPr><w:vanish/></w:rPr></w:rPrChange>'));
    expect(await blocksOf(body)).toEqual([
      ['paragraph', 'kept in to', ''],
      ['paragraph', 'joined up', ''],
      ['paragraph', 'shown', ''],
    ]);
  });

  it('that is hidden is out, by itself or by a style', async () => {
    const styles =
      '<w:style w:styleId="Ghost"><w:name w:val="g"/><w:rPr><w:vanish/></w:rPr></w:style>' +
      '<w:style w:styleId="Child"><w:name w:val="c"/><w:basedOn w:val="Ghost"/></w:style>';
    const body =
      p(
        r('a', '<w:vanish/>') +
          r('b', '<w:vanish w:val="0"/>') +
          r('c', '<w:webHidden/>') +
          r('d', '<w:rStyle w:val="Ghost"/>'),
      ) +
      styled('Child', r('e') + r('f', '<w:vanish w:val="false"/>')) +
      p(r('mark'), '<w:rPr><w:vanish/></w:rPr>');
    expect(await textOf({ body, styles })).toBe('bc\n\nf\n\nmark');
  });

  it('of fields is their result', async () => {
    const code = '<w:r><w:instrText> PAGEREF x </w:instrText></w:r>';
    const inner = field('begin') + code + field('separate') + r('inner') + field('end');
    const body =
      p(r('a ') + field('begin') + code + r('code') + inner + field('separate') + r('result ') + inner) +
      p(r('over lines') + field('end') + r(' b')) +
      p(field('begin') + code + field('end') + field('end') + field('separate') + r('c')) +
      p(`<w:fldSimple w:instr="DATE">${r('today')}</w:fldSimple>`);
    expect(await textOf(body)).toBe('a result inner\n\nover lines b\n\nc\n\ntoday');
  });

  it('is all there when a field never ends', async () => {
    expect(await textOf(p(r('a ') + field('begin') + '<w:r><w:instrText>DATE</w:instrText></w:r>') + p('b'))).toBe(
      'a\n\nb',
    );
  });

  it('of text boxes comes once, after the paragraph they hang on', async () => {
    const body =
      p(r('be') + textBox(p('box') + styled('Heading1', 'title') + p(textBox(p('nested')))) + r('side')) +
      p(`<w:r><w:pict><v:textbox><w:txbxContent>${p('old')}</w:txbxContent></v:textbox></w:pict></w:r>`) +
      table([[p(r('cell') + textBox(p('in it'))), 'b']]);
    expect(await blocksOf(body)).toEqual([
      ['paragraph', 'beside', ''],
      ['paragraph', 'box', ''],
      ['paragraph', 'title', ''],
      ['paragraph', 'nested', ''],
      ['paragraph', 'old', ''],
      ['row', 'cell in it | b', ''],
    ]);
  });

  it('of a choice that has none is that of its fallback', async () => {
    const choice = '<mc:Choice Requires="w16se"><w16se:symEx xmlns:w16se="urn:x"/></mc:Choice>';
    expect(
      await textOf(
        p(`<w:r><mc:AlternateContent>${choice}<mc:Fallback><w:t>😊</w:t></mc:Fallback></mc:AlternateContent></w:r>`),
      ),
    ).toBe('😊');
  });

  it('of drop caps belongs to the paragraph', async () => {
    expect(await textOf(p('O', '<w:framePr w:dropCap="drop"/>') + p('nce'))).toBe('Once');
    expect(await textOf(p('O', '<w:framePr w:dropCap="drop"/>') + table([['x']]))).toBe('O\n\nx');
  });

  it('of listings is code', async () => {
    const styles = '<w:style w:styleId="SourceCode"><w:name w:val="Source Code"/></w:style>';
    const body =
      styled('SourceCode', `${r('  if (x)')}<w:r><w:br/></w:r>${r('    y')}`) + styled('SourceCode', 'z') + p('a');
    expect((await blocksOf({ body, styles })).map(([kind]) => kind)).toEqual(['code', 'code', 'paragraph']);
    expect(await textOf({ body, styles })).toBe('  if (x)\n    y\nz\n\na');
  });
});

describe('notes', () => {
  const note = (kind: string, id: number, content: string, more = ''): string =>
    `<w:${kind} w:id="${id}"${more}>${content}</w:${kind}>`;
  const reference = (kind: string, id: number, more = ''): string =>
    `<w:r><w:${kind}Reference w:id="${id}"${more}/></w:r>`;
  const footnotes =
    note('footnote', -1, p('line'), ' w:type="separator"') +
    note('footnote', 2, p('<w:r><w:footnoteRef/></w:r>' + r(' first')) + p('more')) +
    note('footnote', 3, styled('Heading1', 'second')) +
    note('footnote', 4, p('never'));

  it('at the foot follow the paragraph, those at the end come last', async () => {
    const body =
      styled('Heading1', 'One') +
      p(r('a') + reference('footnote', 3) + r(' b') + reference('footnote', 2)) +
      p(r('c') + reference('endnote', 1) + reference('footnote', 9));
    expect(await blocksOf({ body, footnotes, endnotes: note('endnote', 1, p('late')) })).toEqual([
      ['heading', 'One', ''],
      ['paragraph', 'a[1] b[2]', 'One'],
      ['paragraph', '[1] second', 'One'],
      ['paragraph', '[2] first', 'One'],
      ['paragraph', 'more', 'One'],
      ['paragraph', 'c[i][3]', 'One'],
      ['paragraph', '[i] late', ''],
    ]);
  });

  it('follow the row, keep marks of their author, and go with what is deleted', async () => {
    const body =
      table([[p(r('x') + reference('footnote', 2, ' w:customMarkFollows="1"') + r('*')), 'y']]) +
      p(`${r('z')}<w:del>${reference('footnote', 3)}</w:del>`);
    expect(await textOf({ body, footnotes })).toBe('x* | y\n\nfirst\n\nmore\n\nz');
  });
});

describe('pages', () => {
  const section = (type?: string): string =>
    `<w:sectPr>${type === undefined ? '' : `<w:type w:val="${type}"/>`}</w:sectPr>`;

  it('are none where the file says nothing of them', async () => {
    expect(await pagesOf(p('a') + p('b') + section())).toEqual([
      ['a', undefined],
      ['b', undefined],
    ]);
  });

  it('follow the breaks of the layout; a block is where its text begins', async () => {
    expect(await pagesOf(p('a') + p(RENDERED + r('b')) + p(r('c') + RENDERED + r('d')) + p('e'))).toEqual([
      ['a', 1],
      ['b', 2],
      ['cd', 2],
      ['e', 3],
    ]);
  });

  it('follow the breaks of the author, which split a paragraph', async () => {
    expect(await pagesOf(p(r('a') + BREAK + r('b')) + p(BREAK) + p(BREAK) + p('c'))).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', 4],
    ]);
  });

  it('count a break once that both author and layout make', async () => {
    const before = p(RENDERED + r('c'), '<w:pageBreakBefore/>');
    expect(await pagesOf(p(r('a') + BREAK) + p(RENDERED + r('b')) + before + p(RENDERED + r('d')))).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', 3],
      ['d', 4],
    ]);
  });

  it('know paragraphs that begin a page, by themselves or by style', async () => {
    const styles = '<w:style w:styleId="H"><w:name w:val="heading 1"/><w:pPr><w:pageBreakBefore/></w:pPr></w:style>';
    const body = styled('H', 'one') + p('a') + styled('H', 'two') + p(BREAK) + styled('H', 'three');
    expect(await pagesOf({ body, styles })).toEqual([
      ['one', 1],
      ['a', 1],
      ['two', 2],
      ['three', 3],
    ]);
  });

  it('begin with sections, where no layout is kept', async () => {
    const body = p('a') + p('b', section()) + p('c', section('continuous')) + p('d') + section('nextPage');
    const expected = [
      ['a', 1],
      ['b', 1],
      ['c', 1],
      ['d', 2],
    ];
    expect(await pagesOf(body)).toEqual(expected);
    expect(
      await pagesOf(p('a') + p('b', section()) + p('c', section('continuous')) + p(RENDERED + r('d')) + section()),
    ).toEqual(expected);
  });

  it('do not add up over the cells of a row', async () => {
    const long = p(`${r('x')}${RENDERED}${r('y')}`);
    const body =
      p('a') +
      table([
        [long, long, long],
        [p(RENDERED + r('next')), 'row'],
      ]) +
      p('b');
    expect(await pagesOf(body)).toEqual([
      ['a', 1],
      ['xy | xy | xy', 1],
      ['next | row', 3],
      ['b', 3],
    ]);
  });

  it('of notes are those of the reference and the last', async () => {
    const body =
      p(RENDERED + r('a') + '<w:r><w:footnoteReference w:id="1"/><w:endnoteReference w:id="1"/></w:r>') +
      p(RENDERED + r('b'));
    const footnotes = `<w:footnote w:id="1">${p('foot')}</w:footnote>`;
    const endnotes = `<w:endnote w:id="1">${p('end')}</w:endnote>`;
    expect(await pagesOf({ body, footnotes, endnotes })).toEqual([
      ['a[1][i]', 2],
      ['[1] foot', 2],
      ['b', 3],
      ['[i] end', 3],
    ]);
  });
});

describe('makers', () => {
  it('may use the strict dialect, other prefixes or none', async () => {
    expect(await textOf({ body: p('strict'), strict: true })).toBe('strict');
    const parts = partsOf({ body: styled('Heading1', 'head') + p('text') });
    const renamed = (to: (xml: string) => string): Buffer =>
      zipOf(parts.map((part) => (part.name === 'word/document.xml' ? { ...part, data: to(String(part.data)) } : part)));
    const other = await extract(renamed((xml) => xml.replaceAll('w:', 'ns0:').replace('xmlns:w=', 'xmlns:ns0=')));
    expect(other.blocks.map(({ kind }) => kind)).toEqual(['heading', 'paragraph']);
    const none = await extract(
      renamed((xml) =>
        xml.replaceAll(/(<\/?)w:/g, '$1').replace('xmlns:w=', `xmlns="${/xmlns:w="(.*?)"/.exec(xml)?.[1]}" xmlns:w=`),
      ),
    );
    expect(none.blocks.map(({ kind }) => kind)).toEqual(['heading', 'paragraph']);
  });

  it('may name parts as they like, and write UTF-16', async () => {
    const xml = String(partsOf({ body: styled('X', 'grün') + p('a') })[2]?.data).replace('UTF-8', 'UTF-16');
    const styles = String(
      partsOf({ body: '', styles: '<w:style w:styleId="X"><w:name w:val="heading 1"/></w:style>' })[3]?.data,
    );
    const file = zipOf([
      { name: '_rels/.rels', data: relationships([['officeDocument', '/Word/Main.XML']]) },
      { name: 'word\\main.xml', data: Buffer.from(`\ufeff${xml}`, 'utf16le') },
      { name: 'word/_rels/main.xml.rels', data: relationships([['styles', '../../look/./s.xml']]) },
      { name: 'look/s.xml', data: styles },
    ]);
    const { text, blocks } = await extract(file);
    expect([text, blocks[0]?.kind]).toEqual(['grün\n\na', 'heading']);
  });

  it('may leave out relationships, and not deflate', async () => {
    const parts = partsOf({ body: p('plain') }).filter(({ name }) => name === 'word/document.xml');
    expect((await extract(zipOf(parts.map((part) => ({ ...part, stored: true }))))).text).toBe('plain');
    expect((await extract(zipOf(parts.map((part) => ({ ...part, wide: true }))))).text).toBe('plain');
  });

  it('may add a comment or bytes after the archive', async () => {
    expect((await extract(Buffer.concat([docxOf(p('a')), Buffer.alloc(300, 'PK\x05\x06')]))).text).toBe('a');
  });
});
