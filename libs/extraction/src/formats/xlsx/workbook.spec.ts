import { xlsxOf } from '../formats.fixture';
import { extractXlsx } from './xlsx.extractor';

const STYLES =
  '<numFmts><numFmt numFmtId="164" formatCode="&quot;No. &quot;@"/><numFmt numFmtId="165" formatCode="[h]:mm"/></numFmts>' +
  '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="11"/><xf numFmtId="13"/></cellXfs>';

async function textOf(rows: string): Promise<string> {
  const bytes = xlsxOf({ styles: STYLES, strings: ['<t>A-7</t>'], sheets: [{ name: 'S', rows }] });
  return (await extractXlsx({ bytes, filename: 'a.xlsx' }, new AbortController().signal)).text;
}

describe('cells of XLSX', () => {
  it.each([
    ['a shared text', '<c s="1" t="s"><v>0</v></c>', 'No. A-7'],
    ['a text in its cell', '<c s="1" t="inlineStr"><is><t>B-8</t></is></c>', 'No. B-8'],
    ['a text that a formula came to', '<c s="1" t="str"><f>A1</f><v>C-9</v></c>', 'No. C-9'],
    ['an error', '<c s="1" t="e"><v>#N/A</v></c>', '#N/A'],
    ['a number of a built-in format', '<c s="3"><v>12345.6789</v></c>', '1.23E+04'],
    ['a fraction', '<c s="4"><v>5.25</v></c>', '5 1/4'],
    ['hours that went by', '<c s="2"><v>1.5</v></c>', '36:00'],
    ['a number of no style', '<c><v>0.1</v></c>', '0.1'],
    ['a number of a style that is missing', '<c s="99"><v>0.1</v></c>', '0.1'],
    ['what is no number', '<c s="2"><v>twelve</v></c>', 'twelve'],
  ])('are shown by their format: %s', async (_name, cell, shown) => {
    expect(await textOf(`<row r="1">${cell}</row>`)).toBe(`S\n\n${shown}`);
  });
});
