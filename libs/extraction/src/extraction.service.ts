import { Inject, Injectable } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { IngestionFailure } from '@vectorlane/errors';
import { detectFormat, type DetectedFormat, type FormatEvidence } from './detect/format-detection';
import { finishDocument } from './document-check';
import { type ExtractedDocument, type ExtractionSource, TEXT_EXTRACTORS, type TextExtractor } from './text-extractor';

/** Bytes to text with structure, for any format, within a bounded time. */
@Injectable()
export class ExtractionService {
  constructor(
    @Inject(TEXT_EXTRACTORS) private readonly extractors: ReadonlyMap<string, TextExtractor>,
    private readonly config: Config,
  ) {}

  /**
   * The format of a file by its first bytes, its name and its declared type.
   * @throws Problem `UNSUPPORTED_FORMAT` with what was found and what is supported
   */
  detect(evidence: FormatEvidence): DetectedFormat {
    return detectFormat(evidence, this.extractors);
  }

  /**
   * @param format as `detect` named it
   * @param signal aborting ends the parser and rejects with the signal's reason
   * @throws IngestionFailure `UNSUPPORTED_FORMAT`, `CORRUPT_FILE`, `EMPTY_CONTENT`, `TOO_LARGE`, `TIMEOUT` after
   *   `EXTRACTION_TIMEOUT_MS` or the extractor's own time, `PARSER_CRASHED`, `INTERNAL_ERROR`
   */
  async extract(format: string, source: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
    const extractor = this.extractors.get(format);
    if (extractor === undefined) {
      throw new IngestionFailure('UNSUPPORTED_FORMAT', `There is no parser for the format "${format}".`);
    }
    return finishDocument(await this.bounded(extractor, source, signal));
  }

  private async bounded(
    extractor: TextExtractor,
    source: ExtractionSource,
    signal: AbortSignal,
  ): Promise<ExtractedDocument> {
    signal.throwIfAborted();
    const { timeoutMs = this.config.EXTRACTION_TIMEOUT_MS } = extractor;
    const bound = new AbortController();
    const abort = (): void => bound.abort(signal.reason);
    const timer = setTimeout(
      () => bound.abort(new IngestionFailure('TIMEOUT', `Reading this file took longer than ${timeoutMs} ms.`)),
      timeoutMs,
    );
    signal.addEventListener('abort', abort, { once: true });
    try {
      // An extractor that does not heed its signal is left behind; it cannot hold the document.
      return await Promise.race([extractor.extract(source, bound.signal), aborted(bound.signal)]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
