import { partFilename } from './part-filename';

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

describe('the file name of a part', () => {
  it.each([
    ['a plain name', 'form-data; name="file"; filename="a.txt"', 'a.txt'],
    ['a name without quotes', 'form-data; name=file; filename=a.txt', 'a.txt'],
    ['UTF-8 as browsers send it', latin1('form-data; name="file"; filename="Gebühren 東京.csv"'), 'Gebühren 東京.csv'],
    ['Latin-1', 'form-data; name="file"; filename="Geb\xfchren.csv"', 'Gebühren.csv'],
    ['Windows-1252', 'form-data; name="file"; filename="10 \x80.csv"', '10 €.csv'],
    [
      'a semicolon in quotes',
      'form-data; name="file"; filename="a; filename*=UTF-8\'\'b.exe"',
      "a; filename*=UTF-8''b.exe",
    ],
    ['quoted quotes', 'form-data; name="file"; filename="a \\"b\\".txt"', 'a "b".txt'],
    ['a whole path of Windows', 'form-data; name="file"; filename="C:\\docs\\new.txt"', 'C:\\docs\\new.txt'],
    ['an empty name', 'form-data; name="file"; filename=""', ''],
    ['none', 'form-data; name="file"', undefined],
    ['filename* after filename', `form-data; name="file"; filename="x"; filename*=UTF-8''%C3%A9t%C3%A9.csv`, 'été.csv'],
    [
      'filename* before filename',
      `form-data; filename*=utf-8'fr'%C3%A9t%C3%A9.csv; name="file"; filename="x"`,
      'été.csv',
    ],
    ['filename* alone', `form-data; name="file"; filename*=UTF-8''a%20b.md`, 'a b.md'],
    ['filename* in quotes', `form-data; name="file"; filename*="UTF-8''a%20b.md"`, 'a b.md'],
    ['filename* in Latin-1', `form-data; name="file"; filename*=ISO-8859-1''%E9t%E9.csv`, 'été.csv'],
    ['a filename* of broken bytes', `form-data; name="file"; filename="x.md"; filename*=UTF-8''%E9t%E9.csv`, 'x.md'],
    ['a filename* of an unknown charset', `form-data; name="file"; filename="x.md"; filename*=nonsense''a.csv`, 'x.md'],
    ['a filename* with half an escape', `form-data; name="file"; filename="x.md"; filename*=UTF-8''a%2.csv`, 'x.md'],
  ])('%s', (_, disposition, expected) => expect(partFilename(disposition)).toBe(expected));
});
