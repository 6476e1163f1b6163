import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ConfigModule, loadConfig } from '@vectorlane/config';
import { Problem } from '@vectorlane/errors';
import { ExtractionModule, ExtractionService } from '@vectorlane/extraction';
import { ShutdownModule, ShutdownSequence } from '@vectorlane/shutdown';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { answers, StandInAiWorker, status, refusalOf, type WorkerManner } from '../../support/stand-in-ai-worker';

/** Extraction as the service has it, with an AI worker in all its moods. */
const OFFICE = join(__dirname, '../../fixtures/office');
const TEXT_PDF = readFileSync(join(OFFICE, 'typst.pdf'));
const MIXED_PDF = readFileSync(join(OFFICE, 'pdfunite-scan-and-text.pdf'));
const SCAN_PDF = readFileSync(join(OFFICE, 'img2pdf-scan.pdf'));
const PNG = Buffer.from('\x89PNG\r\n\x1a\n and what follows', 'latin1');
const never = new AbortController().signal;

let worker: StandInAiWorker;
/** For all tests: each starts a process that reads, which takes a second of a processor. */
let service: ExtractionService;
let withoutWorker: ExtractionService;
const opened: ShutdownSequence[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  worker = await StandInAiWorker.start();
  service = await open(worker.settings);
  withoutWorker = await open({});
}, 60_000);
beforeEach(() => worker.reset());
afterAll(async () => {
  for (const shutdown of opened) await shutdown.beforeApplicationShutdown();
  await worker.close();
});

async function open(settings: Record<string, string>): Promise<ExtractionService> {
  const config = loadConfig({
    NODE_ENV: 'test',
    AI_WORKER_EXTRACTION_TIMEOUT_MS: '20000',
    AI_WORKER_MAX_WAIT_MS: '600',
    ...settings,
  });
  const module = await Test.createTestingModule({
    imports: [ConfigModule.forRoot(config), ShutdownModule, ExtractionModule],
  }).compile();
  opened.push(module.get(ShutdownSequence));
  return module.get(ExtractionService);
}

const extract = (format: string, bytes: Uint8Array, signal = never, by = service) =>
  by.extract(format, { bytes, filename: `a.${format}` }, signal);

