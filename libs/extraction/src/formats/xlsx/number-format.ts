/** Numbers as a spreadsheet shows them: dates, percentages, decimals, thousands, and the words around them. */

/** Serial numbers count days from here, with a 29 February 1900 that never was. */
const EPOCH_1900 = Date.UTC(1899, 11, 30);
const EPOCH_1904 = Date.UTC(1904, 0, 1);

/** Built-in formats that are not written into the file. */
const BUILT_IN: ReadonlyMap<number, string> = new Map([
  [1, '0'], [2, '0.00'], [3, '#,##0'], [4, '#,##0.00'], [9, '0%'], [10, '0.00%'], [14, 'yyyy-mm-dd'], [15, 'yyyy-mm-dd'],
  [16, 'mm-dd'], [17, 'yyyy-mm'], [18, 'h:mm'], [19, 'h:mm:ss'], [20, 'h:mm'], [21, 'h:mm:ss'], [22, 'yyyy-mm-dd h:mm'],
  [37, '#,##0'], [38, '#,##0'], [39, '#,##0.00'], [40, '#,##0.00'], [45, 'mm:ss'], [46, 'h:mm:ss'], [47, 'mm:ss'],
]); // prettier-ignore

export function builtInFormat(id: number): string | undefined {
  return BUILT_IN.get(id);
}

const MAX_CODE_LENGTH = 500;

/** @param code the format's code, of which the part for positive numbers counts; empty for the general one */
export function shownNumber(value: string, code: string, from1904: boolean): string {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number)) return value;
  const [positive = '', negative] = sections(code);
  const isNegative = number < 0 && negative !== undefined && negative !== '';
  const pattern = isNegative ? negative : positive;
  if (pattern === '' || /^general$/i.test(pattern)) return general(number);
  const bare = withoutWords(pattern);
  if (/[ymdhs]/i.test(bare)) return dateOf(number, bare, from1904) ?? general(number);
  return decorated(pattern, isNegative ? Math.abs(number) : number, bare);
}

/** What stands between semicolons, but for those in quotes; asked for once for each number. */
function sections(code: string): readonly string[] {
  const found: string[] = [];
  let start = 0;
  let isQuoted = false;
  const end = Math.min(code.length, MAX_CODE_LENGTH);
  for (let at = 0; at < end; at += 1) {
    const character = code.charAt(at);
    if (character === '"') isQuoted = !isQuoted;
    if (character !== ';' || isQuoted) continue;
    found.push(code.slice(start, at));
    start = at + 1;
  }
  return [...found, code.slice(start, end)];
}

/** Without what is shown as it stands: quoted and escaped words, colours, conditions, padding. */
function withoutWords(pattern: string): string {
  return pattern.replace(/"[^"]*"|\\.|_.|\*.|\[(?!h|m|s)[^\][]*\]/gi, '');
}

/** Fifteen digits, as spreadsheets count. */
function general(number: number): string {
  return String(Number(number.toPrecision(15)));
}

function dateOf(serial: number, bare: string, from1904: boolean): string | undefined {
  const seconds = Math.round(serial * 86_400);
  const time = (from1904 ? EPOCH_1904 : EPOCH_1900) + seconds * 1_000;
  if (!(Math.abs(serial) < 3_000_000)) return undefined;
  const hasDate = /[yd]/i.test(bare) || (/m/i.test(bare) && !/[hs]/i.test(bare));
  const hasTime = /[hs]/i.test(bare);
  const iso = new Date(time).toISOString();
  const clock = iso.slice(11, /s/i.test(bare) ? 19 : 16);
  // Hours in brackets are those that went by; any others are of the day, whichever day it is.
  if (/\[[hms]/i.test(bare) && serial >= 1) return `${Math.floor(seconds / 3_600)}${clock.slice(2)}`;
  if (hasDate && hasTime) return `${iso.slice(0, 10)} ${clock}`;
  return hasDate ? iso.slice(0, 10) : clock;
}

/** Making one takes a thousand times as long as using it. */
const NUMBER_FORMATS = new Map<string, Intl.NumberFormat>();

function numberFormat(leastDecimals: number, mostDecimals: number, useGrouping: boolean): Intl.NumberFormat {
  const [minimumFractionDigits, maximumFractionDigits] = [Math.min(20, leastDecimals), Math.min(20, mostDecimals)];
  const key = `${minimumFractionDigits} ${maximumFractionDigits} ${useGrouping}`;
  const known = NUMBER_FORMATS.get(key);
  if (known !== undefined) return known;
  const made = new Intl.NumberFormat('en-US', { minimumFractionDigits, maximumFractionDigits, useGrouping });
  NUMBER_FORMATS.set(key, made);
  return made;
}

function decorated(pattern: string, number: number, bare: string): string {
  const digits = /[0#?][0#?,]*(?:\.[0#?]*)?/.exec(bare)?.[0];
  if (digits === undefined || /E[+-]/i.test(bare)) return general(number);
  const decimals = /\.([0#?]*)/.exec(digits)?.[1] ?? '';
  const format = numberFormat(decimals.replace(/[^0]/g, '').length, decimals.length, digits.includes(','));
  const shown = format.format(bare.includes('%') ? number * 100 : number);
  const words = [...pattern.matchAll(/"([^"]*)"|\[\$([^\]-]*)/g)].map(
    ([, quoted, currency]) => quoted ?? currency ?? '',
  );
  const sign = /[€$£¥]/.exec(bare)?.[0] ?? '';
  const before = /^(?:"|\[\$|[€$£¥])/.test(pattern);
  const word = [...words, sign]
    .filter((part) => part.trim() !== '')
    .join('')
    .trim();
  const value = bare.includes('%') ? `${shown}%` : shown;
  if (word === '') return value;
  return before ? `${word}${/^\p{L}/u.test(word) ? ' ' : ''}${value}` : `${value} ${word}`;
}
