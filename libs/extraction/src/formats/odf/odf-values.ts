import type { XmlAttributes } from '../container/xml-reader';

/** What a cell of a sheet says by its attributes: some programs write values, and not how they are shown. */
export interface CellValue {
  readonly type: string;
  readonly value: string;
  readonly currency: string;
}

const ATTRIBUTES: Readonly<Record<string, string>> = {
  date: 'office:date-value',
  time: 'office:time-value',
  boolean: 'office:boolean-value',
  string: 'office:string-value',
};

export function valueOf(attributes: XmlAttributes): CellValue | undefined {
  const type = attributes.get('office:value-type');
  if (type === undefined) return undefined;
  const currency = type === 'currency' ? (attributes.get('office:currency') ?? '') : '';
  return { type, value: attributes.get(ATTRIBUTES[type] ?? 'office:value') ?? '', currency };
}

/** As sheets of other formats give what has no format. */
export function shownValue({ type, value, currency }: CellValue): string {
  switch (type) {
    case 'float':
    case 'currency':
      return `${plain(value, 1)} ${currency}`.trim();
    case 'percentage':
      return `${plain(value, 100)}%`;
    case 'date':
      return value.replace('T', ' ').replace(/ 00:00:00(?:\.0+)?$/, '');
    case 'time':
      return value.replace(/^PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S$/, '$1:$2:$3');
    case 'boolean':
      return value.toUpperCase();
    default:
      return value;
  }
}

/** Fifteen digits, as spreadsheets count. */
function plain(value: string, times: number): string {
  const number = Number(value) * times;
  return value !== '' && Number.isFinite(number) ? String(Number(number.toPrecision(15))) : value;
}
