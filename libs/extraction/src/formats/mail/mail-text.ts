import PostalMime from 'postal-mime';
import { IngestionFailure } from '@vectorlane/errors';
import { TextAssembly } from '../../text-assembly';
import type { ExtractedDocument, ExtractionSource } from '../../text-extractor';
import { appendDocument, type FileInside, type FilesInside } from '../files-inside';
import { extractHtml } from '../html/html.extractor';
import { extractTxt } from '../txt.extractor';

/** Deeper nesting of parts is hostile. */
const MAX_NESTING = 50;
const MAX_HEADERS_BYTES = 1024 * 1024;
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
  readonly body: ExtractedDocument;
  readonly attachments: readonly FileInside[];
}

export interface MailContext {
  readonly assembly: TextAssembly;
  readonly source: ExtractionSource;
  readonly inside: FilesInside;
}

/**
 * One message of MIME.
 * @returns notes of what could not be read of it
 * @throws IngestionFailure `CORRUPT_FILE` when it is no message, `TOO_LARGE`; the signal's reason
 */
export async function appendMessage(
  bytes: Uint8Array,
  context: MailContext,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const mail = await parse(bytes);
  const { subject = '', from, to = [], cc = [], date = '' } = mail;
  const people = { from: addresses(from === undefined ? [] : [from]), to: addresses(to), cc: addresses(cc) };
  return appendMail(
    { subject, date, ...people, body: bodyOf(mail), attachments: attachmentsOf(mail) },
    context,
    signal,
  );
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
  appendDocument(assembly, mail.body, titles);
  return inside.append(mail.attachments, { assembly, titles, source }, signal);
}

/** A page as it was saved with all that belongs to it: its HTML alone is text. */
export async function savedPage(bytes: Uint8Array): Promise<ReturnType<typeof extractHtml>> {
  return bodyOf(await parse(bytes));
}

async function parse(bytes: Uint8Array): Promise<PostalMime.Email> {
  try {
    const options = { maxNestingDepth: MAX_NESTING, maxHeadersSize: MAX_HEADERS_BYTES };
    return await PostalMime.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), options);
  } catch (error) {
    const message = 'This file cannot be read as mail. Export it from your mail program again.';
    throw new IngestionFailure('CORRUPT_FILE', message, { cause: error });
  }
}

/** The plain text where there is one, as its writer's program made both from the same words. */
function bodyOf({ text, html }: PostalMime.Email): ReturnType<typeof extractHtml> {
  if (text !== undefined && text.trim() !== '') return extractTxt({ bytes: Buffer.from(text), filename: 'body.txt' });
  return extractHtml({ bytes: Buffer.from(html ?? ''), filename: 'body.html' });
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

/** Pictures that the text shows are part of its look. */
function attachmentsOf({ attachments }: PostalMime.Email): readonly FileInside[] {
  return attachments
    .filter(
      ({ related, disposition, mimeType }) =>
        !(mimeType.startsWith('image/') && (related === true || disposition === 'inline')),
    )
    .map(({ filename, mimeType, content }, index) => ({
      name: filename ?? `attachment-${index + 1}`,
      mediaType: mimeType,
      bytes: typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content),
    }));
}