describe('with an AI worker', () => {
  it('sends images there, with what they are and nothing else of them', async () => {
    for (const format of ['png', 'jpeg', 'tiff', 'webp']) {
      const document = await extract(format, PNG);
      expect(document).toEqual({
        text: worker.text,
        blocks: [{ kind: 'paragraph', start: 0, end: worker.text.length, headingPath: [], page: 1 }],
        coverage: { pages: 1, pagesWithoutText: [], notes: [] },
      });
    }
    expect(worker.documents.map(({ path }) => path)).toEqual(
      ['png', 'jpeg', 'tiff', 'webp'].map((format) => `/v1/recognise?format=${format}`),
    );
    expect(worker.documents[0]?.body).toEqual(PNG);
  });

  it('reads everything else here, PDF with text among it', async () => {
    expect((await extract('md', Buffer.from('# Harbour\n\nLamps.'))).text).toContain('Harbour');
    const withWorker = await extract('pdf', TEXT_PDF);
    expect(worker.requests).toEqual([]);
    expect(await extract('pdf', TEXT_PDF, never, withoutWorker)).toEqual(withWorker);
  });

  it('has the scanned pages of a PDF recognised, and no others, and lays them out like the others', async () => {
    const document = await extract('pdf', MIXED_PDF);
    expect(worker.documents.map(({ path }) => path)).toEqual(['/v1/recognise?format=pdf&pages=1']);
    expect(worker.documents[0]?.body.equals(MIXED_PDF)).toBe(true);
    expect(document.coverage).toEqual({ pages: 3, pagesWithoutText: [], notes: [] });
    expect(document.text.startsWith(`${worker.text}\n\n`)).toBe(true);
    const [scanned] = document.blocks;
    expect(scanned).toMatchObject({ kind: 'paragraph', page: 1, start: 0, end: worker.text.length });
    const without = await extract('pdf', MIXED_PDF, never, withoutWorker);
    expect(without.coverage).toEqual({ pages: 3, pagesWithoutText: [1], notes: ['SCANNED_PAGES'] });
    const shown = ({ text, blocks }: typeof document): unknown[] =>
      blocks.map(({ start, end, ...block }) => ({ ...block, text: text.slice(start, end) }));
    expect(shown(document).slice(1)).toEqual(shown(without));
  });

  it('puts recognised words into lines, paragraphs and headings by their places', async () => {
    const line = (text: string, number: number, y: number, height = 10): object[] =>
      text.split(' ').map((word, index) => ({
        ...{ text: word, x0: 72 + 40 * index, x1: 109 + 40 * index, y0: y, y1: y + height },
        ...{ confidence: 90, line: number },
      }));
    const words = [
      ...line('Harbour rules', 0, 60, 22),
      ...line('Boats that come in at night wait at', 1, 110),
      ...line('the mole, and none of them may an-', 2, 123),
      ...line('chor before the morning bell has rung.', 3, 136),
      ...line('Dues are paid on the day they fall', 4, 180),
    ];
    worker.behave(answers({ format: 'png', pages: [{ page: 1, width: 612, height: 792, words }] }));
    const { text, blocks } = await extract('png', PNG);
    expect(blocks.map(({ kind, start, end }) => [kind, text.slice(start, end)])).toEqual([
      ['heading', 'Harbour rules'],
      [
        'paragraph',
        'Boats that come in at night wait at the mole, and none of them may anchor before the morning bell has rung.',
      ],
      ['paragraph', 'Dues are paid on the day they fall'],
    ]);
    expect(blocks[1]?.headingPath).toEqual(['Harbour rules']);
  });

  it.each(['CORRUPT_FILE', 'NEEDS_OCR', 'TIMEOUT', 'PARSER_CRASHED'])(
    'fails with what it says of a scan (%s), and reads the other pages of a file that has some',
    async (code) => {
      worker.behaveAlways(refusalOf(code));
      await expect(extract('pdf', SCAN_PDF)).rejects.toMatchObject({ code });
      expect((await extract('pdf', MIXED_PDF)).coverage).toMatchObject({ pagesWithoutText: [1] });
    },
  );

  it('says so when nothing was recognised', async () => {
    worker.behaveAlways(answers({ format: 'png', pages: [{ page: 1, width: 9, height: 9, words: [] }] }));
    await expect(extract('png', PNG)).rejects.toMatchObject({ code: 'EMPTY_CONTENT' });
    await expect(extract('pdf', SCAN_PDF)).rejects.toMatchObject({ code: 'EMPTY_CONTENT' });
  });

  const word = { text: 'a', x0: 0, y0: 0, x1: 9, y1: 9, confidence: 9, line: 0 };
  const page = { page: 1, width: 99, height: 99, words: [word] };
  const unsound: [string, unknown][] = [
    ['no JSON', '{"pages":[half of'],
    ['no pages', { format: 'png', pages: [] }],
    ['a page that is none', { format: 'png', pages: [{ ...page, page: -1 }] }],
    ['a word without a place', { format: 'png', pages: [{ ...page, words: [{ ...word, x0: undefined }] }] }],
    ['a word beyond all paper', { format: 'png', pages: [{ ...page, words: [{ ...word, x1: 1e12 }] }] }],
    ['a word without end', { format: 'png', pages: [{ ...page, words: [{ ...word, text: 'a'.repeat(2_000) }] }] }],
  ];
  const away: [string, WorkerManner][] = [
    ['500', status(500)],
    ['401', status(401)],
    ['a lost connection', { kind: 'reset' }],
    ['429 without end', status(429, { 'retry-after': '1' })],
    ...unsound.map(([name, body]) => [`an answer with ${name}`, answers(body)] satisfies [string, WorkerManner]),
  ];
  it.each(away)('reads the pages of a PDF that have text after %s, and tells of the others', async (_, manner) => {
    worker.behaveAlways(manner);
    const { text, coverage } = await extract('pdf', MIXED_PDF);
    expect(text.length).toBeGreaterThan(100);
    expect(text).not.toContain(worker.text);
    expect(coverage).toEqual({ pages: 3, pagesWithoutText: [1], notes: ['SCANNED_PAGES'] });
    expect(worker.documents.length).toBeGreaterThanOrEqual(1);
  });

  it.each(away)('an image and a scan wait for another attempt after %s', async (_, manner) => {
    worker.behaveAlways(manner);
    const failure = {
      code: 'EXTRACTION_UNAVAILABLE',
      transient: true,
      message: expect.stringContaining('needs text recognition'),
    };
    await expect(extract('png', PNG)).rejects.toMatchObject(failure);
    await expect(extract('pdf', SCAN_PDF)).rejects.toMatchObject(failure);
  });

  it('a caller who leaves ends the exchange with its own reason', async () => {
    worker.behaveAlways({ kind: 'hang' });
    const leave = new AbortController();
    const asked = extract('pdf', SCAN_PDF, leave.signal);
    asked.catch(() => undefined);
    while (worker.documents.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const reason = new Error('the claim was lost');
    leave.abort(reason);
    await expect(asked).rejects.toBe(reason);
  });
});

describe('which formats there are', () => {
  const images: [string, Buffer, string][] = [
    ['scan.png', PNG, 'png'],
    ['scan.jpg', Buffer.from('\xff\xd8\xff\xe0 and what follows', 'latin1'), 'jpeg'],
    ['scan.jpeg', Buffer.from('\xff\xd8\xff\xe0 and what follows', 'latin1'), 'jpeg'],
    ['scan.tif', Buffer.from('II*\0 and what follows', 'latin1'), 'tiff'],
    ['large.tiff', Buffer.from('MM\0+ and what follows', 'latin1'), 'tiff'],
    ['scan.webp', Buffer.from('RIFF\x10\0\0\0WEBPVP8 and what follows', 'latin1'), 'webp'],
  ];
  const refused = (filename: string, head: Uint8Array, by = service): Problem => {
    try {
      by.detect({ filename, head });
    } catch (error) {
      if (error instanceof Problem) return error;
    }
    throw new Error(`${filename} was not refused`);
  };

  it.each(images)('%s is taken with an AI worker', (filename, head, format) => {
    expect(service.detect({ filename, head })).toMatchObject({ format, lane: 'heavy' });
  });

  it('what has another name than its content is refused without that advice', () => {
    expect(refused('notes.txt', PNG).detail).not.toContain('AI_WORKER_URL');
  });

  it.each(images)('%s is refused without one, and the refusal names the setting', (filename, head) => {
    expect(refused(filename, head, withoutWorker)).toMatchObject({
      status: 415,
      detail: expect.stringContaining('AI_WORKER_URL'),
    });
    expect(withoutWorker.detect({ filename: 'a.pdf', head: Buffer.from('%PDF-1.7') }).lane).toBe('heavy');
  });
});
