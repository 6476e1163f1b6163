import fc from 'fast-check';
import { createExtractors } from './extractors';
import { IngestionFailure } from '@vectorlane/errors';
import type { ExtractedDocument } from './text-extractor';
import { sized } from '../../../test/support/sizes';
import { normaliseText } from './text-normalisation';

/** What `ExtractedDocument` promises, for whatever bytes come. */
function expectSound({ text, blocks }: ExtractedDocument): void {
  expect(text).toBe(text.normalize('NFC'));
  expect(text.isWellFormed()).toBe(true);
  expect(text).not.toMatch(/[\0\r\u00ad\u200b\u202e\ufeff]/);
  expect(normaliseText(text)).toBe(text);
  let reached = 0;
  for (const { start, end } of blocks) {
    expect(start).toBeGreaterThanOrEqual(reached);
    expect(end).toBeGreaterThan(start);
    expect(text.slice(reached, start).trim()).toBe('');
    reached = end;
  }
  expect(reached).toBeLessThanOrEqual(text.length);
  expect(text.slice(reached).trim()).toBe('');
}

const PIECES: Readonly<Record<string, readonly string[]>> = {
  txt: ['word', ' ', '\n', '\n\n', '\f', '\r\n', '\t', '\u00a0'],
  md: ['# ', '## ', '- ', '1. ', '  ', '    ', '> ', '```', '~~~', '\n', '\n\n', '|', '|--|', '---', '===', '*', '`', '[a]: b', '<div>', '</div>', '<!--', 'word', '\t', '\\'], // prettier-ignore
  html: ['<p>', '</p>', '<div hidden>', '</div>', '<h1>', '</h1>', '<h3>', '<ul>', '<li>', '</ul>', '<table>', '<tr>', '<td>', '</td>', '</table>', '<pre>', '</pre>', '<br>', '<script>', '</script>', '<title>', '</title>', '<svg>', '</svg>', '<img alt="x">', '&amp;', '&#x301;', '&#0;', '<!--', '-->', '<', '"', 'word', ' ', '\n'], // prettier-ignore
  json: [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"b c"',
    '1',
    '-2.5e3',
    'null',
    'true',
    '"\\u0301"',
    '"\\ud800\\u0000"',
    '\n',
    ' ',
  ],
  code: ['word', ' ', '\n', '\n\n', '    ', '\t', '{', '}'],
  rtf: ['{\\rtf1 ', '{', '}', '\\par ', '\\u233?', "\\'e9", '\\cell ', '\\row ', '\\intbl ', '\\b ', '\\v ', '\\s1 ', 'word', ' ', '\n'], // prettier-ignore
  csv: [',', ';', '\t', '|', '"', '""', '\n', 'word', 'a', '1', ' ', '\r\n'],
};
/** What a file may be told; anything else is a mistake of ours. */
const REFUSALS = ['CORRUPT_FILE', 'UNKNOWN_CHARSET', 'EMPTY_CONTENT', 'NEEDS_OCR', 'PASSWORD_PROTECTED', 'TOO_LARGE'];

const UNUSUAL = [
  'e\u0301',
  '\u0301',
  '\u0338',
  '>\u0338',
  '\0',
  '\ud83d\ude00',
  '\ud83d',
  '\ufeff',
  '\u00ad',
  '\u202e',
  'data:image/png;base64,iVBORw0KGgo=',
  '\u2028',
  '\u0085',
  '한',
  '\u1100\u1161',
];

describe.each(createExtractors().map((extractor) => [extractor.format, extractor] as const))(
  '%s',
  (format, extractor) => {
    const extract = (bytes: Uint8Array): Promise<ExtractedDocument | undefined> =>
      extractor.extract({ bytes, filename: `a.${format}` }, new AbortController().signal).catch((error: unknown) => {
        if (error instanceof IngestionFailure && REFUSALS.includes(error.code)) return undefined;
        throw error;
      });

    it('keeps its promises for text made of what means something to it', async () => {
      const piece = fc.constantFrom(...(PIECES[format] ?? []), ...UNUSUAL);
      await fc.assert(
        fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async (pieces) => {
          const document = await extract(Buffer.from(pieces.join('')));
          if (document !== undefined) expectSound(document);
        }),
        { numRuns: PIECES[format] === undefined ? 20 : sized(100, 500) },
      );
    });

    it('keeps its promises for any bytes', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
          const document = await extract(bytes);
          if (document !== undefined) expectSound(document);
        }),
        { numRuns: PIECES[format] === undefined ? 20 : sized(40, 200) },
      );
    });
  },
);

describe('json', () => {
  it('keeps its promises for any value, and all of its leaves', async () => {
    const json = createExtractors().find(({ format }) => format === 'json');
    if (json === undefined) throw new Error('there is no extractor for json');
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 5 }), async (value) => {
        const bytes = Buffer.from(JSON.stringify(value));
        const document = await json.extract({ bytes, filename: 'a.json' }, new AbortController().signal);
        expectSound(document);
        for (const number of JSON.stringify(value).match(/(?<=[[:,])-?\d+(?=[\],}])/g) ?? []) {
          expect(document.text).toContain(number);
        }
      }),
    );
  });
});
