import type { Place } from '../api/types';

/** Numbers, sizes and times as the reader's language writes them. */
const language = typeof navigator === 'undefined' ? 'en' : navigator.language;
const numbers = new Intl.NumberFormat(language);
const compact = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' });
const moments = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });

const BYTES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
const SPANS = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

export function count(value: number): string {
  return numbers.format(value);
}

/** `one document`, `3 documents`: English, as the page is. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

export function bytes(value: number): string {
  const step = value < 1 ? 0 : Math.min(BYTES.length - 1, Math.floor(Math.log(value) / Math.log(1_000)));
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: BYTES[step] ?? 'byte',
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: step < 2 ? 0 : 1,
  }).format(value / 1_000 ** step);
}

/** How long ago, or in how long. */
export function ago(moment: string | Date, now = Date.now()): string {
  const seconds = (new Date(moment).getTime() - now) / 1_000;
  for (const [unit, length] of SPANS) {
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  }
  return relative.format(0, 'second');
}

export function moment(value: string | Date): string {
  return moments.format(new Date(value));
}

export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${compact.format(ms / 1_000)} s`;
  if (ms < 3_600_000) return `${compact.format(ms / 60_000)} min`;
  return `${compact.format(ms / 3_600_000)} h`;
}

export function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}

/** `page 3 · Bees > Winter`. Empty where the document has no such places. */
export function placeInWords(place: Place): string {
  const { page, slide, sheet, row, jsonPath, heading } = place;
  return [
    page !== undefined && `page ${page}`,
    slide !== undefined && `slide ${slide}`,
    sheet !== undefined && `sheet ${sheet}`,
    row !== undefined && `row ${row}`,
    jsonPath !== undefined && jsonPath,
    heading !== undefined && heading.replaceAll(' > ', ' › '),
  ]
    .filter((part) => typeof part === 'string')
    .join(' · ');
}
