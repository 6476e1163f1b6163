/**
 * What a CSV file does not say of itself: which character separates its fields, and whether its first row is a header.
 */

export type Delimiter = ',' | ';' | '\t' | '|';

const CANDIDATES: readonly Delimiter[] = [',', ';', '\t', '|'];
const SAMPLE_LENGTH = 64 * 1024;
const SAMPLE_ROWS = 50;
const MAX_HEADER_CELL_LENGTH = 60;

/**
 * The delimiter that splits most rows of the sample into the same number of fields, more than one; at equal merit the
 * one that splits further.
 * @param fallback when none splits anything, as in a file of one column
 */
export function sniffDelimiter(text: string, fallback: Delimiter): Delimiter {
  const rows = countsByRow(text.slice(0, SAMPLE_LENGTH), text.length > SAMPLE_LENGTH);
  let best: Delimiter = fallback;
  let bestMerit = 0;
  for (const candidate of CANDIDATES) {
    const counts = rows.map((row) => row.get(candidate) ?? 0);
    const usual = mostFrequent(counts.filter((count) => count > 0));
    if (usual === undefined) continue;
    const agreeing = counts.filter((count) => count === usual).length / counts.length;
    // Agreement first; the number of fields only decides between candidates that agree about as well.
    const merit = Math.round(agreeing * 20) * 1_000 + Math.min(usual, 999);
    if (merit > bestMerit) {
      best = candidate;
      bestMerit = merit;
    }
  }
  return best;
}

/**
 * How often each candidate stands outside of quotes, row by row. A row cut off by the end of the sample is left out.
 */
function countsByRow(sample: string, cutOff: boolean): ReadonlyMap<string, number>[] {
  const rows: Map<string, number>[] = [];
  let row = new Map<string, number>();
  let quoted = false;
  let inked = false;
  for (const character of sample) {
    if (character === '"') quoted = !quoted;
    if (character === '\n' && !quoted) {
      if (inked) rows.push(row);
      if (rows.length >= SAMPLE_ROWS) return rows;
      row = new Map();
      inked = false;
    } else {
      inked = true;
      if (!quoted && (CANDIDATES as readonly string[]).includes(character)) {
        row.set(character, (row.get(character) ?? 0) + 1);
      }
    }
  }
  if (inked && (!cutOff || rows.length === 0)) rows.push(row);
  return rows;
}

function mostFrequent(counts: readonly number[]): number | undefined {
  const times = new Map<number, number>();
  for (const count of counts) times.set(count, (times.get(count) ?? 0) + 1);
  let best: number | undefined;
  for (const [count, seen] of times) {
    if (best === undefined || seen > (times.get(best) ?? 0)) best = count;
  }
  return best;
}

/**
 * Whether the first row names the columns: short, different names, none of which is a number, a date, an address or
 * empty (but trailing ones), with at least one row to name.
 */
export function looksLikeHeader(rows: readonly (readonly string[])[]): boolean {
  const [first, ...others] = rows;
  if (first === undefined || others.length === 0) return false;
  const names = first.map((cell) => cell.trim());
  while (names.at(-1) === '') names.pop();
  if (names.length === 0 || new Set(names.map((name) => name.toLowerCase())).size < names.length) return false;
  return names.every((name) => name !== '' && name.length <= MAX_HEADER_CELL_LENGTH && !isValue(name));
}

const VALUES = [
  /^[-+(]?[\p{Sc}]?\s*[\d][\d.,\s']*\s*[%\p{Sc})]?$/u,
  /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T].*)?$/,
  /^(?:true|false|null|yes|no|n\/a)$/i,
  /^[^\s@]+@[^\s@]+\.\w+$/,
  /^https?:\/\//i,
  /[.!?]$/,
];

function isValue(cell: string): boolean {
  return VALUES.some((pattern) => pattern.test(cell));
}
