import { IngestionFailure } from '@vectorlane/errors';
import fc from 'fast-check';
import { finishDocument } from '../../document-check';
import type { ExtractedDocument } from '../../text-extractor';
import {
  compoundFile,
  docxOf,
  p,
  partsOf,
  r,
  relationships,
  styled,
  table,
  W,
  type ZipEntry,
  zipOf,
} from './docx-fixture';
import { DocxExtractor, extractDocx } from './docx.extractor';
import { sized } from '../../../../../test/support/sizes';

const extractor = new DocxExtractor();
const extract = (bytes: Uint8Array): Promise<ExtractedDocument> =>
  extractor.extract({ bytes, filename: 'a.docx' }, new AbortController().signal);
const failureOf = async (bytes: Uint8Array): Promise<IngestionFailure> => {
  const outcome = await extract(bytes).catch((error: unknown) => error);
  if (outcome instanceof IngestionFailure) return outcome;
  throw new Error('not refused', { cause: outcome });
};
const expectFailure = async (bytes: Uint8Array, code: string, message: RegExp): Promise<void> => {
  const failure = await failureOf(bytes);
  expect([failure.code, failure.message]).toEqual([code, expect.stringMatching(message)]);
};
/** One part put in place of the one of its name. */
const withPart = (part: ZipEntry, body = p('text')): Buffer =>
  zipOf([...partsOf({ body }).filter(({ name }) => name !== part.name), part]);
const documentOf = (xml: string): Buffer => withPart({ name: 'word/document.xml', data: xml });
const openedTimes = (element: string, times: number, inner: string): string =>
  `<w:${element}>`.repeat(times) + inner + `</w:${element}>`.repeat(times);

describe('outcomes', () => {
  it('tell the containers of older Office apart', async () => {
    await expectFailure(compoundFile(['Root Entry', 'EncryptedPackage']), 'PASSWORD_PROTECTED', /copy without one/);
    await expectFailure(compoundFile(['Root Entry', 'WordDocument']), 'CORRUPT_FILE', /older Word.*ends in "\.doc"/s);
    await expectFailure(compoundFile(['Root Entry', 'Workbook']), 'CORRUPT_FILE', /older Office program/);
    // The word in a text is no entry of the directory.
    const text = Buffer.concat([compoundFile(['WordDocument']), Buffer.from('....EncryptedPackage\0', 'utf16le')]);
    await expectFailure(text, 'CORRUPT_FILE', /older Word/);
  });

  it('say what is not to be read', async () => {
    await expectFailure(Buffer.from('words'), 'CORRUPT_FILE', /no ZIP archive/);
    await expectFailure(zipOf([{ name: 'a.txt', data: 'a' }]), 'CORRUPT_FILE', /no Word document/);
    await expectFailure(documentOf('<a:workbook xmlns:a="x"/>'), 'CORRUPT_FILE', /no Word document/);
    await expectFailure(documentOf(''), 'CORRUPT_FILE', /well-formed/);
    await expectFailure(
      documentOf(`<w:document xmlns:w="${W}"><w:body>`),
      'CORRUPT_FILE',
      /"word\/document.xml" is not well/,
    );
    await expectFailure(
      documentOf(`<w:document xmlns:w="${W}"><w:body></w:p></w:document>`),
      'CORRUPT_FILE',
      /well-formed/,
    );
    await expectFailure(withPart({ name: 'word/styles.xml', data: '<w' }), 'CORRUPT_FILE', /styles/);
    const invalid = Buffer.concat([Buffer.from('<a>'), Buffer.from([0xc3, 0x28]), Buffer.from('</a>')]);
    await expectFailure(withPart({ name: 'word/document.xml', data: invalid }), 'CORRUPT_FILE', /UTF-8/);
  });

  it('say what has no text', async () => {
    await expectFailure(docxOf(p('') + p(' ') + table([['', '']])), 'EMPTY_CONTENT', /no text/);
    await expectFailure(docxOf(p('<w:r><w:drawing><a:blip/></w:drawing></w:r>')), 'NEEDS_OCR', /OCR/);
    await expectFailure(docxOf('<w:altChunk/>'), 'EMPTY_CONTENT', /embedded/);
    await expect(finishDocument(await extract(new Uint8Array()))).rejects.toMatchObject({ code: 'EMPTY_CONTENT' });
    expect((await extract(docxOf(p(`<w:r><w:drawing><a:blip/></w:drawing></w:r>${r('words')}`)))).text).toBe('words');
  });

  it('stop at once with the reason of the signal', async () => {
    const stop = new AbortController();
    const source = { bytes: docxOf(p('words '.repeat(100_000))), filename: 'a.docx' };
    const running = extractor.extract(source, stop.signal);
    stop.abort(new Error('lease lost'));
    await expect(running).rejects.toThrow('lease lost');
    await expect(extractor.extract(source, stop.signal)).rejects.toThrow('lease lost');
  });
});

