import { DocExtractor } from './doc.extractor';
import { type Word97, word97Of, type WordParagraph } from './word97.fixture';

async function linesOf(file: Word97): Promise<readonly string[]> {
  const source = { bytes: word97Of(file), filename: 'a.doc' };
  const { text, blocks } = await new DocExtractor().extract(source);
  return blocks.map(({ kind, start, end }) => `${kind}: ${text.slice(start, end)}`);
}

/** Paragraphs of one list, each at its level. */
const items = (...levels: readonly number[]): readonly WordParagraph[] =>
  levels.map((ilvl, index) => ({ text: `item ${index}`, list: 1, ilvl }));

const marks = async (file: Word97): Promise<readonly string[]> =>
  (await linesOf(file)).map((line) => line.replace(/^list-item: |\s*item \d+$/g, ''));

describe('numbers of lists in DOC', () => {
  it.each<[string, Word97, readonly string[]]>([
    ['of one level', { paragraphs: items(0, 0, 0), lists: [{ levels: [{ text: '%1.' }] }] }, ['1.', '2.', '3.']],
    [
      'of levels within each other, which begin again',
      {
        paragraphs: items(0, 1, 1, 2, 0, 1),
        lists: [{ levels: [{ text: '%1.' }, { text: '%1.%2' }, { kind: 4, text: '%3)' }] }],
      },
      ['1.', '1.1', '1.2', 'a)', '2.', '2.1'],
    ],
    [
      'in Roman ones and letters, with words around them',
      {
        paragraphs: items(0, 0, 1, 2, 3),
        lists: [
          {
            levels: [
              { kind: 1, text: 'Article %1' },
              { kind: 3, text: '%2.' },
              { kind: 2, text: '(%3)' },
              { kind: 22, text: '%4/%1' },
            ],
          },
        ],
      },
      ['Article I', 'Article II', 'A.', '(i)', '01/II'],
    ],
    [
      'of law, all in digits',
      {
        paragraphs: items(0, 1),
        lists: [
          {
            levels: [
              { kind: 1, text: '%1.' },
              { text: '%1.%2', legal: true },
            ],
          },
        ],
      },
      ['I.', '1.1'],
    ],
    [
      'that begin later, and go on above a level that does not begin them again',
      {
        paragraphs: items(0, 1, 0, 1),
        lists: [
          {
            levels: [
              { text: '%1.', start: 4 },
              { text: '%2)', restart: 0 },
            ],
          },
        ],
      },
      ['4.', '1)', '5.', '2)'],
    ],
    [
      'that another list of the same kind begins again, and goes on with',
      {
        paragraphs: [1, 1, 2, 2, 1].map((list, index) => ({ text: `item ${index}`, list })),
        lists: [{ levels: [{ text: '%1.' }] }],
        overrides: [{ list: 0 }, { list: 0, levels: [{ ilvl: 0, start: 7 }] }],
      },
      ['1.', '2.', '7.', '8.', '9.'],
    ],
    [
      'whose level looks otherwise in one list',
      {
        paragraphs: [1, 2].map((list, index) => ({ text: `item ${index}`, list })),
        lists: [{ levels: [{ text: '%1.' }] }],
        overrides: [
          { list: 0 },
          { list: 0, levels: [{ ilvl: 0, start: 1, level: { kind: 3, text: '§ %1', start: 3 } }] },
        ],
      },
      ['1.', '§ C'],
    ],
    ['that are bullets', { paragraphs: items(0, 0), lists: [{ levels: [{ kind: 23, text: '\uf0b7' }] }] }, ['-', '-']],
    ['of a list that is not there', { paragraphs: items(0), lists: [] }, ['-']],
  ])('%s', async (_name, file, expected) => {
    expect(await marks(file)).toEqual(expected);
  });

  it('are of the style, unless the paragraph says otherwise', async () => {
    const file: Word97 = {
      styles: [{ builtIn: 0 }, { builtIn: 1, list: 1, ilvl: 0 }, { builtIn: 2, list: 1, ilvl: 1 }, { base: 1 }],
      lists: [{ levels: [{ text: '%1' }, { text: '%1.%2' }] }],
      paragraphs: [
        { text: 'Scope', style: 1 },
        { text: 'Fees', style: 2 },
        { text: 'Berths', style: 2 },
        { text: 'Words.' },
        { text: 'Terms', style: 3 },
        { text: 'Annex', style: 1, list: 0 },
      ],
    };
    expect(await linesOf(file)).toEqual([
      'heading: 1 Scope',
      'heading: 1.1 Fees',
      'heading: 1.2 Berths',
      'paragraph: Words.',
      'heading: 2 Terms',
      'heading: Annex',
    ]);
  });

  it('count paragraphs without text, and none of what left its list', async () => {
    const file: Word97 = {
      lists: [{ levels: [{ text: '%1.' }] }],
      paragraphs: [
        { text: 'one', list: 1 },
        { text: '', list: 1 },
        { text: 'left', list: 0xffff },
        { text: 'three', list: 1 },
      ],
    };
    expect(await linesOf(file)).toEqual(['list-item: 1. one', 'paragraph: left', 'list-item: 3. three']);
  });

  it('stand in the cells of tables, without their bullets', async () => {
    const inTable = [[0x2416, 1]] as const;
    const row = (list: number): readonly WordParagraph[] => [{ text: `first\x07second\x07`, list, changes: inTable }];
    const file: Word97 = {
      lists: [{ levels: [{ text: '%1.' }] }, { levels: [{ kind: 23, text: '*' }] }],
      paragraphs: [...row(1), ...row(2)],
    };
    const text = (await linesOf(file)).join('\n');
    expect(text).toContain('1. first | 2. second');
    expect(text).not.toContain('- ');
  });

  it('are left out where their table is cut off', async () => {
    const file: Word97 = { paragraphs: items(0, 0), lists: [{ levels: [{ text: '%1.' }] }] };
    const bytes = word97Of(file);
    for (const pair of [0x2e2, 0x2ea]) {
      const damaged = Buffer.from(bytes);
      // The head of the document stands behind that of the container.
      const at = damaged.indexOf(Buffer.from('eca5', 'hex')) + pair;
      damaged.writeUInt32LE(4_090, at);
      const { text } = await new DocExtractor().extract({ bytes: damaged, filename: 'a.doc' });
      expect(text).toBe('- item 0\n- item 1');
    }
  });
});
