import type { BlockKind, Coverage, Lane, Position } from '@vectorlane/domain';
import type { PageView, PageWish } from './page-view';

/** What a parser makes of a file: one text and the structure found in it. */
export interface ExtractedDocument {
  /**
   * The whole text, normalised: NFC, `\n` line ends, no NUL, no lone surrogates. This is the text that `/text` serves;
   * every position in the product counts UTF-16 code units of it.
   */
  readonly text: string;
  /** In reading order, not overlapping; every character outside of all blocks is white space. */
  readonly blocks: readonly TextBlock[];
  /** What of the file was read; left out when all of it is text and there are no pages. */
  readonly coverage?: Coverage;
  /** Pages that show text and hold none, where the source said that they can be recognised. */
  readonly pagesToRecognise?: readonly number[];
}

/** A span of the text that belongs together: the unit that chunking prefers not to break. */
export interface TextBlock extends Readonly<Position> {
  readonly kind: BlockKind;
  /** First code unit, inclusive. */
  readonly start: number;
  /** Last code unit, exclusive; `end > start`. */
  readonly end: number;
  /** Titles of the headings above this block, outermost first; a heading block's own title is not in its path. */
  readonly headingPath: readonly string[];
}

/** What the operator wants read of some formats; what is left out is as the settings' defaults say. */
export interface ReadingOptions {
  /** Of a web page all that it shows, or its article without menus and the like. @default 'page' */
  readonly htmlPart?: 'page' | 'article';
  /** What of comments, headers and footers of a DOCX is read, behind its text. @default 'none' */
  readonly docxAsides?: 'none' | 'comments' | 'all';
}

/** The bytes of one document and what its uploader said of them. */
export interface ExtractionSource {
  readonly bytes: Uint8Array;
  /** Normalised file name, for formats that are told apart by it. */
  readonly filename: string;
  /** Charset declared by the uploader's Content-Type, lower case. */
  readonly declaredCharset?: string;
  /** Set where pages can be recognised; `answer`: what the AI worker has recognised on them. */
  readonly recognition?: { readonly answer?: Uint8Array };
  /** How many documents this one lies within. @default 0 */
  readonly depth?: number;
  readonly options?: ReadingOptions;
}

/** One format. Adding a format is one class with this shape and one line in `extractors.ts`. */
export interface TextExtractor {
  /** Stable name kept with the document and used in filters and metric labels: `txt`, `md`, … */
  readonly format: string;
  /** `fast` is parsed in one of several small processes, `heavy` in one that may take more memory. */
  readonly lane: Lane;
  /** Extensions without the dot, lower case; the first is the usual one. */
  readonly extensions: readonly string[];
  /** Media types accepted for it; the first is what `/content` serves. */
  readonly mediaTypes: readonly string[];
  /** Longest one file may take. @default `EXTRACTION_TIMEOUT_MS` */
  readonly timeoutMs?: number;
  /** Nothing else reads it. @default false */
  readonly needsAiWorker?: boolean;
  /**
   * @throws IngestionFailure `CORRUPT_FILE`, `EMPTY_CONTENT`, … when the bytes cannot become text.
   */
  extract(source: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument>;
  /** Where the format has pages that can be painted (`PAINTED_FORMATS`); called in parser processes alone. */
  viewPage?(bytes: Uint8Array, wish: PageWish): Promise<PageView>;
}

/** All extractors, keyed by format. */
export const TEXT_EXTRACTORS = Symbol('TEXT_EXTRACTORS');
