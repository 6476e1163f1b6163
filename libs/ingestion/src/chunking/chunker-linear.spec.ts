import type { ExtractedDocument, TextBlock } from '@vectorlane/extraction';
import { growth } from '../../../../test/support/visits';
import type { ChunkTokenizer } from './chunk';
import { chunkDocument } from './chunker';
import { TableHeaders } from './table-headers';

/** A token every four characters: what it looks at is what it is given. */
const tokenizer: ChunkTokenizer = {
  specialTokens: 2,
  windowTokens: 512,
  tokenize(text) {
    // A copy is what a real tokenizer makes of its input at the least.
    const { length } = text.slice(0);
    const count = Math.ceil(length / 4);
    const starts = Uint32Array.from({ length: count }, (_, index) => index * 4);
    return { count, starts, ends: starts.map((start) => Math.min(start + 4, length)) };
  },
};

type Kind = TextBlock['kind'];

const oneBlock = (kind: Kind, text: string): ExtractedDocument => ({
  text,
  blocks: [{ kind, start: 0, end: text.length, headingPath: [] }],
});

function manyBlocks(kind: Kind, content: string, size: number, pathOf: (index: number) => string[]): ExtractedDocument {
  const text: string[] = [];
  const blocks: TextBlock[] = [];
  let at = 0;
  for (let index = 0; at < size; index += 1) {
    blocks.push({ kind, start: at, end: at + content.length, headingPath: pathOf(index) });
    text.push(content, '\n\n');
    at += content.length + 2;
  }
  return { text: text.join(''), blocks };
}

const KINDS: readonly Kind[] = ['paragraph', 'row', 'code', 'record', 'list-item', 'heading'];
const UNIT: readonly (readonly [string, string])[] = [
  ['one word', 'x'],
  ['words', 'word '],
  ['spaces between two letters', ' '],
  ['separators', '|'],
  ['line feeds', '\n'],
  ['sentences', 'Ends. '],
  ['closing quotes', '”'],
  ['marks', '\u0301'],
  ['ideographs', '漢'],
];
const SIZE = 30_000;

describe('chunking is linear', () => {
  it.each(UNIT.flatMap(([name, unit]) => KINDS.map((kind) => [kind, name, unit] as const)))(
    'in one %s of %s',
    (kind, _name, unit) => {
      const read = (size: number): void => {
        const document = oneBlock(kind, `a${unit.repeat(size / unit.length)}b`);
        for (const chunk of chunkDocument(document, tokenizer, { maxTokens: 256, overlapTokens: 32 })) void chunk;
      };
      expect(growth(read, SIZE)).toBeLessThan(2.2);
    },
  );

  it.each([
    ['many paragraphs', 'paragraph', () => []],
    ['many rows', 'row', () => []],
    ['many headings', 'heading', () => []],
    [
      'many headings, each deeper than the one before',
      'heading',
      (index: number) => Array.from({ length: index % 20 }, () => 'a'),
    ],
    ['a path of its own for each block', 'paragraph', (index: number) => [`t${index}`]],
  ] as const)('in %s', (_name, kind, pathOf) => {
    const read = (size: number): void => {
      const document = manyBlocks(kind, 'ab', size, (index) => [...pathOf(index)]);
      for (const chunk of chunkDocument(document, tokenizer, { maxTokens: 256, overlapTokens: 32 })) void chunk;
    };
    expect(growth(read, SIZE)).toBeLessThan(2.2);
  });
});

it('knows the line of dashes below a header of millions of columns', () => {
  const header = `a|b\n${'-|'.repeat(9_000_000)}`;
  const blocks: TextBlock[] = [
    { kind: 'row', start: 0, end: header.length, headingPath: [] },
    { kind: 'row', start: header.length + 1, end: header.length + 4, headingPath: [] },
  ];
  expect(new TableHeaders(`${header}\n1|2`, blocks).above(1)).toHaveLength(header.length);
});
