import type { ExtractedDocument, TextBlock } from '@vectorlane/extraction';
import type { Chunk, ChunkTokenizer } from './chunk';
import { chunkDocument } from './chunker';

/** A token a word or punctuation mark, as a reader would count; a word over 40 letters is one unknown token. */
const words: ChunkTokenizer = {
  specialTokens: 2,
  windowTokens: 512,
  tokenize(text) {
    const matches = [...text.matchAll(/[\p{Script=Han}\p{Script=Hiragana}]|[\p{L}\p{N}\p{M}]+|[\p{P}\p{S}]/gu)];
    return {
      count: matches.length,
      starts: Uint32Array.from(matches, (match) => match.index),
      ends: Uint32Array.from(matches, (match) => match.index + match[0].length),
    };
  },
};

type Part = Partial<TextBlock> & Pick<TextBlock, 'kind'> & { readonly content: string };

/** Blocks one after another, two line breaks between them; the path is that of the part before unless given. */
function build(...parts: readonly Part[]): ExtractedDocument {
  let text = '';
  let headingPath: readonly string[] = [];
  const blocks = parts.map(({ content, ...rest }): TextBlock => {
    text += text === '' ? '' : '\n\n';
    const start = text.length;
    text += content;
    const block = { headingPath, ...rest, start, end: text.length };
    headingPath = block.kind === 'heading' ? [...block.headingPath, content] : block.headingPath;
    return block;
  });
  return { text, blocks };
}

const paragraph = (content: string, rest: Partial<TextBlock> = {}): Part => ({ kind: 'paragraph', content, ...rest });
const heading = (content: string, headingPath: readonly string[] = []): Part => ({
  kind: 'heading',
  content,
  headingPath,
});

function chunk(document: ExtractedDocument, maxTokens: number, overlapTokens = 0, maxChars?: number): Chunk[] {
  return [...chunkDocument(document, words, { maxTokens, overlapTokens, ...(maxChars && { maxChars }) })];
}

/** `count` sentences of five tokens each: "Sentence number n here." */
const sentences = (count: number): string =>
  Array.from({ length: count }, (_, i) => `Sentence number ${i} here.`).join(' ');

