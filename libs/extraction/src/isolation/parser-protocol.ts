import { IngestionFailure, type IngestionFailureCode } from '@vectorlane/errors';
import { packDocument, type PackedDocument } from './document-transfer';
import type { PageView, PageWish } from '../page-view';
import type { ExtractedDocument, ReadingOptions, TextExtractor } from '../text-extractor';

/**
 * What crosses between this program and a parser process, one file at a time. Bytes and text cross in parts, so that
 * neither side ever holds a whole file once more as a message.
 */
export type ParserRequest =
  | ({ readonly kind: 'file'; readonly size: number } & FileDescription)
  /** As many as the size says, in order. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

export interface FileDescription {
  readonly format: string;
  readonly filename: string;
  readonly declaredCharset?: string;
  readonly recognition?: { readonly answer?: Uint8Array };
  readonly options?: ReadingOptions;
  /** This page of the file is wanted, instead of its text. */
  readonly page?: PageWish;
}

export type ParserReply =
  | { readonly kind: 'ready' }
  | BytesPart
  /** The last of a file. `residentBytes`: memory that the parser holds after it. */
  | (Outcome & { readonly residentBytes: number });

/** The text of the document, or the picture of the page, that follows, in parts and in order. */
export type BytesPart = { readonly kind: 'part'; readonly size: number; readonly bytes: Uint8Array };

export type Outcome =
  | { readonly kind: 'document'; readonly document: PackedDocument }
  /** Without its picture, which has come before. */
  | { readonly kind: 'page'; readonly page: PageView }
  /** What the parser has to say of the file: it cannot be read. */
  | { readonly kind: 'failure'; readonly code: IngestionFailureCode; readonly message: string; readonly cause?: string }
  /** A mistake of ours: the parser threw what it must not. */
  | { readonly kind: 'error'; readonly stack: string };

export const PART_BYTES = 1024 * 1024;

/** Bytes in parts; each is a copy, as a message would otherwise carry all the memory that its part is a view of. */
export function* partsOf(bytes: Uint8Array): Generator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += PART_BYTES) yield bytes.slice(at, at + PART_BYTES);
}

/** Parts that become one again, in memory that is taken once. */
export class PartsBuffer {
  private length = 0;
  private buffer: Buffer<ArrayBuffer> | undefined;

  /** @returns whether all is there */
  add(part: Uint8Array, size: number): boolean {
    this.buffer ??= Buffer.allocUnsafeSlow(size);
    this.buffer.set(part, this.length);
    this.length += part.length;
    return this.length >= size;
  }

  take(): Buffer<ArrayBuffer> {
    const { buffer = Buffer.alloc(0) } = this;
    this.buffer = undefined;
    this.length = 0;
    return buffer;
  }
}

// The parser is ended from outside; nobody beside it would ever abort.
const never = new AbortController().signal;

/**
 * The parser's side: whatever happens to a file becomes replies.
 * @param take gives the bytes of the file away, so that they can go as soon as they are read
 */
export async function* answerFile(
  extractors: ReadonlyMap<string, TextExtractor>,
  file: FileDescription,
  take: () => Uint8Array,
): AsyncGenerator<BytesPart | Outcome, void> {
  try {
    const extractor = extractors.get(file.format);
    if (extractor === undefined) throw new Error(`there is no extractor for "${file.format}" in this parser`);
    if (file.page === undefined) yield* documentOf(await extractor.extract({ ...file, bytes: take() }, never));
    else yield* pageOf(await viewOf(extractor, take(), file.page));
  } catch (error) {
    if (!(error instanceof IngestionFailure)) {
      yield { kind: 'error', stack: error instanceof Error ? (error.stack ?? error.message) : String(error) };
      return;
    }
    const cause = error.cause instanceof Error ? { cause: error.cause.message } : {};
    yield { kind: 'failure', code: error.code, message: error.message, ...cause };
  }
}

function* documentOf(document: ExtractedDocument): Generator<BytesPart | Outcome, void> {
  const packed = packDocument(document);
  const { bytes: text, encoding } = packed.text;
  for (const part of partsOf(text)) yield { kind: 'part', size: text.length, bytes: part };
  yield { kind: 'document', document: { ...packed, text: { bytes: new Uint8Array(0), encoding } } };
}

function* pageOf(page: PageView): Generator<BytesPart | Outcome, void> {
  const { picture } = page;
  for (const part of partsOf(picture)) yield { kind: 'part', size: picture.length, bytes: part };
  yield { kind: 'page', page: { ...page, picture: new Uint8Array(0) } };
}

function viewOf(extractor: TextExtractor, bytes: Uint8Array, wish: PageWish): Promise<PageView> {
  if (extractor.viewPage === undefined) throw new Error(`pages of "${extractor.format}" are not painted`);
  return extractor.viewPage(bytes, wish);
}
