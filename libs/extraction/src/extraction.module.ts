import { Module } from '@nestjs/common';
import { compiledEntry, Config } from '@vectorlane/config';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { ExtractionService } from './extraction.service';
import { createExtractors, indexExtractors } from './extractors';
import { IsolatedExtractor } from './isolated-extractor';
import { ParserPool } from './parser-pool';
import { parserProcess } from './parser-process';
import { parserThread } from './parser-thread';
import { TEXT_EXTRACTORS, type TextExtractor } from './text-extractor';

/** Measured: 50 MB of each fast format with a million blocks fit; what needs more is hostile, or better split. */
const MAX_THREAD_HEAP_MEGABYTES = 768;
/** Parser libraries leak a little with each file. */
const MAX_FILES_PER_PROCESS = 50;
/** An idle process holds about 100 MB and starts in a fifth of a second. */
const PROCESS_IDLE_MS = 60_000;

/** Bytes to text with structure: the parsers behind one service. */
@Module({
  providers: [
    {
      provide: TEXT_EXTRACTORS,
      inject: [Config, ShutdownSequence],
      useFactory: (config: Config, shutdown: ShutdownSequence): ReadonlyMap<string, TextExtractor> => {
        // A large file of a fast format comes through lane heavy and is parsed in a thread all the same.
        const threads = new ParserPool({
          size: config.FAST_LANE_CONCURRENCY + config.HEAVY_LANE_CONCURRENCY,
          open: parserThread({
            maxHeapMegabytes: MAX_THREAD_HEAP_MEGABYTES,
            entry: compiledEntry(__dirname, 'extraction.thread'),
          }),
        });
        const processes = new ParserPool({
          size: config.HEAVY_LANE_CONCURRENCY,
          open: parserProcess({
            maxMemoryBytes: config.PARSER_MAX_MEMORY_BYTES,
            entry: compiledEntry(__dirname, 'extraction.process'),
          }),
          maxFiles: MAX_FILES_PER_PROCESS,
          idleMs: PROCESS_IDLE_MS,
        });
        shutdown.add('engines', 'parser threads', () => threads.close());
        shutdown.add('engines', 'parser processes', () => processes.close());
        return indexExtractors(
          createExtractors().map(
            (extractor) => new IsolatedExtractor(extractor, extractor.lane === 'fast' ? threads : processes),
          ),
        );
      },
    },
    ExtractionService,
  ],
  exports: [ExtractionService, TEXT_EXTRACTORS],
})
export class ExtractionModule {}
