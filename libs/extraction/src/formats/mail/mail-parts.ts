import PostalMime from 'postal-mime';
import { IngestionFailure } from '@vectorlane/errors';
import type { FileInside } from '../files-inside';
import { extractHtml } from '../html/html.extractor';
import { decodePart } from './mail-charset';
import { repaired } from './mail-repair';

/** Deeper nesting of parts is hostile. */
const MAX_NESTING = 50;
const MAX_HEADERS_BYTES = 1024 * 1024;
/** A plain text longer than this is not there to say that the mail is to be read as HTML. */
const MAX_STAND_IN_LENGTH = 1_000;

/** A message taken apart. */
export interface MailParts {
  readonly subject: string;
  readonly from: readonly PostalMime.Address[];
  readonly to: readonly PostalMime.Address[];
  readonly cc: readonly PostalMime.Address[];
  readonly date: string;
  /** What is shown, in its order. */
  readonly shown: readonly ShownPart[];
  readonly attachments: readonly FileInside[];
}

export type ShownPart =
  | { readonly kind: 'plain' | 'html'; readonly text: string }
  | { readonly kind: 'message'; readonly file: FileInside };

/** @throws IngestionFailure `CORRUPT_FILE` when it is no message */
export async function partsOf(bytes: Uint8Array): Promise<MailParts> {
  const { mail, root } = await parse(repaired(bytes));
  const parts: Collected = { shown: [], attachments: [] };
  collect(root, parts, false);
  const people = (name: string): readonly PostalMime.Address[] =>
    mail.headers.filter(({ key }) => key === name).flatMap(({ value }) => PostalMime.addressParser(value));
  const { subject = '', to = [], cc = [], date = '' } = mail;
  return { subject, from: people('from'), to, cc, date, ...parts };
}

/**
 * The tree of parts as postal-mime holds it. What it gives of its own accord are the texts of all parts as one, of
 * which nobody can tell any more in which charset each was.
 */
interface Part {
  readonly contentType: { readonly parsed: Structured; readonly multipart: string | false };
  readonly contentDisposition: { readonly parsed: Structured };
  readonly contentId?: string;
  readonly content: ArrayBuffer | null;
  readonly childNodes: readonly Part[];
  decodeFlowedText(text: string, delSp: boolean): string;
}

interface Structured {
  readonly value: string;
  readonly params: Readonly<Partial<Record<string, string>>>;
}

async function parse(bytes: Uint8Array): Promise<{ mail: PostalMime.Email; root: Part }> {
  const parser = new PostalMime({
    maxNestingDepth: MAX_NESTING,
    maxHeadersSize: MAX_HEADERS_BYTES,
    forceRfc822Attachments: true,
  });
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mail = await parser.parse(file).catch((cause: unknown) => {
    const message = 'This file cannot be read as mail. Export it from your mail program again.';
    throw new IngestionFailure('CORRUPT_FILE', message, { cause });
  });
  const root: unknown = Reflect.get(parser, 'root');
  // No fault of the file: another version of the library keeps it elsewhere.
  if (!isPart(root)) throw new Error('postal-mime holds no tree of parts where it is looked for');
  return { mail, root };
}

function isPart(root: unknown): root is Part {
  return ['contentType', 'contentDisposition', 'content', 'childNodes', 'decodeFlowedText'].every(
    (name) => typeof root === 'object' && root !== null && name in root,
  );
}

interface Collected {
  readonly shown: ShownPart[];
  readonly attachments: FileInside[];
}

function collect(part: Part, into: Collected, isRelated: boolean): void {
  const { multipart, parsed } = part.contentType;
  if (multipart === false) collectLeaf(part, into, isRelated);
  else if (part.childNodes.length === 0) {
    // Its boundary is missing or another one: all of it, as it stands.
    into.shown.push({ kind: 'plain', text: decodePart(contentOf(part), parsed.params['charset']) });
  } else if (multipart === 'alternative') {
    const versions = part.childNodes.map((child) => {
      const version = { shown: [], attachments: into.attachments };
      collect(child, version, isRelated);
      return version.shown;
    });
    into.shown.push(...chosen(versions));
  } else for (const child of part.childNodes) collect(child, into, isRelated || multipart === 'related');
}

function collectLeaf(part: Part, { shown, attachments }: Collected, isRelated: boolean): void {
  const { value: type, params } = part.contentType.parsed;
  const disposition = part.contentDisposition.parsed.value;
  const isAttached = disposition === 'attachment';
  if (!isAttached && type === 'text/html') {
    shown.push({ kind: 'html', text: decodePart(contentOf(part), params['charset'], 'html') });
  } else if (!isAttached && type === 'text/plain') {
    const text = decodePart(contentOf(part), params['charset']);
    const isFlowed = /^flowed$/i.test(params['format'] ?? '');
    const withoutSpace = /^yes$/i.test(params['delsp'] ?? '');
    shown.push({ kind: 'plain', text: isFlowed ? part.decodeFlowedText(text, withoutSpace) : text });
  } else if (!isAttached && MESSAGES.has(type)) {
    shown.push({ kind: 'message', file: fileOf(part, attachments.length) });
  } else if (!isPictureOfText(type, (isRelated && part.contentId !== undefined) || disposition === 'inline')) {
    attachments.push(fileOf(part, attachments.length));
  }
}

const MESSAGES: ReadonlySet<string> = new Set(['message/rfc822', 'message/global']);

/** Pictures that the text shows are part of its look. */
const isPictureOfText = (type: string, isShown: boolean): boolean => type.startsWith('image/') && isShown;

function fileOf(part: Part, index: number): FileInside {
  const { value: mediaType, params } = part.contentType.parsed;
  const name = part.contentDisposition.parsed.params['filename'] ?? params['name'] ?? '';
  const charset = mediaType.startsWith('text/') ? params['charset'] : undefined;
  const bytes = contentOf(part);
  return {
    name: PostalMime.decodeWords(name) || `attachment-${index + 1}${MESSAGES.has(mediaType) ? '.eml' : ''}`,
    mediaType,
    bytes: charset === undefined ? bytes : Buffer.from(decodePart(bytes, charset)),
  };
}

const contentOf = ({ content }: Part): Uint8Array => new Uint8Array(content ?? new ArrayBuffer(0));

/**
 * The plain text where there is one, as its writer's program made both from the same words; not where it only says
 * that there is more to see.
 */
function chosen(versions: readonly (readonly ShownPart[])[]): readonly ShownPart[] {
  const last = versions.findLast((parts) => parts.some(isText)) ?? [];
  const plain = versions.find((parts) => parts.some((part) => part.kind === 'plain' && isText(part)));
  return plain === undefined || isStandIn(plain, last) ? last : plain;
}

const isText = (part: ShownPart): boolean => part.kind === 'message' || part.text.trim() !== '';

function isStandIn(plain: readonly ShownPart[], last: readonly ShownPart[]): boolean {
  const length = lengthOf(plain);
  return length < MAX_STAND_IN_LENGTH && lengthOf(last) > 4 * length;
}

function lengthOf(parts: readonly ShownPart[]): number {
  const texts = parts.map((part) => {
    if (part.kind === 'message') return '';
    return part.kind === 'plain' ? part.text.trim() : htmlOf(part.text).text;
  });
  return texts.join('').length;
}

export const htmlOf = (html: string): ReturnType<typeof extractHtml> =>
  extractHtml({ bytes: Buffer.from(html), filename: 'body.html' });
