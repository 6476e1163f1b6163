import { Module } from '@nestjs/common';
import { compiledEntry, Config } from '@vectorlane/config';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { ExtractionService } from './extraction.service';
import { createExtractors, indexExtractors } from './extractors';
import { ParserThreads, ThreadedExtractor } from './parser-threads';
import { TEXT_EXTRACTORS, type TextExtractor } from './text-extractor';

/** Measured: 50 MB of each format with a million blocks fit; what needs more is hostile, or better split. */
const MAX_HEAP_MEGABYTES = 768;

/** Bytes to text with structure: the parsers behind one service. */
@Module({
  providers: [
    {
      provide: ParserThreads,
      inject: [Config, ShutdownSequence],
      useFactory: (config: Config, shutdown: ShutdownSequence) => {
        const threads = new ParserThreads({
          threads: config.FAST_LANE_CONCURRENCY + config.HEAVY_LANE_CONCURRENCY,
          maxHeapMegabytes: MAX_HEAP_MEGABYTES,
          entry: compiledEntry(__dirname, 'extraction.thread'),
        });
        shutdown.add('engines', 'parser threads', () => threads.close());
        return threads;
      },
    },
    {
      provide: TEXT_EXTRACTORS,
      inject: [ParserThreads],
      useFactory: (threads: ParserThreads): ReadonlyMap<string, TextExtractor> =>
        indexExtractors(
          createExtractors().map((extractor) =>
            extractor.lane === 'fast' ? new ThreadedExtractor(extractor, threads) : extractor,
          ),
        ),
    },
    ExtractionService,
  ],
  exports: [ExtractionService, TEXT_EXTRACTORS],
})
export class ExtractionModule {}
