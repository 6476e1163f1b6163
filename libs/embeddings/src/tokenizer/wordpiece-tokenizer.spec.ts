import { Tokenizer } from '@huggingface/tokenizers';
import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { locateModel } from '../local/model-files';
import { parseTokenizerDefinition } from './tokenizer-definition';
import { WordPieceTokenizer } from './wordpiece-tokenizer';
import { sized } from '../../../../test/support/sizes';
import { cpuMs } from '../../../../test/support/stopwatch';

// Every code point and thousands of texts, twice: seconds on a machine with much else to do.
jest.setTimeout(60_000);

const source = readFileSync(join(locateModel(undefined).folder, 'tokenizer.json'), 'utf8');
const file = JSON.parse(source) as { normalizer: Record<string, unknown>; model: Record<string, unknown> };

function pairWith(normalizer: Record<string, unknown>): { ours: WordPieceTokenizer; reference: Tokenizer } {
  const changed = { ...file, normalizer: { ...file.normalizer, ...normalizer } };
  return {
    ours: new WordPieceTokenizer(parseTokenizerDefinition(JSON.stringify(changed))),
    reference: new Tokenizer(changed, {}),
  };
}

const { ours, reference } = pairWith({});

function expectSameIds(text: string, pair = { ours, reference }): void {
  expect(Array.from(pair.ours.tokenize(text).ids)).toEqual(
    pair.reference.encode(text, { add_special_tokens: false }).ids,
  );
}

function tokenTexts(text: string): string[] {
  const { count, starts, ends } = ours.tokenize(text);
  return Array.from({ length: count }, (_, index) => text.slice(starts[index], ends[index]));
}

/** Characters that take part in some rule of the normaliser, and words that join or split around them. */
const building = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      ..."abcdEFGΣσςΑα éü\u0301\u0300\u0327'.,:-!?[]#@<≮ \t\n\u0000\u0085\u00ad\u200d\ufeff\ufffd中文豈한국어กสวัالعİIıßﬁǅΐ\u1100\u1161\u11a8\u0345\u037e",
      ...[
        '[SEP]',
        '[CLS]',
        '[UNK]',
        '[MASK',
        '😀',
        '👨‍👩‍👧',
        '\u{20000}',
        '\u{2f800}',
        '\u{1d165}\u302e',
        '\ud800',
        '\udc00',
      ],
      ...['x'.repeat(99), 'embeddings', 'unaffable', 'ΟΔΥΣΣΕΥΣ'],
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 6 }) },
);
const anyText = fc.array(building, { maxLength: 40 }).map((parts) => parts.join(''));

