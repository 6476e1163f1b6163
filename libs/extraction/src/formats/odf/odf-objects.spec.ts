import { odfOf } from '../formats.fixture';
import { extractOdf } from './odf.extractor';

const CELL = (text: string): string => `<table:table-cell><text:p>${text}</text:p></table:table-cell>`;
const ROW = (...cells: readonly string[]): string => `<table:table-row>${cells.map(CELL).join('')}</table:table-row>`;
const VALUES = `<table:table>${ROW('', '2026')}${ROW('north', '12')}</table:table>`;
const CHART = `<chart:chart><chart:title><text:p>Fees</text:p></chart:title>${VALUES}</chart:chart>`;
const SHOWN = (folder: string): string => `<draw:frame><draw:object xlink:href="./${folder}"/></draw:frame>`;

async function read(kind: string, body: string, objects: Parameters<typeof odfOf>[2]) {
  const bytes = odfOf(kind, body, objects);
  const { text, blocks, coverage } = await extractOdf({ bytes, filename: 'a' }, new AbortController().signal);
  return {
    blocks: blocks.map(({ kind: one, start, end, slide, headingPath }) => [
      one,
      text.slice(start, end),
      slide,
      headingPath.join(' > '),
    ]),
    notes: coverage?.notes ?? [],
  };
}

describe('objects in OpenDocument', () => {
  it('are charts on slides: their titles and their values, once', async () => {
    const box = '<draw:text-box><text:p>Year</text:p></draw:text-box>';
    const title = `<draw:frame presentation:class="title">${box}</draw:frame>`;
    const body = `<draw:page/><draw:page>${title}${SHOWN('Object 1').repeat(3)}</draw:page>`;
    expect(await read('presentation', body, { objects: [['Object 1', 'chart', CHART]] })).toEqual({
      blocks: [
        ['heading', 'Year', 2, ''],
        ['paragraph', 'Fees', 2, 'Year'],
        ['row', '| 2026', 2, 'Year'],
        ['row', 'north | 12', 2, 'Year'],
      ],
      notes: [],
    });
  });

  it('stand in a text under its headings, and in the cell that they are in', async () => {
    const cell = `<table:table-cell>${SHOWN('Object 2')}</table:table-cell>`;
    const table = `<table:table><table:table-row>${cell}</table:table-row></table:table>`;
    const body = `<text:h text:outline-level="1">Berths</text:h><text:p>See ${SHOWN('Object 1')}.</text:p>${table}`;
    const objects = [
      ['Object 1', 'text', '<text:h>Rules</text:h><text:p>Keep left.</text:p>'],
      ['Object 2', 'chart', CHART],
    ] as const;
    expect((await read('text', body, { objects })).blocks).toEqual([
      ['heading', 'Berths', undefined, ''],
      ['paragraph', 'Rules', undefined, 'Berths'],
      ['paragraph', 'Keep left.', undefined, 'Berths'],
      ['paragraph', 'See .', undefined, 'Berths'],
      ['row', 'Fees | 2026 north | 12', undefined, 'Berths'],
    ]);
  });

  it('that are damaged are noted, and what is none is left out', async () => {
    const words = '<draw:frame><draw:text-box><text:p>Words.</text:p></draw:text-box></draw:frame>';
    const body = `<draw:page>${words}${['Object 1', 'Object 2', 'none'].map(SHOWN).join('')}</draw:page>`;
    const objects = [
      ['Object 1', 'chart', '<chart:chart><broken'],
      ['Object 2', 'formula', '<text:p>no</text:p>'],
    ] as const;
    expect(await read('presentation', body, { objects })).toEqual({
      blocks: [['paragraph', 'Words.', 1, '']],
      notes: ['FILE_INSIDE_NOT_READ: Object 1'],
    });
  });

  it('that are too many, or one of them too large, are noted, and the document is read', async () => {
    const body = `<draw:page><draw:frame><draw:text-box><text:p>Words.</text:p></draw:text-box></draw:frame></draw:page>`;
    const many = Array.from({ length: 501 }, (_, at) => [`Object ${at}`, 'text', '<text:p>a</text:p>'] as const);
    const large = ['Large', 'text', `<text:p>${' '.repeat(17 * 1024 * 1024)}</text:p>`] as const;
    expect((await read('presentation', body, { objects: many })).notes).toEqual(['FILE_INSIDE_NOT_READ: Object 500']);
    expect(await read('presentation', body, { objects: [large] })).toEqual({
      blocks: [['paragraph', 'Words.', 1, '']],
      notes: ['FILE_INSIDE_NOT_READ: Large'],
    });
  });

  it('of sheets show what is in the cells', async () => {
    const body = `<table:table table:name="Fees"><table:shapes>${SHOWN('Object 1')}</table:shapes>${ROW('a', 'b')}</table:table>`;
    const { blocks } = await read('spreadsheet', body, { objects: [['Object 1', 'chart', CHART]] });
    expect(blocks.map(([, text]) => text)).toEqual(['Fees', 'a | b']);
  });
});
