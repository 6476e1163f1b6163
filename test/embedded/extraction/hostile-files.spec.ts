import { readFileSync } from 'node:fs';
import { Test } from '@nestjs/testing';
import { ConfigModule, loadConfig } from '@vectorlane/config';
import { INGESTION_FAILURES, IngestionFailure } from '@vectorlane/errors';
import { ExtractionModule, ExtractionService } from '@vectorlane/extraction';
import { ShutdownModule, ShutdownSequence } from '@vectorlane/shutdown';
import { GOOD_FILES } from '../../../libs/extraction/src/formats/good-files.fixture';
import type { HostileFile } from '../../support/hostile-file';
import { BOMBS, malformedFiles } from '../../support/hostile-files';
import { sized } from '../../support/sizes';

/** Over all formats, so that each comes with each damage in the full size. */
const MALFORMED = sized(22, 308);
const BOMBS_TRIED = sized(5, BOMBS.length);
const AT_ONCE = 4;
/** Of a file itself; it may have to wait for those before it. */
const LONGEST_MS = 60_000;
const MOST_MORE_MEMORY = 300 * 1024 * 1024;
/** What is wrong with us, and not with a file. */
const OUR_FAULTS = new Set(['INTERNAL_ERROR', 'EXTRACTION_UNAVAILABLE', 'EMBEDDING_UNAVAILABLE', 'PROCESS_CRASHED']);

interface Reading {
  readonly name: string;
  /** `read`, or the code of the failure. */
  readonly outcome: string;
  readonly milliseconds: number;
}

describe('hostile files of every format', () => {
  let service: ExtractionService;
  let shutdown: ShutdownSequence;
  let before: number;

  beforeAll(async () => {
    const module = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(loadConfig({ NODE_ENV: 'test' })), ShutdownModule, ExtractionModule],
    }).compile();
    service = module.get(ExtractionService);
    shutdown = module.get(ShutdownSequence);
    for (const format of Object.keys(GOOD_FILES)) await read(good(format));
    before = residentBytes();
  }, 120_000);
  afterAll(() => shutdown.beforeApplicationShutdown());

  const good = (format: string): HostileFile => ({
    name: `good ${format}`,
    format,
    bytes: () => GOOD_FILES[format] ?? Buffer.alloc(0),
  });

  async function read({ name, format, bytes }: HostileFile): Promise<Reading> {
    const source = { bytes: bytes(), filename: `a.${format}` };
    const start = performance.now();
    const outcome = await service.extract(format, source, new AbortController().signal).then(
      () => 'read',
      (error: unknown) => {
        if (error instanceof IngestionFailure) return error.code;
        throw error;
      },
    );
    return { name, outcome, milliseconds: performance.now() - start };
  }

  /** A good file of some format after every fourth bad one. */
  async function readAll(files: readonly HostileFile[]): Promise<readonly Reading[]> {
    const formats = Object.keys(GOOD_FILES);
    const waiting = files.flatMap((file, index) =>
      index % 4 === 3 ? [file, good(formats[index % formats.length] ?? 'txt')] : [file],
    );
    const readings: Reading[] = [];
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) readings.push(await read(next));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return readings;
  }

  function expectBounded(readings: readonly Reading[]): void {
    const known = new Set<string>(['read', ...Object.keys(INGESTION_FAILURES)]);
    expect(readings.filter(({ outcome }) => !known.has(outcome) || OUR_FAULTS.has(outcome))).toEqual([]);
    expect(readings.filter(({ name, outcome }) => name.startsWith('good') && outcome !== 'read')).toEqual([]);
    expect(readings.filter(({ milliseconds }) => milliseconds > LONGEST_MS * AT_ONCE)).toEqual([]);
    expect(residentBytes() - before).toBeLessThan(MOST_MORE_MEMORY);
  }

  it(`reads or refuses ${MALFORMED} malformed ones, and the good ones between them`, async () => {
    const readings = await readAll(malformedFiles(MALFORMED));
    expectBounded(readings);
    // No parser died of them: they are small, and wrong in ways that every parser has to know.
    expect(readings.filter(({ outcome }) => /CRASHED|TIMEOUT/.test(outcome))).toEqual([]);
  }, 600_000);

  it(`survives ${BOMBS_TRIED} that stand for far more than they are`, async () => {
    const tried = BOMBS.slice(0, BOMBS_TRIED);
    const readings = await readAll(tried);
    expectBounded(readings);
    const failures = tried.flatMap(({ name, failure }) => (failure === undefined ? [] : [[name, failure]]));
    const outcomes = new Map(readings.map(({ name, outcome }) => [name, outcome]));
    expect(failures.map(([name = '']) => [name, outcomes.get(name)])).toEqual(failures);
  }, 1_800_000);
});

function residentBytes(): number {
  if (process.platform !== 'linux') return process.memoryUsage().rss;
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) * 1024;
}