describe('chunkDocument', () => {
  it('keeps a short document in one chunk and knows its place', () => {
    const document = build(paragraph('First.', { page: 3 }), paragraph('Second.', { page: 4 }));
    expect(chunk(document, 256, 32)).toEqual([
      {
        ordinal: 0,
        content: 'First.\n\nSecond.',
        charStart: 0,
        charEnd: 15,
        tokenCount: 6,
        place: { page: 3 },
        embeddingInput: 'First.\n\nSecond.',
      },
    ]);
  });

  describe('a table', () => {
    const HEADER = '| City | River |\n| --- | --- |';
    const table = (...rows: readonly string[]): ExtractedDocument => {
      const text = rows.join('\n');
      let end = -1;
      const blocks = rows.map((row): TextBlock => {
        const start = end + 1;
        end = start + row.length;
        return { kind: 'row', start, end, headingPath: ['Rivers'] };
      });
      return { text, blocks };
    };
    const row = (number: number): string => `| City${number} | River${number} |`;
    const ROWS = Array.from({ length: 20 }, (_, number) => row(number));

    it('is told by its header in every chunk that goes on with it, and its content stays a part of the text', () => {
      const document = table(HEADER, ...ROWS);
      const chunks = chunk(document, 64);
      expect(chunks.length).toBeGreaterThan(2);
      for (const [index, { content, charStart, charEnd, embeddingInput }] of chunks.entries()) {
        expect(content).toBe(document.text.slice(charStart, charEnd));
        expect(embeddingInput).toBe(`Rivers\n${index === 0 ? '' : `${HEADER}\n`}${content}`);
      }
      expect(chunks.map(({ content }) => content).join('\n')).toBe(document.text);
    });

    it.each([
      ['that has none', table(...ROWS)],
      [
        'whose header has no place beside the text',
        table(`| ${'Column '.repeat(40)} | River |\n| --- | --- |`, ...ROWS),
      ],
    ])('goes on without a header %s', (_, document) => {
      const [, ...others] = chunk(document, 48);
      expect(others.length).toBeGreaterThan(0);
      for (const { content, embeddingInput } of others) expect(embeddingInput).toBe(`Rivers\n${content}`);
    });

    it('has the header of its own, not of the one before', () => {
      const first = table(HEADER, ...ROWS);
      const second = table('| Lake | Depth |\n| --- | --- |', ...ROWS);
      const shift = first.text.length + 2;
      const moved = second.blocks.map((block) => ({ ...block, start: block.start + shift, end: block.end + shift }));
      const chunks = chunk({ text: `${first.text}\n\n${second.text}`, blocks: [...first.blocks, ...moved] }, 64);
      for (const { charStart, embeddingInput } of chunks.filter((found) => found.charStart > shift)) {
        expect([charStart, embeddingInput]).toEqual([charStart, expect.stringContaining('| Lake | Depth |')]);
        expect(embeddingInput).not.toContain('| City | River |');
      }
    });
  });

  it('makes no chunk of a document without text', () => {
    expect(chunk({ text: ' \n ', blocks: [] }, 256)).toEqual([]);
    expect(chunk({ text: ' \n ', blocks: [{ kind: 'paragraph', start: 0, end: 3, headingPath: [] }] }, 256)).toEqual(
      [],
    );
  });

  it('packs whole blocks and starts a new chunk with the block that does not fit', () => {
    const contents = chunk(build(paragraph('a b c'), paragraph('d e f'), paragraph('g h i j k')), 10).map(
      (c) => c.content,
    );
    expect(contents).toEqual(['a b c\n\nd e f', 'g h i j k']);
  });

  it('breaks a paragraph that is too long between its sentences and repeats the end of the chunk before', () => {
    const [first, second] = chunk(build(paragraph(sentences(10))), 24, 8);
    expect(first?.content).toBe(
      'Sentence number 0 here. Sentence number 1 here. Sentence number 2 here. Sentence number 3 here.',
    );
    expect(second?.content).toMatch(/^Sentence number 3 here\. Sentence number 4 here\./);
  });

  it('gives the overlap up rather than tear a block that fits without it', () => {
    const contents = chunk(build(paragraph('a b c d e f'), paragraph('g h i j k l m n')), 10, 4).map((c) => c.content);
    expect(contents).toEqual(['a b c d e f', 'g h i j k l m n']);
  });

  it('keeps a heading with what follows it and repeats no heading that the content shows', () => {
    const document = build(
      heading('Bees'),
      heading('Swarms', ['Bees']),
      paragraph(sentences(6), { headingPath: ['Bees', 'Swarms'] }),
      heading('Honey', ['Bees']),
      paragraph('It is sweet.', { headingPath: ['Bees', 'Honey'] }),
    );
    const chunks = chunk(document, 24);
    expect(chunks.map((c) => c.embeddingInput)).toEqual([
      `Bees\n\nSwarms\n\n${sentences(4)}`,
      'Bees > Swarms\nSentence number 4 here. Sentence number 5 here.',
      'Bees\nHoney\n\nIt is sweet.',
    ]);
    expect(chunks.map((c) => c.place.heading)).toEqual(['Bees > Swarms', 'Bees > Swarms', 'Bees > Honey']);
  });

  it('takes some of the text along with a heading even when none of its blocks fits whole', () => {
    const [first] = chunk(
      build(heading('Bees'), paragraph('one two three four five six seven eight nine ten eleven')),
      8,
    );
    expect(first?.content).toBe('Bees\n\none two three four five');
  });

  it('makes a heading with nothing under it a chunk of its own', () => {
    const contents = chunk(build(heading('One'), heading('Two'), paragraph('text', { headingPath: ['Two'] })), 64);
    expect(contents.map((c) => c.content)).toEqual(['One', 'Two\n\ntext']);
  });

  it('cuts a heading prefix that is too long from the outermost end', () => {
    const path = ['the outermost of all headings', 'middle', 'inner'];
    const [first] = chunk(build(paragraph('text', { headingPath: path })), 16);
    expect(first?.embeddingInput).toBe('middle > inner\ntext');
    const [second] = chunk(build(paragraph('text', { headingPath: ['one two three four five six'] })), 16);
    expect(second?.embeddingInput).toBe('three four five six\ntext');
  });

  it('reads no more of a heading of a megabyte than a prefix can hold', () => {
    const read: number[] = [];
    const counting: ChunkTokenizer = { ...words, tokenize: (text) => (read.push(text.length), words.tokenize(text)) };
    const document = build(paragraph(sentences(100), { headingPath: ['word '.repeat(200_000)] }));
    const [first] = chunkDocument(document, counting, { maxTokens: 64, overlapTokens: 0 });
    expect(first?.embeddingInput).toMatch(/^(word ){15}word\nSentence/);
    expect(Math.max(...read)).toBeLessThan(10_000);
  });

  it('breaks code and rows between lines', () => {
    const code = Array.from({ length: 4 }, (_, i) => `call(${i}); next()`).join('\n');
    const contents = chunk(build({ kind: 'code', content: code }), 18).map((c) => c.content);
    expect(contents).toEqual(['call(0); next()\ncall(1); next()', 'call(2); next()\ncall(3); next()']);
  });

  it('packs rows, names the first of them and repeats none', () => {
    const rows = Array.from({ length: 5 }, (_, i): Part => ({ kind: 'row', content: `name: n${i}`, row: i + 1 }));
    const chunks = chunk(build(...rows), 8, 4);
    expect(chunks.map(({ content, place }) => ({ content, row: place.row }))).toEqual([
      { content: 'name: n0\n\nname: n1', row: 1 },
      { content: 'name: n2\n\nname: n3', row: 3 },
      { content: 'name: n4', row: 5 },
    ]);
  });

  it('names the path of the first record', () => {
    const record = (path: string): Part => ({ kind: 'record', content: 'a: b c d', jsonPath: path });
    expect(chunk(build(record("$['a'][0]"), record("$['a'][1]")), 8).map((c) => c.place.jsonPath)).toEqual([
      "$['a'][0]",
      "$['a'][1]",
    ]);
  });

  it('bounds a word without end by code units', () => {
    const chunks = chunk(build(paragraph('x'.repeat(20_000))), 256, 32);
    expect(chunks.map((c) => c.content.length)).toEqual([8_000, 8_000, 4_000]);
  });

  it('parts neither surrogate pairs nor letters and their marks where it has to cut a word', () => {
    const signs = '👩‍👩‍👧'.repeat(2) + 'é'.normalize('NFD').repeat(30) + '𝒳'.repeat(30);
    const chunks = chunk(build(paragraph(signs)), 256, 0, 15);
    expect(chunks.map((c) => c.content).join('')).toBe(signs);
    for (const { content } of chunks) {
      expect(content).not.toMatch(/^[\p{M}\u200d]/u);
      expect(content.isWellFormed()).toBe(true);
    }
  });

  it('breaks a text without spaces between its signs, at its full stops first', () => {
    const text = '蜂は花から蜜を集める。'.repeat(3);
    expect(chunk(build(paragraph(text)), 20).map((c) => c.content)).toEqual(Array(3).fill('蜂は花から蜜を集める。'));
    expect(chunk(build(paragraph(text)), 8)[0]?.content).toBe('蜂は花から蜜');
  });

  it('respects the window of the model', () => {
    const small: ChunkTokenizer = { ...words, windowTokens: 12 };
    const chunks = [...chunkDocument(build(paragraph(sentences(8))), small, { maxTokens: 256, overlapTokens: 0 })];
    expect(chunks.map((c) => c.tokenCount)).toEqual([12, 12, 12, 12]);
  });

  it('refuses limits that leave no room', () => {
    const options = { maxTokens: 2, overlapTokens: 0 };
    expect(() => [...chunkDocument(build(paragraph('text')), words, options)]).toThrow(RangeError);
  });
});
