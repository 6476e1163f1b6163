import { docxOf, p, partsOf, relationships, zipOf } from '../docx/docx-fixture';
import { extractDocx } from '../docx/docx.extractor';

const CHART = 'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"';
const DRAWING = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"';
const RELATED = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"';

const cache = (kind: 'str' | 'num', values: readonly string[], format = ''): string =>
  `<c:${kind}Ref><c:f>Sheet1!A1</c:f><c:${kind}Cache>${format && `<c:formatCode>${format}</c:formatCode>`}` +
  `${values.map((value, index) => (value === '' ? '' : `<c:pt idx="${index}"><c:v>${value}</c:v></c:pt>`)).join('')}</c:${kind}Cache></c:${kind}Ref>`;
const series = (name: string, values: string, categories: string): string =>
  `<c:ser><c:idx val="0"/><c:tx>${cache('str', [name])}</c:tx><c:dLbls><c:tx><c:rich><a:p><a:r><a:t>no</a:t></a:r></a:p></c:rich></c:tx></c:dLbls>` +
  `<c:cat>${categories}</c:cat><c:val>${values}</c:val></c:ser>`;
const titled = (text: string): string =>
  `<c:title><c:tx><c:rich><a:p><a:r><a:t>${text}</a:t></a:r></a:p></c:rich></c:tx></c:title>`;
const chart = (inner: string): string => `<c:chartSpace ${CHART} ${DRAWING}><c:chart>${inner}</c:chart></c:chartSpace>`;

/** A document whose second paragraph holds a graphic. */
const withGraphic = async (kind: 'chart' | 'diagramData', xml: string): Promise<readonly string[]> => {
  const graphic =
    kind === 'chart'
      ? `<c:chart ${CHART} ${RELATED} r:id="r0"/>`
      : `<dgm:relIds xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" ${RELATED} r:dm="r0"/>`;
  const body = `${p('Before.')}${p(`<w:r><w:drawing><a:graphic ${DRAWING}>${graphic}</a:graphic></w:drawing></w:r><w:r><w:t>Beside.</w:t></w:r>`)}${p('After.')}`;
  const bytes = zipOf([
    ...partsOf({ body }),
    { name: 'word/_rels/document.xml.rels', data: relationships([[kind, 'parts/one.xml']]) },
    { name: 'word/parts/one.xml', data: xml },
  ]);
  const { text, blocks, coverage } = await extractDocx({ bytes, filename: 'a.docx' }, new AbortController().signal);
  const notes = coverage?.notes.map((note) => `note: ${note}`) ?? [];
  return [...blocks.map(({ kind: of, start, end }) => `${of}: ${text.slice(start, end)}`), ...notes];
};

describe('charts', () => {
  const berths = cache('str', ['North', 'South quay']);

  it('give their titles, and their values as they are shown, after the paragraph they hang on', async () => {
    const bars =
      series('2025', cache('num', ['0.5', '1200.25'], '#,##0.00'), berths) +
      series('2026', cache('num', ['', '3']), berths);
    const xml = chart(
      `${titled('Fees by berth')}<c:plotArea><c:barChart>${bars}</c:barChart><c:valAx>${titled('Euro')}</c:valAx></c:plotArea>`,
    );
    expect(await withGraphic('chart', xml)).toEqual([
      'paragraph: Before.',
      'paragraph: Beside.',
      'paragraph: Fees by berth',
      'paragraph: Euro',
      'row: | 2025 | 2026',
      'row: North | 0.50 |',
      'row: South quay | 1,200.25 | 3',
      'paragraph: After.',
    ]);
  });

  it('give labels as they are written, those of digits too', async () => {
    const bars = series('2025', cache('num', ['1', '2', '3']), cache('str', ['007', '1.50', '1e3']));
    const rows = ['row: | 2025', 'row: 007 | 1', 'row: 1.50 | 2', 'row: 1e3 | 3'];
    expect((await withGraphic('chart', chart(bars))).slice(2, -1)).toEqual(rows);
  });

  it('of points give both values; labels of several levels are joined', async () => {
    const points = `<c:ser><c:xVal>${cache('num', ['1', '2'])}</c:xVal><c:yVal>${cache('num', ['5', '7'])}</c:yVal><c:bubbleSize>${cache('num', ['9', '9'])}</c:bubbleSize></c:ser>`;
    expect((await withGraphic('chart', chart(points))).slice(2, 4)).toEqual(['row: 1 | 5', 'row: 2 | 7']);
    const level = (value: string): string => `<c:lvl><c:pt idx="0"><c:v>${value}</c:v></c:pt></c:lvl>`;
    const levels = `<c:multiLvlStrRef><c:multiLvlStrCache>${level('May')}${level('2026')}</c:multiLvlStrCache></c:multiLvlStrRef>`;
    expect((await withGraphic('chart', chart(series('Fee', cache('num', ['5']), levels))))[3]).toBe(
      'row: 2026 May | 5',
    );
  });

  it('without values, and diagrams, give the words they have', async () => {
    expect(await withGraphic('chart', chart(titled('Only a title')))).toContain('paragraph: Only a title');
    const diagram = `<dgm:dataModel xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" ${DRAWING}><dgm:pt><dgm:t><a:p><a:r><a:t>Moor</a:t></a:r></a:p></dgm:t></dgm:pt><dgm:pt><dgm:t><a:p><a:r><a:t>Pay</a:t></a:r></a:p></dgm:t></dgm:pt></dgm:dataModel>`;
    expect((await withGraphic('diagramData', diagram)).slice(2, 4)).toEqual(['paragraph: Moor', 'paragraph: Pay']);
  });

  it('that are damaged are named, and the rest is read', async () => {
    expect(await withGraphic('chart', '<c:chartSpace')).toEqual([
      'paragraph: Before.',
      'paragraph: Beside.',
      'paragraph: After.',
      'note: FILE_INSIDE_NOT_READ: word/parts/one.xml',
    ]);
  });

  it('that are not there, or point nowhere, are left out', async () => {
    const body = p(
      `<w:r><w:drawing><c:chart ${CHART} ${RELATED} r:id="gone"/></w:drawing></w:r><w:r><w:t>Text.</w:t></w:r>`,
    );
    const { text } = await extractDocx({ bytes: docxOf(body), filename: 'a.docx' }, new AbortController().signal);
    expect(text).toBe('Text.');
  });
});