describe('WordPieceTokenizer against the reference implementation', () => {
  it.each([
    ['nothing', ''],
    ['white space alone', ' \t\r\n\u00a0\u2003 '],
    ['prose', 'The quick brown fox, jumped over "the lazy dogs"; didn\'t it? E.g. at 3.14 km/h (v2.0-rc1).'],
    ['code and addresses', 'const x = a[i]->b__c; // https://example.org/~me?q=1&r=%20#top user@host.tld'],
    ['accents, composed', 'Crème brûlée, naïve façade, Ångström, Dvořák, Nguyễn'],
    ['accents, combining', 'Cre\u0300me bru\u0302le\u0301e o\u0323\u0302\u0308 \u0301alone'],
    ['Greek with final sigma', "ΟΔΥΣΣΕΥΣ ΣΑΣ Σ 'ΑΣ' ΑΣ. ΑΣ'Α Α\u00adΣ\u00ad ΑΣ\u0301Α ΣΣ"],
    ['Turkish', 'İstanbul IĞDIR ılık'],
    ['Chinese and Japanese', '中文字符測試。これは日本語のテキストです、カタカナも。'],
    ['ideographs of the compatibility block and beyond the BMP', '豈更車 \u{20000}\u{20001} \u{2f800}'],
    ['Korean', '한국어 문장입니다. 각\u1100\u1161\u11a8'],
    ['Arabic and Hebrew', 'اللُّغَةُ العَرَبِيَّة שָׁלוֹם עולם'],
    ['Thai and Devanagari', 'ภาษาไทยสวัสดี हिन्दी में लिखा'],
    ['emoji', 'ok 👍🏽 👨‍👩‍👧‍👦 🇩🇪 1️⃣ ❤️‍🔥'],
    ['control characters', 'a\u0000b\u0007c\u0085d\u200be\u00adf\ufeffg\ufffdh\u0b00i'],
    ['lone surrogates', 'a\ud800b \udc00c \udc00\ud800 d'],
    ['special tokens written out', 'before [SEP] after[CLS]x [MASK][UNK] [sep] [PAD'],
    ['a word of 100 characters', 'a'.repeat(100)],
    ['a word of 101 characters', `${'a'.repeat(101)} b`],
    ['100 characters outside the BMP', `${'😀'.repeat(100)} ${'😀'.repeat(101)}`],
    ['singletons that become punctuation or spaces', 'a\u037eb\u1fefc\u2000d≮e≠f'],
  ])('gives the same ids for %s', (_, text) => expectSameIds(text));

  it('gives the same ids for every code point of the planes in use, inside and between words', () => {
    const differing: string[] = [];
    // Every alphabet whole; of ideographs, syllables and signs a part, unless at full size.
    for (let codePoint = 0; codePoint < 0x32000; codePoint += codePoint < 0x3100 ? 1 : sized(13, 1)) {
      const character = String.fromCodePoint(codePoint);
      const text = `ab${character}cd Σ${character}Σ`;
      const { ids } = ours.tokenize(text);
      const expected: number[] = reference.encode(text, { add_special_tokens: false }).ids;
      if (ids.length !== expected.length || !expected.every((id, index) => id === ids[index])) {
        differing.push(codePoint.toString(16));
      }
    }
    expect(differing).toEqual([]);
  });

  it('gives the same ids for any text', () => {
    fc.assert(
      fc.property(anyText, (text) => expectSameIds(text)),
      { numRuns: sized(400, 2_000) },
    );
  });

  it.each([
    [{ lowercase: false }],
    [{ strip_accents: false }],
    [{ lowercase: false, strip_accents: true }],
    [{ handle_chinese_chars: false }],
    [{ clean_text: false }],
  ])('gives the same ids for any text with %j', (normalizer) => {
    const pair = pairWith(normalizer);
    fc.assert(
      fc.property(anyText, (text) => expectSameIds(text, pair)),
      { numRuns: sized(60, 300) },
    );
  });
});

describe('WordPieceTokenizer offsets', () => {
  it('point at the original text, whatever normalisation took away or added', () => {
    const tokens = ['The', 'Cr', 'ème', 'br', 'ûlé', 'e', ':', '中', '文', '!'];
    expect(tokenTexts('The Crème\u00ad brûlée: 中文!')).toEqual(tokens);
  });

  it('count a dropped combining mark to the character it stands on', () => {
    expect(tokenTexts('cafe\u0301 !\u0301 x')).toEqual(['cafe\u0301', '!\u0301', 'x']);
  });

  it('leave control characters between tokens to nobody, and inside one to it', () => {
    expect(tokenTexts('\u0000hel\u0000lo\u0000 you')).toEqual(['hel\u0000lo', 'you']);
  });

  it('give all letters of a syllable the whole syllable', () => {
    const text = '각';
    const { count, starts, ends } = ours.tokenize(text);
    expect(count).toBeGreaterThan(1);
    expect(new Set(starts)).toEqual(new Set([0]));
    expect(new Set(ends)).toEqual(new Set([1]));
  });

  it('span a whole word that is unknown or too long', () => {
    const long = 'a'.repeat(5_000);
    expect(tokenTexts(`x 👨‍👩‍👧 ${long} y`)).toEqual(['x', '👨‍👩‍👧', long, 'y']);
  });

  it('never decrease, never are empty, and never leave the text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { count, ids, starts, ends } = ours.tokenize(text);
        expect([ids.length, starts.length, ends.length]).toEqual([count, count, count]);
        for (let index = 0; index < count; index += 1) {
          const [start, end] = [starts[index] as number, ends[index] as number];
          expect(start).toBeLessThan(end);
          expect(end).toBeLessThanOrEqual(text.length);
          expect(start).toBeGreaterThanOrEqual(index === 0 ? 0 : (starts[index - 1] as number));
          expect(end).toBeGreaterThanOrEqual(index === 0 ? 0 : (ends[index - 1] as number));
        }
      }),
      { numRuns: sized(200, 1_000) },
    );
  });

  it('cut a text so that the ids of the part are the ids at that place', () => {
    const text = 'Embeddings of heterogeneous aerodynamicists, naïvely measured.';
    const whole = ours.tokenize(text);
    const from = whole.ids.indexOf(ours.tokenize('heterogeneous').ids[0] as number);
    const part = text.slice(whole.starts[from], whole.ends[whole.count - 1]);
    expect(ours.tokenize(part).ids).toEqual(whole.ids.slice(from));
  });
});

