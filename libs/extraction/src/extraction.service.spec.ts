import { Test } from '@nestjs/testing';
import { ConfigModule, loadConfig } from '@vectorlane/config';
import { IngestionFailure } from '@vectorlane/errors';
import { ShutdownModule, ShutdownSequence } from '@vectorlane/shutdown';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ExtractionModule } from './extraction.module';
import { ExtractionService } from './extraction.service';
import { nestedForms } from './formats/pdf/pdf-fixture';
import { ParserPool } from './isolation/parser-pool';
import { Parsers } from './isolation/parsers';
import { type ExtractedDocument, TEXT_EXTRACTORS, type TextExtractor } from './text-extractor';

const signal = (): AbortSignal => new AbortController().signal;
const source = (text: string, filename = 'a.txt'): { bytes: Uint8Array; filename: string } => ({
  bytes: Buffer.from(text),
  filename,
});

describe('ExtractionService with the parsers of the product', () => {
  let service: ExtractionService;
  let shutdown: ShutdownSequence;
  let extractors: ReadonlyMap<string, TextExtractor>;
  let parsers: Parsers;

  beforeAll(async () => {
    const module = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(loadConfig({ NODE_ENV: 'test' })), ShutdownModule, ExtractionModule],
    }).compile();
    service = module.get(ExtractionService);
    shutdown = module.get(ShutdownSequence);
    extractors = module.get(TEXT_EXTRACTORS);
    parsers = module.get(Parsers);
  });
  afterAll(() => shutdown.beforeApplicationShutdown());

  it.each([
    ['txt', 'Hello\n\nthere', 'Hello\n\nthere', 2],
    ['md', '# Hello\n\nthere', '# Hello\n\nthere', 2],
    ['html', '<h1>Hello</h1>there', 'Hello\n\nthere', 2],
    ['json', '[{"a":"b"},{"a":"c"}]', 'a: b\n\na: c', 2],
    ['csv', 'name,city\nAda,London\n', 'name: Ada\ncity: London', 1],
  ])('extracts %s', async (format, content, text, blocks) => {
    const document = await service.extract(format, source(content, `a.${format}`), signal());
    expect(document.text).toBe(text);
    expect(document.blocks).toHaveLength(blocks);
  });

  it('reads what the settings want of a page, in the parser too', async () => {
    const config = loadConfig({ NODE_ENV: 'test', EXTRACTION_HTML_PART: 'article' });
    const other = new ExtractionService(extractors, config, parsers);
    const page = `<nav>Menu</nav><main>${'Words of the article. '.repeat(20)}</main>`;
    expect((await service.extract('html', source(page, 'a.html'), signal())).text).toMatch(/^Menu/);
    expect((await other.extract('html', source(page, 'a.html'), signal())).text).toMatch(/^Words/);
  });

  it('keeps the bytes of its caller, and reads a view of larger memory', async () => {
    const memory = Buffer.from('before|inside|after');
    const bytes = memory.subarray(7, 13);
    expect((await service.extract('txt', { bytes, filename: 'a.txt' }, signal())).text).toBe('inside');
    expect(bytes.toString()).toBe('inside');
  });

  it('hands the declared charset on', async () => {
    const bytes = Uint8Array.from([0xcf, 0xf0, 0xe8]);
    const document = await service.extract(
      'txt',
      { bytes, filename: 'a.txt', declaredCharset: 'windows-1251' },
      signal(),
    );
    expect(document.text).toBe('При');
  });

  it.each([
    ['txt', ' \n\t ', 'EMPTY_CONTENT'],
    ['md', '\n\n', 'EMPTY_CONTENT'],
    ['html', '<script>x</script>', 'EMPTY_CONTENT'],
    ['json', '{}', 'EMPTY_CONTENT'],
    ['csv', '\n', 'EMPTY_CONTENT'],
    ['json', '{"a"', 'CORRUPT_FILE'],
    ['csv', 'a\n"', 'CORRUPT_FILE'],
    ['docx', 'x', 'CORRUPT_FILE'],
    ['epub', 'x', 'CORRUPT_FILE'],
    ['dwg', 'x', 'UNSUPPORTED_FORMAT'],
  ])('fails %s holding %j with %s', async (format, content, code) => {
    const failure = service.extract(format, source(content), signal());
    await expect(failure).rejects.toBeInstanceOf(IngestionFailure);
    await expect(failure).rejects.toMatchObject({ code });
  });

  it('knows each format once, and what is heavy', () => {
    const all = [...extractors.values()].map(({ format, lane }) => [format, lane]);
    expect(new Set(all.map(([format]) => format)).size).toBe(all.length);
    expect(all).toEqual(
      expect.arrayContaining([
        ...['txt', 'md', 'html', 'json', 'csv'].map((format) => [format, 'fast']),
        ...['docx', 'pdf', 'pptx', 'xlsx', 'epub', 'eml'].map((format) => [format, 'heavy']),
      ]),
    );
  });

  it('does not hold up the event loop with 5 MB', async () => {
    const section =
      '## Title\n\nSome words that are a paragraph of usual length, as they are in most documents.\n\n- item\n\n';
    const bytes = Buffer.from(section.repeat(Math.ceil(5_000_000 / section.length)));
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const document = await service.extract('md', { bytes, filename: 'a.md' }, signal());
    delay.disable();
    expect(document.blocks.length).toBeGreaterThan(100_000);
    // The 99th percentile, as a machine with other work to do may stall anything once.
    expect(delay.percentile(99) / 1e6).toBeLessThan(150);
  });

  it('reads 50 MB', async () => {
    const bytes = Buffer.alloc(50_000_000, 'A line of text that goes on for a while, and then it ends.\n\n');
    const document = await service.extract('txt', { bytes, filename: 'a.txt' }, signal());
    expect(document.text).toHaveLength(50_000_000);
    expect(document.blocks.length).toBeGreaterThan(800_000);
  }, 60_000);
});

