import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IngestionFailureCode } from '@vectorlane/errors';
import type { ExtractedDocument, TextBlock } from '@vectorlane/extraction';

/**
 * Real PDF and DOCX files of many programs (`test/fixtures/office`), and what their readers expect to find in them.
 * Expectations come from the sources that the files were made of, not from what a parser returned.
 */

export interface OfficeFile {
  readonly file: string;
  /** Program and version. */
  readonly maker: string;
  readonly traits: readonly string[];
  readonly sha256: string;
  readonly expect: Completed | { readonly outcome: IngestionFailureCode };
}

interface Completed {
  readonly outcome: 'completed';
  /** In reading order. */
  readonly passages: readonly Passage[];
  /** What a search should not find: page numbers, deleted text. */
  readonly absent?: readonly string[];
  /** Running heads: to be found, but not on every page again. */
  readonly once?: readonly string[];
}

/** A stretch of text that occurs once and lies within one block. */
export interface Passage {
  /** A space stands for any white space. */
  readonly text?: string;
  /** Instead of `text`: cells of one row in order, whatever stands between them. */
  readonly cells?: readonly string[];
  /** The cells may lie in blocks of their own. */
  readonly apart?: boolean;
  readonly page?: number;
  /** Heading path; numbers before a title do not matter. */
  readonly under?: readonly string[];
  readonly kind?: TextBlock['kind'];
  /** The block holds this and nothing else but a bullet. */
  readonly whole?: boolean;
  /** Its place in the reading order is a matter of taste: a note, a text box, a label. */
  readonly anywhere?: boolean;
}

const FOLDER = join(__dirname, '../fixtures/office');
/** Most that may stand between two cells of a row, such as the name of a column. */
const BETWEEN_CELLS = '[^]{1,60}?';

export const OFFICE_FILES = JSON.parse(readFileSync(join(FOLDER, 'manifest.json'), 'utf8')) as readonly OfficeFile[];

/** @throws Error when the file is not the one that the manifest describes */
export function readOfficeFile({ file, sha256 }: OfficeFile): Uint8Array {
  const bytes = readFileSync(join(FOLDER, file));
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (digest !== sha256) throw new Error(`${file} has the digest ${digest}; the manifest says ${sha256}`);
  return bytes;
}

/** What is wrong with an extracted document, in words; empty when all is as expected. */
export function shortcomings(document: ExtractedDocument, expected: Completed): string[] {
  const found: string[] = [];
  let reached = 0;
  for (const passage of expected.passages) {
    const places = placesOf(passage, document.text);
    if (typeof places === 'string') {
      found.push(places);
      continue;
    }
    for (const place of places) found.push(...misplaced(place, passage, document));
    const start = places[0]?.start ?? 0;
    if (passage.anywhere === true) continue;
    if (start < reached) found.push(`${nameOf(passage)}: comes before what should precede it`);
    reached = Math.max(reached, start);
  }
  const text = document.text.replace(/\s+/g, ' ');
  for (const absent of expected.absent ?? []) {
    if (text.includes(absent)) found.push(`"${absent}" should not be in the text`);
  }
  for (const once of expected.once ?? []) {
    const count = text.split(once).length - 1;
    if (count !== 1) found.push(`"${once}" should be in the text once and is ${count} times`);
  }
  return found;
}

interface Place {
  readonly start: number;
  readonly end: number;
}

function placesOf(passage: Passage, text: string): Place[] | string {
  const parts = passage.cells ?? [passage.text ?? ''];
  const whole = passage.apart === true ? parts.map(patternOf) : [parts.map(patternOf).join(BETWEEN_CELLS)];
  const places: Place[] = [];
  for (const pattern of whole) {
    const matches = [...text.matchAll(new RegExp(pattern, 'gu'))];
    const [match] = matches;
    if (match === undefined) return `${nameOf(passage)}: not found${nearest(parts, text)}`;
    if (matches.length > 1) return `${nameOf(passage)}: found ${matches.length} times`;
    places.push({ start: match.index, end: match.index + match[0].length });
  }
  return places;
}

function misplaced({ start, end }: Place, passage: Passage, document: ExtractedDocument): string[] {
  const name = nameOf(passage);
  const block = document.blocks.find((candidate) => candidate.start <= start && end <= candidate.end);
  if (block === undefined) return [`${name}: not within one block`];
  const found: string[] = [];
  if (passage.page !== undefined && block.page !== passage.page) {
    found.push(`${name}: on page ${block.page}, should be ${passage.page}`);
  }
  const around = document.text.slice(block.start, start) + document.text.slice(end, block.end);
  if (passage.whole === true && around.replace(/[\s•‣·-]/gu, '') !== '')
    found.push(`${name}: in one block with ${JSON.stringify(around)}`);
  const path = block.headingPath.map(unnumbered);
  if (passage.under !== undefined && JSON.stringify(path) !== JSON.stringify(passage.under)) {
    found.push(`${name}: under ${JSON.stringify(path)}, should be ${JSON.stringify(passage.under)}`);
  }
  if (passage.kind !== undefined && block.kind !== passage.kind) {
    found.push(`${name}: a ${block.kind}, should be a ${passage.kind}`);
  }
  return found;
}

function patternOf(phrase: string): string {
  return phrase
    .split(' ')
    .map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .join('\\s+');
}

function unnumbered(title: string): string {
  return title
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^\d+(?:\.\d+)*\.?\s/, '');
}

function nameOf({ text, cells }: Passage): string {
  return JSON.stringify(text ?? cells?.join(' · '));
}

/** The text around the beginning of what is missing, so that a failure can be understood from its message. */
function nearest(parts: readonly string[], text: string): string {
  const words = (parts[0] ?? '').split(' ');
  for (let count = words.length; count > 0; count -= 1) {
    const match = new RegExp(patternOf(words.slice(0, count).join(' ')), 'u').exec(text);
    if (match) return `; the text has ${JSON.stringify(text.slice(match.index, match.index + 160))}`;
  }
  return '';
}
