import { decompressRTF } from '@kenjiuno/decompressrtf';
import MsgReader, { type FieldsData } from '@kenjiuno/msgreader';
import { IngestionFailure } from '@vectorlane/errors';
import { TextAssembly } from '../../text-assembly';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../../text-extractor';
import { decodeCharset, detectCharset } from '../../charset/charset-detection';
import { coverageOf, type FileInside, type FilesInside } from '../files-inside';
import { extractHtml } from '../html/html.extractor';
import { extractRtf } from '../rtf/rtf.extractor';
import { extractTxt } from '../txt.extractor';
import { checkCompoundFile } from '../container/compound-file';
import { appendMail, type Mail } from './mail-text';
import { DETAILS, detailsOf } from './msg-details';

/** One item of Outlook (MSG): a message, a note, a task; its attachments read by their own formats. */
export class MsgExtractor implements TextExtractor {
  readonly format = 'msg';
  readonly lane = 'heavy';
  readonly extensions = ['msg'];
  readonly mediaTypes = ['application/vnd.ms-outlook'];

  constructor(private readonly inside: FilesInside) {}

  async extract(source: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
    if (source.bytes.length === 0) return { text: '', blocks: [] };
    const assembly = new TextAssembly();
    const notes = await appendMail(mailOf(source.bytes), { assembly, source, inside: this.inside }, signal);
    return { ...assembly.finish(), ...coverageOf(notes) };
  }
}

const MAX_ATTACHMENTS = 1_000;
const MAX_RECIPIENTS = 1_000;

function mailOf(bytes: Uint8Array): Mail {
  try {
    checkCompoundFile(bytes);
    const { reader, fields } = read(bytes, 'latin1');
    const decode = decoderFor(bytes, fields);
    const recipients = (fields.recipients ?? []).slice(0, MAX_RECIPIENTS);
    const of = (kind: 'to' | 'cc'): string =>
      recipients
        .filter(({ recipType }) => (recipType ?? 'to') === kind)
        .map(({ name, smtpAddress, email }) => person(decode(name), smtpAddress ?? email))
        .join(', ');
    return {
      subject: decode(fields.subject),
      from: person(decode(fields.senderName), fields.senderSmtpAddress ?? fields.senderEmail),
      to: of('to'),
      cc: of('cc'),
      date: fields.messageDeliveryTime ?? fields.clientSubmitTime ?? '',
      details: detailsOf(fields, decode),
      body: [bodyOf(fields, decode)],
      attachments: attachmentsOf(reader, fields, decode),
    };
  } catch (error) {
    // The library throws whatever broken structures lead it to.
    if (error instanceof IngestionFailure) throw error;
    const message = 'This Outlook message is damaged. Open it in Outlook, save it again, or as EML, and upload that.';
    throw new IngestionFailure('CORRUPT_FILE', message, { cause: error });
  }
}

function read(bytes: Uint8Array, ansiEncoding: string): { reader: MsgReader; fields: FieldsData } {
  const reader = new MsgReader(new Uint8Array(bytes).buffer);
  reader.parserConfig = { ansiEncoding };
  const fields = reader.getFileData();
  if (fields.error !== undefined) throw new Error(fields.error);
  // Of a damaged item bytes may come where the library promises text.
  const texts: readonly unknown[] = [fields, ...(fields.recipients ?? []), ...(fields.attachments ?? [])];
  if (!texts.every(hasText)) throw new Error('a text of the item is none');
  return { reader, fields };
}

const TEXTS: ReadonlySet<string> = new Set([
  'subject', 'body', 'bodyHtml', 'senderName', 'senderEmail', 'senderSmtpAddress', 'messageDeliveryTime',
  'clientSubmitTime', 'name', 'email', 'smtpAddress', 'fileName', 'attachMimeTag', 'messageClass', ...DETAILS,
]); // prettier-ignore

