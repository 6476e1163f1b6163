import { growth } from '../../../test/support/visits';
import { analyse, analyseQuery } from './analyser';
import type { Language } from './stemmers';

const terms = (text: string, language: Language = 'simple'): string[] =>
  analyse(text, language).map(({ term }) => term);
const found = (query: string, text: string, language: Language = 'simple'): boolean => {
  const stored = new Set(terms(text, language));
  const asked = analyseQuery(query, language);
  return asked.length > 0 && asked.every(({ term }) => stored.has(term));
};

describe('words', () => {
  it.each([
    ['soft hyphens', 'Gesamtkonzept', 'Das Gesamt\u00adkon\u00adzept liegt aus'],
    ['soft hyphens in the question', 'Gesamt\u00adkonzept', 'Das Gesamtkonzept liegt aus'],
    ['zero-width spaces', 'brineshrimp', 'The brine\u200bshrimp feeder'],
    ['parts between zero-width spaces', 'shrimp', 'The brine\u200bshrimp feeder'],
    ['decomposed letters', 'Häuser', 'Die Ha\u0308user'],
    ['full width', 'ABC 123', 'ＡＢＣ１２３'],
    ['ligatures', 'office file', 'oﬀice ﬁle'],
    ['case without a lower case of its own', 'straße', 'STRASSE'],
    ['a Greek word end', 'ΟΔΟΣ', 'οδος'],
    ['a dotted capital', 'istanbul', 'İstanbul'],
    ['vowel signs of Arabic', 'سلام', 'سَلَام'],
    ['digits of other scripts', '2024', 'سنة ٢٠٢٤'],
    ['digits of other scripts in the question', '۲۰۲۴ १९', '2024 and 19'],
    ['small digits below the line', 'CO2', 'CO₂'],
    ['thousands', '1234', 'paid 1,234 pounds'],
    ['dots of an acronym', 'USA', 'the U.S.A. of old'],
    ['half width', 'ギター', 'ｷﾞﾀｰを弾く'],
    ['vowel signs of Hebrew', 'שלום', 'שָׁלוֹם'],
  ])('do not tell by %s', (_, query, text) => expect(found(query, text)).toBe(true));

  it('meet in their language', () => {
    expect(found('house', 'many houses', 'english')).toBe(true);
    expect(found('Haus', 'die alten Häuser', 'german')).toBe(true);
    expect(found('pescador', 'los pescadores', 'spanish')).toBe(true);
    expect(found('книга', 'книги', 'russian')).toBe(true);
  });
});

describe('identifiers', () => {
  const text =
    'Invoice INV-2031 covers 2024-2025. Flight LH-404 left on 2026-03-27, v2.3.1 of getUserName, snake_case_name and ' +
    'HTMLParser at /srv/forms/mooring.pdf or https://www.harbour.example.org/rules/berths?x=1, mail to jo.doe+x@mail.example.com. C:\\temp\\notes.txt, 1,234.5';
  it.each(
    (
      'INV-2031 2031 inv inv2031 2024-2025 2025 404 LH-404 2026-03-27 v2.3.1 getUserName user snake_case_name ' +
      'snakeCaseName case HTMLParser parser mooring.pdf mooring /srv/forms/mooring.pdf harbour example org berths ' +
      'www.harbour.example.org jo.doe+x@mail.example.com mail.example.com notes.txt 1,234.5'
    ).split(' '),
  )('are found by %s', (query) => {
    expect(found(query, text)).toBe(true);
  });

  it.each(['INV-2031', 'v2.3.1', 'getUserName', 'mooring.pdf', 'www.harbour.example.org', '2024-2025'])(
    'have a word for the whole of %s',
    (name) => {
      const whole = analyse(name, 'english').find(({ start, end }) => start === 0 && end === name.length);
      expect(terms(text, 'english')).toContain(whole?.term);
    },
  );

  it.each([
    ['oauth', 'the OAuth2 flow'],
    ['iphone', 'an iPhone15 Pro'],
    ['AT&T', 'of AT&T'],
    ['10.0.0.1', 'host 10.0.0.1:8080'],
    ['8080', 'host 10.0.0.1:8080'],
    ['27001', 'ISO/IEC 27001:2022'],
    ['dry-run', 'use --dry-run'],
    ['INV−2031'.normalize(), 'INV-2031'],
    ["O'Brien", 'Mr O’Brien'],
    ['eau', 'de l’eau'],
  ])('are found by %s', (query, within) => expect(found(query, within)).toBe(true));

  it('are the same however they are spelt', () => {
    expect(terms('e-mail')).toContain('email');
    expect(terms('snake_case')).toContain(terms('snakeCase').at(-1));
  });

  it('end where a text begins', () => {
    const long = 'a-'.repeat(500) + 'a';
    expect(terms(long).every((term) => term === 'a')).toBe(true);
    expect(terms('x'.repeat(10_000))).toEqual(['x'.repeat(64)]);
    expect(terms(`${'x'.repeat(63)}😀𝒜`.repeat(2)).every((term) => term.isWellFormed())).toBe(true);
  });
});

describe('scripts without spaces', () => {
  it.each([
    ['機器学習', '渔港管理。機器学習モデルは潮汐を予測する'],
    ['潮汐', '机器学习模型用于预测潮汐高度'],
    ['风', '值班人员每天记录风速'],
    ['潮位', '港の潮位を毎日記録する'],
    ['モデル', '機械学習モデル'],
    ['항구', '어선이 항구에서 출발했다'],
    ['물', '물은 차갑다'],
    ['항구', '어선이 항구에서'.normalize('NFD')],
    ['ท่าเรือ', 'เรือประมงออกจากท่าเรือตอนเช้า'],
    ['ປາ', 'ຊາວປະມົງຈັບປາ'],
    ['ｱｲｳ', 'アイウエオ'],
    ['AI', 'AI技術は進歩した'],
    ['技術', 'AI技術は進歩した'],
  ])('%s is found', (query, text) => expect(found(query, text)).toBe(true));

  it('does not ask for single signs of a longer word', () => {
    expect(analyseQuery('潮汐高度', 'simple').map(({ term }) => term)).toEqual(['潮汐', '汐高', '高度']);
  });
});

it('tells exactly where each word stands in the original', () => {
  const text = 'Das Gesamt\u00adkon\u00adzept, ﬁx getUserName 機器学習 Ha\u0308user';
  for (const { term, start, end } of analyse(text, 'simple')) {
    expect(analyse(text.slice(start, end), 'simple').map((token) => token.term)).toContain(term);
  }
});

it('reads a text as long as it likes in time that grows with it', () => {
  const text = 'The harbour master of 2024-2025 wrote to jo@example.org about 機器学習. '.repeat(2_000);
  expect(analyse(text, 'english').length).toBeGreaterThan(20_000);
});

it.each(['x', ' ', 'a ', '-', '1.', 'a-', '機', 'e\u0301', 'getUser', 'a@', 'www.', '\n', '|', ',', '# a\n'])(
  'looks at each character of a text of %j alone as often, however long it is',
  (unit) => {
    const read = (size: number): void => void analyse(unit.repeat(size / unit.length), 'english');
    expect(growth(read, 12_000)).toBeLessThan(2.2);
  },
);
