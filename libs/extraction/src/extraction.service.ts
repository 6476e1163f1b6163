import { Inject, Injectable } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { IngestionFailure, Problem } from '@vectorlane/errors';
import type { Dependency, Lane } from '@vectorlane/domain';
import { within } from '@vectorlane/time';
import { detectFormat, type DetectedFormat, type FormatEvidence } from './detect/format-detection';
import { finishDocument } from './document-check';
import { Parsers } from './isolation/parsers';
import type { PageView, PageWish } from './page-view';
import { type ExtractedDocument, type ExtractionSource, TEXT_EXTRACTORS, type TextExtractor } from './text-extractor';

/** Bytes to text with structure, for any format, within a bounded time. */
@Injectable()
export class ExtractionService {
  constructor(
    @Inject(TEXT_EXTRACTORS) private readonly extractors: ReadonlyMap<string, TextExtractor>,
    private readonly config: Config,
    private readonly parsers: Parsers,
  ) {}

  /** To be called where documents will be read, so that the first one need not wait for a parser to start. */
  prepare(): void {
    this.parsers.prepare();
  }

  /**
   * The format of a file by its first bytes, its name and its declared type.
   * @throws Problem `UNSUPPORTED_FORMAT` with what was found and what is supported
   */
  detect(evidence: FormatEvidence): DetectedFormat {
    return detectFormat(evidence, this.extractors);
  }

  /** What goes with a format that somebody names. @throws Problem `UNSUPPORTED_FORMAT` */
  formatCalled(format: string): { readonly format: string; readonly lane: Lane; readonly mediaType: string } {
    const extractor = this.extractors.get(format);
    if (extractor === undefined) {
      const known = [...this.extractors.keys()].toSorted().join(', ');
      throw new Problem('UNSUPPORTED_FORMAT', `There is no format "${format}". Known are ${known}.`);
    }
    return { format, lane: extractor.lane, mediaType: extractor.mediaTypes[0] ?? 'application/octet-stream' };
  }

  /**
   * The formats that cannot be read without this dependency.
   * @returns nothing where it is not for a format to say
   */
  formatsNeeding(dependency: Dependency): readonly string[] | undefined {
    if (dependency !== 'ai-worker') return undefined;
    return [...this.extractors.values()].filter((extractor) => extractor.needsAiWorker).map(({ format }) => format);
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

  /**
   * One page of a document as it is shown, or where on it a passage stands.
   * @param format one of `PAINTED_FORMATS`
   * @throws IngestionFailure as `extract` does; the signal's reason
   */
  viewPage(format: string, bytes: Uint8Array, wish: PageWish, signal: AbortSignal): Promise<PageView> {
    return this.parsers.view(format, bytes, wish, signal);
  }

  private bounded(extractor: TextExtractor, source: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
    const { timeoutMs = this.config.EXTRACTION_TIMEOUT_MS } = extractor;
    // An extractor that does not heed its signal is left behind; it cannot hold the document.
    const { EXTRACTION_HTML_PART: htmlPart, EXTRACTION_DOCX_ASIDES: docxAsides } = this.config;
    const wanted = { ...source, options: { htmlPart, docxAsides } };
    return within((giveUp) => extractor.extract(wanted, giveUp), {
      timeoutMs,
      signal,
      late: () => new IngestionFailure('TIMEOUT', `Reading this file took longer than ${timeoutMs} ms.`),
    });
  }
}
