import { NumberFormats } from './number-format';

async function shown(value: number | string, code: string | number, from1904 = false): Promise<string> {
  const formats = await NumberFormats.load(from1904);
  const format = typeof code === 'number' ? formats.builtIn(code) : formats.get(code);
  return typeof value === 'number' ? format.number(value) : format.text(value);
}

const ACCOUNT = '_-* #,##0.00 [$€-407]_-;-* #,##0.00 [$€-407]_-;_-* "-"?? [$€-407]_-;_-@_-';

/** What Excel in English shows of them. */
const KINDS: Readonly<Record<string, readonly (readonly [value: number | string, code: string | number, shown: string])[]>> = {
  'general ones': [
    [0.1 + 0.2, '', '0.3'],
    [4006381333931, 'General', '4006381333931'],
    [4006381333931, 'General_)', '4006381333931'],
    [-12.5, 'General;[Red](General)', '(12.5)'],
    [1234567890.75, '', '1234567890.75'],
    [Math.PI / 2, '', '1.570796327'],
    [1 / 3, '@', '0.333333333'],
    [1e21, '', '1E+21'],
    [4.50359962737e-15, '', '4.5036E-15'],
  ],
  decimals: [
    [1234.5, '#,##0.00', '1,234.50'],
    [2.5, '0', '3'],
    [0.256, '0%', '26%'],
    [-0.0525, '0.0%;[Red]-0.0%', '-5.3%'],
    [12345678, '#,##0,,"M"', '12M'],
    [7, '000', '007'],
    [5551234567, '[<=9999999]###-####;(###) ###-####', '(555) 123-4567'],
  ],
  'scientific ones': [
    [12345.6789, '0.00E+00', '1.23E+04'],
    [12345.6789, 11, '1.23E+04'],
    [0.00012, '0.0E+0', '1.2E-4'],
    [12345.6789, '##0.0E+0', '12.3E+3'],
  ],
  fractions: [
    [0.75, '# ?/?', '3/4'],
    [5.25, '# ??/??', '5 1/4'],
    [5, 12, '5'],
    [5.3, '# ?/8', '5 2/8'],
    [3.1415926, '# ???/???', '3 16/113'],
  ],
  currencies: [
    [1234.5, '[$€-407] #,##0.00', '€ 1,234.50'],
    [1234.5, ACCOUNT, '1,234.50 €'],
    [-1234.5, ACCOUNT, '-1,234.50 €'],
    [0, ACCOUNT, '- €'],
    [-1234.5, '$#,##0.00_);($#,##0.00)', '($1,234.50)'],
    [1234.5, '#,##0.00\\ "Kč"', '1,234.50 Kč'],
    [1234.5, '[$USD] #,##0', 'USD 1,235'],
  ],
  conditions: [
    [150, '[>100]"big" 0;[<=100]"small" 0', 'big 150'],
    [50, '[>100]"big" 0;[<=100]"small" 0', 'small 50'],
    [0, '0;-0;"none";@', 'none'],
    [-5, '0;[Red]-0', '-5'],
  ],
  texts: [
    ['abc', '"No. "@', 'No. abc'],
    ['abc', '0;0;0;@" (est.)"', 'abc (est.)'],
    ['abc', '0.00', 'abc'],
    ['two words', ACCOUNT, 'two words'],
  ],
  'hidden ones, which are read': [
    [5, ';;;', '5'],
    ['abc', ';;;', 'abc'],
    [0, '0;-0;;@', ''],
  ],
  dates: [
    [36526, 'dd.mm.yyyy', '01.01.2000'],
    [36526, 'd-mmm-yy', '1-Jan-00'],
    [36526, '[$-407]d. mmmm yyyy', '1. Januar 2000'],
    [36526, '[$-419]d mmmm yyyy', '1 января 2000'],
    [36526, '[$-409]dddd, mmmm dd, yyyy', 'Saturday, January 01, 2000'],
    [44197, '[$-411]yyyy"年"m"月"d"日"', '2021年1月1日'],
    [36526, 14, '2000-01-01'],
    [36526, 31, '2000-01-01'],
    [36526.5, 22, '2000-01-01 12:00'],
    [60, 'yyyy-mm-dd', '1900-02-29'],
    [-4_674, 'yyyy-mm-dd', '1887-03-14'],
    [40_000_000, 'dd.mm.yyyy', '40000000'],
  ],
  // 18 October 1933, 16:17:37.
  times: [
    [12345.6789, 'h:mm', '16:17'],
    [12345.6789, 'h:mm AM/PM', '4:17 PM'],
    [12345.6789, '[h]:mm', '296296:17'],
    [12345.6789, '[hh]:mm:ss', '296296:17:37'],
    [12345.6789, 'm/d/yy h:mm:ss', '10/18/33 16:17:37'],
    [0.5, '[h]:mm', '12:00'],
    [1.5, 46, '36:00:00'],
    [1.99999999, '[h]:mm:ss', '48:00:00'],
    [0.75, 'h:mm:ss', '18:00:00'],
    [0.5, '[mm]:ss', '720:00'],
    [44197.999999999, 'yyyy-mm-dd hh:mm:ss', '2021-01-01 00:00:00'],
  ],
  'codes that are none': [
    [12.5, '0"never closed', '12.5'],
    [12.5, '[h', '12.5'],
    [12.5, '0;0;0;0;0', '12.5'],
    [12.5, '?'.repeat(5_000), '12.5'],
  ],
}; // prettier-ignore

describe('numbers in sheets', () => {
  it.each(Object.entries(KINDS).flatMap(([kind, cases]) => cases.map((one) => [kind, ...one] as const)))(
    '%s: %s as %s',
    async (_kind, value, code, expected) => {
      expect(await shown(value, code)).toBe(expected);
    },
  );

  it.each([
    [0, 'yyyy-mm-dd', '1904-01-01'],
    [35064, 'd.m.yyyy', '1.1.2000'],
    [35064.25, 22, '2000-01-01 06:00'],
    [1.5, '[h]:mm', '36:00'],
    [1234.5, '#,##0.0', '1,234.5'],
  ])('with days from 1904: %s as %s', async (value, code, expected) => {
    expect(await shown(value, code, true)).toBe(expected);
  });
});
