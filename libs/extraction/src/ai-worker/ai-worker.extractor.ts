import { Logger } from '@nestjs/common';
import {
  AiWorkerAwayError,
  type AiWorkerClient,
  type RecognisedFormat,
  UnreadableAnswerError,
} from '@vectorlane/ai-worker';
import { IngestionFailure, type IngestionFailureCode } from '@vectorlane/errors';
import { within } from '@vectorlane/time';
import { finishDocument } from '../document-check';
import type { Parsers } from '../isolation/parsers';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../text-extractor';
import { RECOGNISED_IMAGE } from './recognised-image.extractor';

/** What one format is called, here and at the worker. */
export interface ImageFormat {
  readonly format: RecognisedFormat;
  readonly extensions: readonly string[];
  readonly mediaTypes: readonly string[];
}

export const IMAGE_FORMATS: readonly ImageFormat[] = [
  { format: 'png', extensions: ['png'], mediaTypes: ['image/png'] },
  { format: 'jpeg', extensions: ['jpg', 'jpeg', 'jfif'], mediaTypes: ['image/jpeg'] },
  { format: 'tiff', extensions: ['tif', 'tiff'], mediaTypes: ['image/tiff'] },
  { format: 'webp', extensions: ['webp'], mediaTypes: ['image/webp'] },
];

/** All may pass. A worker that is away or busy says nothing of the document; one that took too long on it may. */
const CODES: Readonly<Record<AiWorkerAwayError['of'], IngestionFailureCode>> = {
  busy: 'EXTRACTION_UNAVAILABLE',
  away: 'EXTRACTION_UNAVAILABLE',
  slow: 'TIMEOUT',
};

/** A picture: its words come from the AI worker, and where they belong together is found here. */
export class ImageExtractor implements TextExtractor {
  readonly format: RecognisedFormat;
  readonly lane = 'heavy';
  readonly extensions: readonly string[];
  readonly mediaTypes: readonly string[];
  readonly timeoutMs: number;
  readonly needsAiWorker = true;
  private readonly logger = new Logger('Extraction');

  /** @param answers where answers are read */
  constructor(
    { format, extensions, mediaTypes }: ImageFormat,
    private readonly client: AiWorkerClient,
    private readonly answers: Parsers,
  ) {
    this.format = format;
    this.extensions = extensions;
    this.mediaTypes = mediaTypes;
    this.timeoutMs = client.longestMs;
  }

  async extract({ bytes }: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
    const read = (answer: Uint8Array): Promise<ExtractedDocument> =>
      asFaultOfWorker(() =>
        this.answers.parse({ format: RECOGNISED_IMAGE, lane: 'fast' }, { bytes: answer, filename: '' }, signal),
      );
    try {
      return await this.client.recognise({ format: this.format, bytes, patient: true, read }, signal);
    } catch (error) {
      if (!(error instanceof AiWorkerAwayError)) throw error;
      const { of, message: reason } = error;
      this.logger.warn({ format: this.format, of, reason }, 'the AI worker could not be had');
      throw needsWorker(error);
    }
  }
}

export interface RecognisingPdfOptions {
  /** Reads PDF in a process of its own. */
  readonly pdf: TextExtractor;
  readonly client: AiWorkerClient;
  /** Bound on reading the file once. */
  readonly timeoutMs: number;
}

/**
 * PDF in a service with an AI worker. The file is read here; only pages that show text and hold none are recognised
 * there, and the file is then read once more with their words. What is not recognised is told by `coverage`.
 */
export class RecognisingPdfExtractor implements TextExtractor {
  readonly format: string;
  readonly lane: TextExtractor['lane'];
  readonly extensions: readonly string[];
  readonly mediaTypes: readonly string[];
  readonly timeoutMs: number;
  private readonly logger = new Logger('Extraction');

  constructor(private readonly options: RecognisingPdfOptions) {
    const { pdf, client, timeoutMs } = options;
    this.format = pdf.format;
    this.lane = pdf.lane;
    this.extensions = pdf.extensions;
    this.mediaTypes = pdf.mediaTypes;
    this.timeoutMs = client.longestMs + 2 * timeoutMs;
  }

  async extract(source: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
    const { pagesToRecognise: pages, ...read } = await this.read({ ...source, recognition: {} }, signal);
    if (pages === undefined) return read;
    const hasText = read.blocks.length > 0;
    try {
      const { text, blocks, coverage } = await this.options.client.recognise(
        {
          format: 'pdf',
          bytes: source.bytes,
          pages,
          patient: !hasText,
          read: (answer) => asFaultOfWorker(() => this.read({ ...source, recognition: { answer } }, signal)),
        },
        signal,
      );
      return { text, blocks, ...(coverage && { coverage }) };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AiWorkerAwayError || error instanceof IngestionFailure)) throw error;
      this.logger.warn({ pages: pages.length, reason: error.message, hasText }, 'pages were not recognised');
      // The other pages are worth having, and `coverage` tells which are missing.
      if (hasText) return read;
      throw error instanceof AiWorkerAwayError ? needsWorker(error) : error;
    }
  }

  private read(source: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
    const { pdf, timeoutMs } = this.options;
    const late = (): IngestionFailure =>
      new IngestionFailure('TIMEOUT', `Reading this file took longer than ${timeoutMs} ms.`);
    return within((giveUp) => pdf.extract(source, giveUp), { timeoutMs, signal, late });
  }
}

/** An answer that cannot be read is a fault of the worker, which may do better when it is asked again. */
async function asFaultOfWorker(read: () => Promise<ExtractedDocument>): Promise<ExtractedDocument> {
  try {
    return await finishDocument(await read());
  } catch (error) {
    if (!(error instanceof IngestionFailure) || error.code !== 'INTERNAL_ERROR') throw error;
    throw new UnreadableAnswerError('gave an answer that makes no sense');
  }
}

function needsWorker(away: AiWorkerAwayError): IngestionFailure {
  return new IngestionFailure(CODES[away.of], `This file needs text recognition. The AI worker ${away.message}.`, {
    cause: away,
  });
}