describe('archives', () => {
  const body = 'word/document.xml';
  const [, , document] = partsOf({ body: p('text') });
  const data = document?.data ?? '';

  it.each<[string, Partial<ZipEntry>, string, RegExp]>([
    ['a wrong checksum', { crc: 1 }, 'CORRUPT_FILE', /checksum/],
    ['an encrypted part', { flags: 1 }, 'PASSWORD_PROTECTED', /password/],
    ['an unknown method', { method: 9 }, 'CORRUPT_FILE', /method \(9\)/],
    ['data that is not deflated', { method: 8, stored: true }, 'CORRUPT_FILE', /compressed data/],
  ])('with %s are refused', async (_name, change, code, message) => {
    await expectFailure(withPart({ name: body, data, ...change }), code, message);
  });

  it('with two parts of one name are refused, whichever is right', async () => {
    await expectFailure(
      zipOf([...partsOf({ body: p('text') }), { name: 'Word/Document.xml', data }]),
      'CORRUPT_FILE',
      /two parts/,
    );
    expect(
      (await extract(zipOf([...partsOf({ body: p('text') }), ...['a', 'a'].map((name) => ({ name, data }))]))).text,
    ).toBe('text');
  });

  it('cut off anywhere are refused', async () => {
    const whole = docxOf(p('text'));
    for (let length = 1; length < whole.length; length += 1) {
      expect((await failureOf(whole.subarray(0, length))).code).toBe('CORRUPT_FILE');
    }
  });

  it('of names that point outside, or at the net, are read like any other', async () => {
    const escape = '../../../../../etc/passwd';
    const related = relationships([
      ['styles', escape],
      ['footnotes', 'http://example.com/x'],
    ]);
    const file = zipOf([
      ...partsOf({ body: p('text') }),
      { name: escape, data: 'x' },
      { name: 'word/_rels/document.xml.rels', data: related },
    ]);
    expect((await extract(file)).text).toBe('text');
  });

  it('that unpack to far more than their size are refused before memory is', async () => {
    const styles = docxOf({ body: p('a'), styles: ' '.repeat(17 * 1024 * 1024) });
    expect(styles.length).toBeLessThan(30_000);
    await expectFailure(styles, 'TOO_LARGE', /more than 16 MiB.*Split it/);
  }, 60_000);

  it.each(['document', 'notes', 'properties'] as const)('are bounded in what their %s unpack to', async (part) => {
    const blank = ' '.repeat(3 * 1024 * 1024);
    const contents = {
      document: { body: blank },
      notes: { body: '', endnotes: blank },
      properties: { body: '', numbering: blank },
    };
    const mebibyte = 1024 * 1024;
    const limits = { document: 4 * mebibyte, notes: 4 * mebibyte, properties: 4 * mebibyte, [part]: 2 * mebibyte };
    const source = { bytes: docxOf(contents[part]), filename: 'a.docx' };
    const running = extractDocx(source, new AbortController().signal, limits);
    await expect(running).rejects.toMatchObject({
      code: 'TOO_LARGE',
      message: expect.stringContaining('2 MiB') as string,
    });
  });

  it('of too many entries are refused', async () => {
    const file = docxOf(p('a'));
    const end = Buffer.from(file.subarray(-22));
    end.writeUInt16LE(0xffff, 10);
    const end64 = Buffer.alloc(56);
    end64.writeUInt32LE(0x06064b50, 0);
    end64.writeBigUInt64LE(70_000n, 32);
    end64.writeBigUInt64LE(BigInt(file.readUInt32LE(file.length - 6)), 48);
    const locator = Buffer.alloc(20);
    locator.writeUInt32LE(0x07064b50, 0);
    locator.writeBigUInt64LE(BigInt(file.length - 22), 8);
    const wide = (): Buffer => Buffer.concat([file.subarray(0, -22), end64, locator, end]);
    await expectFailure(wide(), 'TOO_LARGE', /65535 parts/);
    end64.writeBigUInt64LE(3n, 32);
    expect((await extract(wide())).text).toBe('a');
  });
});

