import { IngestionFailure } from '@vectorlane/errors';
import type { ExtractedDocument } from '../../text-extractor';
import { extractJson } from './json.extractor';

const read = (source: string): ExtractedDocument => extractJson({ bytes: Buffer.from(source), filename: 'a.json' });
const records = (source: string): [string | undefined, string][] => {
  const { text, blocks } = read(source);
  return blocks.map(({ jsonPath, start, end }) => [jsonPath, text.slice(start, end)]);
};
const failureOf = (source: string): IngestionFailure => {
  try {
    read(source);
  } catch (error) {
    if (error instanceof IngestionFailure) return error;
    throw error;
  }
  throw new Error('not refused');
};

describe('extractJson', () => {
  it('makes one record of each element of an array of objects', () => {
    const source = JSON.stringify([
      { id: 1, name: 'Ada', address: { city: 'London', lines: ['1 Street', 'W1'] }, active: true, boss: null },
      { id: 2, orders: [{ sku: 'A1', count: 2 }, { sku: 'B2' }] },
    ]);
    expect(records(source)).toEqual([
      ['$[0]', 'id: 1\nname: Ada\naddress.city: London\naddress.lines: 1 Street, W1\nactive: true\nboss: null'],
      ['$[1]', 'id: 2\norders[0].sku: A1\norders[0].count: 2\norders[1].sku: B2'],
    ]);
  });

  it('makes records of arrays inside of objects, with what stands around them in reading order', () => {
    const source = '{"title":"Shop","data":{"items":[{"n":1},{"n":2}],"total":2},"end":"x"}';
    const { blocks } = read(source);
    expect(records(source)).toEqual([
      ['$', 'title: Shop'],
      ["$['data']['items'][0]", 'n: 1'],
      ["$['data']['items'][1]", 'n: 2'],
      ['$', 'data.total: 2\nend: x'],
    ]);
    expect(blocks.map(({ headingPath }) => headingPath)).toEqual([[], ['data', 'items'], ['data', 'items'], []]);
  });

  it('takes what is too long for one record apart, each part with its path', () => {
    const long = 'word '.repeat(500).trim();
    const source = JSON.stringify({ a: { x: long }, b: { y: long, z: { deep: 1 } }, c: 1 });
    expect(records(source)).toEqual([
      ["$['a']", `x: ${long}`],
      ["$['b']", `y: ${long}\nz.deep: 1`],
      ['$', 'c: 1'],
    ]);
  });

  it('gives the same records of a large object as of a small one', () => {
    const members = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`key${n}`, { name: `value ${n}` }]));
    const found = records(JSON.stringify(members));
    expect(found).toHaveLength(5_000);
    expect(found[4_321]).toEqual(["$['key4321']", 'name: value 4321']);
  });

  it('keeps digits, duplicate members and the order of the file', () => {
    expect(records('{"b":12345678901234567890123,"a":1.10,"b":1e400}')).toEqual([
      ['$', 'b: 12345678901234567890123\na: 1.10\nb: 1e400'],
    ]);
  });

  it('writes names in the normalised paths of RFC 9535', () => {
    expect(records(String.raw`{"it's":[{"a\\b\n\u000b":[[1]]}]}`)[0]?.[0]).toBe(String.raw`$['it\'s'][0]`);
    const long = 'x'.repeat(5_000);
    expect(records(String.raw`{"a\\b\n\u000b":{"k":"${long}"},"😀":{"k":"${long}"}}`).map(([path]) => path)).toEqual([
      String.raw`$['a\\b\n\u000b']`,
      "$['😀']",
    ]);
  });

  it('shares a line among short elements, and gives long ones their own', () => {
    expect(records('{"t":["a","b",1,null],"p":["' + 'long '.repeat(20) + '","b"]}')[0]?.[1]).toBe(
      `t: a, b, 1, null\np: ${'long '.repeat(20)}\np: b`,
    );
  });

  it.each([
    ['"just a string"', 'just a string'],
    ['42', '42'],
    ['[[1,2],[3,4]]', '1, 2\n\n3, 4'],
    ['["a","b"]', 'a, b'],
    [String.raw`{"a":"e\u0301 \u0000\ud800 \"q\" \ud83d\ude00"}`, 'a: é \ufffd "q" 😀'],
    ['{"":{"":1}}', '1'],
  ])('reads %s', (source, text) => {
    expect(read(source).text).toBe(text);
  });

  it.each(['{}', '[]', '[{},[]]', '{"a":{"b":[]}}', ' \n '])('finds nothing in %j', (source) => {
    expect(read(source)).toEqual({ text: '', blocks: [] });
  });

  it('reads JSON Lines, counting what has a value', () => {
    const { text, blocks } = read('{"a":1,"l":[{"b":2}]}\r\n\n{"a":3}\n"x"\n');
    expect(blocks.map(({ row, jsonPath, start, end }) => [row, jsonPath, text.slice(start, end)])).toEqual([
      [1, '$', 'a: 1\nl[0].b: 2'],
      [2, '$', 'a: 3'],
      [3, '$', 'x'],
    ]);
  });

  it.each([
    ['{"a":1,}', 'line 1, column 8', 'comma before the closing "}"'],
    ['[1,\n 2,\n]', 'line 3, column 1', 'comma before the closing "]"'],
    ['{"a":1\n "b":2}', 'line 2, column 2', 'comma or "}" is missing'],
    ['{"a" 1}', 'line 1, column 6', 'colon is missing'],
    ["{'a':1}", 'line 1, column 2', 'double quotes'],
    ['{"a":undefined}', 'line 1, column 6', 'not a JSON value'],
    ['[1, 2', 'line 1, column 6', '"]" is missing'],
    ['[01]', 'line 1, column 3', '"]" is missing'],
    ['{"a":"x', 'line 1, column 6', 'no closing quote'],
    ['{"a":"x\ny"}', 'line 1, column 8', 'line break'],
    [String.raw`["\x"]`, 'line 1, column 2', 'escape'],
    ['["a"', 'line 1, column 5', 'missing'],
    ['tru', 'line 1, column 1', 'cut off'],
    ['{"a":1} trailing', 'line 1, column 9', 'more after the end'],
    ['{"a":1}\n{"b":2\n{"c":3}', 'line 2, column 7', 'comma or "}" is missing'],
    ['plain words', 'line 1, column 1', 'not a JSON value'],
    ['// comment\n{}', 'line 1, column 1', 'not a JSON value'],
  ])('says where %j goes wrong', (source, place, reason) => {
    const failure = failureOf(source);
    expect(failure.code).toBe('CORRUPT_FILE');
    expect(failure.message).toContain(place);
    expect(failure.message).toContain(reason);
  });

  it('bounds nesting at a thousand levels', () => {
    const nested = (depth: number, inner: string): string =>
      '{"a":['.repeat(depth / 2) + inner + ']}'.repeat(depth / 2);
    expect(read(nested(1_000, '"found"')).text).toContain('found');
    expect(failureOf(nested(1_002, '"x"')).message).toContain('nested deeper than 1000 levels');
    expect(failureOf('['.repeat(1_000_000)).message).toContain('nested deeper');
  });

  it('does not let long names above many values outgrow memory', () => {
    const source = `{"${'n'.repeat(100_000)}":{${Array.from({ length: 300 }, (_, n) => `"${n}":${n}`).join(',')}}}`;
    expect(read(source).text.length).toBeLessThan(source.length);
  });

  it('agrees with JSON.parse on what is JSON', () => {
    const samples = [
      '0',
      '-0',
      '-',
      '1.',
      '.5',
      '1e',
      '1E+5',
      '+1',
      'NaN',
      '"\\u12"',
      '"\\u1234"',
      '"\t"',
      '[,]',
      '{,}',
      '[1 2]',
    ];
    for (const sample of samples) {
      const valid = ((): boolean => {
        try {
          JSON.parse(sample);
          return true;
        } catch {
          return false;
        }
      })();
      const accepted = ((): boolean => {
        try {
          read(sample);
          return true;
        } catch {
          return false;
        }
      })();
      expect([sample, accepted]).toEqual([sample, valid]);
    }
  });
});
