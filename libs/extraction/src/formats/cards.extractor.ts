import { decodeText } from '../charset/text-decoding';
import { TextAssembly } from '../text-assembly';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../text-extractor';

/** Calendars (iCalendar) and contacts (vCard): a record of `Name: value` lines for each event, task, note or person. */
export class CardsExtractor implements TextExtractor {
  readonly lane = 'fast';
  readonly extensions: readonly string[];

  constructor(
    readonly format: 'ics' | 'vcf',
    others: readonly string[],
    readonly mediaTypes: readonly string[],
  ) {
    this.extensions = [format, ...others];
  }

  extract(source: ExtractionSource): Promise<ExtractedDocument> {
    return new Promise((resolve) => resolve(extractCards(source)));
  }
}

/** What people read of an entry, and how it is called; all else is for programs. */
const SHOWN: ReadonlyMap<string, string> = new Map([
  ['SUMMARY', 'Summary'], ['FN', 'Name'], ['NICKNAME', 'Nickname'], ['DTSTART', 'Start'], ['DTEND', 'End'], ['DUE', 'Due'],
  ['DURATION', 'Duration'], ['RRULE', 'Repeats'], ['LOCATION', 'Location'], ['ORGANIZER', 'Organizer'],
  ['ATTENDEE', 'Attendee'], ['CONTACT', 'Contact'], ['STATUS', 'Status'], ['CATEGORIES', 'Categories'], ['URL', 'URL'],
  ['DESCRIPTION', 'Description'], ['COMMENT', 'Comment'], ['ORG', 'Organization'], ['TITLE', 'Title'], ['ROLE', 'Role'],
  ['TEL', 'Telephone'], ['EMAIL', 'E-mail'], ['ADR', 'Address'], ['BDAY', 'Birthday'], ['NOTE', 'Note'], ['IMPP', 'Messenger'],
]); // prettier-ignore
const ENTRIES = new Set(['VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY', 'VCARD']);
const DATES = new Set(['DTSTART', 'DTEND', 'DUE', 'BDAY']);
/** Parts of these stand between semicolons. */
const STRUCTURED = new Set(['ADR', 'ORG']);
const MAX_DEPTH = 16;

interface Property {
  readonly name: string;
  readonly parameters: string;
  readonly value: string;
}

/** @throws IngestionFailure `TOO_LARGE`, `UNKNOWN_CHARSET` */
export function extractCards(source: ExtractionSource): ExtractedDocument {
  const assembly = new TextAssembly();
  const open: string[] = [];
  let entry: string[] | undefined;
  let depth = 0;
  let titles: readonly string[] = [];
  for (const property of propertiesOf(decodeText(source))) {
    const { name, value } = property;
    if (name === 'BEGIN') {
      if (open.length < MAX_DEPTH) open.push(value.toUpperCase());
      if (entry === undefined && ENTRIES.has(value.toUpperCase())) {
        entry = [];
        depth = open.length;
      }
    } else if (name === 'END') {
      if (entry !== undefined && open.length <= depth) {
        assembly.add({ kind: 'record', text: entry.join('\n'), headingPath: titles });
        entry = undefined;
      }
      open.pop();
    } else if (name === 'X-WR-CALNAME' && entry === undefined && titles.length === 0) {
      const title = unescaped(value).trim();
      assembly.add({ kind: 'heading', text: title, headingPath: [] });
      if (title !== '') titles = [title.slice(0, 300)];
    } else if (open.length === depth) {
      // What lies deeper is an alarm of the entry.
      const line = lineOf(property);
      if (line !== undefined) entry?.push(line);
    }
  }
  // The end of a file that breaks off.
  if (entry !== undefined) assembly.add({ kind: 'record', text: entry.join('\n'), headingPath: titles });
  return assembly.finish();
}

/** Group, name and parameters of a property, before its value. */
const HEAD = /^(?:[\w-]+\.)?([\w-]+)((?:;(?:"[^"]*"|[^":])*)?):/;
/** A line with a longer one is no property; V8 could not look for the end of one of millions. */
const MAX_HEAD_LENGTH = 65_536;

/** Lines go on in the next one where it begins with a space, or, encoded as in old mail, where they end with `=`. */
function* propertiesOf(text: string): Generator<Property, void> {
  const lines = text.split(/\r\n?|\n/);
  for (let index = 0; index < lines.length; index += 1) {
    const parts = [lines[index] ?? ''];
    const isQuoted = /;(?:ENCODING=)?QUOTED-PRINTABLE[;:]/i.test(parts[0] ?? '');
    while (index + 1 < lines.length) {
      const next = lines[index + 1] ?? '';
      if (isQuoted && parts.at(-1)?.endsWith('=') === true) parts.push((parts.pop() ?? '').slice(0, -1), next);
      else if (/^[ \t]/.test(next)) parts.push(next.slice(1));
      else break;
      index += 1;
    }
    const line = parts.join('');
    const [head, name = '', parameters = ''] = HEAD.exec(line.slice(0, MAX_HEAD_LENGTH)) ?? [];
    if (head === undefined) continue;
    const value = line.slice(head.length);
    yield { name: name.toUpperCase(), parameters, value: isQuoted ? unquoted(value, parameters) : value };
  }
}

function unquoted(value: string, parameters: string): string {
  const bytes = value.replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  const declaredCharset = /;CHARSET=([\w-]+)/i.exec(parameters)?.[1]?.toLowerCase();
  const source = { bytes: Buffer.from(bytes, 'latin1'), filename: 'value.txt' };
  return decodeText({ ...source, ...(declaredCharset !== undefined && { declaredCharset }) });
}

function lineOf({ name, parameters, value }: Property): string | undefined {
  const label = SHOWN.get(name);
  if (label === undefined) return undefined;
  const shown = shownValue(name, parameters, value);
  return shown === '' ? undefined : `${label}: ${shown}`;
}

function shownValue(name: string, parameters: string, value: string): string {
  if (DATES.has(name)) return shownDate(value.trim(), /;TZID="?([^";:]+)/i.exec(parameters)?.[1]);
  if (STRUCTURED.has(name)) {
    return value
      .split(/(?<!\\);/)
      .map((part) => unescaped(part).trim())
      .filter((part) => part !== '')
      .join(', ');
  }
  const address = unescaped(value)
    .replace(/^(?:mailto|tel):/i, '')
    .trim();
  const person = /;CN="?([^";:]+)/i.exec(parameters)?.[1];
  return person === undefined || person === address ? address : `${person} <${address}>`;
}

/** `20260329T101500Z` as 2026-03-29 10:15 UTC; what is no date stays as it is. */
function shownDate(value: string, zone: string | undefined): string {
  const [, year, month, day, hour, minute, second, utc] =
    /^(\d{4})-?(\d{2})-?(\d{2})(?:T(\d{2}):?(\d{2}):?(\d{2})?(Z)?)?$/.exec(value) ?? [];
  if (year === undefined) return value;
  const date = `${year}-${month}-${day}`;
  if (hour === undefined) return date;
  const seconds = second === undefined || second === '00' ? '' : `:${second}`;
  return `${date} ${hour}:${minute}${seconds}${utc === undefined ? '' : ' UTC'}${zone === undefined ? '' : ` ${zone}`}`;
}

function unescaped(value: string): string {
  return value.replace(/\\([\\,;nN])/g, (_, sign: string) => (/n/i.test(sign) ? '\n' : sign));
}
