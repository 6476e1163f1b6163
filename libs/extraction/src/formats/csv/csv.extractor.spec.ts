import { IngestionFailure } from '@vectorlane/errors';
import { looksLikeHeader, sniffDelimiter } from './csv-dialect';
import { extractCsv } from './csv.extractor';

const rows = (source: string, filename = 'a.csv'): [number | undefined, string][] => {
  const { text, blocks } = extractCsv({ bytes: Buffer.from(source), filename });
  return blocks.map(({ row, start, end }) => [row, text.slice(start, end)]);
};

describe('extractCsv', () => {
  it('writes each data row under its headers', () => {
    expect(rows('\ufeffName,City,Note\r\n"Lovelace, Ada",London,"said ""yes"""\r\nBob,,"two\r\nlines"\r\n')).toEqual([
      [1, 'Name: Lovelace, Ada\nCity: London\nNote: said "yes"'],
      [2, 'Name: Bob\nNote: two\nlines'],
    ]);
  });

  it.each([
    [';', 'name;price\nSchraube;1,50\nMutter;0,20\n', 'name: Schraube\nprice: 1,50'],
    ['tab', 'name\tprice\nscrew, long\t1.50\n', 'name: screw, long\nprice: 1.50'],
    ['|', 'name|price\nscrew; long|1\nnut|2\n', 'name: screw; long\nprice: 1'],
    ['an announced one', 'sep=;\nname;price\nscrew;1\n', 'name: screw\nprice: 1'],
    ['none', 'name\nscrew\nnut\n', 'name: screw'],
  ])('finds the delimiter: %s', (_name, source, first) => {
    expect(rows(source)[0]?.[1]).toBe(first);
  });

  it('does without a header when the first row has values', () => {
    expect(rows('1,Ada,2024-01-01\n2,Bob,2024-01-02\n')).toEqual([
      [1, '1 | Ada | 2024-01-01'],
      [2, '2 | Bob | 2024-01-02'],
    ]);
  });

  it('takes ragged rows as they are, and leaves empty ones out', () => {
    expect(rows('a,b\n1\n,,\n\n1,2,3\n')).toEqual([
      [1, 'a: 1'],
      [2, 'a: 1\nb: 2\n3'],
    ]);
  });

  it('reads a header alone as data, and nothing of nothing', () => {
    expect(rows('name,city\n')).toEqual([[1, 'name | city']]);
    expect(rows('')).toEqual([]);
    expect(rows(',,\n,,\n')).toEqual([]);
  });

  it('accepts a quote inside of a field without quotes', () => {
    expect(rows('item,size\nscreen,15" wide\n"tv, big",40"\n')[1]?.[1]).toBe('item: tv, big\nsize: 40"');
  });

  it.each([
    ['never closed', 'a,b\n1,2\n3,"x\n4,5\n', 'row 3, which begins at line 3'],
    ['followed by text', 'a,b\n"1"x,2\n', 'row 2, which begins at line 2'],
    ['never closed below an announcement', 'sep=,\na,b\n3,"x\n', 'row 2, which begins at line 3'],
  ])('refuses quotes that are %s, and names the row', (_name, source, place) => {
    expect.assertions(2);
    try {
      rows(source);
    } catch (error) {
      expect(error).toBeInstanceOf(IngestionFailure);
      expect(error).toMatchObject({ code: 'CORRUPT_FILE', message: expect.stringContaining(place) });
    }
  });

  it('reads a megabyte in one cell and ten thousand columns', () => {
    expect(rows(`name,text\nx,${'y'.repeat(1_000_000)}\n`)[0]?.[1]).toHaveLength(1_000_000 + 'name: x\ntext: '.length);
    const header = Array.from({ length: 10_000 }, (_, n) => `c${n}`).join(',');
    expect(rows(`${header}\n${'1,'.repeat(9_999)}1\n`)[0]?.[1].split('\n')).toHaveLength(10_000);
  });
});

describe('sniffDelimiter', () => {
  it('does not count what is quoted, and prefers what agrees from row to row', () => {
    expect(sniffDelimiter('"a;b;c",1\n"d;e;f",2\n', ',')).toBe(',');
    expect(sniffDelimiter('a, b, c;1\nd;2\ne, f;3\n', ',')).toBe(';');
    expect(sniffDelimiter('one\ntwo\n', '\t')).toBe('\t');
  });
});

describe('looksLikeHeader', () => {
  it.each([
    [['name', 'Price (€)', 'in_stock'], true],
    [['name', 'name'], false],
    [['name', '', 'city'], false],
    [['name', 'city', ''], true],
    [['name', '12.5'], false],
    [['2024-01-01', 'x'], false],
    [['ada@example.org', 'x'], false],
    [['https://example.org', 'x'], false],
    [['This is a whole sentence.', 'x'], false],
    [['2024', '2025'], false],
  ])('%j: %s', (first, expected) => {
    expect(looksLikeHeader([first, ['a', 'b', 'c']])).toBe(expected);
  });
});
