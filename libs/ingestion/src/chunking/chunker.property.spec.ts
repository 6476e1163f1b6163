import { placeAt } from '@vectorlane/domain';
import type { ExtractedDocument, TextBlock } from '@vectorlane/extraction';
import fc from 'fast-check';
import type { Chunk, ChunkTokenizer } from './chunk';
import { chunkDocument } from './chunker';
import { isInsideSurrogatePair, isWordBorder } from './text-boundaries';
import { sized } from '../../../../test/support/sizes';

function offsets(spans: readonly (readonly [number, number])[]) {
  return {
    count: spans.length,
    starts: Uint32Array.from(spans, ([start]) => start),
    ends: Uint32Array.from(spans, ([, end]) => end),
  };
}

const SPACED_WORD_OR_SIGN =
  /[\p{Script=Han}\p{Script=Hiragana}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}])[\p{L}\p{N}\p{M}])+|[\p{P}\p{S}]/gu;

/** Like WordPiece: words in pieces of four letters, 40 letters and more are one unknown token, controls are none. */
function wordPieces(text: string, longest = 40): [number, number][] {
  return [...text.matchAll(SPACED_WORD_OR_SIGN)].flatMap(({ index, 0: word }) => {
    if (word.length >= longest) return [[index, index + word.length] as [number, number]];
    return Array.from({ length: Math.ceil(word.length / 4) }, (_, i): [number, number] => [
      index + i * 4,
      index + Math.min(word.length, i * 4 + 4),
    ]);
  });
}

const wordPiece: ChunkTokenizer = {
  specialTokens: 2,
  windowTokens: 512,
  tokenize: (text) => offsets(wordPieces(text)),
};
/** Like byte-level BPE without merges: several tokens for one code point, white space is tokens too. */
const bytes: ChunkTokenizer = {
  specialTokens: 1,
  windowTokens: 512,
  tokenize(text) {
    let at = 0;
    const spans: [number, number][] = [];
    for (const sign of text) {
      for (let i = Buffer.byteLength(sign); i > 0; i--) spans.push([at, at + sign.length]);
      at += sign.length;
    }
    return offsets(spans);
  },
};
/** Like SentencePiece: the first word of a text is counted differently than the same word further on. */
const contextual: ChunkTokenizer = {
  specialTokens: 0,
  windowTokens: 512,
  tokenize(text) {
    const spans = wordPieces(text, 9);
    return offsets(spans.length > 0 ? [[0, 0], [0, 0], [0, 0], ...spans] : spans);
  },
};