describe('XML', () => {
  const entities = '<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>';

  it('with a document type is refused, entities or not', async () => {
    for (const inner of ['&b;', '&c;', '']) {
      const xml = `${entities}<w:document xmlns:w="${W}"><w:body>${p(`a${inner}`)}</w:body></w:document>`;
      await expectFailure(documentOf(xml), 'CORRUPT_FILE', /document type/);
    }
    await expectFailure(docxOf(p('&unknown;')), 'CORRUPT_FILE', /well-formed/);
    expect((await extract(docxOf(p('&lt;&#x48;&amp;')))).text).toBe('<H&');
  });

  it.each(['p', 'r', 'tbl', 'tbl><w:tr><w:tc', 'txbxContent', 'sdt', 'ins', 'del'])(
    'nested to any depth by <w:%s> is read or refused, in little time',
    async (element) => {
      const names = element.split('><w:');
      const nested = (times: number): string =>
        `<w:${element}>`.repeat(times) + p('core') + `</w:${[...names].reverse().join('></w:')}>`.repeat(times);
      await expectFailure(docxOf(nested(100_000)), 'CORRUPT_FILE', /too deeply/);
      const outcome = await extract(docxOf(nested(3_000) + p('end')));
      expect(outcome.text).toBe(element === 'del' ? 'end' : 'core\n\nend');
    },
    30_000,
  );

  it('of many attributes or namespaces is read or refused', async () => {
    const many = Array.from({ length: 2_000 }, (_, index) => `a${index}="x"`).join(' ');
    await expectFailure(docxOf(`<w:p ${many}/>`), 'CORRUPT_FILE', /attributes/);
    const rebound = Array.from({ length: 5_000 }, (_, index) => `<w:sdt xmlns:n${index}="${W}" xmlns:w="${W}">`).join(
      '',
    );
    expect((await extract(docxOf(rebound + p('core') + '</w:sdt>'.repeat(5_000)))).text).toBe('core');
    const elsewhere = `<w:sdt xmlns:w="urn:other"><w:p><w:r><w:t>not ours</w:t></w:r></w:p></w:sdt>${p('ours')}`;
    expect((await extract(docxOf(elsewhere))).text).toBe('ours');
  });

  it('left open in fields, boxes and tables does no harm', async () => {
    const begin = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>';
    const box = `<w:r><w:txbxContent>${p(begin + r('code'))}</w:txbxContent></w:r>`;
    expect((await extract(docxOf(p(box) + p('after')))).text).toBe('after');
    expect((await extract(docxOf(`<w:tc>${p('a')}</w:tc><w:tbl>${p('b')}<w:tc>${p('c')}</w:tc></w:tbl>`))).text).toBe(
      'a\n\nb\n\nc',
    );
  });
});

describe('time', () => {
  /** Of the processor, the least of three: what else the machine does at the time is not in it. */
  const millisecondsFor = async (file: Buffer): Promise<number> => {
    let least = Infinity;
    for (let round = 0; round < 3; round += 1) {
      const start = process.cpuUsage();
      await extract(file).catch((error: unknown) => {
        if (!(error instanceof IngestionFailure)) throw error;
      });
      const { user, system } = process.cpuUsage(start);
      least = Math.min(least, (user + system) / 1_000);
    }
    return least;
  };

  it.each<[string, (count: number) => string]>([
    ['paragraphs', (count) => p('some words').repeat(count)],
    ['runs of one paragraph', (count) => p(r('word ').repeat(count))],
    ['cells of one row', (count) => table([Array.from({ length: count }, () => 'x')])],
    ['tables', (count) => table([['x', 'y']]).repeat(count)],
    ['text boxes of one paragraph', (count) => p(`<w:r><w:txbxContent>${p('x')}</w:txbxContent></w:r>`.repeat(count))],
    ['notes of one paragraph', (count) => p('<w:r><w:footnoteReference w:id="1"/></w:r>'.repeat(count))],
    ['open fields', (count) => p('<w:r><w:fldChar w:fldCharType="begin"/></w:r>'.repeat(count) + r('x'))],
    ['paragraphs that run on', (count) => p('x', '<w:rPr><w:del/></w:rPr>').repeat(count)],
    [
      'line breaks and white space',
      (count) => p(r('x' + ' '.repeat(count) + '\n'.repeat(count) + 'y') + '<w:r><w:br/></w:r>'.repeat(count)),
    ],
    ['headings', (count) => styled('Heading1', 'x').repeat(count)],
  ])(
    'grows with %s in line',
    async (_name, content) => {
      // What is read of the letters is counted in linear.spec.ts; this sees everything else, and best in its full size.
      const few = docxOf(content(sized(500, 4_000)));
      const many = docxOf(content(sized(4_000, 32_000)));
      const base = await millisecondsFor(few);
      // Eight times as much; were it quadratic it would be sixty-four times.
      expect(await millisecondsFor(many)).toBeLessThan(base * 30 + 500);
    },
    60_000,
  );
});

