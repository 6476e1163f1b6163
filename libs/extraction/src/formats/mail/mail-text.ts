import type PostalMime from 'postal-mime';
import { IngestionFailure } from '@vectorlane/errors';
import { TextAssembly } from '../../text-assembly';
import type { ExtractedDocument, ExtractionSource } from '../../text-extractor';
import { appendDocument, coverageOf, type FileInside, type FilesInside } from '../files-inside';
import { extractTxt } from '../txt.extractor';
import { htmlOf, partsOf, type ShownPart } from './mail-parts';

/** Messages that stand within one another; deeper ones are attachments. */
const MAX_MESSAGES_DEEP = 10;
const MAX_SHOWN_ADDRESSES = 50;

/** A message, whatever it was read from. */
export interface Mail {
  readonly subject: string;
  readonly from: string;
  readonly to: string;
  readonly cc: string;
  readonly date: string;
  /** Further labels and values of an item that is more than a message. */
  readonly details?: readonly (readonly [label: string, value: string])[];
  /** What is shown, in its order. */
  readonly body: readonly ExtractedDocument[];
  readonly attachments: readonly FileInside[];
}

export interface MailContext {
  readonly assembly: TextAssembly;
  readonly source: ExtractionSource;
  readonly inside: FilesInside;
}

/**
 * One message of MIME.
 * @param depth in how many messages it stands itself
 * @returns notes of what could not be read of it
 * @throws IngestionFailure `CORRUPT_FILE` when it is no message, `TOO_LARGE`; the signal's reason
 */
export async function appendMessage(
  bytes: Uint8Array,
  context: MailContext,
  signal: AbortSignal,
  depth = 0,
): Promise<readonly string[]> {
  const { subject, date, from, to, cc, shown, attachments } = await partsOf(bytes);
  const body: ExtractedDocument[] = [];
  const notRead: FileInside[] = [];
  for (const part of shown) {
    if (part.kind !== 'message') body.push(documentOf(part));
    else {
      const message = depth < MAX_MESSAGES_DEEP && (await messageOf(part.file, context, signal, depth + 1));
      if (message) body.push(message);
      else notRead.push(part.file);
    }
  }
  const people = { from: addresses(from), to: addresses(to), cc: addresses(cc) };
  return appendMail({ subject, date, ...people, body, attachments: [...notRead, ...attachments] }, context, signal);
}

/** Nothing when it is damaged so that nothing of it can be read. */
async function messageOf(
  { bytes }: FileInside,
  context: MailContext,
  signal: AbortSignal,
  depth: number,
): Promise<ExtractedDocument | undefined> {
  signal.throwIfAborted();
  const assembly = new TextAssembly();
  try {
    const notes = await appendMessage(bytes, { ...context, assembly }, signal, depth);
    return { ...assembly.finish(), ...coverageOf(notes) };
  } catch (error) {
    if (error instanceof IngestionFailure && error.code === 'CORRUPT_FILE') return undefined;
    throw error;
  }
}

/**
 * Its subject is a heading, who wrote it to whom and when a record, then its text and its attachments.
 * @returns notes of what could not be read of it
 * @throws IngestionFailure `TOO_LARGE`; the signal's reason
 */
export async function appendMail(
  mail: Mail,
  { assembly, source, inside }: MailContext,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const subject = mail.subject.trim();
  if (subject !== '') assembly.add({ kind: 'heading', text: subject, headingPath: [] });
  const titles = subject === '' ? [] : [subject.replace(/\s+/g, ' ').slice(0, 300)];
  assembly.add({ kind: 'record', text: headerLines(mail), headingPath: titles });
  for (const document of mail.body) appendDocument(assembly, document, titles);
  const notes = mail.body.flatMap(({ coverage }) => coverage?.notes ?? []);
  return [...notes, ...(await inside.append(mail.attachments, { assembly, titles, source }, signal))];
}

/** A page as it was saved with all that belongs to it: its HTML alone is text. */
export async function savedPage(bytes: Uint8Array): Promise<ExtractedDocument> {
  const { shown } = await partsOf(bytes);
  const texts = (kind: ShownPart['kind']): string =>
    shown.flatMap((part) => (part.kind === kind && part.kind !== 'message' ? part.text : [])).join('\n');
  const html = texts('html');
  return html.trim() === '' ? documentOf({ kind: 'plain', text: texts('plain') }) : htmlOf(html);
}

function documentOf({ kind, text }: Exclude<ShownPart, { kind: 'message' }>): ExtractedDocument {
  return kind === 'html' ? htmlOf(text) : extractTxt({ bytes: Buffer.from(text), filename: 'body.txt' });
}

function headerLines({ from, to, cc, date, details = [] }: Mail): string {
  const lines = [
    ['From', from],
    ['To', to],
    ['Cc', cc],
    ['Date', date],
  ] as const;
  return [...lines, ...details]
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}

function addresses(list: readonly PostalMime.Address[]): string {
  return list
    .slice(0, MAX_SHOWN_ADDRESSES)
    .map(({ name, address, group = [] }) => {
      // A group is a name for several people, who were written to all the same.
      if (group.length > 0) return `${name}: ${addresses(group)}`;
      return address ? `${name} <${address}>`.trim() : name;
    })
    .join(', ');
}
