import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ConfigModule, loadConfig } from '@vectorlane/config';
import { Problem } from '@vectorlane/errors';
import { ExtractionModule, ExtractionService } from '@vectorlane/extraction';
import { ShutdownModule, ShutdownSequence } from '@vectorlane/shutdown';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  answers,
  extracted,
  StandInAiWorker,
  status,
  refusalOf,
  type WorkerManner,
} from '../../support/stand-in-ai-worker';

/** Extraction as the service has it, with an AI worker in all its moods. */
const OFFICE = join(__dirname, '../../fixtures/office');
const TEXT_PDF = readFileSync(join(OFFICE, 'typst.pdf'));
const SCAN_PDF = readFileSync(join(OFFICE, 'img2pdf-scan.pdf'));
const PNG = Buffer.from('\x89PNG\r\n\x1a\n and what follows', 'latin1');
/** The parser here names the headings of it; the stand-in does not. */
const never = new AbortController().signal;

let worker: StandInAiWorker;
let service: ExtractionService;
let shutdown: ShutdownSequence;

beforeAll(() => Logger.overrideLogger(false));
beforeEach(async () => {
  worker = await StandInAiWorker.start();
  await open(worker.settings);
});
afterEach(async () => {
  await shutdown.beforeApplicationShutdown();
  await worker.close();
});

async function open(settings: Record<string, string>): Promise<void> {
  const config = loadConfig({
    NODE_ENV: 'test',
    AI_WORKER_EXTRACTION_TIMEOUT_MS: '20000',
    AI_WORKER_MAX_WAIT_MS: '600',
    ...settings,
  });
  const module = await Test.createTestingModule({
    imports: [ConfigModule.forRoot(config), ShutdownModule, ExtractionModule],
  }).compile();
  service = module.get(ExtractionService);
  shutdown = module.get(ShutdownSequence);
}

const extract = (format: string, bytes: Uint8Array, signal = never) =>
  service.extract(format, { bytes, filename: `a.${format}` }, signal);

describe('with an AI worker', () => {
  it('sends PDF and images there, with what it is and nothing else of it', async () => {
    for (const format of ['pdf', 'png', 'jpeg', 'tiff', 'webp']) {
      const document = await extract(format, PNG);
      expect(document).toEqual({
        text: worker.text,
        blocks: [{ kind: 'paragraph', start: 0, end: worker.text.length, headingPath: [], page: 1 }],
      });
    }
    expect(worker.documents.map(({ path }) => path)).toEqual(
      ['pdf', 'png', 'jpeg', 'tiff', 'webp'].map((format) => `/v1/extract?format=${format}`),
    );
    expect(worker.documents[0]?.body).toEqual(PNG);
  });

  it('reads everything else here', async () => {
    expect((await extract('md', Buffer.from('# Harbour\n\nLamps.'))).text).toContain('Harbour');
    expect(worker.requests).toEqual([]);
  });

  it('keeps rows, headings and pages of the answer', async () => {
    const text = 'Tides\n\n| port | height |\n| --- | --- |\n| Brest | 7 |';
    const second = text.indexOf('| Brest');
    const blocks = [
      { kind: 'heading', start: 0, end: 5, headingPath: [], page: 2, level: 1 },
      { kind: 'row', start: 7, end: second - 1, headingPath: ['Tides'], page: 2 },
      { kind: 'row', start: second, end: text.length, headingPath: ['Tides'], page: 3, row: 1 },
    ];
    worker.behave(answers({ ...extracted(text), blocks }));
    const document = await extract('png', PNG);
    expect(document.blocks).toEqual([
      { kind: 'heading', start: 0, end: 5, headingPath: [], page: 2 },
      { kind: 'row', start: 7, end: second - 1, headingPath: ['Tides'], page: 2 },
      { kind: 'row', start: second, end: text.length, headingPath: ['Tides'], page: 3, row: 1 },
    ]);
    expect(document.blocks[2]?.headingPath).toBe(document.blocks[1]?.headingPath);
  });

  it.each(['CORRUPT_FILE', 'NEEDS_OCR', 'TIMEOUT', 'PARSER_CRASHED', 'EMPTY_CONTENT'])(
    'takes its answer %s on a PDF, which is not read here then',
    async (code) => {
      worker.behaveAlways(refusalOf(code));
      await expect(extract('pdf', TEXT_PDF)).rejects.toMatchObject({ code });
    },
  );

  const unsound: [string, unknown][] = [
    ['no JSON', '{"text":"half of'],
    ['no blocks', { ...extracted('text'), blocks: [] }],
    ['a block beyond the text', { ...extracted('text'), blocks: [{ ...block(0, 99) }] }],
    ['text outside of all blocks', { ...extracted('some text'), blocks: [{ ...block(0, 4) }] }],
    ['blocks that overlap', { ...extracted('some text'), blocks: [block(0, 9), block(4, 9)] }],
    ['an unknown kind of block', { ...extracted('text'), blocks: [{ ...block(0, 4), kind: 'poem' }] }],
    ['a page that is none', { ...extracted('text'), blocks: [{ ...block(0, 4), page: -1 }] }],
  ];
  const away: [string, WorkerManner][] = [
    ['500', status(500)],
    ['401', status(401)],
    ['a lost connection', { kind: 'reset' }],
    ['429 without end', status(429, { 'retry-after': '1' })],
    ...unsound.map(([name, body]) => [`an answer with ${name}`, answers(body)] satisfies [string, WorkerManner]),
  ];
  it.each(away)('reads a PDF here after %s', async (_, manner) => {
    worker.behaveAlways(manner);
    const { text } = await extract('pdf', TEXT_PDF);
    expect(text.length).toBeGreaterThan(100);
    expect(text).not.toContain(worker.text);
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
    const asked = extract('pdf', TEXT_PDF, leave.signal);
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
  const refused = (filename: string, head: Uint8Array): Problem => {
    try {
      service.detect({ filename, head });
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

  it.each(images)('%s is refused without one, and the refusal names the setting', async (filename, head) => {
    await shutdown.beforeApplicationShutdown();
    await open({});
    expect(refused(filename, head)).toMatchObject({ status: 415, detail: expect.stringContaining('AI_WORKER_URL') });
    expect(service.detect({ filename: 'a.pdf', head: Buffer.from('%PDF-1.7') }).lane).toBe('heavy');
  });
});

function block(start: number, end: number): Record<string, unknown> {
  return { kind: 'paragraph', start, end, headingPath: [], page: 1 };
}
