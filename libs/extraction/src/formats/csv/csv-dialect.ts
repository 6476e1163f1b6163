/** What a CSV file does not say of itself: which character separates its fields, and where its table begins. */

export type Delimiter = ',' | ';' | '\t' | '|';

const CANDIDATES: readonly Delimiter[] = [',', ';', '\t', '|'];
const SAMPLE_LENGTH = 64 * 1024;
const SAMPLE_ROWS = 50;

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

/** How a table begins. */
export interface TableStart {
  /** Rows above the table: a title, a date of export. */
  readonly preamble: number;
  /** Whether the first row below them names the columns. */
  readonly hasHeader: boolean;
}

/** A longer cell is a name only where the rows below hold something of another kind. */
const MAX_PLAIN_NAME_LENGTH = 60;
const MAX_NAME_LENGTH = 300;

/**
 * Where the table begins and whether it has a header, from its first rows. A header names columns: its cells are no
 * values, or years above numbers; they do not come back in their columns; at most the first one is empty, as programs
 * write an index without a name, and those behind the last.
 */
export function findTable(rows: readonly (readonly string[])[]): TableStart {
  const filled = rows.map((row) => row.filter((cell) => cell !== '').length);
  const usual = median(filled.slice(filled.length >> 1));
  // A title or a date above the table fills half of its columns at most.
  const first = usual < 2 ? 0 : filled.findIndex((count) => count > usual / 2);
  const preamble = Math.max(0, first);
  const [header, ...data] = rows.slice(preamble);
  return { preamble, hasHeader: header !== undefined && data.length > 0 && namesColumns(header, data) };
}

function median(counts: readonly number[]): number {
  const sorted = [...counts].sort((one, other) => one - other);
  return sorted[sorted.length >> 1] ?? 0;
}

function namesColumns(header: readonly string[], data: readonly (readonly string[])[]): boolean {
  const names = [...header];
  while (names.at(-1) === '') names.pop();
  if (names.length === 0 || names.slice(1).includes('') || (names.length === 1 && names[0] === '')) return false;
  const columns = names.map((_, column) => data.map((row) => row[column] ?? '').filter((cell) => cell !== ''));
  const isTyped = columns.map((cells) => cells.length > 0 && cells.every(isValue));
  const hasContrast = names.some((name, column) => name !== '' && isTyped[column] === true && !isValue(name));
  // Alone in its column and above passages of text, it is a title.
  const isText = columns.some((cells) => cells.some((cell) => cell.length > MAX_PLAIN_NAME_LENGTH));
  if (names.length === 1 && !hasContrast && isText) return false;
  const yearsAreNames = areYears(names.filter(isValue));
  // Three years and more alone name columns where they count up and no row below does.
  if (countUp(names)) return !data.some(countUp);
  return names.every((name, column) => {
    if (name === '') return true;
    if (isValue(name)) return yearsAreNames && names.some((other) => other !== '' && !isValue(other));
    // The names of columns do not come back in them.
    if (columns[column]?.includes(name) === true) return false;
    return name.length <= (hasContrast || /\?$/.test(name) ? MAX_NAME_LENGTH : MAX_PLAIN_NAME_LENGTH);
  });
}

/** Different years that follow one another as columns of a table do. */
function areYears(values: readonly string[]): boolean {
  const years = values.map(Number);
  return years.every((year, index) => {
    const before = years[index - 1];
    return Number.isInteger(year) && year >= 1800 && year <= 2200 && (before === undefined || year !== before);
  });
}

function countUp(cells: readonly string[]): boolean {
  const years = cells.filter((cell) => cell !== '');
  return years.length > 2 && areYears(years) && years.every((year, index) => Number(year) === Number(years[0]) + index);
}

const VALUES = [
  /^[-+(]?[\p{Sc}]?\s*[\d][\d.,\s']*\s*[%\p{Sc})]?$/u,
  /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T].*)?$/,
  /^(?:true|false|null|yes|no|n\/a)$/i,
  /^[^\s@]+@[^\s@]+\.\w+$/,
  /^https?:\/\//i,
];

function isValue(cell: string): boolean {
  return VALUES.some((pattern) => pattern.test(cell));
}