function hasText(of: unknown): boolean {
  return Object.entries(of as object).every(([name, value]) => !TEXTS.has(name) || typeof value === 'string' || value === undefined); // prettier-ignore
}

type Decode = (text: string | undefined) => string;

/**
 * Older items hold bytes in place of characters, in a charset that they do not always tell rightly. They come as
 * Latin-1; that they are bytes shows when they are read in another charset and say something else.
 */
function decoderFor(bytes: Uint8Array, fields: FieldsData): Decode {
  const said = ({ subject, body, senderName }: FieldsData): string => [subject, senderName, body].join('\n');
  const sample = said(fields);
  const isText = !BEYOND_ASCII.test(sample) || said(read(bytes, 'cp866').fields) === sample;
  if (isText) return (text) => text ?? '';
  const charset = charsetOf(Buffer.from(sample, 'latin1'), fields.messageCodepage ?? fields.internetCodepage);
  return (text = '') => (BEYOND_ASCII.test(text) ? decodeCharset(Buffer.from(text, 'latin1'), charset) : text);
}

const BEYOND_ASCII = /[\x80-\xff]/;

/** UTF-8 that is valid, then what the item says if it fits, then what is likely. */
function charsetOf(bytes: Uint8Array, codePage: number | undefined): string {
  const declared = codePage === undefined ? undefined : (CODE_PAGES.get(codePage) ?? `windows-${codePage}`);
  const stated = ['utf-8', ...(declared === undefined || declared === 'windows-1252' ? [] : [declared])];
  return stated.find((charset) => fits(bytes, charset)) ?? detectCharset(bytes)?.charset ?? 'windows-1252';
}

function fits(bytes: Uint8Array, charset: string): boolean {
  try {
    new TextDecoder(charset, { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false; // not of this charset, or of none that is known
  }
}

/** Windows-1252 is what programs write where they know nothing. */
const CODE_PAGES: ReadonlyMap<number, string> = new Map([
  [65001, 'utf-8'], [20127, 'windows-1252'], [28591, 'windows-1252'], [28592, 'iso-8859-2'], [28605, 'iso-8859-15'],
  [20866, 'koi8-r'], [932, 'shift_jis'], [936, 'gb18030'], [949, 'euc-kr'], [950, 'big5'],
]); // prettier-ignore

function person(name: string, address: string | undefined): string {
  // Addresses within one organisation are paths of its directory.
  if (address === undefined || address === name || !address.includes('@')) return name;
  return `${name} <${address}>`.trim();
}

function bodyOf({ body, bodyHtml, html, compressedRtf }: FieldsData, decode: Decode): ExtractedDocument {
  const text = decode(body);
  if (text.trim() !== '') return extractTxt({ bytes: Buffer.from(text), filename: 'body.txt' });
  if (html !== undefined && html.length > 0) return extractHtml({ bytes: html, filename: 'body.html' });
  if (bodyHtml !== undefined && bodyHtml !== '') {
    return extractHtml({ bytes: Buffer.from(decode(bodyHtml)), filename: 'body.html' });
  }
  if (compressedRtf === undefined || compressedRtf.length === 0) return { text: '', blocks: [] };
  return extractRtf({ bytes: Uint8Array.from(decompressRTF([...compressedRtf])), filename: 'body.rtf' });
}

/** Pictures that the text shows are part of its look. */
function attachmentsOf(reader: MsgReader, { attachments = [] }: FieldsData, decode: Decode): readonly FileInside[] {
  return attachments
    .slice(0, MAX_ATTACHMENTS)
    .filter((one) => !(one.attachmentHidden === true && one.pidContentId !== undefined))
    .map((one, index) => {
      const { fileName, content } = reader.getAttachment(one);
      const name = decode(fileName).trim() || `attachment-${index + 1}`;
      return { name, bytes: content, ...(one.attachMimeTag !== undefined && { mediaType: one.attachMimeTag }) };
    });
}
