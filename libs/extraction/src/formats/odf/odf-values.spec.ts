import { odfOf } from '../formats.fixture';
import { extractOdf } from './odf.extractor';

async function textOf(kind: string, body: string, styles = ''): Promise<string> {
  const bytes = odfOf(kind, body, { styles });
  return (await extractOdf({ bytes, filename: 'a' }, new AbortController().signal)).text;
}

describe('cells of ODS', () => {
  it.each([
    ['a text', 'float" office:value="0.123', '<text:p>0.12</text:p>', '0.12'],
    ['a text with nothing in it', 'float" office:value="0', '<text:p/>', ''],
    ['a number alone', 'float" office:value="1234.5', '', '1234.5'],
    ['a share', 'percentage" office:value="0.07', '', '7%'],
    ['money', 'currency" office:currency="EUR" office:value="12', '', '12 EUR'],
    ['a date', 'date" office:date-value="2000-01-01', '', '2000-01-01'],
    ['a date with a time', 'date" office:date-value="2000-01-01T12:30:00', '', '2000-01-01 12:30:00'],
    ['a time', 'time" office:time-value="PT16H17M37S', '', '16:17:37'],
    ['a flag', 'boolean" office:boolean-value="true', '', 'TRUE'],
    ['letters', 'string" office:string-value="north', '', 'north'],
    [
      'a comment beside it',
      'float" office:value="3',
      '<office:annotation><text:p>no</text:p></office:annotation>',
      '3',
    ],
  ])('are given with what they show, or else their values: %s', async (_name, value, text, shown) => {
    const row = `<table:table-row><table:table-cell office:value-type="${value}">${text}</table:table-cell></table:table-row>`;
    const body = `<table:table table:name="S">${row}</table:table>`;
    expect(await textOf('spreadsheet', body)).toBe(shown === '' ? '' : `S\n\n${shown}`);
  });
});

describe('footers of ODP', () => {
  const DECLARED =
    '<presentation:footer-decl presentation:name="f1">Harbour office</presentation:footer-decl>' +
    '<presentation:date-time-decl presentation:name="d1" presentation:source="fixed">Spring 2003</presentation:date-time-decl>' +
    '<presentation:date-time-decl presentation:name="d2" presentation:source="current-date"/>';
  const STYLES =
    '<style:style style:name="dp1" style:family="drawing-page"><style:drawing-page-properties presentation:display-footer="true"/></style:style>' +
    '<style:style style:name="dp2" style:family="drawing-page"><style:drawing-page-properties presentation:display-footer="false"/></style:style>';
  const words = '<draw:frame><draw:text-box><text:p>High</text:p></draw:text-box></draw:frame>';

  it.each([
    ['a footer', 'draw:style-name="dp1" presentation:use-footer-name="f1"', 'High\n\nHarbour office'],
    ['a date', 'presentation:use-date-time-name="d1"', 'High\n\nSpring 2003'],
    ['both', 'presentation:use-footer-name="f1" presentation:use-date-time-name="d1"', 'High\n\nSpring 2003\n\nHarbour office'],
    ['one that is not shown', 'draw:style-name="dp2" presentation:use-footer-name="f1"', 'High'],
    ["today's date", 'presentation:use-date-time-name="d2"', 'High'],
    ['none', '', 'High'],
  ])('are read as the slide shows them: %s', async (_name, page, text) => {
    expect(await textOf('presentation', `${DECLARED}<draw:page ${page}>${words}</draw:page>`, STYLES)).toBe(text);
  });
}); // prettier-ignore