describe('WordPieceTokenizer.encode', () => {
  it('puts the special tokens around the text, as the reference does', () => {
    expect(Array.from(ours.encode('hello world', 512))).toEqual(reference.encode('hello world').ids);
    expect(Array.from(ours.encode('', 512))).toEqual([101, 102]);
  });

  it('cuts to the window and keeps the last special token', () => {
    const text = 'unaffable embeddings '.repeat(1_000);
    const full = reference.encode(text).ids;
    for (const window of [2, 3, 4, 5, 511, 512]) {
      const encoded = Array.from(ours.encode(text, window));
      expect(encoded).toEqual([...full.slice(0, window - 1), 102]);
    }
  });

  it('does not grow with what it cuts off', () => {
    const [short, long] = ['word '.repeat(1_000), 'word '.repeat(1_000_000)];
    expect(ours.encode(long, 512)).toEqual(ours.encode(short, 512));
  });
});

describe('WordPieceTokenizer speed', () => {
  it.each([
    ['one long word', 'z'.repeat(400_000)],
    ['words that are all unknown pieces', `${'qx'.repeat(49)} `.repeat(4_000)],
    ['sigmas among what case looks through', "Σ'''''''''".repeat(40_000)],
    ['combining marks', `a${'\u0301'.repeat(400_000)}`],
  ])('is linear for %s', async (_, text) => {
    // A quadratic pass over 400,000 characters would take minutes; a linear one takes milliseconds.
    expect(await cpuMs(() => ours.tokenize(text))).toBeLessThan(5_000);
  });
});

describe('parseTokenizerDefinition', () => {
  const without = (change: Record<string, unknown>): string => JSON.stringify({ ...file, ...change });

  it.each([
    ['another model', { model: { ...file.model, type: 'BPE' } }, 'model.type'],
    ['another normaliser', { normalizer: { type: 'NFC' } }, 'normalizer.type'],
    ['another pre-tokenizer', { pre_tokenizer: { type: 'Whitespace' } }, 'pre_tokenizer.type'],
    ['another template', { post_processor: { type: 'RobertaProcessing' } }, 'post_processor'],
    ['an unknown token it does not know', { model: { ...file.model, unk_token: '<unk>' } }, '<unk>'],
    ['tokens matched in normalised text', { added_tokens: [{ id: 1, content: 'x', normalized: true }] }, '"x"'],
  ])('refuses %s by name', (_, change, named) => {
    expect(() => parseTokenizerDefinition(without(change))).toThrow(named);
  });

  it('reads the older template', () => {
    const older = without({ post_processor: { type: 'BertProcessing', cls: ['[CLS]', 101], sep: ['[SEP]', 102] } });
    expect(parseTokenizerDefinition(older)).toMatchObject({ firstId: 101, lastId: 102, stripAccents: true });
  });
});