describe('any bytes', () => {
  const rich = zipOf(
    partsOf({
      body:
        styled('Heading1', 'Title') +
        p(`${r('text ')}<w:ins>${r('in')}</w:ins><w:r><w:br w:type="page"/><w:footnoteReference w:id="1"/></w:r>`) +
        table([
          ['a', 'b'],
          [p('c') + p('d'), 'e'],
        ]) +
        p(`<w:r><w:txbxContent>${p('box')}</w:txbxContent></w:r>`, '<w:numPr><w:numId w:val="1"/></w:numPr>'),
      styles: '<w:style w:styleId="Heading1"><w:name w:val="heading 1"/></w:style>',
      numbering: '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>',
      footnotes: `<w:footnote w:id="1">${p('note')}</w:footnote>`,
    }).map((part) => ({ ...part, stored: true })),
  );
  const soundOrFailure = async (bytes: Uint8Array): Promise<void> => {
    const document = await extract(bytes).catch((error: unknown) => {
      if (error instanceof IngestionFailure && !error.transient) return undefined;
      throw error;
    });
    if (document !== undefined && document.blocks.length > 0) expect(await finishDocument(document)).toBe(document);
  };

  it('become a document or a failure: bytes changed in a real file', async () => {
    const change = fc.tuple(fc.nat(rich.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
        const bytes = Buffer.from(rich);
        for (const [at, value] of changes) bytes[at] = value;
        await soundOrFailure(bytes);
      }),
      { numRuns: sized(100, 1_500) },
    );
  }, 60_000);

  it('become a document or a failure: markup in any order', async () => {
    const names = [
      'p',
      'pPr',
      'r',
      'rPr',
      't',
      'tbl',
      'tr',
      'tc',
      'trPr',
      'txbxContent',
      'ins',
      'del',
      'sectPr',
      'sdt',
    ];
    const empty = fc.constantFrom(
      '<w:br/>', '<w:br w:type="page"/>', '<w:lastRenderedPageBreak/>', '<w:vanish/>', '<w:tab/>', '<w:pStyle w:val="Heading1"/>',
      '<w:pStyle w:val="Title"/>', '<w:outlineLvl w:val="2"/>', '<w:numId w:val="1"/>', '<w:ilvl w:val="x"/>', '<w:pageBreakBefore/>',
      '<w:framePr w:dropCap="drop"/>', '<w:fldChar w:fldCharType="begin"/>', '<w:fldChar w:fldCharType="separate"/>',
      '<w:fldChar w:fldCharType="end"/>', '<w:footnoteReference w:id="1"/>', '<w:endnoteReference w:id="1"/>', '<w:type w:val="x"/>',
      '<w:sym w:font="Symbol" w:char="F061"/>', 'e\u0301', '\u0301', ' ', '\n', 'word', '\u00ad', '\ufeff', '\u2028', '😀', '&#x85;',
    ); // prettier-ignore
    const { tree } = fc.letrec<{ tree: string; node: string }>((tie) => ({
      tree: fc.array(tie('node'), { maxLength: 6 }).map((nodes) => nodes.join('')),
      node: fc.oneof(
        { depthSize: 'large', withCrossShrink: true },
        empty,
        fc.tuple(fc.constantFrom(...names), tie('tree')).map(([name, inner]) => `<w:${name}>${inner}</w:${name}>`),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(tree, tree, async (body, note) => {
        const notes = (kind: string): string => `<w:${kind} w:id="1">${note}</w:${kind}>`;
        await soundOrFailure(docxOf({ body, footnotes: notes('footnote'), endnotes: notes('endnote') }));
      }),
      { numRuns: sized(100, 1_500) },
    );
  }, 60_000);

  it('keep every word that is shown', async () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 12 });
    const shape = fc.constantFrom(
      (word: string) => p(word),
      (word: string) => styled('Heading1', word),
      (word: string) => table([[word, 'x']]),
      (word: string) => openedTimes('sdt', 3, p(word)),
      (word: string) => p(`<w:r><w:txbxContent>${p(word)}</w:txbxContent></w:r>`),
      (word: string) => p(word, '<w:rPr><w:del/></w:rPr>'),
    );
    await fc.assert(
      fc.asyncProperty(words, fc.array(shape, { minLength: 12, maxLength: 12 }), async (list, shapes) => {
        const { text } = await extract(docxOf(list.map((word, index) => shapes[index]?.(word) ?? '').join('')));
        let at = 0;
        for (const word of list) {
          at = text.indexOf(word, at);
          expect(at).toBeGreaterThanOrEqual(0);
          at += word.length;
        }
      }),
    );
  });
});
