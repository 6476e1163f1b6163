import { readdirSync, readFileSync } from 'node:fs';
import { Test } from '@nestjs/testing';
import { ConfigModule, loadConfig } from '@vectorlane/config';
import { IngestionFailure } from '@vectorlane/errors';
import { ExtractionModule, ExtractionService } from '@vectorlane/extraction';
import { ShutdownModule, ShutdownSequence } from '@vectorlane/shutdown';
import { eventually } from '../../support/eventually';
import { sized } from '../../support/sizes';
import { WORST } from '../../support/worst-files';

const MEBIBYTE = 1024 * 1024;
/** Of the 900 MB that the whole program may take, what a program at rest leaves. */
const MOST_OF_ALL_PARSERS = 740 * MEBIBYTE;
const AT_REST = 300 * MEBIBYTE;

/** Resident memory of the parser processes of this one. */
function residentOfParsers(): number {
  let sum = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      if (!new RegExp(`^PPid:\\s*${process.pid}$`, 'm').test(status)) continue;
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('extraction.process')) continue;
      sum += Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
    } catch {
      continue; // It ended while it was looked at.
    }
  }
  return sum;
}

it('all parsers together stay within the memory that is theirs, whatever they read, and give it back', async () => {
  const config = loadConfig({ NODE_ENV: 'test' });
  const module = await Test.createTestingModule({
    imports: [ConfigModule.forRoot(config), ShutdownModule, ExtractionModule],
  }).compile();
  const service = module.get(ExtractionService);
  let peak = 0;
  const sampling = setInterval(() => (peak = Math.max(peak, residentOfParsers())), 20);
  try {
    const lanes = config.FAST_LANE_CONCURRENCY + config.HEAVY_LANE_CONCURRENCY;
    // More than lanes at each commit: every parser has one of the worst at the same time.
    const waiting = WORST.slice(0, sized(6, WORST.length));
    const read = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [format, bytes] = next;
        const source = { bytes: bytes(), filename: `a.${format}` };
        // Whatever becomes of it, it is an end that has a code.
        await service.extract(format, source, new AbortController().signal).catch((error: unknown) => {
          if (!(error instanceof IngestionFailure)) throw error;
        });
      }
    };
    await Promise.all(Array.from({ length: lanes }, read));
    expect(peak).toBeGreaterThan(0);
    expect(peak).toBeLessThan(MOST_OF_ALL_PARSERS);
    // What was ended takes a moment to be gone, on a busy machine a long one.
    await eventually(() => residentOfParsers() < AT_REST);
    const note = { bytes: Buffer.from('A note.'), filename: 'a.txt' };
    expect((await service.extract('txt', note, new AbortController().signal)).text).toBe('A note.');
  } finally {
    clearInterval(sampling);
    await module.get(ShutdownSequence).beforeApplicationShutdown();
  }
}, 240_000);
