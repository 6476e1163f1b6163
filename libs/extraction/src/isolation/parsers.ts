import type { PageView, PageWish } from '../page-view';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../text-extractor';
import { MemoryExceededFailure } from './parser-host';
import type { ParserPool } from './parser-pool';

/**
 * Where files are parsed. Small parsers are many and may take little, large ones are few and may take much: what all of
 * them together may take is bounded, and a small file never waits for a large one.
 */
export class Parsers {
  constructor(
    private readonly small: ParserPool,
    private readonly large: ParserPool,
  ) {}

  /** Starts what is kept warm. */
  prepare(): void {
    this.small.prepare();
  }

  /** @throws IngestionFailure as `ParserPool.parse` does; the signal's reason */
  parse(
    { format, lane }: Pick<TextExtractor, 'format' | 'lane'>,
    source: ExtractionSource,
    signal: AbortSignal,
  ): Promise<ExtractedDocument> {
    const isLarge = lane === 'heavy' || source.bytes.byteLength > MAX_SMALL_BYTES;
    return this.inOne(isLarge, (pool) => pool.parse(format, source, signal));
  }

  /** One page is small work whatever the format: who looks at it does not wait for a document that is read. */
  view(format: string, bytes: Uint8Array, page: PageWish, signal: AbortSignal): Promise<PageView> {
    return this.inOne(bytes.byteLength > MAX_SMALL_BYTES, (pool) => pool.view(format, bytes, page, signal));
  }

  private async inOne<T>(isLarge: boolean, work: (pool: ParserPool) => Promise<T>): Promise<T> {
    if (isLarge) return work(this.large);
    try {
      return await work(this.small);
    } catch (error) {
      // A small file of many parts, most likely: it may have as much as a large one.
      if (!(error instanceof MemoryExceededFailure)) throw error;
      return work(this.large);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.small.close(), this.large.close()]);
  }
}

/** A text of this size with its blocks fits into a small parser, whatever its format. */
const MAX_SMALL_BYTES = 5 * 1024 * 1024;

/** A format as the rest of the program meets it: parsed in a process. */
export class IsolatedExtractor implements TextExtractor {
  readonly format: string;
  readonly lane: TextExtractor['lane'];
  readonly extensions: readonly string[];
  readonly mediaTypes: readonly string[];

  /** @param timeoutMs longest that reading may take, the wait for a free parser included */
  constructor(
    private readonly extractor: TextExtractor,
    private readonly parsers: Parsers,
    readonly timeoutMs: number,
  ) {
    this.format = extractor.format;
    this.lane = extractor.lane;
    this.extensions = extractor.extensions;
    this.mediaTypes = extractor.mediaTypes;
  }

  extract(source: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
    return this.parsers.parse(this.extractor, source, signal);
  }
}