describe('a PDF of forms that are made of forms', () => {
  it('is given up soon, alone, and the next one is read', async () => {
    const config = loadConfig({ NODE_ENV: 'test', EXTRACTION_TIMEOUT_MS: '10000' });
    const module = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(config), ShutdownModule, ExtractionModule],
    }).compile();
    try {
      const service = module.get(ExtractionService);
      const small = nestedForms(2, 3);
      expect((await service.extract('pdf', { bytes: small, filename: 'small.pdf' }, signal())).text).toMatch(/x/);
      const large = nestedForms(12, 4);
      expect(large.length).toBeLessThan(8 * 1024);
      const failure = service.extract('pdf', { bytes: large, filename: 'large.pdf' }, signal());
      // By its memory; on a machine that is slow enough by its time.
      await expect(failure).rejects.toMatchObject({ code: expect.stringMatching(/^(PARSER_CRASHED|TIMEOUT)$/) });
      expect((await service.extract('pdf', { bytes: small, filename: 'small.pdf' }, signal())).text).toMatch(/x/);
    } finally {
      await module.get(ShutdownSequence).beforeApplicationShutdown();
    }
  }, 30_000);
});

describe('ExtractionService with an extractor of any kind', () => {
  const config = loadConfig({ EXTRACTION_TIMEOUT_MS: '100' });
  const unused = new ParserPool({
    size: 0,
    open: () => {
      throw new Error('no parser is needed here');
    },
  });
  const serviceOf = (extract: TextExtractor['extract']): ExtractionService =>
    new ExtractionService(
      new Map([['any', { format: 'any', lane: 'heavy', extensions: [], mediaTypes: [], extract }]]),
      config,
      new Parsers(unused, unused),
    );

  it('gives up one that does not end, and tells it so', async () => {
    let heard: unknown;
    const service = serviceOf((_source, bound) => {
      bound.addEventListener('abort', () => (heard = bound.reason));
      return new Promise<ExtractedDocument>(() => undefined);
    });
    const failure = service.extract('any', source('x'), signal());
    await expect(failure).rejects.toMatchObject({ code: 'TIMEOUT', transient: true });
    expect(heard).toMatchObject({ code: 'TIMEOUT' });
  });

  it('stops at once when its caller does, with the caller’s reason', async () => {
    const caller = new AbortController();
    const service = serviceOf(() => new Promise<ExtractedDocument>(() => undefined));
    const stopped = service.extract('any', source('x'), caller.signal);
    caller.abort(new Error('lease lost'));
    await expect(stopped).rejects.toThrow('lease lost');
    await expect(service.extract('any', source('x'), caller.signal)).rejects.toThrow('lease lost');
  });

  it('checks and normalises what any extractor gives', async () => {
    const service = serviceOf(() =>
      Promise.resolve({ text: 'e\u0301', blocks: [{ kind: 'paragraph', start: 0, end: 2, headingPath: [] }] }),
    );
    expect((await service.extract('any', source('x'), signal())).text).toBe('é');
    const broken = serviceOf(() => Promise.resolve({ text: 'text', blocks: [] }));
    await expect(broken.extract('any', source('x'), signal())).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
  });
});
