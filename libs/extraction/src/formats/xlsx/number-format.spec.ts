import { shownNumber } from './number-format';

describe('times of sheets', () => {
  // 18 October 1933, 16:17:37.
  const SERIAL = '12345.6789';

  it.each([
    ['h:mm', '16:17'],
    ['h:mm:ss', '16:17:37'],
    ['h:mm AM/PM', '16:17'],
    ['[h]:mm', '296296:17'],
    ['[hh]:mm:ss', '296296:17:37'],
    ['yyyy-mm-dd h:mm', '1933-10-18 16:17'],
    ['m/d/yy h:mm:ss', '1933-10-18 16:17:37'],
  ])('are shown as %s', (code, shown) => {
    expect(shownNumber(SERIAL, code, false)).toBe(shown);
  });

  it.each([
    ['0.5', '[h]:mm', '12:00'],
    ['1.5', '[h]:mm', '36:00'],
    ['1.99999999', '[h]:mm:ss', '48:00:00'],
    ['0.75', 'h:mm:ss', '18:00:00'],
  ])('%s as %s', (value, code, shown) => {
    expect(shownNumber(value, code, false)).toBe(shown);
  });
});
