import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { AI_WORKER, type AiWorkerClient, AiWorkerModule } from '@vectorlane/ai-worker';
import { compiledEntry, Config } from '@vectorlane/config';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { IMAGE_FORMATS, ImageExtractor, RecognisingPdfExtractor } from './ai-worker/ai-worker.extractor';
import { ExtractionService } from './extraction.service';
import { createExtractors, indexExtractors } from './extractors';
import { IsolatedExtractor } from './isolation/isolated-extractor';
import { ParserPool } from './isolation/parser-pool';
import { parserProcess } from './isolation/parser-process';
import { parserThread } from './isolation/parser-thread';
import { TEXT_EXTRACTORS, type TextExtractor } from './text-extractor';

/** Measured: 50 MB of each fast format with a million blocks fit; what needs more is hostile, or better split. */
const MAX_THREAD_HEAP_MEGABYTES = 768;
/** Parser libraries leak a little with each file. */
const MAX_FILES_PER_PROCESS = 50;
/** An idle process holds about 100 MB and starts in a fifth of a second. */
const PROCESS_IDLE_MS = 60_000;

/** Bytes to text with structure: the parsers behind one service. */
@Module({
  imports: [AiWorkerModule],
  providers: [
    {
      provide: TEXT_EXTRACTORS,
      inject: [Config, ShutdownSequence, AI_WORKER],
      useFactory: (
        config: Config,
        shutdown: ShutdownSequence,
        aiWorker: AiWorkerClient | undefined,
      ): ReadonlyMap<string, TextExtractor> => {
        // A large file of a fast format comes through lane heavy and is parsed in a thread all the same.
        const threads = new ParserPool({
          size: config.FAST_LANE_CONCURRENCY + config.HEAVY_LANE_CONCURRENCY,
          open: parserThread({
            maxHeapMegabytes: MAX_THREAD_HEAP_MEGABYTES,
            entry: compiledEntry(join(__dirname, 'isolation'), 'extraction.thread'),
          }),
        });
        const processes = new ParserPool({
          size: config.HEAVY_LANE_CONCURRENCY,
          open: parserProcess({
            maxMemoryBytes: config.PARSER_MAX_MEMORY_BYTES,
            entry: compiledEntry(join(__dirname, 'isolation'), 'extraction.process'),
          }),
          maxFiles: MAX_FILES_PER_PROCESS,
          idleMs: PROCESS_IDLE_MS,
        });
        shutdown.add('engines', 'parser threads', () => threads.close());
        shutdown.add('engines', 'parser processes', () => processes.close());
        const here = createExtractors().map(
          (extractor) => new IsolatedExtractor(extractor, extractor.lane === 'fast' ? threads : processes),
        );
        if (aiWorker === undefined) return indexExtractors(here);
        return indexExtractors(withAiWorker(here, { aiWorker, threads, timeoutMs: config.EXTRACTION_TIMEOUT_MS }));
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
    threads: answers,
    timeoutMs,
  }: { readonly aiWorker: AiWorkerClient; readonly threads: ParserPool; readonly timeoutMs: number },
): readonly TextExtractor[] {
  return [
    ...here.map((extractor) =>
      extractor.format === 'pdf' ? new RecognisingPdfExtractor({ pdf: extractor, client, timeoutMs }) : extractor,
    ),
    ...IMAGE_FORMATS.map((format) => new ImageExtractor(format, client, answers)),
  ];
}
