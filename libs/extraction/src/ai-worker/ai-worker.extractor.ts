import { Logger } from '@nestjs/common';
import {
  AiWorkerAwayError,
  type AiWorkerClient,
  type AwayCause,
  type ExtractionFormat,
  UnreadableAnswerError,
} from '@vectorlane/ai-worker';
import { IngestionFailure, type IngestionFailureCode } from '@vectorlane/errors';
import { within } from '@vectorlane/time';
import { finishDocument } from '../document-check';
import type { ParserPool } from '../isolation/parser-pool';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../text-extractor';
import { AI_WORKER_ANSWER } from './answer.extractor';

/** What one format is called, here and at the worker. */
export interface AiWorkerFormat {
  readonly format: ExtractionFormat;
  readonly extensions: readonly string[];
  readonly mediaTypes: readonly string[];
}

export const IMAGE_FORMATS: readonly AiWorkerFormat[] = [
  { format: 'png', extensions: ['png'], mediaTypes: ['image/png'] },
  { format: 'jpeg', extensions: ['jpg', 'jpeg', 'jfif'], mediaTypes: ['image/jpeg'] },
  { format: 'tiff', extensions: ['tif', 'tiff'], mediaTypes: ['image/tiff'] },
  { format: 'webp', extensions: ['webp'], mediaTypes: ['image/webp'] },
];

/** All may pass. A worker that is away or busy says nothing of the document; one that took too long on it may. */
const CODES: Readonly<Record<AwayCause, IngestionFailureCode>> = {
  busy: 'EXTRACTION_UNAVAILABLE',
  away: 'EXTRACTION_UNAVAILABLE',
  slow: 'TIMEOUT',
};
/** What a parser without text recognition says of a file in which the worker might find text. */
const WITHOUT_TEXT: readonly IngestionFailureCode[] = ['NEEDS_OCR', 'EMPTY_CONTENT'];

export interface AiWorkerExtractorOptions {
  readonly client: AiWorkerClient;
  /** Where answers are read. */
  readonly answers: ParserPool;
  /** Reads the file when the worker cannot be had; left out, the file waits for it. */
  readonly fallback?: { readonly extractor: TextExtractor; readonly timeoutMs: number };
}

/** A format that the AI worker reads. */
export class AiWorkerExtractor implements TextExtractor {
  readonly format: ExtractionFormat;
  readonly lane = 'heavy';
  readonly extensions: readonly string[];
  readonly mediaTypes: readonly string[];
  readonly timeoutMs: number;
  private readonly logger = new Logger('Extraction');

  constructor(
    { format, extensions, mediaTypes }: AiWorkerFormat,
    private readonly options: AiWorkerExtractorOptions,
  ) {
    this.format = format;
    this.extensions = extensions;
    this.mediaTypes = mediaTypes;
    this.timeoutMs = options.client.longestMs + (options.fallback?.timeoutMs ?? 0);
  }

  async extract(source: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
    const { client, fallback } = this.options;
    const { format } = this;
    try {
      return await client.extract(
        {
          format,
          bytes: source.bytes,
          patient: fallback === undefined,
          read: (answer) => this.read(answer, signal),
        },
        signal,
      );
    } catch (error) {
      if (!(error instanceof AiWorkerAwayError)) throw error;
      const { of, message: reason } = error;
      this.logger.warn({ format, of, reason, fallback: fallback !== undefined }, 'the AI worker could not be had');
      if (fallback === undefined) throw this.failure(error);
      return await this.readHere(fallback, source, signal, error);
    }
  }

  /**
   * Checked here already: an answer whose structure is not sound is the worker's fault, and there may be another way.
   */
  private async read(answer: Uint8Array, signal: AbortSignal): Promise<ExtractedDocument> {
    try {
      const source = { bytes: answer, filename: '' };
      return await finishDocument(await this.options.answers.parse(AI_WORKER_ANSWER, source, signal));
    } catch (error) {
      if (!(error instanceof IngestionFailure)) throw error;
      throw new UnreadableAnswerError('gave an answer that makes no sense');
    }
  }

  private async readHere(
    { extractor, timeoutMs }: NonNullable<AiWorkerExtractorOptions['fallback']>,
    source: ExtractionSource,
    signal: AbortSignal,
    away: AiWorkerAwayError,
  ): Promise<ExtractedDocument> {
    const late = (): IngestionFailure =>
      new IngestionFailure('TIMEOUT', `Reading this file took longer than ${timeoutMs} ms.`);
    try {
      return await within((giveUp) => extractor.extract(source, giveUp), { timeoutMs, signal, late });
    } catch (error) {
      // A scan is no file without text: it is one for which the worker has to come back.
      if (error instanceof IngestionFailure && WITHOUT_TEXT.includes(error.code)) throw this.failure(away);
      throw error;
    }
  }

  private failure(away: AiWorkerAwayError): IngestionFailure {
    return new IngestionFailure(CODES[away.of], `This file needs text recognition. The AI worker ${away.message}.`, {
      cause: away,
    });
  }
}
