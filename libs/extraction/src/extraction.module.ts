import { Module } from '@nestjs/common';
import { AI_WORKER, type AiWorkerClient, AiWorkerModule } from '@vectorlane/ai-worker';
import { compiledEntry, Config } from '@vectorlane/config';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { IMAGE_FORMATS, ImageExtractor, RecognisingPdfExtractor } from './ai-worker/ai-worker.extractor';
import { ExtractionService } from './extraction.service';
import { createExtractors, indexExtractors } from './extractors';
import { parserProcess } from './isolation/parser-process';
import { ParserPool } from './isolation/parser-pool';
import { IsolatedExtractor, Parsers } from './isolation/parsers';
import { TEXT_EXTRACTORS, type TextExtractor } from './text-extractor';

/**
 * Parser libraries leak a little with each file, and `KEPT_BYTES` ends a process that has kept much; this ends what
 * leaks without showing. A start takes as much CPU as a thousand small texts, so it must not come often.
 */
const MAX_FILES_PER_PROCESS = 1_000;
/** An idle process holds about 85 MB and takes 0.3 s of CPU to start. */
const PROCESS_IDLE_MS = 60_000;
const MEBIBYTE = 1024 * 1024;
/** Enough for a small file of any fast format: Node itself takes about half of it. */
const SMALL_PARSER_BYTES = 128 * MEBIBYTE;
/** What an idle parser may hold on to: little more than at its start, PDFium with its fonts in a large one. */
const KEPT_BYTES = { small: 96 * MEBIBYTE, large: 192 * MEBIBYTE };

/** Bytes to text with structure: the parsers behind one service. */
@Module({
  imports: [AiWorkerModule],
  providers: [
    {
      provide: Parsers,
      inject: [Config, ShutdownSequence],
      useFactory: (config: Config, shutdown: ShutdownSequence): Parsers => {
        const poolOf = (size: number, maxMemoryBytes: number, maxKeptBytes: number, warm: number): ParserPool =>
          new ParserPool({
            size,
            open: parserProcess({
              maxMemoryBytes,
              entry: compiledEntry('libs/extraction/src/isolation/extraction.process'),
            }),
            maxFiles: MAX_FILES_PER_PROCESS,
            maxKeptBytes,
            idleMs: PROCESS_IDLE_MS,
            timeoutMs: config.EXTRACTION_TIMEOUT_MS,
            warm,
          });
        const maxBytes = config.PARSER_MAX_MEMORY_BYTES;
        const parsers = new Parsers(
          poolOf(config.FAST_LANE_CONCURRENCY, Math.min(SMALL_PARSER_BYTES, maxBytes), KEPT_BYTES.small, 1),
          poolOf(config.HEAVY_LANE_CONCURRENCY, maxBytes, KEPT_BYTES.large, 0),
        );
        shutdown.add('engines', 'parser processes', () => parsers.close());
        return parsers;
      },
    },
    {
      provide: TEXT_EXTRACTORS,
      inject: [Config, Parsers, AI_WORKER],
      useFactory: (
        config: Config,
        parsers: Parsers,
        aiWorker: AiWorkerClient | undefined,
      ): ReadonlyMap<string, TextExtractor> => {
        // In a small parser, and after the files of all other places of the lanes in a large one.
        const turns = 1 + config.FAST_LANE_CONCURRENCY + config.HEAVY_LANE_CONCURRENCY;
        const longestMs = config.EXTRACTION_TIMEOUT_MS * turns;
        const here = createExtractors().map((extractor) => new IsolatedExtractor(extractor, parsers, longestMs));
        if (aiWorker === undefined) return indexExtractors(here);
        return indexExtractors(withAiWorker(here, { aiWorker, parsers, timeoutMs: longestMs }));
      },
    },
    ExtractionService,
  ],
  exports: [ExtractionService],
})
export class ExtractionModule {}

/** The worker recognises pages of PDF files, which are read here, and images. */
function withAiWorker(
  here: readonly TextExtractor[],
  {
    aiWorker: client,
    parsers: answers,
    timeoutMs,
  }: { readonly aiWorker: AiWorkerClient; readonly parsers: Parsers; readonly timeoutMs: number },
): readonly TextExtractor[] {
  return [
    ...here.map((extractor) =>
      extractor.format === 'pdf' ? new RecognisingPdfExtractor({ pdf: extractor, client, timeoutMs }) : extractor,
    ),
    ...IMAGE_FORMATS.map((format) => new ImageExtractor(format, client, answers)),
  ];
}
