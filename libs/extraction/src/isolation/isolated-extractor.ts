import type { ParserPool } from './parser-pool';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../text-extractor';

/** A format as the rest of the program meets it: same face, parsed in a thread or process of the pool. */
export class IsolatedExtractor implements TextExtractor {
  readonly format: string;
  readonly lane: TextExtractor['lane'];
  readonly extensions: readonly string[];
  readonly mediaTypes: readonly string[];

  constructor(
    extractor: TextExtractor,
    private readonly pool: ParserPool,
  ) {
    this.format = extractor.format;
    this.lane = extractor.lane;
    this.extensions = extractor.extensions;
    this.mediaTypes = extractor.mediaTypes;
  }

  extract(source: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
    return this.pool.parse(this.format, source, signal);
  }
}
