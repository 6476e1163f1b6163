import { Test } from '@nestjs/testing';
import { ConfigModule, loadConfig } from '@vectorlane/config';
import { IngestionFailure } from '@vectorlane/errors';
import { type ExtractedDocument, ExtractionModule, ExtractionService } from '@vectorlane/extraction';
import { ShutdownModule, ShutdownSequence } from '@vectorlane/shutdown';
import { OFFICE_FILES, type OfficeFile, readOfficeFile, shortcomings } from '../../support/fixtures';

/** What became of a file: its text, or why it has none. */
type Outcome = { readonly document: ExtractedDocument } | { readonly code: string; readonly message: string };

const HEAD_BYTES = 64 * 1024;
const CONCURRENCY = 4;

describe('PDF and DOCX files of many programs', () => {
  let service: ExtractionService;
  let shutdown: ShutdownSequence;
  const alone = new Map<string, Outcome>();

  beforeAll(async () => {
    const config = loadConfig({ NODE_ENV: 'test', EXTRACTION_TIMEOUT_MS: '60000' });
    const module = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(config), ShutdownModule, ExtractionModule],
    }).compile();
    service = module.get(ExtractionService);
    shutdown = module.get(ShutdownSequence);
  });
  afterAll(() => shutdown.beforeApplicationShutdown());

  /** As an upload goes: the format by name and content, then the text. */
  async function ingest(entry: OfficeFile): Promise<Outcome> {
    const bytes = readOfficeFile(entry);
    const { format } = service.detect({ head: bytes.subarray(0, HEAD_BYTES), filename: entry.file });
    try {
      const source = { bytes, filename: entry.file };
      return { document: await service.extract(format, source, new AbortController().signal) };
    } catch (error) {
      if (!(error instanceof IngestionFailure)) throw error;
      return { code: error.code, message: error.message };
    }
  }

  async function ingestAlone(entry: OfficeFile): Promise<Outcome> {
    const known = alone.get(entry.file);
    if (known !== undefined) return known;
    const outcome = await ingest(entry);
    alone.set(entry.file, outcome);
    return outcome;
  }

  it('come from at least ten makers of PDF and eight of DOCX', () => {
    const makers = (extension: string): number =>
      new Set(
        OFFICE_FILES.filter((entry) => entry.file.endsWith(extension)).map((entry) => entry.maker.split(/[ ,(]/)[0]),
      ).size;
    expect(makers('.pdf')).toBeGreaterThanOrEqual(10);
    expect(makers('.docx')).toBeGreaterThanOrEqual(8);
  });

  it.each(OFFICE_FILES.map((entry) => [entry.file, entry] as const))(
    '%s',
    async (file, entry) => {
      const outcome = await ingestAlone(entry);
      const { expect: expected } = entry;
      if (expected.outcome !== 'completed') {
        expect(outcome).toEqual({ code: expected.outcome, message: expect.stringMatching(/^[A-Z].*\.$/s) });
        return;
      }
      if (!('document' in outcome)) throw new Error(`${file} failed with ${outcome.code}: ${outcome.message}`);
      expect(shortcomings(outcome.document, expected)).toEqual([]);
      for (const { start, end, page } of outcome.document.blocks) {
        expect(outcome.document.text.slice(start, end).trim()).not.toBe('');
        // What is read of files inside of it, behind its own text, is on no page.
        if (file.endsWith('.pdf')) expect(page ?? 1).toBeGreaterThanOrEqual(1);
      }
      if (file.endsWith('.pdf')) expect(outcome.document.blocks[0]?.page).toBeGreaterThanOrEqual(1);
    },
    90_000,
  );

  it('give the same results when several are read at once', async () => {
    const together = new Map<string, Outcome>();
    // Each takes the next one that nobody has taken; backwards, so that neighbours differ from the run above.
    const waiting = [...OFFICE_FILES];
    const read = async (): Promise<void> => {
      for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
        together.set(entry.file, await ingest(entry));
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, read));
    for (const entry of OFFICE_FILES) expect(together.get(entry.file)).toEqual(await ingestAlone(entry));
  }, 300_000);
});
