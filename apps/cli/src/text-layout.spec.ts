import fc from 'fast-check';
import { displayWidth, highlighter, printable, shortenMiddle, wrap } from './text-layout';

const ESCAPE = '\x1b';

describe('printable', () => {
  it('leaves nothing a terminal would obey', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      }),
    );
    expect(printable(`a${ESCAPE}[2Jb\tc\r\nd`)).toBe('a\ufffd[2Jb c d');
    expect(printable('a\r\nb\rc', true)).toBe('a\nb\nc');
  });
});

describe('displayWidth', () => {
  it.each([
    ['plain', 5],
    ['e\u0301', 1],
    ['日本語', 6],
    ['🙂', 2],
    ['', 0],
  ])('%s takes %i columns', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe('wrap', () => {
  it('shows code blocks and tables as they are, however wide', () => {
    const table = '| setting | what it is for, in many words |\n| --- | --- |';
    const code = '```sh\nnpm run ingest -- docs   # two  spaces kept\n\nnpm test\n```';
    const indented = '    const wide = await startApp(config);';
    const text = `Some words before it.\n${table}\n\n${code}\nand after.\n\n${indented}`;
    expect(wrap(text, 12)).toEqual([
      ...['Some words', 'before it.', ...table.split('\n'), '', ...code.split('\n'), 'and after.', '', indented],
    ]);
  });

  it('fills lines and separates paragraphs', () => {
    expect(wrap('one two\nthree   four\n\n\nfive', 9)).toEqual(['one two', 'three', 'four', '', 'five']);
  });

  it('breaks a word wider than the line', () => {
    expect(wrap('ab 数据库数据 c', 5)).toEqual(['ab', '数据', '库数', '据 c']);
  });

  it('never exceeds the width and loses no character but spaces', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', 'é', '数', '🙂') }),
        fc.integer({ min: 2, max: 40 }),
        (text, width) => {
          const lines = wrap(text.replace(/^ +/gm, ' '), width);
          for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
          expect(lines.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
        },
      ),
    );
  });
});

describe('shortenMiddle', () => {
  it('keeps both ends', () => {
    expect(shortenMiddle('reports/2026/november/final.pdf', 16)).toBe('report…final.pdf');
    expect(shortenMiddle('short', 16)).toBe('short');
  });

  it('never exceeds the width', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '数', '/', 'é') }),
        fc.integer({ min: 0, max: 30 }),
        (text, width) => {
          expect(displayWidth(shortenMiddle(text, width))).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});

describe('highlighter', () => {
  const marked = (query: string, line: string) =>
    highlighter(query, true)(line).replaceAll(`${ESCAPE}[1;33m`, '<').replaceAll(`${ESCAPE}[22;39m`, '>');

  it.each([
    ['winter bees', 'Winter: the bees, a beekeeper', '<Winter>: the <bees>, a beekeeper'],
    ['index', 'Indexes, an index, reindex', '<Indexes>, an <index>, reindex'],
    ['bees in it', 'bees in it', '<bees> in it'],
    ['a.*b(c', 'abc a.*b(c', 'abc a.*b(c'],
    ['数据', '大数据库', '大<数据>库'],
    ['version 12', 'version 12 of 120', '<version> <12> of 120'],
  ])('%s in "%s"', (query, line, expected) => {
    expect(marked(query, line)).toBe(expected);
  });

  it('marks nothing where it is off or there are no words', () => {
    expect(highlighter('bees', false)('bees')).toBe('bees');
    expect(highlighter('?!', true)('bees?!')).toBe('bees?!');
  });

  it.each([
    [
      'why is there no port for the database?',
      'there is no port for it, and the database',
      'there is no <port> for it, and the <database>',
    ],
    ['warum ist die Biene das Tier?', 'Die Biene ist das Tier', 'Die <Biene> ist das <Tier>'],
    ['what is this', 'what is this', 'what is this'],
  ])('leaves words that every text has alone: %s', (query, line, wanted) => {
    const marked = highlighter(query, true)(line);
    expect(marked.replaceAll(`${ESCAPE}[1;33m`, '<').replaceAll(`${ESCAPE}[22;39m`, '>')).toBe(wanted);
  });
});