const word = fc.string({ unit: fc.constantFrom(...'aebnotéИя'), minLength: 1, maxLength: 9 });
const fragment = fc.oneof(
  { weight: 12, arbitrary: word.map((w) => `${w} `) },
  { weight: 4, arbitrary: fc.constantFrom('. ', '? ', ', ', 'Mr. ', '\n', '\n\n', '\t  ', ' '.repeat(30), '\u2028') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('花', '蜜を集める。', '」', '👩‍👩‍👧', '𝒳𝒳', 'e\u0301', '\u200b', '\u0001\u0002', '\ufeff'),
  },
  { weight: 1, arbitrary: fc.nat({ max: 120 }).map((length) => 'w'.repeat(length)) },
  { weight: 1, arbitrary: fc.nat({ max: 90 }).map((length) => '\u0301'.repeat(length)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
);
const content = fc.array(fragment, { maxLength: 60 }).map((parts) => parts.join(''));
const kind = fc.constantFrom<TextBlock['kind']>(
  'heading',
  'paragraph',
  'paragraph',
  'list-item',
  'code',
  'row',
  'record',
);
const title = fc.oneof(
  word,
  fc.constantFrom('', 'two words', 'a title of many words that goes on for a while', 'x'.repeat(60)),
);

interface Part {
  readonly kind: TextBlock['kind'];
  readonly content: string;
  readonly gap: string;
  readonly level: number;
  readonly path: readonly string[] | undefined;
}
const part: fc.Arbitrary<Part> = fc.record({
  kind,
  content,
  gap: fc.constantFrom('', '\n', '\n\n', ' '.repeat(50)),
  level: fc.integer({ min: 0, max: 3 }),
  path: fc.option(fc.array(title, { maxLength: 3 }), { nil: undefined, freq: 12 }),
});

/** Mostly a tree of headings as an extractor makes it, now and then a path out of nowhere. */
const documents: fc.Arbitrary<ExtractedDocument> = fc.array(part, { maxLength: 12 }).map((parts) => {
  let text = '';
  let current: readonly string[] = [];
  const blocks: TextBlock[] = [];
  for (const { kind, content, gap, level, path } of parts) {
    const start = text.length;
    text += content;
    const headingPath = path ?? (kind === 'heading' ? current.slice(0, level) : [...current]);
    if (content !== '') blocks.push({ kind, start, end: text.length, headingPath });
    current = kind === 'heading' ? [...headingPath, content.slice(0, 30)] : headingPath;
    text += gap;
  }
  return { text, blocks };
});

const limits = fc.record({
  tokenizer: fc.constantFrom(wordPiece, bytes, contextual),
  maxTokens: fc.oneof(fc.integer({ min: 16, max: 48 }), fc.constant(256)),
  overlapTokens: fc.integer({ min: 0, max: 40 }),
  maxChars: fc.constantFrom(8_000, 300, 100, 20),
});
type Limits = typeof limits extends fc.Arbitrary<infer T> ? T : never;

function check(predicate: (chunks: readonly Chunk[], document: ExtractedDocument, limits: Limits) => void): void {
  const property = fc.property(documents, limits, (document, options) => {
    predicate([...chunkDocument(document, options.tokenizer, options)], document, options);
  });
  fc.assert(property, { numRuns: sized(60, 300) });
}

/** Index of the section of each block: a heading opens one, unless it stands under the heading just before it. */
function sectionOf(blocks: readonly TextBlock[]): number[] {
  let section = -1;
  return blocks.map((block, i) => {
    const before = blocks[i - 1];
    const under = (path: readonly string[]) =>
      block.headingPath.length > path.length && path.every((t, k) => t === block.headingPath[k]);
    const same = before && JSON.stringify(block.headingPath) === JSON.stringify(before.headingPath);
    const goesOn = before?.kind === 'heading' ? under(before.headingPath) : block.kind !== 'heading' && same;
    return goesOn === true ? section : ++section;
  });
}

const overlapping = (chunk: Chunk, blocks: readonly TextBlock[]): number[] =>
  blocks.flatMap((b, i) => (b.start < chunk.charEnd && b.end > chunk.charStart ? [i] : []));

describe('every chunk of every document', () => {
  it('is a slice of the text that begins and ends with something', () => {
    check((chunks, { text }) => {
      for (const chunk of chunks) {
        expect(text.slice(chunk.charStart, chunk.charEnd)).toBe(chunk.content);
        expect(chunk.content).not.toBe('');
        expect(chunk.content.trim()).toBe(chunk.content);
        expect(isInsideSurrogatePair(text, chunk.charStart) || isInsideSurrogatePair(text, chunk.charEnd)).toBe(false);
      }
    });
  });

  it('stays within its tokens and code units, unless it is a single code point', () => {
    check((chunks, _document, { tokenizer, maxTokens, maxChars }) => {
      for (const { content, embeddingInput, tokenCount } of chunks) {
        expect(tokenCount).toBe(tokenizer.tokenize(embeddingInput).count + tokenizer.specialTokens);
        if (tokenCount > maxTokens) expect(embeddingInput).toBe(String.fromCodePoint(content.codePointAt(0) ?? 0));
        expect(content.length).toBeLessThanOrEqual(maxChars);
      }
    });
  });

  it('comes in order and leaves out white space alone', () => {
    check((chunks, { text }) => {
      let end = 0;
      chunks.forEach((chunk, i) => {
        expect(chunk.ordinal).toBe(i);
        expect(chunk.charStart).toBeGreaterThan(chunks[i - 1]?.charStart ?? -1);
        expect(chunk.charEnd).toBeGreaterThan(end);
        expect(text.slice(end, Math.max(end, chunk.charStart)).trim()).toBe('');
        end = chunk.charEnd;
      });
      expect(text.slice(end).trim()).toBe('');
    });
  });

  it('lies in one section and names it', () => {
    check((chunks, { blocks }) => {
      const sections = sectionOf(blocks);
      for (const chunk of chunks) {
        const touched = overlapping(chunk, blocks);
        expect(new Set(touched.map((i) => sections[i])).size).toBe(1);
        const body = touched.map((i) => blocks[i]).filter((block) => block?.kind !== 'heading');
        for (const block of body) expect(chunk.place).toEqual(placeAt({}, block?.headingPath ?? []));
      }
    });
  });

  it('has a prefix of headings of at most a quarter of the tokens, the innermost kept', () => {
    check((chunks, { blocks }, { tokenizer, maxTokens }) => {
      for (const { charStart, content, embeddingInput } of chunks) {
        expect(embeddingInput.endsWith(content)).toBe(true);
        const prefix = embeddingInput.slice(0, embeddingInput.length - content.length);
        const path = blocks.findLast((block) => block.start <= charStart)?.headingPath ?? [];
        const joined = path.map((t) => t.replace(/\s+/g, ' ').trim()).filter((t) => t !== '');
        expect(`${joined.join(' > ')}\n`.endsWith(prefix)).toBe(true);
        expect(tokenizer.tokenize(prefix).count).toBeLessThanOrEqual(maxTokens / 4);
      }
    });
  });

  it('repeats no more than asked, from a word on, and only of the running text it continues', () => {
    check((chunks, { text, blocks }, { tokenizer, overlapTokens }) => {
      chunks.forEach((chunk, i) => {
        const before = chunks[i - 1];
        if (before === undefined || before.charEnd <= chunk.charStart) return;
        expect(isWordBorder(text, chunk.charStart)).toBe(true);
        const repeated = tokenizer.tokenize(text.slice(chunk.charStart, before.charEnd)).count;
        if (tokenizer !== contextual) expect(repeated).toBeLessThanOrEqual(overlapTokens);
        const kinds = overlapping({ ...chunk, charEnd: before.charEnd + 1 }, blocks).map((k) => blocks[k]?.kind);
        if (kinds.length > 1) expect(['paragraph', 'list-item', 'code']).toEqual(expect.arrayContaining(kinds));
      });
    });
  });

  it('tears no block that fits whole', () => {
    check((chunks, { text, blocks }, { tokenizer, maxTokens, maxChars }) => {
      if (tokenizer === contextual) return;
      for (const [i, { kind, start, end }] of blocks.entries()) {
        const whole = text.slice(start, end).trim();
        if (kind === 'heading' || blocks[i - 1]?.kind === 'heading' || whole === '') continue;
        // An unknown word is one token, but many when a window or a chunk ends within it.
        if (whole.length > maxChars || /[\p{L}\p{M}\p{N}]{40}/u.test(whole)) continue;
        if (tokenizer.tokenize(whole).count + tokenizer.specialTokens > maxTokens - Math.floor(maxTokens / 4)) continue;
        const from = start + text.slice(start).search(/\S/);
        expect(chunks.some((c) => c.charStart <= from && c.charEnd >= from + whole.length)).toBe(true);
      }
    });
  });
});

describe('the work of chunking', () => {
  const hostile: Record<string, string> = {
    prose: 'Bees gather honey all summer long. '.repeat(6_000),
    'one word': 'x'.repeat(200_000),
    'no tokens': '\u0001'.repeat(200_000),
    'short and endless words': `a ${'x'.repeat(9_000)} `.repeat(20),
    'stops alone': '. '.repeat(100_000),
    spaces: `a${' '.repeat(10_000)}`.repeat(20),
    marks: `e${'\u0301'.repeat(500)}`.repeat(400),
    'closing quotes': '”'.repeat(100_000),
  };

  it.each(Object.entries(hostile))('is linear in the text and small at each step: %s', (_name, content) => {
    let read = 0;
    let longest = 0;
    const counting: ChunkTokenizer = {
      ...wordPiece,
      tokenize(text) {
        read += text.length;
        longest = Math.max(longest, text.length);
        return wordPiece.tokenize(text);
      },
    };
    const text = content.trim();
    const document = { text, blocks: [{ kind: 'paragraph' as const, start: 0, end: text.length, headingPath: [] }] };
    const chunks = [...chunkDocument(document, counting, { maxTokens: 256, overlapTokens: 32 })];
    expect(chunks.at(-1)?.charEnd).toBe(text.length);
    expect(read).toBeLessThan(8 * text.length + 20_000);
    expect(longest).toBeLessThanOrEqual(16_000);
  });
});
