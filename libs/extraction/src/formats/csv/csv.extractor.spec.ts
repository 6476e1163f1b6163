import { IngestionFailure } from '@vectorlane/errors';
import { findTable, sniffDelimiter } from './csv-dialect';
import { extractCsv } from './csv.extractor';

const rows = (source: string, filename = 'a.csv'): [number | undefined, string][] => {
  const { text, blocks } = extractCsv({ bytes: Buffer.from(source), filename });
  return blocks.map(({ row, start, end }) => [row, text.slice(start, end)]);
};

const LONG = 'Gross tonnage of all ships that called at the port within the year of the report';

describe('extractCsv', () => {
  it('writes each data row under its headers', () => {
    expect(rows('\ufeffName,City,Note\r\n"Lovelace, Ada",London,"said ""yes"""\r\nBob,,"two\r\nlines"\r\n')).toEqual([
      [1, 'Name: Lovelace, Ada\nCity: London\nNote: said "yes"'],
      [2, 'Name: Bob\nCity:\nNote: two\nlines'],
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
      [1, 'a: 1\nb:'],
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

  it('accepts quotes inside of a quoted field, and text behind it', () => {
    expect(rows('ship,port\n"The "Kestrel"",Oslo\n"a" b,c\n').map(([, text]) => text)).toEqual([
      'ship: "The "Kestrel""\nport: Oslo',
      'ship: "a" b\nport: c',
    ]);
  });

  it('takes what stands alone above passages of text for a title', () => {
    const passage = 'A spreadsheet that works out the highest price at which boats can be bought given their berths.';
    expect(rows(`Boats\nVersion 2\n${passage}\n`).map(([, text]) => text)).toEqual(['Boats', 'Version 2', passage]);
  });

  it('takes years that count up for names, unless rows below do so too', () => {
    expect(rows('2019,2020,2021\n1,2,3\n4,5,6\n')[0]?.[1]).toBe('2019: 1\n2020: 2\n2021: 3');
    expect(rows('2019,2020,2021\n2022,2023,2024\n')[0]?.[1]).toBe('2019 | 2020 | 2021');
    expect(rows('2019,2025\n1,2\n')[0]?.[1]).toBe('2019 | 2025');
  });

  it.each([
    ['never closed', 'a,b\n1,2\n3,"x\n4,5\n', 'row 3, which begins at line 3'],
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

describe('findTable', () => {
  it.each([
    [
      'names',
      [
        ['name', 'Price (€)', 'in_stock'],
        ['nut', '2', 'yes'],
      ],
      true,
    ],
    [
      'equal names',
      [
        ['name', 'name'],
        ['Ada', 'Lovelace'],
      ],
      true,
    ],
    [
      'names that end like sentences',
      [
        ['Nr.', 'How often do you moor here?'],
        ['1', 'weekly'],
      ],
      true,
    ],
    [
      'an index without a name',
      [
        ['', 'ship', 'tonnage'],
        ['0', 'Halcyon', '4120'],
        ['1', 'Kestrel', '980'],
      ],
      true,
    ],
    [
      'years over numbers',
      [
        ['Port', '2019', '2020', '2021'],
        ['Bergen', '12', '14', '9'],
      ],
      true,
    ],
    [
      'a question over several lines',
      [
        ['id', `${'Would you recommend '.repeat(5)}this port?`],
        ['1', 'yes'],
      ],
      true,
    ],
    [
      'long names over numbers',
      [['Gross tonnage of all ships that called at the port within the reporting year, in kt'], ['12']],
      true,
    ],
    [
      'empty names at the end',
      [
        ['name', 'city', ''],
        ['Ada', 'London', ''],
      ],
      true,
    ],
    [
      'an empty name inside',
      [
        ['name', '', 'city'],
        ['a', 'b', 'c'],
      ],
      false,
    ],
    [
      'a number',
      [
        ['name', '12.5'],
        ['nut', '2'],
      ],
      false,
    ],
    [
      'a date',
      [
        ['2024-01-01', 'x'],
        ['2024-01-02', 'y'],
      ],
      false,
    ],
    [
      'an address',
      [
        ['ada@example.org', 'x'],
        ['bob@example.org', 'y'],
      ],
      false,
    ],
    [
      'a link',
      [
        ['https://example.org', 'x'],
        ['https://example.com', 'y'],
      ],
      false,
    ],
    [
      'years alone',
      [
        ['2024', '2025'],
        ['1', '2'],
      ],
      false,
    ],
    [
      'values that come back',
      [
        ['EU', 'Cable'],
        ['EU', 'Hub'],
        ['US', 'Cable'],
      ],
      false,
    ],
    [
      'a whole sentence',
      [
        ['This is a whole sentence about the moorings in the west of the harbour.', 'x'],
        ['Another one.', 'y'],
      ],
      false,
    ],
  ])('%s', (_name, rows, hasHeader) => {
    expect(findTable(rows)).toEqual({ preamble: 0, hasHeader });
  });
});

describe('headers as programs and people write them', () => {
  it.each([
    ['an index without a name', ',ship,port\n0,Halcyon,Bergen\n1,Kestrel,Oslo\n', '0\nship: Halcyon\nport: Bergen'],
    [
      'an index of letters',
      ',tonnage,built\nHalcyon,4120,1999\nKestrel,980,2001\n',
      'Halcyon\ntonnage: 4120\nbuilt: 1999',
    ],
    [
      'an index between semicolons',
      ';Schiff;Hafen\n0;Halcyon;Bergen\n1;Kestrel;Oslo\n',
      '0\nSchiff: Halcyon\nHafen: Bergen',
    ],
    ['numbers of rows', 'Nr.;Schiff\n1;Halcyon\n2;Kestrel\n', 'Nr.: 1\nSchiff: Halcyon'],
    [
      'numbers and amounts',
      'No.,Ship,Fee in EUR\n1,Halcyon,12\n2,Kestrel,9\n',
      'No.: 1\nShip: Halcyon\nFee in EUR: 12',
    ],
    ['numbers of entries', 'lfd. Nr.;Datum\n1;2026-01-03\n2;2026-01-04\n', 'lfd. Nr.: 1\nDatum: 2026-01-03'],
    ['a question', 'id,How often do you moor here?\n1,weekly\n2,never\n', 'id: 1\nHow often do you moor here?: weekly'],
    [
      'two questions',
      '"Are you a member?","Since when, if so?"\nyes,2019\nno,\n',
      'Are you a member?: yes\nSince when, if so?: 2019',
    ],
    [
      'questions with numbers',
      'Q1. Which berth?,Q2. Which fee?\nnorth,12\nsouth,9\n',
      'Q1. Which berth?: north\nQ2. Which fee?: 12',
    ],
    ['years', 'Port,2019,2020,2021\nBergen,12,14,9\nOslo,3,4,5\n', 'Port: Bergen\n2019: 12\n2020: 14\n2021: 9'],
    ['years alone', '2019,2020,2021\n1,2,3\n4,5,6\n', '2019: 1\n2020: 2\n2021: 3'],
    ['years and a sum', 'Berth;2024;2025;Sum\nnorth;1;2;3\nsouth;4;5;9\n', 'Berth: north\n2024: 1\n2025: 2\nSum: 3'],
    ['equal names', 'name,name\nAda,Lovelace\nGrace,Hopper\n', 'name: Ada\nname: Lovelace'],
    ['equal names apart', 'ship,fee,fee\nHalcyon,12,13\nKestrel,9,10\n', 'ship: Halcyon\nfee: 12\nfee: 13'],
    ['names that are all equal', 'value,value,value\n1,2,3\n4,5,6\n', 'value: 1\nvalue: 2\nvalue: 3'],
    ['a long name', `id,${LONG}\n1,12\n2,9\n`, `id: 1\n${LONG}: 12`],
    ['a long name in quotes', `"${LONG}, in EUR",b\n1,12\n2,9\n`, `${LONG}, in EUR: 1\nb: 12`],
    ['long names alone', `${LONG};${LONG} before\n1;12\n2;9\n`, `${LONG}: 1\n${LONG} before: 12`],
  ])('name the cells: %s', (_name, source, first) => {
    expect(rows(source)[0]).toEqual([1, first]);
  });
});

describe('tables as people export them', () => {
  it('keep their columns when cells are empty', () => {
    expect(rows(',ship,port,tonnage\n0,Halcyon,Bergen,4120\n1,Kestrel,Trieste,980\n2,Marigold,,15250\n')).toEqual([
      [1, '0\nship: Halcyon\nport: Bergen\ntonnage: 4120'],
      [2, '1\nship: Kestrel\nport: Trieste\ntonnage: 980'],
      [3, '2\nship: Marigold\nport:\ntonnage: 15250'],
    ]);
    expect(rows('1,Ada,,2024-01-01\n2,,Bob,2024-01-02\n')[1]).toEqual([2, '2 |  | Bob | 2024-01-02']);
  });

  it.each([
    [
      'padded with delimiters',
      'Account statement;;;\nExported;2026-02-01;;\n;;;\nDate;Payee;Amount;Currency\n2026-01-03;Corner Bakery;-12,40;EUR\n',
      ['Account statement', 'Exported 2026-02-01'],
      'Date: 2026-01-03\nPayee: Corner Bakery\nAmount: -12,40\nCurrency: EUR',
    ],
    [
      'without delimiters',
      'Ships in port\n\nship,port,tonnage\nHalcyon,Bergen,4120\nKestrel,Trieste,980\n',
      ['Ships in port'],
      'ship: Halcyon\nport: Bergen\ntonnage: 4120',
    ],
    [
      'of two columns',
      'Report;Q1\nship;port;tonnage;flag;built\nHalcyon;Bergen;4120;NO;1999\nKestrel;Oslo;1;NO;2001\n',
      ['Report Q1'],
      'ship: Halcyon\nport: Bergen\ntonnage: 4120\nflag: NO\nbuilt: 1999',
    ],
  ])('have lines above the header: %s', (_name, source, above, first) => {
    const found = rows(source);
    expect(found.slice(0, above.length)).toEqual(above.map((text) => [undefined, text]));
    expect(found[above.length]).toEqual([1, first]);
  });
});
