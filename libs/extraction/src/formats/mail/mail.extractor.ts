import { TextAssembly } from '../../text-assembly';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../../text-extractor';
import { coverageOf, type FilesInside } from '../files-inside';
import { appendMessage, savedPage } from './mail-text';

/** One message of mail (MIME), its attachments read by their own formats. */
export class EmlExtractor implements TextExtractor {
  readonly format = 'eml';
  readonly lane = 'heavy';
  readonly extensions = ['eml'];
  readonly mediaTypes = ['message/rfc822'];

  constructor(private readonly inside: FilesInside) {}

  async extract(source: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
    const assembly = new TextAssembly();
    const notes = await appendMessage(source.bytes, { assembly, source, inside: this.inside }, signal);
    return { ...assembly.finish(), ...coverageOf(notes) };
  }
}

/** A mailbox: messages one after the other. */
export class MboxExtractor implements TextExtractor {
  readonly format = 'mbox';
  readonly lane = 'heavy';
  readonly extensions = ['mbox', 'mbx'];
  readonly mediaTypes = ['application/mbox'];

  constructor(private readonly inside: FilesInside) {}

  async extract(source: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
    const assembly = new TextAssembly();
    const notes: string[] = [];
    for (const message of messagesOf(source.bytes)) {
      signal.throwIfAborted();
      notes.push(...(await appendMessage(message, { assembly, source, inside: this.inside }, signal)));
    }
    return { ...assembly.finish(), ...coverageOf(notes.slice(0, MAX_NOTES)) };
  }
}

/** A web page saved with its pictures (MHTML). */
export class MhtExtractor implements TextExtractor {
  readonly format = 'mht';
  readonly lane = 'heavy';
  readonly extensions = ['mht', 'mhtml'];
  readonly mediaTypes = ['multipart/related', 'application/x-mimearchive'];

  extract({ bytes }: ExtractionSource): Promise<ExtractedDocument> {
    return savedPage(bytes);
  }
}

const MAX_NOTES = 50;
const SEPARATOR = Buffer.from('\nFrom ');
const LINE_FEED = 0x0a;

/** Messages begin after a line "From somebody date"; lines of text that look like one are quoted. */
function* messagesOf(bytes: Uint8Array): Generator<Uint8Array, void> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = file.indexOf('From ') === 0 ? afterLine(file, 0) : 0;
  while (start < file.length) {
    const next = file.indexOf(SEPARATOR, start - 1);
    const end = next < 0 ? file.length : next + 1;
    if (end > start) yield file.subarray(start, end);
    start = next < 0 ? file.length : afterLine(file, end);
  }
}

function afterLine(file: Buffer, from: number): number {
  const lineFeed = file.indexOf(LINE_FEED, from);
  return lineFeed < 0 ? file.length : lineFeed + 1;
}
